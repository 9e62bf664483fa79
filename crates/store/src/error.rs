//! Why the store did not open, read or flush.

use crate::catalog::CatalogError;
use crate::world::Away;
use glasshive_base::ErrorKind;
use std::io;
use std::sync::Arc;

/// Why the store did not open. Nothing was changed that a later start could not take up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The disk refused something.
    #[error("could not {action}: {source}")]
    Disk {
        /// What was attempted.
        action: String,
        /// What the disk said.
        source: io::Error,
    },
    /// The catalog did not load.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The log was written under another catalog: none of its checksums could be compared, and its events would be taken for a
    /// torn end. Nothing was changed.
    #[error("the log ({segment}) does not belong to this catalog; put back the catalog it was written with, or move the log aside")]
    ForeignLog {
        /// Name of the first segment of another catalog.
        segment: String,
    },
}

impl OpenError {
    pub(crate) fn disk(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| OpenError::Disk { action, source }
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }
}

/// Why bytes of a data file could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The bytes are not those that were written.
    #[error("{file} ({rows} rows, {range}) is damaged; results exclude it")]
    Damaged {
        /// Path of the file.
        file: String,
        /// Rows in it.
        rows: u64,
        /// The time range it covers, in words.
        range: String,
    },
    /// The disk refused.
    #[error("could not read {file}: {source}")]
    Disk {
        /// Path of the file.
        file: String,
        /// What the disk said.
        source: Arc<io::Error>,
    },
}

impl ReadError {
    /// Whether the file is elsewhere and cannot be had now: nothing is known of it, and it may be asked for again.
    pub fn is_away(&self) -> bool {
        matches!(self, ReadError::Disk { source, .. } if Away::is(source))
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self {
            ReadError::Damaged { .. } => ErrorKind::Internal,
            ReadError::Disk { .. } => ErrorKind::Unavailable,
        }
    }
}

/// Why a flush that was asked for is not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FlushError {
    /// The attempt failed; the rows stay live and in the log, and the flusher tries again by itself.
    #[error("flush failed: {0}")]
    Failed(String),
    /// The store is shut down.
    #[error("the store is shut down")]
    Closed,
}

impl FlushError {
    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }
}
