//! Decoded footers and schemas of data files, kept while they fit.

use arrow_schema::Fields;
use glasshive_base::{Cache, metrics};
use glasshive_store::{DataFile, ReadError};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use std::sync::{Arc, Weak};

/// Footers by file id. What goes from here is closed: the open file and its checksums go with it.
pub(crate) struct Footers {
    cache: Cache<String, Arc<Footer>>,
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
    /// None yet, and at most so many bytes of them.
    pub(crate) fn new(bytes_max: usize, metrics: &metrics::Registry) -> Self {
        Self { cache: Cache::new("footers", bytes_max, metrics) }
    }

    /// The footer of a file, decoded unless it is here.
    ///
    /// # Errors
    /// As [`DataFile::read_range`].
    pub(crate) async fn of(&self, file: &Arc<DataFile>) -> Result<Arc<Footer>, ReadError> {
        if let Some(footer) = self.cache.get(&file.row.id) {
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
        self.cache.insert(file.row.id.clone(), footer.clone(), bytes, bytes as u64);
        Ok(footer)
    }
}

/// About what a schema takes: its fields, and the reader's description of each.
fn schema_bytes(fields: &Fields) -> usize {
    fields.size() * 2
}
