//! Letting go of rows that have been kept long enough, and of the oldest when they take too much room.

use super::replace::Replacing;
use super::rule::{Datasets, RowRule};
use super::{Failure, Merger, dispose};
use crate::catalog::{Swap, SwapReason};
use crate::fault::{FaultKind, shown_bytes};
use crate::file::DataFile;
use crate::file::writer::directory_of;
use crate::planted::PlantedBug;
use crate::retention::Verdict;
use crate::retention::clock::Reading;
use glasshive_model::EnvironmentId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Name of the setting with what is kept of the clock, see [`RetentionClock::to_kept`].
pub(crate) const CLOCK_SETTING: &str = "retention.clock";
/// The setting of the time is written anew once it is wrong by so much: a start that believes an hour less doubts a jump only earlier.
const KEPT_WITHIN_NS: u64 = 3_600 * 1_000_000_000;

impl Merger {
    /// One look through all files.
    pub(super) async fn retain(&mut self) -> Result<(), Failure> {
        if let Some(now_ns) = self.believed_time().await? {
            // What needs no room comes first: it may make some.
            for (environment, file, verdict) in self.verdicts(now_ns) {
                if verdict == Verdict::Goes {
                    self.drop_files(environment, vec![file]).await?;
                }
            }
            self.keep_within_bytes().await?;
            return self.rewrite_shared(now_ns).await;
        }
        self.keep_within_bytes().await
    }

    /// Writes files anew of which only some datasets have been kept long enough.
    async fn rewrite_shared(&mut self, now_ns: i64) -> Result<(), Failure> {
        for (environment, file, verdict) in self.verdicts(now_ns) {
            let Verdict::Without(datasets) = verdict else { continue };
            // What cannot be read now stays until all of it may go.
            if self.inner.unmergeable().contains(&file.row.id) {
                continue;
            }
            let over = file.row.datasets.iter().filter(|(slug, _)| datasets.contains(slug));
            let left_out = over.map(|(_, rows)| *rows).sum();
            let rules = vec![RowRule { datasets: Datasets::Except(datasets), deleted: None }];
            // What leaves rows out has counted them.
            let (level, reason, folds) = (file.row.level, SwapReason::Retention, false);
            match self.replace(Replacing { environment, inputs: &[file], level, rules, left_out, reason, folds }).await {
                Err(Failure::SetAside(reason)) => tracing::debug!(reason, "a file is left alone"),
                other => {
                    other?;
                    self.inner.numbers.expired_rows.add(left_out);
                }
            }
        }
        Ok(())
    }

    /// The time by which rows are old; `None` while the clock is not believed.
    async fn believed_time(&mut self) -> Result<Option<i64>, Failure> {
        let inner = self.inner.clone();
        let (wall_ns, now) = (inner.wall_ns(), inner.now());
        let is_confirmed = inner.clock_confirmed.swap(false, Ordering::SeqCst);
        let reading = inner.retention_clock().read(wall_ns, now, is_confirmed);
        match reading {
            Reading::Time(time_ns) => {
                self.look_ahead(wall_ns, now, is_confirmed);
                self.keep_clock().await?;
                Ok(Some(time_ns))
            }
            // Where nothing goes for its age nothing is paused.
            Reading::Jumped(_) if inner.config.retention.is_for_ever() => Ok(None),
            Reading::Jumped(by) => {
                let hours = by.as_secs() / 3_600;
                inner.tell(FaultKind::Clock, format!("clock moved by {hours} h; retention is paused"));
                Ok(None)
            }
            Reading::Doubted => Ok(None),
        }
    }

    /// A clock that was ahead and is set back leaves files that count as received in the future: that is told, and ended by whoever
    /// says that the clock is right now.
    fn look_ahead(&self, wall_ns: i64, now: Duration, is_confirmed: bool) {
        let clock = self.inner.retention_clock().clone();
        let (flushed_through, ahead) = {
            let state = self.inner.state();
            let files = state.environments.values().flat_map(|environment| &environment.files);
            let received = files.map(|file| clock.received_ns(file.row.ingest_max_ns, file.row.sequence_last));
            (state.flushed_through, received.filter(|received_ns| *received_ns > wall_ns).collect::<Vec<i64>>())
        };
        let latest_ns = ahead.iter().copied().max().unwrap_or(i64::MIN);
        let is_to_be_told = {
            let mut clock = self.inner.retention_clock();
            if is_confirmed && !ahead.is_empty() {
                clock.cap(flushed_through, wall_ns);
            }
            clock.is_future_to_be_told(latest_ns, wall_ns, now)
        };
        if is_to_be_told && !self.inner.config.retention.is_for_ever() {
            let (count, latest) = (ahead.len(), crate::time::shown(latest_ns));
            let message = format!(
                "{count} files count as received in the future, up to {latest}, and are kept so much longer. If the clock is right now, \
                 run: glasshive confirm-clock"
            );
            self.inner.tell(FaultKind::Clock, message);
        }
    }

