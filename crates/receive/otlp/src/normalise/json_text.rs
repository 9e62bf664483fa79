//! Arrays, maps and bytes as JSON text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use glasshive_model::limits::LONG_STRING_BYTES;
use glasshive_wire_otlp::{AnyValue, Blob, Text, WireError, push_json_string};
use std::fmt::{Arguments, Write};

/// Writes values as compact JSON: doubles always with point or exponent, `"NaN"`, `"Infinity"` and `"-Infinity"` as text as in
/// OTLP/JSON, bytes as base64 text, empty values as null. Keeps its memory from one value to the next.
#[derive(Debug, Default)]
pub(super) struct JsonText {
    pub text: String,
    /// Some text inside was not Unicode.
    pub is_repaired: bool,
    scratch: String,
    bytes: Vec<u8>,
}

// === impl JsonText ===

impl JsonText {
    /// Replaces `text` by the value. Stops writing beyond [`LONG_STRING_BYTES`], where every field is cut anyway.
    pub(super) fn write(&mut self, value: AnyValue<'_>) -> Result<(), WireError> {
        self.text.clear();
        self.is_repaired = false;
        self.value(value)
    }

    fn value(&mut self, value: AnyValue<'_>) -> Result<(), WireError> {
        if self.text.len() > LONG_STRING_BYTES {
            return value.check();
        }
        match value {
            AnyValue::Empty => self.text.push_str("null"),
            AnyValue::Str(text) => self.string(text),
            AnyValue::Bool(truth) => self.text.push_str(if truth { "true" } else { "false" }),
            AnyValue::Int(integer) => self.put(format_args!("{integer}")),
            AnyValue::Double(double) if double.is_finite() => self.put(format_args!("{double:?}")),
            AnyValue::Double(double) => self.text.push_str(match double {
                f64::INFINITY => "\"Infinity\"",
                f64::NEG_INFINITY => "\"-Infinity\"",
                _ => "\"NaN\"",
            }),
            AnyValue::Bytes(blob) => self.blob(blob),
            AnyValue::Array(values) => {
                self.text.push('[');
                for (index, value) in values.iter().enumerate() {
                    self.comma(index);
                    self.value(value?)?;
                }
                self.text.push(']');
            }
            AnyValue::Map(pairs) => {
                self.text.push('{');
                for (index, pair) in pairs.iter().enumerate() {
                    let pair = pair?;
                    self.comma(index);
                    self.string(pair.key);
                    self.text.push(':');
                    self.value(pair.value)?;
                }
                self.text.push('}');
            }
        }
        Ok(())
    }

    fn put(&mut self, number: Arguments<'_>) {
        self.text.write_fmt(number).expect("writing to a String cannot fail");
    }

    fn comma(&mut self, index: usize) {
        if index > 0 && self.text.len() <= LONG_STRING_BYTES {
            self.text.push(',');
        }
    }

    fn string(&mut self, text: Text<'_>) {
        let read = text.read(&mut self.scratch);
        self.is_repaired |= read.is_repaired;
        push_json_string(&mut self.text, read.text);
    }

    fn blob(&mut self, blob: Blob<'_>) {
        blob.read(&mut self.bytes);
        self.text.push('"');
        STANDARD.encode_string(&self.bytes, &mut self.text);
        self.text.push('"');
    }
}
