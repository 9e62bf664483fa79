//! Data files: immutable Parquet files, every byte checked against the sidecar when it is read.

mod lookup;
mod reader;
pub mod sidecar;
pub(crate) mod traces;
pub(crate) mod writer;

pub use reader::DataFileReader;
pub(crate) use reader::RowStream;
pub use traces::TraceIndex;

use crate::catalog::FileRow;
use crate::config::StoreConfig;
use crate::error::ReadError;
use crate::fault::{FaultKind, Faults};
use crate::planted::PlantedBug;
use crate::world::{Disk, DiskFile};
use bytes::Bytes;
use glasshive_base::{BoxFuture, Clock};
use parquet::file::metadata::ParquetMetaData;
use sidecar::{BLOCK_BYTES, Sidecar};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Mutex;

/// Bytes of memory that decoding a column takes beside its values: a decompressor has 70 KB, a decoder its tables.
const COLUMN_BYTES: u64 = 96 << 10;
/// Bytes that are read at once at most, unless a single range is longer.
const RUN_BYTES: u64 = 16 << 20;

/// A visible data file. Opened, and its sidecar and footer read, when first needed; they stay until [`DataFile::release`].
pub struct DataFile {
    /// What the catalog says about it.
    pub row: FileRow,
    context: Arc<FileContext>,
    opened: Mutex<Option<Arc<Opened>>>,
    metadata: Mutex<Option<Arc<ParquetMetaData>>>,
    /// Bytes of memory that reading all its columns takes at most, once the footer was read.
    streaming_bytes: OnceLock<u64>,
    /// Its damage has been told; that of its trace index, which costs no row, on its own.
    told: AtomicBool,
    index_told: AtomicBool,
}

/// A file that can be read.
struct Opened {
    file: Arc<dyn DiskFile>,
    sidecar: Sidecar,
}

/// What all data files of a store share.
pub(crate) struct FileContext {
    pub disk: Arc<dyn Disk>,
    pub clock: Arc<dyn Clock>,
    pub faults: Arc<Faults>,
    pub config: StoreConfig,
}

impl std::fmt::Debug for DataFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataFile").field("row", &self.row).finish_non_exhaustive()
    }
}

impl DataFile {
    pub(crate) fn new(row: FileRow, context: Arc<FileContext>) -> Self {
        let (opened, metadata, streaming_bytes) = (Mutex::default(), Mutex::default(), OnceLock::new());
        Self { row, context, opened, metadata, streaming_bytes, told: AtomicBool::new(false), index_told: AtomicBool::new(false) }
    }

    /// The bytes of `range`, each compared with the checksum of its block. Cost: whole blocks of 256 KiB are read.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] when the bytes are not those that were written (told once per file as a fault),
    /// [`ReadError::Disk`] when the disk refuses.
    pub fn read_range(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ReadError>> {
        Box::pin(async move {
            if range.is_empty() {
                return Ok(Bytes::new());
            }
            let opened = self.open().await?;
            let Opened { file, sidecar } = &*opened;
            if range.end > sidecar.bytes {
                return Err(self.damaged());
            }
            let first = range.start / BLOCK_BYTES;
            let start = first * BLOCK_BYTES;
            let end = (range.end.div_ceil(BLOCK_BYTES) * BLOCK_BYTES).min(sidecar.bytes);
            let read = || async {
                let bytes = file.read_at(start, (end - start) as usize).await.map_err(|error| self.disk_error(error))?;
                let matches = bytes
                    .chunks(BLOCK_BYTES as usize)
                    .zip(&sidecar.blocks[first as usize..])
                    .all(|(block, crc)| crc32c::crc32c(block) == *crc);
                Ok((matches || self.context.config.is_planted(PlantedBug::ChecksumNotCompared)).then_some(bytes))
            };
            // A second look, not at a copy, tells a fault on the way from damage on the medium.
            let bytes = match read().await? {
                Some(bytes) => bytes,
                None => {
                    file.forget(start, (end - start) as usize).await;
                    read().await?.ok_or_else(|| self.damaged())?
                }
            };
            Ok(bytes.slice((range.start - start) as usize..(range.end - start) as usize))
        })
    }

    /// The bytes of each range, as of [`DataFile::read_range`]. Blocks that several ranges lie in are read once, and those that
    /// follow each other together; their bytes stay in memory as long as any of the ranges does.
    ///
    /// # Errors
    /// As [`DataFile::read_range`].
    pub fn read_ranges<'a>(&'a self, ranges: &'a [Range<u64>]) -> BoxFuture<'a, Result<Vec<Bytes>, ReadError>> {
        Box::pin(async move {
            let mut order: Vec<usize> = (0..ranges.len()).collect();
            order.sort_unstable_by_key(|index| ranges[*index].start);
            let mut read = vec![Bytes::new(); ranges.len()];
            let mut left = &order[..];
            while let Some((first, others)) = left.split_first() {
                let mut run = ranges[*first].clone();
                let joined = others.iter().take_while(|index| {
                    let next = &ranges[**index];
                    let end = run.end.max(next.end);
                    let is_near = next.start / BLOCK_BYTES <= run.end.div_ceil(BLOCK_BYTES) && end - run.start <= RUN_BYTES;
                    if is_near {
                        run.end = end;
                    }
                    is_near
                });
                let (together, later) = left.split_at(1 + joined.count());
                let bytes = self.read_range(run.clone()).await?;
                for index in together {
                    let range = &ranges[*index];
                    read[*index] = bytes.slice((range.start - run.start) as usize..(range.end - run.start) as usize);
                }
                left = later;
            }
            Ok(read)
        })
    }

    /// The decoded footer with page indexes; read once.
    ///
    /// # Errors
    /// As [`DataFile::read_range`].
    pub fn metadata(&self) -> BoxFuture<'_, Result<Arc<ParquetMetaData>, ReadError>> {
        Box::pin(async move {
            let mut metadata = self.metadata.lock().await;
            match &*metadata {
                Some(metadata) => Ok(metadata.clone()),
                None => {
                    let read = reader::read_metadata(self).await?;
                    self.streaming_bytes.get_or_init(|| streaming_bytes(&read));
                    Ok(metadata.insert(read).clone())
                }
            }
        })
    }

