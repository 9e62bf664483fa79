//! Running tasks: a thread and a small runtime each, and what happens when one panics.

use super::{OnPanic, Spawner, TaskFactory};
use glasshive_base::{BoxFuture, Clock, metrics};
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A task that failed this often within [`FAILURE_WINDOW`] makes the process not ready.
const FAILURES_MAX: usize = 5;
/// See [`FAILURES_MAX`].
const FAILURE_WINDOW: Duration = Duration::from_secs(600);
/// The pause after a first failure; each further one within the window doubles it.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// [`Spawner`] with a thread for each task. A task's future may block.
pub struct ThreadSpawner {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A background task that keeps failing. Its `Display` is the sentence for `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{task} failed {times} times: {reason}")]
pub struct FailingTask {
    /// The task's name.
    pub task: &'static str,
    /// How often within ten minutes.
    pub times: usize,
    /// What the last panic said.
    pub reason: String,
}

struct Shared {
    clock: Arc<dyn Clock>,
    abort: Box<dyn Fn() + Send + Sync>,
    failures: Mutex<BTreeMap<&'static str, Failures>>,
    metrics: OnceLock<metrics::Registry>,
}

#[derive(Default)]
struct Failures {
    at: VecDeque<Duration>,
    reason: String,
}

// === impl ThreadSpawner ===

impl ThreadSpawner {
    /// A spawner whose [`OnPanic::Abort`] ends the process.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_abort(clock, Box::new(|| std::process::abort()))
    }

    /// A spawner that calls `abort` instead.
    pub fn with_abort(clock: Arc<dyn Clock>, abort: Box<dyn Fn() + Send + Sync>) -> Self {
        let shared = Shared { clock, abort, failures: Mutex::default(), metrics: OnceLock::new() };
        Self { shared: Arc::new(shared), threads: Mutex::default() }
    }

    /// Counts panics of tasks as faults from now on. A second call changes nothing.
    pub fn count_in(&self, metrics: metrics::Registry) {
        let _ = self.shared.metrics.set(metrics);
    }

    /// The tasks that failed five times within the last ten minutes. Not empty = not ready.
    pub fn failing(&self) -> Vec<FailingTask> {
        let now = self.shared.clock.monotonic();
        let mut failures = self.shared.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let found = failures.iter_mut().filter_map(|(task, failures)| {
            let times = failures.recent(now);
            (times >= FAILURES_MAX).then(|| FailingTask { task, times, reason: failures.reason.clone() })
        });
        found.collect()
    }

    /// Waits for every task to end; the store's do after its shutdown.
    pub fn join(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic of the task was caught and told; one of the loop around it has been printed by the panic hook.
            drop(thread.join());
        }
    }
}

impl Spawner for ThreadSpawner {
    fn spawn(&self, name: &'static str, on_panic: OnPanic, task: TaskFactory) {
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || shared.run(name, on_panic, &task)).expect("a thread can be started while the store opens");
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }

    fn yield_now(&self) -> BoxFuture<'_, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

// === impl Shared ===

impl Shared {
    fn run(&self, name: &'static str, on_panic: OnPanic, task: &TaskFactory) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a timer needs no resource that can be short");
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| runtime.block_on(task()))) {
            let reason = text_of(&*panic);
            let times = self.note(name, &reason);
            let failing = FailingTask { task: name, times, reason };
            match on_panic {
                OnPanic::Abort => {
                    tracing::error!(task = name, "{failing}; ending the process, because its state is unknown");
                    (self.abort)();
                    return;
                }
                OnPanic::Restart => {
                    tracing::error!(task = name, "{failing}; starting it again");
                    let doublings = u32::try_from(times - 1).unwrap_or(u32::MAX).min(16);
                    let pause = PAUSE_FIRST.saturating_mul(1 << doublings).min(PAUSE_MAX);
                    runtime.block_on(self.clock.sleep(pause));
                }
            }
        }
    }

    fn note(&self, name: &'static str, reason: &str) -> usize {
        if let Some(metrics) = self.metrics.get() {
            let name = "glasshive_fault_total";
            metrics.counter(name, "Failures of the world around the store.", &[("kind", "task_panic")]).increment();
        }
        let now = self.clock.monotonic();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = failures.entry(name).or_default();
        failures.at.push_back(now);
        reason.clone_into(&mut failures.reason);
        failures.recent(now)
    }
}

impl Failures {
    fn recent(&mut self, now: Duration) -> usize {
        while self.at.front().is_some_and(|at| now.saturating_sub(*at) > FAILURE_WINDOW) {
            self.at.pop_front();
        }
        self.at.len()
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_base::ManualClock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A task that panics on its first `panics` runs.
    fn task(panics: usize, runs: &Arc<AtomicUsize>) -> TaskFactory {
        let runs = runs.clone();
        Box::new(move || {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move { assert!(run >= panics, "run {run} broke") })
        })
    }

    #[test]
    fn f17_restarts_with_growing_pauses_and_reports_five_failures() {
        let clock = Arc::new(ManualClock::default());
        let spawner = ThreadSpawner::new(clock.clone());
        let registry = metrics::Registry::default();
        spawner.count_in(registry.clone());
        let runs = Arc::new(AtomicUsize::new(0));
        spawner.spawn("flush", OnPanic::Restart, task(5, &runs));
        spawner.join();
        assert_eq!(runs.load(Ordering::SeqCst), 6);
        assert_eq!(clock.monotonic(), Duration::from_millis(100 + 200 + 400 + 800 + 1_600));
        let failing = spawner.failing();
        assert_eq!(failing.len(), 1);
        assert_eq!(failing[0].to_string(), "flush failed 5 times: run 4 broke");
        assert!(registry.render().contains("glasshive_fault_total{kind=\"task_panic\"} 5\n"));
        clock.advance(FAILURE_WINDOW);
        assert_eq!(spawner.failing(), []);
    }

    #[test]
    fn f17_a_task_whose_state_is_precious_ends_the_process() {
        let aborted = Arc::new(AtomicUsize::new(0));
        let count = aborted.clone();
        let abort = Box::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let spawner = ThreadSpawner::with_abort(Arc::new(ManualClock::default()), abort);
        let runs = Arc::new(AtomicUsize::new(0));
        spawner.spawn("log writer", OnPanic::Abort, task(9, &runs));
        spawner.join();
        assert_eq!((runs.load(Ordering::SeqCst), aborted.load(Ordering::SeqCst)), (1, 1));
    }
}
