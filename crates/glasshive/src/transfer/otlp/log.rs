//! Log records.

use super::head::{Head, take_hidden};
use super::lines::Lines;
use super::node::{Node, comma, push_double, push_value, put};
use super::own::Own;
use super::span::{push_ids, push_number, push_text};
use crate::transfer::row::{StoredRow, same};
use glasshive_model::limits::FLATTEN_LEVELS;
use glasshive_model::value::push_json_string;
use glasshive_model::{Value, names};
use glasshive_receive_otlp::decode::Signal3;
use std::ops::RangeInclusive;

const FLAGS: RangeInclusive<i64> = 0..=u32::MAX as i64;
const SEVERITIES: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

/// Adds a log record.
pub fn push(lines: &mut Lines, row: &StoredRow, index: usize) {
    let mut own = Own::of(row);
    take_hidden(&mut own, &[row]);
    let mut out = String::with_capacity(512);
    put(&mut out, format_args!("{{\"timeUnixNano\":\"{}\",", row.time_ns));
    if let Some(observed) = own.take_int(names::META_OBSERVED_TIME_NS, 1..=i64::MAX) {
        put(&mut out, format_args!("\"observedTimeUnixNano\":\"{observed}\","));
    }
    push_ids(&mut out, row.trace_id, row.parent_id);
    push_severity(&mut out, &mut own);
    let event = own.shown(names::EVENT_NAME, names::LOG_EVENT_NAME);
    push_text(&mut out, "eventName", own.take_text(event));
    let flags = own.shown(names::FLAGS, names::LOG_FLAGS);
    push_number(&mut out, "flags", own.take_int(flags, FLAGS).filter(|flags| *flags != 0));
    push_number(&mut out, "droppedAttributesCount", own.take_int(names::META_DROPPED_ATTRIBUTES, 1..=u32::MAX.into()));
    push_body(&mut out, &mut own);
    own.push_attributes(&mut out, own.weight());
    out.pop();
    out.push('}');
    lines.push(Head::of(Signal3::Logs, &[row]), &[index], &out);
}

trait Shadowed {
    /// Under which name the record's own value stands: an attribute of the usual name has moved it to the other.
    fn shown(&self, usual: &'static str, shadow: &'static str) -> &'static str;
}

impl Shadowed for Own<'_> {
    fn shown(&self, usual: &'static str, shadow: &'static str) -> &'static str {
        // An attribute without a value hides nothing.
        let is_hidden = self.get(usual).is_some_and(|value| *value != Value::Null) && self.get(shadow).is_some();
        if is_hidden { shadow } else { usual }
    }
}

fn push_severity(out: &mut String, own: &mut Own<'_>) {
    let text_name = own.shown(names::SEVERITY_TEXT, names::LOG_SEVERITY_TEXT);
    push_text(out, "severityText", own.take_text(text_name));
    let code_name = own.shown(names::SEVERITY_CODE, names::LOG_SEVERITY_CODE);
    let word_name = own.shown(names::SEVERITY, names::LOG_SEVERITY);
    let Some(Value::Int(code)) = own.get(code_name).cloned() else { return };
    let is_word = own.get(word_name).is_some_and(|found| same(found, &Value::Str(word(code).to_owned())));
    if is_word && SEVERITIES.contains(&code) {
        own.take(code_name);
        own.take(word_name);
        push_number(out, "severityNumber", Some(code).filter(|code| *code != 0));
    }
}

/// What a receiver calls a severity.
fn word(code: i64) -> &'static str {
    match code {
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        21..=24 => "fatal",
        _ => "unspecified",
    }
}

fn push_body(out: &mut String, own: &mut Own<'_>) {
    let name = own.shown(names::BODY, names::LOG_BODY);
    let Some(body) = own.get(name).cloned() else { return };
    own.take(name);
    out.push_str("\"body\":");
    let map = match &body {
        Value::Json(text) => Node::read(text).filter(|node| matches!(node, Node::Map(_))),
        _ => None,
    };
    match map {
        Some(map) => push_map(out, &map, names::BODY, 0, own),
        None => push_value(out, &body),
    }
    out.push(',');
}

/// Appends a body's map. Its members are fields too, which a receiver makes again, and which know what text in JSON does not: that
/// it was bytes, or a number that is none.
fn push_map(out: &mut String, node: &Node, path: &str, depth: usize, own: &mut Own<'_>) {
    let Node::Map(members) = node else { return node.push_any(out) };
    out.push_str("{\"kvlistValue\":{\"values\":[");
    for (index, (name, value)) in members.iter().enumerate() {
        comma(out, index);
        out.push_str("{\"key\":");
        push_json_string(out, name);
        out.push_str(",\"value\":");
        let path = format!("{path}.{name}");
        match value {
            Node::Map(inner) if depth + 1 < FLATTEN_LEVELS && !inner.is_empty() => push_map(out, value, &path, depth + 1, own),
            _ => push_leaf(out, value, &path, own),
        }
        out.push('}');
    }
    out.push_str("]}}");
}

fn push_leaf(out: &mut String, node: &Node, path: &str, own: &mut Own<'_>) {
    let field = own.get(path).cloned();
    match (node, &field) {
        (Node::Str(text), Some(Value::Json(json))) if Node::read(json).as_ref().and_then(Node::text) == Some(text) => {
            push_value(out, &Value::Json(json.clone()));
            own.take(path);
        }
        (Node::Str(_), Some(Value::Float(double))) if !double.is_finite() => {
            out.push_str("{\"doubleValue\":");
            push_double(out, *double);
            out.push('}');
            own.take(path);
        }
        _ => {
            node.push_any(out);
            own.take_if(path, &node.field_value());
        }
    }
}
