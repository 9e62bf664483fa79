//! JSON to plan.

use crate::answer::Wants;
use crate::calculation::{Calculation, Op};
use crate::error::{Problem, QueryError};
use crate::events::{Cursor, EVENTS_DEFAULT, EVENTS_MAX, EventsRequest};
use crate::expression::Expression;
use crate::fields::{self, CalculatedField};
use crate::filter::{Combination, Condition, FilterOp, Filters, Literal, Takes};
use crate::plan::{Column, Having, HavingOp, LIMIT_DEFAULT_SPEC, LIST_MAX, Order, OrderKey, Plan, limit_words};
use crate::relation;
use crate::time::{Point, RANGE_DEFAULT_SECONDS, SECOND_NS, Step, TimeRange, Written};
use glasshive_model::id::dataset_slug;
use serde_json::{Map, Value};

/// Most values of one `in` or `not-in`.
pub(crate) const VALUES_MAX: usize = 1_000;

const MEMBERS: [&str; 13] = [
    "calculations",
    "calculated_fields",
    "filters",
    "filter_combination",
    "breakdowns",
    "orders",
    "havings",
    "limit",
    "time_range",
    "start_time",
    "end_time",
    "granularity",
    "datasets",
];

const EVENTS_MEMBERS: [&str; 10] =
    ["calculated_fields", "filters", "filter_combination", "columns", "limit", "time_range", "start_time", "end_time", "datasets", "after"];

/// Members of Honeycomb's specification that a plan has no place for; empty they are let pass.
const ELSEWHERE: [(&str, &str); 2] = [
    ("formulas", "formulas are not part of a query; it has calculations, and their results can be computed with"),
    ("compare_time_offset_seconds", "a comparison is not part of a query; ask the same for the other time range"),
];

/// Reads a query specification, relative times being resolved at `now_ns`.
///
/// # Errors
/// [`Problem::Malformed`] with the path of the member that is wrong; [`Problem::Unanswerable`] when the time range is empty.
pub fn decode(json: &[u8], now_ns: i64) -> Result<Plan, QueryError> {
    decode_value(&parse(json)?, now_ns)
}

/// [`decode`] of JSON that is parsed already.
pub fn decode_value(json: &Value, now_ns: i64) -> Result<Plan, QueryError> {
    decode_for(json, Wants::default(), now_ns)
}

/// [`decode_value`] for an answer that holds what is wanted: without series it may have more groups.
pub fn decode_for(json: &Value, wants: Wants, now_ns: i64) -> Result<Plan, QueryError> {
    let members = Members::new(json, "", &MEMBERS)?;
    let mut calculations = Vec::new();
    for item in members.list("calculations")? {
        push_once(&mut calculations, calculation(&item, "op")?);
    }
    if calculations.is_empty() {
        calculations.push(Calculation::COUNT);
    }
    let mut breakdowns = Vec::new();
    for item in members.list("breakdowns")? {
        let column = column(item.value, &item.path)?;
        relation::check_breakdown(&column).map_err(|message| QueryError::member(&item.path, message))?;
        push_once(&mut breakdowns, column);
    }
    let mut plan = Plan {
        fields: calculated_fields(&members)?,
        datasets: datasets(&members)?,
        time: time_range(&members, now_ns)?,
        step: Step::Auto,
        calculations,
        filters: filters(&members)?,
        breakdowns,
        orders: Vec::new(),
        havings: Vec::new(),
        limit: limit(&members, wants.limit_max())?.unwrap_or(LIMIT_DEFAULT_SPEC),
    };
    plan.orders = members.list("orders")?.iter().map(|item| order(item, &plan)).collect::<Result<_, _>>()?;
    plan.havings = members.list("havings")?.iter().map(|item| having(item, &plan)).collect::<Result<_, _>>()?;
    plan.step = granularity(&members, plan.time)?;
    Ok(plan)
}

/// Reads a request for raw rows: `filters`, `filter_combination`, `datasets` and times as in a query, `columns` (names, all
/// when absent), `limit` (1..=10000, default 100), `after` (the cursor that an earlier answer ended with).
///
/// # Errors
/// As [`decode`].
pub fn decode_events(json: &[u8], now_ns: i64) -> Result<EventsRequest, QueryError> {
    decode_events_value(&parse(json)?, now_ns)
}

