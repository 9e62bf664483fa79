//! Plan to text, in the one canonical form.

use super::value::{bare_literal, point_text, seconds_text};
use super::{is_column_character, is_reserved, is_word_character, may_begin_word};
use crate::calculation::{Calculation, Op};
use crate::coerce::{float_text, text_of_literal};
use crate::events::{EVENTS_DEFAULT, EventsRequest};
use crate::fields::CalculatedField;
use crate::filter::{Condition, Filters, Literal, Takes};
use crate::plan::{Column, LIMIT_DEFAULT_TEXT, OrderKey, Plan};
use crate::time::{Point, Step, TimeRange, Written};
use std::fmt::Write as _;

/// The canonical text of a plan: clauses in one order, a limit of 100 and an automatic step left out, the time always there.
pub fn to_text(plan: &Plan) -> String {
    let mut out = with(&plan.fields);
    out.push_str(&joined(&plan.calculations, calculation_text));
    where_clause(&mut out, &plan.filters);
    if !plan.breakdowns.is_empty() {
        clause(&mut out, "GROUP BY", &joined(&plan.breakdowns, column_text));
    }
    if !plan.havings.is_empty() {
        let havings: Vec<String> = plan
            .havings
            .iter()
            .map(|having| {
                let calculation = calculation_text(&plan.calculations[having.calculation]);
                format!("{calculation} {} {}", having.op.name(), float_text(having.value))
            })
            .collect();
        clause(&mut out, "HAVING", &havings.join(" AND "));
    }
    if !plan.orders.is_empty() {
        let orders = joined(&plan.orders, |order| {
            let key = match order.key {
                OrderKey::Calculation(index) => calculation_text(&plan.calculations[index]),
                OrderKey::Breakdown(index) => breakdown_key_text(&plan.breakdowns[index]),
            };
            format!("{key} {}", if order.descending { "desc" } else { "asc" })
        });
        clause(&mut out, "ORDER BY", &orders);
    }
    limit(&mut out, plan.limit, LIMIT_DEFAULT_TEXT);
    if let Step::Seconds(seconds) = plan.step {
        clause(&mut out, "STEP", &seconds_text(seconds));
    }
    datasets(&mut out, plan.datasets.as_deref());
    time(&mut out, plan.time);
    out
}

/// The canonical text of a request for raw rows, without its cursor.
pub fn events_to_text(request: &EventsRequest) -> String {
    let fields = with(&request.fields);
    // The comma keeps a column from being read as a part of the expression.
    let separator = if fields.is_empty() || request.columns.is_empty() { "" } else { ", " };
    let mut out = format!("{}{separator}{}", fields.trim_end(), joined(&request.columns, column_text));
    where_clause(&mut out, &request.filters);
    limit(&mut out, request.limit, EVENTS_DEFAULT);
    datasets(&mut out, request.datasets.as_deref());
    time(&mut out, request.time);
    out
}

/// The canonical text of conditions; empty when there are none.
pub fn filters_to_text(filters: &Filters) -> String {
    let conditions: Vec<String> = filters.conditions.iter().map(condition_text).collect();
    conditions.join(&format!(" {} ", filters.combination.word()))
}

fn joined<T>(items: &[T], print: impl Fn(&T) -> String) -> String {
    items.iter().map(print).collect::<Vec<_>>().join(", ")
}

/// The calculated fields and a blank; empty when there are none.
fn with(fields: &[CalculatedField]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    format!("WITH {} ", joined(fields, |field| format!("{} = {}", name_text(&field.name), field.expression)))
}

fn clause(out: &mut String, keyword: &str, content: &str) {
    let space = if out.is_empty() { "" } else { " " };
    write!(out, "{space}{keyword} {content}").expect("writing to a string cannot fail");
}

fn where_clause(out: &mut String, filters: &Filters) {
    if !filters.conditions.is_empty() {
        clause(out, "WHERE", &filters_to_text(filters));
    }
}

fn limit(out: &mut String, limit: u32, default: u32) {
    if limit != default {
        clause(out, "LIMIT", &limit.to_string());
    }
}

fn datasets(out: &mut String, datasets: Option<&[String]>) {
    if let Some(slugs) = datasets {
        clause(out, "IN", &joined(slugs, |slug| name_text(slug)));
    }
}

fn time(out: &mut String, time: TimeRange) {
    match time.written {
        Written::Last { seconds } => clause(out, "LAST", &seconds_text(seconds)),
        Written::Since { start } => clause(out, "SINCE", &written_point(start)),
        Written::Between { start, end } => clause(out, "FROM", &format!("{} TO {}", written_point(start), written_point(end))),
    }
}

fn written_point(point: Point) -> String {
    match point {
        Point::At(ns) => point_text(ns),
        Point::Ago(0) => "now".to_owned(),
        Point::Ago(seconds) => format!("-{}", seconds_text(seconds)),
    }
}

fn calculation_text(calculation: &Calculation) -> String {
    match &calculation.column {
        None => calculation.op.name().to_owned(),
        Some(column) => format!("{}({})", calculation.op.name(), column_text(column)),
    }
}

fn column_text(column: &Column) -> String {
    format!("{}{}", if column.exact { "=" } else { "" }, name_text(&column.name))
}

/// A breakdown in ORDER BY, where a bare word may also be a calculation.
fn breakdown_key_text(column: &Column) -> String {
    if !column.exact && Op::from_name(&column.name).is_some() { back_quoted(&column.name) } else { column_text(column) }
}

fn name_text(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(is_column_character) && !is_reserved(name);
    if bare { name.to_owned() } else { back_quoted(name) }
}

fn back_quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn condition_text(condition: &Condition) -> String {
    let column = column_text(&condition.column);
    let value = |literal: &Literal| literal_text(&condition.column.name, literal);
    match condition.op.takes() {
        Takes::Nothing => format!("{column} {}", condition.op),
        Takes::One => format!("{column} {} {}", condition.op, condition.values.iter().map(value).collect::<String>()),
        Takes::List => format!("{column} {} ({})", condition.op, joined(&condition.values, value)),
    }
}

/// A literal as it parses back: text is bare only where the bare word would be the same text.
fn literal_text(column: &str, literal: &Literal) -> String {
    let text = text_of_literal(literal);
    let Literal::Str(text) = literal else { return text.into_owned() };
    let is_word = text.chars().next().is_some_and(may_begin_word) && text.chars().all(is_word_character) && !is_reserved(text);
    if is_word && bare_literal(column, text).as_ref() == Ok(literal) { text.clone() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                write!(out, "\\u{{{:x}}}", control as u32).expect("writing to a string cannot fail");
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
