//! Grouping: batches of scanned columns go in, one state per group comes out; states of several threads merge.
//!
//! Group keys are interned by DataFusion's vectorised group tables; each calculation is one of DataFusion's
//! `GroupsAccumulator`s, of our own making ([`sums`], [`distinct`], [`distribution`], [`ranges`]). States are Arrow arrays, so that they can
//! be merged here, kept beside a file, or sent to another machine.

pub(crate) mod distinct;
pub(crate) mod distribution;
pub(crate) mod ranges;
mod sums;

use crate::histogram::Increases;
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, UInt64Array};
use arrow_schema::SchemaRef;
use arrow_select::filter::filter;
use datafusion_common::Result;
use datafusion_execution::memory_pool::MemoryReservation;
use datafusion_expr_common::groups_accumulator::{EmitTo, GroupsAccumulator};
use datafusion_physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion_physical_plan::aggregates::order::GroupOrdering;
use distribution::{Buckets, Distribution};
use std::sync::Arc;

/// What is computed of a group's rows. Inputs are indices into the columns of a scanned batch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Aggregate {
    /// Sum of the weights of the rows in which `value` is not null, of all rows without a `value`.
    Weight {
        /// The column that must be there; of any type.
        value: Option<usize>,
        /// The weights; `None` = all 1.
        weight: Option<usize>,
    },
    /// Sum of value times weight.
    Sum {
        /// `Float64`.
        value: usize,
        /// As above.
        weight: Option<usize>,
    },
    /// Least value.
    Min {
        /// `Float64`.
        value: usize,
    },
    /// Greatest value.
    Max {
        /// `Float64`.
        value: usize,
    },
    /// Number of distinct values.
    Distinct {
        /// `UInt64` hashes of the values.
        value: usize,
    },
    /// Weights by bucket.
    Distribution {
        /// `Float64`.
        value: usize,
        /// As above.
        weight: Option<usize>,
        /// Which bucket a value falls into.
        buckets: Buckets,
    },
    /// Sum of what events in progress add, which [`Fold::push_parts`] alone takes in.
    Progress(Part),
    /// Weights by range of what the points of a histogram add, which [`Fold::push_increases`] alone takes in.
    Ranges(usize),
    /// The same of their totals.
    Increase(usize, Total),
}

/// What is known of all values that a point adds to a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    /// Their sum, where it is known.
    Sum,
    /// Their number, where the sum is known.
    Summed,
    /// Their number.
    Count,
}

/// What an event in progress adds to a group; times are weighted, in ns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The time that it shares with the window; in its first step.
    Window,
    /// The time that it shares with the step, where it begins or ends in it.
    Step,
    /// Its weight, in the first step that it fills; less its weight, in the step after the last.
    Whole,
    /// The same of 1, so that it is known exactly when nothing is in progress any more.
    Count,
}

impl Part {
    pub(crate) const ALL: [Part; 4] = [Part::Window, Part::Step, Part::Whole, Part::Count];
}

impl Aggregate {
    fn accumulator(&self) -> Box<dyn GroupsAccumulator> {
        match self {
            Aggregate::Weight { value, weight } => Box::new(sums::WeightSum::new(value.is_some(), weight.is_some())),
            Aggregate::Progress(_) | Aggregate::Increase(..) => Box::new(sums::Combined::sum(false)),
            Aggregate::Ranges(_) => Box::new(ranges::Ranges::default()),
            Aggregate::Sum { weight, .. } => Box::new(sums::Combined::sum(weight.is_some())),
            Aggregate::Min { .. } => Box::new(sums::Combined::min()),
            Aggregate::Max { .. } => Box::new(sums::Combined::max()),
            Aggregate::Distinct { .. } => Box::new(distinct::Distinct::default()),
            Aggregate::Distribution { weight: None, buckets, .. } => Box::new(Distribution::<u64>::new(buckets.clone())),
            Aggregate::Distribution { weight: Some(_), buckets, .. } => Box::new(Distribution::<f64>::new(buckets.clone())),
        }
    }

