//! The one error of reading a query: what is wrong, and where.

use glasshive_base::ErrorKind;
use std::fmt;

/// A question that cannot be asked this way.
///
/// `Display` is the sentence for people: the message alone for a specification, `WHERE, character 14: <message>` for text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{message}")]
pub struct QueryError {
    /// Whether it could not be read or makes no sense.
    pub problem: Problem,
    /// Where it is wrong.
    pub place: Place,
    /// What is wrong, lower case, no full stop.
    pub message: String,
}

/// The two ways to be wrong; protocols answer 400 for the one and 422 for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// It is not the language: wrong syntax, unknown members, wrong JSON types, values out of range.
    Malformed,
    /// It can be read, but no answer can exist: the window ends before it starts.
    Unanswerable,
}

/// Where in the question the fault lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The question as a whole.
    Whole,
    /// A member of the specification, as `filters[2].op`.
    Member(String),
    /// A character of the text.
    Character {
        /// The clause that was being read: `calculations`, `WHERE`, `GROUP BY`, ...
        clause: &'static str,
        /// Which character of the whole text, counted from 1; one past the last when something is missing at the end.
        position: usize,
    },
}

impl QueryError {
    /// An error about one member of a specification.
    pub(crate) fn member(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { problem: Problem::Malformed, place: Place::Member(path.into()), message: message.into() }
    }

    /// An error about the question as a whole.
    pub(crate) fn whole(problem: Problem, message: impl Into<String>) -> Self {
        Self { problem, place: Place::Whole, message: message.into() }
    }

    /// What kind of error this is: always the asker's.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidRequest
    }

    /// The character of the text at which the fault lies, counted from 1.
    pub fn position(&self) -> Option<usize> {
        match self.place {
            Place::Character { position, .. } => Some(position),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Whole | Place::Member(_) => Ok(()),
            Place::Character { clause, position } => write!(f, "{clause}, character {position}: "),
        }
    }
}
