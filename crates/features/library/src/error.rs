//! What can be wrong with a thing of the library.

use glasshive_base::ErrorKind;
use glasshive_query_plan::QueryError;
use glasshive_store::catalog::CatalogError;

/// Why a thing was not kept, changed or taken out.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// A text has too few or too many characters.
    #[error("{what} has {least} to {most} characters, not {actual}")]
    Length {
        /// Which text, such as `a board's name`.
        what: &'static str,
        /// Fewest characters.
        least: usize,
        /// Most characters.
        most: usize,
        /// How many it has.
        actual: usize,
    },
    /// Something else breaks a rule of its sort.
    #[error("{reason}")]
    Invalid {
        /// Which rule, in words.
        reason: String,
    },
    /// A query or a filter cannot be read.
    #[error("{place}{error}")]
    Query {
        /// Where it stands, such as `panel 2: `; empty where there is only one.
        place: String,
        /// What is wrong with it.
        error: QueryError,
    },
    /// Nothing has this id here.
    #[error("there is no {noun} {id}")]
    Unknown {
        /// What was looked for.
        noun: &'static str,
        /// The id that was given.
        id: String,
    },
    /// Somebody else was faster.
    #[error("this {noun} was changed by somebody else: version {sent} is not the last one, {kept} is")]
    Changed {
        /// What was to be changed.
        noun: &'static str,
        /// The version that was changed.
        sent: u64,
        /// The version that is kept.
        kept: u64,
    },
    /// There are as many as there may be.
    #[error("an environment keeps at most {most} {plural}")]
    TooMany {
        /// Of what.
        plural: &'static str,
        /// How many.
        most: usize,
    },
    /// No random id could be made.
    #[error("no new id could be made: {0}")]
    Random(getrandom::Error),
    /// The catalog did not do it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl LibraryError {
    /// The kind that the API turns into its answer.
    pub fn kind(&self) -> ErrorKind {
        match self {
            LibraryError::Length { .. } | LibraryError::Invalid { .. } | LibraryError::Query { .. } => ErrorKind::InvalidRequest,
            LibraryError::Unknown { .. } => ErrorKind::NotFound,
            LibraryError::Changed { .. } | LibraryError::TooMany { .. } => ErrorKind::Conflict,
            LibraryError::Random(_) => ErrorKind::Internal,
            LibraryError::Catalog(_) => ErrorKind::Unavailable,
        }
    }

    /// The character of the query at which the fault lies, counted from 1, where it lies in one.
    pub fn position(&self) -> Option<usize> {
        match self {
            LibraryError::Query { error, .. } => error.position(),
            _ => None,
        }
    }
}
