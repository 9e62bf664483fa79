//! From a plan's calculations to what is scanned and folded for them, and from states back to their values.

use crate::cells::KeyForm;
use crate::column::{Names, Resolved};
use crate::fold::distribution::{Buckets, place_of_number};
use crate::fold::{Aggregate, Part, Total, distinct, ranges};
use crate::histogram::HistogramColumns;
use crate::intake::{Progress, part_aggregates};
use crate::related::Key;
use crate::scan::{Output, Outputs};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, UInt8Type};
use arrow_array::{Array, ArrayRef};
use glasshive_query_plan::heatmap::{HeatmapRows, Scale};
use glasshive_query_plan::{Calculation, Grid, Measure, Note, NoteKind, Op, Plan, histogram, lhist};
use std::collections::HashMap;
use std::sync::Arc;

/// The columns to scan, the aggregates to fold, and how each calculation is read from them.
pub(crate) struct Measures {
    pub outputs: Outputs,
    pub aggregates: Vec<Aggregate>,
    readings: Vec<Reading>,
    weight: Option<usize>,
    /// Of `CONCURRENCY`, set by [`Measures::keys`].
    pub progress: Option<Progress>,
    /// The metrics whose histograms are looked at.
    pub histograms: Vec<HistogramColumns>,
}

/// A group's part of `CONCURRENCY` in one step.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct InStep {
    /// Weighted ns of events that begin or end in it.
    pub part: f64,
    /// By how much the weight of the events that fill whole steps changes here, and their number.
    pub whole: f64,
    pub count: f64,
}

/// How one calculation is read from the aggregates, by index.
#[derive(Debug, Clone)]
enum Reading {
    Count(usize),
    /// Of a number that is whole but for its weight.
    Whole(usize),
    Number(usize),
    /// A column has none.
    Nothing,
    Average {
        sum: usize,
        weight: usize,
    },
    Distinct(usize),
    Quantile {
        distribution: usize,
        quantile: f64,
        integers: bool,
    },
    Heatmap {
        distribution: usize,
        rows: Option<Arc<HeatmapRows>>,
    },
    /// Index of the first of [`part_aggregates`], and the length of the window in ns.
    Concurrency {
        parts: usize,
        window_ns: f64,
    },
    /// The value of a step; what it is of steps is calculated from those.
    Rate(Box<Reading>),
    /// Of ranges of values.
    RangesQuantile {
        ranges: usize,
        quantile: f64,
    },
    /// The lowest or highest edge of ranges.
    RangesEnd {
        ranges: usize,
        is_highest: bool,
    },
    RangesHeatmap {
        ranges: usize,
        metric: String,
        rows: Option<Arc<HeatmapRows>>,
    },
}

/// Rows of heatmaps that are known, by column.
pub(crate) type KnownRows = HashMap<String, Arc<HeatmapRows>>;

impl Measures {
    /// `is_weighted` says whether some weight is not 1. Heatmaps on a linear scale need their rows known beforehand.
    pub(crate) fn new(calculations: &[Calculation], grid: Grid, names: Names<'_>, is_weighted: bool, known: &KnownRows) -> Self {
        let mut outputs = Outputs::default();
        let weight = is_weighted.then(|| outputs.add(Output::Weight));
        let mut measures = Self { outputs, aggregates: Vec::new(), readings: Vec::new(), weight, progress: None, histograms: Vec::new() };
        for calculation in calculations {
            let reading = match calculation.op.rate_of() {
                Some(op) => Reading::Rate(Box::new(measures.reading(&Calculation { op, ..calculation.clone() }, grid, names, known))),
                None => measures.reading(calculation, grid, names, known),
            };
            measures.readings.push(reading);
        }
        measures
    }

