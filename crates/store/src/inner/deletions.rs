//! What the merger is asked for.

use super::Inner;
use crate::catalog::DeletionRow;
use crate::delete::{DeleteError, RowFilter};
use crate::error::FlushError;
use glasshive_model::EnvironmentId;
use std::sync::atomic::Ordering;

impl Inner {
    /// Merges everything that can be merged.
    pub async fn merge_all(&self) -> Result<(), FlushError> {
        let mut progress = self.merge_progress.subscribe();
        let mut wanted = 0;
        let mut failures = 0;
        self.merge_progress.send_modify(|progress| {
            progress.all_wanted += 1;
            (wanted, failures) = (progress.all_wanted, progress.failures);
        });
        self.merger.notify_one();
        let reached = progress.wait_for(|progress| progress.all_done >= wanted || progress.failures > failures || progress.is_over).await;
        match reached {
            Ok(progress) if progress.all_done >= wanted => Ok(()),
            Ok(progress) if progress.failures > failures => Err(FlushError::Failed(progress.last_failure.clone())),
            _ => Err(FlushError::Closed),
        }
    }

    /// Notes a deletion; the merger takes it from there.
    pub async fn ask_deletion(&self, environment: EnvironmentId, filter: RowFilter, asked_by: String) -> Result<DeletionRow, DeleteError> {
        if filter.is_too_wide() {
            return Err(DeleteError::TooWide);
        }
        let _asking = Asking::new(self);
        let (published_through, (through, latest_ns)) = {
            let state = self.state();
            (state.published_through, state.reach(environment))
        };
        // Were the log to lose its end, what comes later would get sequences that the deletion means.
        let closed = || DeleteError::NotNoted("the store is shut down".to_owned());
        self.until_log_synced(published_through).await.ok_or_else(closed)?;
        let filter = serde_json::to_string(&filter).expect("a filter is always JSON");
        // Where the clock went back, what is readable was received later than now.
        let asked_ns = self.wall_ns().max(latest_ns);
        let row = DeletionRow { id: 0, environment, asked_ns, asked_by, filter, through, finished: None };
        let noted = self.world.catalog.insert_deletion(row.clone()).await;
        let id = noted.map_err(|error| DeleteError::NotNoted(error.to_string()))?;
        Ok(DeletionRow { id, ..row })
    }

    /// Waits until a deletion is done.
    pub async fn wait_for_deletion(&self, id: u64) -> Result<DeletionRow, DeleteError> {
        let mut progress = self.merge_progress.subscribe();
        let reached = progress.wait_for(|progress| progress.deleted.contains(&id) || progress.is_over).await;
        if !reached.is_ok_and(|progress| progress.deleted.contains(&id)) {
            return Err(DeleteError::Closed(id));
        }
        self.deletions().await?.into_iter().find(|row| row.id == id).ok_or(DeleteError::Closed(id))
    }

    /// Every deletion that was ever asked for.
    pub async fn deletions(&self) -> Result<Vec<DeletionRow>, DeleteError> {
        self.world.catalog.deletions().await.map_err(|error| DeleteError::Catalog(error.to_string()))
    }

    /// Whether a deletion may have been noted since this was last asked.
    pub fn take_deletions_wanted(&self) -> bool {
        self.deletions_wanted.swap(false, Ordering::SeqCst)
    }

    /// Whether somebody may have asked for a deletion that the merger has not looked for yet.
    pub fn may_have_new_deletions(&self) -> bool {
        self.deletions_asked.load(Ordering::SeqCst) > 0 || self.deletions_wanted.load(Ordering::SeqCst)
    }

    /// The wall clock is right, however it has moved.
    pub fn confirm_clock(&self) {
        self.clock_confirmed.store(true, Ordering::SeqCst);
        self.merger.notify_one();
    }
}

/// Somebody is having a deletion noted. Whatever comes of it, the merger looks: what failed may have been noted all the same.
struct Asking<'a>(&'a Inner);

impl<'a> Asking<'a> {
    fn new(inner: &'a Inner) -> Self {
        inner.deletions_asked.fetch_add(1, Ordering::SeqCst);
        Self(inner)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.deletions_wanted.store(true, Ordering::SeqCst);
        self.0.deletions_asked.fetch_sub(1, Ordering::SeqCst);
        self.0.merger.notify_one();
    }
}
