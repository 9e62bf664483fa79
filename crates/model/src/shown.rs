//! From stored columns to what people see: one row as a list of (shown name, value).

use crate::column::{ColumnType, FIELD_KEY, FIELD_TYPE, SystemColumn};
use crate::kind::{Annotation, Signal, Source, SpanKind};
use crate::names;
use crate::rows::{Rows, Stamp};
use crate::value::{Value, ValueRef};
use crate::{SpanId, TraceId};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{Field, Schema};
use std::sync::Arc;

/// One row as it is shown: fields in order of name, each in the type it was sent with.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownRow {
    /// Event time, ns since 1970 UTC.
    pub time_ns: i64,
    /// Order of arrival.
    pub seq: i64,
    /// Shown name and value, sorted by name. An attribute beats a system column of the same shown name.
    pub fields: Vec<(String, Value)>,
    /// Which fields came from the resource, sorted.
    pub resource_keys: Vec<String>,
    /// Which fields came from the scope, sorted.
    pub scope_keys: Vec<String>,
}

/// Rows of which some shown fields are looked at without being copied. Who looks and who gives agree on a list of fields; a field
/// is its place in it.
pub trait FieldRows {
    /// How many rows.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Event time of a row, ns since 1970 UTC.
    fn time_ns(&self, row: usize) -> i64;

    /// Its order of arrival.
    fn seq(&self, row: usize) -> i64;

    /// What it has in a field; `None` = absent.
    fn value(&self, row: usize, field: usize) -> Option<ValueRef<'_>>;

    /// Whether two rows of one span id are equal in all but their arrival, in the fields that are not on the list too.
    fn is_same(&self, left: usize, right: usize) -> bool;
}

impl ShownRow {
    /// Whether two rows are equal in all but their arrival: one that was sent again.
    pub fn is_same(&self, other: &ShownRow) -> bool {
        let told = |(name, _): &&(String, Value)| name != names::META_INGEST_TIME;
        self.time_ns == other.time_ns && self.fields.iter().filter(told).eq(other.fields.iter().filter(told))
    }

    /// The value of a shown field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = self.fields.binary_search_by(|(field, _)| field.as_str().cmp(name)).ok()?;
        Some(&self.fields[index].1)
    }
}

impl Rows {
    /// All columns of these rows in one batch: system columns, then attributes in order of appearance, bare names
    /// disambiguated by field metadata ([`FIELD_KEY`], [`FIELD_TYPE`]), not by name.
    pub fn to_batch(&self, stamp: Stamp) -> RecordBatch {
        let system = SystemColumn::ALL.iter().map(|column| (column.field(), crate::ColumnRef::System(*column)));
        let attributes = self.attributes().map(|(key, column_type, _)| {
            let field = crate::column::attribute_field(&crate::column::physical_name(key, column_type, false), key, column_type, 0);
            (field, crate::ColumnRef::Attribute { key: key.to_owned(), column_type })
        });
        let (fields, columns): (Vec<Field>, Vec<_>) = system.chain(attributes).unzip();
        let arrays = self.project(&columns, stamp);
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .expect("every projected array has the rows' length and its field's type")
    }
}

