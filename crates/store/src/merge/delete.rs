//! Deletions that were asked for, one after another.

use super::replace::Replacing;
use super::rule::RowRule;
use super::{Failure, Merger};
use crate::catalog::{CatalogError, DeletionRow, Finished, SwapReason};
use crate::delete::{Meant, RowFilter};
use crate::error::ReadError;
use crate::fault::FaultKind;
use crate::file::DataFile;
use crate::planted::PlantedBug;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rows that are counted at once, at most.
const COUNTED_ROWS: usize = 8_192;

/// What a deletion has come to so far.
#[derive(Default)]
pub(super) struct Deleting {
    rows: u64,
    files: u64,
    /// Damaged files that keep it from being finished, which was told.
    told: BTreeSet<String>,
}

impl Merger {
    /// Finishes the oldest deletion that can be; `false` when there is none that is not finished.
    pub(super) async fn delete_next(&mut self) -> Result<bool, Failure> {
        let inner = self.inner.clone();
        if !self.may_have_deletions && !inner.take_deletions_wanted() {
            return Ok(false);
        }
        self.may_have_deletions = true;
        let known = inner.world.catalog.deletions().await.map_err(|error| Failure::Later(error.to_string()))?;
        // Also one whose end was noted although nobody said so.
        let finished: BTreeSet<u64> = known.iter().filter(|deletion| deletion.finished.is_some()).map(|deletion| deletion.id).collect();
        self.deleting.retain(|id, _| !finished.contains(id));
        inner.merge_progress.send_modify(|progress| progress.deleted = finished);
        let mut blocked = None;
        for deletion in known.into_iter().filter(|deletion| deletion.finished.is_none()) {
            match self.finish(&deletion).await {
                Ok(()) => return Ok(true),
                // The others need not wait for this one.
                Err(Failure::Later(reason) | Failure::SetAside(reason)) => drop(blocked.get_or_insert(reason)),
                Err(Failure::Closing) => return Err(Failure::Closing),
            }
        }
        match blocked {
            Some(reason) => Err(Failure::Later(reason)),
            None => {
                self.may_have_deletions = false;
                Ok(false)
            }
        }
    }

    async fn finish(&mut self, deletion: &DeletionRow) -> Result<(), Failure> {
        let (inner, id) = (self.inner.clone(), deletion.id);
        let Ok(filter) = serde_json::from_str::<RowFilter>(&deletion.filter) else {
            return Err(Failure::Later(format!("deletion {id} cannot be read")));
        };
        // What is live is deleted from the files it goes to. A log that lost its end, with relaxed durability, has less than was
        // meant, and nothing of it is waited for.
        let is_planted = inner.config.is_planted(PlantedBug::DeletionSkipsLive);
        let through = if is_planted { 0 } else { deletion.through.min(inner.state().published_through) };
        while inner.state().flushed_through < through {
            if inner.is_closing() {
                return Err(Failure::Closing);
            }
            inner.flush().await.map_err(|error| Failure::Later(error.to_string()))?;
        }
        let meant = Meant { filter: Arc::new(filter), through: deletion.through, asked_ns: deletion.asked_ns };
        self.delete(deletion, &meant).await?;
        let Deleting { rows, files, .. } = *self.deleting.entry(id).or_default();
        let noted = inner.world.catalog.finish_deletion(id, Finished { at_ns: inner.wall_ns(), rows, files }).await;
        match noted {
            Ok(_) => {}
            Err(CatalogError::Uncertain(reason)) => {
                // Noted or not, the next look at the catalog tells.
                self.may_have_deletions = true;
                return Err(Failure::Later(reason));
            }
            Err(error) => return Err(Failure::Later(error.to_string())),
        }
        self.deleting.remove(&id);
        inner.merge_progress.send_modify(|progress| progress.deleted.extend([id]));
        tracing::info!(deletion = id, rows, files, "rows are deleted");
        Ok(())
    }

    async fn delete(&mut self, deletion: &DeletionRow, meant: &Meant) -> Result<(), Failure> {
        let candidates: Vec<Arc<DataFile>> = {
            let state = self.inner.state();
            let files = state.environments.get(&deletion.environment).map_or(&[][..], |environment| &environment.files);
            let may_hold = |file: &&Arc<DataFile>| {
                let row = &file.row;
                row.sequence_first <= meant.through && meant.filter.may_match(row.time_min_ns, row.time_max_ns, &row.datasets)
            };
            files.iter().filter(may_hold).cloned().collect()
        };
        let mut blocked = None;
        for file in candidates {
            if self.inner.is_closing() {
                return Err(Failure::Closing);
            }
            let left_out = match self.count(&file, deletion, meant).await {
                Ok(left_out) => left_out,
                // What is in the others is deleted all the same.
                Err(Failure::Later(reason)) => {
                    blocked.get_or_insert(reason);
                    continue;
                }
                Err(closing) => return Err(closing),
            };
            if left_out > 0 {
                // Nobody is told that rows are deleted which somebody may still read.
                if self.inner.unmergeable().is_given_up(&file.row.id) {
                    blocked.get_or_insert(format!("{} holds rows to be deleted and cannot be written anew", file.row.path));
                    continue;
                }
                let rule = RowRule { deleted: Some(meant.clone()), ..RowRule::default() };
                let (environment, level, reason, folds) = (deletion.environment, file.row.level, SwapReason::Deletion, false);
                let inputs = [file];
                match self.replace(Replacing { environment, inputs: &inputs, level, rules: vec![rule], left_out, reason, folds }).await {
                    Err(Failure::SetAside(reason)) => {
                        if self.inner.unmergeable().is_damaged(&inputs[0].row.id) {
                            self.tell_damaged(&inputs[0], deletion);
                        }
                        blocked.get_or_insert(reason);
                        continue;
                    }
                    other => other?,
                };
                let deleting = self.deleting.entry(deletion.id).or_default();
                (deleting.rows, deleting.files) = (deleting.rows + left_out, deleting.files + 1);
            }
        }
        blocked.map_or(Ok(()), |reason| Err(Failure::Later(reason)))
    }

    /// How many rows of a file are to be deleted. A damaged file may be healed or come back from a backup: as long as it is visible
    /// nobody can say that it has none.
    async fn count(&mut self, file: &Arc<DataFile>, deletion: &DeletionRow, meant: &Meant) -> Result<u64, Failure> {
        match count_rows(file, meant).await {
            Ok(rows) => Ok(rows),
            Err(error) => {
                if matches!(error, ReadError::Damaged { .. }) {
                    self.tell_damaged(file, deletion);
                }
                Err(Failure::Later(error.to_string()))
            }
        }
    }

    /// Once of each file and deletion.
    fn tell_damaged(&mut self, file: &DataFile, deletion: &DeletionRow) {
        let (id, path) = (deletion.id, &file.row.path);
        if self.deleting.entry(id).or_default().told.insert(path.clone()) {
            let message = format!(
                "deletion {id} waits: {path} is damaged and may hold rows of it. Stop the server and run: glasshive verify --repair"
            );
            self.inner.tell(FaultKind::FileDamage, message);
        }
    }
}

/// How many rows of a file are to be deleted. Holds some of its rows at a time.
async fn count_rows(file: &Arc<DataFile>, meant: &Meant) -> Result<u64, ReadError> {
    let batch_rows = file.batch_rows(COUNTED_ROWS).await?;
    let mut stream = file.stream_columns(&meant.filter.columns(), batch_rows).await?;
    let mut rows = 0;
    while let Some(batch) = stream.next().await? {
        rows += meant.of(&batch).true_count() as u64;
    }
    Ok(rows)
}
