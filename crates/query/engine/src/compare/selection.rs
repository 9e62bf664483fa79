//! Which rows of a question are selected.

use crate::cells::{KeyForm, group_value};
use crate::column::{Names, Resolved};
use crate::scan::{Output, Outputs, times};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;
use glasshive_query_plan::{Column, GroupValue, Window};

/// The selected rows: those in a window of which all parts hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// When.
    pub window: Window,
    /// What else.
    pub parts: Vec<SelectionPart>,
}

/// Something that holds of selected rows.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectionPart {
    /// A number from `low` on and below `high`.
    Range {
        /// Of which column.
        column: Column,
        /// The least; negative infinity = no end.
        low: f64,
        /// What it is below; infinity = no end.
        high: f64,
    },
    /// A column has this value, or none.
    Equals {
        /// Which column.
        column: Column,
        /// The value, as an answer's group has it.
        value: GroupValue,
    },
}

/// The same, looked up among the columns of a scan.
pub(super) struct Sides {
    window: Window,
    time: usize,
    ranges: Vec<(usize, f64, f64)>,
    equal: Vec<(usize, KeyForm, GroupValue)>,
}

impl Sides {
    /// Adds what it needs to the columns of a scan.
    pub(super) fn new(selection: &Selection, outputs: &mut Outputs, names: Names<'_>) -> Self {
        let mut sides = Self { window: selection.window, time: outputs.add(Output::Time), ranges: Vec::new(), equal: Vec::new() };
        for part in &selection.parts {
            match part {
                SelectionPart::Range { column, low, high } => {
                    let index = outputs.column(Resolved::new(column, names));
                    sides.ranges.push((outputs.add(Output::Numbers(index)), *low, *high));
                }
                SelectionPart::Equals { column, value } => {
                    let index = outputs.column(Resolved::new(column, names));
                    sides.equal.push((outputs.add(Output::Key(index, KeyForm::Tagged)), KeyForm::Tagged, value.clone()));
                }
            }
        }
        sides
    }

    /// The selected rows of a batch.
    pub(super) fn of(&self, columns: &[ArrayRef]) -> BooleanBuffer {
        let times = times(&columns[self.time]);
        let mut selected = BooleanBuffer::collect_bool(times.len(), |row| self.window.contains(times[row]));
        for (output, low, high) in &self.ranges {
            let numbers = columns[*output].as_primitive::<Float64Type>();
            let is_within = |row: usize| numbers.is_valid(row) && (*low..*high).contains(&numbers.value(row));
            // Infinity lies below no end.
            let is_open = |row: usize| high.is_infinite() && numbers.is_valid(row) && numbers.value(row) >= *low;
            selected = &selected & &BooleanBuffer::collect_bool(times.len(), |row| is_within(row) || is_open(row));
        }
        for (output, form, value) in &self.equal {
            let keys = columns[*output].as_ref();
            selected = &selected & &BooleanBuffer::collect_bool(times.len(), |row| group_value(*form, keys, row) == *value);
        }
        selected
    }
}
