//! The swap's transaction, and what to do when nobody says what became of it.

use super::{Failure, Merger, PAUSE_FIRST};
use crate::catalog::{CatalogError, Swap};
use crate::fault::FaultKind;
use crate::inner::until_closed;
use crate::planted::PlantedBug;

impl Merger {
    /// Commits a swap, once: a swap that is refused is not the right one any more.
    pub(super) async fn commit(&mut self, swap: &Swap) -> Result<(), Failure> {
        let inner = self.inner.clone();
        match inner.world.catalog.commit_swap(swap.clone()).await {
            Ok(()) => Ok(()),
            Err(CatalogError::Uncertain(_)) if inner.config.is_planted(PlantedBug::UncertainSwapBelieved) => Ok(()),
            Err(CatalogError::Uncertain(reason)) => match self.is_committed(swap).await? {
                true => {
                    inner.tell(FaultKind::CatalogUncertain, "catalog write uncertain; re-checked: present".to_owned());
                    Ok(())
                }
                false => Err(Failure::Later(reason)),
            },
            // The next flush finds that out too, and tells it.
            Err(CatalogError::Full(reason)) => Err(Failure::Later(reason)),
            Err(error) => {
                inner.tell(FaultKind::CatalogFailed, format!("{error}; will commit again"));
                Err(Failure::Later(error.to_string()))
            }
        }
    }

    /// Looks into the catalog until it answers: a swap is there as a whole or not at all.
    async fn is_committed(&mut self, swap: &Swap) -> Result<bool, Failure> {
        let inner = self.inner.clone();
        loop {
            match inner.world.catalog.load().await {
                Ok(state) => {
                    // It answers again: what comes of it waits no longer than after a first failure.
                    self.pause = PAUSE_FIRST;
                    let is_visible = |id: &String| state.files.iter().any(|file| file.id == *id);
                    return Ok(!swap.removed.iter().any(is_visible) && swap.added.iter().all(|file| is_visible(&file.id)));
                }
                Err(error) => {
                    let pause = self.failed(error.to_string());
                    if until_closed(&inner, inner.world.clock.sleep(pause)).await.is_none() {
                        return Err(Failure::Closing);
                    }
                }
            }
        }
    }
}
