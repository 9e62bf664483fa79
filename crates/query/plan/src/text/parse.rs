//! Text to plan.

use super::scan::{Raw, Scanner};
use super::value::{bare_literal, column_unit, duration_ns, duration_seconds, point};
use super::{DEPTH_MAX, TEXT_MAX};
use crate::calculation::{Calculation, Op};
use crate::coerce::number_of_text;
use crate::error::{Problem, QueryError};
use crate::events::{EVENTS_DEFAULT, EVENTS_MAX, EventsRequest};
use crate::filter::{Combination, Condition, FilterOp, Filters, Literal, Takes};
use crate::plan::{Column, Having, HavingOp, LIMIT_DEFAULT_TEXT, LIMIT_MAX, LIST_MAX, Order, OrderKey, Plan};
use crate::spec;
use crate::time::{Point, RANGE_DEFAULT_SECONDS, Step, TimeRange, Written};
use glasshive_model::id::dataset_slug;

/// Reads a query, relative times being resolved at `now_ns`.
///
/// # Errors
/// [`Problem::Malformed`] with the character at which the text could not be read on; [`Problem::Unanswerable`] when the time
/// range is empty.
pub fn parse(text: &str, now_ns: i64) -> Result<Plan, QueryError> {
    let mut scanner = start(text)?;
    if scanner.keyword("WITH") {
        return Err(scanner.error_at(0, "WITH names a calculated field; a query has calculations over columns that events have"));
    }
    let mut calculations = Vec::new();
    if !scanner.at_end() && !at_clause(&mut scanner) {
        list(&mut scanner, &mut calculations, calculation)?;
    }
    if calculations.is_empty() {
        calculations.push(Calculation::COUNT);
    }
    let clauses = Clauses::read(&mut scanner, true)?;
    let mut plan = Plan {
        datasets: clauses.datasets,
        time: resolve(clauses.written, now_ns)?,
        step: clauses.step.map_or(Step::Auto, |(_, step)| step),
        calculations,
        filters: clauses.filters,
        breakdowns: clauses.breakdowns,
        orders: Vec::new(),
        havings: Vec::new(),
        limit: limit(&scanner, clauses.limit, LIMIT_MAX)?.unwrap_or(LIMIT_DEFAULT_TEXT),
    };
    for (key, at, descending) in clauses.orders {
        let key = order_key(&key, &plan).map_err(|message| scanner.error_in("ORDER BY", at, message))?;
        plan.orders.push(Order { key, descending });
    }
    for (calculation, at, op, value) in clauses.havings {
        let calculation = match order_key(&calculation, &plan) {
            Ok(OrderKey::Calculation(index)) => index,
            Ok(OrderKey::Breakdown(_)) => return Err(scanner.error_in("HAVING", at, "HAVING compares a calculation of the query")),
            Err(message) => return Err(scanner.error_in("HAVING", at, message)),
        };
        plan.havings.push(Having { calculation, op, value });
    }
    if let Some((at, _)) = clauses.step.filter(|(_, step)| !step.fits(plan.time.window)) {
        let (least, most) = Step::bounds(plan.time.window);
        return Err(scanner.error_in("STEP", at, format!("STEP must be from {least} to {most} seconds for this time range")));
    }
    Ok(plan)
}

/// Reads a request for raw rows: `[column {"," column}]` and the clauses `WHERE`, `IN`, `LIMIT` (to 10,000), and time.
///
/// # Errors
/// As [`parse`].
pub fn parse_events(text: &str, now_ns: i64) -> Result<EventsRequest, QueryError> {
    let mut scanner = start(text)?;
    scanner.clause = "columns";
    let mut columns = Vec::new();
    if !scanner.at_end() && !at_clause(&mut scanner) {
        list(&mut scanner, &mut columns, column)?;
    }
    let clauses = Clauses::read(&mut scanner, false)?;
    Ok(EventsRequest {
        datasets: clauses.datasets,
        time: resolve(clauses.written, now_ns)?,
        filters: clauses.filters,
        columns,
        limit: limit(&scanner, clauses.limit, EVENTS_MAX)?.unwrap_or(EVENTS_DEFAULT),
        after: None,
    })
}