/// [`decode_events`] of JSON that is parsed already.
pub fn decode_events_value(json: &Value, now_ns: i64) -> Result<EventsRequest, QueryError> {
    let members = Members::new(json, "", &EVENTS_MEMBERS)?;
    let mut columns = Vec::new();
    for item in members.list("columns")? {
        push_once(&mut columns, column(item.value, &item.path)?);
    }
    let after = match members.get("after") {
        None => None,
        Some(value) => Some(
            value
                .as_str()
                .and_then(Cursor::from_text)
                .ok_or_else(|| QueryError::member("after", "after must be the cursor that an earlier answer ended with"))?,
        ),
    };
    Ok(EventsRequest {
        fields: calculated_fields(&members)?,
        datasets: datasets(&members)?,
        time: time_range(&members, now_ns)?,
        filters: filters(&members)?,
        columns,
        limit: limit(&members, EVENTS_MAX)?.unwrap_or(EVENTS_DEFAULT),
        after,
    })
}

fn parse(json: &[u8]) -> Result<Value, QueryError> {
    serde_json::from_slice(json).map_err(|error| QueryError::whole(Problem::Malformed, format!("json: {error}")))
}

/// The members of one object: known ones only, `null` as absent.
struct Members<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

/// One item of a list and where it stands.
struct Item<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Members<'a> {
    fn new(json: &'a Value, path: &str, known: &[&str]) -> Result<Self, QueryError> {
        let Value::Object(object) = json else {
            let what = if path.is_empty() { "a query specification" } else { path };
            return Err(QueryError::member(path, format!("json: {what} must be an object")));
        };
        let members = Self { object, path: path.to_owned() };
        for (name, value) in object {
            if known.contains(&name.as_str()) {
                continue;
            }
            let elsewhere = ELSEWHERE.iter().find(|(member, _)| path.is_empty() && member == name);
            match elsewhere {
                Some(_) if value.is_null() || value.as_array().is_some_and(Vec::is_empty) => {}
                Some((_, message)) => return Err(QueryError::member(name, *message)),
                None => return Err(QueryError::member(members.path_of(name), format!("json: unknown field \"{name}\""))),
            }
        }
        Ok(members)
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn error(&self, name: &str, message: impl Into<String>) -> QueryError {
        QueryError::member(self.path_of(name), message)
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, QueryError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(name, format!("{name} must be text"))),
        }
    }

    fn whole(&self, name: &str) -> Result<Option<u64>, QueryError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| self.error(name, format!("{name} must be a whole number, 0 or more"))),
        }
    }

    fn list(&self, name: &str) -> Result<Vec<Item<'a>>, QueryError> {
        let items = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.error(name, format!("{name} must be a list"))),
        };
        if items.len() > LIST_MAX {
            return Err(self.error(name, format!("{name} may have at most {LIST_MAX} members")));
        }
        let path = self.path_of(name);
        Ok(items.iter().enumerate().map(|(index, value)| Item { value, path: format!("{path}[{index}]") }).collect())
    }
}

fn push_once<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn column(value: &Value, path: &str) -> Result<Column, QueryError> {
    match value.as_str() {
        Some("") | Some("=") => Err(QueryError::member(path, "a column needs a name")),
        Some(name) => Ok(Column::from_shown(name)),
        None => Err(QueryError::member(path, "a column is named by text")),
    }
}

fn calculated_fields(members: &Members<'_>) -> Result<Vec<CalculatedField>, QueryError> {
    let items = members.list("calculated_fields")?;
    let mut fields = Vec::with_capacity(items.len());
    for item in &items {
        fields.push(calculated_field(item)?);
        fields::check_patterns(&fields).map_err(|message| QueryError::member(&item.path, message))?;
    }
    fields::check(&fields).map_err(|(index, message)| QueryError::member(&items[index].path, message))?;
    Ok(fields)
}

fn calculated_field(item: &Item<'_>) -> Result<CalculatedField, QueryError> {
    let members = Members::new(item.value, &item.path, &["name", "expression"])?;
    let name = members.text("name")?.ok_or_else(|| members.error("name", "name is required"))?;
    let text = members.text("expression")?.ok_or_else(|| members.error("expression", "expression is required"))?;
    let expression = Expression::parse(text).map_err(|error| members.error("expression", error.to_string()))?;
    Ok(CalculatedField { name: name.to_owned(), expression })
}

fn calculation(item: &Item<'_>, op_member: &str) -> Result<Calculation, QueryError> {
    let members = Members::new(item.value, &item.path, &[op_member, "column"])?;
    let name = members.text(op_member)?.ok_or_else(|| members.error(op_member, format!("{op_member} is required")))?;
    let op = calculation_op(name).ok_or_else(|| members.error(op_member, unknown_calculation(name)))?;
    let column = members.get("column").map(|value| column(value, &members.path_of("column"))).transpose()?;
    if op.needs_column() && column.is_none() {
        return Err(members.error(op_member, format!("{op} requires a column")));
    }
    if !op.takes_column() && column.is_some() {
        return Err(members.error(op_member, format!("{op} should not have an accompanying column")));
    }
    Ok(Calculation { op, column })
}

