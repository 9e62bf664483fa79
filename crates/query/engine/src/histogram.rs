//! Histograms of metrics on their way into a fold: what each point adds to its group. What that means stands in
//! [`glasshive_query_plan::histogram`].
//!
//! Points that count from the point before are folded as they come. Those that count from the start of their stream are kept until
//! all are there, since the point before may lie in any chunk or file; then each adds what it holds more.

use crate::column::{Names, Resolved};
use crate::control::Control;
use crate::error::Failure;
use crate::fold::Fold;
use crate::fold::ranges::StateBuilder;
use crate::scan::{Output, Outputs, times};
use arrow_array::builder::Float64Builder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_select::take::take;
use glasshive_model::names::{METRIC_DESCRIPTORS, METRIC_SERIES, METRIC_START_TIME_NS};
use glasshive_query_plan::histogram::{Buckets, Histogram, Range, SUFFIX, Temporality, temporality};
use glasshive_query_plan::{Column, Window, histogram};
use std::collections::HashMap;
use std::sync::Arc;

/// Where the points of a metric are found among the columns of a scan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HistogramColumns {
    pub metric: String,
    buckets: usize,
    descriptors: usize,
    series: usize,
    start: usize,
    count: usize,
    sum: usize,
    min: usize,
    max: usize,
    time: usize,
    seq: usize,
    weight: Option<usize>,
    /// The time that the question is about.
    window: Window,
}

/// Points of one metric that are kept until all are there.
#[derive(Default)]
pub(crate) struct Points {
    points: Vec<Point>,
    /// The group keys of the points, by batch.
    keys: Vec<Vec<ArrayRef>>,
    bytes: usize,
}

struct Point {
    /// The series, and since when it counts.
    stream: (u64, Option<i64>),
    time_ns: i64,
    seq: i64,
    /// Batch and row of its keys.
    batch: usize,
    row: u32,
    weight: f64,
    value: Histogram,
}

/// What points add: states of the aggregates of a metric, a row for each.
pub(crate) struct Increases {
    /// Of [`crate::fold::Aggregate::Ranges`].
    pub ranges: Vec<ArrayRef>,
    /// Of [`crate::fold::Aggregate::Increase`], by [`crate::fold::Total`].
    pub totals: [ArrayRef; 3],
}

/// The same while it grows, with the rows that the keys are taken from.
#[derive(Default)]
struct Entries {
    rows: Vec<u32>,
    ranges: StateBuilder,
    sums: Float64Builder,
    summed: Float64Builder,
    counts: Float64Builder,
    /// How many ranges there are.
    values: usize,
}

/// Ranges of one batch that are folded at once: what has not been is not counted against the question's memory.
const VALUES_AT_ONCE: usize = 8_192;

// === impl HistogramColumns ===

impl HistogramColumns {
    /// Adds what a metric's points are read from to the columns of a scan.
    pub(crate) fn new(metric: String, outputs: &mut Outputs, names: Names<'_>, weight: Option<usize>, window: Window) -> Self {
        let mut column = |name: &str| outputs.unasked(Resolved::new(&Column::exact(name), names));
        let of_metric = [SUFFIX, ".count", ".sum", ".min", ".max"].map(|suffix| column(&format!("{metric}{suffix}")));
        let of_row = [METRIC_DESCRIPTORS, METRIC_SERIES, METRIC_START_TIME_NS].map(&mut column);
        let [buckets, count, sum, min, max] = of_metric;
        let [descriptors, series, start] = of_row;
        let [count, sum, min, max] = [count, sum, min, max].map(|column| outputs.add(Output::Numbers(column)));
        Self {
            metric,
            buckets: outputs.add(Output::Json(buckets)),
            descriptors: outputs.add(Output::Json(descriptors)),
            series: outputs.add(Output::Hashes(series)),
            start: outputs.add(Output::Integers(start)),
            count,
            sum,
            min,
            max,
            time: outputs.add(Output::Time),
            seq: outputs.add(Output::Seq),
            weight,
            window,
        }
    }

    /// The column of the times, and which of them the question is about.
    pub(crate) fn times(&self) -> (usize, Window) {
        (self.time, self.window)
    }

