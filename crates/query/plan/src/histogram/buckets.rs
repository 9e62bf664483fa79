//! The buckets of one point: read from text, differenced, and as ranges of values.

use super::Range;
use crate::lhist;
use serde::Deserialize;

/// The values of a histogram by bucket, as `<metric>.histogram` holds them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Buckets {
    /// Between bounds that the sender chose.
    Explicit {
        /// Ascending.
        #[serde(deserialize_with = "numbers")]
        bounds: Vec<f64>,
        /// `counts[i]` values lie above `bounds[i - 1]` and up to `bounds[i]`; one more than bounds, or none where only the number
        /// of values is known.
        counts: Vec<u64>,
    },
    /// Between powers of `2^(2^-scale)`.
    Exponential {
        /// The greater, the finer.
        scale: i32,
        /// Values of at most the threshold's magnitude.
        zero_count: u64,
        /// Not negative.
        #[serde(deserialize_with = "number")]
        zero_threshold: f64,
        /// Values above zero.
        positive: Side,
        /// Values below zero, by magnitude.
        negative: Side,
    },
}

/// One side of an exponential histogram: bucket `offset + i` has `counts[i]` values.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Side {
    /// Index of the first bucket; bucket `i` lies above `base^i` and up to `base^(i + 1)`.
    pub offset: i64,
    /// Values by bucket.
    pub counts: Vec<u64>,
}

/// Scales that the receivers let in.
const SCALES: std::ops::RangeInclusive<i32> = -10..=20;
/// More than any bucket of a double needs, and far from where sums overflow.
const OFFSET_MAX: u64 = 1 << 40;

/// A number as receivers write it: those that JSON has none for are text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Text(String),
}

impl Written {
    fn value(self) -> f64 {
        match self {
            Written::Number(number) => number,
            Written::Text(text) => match text.as_str() {
                "Infinity" => f64::INFINITY,
                "-Infinity" => f64::NEG_INFINITY,
                _ => f64::NAN,
            },
        }
    }
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Written::deserialize(deserializer).map(Written::value)
}

fn numbers<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    Ok(Vec::<Written>::deserialize(deserializer)?.into_iter().map(Written::value).collect())
}

// === impl Buckets ===

impl Buckets {
    /// Reads the text of a field; `None` for what is no histogram.
    pub fn read(text: &str) -> Option<Self> {
        let mut buckets: Self = serde_json::from_str(text).ok()?;
        if let Buckets::Exponential { zero_threshold, .. } = &mut buckets {
            // What is none, not a number too, counts as zero, as it does where it is received.
            *zero_threshold = zero_threshold.max(0.0);
        }
        let is_sound = match &buckets {
            Buckets::Explicit { bounds, counts } => {
                let is_ascending = bounds.windows(2).all(|pair| pair[0] < pair[1]);
                is_ascending && !bounds.iter().any(|bound| bound.is_nan()) && (counts.is_empty() || counts.len() == bounds.len() + 1)
            }
            Buckets::Exponential { scale, positive, negative, .. } => {
                let is_near = |side: &Side| side.offset.unsigned_abs() <= OFFSET_MAX;
                SCALES.contains(scale) && is_near(positive) && is_near(negative)
            }
        };
        is_sound.then_some(buckets)
    }

    /// How many values the buckets hold.
    pub fn count(&self) -> f64 {
        let sum = |counts: &[u64]| counts.iter().map(|count| *count as f64).sum::<f64>();
        match self {
            Buckets::Explicit { counts, .. } => sum(counts),
            Buckets::Exponential { zero_count, positive, negative, .. } => {
                *zero_count as f64 + sum(&positive.counts) + sum(&negative.counts)
            }
        }
    }

    /// Bytes of memory behind it.
    pub fn heap_bytes(&self) -> usize {
        let numbers = match self {
            Buckets::Explicit { bounds, counts } => bounds.capacity() + counts.capacity(),
            Buckets::Exponential { positive, negative, .. } => positive.counts.capacity() + negative.counts.capacity(),
        };
        numbers * size_of::<u64>()
    }

    /// What it holds more than an earlier point of its stream; `None` where a bucket fell, or the two cannot be compared.
    /// Exponential histograms are brought to the coarser scale and the greater threshold of the two.
    pub fn increase(&self, before: &Buckets) -> Option<Buckets> {
        match (self, before) {
            (Buckets::Explicit { bounds, counts }, Buckets::Explicit { bounds: old_bounds, counts: old }) => {
                let is_same = bounds == old_bounds && counts.len() == old.len();
                let counts = counts.iter().zip(old).map(|(count, old)| count.checked_sub(*old)).collect::<Option<Vec<u64>>>();
                Some(Buckets::Explicit { bounds: bounds.clone(), counts: counts.filter(|_| is_same)? })
            }
            (
                Buckets::Exponential { scale, zero_threshold, .. },
                Buckets::Exponential { scale: old_scale, zero_threshold: old_threshold, .. },
            ) => {
                let (scale, threshold) = ((*scale).min(*old_scale), zero_threshold.max(*old_threshold));
                let (zero, positive, negative) = self.coarse(scale, threshold)?;
                let (old_zero, old_positive, old_negative) = before.coarse(scale, threshold)?;
                Some(Buckets::Exponential {
                    scale,
                    zero_count: zero.checked_sub(old_zero)?,
                    zero_threshold: threshold,
                    positive: positive.less(&old_positive)?,
                    negative: negative.less(&old_negative)?,
                })
            }
            _ => None,
        }
    }