    /// The catalog keeps what is believed and what is known of wrong clocks.
    async fn keep_clock(&mut self) -> Result<(), Failure> {
        let inner = self.inner.clone();
        let (believed_ns, is_corrected, kept) = {
            let clock = inner.retention_clock();
            (clock.believed_ns(), clock.has_new_corrections(), clock.to_kept())
        };
        if is_corrected || self.clock_kept_ns.abs_diff(believed_ns) >= KEPT_WITHIN_NS {
            let kept = inner.world.catalog.set_setting(CLOCK_SETTING, kept).await;
            kept.map_err(|error| Failure::Later(error.to_string()))?;
            self.clock_kept_ns = believed_ns;
            inner.retention_clock().corrections_kept();
        }
        Ok(())
    }

    fn verdicts(&self, now_ns: i64) -> Vec<(EnvironmentId, Arc<DataFile>, Verdict)> {
        let config = &self.inner.config;
        let clock = self.inner.retention_clock().clone();
        let state = self.inner.state();
        let files =
            state.environments.iter().flat_map(|(id, environment)| environment.files.iter().map(move |file| (*id, environment, file)));
        let verdicts = files.map(|(id, environment, file)| {
            let by_event = config.is_planted(PlantedBug::RetentionByEventTime);
            let received_ns =
                if by_event { file.row.time_max_ns } else { clock.received_ns(file.row.ingest_max_ns, file.row.sequence_last) };
            (id, file.clone(), config.retention.verdict(&environment.slug, &file.row, received_ns, now_ns))
        });
        verdicts.filter(|(_, _, verdict)| *verdict != Verdict::Stays).collect()
    }

    async fn drop_files(&mut self, environment: EnvironmentId, files: Vec<Arc<DataFile>>) -> Result<(), Failure> {
        let rows: u64 = files.iter().map(|file| file.row.rows).sum();
        let removed = files.iter().map(|file| file.row.id.clone()).collect();
        let swap = Swap { reason: SwapReason::Retention, removed, added: Vec::new() };
        // What is held here would look as if somebody read it.
        drop(files);
        self.commit(&swap).await?;
        dispose::swapped(&self.inner, &swap);
        self.inner.numbers.expired_rows.add(rows);
        tracing::info!(environment = environment.0, rows, files = swap.removed.len(), "kept long enough");
        Ok(())
    }

    /// While files take more room than they may, the oldest partition of the largest environment goes.
    async fn keep_within_bytes(&mut self) -> Result<(), Failure> {
        let Some(max_bytes) = self.inner.config.retention.max_bytes else { return Ok(()) };
        while let Some((environment, slug, files)) = self.oldest_beyond(max_bytes) {
            let sum = |of: fn(&DataFile) -> u64| files.iter().map(|file| of(file)).sum::<u64>();
            let (rows, bytes, count) = (sum(|file| file.row.rows), sum(|file| file.row.bytes), files.len());
            let from = crate::time::shown(files.iter().map(|file| file.row.time_min_ns).min().unwrap_or(0));
            self.drop_files(environment, files).await?;
            let message = format!(
                "more than retention.max_bytes ({}) is stored; deleted {rows} events of {slug} from {from} on, {} in {count} files",
                shown_bytes(max_bytes),
                shown_bytes(bytes)
            );
            self.inner.tell(FaultKind::Retention, message);
        }
        Ok(())
    }

    fn oldest_beyond(&self, max_bytes: u64) -> Option<(EnvironmentId, String, Vec<Arc<DataFile>>)> {
        let state = self.inner.state();
        let bytes = |files: &[Arc<DataFile>]| files.iter().map(|file| file.row.bytes).sum::<u64>();
        let all: u64 = state.environments.values().map(|environment| bytes(&environment.files)).sum();
        if all <= max_bytes {
            return None;
        }
        let (id, largest) = state.environments.iter().max_by_key(|(id, environment)| (bytes(&environment.files), id.0))?;
        let mut partitions: BTreeMap<&str, Vec<&Arc<DataFile>>> = BTreeMap::new();
        for file in &largest.files {
            partitions.entry(directory_of(&file.row.path)).or_default().push(file);
        }
        // By when its rows came in the log, which no clock can change.
        let oldest = partitions.into_values().min_by_key(|files| files.iter().map(|file| file.row.sequence_last).max())?;
        Some((*id, largest.slug.clone(), oldest.into_iter().cloned().collect()))
    }
}
