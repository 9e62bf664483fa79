//! How values and literals of different types meet: the rules that every evaluator follows.
//!
//! A column has a *shown type*: that of a system column ([`crate::shown`]), else the type of the first value ever seen (an
//! empty value has none), else none when no event has it. For an alias group it is that of its newest member that has one.
//! What matters is its [`Class`]: text (`str` and `json`), number (`i64` and `f64`), or truth.
//!
//! **Filters.** Value and literal are both brought to the class; a value that cannot be counts as absent, a literal that
//! cannot be equals nothing.
//!
//! | class | from text | from integer, double | from truth value | from JSON text |
//! |---|---|---|---|---|
//! | text | itself | its decimal text ([`text_of`]) | `true`, `false` | itself |
//! | number | the number it is written as ([`number_of_text`]), else absent | itself | absent | absent |
//! | truth | `true`, `false` exactly, else absent | absent | itself | absent |
//!
//! Text is compared byte by byte, integers and doubles exactly by value, false is less than true. The operators on parts of
//! text (`starts-with`, `ends-with`, `contains`) compare the decimal text of both sides whatever the class. `exists` asks only
//! whether the column is there, in any type, sent empty or not. A negative operator holds exactly when its positive one does
//! not.
//!
//! **Calculations on numbers** use integers and doubles of any column, and text that is written as a number where the column's
//! class is number ([`calculable`]). All else is skipped; so is a value sent empty, everywhere.

use crate::answer::compare_exactly;
use crate::filter::{Condition, FilterOp, Literal, Takes};
use crate::shown::Shown;
use glasshive_model::{ColumnType, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// What a shown type means for comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// `str` and `json`.
    Text,
    /// `i64` and `f64`.
    Number,
    /// `bool`.
    Truth,
}

/// A value or literal, brought to a class.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparable<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// A number.
    Number(Number),
    /// A truth value.
    Truth(bool),
}

/// A number as it was sent; never NaN.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
}

// === impl Class ===

impl Class {
    /// The class of a shown type.
    pub fn of(column_type: ColumnType) -> Self {
        match column_type {
            ColumnType::Str | ColumnType::Json => Class::Text,
            ColumnType::Int | ColumnType::Float => Class::Number,
            ColumnType::Bool => Class::Truth,
        }
    }

    /// A value in this class; `None` when it cannot be, or was sent empty.
    pub fn value(self, value: &Value) -> Option<Comparable<'_>> {
        match (self, value) {
            (_, Value::Null) => None,
            (Class::Text, value) => text_of(value).map(Comparable::Text),
            (Class::Number, Value::Int(number)) => Some(Comparable::Number(Number::Int(*number))),
            (Class::Number, Value::Float(number)) => Number::float(*number).map(Comparable::Number),
            (Class::Number, Value::Str(text)) => number_of_text(text).map(Comparable::Number),
            (Class::Truth, Value::Bool(truth)) => Some(Comparable::Truth(*truth)),
            (Class::Truth, Value::Str(text)) => truth_of_text(text).map(Comparable::Truth),
            _ => None,
        }
    }

    /// A literal in this class; `None` when it cannot be, so that it equals nothing.
    pub fn literal(self, literal: &Literal) -> Option<Comparable<'_>> {
        match (self, literal) {
            (Class::Text, literal) => Some(Comparable::Text(text_of_literal(literal))),
            (Class::Number, Literal::Int(number)) => Some(Comparable::Number(Number::Int(*number))),
            (Class::Number, Literal::Float(number)) => Number::float(*number).map(Comparable::Number),
            (Class::Number, Literal::Str(text)) => number_of_text(text).map(Comparable::Number),
            (Class::Truth, Literal::Bool(truth)) => Some(Comparable::Truth(*truth)),
            (Class::Truth, Literal::Str(text)) => truth_of_text(text).map(Comparable::Truth),
            _ => None,
        }
    }
}

/// Whether a condition holds for the value of its column; `None` = the column is absent. `class` is that of the column's shown
/// type, `None` when no event has the column. Literals of ids must be normalised before ([`normalised`]).
pub fn holds(condition: &Condition, class: Option<Class>, value: Option<&Value>) -> bool {
    positive_holds(condition, class, value) != condition.op.is_negative()
}

fn positive_holds(condition: &Condition, class: Option<Class>, value: Option<&Value>) -> bool {
    let Some(value) = value else { return false };
    let op = condition.op.positive();
    match op {
        FilterOp::Exists => true,
        FilterOp::StartsWith | FilterOp::EndsWith | FilterOp::Contains => {
            let (Some(text), Some(literal)) = (text_of(value), condition.values.first()) else { return false };
            part_holds(op, &text, &text_of_literal(literal))
        }
        _ => {
            let Some(class) = class else { return false };
            let Some(left) = class.value(value) else { return false };
            condition.values.iter().filter_map(|literal| class.literal(literal)).any(|right| order_holds(op, left.order(&right)))
        }
    }
}

