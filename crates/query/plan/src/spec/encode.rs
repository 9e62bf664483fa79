//! Plan to JSON.

use crate::calculation::Calculation;
use crate::events::EventsRequest;
use crate::fields::CalculatedField;
use crate::filter::{Combination, Condition, Filters, Literal, Takes};
use crate::plan::{Column, OrderKey, Plan};
use crate::text::point_text;
use crate::time::{SECOND_NS, Step, TimeRange, Written};
use serde_json::{Map, Value, json};

/// The specification of a plan; members that hold their default are left out, but for `calculations`, `limit` and the time.
/// It decodes to the same plan, a time range `LAST` being relative still and any other fixed.
pub fn encode(plan: &Plan) -> Value {
    let mut out = Map::new();
    out.insert(
        "calculations".into(),
        plan.calculations.iter().map(|calculation| calculated(calculation, "op").into()).collect::<Vec<Value>>().into(),
    );
    fields(&mut out, &plan.fields);
    filters(&mut out, &plan.filters);
    columns(&mut out, "breakdowns", &plan.breakdowns);
    if !plan.orders.is_empty() {
        let orders = plan.orders.iter().map(|order| {
            let mut member = match order.key {
                OrderKey::Calculation(index) => calculated(&plan.calculations[index], "op"),
                OrderKey::Breakdown(index) => Map::from_iter([("column".to_owned(), plan.breakdowns[index].to_string().into())]),
            };
            member.insert("order".into(), if order.descending { "descending" } else { "ascending" }.into());
            Value::from(member)
        });
        out.insert("orders".into(), orders.collect());
    }
    if !plan.havings.is_empty() {
        let havings = plan.havings.iter().map(|having| {
            let mut member = calculated(&plan.calculations[having.calculation], "calculate_op");
            member.insert("op".into(), having.op.name().into());
            member.insert("value".into(), literal(&Literal::number(having.value)));
            Value::from(member)
        });
        out.insert("havings".into(), havings.collect());
    }
    out.insert("limit".into(), plan.limit.into());
    if let Step::Seconds(seconds) = plan.step {
        out.insert("granularity".into(), seconds.into());
    }
    time(&mut out, plan.time);
    datasets(&mut out, plan.datasets.as_deref());
    out.into()
}

/// A request for raw rows as JSON, as [`super::decode_events`] reads it.
pub fn encode_events(request: &EventsRequest) -> Value {
    let mut out = Map::new();
    fields(&mut out, &request.fields);
    filters(&mut out, &request.filters);
    columns(&mut out, "columns", &request.columns);
    out.insert("limit".into(), request.limit.into());
    time(&mut out, request.time);
    datasets(&mut out, request.datasets.as_deref());
    if let Some(cursor) = request.after {
        out.insert("after".into(), cursor.to_text().into());
    }
    out.into()
}

fn calculated(calculation: &Calculation, op_member: &str) -> Map<String, Value> {
    let mut member = Map::from_iter([(op_member.to_owned(), calculation.op.name().into())]);
    if let Some(column) = &calculation.column {
        member.insert("column".into(), column.to_string().into());
    }
    member
}

fn fields(out: &mut Map<String, Value>, fields: &[CalculatedField]) {
    if !fields.is_empty() {
        let fields = fields.iter().map(|field| json!({"name": field.name, "expression": field.expression.to_string()}));
        out.insert("calculated_fields".into(), fields.collect());
    }
}

fn filters(out: &mut Map<String, Value>, filters: &Filters) {
    if filters.conditions.is_empty() {
        return;
    }
    out.insert("filters".into(), filters.conditions.iter().map(condition).collect());
    if filters.combination == Combination::Or {
        out.insert("filter_combination".into(), filters.combination.word().into());
    }
}

fn condition(condition: &Condition) -> Value {
    let mut member =
        Map::from_iter([("column".to_owned(), condition.column.to_string().into()), ("op".to_owned(), condition.op.name().into())]);
    match condition.op.takes() {
        Takes::Nothing => {}
        Takes::One => member.extend(condition.values.first().map(|value| ("value".to_owned(), literal(value)))),
        Takes::List => member.extend([("value".to_owned(), condition.values.iter().map(literal).collect())]),
    }
    member.into()
}

fn literal(literal: &Literal) -> Value {
    match literal {
        Literal::Str(text) => json!(text),
        Literal::Int(number) => json!(number),
        Literal::Float(number) => json!(number),
        Literal::Bool(truth) => json!(truth),
    }
}

fn columns(out: &mut Map<String, Value>, name: &str, columns: &[Column]) {
    if !columns.is_empty() {
        out.insert(name.to_owned(), columns.iter().map(|column| Value::from(column.to_string())).collect());
    }
}

fn datasets(out: &mut Map<String, Value>, datasets: Option<&[String]>) {
    if let Some(slugs) = datasets {
        out.insert("datasets".into(), slugs.into());
    }
}

fn time(out: &mut Map<String, Value>, time: TimeRange) {
    if let Written::Last { seconds } = time.written {
        out.insert("time_range".into(), seconds.into());
        return;
    }
    for (name, ns) in [("start_time", time.window.start_ns), ("end_time", time.window.end_ns)] {
        let value = if ns % SECOND_NS == 0 { (ns / SECOND_NS).into() } else { point_text(ns).into() };
        out.insert(name.to_owned(), value);
    }
}
