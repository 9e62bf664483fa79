//! The conditions of WHERE.

use super::{at_clause, column};
use crate::error::QueryError;
use crate::filter::{Combination, Condition, FilterOp, Filters, Literal, Takes};
use crate::plan::{Column, LIST_MAX};
use crate::relation;
use crate::spec;
use crate::text::DEPTH_MAX;
use crate::text::scan::{Raw, Scanner};
use crate::text::value::bare_literal;

const FILTER_SYMBOLS: [(&str, FilterOp); 12] = [
    ("!=", FilterOp::NotEqual),
    ("!~", FilterOp::DoesNotContain),
    ("!?", FilterOp::DoesNotExist),
    (">=", FilterOp::GreaterOrEqual),
    ("<=", FilterOp::LessOrEqual),
    ("^=", FilterOp::StartsWith),
    ("$=", FilterOp::EndsWith),
    ("=", FilterOp::Equal),
    (">", FilterOp::Greater),
    ("<", FilterOp::Less),
    ("~", FilterOp::Contains),
    ("?", FilterOp::Exists),
];

#[derive(Default)]
struct Conditions {
    joined: Option<Combination>,
    list: Vec<Condition>,
}

pub(super) fn conditions(scanner: &mut Scanner) -> Result<Filters, QueryError> {
    let at = scanner.at();
    let mut conditions = Conditions::default();
    conditions.read(scanner, 0)?;
    let filters = Filters::new(conditions.joined.unwrap_or_default(), conditions.list);
    relation::check_filters(&filters).map_err(|message| scanner.error_at(at, message))?;
    Ok(filters)
}

impl Conditions {
    fn read(&mut self, scanner: &mut Scanner, depth: usize) -> Result<(), QueryError> {
        loop {
            let at = scanner.at();
            if depth == DEPTH_MAX {
                return Err(scanner.error(format!("parentheses may be {DEPTH_MAX} deep")));
            }
            if scanner.take('(') {
                self.read(scanner, depth + 1)?;
                if !scanner.take(')') {
                    let more = more_of_value(scanner, &self.list);
                    return Err(scanner.error(more.unwrap_or_else(|| "expected AND, OR or \")\"".to_owned())));
                }
            } else {
                self.list.push(condition(scanner)?);
            }
            if self.list.len() > LIST_MAX {
                return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
            }
            let at = scanner.at();
            let joined = [Combination::And, Combination::Or].into_iter().find(|kind| scanner.keyword(kind.word()));
            let Some(joined) = joined else { return Ok(()) };
            if self.joined.is_some_and(|before| before != joined) {
                return Err(scanner.error_at(at, "all conditions of a query are joined by AND, or all by OR"));
            }
            self.joined = Some(joined);
        }
    }
}

/// What to do where words stand behind a bare value that are neither AND, OR nor a clause: they may belong to it.
pub(super) fn more_of_value(scanner: &mut Scanner, conditions: &[Condition]) -> Option<String> {
    let last = conditions.last().filter(|condition| condition.op.takes() == Takes::One)?;
    let is_bare = !matches!(scanner.last_before_space()?, '"' | '\'' | ')');
    if !is_bare || scanner.at_end() || matches!(scanner.peek(), Some(')' | '(' | ',')) {
        return None;
    }
    // What is a number or a truth is whole as it stands.
    let Some(Literal::Str(value)) = last.values.first() else { return None };
    let more = words_before_clause(scanner);
    let is_plain = !more.is_empty() && !more.contains(['"', '\'', '(', ')', '=', '<', '>', '~']);
    is_plain.then(|| format!("a value with blanks stands in quotes: {} {} \"{value} {more}\"", last.column, last.op))
}

/// The words up to the next AND, OR or clause. Nothing is taken.
fn words_before_clause(scanner: &mut Scanner) -> String {
    let before = scanner.at();
    let mut words: Vec<String> = Vec::new();
    while !scanner.at_end() && !at_clause(scanner) {
        let word = scanner.peek_until_space();
        if [Combination::And, Combination::Or].iter().any(|kind| word.eq_ignore_ascii_case(kind.word())) {
            break;
        }
        scanner.skip_word(&word);
        words.push(word);
    }
    scanner.go_to(before);
    words.join(" ")
}

fn condition(scanner: &mut Scanner) -> Result<Condition, QueryError> {
    let column = column(scanner)?;
    let at = scanner.at();
    let op = filter_op(scanner).ok_or_else(|| {
        scanner.error_at(at, format!("expected an operator after {column}, one of {}", FilterOp::ALL.map(FilterOp::name).join(" ")))
    })?;
    let mut values = Vec::new();
    match op.takes() {
        Takes::Nothing => {}
        Takes::One => values.push(literal(scanner, &column, &format!("a value after \"{op}\""))?),
        Takes::List => {
            let expected = format!("a list in parentheses after \"{op}\"");
            if !scanner.take('(') {
                return Err(scanner.error(format!("expected {expected}")));
            }
            loop {
                values.push(literal(scanner, &column, "a value")?);
                if values.len() > spec::VALUES_MAX {
                    return Err(scanner.error(format!("{op} takes at most {} values", spec::VALUES_MAX)));
                }
                if !scanner.take(',') {
                    break;
                }
            }
            if !scanner.take(')') {
                return Err(scanner.error("expected a comma or \")\""));
            }
        }
    }
    Ok(Condition { column, op, values })
}

fn filter_op(scanner: &mut Scanner) -> Option<FilterOp> {
    if let Some(op) = scanner.symbol(&FILTER_SYMBOLS) {
        return Some(op);
    }
    let word = scanner.peek_word();
    let op = FilterOp::from_name(&word)?;
    scanner.skip_word(&word);
    Some(op)
}

fn literal(scanner: &mut Scanner, column: &Column, expected: &str) -> Result<Literal, QueryError> {
    let at = scanner.at();
    match scanner.value(expected)? {
        Raw::Quoted(text) => Ok(Literal::Str(text)),
        Raw::Bare(word) => bare_literal(&column.name, &word).map_err(|message| scanner.error_at(at, message)),
    }
}
