//! Copies of objects and parts of objects on the local disk. Losing any of them costs a request; nothing in here is synced.

use crate::world::Disk;
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where copies are.
pub(in crate::world) const DIRECTORY: &str = "cache";

/// Files by name, the longest unused removed first.
pub(super) struct Cache {
    disk: Arc<dyn Disk>,
    bytes_max: u64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// Length and last use.
    by_name: HashMap<String, (u64, u64)>,
    by_use: BTreeMap<u64, String>,
    bytes: u64,
    uses: u64,
}

// === impl Cache ===

impl Cache {
    /// Takes up what an earlier process has left.
    pub async fn open(disk: Arc<dyn Disk>, bytes_max: u64) -> io::Result<Self> {
        disk.create_dir_all(DIRECTORY).await?;
        let mut entries = disk.list(DIRECTORY).await?;
        // Names begin with a time.
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        let cache = Self { disk, bytes_max, held: Mutex::default() };
        for entry in entries {
            cache.held().add(&entry.name, entry.len);
        }
        cache.make_room().await;
        Ok(cache)
    }

    /// Length of a file.
    pub fn len_of(&self, name: &str) -> Option<u64> {
        self.held().by_name.get(name).map(|(len, _)| *len)
    }

    /// Bytes of a file, if they are here. A file that cannot be read as expected is not here any more.
    pub async fn get(&self, name: &str, offset: u64, len: usize) -> Option<Bytes> {
        if !self.held().touch(name) {
            return None;
        }
        let read = async { self.disk.open(&path(name), false).await?.read_at(offset, len).await };
        match read.await {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                tracing::debug!(name, %error, "not in the cache any more");
                self.forget(name).await;
                None
            }
        }
    }

    /// Keeps these bytes, if the disk lets us.
    pub async fn put(&self, name: &str, bytes: Bytes) {
        let len = bytes.len() as u64;
        if len > self.bytes_max || self.len_of(name).is_some() {
            return;
        }
        let path = path(name);
        let written = async { self.disk.create_new(&path).await?.write_at(0, vec![bytes]).await };
        match written.await {
            Ok(()) => {
                self.held().add(name, len);
                self.make_room().await;
            }
            // Another reader keeps the same.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                tracing::debug!(name, %error, "not kept in the cache");
                drop(self.disk.remove(&path).await);
            }
        }
    }

    /// Takes a local file over, or removes it.
    pub async fn adopt(&self, from: &str, name: &str, len: u64) {
        if len <= self.bytes_max && self.disk.rename(from, &path(name)).await.is_ok() {
            self.held().add(name, len);
            self.make_room().await;
        } else {
            drop(self.disk.remove(from).await);
        }
    }

    /// Drops one file.
    pub async fn forget(&self, name: &str) {
        self.held().remove(name);
        drop(self.disk.remove(&path(name)).await);
    }

    /// Drops a file and its parts.
    pub async fn forget_all(&self, name: &str) {
        let is_of = |held: &&String| held.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let names: Vec<String> = self.held().by_name.keys().filter(is_of).cloned().collect();
        for name in names {
            self.forget(&name).await;
        }
    }

    /// Keeps to the limit, and takes no more of the disk than it leaves free: the log needs it more.
    async fn make_room(&self) {
        let mut free = self.disk.free_bytes().await.unwrap_or(u64::MAX);
        loop {
            let oldest = {
                let mut held = self.held();
                if held.bytes <= self.bytes_max.min(free) {
                    return;
                }
                let oldest = held.by_use.values().next().cloned();
                oldest.map(|name| (held.remove(&name), name))
            };
            let Some((len, name)) = oldest else { return };
            drop(self.disk.remove(&path(&name)).await);
            free = free.saturating_add(len);
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Held ===

impl Held {
    fn add(&mut self, name: &str, len: u64) {
        self.remove(name);
        self.uses += 1;
        self.by_name.insert(name.to_owned(), (len, self.uses));
        self.by_use.insert(self.uses, name.to_owned());
        self.bytes += len;
    }

    fn touch(&mut self, name: &str) -> bool {
        let Some((len, _)) = self.by_name.get(name).copied() else { return false };
        self.add(name, len);
        true
    }

    /// Bytes that it had.
    fn remove(&mut self, name: &str) -> u64 {
        let Some((len, used)) = self.by_name.remove(name) else { return 0 };
        self.by_use.remove(&used);
        self.bytes -= len;
        len
    }
}

fn path(name: &str) -> String {
    format!("{DIRECTORY}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::LocalDisk;

    #[tokio::test]
    async fn the_longest_unused_goes_first_and_a_restart_finds_the_rest() {
        let directory = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = Arc::new(LocalDisk::new(directory.path()));
        let cache = Cache::open(disk.clone(), 10).await.unwrap();
        for name in ["a", "b", "c"] {
            cache.put(name, Bytes::from_static(b"1234")).await;
            cache.get("a", 0, 1).await.unwrap();
        }
        assert_eq!((cache.len_of("a"), cache.len_of("b"), cache.len_of("c")), (Some(4), None, Some(4)));
        cache.put("too large", Bytes::from_static(b"12345678901")).await;
        assert_eq!(cache.len_of("too large"), None);
        let again = Cache::open(disk.clone(), 10).await.unwrap();
        assert_eq!(again.get("c", 1, 2).await.unwrap(), &b"23"[..]);
        disk.remove("cache/c").await.unwrap();
        assert_eq!((again.get("c", 1, 2).await, again.len_of("c")), (None, None));
        again.put("a.0", Bytes::from_static(b"1")).await;
        again.forget_all("a").await;
        assert_eq!(disk.list("cache").await.unwrap(), []);
    }
}
