//! The log writer: takes what waits, writes and syncs it as one group, makes its rows readable, answers.

use super::queue::Pending;
use super::recovery::Recovered;
use super::segment::{Group, OpenSegment, SegmentError, segment_name};
use crate::config::Durability;
use crate::fault::{FaultKind, errno, is_disk_full, shown_bytes};
use crate::ingest::Stop;
use crate::inner::Inner;
use crate::live::Published;
use crate::planted::PlantedBug;
use glasshive_model::rows::Stamp;
use glasshive_model::{Appended, SinkError};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// A second failure within this time stops ingest.
const TWICE_WITHIN: Duration = Duration::from_secs(60);
/// How often a fresh file is tried after that.
const PROBE_REFUSED: Duration = Duration::from_secs(10);
/// How often a full disk is looked at.
const PROBE_FULL: Duration = Duration::from_secs(5);

/// The task's own state.
pub(crate) struct Writer {
    inner: Arc<Inner>,
    open: Option<OpenSegment>,
    next_sequence: u64,
    synced_through: u64,
    /// What is written but not known to be synced, kept to be written elsewhere should the sync fail.
    unsynced: Vec<Group>,
    unsynced_since: Duration,
    last_failure: Option<Duration>,
}

/// Ingest must stop.
struct Halt {
    stop: Stop,
    reason: String,
}

impl Writer {
    /// A writer that goes on where recovery has left the log.
    pub fn new(inner: Arc<Inner>, recovered: Recovered) -> Self {
        let synced_through = recovered.unsynced.first().map_or(recovered.next_sequence, |group| group.first_sequence) - 1;
        inner.log_synced.send_replace(synced_through);
        Self {
            inner,
            open: recovered.open,
            synced_through,
            next_sequence: recovered.next_sequence,
            unsynced: recovered.unsynced,
            unsynced_since: Duration::ZERO,
            last_failure: None,
        }
    }

    /// Runs until the queue is closed and empty.
    pub async fn run(mut self) {
        loop {
            if self.inner.queue.is_done() {
                return self.finish().await;
            }
            if let Some(stopped) = self.inner.ingest.stopped().filter(|stopped| stopped.stop != Stop::Stopping) {
                self.refuse_all(&stopped.reason);
                self.wait_and_probe(stopped.stop).await;
                continue;
            }
            let batch = self.inner.queue.take(self.inner.config.group_bytes);
            if batch.is_empty() {
                self.wait().await;
                continue;
            }
            self.log(batch).await;
        }
    }

    /// Waits for work; meanwhile syncs what relaxed durability has left unsynced, when it is due.
    async fn wait(&mut self) {
        if self.unsynced.is_empty() {
            return self.inner.queue.changed().await;
        }
        let inner = self.inner.clone();
        let left = (self.unsynced_since + self.interval()).saturating_sub(inner.now());
        futures_util::future::select(std::pin::pin!(inner.queue.changed()), inner.world.clock.sleep(left)).await;
        if let Err(halt) = self.sync_if_due().await {
            self.halt(halt);
        }
    }

    fn interval(&self) -> Duration {
        match self.inner.config.durability {
            Durability::Fsync => Duration::ZERO,
            Durability::Relaxed { interval } => interval,
        }
    }

    async fn sync_if_due(&mut self) -> Result<(), Halt> {
        let is_due = !self.unsynced.is_empty() && self.inner.now() >= self.unsynced_since + self.interval();
        match is_due {
            true => self.sync_open().await,
            false => Ok(()),
        }
    }

    async fn sync_open(&mut self) -> Result<(), Halt> {
        match self.sync().await {
            Ok(()) => Ok(()),
            Err(error) => self.moved(error).await,
        }
    }

    async fn log(&mut self, batch: Vec<Pending>) {
        let group = Group { first_sequence: self.next_sequence, records: batch.iter().map(|pending| pending.record.clone()).collect() };
        let end = group.end();
        if self.unsynced.is_empty() {
            self.unsynced_since = self.inner.now();
        }
        self.unsynced.push(group);
        if self.inner.config.is_planted(PlantedBug::AckBeforeSync) {
            self.next_sequence = end;
            self.publish(batch, end);
            drop(self.persist().await);
            return;
        }
        match self.persist().await {
            Ok(()) => {
                self.next_sequence = end;
                self.publish(batch, end);
            }
            Err(halt) => {
                // These are answered with a refusal and forgotten: the next segment begins with the same sequence, which voids
                // whatever the disk kept of them.
                self.unsynced.pop();
                let reason = halt.reason.clone();
                self.halt(halt);
                refuse(&self.inner, batch, &reason);
            }
        }
    }

