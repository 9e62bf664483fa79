//! How the rows of a heatmap are chosen, and what is counted in them.
//!
//! Rows are chosen once per query from the distribution of the whole window, so that every group and step shares them. The
//! distribution is an [`Lhist`]; only its buckets are looked at, so whoever counts the same values chooses the same rows.
//!
//! **Log** (columns of time or size, by name): rows of one ratio between 1-2-5 numbers, from the one below P0.1 of the positive
//! values to the one above the greatest value, so that outliers are never cut. Every edge is moved to the nearest edge of an
//! `lhist` bucket (at most 0.8 %), so counts are exact for [`HeatmapRows::edges`] whether they come from values or from
//! buckets. Values up to zero have a row of their own (`zero`), positive ones below the range too (`under`).
//!
//! **Linear** (all others): rows of one 1-2-5 height from zero (or, where all values lie far from zero, from P0.1) to the
//! greatest value; when that is beyond 20 x P99.9, to P99.9, and `over` holds the rest.
//!
//! Either way about fifty rows, never more than 63; infinities are counted in `over` and, negative, in `under` or `zero`.

use crate::lhist::{self, Lhist};
use serde::{Deserialize, Serialize};

/// The rows of a heatmap. Row `i` covers `edges[i] <= value < edges[i + 1]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeatmapRows {
    /// How rows follow each other.
    pub scale: Scale,
    /// The lower edge of row 0.
    pub lower: f64,
    /// Linear: height of a row. Log: the ratio of a row's edges, before they were moved to bucket edges.
    pub step: f64,
    /// The edges, ascending, one more than rows; empty when there was no value.
    pub edges: Vec<f64>,
}

/// How rows follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal heights.
    Linear,
    /// Equal ratios.
    Log,
}

/// What was counted: Σw of one group, in one step or over the whole window.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HeatmapCounts {
    /// Below row 0; on a log scale, of the positive values only.
    pub under: f64,
    /// On a log scale, values up to zero; 0 on a linear one.
    pub zero: f64,
    /// At or above the last edge.
    pub over: f64,
    /// Per row.
    pub counts: Vec<f64>,
}

/// Where a value falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Below row 0.
    Under,
    /// Up to zero, on a log scale.
    Zero,
    /// In this row.
    Row(usize),
    /// At or above the last edge.
    Over,
}

/// Ends of column names that are measured in time or bytes.
const LOG_ENDINGS: [&str; 7] = ["_ms", "_ns", "_us", "_s", "duration", "bytes", "size"];
/// How many rows are aimed at on a linear scale.
const LINEAR_ROWS: f64 = 50.0;
/// How many rows a log scale may have.
const LOG_ROWS: f64 = 60.0;
/// Rows per factor of ten that a log scale may have, finest first. 100 is just above the width of a bucket.
const ROWS_PER_DECADE: [f64; 12] = [100.0, 50.0, 30.0, 20.0, 10.0, 5.0, 3.0, 2.0, 1.0, 0.5, 0.2, 0.09];
/// A linear scale ends at P99.9 when the greatest value is this many times it.
const OUTLIER_FACTOR: f64 = 20.0;

// === impl Scale ===

impl Scale {
    /// The scale for a column of this name: log when it is measured in time or bytes.
    pub fn of_column(name: &str) -> Self {
        if LOG_ENDINGS.iter().any(|ending| name.ends_with(ending)) { Scale::Log } else { Scale::Linear }
    }
}

// === impl HeatmapRows ===

impl HeatmapRows {
    /// The rows for a column whose values over the whole window, all groups together, are distributed so.
    pub fn choose(column: &str, values: &Lhist) -> Self {
        Self::with_scale(Scale::of_column(column), values)
    }

