//! The merger: writes data files anew, one thing after another - few large ones from many small ones, without rows that have been kept
//! long enough, without rows that are to be deleted - and removes those that were replaced.
//!
//! New files are durable before one catalog transaction swaps them for the old ones; the old ones stay until nobody can be
//! reading them. A crash in between leaves either the old files and orphans, or the new files and leftovers; a start tells
//! both apart by the catalog and what the orphan's footer says it replaces. What is to be done is always seen from the files,
//! so nothing has to be remembered over a restart but asked-for deletions, which the catalog keeps.

pub(crate) mod aside;
mod commit;
mod cursor;
mod delete;
pub(crate) mod dispose;
mod fold;
mod output;
mod policy;
mod replace;
mod retain;
mod rewrite;
pub(crate) mod rule;

pub(crate) use output::{PART, PART_OF, REPLACES};
pub(crate) use retain::CLOCK_SETTING;

use crate::catalog::SwapReason;
use crate::inner::{Inner, until_closed};
use crate::planted::PlantedBug;
use futures_util::future::select;
use glasshive_model::EnvironmentId;
use replace::Replacing;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// The pause after a first failure; each further one doubles it.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long the merger sleeps when nothing wakes it and nothing is due.
const IDLE: Duration = Duration::from_secs(60);

/// How far the merger has come with what it was asked for; everybody may watch.
#[derive(Debug, Clone, Default)]
pub(crate) struct MergeProgress {
    /// So many times somebody asked that everything be merged, and so many times it was.
    pub all_wanted: u64,
    pub all_done: u64,
    /// Deletions that are known to be finished.
    pub deleted: BTreeSet<u64>,
    /// Attempts that failed since the start.
    pub failures: u64,
    pub last_failure: String,
    /// When it last looked for something to do and found nothing, retention included; monotonic.
    pub rested_at: Option<Duration>,
    /// The merger has ended.
    pub is_over: bool,
}

/// The task's own state; all of it can be lost.
pub(crate) struct Merger {
    inner: Arc<Inner>,
    /// Files that no catalog will ever name.
    abandoned: Vec<Abandoned>,
    pause: Duration,
    /// What the catalog keeps of the believed time.
    clock_kept_ns: i64,
    retention_at: Duration,
    /// Deletions may be waiting that this task has not looked for yet.
    may_have_deletions: bool,
    /// What deletions that are not finished have come to so far.
    deleting: BTreeMap<u64, delete::Deleting>,
}

/// A file that is to be removed.
struct Abandoned {
    path: String,
    /// From this time on; monotonic.
    at: Duration,
    refusals: dispose::Refusals,
}

/// Why a step was not taken.
enum Failure {
    /// The tasks are to end.
    Closing,
    /// It did not work, and may later.
    Later(String),
    /// One of the files was in the way and is left alone from now on. The others need not wait.
    SetAside(String),
}

impl Merger {
    pub fn new(inner: Arc<Inner>) -> Self {
        let may_have_deletions = !inner.config.is_planted(PlantedBug::DeletionForgottenAtStart);
        let clock_kept_ns = inner.retention_clock().believed_ns();
        Self {
            inner,
            abandoned: Vec::new(),
            pause: PAUSE_FIRST,
            clock_kept_ns,
            retention_at: Duration::ZERO,
            may_have_deletions,
            deleting: BTreeMap::new(),
        }
    }

    /// Runs until the store closes.
    pub async fn run(mut self) {
        while !self.inner.is_closing() {
            let began = self.inner.now();
            let pause = match self.step().await {
                Ok(true) => {
                    self.pause = PAUSE_FIRST;
                    self.inner.world.spawner.yield_now().await;
                    continue;
                }
                Ok(false) => {
                    self.inner.merge_progress.send_modify(|progress| progress.rested_at = Some(began));
                    self.until_due()
                }
                Err(Failure::Closing) => break,
                Err(Failure::Later(reason) | Failure::SetAside(reason)) => self.failed(reason).min(self.until_removal()),
            };
            let wake = async {
                select(pin!(self.inner.merger.notified()), self.inner.world.clock.sleep(pause)).await;
            };
            if until_closed(&self.inner, wake).await.is_none() {
                break;
            }
        }
        self.inner.merge_progress.send_modify(|progress| progress.is_over = true);
    }

    /// Does the next thing that is to be done; `false` when there is none.
    async fn step(&mut self) -> Result<bool, Failure> {
        self.remove_abandoned().await;
        dispose::dispose(&self.inner).await;
        self.inner.unmergeable().take_back_due(self.inner.now());
        if self.inner.now() >= self.retention_at {
            self.retain().await?;
            self.retention_at = self.inner.now() + self.inner.config.retention.every;
            return Ok(true);
        }
        // A deletion that cannot go on keeps nothing else from being done.
        match self.delete_next().await {
            Err(Failure::Later(reason) | Failure::SetAside(reason)) => {
                if self.merge_next().await? {
                    Ok(true)
                } else {
                    Err(Failure::Later(reason))
                }
            }
            Ok(false) => self.merge_next().await,
            done_or_closing => done_or_closing,
        }
    }

