//! Values of which only the range is known that they lie in.

use crate::heatmap::{HeatmapCounts, HeatmapRows, Scale};
use crate::lhist::{self, Lhist};

/// Values that lie evenly between two numbers, or at one where these are the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Finite.
    pub lower: f64,
    /// Finite, not below `lower`.
    pub upper: f64,
    /// How many values, by weight.
    pub weight: f64,
}

/// Of a range from zero, what lies below this part of its end counts as zero in a [`distribution`].
const NEAR_ZERO: f64 = 1.0 / (1_u64 << 20) as f64;

impl Range {
    /// Whether a value in it is hardly known: its ends are not of one size, as where a sender's buckets are made for another unit.
    pub fn is_coarse(&self) -> bool {
        const FACTOR: f64 = 4.0;
        let (near, far) = if self.lower.abs() < self.upper.abs() { (self.lower, self.upper) } else { (self.upper, self.lower) };
        self.lower != self.upper && (near * far <= 0.0 || far.abs() > near.abs() * FACTOR)
    }

    /// The weight below `at`, with what lies exactly there if it is `closed`.
    fn up_to(&self, at: f64, closed: bool) -> f64 {
        match self {
            Range { lower, upper, weight } if lower == upper => {
                let is_there = if closed { *lower <= at } else { *lower < at };
                if is_there { *weight } else { 0.0 }
            }
            Range { lower, upper, weight } => weight * ((at - lower) / (upper - lower)).clamp(0.0, 1.0),
        }
    }
}

/// The least number that a share of all weight lies at or below: the rank of [`crate::lhist`], interpolated. `None` without weight.
///
/// Cost: ranges x log(ranges).
pub fn quantile(ranges: &[Range], quantile: f64) -> Option<f64> {
    let mut edges: Vec<f64> = ranges.iter().filter(|range| range.weight > 0.0).flat_map(|range| [range.lower, range.upper]).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    let below = |at: f64, closed: bool| ranges.iter().map(|range| range.up_to(at, closed)).sum::<f64>();
    let total = ranges.iter().map(|range| range.weight).sum::<f64>();
    let target = lhist::rank_target(total, quantile);
    let first = edges.partition_point(|edge| below(*edge, true) < target);
    let upper = *edges.get(first).or(edges.last())?;
    let Some(lower) = first.checked_sub(1).map(|before| edges[before]) else { return Some(upper) };
    // Between two neighbouring edges weight grows evenly. The allowance decides between them and shall not be seen.
    let (start, end) = (below(lower, true), below(upper, false));
    let share = (total * quantile - start) / (end - start);
    Some(if target <= end && end > start { lower + (upper - lower) * share.clamp(0.0, 1.0) } else { upper })
}

/// The range that a value which was interpolated lies in: of several the one of most values.
pub fn around(ranges: &[Range], value: f64) -> Option<Range> {
    let holding = ranges.iter().filter(|range| range.weight > 0.0 && range.lower <= value && value <= range.upper);
    holding.copied().max_by(|left, right| left.weight.total_cmp(&right.weight))
}

/// The outermost edges.
pub fn extremes(ranges: &[Range]) -> Option<(f64, f64)> {
    let with_weight = || ranges.iter().filter(|range| range.weight > 0.0);
    let least = with_weight().map(|range| range.lower).reduce(f64::min)?;
    Some((least, with_weight().map(|range| range.upper).reduce(f64::max)?))
}

/// Counts a range in the rows of a heatmap, by the share of it that lies in each.
pub fn add_to_rows(rows: &HeatmapRows, range: Range, counts: &mut HeatmapCounts) {
    let mut add = |at: f64, weight: f64| rows.place(at).into_iter().for_each(|place| counts.add(place, weight));
    let Range { lower, upper, weight } = range;
    if lower == upper {
        return add(lower, weight);
    }
    let zero = (rows.scale == Scale::Log).then_some(0.0);
    let cuts = zero.into_iter().chain(rows.edges.iter().copied()).filter(|cut| *cut > lower && *cut < upper);
    let mut from = lower;
    for to in cuts.chain([upper]) {
        add(from + (to - from) / 2.0, weight * ((to - from) / (upper - lower)));
        from = to;
    }
}

/// The ranges as a distribution, from which rows of a heatmap are chosen.
pub fn distribution(ranges: &[Range]) -> Lhist {
    let mut lhist = Lhist::default();
    for range in ranges.iter().filter(|range| range.weight > 0.0) {
        let Range { lower, upper, weight } = *range;
        if lower == upper {
            lhist.add(lower, weight);
            continue;
        }
        let share = |from: f64, to: f64| weight * ((to - from) / (upper - lower));
        if upper > 0.0 {
            let from = lower.max(0.0);
            spread(from, upper, share(from, upper), 1, &mut lhist);
        }
        if lower < 0.0 {
            let to = upper.min(0.0);
            spread(-to, -lower, share(lower, to), -1, &mut lhist);
        }
    }
    lhist
}

/// Spreads a weight over the buckets of magnitudes from `lower` to `upper`.
fn spread(lower: f64, upper: f64, weight: f64, sign: i32, lhist: &mut Lhist) {
    let from = lower.max(upper * NEAR_ZERO);
    let share = |from: f64, to: f64| weight * ((to - from) / (upper - lower));
    if from > lower {
        lhist.add_bucket(0, share(lower, from));
    }
    let (Some(first), Some(last)) = (lhist::bucket(from), lhist::bucket(upper)) else { return };
    for bucket in first..=last {
        let (low, high) = (lhist::lower_edge(bucket).max(from), lhist::upper_edge(bucket).min(upper));
        if high > low {
            lhist.add_bucket(sign * bucket, share(low, high));
        }
    }
}