    fn inputs(&self, columns: &[ArrayRef]) -> Vec<ArrayRef> {
        let (value, weight) = match self {
            Aggregate::Weight { value, weight } => (*value, *weight),
            Aggregate::Sum { value, weight } | Aggregate::Distribution { value, weight, .. } => (Some(*value), *weight),
            Aggregate::Min { value } | Aggregate::Max { value } | Aggregate::Distinct { value } => (Some(*value), None),
            Aggregate::Progress(_) | Aggregate::Ranges(_) | Aggregate::Increase(..) => return self.no_inputs(),
        };
        value.into_iter().chain(weight).map(|index| columns[index].clone()).collect()
    }

    /// Whether batches of scanned columns say nothing to it.
    fn has_own_inputs(&self) -> bool {
        matches!(self, Aggregate::Progress(_) | Aggregate::Ranges(_) | Aggregate::Increase(..))
    }

    /// Inputs of no rows.
    fn no_inputs(&self) -> Vec<ArrayRef> {
        let numbers = || Arc::new(Float64Array::new_null(0)) as ArrayRef;
        match self {
            Aggregate::Distinct { .. } => vec![Arc::new(UInt64Array::new_null(0))],
            Aggregate::Ranges(_) => Vec::new(),
            // Whatever the type of a value that is counted: there is none.
            _ => vec![numbers(), numbers()],
        }
    }
}

/// Groups and their states, while they grow.
pub(crate) struct Fold {
    keys: Vec<usize>,
    groups: Box<dyn GroupValues>,
    aggregates: Vec<Aggregate>,
    accumulators: Vec<Box<dyn GroupsAccumulator>>,
    reservation: MemoryReservation,
    /// Reused: the group of each row of the batch at hand.
    indices: Vec<usize>,
}

/// Groups and their states, at rest: arrays of one row per group.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    /// The group keys.
    pub keys: Vec<ArrayRef>,
    /// The states of each aggregate.
    pub states: Vec<Vec<ArrayRef>>,
}

impl Fold {
    /// No groups yet. `keys` are indices into scanned columns, whose types stand in `key_schema`; at least one.
    ///
    /// # Errors
    /// When a key's type cannot be grouped by.
    pub fn new(keys: Vec<usize>, key_schema: &SchemaRef, aggregates: Vec<Aggregate>, reservation: MemoryReservation) -> Result<Self> {
        let groups = new_group_values(key_schema.clone(), &GroupOrdering::None)?;
        let accumulators = aggregates.iter().map(Aggregate::accumulator).collect();
        Ok(Self { keys, groups, aggregates, accumulators, reservation, indices: Vec::new() })
    }

    /// Takes in one batch of scanned columns.
    ///
    /// # Errors
    /// When the memory pool is exhausted.
    pub fn push(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let keys: Vec<ArrayRef> = self.keys.iter().map(|index| columns[*index].clone()).collect();
        self.indices.clear();
        self.groups.intern(&keys, &mut self.indices)?;
        let total = self.groups.len();
        for (aggregate, accumulator) in self.aggregates.iter().zip(&mut self.accumulators) {
            let indices = if aggregate.has_own_inputs() { &[][..] } else { self.indices.as_slice() };
            accumulator.update_batch(&aggregate.inputs(columns), indices, None, total)?;
        }
        self.reserve()
    }

    /// Indices of the scanned columns that are keys.
    pub fn keys(&self) -> &[usize] {
        &self.keys
    }

