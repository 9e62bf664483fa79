//! A column's values in bins.

use crate::panel::{Bin, BinKind};
use glasshive_query_engine::{BucketTally, ColumnTally, Tally};
use glasshive_query_plan::lhist;

/// Values that have a bin of their own.
const VALUES_SHOWN: usize = 20;
/// Bins of a measure.
const RANGES: usize = 24;
/// Numbers that span more than this are shown on a logarithmic scale.
const LOG_SPAN: f64 = 30.0;

/// Both sides as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides {
    pub selected: Tally,
    pub rest: Tally,
}

impl Sides {
    fn bin(&self, kind: BinKind, selected: Tally, rest: Tally) -> Bin {
        let share = |part: Tally, whole: Tally| if whole.weight > 0.0 { part.weight / whole.weight } else { 0.0 };
        Bin { kind, selected_share: share(selected, self.selected), rest_share: share(rest, self.rest), selected, rest }
    }

    /// The events without the column.
    pub(crate) fn missing(&self, column: &ColumnTally) -> Option<Bin> {
        let (selected, rest) = (self.selected.without(column.selected), self.rest.without(column.rest));
        (selected.rows + rest.rows > 0).then(|| self.bin(BinKind::Missing, selected, rest))
    }

    /// A bin for each of the most frequent values, one for absent ones, and one for all others; with how many values there are, absent
    /// counted as one.
    pub(crate) fn of_values(&self, column: &ColumnTally) -> (Vec<Bin>, usize) {
        let mut bins: Vec<Bin> =
            column.values.iter().map(|value| self.bin(BinKind::Value(value.value.clone()), value.selected, value.rest)).collect();
        bins.extend(self.missing(column));
        let count = bins.len();
        let greatest = |bin: &Bin| bin.selected_share.max(bin.rest_share);
        bins.sort_by(|left, right| greatest(right).total_cmp(&greatest(left)));
        let others = bins.split_off(bins.len().min(VALUES_SHOWN));
        bins.sort_by(|left, right| (right.selected_share - right.rest_share).total_cmp(&(left.selected_share - left.rest_share)));
        if !others.is_empty() {
            let (mut selected, mut rest) = (Tally::default(), Tally::default());
            for bin in &others {
                selected.merge(bin.selected);
                rest.merge(bin.rest);
            }
            bins.push(self.bin(BinKind::Other(others.len() as u64), selected, rest));
        }
        (bins, count)
    }

    /// A measure's numbers in ranges of one height, or of one ratio where they span much; absent ones last.
    pub(crate) fn of_numbers(&self, column: &ColumnTally) -> Vec<Bin> {
        let buckets = column.buckets.as_slice();
        let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else { return self.missing(column).into_iter().collect() };
        let (low, high) = (lhist::lower_edge(first.bucket), lhist::upper_edge(last.bucket));
        let (one, most) = (quantile(buckets, 0.01), quantile(buckets, 0.99));
        let is_log = one > 0.0 && most / one > LOG_SPAN;
        let (low, high) = if is_log { (low.max(one / LOG_SPAN), high) } else { (low, high) };
        let edge = |n: usize| {
            let share = n as f64 / RANGES as f64;
            if is_log { low * (high / low).powf(share) } else { low + (high - low) * share }
        };
        let mut sums = [(Tally::default(), Tally::default()); RANGES];
        for bucket in buckets {
            let middle = lhist::representative(bucket.bucket);
            let share = if is_log { (middle.max(low) / low).ln() / (high / low).ln() } else { (middle - low) / (high - low) };
            let place = if share.is_finite() { ((share * RANGES as f64) as usize).min(RANGES - 1) } else { 0 };
            sums[place].0.merge(bucket.selected);
            sums[place].1.merge(bucket.rest);
        }
        let ranges = sums.into_iter().enumerate();
        let mut bins: Vec<Bin> =
            ranges.map(|(n, (selected, rest))| self.bin(BinKind::Range(edge(n), edge(n + 1)), selected, rest)).collect();
        bins.extend(self.missing(column));
        bins
    }
}

/// The number that a share of both sides together lies at or below.
fn quantile(buckets: &[BucketTally], share: f64) -> f64 {
    let weighted = buckets.iter().map(|tally| (tally.bucket, tally.selected.weight + tally.rest.weight));
    lhist::quantile_bucket(weighted, share).map_or(0.0, lhist::representative)
}

/// The greatest distance between the cumulative shares of the sides, over the rows that have the column.
pub(crate) fn distance(column: &ColumnTally) -> f64 {
    let (mut selected, mut rest, mut greatest) = (0.0, 0.0, 0.0_f64);
    for bucket in &column.buckets {
        selected += bucket.selected.weight / column.selected.weight;
        rest += bucket.rest.weight / column.rest.weight;
        greatest = greatest.max((selected - rest).abs());
    }
    greatest
}
