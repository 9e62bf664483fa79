//! Reading a segment of which anything may be torn, stale or damaged.

use super::format::{GROUP_HEADER, GroupHeader, Life, PAGE, RECORD_HEADER, SegmentHeader};
use super::record::{LogRecord, stored_length};
use bytes::Bytes;

/// What a segment was found to hold.
#[derive(Debug)]
pub(crate) struct SegmentScan {
    pub header: Option<SegmentHeader>,
    /// In order of their place.
    pub groups: Vec<GroupScan>,
    /// Length of the segment.
    pub bytes: u64,
}

/// A group whose header is whole.
#[derive(Debug)]
pub(crate) struct GroupScan {
    pub offset: u64,
    pub header: GroupHeader,
    /// The records that are whole; all of them when as many as the header says.
    pub records: Vec<RecordPlace>,
    /// The stored header is damaged; the one here is what the records say.
    pub is_headless: bool,
}

/// Where a whole record is, and what recovery must know before it reads it again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordPlace {
    pub sequence: u64,
    pub offset: u64,
    pub bytes: usize,
    pub rows: u32,
    pub identity: u128,
    pub received_ns: i64,
}

impl GroupScan {
    pub fn is_whole(&self) -> bool {
        !self.is_headless && self.records.len() == self.header.count as usize
    }
}

impl SegmentScan {
    /// The first sequence that this segment claims; from there on older segments hold nothing that counts.
    pub fn first_sequence(&self) -> Option<u64> {
        let groups = self.groups.iter().map(|group| group.header.first_sequence).min();
        self.header.map(|header| header.first_sequence).into_iter().chain(groups).min()
    }
}

/// Finds every group of this life in a segment, wherever damage has made holes.
pub(crate) fn scan_segment(segment: &Bytes, life: Life) -> SegmentScan {
    let mut groups = Vec::new();
    let mut offset = PAGE;
    while offset < segment.len() as u64 {
        match scan_group(segment, offset, life) {
            Some(group) => {
                offset += group.header.stored_bytes().max(PAGE);
                groups.push(group);
            }
            None => offset += PAGE,
        }
    }
    SegmentScan { header: SegmentHeader::decode(segment, life), groups, bytes: segment.len() as u64 }
}

fn scan_group(segment: &Bytes, offset: u64, life: Life) -> Option<GroupScan> {
    let Some(header) = GroupHeader::decode(segment.get(offset as usize..)?, life) else {
        return scan_headless(segment, offset, life);
    };
    let start = offset as usize + GROUP_HEADER;
    let end = start + usize::try_from(header.bytes).ok()?;
    // A header promises its bytes; if the file ends before, what is there is looked at.
    let area = segment.slice(start.min(segment.len())..end.min(segment.len()));
    Some(GroupScan { offset, header, records: scan_records(&area, start as u64, &header, life), is_headless: false })
}

/// The records behind a damaged group header: the first names its own sequence, its checksum proves it.
fn scan_headless(segment: &Bytes, offset: u64, life: Life) -> Option<GroupScan> {
    let start = offset as usize + GROUP_HEADER;
    let first_sequence = u64::from_le_bytes(*segment.get(start + 8..)?.first_chunk()?);
    LogRecord::decode(&segment.slice(start..), life, first_sequence)?;
    let mut header = GroupHeader { first_sequence, durable_through: 0, count: u32::MAX, events: 0, bytes: 0 };
    let mut records = Vec::new();
    let mut end = start;
    while let Some((record, bytes)) = LogRecord::decode(&segment.slice(end..), life, first_sequence + records.len() as u64) {
        records.push(place(&record, first_sequence + records.len() as u64, end as u64, bytes));
        header.events += u64::from(record.meta.rows);
        end += bytes;
    }
    (header.count, header.bytes) = (records.len() as u32, (end - start) as u64);
    Some(GroupScan { offset, header, records, is_headless: true })
}

fn place(record: &LogRecord, sequence: u64, offset: u64, bytes: usize) -> RecordPlace {
    let (rows, identity) = (record.meta.rows, record.identity());
    RecordPlace { sequence, offset, bytes, rows, identity, received_ns: record.received_ns }
}

fn scan_records(area: &Bytes, start: u64, header: &GroupHeader, life: Life) -> Vec<RecordPlace> {
    let mut records = Vec::new();
    let mut at = 0;
    let mut sequence = header.first_sequence;
    while sequence < header.end() && at + RECORD_HEADER <= area.len() {
        if let Some((record, bytes)) = LogRecord::decode(&area.slice(at..), life, sequence) {
            records.push(place(&record, sequence, start + at as u64, bytes));
            (at, sequence) = (at + bytes, sequence + 1);
            continue;
        }
        match next_record(area, at + 1, sequence + 1..header.end(), life) {
            Some((found, found_sequence)) => (at, sequence) = (found, found_sequence),
            None => break,
        }
    }
    records
}

/// The next place where a whole record with one of these sequences begins. A body cannot fake one: the checksum's seed is not
/// known outside.
fn next_record(area: &Bytes, from: usize, wanted: std::ops::Range<u64>, life: Life) -> Option<(usize, u64)> {
    (from..area.len().saturating_sub(RECORD_HEADER - 1)).find_map(|at| {
        let sequence = u64::from_le_bytes(*area.get(at + 8..)?.first_chunk()?);
        stored_length(&area[at..])?;
        let is_record = wanted.contains(&sequence) && LogRecord::decode(&area.slice(at..), life, sequence).is_some();
        is_record.then_some((at, sequence))
    })
}
