//! What waits for the log writer.

use super::record::LogRecord;
use crate::ingest::STOPPING;
use glasshive_model::{Appended, Rows, SinkError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// A request that is to be logged, published and answered.
pub(crate) struct Pending {
    pub record: Arc<LogRecord>,
    pub rows: Arc<Rows>,
    /// What the window knows it by.
    pub identity: u128,
    pub answer: oneshot::Sender<Result<Appended, SinkError>>,
}

/// The queue before the log, bounded in bytes.
pub(crate) struct Queue {
    limit: usize,
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    pending: VecDeque<Pending>,
    bytes: usize,
    is_closed: bool,
}

impl Queue {
    pub fn new(limit: usize) -> Self {
        Self { limit, waiting: Mutex::default(), changed: Notify::new() }
    }

    /// Adds a request, unless the queue is full or closed. One that is larger than the whole queue is taken when it is empty.
    pub fn push(&self, pending: Pending) -> Result<(), SinkError> {
        let mut waiting = self.waiting();
        let bytes = pending.record.heap_bytes();
        if waiting.is_closed {
            return Err(SinkError::Stopped { reason: STOPPING.to_owned() });
        }
        if waiting.bytes > 0 && waiting.bytes + bytes > self.limit {
            return Err(SinkError::Busy { queued_bytes: waiting.bytes });
        }
        waiting.bytes += bytes;
        waiting.pending.push_back(pending);
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// Takes requests from the front, until the next would make them more than `bytes`; at least one if there is one.
    pub fn take(&self, bytes: usize) -> Vec<Pending> {
        let mut waiting = self.waiting();
        let mut taken = Vec::new();
        let mut sum = 0;
        while let Some(next) = waiting.pending.front() {
            let size = next.record.heap_bytes();
            if !taken.is_empty() && sum + size > bytes {
                break;
            }
            sum += size;
            taken.extend(waiting.pending.pop_front());
        }
        waiting.bytes -= sum;
        taken
    }

    /// Whether `bytes` more fit now.
    pub fn admits(&self, bytes: usize) -> Result<(), SinkError> {
        let queued_bytes = self.waiting().bytes;
        if queued_bytes > 0 && queued_bytes + bytes > self.limit {
            return Err(SinkError::Busy { queued_bytes });
        }
        Ok(())
    }

    pub fn bytes(&self) -> usize {
        self.waiting().bytes
    }

    /// Nothing more will come.
    pub fn close(&self) {
        self.waiting().is_closed = true;
        self.wake();
    }

    /// Whether nothing more will come and nothing waits.
    pub fn is_done(&self) -> bool {
        let waiting = self.waiting();
        waiting.is_closed && waiting.pending.is_empty()
    }

    /// Lets the log writer look around.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Resolves when something was added or changed since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