    fn reading(&mut self, calculation: &Calculation, grid: Grid, names: Names<'_>, known: &KnownRows) -> Reading {
        let weight = self.weight;
        if calculation.op == Op::Concurrency {
            let parts = part_aggregates().map(|part| self.aggregate(part));
            return Reading::Concurrency { parts: parts[0], window_ns: grid.window.length_ns() as f64 };
        }
        let Some(column) = &calculation.column else {
            return Reading::Count(self.aggregate(Aggregate::Weight { value: None, weight }));
        };
        if let Some(metric) = names.histogram(column).filter(|_| calculation.op.is_numeric()) {
            return self.of_histogram(calculation.op, metric, grid, names);
        }
        let resolved = Resolved::new(column, names);
        let integers = resolved.holds_only_integers();
        let index = self.outputs.column(resolved);
        match calculation.op {
            Op::Count => {
                let value = Some(self.outputs.add(Output::Counted(index)));
                return Reading::Count(self.aggregate(Aggregate::Weight { value, weight }));
            }
            Op::CountDistinct => {
                let value = self.outputs.add(Output::Hashes(index));
                return Reading::Distinct(self.aggregate(Aggregate::Distinct { value }));
            }
            _ => {}
        }
        let value = self.outputs.add(Output::Numbers(index));
        match calculation.op {
            Op::Min => Reading::Number(self.aggregate(Aggregate::Min { value })),
            Op::Max => Reading::Number(self.aggregate(Aggregate::Max { value })),
            Op::Avg => Reading::Average {
                sum: self.aggregate(Aggregate::Sum { value, weight }),
                weight: self.aggregate(Aggregate::Weight { value: Some(value), weight }),
            },
            Op::Percentile(percentile) => Reading::Quantile {
                distribution: self.aggregate(Aggregate::Distribution { value, weight, buckets: Buckets::Lhist }),
                quantile: percentile.quantile(),
                integers,
            },
            Op::Heatmap => {
                let rows = known.get(&column.to_string()).cloned();
                let buckets = match &rows {
                    Some(rows) if rows.scale == Scale::Linear => Buckets::Places(rows.clone()),
                    _ => Buckets::Lhist,
                };
                Reading::Heatmap { distribution: self.aggregate(Aggregate::Distribution { value, weight, buckets }), rows }
            }
            Op::HistogramCount => Reading::Nothing,
            _ => Reading::Number(self.aggregate(Aggregate::Sum { value, weight })),
        }
    }

    /// A calculation over the values that a metric's histograms stand for.
    fn of_histogram(&mut self, op: Op, metric: String, grid: Grid, names: Names<'_>) -> Reading {
        let found = self.histograms.iter().position(|known| known.metric == metric);
        let of = found.unwrap_or_else(|| {
            self.histograms.push(HistogramColumns::new(metric.clone(), &mut self.outputs, names, self.weight, grid.window));
            self.histograms.len() - 1
        });
        let sum = Aggregate::Increase(of, Total::Sum);
        match op {
            Op::Avg => Reading::Average { sum: self.aggregate(sum), weight: self.aggregate(Aggregate::Increase(of, Total::Summed)) },
            Op::HistogramCount => Reading::Whole(self.aggregate(Aggregate::Increase(of, Total::Count))),
            Op::Min | Op::Max => Reading::RangesEnd { ranges: self.aggregate(Aggregate::Ranges(of)), is_highest: op == Op::Max },
            Op::Percentile(percentile) => {
                Reading::RangesQuantile { ranges: self.aggregate(Aggregate::Ranges(of)), quantile: percentile.quantile() }
            }
            Op::Heatmap => Reading::RangesHeatmap { ranges: self.aggregate(Aggregate::Ranges(of)), metric, rows: None },
            _ => Reading::Number(self.aggregate(sum)),
        }
    }

    fn aggregate(&mut self, aggregate: Aggregate) -> usize {
        let found = self.aggregates.iter().position(|known| *known == aggregate);
        found.unwrap_or_else(|| {
            self.aggregates.push(aggregate);
            self.aggregates.len() - 1
        })
    }

    /// The outputs that group: the step or a constant, then a plan's breakdowns.
    pub(crate) fn keys(
        &mut self,
        plan: &Plan,
        with_steps: bool,
        names: Names<'_>,
        others: &[Option<Key>],
        has_overflow: impl Fn(&Resolved) -> bool,
    ) -> (Vec<usize>, Vec<KeyForm>) {
        let with_steps = with_steps || self.has_rates();
        let first = self.outputs.add(if with_steps { Output::Step(plan.grid()) } else { Output::One });
        let mut keys = vec![first];
        let mut forms = Vec::new();
        if self.readings.iter().any(|reading| matches!(reading, Reading::Concurrency { .. })) {
            let step = with_steps.then_some(first);
            self.progress = Some(Progress::new(&mut self.outputs, names, self.weight, step, plan.grid()));
        }
        for (index, column) in plan.breakdowns.iter().enumerate() {
            if let Some(key) = others.get(index).copied().flatten() {
                keys.push(self.outputs.add(Output::Related(key)));
                forms.push(KeyForm::Tagged);
                continue;
            }
            let resolved = Resolved::new(column, names);
            let form = KeyForm::of(&resolved, has_overflow(&resolved));
            let index = self.outputs.column(resolved);
            keys.push(self.outputs.add(Output::Key(index, form)));
            forms.push(form);
        }
        (keys, forms)
    }