    /// Makes the newest group as durable as the configuration asks for.
    async fn persist(&mut self) -> Result<(), Halt> {
        match self.append().await {
            Ok(()) => self.sync_if_due().await,
            Err(error) => self.moved(error).await,
        }
    }

    async fn append(&mut self) -> Result<(), SegmentError> {
        let group = self.unsynced.last().expect("the caller has pushed a group").clone();
        let Some(open) = &mut self.open else { return self.roll(false).await };
        let (parts, bytes) = group.encode(open.life, self.synced_through);
        if open.position + bytes > open.bytes {
            if self.unsynced.len() > 1 {
                // What came before stays where it is, so it must be durable there.
                self.unsynced.pop();
                let synced = self.sync().await;
                self.unsynced.push(group);
                synced?;
            }
            return self.roll(false).await;
        }
        let written = open.file.write_at(open.position, parts).await;
        open.position += bytes;
        let generation = open.generation;
        written.map_err(|source| SegmentError { segment: segment_name(generation), source })?;
        self.grown(generation, group.end() - 1);
        Ok(())
    }

    /// Begins a new segment with everything that is not synced yet.
    async fn roll(&mut self, is_fresh: bool) -> Result<(), SegmentError> {
        let first = self.unsynced.first().map_or(self.next_sequence, |group| group.first_sequence);
        self.open = None;
        let open = self.inner.log.create(first, &self.unsynced, is_fresh).await?;
        self.grown(open.generation, self.unsynced.last().map_or(first, Group::end) - 1);
        self.open = Some(open);
        self.all_synced();
        self.inner.keeper.notify_one();
        Ok(())
    }

    fn grown(&self, generation: u64, last_sequence: u64) {
        self.inner.log.grown(generation, last_sequence, self.inner.now() + self.inner.config.redelivery_window);
    }

    /// Syncs the open segment.
    async fn sync(&mut self) -> Result<(), SegmentError> {
        let Some(open) = &self.open else { return Ok(()) };
        let began = self.inner.now();
        let mut synced = open.file.sync().await;
        if synced.is_err() && self.inner.config.is_planted(PlantedBug::SyncRetriedOnSameFile) {
            synced = open.file.sync().await;
        }
        if self.inner.config.is_planted(PlantedBug::FailedSyncIgnored) {
            synced = Ok(());
        }
        synced.map_err(|source| SegmentError { segment: segment_name(open.generation), source })?;
        self.inner.numbers.sync_seconds.observe(self.inner.now().saturating_sub(began));
        self.all_synced();
        Ok(())
    }

    fn all_synced(&mut self) {
        if let Some(group) = self.unsynced.last() {
            self.synced_through = group.end() - 1;
            self.inner.log_synced.send_replace(self.synced_through);
        }
        self.unsynced.clear();
    }

    /// The disk refused a write or a sync. Nothing that was not synced before is believed to be on it, and the file is not
    /// touched again: once more, into a new file, from memory.
    async fn moved(&mut self, error: SegmentError) -> Result<(), Halt> {
        self.abandon();
        if is_disk_full(&error.source) {
            return Err(self.full().await);
        }
        let now = self.inner.now();
        let is_second = self.last_failure.is_some_and(|last| now.saturating_sub(last) < TWICE_WITHIN);
        self.last_failure = Some(now);
        self.inner.want_flush();
        if is_second {
            return Err(refused_twice(&error));
        }
        match self.roll(true).await {
            Ok(()) => {
                let message = format!(
                    "disk refused a flush ({}) at segment {}; data was moved to a new segment",
                    errno(&error.source),
                    error.segment
                );
                self.inner.tell(FaultKind::LogSync, message);
                Ok(())
            }
            Err(again) if is_disk_full(&again.source) => Err(self.full().await),
            Err(again) => Err(refused_twice(&again)),
        }
    }

    fn abandon(&mut self) {
        if let Some(open) = self.open.take() {
            self.inner.log.poison(open.generation);
        }
    }

    async fn full(&self) -> Halt {
        Halt { stop: Stop::DiskFull, reason: self.inner.disk_full().await }
    }

