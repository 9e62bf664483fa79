//! Which rows of a file are there already.

use super::contents::{Contents, RowId, row_ids};
use crate::catalog::{CatalogState, FileRow};
use crate::error::ReadError;
use crate::file::{DataFile, FileContext};
use crate::log::look::LogLook;
use crate::merge::rule::system;
use crate::planted::PlantedBug;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampNanosecondType};
use arrow_array::{BooleanArray, RecordBatch};
use glasshive_model::{ColumnRef, EnvironmentId, SignalClass, SystemColumn};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The rows of a file that are in visible files or in the log, and those that were deleted.
#[derive(Default)]
pub(super) struct Present {
    rows: HashSet<RowId>,
    pub in_files: u64,
    pub in_log: u64,
    pub deleted: u64,
    /// Ids of visible files that cannot be read and of which the file has every row, alone or with others that are visible.
    pub replaced: Vec<String>,
    /// Visible files that cannot be read and of which it has every row together with others that were made of them.
    pub shared: Vec<FileRow>,
}

/// Compares with every visible file that may hold some of the rows; why that cannot be done otherwise.
pub(super) async fn of(
    contents: &Contents,
    environment: EnvironmentId,
    class: SignalClass,
    catalog: &CatalogState,
    log: &LogLook,
    context: &Arc<FileContext>,
) -> Result<Present, String> {
    let mut present = Present::default();
    let others = catalog.files.iter().filter(|row| row.environment == environment && row.class == class);
    let mut unread = Vec::new();
    for row in others.filter(|row| may_share_rows(row, contents) || is_made_of(contents, row)) {
        match ids_of(row, context).await {
            Ok(_) if context.config.is_planted(PlantedBug::AdoptionIgnoresFiles) => {}
            Ok(ids) => present.rows.extend(ids.filter(|id| contents.rows.binary_search(id).is_ok())),
            Err(ReadError::Damaged { .. }) => unread.push(row),
            // It is there, and may be read the next time.
            Err(error @ ReadError::Disk { .. }) => return Err(format!("{error}; it may hold rows that are in it too")),
        }
    }
    for row in unread {
        if is_made_of(contents, row) && contents.lineage.part.1 > 1 {
            present.shared.push(row.clone());
        } else if is_made_of(contents, row) || has_every_row(contents, row).await? {
            present.replaced.push(row.id.clone());
        } else {
            return Err(unread_beside(row));
        }
    }
    present.in_files = present.rows.len() as u64;
    present.add_others(contents, log);
    Ok(present)
}

/// Nobody could tell afterwards whether a row was counted twice, or not at all.
pub(super) fn unread_beside(row: &FileRow) -> String {
    format!("{} may hold rows that are in it too, and cannot be read", row.path)
}

/// Whether a merge made the file of this one: all rows that were to stay are in it then, and in the others that it made.
fn is_made_of(contents: &Contents, row: &FileRow) -> bool {
    contents.lineage.replaces.as_ref().is_some_and(|replaces| replaces.contains(&row.id))
}

/// Whether the file has as many rows of each dataset, between the sequences and times of this one, as this one: a merge of merges
/// names only the last ones it was made of. Rows of one hour and one dataset that were flushed together are in one file.
async fn has_every_row(contents: &Contents, row: &FileRow) -> Result<bool, String> {
    if contents.lineage.replaces.is_none() {
        return Ok(false);
    }
    let columns = [SystemColumn::Seq, SystemColumn::Time, SystemColumn::Dataset].map(ColumnRef::System);
    let batches = contents.file.read_rows(Some(&columns)).await.map_err(|error| error.to_string())?;
    let mut counts: BTreeMap<String, u64> = row.datasets.iter().map(|(slug, _)| (slug.clone(), 0)).collect();
    for batch in &batches {
        let sequences = system(batch, SystemColumn::Seq).as_primitive::<Int64Type>().values();
        let times = system(batch, SystemColumn::Time).as_primitive::<TimestampNanosecondType>().values();
        let slugs = system(batch, SystemColumn::Dataset).as_string_view();
        for index in 0..batch.num_rows() {
            let is_between = (row.sequence_first..=row.sequence_last).contains(&(sequences[index] >> 24).unsigned_abs())
                && (row.time_min_ns..=row.time_max_ns).contains(&times[index]);
            if is_between && let Some(count) = counts.get_mut(slugs.value(index)) {
                *count += 1;
            }
        }
    }
    Ok(row.datasets.iter().all(|(slug, rows)| counts.get(slug) == Some(rows)))
}

fn may_share_rows(row: &FileRow, contents: &Contents) -> bool {
    let facts = &contents.facts;
    row.sequence_first <= facts.sequences.1
        && row.sequence_last >= facts.sequences.0
        && row.time_min_ns <= facts.time_ns.1
        && row.time_max_ns >= facts.time_ns.0
        && row.datasets.iter().any(|(slug, _)| facts.datasets.contains_key(slug))
}

async fn ids_of(row: &FileRow, context: &Arc<FileContext>) -> Result<impl Iterator<Item = RowId>, ReadError> {
    let file = Arc::new(DataFile::new(row.clone(), context.clone()));
    let columns = [SystemColumn::Seq, SystemColumn::IngestTime].map(ColumnRef::System);
    let batches = file.read_rows(Some(&columns)).await?;
    Ok(batches.into_iter().flat_map(|batch| row_ids(&batch).collect::<Vec<_>>()))
}

impl Present {
    /// Of rows whose environment has no files.
    pub fn none(contents: &Contents, log: &LogLook) -> Self {
        let mut present = Self::default();
        present.add_others(contents, log);
        present
    }

    fn add_others(&mut self, contents: &Contents, log: &LogLook) {
        let is_logged = |(seq, received_ns): &RowId| log.beyond.get(&(*seq >> 24).unsigned_abs()) == Some(received_ns);
        self.rows.extend(contents.rows.iter().filter(|id| is_logged(id)).copied());
        self.in_log = self.rows.len() as u64 - self.in_files;
        self.rows.extend(contents.deleted.iter().copied());
        self.deleted = self.rows.len() as u64 - self.in_files - self.in_log;
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows of the file are nowhere else.
    pub fn missing_rows(&self, contents: &Contents) -> u64 {
        (contents.rows.len() - self.rows.len()) as u64
    }

    /// Which rows of a batch are nowhere else.
    pub fn missing(&self, batch: &RecordBatch) -> BooleanArray {
        row_ids(batch).map(|id| Some(!self.rows.contains(&id))).collect()
    }
}