/// Reads conditions alone, with or without the word `WHERE`; nothing lets all events pass.
///
/// # Errors
/// As [`parse`].
pub fn parse_filters(text: &str) -> Result<Filters, QueryError> {
    let mut scanner = start(text)?;
    scanner.clause = "WHERE";
    if !scanner.keyword("WHERE") && scanner.at_end() {
        return Ok(Filters::default());
    }
    let filters = conditions(&mut scanner)?;
    if scanner.at_end() { Ok(filters) } else { Err(scanner.error("expected AND, OR or the end")) }
}

fn start(text: &str) -> Result<Scanner, QueryError> {
    if text.len() > TEXT_MAX {
        return Err(QueryError::whole(Problem::Malformed, format!("a query may have at most {TEXT_MAX} bytes")));
    }
    Ok(Scanner::new(text))
}

fn resolve(written: Option<Written>, now_ns: i64) -> Result<TimeRange, QueryError> {
    TimeRange::resolve(written.unwrap_or(Written::Last { seconds: RANGE_DEFAULT_SECONDS }), now_ns)
}

fn limit(scanner: &Scanner, limit: Option<(usize, u64)>, most: u32) -> Result<Option<u32>, QueryError> {
    let Some((at, limit)) = limit else { return Ok(None) };
    let limit = u32::try_from(limit).ok().filter(|limit| (1..=most).contains(limit));
    limit.map(Some).ok_or_else(|| scanner.error_in("LIMIT", at, format!("LIMIT must be from 1 to {most}")))
}

/// What the clauses of one query say, references to calculations and breakdowns unresolved.
#[derive(Default)]
struct Clauses {
    filters: Filters,
    breakdowns: Vec<Column>,
    orders: Vec<(Named, usize, bool)>,
    havings: Vec<(Named, usize, HavingOp, f64)>,
    limit: Option<(usize, u64)>,
    step: Option<(usize, Step)>,
    datasets: Option<Vec<String>>,
    written: Option<Written>,
}

/// A calculation or breakdown as ORDER BY and HAVING name it.
enum Named {
    Calculation(Calculation),
    /// An operator that needs a column, named without: the one calculation with it.
    Operator(Op),
    Column(Column),
}

/// The clauses, and whether a request for raw rows has them.
const CLAUSES: [(&str, bool); 10] = [
    ("WHERE", true),
    ("GROUP BY", false),
    ("HAVING", false),
    ("ORDER BY", false),
    ("LIMIT", true),
    ("STEP", false),
    ("IN", true),
    ("LAST", true),
    ("FROM", true),
    ("SINCE", true),
];

fn at_clause(scanner: &mut Scanner) -> bool {
    let word = scanner.peek_word();
    CLAUSES.iter().any(|(clause, _)| clause.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case(&word)))
}

impl Clauses {
    fn read(scanner: &mut Scanner, is_query: bool) -> Result<Self, QueryError> {
        let mut clauses = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        while !scanner.at_end() {
            let at = scanner.at();
            let found = CLAUSES.iter().find(|(clause, events)| (is_query || *events) && scanner.keyword(clause));
            let Some((clause, _)) = found else { return Err(scanner.error(expected_next(scanner.clause, is_query))) };
            let slot = if matches!(*clause, "LAST" | "FROM" | "SINCE") { "the time range" } else { clause };
            if seen.contains(&slot) {
                return Err(scanner.error_in(clause, at, format!("{slot} is given twice")));
            }
            seen.push(slot);
            scanner.clause = clause;
            clauses.read_one(scanner, clause)?;
        }
        Ok(clauses)
    }

    fn read_one(&mut self, scanner: &mut Scanner, clause: &str) -> Result<(), QueryError> {
        let at = scanner.at();
        match clause {
            "WHERE" => self.filters = conditions(scanner)?,
            "GROUP BY" => list(scanner, &mut self.breakdowns, column)?,
            "HAVING" => self.havings = havings(scanner)?,
            "ORDER BY" => self.orders = orders(scanner)?,
            "LIMIT" => self.limit = Some((at, whole_number(scanner)?)),
            "STEP" => self.step = Some((at, step(scanner)?)),
            "IN" => {
                let mut slugs = Vec::new();
                list(scanner, &mut slugs, dataset)?;
                self.datasets = Some(slugs);
            }
            "LAST" => self.written = Some(Written::Last { seconds: seconds(scanner)? }),
            "SINCE" => self.written = Some(Written::Since { start: time_point(scanner)? }),
            _ => {
                let start = time_point(scanner)?;
                if !scanner.keyword("TO") {
                    return Err(scanner.error("expected TO and the end of the time range"));
                }
                self.written = Some(Written::Between { start, end: time_point(scanner)? });
            }
        }
        Ok(())
    }
}

