//! From a data directory to a running store.

use super::Inner;
use crate::catalog::CatalogState;
use crate::config::StoreConfig;
use crate::error::OpenError;
use crate::fault::{FaultKind, Faults};
use crate::file::FileContext;
use crate::flush::{FlushProgress, Flusher};
use crate::ingest::Ingest;
use crate::keeper::Keeper;
use crate::live::State;
use crate::log::NODE_SETTING;
use crate::log::queue::Queue;
use crate::log::recovery;
use crate::log::segment::{self, LogFiles};
use crate::log::window::Window;
use crate::log::writer::Writer;
use crate::merge::dispose::Leaving;
use crate::merge::{CLOCK_SETTING, MergeProgress, Merger};
use crate::numbers::Numbers;
use crate::orphans;
use crate::reserve::Reserve;
use crate::retention::clock::RetentionClock;
use crate::store::OpenReport;
use crate::tail::TAIL_CHUNKS;
use crate::world::{OnPanic, WatchedDisk, World};
use glasshive_base::{BoxFuture, metrics};
use glasshive_model::Decoder;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, broadcast, watch};

impl Inner {
    pub async fn open(
        config: StoreConfig,
        world: World,
        decoder: Arc<dyn Decoder>,
        metrics: metrics::Registry,
    ) -> Result<(Arc<Self>, OpenReport), OpenError> {
        let began = world.clock.monotonic();
        let world = World { disk: Arc::new(WatchedDisk::new(world.disk.clone())), ..world };
        let catalog = world.catalog.load().await?;
        let node = node(&world).await?;
        // Before any event is received: a clock that jumps from now on is compared with this.
        let clock = retention_clock(&world).await?;
        world.disk.create_dir_all(segment::DIRECTORY).await.map_err(OpenError::disk("create the log's directory"))?;
        let inner = Arc::new(Self::new(config, world, catalog.clone(), node, clock, metrics));
        let recovered = recovery::recover(&inner, &catalog, &*decoder).await?;
        let sorted_out = orphans::sort_out(&inner, &catalog, &recovered).await;
        let replaced_later = sorted_out.map_err(OpenError::disk("look through the data files"))?;
        inner.reserve.ensure(&inner.world).await;
        let took = inner.now().saturating_sub(began);
        if recovered.events > 0 {
            let message = format!("recovered {} events from the log in {}", recovered.events, crate::time::shown_duration(took));
            inner.tell(FaultKind::Recovered, message);
        }
        let report = OpenReport { recovered_events: recovered.events, took, faults: inner.faults.list(), degraded: recovered.is_degraded };
        let writer = Writer::new(inner.clone(), recovered);
        inner.spawn_tasks(writer, replaced_later);
        Ok((inner, report))
    }

    fn new(config: StoreConfig, world: World, catalog: CatalogState, node: u64, clock: RetentionClock, metrics: metrics::Registry) -> Self {
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
            merger: Notify::new(),
            merge_progress: watch::Sender::new(MergeProgress::default()),
            leaving: Leaving::of(&catalog, world.clock.monotonic() + config.merge.grace),
            clock_confirmed: AtomicBool::new(false),
            deletions_wanted: AtomicBool::new(false),
            deletions_asked: AtomicUsize::new(0),
            retention_clock: Mutex::new(clock),
            unmergeable: Mutex::default(),
            log_synced: watch::Sender::new(0),
            closing: AtomicBool::new(false),
            closing_told: Notify::new(),
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
        self.spawn("merger", OnPanic::Restart, |inner| Box::pin(Merger::new(inner).run()));
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

async fn retention_clock(world: &World) -> Result<RetentionClock, OpenError> {
    let wall_ns = world.clock.wall_ns();
    let kept = world.catalog.setting_or_insert(CLOCK_SETTING, wall_ns.to_le_bytes().to_vec()).await?;
    Ok(RetentionClock::of_kept(&kept, wall_ns, world.clock.monotonic()))
}
