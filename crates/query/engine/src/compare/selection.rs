//! Which rows of a question are selected.

use crate::cells::{KeyForm, group_value};
use crate::column::{Names, Resolved};
use crate::related::Key;
use crate::scan::{Output, Outputs, times};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;
use glasshive_query_plan::{Column, GroupValue, Note, NoteKind, Window};

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

impl SelectionPart {
    /// What to tell when it selects nothing because of what its column is: a range of values that a metric's histograms have.
    pub(super) fn remark(&self, names: Names<'_>) -> Option<Note> {
        let SelectionPart::Range { column, .. } = self else { return None };
        names.histogram(column)?;
        let text = format!(
            "{column} holds histograms, each of many values: a range of them selects no single events; group by an attribute and compare \
             the groups, or select spans"
        );
        Some(Note::new(NoteKind::TypeClash, text))
    }

    /// The column that it is about.
    pub fn column(&self) -> &Column {
        match self {
            SelectionPart::Range { column, .. } | SelectionPart::Equals { column, .. } => column,
        }
    }
}

/// The same, looked up among the columns of a scan.
pub(super) struct Sides {
    window: Window,
    time: usize,
    ranges: Vec<(usize, f64, f64)>,
    /// Of keys, in the form that has its type beside it.
    equal: Vec<(usize, GroupValue)>,
    /// The same of numbers of other spans, which are keys too.
    others: Vec<(usize, f64, f64)>,
}

impl Sides {
    /// Adds what it needs to the columns of a scan. `others` says of each part which column of which other span it is about, if it
    /// is about one.
    pub(super) fn new(selection: &Selection, outputs: &mut Outputs, names: Names<'_>, others: &[Option<Key>]) -> Self {
        let mut sides =
            Self { window: selection.window, time: outputs.add(Output::Time), ranges: Vec::new(), equal: Vec::new(), others: Vec::new() };
        for (index, part) in selection.parts.iter().enumerate() {
            let other = others.get(index).copied().flatten().map(Output::Related);
            match part {
                SelectionPart::Range { column, low, high } => match other {
                    Some(other) => sides.others.push((outputs.add(other), *low, *high)),
                    None => {
                        let resolved = Resolved::new(column, names);
                        // That a metric has no column of its own name is nothing to tell: its histograms are.
                        let is_histogram = names.histogram(column).is_some();
                        let index = if is_histogram { outputs.unasked(resolved) } else { outputs.column(resolved) };
                        sides.ranges.push((outputs.add(Output::Numbers(index)), *low, *high));
                    }
                },
                SelectionPart::Equals { column, value } => {
                    let key = other.unwrap_or_else(|| Output::Key(outputs.column(Resolved::new(column, names)), KeyForm::Tagged));
                    sides.equal.push((outputs.add(key), value.clone()));
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
            let is_within = |row: usize| numbers.is_valid(row) && lies_within(numbers.value(row), *low, *high);
            selected = &selected & &BooleanBuffer::collect_bool(times.len(), is_within);
        }
        for (output, low, high) in &self.others {
            let keys = columns[*output].as_ref();
            let is_within = |row: usize| number_of(&group_value(KeyForm::Tagged, keys, row)).is_some_and(|it| lies_within(it, *low, *high));
            selected = &selected & &BooleanBuffer::collect_bool(times.len(), is_within);
        }
        for (output, value) in &self.equal {
            let keys = columns[*output].as_ref();
            let is_equal = |row: usize| group_value(KeyForm::Tagged, keys, row) == *value;
            selected = &selected & &BooleanBuffer::collect_bool(times.len(), is_equal);
        }
        selected
    }
}

/// Infinity lies below no end.
fn lies_within(number: f64, low: f64, high: f64) -> bool {
    number >= low && (number < high || high == f64::INFINITY)
}

fn number_of(value: &GroupValue) -> Option<f64> {
    match value {
        GroupValue::Int(number) => Some(*number as f64),
        GroupValue::Float(number) => Some(*number),
        GroupValue::Bool(_) | GroupValue::Str(_) | GroupValue::Json(_) | GroupValue::Null => None,
    }
}
