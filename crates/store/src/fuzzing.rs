//! What reads stored bytes, for fuzzing: any bytes are taken as if a disk had given them back, and every rule that must hold of
//! what is accepted is asserted.
//!
//! Checksums would refuse nearly all of them at once, so those are made right first, as the bytes themselves say where things
//! lie: the questions are about what stands behind a checksum that happens to be right.

use crate::file::sidecar::{Sidecar, kind};
use crate::file::traces::{TraceIndex, add_rows};
use crate::log::format::{GROUP_HEADER, Life, PAGE, RECORD_HEADER};
use crate::log::record::LogRecord;
use crate::log::scan::scan_segment;
use bytes::Bytes;
use glasshive_model::TraceId;

const LIFE: Life = Life { node: 1, generation: 1 };
/// What a group begins with; see `docs/formats/log.md`.
const GROUP_MAGIC: &[u8] = b"GHgr";

/// A segment of the log. Returns how many records were found to be whole.
///
/// # Panics
/// When a rule is broken.
pub fn log_segment(bytes: &[u8]) -> u64 {
    let mut segment = bytes.to_vec();
    mend_segment(&mut segment);
    let segment = Bytes::from(segment);
    let scan = scan_segment(&segment, LIFE);
    let mut found = 0;
    for group in &scan.groups {
        let mut end = group.offset + GROUP_HEADER as u64;
        for place in &group.records {
            assert!(place.offset >= end, "records lie in each other");
            end = place.offset + place.bytes as u64;
            assert!(end <= segment.len() as u64, "a record ends behind the segment");
            let (record, length) = LogRecord::decode(&segment.slice(place.offset as usize..), LIFE, place.sequence).expect("it was whole");
            assert_eq!(length, place.bytes, "its length is not a function of its bytes");
            let stored: Vec<u8> = record.encode(LIFE, place.sequence).concat();
            let (again, _) = LogRecord::decode(&Bytes::from(stored), LIFE, place.sequence).expect("what is written can be read");
            assert_eq!(again, record, "what is written is not what was read");
            found += 1;
        }
    }
    for offset in (0..segment.len()).step_by(PAGE as usize) {
        let _ = LogRecord::proved_datasets(&segment[offset..], LIFE, 1);
    }
    found
}

/// Makes checksums of groups and their records right.
fn mend_segment(segment: &mut [u8]) {
    for page in (PAGE as usize..segment.len()).step_by(PAGE as usize) {
        let Some(group) = segment.get_mut(page..).filter(|group| group.starts_with(GROUP_MAGIC) && group.len() >= GROUP_HEADER) else {
            continue;
        };
        let first = number(group, 8);
        let crc = crc32c::crc32c_append(LIFE.seed(first), &group[8..GROUP_HEADER]);
        group[4..8].copy_from_slice(&crc.to_le_bytes());
        let mut at = GROUP_HEADER;
        while let Some(record) = group.get_mut(at..).filter(|rest| rest.len() >= RECORD_HEADER) {
            let length = u32::from_le_bytes([record[0], record[1], record[2], record[3]]) as usize;
            if !(RECORD_HEADER..=record.len()).contains(&length) {
                break;
            }
            let crc = crc32c::crc32c_append(LIFE.seed(number(record, 8)), &record[..4]);
            let crc = crc32c::crc32c_append(crc, &record[8..length]);
            record[4..8].copy_from_slice(&crc.to_le_bytes());
            at += length;
        }
    }
}

