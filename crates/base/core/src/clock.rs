//! Time as a parameter: wall time for stamping, monotonic time for waiting.

use crate::BoxFuture;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Where time comes from. The binary hands one down; the simulation hands down another.
pub trait Clock: Send + Sync {
    /// Wall time in nanoseconds since 1970-01-01 UTC. May jump in either direction.
    fn wall_ns(&self) -> i64;
    /// Time since an arbitrary start; never goes back. Deadlines and intervals are measured with this.
    fn monotonic(&self) -> Duration;
    /// Resolves once `duration` of monotonic time has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// A clock that moves only when told to, for tests. Its `sleep` advances the clock itself and returns at once.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall_ns: AtomicI64,
    monotonic_ns: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `wall_ns` and has run for no time.
    pub fn at(wall_ns: i64) -> Self {
        Self { wall_ns: AtomicI64::new(wall_ns), monotonic_ns: AtomicI64::new(0) }
    }

    /// Moves both wall and monotonic time forward.
    pub fn advance(&self, duration: Duration) {
        let ns = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        self.wall_ns.fetch_add(ns, Ordering::SeqCst);
        self.monotonic_ns.fetch_add(ns, Ordering::SeqCst);
    }

    /// Sets wall time alone, as an operator or a time server does.
    pub fn set_wall_ns(&self, wall_ns: i64) {
        self.wall_ns.store(wall_ns, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn wall_ns(&self) -> i64 {
        self.wall_ns.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.monotonic_ns.load(Ordering::SeqCst).unsigned_abs())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}