fn expected_next(clause: &str, is_query: bool) -> String {
    let clauses = CLAUSES.iter().filter(|(_, events)| is_query || *events).map(|(clause, _)| *clause).collect::<Vec<_>>().join(", ");
    match clause {
        "WHERE" => format!("expected AND, OR or one of {clauses}"),
        "LAST" | "FROM" | "SINCE" | "LIMIT" | "STEP" => format!("expected one of {clauses}"),
        _ => format!("expected a comma or one of {clauses}"),
    }
}

/// Reads items with commas between; an item that is there already is left out.
fn list<T: PartialEq>(
    scanner: &mut Scanner,
    items: &mut Vec<T>,
    mut read: impl FnMut(&mut Scanner) -> Result<T, QueryError>,
) -> Result<(), QueryError> {
    loop {
        let at = scanner.at();
        let item = read(scanner)?;
        if !items.contains(&item) {
            items.push(item);
        }
        if items.len() > LIST_MAX {
            return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
        }
        if !scanner.take(',') {
            return Ok(());
        }
    }
}

fn column(scanner: &mut Scanner) -> Result<Column, QueryError> {
    if scanner.take('=') {
        return Ok(Column::exact(scanner.name("a column")?));
    }
    Ok(Column::named(scanner.name("a column")?))
}

fn dataset(scanner: &mut Scanner) -> Result<String, QueryError> {
    let at = scanner.at();
    let name = match scanner.peek() {
        Some('"' | '\'') => match scanner.value("a dataset")? {
            Raw::Bare(name) | Raw::Quoted(name) => name,
        },
        _ => scanner.name("a dataset")?,
    };
    let slug = dataset_slug(&name);
    if slug.is_empty() { Err(scanner.error_at(at, "a name cannot be empty")) } else { Ok(slug) }
}

fn calculation(scanner: &mut Scanner) -> Result<Calculation, QueryError> {
    let at = scanner.at();
    let name = scanner.name("a calculation")?;
    let op = Op::from_name(&name).ok_or_else(|| scanner.error_at(at, spec::unknown_calculation(&name)))?;
    let column = in_parentheses(scanner)?;
    if op.needs_column() && column.is_none() {
        return Err(scanner.error_at(at, format!("{op} requires a column")));
    }
    Ok(Calculation { op, column })
}

fn in_parentheses(scanner: &mut Scanner) -> Result<Option<Column>, QueryError> {
    if !scanner.take('(') {
        return Ok(None);
    }
    let column = column(scanner)?;
    if scanner.take(')') { Ok(Some(column)) } else { Err(scanner.error("expected \")\"")) }
}

// === WHERE ===

const FILTER_SYMBOLS: [(&str, FilterOp); 12] = [
    ("!=", FilterOp::NotEqual),
    ("!~", FilterOp::DoesNotContain),
    ("!?", FilterOp::DoesNotExist),
    (">=", FilterOp::GreaterOrEqual),
    ("<=", FilterOp::LessOrEqual),
    ("^=", FilterOp::StartsWith),
    ("$=", FilterOp::EndsWith),
    ("=", FilterOp::Equal),
    (">", FilterOp::Greater),
    ("<", FilterOp::Less),
    ("~", FilterOp::Contains),
    ("?", FilterOp::Exists),
];

#[derive(Default)]
struct Conditions {
    joined: Option<Combination>,
    list: Vec<Condition>,
}

fn conditions(scanner: &mut Scanner) -> Result<Filters, QueryError> {
    let mut conditions = Conditions::default();
    conditions.read(scanner, 0)?;
    Ok(Filters::new(conditions.joined.unwrap_or_default(), conditions.list))
}

