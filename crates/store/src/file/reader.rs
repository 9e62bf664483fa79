//! The Parquet side of a data file.

use super::DataFile;
use crate::error::ReadError;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use glasshive_model::column::{FIELD_KEY, FIELD_TYPE};
use glasshive_model::{ColumnRef, SystemColumn};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use std::ops::Range;
use std::sync::Arc;

/// Reads a data file for the Parquet crate; every byte is checked. An error carries the [`ReadError`] as its source.
#[derive(Debug, Clone)]
pub struct DataFileReader(Arc<DataFile>);

impl DataFileReader {
    /// A reader of this file.
    pub fn new(file: Arc<DataFile>) -> Self {
        Self(file)
    }
}

impl AsyncFileReader for DataFileReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        async move { self.0.read_range(range).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        async move { self.0.read_ranges(&ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move { self.0.metadata().await.map_err(external) }.boxed()
    }
}

fn external(error: ReadError) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl DataFile {
    /// The Arrow schema of the file: system columns, attribute columns with their key and type in the field's metadata.
    ///
    /// # Errors
    /// As [`DataFile::read_range`].
    pub async fn schema(self: &Arc<Self>) -> Result<SchemaRef, ReadError> {
        Ok(self.stream_builder().await?.schema().clone())
    }

    /// The rows of the file in file order, with those of the named columns that the file has; every column when `None`.
    ///
    /// # Errors
    /// As [`DataFile::read_range`].
    pub async fn read_rows(self: &Arc<Self>, columns: Option<&[ColumnRef]>) -> Result<Vec<RecordBatch>, ReadError> {
        let builder = self.stream_builder().await?;
        let mask = columns.map_or_else(ProjectionMask::all, |columns| mask_of(&builder, columns));
        let stream = builder.with_projection(mask).build().map_err(|error| self.parquet_error(error))?;
        stream.try_collect().await.map_err(|error| self.parquet_error(error))
    }

    /// Every row with every column, so many at a time, so that memory holds a row group as it is stored and one batch.
    pub(crate) async fn stream_rows(self: &Arc<Self>, batch_rows: usize) -> Result<RowStream, ReadError> {
        let builder = self.stream_builder().await?.with_batch_size(batch_rows);
        let schema = builder.schema().clone();
        let stream = builder.build().map_err(|error| self.parquet_error(error))?;
        Ok(RowStream { file: self.clone(), schema, stream })
    }

    /// The same with those of the named columns that the file has.
    pub(crate) async fn stream_columns(self: &Arc<Self>, columns: &[ColumnRef], batch_rows: usize) -> Result<RowStream, ReadError> {
        let builder = self.stream_builder().await?.with_batch_size(batch_rows);
        let (schema, mask) = (builder.schema().clone(), mask_of(&builder, columns));
        let stream = builder.with_projection(mask).build().map_err(|error| self.parquet_error(error))?;
        Ok(RowStream { file: self.clone(), schema, stream })
    }

    /// How many of its rows may be read at once: `most`, or fewer where they are large, and one at least.
    pub(crate) async fn batch_rows(&self, most: usize) -> Result<usize, ReadError> {
        let metadata = self.metadata().await?;
        let groups = || metadata.row_groups().iter();
        let rows: u64 = groups().map(|group| group.num_rows().unsigned_abs()).sum();
        let decoded: u64 = groups().map(|group| group.total_byte_size().unsigned_abs()).sum();
        let row_bytes = usize::try_from(decoded / rows.max(1)).unwrap_or(usize::MAX).max(1);
        Ok((self.context.config.batch_bytes() / row_bytes).clamp(1, most))
    }

    /// What the footer says under a name.
    pub(crate) async fn footer_value(&self, name: &str) -> Result<Option<String>, ReadError> {
        let metadata = self.metadata().await?;
        let values = metadata.file_metadata().key_value_metadata().map_or(&[][..], Vec::as_slice);
        Ok(values.iter().find(|pair| pair.key == name).and_then(|pair| pair.value.clone()))
    }

    async fn stream_builder(self: &Arc<Self>) -> Result<ParquetRecordBatchStreamBuilder<DataFileReader>, ReadError> {
        ParquetRecordBatchStreamBuilder::new(DataFileReader(self.clone())).await.map_err(|error| self.parquet_error(error))
    }

    /// Bytes that pass their checksum and still make no sense are damage too: they were damaged before they were summed.
    fn parquet_error(&self, error: ParquetError) -> ReadError {
        match error {
            ParquetError::External(source) => match source.downcast::<ReadError>() {
                Ok(error) => *error,
                Err(_) => self.damaged(),
            },
            _ => self.damaged(),
        }
    }
}

/// The columns of a file that are among these.
fn mask_of(builder: &ParquetRecordBatchStreamBuilder<DataFileReader>, columns: &[ColumnRef]) -> ProjectionMask {
    let fields = builder.schema().fields().iter().enumerate();
    let wanted = fields.filter(|(_, field)| columns.iter().any(|column| is_column(field, column))).map(|(index, _)| index);
    ProjectionMask::roots(builder.parquet_schema(), wanted)
}

/// The rows of one file, in file order.
pub(crate) struct RowStream {
    file: Arc<DataFile>,
    /// Of the file, with all of its columns.
    pub schema: SchemaRef,
    stream: ParquetRecordBatchStream<DataFileReader>,
}

impl RowStream {
    /// The next rows; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, ReadError> {
        self.stream.try_next().await.map_err(|error| self.file.parquet_error(error))
    }
}

/// Whether a file's field is this column.
pub(crate) fn is_column(field: &arrow_schema::Field, column: &ColumnRef) -> bool {
    match column {
        ColumnRef::System(system) => SystemColumn::from_name(field.name()) == Some(*system),
        ColumnRef::Attribute { key, column_type } => {
            let metadata = field.metadata();
            metadata.get(FIELD_KEY) == Some(key) && metadata.get(FIELD_TYPE).is_some_and(|tag| tag == column_type.tag())
        }
    }
}

/// Footers are mostly below this; one read then suffices.
const FOOTER_GUESS_BYTES: u64 = super::BLOCK_BYTES;

pub(super) async fn read_metadata(file: &DataFile) -> Result<Arc<ParquetMetaData>, ReadError> {
    let len = file.row.bytes;
    let mut wanted = FOOTER_GUESS_BYTES.min(len);
    loop {
        let tail = file.read_range(len - wanted..len).await?;
        let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
        match reader.try_parse_sized(&tail, len) {
            Ok(()) => return reader.finish().map(Arc::new).map_err(|_| file.damaged()),
            Err(ParquetError::NeedMoreData(needed)) if needed as u64 > wanted && needed as u64 <= len => wanted = needed as u64,
            Err(_) => return Err(file.damaged()),
        }
    }
}