/// Whether text has a part, by `starts-with`, `ends-with` or `contains`.
pub fn part_holds(op: FilterOp, text: &str, part: &str) -> bool {
    match op {
        FilterOp::StartsWith => text.starts_with(part),
        FilterOp::EndsWith => text.ends_with(part),
        _ => text.contains(part),
    }
}

/// Whether a positive comparing operator (or `in`, of one member) holds for this order of value and literal.
pub fn order_holds(op: FilterOp, order: Ordering) -> bool {
    match op {
        FilterOp::Greater => order.is_gt(),
        FilterOp::GreaterOrEqual => order.is_ge(),
        FilterOp::Less => order.is_lt(),
        FilterOp::LessOrEqual => order.is_le(),
        _ => order.is_eq(),
    }
}

/// The condition with the literals of `=`, `!=`, `in`, `not-in` in an id's one spelling, where its column is an id.
pub fn normalised(condition: &Condition) -> Cow<'_, Condition> {
    let shown = Shown::from_name(&condition.column.name).filter(|shown| !shown.attribute_wins());
    let compares = matches!(condition.op.positive(), FilterOp::Equal | FilterOp::In) && condition.op.takes() != Takes::Nothing;
    match shown {
        Some(shown) if compares => {
            let values = condition.values.iter().map(|literal| Literal::Str(shown.normalise(&text_of_literal(literal)))).collect();
            Cow::Owned(Condition { values, ..condition.clone() })
        }
        _ => Cow::Borrowed(condition),
    }
}

/// The number that numeric calculations use of a value; `None` skips it. `class` as in [`holds`].
pub fn calculable(class: Option<Class>, value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) if !number.is_nan() => Some(*number),
        Value::Str(text) if class == Some(Class::Number) => number_of_text(text).map(Number::as_f64),
        _ => None,
    }
}

/// A value as text; `None` when it was sent empty.
///
/// Doubles are written in decimal with as few digits as tell them apart, never with an exponent, and without `.0` when they
/// are whole, so that 1 and 1.0 are one text; the infinities are `inf` and `-inf`.
pub fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::Str(text) | Value::Json(text) => Some(Cow::Borrowed(text)),
        Value::Float(number) => Some(Cow::Owned(float_text(*number))),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// A literal as text, written as [`text_of`] writes values.
pub fn text_of_literal(literal: &Literal) -> Cow<'_, str> {
    match literal {
        Literal::Str(text) => Cow::Borrowed(text),
        Literal::Int(number) => Cow::Owned(number.to_string()),
        Literal::Float(number) => Cow::Owned(float_text(*number)),
        Literal::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
    }
}

/// A double as [`text_of`] writes it.
pub fn float_text(number: f64) -> String {
    // The sign of zero is not shown.
    (number + 0.0).to_string()
}

/// The number that text is written as: an optional sign, digits with at most one point, an optional exponent; nothing around
/// it. `None` for anything else, also for what is too great for a double.
pub fn number_of_text(text: &str) -> Option<Number> {
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Number::Int(integer));
    }
    // Keeps out `inf`, `nan` and their like, which Rust reads as numbers.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Number::Float)
}

fn truth_of_text(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

// === impl Comparable, Number ===

impl Comparable<'_> {
    /// The order of two of one class; of different classes, equal never comes out.
    pub fn order(&self, other: &Comparable<'_>) -> Ordering {
        match (self, other) {
            (Comparable::Text(left), Comparable::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
            (Comparable::Number(left), Comparable::Number(right)) => left.order(*right),
            (Comparable::Truth(left), Comparable::Truth(right)) => left.cmp(right),
            (Comparable::Text(_), _) | (Comparable::Number(_), Comparable::Truth(_)) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }
}

impl Number {
    fn float(number: f64) -> Option<Self> {
        (!number.is_nan()).then_some(Number::Float(number))
    }

    /// As a double, rounded when it is a great integer.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Int(integer) => integer as f64,
            Number::Float(number) => number,
        }
    }

    /// The exact order by value; -0.0 equals 0.
    pub fn order(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Int(left), Number::Int(right)) => left.cmp(&right),
            (Number::Int(left), Number::Float(right)) => compare_exactly(left, right).unwrap_or(Ordering::Less),
            (Number::Float(left), Number::Int(right)) => compare_exactly(right, left).map_or(Ordering::Greater, Ordering::reverse),
            (Number::Float(left), Number::Float(right)) => (left + 0.0).total_cmp(&(right + 0.0)),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.order(*other).is_eq()
    }
}

#[cfg(test)]
mod tests;
