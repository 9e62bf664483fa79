//! The one distribution state: a log-linear histogram over doubles, from which percentiles and heatmaps are read.
//!
//! **Buckets.** The magnitude's code is its 11 exponent bits and the top 6 bits of its mantissa, as one number
//! (`|v|.to_bits() >> 46`, 0..=131,007 for finite numbers). The bucket of a positive number is code + 1, of a negative one
//! -(code + 1), of zero 0; so buckets are ordered as the numbers are. NaN has no bucket and is not counted; the infinities
//! have buckets of their own. Bucket `b > 0` covers `[lower_edge(b), upper_edge(b))`, and a negative one the mirror image
//! `(lower_edge(b), upper_edge(b)]`.
//!
//! **State** is a sparse list of (bucket, weight). Adding is the one way to merge, so order and grouping do not matter.
//!
//! **Rank.** The quantile `q` of a weighted distribution is the least value whose cumulated weight, with all lesser values,
//! reaches `q` x total x (1 - 10^-9). The tiny allowance makes ties such as P50 of an even number of rows fall the same way
//! however the weights were added up. A row of weight 10 counts as ten rows.
//!
//! **Error.** A bucket's [`representative`] lies at most 0.8 % from any number in the bucket (below 2.2e-308, where doubles
//! lose their mantissa, the error is that of the bucket's width). Quantiles are read from the very bucket that holds the
//! exact quantile, so they are off by no more than that.

use std::collections::BTreeMap;

/// How far a [`representative`] may lie from a number of its bucket, relative to the number.
pub const RELATIVE_ERROR: f64 = 0.008;
/// What is allowed for the sums of weights: see the module's text on rank.
pub const RANK_ALLOWANCE: f64 = 1e-9;

/// The 46 low bits of the mantissa that a bucket does not tell apart.
const DROPPED_BITS: u32 = 46;
/// The bucket of positive infinity.
const INFINITE: i32 = (0x7FF << 6) + 1;

/// The bucket of a number; `None` for NaN.
pub fn bucket(value: f64) -> Option<i32> {
    if value.is_nan() {
        return None;
    }
    if value == 0.0 {
        return Some(0);
    }
    let code = (value.abs().to_bits() >> DROPPED_BITS) as i32 + 1;
    Some(if value < 0.0 { -code } else { code })
}

/// The end of a bucket nearer to negative infinity.
pub fn lower_edge(bucket: i32) -> f64 {
    if bucket < 0 { -upper_edge(-bucket) } else { positive_edge(bucket - 1) }
}

/// The end of a bucket nearer to positive infinity.
pub fn upper_edge(bucket: i32) -> f64 {
    if bucket < 0 { -lower_edge(-bucket) } else { positive_edge(bucket) }
}

/// The lower end of the bucket whose code this is; 0 for -1 (the bucket of zero), infinity at and above that of infinity.
fn positive_edge(code: i32) -> f64 {
    let code = u64::try_from(code).unwrap_or(0).min(0x7FF << 6);
    f64::from_bits(code << DROPPED_BITS)
}

/// The number that stands for a bucket: the harmonic middle of its ends, which no number of the bucket is further from,
/// relatively, than 0.8 %.
pub fn representative(bucket: i32) -> f64 {
    if bucket < 0 {
        return -representative(-bucket);
    }
    let (lower, upper) = (lower_edge(bucket), upper_edge(bucket));
    if bucket == 0 || bucket >= INFINITE {
        return lower;
    }
    if upper.is_infinite() {
        // The last finite bucket; it ends where doubles end.
        return lower * (1.0 + 1.0 / 256.0);
    }
    if lower == 0.0 {
        return upper / 2.0;
    }
    // 2 * lower * upper / (lower + upper), written so that nothing overflows or vanishes on the way.
    lower + (upper - lower) * (lower / 2.0 / (lower / 2.0 + upper / 2.0))
}

/// The integer that stands for a bucket of a column that holds only integers: the one nearest to [`representative`] that lies
/// in the bucket, so exact below 128 in magnitude; the representative where the bucket holds no integer.
pub fn integer_representative(bucket: i32) -> f64 {
    let middle = representative(bucket);
    let (lower, upper) = (lower_edge(bucket), upper_edge(bucket));
    let inside = |number: f64| if bucket >= 0 { lower <= number && number < upper } else { lower < number && number <= upper };
    [middle.round(), middle.floor(), middle.ceil()].into_iter().find(|number| inside(*number)).unwrap_or(middle)
}

/// The bucket in which a quantile lies, of buckets in ascending order and their weights. `None` when there is no weight.
pub fn quantile_bucket(buckets: impl Iterator<Item = (i32, f64)> + Clone, quantile: f64) -> Option<i32> {
    let total: f64 = buckets.clone().map(|(_, weight)| weight).sum();
    let target = rank_target(total, quantile);
    let mut cumulated = 0.0;
    let mut last = None;
    for (bucket, weight) in buckets {
        if weight > 0.0 {
            cumulated += weight;
            last = Some(bucket);
            if cumulated >= target {
                break;
            }
        }
    }
    last
}

/// The cumulated weight that a quantile's value must reach.
pub fn rank_target(total_weight: f64, quantile: f64) -> f64 {
    total_weight * quantile * (1.0 - RANK_ALLOWANCE)
}

/// A distribution, for where speed does not matter: one sorted map. Evaluators keep accumulators of their own and use the
/// functions above.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lhist {
    buckets: BTreeMap<i32, f64>,
}

impl Lhist {
    /// Counts a number; NaN is not counted.
    pub fn add(&mut self, value: f64, weight: f64) {
        if let Some(bucket) = bucket(value) {
            self.add_bucket(bucket, weight);
        }
    }

    /// Adds weight to a bucket.
    pub fn add_bucket(&mut self, bucket: i32, weight: f64) {
        *self.buckets.entry(bucket).or_insert(0.0) += weight;
    }

    /// Adds everything that another one counted.
    pub fn merge(&mut self, other: &Lhist) {
        other.buckets().for_each(|(bucket, weight)| self.add_bucket(bucket, weight));
    }

    /// The buckets with weight, ascending.
    pub fn buckets(&self) -> impl Iterator<Item = (i32, f64)> + Clone + '_ {
        self.buckets.iter().map(|(bucket, weight)| (*bucket, *weight))
    }

    /// The sum of all weights.
    pub fn total_weight(&self) -> f64 {
        self.buckets.values().sum()
    }

    /// The estimate of a quantile; `None` when nothing was counted.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        quantile_bucket(self.buckets(), quantile).map(representative)
    }
}

impl FromIterator<(i32, f64)> for Lhist {
    fn from_iter<I: IntoIterator<Item = (i32, f64)>>(buckets: I) -> Self {
        let mut lhist = Self::default();
        buckets.into_iter().for_each(|(bucket, weight)| lhist.add_bucket(bucket, weight));
        lhist
    }
}

#[cfg(test)]
mod tests;
