//! Which attribute columns a file has, and which keys go to `_overflow`.

use crate::catalog::ColumnRow;
use crate::live::{ColumnKey, Picked, column_ref};
use crate::registry::Registry;
use arrow_schema::{Field, Schema, SchemaRef};
use glasshive_model::column::attribute_field;
use glasshive_model::{ColumnRef, SystemColumn, limits};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A key that looks generated and that fewer than one row in this many has gets no column.
const GENERATED_ONE_IN: usize = 10_000;

/// The columns of one file.
#[derive(Debug, Clone)]
pub(crate) struct FileColumns {
    /// By registry number.
    pub attributes: Vec<ColumnRow>,
    /// What goes to `_overflow` besides what is there already.
    pub folded: Vec<ColumnKey>,
    /// Every key of which some value is in `_overflow`.
    pub overflow_keys: BTreeSet<String>,
}

impl FileColumns {
    /// Decides for the picked rows.
    pub fn of(picked: &Picked<'_>, registry: &Registry, most: usize) -> Self {
        let (counts, overflow_keys) = count(picked);
        Self::choose(counts, overflow_keys, picked.len(), registry, most)
    }

    /// Decides for `rows` rows of which so many have each attribute, and some have the named keys in `_overflow` already.
    pub fn choose(
        counts: BTreeMap<ColumnKey, usize>,
        overflow_keys: BTreeSet<String>,
        rows: usize,
        registry: &Registry,
        most: usize,
    ) -> Self {
        let mut columns = Self { attributes: Vec::new(), folded: Vec::new(), overflow_keys };
        let mut kept = Vec::new();
        for ((key, column_type), set) in counts {
            let is_rare_and_generated = set * GENERATED_ONE_IN < rows && looks_generated(&key);
            match registry.column(&key, column_type) {
                Some(column) if !is_rare_and_generated => kept.push((set, column.clone())),
                _ => columns.folded.push((key, column_type)),
            }
        }
        if kept.len() > most {
            kept.sort_by(|left, right| (right.0, left.1.id).cmp(&(left.0, right.1.id)));
            columns.folded.extend(kept.drain(most..).map(|(_, column)| (column.key, column.column_type)));
        }
        columns.folded.sort_unstable();
        columns.overflow_keys.extend(columns.folded.iter().map(|(key, _)| key.clone()));
        columns.attributes = kept.into_iter().map(|(_, column)| column).collect();
        columns.attributes.sort_unstable_by_key(|column| column.id);
        columns
    }

    /// Every column in file order: system columns, attributes, `_overflow`.
    pub fn columns(&self) -> Vec<ColumnRef> {
        let system = SystemColumn::ALL.iter().filter(|system| **system != SystemColumn::Overflow).map(|system| ColumnRef::System(*system));
        let attributes = self.attributes.iter().map(|column| column_ref(&(column.key.clone(), column.column_type)));
        system.chain(attributes).chain([ColumnRef::System(SystemColumn::Overflow)]).collect()
    }

    /// The Arrow schema in the same order.
    pub fn schema(&self) -> SchemaRef {
        let system = SystemColumn::ALL.iter().filter(|system| **system != SystemColumn::Overflow).map(|system| system.field());
        let attributes =
            self.attributes.iter().map(|column| attribute_field(&column.physical, &column.key, column.column_type, column.id.into()));
        Arc::new(Schema::new(system.chain(attributes).chain([SystemColumn::Overflow.field()]).collect::<Vec<Field>>()))
    }
}

/// How many of the picked rows have each attribute, and which keys are in `_overflow` already.
fn count(picked: &Picked<'_>) -> (BTreeMap<ColumnKey, usize>, BTreeSet<String>) {
    let mut counts: BTreeMap<ColumnKey, usize> = BTreeMap::new();
    let mut overflow_keys = BTreeSet::new();
    for (chunk, set) in picked.set_by_chunk() {
        for (attribute, set) in chunk.attributes().iter().zip(set).filter(|(_, set)| *set > 0) {
            *counts.entry((attribute.key.clone(), attribute.column_type)).or_default() += set;
        }
        // Which of the rows have them would have to be parsed out; a key too many only costs a reader a look.
        overflow_keys.extend(chunk.overflow_keys().iter().cloned());
    }
    (counts, overflow_keys)
}

/// Whether a key looks like one of very many made by a program: it has digits or a long run of hex digits.
fn looks_generated(key: &str) -> bool {
    const HEX_RUN: usize = 8;
    let mut run = 0;
    key.bytes().any(|byte| {
        run = if byte.is_ascii_hexdigit() { run + 1 } else { 0 };
        byte.is_ascii_digit() || run >= HEX_RUN
    })
}

/// Columns of a file at most.
pub(crate) const MOST: usize = limits::COLUMNS_PER_FILE;
