//! The store as everybody sees it.

use crate::catalog::{DatasetRow, DeletionRow};
use crate::config::StoreConfig;
use crate::delete::{DeleteError, RowFilter};
use crate::error::{FlushError, OpenError};
use crate::fault::Fault;
use crate::inner::Inner;
use crate::registry::Registry;
use crate::snapshot::{Scope, Snapshot};
use crate::tail::Tail;
use crate::world::World;
use glasshive_base::{BoxFuture, metrics};
use glasshive_model::{Appended, Decoder, EnvironmentId, EventSink, SinkError, Submission};
use std::sync::Arc;
use std::time::Duration;

/// The store of one data directory. Give it to receivers as [`EventSink`], to readers for [`Store::snapshot`].
pub struct Store {
    inner: Arc<Inner>,
}

/// What a start found.
#[derive(Debug, Clone, Default)]
pub struct OpenReport {
    /// Events read back from the log.
    pub recovered_events: u64,
    /// How long that took.
    pub took: Duration,
    /// Everything that was not as it should be, in the words that people see; also in [`Store::faults`].
    pub faults: Vec<Fault>,
    /// Whether something that was acknowledged is lost; the faults name it.
    pub degraded: bool,
}

/// One line of `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at: `log`, `flush`, `disk`, `data`, `files`; `catalog` and `objects` while what is elsewhere does not answer.
    pub name: &'static str,
    /// Whether it is well.
    pub ok: bool,
    /// Why not, in words; empty when it is.
    pub reason: String,
    /// Since when it is not, ns since 1970 UTC; 0 when it is.
    pub since_ns: i64,
}

/// Whether the store takes events in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Whether all checks that ingest needs are well. Damage that was found is told but does not stop ingest.
    pub ready: bool,
    /// The checks.
    pub checks: Vec<Check>,
}

/// Numbers of one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Rows that are not in committed files yet.
    pub live_rows: u64,
    /// Bytes of memory behind them.
    pub live_bytes: u64,
    /// Chunks they are in.
    pub live_chunks: u64,
    /// Data files.
    pub files: u64,
    /// Rows in data files.
    pub file_rows: u64,
    /// Bytes of data files.
    pub file_bytes: u64,
    /// Log segments.
    pub log_segments: u64,
    /// Bytes of log segments.
    pub log_bytes: u64,
    /// Bytes that wait for the log writer.
    pub queued_bytes: u64,
    /// The last sequence that is readable.
    pub published_through: u64,
    /// The last sequence whose rows are in committed files.
    pub flushed_through: u64,
    /// Requests answered without being stored, since the start.
    pub duplicates: u64,
    /// Requests remembered for that.
    pub remembered_requests: u64,
}

// === impl Store ===

impl Store {
    /// Opens the data directory: reads back what the log holds beyond the files, then starts the background tasks.
    ///
    /// The caller holds the directory's lock. When this returns, everything that was ever acknowledged is readable.
    ///
    /// # Errors
    /// When disk or catalog refuse. The directory can be opened again.
    pub async fn open(
        config: StoreConfig,
        world: World,
        decoder: Arc<dyn Decoder>,
        metrics: metrics::Registry,
    ) -> Result<(Arc<Store>, OpenReport), OpenError> {
        let (inner, report) = Inner::open(config, world, decoder, metrics).await?;
        Ok((Arc::new(Store { inner }), report))
    }

    /// Everything of one instant that a reader may want.
    pub fn snapshot(&self, scope: &Scope) -> Snapshot {
        self.inner.state().snapshot(scope)
    }

    /// The columns of an environment, without the rows: no more than a pointer is copied.
    pub fn registry(&self, environment: EnvironmentId) -> Arc<Registry> {
        self.inner.state().environments.get(&environment).map_or_else(Arc::default, |found| found.registry.clone())
    }

    /// Chunks as they become readable, from now on, of all environments.
    pub fn subscribe(&self) -> Tail {
        self.inner.subscribe()
    }

    /// Every environment: number and slug.
    pub fn environments(&self) -> Vec<(EnvironmentId, String)> {
        self.inner.state().environments.iter().map(|(id, environment)| (*id, environment.slug.clone())).collect()
    }