    /// Chooses the rows of the log heatmaps that have none yet from the states of the total. Returns the columns whose values fit
    /// no log scale, with the linear rows to count again with.
    pub(crate) fn choose_rows(&mut self, plan: &Plan, total: &[Vec<ArrayRef>]) -> KnownRows {
        let mut again = KnownRows::new();
        for (calculation, reading) in plan.calculations.iter().zip(&mut self.readings) {
            if let Reading::RangesHeatmap { ranges: aggregate, metric, rows: rows @ None } = reading {
                let state = &total[*aggregate];
                let values = if state[0].is_empty() { Vec::new() } else { ranges::ranges(state, 0) };
                *rows = Some(Arc::new(HeatmapRows::choose(metric, &histogram::distribution(&values))));
                continue;
            }
            let (Reading::Heatmap { distribution, rows: rows @ None }, Some(column)) = (reading, &calculation.column) else { continue };
            let state = &total[*distribution];
            let buckets = if state[0].is_empty() { Vec::new() } else { buckets(state, 0) };
            let has_values = !buckets.is_empty();
            let values: lhist::Lhist = buckets.into_iter().collect();
            let chosen = Arc::new(HeatmapRows::choose(&column.name, &values));
            if chosen.scale == Scale::Linear && has_values {
                again.insert(column.to_string(), chosen.clone());
            }
            *rows = Some(chosen);
        }
        again
    }

    /// The rows of each calculation's heatmap.
    pub(crate) fn heatmap_rows(&self) -> Vec<Option<HeatmapRows>> {
        let rows = |reading: &Reading| match reading {
            Reading::Heatmap { rows, .. } | Reading::RangesHeatmap { rows, .. } => rows.as_deref().cloned(),
            _ => None,
        };
        self.readings.iter().map(rows).collect()
    }

    /// Whether any calculation is a change from step to step.
    pub(crate) fn has_rates(&self) -> bool {
        (0..self.readings.len()).any(|calculation| self.is_rate(calculation))
    }

    /// Whether a calculation is a change from step to step.
    pub(crate) fn is_rate(&self, calculation: usize) -> bool {
        matches!(self.readings[calculation], Reading::Rate(_))
    }

    /// What a row of states says about a calculation in one step; `None` unless it is `CONCURRENCY`.
    pub(crate) fn in_step(&self, calculation: usize, states: &[Vec<ArrayRef>], row: usize) -> Option<InStep> {
        let Reading::Concurrency { parts, .. } = self.readings[calculation] else { return None };
        let part = |part: Part| number(&states[parts + part as usize], row).unwrap_or(0.0);
        Some(InStep { part: part(Part::Step), whole: part(Part::Whole), count: part(Part::Count) })
    }

    /// Whether any calculation is `CONCURRENCY`.
    pub(crate) fn concurrency(&self) -> Option<usize> {
        self.readings.iter().position(|reading| matches!(reading, Reading::Concurrency { .. }))
    }

    /// A calculation's value in one row of states: over all that the row stands for, and of a change from step to step the
    /// value that changes.
    pub(crate) fn value(&self, calculation: usize, states: &[Vec<ArrayRef>], row: usize) -> Measure {
        self.read(&self.readings[calculation], states, row)
    }

    fn read(&self, reading: &Reading, states: &[Vec<ArrayRef>], row: usize) -> Measure {
        match reading {
            Reading::Rate(reading) => self.read(reading, states, row),
            Reading::Concurrency { parts, window_ns } => {
                Measure::Float(number(&states[*parts + Part::Window as usize], row).unwrap_or(0.0) / window_ns)
            }
            Reading::Count(aggregate) => Measure::Int(number(&states[*aggregate], row).unwrap_or(0.0).round() as i64),
            Reading::Whole(aggregate) => number(&states[*aggregate], row).map_or(Measure::Null, |count| Measure::Int(count.round() as i64)),
            Reading::Nothing => Measure::Null,
            Reading::Number(aggregate) => number(&states[*aggregate], row).map_or(Measure::Null, Measure::Float),
            Reading::Average { sum, weight } => match (number(&states[*sum], row), number(&states[*weight], row)) {
                (Some(sum), Some(weight)) if weight > 0.0 => Measure::Float(sum / weight),
                _ => Measure::Null,
            },
            Reading::Distinct(aggregate) => {
                let state = &states[*aggregate];
                let hashes = usize::try_from(state[0].as_list::<i32>().value_length(row)).unwrap_or(0);
                let estimate = distinct::estimate(hashes, state[1].as_primitive::<UInt8Type>().value(row));
                if hashes == 0 { Measure::Null } else { Measure::Int(estimate.round() as i64) }
            }
            Reading::Quantile { distribution, quantile, integers } => {
                let buckets = buckets(&states[*distribution], row);
                let bucket = lhist::quantile_bucket(buckets.into_iter(), *quantile);
                let representative = if *integers { lhist::integer_representative } else { lhist::representative };
                bucket.map_or(Measure::Null, |bucket| Measure::Float(representative(bucket)))
            }
            Reading::Heatmap { distribution, rows } => {
                let buckets = buckets(&states[*distribution], row);
                let Some(rows) = rows else { return Measure::Null };
                let mut counts = rows.zero_counts();
                for (bucket, weight) in buckets {
                    let place = if rows.scale == Scale::Log { rows.place_of_bucket(bucket) } else { Some(place_of_number(bucket)) };
                    if let Some(place) = place {
                        counts.add(place, weight);
                    }
                }
                Measure::Heatmap(counts)
            }
            Reading::RangesQuantile { ranges, quantile } => {
                histogram::quantile(&ranges::ranges(&states[*ranges], row), *quantile).map_or(Measure::Null, Measure::Float)
            }
            Reading::RangesEnd { ranges, is_highest } => match histogram::extremes(&ranges::ranges(&states[*ranges], row)) {
                Some((least, greatest)) => Measure::Float(if *is_highest { greatest } else { least }),
                None => Measure::Null,
            },
            Reading::RangesHeatmap { ranges, rows, .. } => {
                let Some(rows) = rows else { return Measure::Null };
                let mut counts = rows.zero_counts();
                for range in ranges::ranges(&states[*ranges], row) {
                    histogram::add_to_rows(rows, range, &mut counts);
                }
                Measure::Heatmap(counts)
            }
        }
    }