    /// Takes a batch in, rows before the question's time among them: what its points add goes to the fold, as that of histogram `of`,
    /// or they are kept in `later`.
    pub(crate) fn push(&self, of: usize, fold: &mut Fold, later: &mut Points, columns: &[ArrayRef]) -> Result<(), Failure> {
        let (buckets, descriptors) = (columns[self.buckets].as_string_view(), columns[self.descriptors].as_string_view());
        let series = columns[self.series].as_primitive::<UInt64Type>();
        let start = crate::cells::int64(&columns[self.start]);
        let number = |column: usize, row: usize| {
            let numbers = columns[column].as_primitive::<Float64Type>();
            numbers.is_valid(row).then(|| numbers.value(row))
        };
        let weights = self.weight.map(|weight| columns[weight].as_primitive::<Float64Type>().values());
        let (times, seqs) = (times(&columns[self.time]), crate::cells::int64(&columns[self.seq]).values());
        // Few texts say what the metrics of many rows are.
        let mut known: HashMap<&str, Option<Temporality>> = HashMap::new();
        let (mut now, mut kept) = (Entries::default(), Vec::new());
        let reach = histogram::reach(self.window);
        for row in (0..buckets.len()).filter(|row| buckets.is_valid(*row) && descriptors.is_valid(*row)) {
            let text = descriptors.value(row);
            let temporality = *known.entry(text).or_insert_with(|| temporality(text, &self.metric));
            let is_usable = match temporality {
                Some(Temporality::Delta) => self.window.contains(times[row]),
                Some(Temporality::Cumulative) => series.is_valid(row) && reach.contains(times[row]),
                None => false,
            };
            let Some(value) = is_usable.then(|| Buckets::read(buckets.value(row))).flatten() else { continue };
            let [count, sum, min, max] = [self.count, self.sum, self.min, self.max].map(|column| number(column, row));
            let value = Histogram { count: count.unwrap_or_else(|| value.count()), buckets: value, sum, min, max };
            let weight = weights.map_or(1.0, |weights| weights[row]);
            if temporality == Some(Temporality::Delta) {
                now.add(row as u32, &value, weight);
                continue;
            }
            let stream = (series.value(row), start.is_valid(row).then(|| start.value(row)));
            later.bytes += value.buckets.heap_bytes() + size_of::<Point>();
            let (batch, key) = (later.keys.len(), kept.len() as u32);
            later.points.push(Point { stream, time_ns: times[row], seq: seqs[row], batch, row: key, weight, value });
            kept.push(row as u32);
        }
        let keys: Vec<ArrayRef> = fold.keys().iter().map(|key| columns[*key].clone()).collect();
        if !kept.is_empty() {
            let rows = UInt32Array::from(kept);
            // Their own copies of texts: views would keep all of the batch's.
            let own = |key: ArrayRef| key.as_string_view_opt().map(|texts| Arc::new(texts.gc()) as ArrayRef).unwrap_or(key);
            let taken = keys.iter().map(|key| Ok(own(take(key, &rows, None)?))).collect::<Result<Vec<ArrayRef>, Failure>>()?;
            later.bytes += taken.iter().map(|key| key.get_array_memory_size()).sum::<usize>();
            later.keys.push(taken);
        }
        now.fold(of, fold, &keys)
    }
}

// === impl Points ===

impl Points {
    /// About the bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds those of another worker.
    pub(crate) fn append(&mut self, other: Self) {
        let batches = self.keys.len();
        self.keys.extend(other.keys);
        self.points.extend(other.points.into_iter().map(|point| Point { batch: point.batch + batches, ..point }));
        self.bytes += other.bytes;
    }

    /// Folds what each point in `window` adds, now that all since `known_ns` are there, as that of histogram `of`.
    pub(crate) fn fold(mut self, of: usize, window: Window, known_ns: i64, fold: &mut Fold, control: &Control) -> Result<(), Failure> {
        self.points.sort_unstable_by_key(|point| (point.stream, point.time_ns, point.seq));
        let mut entries: Vec<Entries> = self.keys.iter().map(|_| Entries::default()).collect();
        for stream in self.points.chunk_by(|left, right| left.stream == right.stream) {
            control.is_wanted()?;
            let mut before: Option<&Point> = None;
            for point in stream {
                let before = before.replace(point);
                if !window.contains(point.time_ns) {
                    continue;
                }
                let entries = &mut entries[point.batch];
                match before {
                    Some(before) => match point.value.increase(&before.value) {
                        Some(increase) => entries.add(point.row, &increase, point.weight),
                        None => entries.add(point.row, &point.value, point.weight),
                    },
                    None if point.stream.1.is_some_and(|start| start >= known_ns) => {
                        entries.add(point.row, &point.value, point.weight);
                    }
                    None => {}
                }
                if entries.values >= VALUES_AT_ONCE {
                    std::mem::take(entries).fold(of, fold, &self.keys[point.batch])?;
                }
            }
        }
        for (entries, keys) in entries.into_iter().zip(&self.keys) {
            entries.fold(of, fold, keys)?;
        }
        Ok(())
    }
}

// === impl Entries ===

impl Entries {
    fn add(&mut self, row: u32, added: &Histogram, weight: f64) {
        if added.count <= 0.0 {
            return;
        }
        self.rows.push(row);
        let ranges = added.ranges();
        self.values += ranges.len();
        self.ranges.append(ranges.into_iter().map(|range| Range { weight: range.weight * weight, ..range }));
        self.sums.append_option(added.sum.map(|sum| sum * weight));
        self.summed.append_option(added.sum.map(|_| added.count * weight));
        self.counts.append_value(added.count * weight);
    }

    fn fold(self, of: usize, fold: &mut Fold, keys: &[ArrayRef]) -> Result<(), Failure> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = UInt32Array::from(self.rows);
        let keys = keys.iter().map(|key| Ok(take(key, &rows, None)?)).collect::<Result<Vec<ArrayRef>, Failure>>()?;
        let totals = [self.sums, self.summed, self.counts].map(|mut numbers| Arc::new(numbers.finish()) as ArrayRef);
        Ok(fold.push_increases(&keys, of, &Increases { ranges: self.ranges.finish(), totals })?)
    }
}
