//! Reading chosen rows with every stored column, and laying them side by side.

use crate::control::Control;
use crate::cost::CountedReader;
use crate::error::Failure;
use crate::rows::Hit;
use crate::scan::{Group, Unit, file_columns, leave_out, pages_in_window, read_error};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array, new_null_array};
use arrow_schema::{Field, Schema};
use arrow_select::concat::concat;
use arrow_select::take::take;
use futures_util::TryStreamExt;
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE, attribute_field, physical_name};
use glasshive_model::{ColumnRef, ColumnType, SystemColumn};
use glasshive_query_plan::Window;
use glasshive_store::Chunk;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Rows of one source by column.
struct Part {
    columns: Vec<(ColumnRef, ArrayRef)>,
    rows: usize,
}

/// The rows behind some hits, all columns, in order of arrival.
pub(super) async fn read(hits: Vec<Hit>, control: &Arc<Control>) -> Result<Option<RecordBatch>, Failure> {
    let reservation = control.reservation("stored rows");
    let mut parts = Vec::new();
    let mut bytes = 0;
    for (unit, hits) in by_unit(hits) {
        control.go_on()?;
        let found = match &*unit {
            Unit::Chunk(live) => Ok(chunk_rows(&live.chunk, &hits)?),
            Unit::Group(group) => group_rows(group, &hits, control).await,
            // What is known of rows is not the rows themselves; nobody finds any there.
            Unit::Kept(_) => Ok(Vec::new()),
        };
        match found {
            Ok(found) => {
                let arrays = found.iter().flat_map(|part| &part.columns);
                bytes += arrays.map(|(_, array)| array.get_array_memory_size()).sum::<usize>();
                // Once more when they are put together.
                reservation.try_resize(bytes * 2)?;
                parts.extend(found);
            }
            Err(Failure::Read(error)) => leave_out(error, unit.file(), control)?,
            Err(failure) => return Err(failure),
        }
    }
    if parts.iter().all(|part| part.rows == 0) { Ok(None) } else { together(&parts).map(Some) }
}

fn by_unit(hits: Vec<Hit>) -> Vec<(Arc<Unit>, Vec<Hit>)> {
    let mut units: Vec<(Arc<Unit>, Vec<Hit>)> = Vec::new();
    let mut known: HashMap<usize, usize> = HashMap::new();
    for hit in hits {
        let place = *known.entry(Arc::as_ptr(&hit.unit) as usize).or_insert_with(|| {
            units.push((hit.unit.clone(), Vec::new()));
            units.len() - 1
        });
        units[place].1.push(hit);
    }
    units
}

fn seqs_of(hits: &[Hit]) -> HashSet<i64> {
    hits.iter().map(|hit| hit.cursor.seq).collect()
}

fn chunk_rows(chunk: &Chunk, hits: &[Hit]) -> Result<Vec<Part>, Failure> {
    let wanted = seqs_of(hits);
    let project = |column: &ColumnRef| chunk.project(std::slice::from_ref(column)).pop().expect("one column was asked for");
    let seqs = project(&ColumnRef::System(SystemColumn::Seq));
    let seqs = crate::cells::int64(&seqs).values();
    let rows: UInt32Array = (0..seqs.len()).filter(|row| wanted.contains(&seqs[*row])).map(|row| row as u32).collect();
    let system = SystemColumn::ALL.iter().map(|column| ColumnRef::System(*column));
    let columns = system.chain(chunk.attributes().iter().map(|attribute| attribute.column()));
    let taken = columns.map(|column| {
        let array = take(&project(&column), &rows, None)?;
        Ok((column, compact(array)))
    });
    let columns = taken.collect::<Result<_, Failure>>()?;
    Ok(vec![Part { columns, rows: rows.len() }])
}

/// Text views hold on to all text of their source; what is kept of them should not.
fn compact(array: ArrayRef) -> ArrayRef {
    match arrow_array::cast::AsArray::as_string_view_opt(&array) {
        Some(views) => Arc::new(views.gc()),
        None => array,
    }
}

