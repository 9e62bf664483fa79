//! Groups step by step.

use crate::fold::Folded;
use arrow_array::ArrayRef;

/// States by (step, place).
pub(super) struct Steps {
    folded: Folded,
    steps: Vec<i64>,
    places: Vec<i64>,
}

/// One of them.
pub(super) struct StepRow<'a> {
    pub step: i64,
    pub place: usize,
    pub states: &'a [Vec<ArrayRef>],
    pub row: usize,
}

impl Steps {
    pub fn new(folded: Folded) -> Self {
        let [steps, places] = [0, 1].map(|key| crate::cells::int64(&folded.keys[key]).values().to_vec());
        Self { folded, steps, places }
    }

    pub fn rows(&self) -> impl Iterator<Item = StepRow<'_>> {
        let row = |row: usize| StepRow {
            step: self.steps[row],
            place: usize::try_from(self.places[row]).unwrap_or(0),
            states: &self.folded.states,
            row,
        };
        (0..self.steps.len()).map(row)
    }
}
