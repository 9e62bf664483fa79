//! What the handle and the background tasks share.

use crate::catalog::CatalogState;
use crate::config::StoreConfig;
use crate::error::{FlushError, OpenError};
use crate::fault::{FaultKind, Faults};
use crate::file::FileContext;
use crate::flush::{FlushProgress, Flusher};
use crate::ingest::{Ingest, Stop};
use crate::keeper::Keeper;
use crate::live::{Chunk, Published, State};
use crate::log::meta::StoredMeta;
use crate::log::queue::{Pending, Queue};
use crate::log::record::LogRecord;
use crate::log::recovery;
use crate::log::segment::{self, LogFiles};
use crate::log::window::{Seen, Window};
use crate::log::writer::Writer;
use crate::numbers::Numbers;
use crate::orphans;
use crate::planted::PlantedBug;
use crate::reserve::Reserve;
use crate::store::{Check, OpenReport, Readiness, StoreStats};
use crate::tail::{TAIL_CHUNKS, Tail};
use crate::world::{OnPanic, World};
use glasshive_base::{BoxFuture, metrics};
use glasshive_model::{Appended, Decoder, EnvironmentId, SinkError, Submission, limits};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, oneshot, watch};

/// Live rows may take so many times the memory at which a flush begins.
const LIVE_BYTES_FACTOR: usize = 4;
/// Name of the setting with the number that log checksums begin with.
const NODE_SETTING: &str = "log.node";

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
    /// Set once the background tasks are to end.
    pub closing: watch::Sender<bool>,
    reserve: Reserve,
    state: Mutex<State>,
    window: Mutex<Window>,
    tail: broadcast::Sender<Arc<Chunk>>,
    /// Background tasks that have ended, by name.
    ended: watch::Sender<Vec<&'static str>>,
}

// === opening ===

impl Inner {
    pub async fn open(
        config: StoreConfig,
        world: World,
        decoder: Arc<dyn Decoder>,
        metrics: metrics::Registry,
    ) -> Result<(Arc<Self>, OpenReport), OpenError> {
        let began = world.clock.monotonic();
        let catalog = world.catalog.load().await?;
        let node = node(&world).await?;
        world.disk.create_dir_all(segment::DIRECTORY).await.map_err(OpenError::disk("create the log's directory"))?;
        let inner = Arc::new(Self::new(config, world, catalog.clone(), node, metrics));
        let recovered = recovery::recover(&inner, &catalog, &*decoder).await?;
        let sorted_out = orphans::sort_out(&inner, &catalog, recovered.next_sequence - 1).await;
        let replaced_later = sorted_out.map_err(OpenError::disk("look through the data files"))?;
        inner.reserve.ensure(&inner.world).await;
        let took = inner.now().saturating_sub(began);
        if recovered.events > 0 {
            let message = format!("recovered {} events from the log in {}", recovered.events, crate::time::shown_duration(took));
            inner.tell(FaultKind::Recovered, message);
        }
        let report =
            OpenReport { recovered_events: recovered.events, took, faults: inner.faults.list(), degraded: recovered.is_degraded };
        let writer = Writer::new(inner.clone(), recovered);
        inner.spawn_tasks(writer, replaced_later);
        Ok((inner, report))
    }

    fn new(config: StoreConfig, world: World, catalog: CatalogState, node: u64, metrics: metrics::Registry) -> Self {
        let numbers = Numbers::new(&metrics);
        let faults = Arc::new(Faults::new(metrics));
        let files =
            Arc::new(FileContext { disk: world.disk.clone(), clock: world.clock.clone(), faults: faults.clone(), config: config.clone() });
        Self {
            faults,
            numbers,
            queue: Queue::new(config.queue_bytes),
            ingest: Ingest::default(),
            log: LogFiles::new(world.disk.clone(), config.clone(), node),
            keeper: Notify::new(),
            flusher: Notify::new(),
            flush_progress: watch::Sender::new(FlushProgress::default()),
            closing: watch::Sender::new(false),
            reserve: Reserve::new(config.reserve_bytes),
            state: Mutex::new(State::new(catalog, &files)),
            window: Mutex::new(Window::new(config.redelivery_window, config.redelivery_requests)),
            tail: broadcast::Sender::new(TAIL_CHUNKS),
            ended: watch::Sender::default(),
            files,
            world,
            config,
        }
    }

