//! The end: not ready, no new connections, answer what is in flight, sync the log, flush if that is quick, close the catalog.

use super::Running;
use anyhow::{Context, Result};
use glasshive_api_hive::Open;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long requests in flight may take.
const DRAIN: Duration = Duration::from_secs(5);
/// How long everything may take; after that the log holds what was not flushed, and the next start reads it back.
const TOTAL: Duration = Duration::from_secs(20);

/// Ctrl-C and SIGTERM.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on the signals do not end the process by themselves.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for the first. The second one ends the process at once with status 1, which loses nothing acknowledged.
    pub async fn first(mut self) {
        self.next().await;
        tracing::info!("stopping; once more to stop at once");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(1);
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Stops in order. What does not end in time is left to the next start.
pub async fn drain(running: Running, open: Arc<Open>) {
    let orderly = async {
        running.hive.stopping();
        if !running.server.shutdown(DRAIN).await {
            tracing::warn!("some requests were not answered within {DRAIN:?}; their connections were cut");
        }
        if let Some(xray) = running.xray {
            xray.close(DRAIN).await;
        }
        open.store.shutdown().await;
        running.data.close_catalog().await;
    };
    if tokio::time::timeout(TOTAL, orderly).await.is_err() {
        tracing::warn!("stopping took longer than {TOTAL:?}; the next start reads back the rest from the log");
    }
}
