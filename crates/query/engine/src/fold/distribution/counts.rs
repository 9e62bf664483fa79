//! The buckets of one group.
//!
//! A question that groups by route and minute has a hundred thousand groups of a few values each, one of all events has one group
//! of millions: the first must take no more than its values, the second must count quickly.

use super::Count;
use std::cmp::Ordering;

/// Counts by bucket.
#[derive(Clone)]
pub(super) enum Counts<C> {
    /// In ascending order of buckets, each by itself.
    Few(Vec<(i32, C)>),
    /// All buckets between the least and the greatest; room is made for those that have nothing.
    Dense(Box<Dense<C>>),
}

/// As many buckets are always kept by themselves.
const FEW: usize = 16;
/// Bytes up to which no dense counts are looked through before they grow.
const SMALL: usize = 64 << 10;

impl<C> Default for Counts<C> {
    fn default() -> Self {
        Counts::Few(Vec::new())
    }
}

impl<C: Count> Counts<C> {
    pub(super) fn add(&mut self, bucket: i32, count: C) {
        match self {
            Counts::Dense(dense) => {
                if !dense.add(bucket, count) {
                    self.widen(bucket, count);
                }
            }
            Counts::Few(pairs) => match pairs.binary_search_by_key(&bucket, |(known, _)| *known) {
                Ok(at) => pairs[at].1 += count,
                Err(at) if pairs.len() < FEW || pairs.len() < pairs.capacity() || !are_better_dense(pairs) => {
                    pairs.insert(at, (bucket, count));
                }
                Err(_) => {
                    *self = Counts::Dense(Box::new(Dense::of(pairs)));
                    self.add(bucket, count);
                }
            },
        }
    }

    /// Adds to a bucket that dense counts have no room for.
    #[cold]
    fn widen(&mut self, bucket: i32, count: C) {
        if let Counts::Dense(dense) = self {
            if dense.bytes_with(bucket) > SMALL && dense.is_wasteful_with(bucket) {
                *self = Counts::Few(dense.pairs().collect());
            } else {
                dense.widen(bucket);
            }
        }
        self.add(bucket, count);
    }

    /// In ascending order of buckets, with weights.
    pub(super) fn entries(&self) -> impl Iterator<Item = (i32, f64)> {
        let (few, dense) = match self {
            Counts::Few(pairs) => (Some(pairs.iter().copied()), None),
            Counts::Dense(dense) => (None, Some(dense.pairs())),
        };
        let filled = few.into_iter().flatten().chain(dense.into_iter().flatten());
        filled.filter(|(_, count)| *count != C::default()).map(|(bucket, count)| (bucket, count.weight()))
    }

    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Counts::Few(pairs) => pairs.capacity() * size_of::<(i32, C)>(),
            Counts::Dense(dense) => size_of::<Dense<C>>() + dense.heap_bytes(),
        }
    }
}

/// Whether pairs would take about as little when dense. The more there are, the more room may be wasted: looking for one takes longer.
fn are_better_dense<C>(pairs: &[(i32, C)]) -> bool {
    let span = |buckets: &[(i32, C)]| match buckets {
        [(first, _), .., (last, _)] => (last - first + SLACK) as usize,
        _ => SLACK as usize,
    };
    let (below, above) = pairs.split_at(pairs.partition_point(|(bucket, _)| *bucket < 0));
    let above = match above {
        [(0, _), above @ ..] | above => above,
    };
    let spans = span(below) + span(above);
    spans * size_of::<C>() <= size_of_val(pairs) * (2 + pairs.len() / 256)
}

/// Zero and the two signs are apart: tens of thousands of buckets lie between zero and any usual number.
#[derive(Clone, Default)]
pub(super) struct Dense<C> {
    below: Run<C>,
    zero: C,
    above: Run<C>,
}

impl<C: Count> Dense<C> {
    fn of(pairs: &[(i32, C)]) -> Self {
        let mut dense = Self::default();
        // The ends first, so that each run gets its room at once.
        for (bucket, count) in
            pairs.first().into_iter().chain(pairs.last()).map(|(bucket, _)| (*bucket, C::default())).chain(pairs.iter().copied())
        {
            if !dense.add(bucket, count) {
                dense.widen(bucket);
                dense.add(bucket, count);
            }
        }
        dense
    }

    /// Adds where there is room, or says that there is none.
    fn add(&mut self, bucket: i32, count: C) -> bool {
        match bucket.cmp(&0) {
            Ordering::Less => self.below.add(bucket, count),
            Ordering::Greater => self.above.add(bucket, count),
            Ordering::Equal => {
                self.zero += count;
                true
            }
        }
    }

    fn widen(&mut self, bucket: i32) {
        if bucket < 0 { self.below.widen(bucket) } else { self.above.widen(bucket) }
    }

