//! Which rows of a cut go into which file, and in which order.

use crate::config::StoreConfig;
use crate::live::{Chunk, FrozenCut, Pick, Picked};
use crate::time::Hour;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampNanosecondType};
use glasshive_model::{ColumnRef, EnvironmentId, SignalClass, SystemColumn};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows near in time stand together in buckets of this length, within it by trace.
const ORDER_BUCKET_NS: i64 = 60 * 1_000_000_000;

/// One file to be written.
pub(super) struct FilePlan {
    pub environment: EnvironmentId,
    pub class: SignalClass,
    pub hour: Hour,
    /// Rows of the cut's chunks of this environment, in file order.
    pub picks: Vec<Pick>,
}

/// The rows of one partition, by dataset.
type Partition = BTreeMap<String, Vec<Pick>>;

/// Every row of the cut in exactly one file. Datasets with many rows in a partition get a file of their own.
pub(super) fn plan_files(cut: &FrozenCut, config: &StoreConfig) -> Vec<FilePlan> {
    let mut plans = Vec::new();
    for (environment, chunks) in &cut.chunks {
        for ((class, hour), datasets) in partitions(chunks) {
            let mut shared = Vec::new();
            let mut files = Vec::new();
            for picks in datasets.into_values() {
                if picks.len() >= config.own_file_rows { files.push(picks) } else { shared.extend(picks) }
            }
            if !shared.is_empty() {
                files.push(shared);
            }
            plans.extend(files.into_iter().map(|mut picks| {
                sort(chunks, &mut picks);
                FilePlan { environment: *environment, class, hour, picks }
            }));
        }
    }
    plans
}

fn partitions(chunks: &[Arc<Chunk>]) -> BTreeMap<(SignalClass, Hour), Partition> {
    let mut partitions: BTreeMap<(SignalClass, Hour), Partition> = BTreeMap::new();
    for (index, chunk) in (0u32..).zip(chunks) {
        let times = chunk.project_one(&ColumnRef::System(SystemColumn::Time));
        let times = times.as_primitive::<TimestampNanosecondType>().values();
        let datasets = chunk.project_one(&ColumnRef::System(SystemColumn::Dataset));
        let datasets = datasets.as_string_view();
        for (row, time) in (0u32..).zip(times) {
            let partition = partitions.entry((chunk.class(), Hour::of(*time))).or_default();
            let slug = datasets.value(row as usize);
            let pick = Pick { chunk: index, row };
            match partition.get_mut(slug) {
                Some(picks) => picks.push(pick),
                None => drop(partition.insert(slug.to_owned(), vec![pick])),
            }
        }
    }
    partitions
}

/// Orders rows by (minute, trace id, time, `_seq`): coarse time order with traces side by side.
fn sort(chunks: &[Arc<Chunk>], picks: &mut Vec<Pick>) {
    let picked = Picked::new(chunks, picks);
    let column = |system| picked.column(&ColumnRef::System(system));
    let (time, trace, seq) = (column(SystemColumn::Time), column(SystemColumn::TraceId), column(SystemColumn::Seq));
    let times = time.as_primitive::<TimestampNanosecondType>().values();
    let traces = trace.as_fixed_size_binary();
    let seqs = seq.as_primitive::<Int64Type>().values();
    let mut keyed: Vec<_> = (0..picks.len())
        .map(|row| {
            let trace = if traces.is_valid(row) { traces.value(row).first_chunk().copied().unwrap_or_default() } else { [0u8; 16] };
            (times[row].div_euclid(ORDER_BUCKET_NS), u128::from_be_bytes(trace), times[row], seqs[row], picks[row])
        })
        .collect();
    keyed.sort_unstable_by_key(|(minute, trace, time, seq, _)| (*minute, *trace, *time, *seq));
    picks.clear();
    picks.extend(keyed.into_iter().map(|(.., pick)| pick));
}
