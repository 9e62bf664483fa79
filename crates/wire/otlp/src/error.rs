//! What can be wrong with a request body.

use glasshive_base::ErrorKind;

/// Why a body is not the message it should be. Offsets are bytes into the decompressed body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes break the encoding's grammar, or a known field has another type than its own.
    #[error("{what} at byte {offset}")]
    Malformed {
        /// What is wrong, and with which field.
        what: String,
        /// Where.
        offset: usize,
    },
    /// Messages, arrays or objects are nested beyond the guard (100 for protobuf, 128 for JSON).
    #[error("nesting deeper than {limit} at byte {offset}")]
    TooDeep {
        /// The guard.
        limit: usize,
        /// Where it was passed.
        offset: usize,
    },
    /// The visitor wants no more of this body.
    #[error("{reason}")]
    TooLarge {
        /// The limit that was passed, in words.
        reason: String,
    },
}

impl WireError {
    /// The kind that the door turns into its answer.
    pub fn kind(&self) -> ErrorKind {
        match self {
            WireError::Malformed { .. } | WireError::TooDeep { .. } => ErrorKind::InvalidRequest,
            WireError::TooLarge { .. } => ErrorKind::TooLarge,
        }
    }

    #[cold]
    pub(crate) fn malformed(what: impl Into<String>, offset: usize) -> Self {
        WireError::Malformed { what: what.into(), offset }
    }
}
