//! What can be set about the store.

use crate::planted::PlantedBug;
use crate::retention::Retention;
use std::time::Duration;

/// When a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// After its bytes were synced.
    Fsync,
    /// After its bytes were written; they are synced once per interval. Power loss can cost that much.
    Relaxed {
        /// Time between syncs.
        interval: Duration,
    },
}

/// When files are merged, and how long the old ones stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeConfig {
    /// Whether files are merged without being asked.
    pub enabled: bool,
    /// More flushed files of one hour than this are merged.
    pub files: usize,
    /// More files of one partition than this are merged, whatever they are.
    pub files_of_partition: usize,
    /// Files that are read for one merge at most.
    pub inputs: usize,
    /// Rows of a merged file at most.
    pub rows: u64,
    /// Bytes of memory that reading the files of one merge may take: of each the largest row group, and its columns' decoders. What
    /// would be more is merged later, or not at all.
    pub bytes: u64,
    /// How long after its end the files of a day are merged.
    pub day_age: Duration,
    /// How long nothing must have come for a day that is over, unless it is much.
    pub quiet: Duration,
    /// How long a replaced file stays on the disk at least: longer than any query takes.
    pub grace: Duration,
}

impl Default for MergeConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            files: 8,
            files_of_partition: 50,
            inputs: 32,
            rows: 4 << 20,
            bytes: 512 << 20,
            day_age: Duration::from_secs(86_400),
            quiet: Duration::from_secs(3_600),
            grace: Duration::from_secs(600),
        }
    }
}

/// How hard data files are compressed: levels of zstd from 1 to 22, 0 = not at all, as where the file system does it. A file
/// is read whatever it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    /// By flushes and adoptions.
    pub flush: u8,
    /// By merges, which take more time for it.
    pub merge: u8,
}

impl Default for Compression {
    fn default() -> Self {
        Self { flush: 1, merge: 3 }
    }
}

/// Sizes, times and limits. `Default` is what the binary uses; the simulation makes everything small.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// What messages call the data directory.
    pub shown_path: String,
    /// When a request is answered.
    pub durability: Durability,
    /// Bytes of a log segment; a group that is larger gets a segment of its own size.
    pub segment_bytes: u64,
    /// Bytes of a group beyond which no further record joins it.
    pub group_bytes: usize,
    /// Bytes that may wait for the log writer; more is refused with [`glasshive_model::SinkError::Busy`].
    pub queue_bytes: usize,
    /// Bytes of log beyond which flushed segments are freed although they are younger than the re-delivery window.
    pub log_max_bytes: u64,
    /// How long an equal request is answered without being stored, and how long log segments are kept at least.
    pub redelivery_window: Duration,
    /// Requests remembered for that; the oldest beyond are forgotten.
    pub redelivery_requests: usize,
    /// Bytes kept on the side, freed when the disk is full so that catalog and shutdown still work. 0 = none.
    pub reserve_bytes: u64,
    /// Live rows that start a flush.
    pub flush_rows: usize,
    /// Bytes of live rows that start a flush; at twice as many, appends are refused.
    pub live_bytes: usize,
    /// Age of the oldest live row that starts a flush.
    pub flush_age: Duration,
    /// Rows of one dataset in one partition of a cut from which on it gets a data file of its own.
    pub own_file_rows: usize,
    /// Rows of a row group at most.
    pub row_group_rows: usize,
    /// Bytes of a row group at most, decoded, but for the last rows that are written at once.
    pub row_group_bytes: usize,
    /// How hard data files are compressed.
    pub compression: Compression,
    /// Raw rows of one (environment, class) that are merged into a sealed chunk.
    pub seal_rows: usize,
    /// How long a shutdown may spend on a flush; what is not flushed is replayed at the next start.
    pub shutdown_flush: Duration,
    /// When files are merged.
    pub merge: MergeConfig,
    /// How long rows are kept.
    pub retention: Retention,
    /// The defect to have, for tests of the tests.
    #[cfg(feature = "planted-bugs")]
    pub planted: Option<PlantedBug>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            shown_path: "the data directory".to_owned(),
            durability: Durability::Fsync,
            segment_bytes: 64 << 20,
            group_bytes: 8 << 20,
            queue_bytes: 64 << 20,
            log_max_bytes: 10 << 30,
            redelivery_window: Duration::from_secs(600),
            redelivery_requests: 1_000_000,
            reserve_bytes: 64 << 20,
            flush_rows: 512 << 10,
            live_bytes: 512 << 20,
            flush_age: Duration::from_secs(900),
            own_file_rows: 64 << 10,
            row_group_rows: 128 << 10,
            row_group_bytes: 128 << 20,
            compression: Compression::default(),
            seal_rows: 8_192,
            shutdown_flush: Duration::from_secs(10),
            merge: MergeConfig::default(),
            retention: Retention::default(),
            #[cfg(feature = "planted-bugs")]
            planted: None,
        }
    }
}

/// What is read and written at once is about this part of a row group at most.
const PARTS_OF_ROW_GROUP: usize = 8;

impl StoreConfig {
    /// Bytes of rows, decoded, that are read and written at once where rows are large.
    pub(crate) fn batch_bytes(&self) -> usize {
        self.row_group_bytes / PARTS_OF_ROW_GROUP
    }

    #[cfg(feature = "planted-bugs")]
    pub(crate) fn is_planted(&self, bug: PlantedBug) -> bool {
        self.planted == Some(bug)
    }

    #[cfg(not(feature = "planted-bugs"))]
    pub(crate) const fn is_planted(&self, _bug: PlantedBug) -> bool {
        false
    }
}
