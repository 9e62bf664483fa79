//! A column's values in one batch of rows, and what questions do with them.
//!
//! Most columns of most batches come from one stored column and stay the Arrow array they are. Where several stored columns
//! meet (types in conflict, old and new names, `_overflow`), the values are gathered row by row and go through the very
//! functions of [`glasshive_query_plan::coerce`] that define what questions mean.

mod condition;
mod keys;
mod lend;
mod read;

pub(crate) use condition::Prepared;
pub(crate) use keys::{KeyForm, group_value};
pub(crate) use read::{Budget, ingest_seconds, read, seconds};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type};
use arrow_array::{Array, BooleanArray, FixedSizeBinaryArray, Float64Array, Int8Array, Int64Array, StringViewArray, UInt64Array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_select::nullif::nullif;
use glasshive_model::{Annotation, Signal, Source, SpanId, SpanKind, TraceId, Value};
use glasshive_query_plan::coerce::{self, Class};
use glasshive_query_plan::shown::Shown;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A column's values.
#[derive(Debug)]
pub(crate) enum Cells {
    /// No row has it; this many rows.
    Absent(usize),
    /// Text.
    Str(StringViewArray),
    /// JSON text.
    Json(StringViewArray),
    Int(Int64Array),
    Float(Float64Array),
    Bool(BooleanArray),
    /// A trace or span id.
    Id(FixedSizeBinaryArray),
    /// A small closed set, by number.
    Code(Int8Array, Shown),
    /// Gathered row by row; `None` = absent.
    Mixed(Vec<Option<Value>>),
}

/// What a code of a system column is shown as; `None` = absent.
pub(crate) fn coded(shown: Shown, code: i8) -> Option<Value> {
    let word = |word: &str| Some(Value::Str(word.to_owned()));
    match shown {
        Shown::Kind => Some(Value::Str(SpanKind::from_number(code).map_or_else(|| code.to_string(), |kind| kind.word().to_owned()))),
        Shown::SignalType => Signal::from_number(code).filter(|signal| *signal != Signal::Event).and_then(|signal| word(signal.word())),
        Shown::Source => Source::from_number(code).and_then(|source| word(source.word())),
        Shown::AnnotationType => {
            let annotation = Annotation::from_number(code).filter(|annotation| *annotation != Annotation::None);
            annotation.and_then(|annotation| word(annotation.word()))
        }
        _ => Some(Value::Int(code.into())),
    }
}

/// An id as it is shown.
pub(crate) fn id_text(bytes: &[u8]) -> String {
    let trace = || Some(TraceId::new(bytes.try_into().ok()?)?.to_string());
    let span = || Some(SpanId::new(bytes.try_into().ok()?)?.to_string());
    trace().or_else(span).unwrap_or_else(|| "0".repeat(2 * bytes.len()))
}

/// Per code, by `code as u8`.
fn code_table<T>(shown: Shown, make: impl Fn(Option<Value>) -> T) -> Vec<T> {
    (0..=u8::MAX).map(|code| make(coded(shown, code as i8))).collect()
}

impl Cells {
    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Cells::Absent(rows) => *rows,
            Cells::Str(array) | Cells::Json(array) => array.len(),
            Cells::Int(array) => array.len(),
            Cells::Float(array) => array.len(),
            Cells::Bool(array) => array.len(),
            Cells::Id(array) => array.len(),
            Cells::Code(array, _) => array.len(),
            Cells::Mixed(values) => values.len(),
        }
    }

    /// The same where only values of the rows that a mask marks are there.
    pub(crate) fn only(self, marked: &BooleanBuffer) -> Self {
        let others = BooleanArray::new(!marked, None);
        let kept = |array: &dyn Array| nullif(array, &others).expect("a mask has a bit for each row");
        match self {
            Cells::Absent(rows) => Cells::Absent(rows),
            Cells::Str(array) => Cells::Str(kept(&array).as_string_view().clone()),
            Cells::Json(array) => Cells::Json(kept(&array).as_string_view().clone()),
            Cells::Int(array) => Cells::Int(kept(&array).as_primitive::<Int64Type>().clone()),
            Cells::Float(array) => Cells::Float(kept(&array).as_primitive::<Float64Type>().clone()),
            Cells::Bool(array) => Cells::Bool(kept(&array).as_boolean().clone()),
            Cells::Id(array) => Cells::Id(kept(&array).as_fixed_size_binary().clone()),
            Cells::Code(array, shown) => Cells::Code(kept(&array).as_primitive::<Int8Type>().clone(), shown),
            Cells::Mixed(values) => {
                Cells::Mixed(values.into_iter().zip(marked).map(|(value, is_marked)| value.filter(|_| is_marked)).collect())
            }
        }
    }

    /// One row's value; `None` = absent.
    pub(crate) fn value(&self, row: usize) -> Option<Value> {
        fn get<T>(array: &dyn Array, row: usize, value: impl FnOnce(usize) -> T) -> Option<T> {
            array.is_valid(row).then(|| value(row))
        }
        match self {
            Cells::Absent(_) => None,
            Cells::Str(array) => get(array, row, |row| Value::Str(array.value(row).to_owned())),
            Cells::Json(array) => get(array, row, |row| Value::Json(array.value(row).to_owned())),
            Cells::Int(array) => get(array, row, |row| Value::Int(array.value(row))),
            Cells::Float(array) => get(array, row, |row| Value::Float(array.value(row))),
            Cells::Bool(array) => get(array, row, |row| Value::Bool(array.value(row))),
            Cells::Id(array) => get(array, row, |row| Value::Str(id_text(array.value(row)))),
            Cells::Code(array, shown) => get(array, row, |row| coded(*shown, array.value(row))).flatten(),
            Cells::Mixed(values) => values[row].clone(),
        }
    }

    /// Which rows have a value, sent empty or not.
    pub(crate) fn present(&self) -> BooleanArray {
        let rows = self.len();
        let valid = |array: &dyn Array| match array.nulls() {
            None => BooleanArray::from(vec![true; rows]),
            Some(nulls) => BooleanArray::new(nulls.inner().clone(), None),
        };
        match self {
            Cells::Absent(_) => BooleanArray::from(vec![false; rows]),
            Cells::Str(array) | Cells::Json(array) => valid(array),
            Cells::Int(array) => valid(array),
            Cells::Float(array) => valid(array),
            Cells::Bool(array) => valid(array),
            Cells::Id(array) => valid(array),
            Cells::Code(array, shown) => {
                let table = code_table(*shown, |value| value.is_some());
                array.iter().map(|code| Some(code.is_some_and(|code| table[code as u8 as usize]))).collect()
            }
            Cells::Mixed(values) => values.iter().map(|value| Some(value.is_some())).collect(),
        }
    }

    /// What counting with a column counts: values that were not sent empty. Nulls stand for the others.
    pub(crate) fn counted(&self) -> BooleanArray {
        let present = match self {
            Cells::Mixed(values) => values.iter().map(|value| Some(value.as_ref().is_some_and(|value| *value != Value::Null))).collect(),
            other => other.present(),
        };
        BooleanArray::new(present.values().clone(), Some(NullBuffer::new(present.values().clone())))
    }

    /// The numbers that calculations use; null where a row is skipped.
    pub(crate) fn numbers(&self, class: Option<Class>) -> Float64Array {
        match self {
            Cells::Int(array) => array.unary::<_, Float64Type>(|number| number as f64),
            Cells::Float(array) => array.clone(),
            Cells::Str(array) if class == Some(Class::Number) => {
                array.iter().map(|text| text.and_then(coerce::number_of_text).map(coerce::Number::as_f64)).collect()
            }
            Cells::Code(array, shown) => {
                let table = code_table(*shown, |value| value.and_then(|value| coerce::calculable(class, &value)));
                array.iter().map(|code| code.and_then(|code| table[code as u8 as usize])).collect()
            }
            Cells::Mixed(values) => values.iter().map(|value| value.as_ref().and_then(|value| coerce::calculable(class, value))).collect(),
            Cells::Absent(_) | Cells::Str(_) | Cells::Json(_) | Cells::Bool(_) | Cells::Id(_) => Float64Array::new_null(self.len()),
        }
    }

    /// JSON text; null where a value is none.
    pub(crate) fn json(&self) -> StringViewArray {
        match self {
            Cells::Json(array) => array.clone(),
            Cells::Mixed(values) => {
                let text = |value: &Option<Value>| if let Some(Value::Json(text)) = value { Some(text.clone()) } else { None };
                values.iter().map(text).collect()
            }
            _ => StringViewArray::new_null(self.len()),
        }
    }

    /// Integers; null where a value is none.
    pub(crate) fn integers(&self) -> Int64Array {
        match self {
            Cells::Int(array) => array.clone(),
            Cells::Mixed(values) => {
                values.iter().map(|value| if let Some(Value::Int(number)) = value { Some(*number) } else { None }).collect()
            }
            _ => Int64Array::new_null(self.len()),
        }
    }

    /// A hash per value, equal where values are one group; null where there is none.
    pub(crate) fn hashes(&self) -> UInt64Array {
        match self {
            Cells::Str(array) => array.iter().map(|text| text.map(|text| hash(Tag::Str, text.as_bytes()))).collect(),
            Cells::Json(array) => array.iter().map(|text| text.map(|text| hash(Tag::Json, text.as_bytes()))).collect(),
            Cells::Int(array) => array.iter().map(|number| number.map(hash_int)).collect(),
            Cells::Float(array) => array.iter().map(|number| number.map(hash_float)).collect(),
            Cells::Bool(array) => array.iter().map(|truth| truth.map(|truth| hash(Tag::Bool, &[u8::from(truth)]))).collect(),
            Cells::Id(array) => array.iter().map(|id| id.map(|id| hash(Tag::Str, id_text(id).as_bytes()))).collect(),
            Cells::Code(array, shown) => {
                let table = code_table(*shown, |value| value.as_ref().and_then(hash_value));
                array.iter().map(|code| code.and_then(|code| table[code as u8 as usize])).collect()
            }
            Cells::Mixed(values) => values.iter().map(|value| value.as_ref().and_then(hash_value)).collect(),
            Cells::Absent(rows) => UInt64Array::new_null(*rows),
        }
    }
}

/// Keeps values of different types apart.
#[derive(Clone, Copy)]
enum Tag {
    Bool,
    Int,
    Float,
    Str,
    Json,
}

fn hash(tag: Tag, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, tag as u64)
}

fn hash_int(number: i64) -> u64 {
    hash(Tag::Int, &number.to_le_bytes())
}

fn hash_float(number: f64) -> u64 {
    match glasshive_query_plan::GroupValue::of_float(number) {
        glasshive_query_plan::GroupValue::Int(whole) => hash_int(whole),
        _ => hash(Tag::Float, &number.to_bits().to_le_bytes()),
    }
}

fn hash_value(value: &Value) -> Option<u64> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(truth) => hash(Tag::Bool, &[u8::from(*truth)]),
        Value::Int(number) => hash_int(*number),
        Value::Float(number) => hash_float(*number),
        Value::Str(text) => hash(Tag::Str, text.as_bytes()),
        Value::Json(text) => hash(Tag::Json, text.as_bytes()),
    })
}

/// Typed access, for arrays whose type the schema fixes.
pub(crate) fn int64(array: &dyn Array) -> &Int64Array {
    array.as_primitive::<Int64Type>()
}
