//! The real disk: one directory of a local file system, through plain system calls.
//!
//! Every call does its work when first polled and blocks the polling thread meanwhile; tasks of the store have threads of
//! their own. Interrupted calls are repeated, short writes continued; nothing else is hidden.

use super::{Disk, DiskEntry, DiskFile};
use bytes::Bytes;
use glasshive_base::BoxFuture;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Rights of every directory: the owner alone (telemetry is personal data).
const DIRECTORY_MODE: u32 = 0o700;
/// Rights of every file.
const FILE_MODE: u32 = 0o600;
/// How many parts one vectored write takes (the kernel's `IOV_MAX`).
const PARTS_PER_WRITE: usize = 1_024;

/// [`Disk`] on a directory of a local file system.
pub struct LocalDisk {
    root: PathBuf,
    /// Directories whose names this process has made durable. One that merely exists may have been made by a process that
    /// was killed before its sync.
    durable: Mutex<HashSet<PathBuf>>,
}

struct LocalFile(File);

// === impl LocalDisk ===

impl LocalDisk {
    /// The disk below `root`, which exists.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), durable: Mutex::new(HashSet::new()) }
    }

    fn at(&self, path: &str) -> io::Result<PathBuf> {
        let relative = Path::new(path);
        if relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(self.root.join(relative));
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path:?} is not a path below the data directory")))
    }

    fn create_dir_all_now(&self, directory: &str) -> io::Result<()> {
        let mut path = self.root.clone();
        self.at(directory)?;
        for part in Path::new(directory) {
            let parent = path.clone();
            path.push(part);
            let is_durable = |paths: &HashSet<PathBuf>| paths.contains(&path);
            if is_durable(&self.durable.lock().unwrap_or_else(PoisonError::into_inner)) {
                continue;
            }
            let is_new = match fs::DirBuilder::new().mode(DIRECTORY_MODE).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => false,
                other => other.map(|()| true)?,
            };
            if let Err(error) = File::open(&parent).and_then(|parent| parent.sync_all()) {
                // A second sync would prove nothing: whoever needs it makes it again.
                if is_new {
                    drop(fs::remove_dir(&path));
                }
                return Err(error);
            }
            self.durable.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
        }
        Ok(())
    }
}

impl Disk for LocalDisk {
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            let file = File::options().read(true).write(true).create_new(true).mode(FILE_MODE).open(self.at(path)?)?;
            Ok(Arc::new(LocalFile(file)) as Arc<dyn DiskFile>)
        })
    }

    fn open<'a>(&'a self, path: &'a str, write: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            let file = File::options().read(true).write(write).open(self.at(path)?)?;
            Ok(Arc::new(LocalFile(file)) as Arc<dyn DiskFile>)
        })
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move { fs::rename(self.at(from)?, self.at(to)?) })
    }

    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move { fs::remove_file(self.at(path)?) })
    }

    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        Box::pin(async move {
            let entries = match fs::read_dir(self.at(directory)?) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                other => other?,
            };
            let mut found = Vec::new();
            for entry in entries {
                let entry = entry?;
                let metadata = match entry.metadata() {
                    // Removed between the two calls.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    other => other?,
                };
                // We create no names that are not UTF-8; others' files are not ours to read.
                if let Ok(name) = entry.file_name().into_string() {
                    let is_dir = metadata.is_dir();
                    found.push(DiskEntry { name, is_dir, len: if is_dir { 0 } else { metadata.len() } });
                }
            }
            Ok(found)
        })
    }

    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move { self.create_dir_all_now(directory) })
    }

    fn sync_dir<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move { File::open(self.at(directory)?)?.sync_all() })
    }

    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async move {
            let stat = rustix::fs::statvfs(&self.root)?;
            Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
        })
    }
}

// === impl LocalFile ===