    fn pairs(&self) -> impl Iterator<Item = (i32, C)> {
        self.below.pairs().chain((self.zero != C::default()).then_some((0, self.zero))).chain(self.above.pairs())
    }

    fn heap_bytes(&self) -> usize {
        (self.below.counts.capacity() + self.above.counts.capacity()) * size_of::<C>()
    }

    /// What the run of a bucket that it has no room for would take with it.
    fn bytes_with(&self, bucket: i32) -> usize {
        let run = if bucket < 0 { &self.below } else { &self.above };
        run.length_with(bucket) * size_of::<C>()
    }

    /// Whether it would be mostly room with a bucket.
    fn is_wasteful_with(&self, bucket: i32) -> bool {
        self.bytes_with(bucket) > 4 * (self.pairs().count() + 1) * size_of::<(i32, C)>()
    }
}

/// Counts of a run of neighbouring buckets.
#[derive(Clone, Default)]
struct Run<C> {
    base: i32,
    counts: Vec<C>,
}

/// Room that a run gains at an end when it must grow there: a quarter of an octave.
const SLACK: i32 = 16;

impl<C: Count> Run<C> {
    fn add(&mut self, bucket: i32, count: C) -> bool {
        let counted = self.counts.get_mut(bucket.wrapping_sub(self.base) as u32 as usize);
        counted.map(|counted| *counted += count).is_some()
    }

    /// How long it would be with a bucket that it has no room for.
    fn length_with(&self, bucket: i32) -> usize {
        if self.counts.is_empty() {
            return SLACK as usize;
        }
        let end = self.base + self.counts.len() as i32;
        (end.max(bucket + 1) - self.base.min(bucket)) as usize
    }

    #[cold]
    fn widen(&mut self, bucket: i32) {
        if self.counts.is_empty() {
            self.base = bucket.saturating_sub(SLACK / 2);
            self.counts.resize(SLACK as usize, C::default());
        } else if bucket < self.base {
            let base = bucket.saturating_sub(SLACK);
            let mut wider = vec![C::default(); (self.base - base) as usize];
            wider.append(&mut self.counts);
            (self.base, self.counts) = (base, wider);
        } else {
            let end = bucket.saturating_add(SLACK);
            self.counts.resize((end - self.base) as usize + 1, C::default());
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (i32, C)> {
        let filled = self.counts.iter().enumerate().filter(|(_, count)| **count != C::default());
        filled.map(|(offset, count)| (self.base + offset as i32, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_query_plan::random::Random;
    use std::collections::BTreeMap;

    fn of(buckets: impl IntoIterator<Item = i32>) -> (Counts<u64>, BTreeMap<i32, f64>) {
        let (mut counts, mut expected) = (Counts::default(), BTreeMap::new());
        for bucket in buckets {
            counts.add(bucket, 1);
            *expected.entry(bucket).or_default() += 1.0;
        }
        (counts, expected)
    }

    #[test]
    fn whatever_the_buckets_each_is_counted_once_and_they_come_in_order() {
        let mut random = Random::new(7);
        let mut kinds = [0; 2];
        for round in 0..400 {
            // From neighbours to all that there are.
            let width = 1 << (round % 17);
            let middle = [0, 40_000, -40_000][round % 3];
            let draws = 1 + random.below(3_000) as usize;
            let (counts, expected) = of((0..draws).map(|_| middle + random.below(2 * width) as i32 - width as i32));
            kinds[usize::from(matches!(counts, Counts::Dense(_)))] += 1;
            assert_eq!(counts.entries().collect::<Vec<_>>(), expected.iter().map(|(bucket, count)| (*bucket, *count)).collect::<Vec<_>>());
            let least = expected.len() * size_of::<(i32, u64)>();
            assert!(counts.heap_bytes() <= SMALL.max(17 * least) + 2 * SMALL, "{} bytes for {}", counts.heap_bytes(), expected.len());
        }
        assert!(kinds.iter().all(|rounds| *rounds > 50), "both ways are tried: {kinds:?}");
    }

    #[test]
    fn a_few_values_take_little_however_far_they_are_apart() {
        let (counts, _) = of([66_000, -66_000, 0, 131_009, 1, 70_000]);
        assert!(counts.heap_bytes() <= 8 * 16, "{} bytes", counts.heap_bytes());
        // Those of a usual latency, many times: looking for one is an index.
        let (counts, _) = of((0..10_000).map(|n| 66_000 + n * 7 % 300));
        assert!(matches!(&counts, Counts::Dense(dense) if dense.heap_bytes() < 8_000));
        // One that lies far off does not make room for all between.
        let (mut counts, expected) = of((0..10_000).map(|n| 66_000 + n * 7 % 300));
        counts.add(131_009, 1);
        assert!(counts.heap_bytes() < 16_000, "{} bytes", counts.heap_bytes());
        assert_eq!(counts.entries().count(), expected.len() + 1);
    }
}
