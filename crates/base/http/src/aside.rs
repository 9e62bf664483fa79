//! Work that would hold up the threads that serve the sockets: done beside them, as much at a time as there are processors.

use std::sync::OnceLock;
use std::thread::available_parallelism;
use tokio::sync::Semaphore;

/// The process is ending: the work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is stopping")]
pub struct Stopping;

/// Does `work` on a thread where it may take its time. A panic in it is the caller's. What waits for its turn is bounded by what
/// the ledger lets in; without turns every body at once would get a thread, and every thread keeps memory of its own.
///
/// # Errors
/// [`Stopping`].
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stopping> {
    static TURNS: OnceLock<Semaphore> = OnceLock::new();
    let turns = TURNS.get_or_init(|| Semaphore::new(available_parallelism().map_or(1, Into::into)));
    let turn = turns.acquire().await.map_err(|_| Stopping)?;
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        // Not before: when the caller goes away the work still runs.
        drop(turn);
        done
    });
    done.await.map_err(|failed| match failed.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Stopping,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_comes_back_and_panics_come_through() {
        assert_eq!(aside(|| 7).await, Ok(7));
        let failed = tokio::spawn(aside(|| panic!("as told"))).await.unwrap_err();
        assert_eq!(failed.into_panic().downcast_ref::<&str>(), Some(&"as told"));
        let all = futures_util::future::join_all((0..100).map(|index| aside(move || index))).await;
        assert_eq!(all, (0..100).map(Ok).collect::<Vec<_>>());
    }
}
