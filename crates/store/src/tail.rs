//! Following what arrives.

use crate::live::Chunk;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Chunks that a follower may be behind before it misses some.
pub(crate) const TAIL_CHUNKS: usize = 1_024;

/// Receives every chunk that becomes readable after it was made, of all environments.
pub struct Tail {
    receiver: broadcast::Receiver<Arc<Chunk>>,
    missed: u64,
}

impl Tail {
    pub(crate) fn new(receiver: broadcast::Receiver<Arc<Chunk>>) -> Self {
        Self { receiver, missed: 0 }
    }

    /// The next chunk; `None` once the store is gone. A follower that is too slow skips chunks, see [`Tail::missed`].
    pub async fn next(&mut self) -> Option<Arc<Chunk>> {
        loop {
            match self.receiver.recv().await {
                Ok(chunk) => return Some(chunk),
                Err(broadcast::error::RecvError::Lagged(count)) => self.missed += count,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// How many chunks went by unseen so far.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}
