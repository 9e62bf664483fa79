//! Protobuf: fields of a message, one after the other, without a copy.

pub(crate) mod items;
pub(crate) mod metrics;
pub(crate) mod value;
mod walk;

pub(crate) use walk::walk;

use crate::error::WireError;
use crate::metric::Form;
use crate::text::Text;

/// Levels of messages that are read below the request, as in prost.
pub(crate) const DEPTH: u32 = 100;

/// A stretch of the body, and where in the body it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

/// A field's value by its wire type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(Part<'a>),
    Group,
}

/// The fields of one message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    part: Part<'a>,
    position: usize,
}

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const START_GROUP: u64 = 3;
const END_GROUP: u64 = 4;
const FIXED32: u64 = 5;

// === impl Fields ===

impl<'a> Fields<'a> {
    #[inline]
    pub(crate) fn new(part: Part<'a>) -> Self {
        Self { part, position: 0 }
    }

    /// The next field's number and value. Groups, which OTLP has none of, are skipped whole.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Wire<'a>)>, WireError> {
        if self.position == self.part.bytes.len() {
            return Ok(None);
        }
        let (number, wire_type) = self.tag()?;
        let wire = match wire_type {
            BYTES => Wire::Bytes(self.length_delimited()?),
            VARINT => Wire::Varint(self.varint()?),
            FIXED64 => Wire::Fixed64(u64::from_le_bytes(self.array()?)),
            FIXED32 => Wire::Fixed32(u32::from_le_bytes(self.array()?)),
            START_GROUP => {
                self.skip_group(number)?;
                Wire::Group
            }
            END_GROUP => return Err(self.malformed("the end of a group that never began")),
            _ => return Err(self.malformed("an unknown wire type")),
        };
        Ok(Some((number, wire)))
    }

    /// The next message under this field number; other fields are stepped over without being read.
    #[inline]
    pub(crate) fn next_message(&mut self, wanted: u32, depth: u32) -> Result<Option<Part<'a>>, WireError> {
        while self.position < self.part.bytes.len() {
            let (number, wire_type) = self.tag()?;
            match wire_type {
                BYTES => {
                    let part = self.length_delimited()?;
                    if number == wanted {
                        return self.message(Wire::Bytes(part), depth).map(Some);
                    }
                }
                _ if number == wanted => return Err(self.wrong_type("text, bytes or message")),
                VARINT => _ = self.varint()?,
                FIXED64 => _ = self.array::<8>()?,
                FIXED32 => _ = self.array::<4>()?,
                START_GROUP => self.skip_group(number)?,
                _ => return Err(self.malformed("an unknown wire type")),
            }
        }
        Ok(None)
    }

    /// The next number of a packed list, which has no field numbers.
    pub(crate) fn next_packed(&mut self, form: Form) -> Result<Option<u64>, WireError> {
        if self.position == self.part.bytes.len() {
            return Ok(None);
        }
        match form {
            Form::Varint => self.varint(),
            Form::Fixed64 => self.array().map(u64::from_le_bytes),
        }
        .map(Some)
    }

    /// Where the next field begins in the body; errors about the last one are close before it.
    pub(crate) fn offset(&self) -> usize {
        self.part.at + self.position
    }

    #[cold]
    pub(crate) fn malformed(&self, what: &str) -> WireError {
        WireError::malformed(what, self.offset())
    }

    #[cold]
    fn wrong_type(&self, expected: &str) -> WireError {
        WireError::malformed(format!("a known field that is no {expected}"), self.offset())
    }

    #[inline]
    pub(crate) fn integer(&self, wire: Wire<'a>) -> Result<u64, WireError> {
        match wire {
            Wire::Varint(value) => Ok(value),
            _ => Err(self.wrong_type("integer")),
        }
    }

    #[inline]
    pub(crate) fn fixed64(&self, wire: Wire<'a>) -> Result<u64, WireError> {
        match wire {
            Wire::Fixed64(value) => Ok(value),
            _ => Err(self.wrong_type("fixed 64-bit number")),
        }
    }

    #[inline]
    pub(crate) fn fixed32(&self, wire: Wire<'a>) -> Result<u32, WireError> {
        match wire {
            Wire::Fixed32(value) => Ok(value),
            _ => Err(self.wrong_type("fixed 32-bit number")),
        }
    }

    #[inline]
    pub(crate) fn bytes(&self, wire: Wire<'a>) -> Result<Part<'a>, WireError> {
        match wire {
            Wire::Bytes(part) => Ok(part),
            _ => Err(self.wrong_type("text, bytes or message")),
        }
    }

    #[inline]
    pub(crate) fn text(&self, wire: Wire<'a>) -> Result<Text<'a>, WireError> {
        Ok(Text::plain(self.bytes(wire)?.bytes))
    }

    /// A nested message at this depth below the request.
    #[inline]
    pub(crate) fn message(&self, wire: Wire<'a>, depth: u32) -> Result<Part<'a>, WireError> {
        if depth > DEPTH {
            return Err(WireError::TooDeep { limit: DEPTH as usize, offset: self.offset() });
        }
        self.bytes(wire)
    }

    #[inline(always)]
    fn tag(&mut self) -> Result<(u32, u64), WireError> {
        let tag = self.varint()?;
        match u32::try_from(tag >> 3) {
            Ok(number) if number > 0 && tag <= u32::MAX.into() => Ok((number, tag & 7)),
            _ => Err(self.malformed("a field number out of range")),
        }
    }

    #[inline(always)]
    pub(crate) fn varint(&mut self) -> Result<u64, WireError> {
        match self.part.bytes.get(self.position) {
            Some(byte) if *byte < 0x80 => {
                self.position += 1;
                Ok((*byte).into())
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for (index, byte) in self.part.bytes[self.position..].iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                if index == 9 && *byte > 1 {
                    break;
                }
                self.position += index + 1;
                return Ok(value);
            }
        }
        Err(self.malformed("an integer that does not end"))
    }

    #[inline(always)]
    fn length_delimited(&mut self) -> Result<Part<'a>, WireError> {
        let len = self.varint()?;
        let rest = &self.part.bytes[self.position..];
        match usize::try_from(len).ok().and_then(|len| rest.get(..len)) {
            Some(bytes) => {
                let at = self.part.at + self.position;
                self.position += bytes.len();
                Ok(Part { bytes, at })
            }
            None => Err(self.malformed("a field longer than the message around it")),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        match self.part.bytes[self.position..].first_chunk::<N>() {
            Some(bytes) => {
                self.position += N;
                Ok(*bytes)
            }
            None => Err(self.malformed("a number that is cut off")),
        }
    }

    #[cold]
    fn skip_group(&mut self, number: u32) -> Result<(), WireError> {
        let mut open = vec![number];
        while let Some(innermost) = open.last() {
            let (number, wire_type) = self.tag()?;
            match wire_type {
                BYTES => _ = self.length_delimited()?,
                VARINT => _ = self.varint()?,
                FIXED64 => _ = self.array::<8>()?,
                FIXED32 => _ = self.array::<4>()?,
                START_GROUP if open.len() < DEPTH as usize => open.push(number),
                START_GROUP => return Err(WireError::TooDeep { limit: DEPTH as usize, offset: self.offset() }),
                END_GROUP if number == *innermost => _ = open.pop(),
                _ => return Err(self.malformed("an unknown wire type")),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Result<Vec<u32>, String> {
        let mut fields = Fields::new(Part { bytes, at: 0 });
        let mut numbers = Vec::new();
        while let Some((number, _)) = fields.next().map_err(|error| error.to_string())? {
            numbers.push(number);
        }
        Ok(numbers)
    }

    #[test]
    fn every_wire_type_is_read_or_skipped() {
        assert_eq!(fields(&[8, 150, 1, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 1, 0, 0x25, 1, 2, 3, 4]), Ok(vec![1, 2, 3, 4]));
        assert_eq!(fields(&[0x2b, 8, 1, 0x33, 0x34, 0x2c, 8, 1]), Ok(vec![5, 1]), "a group with a group inside");
    }

    #[test]
    fn what_is_no_protobuf_is_refused() {
        let check = |bytes: &[u8], message: &str| assert_eq!(fields(bytes), Err(message.to_owned()), "{bytes:?}");
        check(&[0x0a, 5, 1], "a field longer than the message around it at byte 2");
        check(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "a field longer than the message around it at byte 11");
        check(&[8, 0xff], "an integer that does not end at byte 1");
        check(&[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2], "an integer that does not end at byte 1");
        check(&[0, 1], "a field number out of range at byte 1");
        check(&[0x11, 1, 2], "a number that is cut off at byte 1");
        check(&[0x0c], "the end of a group that never began at byte 1");
        check(&[0x0e, 1], "an unknown wire type at byte 1");
        check(&[0x0b, 0x14], "an unknown wire type at byte 2");
        check(&[0x0b], "an integer that does not end at byte 1");
    }
}
