//! Reading one row group of a data file.

use super::{Group, Scan, filtered, prune};
use crate::column::{Reads, Source};
use crate::control::{Control, Flow};
use crate::cost::CountedReader;
use crate::error::Failure;
use crate::question::BoundFilter;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, new_null_array};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Schema};
use futures_util::StreamExt;
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE};
use glasshive_model::{ColumnRef, SystemColumn};
use glasshive_store::ReadError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderMetadata, RowFilter};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::errors::ParquetError;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of a batch.
const BATCH_ROWS: usize = 8_192;
/// Indices of the file's fields that hold these columns; `None` for those it has not.
pub(crate) fn file_columns(schema: &Schema, columns: &[ColumnRef]) -> Vec<Option<usize>> {
    let is_attribute = |index: usize, key: &str, tag: &str| {
        let metadata = schema.field(index).metadata();
        metadata.get(FIELD_KEY).is_some_and(|found| found == key) && metadata.get(FIELD_TYPE).is_some_and(|found| found == tag)
    };
    let find = |column: &ColumnRef| match column {
        ColumnRef::System(system) => schema.index_of(system.name()).ok(),
        ColumnRef::Attribute { key, column_type } => (0..schema.fields().len()).find(|index| is_attribute(*index, key, column_type.tag())),
    };
    columns.iter().map(find).collect()
}

fn data_type(column: &ColumnRef) -> DataType {
    match column {
        ColumnRef::System(system) => SystemColumn::field(*system).data_type().clone(),
        ColumnRef::Attribute { column_type, .. } => column_type.data_type(),
    }
}

/// What of a file's schema is read, and how its batches are laid out by slot.
#[derive(Clone)]
struct Layout {
    /// Index of each slot's column among the file's.
    fields: Vec<Option<usize>>,
    types: Vec<DataType>,
}

impl Layout {
    fn new(schema: &Schema, columns: &[ColumnRef]) -> Self {
        Self { fields: file_columns(schema, columns), types: columns.iter().map(data_type).collect() }
    }

    fn mask(&self, metadata: &ArrowReaderMetadata) -> ProjectionMask {
        ProjectionMask::roots(metadata.parquet_schema(), self.fields.iter().flatten().copied())
    }

    /// A batch's arrays by slot. The batch has exactly the fields of the mask `read`, in file order.
    fn arrays(&self, batch: &RecordBatch, read: &[usize]) -> Result<Vec<ArrayRef>, ArrowError> {
        let array = |(field, data_type): (&Option<usize>, &DataType)| {
            let place = field.and_then(|field| read.binary_search(&field).ok());
            let array = place.map_or_else(|| new_null_array(data_type, batch.num_rows()), |place| batch.column(place).clone());
            if array.data_type() == data_type { Ok(array) } else { cast(&array, data_type) }
        };
        self.fields.iter().zip(&self.types).map(array).collect()
    }

