//! What the handle and the background tasks share.

use crate::config::StoreConfig;
use crate::error::{FlushError, OpenError};
use crate::fault::Faults;
use crate::file::FileContext;
use crate::live::{Chunk, State};
use crate::store::{OpenReport, Readiness, StoreStats};
use crate::tail::{TAIL_CHUNKS, Tail};
use crate::world::World;
use glasshive_base::metrics;
use glasshive_model::{Appended, Decoder, SinkError, Submission};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

pub(crate) struct Inner {
    pub faults: Arc<Faults>,
    pub world: World,
    pub config: StoreConfig,
    state: Mutex<State>,
    tail: broadcast::Sender<Arc<Chunk>>,
}

impl Inner {
    pub async fn open(
        config: StoreConfig,
        world: World,
        _decoder: Arc<dyn Decoder>,
        metrics: metrics::Registry,
    ) -> Result<(Arc<Self>, OpenReport), OpenError> {
        let faults = Arc::new(Faults::new(metrics));
        let context =
            Arc::new(FileContext { disk: world.disk.clone(), clock: world.clock.clone(), faults: faults.clone(), config: config.clone() });
        let state = Mutex::new(State::new(world.catalog.load().await?, &context));
        let tail = broadcast::Sender::new(TAIL_CHUNKS);
        Ok((Arc::new(Self { faults, world, config, state, tail }), OpenReport::default()))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn subscribe(&self) -> Tail {
        Tail::new(self.tail.subscribe())
    }

    pub async fn append(&self, _submission: Submission) -> Result<Appended, SinkError> {
        Err(SinkError::Stopped { reason: "starting".to_owned() })
    }

    pub fn admit(&self, _bytes: usize) -> Result<(), SinkError> {
        Ok(())
    }

    pub async fn flush(&self) -> Result<(), FlushError> {
        Ok(())
    }

    pub async fn shutdown(&self) {}

    pub fn readiness(&self) -> Readiness {
        Readiness { ready: true, checks: Vec::new() }
    }

    pub fn stats(&self) -> StoreStats {
        StoreStats::default()
    }
}
