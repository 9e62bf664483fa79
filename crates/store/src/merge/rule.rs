//! Which rows of a file stay when it is written anew.

use crate::delete::Meant;
use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, RecordBatch};
use glasshive_model::SystemColumn;
use std::collections::BTreeSet;

/// Rows that do not stay go elsewhere, or go away. `Default`: every row stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowRule {
    /// Of which datasets.
    pub datasets: Datasets,
    /// Rows that are deleted.
    pub deleted: Option<Meant>,
}

/// Some datasets of a file.
#[derive(Debug, Clone, Default)]
pub(crate) enum Datasets {
    /// Every one.
    #[default]
    All,
    /// This one.
    Only(String),
    /// All but these.
    Except(BTreeSet<String>),
}

impl Datasets {
    pub fn holds(&self, slug: &str) -> bool {
        match self {
            Datasets::All => true,
            Datasets::Only(only) => only == slug,
            Datasets::Except(others) => !others.contains(slug),
        }
    }
}

impl RowRule {
    /// Which rows of a batch stay; `None` = every one.
    pub fn stays(&self, batch: &RecordBatch) -> Option<BooleanArray> {
        let datasets = match &self.datasets {
            Datasets::All => None,
            some => {
                let slugs = system(batch, SystemColumn::Dataset).as_string_view();
                Some(slugs.iter().map(|slug| Some(some.holds(slug.unwrap_or_default()))).collect::<BooleanArray>())
            }
        };
        let Some(deleted) = &self.deleted else { return datasets };
        let deleted = deleted.of(batch);
        let stays =
            (0..batch.num_rows()).map(|row| Some(!deleted.value(row) && datasets.as_ref().is_none_or(|datasets| datasets.value(row))));
        Some(stays.collect())
    }
}

/// A system column of rows read from a file.
pub(crate) fn system(batch: &RecordBatch, column: SystemColumn) -> &dyn Array {
    batch.column_by_name(column.name()).expect("files have every system column")
}
