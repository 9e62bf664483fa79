//! Rows to Parquet, a row group at a time and a column at a time, so that memory holds one column of one row group and the
//! encoded row group.

use super::plan::FilePlan;
use super::schema::FileColumns;
use crate::file::traces::TraceIndexBuilder;
use crate::live::{Chunk, ColumnKey, Facts, Picked, column_ref};
use crate::overflow;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use glasshive_model::{ColumnRef, SystemColumn};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of a data page at most.
const PAGE_ROWS: usize = 16 << 10;
/// Bytes of minima and maxima kept of long text.
const STATISTICS_BYTES: usize = 32;
/// Rate of wrong answers of the filter on trace ids.
const BLOOM_FALSE: f64 = 0.01;
/// Rows per distinct trace that the filter is sized for.
const ROWS_PER_TRACE: u64 = 4;
/// The hardest that zstd compresses.
const LEVEL_MAX: u8 = 22;
/// Metadata of a file: the catalog's `ingest_max_ns`.
pub(crate) const INGEST_MAX: &str = "hive.ingest_max_ns";
/// The version of what the system columns and the metadata mean.
pub(crate) const FORMAT_VERSION: &str = "1";

/// Encodes the rows of one file.
pub(super) struct Encoder<'a> {
    chunks: &'a [Arc<Chunk>],
    plan: &'a FilePlan,
    columns: &'a FileColumns,
    schema: SchemaRef,
    writer: SerializedFileWriter<Sink>,
    row_groups: ArrowRowGroupWriterFactory,
    sink: Sink,
    row_group_rows: usize,
    next_row: usize,
    next_row_group: usize,
    traces: TraceIndexBuilder,
}

/// Takes what the Parquet writer writes, until it is fetched.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    pub fn take(&self) -> Bytes {
        Bytes::from(std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl<'a> Encoder<'a> {
    pub fn new(
        chunks: &'a [Arc<Chunk>],
        plan: &'a FilePlan,
        columns: &'a FileColumns,
        facts: &Facts,
        row_group_rows: usize,
        level: u8,
    ) -> Result<Self, ParquetError> {
        let schema = columns.schema();
        let sink = Sink::default();
        let properties = properties(row_group_rows.min(plan.picks.len()), level)
            .set_max_row_group_row_count(Some(usize::MAX))
            .set_key_value_metadata(Some(key_values(facts)))
            .build();
        let writer = ArrowWriter::try_new(sink.clone(), schema.clone(), Some(properties))?;
        let (writer, row_groups) = writer.into_serialized_writer()?;
        Ok(Self {
            chunks,
            plan,
            columns,
            schema,
            writer,
            row_groups,
            sink,
            row_group_rows,
            next_row: 0,
            next_row_group: 0,
            traces: TraceIndexBuilder::default(),
        })
    }

    /// The bytes of the next row group; `None` after the last.
    pub fn next_row_group(&mut self) -> Result<Option<Bytes>, ParquetError> {
        let end = (self.next_row + self.row_group_rows).min(self.plan.picks.len());
        let picks = &self.plan.picks[self.next_row..end];
        if picks.is_empty() {
            return Ok(None);
        }
        let picked = Picked::new(self.chunks, picks);
        let mut row_group = self.writer.next_row_group()?;
        let writers = self.row_groups.create_column_writers(self.next_row_group)?;
        for ((column, field), mut writer) in self.columns.columns().iter().zip(self.schema.fields()).zip(writers) {
            let mut array = picked.column(column);
            if *column == ColumnRef::System(SystemColumn::Overflow) {
                array = folded(array, self.columns, &picked);
            }
            if *column == ColumnRef::System(SystemColumn::TraceId) {
                self.traces.append(array.as_fixed_size_binary());
            }
            for leaf in compute_leaves(field, &array)? {
                writer.write(&leaf)?;
            }
            writer.close()?.append_to_row_group(&mut row_group)?;
        }
        row_group.close()?;
        (self.next_row, self.next_row_group) = (end, self.next_row_group + 1);
        Ok(Some(self.sink.take()))
    }

    /// The bytes after the last row group, and the trace ids of all rows.
    pub fn finish(self) -> Result<(Bytes, TraceIndexBuilder), ParquetError> {
        self.writer.close()?;
        Ok((self.sink.take(), self.traces))
    }
}

fn folded(overflow: ArrayRef, columns: &FileColumns, picked: &Picked<'_>) -> ArrayRef {
    if columns.folded.is_empty() {
        return overflow;
    }
    let column = |key: &ColumnKey| picked.column(&column_ref(key));
    overflow::fold(overflow, columns.folded.iter().map(|key| (key.0.as_str(), key.1, column(key))))
}

/// How a file of ours is laid out, but for the rows of its row groups, of which there are at most so many. Level 0 compresses nothing.
pub(crate) fn properties(row_group_rows: usize, level: u8) -> WriterPropertiesBuilder {
    let compression = match level {
        0 => Compression::UNCOMPRESSED,
        level => Compression::ZSTD(ZstdLevel::try_new(level.min(LEVEL_MAX).into()).expect("levels from 1 to 22 exist")),
    };
    let path = |column: SystemColumn| ColumnPath::from(column.name());
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("glasshive ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(compression)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES));
    for id in [SystemColumn::TraceId, SystemColumn::SpanId, SystemColumn::ParentId] {
        properties = properties
            .set_column_compression(path(id), Compression::UNCOMPRESSED)
            .set_column_dictionary_enabled(path(id), false)
            .set_column_encoding(path(id), Encoding::PLAIN);
    }
    for number in [SystemColumn::Time, SystemColumn::DurationNs] {
        properties =
            properties.set_column_dictionary_enabled(path(number), false).set_column_encoding(path(number), Encoding::DELTA_BINARY_PACKED);
    }
    for indexed in [SystemColumn::Time, SystemColumn::DurationNs, SystemColumn::TraceId] {
        properties = properties.set_column_statistics_enabled(path(indexed), EnabledStatistics::Page);
    }
    let traces = (row_group_rows as u64 / ROWS_PER_TRACE).max(1);
    properties
        .set_column_bloom_filter_enabled(path(SystemColumn::TraceId), true)
        .set_column_bloom_filter_fpp(path(SystemColumn::TraceId), BLOOM_FALSE)
        .set_column_bloom_filter_max_ndv(path(SystemColumn::TraceId), traces)
}

/// What the footer says of the file as a whole, enough to make its catalog row again.
pub(crate) fn key_values(facts: &Facts) -> Vec<KeyValue> {
    let datasets = serde_json::to_string(&facts.datasets).expect("a map of text to numbers is JSON");
    [
        ("hive.format", FORMAT_VERSION.to_owned()),
        ("hive.sequence_first", facts.sequences.0.to_string()),
        ("hive.sequence_last", facts.sequences.1.to_string()),
        (INGEST_MAX, facts.ingest_max_ns.to_string()),
        ("hive.datasets", datasets),
    ]
    .into_iter()
    .map(|(key, value)| KeyValue::new(key.to_owned(), value))
    .collect()
}