/// Renders every row of a batch that holds system columns (any subset with `_time` and `_seq`) and attribute columns whose
/// fields carry [`FIELD_KEY`] and [`FIELD_TYPE`]. Cost: rows x columns; for the places where rows are few.
pub fn shown_rows(batch: &RecordBatch) -> Vec<ShownRow> {
    let fields = batch.schema_ref().fields().iter();
    let columns: Vec<(Column<'_>, &Arc<dyn Array>)> = fields.map(|field| Column::of(field)).zip(batch.columns()).collect();
    (0..batch.num_rows()).map(|row| shown_row(&columns, row)).collect()
}

/// What a column of a batch is.
enum Column<'a> {
    System(SystemColumn),
    Attribute(&'a str, ColumnType),
    /// Shown as nothing.
    Unknown,
}

impl<'a> Column<'a> {
    fn of(field: &'a Field) -> Self {
        if let Some(column) = SystemColumn::from_name(field.name()) {
            return Column::System(column);
        }
        let metadata = field.metadata();
        let column_type = metadata.get(FIELD_TYPE).and_then(|tag| ColumnType::from_tag(tag));
        metadata.get(FIELD_KEY).zip(column_type).map_or(Column::Unknown, |(key, column_type)| Column::Attribute(key, column_type))
    }
}

fn shown_row(columns: &[(Column<'_>, &Arc<dyn Array>)], row: usize) -> ShownRow {
    let mut shown = ShownRow { time_ns: 0, seq: 0, fields: Vec::new(), resource_keys: Vec::new(), scope_keys: Vec::new() };
    let mut synthesized = Vec::new();
    let mut has = RootMarks::default();
    for (column, array) in columns.iter().filter(|(_, array)| array.is_valid(row)) {
        match column {
            Column::System(column) => system_field(*column, array, row, &mut shown, &mut synthesized, &mut has),
            Column::Attribute(key, column_type) => shown.fields.push(((*key).to_owned(), attribute_value(*column_type, array, row))),
            Column::Unknown => {}
        }
    }
    let is_root = has.trace_id && !has.parent_id && !has.annotation;
    if has.trace_id {
        synthesized.push((names::IS_ROOT, Value::Bool(is_root)));
    }
    for (name, value) in synthesized {
        if !shown.fields.iter().any(|(field, _)| field == name) {
            shown.fields.push((name.to_owned(), value));
        }
    }
    shown.fields.sort_by(|left, right| left.0.cmp(&right.0));
    shown
}

#[derive(Default)]
struct RootMarks {
    trace_id: bool,
    parent_id: bool,
    annotation: bool,
}

fn system_field(
    column: SystemColumn,
    array: &Arc<dyn Array>,
    row: usize,
    shown: &mut ShownRow,
    out: &mut Vec<(&'static str, Value)>,
    has: &mut RootMarks,
) {
    let number = || array.as_primitive::<Int8Type>().value(row);
    let text = || array.as_string_view().value(row);
    let span_id = || SpanId::new(array.as_fixed_size_binary().value(row).try_into().ok()?);
    match column {
        SystemColumn::Time => shown.time_ns = array.as_primitive::<TimestampNanosecondType>().value(row),
        SystemColumn::Seq => shown.seq = array.as_primitive::<Int64Type>().value(row),
        SystemColumn::DurationNs => {
            let ns = array.as_primitive::<Int64Type>().value(row);
            out.push((names::DURATION_MS, Value::Float(ns as f64 / 1e6)));
        }
        SystemColumn::TraceId => {
            has.trace_id = true;
            let id = array.as_fixed_size_binary().value(row).try_into().ok().and_then(TraceId::new);
            out.extend(id.map(|id| (names::TRACE_ID, Value::Str(id.to_string()))));
        }
        SystemColumn::SpanId => out.extend(span_id().map(|id| (names::SPAN_ID, Value::Str(id.to_string())))),
        SystemColumn::ParentId => {
            has.parent_id = true;
            out.extend(span_id().map(|id| (names::PARENT_ID, Value::Str(id.to_string()))));
        }
        SystemColumn::Dataset => out.push((names::META_DATASET, Value::Str(text().to_owned()))),
        SystemColumn::Signal => {
            let signal = Signal::from_number(number()).filter(|signal| *signal != Signal::Event);
            out.extend(signal.map(|signal| (names::META_SIGNAL_TYPE, Value::Str(signal.word().to_owned()))));
        }
        SystemColumn::Source => {
            out.extend(Source::from_number(number()).map(|source| (names::META_SOURCE, Value::Str(source.word().to_owned()))));
        }
        SystemColumn::Annotation => {
            let annotation = Annotation::from_number(number()).filter(|annotation| *annotation != Annotation::None);
            has.annotation = annotation.is_some();
            out.extend(annotation.map(|annotation| (names::META_ANNOTATION_TYPE, Value::Str(annotation.word().to_owned()))));
        }
        SystemColumn::Name => out.push((names::NAME, Value::Str(text().to_owned()))),
        SystemColumn::Kind => {
            let word = SpanKind::from_number(number()).map_or_else(|| number().to_string(), |kind| kind.word().to_owned());
            out.push((names::SPAN_KIND, Value::Str(word.clone())));
            out.push((names::TYPE, Value::Str(word)));
        }
        SystemColumn::Status => out.push((names::STATUS_CODE, Value::Int(number().into()))),
        SystemColumn::SampleRate => out.push((names::META_SAMPLE_RATE, Value::Float(array.as_primitive::<Float64Type>().value(row)))),
        SystemColumn::IngestTime => {
            out.push((names::META_INGEST_TIME, Value::Int(array.as_primitive::<TimestampNanosecondType>().value(row))));
        }
        SystemColumn::ResourceKeys => shown.resource_keys = text().split('\n').map(str::to_owned).collect(),
        SystemColumn::ScopeKeys => shown.scope_keys = text().split('\n').map(str::to_owned).collect(),
        SystemColumn::Overflow => shown.fields.extend(crate::value::json_object_members(text())),
        SystemColumn::Twin | SystemColumn::Raw => {}
    }
}

fn attribute_value(column_type: ColumnType, array: &Arc<dyn Array>, row: usize) -> Value {
    match column_type {
        ColumnType::Str => Value::Str(array.as_string_view().value(row).to_owned()),
        ColumnType::Json => Value::Json(array.as_string_view().value(row).to_owned()),
        ColumnType::Int => Value::Int(array.as_primitive::<Int64Type>().value(row)),
        ColumnType::Float => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        ColumnType::Bool => Value::Bool(array.as_boolean().value(row)),
    }
}