    /// Merges some files, if there are any worth it.
    async fn merge_next(&mut self) -> Result<bool, Failure> {
        let inner = self.inner.clone();
        let all_wanted = {
            let progress = inner.merge_progress.borrow();
            (progress.all_wanted > progress.all_done).then_some(progress.all_wanted)
        };
        if !inner.config.merge.enabled && all_wanted.is_none() {
            return Ok(false);
        }
        let found = match self.find_merge(all_wanted.is_some()).await {
            Err(Failure::SetAside(reason)) => {
                tracing::debug!(reason, "a file is left alone");
                return Ok(true);
            }
            other => other?,
        };
        // A deletion that waits may mean a row and not its equal that came later, which must not be folded into it. One that is asked for
        // from now on means all of these rows or none of them.
        let folds = !self.may_have_deletions && !inner.may_have_new_deletions();
        let Some((environment, work)) = found else {
            if let Some(wanted) = all_wanted {
                inner.merge_progress.send_modify(|progress| progress.all_done = wanted);
            }
            return Ok(false);
        };
        self.check_room(&work).await?;
        let began = inner.now();
        let rules = work.outputs.iter().map(|datasets| rule::RowRule { datasets: datasets.clone(), deleted: None });
        let (level, rules, reason) = (work.level, rules.collect(), SwapReason::Merge);
        let into = match self.replace(Replacing { environment, inputs: &work.inputs, level, rules, left_out: 0, reason, folds }).await {
            Err(Failure::SetAside(reason)) => {
                tracing::debug!(reason, "a file is left alone");
                return Ok(true);
            }
            other => other?,
        };
        inner.numbers.merge_seconds.observe(inner.now().saturating_sub(began));
        inner.numbers.merged_files.add(work.inputs.len() as u64);
        tracing::debug!(files = work.inputs.len(), into, level, "merged");
        Ok(true)
    }

    /// The next merge, of files of which it is known how much memory they take.
    async fn find_merge(&self, is_all_wanted: bool) -> Result<Option<(EnvironmentId, policy::Work)>, Failure> {
        let inner = &self.inner;
        loop {
            let found = {
                let skip = inner.unmergeable();
                let config = &inner.config;
                let when =
                    policy::When { config: &config.merge, own_file_rows: config.own_file_rows, now_ns: inner.wall_ns(), is_all_wanted };
                let state = inner.state();
                let mut environments = state.environments.iter();
                environments.find_map(|(id, environment)| Some((*id, policy::next(&environment.files, &skip, when)?)))
            };
            let Some((_, work)) = &found else { return Ok(None) };
            let unknown: Vec<_> = work.inputs.iter().filter(|file| file.streaming_bytes().is_none()).collect();
            if unknown.is_empty() {
                return Ok(found);
            }
            for file in unknown {
                if let Err(error) = file.metadata().await {
                    return Err(self.not_read(&file.row.id, error));
                }
                // It may not be among those that are merged.
                file.release();
            }
        }
    }

    /// A merge needs as much room as its inputs take; on a full disk there is none.
    async fn check_room(&self, work: &policy::Work) -> Result<(), Failure> {
        let bytes: u64 = work.inputs.iter().map(|file| file.row.bytes).sum();
        let needed = bytes + 2 * self.inner.config.reserve_bytes;
        match self.inner.world.disk.free_bytes().await {
            Ok(free) if free >= needed => Ok(()),
            Ok(_) => Err(Failure::Later("no room to merge".to_owned())),
            Err(error) => Err(Failure::Later(format!("could not ask for room: {error}"))),
        }
    }

    /// What cannot be removed now is in nobody's way.
    async fn remove_abandoned(&mut self) {
        let inner = self.inner.clone();
        for mut file in std::mem::take(&mut self.abandoned) {
            if file.at > inner.now() || inner.is_closing() || inner.world.disk.unreachable_for().is_some() {
                self.abandoned.push(file);
                continue;
            }
            match inner.world.disk.remove(&file.path).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    file.at = file.refusals.refused(&inner, &file.path, &error);
                    self.abandoned.push(file);
                }
                _ => {}
            }
        }
    }

    /// These files are to be removed at the next step.
    fn abandon(&mut self, paths: impl IntoIterator<Item = String>) {
        let at = self.inner.now();
        self.abandoned.extend(paths.into_iter().map(|path| Abandoned { path, at, refusals: dispose::Refusals::default() }));
    }

    fn until_due(&self) -> Duration {
        let abandoned_at = self.abandoned.iter().map(|file| file.at).min();
        let set_aside_until = self.inner.unmergeable().next_at();
        let due = [Some(self.retention_at), self.inner.leaving.next_at(), abandoned_at, set_aside_until].into_iter().flatten().min();
        due.map_or(IDLE, |at| at.saturating_sub(self.inner.now()).clamp(PAUSE_FIRST, IDLE))
    }

    /// How long until files are to be removed that could not be before; whatever else fails does not put that off.
    fn until_removal(&self) -> Duration {
        let now = self.inner.now();
        let abandoned = self.abandoned.iter().map(|file| file.at).filter(|at| *at > now);
        let at = abandoned.chain(self.inner.leaving.next_after(now)).min();
        at.map_or(IDLE, |at| at.saturating_sub(now).clamp(PAUSE_FIRST, IDLE))
    }

    /// Tells those who wait, and says how long to pause.
    fn failed(&mut self, reason: String) -> Duration {
        tracing::debug!(reason, "merging pauses");
        self.inner.merge_progress.send_modify(|progress| {
            progress.failures += 1;
            progress.last_failure = reason;
        });
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE_MAX);
        pause
    }
}
