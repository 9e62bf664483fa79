//! Housekeeping: merges live chunks, frees log segments, keeps a free one ready.

use crate::inner::{Inner, until_closed};
use futures_util::future::select;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How long the keeper sleeps when nothing wakes it and nothing is due.
const IDLE: Duration = Duration::from_secs(60);

pub(crate) struct Keeper {
    inner: Arc<Inner>,
}

impl Keeper {
    pub fn new(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    /// Runs until the store closes. Has no state of its own: it may be started again.
    pub async fn run(self) {
        while !self.inner.is_closing() {
            while self.inner.merge_some() {
                self.inner.world.spawner.yield_now().await;
                if self.inner.is_closing() {
                    return;
                }
            }
            self.keep_log().await;
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
