//! The trace index of a data file: which of its rows are of which trace. Layout: `docs/formats/data-file.md`.
//!
//! A small filter and a directory are kept in memory ([`TraceIndex`]); the pages that say which rows lie in the sidecar, and a
//! lookup reads one of them. Wrong answers only ever name rows too many: who asks compares the ids of the rows.

mod filter;

use super::sidecar::{Sidecar, kind};
use arrow_array::{Array, FixedSizeBinaryArray};
use bytes::{BufMut, Bytes, BytesMut};
use glasshive_model::TraceId;
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a page, its checksum included.
const PAGE_BYTES: usize = 4 << 10;
/// Number of entries, shift, one byte unused.
const PAGE_HEADER_BYTES: usize = 4;
/// Part of the fingerprint, first row, number of rows.
const ENTRY_BYTES: usize = 4 + 4 + 2;
const PAGE_ENTRIES: usize = (PAGE_BYTES - PAGE_HEADER_BYTES - 4) / ENTRY_BYTES;

/// Rows of one trace that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    fingerprint: u64,
    first: u32,
    rows: u16,
}

/// Takes the trace ids of a data file, in the order of its rows.
#[derive(Debug, Default)]
pub(crate) struct TraceIndexBuilder {
    runs: Vec<Run>,
    rows: u64,
    last: Option<[u8; 16]>,
}

/// What of a file's trace index is kept in memory.
#[derive(Debug)]
pub struct TraceIndex {
    directory: Vec<u64>,
    filter: Bytes,
    /// Where the pages lie in the sidecar.
    pages: Range<u64>,
}

fn fingerprint(id: &[u8]) -> u64 {
    xxh3_64(id)
}

// === impl TraceIndexBuilder ===

impl TraceIndexBuilder {
    /// The ids of the rows that follow.
    pub fn append(&mut self, ids: &FixedSizeBinaryArray) {
        for row in 0..ids.len() {
            let id: Option<[u8; 16]> = ids.is_valid(row).then(|| ids.value(row).first_chunk().copied()).flatten();
            if let Some(id) = id {
                match self.runs.last_mut().filter(|run| self.last == Some(id) && run.rows < u16::MAX) {
                    Some(run) => run.rows += 1,
                    None => self.runs.push(Run { fingerprint: fingerprint(&id), first: self.rows as u32, rows: 1 }),
                }
            }
            self.last = id;
            self.rows += 1;
        }
    }

    /// The sections of the sidecar; none for files that are longer than row numbers go.
    pub fn finish(mut self) -> Vec<(u32, Bytes)> {
        if u32::try_from(self.rows).is_err() {
            return Vec::new();
        }
        self.runs.sort_unstable();
        let mut fingerprints: Vec<u64> = self.runs.iter().map(|run| run.fingerprint).collect();
        fingerprints.dedup();
        let mut directory = BytesMut::new();
        let mut pages = BytesMut::new();
        for runs in self.runs.chunks(PAGE_ENTRIES) {
            directory.put_u64_le(runs[0].fingerprint);
            put_page(&mut pages, runs);
        }
        let filter = filter::encode(&fingerprints);
        vec![(kind::TRACE_DIRECTORY, directory.freeze()), (kind::TRACE_FILTER, filter), (kind::TRACE_PAGES, pages.freeze())]
    }
}

fn put_page(out: &mut BytesMut, runs: &[Run]) {
    let start = out.len();
    let first = runs[0].fingerprint;
    let reach = runs[runs.len() - 1].fingerprint - first;
    let shift = u64::BITS.saturating_sub(reach.leading_zeros()).saturating_sub(u32::BITS) as u8;
    out.put_u16_le(runs.len() as u16);
    out.put_u8(shift);
    out.put_u8(0);
    for run in runs {
        out.put_u32_le(((run.fingerprint - first) >> shift) as u32);
        out.put_u32_le(run.first);
        out.put_u16_le(run.rows);
    }
    out.resize(start + PAGE_BYTES - 4, 0);
    let crc = crc32c::crc32c(&out[start..]);
    out.put_u32_le(crc);
}

// === impl TraceIndex ===

impl TraceIndex {
    /// From its sections; `None` when they cannot be those of an index.
    pub(crate) fn new(sidecar: &Sidecar, directory: &[u8], filter: Bytes) -> Option<Self> {
        let pages = sidecar.section(kind::TRACE_PAGES)?.place.clone();
        let (directory, rest) = directory.as_chunks::<8>();
        let is_sound = rest.is_empty() && (pages.end - pages.start) == (directory.len() * PAGE_BYTES) as u64;
        let directory = directory.iter().map(|fingerprint| u64::from_le_bytes(*fingerprint)).collect();
        (is_sound && filter::is_sound(&filter)).then_some(Self { directory, filter, pages })
    }

    /// Whether the file may have rows of a trace. One answer in a hundred is wrongly yes; no is always right.
    pub fn may_hold(&self, id: &TraceId) -> bool {
        filter::may_hold(&self.filter, fingerprint(id.bytes().as_slice()))
    }

    /// Bytes of memory that it takes.
    pub fn heap_bytes(&self) -> usize {
        size_of::<Self>() + self.directory.len() * 8 + self.filter.len()
    }

    /// Where in the sidecar the pages lie that may tell of a trace.
    pub(crate) fn pages(&self, id: &TraceId) -> Vec<(Range<u64>, u64)> {
        let fingerprint = fingerprint(id.bytes().as_slice());
        // A trace may begin on the page before the first that begins with it.
        let first = self.directory.partition_point(|page| *page < fingerprint).saturating_sub(1);
        let end = self.directory.partition_point(|page| *page <= fingerprint);
        let place = |page: usize| {
            let start = self.pages.start + (page * PAGE_BYTES) as u64;
            (start..start + PAGE_BYTES as u64, self.directory[page])
        };
        (first..end).map(place).collect()
    }
}

/// Adds the rows of a trace that a page names, ascending; `false` when the page is not as it was written. `first` is the page's
/// place in the directory.
pub(crate) fn add_rows(page: &[u8], first: u64, id: &TraceId, rows: &mut Vec<Range<u64>>) -> bool {
    let Some((body, crc)) = page.split_last_chunk::<4>().filter(|_| page.len() == PAGE_BYTES) else { return false };
    let entries = usize::from(u16::from_le_bytes([body[0], body[1]]));
    let shift = u32::from(body[2]);
    if crc32c::crc32c(body) != u32::from_le_bytes(*crc) || entries > PAGE_ENTRIES || shift > u32::BITS {
        return false;
    }
    let Some(reach) = fingerprint(id.bytes().as_slice()).checked_sub(first) else { return true };
    let Ok(wanted) = u32::try_from(reach >> shift) else { return true };
    for entry in body[PAGE_HEADER_BYTES..].as_chunks::<ENTRY_BYTES>().0.iter().take(entries) {
        let [a, b, c, d, e, f, g, h, i, j] = *entry;
        if u32::from_le_bytes([a, b, c, d]) == wanted {
            let start = u64::from(u32::from_le_bytes([e, f, g, h]));
            rows.push(start..start + u64::from(u16::from_le_bytes([i, j])));
        }
    }
    true
}

#[cfg(test)]
mod tests;
