//! Reading chosen rows of one unit with all their columns.

use crate::column::{Binding, Reads, Resolved, Source};
use crate::control::{Control, Flow};
use crate::cost::CountedReader;
use crate::error::Failure;
use crate::scan::{Group, Live, Unit, file_columns, pages_in_window, read_error};
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{Field, Schema};
use arrow_select::take::take;
use futures_util::TryStreamExt;
use glasshive_model::column::{attribute_field, physical_name};
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::{ColumnRef, SystemColumn};
use glasshive_query_plan::{Cursor, Window};
use glasshive_store::Chunk;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use std::collections::HashSet;
use std::sync::Arc;

/// System columns that no shown field comes from.
const NOT_SHOWN: [SystemColumn; 2] = [SystemColumn::Raw, SystemColumn::Twin];

/// Rows of a chunk that are turned into shown ones at once.
const BATCH_ROWS: usize = 1_024;

/// Hands the rows at these places of a unit to `take`, some at a time, in any order, until the time is up. `columns` narrows what is read;
/// `None` reads everything.
pub(crate) async fn fetch(
    unit: &Unit,
    wanted: &[Cursor],
    columns: Option<&[Resolved]>,
    control: &Control,
    take: &mut (impl FnMut(Vec<ShownRow>) + Send),
) -> Result<Flow, Failure> {
    match unit {
        Unit::Chunk(Live { chunk, .. }) => {
            let seqs = chunk.project(&[ColumnRef::System(SystemColumn::Seq)]);
            let keep = mask(&seqs[0], &wanted.iter().map(|cursor| cursor.seq).collect());
            let batch = chunk_batch(chunk, &keep, columns);
            for start in (0..batch.num_rows()).step_by(BATCH_ROWS) {
                if control.flow()? == Flow::Stop {
                    return Ok(Flow::Stop);
                }
                take(shown_rows(&batch.slice(start, BATCH_ROWS.min(batch.num_rows() - start))));
            }
            Ok(Flow::GoOn)
        }
        Unit::Group(group) => group_rows(group, wanted, columns, control, take).await,
        // What is known of rows is not the rows themselves; nobody finds any there.
        Unit::Kept(_) => Ok(Flow::GoOn),
    }
}

fn mask(seqs: &ArrayRef, wanted: &HashSet<i64>) -> BooleanBuffer {
    let seqs = crate::cells::int64(seqs).values();
    BooleanBuffer::collect_bool(seqs.len(), |row| wanted.contains(&seqs[row]))
}

/// The rows of a chunk that a mask marks.
pub(crate) fn chunk_rows(chunk: &Chunk, keep: &BooleanBuffer) -> Vec<ShownRow> {
    if keep.count_set_bits() == 0 { Vec::new() } else { shown_rows(&chunk_batch(chunk, keep, None)) }
}

fn chunk_batch(chunk: &Chunk, keep: &BooleanBuffer, columns: Option<&[Resolved]>) -> RecordBatch {
    let rows: UInt32Array = keep.set_indices().map(|row| Some(row as u32)).collect();
    let wanted = match columns {
        Some(columns) => narrow(columns, Source::Chunk(chunk)),
        None => {
            let system = SystemColumn::ALL.iter().filter(|column| !NOT_SHOWN.contains(column)).map(|column| ColumnRef::System(*column));
            system.chain(chunk.attributes().iter().map(|attribute| attribute.column())).collect()
        }
    };
    let fields: Vec<Field> = wanted.iter().map(field).collect();
    let arrays = wanted.iter().map(|column| {
        let array = chunk.project(std::slice::from_ref(column)).pop().expect("one column was asked for");
        take(&array, &rows, None).expect("the rows are the chunk's")
    });
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays.collect());
    batch.expect("every projected array has its field's type")
}

fn field(column: &ColumnRef) -> Field {
    match column {
        ColumnRef::System(system) => system.field(),
        ColumnRef::Attribute { key, column_type } => attribute_field(&physical_name(key, *column_type, false), key, *column_type, 0),
    }
}

/// The stored columns behind some names.
fn narrow(columns: &[Resolved], source: Source<'_>) -> Vec<ColumnRef> {
    let mut reads = Reads::default();
    reads.system(SystemColumn::Time);
    reads.system(SystemColumn::Seq);
    for column in columns {
        Binding::new(column, source, &mut reads);
    }
    reads.columns().to_vec()
}

async fn group_rows(
    group: &Group,
    wanted: &[Cursor],
    columns: Option<&[Resolved]>,
    control: &Control,
    take: &mut (impl FnMut(Vec<ShownRow>) + Send),
) -> Result<Flow, Failure> {
    let schema = group.metadata().schema();
    let seqs: HashSet<i64> = wanted.iter().map(|cursor| cursor.seq).collect();
    let seq_field = file_columns(schema, &[ColumnRef::System(SystemColumn::Seq)])[0].unwrap_or(0);
    let seq_only = ProjectionMask::roots(group.metadata().parquet_schema(), [seq_field]);
    let predicate = ArrowPredicateFn::new(seq_only, move |batch: RecordBatch| Ok(BooleanArray::new(mask(batch.column(0), &seqs), None)));
    let reader = CountedReader::new(group.file.clone(), control.meter.clone());
    let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, group.metadata().clone())
        .with_row_groups(vec![group.index])
        .with_projection(ProjectionMask::roots(group.metadata().parquet_schema(), fields(group, columns)))
        .with_row_filter(RowFilter::new(vec![Box::new(predicate)]));
    let first = wanted.iter().map(|cursor| cursor.time_ns).min();
    let last = wanted.iter().map(|cursor| cursor.time_ns).max();
    if let Some(rows) = &group.rows {
        builder = builder.with_row_selection(rows.clone());
    } else if let (Some(first), Some(last)) = (first, last) {
        let window = Window { start_ns: first, end_ns: last.saturating_add(1) };
        builder = match pages_in_window(group.metadata(), group.index, window) {
            Some(selection) => builder.with_row_selection(selection),
            None => builder,
        };
    }
    let mut stream = builder.build().map_err(read_error)?;
    while let Some(batch) = stream.try_next().await.map_err(read_error)? {
        if control.flow()? == Flow::Stop {
            return Ok(Flow::Stop);
        }
        take(shown_rows(&batch));
        // One batch may come out of what was decoded before, without waiting for anything.
        tokio::task::yield_now().await;
    }
    Ok(Flow::GoOn)
}

/// The fields of the file that hold something in the row group.
fn fields(group: &Group, columns: Option<&[Resolved]>) -> Vec<usize> {
    let schema = group.metadata().schema();
    if let Some(columns) = columns {
        let wanted = narrow(columns, Source::File(&group.file.row));
        return file_columns(schema, &wanted).into_iter().flatten().collect();
    }
    let row_group = group.metadata().metadata().row_group(group.index);
    let is_empty = |field: usize| {
        let nulls = row_group.column(field).statistics().and_then(|statistics| statistics.null_count_opt());
        nulls == Some(row_group.num_rows().unsigned_abs())
    };
    let is_shown = |field: usize| SystemColumn::from_name(schema.field(field).name()).is_none_or(|column| !NOT_SHOWN.contains(&column));
    (0..schema.fields().len()).filter(|field| is_shown(*field) && !is_empty(*field)).collect()
}
