//! Filter expressions: which traces somebody wants to see.
//!
//! [`parse`] reads a text into a [`Filter`], or says at which character it cannot. A filter is asked about one assembled trace at a
//! time ([`Filter::accepts`]); it means the same for traces of X-Ray's documents and of OpenTelemetry's spans, since both are
//! assembled into the same form.

mod evaluate;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;
mod words;

pub use parser::parse;

/// Words that a condition may begin with.
pub fn words() -> Vec<&'static str> {
    words::Word::all(words::Place::Trace)
}

use crate::error::XrayError;
use crate::groups::GroupKey;

/// Longest expression, bytes.
pub const LENGTH_MAX: usize = 8 << 10;
/// Deepest nesting.
pub const DEPTH_MAX: usize = 32;

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid filter expression at character {position}: expected {expected}, found {found}")]
pub struct FilterError {
    /// The character, counted from 1.
    pub position: usize,
    /// What could have stood there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// A filter expression that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Everything: the empty expression.
    All,
    /// One of these.
    Any(Vec<Filter>),
    /// All of these.
    Every(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// A keyword, alone or compared.
    Compare {
        /// Of what.
        keyword: Keyword,
        /// How, with what; `None` = whether it is set, or true.
        with: Option<(Op, Value)>,
    },
    /// A node of the trace.
    Service {
        /// Which; `None` = any.
        which: Option<Selector>,
        /// What must hold of one of its segments.
        block: Option<Box<Filter>>,
    },
    /// A call from one node to another.
    Edge {
        /// From which.
        from: Option<Selector>,
        /// To which.
        to: Option<Selector>,
        /// What must hold of the call.
        block: Option<Box<Filter>>,
    },
    /// A root cause.
    RootCause {
        /// Of what.
        kind: CauseKind,
        /// Which part of it.
        part: CausePart,
        /// What must hold of that part.
        block: Option<Box<Filter>>,
    },
    /// Root causes that look like these.
    RootCauseJson(serde_json::Value),
    /// The traces of a group.
    Group(GroupKey),
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keyword {
    /// One of X-Ray's words.
    Word(Word),
    /// An annotation.
    Annotation(String),
}

pub use words::Word;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `CONTAINS`
    Contains,
    /// `BEGINSWITH`
    BeginsWith,
    /// `ENDSWITH`
    EndsWith,
}

/// With what something is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
}

/// Which node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    pub kind: Option<String>,
    /// Its account.
    pub account_id: Option<String>,
}

/// Of what a root cause is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// A fault.
    Fault,
    /// An error.
    Error,
    /// A long response time.
    ResponseTime,
}

/// A part of a root cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CausePart {
    /// One of its services.
    Service,
    /// A segment or subsegment on its way.
    Entity,
    /// An exception.
    Exception,
}

/// What tells a group's own filter.
pub(crate) type OfGroup<'f> = dyn FnMut(&GroupKey) -> Result<Filter, XrayError> + 'f;

impl Filter {
    /// The same with what each group says in the place of the group.
    pub(crate) fn with_groups(self, of: &mut OfGroup<'_>) -> Result<Filter, XrayError> {
        let mut all = |filters: Vec<Filter>| filters.into_iter().map(|filter| filter.with_groups(of)).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            Filter::Any(filters) => Filter::Any(all(filters)?),
            Filter::Every(filters) => Filter::Every(all(filters)?),
            Filter::Not(filter) => Filter::Not(Box::new(filter.with_groups(of)?)),
            Filter::Group(key) => of(&key)?,
            other => other,
        })
    }
}
