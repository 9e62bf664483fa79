//! A small world for the store's own tests: a real directory whose disk can be told to fail or to die, a clock that moves when
//! told to, the catalog in memory.

mod body;

pub use body::rows_of;

use crate::catalog::memory::{MemoryCatalog, Untroubled};
use crate::world::{Disk, DiskEntry, DiskFile, LocalDisk, Rng, ThreadSpawner, World};
use crate::{Chunk, OpenReport, Scope, Snapshot, Store, StoreConfig};
use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use body::LineDecoder;
use bytes::Bytes;
use glasshive_base::{BoxFuture, Clock, metrics};
use glasshive_model::column::{attribute_field, physical_name};
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::sink::body_hash;
use glasshive_model::{Appended, Codec, ColumnRef, EnvironmentId, EventSink, RecordMeta, Signal, SinkError, Submission, SystemColumn};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, RwLock, RwLockReadGuard, watch};

/// 2026-03-01T00:00:00Z, where every test begins.
pub const START_NS: i64 = 1_772_323_200_000_000_000;
pub const MINUTE_NS: i64 = 60_000_000_000;

/// The monotonic clock, and how far the wall clock is ahead of where it should be, ns.
pub struct TestClock(watch::Sender<Duration>, AtomicI64);

thread_local! {
    /// The time that a task of this thread was told last.
    static TOLD: std::cell::Cell<Duration> = const { std::cell::Cell::new(Duration::ZERO) };
}

impl TestClock {
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }

    /// The wall clock is wrong by so much.
    pub fn set_wrong_by(&self, ahead_ns: i64) {
        self.1.store(ahead_ns, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn wall_ns(&self) -> i64 {
        START_NS + i64::try_from(self.0.borrow().as_nanos()).unwrap() + self.1.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        let now = *self.0.borrow();
        TOLD.set(now);
        now
    }

    /// Until so long after the time that the task was told last: were it moved between being told and sleeping, the task would
    /// sleep for too long and nobody would move the clock again.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let until = TOLD.get().min(*self.0.borrow()).saturating_add(duration);
        Box::pin(async move {
            drop(self.0.subscribe().wait_for(|now| *now >= until).await);
            TOLD.set(*self.0.borrow());
        })
    }
}

struct Counting(AtomicU64);

impl Rng for Counting {
    fn next_u64(&self) -> u64 {
        // An odd multiplier visits every number once.
        self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// What a disk can be told to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Create,
    Read,
    Write,
    Sync,
    SyncDir,
    Remove,
}

struct Refusal {
    op: Op,
    path: &'static str,
    errno: i32,
    times: usize,
}

#[derive(Default)]
pub struct Troubles {
    /// Held for reading during every call; dead once it holds `true`.
    is_dead: RwLock<bool>,
    is_full: AtomicBool,
    /// Data files are said to be on another machine.
    pub is_elsewhere: AtomicBool,
    free: Mutex<Option<u64>>,
    /// How often somebody asked for the free room.
    pub free_asked: AtomicU64,
    /// How often somebody read from a file.
    pub reads: AtomicU64,
    refusals: Mutex<Vec<Refusal>>,
    panics_in: Mutex<Option<&'static str>>,
    /// Changing calls until the process dies; `None` = it lives.
    calls_left: Mutex<Option<u64>>,
    died: Notify,
}

impl Troubles {
    /// The process dies before its changing call of this number, from 0.
    pub fn die_before(&self, call: u64) {
        *self.calls_left.lock().unwrap() = Some(call);
    }

    /// The process is dead: what it does to the disk no longer happens.
    pub async fn die(&self) {
        *self.is_dead.write().await = true;
    }

    /// Resolves once it has died of [`Troubles::die_before`].
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// The next `times` calls of `op` on paths that contain `path` fail.
    pub fn refuse(&self, op: Op, path: &'static str, errno: i32, times: usize) {
        self.refusals.lock().unwrap().push(Refusal { op, path, errno, times });
    }

    /// Nothing is refused any more.
    pub fn relent(&self) {
        self.refusals.lock().unwrap().clear();
    }

    /// Every call of the disk that a task of this name makes panics.
    pub fn panic_in(&self, task: Option<&'static str>) {
        *self.panics_in.lock().unwrap() = task;
    }

    /// So much room is said to be free, without any call failing for it.
    pub fn set_free(&self, bytes: Option<u64>) {
        *self.free.lock().unwrap() = bytes;
    }