async fn group_rows(group: &Group, hits: &[Hit], control: &Arc<Control>) -> Result<Vec<Part>, Failure> {
    let schema = group.metadata().schema();
    let wanted = seqs_of(hits);
    let seq_field = file_columns(schema, &[ColumnRef::System(SystemColumn::Seq)])[0].unwrap_or(0);
    let seq_only = ProjectionMask::roots(group.metadata().parquet_schema(), [seq_field]);
    let predicate = ArrowPredicateFn::new(seq_only, move |batch: RecordBatch| {
        let seqs = crate::cells::int64(batch.column(0)).values();
        Ok(seqs.iter().map(|seq| Some(wanted.contains(seq))).collect::<BooleanArray>())
    });
    let reader = CountedReader::new(group.file.clone(), control.meter.clone());
    let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, group.metadata().clone())
        .with_row_groups(vec![group.index])
        .with_projection(ProjectionMask::roots(group.metadata().parquet_schema(), not_empty(group)))
        .with_row_filter(RowFilter::new(vec![Box::new(predicate)]));
    let times = || hits.iter().map(|hit| hit.cursor.time_ns);
    if let (Some(first), Some(last)) = (times().min(), times().max()) {
        let window = Window { start_ns: first, end_ns: last.saturating_add(1) };
        if let Some(selection) = pages_in_window(group.metadata(), group.index, window) {
            builder = builder.with_row_selection(selection);
        }
    }
    let batches: Vec<RecordBatch> = builder.build().map_err(read_error)?.try_collect().await.map_err(read_error)?;
    batches.iter().map(part).collect()
}

/// The fields of the file that hold something in the row group.
fn not_empty(group: &Group) -> Vec<usize> {
    let row_group = group.metadata().metadata().row_group(group.index);
    let is_empty = |field: &usize| {
        let nulls = row_group.column(*field).statistics().and_then(|statistics| statistics.null_count_opt());
        nulls == Some(row_group.num_rows().unsigned_abs())
    };
    (0..group.metadata().schema().fields().len()).filter(|field| !is_empty(field)).collect()
}

fn part(batch: &RecordBatch) -> Result<Part, Failure> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).filter_map(|(field, array)| {
        let column = column_of(field)?;
        let wanted = field_of(&column);
        let cast = match array.data_type() == wanted.data_type() {
            true => Ok(array.clone()),
            false => arrow_cast::cast(array, wanted.data_type()),
        };
        Some(cast.map(|array| (column, array)).map_err(Failure::from))
    });
    Ok(Part { columns: columns.collect::<Result<_, _>>()?, rows: batch.num_rows() })
}

fn column_of(field: &Field) -> Option<ColumnRef> {
    if let Some(system) = SystemColumn::from_name(field.name()) {
        return Some(ColumnRef::System(system));
    }
    let key = field.metadata().get(FIELD_KEY)?.clone();
    Some(ColumnRef::Attribute { key, column_type: ColumnType::from_tag(field.metadata().get(FIELD_TYPE)?)? })
}

fn field_of(column: &ColumnRef) -> Field {
    match column {
        ColumnRef::System(system) => system.field(),
        ColumnRef::Attribute { key, column_type } => attribute_field(&physical_name(key, *column_type, false), key, *column_type, 0),
    }
}

/// All parts in one batch, sorted by arrival: system columns, then attributes in order of appearance.
fn together(parts: &[Part]) -> Result<RecordBatch, Failure> {
    let mut columns: Vec<ColumnRef> = SystemColumn::ALL.iter().map(|column| ColumnRef::System(*column)).collect();
    let mut known: HashSet<&ColumnRef> = HashSet::new();
    for (column, array) in parts.iter().flat_map(|part| &part.columns) {
        if matches!(column, ColumnRef::Attribute { .. }) && array.null_count() < array.len() && known.insert(column) {
            columns.push(column.clone());
        }
    }
    let places: Vec<HashMap<&ColumnRef, &ArrayRef>> =
        parts.iter().map(|part| part.columns.iter().map(|(column, array)| (column, array)).collect()).collect();
    let whole = |column: &ColumnRef| -> Result<ArrayRef, Failure> {
        let data_type = field_of(column).data_type().clone();
        let arrays = parts
            .iter()
            .zip(&places)
            .map(|(part, places)| places.get(column).map_or_else(|| new_null_array(&data_type, part.rows), |array| (*array).clone()));
        let arrays: Vec<ArrayRef> = arrays.collect();
        Ok(concat(&arrays.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())?)
    };
    let seqs = whole(&ColumnRef::System(SystemColumn::Seq))?;
    let seqs = crate::cells::int64(&seqs).values();
    let mut order: Vec<u32> = (0..seqs.len() as u32).collect();
    order.sort_unstable_by_key(|row| seqs[*row as usize]);
    let order = UInt32Array::from(order);
    let arrays = columns.iter().map(|column| Ok(take(&whole(column)?, &order, None)?));
    let arrays = arrays.collect::<Result<Vec<ArrayRef>, Failure>>()?;
    let schema = Schema::new(columns.iter().map(field_of).collect::<Vec<_>>());
    Ok(RecordBatch::try_new(Arc::new(schema), arrays)?)
}