    /// Bytes of memory that reading its rows with all columns takes at most; `None` before its footer was read the first time.
    pub(crate) fn streaming_bytes(&self) -> Option<u64> {
        self.streaming_bytes.get().copied()
    }

    /// Bytes of memory that stay taken while the file is open, the footer apart.
    pub fn open_bytes(&self) -> usize {
        size_of::<Self>() + size_of::<Opened>() + usize::try_from(self.row.bytes.div_ceil(BLOCK_BYTES)).unwrap_or(usize::MAX) * 4
    }

    /// Closes the file and forgets its footer; whoever reads it again opens it again. What is being read goes on.
    pub fn release(&self) {
        // Where somebody is opening it at this moment, it is wanted.
        let opened = self.opened.try_lock().ok().and_then(|mut opened| opened.take());
        let metadata = self.metadata.try_lock().ok().and_then(|mut metadata| metadata.take());
        drop((opened, metadata));
    }

    async fn open(&self) -> Result<Arc<Opened>, ReadError> {
        let mut opened = self.opened.lock().await;
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        let sidecar = self.read_sidecar().await?;
        let file = self.context.disk.open(&self.row.path, false).await.map_err(|error| self.disk_error(error))?;
        Ok(opened.insert(Arc::new(Opened { file, sidecar })).clone())
    }

    async fn read_sidecar(&self) -> Result<Sidecar, ReadError> {
        Ok(self.read_sidecar_with(0).await?.0)
    }

    /// The head of the sidecar, the file that it is in, and its first bytes: at least the head, and about so many more.
    async fn read_sidecar_with(&self, more: u64) -> Result<(Sidecar, Arc<dyn DiskFile>, Bytes), ReadError> {
        let path = sidecar_path(&self.row.path);
        for _ in 0..2 {
            let read = async {
                let file = self.context.disk.open(&path, false).await?;
                let len = file.len().await?.min(Sidecar::head_bytes_max(self.row.bytes).saturating_add(more));
                let stored = file.read_at(0, usize::try_from(len).unwrap_or(usize::MAX)).await?;
                Ok((file, stored))
            };
            let (file, stored) = read.await.map_err(|error| self.disk_error(error))?;
            let is_own = |sidecar: &Sidecar| sidecar.bytes == self.row.bytes && sidecar.crc == self.row.sidecar_crc;
            if let Some(sidecar) = Sidecar::decode(&stored).filter(is_own) {
                return Ok((sidecar, file, stored));
            }
            file.forget(0, stored.len()).await;
        }
        Err(self.damaged())
    }

    fn disk_error(&self, source: io::Error) -> ReadError {
        // A file that is missing or short is as damaged as one with a wrong bit.
        if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) {
            return self.damaged();
        }
        ReadError::Disk { file: self.row.path.clone(), source: Arc::new(source) }
    }

    pub(crate) fn damaged(&self) -> ReadError {
        let range = format!("{} to {}", crate::time::shown(self.row.time_min_ns), crate::time::shown(self.row.time_max_ns));
        let error = ReadError::Damaged { file: self.row.path.clone(), rows: self.row.rows, range };
        if !self.told.swap(true, Ordering::Relaxed) {
            self.context.faults.tell(FaultKind::FileDamage, self.context.clock.wall_ns(), error.to_string());
        }
        error
    }
}

/// Of the largest row group: its bytes, and what decoding each of its columns takes besides.
fn streaming_bytes(metadata: &ParquetMetaData) -> u64 {
    let groups = metadata.row_groups().iter();
    groups.map(|group| group.total_byte_size().unsigned_abs() + group.num_columns() as u64 * COLUMN_BYTES).max().unwrap_or(0)
}

/// Where the sidecar of a data file lies.
pub(crate) fn sidecar_path(path: &str) -> String {
    format!("{}.sum", path.strip_suffix(".parquet").unwrap_or(path))
}
