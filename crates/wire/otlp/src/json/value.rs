//! `KeyValue` and `AnyValue` in JSON.

use super::scalar::Integer;
use super::{Kind, Node, name};
use crate::error::WireError;
use crate::notes::{Note, Notes};
use crate::text::{Blob, Numbered, Text, is_base64};
use crate::value::{AnyValue, KeyValue, KeyValues, Repeated, Values};

pub(crate) fn key_value<'a>(node: Node<'a>, notes: &'a Notes) -> Result<KeyValue<'a>, WireError> {
    let mut pair = KeyValue { key: Text::default(), value: AnyValue::Empty };
    let mut scratch = String::new();
    for (member, value) in node.object("attribute")?.members() {
        match name(member, &mut scratch) {
            b"key" => pair.key = value.text("key")?,
            b"value" => pair.value = any_value(value, notes)?,
            b"keyStrindex" | b"key_strindex" => notes.add(Note::StringIndex),
            _ => {}
        }
    }
    Ok(pair)
}

pub(crate) fn any_value<'a>(node: Node<'a>, notes: &'a Notes) -> Result<AnyValue<'a>, WireError> {
    let mut any = AnyValue::Empty;
    if node.is_null() {
        return Ok(any);
    }
    let mut scratch = String::new();
    let mut members = 0;
    for (member, value) in node.object("value")?.members() {
        any = match name(member, &mut scratch) {
            b"stringValue" | b"string_value" => AnyValue::Str(value.text("stringValue")?),
            b"boolValue" | b"bool_value" => AnyValue::Bool(value.boolean("boolValue")?),
            b"intValue" | b"int_value" => integer(value)?,
            b"doubleValue" | b"double_value" => AnyValue::Double(value.double("doubleValue")?),
            b"bytesValue" | b"bytes_value" => bytes(value, notes)?,
            b"arrayValue" | b"array_value" => AnyValue::Array(Values(list(value, "arrayValue", notes)?)),
            b"kvlistValue" | b"kvlist_value" => AnyValue::Map(KeyValues(list(value, "kvlistValue", notes)?)),
            b"stringValueStrindex" | b"string_value_strindex" => {
                notes.add(Note::StringIndex);
                continue;
            }
            b"Value" => {
                notes.add(Note::GoStruct);
                continue;
            }
            _ => continue,
        };
        members += 1;
    }
    if members > 1 {
        notes.add(Note::TwoValues);
    }
    Ok(any)
}

/// An integer stays one where it fits 64 bits; JavaScript calls every integral double an `intValue`.
fn integer(node: Node<'_>) -> Result<AnyValue<'_>, WireError> {
    Ok(match node.integer("intValue")? {
        Integer::Exact(value) => match i64::try_from(value) {
            Ok(value) => AnyValue::Int(value),
            Err(_) => AnyValue::Double(value as f64),
        },
        Integer::Other(value) => AnyValue::Double(value),
    })
}

fn bytes<'a>(node: Node<'a>, notes: &Notes) -> Result<AnyValue<'a>, WireError> {
    if node.kind() == Kind::Object {
        let is_byte = |(_, value): (Text<'_>, Node<'_>)| value.kind() == Kind::Number;
        return if node.members().all(is_byte) {
            Ok(AnyValue::Bytes(Blob::Numbered(Numbered(node))))
        } else {
            Err(node.wrong("bytesValue", "base64"))
        };
    }
    let text = node.text("bytesValue")?;
    if !text.is_escaped() && is_base64(text.raw()) {
        return Ok(AnyValue::Bytes(Blob::Base64(text.raw())));
    }
    notes.add(Note::NotBase64);
    Ok(AnyValue::Str(text))
}

fn list<'a>(node: Node<'a>, field: &str, notes: &'a Notes) -> Result<Repeated<'a>, WireError> {
    let mut repeated = Repeated::none(notes);
    for (member, values) in node.object(field)?.members() {
        if member.raw() == b"values" {
            repeated = Repeated::json(values.array("values")?, notes);
        }
    }
    Ok(repeated)
}
