//! What ORDER BY and HAVING say of groups, resolved once all clauses are read.

use super::{column, in_parentheses};
use crate::calculation::{Calculation, Op};
use crate::coerce::number_of_text;
use crate::error::QueryError;
use crate::plan::{Column, HavingOp, LIST_MAX, OrderKey, Plan};
use crate::text::scan::{Raw, Scanner};
use crate::text::value::{column_unit, duration_ns};

/// A calculation or breakdown as ORDER BY and HAVING name it.
pub(super) enum Named {
    Calculation(Calculation),
    /// An operator that needs a column, named without: the one calculation with it.
    Operator(Op),
    Column(Column),
}

fn named(scanner: &mut Scanner) -> Result<Named, QueryError> {
    let bare = !matches!(scanner.peek(), Some('=' | '`'));
    let op = if bare { Op::from_name(&scanner.peek_word()) } else { None };
    let Some(op) = op else { return Ok(Named::Column(column(scanner)?)) };
    scanner.skip_word(op.name());
    Ok(match in_parentheses(scanner)? {
        None if op.needs_column() => Named::Operator(op),
        column => Named::Calculation(Calculation { op, column }),
    })
}

pub(super) fn order_key(named: &Named, plan: &Plan) -> Result<OrderKey, String> {
    let op = match named {
        Named::Calculation(Calculation { op, .. }) | Named::Operator(op) => Some(*op),
        Named::Column(_) => None,
    };
    if let Some(op) = op.filter(|op| !op.is_orderable()) {
        return Err(format!("groups have no single value of {op}"));
    }
    match named {
        Named::Calculation(calculation) => plan
            .calculation_index(calculation.op, calculation.column.as_ref())
            .map(OrderKey::Calculation)
            .ok_or_else(|| format!("{} is no calculation of this query", calculation.label())),
        Named::Operator(op) => {
            let mut matching = plan.calculations.iter().enumerate().filter(|(_, calculation)| calculation.op == *op);
            match (matching.next(), matching.next()) {
                (Some((index, _)), None) => Ok(OrderKey::Calculation(index)),
                (Some(_), Some(_)) => Err(format!("{op} requires a column: the query has several")),
                (None, _) => Err(format!("{op} is no calculation of this query")),
            }
        }
        Named::Column(column) => plan
            .breakdowns
            .iter()
            .position(|breakdown| breakdown == column)
            .map(OrderKey::Breakdown)
            .ok_or_else(|| format!("{column} is no calculation and no GROUP BY column of this query")),
    }
}

pub(super) fn orders(scanner: &mut Scanner) -> Result<Vec<(Named, usize, bool)>, QueryError> {
    let mut orders = Vec::new();
    loop {
        let at = scanner.at();
        let key = named(scanner)?;
        let descending = scanner.keyword("DESC");
        if !descending {
            scanner.keyword("ASC");
        }
        orders.push((key, at, descending));
        if orders.len() > LIST_MAX {
            return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
        }
        if !scanner.take(',') {
            return Ok(orders);
        }
    }
}

const HAVING_SYMBOLS: [(&str, HavingOp); 6] = [
    ("!=", HavingOp::NotEqual),
    (">=", HavingOp::GreaterOrEqual),
    ("<=", HavingOp::LessOrEqual),
    ("=", HavingOp::Equal),
    (">", HavingOp::Greater),
    ("<", HavingOp::Less),
];

pub(super) fn havings(scanner: &mut Scanner) -> Result<Vec<(Named, usize, HavingOp, f64)>, QueryError> {
    let mut havings = Vec::new();
    loop {
        let at = scanner.at();
        let calculation = named(scanner)?;
        let op = scanner.symbol(&HAVING_SYMBOLS).ok_or_else(|| scanner.error("expected one of = != > >= < <="))?;
        let value = having_value(scanner, &calculation, op)?;
        havings.push((calculation, at, op, value));
        if havings.len() > LIST_MAX {
            return Err(scanner.error_at(at, format!("there may be at most {LIST_MAX} of these")));
        }
        if !scanner.keyword("AND") {
            return Ok(havings);
        }
    }
}

fn having_value(scanner: &mut Scanner, calculation: &Named, op: HavingOp) -> Result<f64, QueryError> {
    let at = scanner.at();
    let expected = format!("a number after \"{}\"", op.name());
    let Raw::Bare(word) = scanner.value(&expected)? else { return Err(scanner.error_at(at, format!("expected {expected}"))) };
    let unit = match calculation {
        Named::Calculation(Calculation { column: Some(column), .. }) => column_unit(&column.name),
        _ => None,
    };
    let with_unit = || Some(duration_ns(&word)? as f64 / unit? as f64);
    let number = number_of_text(&word).map(|number| number.as_f64()).or_else(with_unit);
    number.map(|number| number + 0.0).ok_or_else(|| scanner.error_at(at, format!("expected {expected}")))
}
