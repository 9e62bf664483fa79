//! The column registry of one environment: which (key, type) columns exist, what they are called in files, and since when.

use crate::catalog::ColumnRow;
use glasshive_model::column::physical_name;
use glasshive_model::{ColumnType, EnvironmentId, limits};
use std::collections::BTreeMap;

/// The columns of one environment at one instant.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    keys: BTreeMap<String, Vec<ColumnRow>>,
}

impl Registry {
    /// All columns of a key, in the order in which its types were first seen; the first decides the shown type. Empty when no
    /// row has it in a column of its own.
    pub fn columns_of(&self, key: &str) -> &[ColumnRow] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    /// Every key, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Every column, by key, then in the order in which its types were first seen.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnRow> {
        self.keys.values().flatten()
    }

    /// The column of a key in one type.
    pub fn column(&self, key: &str, column_type: ColumnType) -> Option<&ColumnRow> {
        self.columns_of(key).iter().find(|column| column.column_type == column_type)
    }

    /// How many keys have columns.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Takes a column that the catalog holds.
    pub(crate) fn insert(&mut self, column: ColumnRow) {
        let columns = self.keys.entry(column.key.clone()).or_default();
        let place = columns.partition_point(|other| (other.first_seq, other.id) <= (column.first_seq, column.id));
        columns.insert(place, column);
    }

    /// Gives (key, type) a column, or `None` when the environment has all the keys it may have.
    ///
    /// Called in order of `_seq`, so that a replay of the log gives the same numbers and names.
    pub(crate) fn assign(
        &mut self,
        environment: EnvironmentId,
        key: &str,
        column_type: ColumnType,
        first_seq: i64,
        id: u32,
    ) -> Option<ColumnRow> {
        if !self.keys.contains_key(key) && self.keys.len() >= limits::COLUMNS_PER_ENVIRONMENT {
            return None;
        }
        let is_first = self.columns_of(key).is_empty();
        let column =
            ColumnRow { id, environment, key: key.to_owned(), column_type, physical: physical_name(key, column_type, is_first), first_seq };
        self.keys.entry(key.to_owned()).or_default().push(column.clone());
        Some(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_type_takes_the_bare_name_and_keys_are_capped() {
        let mut registry = Registry::default();
        let first = registry.assign(EnvironmentId::LOCAL, "k", ColumnType::Int, 7, 1000).unwrap();
        let second = registry.assign(EnvironmentId::LOCAL, "k", ColumnType::Str, 8, 1001).unwrap();
        assert_eq!((first.physical.as_str(), second.physical.as_str()), ("k", "k@str"));
        for index in 1..limits::COLUMNS_PER_ENVIRONMENT {
            assert!(registry.assign(EnvironmentId::LOCAL, &format!("key{index}"), ColumnType::Str, 9, 2000 + index as u32).is_some());
        }
        assert!(registry.assign(EnvironmentId::LOCAL, "one more", ColumnType::Str, 9, 1).is_none());
        assert!(registry.assign(EnvironmentId::LOCAL, "k", ColumnType::Bool, 9, 2).is_some(), "a known key may get another type");

        let mut loaded = Registry::default();
        loaded.insert(second);
        loaded.insert(first);
        let types: Vec<_> = loaded.columns_of("k").iter().map(|column| column.column_type).collect();
        assert_eq!(types, [ColumnType::Int, ColumnType::Str]);
    }
}
