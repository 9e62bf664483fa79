//! The columns that a scan hands out.

use crate::cells::{self, Budget, KeyForm};
use crate::column::{Binding, Reads, Resolved, Source};
use crate::control::Control;
use crate::error::Failure;
use crate::related::Key as Related;
use arrow_array::{ArrayRef, Int64Array, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use glasshive_model::{ColumnRef, SystemColumn};
use glasshive_query_plan::Grid;
use std::sync::Arc;

/// One column of a scan's batches. `usize` is an index into the columns of [`Outputs`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    /// `Int64`, 0: a key for those who group by nothing.
    One,
    /// `Int64`: index of the row's step.
    Step(Grid),
    /// `Float64`, no nulls.
    Weight,
    /// `Timestamp`.
    Time,
    /// `Int64`.
    Seq,
    /// A system column as it is stored.
    System(SystemColumn),
    /// Any column as it is stored; null where the source has none.
    Stored(ColumnRef),
    /// A group key of [`KeyForm::Tagged`] that other spans have: null here, filled in by the intake.
    Related(Related),
    /// A group key.
    Key(usize, KeyForm),
    /// `Float64`, null where skipped.
    Numbers(usize),
    /// `Boolean`, null where absent or sent empty.
    Counted(usize),
    /// `UInt64`, null where absent.
    Hashes(usize),
    /// `Utf8View`, null where it is not JSON text.
    Json(usize),
    /// `Int64`, null where it is no integer.
    Integers(usize),
}

/// The columns that a scan hands out, and what they are read from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outputs {
    pub outputs: Vec<Output>,
    pub columns: Vec<Resolved>,
    /// Of these, those that no question names: it need not be told when no event has them.
    pub unasked: Vec<usize>,
}

/// The same in one source.
pub(crate) struct BoundOutputs {
    pub reads: Reads,
    outputs: Vec<Bound>,
}

enum Bound {
    One,
    Step(usize, Grid),
    Raw(usize),
    Related,
    Key(Binding, KeyForm),
    Numbers(Binding, Option<glasshive_query_plan::coerce::Class>),
    Counted(Binding),
    Hashes(Binding),
    Json(Binding),
    Integers(Binding),
}

impl Outputs {
    /// The index of an output, added unless it is there.
    pub(crate) fn add(&mut self, output: Output) -> usize {
        let found = self.outputs.iter().position(|known| *known == output);
        found.unwrap_or_else(|| {
            self.outputs.push(output);
            self.outputs.len() - 1
        })
    }

    /// The index of a column that the question names, added unless it is there.
    pub(crate) fn column(&mut self, column: Resolved) -> usize {
        let index = self.place(column);
        self.unasked.retain(|unasked| *unasked != index);
        index
    }

    /// The same of one that the question does not name, unless it is there.
    pub(crate) fn unasked(&mut self, column: Resolved) -> usize {
        let columns = self.columns.len();
        let index = self.place(column);
        self.unasked.extend((index == columns).then_some(index));
        index
    }

    fn place(&mut self, column: Resolved) -> usize {
        let found = self.columns.iter().position(|known| known.column == column.column);
        found.unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    /// The columns that the question names.
    pub(crate) fn asked(&self) -> impl Iterator<Item = &Resolved> {
        self.columns.iter().enumerate().filter(|(index, _)| !self.unasked.contains(index)).map(|(_, column)| column)
    }

    /// The types of some outputs that serve as keys.
    pub(crate) fn key_schema(&self, keys: &[usize]) -> SchemaRef {
        let data_type = |output: &Output| match output {
            Output::Key(_, form) => form.data_type(),
            Output::Related(_) => KeyForm::Tagged.data_type(),
            _ => DataType::Int64,
        };
        let fields = keys.iter().map(|index| Field::new(format!("key {index}"), data_type(&self.outputs[*index]), true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    pub(crate) fn bind(&self, source: Source<'_>) -> BoundOutputs {
        let mut reads = Reads::default();
        let binding = |index: usize, reads: &mut Reads| Binding::new(&self.columns[index], source, reads);
        let outputs = self.outputs.iter().map(|output| match output {
            Output::One => Bound::One,
            Output::Step(grid) => Bound::Step(reads.system(SystemColumn::Time), *grid),
            Output::Weight => Bound::Raw(reads.system(SystemColumn::SampleRate)),
            Output::Time => Bound::Raw(reads.system(SystemColumn::Time)),
            Output::Seq => Bound::Raw(reads.system(SystemColumn::Seq)),
            Output::System(column) => Bound::Raw(reads.system(*column)),
            Output::Stored(column) => Bound::Raw(reads.slot(column.clone())),
            Output::Related(_) => Bound::Related,
            Output::Key(column, form) => Bound::Key(binding(*column, &mut reads), *form),
            Output::Numbers(column) => Bound::Numbers(binding(*column, &mut reads), self.columns[*column].class),
            Output::Counted(column) => Bound::Counted(binding(*column, &mut reads)),
            Output::Hashes(column) => Bound::Hashes(binding(*column, &mut reads)),
            Output::Json(column) => Bound::Json(binding(*column, &mut reads)),
            Output::Integers(column) => Bound::Integers(binding(*column, &mut reads)),
        });
        let outputs = outputs.collect();
        BoundOutputs { reads, outputs }
    }
}

impl BoundOutputs {
    /// The outputs of `rows` rows; `arrays` lie by slot.
    pub(crate) fn columns(&self, arrays: &[ArrayRef], rows: usize, control: &Control) -> Result<Vec<ArrayRef>, Failure> {
        // Of all columns together: text that was calculated stays, as a key.
        let budget = Budget::of(control);
        let read = |binding: &Binding| cells::read(binding, arrays, rows, &budget);
        let column = |bound: &Bound| -> Result<ArrayRef, Failure> {
            Ok(match bound {
                Bound::One => Arc::new(Int64Array::from_value(0, rows)),
                Bound::Step(slot, grid) => {
                    let step = |time: &i64| (i128::from(*time) - i128::from(grid.first_ns)).div_euclid(i128::from(grid.step_ns)) as i64;
                    let fast = |time: &i64| (time - grid.first_ns) / grid.step_ns;
                    let times = super::times(&arrays[*slot]);
                    let is_small = grid.window.length_ns() < i64::MAX / 4;
                    Arc::new(Int64Array::from_iter_values(times.iter().map(|time| if is_small { fast(time) } else { step(time) })))
                }
                Bound::Raw(slot) => arrays[*slot].clone(),
                Bound::Related => new_null_array(&KeyForm::Tagged.data_type(), rows),
                Bound::Key(binding, form) if binding.is_absent() => new_null_array(&form.data_type(), rows),
                Bound::Key(binding, form) => form.keys(read(binding)?),
                Bound::Numbers(binding, class) => Arc::new(read(binding)?.numbers(*class)),
                Bound::Counted(binding) => Arc::new(read(binding)?.counted()),
                Bound::Hashes(binding) => Arc::new(read(binding)?.hashes()),
                Bound::Json(binding) => Arc::new(read(binding)?.json()),
                Bound::Integers(binding) => Arc::new(read(binding)?.integers()),
            })
        };
        self.outputs.iter().map(column).collect()
    }
}
