//! Whether a condition holds, row by row.

use super::{Cells, code_table};
use arrow_array::{Array, BooleanArray, Scalar};
use arrow_array::{Float64Array, Int64Array, StringViewArray};
use arrow_buffer::BooleanBuffer;
use arrow_ord::cmp;
use arrow_schema::ArrowError;
use glasshive_model::{SpanId, TraceId};
use glasshive_query_plan::coerce::{self, Class, Comparable, Number};
use glasshive_query_plan::{Condition, FilterOp};
use std::collections::HashSet;

/// A condition with its literals brought to the column's class.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// Ids are normalised.
    condition: Condition,
    class: Option<Class>,
    op: FilterOp,
    literals: Vec<Comparable<'static>>,
    /// The first literal as text, for the operators on parts.
    part: String,
}

impl Prepared {
    pub(crate) fn new(condition: &Condition, class: Option<Class>) -> Self {
        let condition = coerce::normalised(condition).into_owned();
        let literals = condition.values.iter().filter_map(|literal| class?.literal(literal)).map(owned).collect();
        let part = condition.values.first().map(|literal| coerce::text_of_literal(literal).into_owned()).unwrap_or_default();
        let op = condition.op.positive();
        Self { condition, class, op, literals, part }
    }

    /// The operator of which this is the negation, or itself.
    pub(crate) fn op(&self) -> FilterOp {
        self.op
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.condition.op.is_negative()
    }

    pub(crate) fn class(&self) -> Option<Class> {
        self.class
    }

    pub(crate) fn literals(&self) -> &[Comparable<'static>] {
        &self.literals
    }

    /// The condition as asked, ids in their one spelling.
    pub(crate) fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The rows in which it holds; no nulls.
    pub(crate) fn mask(&self, cells: &Cells) -> Result<BooleanBuffer, ArrowError> {
        let positive = self.positive_mask(cells)?;
        Ok(if self.is_negative() { !&positive } else { positive })
    }

    fn positive_mask(&self, cells: &Cells) -> Result<BooleanBuffer, ArrowError> {
        let rows = cells.len();
        if let Cells::Absent(_) = cells {
            return Ok(BooleanBuffer::new_unset(rows));
        }
        match self.op {
            FilterOp::Exists => return Ok(cells.present().values().clone()),
            FilterOp::StartsWith | FilterOp::EndsWith | FilterOp::Contains => {
                if let Cells::Str(array) | Cells::Json(array) = cells {
                    return Ok(collect(array, |row| coerce::part_holds(self.op, array.value(row), &self.part)));
                }
            }
            _ if self.literals.is_empty() => return Ok(BooleanBuffer::new_unset(rows)),
            _ => {
                if let Some(mask) = self.compared(cells)? {
                    return Ok(mask);
                }
            }
        }
        Ok(self.row_by_row(cells))
    }

    /// The ways that Arrow's kernels know; `None` leaves it to the slow path.
    fn compared(&self, cells: &Cells) -> Result<Option<BooleanBuffer>, ArrowError> {
        Ok(Some(match (cells, self.class) {
            (Cells::Str(array) | Cells::Json(array), Some(Class::Text)) => self.texts(array)?,
            (Cells::Int(array), Some(Class::Number)) => match self.integers() {
                Some(literals) => self.any(array, literals.into_iter().map(Int64Array::new_scalar))?,
                None => collect(array, |row| self.admits(&Comparable::Number(Number::Int(array.value(row))))),
            },
            (Cells::Float(array), Some(Class::Number)) => match self.doubles() {
                Some(literals) => self.any(array, literals.into_iter().map(Float64Array::new_scalar))?,
                None => collect(array, |row| self.admits(&Comparable::Number(Number::Float(array.value(row))))),
            },
            (Cells::Bool(array), Some(Class::Truth)) => collect(array, |row| self.admits(&Comparable::Truth(array.value(row)))),
            (Cells::Id(array), Some(Class::Text)) if matches!(self.op, FilterOp::Equal | FilterOp::In) => {
                let ids: HashSet<Vec<u8>> = self.literals.iter().filter_map(|literal| id_bytes(literal, array.value_length())).collect();
                collect(array, |row| ids.contains(array.value(row)))
            }
            (Cells::Code(array, shown), _) => {
                let table = code_table(*shown, |value| coerce::holds(&self.positive(), self.class, value.as_ref()));
                collect(array, |row| table[array.value(row) as u8 as usize])
            }
            _ => return Ok(None),
        }))
    }

