//! Which files to merge next.
//!
//! Flushed files (level 0) of an hour become level 1 once there are more than a few, all of a day become level 2 once the day
//! is over for a while. So a row is written again at most twice. Only files of near ingest times are joined, so that rows that
//! came late do not keep those that came early from expiring.

use super::aside::SetAside;
use super::rule::Datasets;
use crate::config::MergeConfig;
use crate::file::DataFile;
use glasshive_model::SignalClass;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const HOUR_NS: i64 = 3_600 * 1_000_000_000;
const DAY_NS: i64 = 24 * HOUR_NS;
/// Level of a file that holds rows of one hour.
const LEVEL_HOUR: u8 = 1;
/// Level of a file that may hold rows of all hours of a day.
pub(super) const LEVEL_DAY: u8 = 2;
/// Ingest times of files that are joined differ by no more.
const INGEST_SPAN_NS: i64 = DAY_NS;

/// Files to be merged, and into which.
#[derive(Debug)]
pub(crate) struct Work {
    pub inputs: Vec<Arc<DataFile>>,
    pub level: u8,
    /// The rows of each file to be written; together they are all rows of the inputs.
    pub outputs: Vec<Datasets>,
}

/// When files are merged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When<'a> {
    pub config: &'a MergeConfig,
    pub own_file_rows: usize,
    pub now_ns: i64,
    /// Whether everything that can be merged is.
    pub is_all_wanted: bool,
}

/// The next merge among the files of one environment. `skip`: files that are left alone.
pub(crate) fn next(files: &[Arc<DataFile>], skip: &SetAside, when: When<'_>) -> Option<Work> {
    let mut days: BTreeMap<(SignalClass, i64), Vec<&Arc<DataFile>>> = BTreeMap::new();
    for file in files.iter().filter(|file| !skip.contains(&file.row.id)) {
        days.entry((file.row.class, file.row.time_min_ns.div_euclid(DAY_NS))).or_default().push(file);
    }
    days.into_iter().find_map(|((_, day), files)| of_day(day, files, when))
}

fn of_day(day: i64, files: Vec<&Arc<DataFile>>, when: When<'_>) -> Option<Work> {
    let config = when.config;
    if when.is_all_wanted {
        return join(files, LEVEL_DAY, when);
    }
    let (low, high): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.row.level < LEVEL_DAY);
    let is_over = day.saturating_add(1).saturating_mul(DAY_NS).saturating_add(ns(config.day_age)) <= when.now_ns;
    if is_over {
        let newest = low.iter().map(|file| file.row.ingest_max_ns).max().unwrap_or(i64::MIN);
        let is_quiet = newest.saturating_add(ns(config.quiet)) <= when.now_ns;
        let is_worth_it = is_quiet || low.len() > config.files;
        let joined = if is_worth_it { join(low, LEVEL_DAY, when) } else { None };
        return joined.or_else(|| if high.len() > config.files_of_partition { join(high, LEVEL_DAY, when) } else { None });
    }
    let mut hours: BTreeMap<i64, Vec<&Arc<DataFile>>> = BTreeMap::new();
    for file in low {
        hours.entry(file.row.time_min_ns.div_euclid(HOUR_NS)).or_default().push(file);
    }
    hours.into_values().find_map(|files| {
        let flushed: Vec<_> = files.iter().copied().filter(|file| file.row.level == 0).collect();
        let joined = if flushed.len() > config.files { join(flushed, LEVEL_HOUR, when) } else { None };
        joined.or_else(|| if files.len() > config.files_of_partition { join(files, LEVEL_HOUR, when) } else { None })
    })
}

/// The first files that may be joined: those of one large dataset, or those that small ones share.
fn join(files: Vec<&Arc<DataFile>>, level: u8, when: When<'_>) -> Option<Work> {
    let mut groups: BTreeMap<Option<&str>, Vec<&Arc<DataFile>>> = BTreeMap::new();
    for file in files {
        groups.entry(own_dataset(file, when.own_file_rows)).or_default().push(file);
    }
    groups.into_iter().find_map(|(own, mut files)| {
        files.sort_by_key(|file| (file.row.ingest_max_ns, &file.row.id));
        let inputs = run(&files, when)?;
        let outputs = if own.is_some() { vec![Datasets::All] } else { split(&inputs, when.own_file_rows) };
        let is_progress = outputs.len() < inputs.len() || inputs.iter().any(|file| file.row.level < level);
        is_progress.then_some(Work { inputs, level, outputs })
    })
}

/// The dataset that a file is of alone, if it has many rows.
fn own_dataset(file: &DataFile, own_file_rows: usize) -> Option<&str> {
    match &file.row.datasets[..] {
        [(slug, rows)] if *rows >= own_file_rows as u64 => Some(slug),
        _ => None,
    }
}

/// The first neighbours that are not too many together.
fn run(files: &[&Arc<DataFile>], when: When<'_>) -> Option<Vec<Arc<DataFile>>> {
    for start in 0..files.len() {
        let (mut rows, mut bytes) = (0, 0);
        let first_ingest_ns = files[start].row.ingest_max_ns;
        let fits = files[start..].iter().take(when.config.inputs).take_while(|file| {
            rows += file.row.rows;
            // Those of which it is not known are looked at before they are merged.
            bytes += file.streaming_bytes().unwrap_or(0);
            let span = file.row.ingest_max_ns.saturating_sub(first_ingest_ns);
            rows <= when.config.rows && bytes <= when.config.bytes && (span <= INGEST_SPAN_NS || when.is_all_wanted)
        });
        let inputs: Vec<_> = fits.map(|file| Arc::clone(file)).collect();
        if inputs.len() > 1 {
            return Some(inputs);
        }
    }
    None
}

/// Datasets that have become large get a file of their own.
fn split(inputs: &[Arc<DataFile>], own_file_rows: usize) -> Vec<Datasets> {
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for (slug, count) in inputs.iter().flat_map(|file| &file.row.datasets) {
        *rows.entry(slug).or_default() += count;
    }
    let all = rows.len();
    let large: BTreeSet<String> =
        rows.into_iter().filter(|(_, rows)| *rows >= own_file_rows as u64).map(|(slug, _)| slug.to_owned()).collect();
    if large.is_empty() || all == 1 {
        return vec![Datasets::All];
    }
    let others = (large.len() < all).then(|| Datasets::Except(large.clone()));
    large.into_iter().map(Datasets::Only).chain(others).collect()
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