    /// Takes in what events in progress add: `parts` in the order of [`Part::ALL`], a row each of `keys`.
    ///
    /// # Errors
    /// When the memory pool is exhausted.
    pub fn push_parts(&mut self, keys: &[ArrayRef], parts: &[ArrayRef; Part::ALL.len()]) -> Result<()> {
        self.indices.clear();
        self.groups.intern(keys, &mut self.indices)?;
        let total = self.groups.len();
        for (aggregate, accumulator) in self.aggregates.iter().zip(&mut self.accumulators) {
            match aggregate {
                Aggregate::Progress(part) => {
                    accumulator.update_batch(&[parts[*part as usize].clone()], &self.indices, None, total)?;
                }
                other => accumulator.update_batch(&other.no_inputs(), &[], None, total)?,
            }
        }
        self.reserve()
    }

    /// Takes in what points add to histogram `of`, a row each of `keys`.
    ///
    /// # Errors
    /// When the memory pool is exhausted.
    pub fn push_increases(&mut self, keys: &[ArrayRef], of: usize, increases: &Increases) -> Result<()> {
        self.indices.clear();
        self.groups.intern(keys, &mut self.indices)?;
        let total = self.groups.len();
        for (aggregate, accumulator) in self.aggregates.iter().zip(&mut self.accumulators) {
            match aggregate {
                Aggregate::Ranges(index) if *index == of => accumulator.merge_batch(&increases.ranges, &self.indices, total)?,
                Aggregate::Increase(index, which) if *index == of => {
                    accumulator.merge_batch(&increases.totals[*which as usize..=*which as usize], &self.indices, total)?;
                }
                other => accumulator.update_batch(&other.no_inputs(), &[], None, total)?,
            }
        }
        self.reserve()
    }

    /// Takes in the states of another fold's groups, which have `keys` here: one per row.
    ///
    /// # Errors
    /// When the memory pool is exhausted.
    pub fn merge(&mut self, keys: &[ArrayRef], states: &[Vec<ArrayRef>]) -> Result<()> {
        self.indices.clear();
        self.groups.intern(keys, &mut self.indices)?;
        let total = self.groups.len();
        for (states, accumulator) in states.iter().zip(&mut self.accumulators) {
            accumulator.merge_batch(states, &self.indices, total)?;
        }
        self.reserve()
    }

    /// Bytes of memory that it takes now.
    pub fn bytes(&self) -> usize {
        self.reservation.size()
    }

    /// The group of each row of the batch or state that was taken in last.
    pub fn last_indices(&self) -> &[usize] {
        &self.indices
    }

    /// The groups, in order of first appearance.
    ///
    /// # Errors
    /// When a state does not fit into an Arrow array.
    pub fn finish(mut self) -> Result<Folded> {
        let keys = self.groups.emit(EmitTo::All)?;
        let states = self.accumulators.iter_mut().map(|accumulator| accumulator.state(EmitTo::All)).collect::<Result<_>>()?;
        Ok(Folded { keys, states })
    }

    fn reserve(&mut self) -> Result<()> {
        let bytes = self.groups.size() + self.accumulators.iter().map(|accumulator| accumulator.size()).sum::<usize>();
        self.reservation.try_resize(bytes)
    }
}

impl Folded {
    /// How many groups.
    pub fn len(&self) -> usize {
        self.keys.first().map_or(0, |keys| keys.len())
    }

    /// Only the groups that `keep` marks.
    ///
    /// # Errors
    /// When `keep` has another length.
    pub fn filtered(&self, keep: &BooleanArray) -> Result<Self> {
        let kept = |arrays: &[ArrayRef]| arrays.iter().map(|array| Ok(filter(array, keep)?)).collect::<Result<Vec<_>>>();
        Ok(Self { keys: kept(&self.keys)?, states: self.states.iter().map(|states| kept(states)).collect::<Result<_>>()? })
    }

    /// The same without memory that is not needed.
    pub fn shrunk(mut self) -> Self {
        self.keys.iter_mut().chain(self.states.iter_mut().flatten()).for_each(|array| array.shrink_to_fit());
        self
    }

    /// Bytes of memory behind the arrays.
    pub fn heap_bytes(&self) -> usize {
        self.keys.iter().chain(self.states.iter().flatten()).map(|array| array.get_array_memory_size()).sum()
    }
}
