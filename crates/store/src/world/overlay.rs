//! A disk whose changes stay in memory: reading a data directory with the store's own code, leaving it as it is.

use super::{Disk, DiskEntry, DiskFile};
use bytes::Bytes;
use glasshive_base::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// [`Disk`] over another one, which is only read. Everything written is kept in memory and forgotten in the end.
pub struct OverlayDisk {
    below: Arc<dyn Disk>,
    above: Mutex<Above>,
}

#[derive(Default)]
struct Above {
    files: BTreeMap<String, Arc<MemoryFile>>,
    directories: BTreeSet<String>,
    /// Names of the disk below that are gone: removed, or renamed away.
    hidden: BTreeSet<String>,
}

#[derive(Default)]
struct MemoryFile(Mutex<Vec<u8>>);

// === impl OverlayDisk ===

impl OverlayDisk {
    /// A disk that shows `below` and changes nothing in it.
    pub fn new(below: Arc<dyn Disk>) -> Self {
        Self { below, above: Mutex::default() }
    }

    fn above(&self) -> MutexGuard<'_, Above> {
        self.above.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file at `path` if it was written here, or `NotFound` if it was removed here.
    fn written(&self, path: &str) -> io::Result<Option<Arc<MemoryFile>>> {
        let above = self.above();
        match above.files.get(path) {
            Some(file) => Ok(Some(file.clone())),
            None if above.hidden.contains(path) => Err(io::ErrorKind::NotFound.into()),
            None => Ok(None),
        }
    }

    /// The file at `path`, brought into memory when it is not there yet.
    async fn writable(&self, path: &str) -> io::Result<Arc<MemoryFile>> {
        if let Some(file) = self.written(path)? {
            return Ok(file);
        }
        let file = self.below.open(path, false).await?;
        let len = usize::try_from(file.len().await?).map_err(io::Error::other)?;
        let copy = Arc::new(MemoryFile(Mutex::new(file.read_at(0, len).await?.to_vec())));
        self.above().files.insert(path.to_owned(), copy.clone());
        Ok(copy)
    }

    async fn exists(&self, path: &str) -> io::Result<bool> {
        match self.open(path, false).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Disk for OverlayDisk {
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            if self.exists(path).await? {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let file = Arc::new(MemoryFile::default());
            self.above().files.insert(path.to_owned(), file.clone());
            Ok(file as Arc<dyn DiskFile>)
        })
    }

    fn open<'a>(&'a self, path: &'a str, write: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            if write {
                return Ok(self.writable(path).await? as Arc<dyn DiskFile>);
            }
            match self.written(path)? {
                Some(file) => Ok(file as Arc<dyn DiskFile>),
                None => self.below.open(path, false).await,
            }
        })
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let file = self.writable(from).await?;
            let mut above = self.above();
            above.files.remove(from);
            above.hidden.insert(from.to_owned());
            above.files.insert(to.to_owned(), file);
            Ok(())
        })
    }

    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            if !self.exists(path).await? {
                return Err(io::ErrorKind::NotFound.into());
            }
            let mut above = self.above();
            above.files.remove(path);
            above.hidden.insert(path.to_owned());
            Ok(())
        })
    }

    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        Box::pin(async move {
            let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
            let mut entries: BTreeMap<String, DiskEntry> = BTreeMap::new();
            for entry in self.below.list(directory).await? {
                if !self.above().hidden.contains(&format!("{prefix}{}", entry.name)) {
                    entries.insert(entry.name.clone(), entry);
                }
            }
            let above = self.above();
            let right_below = |path: &str| {
                let name = path.strip_prefix(&prefix)?;
                (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
            };
            for name in above.directories.iter().filter_map(|path| right_below(path)) {
                entries.insert(name.clone(), DiskEntry { name, is_dir: true, len: 0 });
            }
            for (path, file) in &above.files {
                if let Some(name) = right_below(path) {
                    let len = file.bytes().len() as u64;
                    entries.insert(name.clone(), DiskEntry { name, is_dir: false, len });
                }
            }
            Ok(entries.into_values().collect())
        })
    }

    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let ends = directory.match_indices('/').map(|(end, _)| end).chain([directory.len()]);
            let parts = ends.map(|end| directory[..end].to_owned());
            self.above().directories.extend(parts);
            Ok(())
        })
    }

    fn sync_dir<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>> {
        self.below.free_bytes()
    }

    fn unreachable_for(&self) -> Option<Duration> {
        self.below.unreachable_for()
    }

    fn refuses(&self) -> Option<(String, Duration)> {
        self.below.refuses()
    }

    fn is_elsewhere(&self, path: &str) -> bool {
        !self.above().files.contains_key(path) && self.below.is_elsewhere(path)
    }
}

// === impl MemoryFile ===

impl MemoryFile {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskFile for MemoryFile {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        Box::pin(async move {
            let bytes = self.bytes();
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let range = start..start.saturating_add(len);
            bytes.get(range).map(Bytes::copy_from_slice).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        })
    }

    fn write_at(&self, offset: u64, parts: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let mut bytes = self.bytes();
            let mut position = usize::try_from(offset).map_err(io::Error::other)?;
            for part in parts {
                let end = position + part.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[position..end].copy_from_slice(&part);
                position = end;
            }
            Ok(())
        })
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async move { Ok(self.bytes().len() as u64) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::local_disk::LocalDisk;
    use std::fs;

    #[tokio::test]
    async fn shows_changes_and_makes_none() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("log")).unwrap();
        for name in ["log/a", "log/b", "log/c"] {
            fs::write(directory.path().join(name), name).unwrap();
        }
        let disk = OverlayDisk::new(Arc::new(LocalDisk::new(directory.path())));
        disk.open("log/a", true).await.unwrap().write_at(4, vec![Bytes::from_static(b"xyz")]).await.unwrap();
        disk.remove("log/b").await.unwrap();
        disk.rename("log/c", "tmp/c").await.unwrap();
        disk.create_dir_all("events/local").await.unwrap();
        disk.create_new("log/b").await.unwrap();
        assert_eq!(disk.create_new("log/a").await.err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(disk.open("log/c", false).await.err().unwrap().kind(), io::ErrorKind::NotFound);
        let listed = |entries: Vec<DiskEntry>| entries.into_iter().map(|entry| (entry.name, entry.len)).collect::<Vec<_>>();
        assert_eq!(listed(disk.list("log").await.unwrap()), [("a".to_owned(), 7), ("b".to_owned(), 0)]);
        assert_eq!(listed(disk.list("events").await.unwrap()), [("local".to_owned(), 0)]);
        assert_eq!(disk.open("log/a", false).await.unwrap().read_at(0, 7).await.unwrap(), b"log/xyz"[..]);
        assert_eq!(disk.open("tmp/c", false).await.unwrap().read_at(0, 5).await.unwrap(), b"log/c"[..]);

        let names: BTreeSet<_> = fs::read_dir(directory.path().join("log")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 3);
        assert_eq!(fs::read_to_string(directory.path().join("log/a")).unwrap(), "log/a");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
