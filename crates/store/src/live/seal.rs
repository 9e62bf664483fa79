//! Merging small chunks into few large ones.

use super::encode::{SEALED_ROWS, encode};
use super::gather::Gathered;
use super::{Chunk, ChunkAttribute, Facts, Pick, Picked};
use crate::overflow;
use glasshive_model::{ColumnRef, ColumnType, SignalClass, SystemColumn};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Raw chunks that are merged even when they hold few rows.
const RAW_CHUNKS: usize = 64;
/// Small sealed chunks that are merged.
const SEALED_CHUNKS: usize = 8;

/// One sealed chunk of class `class` of the picked rows (all of them, in order, when `picks` is `None`) of chunks of one
/// environment.
///
/// `folded` columns are not kept as columns; their values go to `_overflow`.
pub(crate) fn merge(id: u64, class: SignalClass, chunks: &[Arc<Chunk>], picks: Option<&[Pick]>, folded: &BTreeSet<ColumnKey>) -> Chunk {
    let environment = chunks[0].environment();
    let every_row: Vec<Pick>;
    let picks = match picks {
        Some(picks) => picks,
        None => {
            let rows = |(chunk, len): (u32, u32)| (0..len).map(move |row| Pick { chunk, row });
            every_row = (0u32..).zip(chunks.iter().map(|chunk| chunk.len() as u32)).flat_map(rows).collect();
            &every_row
        }
    };
    let picked = Picked::new(chunks, picks);
    let mut facts = Facts::of_picks(&picked);
    facts.overflow_keys = chunks.iter().flat_map(|chunk| chunk.overflow_keys().iter().cloned()).collect();
    let attributes: BTreeSet<ColumnKey> = chunks.iter().flat_map(|chunk| chunk.attributes()).map(ChunkAttribute::key_and_type).collect();
    let (moved, kept): (Vec<_>, Vec<_>) = attributes.into_iter().partition(|attribute| folded.contains(attribute));
    facts.overflow_keys.extend(moved.iter().map(|(key, _)| key.clone()));

    let mut columns = HashMap::new();
    let mut bytes = 1_024;
    let mut keep = |column: ColumnRef, gathered| match encode(&column, gathered, picks.len()) {
        Some((encoded, size)) => {
            bytes += size + 128;
            columns.insert(column, encoded);
            true
        }
        None => false,
    };
    for system in SystemColumn::ALL {
        let column = ColumnRef::System(*system);
        let mut gathered = picked.gather(&column);
        if *system == SystemColumn::Overflow && !moved.is_empty() {
            let moved = moved.iter().map(|moved| (moved.0.as_str(), moved.1, picked.column(&column_ref(moved))));
            gathered = Gathered::Dense(overflow::fold(picked.column(&column), moved));
        }
        keep(column, gathered);
    }
    for attribute in kept {
        let gathered = picked.gather(&column_ref(&attribute));
        let rows_at_most = gathered.set();
        if keep(column_ref(&attribute), gathered) {
            facts.attributes.push(ChunkAttribute { key: attribute.0, column_type: attribute.1, rows_at_most });
        }
    }
    facts.bytes = bytes;
    Chunk::sealed(id, environment, class, facts, columns)
}

/// The same rows with every run of raw chunks of one class sealed, so that each of many files finds its rows' columns without
/// looking through requests.
pub(crate) fn seal_all(chunks: &[Arc<Chunk>]) -> Vec<Arc<Chunk>> {
    let is_alike = |left: &Arc<Chunk>, right: &Arc<Chunk>| !left.is_sealed() && !right.is_sealed() && left.class() == right.class();
    let mut sealed = Vec::with_capacity(chunks.len());
    for run in chunks.chunk_by(is_alike) {
        let mut rest = run;
        while let Some(first) = rest.first() {
            let mut rows = 0;
            let fitting = rest.iter().take_while(|chunk| {
                rows += chunk.len();
                rows <= SEALED_ROWS
            });
            let (now, later) = rest.split_at(fitting.count().max(1));
            // A request with more rows than a sealed chunk may have stays as it is.
            let is_left = first.is_sealed() || first.len() > SEALED_ROWS;
            sealed.push(if is_left { first.clone() } else { Arc::new(merge(first.id(), first.class(), now, None, &BTreeSet::new())) });
            rest = later;
        }
    }
    sealed
}

/// A key and its type, as a set member.
pub(crate) type ColumnKey = (String, ColumnType);

/// The column of a key and type.
pub(crate) fn column_ref((key, column_type): &ColumnKey) -> ColumnRef {
    ColumnRef::Attribute { key: key.clone(), column_type: *column_type }
}

/// Which neighbours of a list of chunks to merge next, if any. `seal_rows` raw rows are enough for a merge.
pub(crate) fn next_merge(chunks: &[Arc<Chunk>], seal_rows: usize) -> Option<Range<usize>> {
    let first_raw = chunks.iter().rposition(|chunk| chunk.is_sealed()).map_or(0, |last| last + 1);
    let raw = &chunks[first_raw..];
    let raw_rows: usize = raw.iter().map(|chunk| chunk.len()).sum();
    if raw.len() > 1 && (raw.len() >= RAW_CHUNKS || raw_rows >= seal_rows) {
        return capped(chunks, first_raw..chunks.len());
    }
    // A single large request is sealed by itself, so that its body's arena goes.
    if raw.len() == 1 && (seal_rows..=SEALED_ROWS).contains(&raw_rows) {
        return Some(first_raw..chunks.len());
    }
    // Larger ones are left alone: every row is sealed once, or a few times while it is one of few.
    let small = chunks[..first_raw].iter().rev().take_while(|chunk| chunk.len() < seal_rows).count();
    if small >= SEALED_CHUNKS { capped(chunks, first_raw - small..first_raw) } else { None }
}

/// As many chunks from the start of the range as fit one sealed chunk, if these are several.
fn capped(chunks: &[Arc<Chunk>], range: Range<usize>) -> Option<Range<usize>> {
    let mut rows = 0;
    let start = range.start;
    let mut end = start;
    while end < range.end && rows + chunks[end].len() <= SEALED_ROWS {
        rows += chunks[end].len();
        end += 1;
    }
    (end > start + 1).then_some(start..end)
}
