//! The sidecar of a data file: a checksum per block, then sections that make questions faster. Layout:
//! `docs/formats/data-file.md`.

use bytes::{BufMut, Bytes, BytesMut};
use std::ops::Range;

/// Bytes of the data file that one checksum covers; the last block may be shorter.
pub const BLOCK_BYTES: u64 = 256 << 10;
const MAGIC: &[u8; 8] = b"GHSUM\0\0\x02";
/// Files of before there were sections.
const MAGIC_1: &[u8; 8] = b"GHSUM\0\0\x01";
const HEADER_BYTES: usize = 8 + 8 + 4 + 4;
const SECTION_BYTES: usize = 4 + 4 + 8 + 8;
/// Most sections of a sidecar.
const SECTIONS_MAX: usize = 16;

/// The head of a sidecar: the checksums of a data file, and where the sections lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidecar {
    /// Length of the data file.
    pub bytes: u64,
    /// crc32c of each block.
    pub blocks: Vec<u32>,
    /// What follows the head.
    pub sections: Vec<Section>,
    /// What the catalog knows this very sidecar by.
    pub crc: u32,
}

/// A section of a sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is; see [`kind`].
    pub kind: u32,
    /// crc32c of its bytes.
    pub crc: u32,
    /// Where it lies in the sidecar.
    pub place: Range<u64>,
}

/// What sections are. A reader leaves aside those that it does not know.
pub mod kind {
    /// First fingerprint of each page of [`TRACE_PAGES`], ascending, 8 bytes each.
    pub const TRACE_DIRECTORY: u32 = 1;
    /// Which traces are in the file, with some wrong answers.
    pub const TRACE_FILTER: u32 = 2;
    /// Which rows are of which trace; each page has its own checksum too.
    pub const TRACE_PAGES: u32 = 3;
}

/// Takes the bytes of a data file as they are written.
#[derive(Debug, Default)]
pub(crate) struct SidecarBuilder {
    bytes: u64,
    blocks: Vec<u32>,
    current: u32,
}

/// A sidecar to be written.
pub(crate) struct Encoded {
    pub stored: Bytes,
    /// What the catalog knows it by.
    pub crc: u32,
}

// === impl Sidecar ===

impl Sidecar {
    /// Bytes within which the head of the sidecar of a data file of so many bytes ends.
    pub fn head_bytes_max(data_bytes: u64) -> u64 {
        (HEADER_BYTES + 4 + SECTIONS_MAX * SECTION_BYTES + 4) as u64 + data_bytes.div_ceil(BLOCK_BYTES) * 4
    }

    /// The section of a kind.
    pub fn section(&self, kind: u32) -> Option<&Section> {
        self.sections.iter().find(|section| section.kind == kind)
    }

    /// Reads the stored form, of which what follows the head may be left out; `None` unless every byte of the head is as it was
    /// written.
    pub fn decode(stored: &[u8]) -> Option<Self> {
        let is_first_version = stored.starts_with(MAGIC_1);
        if !is_first_version && !stored.starts_with(MAGIC) {
            return None;
        }
        let mut rest = &stored[8..];
        let bytes = u64::from_le_bytes(take(&mut rest)?);
        let block_bytes = u32::from_le_bytes(take(&mut rest)?);
        let count = u32::from_le_bytes(take(&mut rest)?);
        if u64::from(block_bytes) != BLOCK_BYTES || bytes.div_ceil(BLOCK_BYTES) != u64::from(count) || rest.len() / 4 < count as usize {
            return None;
        }
        let blocks = (0..count).map(|_| Some(u32::from_le_bytes(take(&mut rest)?))).collect::<Option<Vec<_>>>()?;
        let count = if is_first_version { 0 } else { u32::from_le_bytes(take(&mut rest)?) as usize };
        if count > SECTIONS_MAX {
            return None;
        }
        let sections = (0..count).map(|_| Section::decode(&mut rest)).collect::<Option<Vec<_>>>()?;
        let head = &stored[..stored.len() - rest.len()];
        let crc = u32::from_le_bytes(take(&mut rest)?);
        if crc32c::crc32c(head) != crc || (is_first_version && !rest.is_empty()) {
            return None;
        }
        // What the first version gave the catalog is the same for every sidecar: bytes and their checksum, summed again.
        let crc = if is_first_version { crc32c::crc32c(stored) } else { crc };
        Some(Self { bytes, blocks, sections, crc })
    }
}

impl Section {
    fn decode(rest: &mut &[u8]) -> Option<Self> {
        let [kind, crc] = [u32::from_le_bytes(take(rest)?), u32::from_le_bytes(take(rest)?)];
        let [start, length] = [u64::from_le_bytes(take(rest)?), u64::from_le_bytes(take(rest)?)];
        Some(Self { kind, crc, place: start..start.checked_add(length)? })
    }