impl LocalFile {
    fn write_all_at(&self, mut offset: u64, parts: &[Bytes]) -> io::Result<()> {
        let mut slices: Vec<io::IoSlice<'_>> = parts.iter().filter(|part| !part.is_empty()).map(|part| io::IoSlice::new(part)).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            let count = rest.len().min(PARTS_PER_WRITE);
            let written = rustix::io::retry_on_intr(|| rustix::io::pwritev(&self.0, &rest[..count], offset))?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            offset += written as u64;
            io::IoSlice::advance_slices(&mut rest, written);
        }
        Ok(())
    }
}

impl DiskFile for LocalFile {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        Box::pin(async move {
            // A length from a damaged file must not become an allocation.
            let end = offset.checked_add(len as u64);
            if end.is_none_or(|end| self.0.metadata().is_ok_and(|metadata| end > metadata.len())) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut buffer = vec![0; len];
            self.0.read_exact_at(&mut buffer, offset)?;
            Ok(buffer.into())
        })
    }

    fn write_at(&self, offset: u64, parts: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move { self.write_all_at(offset, &parts) })
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        // Not through std, which repeats an interrupted sync: a second call proves nothing about the first one's bytes.
        Box::pin(async move { Ok(rustix::fs::fdatasync(&self.0)?) })
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async move { Ok(self.0.metadata()?.len()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[tokio::test]
    async fn writes_parts_at_positions_and_reads_exactly() {
        let directory = tempfile::tempdir().unwrap();
        let disk = LocalDisk::new(directory.path());
        disk.create_dir_all("log/deep").await.unwrap();
        let file = disk.create_new("log/deep/a").await.unwrap();
        let parts: Vec<Bytes> = (0..3_000u32).map(|n| Bytes::from(n.to_le_bytes().to_vec())).collect();
        file.write_at(8, parts).await.unwrap();
        file.sync().await.unwrap();
        disk.sync_dir("log/deep").await.unwrap();
        assert_eq!(file.len().await.unwrap(), 8 + 12_000);
        assert_eq!(file.read_at(8 + 4 * 2_999, 4).await.unwrap(), 2_999u32.to_le_bytes()[..]);
        assert_eq!(file.read_at(0, 8).await.unwrap(), [0; 8][..]);
        for (offset, len) in [(12_007, 2), (u64::MAX, 1), (0, usize::MAX >> 1)] {
            assert_eq!(file.read_at(offset, len).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
        assert_eq!(disk.create_new("log/deep/a").await.err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert!(disk.free_bytes().await.unwrap() > 0);
    }

    #[tokio::test]
    async fn lists_renames_and_removes() {
        let directory = tempfile::tempdir().unwrap();
        let disk = LocalDisk::new(directory.path());
        disk.create_dir_all("tmp").await.unwrap();
        disk.create_new("tmp/a").await.unwrap().write_at(0, vec![Bytes::from_static(b"xyz")]).await.unwrap();
        disk.rename("tmp/a", "b").await.unwrap();
        let mut entries = disk.list("").await.unwrap();
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        let entry = |name: &str, is_dir, len| DiskEntry { name: name.to_owned(), is_dir, len };
        assert_eq!(entries, [entry("b", false, 3), entry("tmp", true, 0)]);
        disk.remove("b").await.unwrap();
        assert_eq!(disk.list("tmp").await.unwrap(), []);
        assert_eq!(disk.list("absent").await.unwrap(), []);
        assert_eq!(disk.open("b", false).await.err().unwrap().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn only_the_owner_may_read_and_nothing_is_outside_the_root() {
        let directory = tempfile::tempdir().unwrap();
        let disk = LocalDisk::new(directory.path());
        disk.create_dir_all("log").await.unwrap();
        disk.create_new("log/a").await.unwrap();
        let mode = |path: &str| fs::metadata(directory.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("log"), mode("log/a")), (0o700, 0o600));
        for path in ["../a", "/a", "log/../../a"] {
            assert_eq!(disk.create_new(path).await.err().unwrap().kind(), io::ErrorKind::InvalidInput, "{path}");
        }
    }
}
