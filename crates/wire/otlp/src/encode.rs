//! Writing protobuf: a buffer that knows tags, varints and nested messages.
//!
//! ```
//! use glasshive_wire_otlp::encode::{Value, Writer};
//! use glasshive_wire_otlp::field;
//!
//! let mut writer = Writer::new();
//! writer.message(field::request::RESOURCE_ITEMS, |items| {
//!     items.message(field::resource_items::RESOURCE, |resource| {
//!         resource.attribute(field::resource::ATTRIBUTES, "service.name", &Value::Str("cart"));
//!     });
//! });
//! assert_eq!(writer.into_bytes().len(), 28);
//! ```

use crate::field;

/// A protobuf message being written. Field order is the order of the calls; nothing is left out for being zero.
#[derive(Debug, Default, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// An attribute's value on its way out, borrowed from whoever made it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// No value at all: an `AnyValue` without a member.
    Empty,
    /// Text.
    Str(&'a str),
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list of any values.
    Array(&'a [Value<'a>]),
    /// A list of named values.
    Map(&'a [(&'a str, Value<'a>)]),
}

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;
const FIXED32: u32 = 5;

// === impl Writer ===

impl Writer {
    /// An empty message.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty message that goes on with the memory of `bytes`.
    pub fn reusing(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Self { bytes }
    }

    /// The bytes written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The bytes written so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes were written so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// An integer or enum field. Negative `int64`s are given as their two's complement (`value as u64`).
    pub fn varint(&mut self, field: u32, value: u64) {
        self.raw_varint(u64::from(field << 3 | VARINT));
        self.raw_varint(value);
    }

    /// A `sint32` or `sint64` field.
    pub fn zigzag(&mut self, field: u32, value: i64) {
        self.varint(field, (value << 1 ^ value >> 63) as u64);
    }

    /// A `bool` field.
    pub fn boolean(&mut self, field: u32, value: bool) {
        self.varint(field, value.into());
    }

    /// A `fixed64` or `sfixed64` field.
    pub fn fixed64(&mut self, field: u32, value: u64) {
        self.raw_varint(u64::from(field << 3 | FIXED64));
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A `double` field.
    pub fn double(&mut self, field: u32, value: f64) {
        self.fixed64(field, value.to_bits());
    }

    /// A `fixed32` field.
    pub fn fixed32(&mut self, field: u32, value: u32) {
        self.raw_varint(u64::from(field << 3 | FIXED32));
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// A `bytes` field, or a nested message that was written before.
    pub fn bytes(&mut self, field: u32, value: &[u8]) {
        self.raw_varint(u64::from(field << 3 | BYTES));
        self.raw_varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    /// A `string` field.
    pub fn string(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// A packed list of `fixed64`.
    pub fn packed_fixed64(&mut self, field: u32, values: impl IntoIterator<Item = u64>) {
        self.message(field, |list| values.into_iter().for_each(|value| list.bytes.extend_from_slice(&value.to_le_bytes())));
    }

    /// A packed list of `double`.
    pub fn packed_double(&mut self, field: u32, values: impl IntoIterator<Item = f64>) {
        self.packed_fixed64(field, values.into_iter().map(f64::to_bits));
    }

    /// A packed list of varints.
    pub fn packed_varint(&mut self, field: u32, values: impl IntoIterator<Item = u64>) {
        self.message(field, |list| values.into_iter().for_each(|value| list.raw_varint(value)));
    }

    /// A nested message. Written in place: its length is put in front of it afterwards, so that 127 bytes and less (most
    /// attributes) cost nothing and longer ones are moved by a few bytes.
    pub fn message(&mut self, field: u32, write: impl FnOnce(&mut Writer)) {
        self.raw_varint(u64::from(field << 3 | BYTES));
        let start = self.bytes.len();
        self.bytes.push(0);
        write(self);
        let len = self.bytes.len() - start - 1;
        if len < 0x80 {
            self.bytes[start] = len as u8;
            return;
        }
        let end = self.bytes.len();
        self.raw_varint(len as u64);
        let prefix = self.bytes.len() - end;
        self.bytes[start..].rotate_right(prefix);
        self.bytes.remove(start + prefix);
    }

    /// A `KeyValue`.
    pub fn attribute(&mut self, field: u32, key: &str, value: &Value<'_>) {
        self.message(field, |pair| {
            pair.string(field::key_value::KEY, key);
            pair.any_value(field::key_value::VALUE, value);
        });
    }

    /// An `AnyValue`.
    pub fn any_value(&mut self, field: u32, value: &Value<'_>) {
        self.message(field, |any| match value {
            Value::Empty => {}
            Value::Str(text) => any.string(field::any_value::STRING, text),
            Value::Bool(truth) => any.boolean(field::any_value::BOOL, *truth),
            Value::Int(integer) => any.varint(field::any_value::INT, *integer as u64),
            Value::Double(double) => any.double(field::any_value::DOUBLE, *double),
            Value::Bytes(bytes) => any.bytes(field::any_value::BYTES, bytes),
            Value::Array(values) => any.message(field::any_value::ARRAY, |list| {
                values.iter().for_each(|value| list.any_value(field::list::VALUES, value));
            }),
            Value::Map(pairs) => any.message(field::any_value::KVLIST, |list| {
                pairs.iter().for_each(|(key, value)| list.attribute(field::list::VALUES, key, value));
            }),
        });
    }

    fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_messages_of_any_length_are_prefixed_with_it() {
        for len in [0, 1, 127, 128, 129, 16_383, 16_384, 2_097_152] {
            let content = vec![b'x'; len];
            let mut inner = Writer::new();
            inner.bytes(2, &content);
            let mut expected = Writer::new();
            expected.bytes(1, inner.as_bytes());
            let mut writer = Writer::new();
            writer.message(1, |message| message.bytes(2, &content));
            assert!(writer.as_bytes() == expected.as_bytes(), "length {len}");
        }
    }

    #[test]
    fn scalars_as_the_encoding_guide_has_them() {
        let mut writer = Writer::new();
        writer.varint(1, 150);
        writer.zigzag(2, -2);
        writer.boolean(3, true);
        writer.fixed32(4, 1);
        writer.double(5, 1.0);
        writer.packed_varint(6, [3, 270]);
        assert_eq!(
            writer.into_bytes(),
            [8, 0x96, 1, 16, 3, 24, 1, 0x25, 1, 0, 0, 0, 0x29, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x32, 3, 3, 0x8e, 2]
        );
    }
}