    fn spawn_tasks(self: &Arc<Self>, writer: Writer, replaced_later: Vec<String>) {
        // Both abort the process when they panic, so each is made once.
        let writer = Mutex::new(Some(writer));
        self.spawn("log-writer", OnPanic::Abort, move |_| {
            let writer = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            Box::pin(async move {
                if let Some(writer) = writer {
                    writer.run().await;
                }
            })
        });
        let flusher = Mutex::new(Some(Flusher::new(self.clone(), replaced_later)));
        self.spawn("flusher", OnPanic::Abort, move |_| {
            let flusher = flusher.lock().unwrap_or_else(PoisonError::into_inner).take();
            Box::pin(async move {
                if let Some(flusher) = flusher {
                    flusher.run().await;
                }
            })
        });
        self.spawn("keeper", OnPanic::Restart, |inner| Box::pin(Keeper::new(inner).run()));
    }

    fn spawn(
        self: &Arc<Self>,
        name: &'static str,
        on_panic: OnPanic,
        task: impl Fn(Arc<Self>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) {
        let inner = self.clone();
        let task = move || -> BoxFuture<'static, ()> {
            let (inner, work) = (inner.clone(), task(inner.clone()));
            Box::pin(async move {
                work.await;
                inner.ended.send_modify(|ended| ended.push(name));
            })
        };
        self.world.spawner.spawn(name, on_panic, Box::new(task));
    }
}

async fn node(world: &World) -> Result<u64, OpenError> {
    let drawn = world.rng.next_u64().to_le_bytes().to_vec();
    let stored = world.catalog.setting_or_insert(NODE_SETTING, drawn).await?;
    let bytes = stored.first_chunk().copied().unwrap_or_default();
    Ok(u64::from_le_bytes(bytes))
}

// === taking in ===

impl Inner {
    pub async fn append(&self, submission: Submission) -> Result<Appended, SinkError> {
        self.ingest.check()?;
        check_limits(&submission)?;
        self.check_room(0)?;
        self.ensure_environment(submission.environment).await?;
        let Submission { environment, received_ns, meta, codec, body, body_hash, rows } = submission;
        let meta = StoredMeta { meta, body_hash, rows: rows.len() as u32 };
        let record = Arc::new(LogRecord::of_body(environment, received_ns, meta, codec, body));
        let identity = record.identity();
        match self.enqueue(record, rows, identity)? {
            Way::Queued(answer) => answer.await.unwrap_or_else(|_| Err(stopping())),
            Way::Known => {
                self.numbers.duplicates.increment();
                Ok(Appended::Duplicate)
            }
            Way::InFlight(fate) => {
                fate.await.unwrap_or_else(|_| Err(stopping()))?;
                self.numbers.duplicates.increment();
                Ok(Appended::Duplicate)
            }
        }
    }

    /// Puts a request into window and queue, both or neither.
    fn enqueue(&self, record: Arc<LogRecord>, rows: Arc<glasshive_model::Rows>, identity: u128) -> Result<Way, SinkError> {
        let now = self.now();
        let mut window = self.window();
        match window.see(identity, now) {
            Seen::Stored => return Ok(Way::Known),
            Seen::InFlight(fate) if !self.config.is_planted(PlantedBug::WindowIgnoresInFlight) => return Ok(Way::InFlight(fate)),
            Seen::InFlight(_) | Seen::New => {}
        }
        // Looked at under the window's lock: what is queued after the door closed would find no writer.
        let (answer, answered) = oneshot::channel();
        let pushed = self.ingest.check().and_then(|()| {
            self.queue.push(Pending { record, rows, identity, answer }).map_err(|(_, busy)| busy)
        });
        if let Err(error) = pushed {
            window.settle(identity, &Err(error.clone()), now);
            return Err(error);
        }
        Ok(Way::Queued(answered))
    }

    pub fn admit(&self, bytes: usize) -> Result<(), SinkError> {
        self.ingest.check()?;
        self.check_room(bytes)
    }

    fn check_room(&self, bytes: usize) -> Result<(), SinkError> {
        let live = usize::try_from(self.numbers.live_bytes.get()).unwrap_or(0);
        if live > self.config.live_bytes.saturating_mul(LIVE_BYTES_FACTOR) {
            return Err(SinkError::Busy { queued_bytes: live });
        }
        self.queue.admits(bytes)
    }

    /// An environment that another part has made since the start is looked up in the catalog.
    async fn ensure_environment(&self, id: EnvironmentId) -> Result<(), SinkError> {
        if self.state().environments.contains_key(&id) {
            return Ok(());
        }
        let loaded = self.world.catalog.load().await;
        let loaded = loaded.map_err(|error| SinkError::Stopped { reason: error.to_string() })?;
        let mut state = self.state();
        for row in loaded.environments {
            state.environments.entry(row.id).or_default().slug = row.slug;
        }
        match state.environments.contains_key(&id) {
            true => Ok(()),
            false => Err(SinkError::Refused { reason: format!("environment {} does not exist", id.0) }),
        }
    }