fn calculation_op(name: &str) -> Option<Op> {
    Op::ALL.into_iter().find(|op| op.name() == name)
}

pub(crate) fn unknown_calculation(name: &str) -> String {
    format!("\"{name}\" is no calculation; there are {}", Op::list())
}

fn filters(members: &Members<'_>) -> Result<Filters, QueryError> {
    let combination = match members.text("filter_combination")? {
        None | Some("AND") => Combination::And,
        Some("OR") => Combination::Or,
        Some(_) => return Err(members.error("filter_combination", "filter_combination must be AND or OR")),
    };
    let conditions = members.list("filters")?.iter().map(condition).collect::<Result<_, _>>()?;
    let filters = Filters::new(combination, conditions);
    relation::check_filters(&filters).map_err(|message| members.error("filter_combination", message))?;
    Ok(filters)
}

fn condition(item: &Item<'_>) -> Result<Condition, QueryError> {
    let members = Members::new(item.value, &item.path, &["column", "op", "value"])?;
    let column = match members.get("column") {
        Some(value) => column(value, &members.path_of("column"))?,
        None => return Err(members.error("column", "column is required")),
    };
    let name = members.text("op")?.ok_or_else(|| members.error("op", "op is required"))?;
    let op = FilterOp::ALL.into_iter().find(|op| op.name() == name).ok_or_else(|| {
        members.error("op", format!("\"{name}\" is no filter operator; there are {}", FilterOp::ALL.map(FilterOp::name).join(" ")))
    })?;
    let path = members.path_of("value");
    let values = match (op.takes(), members.get("value")) {
        (Takes::Nothing, None) => Vec::new(),
        (Takes::Nothing, Some(_)) => return Err(QueryError::member(path, format!("{op} does not take a value"))),
        (_, None) => return Err(QueryError::member(path, format!("operator {op} requires a value"))),
        (Takes::One, Some(value)) => vec![literal(value, &path)?],
        (Takes::List, Some(Value::Array(values))) if values.is_empty() => {
            return Err(QueryError::member(path, format!("operator {op} requires a value")));
        }
        (Takes::List, Some(Value::Array(values))) if values.len() > VALUES_MAX => {
            return Err(QueryError::member(path, format!("operator {op} takes at most {VALUES_MAX} values")));
        }
        (Takes::List, Some(Value::Array(values))) => {
            values.iter().enumerate().map(|(index, value)| literal(value, &format!("{path}[{index}]"))).collect::<Result<_, _>>()?
        }
        (Takes::List, Some(_)) => return Err(QueryError::member(path, format!("operator {op} requires a list of values"))),
    };
    Ok(Condition { column, op, values })
}

fn literal(value: &Value, path: &str) -> Result<Literal, QueryError> {
    match value {
        Value::String(text) => Ok(Literal::Str(text.clone())),
        Value::Bool(truth) => Ok(Literal::Bool(*truth)),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Ok(Literal::Int(integer)),
            (None, Some(double)) => Ok(Literal::number(double)),
            (None, None) => Err(QueryError::member(path, "the number is too great")),
        },
        _ => Err(QueryError::member(path, "a value is text, a number, true or false")),
    }
}

fn order(item: &Item<'_>, plan: &Plan) -> Result<Order, QueryError> {
    let members = Members::new(item.value, &item.path, &["column", "op", "order"])?;
    let descending = match members.text("order")? {
        None | Some("ascending") => false,
        Some("descending") => true,
        Some(_) => return Err(members.error("order", "order must be ascending or descending")),
    };
    let column = members.get("column").map(|value| column(value, &members.path_of("column"))).transpose()?;
    let key = match (members.text("op")?, &column) {
        (Some(name), column) => {
            let op = calculation_op(name).ok_or_else(|| members.error("op", unknown_calculation(name)))?;
            if !op.is_orderable() {
                return Err(members.error("op", format!("results cannot be ordered by {op}")));
            }
            plan.calculation_index(op, column.as_ref()).map(OrderKey::Calculation)
        }
        (None, Some(column)) => plan.breakdowns.iter().position(|breakdown| breakdown == column).map(OrderKey::Breakdown),
        (None, None) => None,
    };
    let key = key.ok_or_else(|| QueryError::member(&item.path, "an order must name a calculation or breakdown of the query"))?;
    Ok(Order { key, descending })
}