    pub fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::SeqCst);
    }

    /// Never returns in a dead process; keeps it alive as long as the answer is held.
    async fn alive(&self) -> RwLockReadGuard<'_, bool> {
        let is_dead = self.is_dead.read().await;
        let is_last = match &mut *self.calls_left.lock().unwrap() {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        if is_last {
            self.died.notify_one();
        }
        if *is_dead || is_last {
            drop(is_dead);
            return std::future::pending().await;
        }
        is_dead
    }

    fn check(&self, op: Op, path: &str) -> io::Result<()> {
        let panics_in = *self.panics_in.lock().unwrap();
        assert!(panics_in.is_none() || std::thread::current().name() != panics_in, "a defect");
        if self.is_full.load(Ordering::SeqCst) && op == Op::Create {
            return Err(io::Error::from_raw_os_error(28));
        }
        let mut refusals = self.refusals.lock().unwrap();
        match refusals.iter_mut().find(|refusal| refusal.op == op && refusal.times > 0 && path.contains(refusal.path)) {
            Some(refusal) => {
                refusal.times -= 1;
                Err(io::Error::from_raw_os_error(refusal.errno))
            }
            None => Ok(()),
        }
    }
}

struct TestDisk {
    below: LocalDisk,
    troubles: Arc<Troubles>,
}

struct TestFile {
    below: Arc<dyn DiskFile>,
    path: String,
    troubles: Arc<Troubles>,
}

impl TestDisk {
    fn wrap(&self, path: &str, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(TestFile { below: file, path: path.to_owned(), troubles: self.troubles.clone() })
    }
}

impl Disk for TestDisk {
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            let _alive = self.troubles.alive().await;
            self.troubles.check(Op::Create, path)?;
            Ok(self.wrap(path, self.below.create_new(path).await?))
        })
    }

    fn open<'a>(&'a self, path: &'a str, write: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move { Ok(self.wrap(path, self.below.open(path, write).await?)) })
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let _alive = self.troubles.alive().await;
            self.below.rename(from, to).await
        })
    }

    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let _alive = self.troubles.alive().await;
            self.troubles.check(Op::Remove, path)?;
            self.below.remove(path).await
        })
    }

    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        self.below.list(directory)
    }

    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.below.create_dir_all(directory)
    }

    fn sync_dir<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let _alive = self.troubles.alive().await;
            self.troubles.check(Op::SyncDir, directory)?;
            self.below.sync_dir(directory).await
        })
    }

    fn is_elsewhere(&self, path: &str) -> bool {
        self.troubles.is_elsewhere.load(Ordering::SeqCst) && path.starts_with("events/")
    }

    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async move {
            self.troubles.free_asked.fetch_add(1, Ordering::SeqCst);
            let free = *self.troubles.free.lock().unwrap();
            match free {
                _ if self.troubles.is_full.load(Ordering::SeqCst) => Ok(12 << 10),
                Some(free) => Ok(free),
                None => self.below.free_bytes().await,
            }
        })
    }
}

impl DiskFile for TestFile {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        self.troubles.reads.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.troubles.check(Op::Read, &self.path)?;
            self.below.read_at(offset, len).await
        })
    }

    fn write_at(&self, offset: u64, parts: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let _alive = self.troubles.alive().await;
            self.troubles.check(Op::Write, &self.path)?;
            self.below.write_at(offset, parts).await
        })
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let _alive = self.troubles.alive().await;
            self.troubles.check(Op::Sync, &self.path)?;
            self.below.sync().await
        })
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        self.below.len()
    }
}

/// A data directory that can be opened again and again.
pub struct TestWorld {
    pub clock: Arc<TestClock>,
    pub catalog: Arc<MemoryCatalog>,
    pub directory: tempfile::TempDir,
    pub config: StoreConfig,
    rng: Arc<Counting>,
}

/// A store that runs.
pub struct Running {
    pub store: Arc<Store>,
    pub report: OpenReport,
    pub troubles: Arc<Troubles>,
    pub spawner: Arc<ThreadSpawner>,
    pub metrics: metrics::Registry,
    /// How often the process would have ended itself.
    pub aborts: Arc<AtomicU64>,
    clock: Arc<TestClock>,
}

impl TestWorld {
    pub fn new() -> Self {
        let config =
            StoreConfig { segment_bytes: 256 << 10, reserve_bytes: 8 << 10, shown_path: "DATA".to_owned(), ..StoreConfig::default() };
        Self {
            clock: Arc::new(TestClock(watch::Sender::new(Duration::ZERO), AtomicI64::new(0))),
            catalog: Arc::new(MemoryCatalog::new(Arc::new(Untroubled))),
            directory: tempfile::tempdir().unwrap(),
            config,
            rng: Arc::new(Counting(AtomicU64::new(1))),
        }
    }

