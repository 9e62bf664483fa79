//! Data files in an object store; everything else stays in the data directory.
//!
//! [`ObjectDisk`] is a [`Disk`] whose tree below `events/` is a bucket. A file is written to `tmp/` and becomes an object when it is
//! renamed: uploaded as a whole, never over another one, and compared before the rename has succeeded. Reads go by ranges of
//! 1 to 4 MiB with one hedge. What was written or read is kept in `cache/` as long as there is room; the names of data files
//! are used once, so nothing in there is ever stale.

mod around;
mod bucket;
mod cache;
mod file;
mod standing;
#[cfg(test)]
mod tests;
mod trouble;

use super::open::ObjectOptions;
use super::{Disk, DiskEntry, DiskFile, Rng};
pub(super) use around::NodeAround;
use bucket::Bucket;
use bytes::Bytes;
use cache::Cache;
pub(super) use cache::DIRECTORY as CACHE;
use file::ObjectFile;
use glasshive_base::{BoxFuture, Clock};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The object that says whose the bucket, or the part of it, is.
const NODE: &str = "NODE";
/// What is in the bucket.
const SHARED: &str = "events";
/// Where files grow until they are whole.
const STAGING: &str = "tmp";
const UNFINISHED: &str = ".tmp";
const SIDECAR: &str = ".sum";
/// A listing of everything answers for its directories for so long. A start walks through all of them.
const LISTING_AGE: Duration = Duration::from_secs(60);

/// [`Disk`] with data files in a bucket.
pub struct ObjectDisk {
    local: Arc<dyn Disk>,
    bucket: Arc<Bucket>,
    cache: Arc<Cache>,
    clock: Arc<dyn Clock>,
    listing: Mutex<Option<Listing>>,
}

/// Everything in the bucket at one time: path and length.
struct Listing {
    at: Duration,
    objects: BTreeMap<String, u64>,
}

