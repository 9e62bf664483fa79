//! Which events count: conditions on columns, joined by AND or by OR.

use crate::plan::Column;
use std::fmt;

/// The conditions of a query. One kind of joining for the whole list; there is no nesting. No conditions let all events pass.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filters {
    /// How the conditions are joined.
    pub combination: Combination,
    /// At most 100.
    pub conditions: Vec<Condition>,
}

/// How conditions are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Combination {
    /// All must hold.
    #[default]
    And,
    /// One must hold.
    Or,
}

/// One condition: column, operator and, by the operator, no value, one, or several.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is looked at.
    pub column: Column,
    /// How it is compared.
    pub op: FilterOp,
    /// None for `exists` and `does-not-exist`, one or more for `in` and `not-in`, exactly one for the rest.
    pub values: Vec<Literal>,
}

/// A value as it was written. It is brought to the column's shown type when the query runs ([`crate::coerce`]).
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text.
    Str(String),
    /// An integer.
    Int(i64),
    /// A finite number that is no 64-bit integer; made by [`Literal::number`].
    Float(f64),
    /// A truth value.
    Bool(bool),
}

macro_rules! filter_ops {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, positive: $positive:ident;)+) => {
        /// The sixteen operators. A negative one (`!=`, `not-in`, `does-not-...`) is exactly the negation of its positive one,
        /// so it matches events in which the column is absent; a positive one never does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FilterOp { $($(#[$doc])* $variant,)+ }

        impl FilterOp {
            /// All of them, as the documents list them.
            pub const ALL: [FilterOp; 16] = [$(FilterOp::$variant),+];

            /// As written: `=`, `does-not-start-with`.
            pub fn name(self) -> &'static str {
                match self { $(FilterOp::$variant => $name,)+ }
            }

            /// The operator of which this is the negation; itself when it is positive.
            pub fn positive(self) -> FilterOp {
                match self { $(FilterOp::$variant => FilterOp::$positive,)+ }
            }
        }
    };
}

filter_ops! {
    /// Equal.
    Equal = "=", positive: Equal;
    /// Not equal, or absent.
    NotEqual = "!=", positive: Equal;
    /// Greater: numbers by value, text by bytes, false before true.
    Greater = ">", positive: Greater;
    /// Greater or equal.
    GreaterOrEqual = ">=", positive: GreaterOrEqual;
    /// Less.
    Less = "<", positive: Less;
    /// Less or equal.
    LessOrEqual = "<=", positive: LessOrEqual;
    /// The value's text starts so.
    StartsWith = "starts-with", positive: StartsWith;
    /// It does not, or is absent.
    DoesNotStartWith = "does-not-start-with", positive: StartsWith;
    /// The value's text ends so.
    EndsWith = "ends-with", positive: EndsWith;
    /// It does not, or is absent.
    DoesNotEndWith = "does-not-end-with", positive: EndsWith;
    /// The value's text has this within.
    Contains = "contains", positive: Contains;
    /// It does not, or is absent.
    DoesNotContain = "does-not-contain", positive: Contains;
    /// The column is there with a value of any type; an empty string and a value that was sent empty exist.
    Exists = "exists", positive: Exists;
    /// It is not there.
    DoesNotExist = "does-not-exist", positive: Exists;
    /// Equal to one of a list.
    In = "in", positive: In;
    /// Equal to none of a list, or absent.
    NotIn = "not-in", positive: In;
}

/// How many values an operator takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// Exactly one.
    One,
    /// One or more.
    List,
}

impl FilterOp {
    /// The operator with this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name().eq_ignore_ascii_case(name))
    }

    /// Whether it negates another and so matches absent columns.
    pub fn is_negative(self) -> bool {
        self.positive() != self
    }

    /// How many values it takes.
    pub fn takes(self) -> Takes {
        match self.positive() {
            FilterOp::Exists => Takes::Nothing,
            FilterOp::In => Takes::List,
            _ => Takes::One,
        }
    }
}

impl fmt::Display for FilterOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Combination {
    /// `AND` or `OR`.
    pub fn word(self) -> &'static str {
        match self {
            Combination::And => "AND",
            Combination::Or => "OR",
        }
    }
}

impl Filters {
    /// Conditions joined so; a single condition, or none, is joined by AND.
    pub fn new(combination: Combination, conditions: Vec<Condition>) -> Self {
        let combination = if conditions.len() < 2 { Combination::And } else { combination };
        Self { combination, conditions }
    }
}

impl Literal {
    /// A finite number: an integer when it is one.
    pub fn number(number: f64) -> Self {
        const INTEGERS: f64 = 9_223_372_036_854_775_808.0;
        let is_integer = number.fract() == 0.0 && (-INTEGERS..INTEGERS).contains(&number);
        if is_integer { Literal::Int(number as i64) } else { Literal::Float(number) }
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Literal::Str(text.to_owned())
    }
}

impl From<i64> for Literal {
    fn from(number: i64) -> Self {
        Literal::Int(number)
    }
}

impl From<f64> for Literal {
    /// As [`Literal::number`].
    fn from(number: f64) -> Self {
        Literal::number(number)
    }
}

impl From<bool> for Literal {
    fn from(truth: bool) -> Self {
        Literal::Bool(truth)
    }
}
