//! Group keys: values as arrays that can be interned, and back.

use super::{Cells, coded, id_text};
use crate::column::Resolved;
use arrow_array::builder::StringViewBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, StringViewArray};
use arrow_schema::DataType;
use glasshive_model::{ColumnType, Value};
use glasshive_query_plan::GroupValue;
use glasshive_query_plan::shown::Shown;
use std::fmt::Write as _;
use std::sync::Arc;

/// In which form a breakdown's values are interned; one for all batches of a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum KeyForm {
    /// All values are of one type.
    Typed(ColumnType),
    /// Ids of so many bytes.
    Id(i32),
    /// Codes of a system column.
    Code(Shown),
    /// Text with its type's letter in front.
    Tagged,
}

impl KeyForm {
    /// The form for a column; `has_overflow` says whether some source has values of it in `_overflow`.
    pub(crate) fn of(column: &Resolved, has_overflow: bool) -> Self {
        match (column.members.as_slice(), column.only_type()) {
            ([member], _) if member.columns.is_empty() && !has_overflow => match member.shown {
                Some(Shown::TraceId) => KeyForm::Id(16),
                Some(Shown::SpanId | Shown::ParentId) => KeyForm::Id(8),
                Some(shown @ (Shown::Kind | Shown::StatusCode | Shown::SignalType | Shown::Source | Shown::AnnotationType)) => {
                    KeyForm::Code(shown)
                }
                Some(shown) => KeyForm::Typed(shown.column_type()),
                None => KeyForm::Tagged,
            },
            (_, Some(column_type)) if !has_overflow => KeyForm::Typed(column_type),
            _ => KeyForm::Tagged,
        }
    }

    pub(crate) fn data_type(self) -> DataType {
        match self {
            KeyForm::Typed(column_type) => column_type.data_type(),
            KeyForm::Id(length) => DataType::FixedSizeBinary(length),
            KeyForm::Code(_) => DataType::Int8,
            KeyForm::Tagged => DataType::Utf8View,
        }
    }

    /// The keys of a batch's rows; null where there is no value.
    pub(crate) fn keys(self, cells: Cells) -> ArrayRef {
        let rows = cells.len();
        match (self, cells) {
            (KeyForm::Tagged, cells) => Arc::new(tagged(&cells)),
            (_, Cells::Absent(_)) => arrow_array::new_null_array(&self.data_type(), rows),
            (KeyForm::Typed(ColumnType::Str), Cells::Str(array)) | (KeyForm::Typed(ColumnType::Json), Cells::Json(array)) => {
                Arc::new(array)
            }
            (KeyForm::Typed(ColumnType::Int), Cells::Int(array)) => Arc::new(array),
            // Adding zero makes one of the two zeros, which are one group.
            (KeyForm::Typed(ColumnType::Float), Cells::Float(array)) => Arc::new(array.unary::<_, Float64Type>(|number| number + 0.0)),
            (KeyForm::Typed(ColumnType::Bool), Cells::Bool(array)) => Arc::new(array),
            (KeyForm::Id(_), Cells::Id(array)) => Arc::new(array),
            (KeyForm::Code(shown), Cells::Code(array, _)) => {
                // Codes that are shown as absent are one group with null.
                Arc::new(array.iter().map(|code| code.filter(|code| coded(shown, *code).is_some())).collect::<arrow_array::Int8Array>())
            }
            (KeyForm::Typed(column_type), cells) => typed(column_type, &cells),
            (form, cells) => {
                debug_assert!(false, "{form:?} does not take {cells:?}");
                arrow_array::new_null_array(&self.data_type(), rows)
            }
        }
    }
}

/// Values that are all of one type, however they were gathered.
fn typed(column_type: ColumnType, cells: &Cells) -> ArrayRef {
    let values = (0..cells.len()).map(|row| cells.value(row));
    match column_type {
        ColumnType::Str | ColumnType::Json => {
            let text = |value: Option<Value>| match value {
                Some(Value::Str(text) | Value::Json(text)) => Some(text),
                _ => None,
            };
            Arc::new(values.map(text).collect::<StringViewArray>())
        }
        ColumnType::Int => {
            Arc::new(values.map(|value| if let Some(Value::Int(number)) = value { Some(number) } else { None }).collect::<Int64Array>())
        }
        ColumnType::Float => {
            let number = |value| if let Some(Value::Float(number)) = value { Some(number + 0.0) } else { None };
            Arc::new(values.map(number).collect::<Float64Array>())
        }
        ColumnType::Bool => {
            Arc::new(values.map(|value| if let Some(Value::Bool(truth)) = value { Some(truth) } else { None }).collect::<BooleanArray>())
        }
    }
}

/// The group's letter and text: equal exactly where the group values are.
fn tagged(cells: &Cells) -> StringViewArray {
    let mut builder = StringViewBuilder::with_capacity(cells.len()).with_deduplicate_strings();
    let mut text = String::new();
    for row in 0..cells.len() {
        text.clear();
        let written = match GroupValue::of(cells.value(row).as_ref()) {
            GroupValue::Null => {
                builder.append_null();
                continue;
            }
            GroupValue::Bool(truth) => write!(text, "b{truth}"),
            GroupValue::Int(number) => write!(text, "i{number}"),
            GroupValue::Float(number) => write!(text, "f{number:?}"),
            GroupValue::Str(value) => write!(text, "s{value}"),
            GroupValue::Json(value) => write!(text, "j{value}"),
        };
        debug_assert!(written.is_ok(), "writing to a string does not fail");
        builder.append_value(&text);
    }
    builder.finish()
}

/// The group value of a key.
pub(crate) fn group_value(form: KeyForm, keys: &dyn Array, row: usize) -> GroupValue {
    if keys.is_null(row) {
        return GroupValue::Null;
    }
    match form {
        KeyForm::Typed(ColumnType::Str) => GroupValue::Str(keys.as_string_view().value(row).to_owned()),
        KeyForm::Typed(ColumnType::Json) => GroupValue::Json(keys.as_string_view().value(row).to_owned()),
        KeyForm::Typed(ColumnType::Int) => GroupValue::Int(keys.as_primitive::<Int64Type>().value(row)),
        KeyForm::Typed(ColumnType::Float) => GroupValue::of_float(keys.as_primitive::<Float64Type>().value(row)),
        KeyForm::Typed(ColumnType::Bool) => GroupValue::Bool(keys.as_boolean().value(row)),
        KeyForm::Id(_) => GroupValue::Str(id_text(keys.as_fixed_size_binary().value(row))),
        KeyForm::Code(shown) => GroupValue::of(coded(shown, keys.as_primitive::<Int8Type>().value(row)).as_ref()),
        KeyForm::Tagged => untagged(keys.as_string_view().value(row)),
    }
}

fn untagged(key: &str) -> GroupValue {
    let (tag, text) = key.split_at(key.len().min(1));
    match tag {
        "b" => GroupValue::Bool(text == "true"),
        "i" => text.parse().map_or(GroupValue::Null, GroupValue::Int),
        "f" => text.parse().map_or(GroupValue::Null, GroupValue::Float),
        "j" => GroupValue::Json(text.to_owned()),
        _ => GroupValue::Str(text.to_owned()),
    }
}
