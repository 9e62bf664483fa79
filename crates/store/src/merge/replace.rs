//! Files in the place of others: written, committed, seen.

use super::aside::{Why, set_aside};
use super::output::Lineage;
use super::rewrite::{Plan, RewriteError, Rewritten, rewrite};
use super::rule::RowRule;
use super::{Failure, Merger, dispose, policy};
use crate::catalog::{FileRow, Swap, SwapReason};
use crate::error::ReadError;
use crate::fault::{FaultKind, errno, is_disk_full};
use crate::file::DataFile;
use crate::file::writer::names_of;
use crate::flush::new_file_id;
use crate::planted::PlantedBug;
use crate::registry::Registry;
use glasshive_model::EnvironmentId;
use std::sync::Arc;

/// What is to become of some files.
pub(super) struct Replacing<'a> {
    pub environment: EnvironmentId,
    pub inputs: &'a [Arc<DataFile>],
    /// Level of the new files.
    pub level: u8,
    /// One new file for each, of the rows that it lets stay.
    pub rules: Vec<RowRule>,
    /// So many rows no rule lets stay.
    pub left_out: u64,
    pub reason: SwapReason,
    /// Whether of equal rows of several requests one stays.
    pub folds: bool,
}

/// How one of the new files is written.
#[derive(Clone, Copy)]
struct How<'a> {
    level: u8,
    registry: &'a Registry,
    lineage: Lineage<'a>,
    folds: bool,
}

impl Merger {
    /// Puts new files in the place of others and says how many. Rows that no rule lets stay are gone afterwards; are they not as
    /// many as they are to be, everything stays as it was.
    pub(super) async fn replace(&mut self, replacing: Replacing<'_>) -> Result<usize, Failure> {
        let Replacing { environment, inputs, level, rules, left_out, reason, folds } = replacing;
        let inner = self.inner.clone();
        let registry = inner.state().environments.get(&environment).map(|found| found.registry.clone()).unwrap_or_default();
        // Should reading one of them panic, they are left alone when the task is started again.
        inner.unmergeable().put(inputs.iter().map(|file| file.row.id.clone()));
        let replaces: Vec<&str> = inputs.iter().map(|file| file.row.id.as_str()).collect();
        let mut added = Vec::new();
        let (mut written, mut folded) = (left_out, 0);
        let parts = rules.len();
        for (number, rule) in (1..).zip(rules) {
            let how = How { level, registry: &registry, lineage: Lineage { replaces: &replaces, part: (number, parts) }, folds };
            match self.write(inputs, rule, how).await {
                Ok(found) => {
                    folded += found.folded;
                    written += found.folded + found.row.as_ref().map_or(0, |row| row.rows);
                    added.extend(found.row.map(|row| FileRow { environment, level, ..row }));
                }
                Err(failure) => {
                    self.abandon_all(&added);
                    return Err(failure);
                }
            }
        }
        let rows: u64 = inputs.iter().map(|file| file.row.rows).sum();
        if written != rows {
            // They stay among those that are left alone: another attempt would come to the same.
            self.abandon_all(&added);
            let reason = format!("{} files have {rows} rows, {written} were counted; they are left as they are", inputs.len());
            inner.tell(FaultKind::FileRead, format!("{}: {reason}", inputs[0].row.path));
            return Err(Failure::SetAside(reason));
        }
        let swap = Swap { reason, removed: inputs.iter().map(|file| file.row.id.clone()).collect(), added };
        let swap = self.spoil(swap, inputs).await;
        if let Err(failure) = self.commit(&swap).await {
            inner.unmergeable().take_back(&replaces);
            self.abandon_all(&swap.added);
            return Err(failure);
        }
        dispose::swapped(&inner, &swap);
        inner.numbers.folded_rows.add(folded);
        inner.unmergeable().take_back(&replaces);
        Ok(swap.added.len())
    }

    /// Writes one file, if any row stays.
    async fn write(&mut self, inputs: &[Arc<DataFile>], rule: RowRule, how: How<'_>) -> Result<Rewritten, Failure> {
        let How { level, registry, lineage, folds } = how;
        let inputs: Vec<_> =
            inputs.iter().filter(|file| file.row.datasets.iter().any(|(slug, _)| rule.datasets.holds(slug))).cloned().collect();
        let Some(first) = inputs.first() else { return Ok(Rewritten { row: None, folded: 0 }) };
        let id = new_file_id(&self.inner);
        let path = format!("{}/{id}.parquet", directory(&first.row.path, level));
        let plan = Plan { inputs: &inputs, rule, path: &path, registry, lineage, folds };
        match rewrite(&self.inner, &plan).await {
            Ok(Rewritten { row, folded }) => Ok(Rewritten { row: row.map(|row| FileRow { id, class: first.row.class, ..row }), folded }),
            Err(error) => {
                self.abandon(names_of(&path));
                Err(self.not_written(&path, error, lineage.replaces))
            }
        }
    }

    /// A file cannot be read; the others can be merged without it.
    pub(super) fn not_read(&self, id: &str, source: ReadError) -> Failure {
        // That is nothing of this file.
        if source.is_away() {
            return Failure::Later(source.to_string());
        }
        match &source {
            // That has been told.
            ReadError::Damaged { .. } => set_aside(&self.inner, id, Why::Damaged, None),
            ReadError::Disk { file, source: cause } => {
                let told = format!("could not read {file} ({}); it is left alone for a while", errno(cause));
                set_aside(&self.inner, id, Why::Refused, Some(told));
            }
        }
        Failure::SetAside(source.to_string())
    }

    fn not_written(&self, path: &str, error: RewriteError, replaces: &[&str]) -> Failure {
        self.inner.unmergeable().take_back(replaces);
        match error {
            RewriteError::Closing => Failure::Closing,
            RewriteError::Read { id, source } => self.not_read(&id, source),
            RewriteError::Strange { id } => {
                let reason = format!("file {id} has a column of another type; it is left as it is");
                set_aside(&self.inner, &id, Why::GivenUp, Some(reason.clone()));
                Failure::SetAside(reason)
            }
            RewriteError::Write(error) if is_disk_full(&error) => Failure::Later(format!("disk full while writing {path}")),
            RewriteError::Write(error) => {
                let message = format!("could not make {path} durable ({}); will write it again", errno(&error));
                self.inner.tell(FaultKind::FileSync, message.clone());
                Failure::Later(message)
            }
        }
    }

    /// Files that no catalog will name.
    fn abandon_all(&mut self, rows: &[FileRow]) {
        self.abandon(rows.iter().flat_map(|row| names_of(&row.path)));
    }

    /// Planted defects.
    async fn spoil(&self, mut swap: Swap, inputs: &[Arc<DataFile>]) -> Swap {
        let config = &self.inner.config;
        if config.is_planted(PlantedBug::MergeInputsDeletedFirst) {
            for name in inputs.iter().flat_map(|file| names_of(&file.row.path)) {
                drop(self.inner.world.disk.remove(&name).await);
            }
        }
        if config.is_planted(PlantedBug::MergeForgetsAnInput) && swap.removed.len() > 1 {
            swap.removed.pop();
        }
        swap
    }
}

/// Where the file of a level lies: beside its inputs, or in the directory of their day.
fn directory(path: &str, level: u8) -> String {
    // events, environment, class, year, month, day, and the hour unless the file is of a whole day.
    let parts: Vec<&str> = path.split('/').collect();
    let depth = if level >= policy::LEVEL_DAY { 6 } else { parts.len() - 1 };
    parts[..depth.min(parts.len() - 1)].join("/")
}