    /// The rows in this scale; linear when no value is positive and finite, and so nothing could be shown in log.
    pub fn with_scale(scale: Scale, values: &Lhist) -> Self {
        let finite = values.buckets().filter(|(bucket, _)| lhist::representative(*bucket).is_finite());
        match scale {
            Scale::Log => log_rows(finite.clone().filter(|(bucket, _)| *bucket > 0)).unwrap_or_else(|| linear_rows(finite)),
            Scale::Linear => linear_rows(finite),
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// Whether there are none: no value was finite.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a value falls; `None` for NaN.
    pub fn place(&self, value: f64) -> Option<Place> {
        if value.is_nan() {
            return None;
        }
        if self.scale == Scale::Log && value <= 0.0 {
            return Some(Place::Zero);
        }
        let below = self.edges.partition_point(|edge| *edge <= value);
        Some(match below {
            0 if self.edges.is_empty() && value > 0.0 => Place::Over,
            0 => Place::Under,
            _ if below == self.edges.len() => Place::Over,
            _ => Place::Row(below - 1),
        })
    }

    /// Where all values of an `lhist` bucket fall; only on a log scale do they all fall into one place.
    pub fn place_of_bucket(&self, bucket: i32) -> Option<Place> {
        if self.scale == Scale::Log { self.place(lhist::representative(bucket)) } else { None }
    }

    /// Nothing counted yet.
    pub fn zero_counts(&self) -> HeatmapCounts {
        HeatmapCounts { counts: vec![0.0; self.len()], ..HeatmapCounts::default() }
    }
}

impl HeatmapCounts {
    /// Counts weight at a place.
    pub fn add(&mut self, place: Place, weight: f64) {
        match place {
            Place::Under => self.under += weight,
            Place::Zero => self.zero += weight,
            Place::Over => self.over += weight,
            Place::Row(row) => self.counts[row] += weight,
        }
    }

    /// Everything counted, whatever the place.
    pub fn total(&self) -> f64 {
        self.under + self.zero + self.over + self.counts.iter().sum::<f64>()
    }
}

/// Rows for positive buckets; `None` when there are none.
fn log_rows(positive: impl Iterator<Item = (i32, f64)> + Clone) -> Option<HeatmapRows> {
    let low = lhist::quantile_bucket(positive.clone(), 0.001)?;
    let high = positive.map(|(bucket, _)| bucket).max()?;
    // Bucket 1 begins at zero, which has no logarithm.
    let lower = round_125(lhist::lower_edge(low.max(2)), false);
    let top = finite_upper_edge(high.max(2));
    let upper = lhist::lower_edge(lhist::bucket(round_125(top, true))?);
    let last = if upper < top { top } else { upper.min(finite_upper_edge(i32::MAX)) };
    let decades = last.log10() - lower.log10();
    let per_decade = ROWS_PER_DECADE.into_iter().find(|rows| decades * rows <= LOG_ROWS)?;
    let rows = (decades * per_decade - 1e-6).ceil() as usize;
    let mut edges = vec![lhist::lower_edge(lhist::bucket(lower)?)];
    for row in 1..rows {
        let edge = nearest_edge(10f64.powf(lower.log10() + row as f64 / per_decade));
        if edges.last().is_some_and(|before| *before < edge) && edge < last {
            edges.push(edge);
        }
    }
    edges.push(last);
    Some(HeatmapRows { scale: Scale::Log, lower: edges[0], step: 10f64.powf(1.0 / per_decade), edges })
}

/// The upper edge of a bucket, or the greatest edge below infinity: what is beyond that is counted in `over`.
fn finite_upper_edge(bucket: i32) -> f64 {
    const LAST: i32 = 0x7FF << 6;
    lhist::upper_edge(bucket.min(LAST - 1))
}

/// The edge of a bucket that is nearest to a positive number.
fn nearest_edge(number: f64) -> f64 {
    let Some(bucket) = lhist::bucket(number) else { return number };
    let (lower, upper) = (lhist::lower_edge(bucket), lhist::upper_edge(bucket));
    if number - lower <= upper - number { lower } else { upper }
}

/// Rows for finite buckets; without any there are no rows.
fn linear_rows(finite: impl Iterator<Item = (i32, f64)> + Clone) -> HeatmapRows {
    let rows = |lower, step, edges| HeatmapRows { scale: Scale::Linear, lower, step, edges };
    let bounds = || {
        let low = lhist::quantile_bucket(finite.clone(), 0.001)?;
        let common = lhist::quantile_bucket(finite.clone(), 0.999)?;
        Some((low, common, finite.clone().map(|(bucket, _)| bucket).max()?))
    };
    let Some((low, common, greatest)) = bounds() else { return rows(0.0, 1.0, Vec::new()) };
    let low = lhist::lower_edge(low);
    let greatest_end = lhist::upper_edge(greatest).min(f64::MAX);
    let common_end = lhist::upper_edge(common).min(f64::MAX);
    let cut = common_end > 0.0 && greatest_end > OUTLIER_FACTOR * common_end;
    let end = if cut { common_end } else { greatest_end };
    let start = if low >= 0.0 && low < end / 2.0 { 0.0 } else { low };
    let height = end / LINEAR_ROWS - start / LINEAR_ROWS;
    let step = if height > 0.0 { round_125(height, true) } else { 1.0 };
    let lower = (start / step).floor() * step;
    let mut count = (end / step - lower / step).ceil().clamp(1.0, LINEAR_ROWS + 2.0) as usize;
    // A bucket up to zero includes its upper end, an edge does not.
    if greatest <= 0 && lower + step * count as f64 <= end {
        count += 1;
    }
    let mut edges: Vec<f64> = (0..=count).map(|row| (lower + step * row as f64).min(f64::MAX)).collect();
    edges.dedup();
    rows(lower, step, edges)
}

/// The number 1, 2 or 5 times a power of ten next below (or above) a positive number; itself when it is one.
fn round_125(number: f64, up: bool) -> f64 {
    let exponent = number.log10().floor() as i32;
    // Decimal text gives the double that the decimal number is written as; powers of ten multiplied up would drift.
    let ladder = (exponent - 1..=exponent + 1).flat_map(|exponent| [1, 2, 5].map(|digit| format!("{digit}e{exponent}")));
    let numbers: Vec<f64> = ladder.filter_map(|text| text.parse().ok()).collect();
    let nice = if up { numbers.iter().find(|nice| **nice >= number) } else { numbers.iter().rfind(|nice| **nice <= number) };
    nice.copied().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lhist_of(values: &[f64]) -> Lhist {
        let mut lhist = Lhist::default();
        values.iter().for_each(|value| lhist.add(*value, 1.0));
        lhist
    }

    fn choose(column: &str, values: &[f64]) -> HeatmapRows {
        HeatmapRows::choose(column, &lhist_of(values))
    }

    #[test]
    fn the_name_chooses_the_scale() {
        for name in ["duration_ms", "wait_ns", "x_us", "x_s", "http.server.request.duration", "body.bytes", "http.request.body.size"] {
            assert_eq!(Scale::of_column(name), Scale::Log, "{name}");
        }
        for name in ["count", "status_code", "meters", "sized"] {
            assert_eq!(Scale::of_column(name), Scale::Linear, "{name}");
        }
    }

    #[test]
    fn log_rows_run_between_1_2_5_numbers() {
        let rows = choose("duration_ms", &[1.3, 20.0, 450.0]);
        assert_eq!((rows.edges[0], *rows.edges.last().unwrap()), (1.0, 500.0));
        assert_eq!(rows.scale, Scale::Log);
        assert!((20..=60).contains(&rows.len()), "{}", rows.len());
        assert_eq!(rows.place(0.0), Some(Place::Zero));
        assert_eq!(rows.place(-3.0), Some(Place::Zero));
        assert_eq!(rows.place(0.5), Some(Place::Under));
        assert_eq!(rows.place(1.0), Some(Place::Row(0)));
        assert_eq!(rows.place(1e9), Some(Place::Over));
        assert_eq!(rows.place(f64::NAN), None);
    }

    #[test]
    fn linear_rows_start_at_zero_unless_values_are_far_from_it() {
        let near = choose("count", &[3.0, 40.0, 97.0]);
        assert_eq!((near.lower, near.step), (0.0, 2.0));
        assert!((49..=51).contains(&near.len()), "{}", near.len());
        let far = choose("port", &[8_000.0, 8_040.0, 8_100.0]);
        assert!(far.lower > 7_000.0 && far.lower <= 8_000.0, "{far:?}");
        let negative = choose("balance", &[-100.0, -1.0]);
        assert_eq!(negative.place(-1.0).map(|place| matches!(place, Place::Row(_))), Some(true), "{negative:?}");
        let zero = choose("count", &[0.0]);
        assert_eq!(zero.place(0.0), Some(Place::Row(0)), "{zero:?}");
    }

    #[test]
    fn far_outliers_of_a_linear_scale_are_counted_above() {
        let mut values = vec![10.0; 10_000];
        values.push(1e6);
        let rows = choose("count", &values);
        assert!(*rows.edges.last().unwrap() < 20.0, "{rows:?}");
        assert_eq!(rows.place(1e6), Some(Place::Over));
    }

    #[test]
    fn nothing_gives_no_rows() {
        assert!(choose("duration_ms", &[]).is_empty());
        assert!(choose("count", &[f64::INFINITY]).is_empty());
        assert_eq!(choose("duration_ms", &[-5.0, 0.0]).scale, Scale::Linear);
    }

    proptest! {
        #[test]
        fn every_value_has_one_place_and_rows_are_few(
            values in prop::collection::vec(prop_oneof![-1e3..1e6f64, 1e-9..1e9f64, (-300.0..300.0f64).prop_map(|e| 10f64.powf(e)), Just(f64::MAX), Just(1e308)], 1..50),
            log in any::<bool>(),
        ) {
            let lhist = lhist_of(&values);
            let rows = HeatmapRows::with_scale(if log { Scale::Log } else { Scale::Linear }, &lhist);
            prop_assert!(rows.len() <= 63, "{} rows", rows.len());
            prop_assert!(rows.edges.windows(2).all(|pair| pair[0] < pair[1]) , "{:?}", rows.edges);
            let mut from_values = rows.zero_counts();
            for value in &values {
                from_values.add(rows.place(*value).unwrap(), 1.0);
            }
            prop_assert_eq!(from_values.total(), values.len() as f64);
            if rows.scale == Scale::Log {
                let mut from_buckets = rows.zero_counts();
                for (bucket, weight) in lhist.buckets() {
                    from_buckets.add(rows.place_of_bucket(bucket).unwrap(), weight);
                }
                prop_assert_eq!(&from_buckets, &from_values);
                prop_assert!(from_values.over == 0.0 || values.contains(&f64::MAX), "outliers are never cut from a log scale");
            }
        }
    }
}