/// What the bucket says of whose it is, and whether files are in it where it says nothing.
pub(super) async fn whose(options: &ObjectOptions, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> io::Result<(Option<String>, bool)> {
    let bucket = Bucket::new(options, clock, rng)?;
    let says = node_of(&bucket).await?;
    // Asked even where nobody wants to know: a bucket that does not exist says nothing either, and refuses this.
    let has_files = says.is_none() && !bucket.list(SHARED).await?.is_empty();
    Ok((says, has_files))
}

async fn node_of(bucket: &Bucket) -> io::Result<Option<String>> {
    node_at(bucket, bucket.prefix()).await
}

/// What the object `NODE` of a directory says, by its whole path in the bucket.
async fn node_at(bucket: &Bucket, directory: &str) -> io::Result<Option<String>> {
    let found = bucket.find(&below(directory, NODE)).await?;
    Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// A path in the bucket.
fn below(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

// === impl ObjectDisk ===

impl ObjectDisk {
    /// Puts the bucket in place of `events/` of `local`. Removes what a crash has left in `tmp/`.
    ///
    /// # Errors
    /// When the options make no sense or the local disk refuses. The bucket is not asked for anything yet.
    pub async fn open(local: Arc<dyn Disk>, options: &ObjectOptions, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> io::Result<Self> {
        let bucket = Bucket::new(options, clock.clone(), rng)?;
        Self::over(local, bucket, options.cache_bytes, clock).await
    }

    async fn over(local: Arc<dyn Disk>, bucket: Bucket, cache_bytes: u64, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let bucket = Arc::new(bucket);
        local.create_dir_all(STAGING).await?;
        for entry in local.list(STAGING).await? {
            local.remove(&format!("{STAGING}/{}", entry.name)).await?;
        }
        let cache = Arc::new(Cache::open(local.clone(), cache_bytes).await?);
        Ok(Self { local, bucket, cache, clock, listing: Mutex::default() })
    }

    /// What the bucket says of whose it is; `None` when it says nothing.
    pub(super) async fn node(&self) -> io::Result<Option<String>> {
        node_of(&self.bucket).await
    }

    /// Has the bucket say whose it is, unless it says something else already.
    pub(super) async fn put_node(&self, text: String) -> io::Result<()> {
        self.bucket.upload(NODE, text.into()).await
    }

    /// Whether there are data files in the bucket.
    pub(super) async fn has_files(&self) -> io::Result<bool> {
        Ok(!self.list_objects(SHARED).await?.is_empty())
    }

    /// The `NODE`s in the bucket that are above or below this one's prefix, and whose they are. Above all are looked at for which there
    /// are rights; below, what can be in a few seconds.
    pub(super) async fn nodes_around(&self) -> io::Result<Vec<NodeAround>> {
        self.list_objects(SHARED).await?;
        let data: Vec<String> = {
            let listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
            let paths = listing.iter().flat_map(|listing| listing.objects.keys());
            paths.filter(|path| path.ends_with(NODE)).cloned().collect()
        };
        around::look(&self.bucket, &data, &*self.clock).await
    }

    /// Uploads a staged file; what was uploaded stays in the cache.
    async fn publish(&self, staged: &str, path: &str) -> io::Result<()> {
        let bytes = whole(&*self.local, staged).await?;
        let length = bytes.len() as u64;
        self.bucket.upload(path, bytes).await?;
        self.forget_listing();
        self.cache.adopt(staged, name_of(path), length).await;
        Ok(())
    }

    /// Moves an object to the local disk.
    async fn take_home(&self, from: &str, to: &str) -> io::Result<()> {
        let bytes = self.bucket.get(from).await?;
        let unfinished = format!("{to}{UNFINISHED}");
        drop(self.local.remove(&unfinished).await);
        let file = self.local.create_new(&unfinished).await?;
        file.write_at(0, vec![bytes]).await?;
        file.sync().await?;
        self.local.rename(&unfinished, to).await?;
        let directory = to.rsplit_once('/').map_or("", |(directory, _)| directory);
        self.local.sync_dir(directory).await?;
        self.remove_object(from).await
    }

    async fn remove_object(&self, path: &str) -> io::Result<()> {
        self.bucket.delete(path).await?;
        self.forget_listing();
        self.cache.forget_all(name_of(path)).await;
        Ok(())
    }

    async fn open_object(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let name = name_of(path);
        let len = match self.cache.len_of(name) {
            Some(len) => len,
            // Read as a whole anyway, so it may come at once.
            None if path.ends_with(SIDECAR) => {
                let bytes = self.bucket.get(path).await?;
                let len = bytes.len() as u64;
                self.cache.put(name, bytes).await;
                len
            }
            None => self.bucket.len(path).await?,
        };
        let file = ObjectFile { bucket: self.bucket.clone(), cache: self.cache.clone(), path: path.to_owned(), len };
        Ok(Arc::new(file))
    }

    async fn list_objects(&self, directory: &str) -> io::Result<Vec<DiskEntry>> {
        if directory != SHARED
            && let Some(entries) = self.listed(directory)
        {
            return Ok(entries);
        }
        if directory != SHARED {
            let objects = self.bucket.list(directory).await?;
            return Ok(entries_below(&objects, directory));
        }
        let objects = self.bucket.list(SHARED).await?;
        let entries = entries_below(&objects, SHARED);
        *self.listing.lock().unwrap_or_else(PoisonError::into_inner) = Some(Listing { at: self.clock.monotonic(), objects });
        Ok(entries)
    }

    fn listed(&self, directory: &str) -> Option<Vec<DiskEntry>> {
        let listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = listing.as_ref().filter(|listing| self.clock.monotonic().saturating_sub(listing.at) < LISTING_AGE)?;
        Some(entries_below(&fresh.objects, directory))
    }

    fn forget_listing(&self) {
        *self.listing.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Disk for ObjectDisk {
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            match place(path) {
                Place::Local => self.local.create_new(path).await,
                Place::Staged(staged) => self.local.create_new(&staged).await,
                Place::Object => Err(io::Error::new(io::ErrorKind::InvalidInput, "an object appears as a whole, by a rename")),
            }
        })
    }

    fn open<'a>(&'a self, path: &'a str, write: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            match place(path) {
                Place::Local => self.local.open(path, write).await,
                Place::Staged(staged) => self.local.open(&staged, write).await,
                Place::Object if write => Err(io::ErrorKind::PermissionDenied.into()),
                Place::Object => self.open_object(path).await,
            }
        })
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match (place(from), place(to)) {
                (Place::Local, Place::Local) => self.local.rename(from, to).await,
                (Place::Staged(from), Place::Staged(to)) => self.local.rename(&from, &to).await,
                (Place::Staged(from), Place::Object) => self.publish(&from, to).await,
                (Place::Object, Place::Local) => self.take_home(from, to).await,
                _ => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{from} cannot become {to}"))),
            }
        })
    }

    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match place(path) {
                Place::Local => self.local.remove(path).await,
                Place::Staged(staged) => self.local.remove(&staged).await,
                Place::Object => self.remove_object(path).await,
            }
        })
    }

    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        Box::pin(async move {
            match place(directory) {
                Place::Object => self.list_objects(directory).await,
                _ => self.local.list(directory).await,
            }
        })
    }

    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match place(directory) {
                Place::Object => Ok(()),
                _ => self.local.create_dir_all(directory).await,
            }
        })
    }

    fn sync_dir<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match place(directory) {
                // An object is durable when its upload is answered.
                Place::Object => Ok(()),
                _ => self.local.sync_dir(directory).await,
            }
        })
    }

    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>> {
        self.local.free_bytes()
    }

    fn unreachable_for(&self) -> Option<Duration> {
        self.bucket.unreachable_for()
    }

    fn refuses(&self) -> Option<(String, Duration)> {
        self.bucket.refuses()
    }

    fn is_elsewhere(&self, path: &str) -> bool {
        matches!(place(path), Place::Object)
    }
}

/// Where a path of the store's is.
enum Place {
    Local,
    /// A file of the bucket that is not whole yet, at this local path.
    Staged(String),
    Object,
}

fn place(path: &str) -> Place {
    let is_shared = path.strip_prefix(SHARED).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match is_shared {
        true if path.ends_with(UNFINISHED) => Place::Staged(format!("{STAGING}/{}", name_of(path))),
        true => Place::Object,
        false => Place::Local,
    }
}

/// The last part of a path; data files have names that occur once.
fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

async fn whole(disk: &dyn Disk, path: &str) -> io::Result<Bytes> {
    let file = disk.open(path, false).await?;
    let len = usize::try_from(file.len().await?).map_err(io::Error::other)?;
    file.read_at(0, len).await
}

/// What a directory holds, from the paths below it.
fn entries_below(objects: &BTreeMap<String, u64>, directory: &str) -> Vec<DiskEntry> {
    let prefix = format!("{directory}/");
    let mut entries: Vec<DiskEntry> = Vec::new();
    for (path, len) in objects.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix)) {
        let rest = &path[prefix.len()..];
        let entry = match rest.split_once('/') {
            Some((name, _)) => DiskEntry { name: name.to_owned(), is_dir: true, len: 0 },
            None => DiskEntry { name: rest.to_owned(), is_dir: false, len: *len },
        };
        if entries.last() != Some(&entry) {
            entries.push(entry);
        }
    }
    entries
}
