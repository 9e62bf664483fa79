//! A runtime for what talks over sockets.
//!
//! The store's tasks run on threads of their own that can sleep and block, but not wait for sockets. What does is run here and
//! awaited there. A caller that goes away leaves its work to finish.

use std::future::Future;
use tokio::runtime::{Builder, Handle, Runtime};

/// A thread with sockets and timers.
pub(crate) struct Remote(Option<Runtime>);

// === impl Remote ===

impl Remote {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system has none left.
    pub fn new(name: &str) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_io().enable_time().build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs `work` on the thread; a panic in it is a panic here.
    pub async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match self.handle().spawn(work).await {
            Ok(value) => value,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime ends with `self`, which is borrowed here.
            Err(_) => std::future::pending().await,
        }
    }

    /// Starts something that nobody waits for.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle().spawn(work));
    }

    fn handle(&self) -> &Handle {
        self.0.as_ref().expect("the runtime is there until `self` is dropped").handle()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // A plain drop waits, which a runtime's thread may not do.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
