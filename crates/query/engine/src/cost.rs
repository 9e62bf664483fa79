//! What an answer took: counted while a question is worked on, told with its answer.

use crate::scan::Kept;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use glasshive_base::metrics::Counter;
use glasshive_store::{Chunk, DataFile, DataFileReader};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::file::metadata::ParquetMetaData;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What an answer took. A question that has to look twice (a linear heatmap looks for its rows first) counts its rows twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rows that were looked at.
    pub rows_scanned: u64,
    /// Rows of these that passed the filters.
    pub rows_matched: u64,
    /// Bytes that were asked of data files; footers, which are kept, are not among them.
    pub bytes_read: u64,
    /// Data files of which rows were read.
    pub files_read: u64,
    /// Data files of the window and its datasets of which none were: their statistics exclude every row, what earlier questions
    /// found in them was kept, or time was up.
    pub files_skipped: u64,
    /// Rows of data files that did not have to be looked at: what an earlier question found in them was kept.
    pub rows_kept: u64,
    /// Data files with such rows.
    pub files_kept: u64,
    /// Chunks of live rows that were looked at.
    pub live_chunks: u64,
    /// Processor time, ns, of all threads together.
    pub cpu_ns: u64,
}

/// Counts one question's cost.
pub(crate) struct Meter {
    rows_scanned: AtomicU64,
    rows_matched: AtomicU64,
    bytes_read: AtomicU64,
    cpu_ns: AtomicU64,
    /// Addresses of what was looked at, by the question or for it in search of other spans.
    files: Mutex<HashSet<usize>>,
    chunks: Mutex<HashSet<usize>>,
    rows_kept: AtomicU64,
    files_kept: Mutex<HashSet<usize>>,
    batches: Counter,
}

impl Meter {
    /// `batches` counts every batch of rows of all questions.
    pub(crate) fn new(batches: Counter) -> Self {
        let zero = AtomicU64::default;
        Self {
            rows_scanned: zero(),
            rows_matched: zero(),
            bytes_read: zero(),
            cpu_ns: zero(),
            files: Mutex::default(),
            chunks: Mutex::default(),
            rows_kept: zero(),
            files_kept: Mutex::default(),
            batches,
        }
    }

    /// A batch of rows is looked at.
    pub(crate) fn scanned(&self, rows: usize) {
        self.batches.increment();
        self.rows_scanned.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// A thread worked for the question.
    pub(crate) fn worked(&self, cpu_ns: u64) {
        self.cpu_ns.fetch_add(cpu_ns, Ordering::Relaxed);
    }

    /// Rows passed.
    pub(crate) fn matched(&self, rows: usize) {
        self.rows_matched.fetch_add(rows as u64, Ordering::Relaxed);
    }

    pub(crate) fn chunk(&self, chunk: &Arc<Chunk>) {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::as_ptr(chunk) as usize);
    }

    pub(crate) fn file(&self, file: &Arc<DataFile>) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::as_ptr(file) as usize);
    }

    /// What was kept of a file's rows is taken.
    pub(crate) fn kept(&self, kept: &Kept) {
        self.rows_kept.fetch_add(kept.rows, Ordering::Relaxed);
        self.files_kept.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::as_ptr(&kept.file) as usize);
    }

    /// The cost so far of a question that is about these data files.
    pub(crate) fn cost(&self, files: &[Arc<DataFile>]) -> Cost {
        let read = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = self.files_kept.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = files.iter().filter(|file| !read.contains(&(Arc::as_ptr(file) as usize))).count();
        Cost {
            rows_scanned: self.rows_scanned.load(Ordering::Relaxed),
            rows_matched: self.rows_matched.load(Ordering::Relaxed),
            bytes_read: self.bytes_read.load(Ordering::Relaxed),
            files_read: read.len() as u64,
            files_skipped: skipped as u64,
            rows_kept: self.rows_kept.load(Ordering::Relaxed),
            files_kept: kept.len() as u64,
            live_chunks: self.chunks.lock().unwrap_or_else(PoisonError::into_inner).len() as u64,
            cpu_ns: self.cpu_ns.load(Ordering::Relaxed) + crate::tasks::unfinished_cpu_ns(),
        }
    }
}

/// Reads a data file and counts what it reads.
pub(crate) struct CountedReader {
    reader: DataFileReader,
    meter: Arc<Meter>,
}

impl CountedReader {
    pub(crate) fn new(file: Arc<DataFile>, meter: Arc<Meter>) -> Self {
        Self { reader: DataFileReader::new(file), meter }
    }
}

impl AsyncFileReader for CountedReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.meter.bytes_read.fetch_add(range.end.saturating_sub(range.start), Ordering::Relaxed);
        self.reader.get_bytes(range)
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        let bytes: u64 = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
        self.meter.bytes_read.fetch_add(bytes, Ordering::Relaxed);
        self.reader.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        self.reader.get_metadata(options)
    }
}