    fn texts(&self, array: &StringViewArray) -> Result<BooleanBuffer, ArrowError> {
        let texts: Vec<&str> = self.literals.iter().filter_map(text).collect();
        if texts.len() > FEW {
            let texts: HashSet<&str> = texts.into_iter().collect();
            return Ok(collect(array, |row| texts.contains(array.value(row))));
        }
        self.any(array, texts.into_iter().map(StringViewArray::new_scalar))
    }

    /// The literals as integers, when comparing with them means comparing integers.
    fn integers(&self) -> Option<Vec<i64>> {
        let integer = |literal: &Comparable<'_>| match literal {
            Comparable::Number(Number::Int(number)) => Some(*number),
            _ => None,
        };
        self.literals.iter().map(integer).collect::<Option<Vec<_>>>().filter(|literals| literals.len() <= FEW)
    }

    /// The literals as doubles, when that loses nothing. Zero stays out: Arrow tells its two signs apart.
    fn doubles(&self) -> Option<Vec<f64>> {
        const EXACT: i64 = 1 << 53;
        let double = |literal: &Comparable<'_>| match literal {
            Comparable::Number(Number::Float(number)) if *number != 0.0 => Some(*number),
            Comparable::Number(Number::Int(number)) if (-EXACT..=EXACT).contains(number) && *number != 0 => Some(*number as f64),
            _ => None,
        };
        self.literals.iter().map(double).collect::<Option<Vec<_>>>().filter(|literals| literals.len() <= FEW)
    }

    fn any<A: Array>(&self, array: &A, literals: impl Iterator<Item = Scalar<A>>) -> Result<BooleanBuffer, ArrowError> {
        let mut mask = BooleanBuffer::new_unset(array.len());
        for literal in literals {
            let (array, literal): (&dyn arrow_array::Datum, &dyn arrow_array::Datum) = (&array, &literal);
            let holds = match self.op {
                FilterOp::Greater => cmp::gt(array, literal)?,
                FilterOp::GreaterOrEqual => cmp::gt_eq(array, literal)?,
                FilterOp::Less => cmp::lt(array, literal)?,
                FilterOp::LessOrEqual => cmp::lt_eq(array, literal)?,
                _ => cmp::eq(array, literal)?,
            };
            mask = &mask | &truths(&holds);
        }
        Ok(mask)
    }

    fn admits(&self, value: &Comparable<'_>) -> bool {
        self.literals.iter().any(|literal| coerce::order_holds(self.op, value.order(literal)))
    }

    fn row_by_row(&self, cells: &Cells) -> BooleanBuffer {
        let positive = self.positive();
        BooleanBuffer::collect_bool(cells.len(), |row| coerce::holds(&positive, self.class, cells.value(row).as_ref()))
    }

    fn positive(&self) -> Condition {
        Condition { op: self.op, ..self.condition.clone() }
    }
}

/// Lists up to here are compared one literal after another.
const FEW: usize = 8;

/// True where `holds` says so of a row that is not null.
fn collect(array: &dyn Array, holds: impl Fn(usize) -> bool) -> BooleanBuffer {
    BooleanBuffer::collect_bool(array.len(), |row| array.is_valid(row) && holds(row))
}

/// Null is false.
fn truths(array: &BooleanArray) -> BooleanBuffer {
    match array.nulls() {
        Some(nulls) => array.values() & nulls.inner(),
        None => array.values().clone(),
    }
}

fn text<'a>(literal: &'a Comparable<'_>) -> Option<&'a str> {
    match literal {
        Comparable::Text(text) => Some(text),
        _ => None,
    }
}

fn id_bytes(literal: &Comparable<'_>, length: i32) -> Option<Vec<u8>> {
    let text = text(literal)?;
    match length {
        16 => Some(TraceId::parse(text)?.bytes().to_vec()),
        _ => Some(SpanId::parse(text)?.bytes().to_vec()),
    }
}

fn owned(literal: Comparable<'_>) -> Comparable<'static> {
    match literal {
        Comparable::Text(text) => Comparable::Text(text.into_owned().into()),
        Comparable::Number(number) => Comparable::Number(number),
        Comparable::Truth(truth) => Comparable::Truth(truth),
    }
}