    fn halt(&mut self, halt: Halt) {
        if self.inner.ingest.stop(halt.stop, halt.reason.clone(), self.inner.wall_ns()) {
            let kind = if halt.stop == Stop::DiskFull { FaultKind::DiskFull } else { FaultKind::LogSync };
            self.inner.tell(kind, halt.reason);
        }
    }

    fn refuse_all(&self, reason: &str) {
        loop {
            let batch = self.inner.queue.take(usize::MAX);
            if batch.is_empty() {
                return;
            }
            refuse(&self.inner, batch, reason);
        }
    }

    /// Ingest is stopped: now and then looks whether it may go on.
    async fn wait_and_probe(&mut self, stop: Stop) {
        let inner = self.inner.clone();
        let pause = if stop == Stop::DiskFull { PROBE_FULL } else { PROBE_REFUSED };
        let until = inner.now() + pause;
        loop {
            let left = until.saturating_sub(inner.now());
            if left.is_zero() {
                break;
            }
            futures_util::future::select(std::pin::pin!(inner.queue.changed()), inner.world.clock.sleep(left)).await;
            let still = inner.ingest.stopped().filter(|stopped| stopped.stop == stop);
            match still {
                Some(stopped) => self.refuse_all(&stopped.reason),
                None => return,
            }
        }
        if stop == Stop::DiskFull && !inner.has_room_again().await {
            return;
        }
        match self.roll(true).await {
            Ok(()) => inner.ingest.resume(),
            Err(error) => {
                tracing::debug!(segment = error.segment, error = %error.source, "the disk still refuses");
                if is_disk_full(&error.source) {
                    // The reserve was just taken, and the room is needed after all.
                    drop(inner.disk_full().await);
                }
            }
        }
    }

    /// Makes the rows of a durable group readable, then answers.
    fn publish(&mut self, batch: Vec<Pending>, end: u64) {
        let now = self.inner.now();
        let mut sequences = end - batch.len() as u64..end;
        let mut answers = Vec::with_capacity(batch.len());
        let mut published = Vec::with_capacity(batch.len());
        self.inner.numbers.appended_bytes.add(batch.iter().map(|pending| pending.record.body.len() as u64).sum());
        for pending in batch {
            let sequence = sequences.next().expect("the group has as many sequences as records");
            let stamp = Stamp { sequence, ingest_time_ns: pending.record.received_ns };
            published.push(Published { environment: pending.record.environment, rows: pending.rows, stamp });
            answers.push((pending.identity, pending.answer, sequence));
        }
        self.inner.publish(published);
        let mut window = self.inner.window();
        for (identity, answer, sequence) in answers {
            window.settle(identity, &Ok(()), now);
            // Whoever asked may have gone; the request is kept all the same.
            drop(answer.send(Ok(Appended::Stored { sequence })));
        }
    }

    /// The queue is closed: the last group is synced, and a group of no records says so.
    async fn finish(mut self) {
        if let Err(halt) = self.sync_open().await {
            self.halt(halt);
        }
        let is_synced = self.unsynced.is_empty();
        if let (Some(open), true) = (&mut self.open, is_synced) {
            let (parts, bytes) =
                Group { first_sequence: self.next_sequence, records: Vec::new() }.encode(open.life, self.next_sequence - 1);
            if open.position + bytes <= open.bytes {
                let sealed = async {
                    open.file.write_at(open.position, parts).await?;
                    open.file.sync().await
                };
                if let Err(error) = sealed.await {
                    tracing::debug!(%error, "the log could not be marked clean; the next start reads its end");
                }
            }
        }
    }
}

fn refused_twice(error: &SegmentError) -> Halt {
    let errno = errno(&error.source);
    let reason = format!("disk refused a flush ({errno}) at segment {} twice; ingest stopped to protect acknowledged data", error.segment);
    Halt { stop: Stop::Refused, reason }
}

fn refuse(inner: &Inner, batch: Vec<Pending>, reason: &str) {
    let now = inner.now();
    for pending in batch {
        let error = SinkError::Stopped { reason: reason.to_owned() };
        inner.window().settle(pending.identity, &Err(error.clone()), now);
        // Whoever asked may have gone.
        drop(pending.answer.send(Err(error)));
    }
}

/// The message of a full disk.
pub(crate) fn disk_full_message(free: io::Result<u64>, path: &str) -> String {
    let free = free.map_or_else(|_| "an unknown amount".to_owned(), shown_bytes);
    format!("disk full: {free} left on {path}; ingest paused, nothing deleted. Free space or set retention.max_bytes")
}
