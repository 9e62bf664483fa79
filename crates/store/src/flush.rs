//! The flusher: writes a cut of everything live to data files and commits them as one.

pub(crate) mod encode;
mod plan;
pub(crate) mod schema;
pub(crate) mod write;

use crate::catalog::{CatalogError, Cut, FileRow};
use crate::fault::{FaultKind, errno, is_disk_full};
use crate::file::writer::names_of;
use crate::inner::{Inner, until_closed};
use crate::live::{FrozenCut, seal_all};
use crate::planted::PlantedBug;
use futures_util::future::select;
use plan::FilePlan;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// The pause after a first failure; each further one doubles it.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// The pause when the disk is full.
const PAUSE_FULL: Duration = Duration::from_secs(5);

/// How far flushing has come; everybody may watch.
#[derive(Debug, Clone, Default)]
pub(crate) struct FlushProgress {
    /// Somebody asked that everything up to here be flushed.
    pub wanted_through: u64,
    pub flushed_through: u64,
    /// Attempts that failed since the start.
    pub failures: u64,
    pub last_failure: String,
    /// Since when attempts fail, ns since 1970 UTC; 0 when the last one did not.
    pub failing_since_ns: i64,
    /// The flusher has ended.
    pub is_over: bool,
}

/// The task's own state.
pub(crate) struct Flusher {
    inner: Arc<Inner>,
    /// Files that no catalog will ever name and that nobody needs.
    to_remove: Vec<String>,
    /// Files that no catalog names, until the next commit has their rows in others: the log may not be known to be synced so far.
    replaced_later: Vec<String>,
    /// Some could not be removed when they should have been.
    must_remove_again: bool,
    pause: Duration,
}

/// A data file that could not be written.
#[derive(Debug)]
pub(crate) struct WriteError {
    pub path: String,
    pub source: io::Error,
}

/// The tasks are to end.
struct Closing;

impl Flusher {
    pub fn new(inner: Arc<Inner>, replaced_later: Vec<String>) -> Self {
        let flushed_through = inner.state().flushed_through;
        inner.flush_progress.send_modify(|progress| progress.flushed_through = flushed_through);
        Self { inner, to_remove: Vec::new(), replaced_later, must_remove_again: false, pause: PAUSE_FIRST }
    }

    /// Runs until the store closes.
    pub async fn run(mut self) {
        while !self.inner.is_closing() {
            let due_in = self.due_in();
            if !due_in.is_zero() {
                let due_in = if self.must_remove_again { due_in.min(PAUSE_FULL) } else { due_in };
                let wake = async {
                    select(pin!(self.inner.flusher.notified()), self.inner.world.clock.sleep(due_in)).await;
                };
                if until_closed(&self.inner, wake).await.is_none() {
                    break;
                }
                if self.must_remove_again {
                    self.remove_abandoned().await;
                }
                continue;
            }
            let frozen = self.inner.state().freeze(&self.inner.config);
            let Some(frozen) = frozen else { continue };
            if self.flush(frozen).await.is_err() {
                break;
            }
        }
        self.inner.flush_progress.send_modify(|progress| progress.is_over = true);
    }

    /// How long until a flush is due; zero = now.
    fn due_in(&self) -> Duration {
        let config = &self.inner.config;
        let wanted_through = self.inner.flush_progress.borrow().wanted_through;
        let state = self.inner.state();
        if state.published_through == state.flushed_through {
            return config.flush_age.max(PAUSE_FIRST);
        }
        let is_large = state.unfrozen_rows >= config.flush_rows || state.live_size().1 >= config.live_bytes;
        if is_large || wanted_through > state.flushed_through {
            return Duration::ZERO;
        }
        let oldest = state.oldest_live.unwrap_or_default();
        (oldest + config.flush_age).saturating_sub(self.inner.now())
    }

    async fn flush(&mut self, mut frozen: FrozenCut) -> Result<(), Closing> {
        let began = self.inner.now();
        // Readers keep the chunks as they are; these are for writing only.
        frozen.chunks.values_mut().for_each(|chunks| *chunks = seal_all(chunks));
        self.pause = PAUSE_FIRST;
        let mut cut =
            Cut { flushed_through: frozen.through, columns: frozen.columns.clone(), datasets: frozen.datasets.clone(), ..Cut::default() };
        if self.inner.config.is_planted(PlantedBug::FlushedThroughBeforeFiles) {
            self.commit(&cut).await?;
        }
        // Were rows in files, visible or left behind, whose requests are not in the log, a start would not know these requests when they are
        // sent again.
        self.inner.until_log_synced(frozen.through).await.ok_or(Closing)?;
        for plan in plan::plan_files(&frozen, &self.inner.config) {
            cut.files.push(self.write_file(&frozen, plan).await?);
        }
        if self.inner.config.is_planted(PlantedBug::CutEndReadLate) {
            cut.flushed_through = self.inner.state().published_through;
        }
        if self.inner.config.is_planted(PlantedBug::LogFreedEarly) {
            drop(self.inner.log.free(cut.flushed_through, Duration::MAX).await);
        }
        self.commit(&cut).await?;
        self.finish(&cut, began).await;
        Ok(())
    }

