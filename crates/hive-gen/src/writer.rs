//! The few protobuf shapes that OTLP needs, appended to a buffer. Lengths are counted before anything is written.

/// Wire type 0, 1, 2 and 5 of protobuf as the low bits of a tag.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

/// One attribute value.
#[derive(Debug, Clone, Copy)]
pub enum Any<'a> {
    Str(&'a str),
    Bool(bool),
    Int(i64),
    Double(f64),
    StrArray(&'a [&'a str]),
    IntArray(&'a [i64]),
}

pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

pub fn uint(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3 | VARINT);
    varint(out, value);
}

pub fn fixed64(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3 | FIXED64);
    out.extend_from_slice(&value.to_le_bytes());
}

pub fn fixed32(out: &mut Vec<u8>, field: u64, value: u32) {
    varint(out, field << 3 | FIXED32);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A string, bytes or message field whose content is at hand.
pub fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    header(out, field, value.len());
    out.extend_from_slice(value);
}

/// The tag and length of a field whose `len` bytes follow.
pub fn header(out: &mut Vec<u8>, field: u64, len: usize) {
    varint(out, field << 3 | BYTES);
    varint(out, len as u64);
}

/// The bytes that [`bytes`] adds for a field below 16.
pub fn bytes_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

/// A `KeyValue` in field `field` (attributes of whatever the caller is writing).
pub fn attribute(out: &mut Vec<u8>, field: u64, key: &str, value: Any<'_>) {
    let value_len = any_len(value);
    header(out, field, bytes_len(key.len()) + bytes_len(value_len));
    bytes(out, 1, key.as_bytes());
    any(out, 2, value);
}

/// An `AnyValue` in field `field`.
pub fn any(out: &mut Vec<u8>, field: u64, value: Any<'_>) {
    header(out, field, any_len(value));
    any_content(out, value);
}

fn any_content(out: &mut Vec<u8>, value: Any<'_>) {
    match value {
        Any::Str(text) => bytes(out, 1, text.as_bytes()),
        Any::Bool(yes) => uint(out, 2, u64::from(yes)),
        Any::Int(number) => uint(out, 3, number as u64),
        Any::Double(number) => fixed64(out, 4, number.to_bits()),
        Any::StrArray(texts) => {
            header(out, 5, texts.iter().map(|text| bytes_len(any_len(Any::Str(text)))).sum());
            texts.iter().for_each(|text| any(out, 1, Any::Str(text)));
        }
        Any::IntArray(numbers) => {
            header(out, 5, numbers.iter().map(|number| bytes_len(any_len(Any::Int(*number)))).sum());
            numbers.iter().for_each(|number| any(out, 1, Any::Int(*number)));
        }
    }
}

fn any_len(value: Any<'_>) -> usize {
    match value {
        Any::Str(text) => bytes_len(text.len()),
        Any::Bool(_) => 2,
        Any::Int(number) => 1 + varint_len(number as u64),
        Any::Double(_) => 9,
        Any::StrArray(texts) => bytes_len(texts.iter().map(|text| bytes_len(any_len(Any::Str(text)))).sum()),
        Any::IntArray(numbers) => bytes_len(numbers.iter().map(|number| bytes_len(any_len(Any::Int(*number)))).sum()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Any<'_>, expected: &[u8]) {
        let mut out = Vec::new();
        attribute(&mut out, 9, "k", value);
        assert_eq!(out, expected);
    }

    #[test]
    fn attributes_are_key_values() {
        check(Any::Str("ab"), &[0x4A, 9, 0x0A, 1, b'k', 0x12, 4, 0x0A, 2, b'a', b'b']);
        check(Any::Bool(false), &[0x4A, 7, 0x0A, 1, b'k', 0x12, 2, 0x10, 0]);
        check(Any::Int(300), &[0x4A, 8, 0x0A, 1, b'k', 0x12, 3, 0x18, 0xAC, 2]);
        check(Any::Int(-1), &[0x4A, 16, 0x0A, 1, b'k', 0x12, 11, 0x18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
        check(Any::Double(1.0), &[0x4A, 14, 0x0A, 1, b'k', 0x12, 9, 0x21, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F]);
        check(Any::StrArray(&["a"]), &[0x4A, 12, 0x0A, 1, b'k', 0x12, 7, 0x2A, 5, 0x0A, 3, 0x0A, 1, b'a']);
        check(Any::IntArray(&[7]), &[0x4A, 11, 0x0A, 1, b'k', 0x12, 6, 0x2A, 4, 0x0A, 2, 0x18, 7]);
    }

    #[test]
    fn varint_lengths_are_what_is_written() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::MAX] {
            let mut out = Vec::new();
            varint(&mut out, value);
            assert_eq!(out.len(), varint_len(value), "{value}");
        }
    }
}
