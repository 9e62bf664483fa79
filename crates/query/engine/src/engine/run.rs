//! Running one question: a slot, a task, and what to say when it goes wrong.

use super::{Engine, Inner};
use crate::control::{Asker, Cancel, Control};
use crate::error::{EngineError, Failure};
use crate::tasks::{metered, panic_text};
use futures_util::FutureExt;
use glasshive_base::{Clock, ErrorKind};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// Who may run, and who may wait.
pub(super) struct Slots {
    running: Semaphore,
    slots: usize,
    waiting: AtomicUsize,
    queue: usize,
    wait_limit: Duration,
}

impl Slots {
    pub(super) fn new(slots: usize, queue: usize, wait_limit: Duration) -> Self {
        let slots = slots.max(1);
        Self { running: Semaphore::new(slots), slots, waiting: AtomicUsize::new(0), queue, wait_limit }
    }

    /// A slot, as soon as one is free. `left` ends when who asks has left.
    async fn take(&self, clock: &dyn Clock, left: oneshot::Receiver<()>) -> Result<SemaphorePermit<'_>, EngineError> {
        if let Ok(permit) = self.running.try_acquire() {
            return Ok(permit);
        }
        let busy = EngineError::Busy { slots: self.slots };
        let waiting = Waiting::new(&self.waiting);
        if waiting.place > self.queue {
            return Err(busy);
        }
        futures_util::select_biased! {
            permit = self.running.acquire().fuse() => permit.map_err(|_| busy),
            _ = left.fuse() => Err(EngineError::Cancelled),
            () = clock.sleep(self.wait_limit).fuse() => Err(busy),
        }
    }
}

/// One who waits; leaves the queue when dropped.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    place: usize,
}

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        Self { count, place: count.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Engine {
    /// Runs `work` on the query threads and turns its failure into what is told.
    pub(super) async fn run<T, W, F>(&self, kind: &'static str, cancel: Cancel, work: W) -> Result<T, EngineError>
    where
        T: Send + 'static,
        W: FnOnce(Arc<Inner>, Arc<Control>) -> F + Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let inner = self.inner.clone();
        let started = inner.clock.monotonic();
        let counted =
            |outcome| inner.metrics.counter("glasshive_queries_total", "Questions asked.", &[("kind", kind), ("outcome", outcome)]);
        let (waits, left) = oneshot::channel();
        let mut asker = Asker { cancel: cancel.clone(), left: Some(counted("left")), _waits: waits };
        let runtime = self.runtime.as_ref().expect("the runtime goes when the engine does");
        let task = runtime.spawn({
            let inner = inner.clone();
            async move {
                let _slot = inner.slots.take(&*inner.clock, left).await?;
                let control = Arc::new(inner.control(cancel));
                metered(control.meter.clone(), work(inner.clone(), control)).await.map_err(|failure| inner.told(failure))
            }
        });
        let result = task.await.unwrap_or_else(|error| Err(inner.told(Failure::Defect(panic_text(error)))));
        let outcome = match &result {
            Ok(_) => "answered",
            Err(error) if error.kind() == ErrorKind::Internal => "failed",
            Err(EngineError::Cancelled) => "left",
            Err(_) => "refused",
        };
        asker.left = None;
        counted(outcome).increment();
        let seconds = inner.metrics.histogram("glasshive_query_seconds", "Time from a question to its answer.", &[("kind", kind)]);
        seconds.observe(inner.clock.monotonic().saturating_sub(started));
        result
    }
}

impl Inner {
    /// What a failure is told as. Defects are logged under the id that is told.
    pub(super) fn told(&self, failure: Failure) -> EngineError {
        match failure {
            Failure::OutOfMemory => EngineError::OutOfMemory { limit: bytes_text(self.config.memory_bytes) },
            Failure::OutOfTime => EngineError::OutOfTime,
            Failure::Cancelled => EngineError::Cancelled,
            Failure::Read(error) => EngineError::Read(error),
            Failure::Defect(text) => {
                const FAULTS: (&str, &str) = ("glasshive_fault_total", "Failures of the world around the store.");
                self.metrics.counter(FAULTS.0, FAULTS.1, &[("kind", "query_defect")]).increment();
                let count = self.failures.fetch_add(1, Ordering::Relaxed);
                let seed = self.clock.wall_ns().to_le_bytes();
                let id = format!("{:016x}", xxhash_rust::xxh3::xxh3_64_with_seed(&seed, count));
                tracing::error!(id, error = text, "a query failed");
                EngineError::Internal { id }
            }
        }
    }
}

/// A number of bytes in the greatest unit that divides it.
fn bytes_text(bytes: usize) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(shift, _)| bytes >= 1 << shift && bytes.is_multiple_of(1 << shift));
    unit.map_or_else(|| format!("{bytes} bytes"), |(shift, name)| format!("{} {name}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::Still;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn who_leaves_the_queue_makes_room() {
        let slots = Slots::new(1, 1, Duration::from_secs(5));
        let mut context = Context::from_waker(Waker::noop());
        let _running = slots.take(&Still, oneshot::channel().1).now_or_never().expect("a slot is free").unwrap();
        let (waits, left) = oneshot::channel();
        let mut waiting = pin!(slots.take(&Still, left));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        let full = slots.take(&Still, oneshot::channel().1).now_or_never();
        assert!(matches!(full, Some(Err(EngineError::Busy { slots: 1 }))));
        drop(waits);
        assert!(matches!(waiting.as_mut().poll(&mut context), Poll::Ready(Err(EngineError::Cancelled))));
        assert_eq!(slots.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn sizes_in_words() {
        let check = |bytes, expected: &str| assert_eq!(bytes_text(bytes), expected);
        check(256 << 20, "256 MiB");
        check(1 << 30, "1 GiB");
        check(1536 << 20, "1536 MiB");
        check(1000, "1000 bytes");
    }
}