fn having(item: &Item<'_>, plan: &Plan) -> Result<Having, QueryError> {
    let members = Members::new(item.value, &item.path, &["calculate_op", "column", "op", "value"])?;
    let name = members.text("calculate_op")?.ok_or_else(|| members.error("calculate_op", "calculate_op is required"))?;
    let calculated = calculation_op(name).ok_or_else(|| members.error("calculate_op", unknown_calculation(name)))?;
    if !calculated.is_orderable() {
        return Err(members.error("calculate_op", format!("groups cannot be filtered by {calculated}")));
    }
    let column = members.get("column").map(|value| column(value, &members.path_of("column"))).transpose()?;
    let calculation = plan
        .calculation_index(calculated, column.as_ref())
        .ok_or_else(|| QueryError::member(&item.path, "a having must name a calculation of the query"))?;
    let op = members.text("op")?.ok_or_else(|| members.error("op", "op is required"))?;
    let op = HavingOp::from_name(op).ok_or_else(|| members.error("op", "the op of a having is one of = != > >= < <="))?;
    let value = members.get("value").and_then(Value::as_f64).filter(|value| value.is_finite());
    let value = value.ok_or_else(|| members.error("value", "the value of a having must be a number"))?;
    Ok(Having { calculation, op, value: value + 0.0 })
}

fn limit(members: &Members<'_>, most: u32) -> Result<Option<u32>, QueryError> {
    let Some(value) = members.get("limit") else { return Ok(None) };
    let limit = value.as_u64().and_then(|limit| u32::try_from(limit).ok()).filter(|limit| (1..=most).contains(limit));
    limit.map(Some).ok_or_else(|| members.error("limit", format!("limit must be a whole number {}", limit_words(most))))
}

fn datasets(members: &Members<'_>) -> Result<Option<Vec<String>>, QueryError> {
    let mut slugs = Vec::new();
    for item in members.list("datasets")? {
        let slug = item.value.as_str().map(dataset_slug).filter(|slug| !slug.is_empty());
        push_once(&mut slugs, slug.ok_or_else(|| QueryError::member(item.path, "a dataset is named by text"))?);
    }
    Ok((!slugs.is_empty()).then_some(slugs))
}

fn time_range(members: &Members<'_>, now_ns: i64) -> Result<TimeRange, QueryError> {
    let range = members.whole("time_range")?;
    if range == Some(0) {
        return Err(members.error("time_range", "time_range must be at least 1 second"));
    }
    let (start, end) = (point(members, "start_time")?, point(members, "end_time")?);
    let shift = |ns: i64, seconds: i128| {
        let moved = i64::try_from(i128::from(ns) + seconds * i128::from(SECOND_NS));
        moved.map_err(|_| QueryError::whole(Problem::Unanswerable, "the time range reaches beyond the years 1677 to 2262"))
    };
    let seconds = range.unwrap_or(RANGE_DEFAULT_SECONDS);
    let (start, end) = match (start, end) {
        (None, None) => return TimeRange::resolve(Written::Last { seconds }, now_ns),
        (Some(_), Some(_)) if range.is_some() => {
            return Err(members.error("time_range", "at most two of time_range, start_time and end_time may be given"));
        }
        (Some(start), Some(end)) => (start, end),
        (Some(start), None) => (start, shift(start, seconds.into())?),
        (None, Some(end)) => (shift(end, -i128::from(seconds))?, end),
    };
    TimeRange::resolve(Written::Between { start: Point::At(start), end: Point::At(end) }, now_ns)
}

fn point(members: &Members<'_>, name: &str) -> Result<Option<i64>, QueryError> {
    let ns = match members.get(name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.parse::<jiff::Timestamp>().ok().and_then(|time| i64::try_from(time.as_nanosecond()).ok()),
        Some(value) => value.as_i64().and_then(|seconds| seconds.checked_mul(SECOND_NS)),
    };
    ns.map(Some).ok_or_else(|| members.error(name, format!("{name} must be unix seconds")))
}

fn granularity(members: &Members<'_>, time: TimeRange) -> Result<Step, QueryError> {
    match members.whole("granularity")? {
        None | Some(0) => Ok(Step::Auto),
        Some(seconds) if Step::Seconds(seconds).fits(time.window) => Ok(Step::Seconds(seconds)),
        Some(_) => {
            let (least, most) = Step::bounds(time.window);
            let message = format!("granularity must be from {least} to {most} seconds for this time range, or 0");
            Err(members.error("granularity", message))
        }
    }
}
