//! From the arrays of a batch to a column's values.

use super::Cells;
use crate::column::{Binding, BoundFormula, BoundLevel, BoundOperand, Piece};
use crate::control::Control;
use crate::error::Failure;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, StringViewArray};
use arrow_buffer::BooleanBuffer;
use datafusion_execution::memory_pool::MemoryReservation;
use glasshive_model::{ColumnType, Value};
use glasshive_query_plan::alias::When;
use glasshive_query_plan::shown::Shown;
use glasshive_query_plan::time::seconds_of;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// What calculated fields of one batch may take of the question's time and memory. The memory is given back when it is dropped.
pub(crate) struct Budget<'a> {
    control: &'a Control,
    held: MemoryReservation,
}

impl<'a> Budget<'a> {
    pub(crate) fn of(control: &'a Control) -> Self {
        Self { control, held: control.reservation("calculated fields") }
    }
}

/// The values of a bound column; `arrays` lie by slot and have `rows` rows.
///
/// # Errors
/// When the budget is used up, or nobody wants the answer any more.
pub(crate) fn read(binding: &Binding, arrays: &[ArrayRef], rows: usize, budget: &Budget<'_>) -> Result<Cells, Failure> {
    match &binding.formula {
        Some(formula) => calculate(formula, arrays, rows, budget),
        None => Ok(stored(binding, arrays, rows)),
    }
}

/// The values of a column that is not calculated.
fn stored(binding: &Binding, arrays: &[ArrayRef], rows: usize) -> Cells {
    if binding.is_absent() {
        return Cells::Absent(rows);
    }
    match binding.only_piece() {
        Some((piece, None)) => single(piece, arrays, rows),
        Some((piece, Some(level))) => single(piece, arrays, rows).only(&came_from(level, arrays, rows)),
        None => gather(binding, arrays, rows),
    }
}

/// A calculated field, row by row.
fn calculate(formula: &BoundFormula, arrays: &[ArrayRef], rows: usize, budget: &Budget<'_>) -> Result<Cells, Failure> {
    enum Column<'a> {
        Cells(Cells),
        /// In ns.
        Times(&'a [i64]),
        IngestTimes(Cells),
    }
    let columns: Vec<Column<'_>> = formula
        .inputs
        .iter()
        .map(|operand| {
            Ok(match operand {
                BoundOperand::Column(binding) => Column::Cells(read(binding, arrays, rows, budget)?),
                BoundOperand::EventTime(slot) => Column::Times(crate::scan::times(&arrays[*slot])),
                BoundOperand::IngestTime(binding) => Column::IngestTimes(stored(binding, arrays, rows)),
            })
        })
        .collect::<Result<_, Failure>>()?;
    budget.held.try_grow(rows * size_of::<Option<Value>>())?;
    let value = |row: usize| {
        // One row may take long.
        budget.control.go_on()?;
        let value = formula.expression.evaluate(&|index| match &columns[index] {
            Column::Cells(cells) => cells.value(row).unwrap_or(Value::Null),
            Column::Times(times) => seconds(times[row]),
            Column::IngestTimes(cells) => ingest_seconds(cells.value(row)),
        });
        if let Value::Str(text) = &value {
            budget.held.try_grow(text.len())?;
        }
        Ok(Some(value).filter(|value| *value != Value::Null))
    };
    Ok(Cells::Mixed((0..rows).map(value).collect::<Result<_, Failure>>()?))
}

/// A time as calculated fields see it.
pub(crate) fn seconds(time_ns: i64) -> Value {
    Value::Float(seconds_of(time_ns))
}

/// The value of `meta.ingest_time` as calculated fields see it.
pub(crate) fn ingest_seconds(value: Option<Value>) -> Value {
    match value {
        Some(Value::Int(time_ns)) => seconds(time_ns),
        _ => Value::Null,
    }
}

fn single(piece: &Piece, arrays: &[ArrayRef], rows: usize) -> Cells {
    match piece {
        Piece::Attribute { column_type, slot } => attribute(*column_type, &arrays[*slot]),
        Piece::System { shown, slots } => system(*shown, slots, arrays, rows),
        Piece::Overflow { key, slot } => Cells::Mixed(overflow(key, &arrays[*slot])),
    }
}

