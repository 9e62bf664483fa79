//! What the handle and the background tasks share.

mod append;
mod deletions;
mod open;
mod status;

use crate::config::StoreConfig;
use crate::error::FlushError;
use crate::fault::{FaultKind, Faults};
use crate::file::FileContext;
use crate::flush::FlushProgress;
use crate::ingest::{Ingest, STOPPING, Stop};
use crate::live::{Chunk, State};
use crate::log::queue::Queue;
use crate::log::segment::LogFiles;
use crate::log::window::Window;
use crate::merge::MergeProgress;
use crate::merge::aside::SetAside;
use crate::merge::dispose::Leaving;
use crate::numbers::Numbers;
use crate::reserve::Reserve;
use crate::retention::clock::RetentionClock;
use crate::tail::Tail;
use crate::world::World;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, watch};

/// With less room than this a disk counts as full when something fails on it without saying why.
const FULL_BYTES: u64 = 1 << 20;
/// Whether the log still takes something is looked at so often by those that wait for it.
const LOG_LOOKED_AT: Duration = Duration::from_secs(1);

pub(crate) struct Inner {
    pub world: World,
    pub config: StoreConfig,
    pub faults: Arc<Faults>,
    pub files: Arc<FileContext>,
    pub numbers: Numbers,
    pub queue: Queue,
    pub ingest: Ingest,
    pub log: LogFiles,
    /// Wakes the keeper: something may be worth merging, freeing or preparing.
    pub keeper: Notify,
    /// Wakes the flusher.
    pub flusher: Notify,
    pub flush_progress: watch::Sender<FlushProgress>,
    /// Wakes the merger.
    pub merger: Notify,
    pub merge_progress: watch::Sender<MergeProgress>,
    /// Replaced files that are still on the disk.
    pub leaving: Leaving,
    /// Somebody said that the wall clock is right.
    pub clock_confirmed: AtomicBool,
    deletions_wanted: AtomicBool,
    /// Deletions that are being noted.
    deletions_asked: AtomicUsize,
    retention_clock: Mutex<RetentionClock>,
    /// Files that are not to be read for a merge.
    unmergeable: Mutex<SetAside>,
    /// The last sequence that the log writer knows to be synced.
    pub log_synced: watch::Sender<u64>,
    /// Set once the background tasks are to end.
    closing: AtomicBool,
    /// Tells them, in the order in which they came to wait: a watch would do so in any.
    closing_told: Notify,
    reserve: Reserve,
    state: Mutex<State>,
    window: Mutex<Window>,
    tail: broadcast::Sender<Arc<Chunk>>,
    /// Background tasks that have ended, by name.
    ended: watch::Sender<Vec<&'static str>>,
}

impl Inner {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn unmergeable(&self) -> MutexGuard<'_, SetAside> {
        self.unmergeable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn retention_clock(&self) -> MutexGuard<'_, RetentionClock> {
        self.retention_clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> Duration {
        self.world.clock.monotonic()
    }

    pub fn wall_ns(&self) -> i64 {
        self.world.clock.wall_ns()
    }

    pub fn tell(&self, kind: FaultKind, message: String) {
        self.faults.tell(kind, self.wall_ns(), message);
    }

    pub fn subscribe(&self) -> Tail {
        Tail::new(self.tail.subscribe())
    }

    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Resolves when the background tasks are to end.
    pub async fn closed(&self) {
        let mut told = std::pin::pin!(self.closing_told.notified());
        told.as_mut().enable();
        if !self.is_closing() {
            told.await;
        }
    }

    /// Sleeps, but not beyond the end.
    pub async fn pause(&self, duration: Duration) {
        futures_util::future::select(std::pin::pin!(self.closed()), self.world.clock.sleep(duration)).await;
    }

    /// The disk is full: gives back the reserve, and says so.
    pub async fn disk_full(&self) -> String {
        let free = self.world.disk.free_bytes().await;
        self.reserve.give_back(&self.world).await;
        crate::log::writer::disk_full_message(free, &self.config.shown_path)
    }

