//! Sparse columns to dense Arrow arrays.

use super::{Cells, Rows, Text, Values};
use crate::column::{ColumnRef, ColumnType, SystemColumn, timestamp_type};
use crate::value::push_json_string;
use arrow_array::builder::StringViewBuilder;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int8Array, Int64Array, StringViewArray,
    TimestampNanosecondArray, new_null_array,
};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, Buffer, NullBuffer, ScalarBuffer};
use std::sync::Arc;

/// What the store adds to rows when it accepts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The request's log sequence; `_seq` of row `i` is `sequence << 24 | i`.
    pub sequence: u64,
    /// When the request was received.
    pub ingest_time_ns: i64,
}

impl Rows {
    /// Dense arrays of the named columns, each of [`Rows::len`] rows; all null for an attribute that no row has.
    ///
    /// Text columns are views into the arena, so nothing is copied; do not serialise them without `gc()`.
    /// Cost: one pass over the set cells of the named columns, and one UTF-8 check of their text.
    pub fn project(&self, columns: &[ColumnRef], stamp: Stamp) -> Vec<ArrayRef> {
        columns
            .iter()
            .map(|column| match column {
                ColumnRef::System(system) => self.system_array(*system, stamp),
                ColumnRef::Attribute { key, column_type } => self.attribute_array(key, *column_type),
            })
            .collect()
    }

    fn attribute_array(&self, key: &str, column_type: ColumnType) -> ArrayRef {
        let found = self
            .attributes
            .iter()
            .find(|attribute| attribute.values.column_type() == column_type && self.bytes(attribute.key) == key.as_bytes());
        let rows = self.len();
        match found.map(|attribute| &attribute.values) {
            None => new_null_array(&column_type.data_type(), rows),
            Some(Values::Str(cells) | Values::Json(cells)) => {
                let mut dense = vec![Text::NONE; rows];
                cells.scatter(|row, text| dense[row] = text);
                Arc::new(self.text_array(dense.iter().copied()))
            }
            Some(Values::Int(cells)) => {
                let (values, nulls) = dense(cells, rows);
                Arc::new(Int64Array::new(ScalarBuffer::from(values), Some(nulls)))
            }
            Some(Values::Float(cells)) => {
                let (values, nulls) = dense(cells, rows);
                Arc::new(Float64Array::new(ScalarBuffer::from(values), Some(nulls)))
            }
            Some(Values::Bool(cells)) => {
                let (values, nulls) = dense(cells, rows);
                Arc::new(BooleanArray::new(BooleanBuffer::from(values), Some(nulls)))
            }
        }
    }

    fn system_array(&self, column: SystemColumn, stamp: Stamp) -> ArrayRef {
        let system = &self.system;
        let rows = self.len();
        match column {
            SystemColumn::Time => timestamps(system.time_ns.clone()),
            SystemColumn::DurationNs => {
                Arc::new(system.duration_ns.iter().map(|ns| (*ns != i64::MIN).then_some(*ns)).collect::<Int64Array>())
            }
            SystemColumn::TraceId => ids(&system.trace_id),
            SystemColumn::SpanId => ids(&system.span_id),
            SystemColumn::ParentId => ids(&system.parent_id),
            SystemColumn::Dataset => {
                let slugs = &system.datasets;
                Arc::new(system.dataset.iter().map(|code| Some(slugs[*code as usize].as_str())).collect::<StringViewArray>())
            }
            SystemColumn::Signal => Arc::new(Int8Array::from(system.signal.clone())),
            SystemColumn::Source => Arc::new(Int8Array::from(system.source.clone())),
            SystemColumn::Annotation => Arc::new(Int8Array::from(system.annotation.clone())),
            SystemColumn::Name => Arc::new(self.text_array(system.name.iter().copied())),
            SystemColumn::Kind => Arc::new(system.kind.iter().map(|kind| (*kind >= 0).then_some(*kind)).collect::<Int8Array>()),
            SystemColumn::Status => Arc::new(system.status.iter().map(|status| (*status >= 0).then_some(*status)).collect::<Int8Array>()),
            SystemColumn::SampleRate => Arc::new(Float64Array::from(system.sample_rate.clone())),
            SystemColumn::IngestTime => timestamps(vec![stamp.ingest_time_ns; rows]),
            SystemColumn::Seq => {
                let first = i64::try_from(stamp.sequence << 24).expect("log sequences stay below 2^39");
                Arc::new((0..rows as i64).map(|row| first | row).collect::<Int64Array>())
            }
            SystemColumn::Twin => Arc::new(BooleanArray::new(BooleanBuffer::new_unset(rows), None)),
            SystemColumn::ResourceKeys => self.key_list_array(&system.resource_keys),
            SystemColumn::ScopeKeys => self.key_list_array(&system.scope_keys),
            SystemColumn::Raw => self.raw_array(),
            SystemColumn::Overflow => self.overflow_array(),
        }
    }

