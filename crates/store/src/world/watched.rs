//! Directories in which several tasks change names at once.
//!
//! A sync of a directory makes durable whatever was changed in it, by whom ever, and one that fails forgets it: the next one finds
//! nothing to do and succeeds. So whoever's own sync has succeeded must know besides that no other has failed since the change.

use super::{Disk, DiskEntry, DiskFile};
use glasshive_base::BoxFuture;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// Linux's.
const EIO: i32 = 5;

/// [`Disk`] that counts the syncs of each directory that failed.
pub(crate) struct WatchedDisk {
    disk: Arc<dyn Disk>,
    failed: Mutex<HashMap<String, u64>>,
    /// Directories that are being synced, one sync at a time: one that succeeds must not overtake the count of one that failed.
    syncing: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

/// Names that are about to be changed in a directory.
pub(crate) struct NameChanges<'a> {
    disk: &'a dyn Disk,
    directory: &'a str,
    failed_before: u64,
}

// === impl NameChanges ===

impl<'a> NameChanges<'a> {
    /// To be called before the first of them is changed.
    pub fn begin(disk: &'a dyn Disk, directory: &'a str) -> Self {
        Self { disk, directory, failed_before: disk.failed_syncs(directory) }
    }

    /// Makes them durable. After an error nothing may be assumed of any of them, and a repeated call proves nothing.
    pub async fn sync(&self) -> io::Result<()> {
        self.disk.sync_dir(self.directory).await?;
        match self.disk.failed_syncs(self.directory) == self.failed_before {
            true => Ok(()),
            // What the other one was told.
            false => Err(io::Error::from_raw_os_error(EIO)),
        }
    }
}

// === impl WatchedDisk ===

impl WatchedDisk {
    /// Watches what is done on `disk` through this one.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, failed: Mutex::default(), syncing: Mutex::default() }
    }

    fn count_failure(&self, directory: &str) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner).entry(directory.to_owned()).or_default() += 1;
    }

    fn lock_of(&self, directory: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut syncing = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = syncing.get(directory).and_then(Weak::upgrade) {
            return lock;
        }
        syncing.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        syncing.insert(directory.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

impl Disk for WatchedDisk {
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        self.disk.create_new(path)
    }

    fn open<'a>(&'a self, path: &'a str, write: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        self.disk.open(path, write)
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.disk.rename(from, to)
    }

    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.disk.remove(path)
    }

    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        self.disk.list(directory)
    }

    /// Making a directory syncs those that it is in, unless they are known to have it.
    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let ends = directory.match_indices('/').map(|(at, _)| at);
            let above: Vec<&str> = [0].into_iter().chain(ends).map(|end| &directory[..end]).collect();
            let mut held = Vec::with_capacity(above.len());
            for directory in &above {
                held.push(self.lock_of(directory).lock_owned().await);
            }
            let made = self.disk.create_dir_all(directory).await;
            if made.is_err() {
                above.iter().for_each(|directory| self.count_failure(directory));
            }
            made
        })
    }

    fn sync_dir<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let lock = self.lock_of(directory);
            let _held = lock.lock().await;
            let synced = self.disk.sync_dir(directory).await;
            if synced.is_err() {
                self.count_failure(directory);
            }
            synced
        })
    }

    fn failed_syncs(&self, directory: &str) -> u64 {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get(directory).copied().unwrap_or_default()
    }

    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>> {
        self.disk.free_bytes()
    }

    fn unreachable_for(&self) -> Option<Duration> {
        self.disk.unreachable_for()
    }

    fn refuses(&self) -> Option<(String, Duration)> {
        self.disk.refuses()
    }

    fn is_elsewhere(&self, path: &str) -> bool {
        self.disk.is_elsewhere(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StoreConfig;
    use crate::file::traces::TraceIndexBuilder;
    use crate::file::writer::{FileWriter, LeftOut};
    use crate::log::segment::LogFiles;
    use crate::tests::support::{Op, TestWorld};
    use bytes::Bytes;

    /// A disk that refuses the next sync of a directory whose path contains `directory`.
    fn refusing(world: &TestWorld, directory: &'static str) -> Arc<WatchedDisk> {
        let troubles = Arc::<crate::tests::support::Troubles>::default();
        troubles.refuse(Op::SyncDir, directory, 5, 1);
        Arc::new(WatchedDisk::new(world.world(world.catalog.clone(), troubles).disk))
    }

    #[tokio::test]
    async fn f06_a_failed_sync_of_a_directory_counts_for_everybody_who_changed_names_in_it() {
        let world = TestWorld::new();
        let watched = refusing(&world, "events/a");
        let disk: Arc<dyn Disk> = watched.clone();
        let write = async |path: &str| {
            let mut file = FileWriter::create(&disk, path).await.unwrap();
            file.write(Bytes::from_static(b"rows")).await.unwrap();
            file
        };
        let (one, two, elsewhere) =
            (write("events/a/1.parquet").await, write("events/a/2.parquet").await, write("events/b/3.parquet").await);
        let finish = |file: FileWriter| file.finish(TraceIndexBuilder::default(), LeftOut::default());
        // All have their names before the first sync, which fails.
        let held = watched.lock_of("events/a").lock_owned().await;
        let (one, two, elsewhere, ()) = tokio::join!(finish(one), finish(two), finish(elsewhere), async { drop(held) });
        assert_eq!((one.is_err(), two.is_err(), elsewhere.is_err()), (true, true, false));
        assert_eq!(two.err().unwrap().raw_os_error(), Some(EIO));
        finish(write("events/a/4.parquet").await).await.unwrap();
        assert_eq!(disk.failed_syncs("events/a"), 1);
    }

    #[tokio::test]
    async fn f05_a_segment_whose_name_another_sync_may_have_lost_is_not_written_to() {
        let world = TestWorld::new();
        let watched = refusing(&world, "log");
        watched.create_dir_all("log").await.unwrap();
        let log = LogFiles::new(watched.clone(), StoreConfig { segment_bytes: 16 << 10, ..StoreConfig::default() }, 1);
        let held = watched.lock_of("log").lock_owned().await;
        let (prepared, created, ()) = tokio::join!(log.prepare(), log.create(1, &[], true), async { drop(held) });
        assert!(prepared.is_err(), "the one whose sync failed");
        assert_eq!(created.err().unwrap().source.raw_os_error(), Some(EIO));
        assert!(log.create(1, &[], true).await.is_ok());
    }

    #[tokio::test]
    async fn making_a_directory_syncs_those_that_it_is_in() {
        let world = TestWorld::new();
        let watched = refusing(&world, "no sync fails");
        std::fs::write(world.directory.path().join("file"), "").unwrap();
        let names = NameChanges::begin(&*watched, "");
        assert!(watched.create_dir_all("file/below/deep").await.is_err());
        assert!(names.sync().await.is_err());
        assert_eq!(["", "file", "file/below", "file/below/deep"].map(|directory| watched.failed_syncs(directory)), [1, 1, 1, 0]);
    }
}
