//! Histograms of both kinds: which are believed, their buckets as JSON text, and their values in buckets.
//!
//! `{"bounds":[0.1,0.5],"counts":[3,1,0]}`: the last count is of what lies above the last bound. Or, exponential:
//! `{"scale":3,"zero_count":1,"zero_threshold":0.0,"positive":{"offset":-2,"counts":[1,4]},"negative":{"offset":0,"counts":[]}}`.

use super::distribution::Distribution;
use crate::normalise::ledger::Reason;
use glasshive_model::limits::STRING_BYTES;
use glasshive_wire_otlp::WireError;
use glasshive_wire_otlp::metric::{Buckets, Counts, Doubles, Exponential, Histogram};
use std::fmt::Write;
use std::ops::RangeInclusive;

/// Scales that are believed: finer ones tell doubles apart no more, coarser ones hold all of them in one bucket.
const SCALES: RangeInclusive<i32> = -10..=20;
/// Buckets of both sides that are kept; more are merged two by two. SDKs make 160 on each side at most.
const EXPONENTIAL_BUCKETS: usize = 320;
/// Buckets of both sides that are read before they are merged: a count of 0 is a byte of a body, but eight of memory.
const EXPONENTIAL_BUCKETS_READ: usize = 1 << 16;

/// One side of an exponential histogram, as it is kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Side {
    pub offset: i64,
    pub counts: Vec<u64>,
}

/// The buckets of an exponential histogram, as they are kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Scaled {
    pub scale: i32,
    pub positive: Side,
    pub negative: Side,
    /// Whether buckets were merged.
    pub is_downscaled: bool,
}

/// Whether a histogram can be believed.
pub(super) fn judge(histogram: &Histogram<'_>) -> Result<Result<(), Reason>, WireError> {
    let mut bounds = 0;
    let mut last = f64::NEG_INFINITY;
    let mut is_increasing = true;
    for bound in histogram.bounds.iter() {
        let bound = bound?;
        is_increasing &= bound > last || (bounds == 0 && bound == last);
        last = bound;
        bounds += 1;
    }
    let (buckets, sum) = total(histogram.counts)?;
    Ok(match buckets {
        _ if !is_increasing => Err(Reason::BoundsNotIncreasing),
        0 => Ok(()),
        buckets if buckets != bounds + 1 => Err(Reason::BucketsWithoutBounds),
        _ if sum != Some(histogram.count) => Err(Reason::CountsDoNotAddUp),
        _ => Ok(()),
    })
}

/// Whether an exponential histogram can be believed.
pub(super) fn judge_exponential(histogram: &Exponential<'_>) -> Result<Result<(), Reason>, WireError> {
    let (positive_buckets, positive) = total(histogram.positive.counts)?;
    let (negative_buckets, negative) = total(histogram.negative.counts)?;
    let sum = positive.zip(negative).and_then(|(positive, negative)| positive.checked_add(negative)?.checked_add(histogram.zero_count));
    Ok(if !SCALES.contains(&histogram.scale) {
        Err(Reason::ScaleOutOfRange)
    } else if positive_buckets + negative_buckets > EXPONENTIAL_BUCKETS_READ {
        Err(Reason::TooManyBuckets)
    } else if sum != Some(histogram.count) {
        Err(Reason::CountsDoNotAddUp)
    } else {
        Ok(())
    })
}

/// How many counts there are, and their sum where it fits.
fn total(counts: Counts<'_>) -> Result<(usize, Option<u64>), WireError> {
    counts.iter().try_fold((0, Some(0_u64)), |(buckets, sum), count| {
        let count = count?;
        Ok((buckets + 1, sum.and_then(|sum| sum.checked_add(count))))
    })
}

/// The values of a histogram in buckets. Of the first bucket the lower edge is 0 where its bound is positive.
pub(super) fn distribute(histogram: &Histogram<'_>, into: &mut Distribution) -> Result<(), WireError> {
    into.reset(histogram.min, histogram.max);
    let mut bounds = histogram.bounds.iter();
    let mut lower = f64::NEG_INFINITY;
    for (index, count) in histogram.counts.iter().enumerate() {
        let upper = bounds.next().transpose()?.unwrap_or(f64::INFINITY);
        if index == 0 && upper.is_finite() && upper > 0.0 && histogram.min.is_none() {
            lower = 0.0;
        }
        into.push(lower, upper, count?);
        lower = upper;
    }
    Ok(())
}

