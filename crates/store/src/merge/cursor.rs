//! One file that is read for a merge: its rows in order, a batch at a time.

use crate::error::ReadError;
use crate::file::{DataFile, RowStream};
use crate::merge::rule::RowRule;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampNanosecondType};
use arrow_array::{Array, BooleanArray, FixedSizeBinaryArray, RecordBatch};
use arrow_buffer::ScalarBuffer;
use arrow_schema::SchemaRef;
use glasshive_model::SystemColumn;
use std::sync::Arc;

/// Rows near in time stand together in buckets of this length, within it by trace.
const ORDER_BUCKET_NS: i64 = 60 * 1_000_000_000;

/// A row's place in the order of a file: minute, trace, time, `_seq`.
pub(super) type Place = (i64, u128, i64, i64);

/// Reads one file.
pub(super) struct Cursor {
    stream: RowStream,
    rule: RowRule,
    present: Option<Present>,
    next_row: usize,
}

/// The batch that is being read.
struct Present {
    batch: RecordBatch,
    times: ScalarBuffer<i64>,
    traces: FixedSizeBinaryArray,
    sequences: ScalarBuffer<i64>,
    stays: Option<BooleanArray>,
}

impl Cursor {
    pub async fn open(file: &Arc<DataFile>, batch_rows: usize, rule: RowRule) -> Result<Self, ReadError> {
        let stream = file.stream_rows(batch_rows).await?;
        Ok(Self { stream, rule, present: None, next_row: 0 })
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.stream.schema
    }

    /// The batch of the row that [`Cursor::next`] gave last.
    pub fn batch(&self) -> Option<&RecordBatch> {
        self.present.as_ref().map(|present| &present.batch)
    }

    /// The next row that stays: its place, its row in the batch, and whether that batch is a new one. `None` at the end.
    pub async fn next(&mut self) -> Result<Option<(Place, usize, bool)>, ReadError> {
        let mut is_new = false;
        loop {
            if let Some(present) = &self.present {
                while self.next_row < present.batch.num_rows() {
                    let row = self.next_row;
                    self.next_row += 1;
                    if present.stays.as_ref().is_none_or(|stays| stays.value(row)) {
                        return Ok(Some((present.place(row), row, is_new)));
                    }
                }
            }
            let Some(batch) = self.stream.next().await? else { return Ok(None) };
            self.present = Some(Present::new(batch, &self.rule));
            (self.next_row, is_new) = (0, true);
        }
    }
}

impl Present {
    fn new(batch: RecordBatch, rule: &RowRule) -> Self {
        let column = |system: SystemColumn| batch.column_by_name(system.name()).expect("files have every system column");
        Self {
            times: column(SystemColumn::Time).as_primitive::<TimestampNanosecondType>().values().clone(),
            traces: column(SystemColumn::TraceId).as_fixed_size_binary().clone(),
            sequences: column(SystemColumn::Seq).as_primitive::<Int64Type>().values().clone(),
            stays: rule.stays(&batch),
            batch,
        }
    }

    fn place(&self, row: usize) -> Place {
        let trace = if self.traces.is_valid(row) { self.traces.value(row).first_chunk().copied().unwrap_or_default() } else { [0u8; 16] };
        (self.times[row].div_euclid(ORDER_BUCKET_NS), u128::from_be_bytes(trace), self.times[row], self.sequences[row])
    }
}
