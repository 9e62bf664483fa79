//! How many different values: exact up to a bound, then an estimate from an evenly thinned sample of hashes.
//!
//! A group keeps the 64-bit hashes of its values. When they pass [`KEEP`], only those with one more leading zero bit are kept,
//! and each stands for twice as many; two such sets merge by thinning both to the same level. With at least `KEEP / 2` hashes
//! in hand the standard error is at most 1 / sqrt(32,768) = 0.55 %.

use super::sums::for_rows;
use arrow_array::builder::{ListBuilder, UInt64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, UInt8Array};
use datafusion_common::Result;
use datafusion_expr_common::groups_accumulator::{EmitTo, GroupsAccumulator};
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Most hashes that one group keeps; up to here the count is exact (but for equal hashes, 1 in 2^33 at this size).
pub const KEEP: usize = 65_536;

/// The values are hashes already.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        // The table takes its bucket from the low and its tag from the high bits; thinning empties the high ones.
        self.0 = hash.rotate_left(32);
    }
}

/// The hashes of one group.
#[derive(Default, Clone)]
struct Sample {
    hashes: HashSet<u64, BuildHasherDefault<Identity>>,
    /// Only hashes with at least so many leading zero bits are kept.
    level: u32,
}

impl Sample {
    fn insert(&mut self, hash: u64) {
        if hash.leading_zeros() < self.level {
            return;
        }
        self.hashes.insert(hash);
        while self.hashes.len() > KEEP {
            self.thin(self.level + 1);
        }
    }

    fn thin(&mut self, level: u32) {
        self.level = level;
        self.hashes.retain(|hash| hash.leading_zeros() >= level);
    }

    fn estimate(&self) -> f64 {
        self.hashes.len() as f64 * 2f64.powi(self.level as i32)
    }

    fn heap_bytes(&self) -> usize {
        self.hashes.capacity() * (size_of::<u64>() + 1)
    }
}

/// The accumulator. Input: `UInt64` hashes. State: `List<UInt64>` hashes, `UInt8` level.
#[derive(Default)]
pub struct Distinct {
    samples: Vec<Sample>,
    /// Of the samples alone, kept up to date by the difference a batch makes.
    heap_bytes: usize,
}

impl Distinct {
    fn with(&mut self, group: usize, change: impl FnOnce(&mut Sample)) {
        let sample = &mut self.samples[group];
        let before = sample.heap_bytes();
        change(sample);
        self.heap_bytes = self.heap_bytes + sample.heap_bytes() - before;
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<Sample> {
        let taken = emit_to.take_needed(&mut self.samples);
        self.heap_bytes = self.samples.iter().map(Sample::heap_bytes).sum();
        taken
    }
}

/// The estimate that a state stands for.
pub fn estimate(hash_count: usize, level: u8) -> f64 {
    hash_count as f64 * 2f64.powi(i32::from(level))
}

impl GroupsAccumulator for Distinct {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.samples.resize_with(total_num_groups, Sample::default);
        let hashes = values[0].as_primitive::<UInt64Type>();
        for_rows(group_indices.len(), opt_filter, |row| {
            if hashes.is_valid(row) {
                self.with(group_indices[row], |sample| sample.insert(hashes.value(row)));
            }
        });
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(Arc::new(self.take(emit_to).iter().map(|sample| Some(sample.estimate())).collect::<Float64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut hashes = ListBuilder::new(UInt64Builder::new());
        let mut levels = Vec::new();
        for sample in self.take(emit_to) {
            levels.push(sample.level as u8);
            hashes.values().append_slice(&sample.hashes.into_iter().collect::<Vec<_>>());
            hashes.append(true);
        }
        Ok(vec![Arc::new(hashes.finish()), Arc::new(UInt8Array::from(levels))])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.samples.resize_with(total_num_groups, Sample::default);
        let (lists, levels) = (values[0].as_list::<i32>(), values[1].as_primitive::<UInt8Type>());
        for (row, group) in group_indices.iter().enumerate() {
            let hashes = lists.value(row);
            let level = u32::from(levels.value(row));
            self.with(*group, |sample| {
                if level > sample.level {
                    sample.thin(level);
                }
                hashes.as_primitive::<UInt64Type>().values().iter().for_each(|hash| sample.insert(*hash));
            });
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let mut each = Self::default();
        each.update_batch(values, &(0..rows).collect::<Vec<_>>(), opt_filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.samples.capacity() * size_of::<Sample>() + self.heap_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::UInt64Array;

    /// A fixed scramble of counted numbers: evenly spread, the same every time.
    fn hash(number: u64) -> u64 {
        let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn hashes(numbers: std::ops::Range<u64>) -> Vec<ArrayRef> {
        vec![Arc::new(UInt64Array::from(numbers.map(hash).collect::<Vec<_>>()))]
    }

    fn count(accumulator: &mut Distinct) -> f64 {
        accumulator.evaluate(EmitTo::All).unwrap().as_primitive::<Float64Type>().value(0)
    }

    use arrow_array::types::Float64Type;

    #[test]
    fn exact_below_the_bound_and_close_above() {
        for (distinct, tolerance) in [(0, 0.0), (1, 0.0), (60_000, 0.0), (1_000_000, 0.02)] {
            let mut accumulator = Distinct::default();
            for _ in 0..2 {
                accumulator.update_batch(&hashes(0..distinct), &vec![0; distinct as usize], None, 1).unwrap();
            }
            let counted = count(&mut accumulator);
            assert!((counted - distinct as f64).abs() <= tolerance * distinct as f64, "{distinct}: {counted}");
        }
    }

    #[test]
    fn merging_is_counting_together() {
        let mut whole = Distinct::default();
        whole.update_batch(&hashes(0..300_000), &vec![0; 300_000], None, 1).unwrap();
        let mut merged = Distinct::default();
        for part in [0..200_000, 150_000..300_000, 5..6] {
            let mut one = Distinct::default();
            let rows = (part.end - part.start) as usize;
            one.update_batch(&hashes(part), &vec![0; rows], None, 1).unwrap();
            merged.merge_batch(&one.state(EmitTo::All).unwrap(), &[0], 1).unwrap();
        }
        assert_eq!(count(&mut merged), count(&mut whole));
    }
}
