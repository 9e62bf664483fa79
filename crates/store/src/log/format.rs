//! Segment and group headers, and how everything in a segment is placed and checksummed.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes of a segment's header, and what every group's start is a multiple of: a group never shares a page, and so never a
/// torn one, with what was synced before it.
pub(crate) const PAGE: u64 = 4_096;
/// Bytes of a group's header.
pub(crate) const GROUP_HEADER: usize = 44;
/// Bytes of a record before its meta.
pub(crate) const RECORD_HEADER: usize = 34;

const SEGMENT_MAGIC: [u8; 8] = *b"GHLOG\0\0\x01";
const GROUP_MAGIC: [u8; 4] = *b"GHgr";

/// Which directory and which life of a segment file something belongs to. Every checksum begins with it, so that what an
/// earlier life of the file left behind, or what a client planted in a body, is not taken for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub node: u64,
    pub generation: u64,
}

/// The first page of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub life: Life,
    /// Everything before this sequence is durable elsewhere; everything from it on that older segments hold is void.
    pub first_sequence: u64,
}

/// What stands before the records of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupHeader {
    pub first_sequence: u64,
    /// The last sequence known to be synced when the group was written.
    pub durable_through: u64,
    /// Records. A group of none only carries `durable_through`.
    pub count: u32,
    /// Events in them.
    pub events: u64,
    /// Bytes of the records.
    pub bytes: u64,
}

// === impl Life ===

impl Life {
    /// Where the checksum of something with this sequence begins.
    pub fn seed(self, sequence: u64) -> u32 {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.node.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.generation.to_le_bytes());
        bytes[16..].copy_from_slice(&sequence.to_le_bytes());
        crc32c::crc32c(&bytes)
    }
}

// === impl SegmentHeader ===

impl SegmentHeader {
    /// The whole first page.
    pub fn encode(&self) -> Bytes {
        let mut page = BytesMut::with_capacity(PAGE as usize);
        page.put_slice(&SEGMENT_MAGIC);
        page.put_u64_le(self.life.node);
        page.put_u64_le(self.life.generation);
        page.put_u64_le(self.first_sequence);
        page.put_u32_le(crc32c::crc32c(&page));
        page.put_bytes(0, PAGE as usize - page.len());
        page.freeze()
    }

    /// The header at the start of a segment; `None` unless it is of this life.
    pub fn decode(segment: &[u8], life: Life) -> Option<Self> {
        Self::read(segment).filter(|found| found.life == life)
    }

    /// Whether the segment begins with a whole header of a log that is not this catalog's.
    pub fn is_foreign(segment: &[u8], life: Life) -> bool {
        Self::read(segment).is_some_and(|found| found.life.node != life.node)
    }

    fn read(segment: &[u8]) -> Option<Self> {
        let (mut body, mut crc) = segment.first_chunk::<36>()?.split_at(32);
        let expected = crc32c::crc32c(body);
        if crc.get_u32_le() != expected || !body.starts_with(&SEGMENT_MAGIC) {
            return None;
        }
        body.advance(8);
        Some(Self { life: Life { node: body.get_u64_le(), generation: body.get_u64_le() }, first_sequence: body.get_u64_le() })
    }
}

// === impl GroupHeader ===

impl GroupHeader {
    /// The stored form.
    pub fn encode(&self, life: Life) -> Bytes {
        let mut out = BytesMut::with_capacity(GROUP_HEADER);
        out.put_slice(&GROUP_MAGIC);
        out.put_u32_le(0);
        out.put_u64_le(self.first_sequence);
        out.put_u64_le(self.durable_through);
        out.put_u32_le(self.count);
        out.put_u64_le(self.events);
        out.put_u64_le(self.bytes);
        let crc = crc32c::crc32c_append(life.seed(self.first_sequence), &out[8..]);
        out[4..8].copy_from_slice(&crc.to_le_bytes());
        out.freeze()
    }

    /// The header at this place; `None` unless it is one of this life.
    pub fn decode(at: &[u8], life: Life) -> Option<Self> {
        let fixed = at.first_chunk::<GROUP_HEADER>()?;
        if !fixed.starts_with(&GROUP_MAGIC) {
            return None;
        }
        let mut fields = &fixed[4..];
        let crc = fields.get_u32_le();
        let body = fields;
        let header = Self {
            first_sequence: fields.get_u64_le(),
            durable_through: fields.get_u64_le(),
            count: fields.get_u32_le(),
            events: fields.get_u64_le(),
            bytes: fields.get_u64_le(),
        };
        (crc32c::crc32c_append(life.seed(header.first_sequence), body) == crc).then_some(header)
    }

    /// Bytes the group takes in a segment, padding included.
    pub fn stored_bytes(&self) -> u64 {
        (GROUP_HEADER as u64 + self.bytes).next_multiple_of(PAGE)
    }

    /// The sequence after its last.
    pub fn end(&self) -> u64 {
        self.first_sequence + u64::from(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Life = Life { node: 7, generation: 3 };

    #[test]
    fn headers_of_another_life_do_not_validate() {
        let segment = SegmentHeader { life: LIFE, first_sequence: 12 };
        let page = segment.encode();
        assert_eq!(page.len() as u64, PAGE);
        assert_eq!(SegmentHeader::decode(&page, LIFE), Some(segment));
        let group = GroupHeader { first_sequence: 12, durable_through: 11, count: 2, events: 9, bytes: 500 };
        let stored = group.encode(LIFE);
        assert_eq!((stored.len(), group.stored_bytes()), (GROUP_HEADER, PAGE));
        assert_eq!(GroupHeader::decode(&stored, LIFE), Some(group));
        for other in [Life { node: 8, ..LIFE }, Life { generation: 4, ..LIFE }] {
            assert_eq!(SegmentHeader::decode(&page, other), None);
            assert_eq!(GroupHeader::decode(&stored, other), None);
        }
        for bit in 0..stored.len() * 8 {
            let mut broken = stored.to_vec();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(GroupHeader::decode(&broken, LIFE), None, "bit {bit}");
        }
    }
}
