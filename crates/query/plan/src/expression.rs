//! Calculated fields: expressions over the columns of one event.
//!
//! ```text
//! expr    = "!" expr | expr ("*"|"/"|"%") expr | expr "-" expr | expr "+" expr
//!         | expr ("<"|"<="|">"|">=") expr | expr ("="|"!=") expr | expr "AND" expr | expr "OR" expr
//!         | "(" expr ")" | NAME "(" [expr {"," expr} [","]] ")" | column | literal
//! column  = "$" (letters, digits, _ . / : = + ? -) | "$" string | "$" raw string
//! literal = ["-"] number | string | raw string | true | false | null
//! ```
//!
//! Operators bind in the order in which they stand here, tightest first, and group from the left; `-` binds tighter than `+`.
//! They are the functions under other names: `$a != 1` is `NOT(EQUALS($a, 1))`. Strings stand in double quotes and know Go's
//! escapes, raw strings in back-quotes. Names of functions, `AND`, `OR`, `true`, `false` and `null` may be written in any case.
//! `$=name` is the column of exactly this name, without aliases.
//!
//! An expression yields text, a number, a truth value, or null, and null is the same as absent. It never fails: what cannot be
//! calculated is null, and so is text of a function that is longer than [`TEXT_MAX`]. [`Function`] says what each function does with nulls and with values of other types.
//!
//! ```
//! use glasshive_query_plan::expression::{Expression, Input};
//! use glasshive_model::Value;
//!
//! let expression = Expression::parse(r#"IF($duration_ms > 1000, "slow", "fast")"#)?;
//! assert_eq!(expression.evaluate(&|_| Value::Float(1500.0)), Value::Str("slow".into()));
//! assert_eq!(expression.inputs(), [Input::Column("duration_ms".into())]);
//! # Ok::<(), glasshive_query_plan::expression::ExpressionError>(())
//! ```

mod evaluate;
mod function;
mod lex;
mod parse;
mod pattern;
mod print;
#[cfg(test)]
mod tests;

pub use function::Function;
pub(crate) use parse::{parse_at, too_many_patterns};
pub use pattern::Pattern;

use crate::coerce::Class;
use crate::plan::Column;
use glasshive_base::ErrorKind;
use glasshive_model::Value;

/// Most characters of an expression, as it is written and as it is printed.
pub const EXPRESSION_MAX: usize = 4_095;
/// Most levels of an expression, those of the calculated fields that it names counted in.
pub const DEPTH_MAX: usize = 64;
/// Most regular expressions of all calculated fields of a question.
pub const PATTERNS_MAX: usize = 20;
/// Most bytes of text that a function gives back; longer text is null.
pub const TEXT_MAX: usize = 65_535;

/// An expression over one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: Node,
    inputs: Vec<Input>,
    /// How many regular expressions it has.
    patterns: usize,
}

/// What an expression reads of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A column, or another calculated field.
    Column(Column),
    /// The event's time, in seconds since 1970, as a double.
    EventTimestamp,
    /// When it arrived, in seconds since 1970, as a double.
    IngestTimestamp,
}

/// One step of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// A value as it is written; never JSON text.
    Literal(Value),
    /// Index into the inputs.
    Input(usize),
    /// A function and its arguments, as many as it takes. Its second argument as a pattern, where it is one.
    Call(Function, Vec<Node>, Option<Pattern>),
}

/// An expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {position}: {message}")]
pub struct ExpressionError {
    /// Which character of the text, counted from 1; one past the last when something is missing at the end.
    pub position: usize,
    /// What is wrong, lower case, no full stop.
    pub message: String,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is not the language, with the character at which it could not be read on.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        parse::parse(text)
    }

    /// The columns and times that it reads, each once, in order of appearance.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Its value for one event; `read` gives the value of an input by its index, `Null` where it is absent. Never JSON text:
    /// that is text here.
    pub fn evaluate(&self, read: &dyn Fn(usize) -> Value) -> Value {
        self.root.evaluate(read)
    }

    /// What its values are compared as: that of its function; where a function gives back one of its arguments, that of the
    /// first of these that has one. `class` gives that of an input.
    pub fn class(&self, class: &dyn Fn(usize) -> Option<Class>) -> Option<Class> {
        self.root.class(class)
    }

    /// How many functions, columns and literals.
    pub fn size(&self) -> usize {
        self.root.size()
    }

    /// How many regular expressions.
    pub fn patterns(&self) -> usize {
        self.patterns
    }

    /// How many levels.
    pub fn depth(&self) -> usize {
        self.root.depth()
    }
}

impl Node {
    fn size(&self) -> usize {
        match self {
            Node::Call(_, arguments, _) => 1 + arguments.iter().map(Node::size).sum::<usize>(),
            _ => 1,
        }
    }

    fn depth(&self) -> usize {
        match self {
            Node::Call(_, arguments, _) => 1 + arguments.iter().map(Node::depth).max().unwrap_or(0),
            _ => 1,
        }
    }

    fn class(&self, of_input: &dyn Fn(usize) -> Option<Class>) -> Option<Class> {
        match self {
            Node::Literal(Value::Null) => None,
            Node::Literal(Value::Bool(_)) => Some(Class::Truth),
            Node::Literal(Value::Int(_) | Value::Float(_)) => Some(Class::Number),
            Node::Literal(Value::Str(_) | Value::Json(_)) => Some(Class::Text),
            Node::Input(index) => of_input(*index),
            Node::Call(function, arguments, _) => match function.class() {
                Some(class) => Some(class),
                None => function.results(arguments).find_map(|node| node.class(of_input)),
            },
        }
    }
}

impl ExpressionError {
    /// An error at an index into the characters.
    pub(crate) fn at(index: usize, message: impl Into<String>) -> Self {
        Self { position: index + 1, message: message.into() }
    }

    /// What kind of error this is: always the asker's.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidRequest
    }
}
