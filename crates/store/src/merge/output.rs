//! The file that a merge writes: batches in, row groups out, and what is known of the rows in the end.

use super::rule::system;
use crate::catalog::FileRow;
use crate::config::StoreConfig;
use crate::file::traces::TraceIndexBuilder;
use crate::file::writer::{FileWriter, LeftOut};
use crate::flush::encode::{Sink, key_values, properties};
use crate::flush::schema::FileColumns;
use crate::flush::write::file_row;
use crate::live::Facts;
use crate::world::Disk;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use glasshive_model::SystemColumn;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use std::io;
use std::sync::Arc;

/// Metadata of a merged file: a JSON list of the ids of the files whose rows it holds.
pub(crate) const REPLACES: &str = "hive.replaces";
/// Metadata of one of several files that hold these rows together: `number/of how many`, from 1.
pub(crate) const PART: &str = "hive.part";
/// Metadata of an adopted file that was one of several and left rows out that were elsewhere: what was in its `hive.replaces`.
pub(crate) const PART_OF: &str = "hive.part_of";

/// What files take the place of which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lineage<'a> {
    /// Ids of the files that go.
    pub replaces: &'a [&'a str],
    /// Which of how many files that come, from 1.
    pub part: (usize, usize),
}

/// A merged file while it grows.
pub(super) struct Output {
    path: String,
    writer: ArrowWriter<Sink>,
    sink: Sink,
    file: FileWriter,
    columns: FileColumns,
    facts: Facts,
    traces: TraceIndexBuilder,
}

impl Output {
    /// Begins the file at `path`, of about `rows` rows.
    pub async fn create(disk: &Arc<dyn Disk>, path: &str, columns: FileColumns, rows: u64, config: &StoreConfig) -> io::Result<Self> {
        let sink = Sink::default();
        let rows = usize::try_from(rows).unwrap_or(usize::MAX).max(1);
        let properties = properties(config.row_group_rows.min(rows), config.compression.merge)
            .set_max_row_group_row_count(Some(config.row_group_rows))
            .set_max_row_group_bytes(Some(config.row_group_bytes))
            .build();
        let writer = ArrowWriter::try_new(sink.clone(), columns.schema(), Some(properties)).map_err(io::Error::other)?;
        let file = FileWriter::create(disk, path).await?;
        Ok(Self { path: path.to_owned(), writer, sink, file, columns, facts: Facts::default(), traces: TraceIndexBuilder::default() })
    }

    pub fn columns(&self) -> &FileColumns {
        &self.columns
    }

    /// Adds rows, which come after all those before.
    pub async fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        learn(&mut self.facts, batch);
        self.traces.append(system(batch, SystemColumn::TraceId).as_fixed_size_binary());
        self.writer.write(batch).map_err(io::Error::other)?;
        self.drain().await
    }

    async fn drain(&mut self) -> io::Result<()> {
        let bytes = self.sink.take();
        if bytes.is_empty() { Ok(()) } else { self.file.write(bytes).await }
    }

    /// Makes the file durable under its name; what the catalog says of it, but for its id, its level and whose it is. Its rows count
    /// as received at `ingest_max_ns` at least.
    pub async fn finish(mut self, lineage: Lineage<'_>, ingest_max_ns: i64, left_out: LeftOut) -> io::Result<FileRow> {
        self.facts.ingest_max_ns = self.facts.ingest_max_ns.max(ingest_max_ns);
        let replaces = serde_json::to_string(lineage.replaces).expect("a list of strings is always JSON");
        let (number, parts) = lineage.part;
        let part = (parts > 1).then(|| KeyValue::new(PART.to_owned(), format!("{number}/{parts}")));
        for pair in key_values(&self.facts).into_iter().chain([KeyValue::new(REPLACES.to_owned(), replaces)]).chain(part) {
            self.writer.append_key_value_metadata(pair);
        }
        self.writer.finish().map_err(io::Error::other)?;
        self.drain().await?;
        let written = self.file.finish(self.traces, left_out).await?;
        Ok(file_row(&self.path, self.facts, self.columns, &written))
    }
}

/// Adds what can be said of these rows.
fn learn(facts: &mut Facts, batch: &RecordBatch) {
    let times = system(batch, SystemColumn::Time).as_primitive::<TimestampNanosecondType>().values();
    let ingest = system(batch, SystemColumn::IngestTime).as_primitive::<TimestampNanosecondType>().values();
    let sequences = system(batch, SystemColumn::Seq).as_primitive::<Int64Type>().values();
    let rates = system(batch, SystemColumn::SampleRate).as_primitive::<Float64Type>().values();
    if facts.rows == 0 {
        facts.time_ns = (i64::MAX, i64::MIN);
        (facts.ingest_min_ns, facts.ingest_max_ns) = (i64::MAX, i64::MIN);
        facts.sequences = (u64::MAX, 0);
        facts.rates = (f64::INFINITY, f64::NEG_INFINITY);
    }
    facts.rows += batch.num_rows();
    for row in 0..batch.num_rows() {
        facts.time_ns = (facts.time_ns.0.min(times[row]), facts.time_ns.1.max(times[row]));
        facts.ingest_min_ns = facts.ingest_min_ns.min(ingest[row]);
        facts.ingest_max_ns = facts.ingest_max_ns.max(ingest[row]);
        let sequence = (sequences[row] >> 24).unsigned_abs();
        facts.sequences = (facts.sequences.0.min(sequence), facts.sequences.1.max(sequence));
        facts.rates = (facts.rates.0.min(rates[row]), facts.rates.1.max(rates[row]));
    }
    for slug in system(batch, SystemColumn::Dataset).as_string_view().iter().flatten() {
        match facts.datasets.get_mut(slug) {
            Some(rows) => *rows += 1,
            None => drop(facts.datasets.insert(slug.to_owned(), 1)),
        }
    }
}
