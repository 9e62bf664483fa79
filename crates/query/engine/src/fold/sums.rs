//! Sums, extremes and counts: one number per group.

use arrow_array::builder::Float64Builder;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array};
use arrow_buffer::BooleanBufferBuilder;
use datafusion_common::Result;
use datafusion_expr_common::groups_accumulator::{EmitTo, GroupsAccumulator};
use std::sync::Arc;

/// Calls `add(row)` for every row that `filter` lets through.
pub(super) fn for_rows(rows: usize, filter: Option<&BooleanArray>, add: impl FnMut(usize)) {
    match filter {
        None => (0..rows).for_each(add),
        Some(filter) => (0..rows).filter(|row| filter.is_valid(*row) && filter.value(*row)).for_each(add),
    }
}

/// Σw: always a number, 0 for none. State: `Float64`.
///
/// Whole numbers stay exact up to 2^53, so counts of unweighted rows are exact.
pub struct WeightSum {
    sums: Vec<f64>,
    has_value: bool,
    has_weight: bool,
}

impl WeightSum {
    /// Inputs: the value when `has_value`, then the weight when `has_weight`.
    pub fn new(has_value: bool, has_weight: bool) -> Self {
        Self { sums: Vec::new(), has_value, has_weight }
    }
}

impl GroupsAccumulator for WeightSum {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.sums.resize(total_num_groups, 0.0);
        let nulls = if self.has_value { values[0].logical_nulls() } else { None };
        let weights = self.has_weight.then(|| values[usize::from(self.has_value)].as_primitive::<Float64Type>().values());
        let sums = &mut self.sums;
        match (nulls, weights, opt_filter) {
            (None, None, None) => group_indices.iter().for_each(|group| sums[*group] += 1.0),
            (None, Some(weights), None) => group_indices.iter().zip(weights).for_each(|(group, weight)| sums[*group] += weight),
            (nulls, weights, filter) => for_rows(group_indices.len(), filter, |row| {
                if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                    sums[group_indices[row]] += weights.map_or(1.0, |weights| weights[row]);
                }
            }),
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(Arc::new(Float64Array::from(emit_to.take_needed(&mut self.sums))))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.sums.resize(total_num_groups, 0.0);
        let sums = values[0].as_primitive::<Float64Type>().values();
        group_indices.iter().zip(sums).for_each(|(group, sum)| self.sums[*group] += sum);
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |values| values.len());
        let mut each = Self::new(self.has_value, self.has_weight);
        each.update_batch(values, &(0..rows).collect::<Vec<_>>(), opt_filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<f64>()
    }
}

/// A number folded from numbers: Σ w·v, least, or greatest. Null for a group without values. State: `Float64`, nullable.
pub struct Combined {
    values: Vec<f64>,
    seen: BooleanBufferBuilder,
    start: f64,
    combine: fn(f64, f64) -> f64,
    has_weight: bool,
}

impl Combined {
    fn new(start: f64, combine: fn(f64, f64) -> f64, has_weight: bool) -> Self {
        Self { values: Vec::new(), seen: BooleanBufferBuilder::new(0), start, combine, has_weight }
    }

    /// Inputs: value, then the weight when `has_weight`.
    pub fn sum(has_weight: bool) -> Self {
        Self::new(0.0, |left, right| left + right, has_weight)
    }

    /// Input: value.
    pub fn min() -> Self {
        Self::new(f64::INFINITY, f64::min, false)
    }

    /// Input: value.
    pub fn max() -> Self {
        Self::new(f64::NEG_INFINITY, f64::max, false)
    }

    fn grow(&mut self, groups: usize) {
        self.values.resize(groups, self.start);
        if groups > self.seen.len() {
            self.seen.append_n(groups - self.seen.len(), false);
        }
    }

    fn add(&mut self, group: usize, value: f64) {
        self.values[group] = (self.combine)(self.values[group], value);
        self.seen.set_bit(group, true);
    }
}

impl GroupsAccumulator for Combined {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.grow(total_num_groups);
        let numbers = values[0].as_primitive::<Float64Type>();
        let weights = self.has_weight.then(|| values[1].as_primitive::<Float64Type>().values().clone());
        for_rows(group_indices.len(), opt_filter, |row| {
            if numbers.is_valid(row) {
                let weight = weights.as_ref().map_or(1.0, |weights| weights[row]);
                let value = numbers.value(row);
                self.add(group_indices[row], if weight == 1.0 { value } else { value * weight });
            }
        });
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let values = emit_to.take_needed(&mut self.values);
        let seen = self.seen.finish();
        let mut builder = Float64Builder::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            builder.append_option(seen.value(index).then_some(*value));
        }
        self.seen.append_buffer(&seen.slice(values.len(), seen.len() - values.len()));
        Ok(Arc::new(builder.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.grow(total_num_groups);
        let states = values[0].as_primitive::<Float64Type>();
        for (row, group) in group_indices.iter().enumerate().filter(|(row, _)| states.is_valid(*row)) {
            self.add(*group, states.value(row));
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |values| values.len());
        let mut each = Self::new(self.start, self.combine, self.has_weight);
        each.update_batch(values, &(0..rows).collect::<Vec<_>>(), opt_filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.values.capacity() * size_of::<f64>() + self.seen.capacity()
    }
}
