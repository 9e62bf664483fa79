//! Files that were taken out: they go once nobody reads them and no query that knew them can be left.

use crate::catalog::{CatalogState, RemovedFile, Swap};
use crate::fault::{FaultKind, errno};
use crate::file::DataFile;
use crate::file::writer::{directory_of, names_of};
use crate::inner::Inner;
use crate::planted::PlantedBug;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A file that could not be removed is tried again after so long; each further failure doubles it.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause. It is also how long the catalog is left alone that could not forget files.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// How a file refuses to be removed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Refusals(u32);

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
    refusals: Refusals,
}

impl Leaving {
    /// What earlier processes took out. Nobody of this one reads them; others that share the files may.
    pub fn of(catalog: &CatalogState, at: Duration) -> Self {
        let leaving = |file: &RemovedFile| {
            let (id, path) = (file.id.clone(), file.path.clone());
            LeavingFile { id, path, at, file: None, refusals: Refusals::default() }
        };
        Self(Mutex::new(catalog.removed.iter().map(leaving).collect()))
    }

    fn files(&self) -> MutexGuard<'_, Vec<LeavingFile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, files: Vec<Arc<DataFile>>, at: Duration) {
        let leaving = |file: Arc<DataFile>| {
            let (id, path) = (file.row.id.clone(), file.row.path.clone());
            LeavingFile { id, path, at, file: Some(file), refusals: Refusals::default() }
        };
        self.files().extend(files.into_iter().map(leaving));
    }

    /// When the next one may go, if it is not read then.
    pub fn next_at(&self) -> Option<Duration> {
        self.files().iter().map(|file| file.at).min()
    }

    /// The same of those that may not go yet.
    pub fn next_after(&self, now: Duration) -> Option<Duration> {
        self.files().iter().map(|file| file.at).filter(|at| *at > now).min()
    }

    /// They could not be removed: said once of each, and tried again later.
    fn refused(&self, inner: &Inner, ids: &[&str], error: &io::Error) {
        for file in self.files().iter_mut().filter(|file| ids.contains(&file.id.as_str())) {
            file.at = file.refusals.refused(inner, &file.path, error);
        }
    }

    fn put_off(&self, ids: &[String], at: Duration) {
        self.files().iter_mut().filter(|file| ids.contains(&file.id)).for_each(|file| file.at = at);
    }

    fn due(&self, now: Duration, is_read_ignored: bool) -> Vec<(String, String)> {
        let is_unread = |file: &LeavingFile| file.file.as_ref().is_none_or(|file| Arc::strong_count(file) == 1);
        let files = self.files();
        let due = files.iter().filter(|file| file.at <= now && (is_read_ignored || is_unread(file)));
        due.map(|file| (file.id.clone(), file.path.clone())).collect()
    }
}

impl Refusals {
    /// Once more: counted, told the first time. When to try again, by the monotonic clock.
    pub fn refused(&mut self, inner: &Inner, path: &str, error: &io::Error) -> Duration {
        inner.numbers.remove_failures.increment();
        if self.0 == 0 {
            inner.tell(FaultKind::FileRemoval, format!("could not remove {path} ({}); will try again", errno(error)));
        }
        let pause = PAUSE_FIRST.saturating_mul(1 << self.0.min(16)).min(PAUSE_MAX);
        self.0 = self.0.saturating_add(1);
        inner.now() + pause
    }
}

/// Lets a committed swap be seen, and its old files leave.
pub(crate) fn swapped(inner: &Inner, swap: &Swap) {
    let taken_out = inner.state().swap(swap, &inner.files);
    let is_planted = inner.config.is_planted(PlantedBug::SnapshotFileDeleted);
    let at = inner.now() + if is_planted { Duration::ZERO } else { inner.config.merge.grace };
    inner.leaving.add(taken_out, at);
}

/// Removes what may go, durably, and lets the catalog forget it. What fails is told once, tried again later, and in nobody's way.
pub(crate) async fn dispose(inner: &Inner) {
    let due = inner.leaving.due(inner.now(), inner.config.is_planted(PlantedBug::SnapshotFileDeleted));
    if due.is_empty() {
        return;
    }
    let mut gone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, (id, path)) in due.iter().enumerate() {
        // A store that does not answer would hold up everything else for as long as each request may take.
        if inner.is_closing() || inner.world.disk.unreachable_for().is_some() {
            let left: Vec<String> = due[place..].iter().map(|(id, _)| id.clone()).collect();
            inner.leaving.put_off(&left, inner.now() + PAUSE_FIRST);
            break;
        }
        match remove(inner, path).await {
            Ok(()) => gone.entry(directory_of(path)).or_default().push(id),
            Err(error) => inner.leaving.refused(inner, &[id], &error),
        }
    }
    // Were a name to come back after a power failure, nobody would know the file any more.
    let mut ids: Vec<String> = Vec::new();
    for (directory, files) in gone {
        match inner.world.disk.sync_dir(directory).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => inner.leaving.refused(inner, &files, &error),
            _ => ids.extend(files.into_iter().map(str::to_owned)),
        }
    }
    if ids.is_empty() {
        return;
    }
    if let Err(error) = inner.world.catalog.forget_files(ids.clone()).await {
        tracing::debug!(%error, "removed files are forgotten later");
        return inner.leaving.put_off(&ids, inner.now() + PAUSE_MAX);
    }
    inner.leaving.files().retain(|file| !ids.contains(&file.id));
}

async fn remove(inner: &Inner, path: &str) -> io::Result<()> {
    for name in names_of(path) {
        match inner.world.disk.remove(&name).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