    /// Makes the rows of durable records readable, all at once.
    pub fn publish(&self, published: Vec<Published>) {
        let now = self.now();
        let mut state = self.state();
        let mut chunks = Vec::with_capacity(published.len());
        for record in published {
            self.numbers.appended_events.add(record.rows.len() as u64);
            chunks.extend(state.publish(record, now));
        }
        let (rows, bytes) = state.live_size();
        let fresh_rows = state.unfrozen_rows();
        let is_mergeable = state.merge_candidate(self.config.seal_rows).is_some();
        drop(state);
        self.numbers.live_rows.set(rows as i64);
        self.numbers.live_bytes.set(bytes as i64);
        for chunk in chunks {
            // Nobody may be following.
            drop(self.tail.send(chunk));
        }
        if is_mergeable {
            self.keeper.notify_one();
        }
        if fresh_rows >= self.config.flush_rows || bytes >= self.config.live_bytes {
            self.flusher.notify_one();
        }
    }
}

/// What became of a request that wants in.
enum Way {
    Queued(oneshot::Receiver<Result<Appended, SinkError>>),
    Known,
    InFlight(oneshot::Receiver<Result<(), SinkError>>),
}

fn check_limits(submission: &Submission) -> Result<(), SinkError> {
    let rows = submission.rows.len();
    debug_assert!(rows > 0, "a request without rows is not appended");
    if rows > limits::ROWS_PER_REQUEST {
        return Err(SinkError::Refused { reason: format!("a request of {rows} events; the limit is {}", limits::ROWS_PER_REQUEST) });
    }
    Ok(())
}

fn stopping() -> SinkError {
    SinkError::Stopped { reason: STOPPING.to_owned() }
}

const STOPPING: &str = "shutting down";

// === small things ===

impl Inner {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
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
        *self.closing.borrow()
    }

    /// Resolves when the background tasks are to end.
    pub async fn closed(&self) {
        // The sender is in `self`, so waiting cannot fail.
        drop(self.closing.subscribe().wait_for(|closing| *closing).await);
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
        self.closing.send_replace(true);
        self.flusher.notify_one();
        self.keeper.notify_one();
        self.ended("flusher").await;
        self.ended("keeper").await;
    }

    async fn ended(&self, name: &'static str) {
        // The sender is in `self`, so waiting cannot fail.
        drop(self.ended.subscribe().wait_for(|ended| ended.contains(&name)).await);
    }

    pub fn readiness(&self) -> Readiness {
        let stopped = self.ingest.stopped();
        let flush = self.flush_progress.borrow().clone();
        let check = |name, problem: Option<(String, i64)>| match problem {
            None => Check { name, ok: true, reason: String::new(), since_ns: 0 },
            Some((reason, since_ns)) => Check { name, ok: false, reason, since_ns },
        };
        let is = |stop: Stop| stopped.as_ref().filter(|stopped| stopped.stop == stop).map(|stopped| (stopped.reason.clone(), stopped.since_ns));
        let damage = self.faults.list().into_iter().rfind(|fault| matches!(fault.kind, FaultKind::LogDamage | FaultKind::FileDamage));
        let checks = vec![
            check("log", is(Stop::Refused)),
            check("disk", is(Stop::DiskFull)),
            check("stopping", is(Stop::Stopping)),
            check("flush", (flush.failing_since_ns != 0).then(|| (flush.last_failure.clone(), flush.failing_since_ns))),
            check("data", damage.map(|fault| (fault.message, fault.at_ns))),
        ];
        Readiness { ready: stopped.is_none(), checks }
    }

    pub fn stats(&self) -> StoreStats {
        let (log_segments, log_bytes) = self.log.size();
        self.numbers.log_bytes.set(log_bytes as i64);
        let remembered_requests = self.window().len() as u64;
        let state = self.state();
        let (live_rows, live_bytes) = state.live_size();
        let files = || state.environments.values().flat_map(|environment| &environment.files);
        StoreStats {
            live_rows: live_rows as u64,
            live_bytes: live_bytes as u64,
            live_chunks: state.live_chunks() as u64,
            files: files().count() as u64,
            file_rows: files().map(|file| file.row.rows).sum(),
            file_bytes: files().map(|file| file.row.bytes).sum(),
            log_segments,
            log_bytes,
            queued_bytes: self.queue.bytes() as u64,
            published_through: state.published_through,
            flushed_through: state.flushed_through,
            duplicates: self.numbers.duplicates.get(),
            remembered_requests,
        }
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
