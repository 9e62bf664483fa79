//! A store over a bucket in memory whose requests fail, are done without being answered, or are the last thing that the process did.

use super::bucket::Bucket;
use super::{NODE, ObjectDisk};
use crate::catalog::memory::{self, CatalogCall, MemoryCatalog, Outcome};
use crate::file::sidecar_path;
use crate::tests::lines;
use crate::tests::support::{Running, TestWorld, Troubles};
use crate::world::{SystemRng, World};
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{BoxStream, once};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt as _,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::collections::BTreeSet;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const SEEDS: u64 = 24;
const LIVES: u64 = 4;
/// Of each request.
const ROWS: usize = 3;
/// Requests within which a process that is to die does.
const CALLS: u64 = 24;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passes,
    /// Nothing happens.
    Fails,
    /// It is done, and nobody is told.
    AnswerLost,
    /// An upload arrives as something else.
    Spoiled,
    /// The process ends before it, or when it is done.
    DiesBefore,
    DiesAfter,
}

/// What one process has of a bucket.
#[derive(Clone)]
struct Flaky(Arc<State>);

struct State {
    below: Arc<InMemory>,
    random: AtomicU64,
    /// One in so many requests goes wrong; 0 = none.
    one_in: u64,
    /// Requests until the process dies.
    calls_left: Mutex<Option<u64>>,
    is_dead: AtomicBool,
    died: Notify,
}

// === impl Flaky ===

impl Flaky {
    fn new(below: Arc<InMemory>, seed: u64, one_in: u64, dies_at: Option<u64>) -> Self {
        let calls_left = Mutex::new(dies_at);
        let random = AtomicU64::new(seed);
        Self(Arc::new(State { below, random, one_in, calls_left, is_dead: AtomicBool::new(false), died: Notify::new() }))
    }

    fn below(&self, most: u64) -> u64 {
        let mixed = self.0.random.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % most
    }

    fn fate(&self, is_upload: bool) -> Fate {
        let mut calls_left = self.0.calls_left.lock().unwrap();
        if let Some(left) = calls_left.as_mut() {
            if *left == 0 {
                return if self.below(2) == 0 { Fate::DiesBefore } else { Fate::DiesAfter };
            }
            *left -= 1;
        }
        match self.0.one_in {
            0 => Fate::Passes,
            one_in if self.below(one_in) > 0 => Fate::Passes,
            _ => match self.below(if is_upload { 3 } else { 2 }) {
                0 => Fate::Fails,
                1 => Fate::AnswerLost,
                _ => Fate::Spoiled,
            },
        }
    }

    async fn pass<T>(&self, fate: Fate, request: impl Future<Output = Result<T>>) -> Result<T> {
        if self.0.is_dead.load(Ordering::SeqCst) || fate == Fate::DiesBefore {
            return self.die().await;
        }
        if fate == Fate::Fails {
            return Err(unavailable());
        }
        let answer = request.await;
        match fate {
            Fate::AnswerLost => Err(unavailable()),
            Fate::DiesAfter => self.die().await,
            _ => answer,
        }
    }

    async fn die<T>(&self) -> Result<T> {
        self.0.is_dead.store(true, Ordering::SeqCst);
        self.0.died.notify_one();
        std::future::pending().await
    }
}

fn unavailable() -> Error {
    Error::Generic { store: "memory", source: "Server returned non-2xx status code: 503 Slow Down: ".into() }
}

impl fmt::Debug for Flaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flaky")
    }
}

impl fmt::Display for Flaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flaky")
    }
}

impl ObjectStore for Flaky {
    fn put_opts<'a, 'b, 'c>(&'a self, location: &'b Path, payload: PutPayload, options: PutOptions) -> BoxFuture<'c, Result<PutResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move {
            let fate = self.fate(true);
            let payload = if fate == Fate::Spoiled { PutPayload::from_static(b"something else") } else { payload };
            self.pass(fate, self.0.below.put_opts(location, payload, options)).await
        })
    }

    fn put_multipart_opts<'a, 'b, 'c>(&'a self, _: &'b Path, _: PutMultipartOptions) -> BoxFuture<'c, Result<Box<dyn MultipartUpload>>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async { panic!("there are no uploads in parts") })
    }

    fn get_opts<'a, 'b, 'c>(&'a self, location: &'b Path, options: GetOptions) -> BoxFuture<'c, Result<GetResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move { self.pass(self.fate(false), self.0.below.get_opts(location, options)).await })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let this = self.clone();
        let delete = move |location: Result<Path>| {
            let this = this.clone();
            async move {
                let location = location?;
                this.pass(this.fate(false), this.0.below.delete(&location)).await?;
                Ok(location)
            }
        };
        locations.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            let all = async { Ok(this.0.below.list(prefix.as_ref())) };
            this.pass(this.fate(false), all).await.unwrap_or_else(|error| once(async { Err(error) }).boxed())
        };
        once(listed).flatten().boxed()
    }

    fn list_with_delimiter<'a, 'b, 'c>(&'a self, prefix: Option<&'b Path>) -> BoxFuture<'c, Result<ListResult>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move { self.pass(self.fate(false), self.0.below.list_with_delimiter(prefix)).await })
    }

    fn copy_opts<'a, 'b, 'd, 'c>(&'a self, _: &'b Path, _: &'d Path, _: CopyOptions) -> BoxFuture<'c, Result<()>>
    where
        'a: 'c,
        'b: 'c,
        'd: 'c,
        Self: 'c,
    {
        Box::pin(async { panic!("nothing is copied") })
    }
}

