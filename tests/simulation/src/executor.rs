//! One thread, one seed: which task runs next is drawn at every await.

use crate::random::Random;
use crate::universe::Universe;
use glasshive_base::BoxFuture;
use glasshive_store::world::{OnPanic, Spawner, TaskFactory};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Runs the tasks of one life of the process. Dropping it is the process's end.
pub struct Executor {
    universe: Universe,
    queue: Arc<Queue>,
    tasks: BTreeMap<u64, Task>,
    random: Random,
    next: u64,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A task ran until its next await.
    Ran,
    /// No task can run and no timer is set.
    Stuck,
    /// A task panicked.
    Panicked(String),
}

/// [`Spawner`] of one life.
#[derive(Clone)]
pub struct SimSpawner {
    universe: Universe,
    queue: Arc<Queue>,
}

struct Task {
    name: &'static str,
    future: BoxFuture<'static, ()>,
    waker: Waker,
}

#[derive(Default)]
struct Queue {
    ready: Mutex<Vec<u64>>,
    spawned: Mutex<Vec<(&'static str, BoxFuture<'static, ()>)>>,
}

struct TaskWaker {
    id: u64,
    queue: Arc<Queue>,
}

/// Virtual time that one step takes at most.
const STEP_NS_MAX: u64 = 20_000;

// === impl Executor ===

impl Executor {
    /// An executor without tasks; the schedule is drawn from `random`.
    pub fn new(universe: &Universe, random: Random) -> Self {
        Self { universe: universe.clone(), queue: Arc::default(), tasks: BTreeMap::new(), random, next: 0 }
    }

    /// The spawner for the store's own tasks.
    pub fn spawner(&self) -> SimSpawner {
        SimSpawner { universe: self.universe.clone(), queue: self.queue.clone() }
    }

    /// Runs one ready task until its next await, or lets time pass until one is ready.
    pub fn step(&mut self) -> Step {
        self.admit();
        while self.queue.ready().is_empty() {
            if !self.universe.advance_to_timer() {
                return Step::Stuck;
            }
        }
        let id = {
            let mut ready = self.queue.ready();
            // Who wakes many does so in any order; what is drawn must not depend on it.
            ready.sort_unstable();
            let place = self.random.below(ready.len() as u64) as usize;
            ready.swap_remove(place)
        };
        let Some(task) = self.tasks.get_mut(&id) else { return Step::Ran };
        let (name, waker) = (task.name, task.waker.clone());
        let polled = catch_unwind(AssertUnwindSafe(|| task.future.as_mut().poll(&mut Context::from_waker(&waker))));
        self.universe.advance(Duration::from_nanos(self.random.below(STEP_NS_MAX)));
        match polled {
            Ok(Poll::Pending) => Step::Ran,
            Ok(Poll::Ready(())) => {
                self.tasks.remove(&id);
                Step::Ran
            }
            Err(panic) => {
                self.tasks.remove(&id);
                let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                Step::Panicked(format!("{name} panicked: {text}"))
            }
        }
    }

    fn admit(&mut self) {
        let spawned = std::mem::take(&mut *self.queue.spawned.lock().unwrap_or_else(PoisonError::into_inner));
        for (name, future) in spawned {
            let id = self.next;
            self.next += 1;
            let waker = Waker::from(Arc::new(TaskWaker { id, queue: self.queue.clone() }));
            self.tasks.insert(id, Task { name, future, waker });
            self.queue.ready().push(id);
        }
    }
}

impl Drop for Executor {
    /// A process that ends runs nothing more; what its tasks do while they are dropped reaches neither disk nor catalog,
    /// because these belong to a life that is over.
    fn drop(&mut self) {
        self.tasks.clear();
        self.queue.spawned.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

// === impl Queue ===

impl Queue {
    fn ready(&self) -> MutexGuard<'_, Vec<u64>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut ready = self.queue.ready();
        if !ready.contains(&self.id) {
            ready.push(self.id);
        }
    }
}

// === impl SimSpawner ===

impl SimSpawner {
    /// Starts a task that is not the store's.
    pub fn start(&self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        self.queue.spawned.lock().unwrap_or_else(PoisonError::into_inner).push((name, Box::pin(future)));
    }
}

impl Spawner for SimSpawner {
    /// A panic of any of the store's tasks is a finding, so nothing is ever started again.
    fn spawn(&self, name: &'static str, _: OnPanic, task: TaskFactory) {
        let task = Arc::new(task);
        self.start(name, async move { task().await });
    }

    fn yield_now(&self) -> BoxFuture<'_, ()> {
        self.universe.pause()
    }
}