    /// Whether there is room for the reserve and as much again; if so the reserve is taken.
    pub async fn has_room_again(&self) -> bool {
        match self.world.disk.free_bytes().await {
            Ok(free) if free >= 2 * self.config.reserve_bytes => self.reserve.ensure(&self.world).await,
            _ => false,
        }
    }

    /// Another part of the store has found the disk full.
    pub async fn stop_for_full_disk(&self) {
        let reason = self.disk_full().await;
        if self.ingest.stop(Stop::DiskFull, reason.clone(), self.wall_ns()) {
            self.tell(FaultKind::DiskFull, reason);
        }
        self.queue.wake();
    }

    /// Something failed for which a full disk may be the reason.
    pub async fn stop_if_full(&self) {
        if self.world.disk.free_bytes().await.is_ok_and(|free| free < FULL_BYTES) {
            self.stop_for_full_disk().await;
        }
    }

    /// Asks for a flush without waiting for it.
    pub fn want_flush(&self) {
        let through = self.state().published_through;
        self.flush_progress.send_modify(|progress| progress.wanted_through = progress.wanted_through.max(through));
        self.flusher.notify_one();
    }

    pub async fn flush(&self) -> Result<(), FlushError> {
        let target = self.state().published_through;
        let failures = self.flush_progress.borrow().failures;
        let mut progress = self.flush_progress.subscribe();
        self.want_flush();
        let reached = progress.wait_for(|progress| progress.flushed_through >= target || progress.failures > failures || progress.is_over);
        match reached.await {
            Ok(progress) if progress.flushed_through >= target => Ok(()),
            Ok(progress) if progress.failures > failures => Err(FlushError::Failed(progress.last_failure.clone())),
            _ => Err(FlushError::Closed),
        }
    }

    pub async fn shutdown(&self) {
        self.ingest.stop(Stop::Stopping, STOPPING.to_owned(), self.wall_ns());
        self.queue.close();
        self.ended("log-writer").await;
        let limit = self.world.clock.sleep(self.config.shutdown_flush);
        // What is not flushed in time is replayed.
        drop(futures_util::future::select(std::pin::pin!(self.flush()), limit).await);
        self.closing.store(true, Ordering::SeqCst);
        self.closing_told.notify_waiters();
        self.flusher.notify_one();
        self.keeper.notify_one();
        self.merger.notify_one();
        self.ended("merger").await;
        self.ended("flusher").await;
        self.ended("keeper").await;
    }

    /// Waits until the log is synced so far; with relaxed durability it need not be yet. A log that takes nothing is not waited for:
    /// then files are what rows are saved in. `None` when the tasks are to end.
    pub async fn until_log_synced(&self, through: u64) -> Option<()> {
        let mut synced = self.log_synced.subscribe();
        let takes = || self.ingest.stopped().is_none_or(|stopped| stopped.stop == Stop::Stopping);
        while *synced.borrow_and_update() < through && takes() {
            let change = async {
                futures_util::future::select(std::pin::pin!(synced.changed()), self.world.clock.sleep(LOG_LOOKED_AT)).await;
            };
            until_closed(self, change).await?;
        }
        Some(())
    }

    async fn ended(&self, name: &'static str) {
        // The sender is in `self`, so waiting cannot fail.
        drop(self.ended.subscribe().wait_for(|ended| ended.contains(&name)).await);
    }
}

/// Runs `work` unless the tasks are to end first; `None` then.
pub(crate) async fn until_closed<T>(inner: &Inner, work: impl Future<Output = T>) -> Option<T> {
    use futures_util::future::{Either, select};
    match select(std::pin::pin!(inner.closed()), std::pin::pin!(work)).await {
        Either::Left(_) => None,
        Either::Right((value, _)) => Some(value),
    }
}