/// The same of an exponential histogram.
pub(super) fn distribute_exponential(histogram: &Exponential<'_>, scaled: &Scaled, into: &mut Distribution) {
    into.reset(histogram.min, histogram.max);
    for (index, count) in scaled.negative.counts.iter().enumerate().rev() {
        let index = scaled.negative.offset + index as i64;
        into.push(-edge(index + 1, scaled.scale), -edge(index, scaled.scale), *count);
    }
    let zero = if histogram.zero_threshold > 0.0 { histogram.zero_threshold } else { 0.0 };
    into.push(-zero, zero, histogram.zero_count);
    for (index, count) in scaled.positive.counts.iter().enumerate() {
        let index = scaled.positive.offset + index as i64;
        into.push(edge(index, scaled.scale), edge(index + 1, scaled.scale), *count);
    }
}

/// The lower edge of a bucket: 2^(index / 2^scale). Made of square roots, which are rounded alike on every machine, so that a
/// replay gives the same percentiles.
fn edge(index: i64, scale: i32) -> f64 {
    if scale <= 0 {
        return power_of_two(index.saturating_mul(1 << -scale.max(-40)));
    }
    let (whole, rest) = (index >> scale, index & ((1 << scale) - 1));
    let (mut edge, mut root) = (1.0_f64, 2.0_f64);
    for bit in (0..scale).rev() {
        root = root.sqrt();
        if rest >> bit & 1 == 1 {
            edge *= root;
        }
    }
    edge * power_of_two(whole)
}

fn power_of_two(exponent: i64) -> f64 {
    match exponent {
        1_024.. => f64::INFINITY,
        -1_022.. => f64::from_bits(((exponent + 1_023) as u64) << 52),
        -1_074.. => f64::from_bits(1 << (exponent + 1_074)),
        _ => 0.0,
    }
}

impl Scaled {
    /// The buckets as sent, or merged two by two until there are few enough.
    pub(super) fn of(histogram: &Exponential<'_>) -> Result<Self, WireError> {
        let mut scaled = Scaled {
            scale: histogram.scale,
            positive: Side::of(histogram.positive)?,
            negative: Side::of(histogram.negative)?,
            is_downscaled: false,
        };
        if scaled.buckets() > EXPONENTIAL_BUCKETS {
            scaled.positive.trim();
            scaled.negative.trim();
        }
        while scaled.buckets() > EXPONENTIAL_BUCKETS {
            scaled.positive.merge();
            scaled.negative.merge();
            scaled.scale -= 1;
            scaled.is_downscaled = true;
        }
        Ok(scaled)
    }

    fn buckets(&self) -> usize {
        self.positive.counts.len() + self.negative.counts.len()
    }
}

impl Side {
    fn of(buckets: Buckets<'_>) -> Result<Self, WireError> {
        Ok(Side { offset: buckets.offset.into(), counts: buckets.counts.iter().collect::<Result<_, _>>()? })
    }

    /// Leaves out empty buckets at both ends.
    fn trim(&mut self) {
        let end = self.counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        self.counts.truncate(end);
        let start = self.counts.iter().position(|count| *count > 0).unwrap_or(0);
        self.counts.drain(..start);
        self.offset += start as i64;
    }

    fn merge(&mut self) {
        let first = self.offset >> 1;
        let mut merged: Vec<u64> = Vec::with_capacity(self.counts.len() / 2 + 1);
        for (index, count) in self.counts.iter().enumerate() {
            let place = (((self.offset + index as i64) >> 1) - first) as usize;
            if place == merged.len() {
                merged.push(0);
            }
            merged[place] += count;
        }
        *self = Side { offset: first, counts: merged };
    }
}

