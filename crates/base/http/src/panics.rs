//! What made handlers panic, so that the same payload cannot do it for ever (F16).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Panics of one payload after which it is refused.
const PANICS_PER_PAYLOAD: u32 = 3;
/// Payloads remembered; when full, all are forgotten.
const PAYLOADS: usize = 1_024;

tokio::task_local! {
    /// The payload that the running handler has named.
    static CURRENT: std::cell::Cell<Option<u128>>;
}

/// How often each payload has made a handler panic.
#[derive(Debug, Default)]
pub(crate) struct Panics {
    counts: Mutex<HashMap<u128, u32>>,
}

impl Panics {
    /// Runs a handler so that [`Panics::enter`] within it is remembered; also tells which payload was named last.
    pub(crate) async fn watch<F: Future>(future: F) -> (F::Output, Option<u128>) {
        CURRENT
            .scope(std::cell::Cell::new(None), async {
                let output = future.await;
                (output, CURRENT.with(std::cell::Cell::get))
            })
            .await
    }

    /// Names the payload at work, or refuses it.
    pub(crate) fn enter(&self, hash: u128) -> Result<(), String> {
        let count = self.counts.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).copied().unwrap_or(0);
        if count >= PANICS_PER_PAYLOAD {
            return Err(format!("this payload has caused {count} internal errors and is refused; please report it"));
        }
        // Outside a server (a synthetic request) nobody watches.
        let _ = CURRENT.try_with(|current| current.set(Some(hash)));
        Ok(())
    }

    /// Counts one panic.
    pub(crate) fn count(&self, hash: u128) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= PAYLOADS && !counts.contains_key(&hash) {
            counts.clear();
        }
        *counts.entry(hash).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn f16_a_payload_is_refused_after_three_panics() {
        let panics = Panics::default();
        for _ in 0..3 {
            let (allowed, named) = Panics::watch(async { panics.enter(7) }).await;
            assert_eq!((allowed, named), (Ok(()), Some(7)));
            panics.count(7);
        }
        assert!(panics.enter(7).unwrap_err().contains("3 internal errors"));
        assert_eq!(panics.enter(8), Ok(()));
    }
}
