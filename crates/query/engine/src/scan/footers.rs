//! What is kept in memory of data files, while it fits: decoded footers and schemas, and filters of trace indexes.

use arrow_schema::Fields;
use glasshive_base::{Cache, metrics};
use glasshive_model::TraceId;
use glasshive_store::{DataFile, ReadError, TraceIndex};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use std::ops::Range;
use std::sync::{Arc, Weak};

/// Footers and trace indexes by file id. A file whose footer goes from here is closed: the open file and its checksums go with it.
pub(crate) struct Footers {
    footers: Cache<String, Arc<Footer>>,
    /// `None` for files without.
    traces: Cache<String, Option<Arc<TraceIndex>>>,
}

/// A decoded footer. Its file stays open as long as somebody has it.
pub(crate) struct Footer {
    pub metadata: ArrowReaderMetadata,
    /// A file that was replaced is not held open.
    file: Weak<DataFile>,
}

impl Drop for Footer {
    fn drop(&mut self) {
        if let Some(file) = self.file.upgrade() {
            file.release();
        }
    }
}

impl Footers {
    /// None yet, and at most so many bytes of either.
    pub(crate) fn new(footer_bytes: usize, trace_index_bytes: usize, metrics: &metrics::Registry) -> Self {
        Self { footers: Cache::new("footers", footer_bytes, metrics), traces: Cache::new("trace_indexes", trace_index_bytes, metrics) }
    }

    /// The footer of a file, decoded unless it is here.
    ///
    /// # Errors
    /// As [`DataFile::read_range`].
    pub(crate) async fn of(&self, file: &Arc<DataFile>) -> Result<Arc<Footer>, ReadError> {
        if let Some(footer) = self.footers.get(&file.row.id) {
            return Ok(footer);
        }
        let decoded = file.metadata().await?;
        let bytes = decoded.memory_size() + file.open_bytes();
        let metadata = ArrowReaderMetadata::try_new(decoded, ArrowReaderOptions::new()).map_err(|_| ReadError::Damaged {
            file: file.row.path.clone(),
            rows: file.row.rows,
            range: format!("{} to {} ns", file.row.time_min_ns, file.row.time_max_ns),
        })?;
        let bytes = bytes + schema_bytes(metadata.schema().fields());
        let footer = Arc::new(Footer { metadata, file: Arc::downgrade(file) });
        // Decoding costs as much for each byte of every footer.
        self.footers.insert(file.row.id.clone(), footer.clone(), bytes, bytes as u64);
        Ok(footer)
    }

    /// The rows of a file that may be of one of these traces, by their places; `None` when it has no index that tells.
    ///
    /// # Errors
    /// As [`DataFile::read_range`].
    pub(crate) async fn trace_rows(&self, file: &Arc<DataFile>, ids: &[TraceId]) -> Result<Option<Vec<Range<u64>>>, ReadError> {
        let index = match self.traces.get(&file.row.id) {
            Some(index) => index,
            None => {
                let index = file.trace_index().await?.map(Arc::new);
                let bytes = index.as_ref().map_or(0, |index| index.heap_bytes());
                self.traces.insert(file.row.id.clone(), index.clone(), bytes, bytes as u64);
                index
            }
        };
        match index {
            Some(index) => file.trace_rows(&index, ids).await,
            None => Ok(None),
        }
    }
}

/// About what a schema takes: its fields, and the reader's description of each.
fn schema_bytes(fields: &Fields) -> usize {
    fields.size() * 2
}
