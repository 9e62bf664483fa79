//! What can be wrong with a field.

use glasshive_base::ErrorKind;
use glasshive_query_plan::ExpressionError;
use glasshive_store::catalog::CatalogError;

/// Why a field was not made, changed or taken out, or why a question cannot use it.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// A name that no field can have.
    #[error("a calculated field's name has 1 to 255 bytes and does not begin with \"=\"")]
    Name,
    /// A column has the name.
    #[error("events have a column \"{name}\"")]
    IsColumn {
        /// The name that was given.
        name: String,
    },
    /// The name is an old or a new name of an attribute, which is read under all of them.
    #[error("\"{name}\" is one of the names of an attribute, as {other}, and means whichever of them events have")]
    IsAlias {
        /// The name that was given.
        name: String,
        /// Another one.
        other: String,
    },
    /// The name is a column of another span.
    #[error("\"{name}\" means \"{column}\" of another span of the trace")]
    IsRelated {
        /// The name that was given.
        name: String,
        /// What of it is the column.
        column: String,
    },
    /// Another field has the name.
    #[error("there is a calculated field \"{name}\"")]
    Taken {
        /// The name that was given.
        name: String,
    },
    /// The description is too long.
    #[error("a description has at most 1,000 characters")]
    Description,
    /// The expression cannot be read.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// It cannot stand beside the other fields: a circle, or too deep.
    #[error("{reason}")]
    Unusable {
        /// What is wrong, in words.
        reason: String,
    },
    /// No such field.
    #[error("there is no calculated field {id}")]
    Unknown {
        /// The number that was given.
        id: u64,
    },
    /// Another field names it.
    #[error("the calculated field \"{by}\" names it")]
    Used {
        /// The name of the other.
        by: String,
    },
    /// There are as many as there may be.
    #[error("an environment keeps at most 1,000 calculated fields")]
    TooMany,
    /// The catalog did not do it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl FieldError {
    /// The kind that the API turns into its answer.
    pub fn kind(&self) -> ErrorKind {
        match self {
            FieldError::IsColumn { .. }
            | FieldError::IsAlias { .. }
            | FieldError::IsRelated { .. }
            | FieldError::Taken { .. }
            | FieldError::Used { .. }
            | FieldError::TooMany => ErrorKind::Conflict,
            FieldError::Unknown { .. } => ErrorKind::NotFound,
            FieldError::Catalog(_) => ErrorKind::Unavailable,
            FieldError::Name | FieldError::Description | FieldError::Expression(_) | FieldError::Unusable { .. } => {
                ErrorKind::InvalidRequest
            }
        }
    }

    /// The character of the expression at which the fault lies, counted from 1, where it lies in the expression.
    pub fn position(&self) -> Option<usize> {
        match self {
            FieldError::Expression(error) => Some(error.position),
            _ => None,
        }
    }
}
