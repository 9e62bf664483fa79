//! Live rows: what is in the log but not yet in files, readable as chunks.

mod encode;
mod facts;
mod gather;
mod seal;
mod state;

pub(crate) use facts::Facts;
pub(crate) use gather::{Pick, Picked};
pub(crate) use seal::{ColumnKey, column_ref, merge, next_merge, seal_all};
pub(crate) use state::{FrozenCut, Published, State};

use arrow_array::ArrayRef;
use encode::Encoded;
use glasshive_model::rows::Stamp;
use glasshive_model::{ColumnRef, ColumnType, EnvironmentId, Rows, Signal, SignalClass, SystemColumn};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Some live rows of one environment and class, immutable. Readers hold it by `Arc`; it goes when the last of them does.
#[derive(Debug)]
pub struct Chunk {
    id: u64,
    environment: EnvironmentId,
    class: SignalClass,
    facts: Facts,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// The rows of one request as they were decoded.
    Request { rows: Arc<Rows>, stamp: Stamp },
    /// Columns by name, compacted.
    Sealed(HashMap<ColumnRef, Encoded>),
}

/// An attribute column of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkAttribute {
    /// The key as sent.
    pub key: String,
    /// The type.
    pub column_type: ColumnType,
    /// At most so many rows have it.
    pub rows_at_most: usize,
}

impl ChunkAttribute {
    fn key_and_type(&self) -> (String, ColumnType) {
        (self.key.clone(), self.column_type)
    }

    /// How [`Chunk::project`] is asked for it.
    pub fn column(&self) -> ColumnRef {
        ColumnRef::Attribute { key: self.key.clone(), column_type: self.column_type }
    }
}

// === impl Chunk ===

impl Chunk {
    /// A chunk over a request's rows, which are all of one class.
    pub(crate) fn of_request(id: u64, environment: EnvironmentId, class: SignalClass, rows: Arc<Rows>, stamp: Stamp) -> Self {
        let facts = Facts::of_request(&rows, stamp);
        Self { id, environment, class, facts, form: Form::Request { rows, stamp } }
    }

    fn sealed(id: u64, environment: EnvironmentId, class: SignalClass, facts: Facts, columns: HashMap<ColumnRef, Encoded>) -> Self {
        Self { id, environment, class, facts, form: Form::Sealed(columns) }
    }

    /// Whose rows.
    pub fn environment(&self) -> EnvironmentId {
        self.environment
    }

    /// What sort of rows.
    pub fn class(&self) -> SignalClass {
        self.class
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.facts.rows
    }

    /// Never: chunks have rows.
    pub fn is_empty(&self) -> bool {
        self.facts.rows == 0
    }

    /// Event times, ns, from the least to one past the greatest.
    pub fn time_range(&self) -> Range<i64> {
        self.facts.time_ns.0..self.facts.time_ns.1.saturating_add(1)
    }

    /// Least and greatest log sequence of its rows.
    pub fn sequences(&self) -> (u64, u64) {
        self.facts.sequences
    }

    /// Least and greatest weight.
    pub fn rates(&self) -> (f64, f64) {
        self.facts.rates
    }

    /// Rows by dataset slug.
    pub fn datasets(&self) -> &BTreeMap<String, u64> {
        &self.facts.datasets
    }

    /// The attribute columns that occur in it; all others project to nulls.
    pub fn attributes(&self) -> &[ChunkAttribute] {
        &self.facts.attributes
    }

    /// Keys of which some value is in `_overflow`.
    pub fn overflow_keys(&self) -> &BTreeSet<String> {
        &self.facts.overflow_keys
    }

    /// Bytes of memory behind it.
    pub fn heap_bytes(&self) -> usize {
        self.facts.bytes
    }

    /// Dense arrays of the named columns, each of [`Chunk::len`] rows in order of `_seq` and of the type that
    /// [`SystemColumn::field`] or [`ColumnType::data_type`] names; all null for an attribute that does not occur.
    /// Cost: one pass over the named columns; text is not copied.
    pub fn project(&self, columns: &[ColumnRef]) -> Vec<ArrayRef> {
        match &self.form {
            Form::Request { rows, stamp } => rows.project(columns, *stamp),
            Form::Sealed(sealed) => columns.iter().map(|column| encode::project(sealed.get(column), column, self.facts.rows)).collect(),
        }
    }

    pub(crate) fn project_one(&self, column: &ColumnRef) -> ArrayRef {
        self.project(std::slice::from_ref(column)).pop().expect("one column was asked for")
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.form, Form::Sealed(_))
    }

    /// Whether the column is more than nulls here.
    pub(crate) fn may_have(&self, column: &ColumnRef) -> bool {
        match (column, &self.form) {
            (ColumnRef::System(SystemColumn::Raw), Form::Request { rows, .. }) => rows.has_raw(),
            (ColumnRef::System(SystemColumn::Raw), Form::Sealed(columns)) => columns.contains_key(column),
            (ColumnRef::System(SystemColumn::Overflow), _) => !self.facts.overflow_keys.is_empty(),
            (ColumnRef::System(_), _) => true,
            (ColumnRef::Attribute { .. }, Form::Sealed(columns)) => columns.contains_key(column),
            (ColumnRef::Attribute { key, column_type }, Form::Request { .. }) => {
                self.facts.attributes.iter().any(|attribute| attribute.column_type == *column_type && attribute.key == *key)
            }
        }
    }
}

/// The class of a row's signal; numbers that nobody knows are kept with spans.
pub(crate) fn class_of(signal: i8) -> SignalClass {
    Signal::from_number(signal).map_or(SignalClass::Spans, Signal::class)
}
