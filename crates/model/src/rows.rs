//! The rows of one request, as sparse columns.
//!
//! A column holds `cells` (row, value) for what items said themselves and `runs` (from row, to row, value) for what a
//! resource or scope said of all its items, so that sixteen resource attributes cost nothing per span. All text lies in one
//! arena. [`Rows::project`] turns any set of columns into dense Arrow arrays.

mod builder;
mod project;
#[cfg(test)]
mod tests;

pub use builder::{Cell, KeyCode, Level, RowsBuilder, SystemRow};
pub use project::Stamp;

use crate::column::ColumnType;
use arrow_buffer::Buffer;
use bytes::Bytes;

/// A piece of text in the arena of the [`Rows`] it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Text {
    pub(crate) offset: u32,
    pub(crate) len: u32,
}

impl Text {
    /// No text at all, as opposed to the empty text.
    pub(crate) const NONE: Text = Text { offset: u32::MAX, len: u32::MAX };
}

/// The rows of one request. Immutable; readable at once through [`Rows::project`].
#[derive(Debug)]
pub struct Rows {
    pub(crate) arena: Buffer,
    pub(crate) system: SystemCells,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) overflow: Vec<Overflow>,
    /// Documents as received, by ascending row.
    pub(crate) raw: Vec<(u32, Bytes)>,
}

/// The system columns, dense. Absent ids are all zero, absent numbers the sentinels named beside them.
#[derive(Debug, Default)]
pub(crate) struct SystemCells {
    pub time_ns: Vec<i64>,
    /// `i64::MIN` = null.
    pub duration_ns: Vec<i64>,
    pub trace_id: Vec<[u8; 16]>,
    pub span_id: Vec<[u8; 8]>,
    pub parent_id: Vec<[u8; 8]>,
    pub dataset: Vec<u32>,
    pub datasets: Vec<String>,
    pub signal: Vec<i8>,
    pub source: Vec<i8>,
    pub annotation: Vec<i8>,
    /// [`Text::NONE`] = null.
    pub name: Vec<Text>,
    /// -1 = null.
    pub kind: Vec<i8>,
    /// -1 = null.
    pub status: Vec<i8>,
    pub sample_rate: Vec<f64>,
    /// Index into `key_lists`; 0 = null.
    pub resource_keys: Vec<u32>,
    pub scope_keys: Vec<u32>,
    pub key_lists: Vec<String>,
}

/// One attribute column.
#[derive(Debug)]
pub struct Attribute {
    pub(crate) key: Text,
    pub(crate) values: Values,
}

/// What has no column of its own: nulls, and keys longer than [`crate::limits::KEY_BYTES`]. Values are JSON text.
#[derive(Debug)]
pub(crate) struct Overflow {
    pub key: Text,
    pub values: Cells<Text>,
}

/// Values of one column, in one type.
#[derive(Debug)]
pub(crate) enum Values {
    Str(Cells<Text>),
    Int(Cells<i64>),
    Float(Cells<f64>),
    Bool(Cells<bool>),
    Json(Cells<Text>),
}

/// Sparse values: runs are written first, then cells over them.
#[derive(Debug)]
pub(crate) struct Cells<V> {
    pub cells: Vec<(u32, V)>,
    pub runs: Vec<(u32, u32, V)>,
}

// === impl Cells ===

impl<V> Default for Cells<V> {
    fn default() -> Self {
        Self { cells: Vec::new(), runs: Vec::new() }
    }
}

impl<V: Copy> Cells<V> {
    fn heap_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<(u32, V)>() + self.runs.capacity() * size_of::<(u32, u32, V)>()
    }

    /// Calls `write(row, value)` for every set row; a row may be written twice, the last call holds.
    pub(crate) fn scatter(&self, mut write: impl FnMut(usize, V)) {
        for &(start, end, value) in &self.runs {
            (start..end).for_each(|row| write(row as usize, value));
        }
        for &(row, value) in &self.cells {
            write(row as usize, value);
        }
    }

    fn first_row(&self) -> Option<u32> {
        let cell = self.cells.iter().map(|(row, _)| *row).min();
        let run = self.runs.iter().map(|(start, _, _)| *start).min();
        cell.into_iter().chain(run).min()
    }

    /// An upper bound of how many rows are set.
    fn rows_set_at_most(&self) -> usize {
        self.cells.len() + self.runs.iter().map(|(start, end, _)| (end - start) as usize).sum::<usize>()
    }
}