    /// A remark on each percentile of a metric's histograms that may be far off, because the sender's buckets are that wide there.
    pub(crate) fn coarse(&self, calculations: &[Calculation], states: &[Vec<ArrayRef>]) -> Vec<Note> {
        let of_one = |(reading, calculation): (&Reading, &Calculation)| {
            let Reading::RangesQuantile { ranges, quantile } = reading else { return None };
            let ranges = ranges::ranges(states.get(*ranges).filter(|state| !state[0].is_empty())?, 0);
            let range = histogram::around(&ranges, histogram::quantile(&ranges, *quantile)?).filter(histogram::Range::is_coarse)?;
            let text = format!(
                "{} is a guess between {} and {}: the sender's buckets tell no more; ones that fit the metric's unit would",
                calculation.label(),
                short(range.lower),
                short(range.upper)
            );
            Some(Note::new(NoteKind::Estimated, text))
        };
        self.readings.iter().zip(calculations).filter_map(of_one).collect()
    }

    /// The calculations' values where there was no event.
    pub(crate) fn of_nothing(&self) -> Vec<Measure> {
        let nothing = |reading: &Reading| match reading {
            Reading::Count(_) => Measure::Int(0),
            Reading::Concurrency { .. } => Measure::Float(0.0),
            Reading::Heatmap { rows: Some(rows), .. } | Reading::RangesHeatmap { rows: Some(rows), .. } => {
                Measure::Heatmap(rows.zero_counts())
            }
            _ => Measure::Null,
        };
        self.readings.iter().map(nothing).collect()
    }

    /// All calculations' values in one row of states.
    pub(crate) fn values(&self, states: &[Vec<ArrayRef>], row: usize) -> Vec<Measure> {
        (0..self.readings.len()).map(|calculation| self.value(calculation, states, row)).collect()
    }
}

/// A number to three digits, as a sentence has it.
fn short(number: f64) -> String {
    let scale = 10_f64.powf(2.0 - number.abs().log10().floor());
    // Neither of nothing nor of numbers at the ends of the range.
    if number == 0.0 || !scale.is_normal() { number.to_string() } else { ((number * scale).round() / scale).to_string() }
}

fn number(state: &[ArrayRef], row: usize) -> Option<f64> {
    let numbers = state[0].as_primitive::<Float64Type>();
    numbers.is_valid(row).then(|| numbers.value(row))
}

/// One row of a distribution's state: buckets in ascending order, and their weights.
fn buckets(state: &[ArrayRef], row: usize) -> Vec<(i32, f64)> {
    let (buckets, weights) = (state[0].as_list::<i32>().value(row), state[1].as_list::<i32>().value(row));
    let (buckets, weights) = (buckets.as_primitive::<Int32Type>(), weights.as_primitive::<Float64Type>());
    buckets.values().iter().copied().zip(weights.values().iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits() {
        for (number, expected) in
            [(0.0, "0"), (12.345, "12.3"), (-0.001_234_5, "-0.00123"), (98_765.0, "98800"), (f64::INFINITY, "inf"), (f64::NAN, "NaN")]
        {
            assert_eq!(short(number), expected);
        }
        assert!(short(f64::from_bits(1)).starts_with("0.000"));
    }
}