    /// How long it is.
    pub fn length(&self) -> u64 {
        self.place.end - self.place.start
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

impl SidecarBuilder {
    pub fn append(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let room = (BLOCK_BYTES - self.bytes % BLOCK_BYTES) as usize;
            let (now, later) = data.split_at(room.min(data.len()));
            self.current = crc32c::crc32c_append(self.current, now);
            self.bytes += now.len() as u64;
            if self.bytes.is_multiple_of(BLOCK_BYTES) {
                self.blocks.push(std::mem::take(&mut self.current));
            }
            data = later;
        }
    }

    /// The stored form, with these sections, each by its kind.
    pub fn finish(mut self, sections: &[(u32, Bytes)]) -> Encoded {
        if !self.bytes.is_multiple_of(BLOCK_BYTES) {
            self.blocks.push(self.current);
        }
        debug_assert!(sections.len() <= SECTIONS_MAX, "more sections than a reader takes");
        let head_bytes = HEADER_BYTES + self.blocks.len() * 4 + 4 + sections.len() * SECTION_BYTES + 4;
        let mut out = BytesMut::with_capacity(head_bytes + sections.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
        out.put_slice(MAGIC);
        out.put_u64_le(self.bytes);
        out.put_u32_le(BLOCK_BYTES as u32);
        out.put_u32_le(self.blocks.len() as u32);
        self.blocks.iter().for_each(|crc| out.put_u32_le(*crc));
        out.put_u32_le(sections.len() as u32);
        let mut start = head_bytes as u64;
        for (kind, bytes) in sections {
            out.put_u32_le(*kind);
            out.put_u32_le(crc32c::crc32c(bytes));
            out.put_u64_le(start);
            out.put_u64_le(bytes.len() as u64);
            start += bytes.len() as u64;
        }
        let crc = crc32c::crc32c(&out);
        out.put_u32_le(crc);
        sections.iter().for_each(|(_, bytes)| out.put_slice(bytes));
        Encoded { stored: out.freeze(), crc }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Vec<u8> {
        (0..600_000u32).map(|value| value as u8).collect()
    }

    fn builder() -> SidecarBuilder {
        let mut builder = SidecarBuilder::default();
        data().chunks(70_001).for_each(|part| builder.append(part));
        builder
    }

    #[test]
    fn every_changed_bit_of_the_head_is_seen() {
        let sections = [(7, Bytes::from_static(b"seven")), (9, Bytes::new())];
        let Encoded { stored, crc } = builder().finish(&sections);
        let sidecar = Sidecar::decode(&stored).unwrap();
        let expected: Vec<u32> = data().chunks(BLOCK_BYTES as usize).map(crc32c::crc32c).collect();
        assert_eq!((sidecar.bytes, &sidecar.blocks, sidecar.crc), (600_000, &expected, crc));
        let section = sidecar.section(7).unwrap();
        assert_eq!(&stored[section.place.start as usize..section.place.end as usize], b"seven");
        assert_eq!((section.crc, sidecar.section(8), sidecar.section(9).map(Section::length)), (crc32c::crc32c(b"seven"), None, Some(0)));
        let head = stored.len() - 5;
        assert!(head as u64 <= Sidecar::head_bytes_max(600_000));
        assert_eq!(Sidecar::decode(&stored[..head]), Some(sidecar), "what follows the head may be left out");
        for bit in 0..head * 8 {
            let mut broken = stored.to_vec();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Sidecar::decode(&broken), None, "bit {bit}");
        }
        assert_eq!(Sidecar::decode(&stored[..head - 1]), None);
    }

    #[test]
    fn the_catalog_knows_sidecars_apart() {
        let one = builder().finish(&[]);
        let mut other = builder();
        other.append(b"more");
        assert_ne!(one.crc, other.finish(&[]).crc);
        assert_ne!(one.crc, builder().finish(&[(1, Bytes::from_static(b"section"))]).crc);
    }

    #[test]
    fn the_first_version_is_read() {
        let mut stored = b"GHSUM\0\0\x01".to_vec();
        stored.extend(300_000u64.to_le_bytes());
        [BLOCK_BYTES as u32, 2, 11, 12].iter().for_each(|number| stored.extend(number.to_le_bytes()));
        stored.extend(crc32c::crc32c(&stored).to_le_bytes());
        let sidecar = Sidecar::decode(&stored).unwrap();
        assert_eq!((sidecar.bytes, sidecar.blocks, sidecar.sections, sidecar.crc), (300_000, vec![11, 12], vec![], 0x4867_4bc7));
        stored.push(0);
        assert_eq!(Sidecar::decode(&stored), None);
    }
}
