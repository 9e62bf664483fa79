//! The sidecar of a data file: a checksum per block. Layout: `docs/formats/data-file.md`.

use bytes::{BufMut, Bytes, BytesMut};

/// Bytes of the data file that one checksum covers; the last block may be shorter.
pub const BLOCK_BYTES: u64 = 256 << 10;
const MAGIC: &[u8; 8] = b"GHSUM\0\0\x01";
const HEADER_BYTES: usize = 8 + 8 + 4 + 4;

/// The checksums of a data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidecar {
    /// Length of the data file.
    pub bytes: u64,
    /// crc32c of each block.
    pub blocks: Vec<u32>,
}

/// Takes the bytes of a data file as they are written.
#[derive(Debug, Default)]
pub(crate) struct SidecarBuilder {
    bytes: u64,
    blocks: Vec<u32>,
    current: u32,
}

// === impl Sidecar ===

impl Sidecar {
    /// The stored form.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(HEADER_BYTES + self.blocks.len() * 4 + 4);
        out.put_slice(MAGIC);
        out.put_u64_le(self.bytes);
        out.put_u32_le(BLOCK_BYTES as u32);
        out.put_u32_le(self.blocks.len() as u32);
        self.blocks.iter().for_each(|crc| out.put_u32_le(*crc));
        let crc = crc32c::crc32c(&out);
        out.put_u32_le(crc);
        out.freeze()
    }

    /// Reads the stored form; `None` unless every byte is as it was written.
    pub fn decode(stored: &[u8]) -> Option<Self> {
        let (body, crc) = stored.split_last_chunk::<4>()?;
        if crc32c::crc32c(body) != u32::from_le_bytes(*crc) || !body.starts_with(MAGIC) {
            return None;
        }
        let bytes = u64::from_le_bytes(*body.get(8..)?.first_chunk()?);
        let block_bytes = u32::from_le_bytes(*body.get(16..)?.first_chunk()?);
        let count = u32::from_le_bytes(*body.get(20..)?.first_chunk()?) as usize;
        let blocks = body.get(HEADER_BYTES..)?;
        if u64::from(block_bytes) != BLOCK_BYTES || blocks.len() != count * 4 || bytes.div_ceil(BLOCK_BYTES) != count as u64 {
            return None;
        }
        let blocks = blocks.chunks_exact(4).map(|crc| u32::from_le_bytes([crc[0], crc[1], crc[2], crc[3]])).collect();
        Some(Self { bytes, blocks })
    }
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

    pub fn finish(mut self) -> Sidecar {
        if !self.bytes.is_multiple_of(BLOCK_BYTES) {
            self.blocks.push(self.current);
        }
        Sidecar { bytes: self.bytes, blocks: self.blocks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_bit_is_seen() {
        let mut builder = SidecarBuilder::default();
        let data: Vec<u8> = (0..600_000u32).map(|value| value as u8).collect();
        data.chunks(70_001).for_each(|part| builder.append(part));
        let sidecar = builder.finish();
        let expected: Vec<u32> = data.chunks(BLOCK_BYTES as usize).map(crc32c::crc32c).collect();
        assert_eq!((sidecar.bytes, &sidecar.blocks), (600_000, &expected));
        let stored = sidecar.encode();
        assert_eq!(Sidecar::decode(&stored), Some(sidecar));
        for bit in 0..stored.len() * 8 {
            let mut broken = stored.to_vec();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Sidecar::decode(&broken), None, "bit {bit}");
        }
        assert_eq!(Sidecar::decode(&stored[..stored.len() - 1]), None);
    }
}
