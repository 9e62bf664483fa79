//! A disk whose data files are on another machine, which may be away.

use bytes::Bytes;
use glasshive_base::BoxFuture;
use glasshive_store::world::{Away, Disk, DiskEntry, DiskFile};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub struct Distant<D: ?Sized> {
    pub below: Arc<D>,
    pub is_away: Arc<AtomicBool>,
}

impl<D: ?Sized> Distant<D> {
    fn check(&self) -> io::Result<()> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Err(Away::error(io::ErrorKind::TimedOut, "object store unreachable for 7 ms")),
            false => Ok(()),
        }
    }
}

impl Disk for Distant<dyn Disk> {
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        self.below.create_new(path)
    }

    fn open<'a>(&'a self, path: &'a str, write: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            let below = self.below.open(path, write).await?;
            if !path.starts_with("events/") {
                return Ok(below);
            }
            self.check()?;
            Ok(Arc::new(Distant { below, is_away: self.is_away.clone() }) as Arc<dyn DiskFile>)
        })
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.below.rename(from, to)
    }

    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.below.remove(path)
    }

    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        self.below.list(directory)
    }

    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.below.create_dir_all(directory)
    }

    fn sync_dir<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.below.sync_dir(directory)
    }

    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>> {
        self.below.free_bytes()
    }
}

impl DiskFile for Distant<dyn DiskFile> {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        Box::pin(async move {
            self.check()?;
            self.below.read_at(offset, len).await
        })
    }

    fn write_at(&self, offset: u64, parts: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        self.below.write_at(offset, parts)
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        self.below.sync()
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        self.below.len()
    }
}
