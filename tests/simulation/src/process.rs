//! One life of the process: the store, opened over what the last life left.

use crate::body::SimDecoder;
use crate::disk::{Medium, Mounted};
use crate::executor::{Executor, SimSpawner, Step};
use crate::fate::{SimFate, Troubles};
use crate::random::Random;
use crate::universe::{SimClock, SimRng, Universe};
use futures_util::FutureExt as _;
use glasshive_base::metrics;
use glasshive_store::catalog::memory::{MemoryCatalog, Untroubled};
use glasshive_store::catalog::{Catalog as _, DeletionRow};
use glasshive_store::world::World;
use glasshive_store::{FaultKind, OpenError, OpenReport, Store, StoreConfig};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What outlives a process: the medium and the catalog.
#[derive(Clone)]
pub struct Machine {
    /// Time and trace.
    pub universe: Universe,
    /// The disk.
    pub medium: Medium,
    /// The catalog; a crash does not touch it.
    pub catalog: MemoryCatalog,
    /// The catalog's failures.
    pub troubles: Arc<Troubles>,
}

/// A process that runs.
pub struct Process {
    executor: Executor,
    /// Where its tasks are started.
    pub spawner: SimSpawner,
    universe: Universe,
    metrics: metrics::Registry,
    opened: Slot<Result<(Arc<Store>, OpenReport), OpenError>>,
}

/// Where a task leaves its result.
pub type Slot<T> = Arc<Mutex<Option<T>>>;

/// See [`Process::opened_flag`].
pub struct OpenedFlag(Slot<Result<(Arc<Store>, OpenReport), OpenError>>);

/// Why [`Process::drive`] came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drive {
    /// What was waited for is there.
    Done,
    /// The steps are used up.
    Steps,
    /// The time is over.
    Time,
    /// Nothing can run any more.
    Stuck,
    /// A task panicked.
    Panicked(String),
}

impl Machine {
    /// A copy of the catalog as it is now.
    pub fn backup(&self) -> MemoryCatalog {
        let copy = MemoryCatalog::holding(self.catalog.state(), Vec::new()).with_settings(self.catalog.settings());
        copy.with_deletions(self.deletions())
    }

    /// Every deletion that the catalog knows of.
    pub fn deletions(&self) -> Vec<DeletionRow> {
        let asked = self.catalog.with_fate(Arc::new(Untroubled)).deletions().now_or_never();
        asked.expect("a catalog without a fate answers at once").expect("and does not fail")
    }

    /// A copy of medium and catalog in a universe of its own, without faults, in which another schedule runs.
    pub fn copy(&self, seed: u64) -> Machine {
        let universe = Universe::new(seed, false);
        universe.set_time_of(&self.universe);
        Machine {
            medium: self.medium.copy(&universe),
            catalog: self.backup(),
            troubles: Arc::new(Troubles::new(0, Random::new(seed, "troubles"))),
            universe,
        }
    }
}

impl OpenedFlag {
    /// Whether it has.
    pub fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl Process {
    /// Starts a process, whose first task opens the store.
    pub fn start(machine: &Machine, config: &StoreConfig, random: &mut Random) -> Self {
        let (process, world) = Self::idle(machine, random);
        let (slot, config, registry) = (process.opened.clone(), config.clone(), process.metrics.clone());
        process.spawner.start("open", async move {
            let result = Store::open(config, world, Arc::new(SimDecoder), registry).await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        });
        process
    }

    /// A process that does nothing yet, and the world for what it is to do.
    pub fn idle(machine: &Machine, random: &mut Random) -> (Self, World) {
        let universe = machine.universe.clone();
        let executor = Executor::new(&universe, Random::new(random.next_u64(), "schedule"));
        let spawner = executor.spawner();
        let fate = Arc::new(SimFate::new(&universe, machine.troubles.clone()));
        let world = World {
            disk: Arc::new(Mounted(machine.medium.mount())),
            clock: Arc::new(SimClock::new(&universe)),
            rng: Arc::new(SimRng::new(Random::new(random.next_u64(), "store"))),
            spawner: Arc::new(spawner.clone()),
            catalog: Arc::new(machine.catalog.with_fate(fate)),
        };
        universe.note(|| "the process starts".to_owned());
        (Self { executor, spawner, universe, metrics: metrics::Registry::default(), opened: Slot::default() }, world)
    }

    /// Whether the store has told of such a fault, opened or not.
    pub fn has_told(&self, kind: FaultKind) -> bool {
        let word = format!("glasshive_fault_total{{kind=\"{}\"}}", kind.word());
        self.metrics.render().contains(&word)
    }

    /// What opening came to, once it has.
    pub fn take_opened(&self) -> Option<Result<(Arc<Store>, OpenReport), OpenError>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Asks whether opening has come to something, while the process is driven.
    pub fn opened_flag(&self) -> OpenedFlag {
        OpenedFlag(self.opened.clone())
    }

    /// Runs tasks until `done`, for at most so many steps and so much virtual time.
    pub fn drive(&mut self, steps: u64, time: Duration, mut done: impl FnMut() -> bool) -> Drive {
        let until = self.universe.now() + time;
        for _ in 0..steps {
            if done() {
                return Drive::Done;
            }
            if self.universe.now() >= until {
                return Drive::Time;
            }
            match self.executor.step() {
                Step::Ran => {}
                Step::Stuck => return if done() { Drive::Done } else { Drive::Stuck },
                Step::Panicked(what) => return Drive::Panicked(what),
            }
        }
        if done() { Drive::Done } else { Drive::Steps }
    }

    /// Runs a future among the other tasks and waits for it.
    pub fn wait<T: Send + 'static>(&mut self, future: impl Future<Output = T> + Send + 'static, time: Duration) -> Result<T, Drive> {
        self.wait_steps(future, STEPS_MAX, time)
    }

    /// The same for so many steps at most.
    pub fn wait_steps<T: Send + 'static>(
        &mut self,
        future: impl Future<Output = T> + Send + 'static,
        steps: u64,
        time: Duration,
    ) -> Result<T, Drive> {
        let slot: Slot<T> = Slot::default();
        let inner = slot.clone();
        self.spawner.start("wait", async move {
            let value = future.await;
            *inner.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        });
        let filled = || slot.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        match self.drive(steps, time, filled) {
            Drive::Done => Ok(slot.lock().unwrap_or_else(PoisonError::into_inner).take().expect("it was just there")),
            other => Err(other),
        }
    }

    /// The process ends, however far it had come. The power may fail with it.
    pub fn end(self, power_fails: bool, medium: &Medium) {
        self.universe.note(|| "the process ends".to_owned());
        self.universe.next_life();
        drop(self.executor);
        drop(self.opened);
        if power_fails {
            medium.lose_power();
        }
    }
}

/// More steps than anything takes that is waited for.
pub const STEPS_MAX: u64 = 2_000_000;
