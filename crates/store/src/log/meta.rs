//! The meta part of a record: what a replay needs besides the body.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use glasshive_model::RecordMeta;

const VERSION: u8 = 0;
const FIXED: usize = 1 + 16 + 4 + 8;

const TAG_DATASET: u8 = 1;
const TAG_SAMPLE_RATE: u8 = 2;
const TAG_ORIGIN: u8 = 3;
const TAG_SKIP: u8 = 4;

/// A record's meta, with what the store itself needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredMeta {
    pub meta: RecordMeta,
    pub body_hash: u128,
    /// Rows the body decoded to when it was accepted.
    pub rows: u32,
}

impl StoredMeta {
    /// The stored form. `meta.format` is not in it: the record's header has it.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(FIXED + 64);
        out.put_u8(VERSION);
        out.put_u128_le(self.body_hash);
        out.put_u32_le(self.rows);
        out.put_u64_le(self.meta.key_id);
        let mut field = |tag: u8, bytes: &[u8]| {
            out.put_u8(tag);
            out.put_u32_le(u32::try_from(bytes.len()).expect("headers and row lists stay below 4 GiB"));
            out.put_slice(bytes);
        };
        let texts = [(TAG_DATASET, &self.meta.dataset), (TAG_SAMPLE_RATE, &self.meta.sample_rate), (TAG_ORIGIN, &self.meta.origin)];
        for (tag, text) in texts {
            if let Some(text) = text {
                field(tag, text.as_bytes());
            }
        }
        if !self.meta.rows_to_skip.is_empty() {
            let rows: Vec<u8> = self.meta.rows_to_skip.iter().flat_map(|row| row.to_le_bytes()).collect();
            field(TAG_SKIP, &rows);
        }
        out.freeze()
    }

    /// Reads the stored form of a record with this format; `None` when it is none. Fields with unknown tags are passed over.
    pub fn decode(stored: &[u8], format: u16) -> Option<Self> {
        let mut at = stored;
        if at.len() < FIXED || at.get_u8() != VERSION {
            return None;
        }
        let (body_hash, rows) = (at.get_u128_le(), at.get_u32_le());
        let mut meta = RecordMeta { format, key_id: at.get_u64_le(), ..RecordMeta::default() };
        while !at.is_empty() {
            let tag = at.get_u8();
            let len = at.try_get_u32_le().ok()? as usize;
            let bytes = at.get(..len)?;
            at.advance(len);
            let text = || String::from_utf8(bytes.to_vec()).ok();
            match tag {
                TAG_DATASET => meta.dataset = Some(text()?),
                TAG_SAMPLE_RATE => meta.sample_rate = Some(text()?),
                TAG_ORIGIN => meta.origin = Some(text()?),
                TAG_SKIP => {
                    let rows = bytes.chunks_exact(4).map(|row| u32::from_le_bytes([row[0], row[1], row[2], row[3]]));
                    meta.rows_to_skip = rows.collect();
                }
                _ => {}
            }
        }
        Some(Self { meta, body_hash, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_survives() {
        let full = StoredMeta {
            meta: RecordMeta {
                format: 3,
                dataset: Some("d".into()),
                sample_rate: Some(String::new()),
                origin: Some("https://a".into()),
                key_id: u64::MAX,
                rows_to_skip: vec![1, 70_000],
            },
            body_hash: u128::MAX - 5,
            rows: 9,
        };
        let bare = StoredMeta { meta: RecordMeta { format: 3, ..RecordMeta::default() }, body_hash: 0, rows: 1 };
        for meta in [full, bare] {
            let stored = meta.encode();
            assert_eq!(StoredMeta::decode(&stored, 3), Some(meta));
            assert_eq!(StoredMeta::decode(&stored[..stored.len() - 1], 3), None);
        }
    }
}
