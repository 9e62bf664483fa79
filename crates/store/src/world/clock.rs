//! Real time and real randomness.

use super::Rng;
use glasshive_base::{BoxFuture, Clock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The machine's clock. Its `sleep` needs a tokio runtime with a timer around it, as every task of
/// [`ThreadSpawner`](super::ThreadSpawner) has.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

// === impl SystemClock ===

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn wall_ns(&self) -> i64 {
        let ns = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => ns(since),
            Err(before) => -ns(before.duration()),
        }
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move { tokio::time::sleep(duration).await })
    }
}

// === impl SystemRng ===

impl Rng for SystemRng {
    fn next_u64(&self) -> u64 {
        getrandom::u64().expect("the operating system gives random numbers from the first moment of user space on")
    }
}
