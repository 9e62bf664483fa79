//! What points of a metric's histograms add, looked at one by one.

use crate::histogram::{self, Buckets, Histogram, Range, Temporality};
use crate::time::Window;
use glasshive_model::shown::ShownRow;
use glasshive_model::{Value, names};
use std::collections::BTreeMap;

/// What the point of one row adds.
#[derive(Debug, Clone)]
pub(super) struct Added {
    /// Weighted.
    pub ranges: Vec<Range>,
    /// Weighted number of values, if there are any.
    pub count: Option<f64>,
    /// Weighted sum and number of values, where the sum is known.
    pub totals: Option<(f64, f64)>,
}

/// What rows add, by `seq`.
pub(super) type AddedByRow = BTreeMap<i64, Added>;

/// A series, and since when it counts.
type Stream = (String, Option<i64>);

/// What each of a question's rows adds of a metric. `rows` are those of [`histogram::reach`].
pub(super) fn added(metric: &str, rows: &[&ShownRow], window: Window) -> AddedByRow {
    let mut all = AddedByRow::new();
    let mut streams: BTreeMap<Stream, Vec<(&ShownRow, Histogram)>> = BTreeMap::new();
    for row in rows {
        let Some((temporality, histogram)) = read(metric, row) else { continue };
        match (temporality, row.get(names::METRIC_SERIES)) {
            (Temporality::Delta, _) => all.extend([(row.seq, of(row, &histogram))]),
            (Temporality::Cumulative, Some(Value::Str(series))) => {
                let start = match row.get(names::METRIC_START_TIME_NS) {
                    Some(Value::Int(start)) => Some(*start),
                    _ => None,
                };
                streams.entry((series.clone(), start)).or_default().push((row, histogram));
            }
            (Temporality::Cumulative, _) => {}
        }
    }
    for ((_, start), mut points) in streams {
        points.sort_by_key(|(row, _)| (row.time_ns, row.seq));
        for (index, (row, histogram)) in points.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &points[before].1);
            let added = match before {
                None if start.is_none_or(|start| start < histogram::reach(window).start_ns) => continue,
                None => histogram.clone(),
                Some(before) => histogram.increase(before).unwrap_or_else(|| histogram.clone()),
            };
            all.insert(row.seq, of(row, &added));
        }
    }
    all
}

fn read(metric: &str, row: &ShownRow) -> Option<(Temporality, Histogram)> {
    let json = |name: &str| match row.get(name) {
        Some(Value::Json(text)) => Some(text.as_str()),
        _ => None,
    };
    let number = |suffix: &str| match row.get(&format!("{metric}{suffix}")) {
        Some(Value::Int(number)) => Some(*number as f64),
        Some(Value::Float(number)) if !number.is_nan() => Some(*number),
        _ => None,
    };
    let buckets = Buckets::read(json(&format!("{metric}{}", histogram::SUFFIX))?)?;
    let temporality = histogram::temporality(json(names::METRIC_DESCRIPTORS)?, metric)?;
    let count = number(".count").unwrap_or_else(|| buckets.count());
    Some((temporality, Histogram { count, buckets, sum: number(".sum"), min: number(".min"), max: number(".max") }))
}

fn of(row: &ShownRow, histogram: &Histogram) -> Added {
    let weight = super::weight(row);
    if histogram.count <= 0.0 {
        return Added { ranges: Vec::new(), count: None, totals: None };
    }
    let ranges = histogram.ranges().into_iter().map(|range| Range { weight: range.weight * weight, ..range }).collect();
    let count = histogram.count * weight;
    Added { ranges, count: Some(count), totals: histogram.sum.map(|sum| (sum * weight, count)) }
}

/// The quantile by bisection of the weight that lies below a number; 0 of nothing.
pub(super) fn quantile(ranges: &[Range], quantile: f64) -> f64 {
    let below = |at: f64| -> f64 {
        let share = |range: &Range| match range.upper - range.lower {
            0.0 => f64::from(u8::from(range.lower <= at)),
            width => ((at - range.lower) / width).clamp(0.0, 1.0),
        };
        ranges.iter().map(|range| range.weight * share(range)).sum()
    };
    let target = crate::lhist::rank_target(ranges.iter().map(|range| range.weight).sum(), quantile);
    let Some((mut low, mut high)) = histogram::extremes(ranges) else { return 0.0 };
    if below(low) >= target {
        return low;
    }
    for _ in 0..80 {
        let middle = low + (high - low) / 2.0;
        if below(middle) >= target { high = middle } else { low = middle }
    }
    high
}
