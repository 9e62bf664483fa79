//! How rows reach the store, and how the store gets them back from the log.

use crate::id::EnvironmentId;
use crate::rows::Rows;
use bytes::Bytes;
use glasshive_base::{BoxFuture, ErrorKind};
use std::sync::Arc;

/// How a body is compressed in the log. Numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Codec {
    /// As it is.
    Identity = 0,
    /// gzip, possibly several members.
    Gzip = 1,
    /// One or more zstd frames.
    Zstd = 2,
    /// zlib-wrapped deflate.
    Zlib = 3,
    /// Raw deflate.
    Deflate = 4,
}

impl Codec {
    /// The codec with this stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Codec::Identity, Codec::Gzip, Codec::Zstd, Codec::Zlib, Codec::Deflate].into_iter().find(|codec| *codec as u8 == number)
    }
}

/// What the decoder needs besides the body, so that a replay gives the same rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordMeta {
    /// Which wire format and version the body is in; numbers belong to the receivers (see `docs/formats/log.md`).
    pub format: u16,
    /// The header that names a dataset, if one was sent.
    pub dataset: Option<String>,
    /// The header that names a sample rate, if one was sent.
    pub sample_rate: Option<String>,
    /// The browser origin, if one was sent.
    pub origin: Option<String>,
    /// The id of the key that was used, 0 for none.
    pub key_id: u64,
    /// Rows of the decoded request that are not kept.
    pub rows_to_skip: Vec<u32>,
    /// How much older than its receipt an event may have been, ns, where that was limited.
    pub age_max_ns: Option<u64>,
    /// How far ahead of its receipt an event was not yet marked, ns, where that was not the usual.
    pub future_max_ns: Option<u64>,
}

/// The hash of a decompressed body by which a second delivery of it is known: XXH3, 128 bits. Stored; never changes.
pub fn body_hash(body: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(body)
}

/// One decoded and validated request, on its way to being kept.
#[derive(Debug)]
pub struct Submission {
    /// Whose.
    pub environment: EnvironmentId,
    /// When it was received, ns since 1970 UTC.
    pub received_ns: i64,
    /// What the decoder needs besides the body.
    pub meta: RecordMeta,
    /// How `body` is compressed.
    pub codec: Codec,
    /// The body as received.
    pub body: Bytes,
    /// 128-bit hash of the decompressed body, from [`body_hash`]; equal ones within ten minutes are one request.
    pub body_hash: u128,
    /// What the body decodes to. Not empty, and at most [`crate::limits::ROWS_PER_REQUEST`] rows.
    pub rows: Arc<Rows>,
}

/// What became of a submission. Either way its rows are durable, or were durable before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Kept under this log sequence.
    Stored {
        /// The log sequence.
        sequence: u64,
    },
    /// The same body was kept for this environment within the last ten minutes; nothing was added.
    Duplicate,
}

/// Why a submission was not kept. The client is told; nothing of it is readable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SinkError {
    /// The queue before the log is full: wait and send again.
    #[error("the write-ahead log is behind by {queued_bytes} bytes")]
    Busy {
        /// Bytes that wait.
        queued_bytes: usize,
    },
    /// Ingest is stopped for a reason that an operator must see to (full disk, failed flush, starting, stopping).
    #[error("{reason}")]
    Stopped {
        /// The reason in words, as shown in `/readyz`.
        reason: String,
    },
    /// The rows break a limit of the store.
    #[error("{reason}")]
    Refused {
        /// The limit in words.
        reason: String,
    },
}

impl SinkError {
    /// The kind that each dialect turns into its own answer.
    pub fn kind(&self) -> ErrorKind {
        match self {
            SinkError::Busy { .. } | SinkError::Stopped { .. } => ErrorKind::Unavailable,
            SinkError::Refused { .. } => ErrorKind::TooLarge,
        }
    }
}

/// Where receivers hand their rows.
pub trait EventSink: Send + Sync {
    /// Appends one request. When the future resolves to `Ok` the request is durable (by the configured durability) and
    /// readable. Dropping the future does not undo the append.
    fn append(&self, submission: Submission) -> BoxFuture<'_, Result<Appended, SinkError>>;

    /// Whether `bytes` more can be taken now; asked before a body is read, so that overload is refused early.
    fn admit(&self, bytes: usize) -> Result<(), SinkError>;
}

/// Turns a logged record into rows again. Pure: the same record gives the same rows.
pub trait Decoder: Send + Sync {
    /// Decodes the decompressed body of a record with this meta.
    ///
    /// # Errors
    /// A sentence, when the bytes are not what the format says.
    fn decode(&self, meta: &RecordMeta, received_ns: i64, body: &[u8]) -> Result<Rows, String>;
}