fn attribute(column_type: ColumnType, array: &ArrayRef) -> Cells {
    match column_type {
        ColumnType::Str => Cells::Str(array.as_string_view().clone()),
        ColumnType::Json => Cells::Json(array.as_string_view().clone()),
        ColumnType::Int => Cells::Int(array.as_primitive::<Int64Type>().clone()),
        ColumnType::Float => Cells::Float(array.as_primitive::<Float64Type>().clone()),
        ColumnType::Bool => Cells::Bool(array.as_boolean().clone()),
    }
}

fn system(shown: Shown, slots: &[usize], arrays: &[ArrayRef], rows: usize) -> Cells {
    let array = &arrays[slots[0]];
    match shown {
        Shown::DurationMs => Cells::Float(array.as_primitive::<Int64Type>().unary(|ns| ns as f64 / 1e6)),
        Shown::TraceId | Shown::SpanId | Shown::ParentId => Cells::Id(array.as_fixed_size_binary().clone()),
        Shown::Name | Shown::Dataset => Cells::Str(array.as_string_view().clone()),
        Shown::Kind | Shown::StatusCode | Shown::SignalType | Shown::Source | Shown::AnnotationType => {
            Cells::Code(array.as_primitive::<Int8Type>().clone(), shown)
        }
        Shown::SampleRate => Cells::Float(array.as_primitive::<Float64Type>().clone()),
        Shown::IngestTime => {
            let times = array.as_primitive::<TimestampNanosecondType>();
            Cells::Int(Int64Array::new(times.values().clone(), times.nulls().cloned()))
        }
        Shown::IsRoot => {
            let (parent, annotation) = (&arrays[slots[1]], arrays[slots[2]].as_primitive::<Int8Type>());
            let is_root = |row: usize| array.is_valid(row).then(|| parent.is_null(row) && annotation.value(row) == 0);
            Cells::Bool((0..rows).map(is_root).collect::<BooleanArray>())
        }
    }
}

/// Row by row: of each name the value of the first piece that has one, and of those the first that was not sent empty.
fn gather(binding: &Binding, arrays: &[ArrayRef], rows: usize) -> Cells {
    let kinds = binding.kind.as_ref().map(|kind| stored(kind, arrays, rows));
    let kind = |row: usize| match kinds.as_ref().and_then(|kinds| kinds.value(row)) {
        Some(Value::Str(word)) => Some(word),
        _ => None,
    };
    let mut values: Vec<Option<Value>> = vec![None; rows];
    for member in &binding.members {
        let pieces: Vec<Cells> = member.pieces.iter().map(|piece| single(piece, arrays, rows)).collect();
        let admitted = |row: usize| member.when == When::Always || member.when.admits(kind(row).as_deref());
        let is_open = |value: &Option<Value>| matches!(value, None | Some(Value::Null));
        let came_from = member.level.as_ref().map(|level| came_from(level, arrays, rows));
        let counts = |row: usize| came_from.as_ref().is_none_or(|came_from| came_from.value(row)) && admitted(row);
        for (row, value) in values.iter_mut().enumerate().filter(|(row, value)| is_open(value) && counts(*row)) {
            let own = pieces.iter().find_map(|cells| cells.value(row));
            *value = own.or(value.take());
        }
    }
    Cells::Mixed(values)
}

/// The rows in which values of a key came from where they must have come from.
fn came_from(BoundLevel { level, key, slots }: &BoundLevel, arrays: &[ArrayRef], rows: usize) -> BooleanBuffer {
    let lists: Vec<BooleanBuffer> = slots.iter().map(|slot| listed(key, arrays[*slot].as_string_view())).collect();
    BooleanBuffer::collect_bool(rows, |row| level.admits(lists.iter().any(|list| list.value(row))))
}

/// The rows whose list of keys has this one. Most rows have the list of the row before.
fn listed(key: &str, lists: &StringViewArray) -> BooleanBuffer {
    let mut last = ("", false);
    BooleanBuffer::collect_bool(lists.len(), |row| {
        let list = if lists.is_valid(row) { lists.value(row) } else { "" };
        if list != last.0 {
            last = (list, list.split('\n').any(|listed| listed == key));
        }
        last.1
    })
}

/// One key's values out of `_overflow`.
fn overflow(key: &str, array: &ArrayRef) -> Vec<Option<Value>> {
    array.as_string_view().iter().map(|object| object.and_then(|object| member(object, key))).collect()
}

/// One member of a JSON object; the others are stepped over and not built.
fn member(object: &str, key: &str) -> Option<Value> {
    let members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(object).ok()?;
    let json = members.get(key)?.get();
    serde_json::from_str(json).ok().map(Value::from_json)
}
