//! Several tasks of one query, ended together, and the processor time that they take.

use crate::cost::Meter;
use crate::error::Failure;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinSet;

tokio::task_local! {
    /// Whose processor time the task's is.
    static METER: Arc<Meter>;
}

thread_local! {
    /// The thread's processor time when it began with what it does for a question now.
    static BEGAN_NS: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Work whose processor time, and that of the tasks that it spawns, is counted.
pub(crate) async fn metered<F: Future>(meter: Arc<Meter>, work: F) -> F::Output {
    METER.scope(meter.clone(), Metered { meter, work: Box::pin(work) }).await
}

/// Processor time since the thread began with what it does for a question now; not counted yet.
pub(crate) fn unfinished_cpu_ns() -> u64 {
    BEGAN_NS.get().map_or(0, |began| thread_cpu_ns().saturating_sub(began))
}

struct Metered<F> {
    meter: Arc<Meter>,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let outer = BEGAN_NS.replace(Some(thread_cpu_ns()));
        let polled = self.work.as_mut().poll(context);
        self.meter.worked(unfinished_cpu_ns());
        BEGAN_NS.set(outer);
        polled
    }
}

/// Processor time of this thread as Linux tells it; 0 where it does not, so that nothing is counted.
fn thread_cpu_ns() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

/// Tasks whose results are wanted all. Dropping it ends them.
pub(crate) struct Tasks<T>(JoinSet<Result<T, Failure>>);

impl<T> Default for Tasks<T> {
    fn default() -> Self {
        Self(JoinSet::new())
    }
}

impl<T: Send + 'static> Tasks<T> {
    pub(crate) fn spawn(&mut self, task: impl Future<Output = Result<T, Failure>> + Send + 'static) {
        match METER.try_with(Arc::clone) {
            Ok(meter) => self.0.spawn(metered(meter, task)),
            Err(_) => self.0.spawn(task),
        };
    }

    /// The results, in any order; the first failure ends the others.
    pub(crate) async fn all(mut self) -> Result<Vec<T>, Failure> {
        let mut results = Vec::new();
        while let Some(joined) = self.0.join_next().await {
            results.push(joined.map_err(|error| Failure::Defect(panic_text(error)))??);
        }
        Ok(results)
    }
}

/// What a task that did not end well said last.
pub(crate) fn panic_text(error: tokio::task::JoinError) -> String {
    let Ok(payload) = error.try_into_panic() else { return "a task was ended".to_owned() };
    let text = payload.downcast_ref::<String>().cloned().or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("panic: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
