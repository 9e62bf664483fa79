//! JSON text in which order and repetition of members mean something, and values as OTLP writes them.

use glasshive_model::Value;
use glasshive_model::limits::FLATTEN_LEVELS;
use glasshive_model::value::push_json_string;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt::{self, Write as _};

/// A JSON value, members in the order they were written.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Array(Vec<Node>),
    Map(Vec<(String, Node)>),
}

// === impl Node ===

impl Node {
    /// Reads JSON text; `None` when it is none, such as text that was cut.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// A member of a map.
    pub fn get(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Map(members) => members.iter().find(|(member, _)| member == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Appends it as an OTLP `AnyValue`.
    pub fn push_any(&self, out: &mut String) {
        match self {
            Node::Null => out.push_str("{}"),
            Node::Bool(truth) => put(out, format_args!("{{\"boolValue\":{truth}}}")),
            Node::Int(integer) => put(out, format_args!("{{\"intValue\":\"{integer}\"}}")),
            Node::Float(double) => {
                out.push_str("{\"doubleValue\":");
                push_double(out, *double);
                out.push('}');
            }
            Node::Str(text) => push_member(out, "stringValue", text),
            Node::Array(values) => {
                out.push_str("{\"arrayValue\":{\"values\":[");
                for (index, value) in values.iter().enumerate() {
                    comma(out, index);
                    value.push_any(out);
                }
                out.push_str("]}}");
            }
            Node::Map(members) => {
                out.push_str("{\"kvlistValue\":{\"values\":");
                push_key_values(out, members);
                out.push_str("}}");
            }
        }
    }

    /// Appends it as the JSON text that a receiver makes of it.
    pub fn push_json(&self, out: &mut String) {
        match self {
            Node::Null => out.push_str("null"),
            Node::Bool(truth) => put(out, format_args!("{truth}")),
            Node::Int(integer) => put(out, format_args!("{integer}")),
            Node::Float(double) => put(out, format_args!("{double:?}")),
            Node::Str(text) => push_json_string(out, text),
            Node::Array(values) => {
                out.push('[');
                for (index, value) in values.iter().enumerate() {
                    comma(out, index);
                    value.push_json(out);
                }
                out.push(']');
            }
            Node::Map(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    comma(out, index);
                    push_json_string(out, name);
                    out.push(':');
                    value.push_json(out);
                }
                out.push('}');
            }
        }
    }

    /// The value that a field has which is sent as this.
    pub fn field_value(&self) -> Value {
        match self {
            Node::Null => Value::Null,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Int(integer) => Value::Int(*integer),
            Node::Float(double) => Value::Float(*double),
            Node::Str(text) => Value::Str(text.clone()),
            Node::Array(_) | Node::Map(_) => {
                let mut text = String::new();
                self.push_json(&mut text);
                Value::Json(text)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Node, E> {
        Ok(Node::Bool(truth))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Node, E> {
        Ok(Node::Int(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Node, E> {
        Ok(i64::try_from(integer).map_or(Node::Float(integer as f64), Node::Int))
    }

    fn visit_f64<E>(self, double: f64) -> Result<Node, E> {
        Ok(Node::Float(double))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Str(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element()? {
            values.push(value);
        }
        Ok(Node::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = items.next_entry()? {
            members.push(member);
        }
        Ok(Node::Map(members))
    }
}

/// Appends an attribute so that a receiver makes exactly this field of it. A receiver makes fields of the members of a map, down to
/// the fifth level: JSON text of a map is what lay deeper, so it is put there again.
pub fn push_attribute(out: &mut String, key: &str, value: &Value) {
    let node = match value {
        Value::Json(text) => Node::read(text),
        _ => None,
    };
    match node {
        Some(Node::Map(members)) if !members.is_empty() => {
            let parts = parts(key);
            push_nested(out, &parts, &Node::Map(members));
        }
        _ => {
            out.push_str("{\"key\":");
            push_json_string(out, key);
            out.push_str(",\"value\":");
            push_value(out, value);
            out.push('}');
        }
    }
}

/// A key in as many parts as levels of maps are made fields of, and one; in fewer where it has too few dots.
fn parts(key: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = key;
    while parts.len() < FLATTEN_LEVELS
        && let Some(dot) = rest.char_indices().skip(1).find(|(place, character)| *character == '.' && place + 1 < rest.len())
    {
        parts.push(&rest[..dot.0]);
        rest = &rest[dot.0 + 1..];
    }
    parts.push(rest);
    parts
}

fn push_nested(out: &mut String, parts: &[&str], value: &Node) {
    let Some((first, rest)) = parts.split_first() else { return };
    out.push_str("{\"key\":");
    push_json_string(out, first);
    out.push_str(",\"value\":");
    if rest.is_empty() {
        value.push_any(out);
    } else {
        out.push_str("{\"kvlistValue\":{\"values\":[");
        push_nested(out, rest, value);
        out.push_str("]}}");
    }
    out.push('}');
}

/// Appends a field's value as an OTLP `AnyValue`: JSON text of a string is what bytes became.
pub fn push_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("{}"),
        Value::Bool(truth) => Node::Bool(*truth).push_any(out),
        Value::Int(integer) => Node::Int(*integer).push_any(out),
        Value::Float(double) => Node::Float(*double).push_any(out),
        Value::Str(text) => push_member(out, "stringValue", text),
        Value::Json(text) => match Node::read(text) {
            Some(Node::Str(base64)) => push_member(out, "bytesValue", &base64),
            Some(node) => node.push_any(out),
            None => push_member(out, "stringValue", text),
        },
    }
}

/// Appends a list of OTLP `KeyValue`s.
pub fn push_key_values(out: &mut String, members: &[(String, Node)]) {
    out.push('[');
    for (index, (name, value)) in members.iter().enumerate() {
        comma(out, index);
        out.push_str("{\"key\":");
        push_json_string(out, name);
        out.push_str(",\"value\":");
        value.push_any(out);
        out.push('}');
    }
    out.push(']');
}

/// Appends a double as OTLP/JSON has it, with a point or an exponent, so that it stays one.
pub fn push_double(out: &mut String, double: f64) {
    if double.is_finite() {
        put(out, format_args!("{double:?}"));
    } else {
        out.push_str(match double {
            f64::INFINITY => "\"Infinity\"",
            f64::NEG_INFINITY => "\"-Infinity\"",
            _ => "\"NaN\"",
        });
    }
}

fn push_member(out: &mut String, name: &str, text: &str) {
    put(out, format_args!("{{\"{name}\":"));
    push_json_string(out, text);
    out.push('}');
}

/// Appends a comma before every item but the first.
pub fn comma(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}

/// Appends formatted text.
pub fn put(out: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stay_in_order_and_numbers_keep_their_type() {
        for text in ["{\"b\":1,\"a\":1.0,\"b\":[null,true,\"x\\n\"]}", "[]", "-1e300", "\"aGk=\""] {
            let mut out = String::new();
            Node::read(text).unwrap().push_json(&mut out);
            assert_eq!(out, text);
        }
        assert_eq!(Node::read("[1,2"), None);
    }

    #[test]
    fn text_of_a_map_goes_back_to_where_receivers_leave_it_alone() {
        assert_eq!(parts("a.b.c.d.e.f.g"), ["a", "b", "c", "d", "e", "f.g"]);
        assert_eq!(parts(".a..b."), [".a", ".b."]);
        let mut out = String::new();
        push_attribute(&mut out, "a.b", &Value::Json("{\"x\":1}".to_owned()));
        assert_eq!(
            out,
            "{\"key\":\"a\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"b\",\"value\":{\"kvlistValue\":{\"values\":\
             [{\"key\":\"x\",\"value\":{\"intValue\":\"1\"}}]}}}]}}}"
        );
    }
}