fn number(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// A sidecar with its trace index. Returns how many blocks and sections it has.
///
/// # Panics
/// When a rule is broken.
pub fn sidecar(bytes: &[u8]) -> u64 {
    let mut stored = bytes.to_vec();
    mend_head(&mut stored);
    let Some(sidecar) = Sidecar::decode(&stored) else { return 0 };
    assert_eq!(sidecar.blocks.len() as u64, sidecar.bytes.div_ceil(crate::file::sidecar::BLOCK_BYTES), "blocks do not cover the file");
    let section = |kind| {
        let place = sidecar.section(kind)?.place.clone();
        stored.get(usize::try_from(place.start).ok()?..usize::try_from(place.end).ok()?)
    };
    let (Some(directory), Some(filter)) = (section(kind::TRACE_DIRECTORY), section(kind::TRACE_FILTER)) else {
        return (sidecar.blocks.len() + sidecar.sections.len()) as u64;
    };
    if let Some(index) = TraceIndex::new(&sidecar, directory, Bytes::copy_from_slice(filter)) {
        for id in ["1", "00000000000000000000000000000001", "ffffffffffffffffffffffffffffffff"].map(TraceId::from_text) {
            let _ = index.may_hold(&id);
            let pages = index.pages(&id);
            assert!(pages.is_sorted_by_key(|(place, _)| place.start), "pages are out of order");
            for (place, first) in pages {
                let Some(page) = stored.get(place.start as usize..place.end as usize) else { continue };
                let mut page = page.to_vec();
                let body = page.len() - 4;
                let crc = crc32c::crc32c(&page[..body]);
                page[body..].copy_from_slice(&crc.to_le_bytes());
                let mut rows = Vec::new();
                add_rows(&page, first, &id, &mut rows);
                assert!(rows.iter().all(|rows| rows.start <= rows.end), "rows end before they begin");
            }
        }
    }
    (sidecar.blocks.len() + sidecar.sections.len()) as u64
}

/// Makes the checksum of the head right, where the head says how long it is.
fn mend_head(stored: &mut [u8]) {
    const BLOCKS: usize = 20;
    const SECTION_BYTES: usize = 24;
    let count = |at: usize| stored.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four) as usize);
    let Some(blocks) = count(BLOCKS) else { return };
    let sections_at = BLOCKS + 4 + blocks.saturating_mul(4).min(stored.len());
    let Some(sections) = count(sections_at) else { return };
    let end = sections_at + 4 + sections.saturating_mul(SECTION_BYTES).min(stored.len());
    if let Some((head, crc)) = stored.split_at_mut_checked(end)
        && let Some(crc) = crc.first_chunk_mut()
    {
        *crc = crc32c::crc32c(head).to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::sidecar::SidecarBuilder;
    use crate::file::traces::TraceIndexBuilder;
    use crate::log::format::{GroupHeader, SegmentHeader};
    use crate::log::meta::StoredMeta;
    use arrow_array::FixedSizeBinaryArray;
    use glasshive_model::{Codec, EnvironmentId, RecordMeta};
    use std::path::Path;

    fn a_segment() -> Vec<u8> {
        let mut segment = SegmentHeader { life: LIFE, first_sequence: 1 }.encode().to_vec();
        let mut sequence = 1;
        for (records, size) in [(1, 20), (2, 500), (0, 0)] {
            let first_sequence = sequence;
            let mut area = Vec::new();
            for _ in 0..records {
                let meta = RecordMeta { format: 1, dataset: Some("shop".to_owned()), rows_to_skip: vec![1], ..RecordMeta::default() };
                let meta = StoredMeta { meta, body_hash: 7, rows: 3, datasets: vec!["shop".to_owned(), "web".to_owned()] };
                let body = Bytes::from(vec![b'x'; size]);
                let record = LogRecord::of_body(EnvironmentId(1), 1_700_000_000_000_000_000, meta, Codec::Identity, body);
                area.extend(record.encode(LIFE, sequence).concat());
                sequence += 1;
            }
            let header = GroupHeader {
                first_sequence,
                durable_through: first_sequence - 1,
                count: records,
                events: u64::from(records) * 3,
                bytes: area.len() as u64,
            };
            segment.extend(header.encode(LIFE));
            segment.extend(area);
            segment.resize(segment.len().next_multiple_of(PAGE as usize), 0);
        }
        segment
    }

    fn a_sidecar() -> Vec<u8> {
        let mut builder = SidecarBuilder::default();
        builder.append(&vec![7; 300 << 10]);
        let mut index = TraceIndexBuilder::default();
        let ids = (0..40_u128).map(|row| Some((row / 3 + 1).to_be_bytes()));
        index.append(&FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 16).unwrap());
        builder.finish(&index.finish()).stored.to_vec()
    }

    /// The examples of `fuzz/corpus` are what is written today; `GLASSHIVE_WRITE_CORPUS=1` writes them anew.
    #[test]
    fn the_corpus_holds_what_is_written() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        for (file, bytes) in [("log-segment/good-three-groups", a_segment()), ("sidecar/good-with-trace-index", a_sidecar())] {
            let path = corpus.join(file);
            if std::env::var_os("GLASSHIVE_WRITE_CORPUS").is_some() {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, &bytes).unwrap();
            }
            assert!(std::fs::read(&path).unwrap() == bytes, "{file} is written otherwise by now");
        }
        assert_eq!((log_segment(&a_segment()), sidecar(&a_sidecar())), (3, 2 + 3));
    }
}
