//! The short list of kinds that every error of every crate answers to.

/// What kind of thing went wrong. Each protocol has one file that turns a kind into its own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request cannot be understood or breaks a rule; sending it again changes nothing.
    InvalidRequest,
    /// No credential, or one that is not known.
    Unauthenticated,
    /// The credential is known but does not grant this.
    Forbidden,
    /// What was named does not exist.
    NotFound,
    /// The request contradicts the present state.
    Conflict,
    /// A named limit on size was passed.
    TooLarge,
    /// This key's own rate or quota was passed; wait and send again.
    RateLimited,
    /// We cannot take it now (starting, stopping, full, disk trouble); wait and send again.
    Unavailable,
    /// It took longer than allowed.
    Timeout,
    /// A defect of ours.
    Internal,
}

impl ErrorKind {
    /// All kinds, for tests that walk every dialect's mapping.
    pub const ALL: [ErrorKind; 10] = [
        ErrorKind::InvalidRequest,
        ErrorKind::Unauthenticated,
        ErrorKind::Forbidden,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::TooLarge,
        ErrorKind::RateLimited,
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::Internal,
    ];

    /// Whether sending the same request again later can succeed.
    pub fn is_retryable(self) -> bool {
        matches!(self, ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout)
    }
}
