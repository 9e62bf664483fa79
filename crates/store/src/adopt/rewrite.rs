//! A file written anew: without rows that are elsewhere, its columns called as the registry calls them by now.

use super::columns::ColumnPlan;
use super::contents::{Contents, learn, nothing};
use super::present::Present;
use crate::catalog::FileRow;
use crate::config::StoreConfig;
use crate::file::traces::TraceIndexBuilder;
use crate::file::writer::{FileWriter, LeftOut};
use crate::flush::encode::{Sink, key_values, properties};
use crate::flush::schema::FileColumns;
use crate::flush::write::file_row;
use crate::merge::rule::system;
use crate::merge::{PART, PART_OF};
use crate::world::Disk;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::{Field, SchemaRef};
use arrow_select::filter::filter_record_batch;
use glasshive_model::SystemColumn;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use std::io;
use std::sync::Arc;

/// Rows read and written at once, at most.
const ROWS: usize = 8_192;

/// Writes the rows that are nowhere else and makes the file and its name durable.
pub(super) async fn rewrite(
    disk: &Arc<dyn Disk>,
    contents: &Contents,
    present: &Present,
    plan: &ColumnPlan,
    path: &str,
    mut columns: FileColumns,
    config: &StoreConfig,
) -> io::Result<FileRow> {
    let (schema, places) = (columns.schema(), places(contents, plan, &columns));
    let sink = Sink::default();
    let rows = contents.rows.len().min(config.row_group_rows);
    let properties = properties(rows, config.compression.flush)
        .set_max_row_group_row_count(Some(config.row_group_rows))
        .set_max_row_group_bytes(Some(config.row_group_bytes))
        .build();
    let mut writer = ArrowWriter::try_new(sink.clone(), schema.clone(), Some(properties)).map_err(io::Error::other)?;
    let mut out = FileWriter::create(disk, path).await?;
    let (mut facts, mut traces) = (nothing(), TraceIndexBuilder::default());
    let batch_rows = contents.file.batch_rows(ROWS).await.map_err(io::Error::other)?;
    let mut stream = contents.file.stream_rows(batch_rows).await.map_err(io::Error::other)?;
    while let Some(batch) = stream.next().await.map_err(io::Error::other)? {
        let batch = filter_record_batch(&batch, &present.missing(&batch)).map_err(io::Error::other)?;
        if batch.num_rows() == 0 {
            continue;
        }
        learn(&mut facts, &batch);
        traces.append(system(&batch, SystemColumn::TraceId).as_fixed_size_binary());
        writer.write(&arranged(&batch, &schema, &places)?).map_err(io::Error::other)?;
        out.write(sink.take()).await?;
    }
    facts.ingest_max_ns = facts.ingest_max_ns.max(contents.facts.ingest_max_ns);
    for pair in key_values(&facts).into_iter().chain(lineage(contents)) {
        writer.append_key_value_metadata(pair);
    }
    writer.finish().map_err(io::Error::other)?;
    out.write(sink.take()).await?;
    let written = out.finish(traces, LeftOut::default()).await?;
    columns.overflow_keys = facts.overflow_keys.clone();
    Ok(file_row(path, facts, columns, &written))
}

/// What the last of several files that were made together looks for, to take the place of those that they were made of.
fn lineage(contents: &Contents) -> Vec<KeyValue> {
    match &contents.lineage.replaces {
        Some(replaces) if contents.lineage.part.1 > 1 => {
            let replaces = serde_json::to_string(replaces).expect("a list of strings is always JSON");
            let (number, of) = contents.lineage.part;
            vec![KeyValue::new(PART_OF.to_owned(), replaces), KeyValue::new(PART.to_owned(), format!("{number}/{of}"))]
        }
        _ => Vec::new(),
    }
}

/// For each column of the new file its place in the old one.
fn places(contents: &Contents, plan: &ColumnPlan, columns: &FileColumns) -> Vec<usize> {
    let of_attribute = |id: u32| {
        let found = plan.rows.iter().zip(&contents.attributes).find(|(row, _)| row.id == id);
        found.map(|(_, column)| column.index)
    };
    let mut attributes = columns.attributes.iter();
    let schema = columns.schema();
    let mut place = |field: &Field| match SystemColumn::from_name(field.name()) {
        Some(system) => contents.schema.index_of(system.name()).ok(),
        None => attributes.next().and_then(|row| of_attribute(row.id)),
    };
    schema.fields().iter().map(|field| place(field).expect("every column of the new file is one of the old one")).collect()
}

fn arranged(batch: &RecordBatch, schema: &SchemaRef, places: &[usize]) -> io::Result<RecordBatch> {
    let arrays = places.iter().map(|place| batch.column(*place).clone()).collect();
    RecordBatch::try_new(schema.clone(), arrays).map_err(io::Error::other)
}
