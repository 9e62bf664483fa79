//! `KeyValue` and `AnyValue` in protobuf.

use super::{Fields, Part};
use crate::error::WireError;
use crate::field::{any_value as any, key_value as pair, list};
use crate::notes::{Note, Notes};
use crate::text::{Blob, Text};
use crate::value::{AnyValue, KeyValue, KeyValues, Repeated, Values};

/// `depth` is that of the `KeyValue` itself.
#[inline]
pub(crate) fn key_value<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<KeyValue<'a>, WireError> {
    let mut key = Text::default();
    let mut value = AnyValue::Empty;
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        match number {
            pair::KEY => key = fields.text(wire)?,
            pair::VALUE => value = any_value(fields.message(wire, depth + 1)?, depth + 1, notes)?,
            pair::KEY_STRINDEX => notes.add(Note::StringIndex),
            _ => {}
        }
    }
    Ok(KeyValue { key, value })
}

/// `depth` is that of the `AnyValue` itself.
#[inline]
pub(crate) fn any_value<'a>(part: Part<'a>, depth: u32, notes: &'a Notes) -> Result<AnyValue<'a>, WireError> {
    let mut value = AnyValue::Empty;
    let mut members = 0;
    let mut fields = Fields::new(part);
    while let Some((number, wire)) = fields.next()? {
        value = match number {
            any::STRING => AnyValue::Str(fields.text(wire)?),
            any::BOOL => AnyValue::Bool(fields.integer(wire)? != 0),
            any::INT => AnyValue::Int(fields.integer(wire)? as i64),
            any::DOUBLE => AnyValue::Double(f64::from_bits(fields.fixed64(wire)?)),
            any::ARRAY => {
                let array = fields.message(wire, depth + 1)?;
                AnyValue::Array(Values(Repeated::proto(array, list::VALUES, depth + 2, notes)))
            }
            any::KVLIST => {
                let map = fields.message(wire, depth + 1)?;
                AnyValue::Map(KeyValues(Repeated::proto(map, list::VALUES, depth + 2, notes)))
            }
            any::BYTES => AnyValue::Bytes(Blob::Raw(fields.bytes(wire)?.bytes)),
            any::STRING_STRINDEX => {
                notes.add(Note::StringIndex);
                continue;
            }
            _ => continue,
        };
        members += 1;
    }
    if members > 1 {
        notes.add(Note::TwoValues);
    }
    Ok(value)
}
