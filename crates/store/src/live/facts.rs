//! What is known of rows without reading their columns again.

use super::{ChunkAttribute, Picked};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use glasshive_model::rows::Stamp;
use glasshive_model::{ColumnRef, Rows, SystemColumn};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a chunk without reading its columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Facts {
    pub rows: usize,
    /// Least and greatest `_time`.
    pub time_ns: (i64, i64),
    /// Least and greatest log sequence.
    pub sequences: (u64, u64),
    pub ingest_max_ns: i64,
    pub ingest_min_ns: i64,
    /// Least and greatest weight.
    pub rates: (f64, f64),
    pub datasets: BTreeMap<String, u64>,
    pub attributes: Vec<ChunkAttribute>,
    pub overflow_keys: BTreeSet<String>,
    pub bytes: usize,
}

impl Facts {
    pub fn of_request(rows: &Rows, stamp: Stamp) -> Self {
        let times = rows.times_ns();
        let rates = rows.sample_rates();
        let mut counts = vec![0u64; rows.dataset_slugs().len()];
        rows.datasets().iter().for_each(|code| counts[*code as usize] += 1);
        let named = rows.attributes().enumerate().filter(|(index, _)| rows.attribute_first_row(*index).is_some());
        Self {
            rows: rows.len(),
            time_ns: (times.iter().copied().min().unwrap_or(0), times.iter().copied().max().unwrap_or(0)),
            sequences: (stamp.sequence, stamp.sequence),
            ingest_max_ns: stamp.ingest_time_ns,
            ingest_min_ns: stamp.ingest_time_ns,
            rates: (rates.iter().copied().fold(f64::INFINITY, f64::min), rates.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            datasets: rows.dataset_slugs().iter().cloned().zip(counts).filter(|(_, count)| *count > 0).collect(),
            attributes: named
                .map(|(_, (key, column_type, rows_at_most))| ChunkAttribute {
                    key: key.to_owned(),
                    column_type,
                    rows_at_most: rows_at_most.min(rows.len()),
                })
                .collect(),
            overflow_keys: rows.overflow_keys().map(str::to_owned).collect(),
            bytes: rows.heap_bytes() + 512,
        }
    }

    /// The facts of the picked rows; attributes, overflow and bytes are left to the caller.
    pub fn of_picks(picked: &Picked<'_>) -> Self {
        let column = |system| picked.column(&ColumnRef::System(system));
        let (time, seq, ingest) = (column(SystemColumn::Time), column(SystemColumn::Seq), column(SystemColumn::IngestTime));
        let (rates, datasets) = (column(SystemColumn::SampleRate), column(SystemColumn::Dataset));
        let time_ns = least_and_greatest(time.as_primitive::<TimestampNanosecondType>().values());
        let sequences = least_and_greatest(seq.as_primitive::<Int64Type>().values());
        let (ingest_min_ns, ingest_max_ns) = least_and_greatest(ingest.as_primitive::<TimestampNanosecondType>().values());
        let rates = rates.as_primitive::<Float64Type>().values();
        let mut by_slug: BTreeMap<String, u64> = BTreeMap::new();
        for slug in datasets.as_string_view().iter().flatten() {
            match by_slug.get_mut(slug) {
                Some(rows) => *rows += 1,
                None => drop(by_slug.insert(slug.to_owned(), 1)),
            }
        }
        Self {
            rows: picked.len(),
            time_ns,
            sequences: ((sequences.0 >> 24).unsigned_abs(), (sequences.1 >> 24).unsigned_abs()),
            ingest_max_ns,
            ingest_min_ns,
            rates: (rates.iter().copied().fold(f64::INFINITY, f64::min), rates.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            datasets: by_slug,
            ..Self::default()
        }
    }
}

fn least_and_greatest(values: &[i64]) -> (i64, i64) {
    (values.iter().copied().min().unwrap_or(0), values.iter().copied().max().unwrap_or(0))
}
