//! Why a question got no answer.

use glasshive_base::ErrorKind;
use glasshive_store::ReadError;

/// A question that could be asked and was not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// All slots are taken and the queue before them is full, or waiting took too long.
    #[error("all {slots} query slots are busy; try again")]
    Busy {
        /// How many run at once.
        slots: usize,
    },
    /// The query's memory pool is exhausted.
    #[error("query needed more than {limit}; add a filter, fewer groups, or raise query.memory")]
    OutOfMemory {
        /// The pool's size, as `256 MiB`.
        limit: String,
    },
    /// Rows that arrive could not be looked at in the time that a query has.
    #[error("looking at what arrived took longer than a query may; ask for simpler columns or raise query.time_limit")]
    OutOfTime,
    /// Who asked does not want to know any more.
    #[error("the query was cancelled")]
    Cancelled,
    /// The disk refused.
    #[error(transparent)]
    Read(ReadError),
    /// A defect of ours; the log has more under the same id.
    #[error("internal error {id}")]
    Internal {
        /// 16 hex digits.
        id: String,
    },
}

impl EngineError {
    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self {
            EngineError::Busy { .. } => ErrorKind::Unavailable,
            EngineError::OutOfMemory { .. } => ErrorKind::TooLarge,
            EngineError::OutOfTime | EngineError::Cancelled => ErrorKind::Timeout,
            EngineError::Read(error) => error.kind(),
            EngineError::Internal { .. } => ErrorKind::Internal,
        }
    }
}

/// A failure inside a running query, before it is told.
#[derive(Debug)]
pub(crate) enum Failure {
    OutOfMemory,
    /// The time is up: what was found so far is the answer.
    OutOfTime,
    Cancelled,
    Read(ReadError),
    /// What went wrong, for the log.
    Defect(String),
}

impl From<datafusion_common::DataFusionError> for Failure {
    fn from(error: datafusion_common::DataFusionError) -> Self {
        match error.find_root() {
            datafusion_common::DataFusionError::ResourcesExhausted(_) => Failure::OutOfMemory,
            other => Failure::Defect(other.to_string()),
        }
    }
}

impl From<arrow_schema::ArrowError> for Failure {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Failure::Defect(error.to_string())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::Read(error)
    }
}
