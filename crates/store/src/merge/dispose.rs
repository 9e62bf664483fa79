//! Files that were taken out: they go once nobody reads them and no query that knew them can be left.

use crate::catalog::{CatalogState, Swap};
use crate::file::DataFile;
use crate::file::writer::{directory_of, names_of};
use crate::inner::Inner;
use crate::planted::PlantedBug;
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Files that were taken out and are still there.
#[derive(Default)]
pub(crate) struct Leaving(Mutex<Vec<LeavingFile>>);

struct LeavingFile {
    id: String,
    path: String,
    /// From this time on; monotonic.
    at: Duration,
    /// As long as others hold it too, somebody may read it. `None`: taken out before the start.
    file: Option<Arc<DataFile>>,
}

impl Leaving {
    /// What earlier processes took out. Nobody of this one reads them; others that share the files may.
    pub fn of(catalog: &CatalogState, at: Duration) -> Self {
        let files = catalog.removed.iter().map(|file| LeavingFile { id: file.id.clone(), path: file.path.clone(), at, file: None });
        Self(Mutex::new(files.collect()))
    }

    fn files(&self) -> MutexGuard<'_, Vec<LeavingFile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, files: Vec<Arc<DataFile>>, at: Duration) {
        let leaving =
            files.into_iter().map(|file| LeavingFile { id: file.row.id.clone(), path: file.row.path.clone(), at, file: Some(file) });
        self.files().extend(leaving);
    }

    /// When the next one may go, if it is not read then.
    pub fn next_at(&self) -> Option<Duration> {
        self.files().iter().map(|file| file.at).min()
    }

    fn due(&self, now: Duration, is_read_ignored: bool) -> Vec<(String, String)> {
        let is_unread = |file: &LeavingFile| file.file.as_ref().is_none_or(|file| Arc::strong_count(file) == 1);
        let files = self.files();
        let due = files.iter().filter(|file| file.at <= now && (is_read_ignored || is_unread(file)));
        due.map(|file| (file.id.clone(), file.path.clone())).collect()
    }
}

/// Lets a committed swap be seen, and its old files leave.
pub(crate) fn swapped(inner: &Inner, swap: &Swap) {
    let taken_out = inner.state().swap(swap, &inner.files);
    let is_planted = inner.config.is_planted(PlantedBug::SnapshotFileDeleted);
    let at = inner.now() + if is_planted { Duration::ZERO } else { inner.config.merge.grace };
    inner.leaving.add(taken_out, at);
}

/// Removes what may go, durably, and lets the catalog forget it. What fails is tried again at the next call.
pub(crate) async fn dispose(inner: &Inner) -> io::Result<()> {
    let due = inner.leaving.due(inner.now(), inner.config.is_planted(PlantedBug::SnapshotFileDeleted));
    if due.is_empty() {
        return Ok(());
    }
    let mut directories = BTreeSet::new();
    for (_, path) in &due {
        for name in names_of(path) {
            match inner.world.disk.remove(&name).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        directories.insert(directory_of(path));
    }
    // Were a name to come back after a power failure, nobody would know the file any more.
    for directory in directories {
        match inner.world.disk.sync_dir(directory).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let ids: Vec<String> = due.into_iter().map(|(id, _)| id).collect();
    let forgotten = inner.world.catalog.forget_files(ids.clone()).await;
    forgotten.map_err(io::Error::other)?;
    inner.leaving.files().retain(|file| !ids.contains(&file.id));
    Ok(())
}
