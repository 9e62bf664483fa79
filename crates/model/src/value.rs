//! One field's value, for the places where rows are few: raw rows, traces, tails, tests.

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

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Str(text) | Value::Json(text) => f.write_str(text),
            Value::Int(number) => write!(f, "{number}"),
            Value::Float(number) => write!(f, "{number}"),
            Value::Bool(truth) => write!(f, "{truth}"),
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