/// A process that is dead changes nothing in the catalog either.
impl memory::Fate for Flaky {
    fn before(&self, _: CatalogCall) -> BoxFuture<'_, Outcome> {
        Box::pin(async {
            match self.0.is_dead.load(Ordering::SeqCst) {
                true => std::future::pending().await,
                false => Outcome::Done,
            }
        })
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

async fn open(world: &TestWorld, bucket: &Flaky, troubles: &Arc<Troubles>) -> std::result::Result<Running, crate::OpenError> {
    let catalog = Arc::new(world.catalog.with_fate(Arc::new(bucket.clone())));
    let outside = world.world(catalog, troubles.clone());
    let bucket = Bucket::over(Arc::new(bucket.clone()), "a/b", outside.clock.clone(), Arc::new(SystemRng)).unwrap();
    let disk = ObjectDisk::over(outside.disk.clone(), bucket, 1 << 20, outside.clock.clone()).await.unwrap();
    world.open_in(World { disk: Arc::new(disk), ..outside }, troubles.clone()).await
}

/// Paths of all objects that the catalog names and that are not there.
async fn missing(memory: &InMemory, catalog: &MemoryCatalog) -> Vec<String> {
    let named = catalog.state().files.into_iter().flat_map(|file| [sidecar_path(&file.path), file.path]);
    let mut missing = Vec::new();
    for path in named {
        if memory.head(&Path::from(format!("a/b/{path}"))).await.is_err() {
            missing.push(path);
        }
    }
    missing
}

/// How often the processes of a seed died; some live to their end.
async fn lives(seed: u64) -> u64 {
    let mut world = TestWorld::new();
    world.config.segment_bytes = 16 << 10;
    let memory = Arc::new(InMemory::new());
    memory.put(&Path::from(format!("a/b/{NODE}")), PutPayload::from_static(b"ours")).await.unwrap();
    let (mut acknowledged, mut sent, mut deaths) = (0, 0, 0);
    for life in 0..LIVES {
        let number = seed * LIVES + life;
        let dies_at = Flaky::new(memory.clone(), number, 0, None).below(CALLS);
        let bucket = Flaky::new(memory.clone(), number << 8, 6, Some(dies_at));
        let troubles = Arc::new(Troubles::default());
        let working = async {
            let Ok(running) = open(&world, &bucket, &troubles).await else { return };
            for step in 0..6 {
                sent += ROWS;
                running.append(&lines(ROWS, &format!("{life}.{step}"))).await.unwrap();
                acknowledged += ROWS;
                let flushed = running.store.flush().await;
                let merged = if step % 3 == 2 { running.store.merge_all().await } else { Ok(()) };
                // What failed is tried again after a pause.
                if flushed.is_err() || merged.is_err() {
                    world.clock.advance(Duration::from_secs(60));
                }
            }
        };
        let died = bucket.0.died.notified();
        if let Either::Right(_) = select(pin!(working), pin!(died)).await {
            deaths += 1;
        }
        bucket.0.is_dead.store(true, Ordering::SeqCst);
        troubles.die().await;
        assert_eq!(missing(&memory, &world.catalog).await, [""; 0], "seed {seed}, life {life}");
        // A start finds all that was acknowledged, and nothing twice.
        let running = open(&world, &Flaky::new(memory.clone(), 0, 0, None), &Arc::default()).await.unwrap();
        let rows = running.rows().await;
        let sequences: BTreeSet<i64> = rows.iter().map(|row| row.seq).collect();
        assert!((acknowledged..=sent).contains(&rows.len()), "seed {seed}, life {life}: {} of {acknowledged} to {sent}", rows.len());
        assert_eq!(sequences.len(), rows.len(), "seed {seed}, life {life}");
        (acknowledged, sent) = (rows.len(), rows.len());
        running.store.flush().await.unwrap();
        running.store.shutdown().await;
        assert_eq!(missing(&memory, &world.catalog).await, [""; 0], "seed {seed}, life {life}");
    }
    deaths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_whatever_becomes_of_requests() {
    let mut deaths = 0;
    for seed in 0..SEEDS {
        deaths += lives(seed).await;
    }
    assert!(deaths > SEEDS, "only {deaths} processes died");
}
