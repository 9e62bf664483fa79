//! Weights by bucket of value: the one state that percentiles and heatmaps are read from.

mod counts;

use super::sums::for_rows;
use arrow_array::builder::{Float64Builder, Int32Builder, ListBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{Array, ArrayRef, BooleanArray, StructArray};
use arrow_schema::{DataType, Field, Fields};
use counts::Counts;
use datafusion_common::Result;
use datafusion_expr_common::groups_accumulator::{EmitTo, GroupsAccumulator};
use glasshive_query_plan::heatmap::{HeatmapRows, Place};
use glasshive_query_plan::lhist;
use std::sync::Arc;

/// Which bucket a value falls into.
#[derive(Debug, Clone, PartialEq)]
pub enum Buckets {
    /// Those of [`lhist`], relative error at most 0.8 %.
    Lhist,
    /// The places of a heatmap, by [`place_number`].
    Places(Arc<HeatmapRows>),
}

impl Buckets {
    /// The bucket of a value; NaN has none.
    fn of(&self, value: f64) -> Option<i32> {
        match self {
            Buckets::Lhist => lhist::bucket(value),
            Buckets::Places(rows) => rows.place(value).map(place_number),
        }
    }
}

/// Rows are their own numbers; the places around them lie beyond a heatmap's greatest number of rows.
pub fn place_number(place: Place) -> i32 {
    match place {
        Place::Row(row) => row as i32,
        Place::Over => OVER,
        Place::Under => -1,
        Place::Zero => -2,
    }
}

/// The place that a number stands for.
pub fn place_of_number(number: i32) -> Place {
    match number {
        OVER => Place::Over,
        -1 => Place::Under,
        -2 => Place::Zero,
        row => Place::Row(row.unsigned_abs() as usize),
    }
}

const OVER: i32 = 64;

/// A bucket's content: `u64` while all weights are 1, `f64` otherwise.
pub trait Count: Copy + Default + PartialEq + Send + std::ops::AddAssign + 'static {
    /// From a weight.
    fn of(weight: f64) -> Self;
    /// To a weight.
    fn weight(self) -> f64;
}

impl Count for u64 {
    fn of(weight: f64) -> Self {
        weight as u64
    }

    fn weight(self) -> f64 {
        self as f64
    }
}

impl Count for f64 {
    fn of(weight: f64) -> Self {
        weight
    }

    fn weight(self) -> f64 {
        self
    }
}

/// The accumulator. Inputs: `Float64` values, then weights unless all are 1. State: `List<Int32>` buckets in ascending order,
/// `List<Float64>` weights.
pub struct Distribution<C> {
    buckets: Buckets,
    groups: Vec<Counts<C>>,
    heap_bytes: usize,
}

impl<C: Count> Distribution<C> {
    /// No groups yet.
    pub fn new(buckets: Buckets) -> Self {
        Self { buckets, groups: Vec::new(), heap_bytes: 0 }
    }

    fn add(&mut self, group: usize, bucket: i32, count: C) {
        let counts = &mut self.groups[group];
        let before = counts.heap_bytes();
        counts.add(bucket, count);
        self.heap_bytes += counts.heap_bytes().saturating_sub(before);
    }
}

impl<C: Count> GroupsAccumulator for Distribution<C> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.groups.resize_with(total_num_groups, Counts::default);
        let numbers = values[0].as_primitive::<Float64Type>();
        let weights = values.get(1).map(|weights| weights.as_primitive::<Float64Type>().values().clone());
        let one = C::of(1.0);
        for_rows(group_indices.len(), opt_filter, |row| {
            if numbers.is_valid(row)
                && let Some(bucket) = self.buckets.of(numbers.value(row))
            {
                self.add(group_indices[row], bucket, weights.as_ref().map_or(one, |weights| C::of(weights[row])));
            }
        });
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let state = self.state(emit_to)?;
        let list = |name, data_type| Field::new_list(name, Field::new_list_field(data_type, true), false);
        let fields = Fields::from(vec![list("buckets", DataType::Int32), list("weights", DataType::Float64)]);
        Ok(Arc::new(StructArray::try_new(fields, state, None)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let taken = emit_to.take_needed(&mut self.groups);
        self.heap_bytes = self.groups.iter().map(Counts::heap_bytes).sum();
        let mut buckets = ListBuilder::new(Int32Builder::new());
        let mut weights = ListBuilder::new(Float64Builder::new());
        for counts in taken {
            for (bucket, weight) in counts.entries() {
                buckets.values().append_value(bucket);
                weights.values().append_value(weight);
            }
            buckets.append(true);
            weights.append(true);
        }
        Ok(vec![Arc::new(buckets.finish()), Arc::new(weights.finish())])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.groups.resize_with(total_num_groups, Counts::default);
        let (buckets, weights) = (values[0].as_list::<i32>(), values[1].as_list::<i32>());
        for (row, group) in group_indices.iter().enumerate() {
            let (buckets, weights) = (buckets.value(row), weights.value(row));
            let (buckets, weights) = (buckets.as_primitive::<Int32Type>(), weights.as_primitive::<Float64Type>());
            for (bucket, weight) in buckets.values().iter().zip(weights.values()) {
                self.add(*group, *bucket, C::of(*weight));
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let mut each = Self::new(self.buckets.clone());
        each.update_batch(values, &(0..rows).collect::<Vec<_>>(), opt_filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<Counts<C>>() + self.heap_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Float64Array;

    #[test]
    fn zero_and_both_signs_take_little_and_come_in_order() {
        let mut distribution = Distribution::<u64>::new(Buckets::Lhist);
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1_000.0, 0.0, -5.0, 1_000.0, -0.0, f64::NAN]));
        distribution.update_batch(&[values], &[0; 6], None, 1).unwrap();
        assert!(distribution.size() < 2_000, "{} bytes", distribution.size());
        let state = distribution.state(EmitTo::All).unwrap();
        let mut merged = Distribution::<u64>::new(Buckets::Lhist);
        merged.merge_batch(&state, &[0], 1).unwrap();
        merged.merge_batch(&state, &[0], 1).unwrap();
        let entries: Vec<(i32, f64)> = merged.groups[0].entries().collect();
        let bucket = |value| lhist::bucket(value).unwrap();
        assert_eq!(entries, [(bucket(-5.0), 2.0), (0, 4.0), (bucket(1_000.0), 4.0)]);
    }
}