impl Conditions {
    fn read(&mut self, scanner: &mut Scanner, depth: usize) -> Result<(), QueryError> {
        loop {
            let at = scanner.at();
            if depth == DEPTH_MAX {
                return Err(scanner.error(format!("parentheses may be {DEPTH_MAX} deep")));
            }
            if scanner.take('(') {
                self.read(scanner, depth + 1)?;
                if !scanner.take(')') {
                    return Err(scanner.error("expected AND, OR or \")\""));
                }
            } else {
                self.list.push(condition(scanner)?);
            }
            if self.list.len() > LIST_MAX {
                return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
            }
            let at = scanner.at();
            let joined = [Combination::And, Combination::Or].into_iter().find(|kind| scanner.keyword(kind.word()));
            let Some(joined) = joined else { return Ok(()) };
            if self.joined.is_some_and(|before| before != joined) {
                return Err(scanner.error_at(at, "all conditions of a query are joined by AND, or all by OR"));
            }
            self.joined = Some(joined);
        }
    }
}

fn condition(scanner: &mut Scanner) -> Result<Condition, QueryError> {
    let column = column(scanner)?;
    let at = scanner.at();
    let op = filter_op(scanner).ok_or_else(|| {
        scanner.error_at(at, format!("expected an operator after {column}, one of {}", FilterOp::ALL.map(FilterOp::name).join(" ")))
    })?;
    let mut values = Vec::new();
    match op.takes() {
        Takes::Nothing => {}
        Takes::One => values.push(literal(scanner, &column, &format!("a value after \"{op}\""))?),
        Takes::List => {
            let expected = format!("a list in parentheses after \"{op}\"");
            if !scanner.take('(') {
                return Err(scanner.error(format!("expected {expected}")));
            }
            loop {
                values.push(literal(scanner, &column, "a value")?);
                if values.len() > spec::VALUES_MAX {
                    return Err(scanner.error(format!("{op} takes at most {} values", spec::VALUES_MAX)));
                }
                if !scanner.take(',') {
                    break;
                }
            }
            if !scanner.take(')') {
                return Err(scanner.error("expected a comma or \")\""));
            }
        }
    }
    Ok(Condition { column, op, values })
}

fn filter_op(scanner: &mut Scanner) -> Option<FilterOp> {
    if let Some(op) = scanner.symbol(&FILTER_SYMBOLS) {
        return Some(op);
    }
    let word = scanner.peek_word();
    let op = FilterOp::from_name(&word)?;
    scanner.skip_word(&word);
    Some(op)
}

fn literal(scanner: &mut Scanner, column: &Column, expected: &str) -> Result<Literal, QueryError> {
    let at = scanner.at();
    match scanner.value(expected)? {
        Raw::Quoted(text) => Ok(Literal::Str(text)),
        Raw::Bare(word) => bare_literal(&column.name, &word).map_err(|message| scanner.error_at(at, message)),
    }
}

// === the other clauses ===

fn named(scanner: &mut Scanner) -> Result<Named, QueryError> {
    let bare = !matches!(scanner.peek(), Some('=' | '`'));
    let op = if bare { Op::from_name(&scanner.peek_word()) } else { None };
    let Some(op) = op else { return Ok(Named::Column(column(scanner)?)) };
    scanner.skip_word(op.name());
    Ok(match in_parentheses(scanner)? {
        None if op.needs_column() => Named::Operator(op),
        column => Named::Calculation(Calculation { op, column }),
    })
}

fn order_key(named: &Named, plan: &Plan) -> Result<OrderKey, String> {
    let op = match named {
        Named::Calculation(Calculation { op, .. }) | Named::Operator(op) => Some(*op),
        Named::Column(_) => None,
    };
    if let Some(op) = op.filter(|op| !op.is_orderable()) {
        return Err(format!("groups have no single value of {op}"));
    }
    match named {
        Named::Calculation(calculation) => plan
            .calculation_index(calculation.op, calculation.column.as_ref())
            .map(OrderKey::Calculation)
            .ok_or_else(|| format!("{} is no calculation of this query", calculation.label())),
        Named::Operator(op) => {
            let mut matching = plan.calculations.iter().enumerate().filter(|(_, calculation)| calculation.op == *op);
            match (matching.next(), matching.next()) {
                (Some((index, _)), None) => Ok(OrderKey::Calculation(index)),
                (Some(_), Some(_)) => Err(format!("{op} requires a column: the query has several")),
                (None, _) => Err(format!("{op} is no calculation of this query")),
            }
        }
        Named::Column(column) => plan
            .breakdowns
            .iter()
            .position(|breakdown| breakdown == column)
            .map(OrderKey::Breakdown)
            .ok_or_else(|| format!("{column} is no calculation and no GROUP BY column of this query")),
    }
}