    fn read(&self) -> Vec<usize> {
        let mut fields: Vec<usize> = self.fields.iter().flatten().copied().collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}

impl Group {
    /// Hands the wanted rows of the group to `take`, batch by batch.
    pub(super) async fn read(
        &self,
        scan: &Scan,
        control: &Arc<Control>,
        take: &mut (impl FnMut(Vec<ArrayRef>) -> Result<(), Failure> + Send),
    ) -> Result<Flow, Failure> {
        control.meter.file(&self.file);
        let source = Source::File(&self.file.row);
        let window = scan.question.window;
        let all_in_window = window.start_ns <= self.times_ns.0 && self.times_ns.1 < window.end_ns;
        let all_in_datasets = scan.holds_only_wanted(self.file.row.datasets.iter().map(|(slug, _)| slug));
        let filter = Arc::new(scan.question.bind(source, all_in_window, all_in_datasets));
        let outputs = scan.outputs.bind(source);
        let schema = self.metadata().schema();
        let filter_layout = Layout::new(schema, filter.reads.columns());

        let reader = CountedReader::new(self.file.clone(), control.meter.clone());
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, self.metadata().clone())
            .with_row_groups(vec![self.index])
            .with_batch_size(BATCH_ROWS);
        if let Some(rows) = &self.rows {
            builder = builder.with_row_selection(rows.clone());
        } else if !all_in_window && let Some(selection) = prune::pages_in_window(self.metadata(), self.index, window) {
            builder = builder.with_row_selection(selection);
        }
        // A filter on time alone mostly lets whole pages pass; it is cheaper to look at it after decoding.
        let filters_first = !filter.has_only_time();
        let failed = Arc::new(Mutex::new(None));
        let mut reads = outputs.reads.clone();
        let late_slots: Vec<usize> = if filters_first {
            builder = builder.with_row_filter(row_filter(filter.clone(), filter_layout, self.metadata(), control.clone(), failed.clone()));
            Vec::new()
        } else {
            add_all(&mut reads, filter.reads.columns())
        };
        let layout = Layout::new(schema, reads.columns());
        let read = layout.read();
        let mut stream = builder.with_projection(layout.mask(self.metadata())).build().map_err(|error| self.failure(error))?;
        while let Some(batch) = stream.next().await {
            if control.flow()? == Flow::Stop {
                return Ok(Flow::Stop);
            }
            let batch =
                batch.map_err(|error| failed.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(self.failure(error)))?;
            let mut arrays = layout.arrays(&batch, &read)?;
            let mut rows = batch.num_rows();
            if !filters_first {
                control.meter.scanned(rows);
            }
            if !filters_first && !filter.is_trivial() {
                let filter_arrays: Vec<ArrayRef> = late_slots.iter().map(|slot| arrays[*slot].clone()).collect();
                let mask = filter.mask(&filter_arrays, rows, control)?;
                let kept = mask.count_set_bits();
                if kept < rows {
                    (arrays, rows) = (filtered(&arrays, mask)?, kept);
                }
            }
            control.meter.matched(rows);
            if rows > 0 {
                take(outputs.columns(&arrays, rows, control)?)?;
            }
            // One batch may come out of what was decoded before, without waiting for anything.
            tokio::task::yield_now().await;
        }
        Ok(Flow::GoOn)
    }

    fn failure(&self, error: ParquetError) -> Failure {
        read_error(error)
    }
}

/// Adds columns to what is read; their slots.
fn add_all(reads: &mut Reads, columns: &[ColumnRef]) -> Vec<usize> {
    columns.iter().map(|column| reads.slot(column.clone())).collect()
}

/// The filter as the Parquet reader applies it, before it decodes anything else: to a whole row group at once, so that it must look
/// itself whether to go on. A failure that the reader's error cannot carry is left in `failed`.
fn row_filter(
    filter: Arc<BoundFilter>,
    layout: Layout,
    metadata: &ArrowReaderMetadata,
    control: Arc<Control>,
    failed: Arc<Mutex<Option<Failure>>>,
) -> RowFilter {
    let mask = layout.mask(metadata);
    let read = layout.read();
    let predicate = ArrowPredicateFn::new(mask, move |batch: RecordBatch| {
        if !matches!(control.flow(), Ok(Flow::GoOn)) {
            // Who gets this error asks the control again, and is told which end it is.
            return Err(ArrowError::ComputeError("the query is over".to_owned()));
        }
        control.meter.scanned(batch.num_rows());
        let arrays = layout.arrays(&batch, &read)?;
        let mask = filter.mask(&arrays, batch.num_rows(), &control).map_err(|failure| {
            let error = ArrowError::ComputeError(format!("{failure:?}"));
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
            error
        })?;
        Ok(BooleanArray::new(mask, None))
    });
    RowFilter::new(vec![Box::new(predicate)])
}

/// What the Parquet reader's error stands for.
pub(crate) fn read_error(error: ParquetError) -> Failure {
    match error {
        ParquetError::External(source) => match source.downcast::<ReadError>() {
            Ok(error) => Failure::Read(*error),
            Err(source) => Failure::Defect(source.to_string()),
        },
        other => Failure::Defect(other.to_string()),
    }
}
