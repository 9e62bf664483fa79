//! Housekeeping: merges live chunks, frees log segments, keeps a free one ready.

use crate::inner::{Inner, until_closed};
use futures_util::future::select;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How long the keeper sleeps when nothing wakes it and nothing is due.
const IDLE: Duration = Duration::from_secs(60);

/// Nothing is removed for its age before the clocks have agreed for so long: a wall clock that jumped is no reason.
const STEADY: Duration = Duration::from_secs(3_600);
/// Clocks that drift apart by more have not agreed.
const JUMP_NS: i64 = 60 * 1_000_000_000;

pub(crate) struct Keeper {
    inner: Arc<Inner>,
    /// Wall time at the monotonic clock's beginning.
    epoch_ns: i64,
    /// When the clocks were last seen to disagree, or something was last removed for its age.
    steady_since: Duration,
}

impl Keeper {
    pub fn new(inner: Arc<Inner>) -> Self {
        let (epoch_ns, steady_since) = (epoch_ns(&inner), inner.now());
        Self { inner, epoch_ns, steady_since }
    }

    /// Runs until the store closes. Has no state that matters: it may be started again.
    pub async fn run(mut self) {
        while !self.inner.is_closing() {
            while self.inner.merge_some() {
                self.inner.world.spawner.yield_now().await;
                if self.inner.is_closing() {
                    return;
                }
            }
            self.keep_log().await;
            self.expire().await;
            let wake = async {
                select(pin!(self.inner.keeper.notified()), self.inner.world.clock.sleep(self.until_due())).await;
            };
            if until_closed(&self.inner, wake).await.is_none() {
                return;
            }
        }
    }

    fn until_due(&self) -> Duration {
        let flushed_through = self.inner.state().flushed_through;
        let due = self.inner.log.next_free_at(flushed_through);
        due.map_or(IDLE, |at| at.saturating_sub(self.inner.now()).clamp(Duration::from_secs(1), IDLE))
    }

    /// Removes what has been in quarantine for its time, about once an hour.
    async fn expire(&mut self) {
        let (now, epoch_ns) = (self.inner.now(), epoch_ns(&self.inner));
        if epoch_ns.abs_diff(self.epoch_ns) > JUMP_NS.unsigned_abs() {
            (self.epoch_ns, self.steady_since) = (epoch_ns, now);
        }
        if now.saturating_sub(self.steady_since) < STEADY {
            return;
        }
        self.steady_since = now;
        // One that was wrong from the start on has been steady too.
        let Some(now_ns) = self.inner.retention_clock().if_believed(self.inner.wall_ns(), now) else { return };
        if let Err(error) = crate::quarantine::expire(&*self.inner.world.disk, now_ns).await {
            tracing::debug!(%error, "the quarantine could not be looked through; again in an hour");
        }
    }

    async fn keep_log(&self) {
        let flushed_through = self.inner.state().flushed_through;
        if let Err(error) = self.inner.log.free(flushed_through, self.inner.now()).await {
            tracing::debug!(%error, "log segments could not be freed yet");
        }
        if self.inner.ingest.stopped().is_none()
            && self.inner.log.is_in_use()
            && let Err(error) = self.inner.log.prepare().await
        {
            tracing::debug!(%error, "no free log segment could be made ready");
        }
        self.inner.numbers.log_bytes.set(self.inner.log.size().1 as i64);
    }
}

fn epoch_ns(inner: &Inner) -> i64 {
    inner.wall_ns().saturating_sub(i64::try_from(inner.now().as_nanos()).unwrap_or(i64::MAX))
}