    /// The zero count and both sides at a scale that is no finer, with what lies within a threshold counted as zero.
    fn coarse(&self, to: i32, threshold: f64) -> Option<(u64, Side, Side)> {
        let Buckets::Exponential { scale, zero_count, positive, negative, .. } = self else { return None };
        let shift = u32::try_from(scale - to).ok()?;
        let mut zero = *zero_count;
        let sides = [positive, negative].map(|side| {
            let mut side = side.shifted(shift);
            for (place, count) in side.counts.iter_mut().enumerate() {
                if edge(side.offset + place as i64 + 1, to) > threshold {
                    break;
                }
                zero = zero.saturating_add(std::mem::take(count));
            }
            side
        });
        let [positive, negative] = sides;
        Some((zero, positive, negative))
    }

    /// Where its values lie, ascending, those of explicit bounds in closed ranges: a bucket that is open to one side ends at the
    /// least or greatest value, and is taken for its other end where that is not known; the lowest of positive bounds begins at 0.
    /// All are drawn in to the least and greatest value, as `lhist` tells these apart, so that points have ranges in common.
    pub fn ranges(&self, min: Option<f64>, max: Option<f64>) -> Vec<Range> {
        let mut out = Vec::new();
        let finite = |end: Option<f64>| end.filter(|end| end.is_finite()).and_then(lhist::bucket);
        let (least, greatest) = (finite(min).map(lhist::lower_edge), finite(max).map(lhist::upper_edge));
        let mut push = |lower: f64, upper: f64, count: u64| {
            if count > 0 {
                out.extend(closed(lower, upper, least, greatest).map(|(lower, upper)| Range { lower, upper, weight: count as f64 }));
            }
        };
        match self {
            Buckets::Explicit { bounds, counts } => {
                let mut lower = if least.is_none() && bounds.first().is_some_and(|bound| *bound > 0.0) { 0.0 } else { f64::NEG_INFINITY };
                for (place, count) in counts.iter().enumerate() {
                    let upper = bounds.get(place).copied().unwrap_or(f64::INFINITY);
                    push(lower, upper, *count);
                    lower = upper;
                }
            }
            Buckets::Exponential { scale, zero_count, zero_threshold, positive, negative } => {
                for (place, count) in negative.counts.iter().enumerate().rev() {
                    let index = negative.offset + place as i64;
                    push(-edge(index + 1, *scale), -edge(index, *scale), *count);
                }
                push(-zero_threshold, *zero_threshold, *zero_count);
                for (place, count) in positive.counts.iter().enumerate() {
                    let index = positive.offset + place as i64;
                    push(edge(index, *scale), edge(index + 1, *scale), *count);
                }
            }
        }
        out
    }
}

/// The lower end of a bucket: `2^(index / 2^scale)`.
fn edge(index: i64, scale: i32) -> f64 {
    (index as f64 * f64::from(-scale).exp2()).exp2()
}

fn closed(lower: f64, upper: f64, least: Option<f64>, greatest: Option<f64>) -> Option<(f64, f64)> {
    let lower = least.map_or(lower, |least| lower.max(least));
    let upper = greatest.map_or(upper, |greatest| upper.min(greatest));
    // One zero, so that ranges are equal where they are the same.
    let (lower, upper) = (lower + 0.0, upper + 0.0);
    match (lower.is_finite(), upper.is_finite()) {
        // A width beyond all numbers leaves no shares.
        (true, true) => Some((lower, upper.max(lower))).filter(|(lower, upper)| (upper - lower).is_finite()),
        (true, false) => Some((lower, lower)),
        (false, true) => Some((upper, upper)),
        (false, false) => None,
    }
}

// === impl Side ===

impl Side {
    /// The same with `2^shift` buckets in each.
    fn shifted(&self, shift: u32) -> Side {
        let index = |place: usize| (self.offset + place as i64) >> shift.min(62);
        let offset = index(0);
        let mut counts: Vec<u64> = Vec::new();
        for (place, count) in self.counts.iter().enumerate() {
            let at = (index(place) - offset) as usize;
            if at == counts.len() {
                counts.push(0);
            }
            counts[at] = counts[at].saturating_add(*count);
        }
        Side { offset, counts }
    }

    /// Less what another holds; `None` where that is more.
    fn less(&self, other: &Side) -> Option<Side> {
        let mut rest = self.clone();
        for (place, count) in other.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let at = usize::try_from(other.offset + place as i64 - self.offset).ok()?;
            let own = rest.counts.get_mut(at)?;
            *own = own.checked_sub(*count)?;
        }
        Some(rest)
    }
}
