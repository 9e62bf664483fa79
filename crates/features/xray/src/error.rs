//! What can be wrong with a rule, a group, or a question in X-Ray's terms.

use crate::filter::FilterError;
use glasshive_base::ErrorKind;
use glasshive_query_engine::EngineError;
use glasshive_store::catalog::CatalogError;

/// Why something was not kept, changed or answered.
#[derive(Debug, thiserror::Error)]
pub enum XrayError {
    /// A rule of what is kept is broken, or an expression cannot be read. The sentence names the member.
    #[error("{0}")]
    Invalid(String),
    /// A filter expression cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// An environment has as many sampling rules as it may.
    #[error("an environment keeps at most {most} sampling rules")]
    TooManyRules {
        /// How many.
        most: usize,
    },
    /// No group or rule has this ARN.
    #[error("there is nothing with the ARN {arn}")]
    UnknownArn {
        /// What was asked for.
        arn: String,
    },
    /// A thing has as many tags as it may.
    #[error("{arn} would have more than {most} tags")]
    TooManyTags {
        /// Which thing.
        arn: String,
        /// How many it may have.
        most: usize,
    },
    /// No random id could be made.
    #[error("no new id could be made: {0}")]
    Random(getrandom::Error),
    /// The catalog did not do it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Some of what an answer needs could not be read in time.
    #[error("{0}")]
    Partial(String),
    /// The engine did not answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl XrayError {
    /// The sort of failure.
    pub fn kind(&self) -> ErrorKind {
        match self {
            XrayError::Invalid(_) | XrayError::Filter(_) => ErrorKind::InvalidRequest,
            XrayError::TooManyRules { .. } | XrayError::TooManyTags { .. } => ErrorKind::Conflict,
            XrayError::UnknownArn { .. } => ErrorKind::NotFound,
            XrayError::Random(_) => ErrorKind::Internal,
            XrayError::Catalog(_) | XrayError::Partial(_) => ErrorKind::Unavailable,
            XrayError::Engine(error) => error.kind(),
        }
    }

    /// The character of the expression at which the fault lies, counted from 1.
    pub fn position(&self) -> Option<usize> {
        match self {
            XrayError::Filter(error) => Some(error.position),
            _ => None,
        }
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> XrayError {
    XrayError::Invalid(message.into())
}
