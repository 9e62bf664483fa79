//! What the registry calls the columns of a file.

use super::contents::FoundColumn;
use crate::catalog::{CatalogState, ColumnRow};
use glasshive_model::EnvironmentId;
use glasshive_model::column::physical_name;
use std::collections::HashSet;

/// Every registry number is at least this.
const FIRST_COLUMN_ID: u32 = 1_000;
/// A number beyond this was not given out by a registry.
const LAST_COLUMN_ID: u32 = 1 << 30;

/// The registry's columns for those of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ColumnPlan {
    /// In the order of the file's columns.
    pub rows: Vec<ColumnRow>,
    /// Those of them that the registry does not have yet.
    pub new: Vec<ColumnRow>,
    /// The file already has the registry's numbers and names.
    pub is_as_written: bool,
}

/// Finds or makes a registry column for each. A new one keeps number and name that it has in the file where nobody else has
/// them by now.
pub(super) fn plan(found: &[FoundColumn], environment: EnvironmentId, catalog: &CatalogState, first_sequence: u64) -> ColumnPlan {
    let own = || catalog.columns.iter().filter(move |row| row.environment == environment);
    let mut ids: HashSet<u32> = catalog.columns.iter().map(|row| row.id).collect();
    let mut names: HashSet<String> = own().map(|row| row.physical.clone()).collect();
    let is_number = |id: u32| (FIRST_COLUMN_ID..LAST_COLUMN_ID).contains(&id);
    let taken = ids.iter().copied().chain(found.iter().map(|column| column.id).filter(|id| is_number(*id)));
    let mut next_id = taken.max().map_or(FIRST_COLUMN_ID, |id| id + 1);
    let mut plan = ColumnPlan { is_as_written: true, ..ColumnPlan::default() };
    for column in found {
        let (key, column_type) = &column.key;
        let row = own().find(|row| row.key == *key && row.column_type == *column_type).cloned().unwrap_or_else(|| {
            let is_free = is_number(column.id) && !ids.contains(&column.id);
            let id = if is_free { column.id } else { next_id };
            next_id = next_id.max(id + 1);
            let is_name = [true, false].iter().any(|bare| physical_name(key, *column_type, *bare) == column.physical);
            let keeps_name = is_name && !names.contains(&column.physical);
            let physical = if keeps_name { column.physical.clone() } else { physical_name(key, *column_type, false) };
            let first_seq = column.first_seq.unwrap_or_else(|| i64::try_from(first_sequence << 24).unwrap_or(i64::MAX));
            let row = ColumnRow { id, environment, key: key.clone(), column_type: *column_type, physical, first_seq };
            ids.insert(id);
            names.insert(row.physical.clone());
            plan.new.push(row.clone());
            row
        });
        plan.is_as_written &= row.id == column.id && row.physical == column.physical;
        plan.rows.push(row);
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_model::ColumnType;

    fn row(id: u32, key: &str, column_type: ColumnType, physical: &str) -> ColumnRow {
        let (key, physical) = (key.to_owned(), physical.to_owned());
        ColumnRow { id, environment: EnvironmentId::LOCAL, key, column_type, physical, first_seq: 7 << 24 }
    }

    fn found(index: usize, id: u32, key: &str, column_type: ColumnType, physical: &str) -> FoundColumn {
        FoundColumn { index, key: (key.to_owned(), column_type), physical: physical.to_owned(), id, first_seq: Some(9 << 24) }
    }

    fn check(known: &[ColumnRow], found: &[FoundColumn], expected: &[(u32, &str)], new: usize, is_as_written: bool) {
        let catalog = CatalogState { columns: known.to_vec(), ..CatalogState::default() };
        let plan = plan(found, EnvironmentId::LOCAL, &catalog, 9);
        let named: Vec<_> = plan.rows.iter().map(|row| (row.id, row.physical.as_str())).collect();
        assert_eq!((named.as_slice(), plan.new.len(), plan.is_as_written), (expected, new, is_as_written));
    }

    #[test]
    fn columns_keep_their_numbers_and_names_where_nobody_else_has_them() {
        use ColumnType::{Int, Str};
        let known = [row(1_000, "a", Str, "a")];
        check(&known, &[found(0, 1_000, "a", Str, "a"), found(1, 1_004, "b", Int, "b")], &[(1_000, "a"), (1_004, "b")], 1, true);
        // The number has gone to another column since.
        check(&known, &[found(0, 1_000, "b", Int, "b")], &[(1_001, "b")], 1, false);
        // Another type of the key has been first since.
        check(&known, &[found(0, 1_002, "a", Int, "a")], &[(1_002, "a@i64")], 1, false);
        // The registry calls it something else.
        check(&[row(1_000, "a", Int, "a@i64")], &[found(0, 1_000, "a", Int, "a")], &[(1_000, "a@i64")], 0, false);
        // What a file claims to be a name is not believed, nor a number of a system column.
        check(&[], &[found(0, 3, "a", Int, "b")], &[(1_000, "a@i64")], 1, false);
        // Two that are new never get one number.
        check(&known, &[found(0, 1_000, "b", Int, "b"), found(1, 1_001, "c", Int, "c")], &[(1_002, "b"), (1_001, "c")], 2, false);
    }

    #[test]
    fn another_environments_names_are_its_own() {
        let other = ColumnRow { environment: EnvironmentId(2), ..row(1_000, "a", ColumnType::Str, "a") };
        check(&[other], &[found(0, 1_001, "a", ColumnType::Int, "a")], &[(1_001, "a")], 1, true);
    }
}
