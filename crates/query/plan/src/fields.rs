//! Calculated fields of a question: names for expressions, usable wherever a column is.

use crate::expression::{DEPTH_MAX, Expression, Input, PATTERNS_MAX, too_many_patterns};
use crate::plan::Column;
use std::fmt;

/// A name for an expression. In the question that defines it, it comes before any column of the same name.
#[derive(Debug, Clone, PartialEq)]
pub struct CalculatedField {
    /// The name; not empty, does not begin with `=`.
    pub name: String,
    /// What it is.
    pub expression: Expression,
}

impl CalculatedField {
    /// The columns, and other calculated fields, that it names.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.expression.inputs().iter().filter_map(|input| match input {
            Input::Column(column) => Some(column),
            _ => None,
        })
    }
}

/// Most functions, columns and literals that a field and all that it names may have together.
pub const SIZE_MAX: usize = 10_000;

/// The calculated field that a column names, if it names one.
pub fn field_of<'a>(fields: &'a [CalculatedField], column: &Column) -> Option<&'a CalculatedField> {
    if column.exact { None } else { fields.iter().find(|field| field.name == column.name) }
}

/// Checks that the fields read so far have not too many regular expressions: compiling one takes its time, so that this is asked
/// after each field.
pub(crate) fn check_patterns(fields: &[CalculatedField]) -> Result<(), String> {
    let patterns: usize = fields.iter().map(|field| field.expression.patterns()).sum();
    if patterns > PATTERNS_MAX { Err(too_many_patterns()) } else { Ok(()) }
}

/// Checks that every field has a name of its own and that they name each other without going round in circles and not too
/// often.
///
/// # Errors
/// The index of the field that is wrong, and what is wrong with it.
pub fn check(fields: &[CalculatedField]) -> Result<(), (usize, String)> {
    // (size, depth) of each field with all that it names.
    let mut known: Vec<Option<(usize, usize)>> = vec![None; fields.len()];
    for (index, field) in fields.iter().enumerate() {
        if field.name.is_empty() || field.name.starts_with('=') {
            return Err((index, "a calculated field needs a name, and it must not begin with \"=\"".to_owned()));
        }
        if fields[..index].iter().any(|other| other.name == field.name) {
            return Err((index, format!("duplicate name \"{}\"", field.name)));
        }
    }
    for index in 0..fields.len() {
        measure(fields, index, &mut vec![false; fields.len()], &mut known).map_err(|message| (index, message))?;
    }
    Ok(())
}

fn measure(
    fields: &[CalculatedField],
    index: usize,
    open: &mut [bool],
    known: &mut [Option<(usize, usize)>],
) -> Result<(usize, usize), String> {
    if let Some(known) = known[index] {
        return Ok(known);
    }
    let CalculatedField { name, expression } = &fields[index];
    if open[index] {
        return Err(format!("calculated field \"{name}\" depends on itself"));
    }
    open[index] = true;
    let (mut size, mut deepest) = (expression.size(), 0);
    for input in expression.inputs() {
        let Input::Column(column) = input else { continue };
        let named = (!column.exact).then(|| fields.iter().position(|field| field.name == column.name)).flatten();
        if let Some(named) = named {
            let inner = measure(fields, named, open, known)?;
            size = size.saturating_add(inner.0);
            deepest = deepest.max(inner.1);
        }
    }
    let depth = expression.depth() + deepest;
    if depth > DEPTH_MAX {
        return Err(format!("calculated field \"{name}\" and those that it names are more than {DEPTH_MAX} levels deep"));
    }
    if size > SIZE_MAX {
        return Err(format!("calculated field \"{name}\" and those that it names have more than {SIZE_MAX} parts"));
    }
    open[index] = false;
    known[index] = Some((size, depth));
    Ok((size, depth))
}

impl fmt::Display for CalculatedField {
    /// Name and canonical expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.expression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(written: &[(&str, &str)]) -> Vec<CalculatedField> {
        let field = |(name, expression): &(&str, &str)| CalculatedField {
            name: (*name).to_owned(),
            expression: Expression::parse(expression).unwrap(),
        };
        written.iter().map(field).collect()
    }

    #[test]
    fn fields_may_name_each_other_but_not_in_circles() {
        assert_eq!(check(&fields(&[("a", "$b + 1"), ("b", "$c")])), Ok(()));
        assert_eq!(check(&fields(&[("a", "$=a + 1")])), Ok(()), "the column itself");
        let refused =
            |written: &[(&str, &str)], index: usize, message: &str| assert_eq!(check(&fields(written)), Err((index, message.to_owned())));
        refused(&[("a", "$a + 1")], 0, "calculated field \"a\" depends on itself");
        refused(&[("x", "1"), ("a", "$b"), ("b", "$c"), ("c", "$a")], 1, "calculated field \"a\" depends on itself");
        refused(&[("a", "1"), ("a", "2")], 1, "duplicate name \"a\"");
        refused(&[("", "1")], 0, "a calculated field needs a name, and it must not begin with \"=\"");
    }

    #[test]
    fn what_fields_name_is_counted_in() {
        let chain = |length: usize, expression: &dyn Fn(usize) -> String| -> Vec<CalculatedField> {
            let names: Vec<(String, String)> = (0..length).map(|index| (format!("f{index}"), expression(index))).collect();
            fields(&names.iter().map(|(name, expression)| (name.as_str(), expression.as_str())).collect::<Vec<_>>())
        };
        let deep = chain(100, &|index| format!("$f{}", index + 1));
        let (index, message) = check(&deep).unwrap_err();
        assert_eq!((index, message.contains("64 levels deep")), (0, true), "{message}");
        let doubling = chain(30, &|index| if index < 2 { "1".to_owned() } else { format!("$f{} + $f{}", index - 1, index - 2) });
        let (_, message) = check(&doubling).unwrap_err();
        assert!(message.contains("10000 parts"), "{message}");
    }
}
