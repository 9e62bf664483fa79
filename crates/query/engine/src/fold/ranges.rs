//! Weights by range of values: the state that calculations over histograms are read from.

use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, BooleanArray, StructArray};
use arrow_schema::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr_common::groups_accumulator::{EmitTo, GroupsAccumulator};
use glasshive_query_plan::histogram::Range;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Both ends of a range. Points of one layout have the same ranges, so that there are few.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ends(f64, f64);

impl Eq for Ends {}

impl Ord for Ends {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.total_cmp(&other.1))
    }
}

impl PartialOrd for Ends {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// About what one entry of the map takes.
const ENTRY_BYTES: usize = 48;

/// The accumulator. It takes in states alone: `List<Float64>` lower ends, upper ends and weights.
#[derive(Default)]
pub struct Ranges {
    groups: Vec<BTreeMap<Ends, f64>>,
    entries: usize,
}

/// Builds states, a row at a time.
pub struct StateBuilder {
    lists: [ListBuilder<Float64Builder>; 3],
}

impl Default for StateBuilder {
    fn default() -> Self {
        Self { lists: [0; 3].map(|_| ListBuilder::new(Float64Builder::new())) }
    }
}

impl StateBuilder {
    /// Adds a row.
    pub fn append(&mut self, ranges: impl Iterator<Item = Range>) {
        for Range { lower, upper, weight } in ranges {
            self.lists.iter_mut().zip([lower, upper, weight]).for_each(|(list, number)| list.values().append_value(number));
        }
        self.lists.iter_mut().for_each(|list| list.append(true));
    }

    /// The rows.
    pub fn finish(mut self) -> Vec<ArrayRef> {
        self.lists.iter_mut().map(|list| Arc::new(list.finish()) as ArrayRef).collect()
    }
}

/// One row of a state.
pub fn ranges(state: &[ArrayRef], row: usize) -> Vec<Range> {
    let lists: Vec<ArrayRef> = state.iter().map(|list| list.as_list::<i32>().value(row)).collect();
    let [lower, upper, weight] = [0, 1, 2].map(|list| lists[list].as_primitive::<Float64Type>().values());
    (0..weight.len()).map(|place| Range { lower: lower[place], upper: upper[place], weight: weight[place] }).collect()
}

impl GroupsAccumulator for Ranges {
    fn update_batch(&mut self, _: &[ArrayRef], _: &[usize], _: Option<&BooleanArray>, total_num_groups: usize) -> Result<()> {
        self.groups.resize_with(total_num_groups, BTreeMap::new);
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let state = self.state(emit_to)?;
        let list = |name| Field::new_list(name, Field::new_list_field(DataType::Float64, true), false);
        let fields = Fields::from(vec![list("lower"), list("upper"), list("weights")]);
        Ok(Arc::new(StructArray::try_new(fields, state, None)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let taken = emit_to.take_needed(&mut self.groups);
        self.entries = self.groups.iter().map(BTreeMap::len).sum();
        let mut builder = StateBuilder::default();
        for group in taken {
            builder.append(group.into_iter().map(|(Ends(lower, upper), weight)| Range { lower, upper, weight }));
        }
        Ok(builder.finish())
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.groups.resize_with(total_num_groups, BTreeMap::new);
        for (row, group) in group_indices.iter().enumerate() {
            let group = &mut self.groups[*group];
            let before = group.len();
            for Range { lower, upper, weight } in ranges(values, row) {
                *group.entry(Ends(lower, upper)).or_insert(0.0) += weight;
            }
            self.entries += group.len() - before;
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], _: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        Ok(values.to_vec())
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<BTreeMap<Ends, f64>>() + self.entries * ENTRY_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_add_up() {
        let range = |lower, upper, weight| Range { lower, upper, weight };
        let mut builder = StateBuilder::default();
        builder.append([range(1.0, 2.0, 3.0), range(0.0, 1.0, 1.0)].into_iter());
        builder.append([].into_iter());
        builder.append([range(1.0, 2.0, 0.5)].into_iter());
        let state = builder.finish();
        let mut folded = Ranges::default();
        folded.merge_batch(&state, &[0, 1, 0], 2).unwrap();
        folded.update_batch(&[], &[], None, 3).unwrap();
        assert!(folded.size() > 2 * ENTRY_BYTES);
        let state = folded.state(EmitTo::All).unwrap();
        assert_eq!(ranges(&state, 0), [range(0.0, 1.0, 1.0), range(1.0, 2.0, 3.5)]);
        assert_eq!((ranges(&state, 1), ranges(&state, 2)), (Vec::new(), Vec::new()));
        assert_eq!(folded.entries, 0);
    }
}
