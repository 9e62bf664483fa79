//! The meta part of a record: what a replay needs besides the body.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use glasshive_model::RecordMeta;

const VERSION: u8 = 0;
const FIXED: usize = 1 + 16 + 4 + 8;

const TAG_DATASET: u8 = 1;
const TAG_SAMPLE_RATE: u8 = 2;
const TAG_ORIGIN: u8 = 3;
const TAG_SKIP: u8 = 4;
const TAG_DATASETS: u8 = 5;
const TAG_AGE_MAX: u8 = 6;
const TAG_FUTURE_MAX: u8 = 7;
/// Bytes of dataset names kept of a request; an empty name stands for those that did not fit.
const NAMES_BYTES: usize = 512;

/// A record's meta, with what the store itself needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredMeta {
    pub meta: RecordMeta,
    pub body_hash: u128,
    /// Rows the body decoded to when it was accepted.
    pub rows: u32,
    /// The datasets of these rows, so that a damaged record can still be named. An empty name stands for further ones.
    pub datasets: Vec<String>,
}

/// As many names as a record keeps.
pub(crate) fn kept_names(names: &[String]) -> Vec<String> {
    let mut bytes = 0;
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        bytes += 2 + name.len();
        if bytes > NAMES_BYTES {
            kept.push(String::new());
            break;
        }
        kept.push(name.clone());
    }
    kept
}

impl StoredMeta {
    /// The stored form. `meta.format` is not in it: the record's header has it. The checksum of the dataset names begins with
    /// `seed`.
    pub fn encode(&self, seed: u32) -> Bytes {
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
        if !self.datasets.is_empty() {
            // Right behind what has a fixed place, to be found there whatever else is damaged.
            field(TAG_DATASETS, &names_field(&self.datasets, seed));
        }
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
        for (tag, bound) in [(TAG_AGE_MAX, self.meta.age_max_ns), (TAG_FUTURE_MAX, self.meta.future_max_ns)] {
            if let Some(bound) = bound {
                field(tag, &bound.to_le_bytes());
            }
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
        let mut datasets = Vec::new();
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
                TAG_DATASETS => datasets = read_names(bytes.get(4..)?)?,
                TAG_AGE_MAX => meta.age_max_ns = Some(u64::from_le_bytes(bytes.try_into().ok()?)),
                TAG_FUTURE_MAX => meta.future_max_ns = Some(u64::from_le_bytes(bytes.try_into().ok()?)),
                _ => {}
            }
        }
        Some(Self { meta, body_hash, rows, datasets })
    }

    /// The datasets that the meta of a damaged record still proves, by the checksum that they have of their own.
    pub fn proved_datasets(stored: &[u8], seed: u32) -> Option<Vec<String>> {
        let (tag, mut rest) = stored.get(FIXED..)?.split_first()?;
        let len = rest.try_get_u32_le().ok()? as usize;
        let (mut crc, names) = rest.get(..len).filter(|field| field.len() <= NAMES_BYTES + 6)?.split_at_checked(4)?;
        let is_proved = *tag == TAG_DATASETS && crc.get_u32_le() == crc32c::crc32c_append(seed, names);
        if is_proved { read_names(names) } else { None }
    }
}

/// `u32 crc32c | (u16 length | name)*`
fn names_field(names: &[String], seed: u32) -> Vec<u8> {
    let mut out = vec![0; 4];
    for name in names {
        out.put_u16_le(u16::try_from(name.len()).expect("names beyond a few hundred bytes are not kept"));
        out.put_slice(name.as_bytes());
    }
    let crc = crc32c::crc32c_append(seed, &out[4..]);
    out[..4].copy_from_slice(&crc.to_le_bytes());
    out
}

fn read_names(mut at: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while !at.is_empty() {
        let len = usize::from(at.try_get_u16_le().ok()?);
        names.push(String::from_utf8(at.get(..len)?.to_vec()).ok()?);
        at.advance(len);
    }
    Some(names)
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
                age_max_ns: Some(u64::MAX),
                future_max_ns: Some(0),
            },
            body_hash: u128::MAX - 5,
            rows: 9,
            datasets: vec!["api".into(), "žlutí".into(), String::new()],
        };
        let bare = StoredMeta { meta: RecordMeta { format: 3, ..RecordMeta::default() }, body_hash: 0, rows: 1, datasets: Vec::new() };
        for meta in [full, bare] {
            let stored = meta.encode(7);
            assert_eq!(StoredMeta::decode(&stored, 3), Some(meta));
            assert_eq!(StoredMeta::decode(&stored[..stored.len() - 1], 3), None);
        }
    }

    #[test]
    fn dataset_names_are_proved_by_themselves() {
        let names = vec!["api".to_owned(), "web".to_owned()];
        let meta = StoredMeta { meta: RecordMeta::default(), body_hash: 1, rows: 1, datasets: names.clone() };
        let mut stored = meta.encode(7).to_vec();
        stored[3] ^= 1;
        stored.extend_from_slice(b"a body");
        assert_eq!(StoredMeta::proved_datasets(&stored, 7), Some(names));
        assert_eq!(StoredMeta::proved_datasets(&stored, 8), None, "of another record");
        for place in FIXED..FIXED + 5 + 4 + 10 {
            stored[place] ^= 4;
            assert_eq!(StoredMeta::proved_datasets(&stored, 7), None, "{place}");
            stored[place] ^= 4;
        }
    }

    #[test]
    fn names_that_do_not_fit_are_others() {
        let long: Vec<String> = (0..100).map(|number| format!("dataset-{number}")).collect();
        let kept = kept_names(&long);
        assert_eq!((&kept[..kept.len() - 1], kept.last().unwrap().as_str()), (&long[..kept.len() - 1], ""));
        assert!(kept.iter().map(|name| 2 + name.len()).sum::<usize>() <= NAMES_BYTES + 2);
        assert_eq!(kept_names(&long[..3]), long[..3]);
        assert_eq!(kept_names(&["x".repeat(70_000)]), [String::new()]);
    }
}