fn orders(scanner: &mut Scanner) -> Result<Vec<(Named, usize, bool)>, QueryError> {
    let mut orders = Vec::new();
    loop {
        let at = scanner.at();
        let key = named(scanner)?;
        let descending = scanner.keyword("DESC");
        if !descending {
            scanner.keyword("ASC");
        }
        orders.push((key, at, descending));
        if orders.len() > LIST_MAX {
            return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
        }
        if !scanner.take(',') {
            return Ok(orders);
        }
    }
}

const HAVING_SYMBOLS: [(&str, HavingOp); 6] = [
    ("!=", HavingOp::NotEqual),
    (">=", HavingOp::GreaterOrEqual),
    ("<=", HavingOp::LessOrEqual),
    ("=", HavingOp::Equal),
    (">", HavingOp::Greater),
    ("<", HavingOp::Less),
];

fn havings(scanner: &mut Scanner) -> Result<Vec<(Named, usize, HavingOp, f64)>, QueryError> {
    let mut havings = Vec::new();
    loop {
        let at = scanner.at();
        let calculation = named(scanner)?;
        let op = scanner.symbol(&HAVING_SYMBOLS).ok_or_else(|| scanner.error("expected one of = != > >= < <="))?;
        let value = having_value(scanner, &calculation, op)?;
        havings.push((calculation, at, op, value));
        if havings.len() > LIST_MAX {
            return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
        }
        if !scanner.keyword("AND") {
            return Ok(havings);
        }
    }
}

fn having_value(scanner: &mut Scanner, calculation: &Named, op: HavingOp) -> Result<f64, QueryError> {
    let at = scanner.at();
    let expected = format!("a number after \"{}\"", op.name());
    let Raw::Bare(word) = scanner.value(&expected)? else { return Err(scanner.error_at(at, format!("expected {expected}"))) };
    let unit = match calculation {
        Named::Calculation(Calculation { column: Some(column), .. }) => column_unit(&column.name),
        _ => None,
    };
    let with_unit = || Some(duration_ns(&word)? as f64 / unit? as f64);
    let number = number_of_text(&word).map(|number| number.as_f64()).or_else(with_unit);
    number.map(|number| number + 0.0).ok_or_else(|| scanner.error_at(at, format!("expected {expected}")))
}

fn whole_number(scanner: &mut Scanner) -> Result<u64, QueryError> {
    let at = scanner.at();
    let word = scanner.peek_word();
    scanner.skip_word(&word);
    word.parse().map_err(|_| scanner.error_at(at, "expected a whole number"))
}

fn step(scanner: &mut Scanner) -> Result<Step, QueryError> {
    if scanner.keyword("AUTO") { Ok(Step::Auto) } else { seconds(scanner).map(Step::Seconds) }
}

fn seconds(scanner: &mut Scanner) -> Result<u64, QueryError> {
    let at = scanner.at();
    let expected = "a duration of whole seconds, such as 30s, 15m or 2h";
    let Raw::Bare(word) = scanner.value(expected)? else { return Err(scanner.error_at(at, format!("expected {expected}"))) };
    duration_seconds(&word).ok_or_else(|| scanner.error_at(at, format!("expected {expected}")))
}

fn time_point(scanner: &mut Scanner) -> Result<Point, QueryError> {
    let at = scanner.at();
    let expected = "a point in time, such as 2026-01-02T15:04:05Z, 1767366245, -2h or now";
    let text = match scanner.value(expected)? {
        Raw::Bare(text) | Raw::Quoted(text) => text,
    };
    point(&text).ok_or_else(|| scanner.error_at(at, format!("expected {expected}")))
}
