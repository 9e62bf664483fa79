//! A clock that a driver moves, and that knows whether anybody is still at work.

use anyhow::{Result, ensure};
use glasshive_base::{BoxFuture, Clock};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long the store may work between two steps of the clock before the run is given up.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long everybody must be seen asleep to be taken for idle: long enough for one who was just called to get up.
const STILL: Duration = Duration::from_micros(300);

/// Time that passes only when [`DrivenClock::advance`] says so.
pub struct DrivenClock {
    start_ns: i64,
    passed: watch::Sender<Duration>,
    /// Until when each sleeper sleeps.
    asleep: Arc<Mutex<Vec<Duration>>>,
}

/// Sleeps for as long as it lives.
struct Sleeper {
    until: Duration,
    asleep: Arc<Mutex<Vec<Duration>>>,
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let mut asleep = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = asleep.iter().position(|until| *until == self.until) {
            asleep.swap_remove(mine);
        }
    }
}

impl DrivenClock {
    /// A clock that shows `start_ns`, ns since 1970 UTC.
    pub fn at(start_ns: i64) -> Self {
        Self { start_ns, passed: watch::Sender::new(Duration::ZERO), asleep: Arc::default() }
    }

    /// Moves it on and wakes whoever has slept long enough.
    pub fn advance(&self, by: Duration) {
        self.passed.send_modify(|passed| *passed += by);
    }

    /// Waits until at least so many tasks sleep, that is until nothing is left to be done before time moves on.
    ///
    /// # Errors
    /// When that does not happen for five minutes.
    pub async fn settle(&self, tasks: usize) -> Result<()> {
        let began = Instant::now();
        let mut still_since = None;
        while still_since.is_none_or(|since: Instant| since.elapsed() < STILL) {
            ensure!(began.elapsed() < PATIENCE, "the store still works after {} s in which its clock stood", PATIENCE.as_secs());
            let are_still = self.asleep() >= tasks;
            still_since = still_since.filter(|_| are_still).or_else(|| are_still.then(Instant::now));
            tokio::time::sleep(STILL / 3).await;
        }
        Ok(())
    }

    /// Those whose time has come are not asleep, though they may not know yet.
    fn asleep(&self) -> usize {
        let now = self.monotonic();
        self.asleep.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|until| **until > now).count()
    }
}

impl Clock for DrivenClock {
    fn wall_ns(&self) -> i64 {
        self.start_ns + i64::try_from(self.monotonic().as_nanos()).unwrap_or(i64::MAX)
    }

    fn monotonic(&self) -> Duration {
        *self.passed.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let until = self.monotonic().saturating_add(duration);
        let mut passed = self.passed.subscribe();
        let asleep = self.asleep.clone();
        Box::pin(async move {
            if *passed.borrow_and_update() >= until {
                return;
            }
            asleep.lock().unwrap_or_else(PoisonError::into_inner).push(until);
            let _sleeper = Sleeper { until, asleep };
            // The sender lives as long as the clock does.
            let _ = passed.wait_for(|passed| *passed >= until).await;
        })
    }
}
