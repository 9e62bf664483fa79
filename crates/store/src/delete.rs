//! Deleting rows that somebody asked to be deleted: the request is noted in the catalog before anything happens, outlives a
//! crash, and its row there is the proof that it was done.

use crate::merge::rule::system;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use glasshive_base::ErrorKind;
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE};
use glasshive_model::value::json_object_members;
use glasshive_model::{ColumnRef, ColumnType, SystemColumn, TraceId, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which rows to delete: those that meet every condition that is set. A trace or a value must be given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RowFilter {
    /// The trace they are of, in any spelling that is taken for a trace id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Attributes, by key as sent, and their values as text; the type they were sent with does not matter.
    pub equals: BTreeMap<String, String>,
    /// The dataset they are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Event time from here on, ns since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_from_ns: Option<i64>,
    /// Event time before this, ns since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_ns: Option<i64>,
}

/// The rows that a deletion means: those of the filter that were readable when it was asked for. These had sequences up to `through`
/// and were received up to `asked_ns`. What comes later has later sequences, whatever the clock says; where the log has lost its end,
/// or files were adopted while it had rows that were in no file, sequences are given out a second time, and only the time tells.
#[derive(Debug, Clone)]
pub(crate) struct Meant {
    pub filter: Arc<RowFilter>,
    pub through: u64,
    pub asked_ns: i64,
}

/// Why rows were not deleted, or not yet.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeleteError {
    /// The filter names neither a trace nor a value.
    #[error("a deletion names a trace or the value of an attribute")]
    TooWide,
    /// The request could not be noted; nothing happened.
    #[error("could not note the deletion: {0}")]
    NotNoted(String),
    /// The catalog does not say what became of deletions.
    #[error("could not look up deletions: {0}")]
    Catalog(String),
    /// The store is shut down; the deletion goes on at the next start.
    #[error("the store is shut down; deletion {0} goes on at the next start")]
    Closed(u64),
}

impl DeleteError {
    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self {
            DeleteError::TooWide => ErrorKind::InvalidRequest,
            DeleteError::NotNoted(_) | DeleteError::Catalog(_) | DeleteError::Closed(_) => ErrorKind::Unavailable,
        }
    }
}

// === impl RowFilter ===

impl RowFilter {
    pub(crate) fn is_too_wide(&self) -> bool {
        self.trace_id.is_none() && self.equals.is_empty()
    }

    /// Whether a file of these times and datasets may hold such rows.
    pub(crate) fn may_match(&self, time_min_ns: i64, time_max_ns: i64, datasets: &[(String, u64)]) -> bool {
        self.time_from_ns.is_none_or(|from| time_max_ns >= from)
            && self.time_to_ns.is_none_or(|to| time_min_ns < to)
            && self.dataset.as_ref().is_none_or(|wanted| datasets.iter().any(|(slug, _)| slug == wanted))
    }

    /// The columns that [`RowFilter::matches`] and [`Meant::of`] look at.
    pub(crate) fn columns(&self) -> Vec<ColumnRef> {
        let system = [
            SystemColumn::Time,
            SystemColumn::Dataset,
            SystemColumn::TraceId,
            SystemColumn::Seq,
            SystemColumn::IngestTime,
            SystemColumn::Overflow,
        ];
        let attributes = self
            .equals
            .keys()
            .flat_map(|key| ColumnType::ALL.into_iter().map(|column_type| ColumnRef::Attribute { key: key.clone(), column_type }));
        system.into_iter().map(ColumnRef::System).chain(attributes).collect()
    }

    /// Which rows of a batch it means.
    pub(crate) fn matches(&self, batch: &RecordBatch) -> BooleanArray {
        let times = system(batch, SystemColumn::Time).as_primitive::<TimestampNanosecondType>().values();
        let datasets = system(batch, SystemColumn::Dataset).as_string_view();
        let traces = system(batch, SystemColumn::TraceId).as_fixed_size_binary();
        let trace = self.trace_id.as_deref().map(TraceId::from_text);
        let equals: Vec<Equal<'_>> = self.equals.iter().map(|(key, value)| Equal::new(batch, key, value)).collect();
        let matches = |row: usize| {
            self.time_from_ns.is_none_or(|from| times[row] >= from)
                && self.time_to_ns.is_none_or(|to| times[row] < to)
                && self.dataset.as_deref().is_none_or(|wanted| datasets.value(row) == wanted)
                && trace.is_none_or(|trace| traces.is_valid(row) && traces.value(row) == trace.bytes())
                && equals.iter().all(|equal| equal.matches(row))
        };
        (0..batch.num_rows()).map(|row| Some(matches(row))).collect()
    }
}

/// One attribute that must have one value.
struct Equal<'a> {
    key: &'a str,
    value: &'a str,
    columns: Vec<(ColumnType, &'a ArrayRef)>,
    overflow: &'a dyn Array,
}

impl<'a> Equal<'a> {
    fn new(batch: &'a RecordBatch, key: &'a str, value: &'a str) -> Self {
        let schema = batch.schema_ref();
        let columns = schema.fields().iter().zip(batch.columns()).filter_map(|(field, array)| {
            let metadata = field.metadata();
            let is_wanted = metadata.get(FIELD_KEY).is_some_and(|of| of == key);
            is_wanted.then(|| Some((ColumnType::from_tag(metadata.get(FIELD_TYPE)?)?, array)))?
        });
        Self { key, value, columns: columns.collect(), overflow: system(batch, SystemColumn::Overflow) }
    }

    fn matches(&self, row: usize) -> bool {
        let in_columns = self.columns.iter().filter(|(_, array)| array.is_valid(row)).any(|(column_type, array)| match column_type {
            ColumnType::Str | ColumnType::Json => array.as_string_view().value(row) == self.value,
            ColumnType::Int => self.value.parse() == Ok(array.as_primitive::<Int64Type>().value(row)),
            ColumnType::Float => self.value.parse() == Ok(array.as_primitive::<Float64Type>().value(row)),
            ColumnType::Bool => self.value.parse() == Ok(array.as_boolean().value(row)),
        });
        let overflow = self.overflow.as_string_view();
        let in_overflow = || json_object_members(overflow.value(row)).iter().any(|(key, value)| key == self.key && self.is(value));
        in_columns || overflow.is_valid(row) && in_overflow()
    }

    /// As in a column of the value's type: where a value is kept makes no difference. No text names a value that is empty.
    fn is(&self, value: &Value) -> bool {
        match value {
            Value::Str(text) | Value::Json(text) => text == self.value,
            Value::Int(number) => self.value.parse() == Ok(*number),
            Value::Float(number) => self.value.parse() == Ok(*number),
            Value::Bool(truth) => self.value.parse() == Ok(*truth),
            Value::Null => false,
        }
    }
}

// === impl Meant ===

impl Meant {
    /// Which rows of a batch are to be deleted.
    pub fn of(&self, batch: &RecordBatch) -> BooleanArray {
        let sequences = system(batch, SystemColumn::Seq).as_primitive::<Int64Type>().values();
        let received = system(batch, SystemColumn::IngestTime).as_primitive::<TimestampNanosecondType>().values();
        let matches = self.filter.matches(batch);
        let is_old = |row: usize| (sequences[row] >> 24).unsigned_abs() <= self.through && received[row] <= self.asked_ns;
        (0..batch.num_rows()).map(|row| Some(matches.value(row) && is_old(row))).collect()
    }
}
