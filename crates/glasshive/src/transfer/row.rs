//! A row as it is stored, taken apart: system columns, and fields by name in the type they were sent with.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE};
use glasshive_model::limits::KEY_BYTES;
use glasshive_model::value::json_object_members;
use glasshive_model::{ColumnType, SystemColumn, Value, names};
use std::sync::Arc;

/// A row.
#[derive(Debug, Clone, Default)]
pub struct StoredRow {
    pub time_ns: i64,
    pub duration_ns: Option<i64>,
    pub trace_id: Option<[u8; 16]>,
    pub span_id: Option<[u8; 8]>,
    pub parent_id: Option<[u8; 8]>,
    pub dataset: String,
    pub signal: i8,
    pub source: i8,
    pub annotation: i8,
    pub name: Option<String>,
    pub kind: Option<i8>,
    pub status: Option<i8>,
    pub sample_rate: f64,
    pub seq: i64,
    pub twin: bool,
    pub raw: Option<Vec<u8>>,
    /// By name, those without a column of their own among them.
    pub fields: Vec<(Arc<str>, Value)>,
    /// Names of those that came from the resource, sorted.
    pub resource_keys: Vec<String>,
    /// Likewise from the scope.
    pub scope_keys: Vec<String>,
}

// === impl StoredRow ===

impl StoredRow {
    /// The rows of a batch with stored columns, each under its stored name or known by its field's metadata.
    pub fn read(batch: &RecordBatch) -> Vec<Self> {
        let mut rows = vec![Self::default(); batch.num_rows()];
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            if let Some(column) = SystemColumn::from_name(field.name()) {
                rows.iter_mut().enumerate().filter(|(row, _)| array.is_valid(*row)).for_each(|(row, stored)| {
                    stored.set_system(column, array, row);
                });
                continue;
            }
            let metadata = field.metadata();
            let (Some(key), Some(column_type)) =
                (metadata.get(FIELD_KEY), metadata.get(FIELD_TYPE).and_then(|tag| ColumnType::from_tag(tag)))
            else {
                continue;
            };
            let key: Arc<str> = key.as_str().into();
            for (row, stored) in rows.iter_mut().enumerate().filter(|(row, _)| array.is_valid(*row)) {
                stored.fields.push((key.clone(), value(column_type, array, row)));
            }
        }
        rows.iter_mut().for_each(|row| row.fields.sort_by(|left, right| left.0.cmp(&right.0)));
        rows
    }

    fn set_system(&mut self, column: SystemColumn, array: &ArrayRef, row: usize) {
        let small = || array.as_primitive::<Int8Type>().value(row);
        let whole = || array.as_primitive::<Int64Type>().value(row);
        let text = || array.as_string_view().value(row);
        let id = || array.as_fixed_size_binary().value(row);
        match column {
            SystemColumn::Time => self.time_ns = array.as_primitive::<TimestampNanosecondType>().value(row),
            SystemColumn::DurationNs => self.duration_ns = Some(whole()),
            SystemColumn::TraceId => self.trace_id = id().try_into().ok(),
            SystemColumn::SpanId => self.span_id = id().try_into().ok(),
            SystemColumn::ParentId => self.parent_id = id().try_into().ok(),
            SystemColumn::Dataset => self.dataset = text().to_owned(),
            SystemColumn::Signal => self.signal = small(),
            SystemColumn::Source => self.source = small(),
            SystemColumn::Annotation => self.annotation = small(),
            SystemColumn::Name => self.name = Some(text().to_owned()),
            SystemColumn::Kind => self.kind = Some(small()),
            SystemColumn::Status => self.status = Some(small()),
            SystemColumn::SampleRate => self.sample_rate = array.as_primitive::<Float64Type>().value(row),
            SystemColumn::IngestTime => {}
            SystemColumn::Seq => self.seq = whole(),
            SystemColumn::Twin => self.twin = array.as_boolean().value(row),
            SystemColumn::ResourceKeys => self.resource_keys = text().split('\n').map(str::to_owned).collect(),
            SystemColumn::ScopeKeys => self.scope_keys = text().split('\n').map(str::to_owned).collect(),
            SystemColumn::Raw => self.raw = Some(array.as_binary::<i32>().value(row).to_vec()),
            SystemColumn::Overflow => self.fields.extend(json_object_members(text()).into_iter().map(overflow)),
        }
    }

    /// The log sequence of the request that it came with.
    pub fn sequence(&self) -> i64 {
        self.seq >> 24
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).map(|place| &self.fields[place].1)
    }

    /// Where a field stands among the fields.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.fields.binary_search_by(|(field, _)| (**field).cmp(name)).ok()
    }

    /// The first thing in which two rows differ, apart from when they arrived and from the series that a receiver reckons of how
    /// attributes were sent; `None` when they are the same.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let system = [
            ("_time", self.time_ns == other.time_ns),
            ("_duration_ns", self.duration_ns == other.duration_ns),
            ("_trace_id", self.trace_id == other.trace_id),
            ("_span_id", self.span_id == other.span_id),
            ("_parent_id", self.parent_id == other.parent_id),
            ("_dataset", self.dataset == other.dataset),
            ("_signal", self.signal == other.signal),
            ("_source", self.source == other.source),
            ("_annotation", self.annotation == other.annotation),
            ("_name", self.name == other.name),
            ("_kind", self.kind == other.kind),
            ("_status", self.status == other.status),
            ("_sample_rate", self.sample_rate.to_bits() == other.sample_rate.to_bits()),
            ("_twin", self.twin == other.twin),
            ("_raw", self.raw == other.raw),
            ("_resource_keys", self.resource_keys == other.resource_keys),
            ("_scope_keys", self.scope_keys == other.scope_keys),
        ];
        if let Some((name, _)) = system.iter().find(|(_, is_same)| !is_same) {
            return Some((*name).to_owned());
        }
        let differs = |left: &Self, right: &Self| {
            let is_other =
                |(name, value): &&(Arc<str>, Value)| right.get(name).is_none_or(|found| !same(found, value)) && !is_series(name, value);
            left.fields.iter().find(is_other).map(|(name, _)| name.to_string())
        };
        differs(self, other).or_else(|| differs(other, self))
    }
}

/// Whether a field is the series of a metric row, as receivers write it.
pub fn is_series(name: &str, value: &Value) -> bool {
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    name == names::METRIC_SERIES && matches!(value, Value::Str(text) if is_hash(text))
}

/// Whether two values are one, to the last bit.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => left.to_bits() == right.to_bits(),
        _ => left == right,
    }
}

/// A value without a column of its own. `NaN` under a key that could have a column was sent as a number that is none.
fn overflow((key, value): (String, Value)) -> (Arc<str>, Value) {
    let is_nan = key.len() <= KEY_BYTES && matches!(&value, Value::Str(text) if text == "NaN");
    (key.into(), if is_nan { Value::Float(f64::NAN) } else { value })
}

fn value(column_type: ColumnType, array: &ArrayRef, row: usize) -> Value {
    match column_type {
        ColumnType::Str => Value::Str(array.as_string_view().value(row).to_owned()),
        ColumnType::Json => Value::Json(array.as_string_view().value(row).to_owned()),
        ColumnType::Int => Value::Int(array.as_primitive::<Int64Type>().value(row)),
        ColumnType::Float => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        ColumnType::Bool => Value::Bool(array.as_boolean().value(row)),
    }
}
