//! Which rows a page has: the earliest requests that pass, whole.

use super::sequence_of;
use crate::rows::Hit;
use crate::scan::Unit;
use arrow_array::{Array, FixedSizeBinaryArray};
use glasshive_query_plan::Cursor;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// The rows that pass of the earliest sequences of a range, of as many as about a page's rows make.
pub(super) struct Arrivals {
    after: u64,
    /// Later sequences are not of this page.
    through: u64,
    rows_wanted: usize,
    rows: usize,
    by_sequence: BTreeMap<u64, Vec<Hit>>,
    /// The unit that the last batch came from.
    unit: Option<Arc<Unit>>,
}

// === impl Arrivals ===

impl Arrivals {
    pub(super) fn new(after: u64, through: u64, rows_wanted: usize) -> Self {
        Self { after, through, rows_wanted, rows: 0, by_sequence: BTreeMap::new(), unit: None }
    }

    pub(super) fn take(&mut self, unit: &Unit, times: &[i64], seqs: &[i64]) {
        let unit = shared(&mut self.unit, unit);
        for (time_ns, seq) in times.iter().zip(seqs) {
            let cursor = Cursor { time_ns: *time_ns, seq: *seq };
            self.push(Hit { cursor, unit: unit.clone() });
        }
        self.cut();
    }

    fn push(&mut self, hit: Hit) {
        let sequence = sequence_of(hit.cursor);
        if sequence > self.after && sequence <= self.through {
            self.by_sequence.entry(sequence).or_default().push(hit);
            self.rows += 1;
        }
    }

    /// Leaves the latest sequences to later pages, as long as there are rows enough without them.
    fn cut(&mut self) {
        while self.by_sequence.len() > 1
            && let Some((sequence, last)) = self.by_sequence.last_key_value()
            && self.rows - last.len() >= self.rows_wanted
        {
            (self.rows, self.through) = (self.rows - last.len(), sequence - 1);
            self.by_sequence.pop_last();
        }
    }

    /// Adds those of another worker.
    pub(super) fn add(&mut self, other: Self) {
        self.through = self.through.min(other.through);
        other.by_sequence.into_values().flatten().for_each(|hit| self.push(hit));
        while let Some((sequence, last)) = self.by_sequence.last_key_value()
            && *sequence > self.through
        {
            self.rows -= last.len();
            self.by_sequence.pop_last();
        }
        self.cut();
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.rows * size_of::<Hit>() * 2 + self.by_sequence.len() * 64
    }

    /// The rows, and the last sequence of which all are among them.
    pub(super) fn finish(self) -> (Vec<Hit>, u64) {
        (self.by_sequence.into_values().flatten().collect(), self.through)
    }
}

/// The span that a row is, or belongs to: trace and span id.
pub(super) type Owner = ([u8; 16], [u8; 8]);

pub(super) trait ReadOwner {
    /// The owner of a row; zeros where an id is absent.
    fn read(trace: &FixedSizeBinaryArray, span: &FixedSizeBinaryArray, row: usize) -> Owner;
}

impl ReadOwner for Owner {
    fn read(trace: &FixedSizeBinaryArray, span: &FixedSizeBinaryArray, row: usize) -> Owner {
        (bytes(trace, row), bytes(span, row))
    }
}

fn bytes<const N: usize>(ids: &FixedSizeBinaryArray, row: usize) -> [u8; N] {
    if ids.is_null(row) { [0; N] } else { ids.value(row).try_into().unwrap_or([0; N]) }
}

/// Rows of the requests of some hits, by the span they belong to.
pub(super) struct Owners {
    sequences: HashSet<u64>,
    hits: HashSet<i64>,
    rows: HashMap<(u64, Owner), Rows>,
    count: usize,
    unit: Option<Arc<Unit>>,
}

#[derive(Default)]
struct Rows {
    rows: Vec<Hit>,
    is_hit: bool,
}

// === impl Owners ===

impl Owners {
    pub(super) fn of(hits: &[Hit]) -> Self {
        Self {
            sequences: hits.iter().map(|hit| sequence_of(hit.cursor)).collect(),
            hits: hits.iter().map(|hit| hit.cursor.seq).collect(),
            rows: HashMap::new(),
            count: 0,
            unit: None,
        }
    }

    /// Whether a row is of a request that has hits.
    pub(super) fn wants(&self, cursor: Cursor) -> bool {
        self.sequences.contains(&sequence_of(cursor))
    }

    pub(super) fn take(&mut self, unit: &Unit, cursor: Cursor, owner: Owner) {
        let unit = shared(&mut self.unit, unit);
        let of_owner = self.rows.entry((sequence_of(cursor), owner)).or_default();
        of_owner.is_hit |= self.hits.contains(&cursor.seq);
        of_owner.rows.push(Hit { cursor, unit });
        self.count += 1;
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.count * (size_of::<Hit>() * 2 + size_of::<(u64, Owner)>())
    }

    /// All rows of spans of which one row is a hit.
    pub(super) fn of_spans(self) -> impl Iterator<Item = Hit> {
        self.rows.into_values().filter(|rows| rows.is_hit).flat_map(|rows| rows.rows)
    }
}

/// The unit behind a pointer that batches of one unit share.
fn shared(known: &mut Option<Arc<Unit>>, unit: &Unit) -> Arc<Unit> {
    match known {
        Some(known) if known.is_same(unit) => known.clone(),
        _ => known.insert(Arc::new(unit.clone())).clone(),
    }
}