    pub async fn open(&self) -> Running {
        self.open_with(self.catalog.clone()).await
    }

    pub async fn open_with(&self, catalog: Arc<dyn crate::catalog::Catalog>) -> Running {
        self.try_open_with(catalog).await.unwrap()
    }

    pub async fn try_open_with(&self, catalog: Arc<dyn crate::catalog::Catalog>) -> Result<Running, crate::OpenError> {
        self.open_troubled(catalog, Arc::default()).await
    }

    pub async fn open_troubled(
        &self,
        catalog: Arc<dyn crate::catalog::Catalog>,
        troubles: Arc<Troubles>,
    ) -> Result<Running, crate::OpenError> {
        self.open_in(self.world(catalog, troubles.clone()), troubles).await
    }

    /// In this world, whose disk dies with these troubles.
    pub async fn open_in(&self, world: World, troubles: Arc<Troubles>) -> Result<Running, crate::OpenError> {
        let aborts = Arc::new(AtomicU64::new(0));
        let count = aborts.clone();
        let abort = Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let spawner = Arc::new(ThreadSpawner::with_abort(self.clock.clone(), abort));
        let metrics = metrics::Registry::default();
        let world = World { spawner: spawner.clone(), ..world };
        let (store, report) = Store::open(self.config.clone(), world, Arc::new(LineDecoder), metrics.clone()).await?;
        Ok(Running { store, report, troubles, spawner, metrics, aborts, clock: self.clock.clone() })
    }

    /// The directory without a store.
    pub fn world(&self, catalog: Arc<dyn crate::catalog::Catalog>, troubles: Arc<Troubles>) -> World {
        let disk = TestDisk { below: LocalDisk::new(self.directory.path()), troubles };
        let spawner = Arc::new(ThreadSpawner::new(self.clock.clone()));
        World { disk: Arc::new(disk), clock: self.clock.clone(), rng: self.rng.clone(), spawner, catalog }
    }

    /// Files below the data directory whose names end so.
    pub fn files(&self, suffix: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut directories = vec![self.directory.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.to_str().unwrap().ends_with(suffix) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

impl Running {
    pub async fn append(&self, body: &str) -> Result<Appended, SinkError> {
        self.store.append(self.submission(body)).await
    }

    pub fn submission(&self, body: &str) -> Submission {
        let meta = RecordMeta { format: 1, ..RecordMeta::default() };
        Submission {
            environment: EnvironmentId::LOCAL,
            received_ns: self.clock.wall_ns(),
            meta,
            codec: Codec::Identity,
            body: Bytes::copy_from_slice(body.as_bytes()),
            body_hash: body_hash(body.as_bytes()),
            rows: Arc::new(rows_of(body, Signal::Trace)),
        }
    }

    /// The process is gone: nothing it would still do to the disk happens.
    pub async fn kill(self) {
        self.troubles.die().await;
    }

    pub fn snapshot(&self) -> Snapshot {
        self.store.snapshot(&Scope::all(EnvironmentId::LOCAL))
    }

    /// Every readable row, by `_seq`.
    pub async fn rows(&self) -> Vec<ShownRow> {
        let snapshot = self.snapshot();
        let mut rows: Vec<ShownRow> = snapshot.live.iter().flat_map(|chunk| shown_rows(&batch_of(chunk))).collect();
        for file in &snapshot.files {
            rows.extend(file.read_rows(None).await.unwrap().iter().flat_map(shown_rows));
        }
        rows.sort_by_key(|row| row.seq);
        rows
    }

    pub fn messages(&self) -> Vec<String> {
        self.store.faults().into_iter().map(|fault| fault.message).collect()
    }

    /// Until merges, retention and removals have nothing to do at this time of the clock.
    pub async fn rested(&self) {
        self.store.rested(self.clock.monotonic()).await;
    }

    /// Lets the background tasks run until something is so. Moves no clock.
    pub async fn until(&self, mut is_so: impl FnMut(&Store) -> bool) {
        while !is_so(&self.store) {
            tokio::task::yield_now().await;
        }
    }
}

fn batch_of(chunk: &Chunk) -> RecordBatch {
    let system = SystemColumn::ALL.iter().map(|column| (column.field(), ColumnRef::System(*column)));
    let attributes = chunk.attributes().iter().map(|attribute| {
        let name = physical_name(&attribute.key, attribute.column_type, false);
        (attribute_field(&name, &attribute.key, attribute.column_type, 0), attribute.column())
    });
    let (fields, columns): (Vec<Field>, Vec<ColumnRef>) = system.chain(attributes).unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), chunk.project(&columns)).unwrap()
}