    /// The datasets of an environment, by slug.
    pub fn datasets(&self, environment: EnvironmentId) -> Vec<DatasetRow> {
        self.inner.state().environments.get(&environment).map_or_else(Vec::new, |found| found.datasets.values().cloned().collect())
    }

    /// Writes everything readable now to files and commits them.
    ///
    /// # Errors
    /// When the attempt failed; nothing is lost, and the store tries again by itself.
    pub async fn flush(&self) -> Result<(), FlushError> {
        self.inner.flush().await
    }

    /// Merges the files of each day into as few as possible, without waiting for the day to be over; those that cannot be read are
    /// left alone.
    ///
    /// # Errors
    /// When an attempt failed; nothing is lost.
    pub async fn merge_all(&self) -> Result<(), FlushError> {
        self.inner.merge_all().await
    }

    /// Deletes the rows of an environment that are readable now and that the filter means, and returns the proof of it once they
    /// are in no visible file any more. The files that held them leave the disk as all replaced files do, see
    /// [`MergeConfig::grace`](crate::MergeConfig::grace); bodies in the log leave it after the re-delivery window. After a crash the
    /// deletion goes on at the next start and counts what was left.
    ///
    /// # Errors
    /// [`DeleteError::TooWide`] when the filter names neither a trace nor a value, others when the catalog fails or the store is
    /// shut down meanwhile.
    pub async fn delete_rows(&self, environment: EnvironmentId, filter: RowFilter, asked_by: &str) -> Result<DeletionRow, DeleteError> {
        let asked = self.ask_deletion(environment, filter, asked_by).await?;
        self.wait_for_deletion(asked.id).await
    }

    /// Notes a deletion, as [`Store::delete_rows`] does first, and returns it as it was noted. It is done whether somebody waits or
    /// not.
    ///
    /// # Errors
    /// [`DeleteError::TooWide`], or [`DeleteError::NotNoted`] when the catalog fails.
    pub async fn ask_deletion(&self, environment: EnvironmentId, filter: RowFilter, asked_by: &str) -> Result<DeletionRow, DeleteError> {
        self.inner.ask_deletion(environment, filter, asked_by.to_owned()).await
    }

    /// Waits until a deletion that was noted by this process is done.
    ///
    /// # Errors
    /// When the store is shut down meanwhile, or the catalog fails.
    pub async fn wait_for_deletion(&self, id: u64) -> Result<DeletionRow, DeleteError> {
        self.inner.wait_for_deletion(id).await
    }

    /// Every deletion that was ever asked for, oldest first.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn deletions(&self) -> Result<Vec<DeletionRow>, DeleteError> {
        self.inner.deletions().await
    }

    /// Says that the wall clock is right: a jump that it made no longer keeps rows from expiring.
    pub fn confirm_clock(&self) {
        self.inner.confirm_clock();
    }

    /// Stops: refuses new requests, answers those in flight, syncs the log, marks it clean, flushes if that is quick, and ends
    /// the background tasks. Afterwards the data directory may be opened again.
    pub async fn shutdown(&self) {
        self.inner.shutdown().await;
    }

    /// Whether events can be taken in, and if not, why.
    pub fn readiness(&self) -> Readiness {
        self.inner.readiness()
    }

    /// Numbers of this instant.
    pub fn stats(&self) -> StoreStats {
        self.inner.stats()
    }

    /// Wakes the merger and waits until it has nothing to do at this time of the monotonic clock, or later.
    #[cfg(test)]
    pub(crate) async fn rested(&self, now: std::time::Duration) {
        let mut progress = self.inner.merge_progress.subscribe();
        self.inner.merger.notify_one();
        drop(progress.wait_for(|progress| progress.rested_at >= Some(now)).await);
    }

    /// What went wrong since the start, oldest first, at most the last 256.
    pub fn faults(&self) -> Vec<Fault> {
        self.inner.faults.list()
    }
}

impl EventSink for Store {
    fn append(&self, submission: Submission) -> BoxFuture<'_, Result<Appended, SinkError>> {
        Box::pin(self.inner.append(submission))
    }

    fn admit(&self, bytes: usize) -> Result<(), SinkError> {
        self.inner.admit(bytes)
    }
}