    fn raw_array(&self) -> ArrayRef {
        let mut documents = self.raw.iter().peekable();
        let of_row = |row: usize| documents.next_if(|(of, _)| *of as usize == row).map(|(_, raw)| raw.as_ref());
        Arc::new((0..self.len()).map(of_row).collect::<BinaryArray>())
    }

    fn key_list_array(&self, codes: &[u32]) -> ArrayRef {
        let lists = &self.system.key_lists;
        Arc::new(codes.iter().map(|code| (*code != 0).then(|| lists[*code as usize].as_str())).collect::<StringViewArray>())
    }

    fn text_array(&self, texts: impl Iterator<Item = Text>) -> StringViewArray {
        let mut builder = StringViewBuilder::new();
        let block = builder.append_block(self.arena.clone());
        for text in texts {
            if text == Text::NONE {
                builder.append_null();
            } else {
                builder.try_append_view(block, text.offset, text.len).expect("the builder puts only whole strings into the arena");
            }
        }
        builder.finish()
    }

    fn overflow_array(&self) -> ArrayRef {
        if self.overflow.is_empty() {
            return new_null_array(&SystemColumn::Overflow.field().data_type().clone(), self.len());
        }
        let mut order: Vec<_> = self.overflow.iter().collect();
        order.sort_by_key(|overflow| self.text(overflow.key));
        let mut objects: Vec<String> = vec![String::new(); self.len()];
        for overflow in order {
            let mut dense = vec![Text::NONE; self.len()];
            overflow.values.scatter(|row, text| dense[row] = text);
            for (object, text) in objects.iter_mut().zip(dense).filter(|(_, text)| *text != Text::NONE) {
                object.push(if object.is_empty() { '{' } else { ',' });
                push_json_string(object, self.text(overflow.key));
                object.push(':');
                object.push_str(self.text(text));
            }
        }
        let closed = objects.into_iter().map(|mut object| {
            (!object.is_empty()).then(|| {
                object.push('}');
                object
            })
        });
        Arc::new(closed.collect::<StringViewArray>())
    }
}

fn dense<V: Copy + Default>(cells: &Cells<V>, rows: usize) -> (Vec<V>, NullBuffer) {
    let mut values = vec![V::default(); rows];
    let mut valid = BooleanBufferBuilder::new(rows);
    valid.append_n(rows, false);
    cells.scatter(|row, value| {
        values[row] = value;
        valid.set_bit(row, true);
    });
    (values, NullBuffer::new(valid.finish()))
}

fn timestamps(values: Vec<i64>) -> ArrayRef {
    let array = TimestampNanosecondArray::from(values).with_timezone("UTC");
    debug_assert_eq!(arrow_array::Array::data_type(&array), &timestamp_type());
    Arc::new(array)
}

fn ids<const N: usize>(ids: &[[u8; N]]) -> ArrayRef {
    let nulls: NullBuffer = ids.iter().map(|id| *id != [0; N]).collect::<Vec<bool>>().into();
    let bytes = Buffer::from_vec(ids.as_flattened().to_vec());
    let size = i32::try_from(N).expect("ids are 8 or 16 bytes");
    Arc::new(FixedSizeBinaryArray::new(size, bytes, Some(nulls)))
}