/// The buckets as JSON text; `None` when it would be longer than a field may be.
pub(super) fn json(histogram: &Histogram<'_>, out: &mut String) -> Result<Option<()>, WireError> {
    out.clear();
    out.push_str("{\"bounds\":");
    let bounds = double_list(histogram.bounds, out)?;
    out.push_str(",\"counts\":");
    let counts = list(histogram.counts.iter(), out)?;
    out.push('}');
    Ok(bounds.and(counts).filter(|()| out.len() <= STRING_BYTES))
}

/// The same of an exponential histogram.
pub(super) fn json_exponential(histogram: &Exponential<'_>, scaled: &Scaled, out: &mut String) -> Option<()> {
    out.clear();
    put(out, format_args!("{{\"scale\":{},\"zero_count\":{},\"zero_threshold\":", scaled.scale, histogram.zero_count));
    number(out, histogram.zero_threshold);
    for (name, side) in [("positive", &scaled.positive), ("negative", &scaled.negative)] {
        put(out, format_args!(",\"{name}\":{{\"offset\":{},\"counts\":", side.offset));
        list(side.counts.iter().copied().map(Ok), out).ok()??;
        out.push('}');
    }
    out.push('}');
    (out.len() <= STRING_BYTES).then_some(())
}

fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("writing to a String cannot fail");
}

/// A double with point or exponent, so that its type reads back.
pub(super) fn number(out: &mut String, value: f64) {
    match value {
        f64::INFINITY => out.push_str("\"Infinity\""),
        f64::NEG_INFINITY => out.push_str("\"-Infinity\""),
        value if value.is_nan() => out.push_str("\"NaN\""),
        value => put(out, format_args!("{value:?}")),
    }
}

fn double_list(numbers: Doubles<'_>, out: &mut String) -> Result<Option<()>, WireError> {
    items(numbers.iter(), out, number)
}

fn list(numbers: impl Iterator<Item = Result<u64, WireError>>, out: &mut String) -> Result<Option<()>, WireError> {
    items(numbers, out, |out, number| put(out, format_args!("{number}")))
}

fn items<T>(
    numbers: impl Iterator<Item = Result<T, WireError>>,
    out: &mut String,
    write: impl Fn(&mut String, T),
) -> Result<Option<()>, WireError> {
    out.push('[');
    for (index, number) in numbers.enumerate() {
        if out.len() > STRING_BYTES {
            return Ok(None);
        }
        if index > 0 {
            out.push(',');
        }
        write(out, number?);
    }
    out.push(']');
    Ok(Some(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_exponential_buckets() {
        let check = |index, scale, expected: f64| {
            let found = edge(index, scale);
            assert!(found == expected || (found / expected - 1.0).abs() < 1e-14, "{index} at {scale}: {found} is not {expected}");
        };
        check(0, 3, 1.0);
        check(8, 3, 2.0);
        check(1, 3, 2f64.powf(0.125));
        check(-1, 3, 2f64.powf(-0.125));
        check(-17, 3, 2f64.powf(-17.0 / 8.0));
        check(3, 0, 8.0);
        check(1, -2, 16.0);
        check(-1, -10, f64::from_bits(1 << 50));
        check(-2, -10, 0.0);
        check(1, -10, f64::INFINITY);
        check(-1_074, 0, f64::from_bits(1));
        check(1_048_577, 20, 2.0 * 2f64.powf(1.0 / 1_048_576.0));
        check(i32::MAX.into(), 0, f64::INFINITY);
        check(i32::MIN.into(), -10, 0.0);
    }

    #[test]
    fn buckets_are_merged_two_by_two() {
        let mut side = Side { offset: -3, counts: vec![1, 2, 3, 4, 5] };
        side.merge();
        assert_eq!(side, Side { offset: -2, counts: vec![1, 5, 9] });
        side.merge();
        assert_eq!(side, Side { offset: -1, counts: vec![6, 9] });
        let mut zeros = Side { offset: 5, counts: vec![0, 0, 7, 0] };
        zeros.trim();
        assert_eq!(zeros, Side { offset: 7, counts: vec![7] });
    }
}
