//! Deletions that were asked for, one after another.

use super::replace::Replacing;
use super::rule::{RowRule, system};
use super::{Failure, Merger};
use crate::catalog::{DeletionRow, Finished, SwapReason};
use crate::delete::RowFilter;
use crate::error::ReadError;
use crate::file::DataFile;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use glasshive_model::SystemColumn;
use std::sync::Arc;

impl Merger {
    /// Takes the oldest deletion that is not finished; `false` when there is none.
    pub(super) async fn delete_next(&mut self) -> Result<bool, Failure> {
        let inner = self.inner.clone();
        if !self.may_have_deletions && !inner.take_deletions_wanted() {
            return Ok(false);
        }
        self.may_have_deletions = true;
        let known = inner.world.catalog.deletions().await.map_err(|error| Failure::Later(error.to_string()))?;
        let Some(deletion) = known.into_iter().find(|deletion| deletion.finished.is_none()) else {
            self.may_have_deletions = false;
            return Ok(false);
        };
        let Ok(filter) = serde_json::from_str::<RowFilter>(&deletion.filter) else {
            return Err(Failure::Later(format!("deletion {} cannot be read", deletion.id)));
        };
        // What is live is deleted from the files it goes to. A log that lost its end, with relaxed durability, has less than was
        // meant, and nothing of it is waited for.
        let through = deletion.through.min(inner.state().published_through);
        while inner.state().flushed_through < through {
            if inner.is_closing() {
                return Err(Failure::Closing);
            }
            inner.flush().await.map_err(|error| Failure::Later(error.to_string()))?;
        }
        let (rows, files) = self.delete(&deletion, &Arc::new(filter)).await?;
        let finished = Finished { at_ns: inner.wall_ns(), rows, files };
        let noted = inner.world.catalog.finish_deletion(deletion.id, finished).await;
        noted.map_err(|error| Failure::Later(error.to_string()))?;
        inner.merge_progress.send_modify(|progress| progress.deleted_through = progress.deleted_through.max(deletion.id));
        tracing::info!(deletion = deletion.id, rows, files, "rows are deleted");
        Ok(true)
    }

    async fn delete(&mut self, deletion: &DeletionRow, filter: &Arc<RowFilter>) -> Result<(u64, u64), Failure> {
        let candidates: Vec<Arc<DataFile>> = {
            let state = self.inner.state();
            let files = state.environments.get(&deletion.environment).map_or(&[][..], |environment| &environment.files);
            let may_hold = |file: &&Arc<DataFile>| {
                let row = &file.row;
                row.sequence_first <= deletion.through && filter.may_match(row.time_min_ns, row.time_max_ns, &row.datasets)
            };
            files.iter().filter(may_hold).cloned().collect()
        };
        let (mut rows, mut files) = (0, 0);
        for file in candidates {
            if self.inner.is_closing() {
                return Err(Failure::Closing);
            }
            let left_out = self.count(&file, deletion, filter).await?;
            if left_out > 0 {
                // Nobody is told that rows are deleted which somebody may still read.
                if self.inner.unmergeable().contains(&file.row.id) {
                    return Err(Failure::Later(format!("{} holds rows to be deleted and cannot be written anew", file.row.path)));
                }
                let rule = RowRule { deleted: Some((filter.clone(), deletion.through)), ..RowRule::default() };
                let (environment, level, reason) = (deletion.environment, file.row.level, SwapReason::Deletion);
                self.replace(Replacing { environment, inputs: &[file], level, rules: vec![rule], left_out, reason }).await?;
                (rows, files) = (rows + left_out, files + 1);
            }
        }
        Ok((rows, files))
    }

    /// How many rows of a file are to be deleted.
    async fn count(&self, file: &Arc<DataFile>, deletion: &DeletionRow, filter: &RowFilter) -> Result<u64, Failure> {
        let batches = match file.read_rows(Some(&filter.columns())).await {
            Ok(batches) => batches,
            // Nobody reads its rows any more, and it has been told.
            Err(ReadError::Damaged { .. }) => return Ok(0),
            Err(error) => return Err(Failure::Later(error.to_string())),
        };
        let counts = batches.iter().map(|batch| {
            let sequences = system(batch, SystemColumn::Seq).as_primitive::<Int64Type>();
            let matches = filter.matches(batch);
            let is_meant = |row: &usize| matches.value(*row) && (sequences.value(*row) >> 24).unsigned_abs() <= deletion.through;
            (0..batch.num_rows()).filter(is_meant).count() as u64
        });
        Ok(counts.sum())
    }
}
