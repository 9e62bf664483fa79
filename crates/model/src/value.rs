//! One field's value, for the places where rows are few: raw rows, traces, tails, tests.

use crate::SpanId;
use std::fmt;

/// A field's value in the type it was sent with. Absence is the absence of the field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The field exists but was sent empty.
    Null,
    /// Text.
    Str(String),
    /// A 64-bit integer.
    Int(i64),
    /// A double. May be infinite, never NaN in stored rows.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// An array, map or bytes, as JSON text.
    Json(String),
}

/// A [`Value`] that is looked at where it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// The field exists but was sent empty.
    Null,
    /// Text.
    Str(&'a str),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// An array, map or bytes, as JSON text.
    Json(&'a str),
    /// Text that is a span's id in its one spelling.
    Span(SpanId),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.borrowed(), f)
    }
}

impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueRef::Null => f.write_str("null"),
            ValueRef::Str(text) | ValueRef::Json(text) => f.write_str(text),
            ValueRef::Int(number) => write!(f, "{number}"),
            ValueRef::Float(number) => write!(f, "{number}"),
            ValueRef::Bool(truth) => write!(f, "{truth}"),
            ValueRef::Span(id) => write!(f, "{id}"),
        }
    }
}

/// Appends `text` as a JSON string with its quotes, escaping only what JSON demands.
pub fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if (control as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// The members of an `_overflow` object, each in the type its JSON says: a number with point or exponent is a double, the
/// strings `NaN`, `inf`, `-inf` stay text, arrays and objects are JSON text. Text that is no object yields nothing.
pub fn json_object_members(text: &str) -> Vec<(String, Value)> {
    let Ok(serde_json::Value::Object(members)) = serde_json::from_str(text) else { return Vec::new() };
    members.into_iter().map(|(key, value)| (key, Value::from_json(value))).collect()
}

impl Value {
    /// The same without its text.
    pub fn borrowed(&self) -> ValueRef<'_> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Str(text) => ValueRef::Str(text),
            Value::Int(number) => ValueRef::Int(*number),
            Value::Float(number) => ValueRef::Float(*number),
            Value::Bool(truth) => ValueRef::Bool(*truth),
            Value::Json(text) => ValueRef::Json(text),
        }
    }

    /// The value that a JSON value stands for.
    pub fn from_json(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(truth) => Value::Bool(truth),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(integer) => Value::Int(integer),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Value::Str(text),
            nested => Value::Json(nested.to_string()),
        }
    }
}
