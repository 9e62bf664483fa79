//! A sink that exists before the store does, so that sockets can open first.

use glasshive_base::BoxFuture;
use glasshive_model::{Appended, EventSink, SinkError, Submission};
use glasshive_store::Store;
use std::sync::{Arc, OnceLock};

/// Hands everything to the store once it is there; until then refuses, retryably.
#[derive(Default)]
pub struct LateSink {
    store: OnceLock<Arc<Store>>,
}

impl LateSink {
    /// The store is there. A second call changes nothing.
    pub fn open(&self, store: Arc<Store>) {
        let _ = self.store.set(store);
    }

    fn store(&self) -> Result<&Arc<Store>, SinkError> {
        self.store.get().ok_or_else(|| SinkError::Stopped { reason: "the server is starting: it reads back its log".to_owned() })
    }
}

impl EventSink for LateSink {
    fn append(&self, submission: Submission) -> BoxFuture<'_, Result<Appended, SinkError>> {
        match self.store() {
            Ok(store) => store.append(submission),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn admit(&self, bytes: usize) -> Result<(), SinkError> {
        self.store()?.admit(bytes)
    }
}