    /// Writes one file, again and again until it is durable.
    async fn write_file(&mut self, frozen: &FrozenCut, plan: FilePlan) -> Result<FileRow, Closing> {
        let inner = self.inner.clone();
        loop {
            if inner.is_closing() {
                return Err(Closing);
            }
            let id = new_file_id(&inner);
            match write::write_file(&inner, frozen, &plan, &id).await {
                Ok(row) => return Ok(row),
                Err(error) => {
                    self.to_remove.extend(names_of(&error.path));
                    if is_disk_full(&error.source) {
                        inner.stop_for_full_disk().await;
                        // The unfinished file takes room that is needed.
                        self.remove_abandoned().await;
                        self.failed(format!("disk full while writing {}", error.path), PAUSE_FULL).await?;
                        continue;
                    }
                    let message = format!("could not make {} durable ({}); will write it again", error.path, errno(&error.source));
                    inner.tell(FaultKind::FileSync, message.clone());
                    let pause = self.next_pause();
                    self.failed(message, pause).await?;
                }
            }
        }
    }

    /// Commits the cut, again and again until the catalog holds it.
    async fn commit(&mut self, cut: &Cut) -> Result<(), Closing> {
        let inner = self.inner.clone();
        let mut was_absent = false;
        loop {
            match inner.world.catalog.commit_cut(cut.clone()).await {
                Ok(()) => {
                    if was_absent {
                        inner.tell(FaultKind::CatalogUncertain, "catalog write uncertain; re-checked: written again".to_owned());
                    }
                    return Ok(());
                }
                Err(CatalogError::Uncertain(_)) if inner.config.is_planted(PlantedBug::UncertainCommitBelieved) => return Ok(()),
                Err(CatalogError::Uncertain(reason)) => match self.is_committed(cut, reason).await? {
                    true => {
                        inner.tell(FaultKind::CatalogUncertain, "catalog write uncertain; re-checked: present".to_owned());
                        return Ok(());
                    }
                    // Once more at once; a catalog that goes on like this gets time.
                    false if !was_absent => was_absent = true,
                    false => {
                        inner.stop_if_full().await;
                        let pause = self.next_pause();
                        self.failed("catalog write uncertain".to_owned(), pause).await?;
                    }
                },
                Err(CatalogError::Full(reason)) => {
                    inner.stop_for_full_disk().await;
                    self.failed(format!("disk full while writing the catalog: {reason}"), PAUSE_FULL).await?;
                }
                Err(error) => {
                    inner.tell(FaultKind::CatalogFailed, format!("{error}; will commit again"));
                    let pause = self.next_pause();
                    self.failed(error.to_string(), pause).await?;
                }
            }
        }
    }

    /// Looks into the catalog until it answers: a cut is there as a whole or not at all.
    async fn is_committed(&mut self, cut: &Cut, mut reason: String) -> Result<bool, Closing> {
        let inner = self.inner.clone();
        loop {
            match inner.world.catalog.load().await {
                Ok(state) => {
                    let has = |file: &FileRow| state.files.iter().any(|known| known.id == file.id);
                    return Ok(state.flushed_through >= cut.flushed_through && cut.files.iter().all(has));
                }
                Err(error) => reason = format!("{reason}; {error}"),
            }
            let pause = self.next_pause();
            self.failed(reason.clone(), pause).await?;
        }
    }

    async fn finish(&mut self, cut: &Cut, began: Duration) {
        let inner = self.inner.clone();
        {
            let mut state = inner.state();
            state.replace(cut, &inner.files, &inner.config);
            let (rows, bytes) = state.live_size();
            inner.numbers.live_rows.set(rows as i64);
            inner.numbers.live_bytes.set(bytes as i64);
        }
        inner.numbers.files.add(cut.files.len() as u64);
        inner.numbers.file_bytes.add(cut.files.iter().map(|file| file.bytes).sum());
        inner.numbers.flush_seconds.observe(inner.now().saturating_sub(began));
        inner.flush_progress.send_modify(|progress| {
            progress.flushed_through = cut.flushed_through;
            progress.failing_since_ns = 0;
        });
        self.to_remove.append(&mut self.replaced_later);
        self.remove_abandoned().await;
        inner.keeper.notify_one();
        inner.merger.notify_one();
    }

    async fn remove_abandoned(&mut self) {
        let mut left = Vec::new();
        for path in std::mem::take(&mut self.to_remove) {
            match self.inner.world.disk.remove(&path).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => left.push(path),
                _ => {}
            }
        }
        self.must_remove_again = !left.is_empty();
        self.to_remove = left;
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE_MAX);
        pause
    }

    /// Tells those who wait for the flush, and pauses.
    async fn failed(&self, reason: String, pause: Duration) -> Result<(), Closing> {
        let now_ns = self.inner.wall_ns();
        self.inner.flush_progress.send_modify(|progress| {
            progress.failures += 1;
            progress.last_failure = reason;
            if progress.failing_since_ns == 0 {
                progress.failing_since_ns = now_ns.max(1);
            }
        });
        self.inner.pause(pause).await;
        if self.inner.is_closing() { Err(Closing) } else { Ok(()) }
    }
}

/// A ULID: sorts by time, and nobody guesses it.
pub(crate) fn new_file_id(inner: &Inner) -> String {
    let random = u128::from(inner.world.rng.next_u64()) << 64 | u128::from(inner.world.rng.next_u64());
    let milliseconds = u64::try_from(inner.wall_ns() / 1_000_000).unwrap_or(0);
    ulid::Ulid::from_parts(milliseconds, random).to_string()
}
