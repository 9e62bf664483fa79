//! The functions of calculated fields.

use super::Node;
use crate::coerce::Class;

macro_rules! functions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $least:literal..=$most:expr, $class:expr;)+) => {
        /// The functions. *Truthy* are numbers other than 0, `true`, and the text `true`; all else is not, null included.
        /// A *number* is an integer, a double, or text that is written as one; where a number is wanted, all else counts as 0
        /// unless it says otherwise. Integers stay integers while they fit; a result that is no number is null.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Function { $($(#[$doc])* $variant,)+ }

        impl Function {
            /// All of them, as the documents list them.
            pub const ALL: &'static [Function] = &[$(Function::$variant),+];

            /// As written.
            pub fn name(self) -> &'static str {
                match self { $(Function::$variant => $name,)+ }
            }

            /// Least and greatest number of arguments.
            pub fn arity(self) -> (usize, usize) {
                match self { $(Function::$variant => ($least, $most),)+ }
            }

            /// What its values are compared as; `None` for functions that give back one of their arguments.
            pub(super) fn class(self) -> Option<Class> {
                match self { $(Function::$variant => $class,)+ }
            }
        }
    };
}

const MANY: usize = usize::MAX;
const TEXT: Option<Class> = Some(Class::Text);
const NUMBER: Option<Class> = Some(Class::Number);
const TRUTH: Option<Class> = Some(Class::Truth);

functions! {
    /// The value behind the first condition that is truthy; else the last argument, if it stands alone; else null.
    If = "IF", 2..=MANY, None;
    /// The value behind the first key, a literal string, that is the first argument, itself text; else the last argument, if it
    /// stands alone; else null.
    Switch = "SWITCH", 3..=MANY, None;
    /// The first argument that is neither null nor empty text.
    Coalesce = "COALESCE", 1..=MANY, None;
    /// Less: numbers by value, text byte by byte, false before true. False when either is null or the types differ.
    Lt = "LT", 2..=2, TRUTH;
    /// Less or equal; as `LT`.
    Lte = "LTE", 2..=2, TRUTH;
    /// Greater; as `LT`.
    Gt = "GT", 2..=2, TRUTH;
    /// Greater or equal; as `LT`.
    Gte = "GTE", 2..=2, TRUTH;
    /// Same type and value; integers and doubles are one type. Null equals null.
    Equals = "EQUALS", 2..=2, TRUTH;
    /// Whether the first argument equals one of the others.
    In = "IN", 2..=MANY, TRUTH;
    /// Not null.
    Exists = "EXISTS", 1..=1, TRUTH;
    /// Not truthy.
    Not = "NOT", 1..=1, TRUTH;
    /// All truthy.
    And = "AND", 1..=MANY, TRUTH;
    /// One truthy.
    Or = "OR", 1..=MANY, TRUTH;
    /// The least of the arguments that have the type of the first that is not null.
    Min = "MIN", 1..=MANY, None;
    /// The greatest of them.
    Max = "MAX", 1..=MANY, None;
    /// Sum of numbers.
    Sum = "SUM", 1..=MANY, NUMBER;
    /// First minus second.
    Sub = "SUB", 2..=2, NUMBER;
    /// Product of numbers.
    Mul = "MUL", 1..=MANY, NUMBER;
    /// First by second, as a double; null when the second is 0.
    Div = "DIV", 2..=2, NUMBER;
    /// What is left of the division, with the sign of the first; null when the second is 0.
    Mod = "MOD", 2..=2, NUMBER;
    /// Logarithm to the base 10; null up to 0.
    Log10 = "LOG10", 1..=1, NUMBER;
    /// `(x, size[, min[, max]])`: the text `"100 - 200"` of the row of this size that x lies in, rows being counted from min or 0;
    /// `"< min"` and `"> max"` beyond. Null when x is not sent as a number, or the size is not above 0.
    Bucket = "BUCKET", 2..=4, TEXT;
    /// An integer, cut towards zero; what is no number is 0.
    Int = "INT", 1..=1, NUMBER;
    /// A double; what is no number is 0.0.
    Float = "FLOAT", 1..=1, NUMBER;
    /// Whether it is truthy.
    Bool = "BOOL", 1..=1, TRUTH;
    /// Text; null is empty text.
    String = "STRING", 1..=1, TEXT;
    /// The text of all arguments, one after the other.
    Concat = "CONCAT", 1..=MANY, TEXT;
    /// Whether the text of the first begins with that of the second; false when either is null.
    StartsWith = "STARTS_WITH", 2..=2, TRUTH;
    /// Whether it ends so; as `STARTS_WITH`.
    EndsWith = "ENDS_WITH", 2..=2, TRUTH;
    /// Whether it has that within; as `STARTS_WITH`.
    Contains = "CONTAINS", 2..=2, TRUTH;
    /// In lower case; null of null.
    ToLower = "TO_LOWER", 1..=1, TEXT;
    /// How many `"chars"`, or, when the second argument says so, `"bytes"`; null of null.
    Length = "LENGTH", 1..=2, NUMBER;
    /// Whether a regular expression, a literal string in RE2's language, is found somewhere; false of null.
    RegMatch = "REG_MATCH", 2..=2, TRUTH;
    /// What the first group of its first match holds, or the whole match where it has no groups; null when there is none.
    RegValue = "REG_VALUE", 2..=2, TEXT;
    /// How often it is found, without overlap; 0 of null, null of text longer than 65,535 bytes.
    RegCount = "REG_COUNT", 2..=2, NUMBER;
    /// Seconds since 1970, as a double, of RFC 3339 text or of a number of seconds; null of all else.
    UnixTimestamp = "UNIX_TIMESTAMP", 1..=1, NUMBER;
    /// When the event was, in seconds since 1970, as a double.
    EventTimestamp = "EVENT_TIMESTAMP", 0..=0, NUMBER;
    /// When the event arrived, in seconds since 1970, as a double.
    IngestTimestamp = "INGEST_TIMESTAMP", 0..=0, NUMBER;
    /// `(format, time)`: a time as `UNIX_TIMESTAMP` reads it, written by strftime's directives, in UTC; null when it cannot be.
    FormatTime = "FORMAT_TIME", 2..=2, TEXT;
}

/// Functions over series of metrics, which an expression over one event cannot have.
pub(super) const METRICS_ONLY: [&str; 5] = ["LAST", "SUMMARIZE", "INCREASE", "RATE", "RAW_METRIC"];

impl Function {
    /// The function with this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name().eq_ignore_ascii_case(name))
    }

    /// The arguments that it may give back.
    pub(super) fn results(self, arguments: &[Node]) -> impl Iterator<Item = &Node> {
        let count = arguments.len();
        let is_result = move |index: usize| match self {
            Function::If => index % 2 == 1 || index + 1 == count,
            Function::Switch => index > 0 && (index.is_multiple_of(2) || index + 1 == count),
            _ => true,
        };
        arguments.iter().enumerate().filter(move |(index, _)| is_result(*index)).map(|(_, argument)| argument)
    }

    /// As many arguments as it takes, in words.
    pub(super) fn takes(self) -> String {
        let arguments = |count: usize| if count == 1 { "1 argument".to_owned() } else { format!("{count} arguments") };
        match self.arity() {
            (0, 0) => "no arguments".to_owned(),
            (least, MANY) => format!("at least {}", arguments(least)),
            (least, most) if least == most => arguments(least),
            (least, most) => format!("{least} to {}", arguments(most)),
        }
    }
}
