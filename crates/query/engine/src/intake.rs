//! Between scan and fold: events that other spans decide about, and events that count for longer than a moment.

use crate::column::{Names, Resolved};
use crate::error::Failure;
use crate::fold::{Aggregate, Fold, Part};
use crate::histogram::{HistogramColumns, Points};
use crate::related::{Ids, Key, Related};
use crate::scan::{Output, Outputs, filtered, times};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, UInt32Array};
use arrow_buffer::BooleanBuffer;
use arrow_select::take::take;
use glasshive_model::names::DURATION_MS;
use glasshive_query_plan::calculation::end_ns;
use glasshive_query_plan::{Column, Grid, Window};
use std::sync::Arc;

/// Hands batches of a scan to a fold.
#[derive(Clone, Default)]
pub(crate) struct Intake {
    related: Option<(Arc<Related>, Ids)>,
    /// Columns of the scan that are other spans' and are filled in here.
    keys: Vec<(usize, Key)>,
    progress: Option<Progress>,
    histograms: Vec<HistogramColumns>,
}

/// Where to find what `CONCURRENCY` is calculated from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    time: usize,
    duration: usize,
    weight: Option<usize>,
    /// The column of steps, where there are steps.
    step: Option<usize>,
    grid: Grid,
}

impl Progress {
    /// Adds what it needs to the columns of a scan. `step` is the column of the steps, if groups are told apart by step.
    pub(crate) fn new(outputs: &mut Outputs, names: Names<'_>, weight: Option<usize>, step: Option<usize>, grid: Grid) -> Self {
        let time = outputs.add(Output::Time);
        let column = outputs.column(Resolved::new(&Column::exact(DURATION_MS), names));
        let duration = outputs.add(Output::Numbers(column));
        Self { time, duration, weight, step, grid }
    }
}

impl Intake {
    /// `outputs` are the columns of the scan.
    pub(crate) fn new(
        outputs: &mut Outputs,
        related: Option<Arc<Related>>,
        progress: Option<Progress>,
        histograms: &[HistogramColumns],
    ) -> Self {
        let related = related.map(|related| (related, Ids::of(outputs)));
        let key = |(index, output): (usize, &Output)| match output {
            Output::Related(key) => Some((index, *key)),
            _ => None,
        };
        let keys = outputs.outputs.iter().enumerate().filter_map(key).collect();
        Self { related, keys, progress, histograms: histograms.to_vec() }
    }

    /// What is kept of the points of each histogram: nothing yet.
    pub(crate) fn points(&self) -> Vec<Points> {
        self.histograms.iter().map(|_| Points::default()).collect()
    }

    /// The events of a batch that other spans leave, with what these have filled in.
    pub(crate) fn columns(&self, columns: Vec<ArrayRef>) -> Result<Vec<ArrayRef>, Failure> {
        let Some((related, ids)) = &self.related else { return Ok(columns) };
        let mut columns = filtered(&columns, related.mask(&columns, *ids))?;
        for (index, key) in &self.keys {
            columns[*index] = related.keys(*key, &columns, *ids);
        }
        Ok(columns)
    }

    /// Takes a batch in. Points of histograms that must wait for others go to `later`.
    pub(crate) fn push(&self, fold: &mut Fold, later: &mut [Points], columns: Vec<ArrayRef>) -> Result<(), Failure> {
        let mut columns = self.columns(columns)?;
        if let Some(progress) = &self.progress {
            progress.push(fold, &columns)?;
        }
        for (of, (histogram, later)) in self.histograms.iter().zip(later).enumerate() {
            histogram.push(of, fold, later, &columns)?;
        }
        // Of what lies before the question's time, these alone want to know.
        let progress = self.progress.as_ref().map(|progress| (progress.time, progress.grid.window));
        if let Some((time, window)) = progress.or_else(|| self.histograms.first().map(HistogramColumns::times)) {
            let times = times(&columns[time]);
            let mask = BooleanBuffer::collect_bool(times.len(), |row| window.contains(times[row]));
            match mask.count_set_bits() {
                0 => return Ok(()),
                rows if rows == times.len() => {}
                _ => columns = filtered(&columns, mask)?,
            }
        }
        Ok(fold.push(&columns)?)
    }
}

/// What events in progress add to steps: one entry per step in which one begins or ends, so that long ones cost no more.
#[derive(Default)]
struct Entries {
    rows: Vec<u32>,
    steps: Vec<i64>,
    /// In the order of [`Part::ALL`].
    parts: [Vec<f64>; Part::ALL.len()],
}

impl Entries {
    fn add(&mut self, row: usize, step: usize, parts: [f64; Part::ALL.len()]) {
        self.rows.push(row as u32);
        self.steps.push(step as i64);
        self.parts.iter_mut().zip(parts).for_each(|(all, part)| all.push(part));
    }
}

impl Progress {
    fn push(&self, fold: &mut Fold, columns: &[ArrayRef]) -> Result<(), Failure> {
        let durations = columns[self.duration].as_primitive::<Float64Type>();
        let weights = self.weight.map(|weight| columns[weight].as_primitive::<Float64Type>().values());
        let mut entries = Entries::default();
        for (row, time_ns) in times(&columns[self.time]).iter().enumerate().filter(|(row, _)| durations.is_valid(*row)) {
            if let Some(end_ns) = end_ns(*time_ns, durations.value(row)) {
                let weight = weights.map_or(1.0, |weights| weights[row]);
                self.enter(&mut entries, row, Window { start_ns: *time_ns, end_ns }, weight);
            }
        }
        if entries.rows.is_empty() {
            return Ok(());
        }
        let rows = UInt32Array::from(entries.rows);
        let mut keys = Vec::new();
        for index in fold.keys() {
            keys.push(if self.step == Some(*index) {
                Arc::new(Int64Array::from(entries.steps.clone())) as ArrayRef
            } else {
                take(&columns[*index], &rows, None)?
            });
        }
        let parts = entries.parts.map(|part| Arc::new(Float64Array::from(part)) as ArrayRef);
        Ok(fold.push_parts(&keys, &parts)?)
    }

    fn enter(&self, entries: &mut Entries, row: usize, event: Window, weight: f64) {
        let window = self.grid.window;
        let overlap = event.overlap_ns(window) as f64 * weight;
        let (start_ns, last_ns) = (event.start_ns.max(window.start_ns), event.end_ns.min(window.end_ns).saturating_sub(1));
        let (Some(first), Some(last)) = (self.grid.index(start_ns), self.grid.index(last_ns)) else { return };
        let within = |step: usize| event.overlap_ns(self.grid.part(step)) as f64 * weight;
        if self.step.is_none() || first == last {
            entries.add(row, first, [overlap, overlap, 0.0, 0.0]);
            return;
        }
        let has_whole = last > first + 1;
        let (whole, count) = if has_whole { (weight, 1.0) } else { (0.0, 0.0) };
        entries.add(row, first, [overlap, within(first), 0.0, 0.0]);
        entries.add(row, last, [0.0, within(last), -whole, -count]);
        if has_whole {
            entries.add(row, first + 1, [0.0, 0.0, whole, count]);
        }
    }
}

/// All parts, as aggregates.
pub(crate) fn part_aggregates() -> [Aggregate; Part::ALL.len()] {
    Part::ALL.map(Aggregate::Progress)
}