// === impl Rows ===

impl Rows {
    /// How many rows.
    pub fn len(&self) -> usize {
        self.system.time_ns.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text behind a reference.
    pub fn text(&self, text: Text) -> &str {
        std::str::from_utf8(self.bytes(text)).expect("the builder puts only whole strings into the arena")
    }

    fn bytes(&self, text: Text) -> &[u8] {
        &self.arena[text.offset as usize..][..text.len as usize]
    }

    /// Event time of each row, ns since 1970.
    pub fn times_ns(&self) -> &[i64] {
        &self.system.time_ns
    }

    /// [`crate::Signal`] numbers of each row.
    pub fn signals(&self) -> &[i8] {
        &self.system.signal
    }

    /// Weight of each row.
    pub fn sample_rates(&self) -> &[f64] {
        &self.system.sample_rate
    }

    /// Trace id of each row; all zero where there is none.
    pub fn trace_ids(&self) -> &[[u8; 16]] {
        &self.system.trace_id
    }

    /// Dataset slug of each row, as an index into [`Rows::dataset_slugs`].
    pub fn datasets(&self) -> &[u32] {
        &self.system.dataset
    }

    /// The distinct dataset slugs, in order of first appearance.
    pub fn dataset_slugs(&self) -> &[String] {
        &self.system.datasets
    }

    /// Every attribute column: key, type, and at most how many rows have it. Order of first appearance.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, ColumnType, usize)> {
        self.attributes
            .iter()
            .map(|attribute| (self.text(attribute.key), attribute.values.column_type(), attribute.values.rows_set_at_most()))
    }

    /// The first row that has the attribute at this place of [`Rows::attributes`]; `None` when no row has it.
    pub fn attribute_first_row(&self, index: usize) -> Option<u32> {
        match &self.attributes[index].values {
            Values::Str(cells) | Values::Json(cells) => cells.first_row(),
            Values::Int(cells) => cells.first_row(),
            Values::Float(cells) => cells.first_row(),
            Values::Bool(cells) => cells.first_row(),
        }
    }

    /// Keys of which some row has a value in `_overflow`: sent empty, or longer than a column's name may be.
    pub fn overflow_keys(&self) -> impl Iterator<Item = &str> {
        self.overflow.iter().map(|overflow| self.text(overflow.key))
    }

    /// Whether some row keeps the document that it came in.
    pub fn has_raw(&self) -> bool {
        !self.raw.is_empty()
    }

    /// Bytes of memory behind these rows.
    pub fn heap_bytes(&self) -> usize {
        const SYSTEM_BYTES_PER_ROW: usize = 8 + 8 + 16 + 8 + 8 + 4 + 1 + 1 + 1 + 8 + 1 + 1 + 8 + 4 + 4;
        let attributes: usize = self.attributes.iter().map(|attribute| attribute.values.heap_bytes() + size_of::<Attribute>()).sum();
        let overflow: usize = self.overflow.iter().map(|overflow| overflow.values.heap_bytes() + size_of::<Overflow>()).sum();
        let raw: usize = self.raw.iter().map(|(_, raw)| raw.len() + size_of::<(u32, Bytes)>()).sum();
        self.arena.capacity() + self.system.time_ns.capacity() * SYSTEM_BYTES_PER_ROW + attributes + overflow + raw
    }
}

// === impl Values ===

impl Values {
    pub(crate) fn column_type(&self) -> ColumnType {
        match self {
            Values::Str(_) => ColumnType::Str,
            Values::Int(_) => ColumnType::Int,
            Values::Float(_) => ColumnType::Float,
            Values::Bool(_) => ColumnType::Bool,
            Values::Json(_) => ColumnType::Json,
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Values::Str(cells) | Values::Json(cells) => cells.heap_bytes(),
            Values::Int(cells) => cells.heap_bytes(),
            Values::Float(cells) => cells.heap_bytes(),
            Values::Bool(cells) => cells.heap_bytes(),
        }
    }

    fn rows_set_at_most(&self) -> usize {
        match self {
            Values::Str(cells) | Values::Json(cells) => cells.rows_set_at_most(),
            Values::Int(cells) => cells.rows_set_at_most(),
            Values::Float(cells) => cells.rows_set_at_most(),
            Values::Bool(cells) => cells.rows_set_at_most(),
        }
    }
}
