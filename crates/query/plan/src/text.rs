//! The text form: a plan as one line that people write, read and pass on.
//!
//! ```text
//! query  = ["WITH" name "=" expression {"," name "=" expression}] [calc {"," calc}] {clause}     no calculation = COUNT
//! calc   = OP ["(" column ")"]
//! clause = "WHERE" conds | "GROUP BY" column {"," column} | "HAVING" calc op number {"AND" calc op number}
//!        | "ORDER BY" (calc|column) ["asc"|"desc"] {"," ...} | "LIMIT" n | "STEP" (duration|"auto")
//!        | "IN" dataset {"," dataset} | "LAST" duration | "FROM" point "TO" point | "SINCE" point
//! conds  = cond {("AND"|"OR") cond}                         one kind per list; parentheses may stand round any part
//! cond   = column op [value]                                the sixteen operators, and ~ !~ ^= $= ? !?
//! value  = word | "quoted" | "(" value {"," value} ")"
//! column = ["="] (word | `back-quoted`)                     = takes the column of exactly this name, without aliases
//! name   = word | `back-quoted`                           expression: see [`crate::expression`]
//! point  = RFC 3339 | date | unix seconds | "now" | "-" duration
//! ```
//!
//! Clauses come in any order, each once; keywords, calculations and operators in any case. A bare word is a number when it is
//! written as that number is printed (`500`, `-1.5`, not `007` or `1.50`), a truth value when it is `true` or `false`, and
//! text otherwise; the query brings it to the column's type anyway. Where a column's name ends in its unit (`_ns _us _ms _s
//! _seconds`), a duration such as `250ms` or `1m30s` becomes a number of that unit. Quoted text knows the escapes `\\ \" \n
//! \r \t \u{hex}`; in back-quotes a back-quote is doubled. Reserved words are quoted to be values, back-quoted to be columns.
//!
//! [`to_text`] prints the canonical form, which parses back to the same plan.

mod parse;
mod print;
mod scan;
#[cfg(test)]
mod tests;
mod value;

pub use parse::{parse, parse_events, parse_filters, parse_for, parse_range};
pub use print::{events_to_text, filters_to_text, to_text};
pub use value::point_text;

/// Most bytes of a query text.
pub const TEXT_MAX: usize = 64 << 10;
/// Most levels of parentheses.
pub const DEPTH_MAX: usize = 64;

/// Words that are the language's own, in any case.
const RESERVED: [&str; 16] =
    ["with", "where", "group", "by", "having", "order", "limit", "step", "in", "last", "from", "to", "since", "and", "or", "auto"];

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// Whether a character may stand in a column's name without back-quotes.
fn is_column_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | '_' | '-' | '/' | '@')
}

/// Whether a character may stand in a bare value.
fn is_word_character(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && !matches!(character, ',' | '(' | ')' | '"' | '\'' | '`')
}

/// Whether a bare value may begin with a character: not with what could be part of an operator.
fn may_begin_word(character: char) -> bool {
    is_word_character(character) && !matches!(character, '=' | '<' | '>' | '!' | '~' | '^' | '$' | '?')
}
