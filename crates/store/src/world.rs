//! What the store asks of the world: a disk, a clock, randomness, and somebody to run its tasks.
//!
//! The binary passes the real ones, from [`open_data_dir`]; the simulation passes models that drop, tear, reorder and fail.
//! The traits say exactly what is durable when: nothing is, until the sync named beside it has returned `Ok`.

mod away;
mod clock;
mod format;
mod local_disk;
mod lock;
mod network_fs;
mod node;
mod object_disk;
mod objects;
mod open;
mod overlay;
mod places;
#[cfg(test)]
mod tests;
mod threads;
mod watched;

pub use away::Away;
pub use clock::{SystemClock, SystemRng};
pub use format::FORMAT;
pub use local_disk::LocalDisk;
pub use object_disk::look_at_objects;
pub use objects::ObjectDisk;
pub use open::{DataDir, DataDirError, DataDirOptions, ObjectOptions, Places, ReadOnly, open_data_dir};
pub use overlay::OverlayDisk;
pub use threads::{FailingTask, ThreadSpawner};
pub(crate) use watched::{NameChanges, WatchedDisk};

use bytes::Bytes;
use glasshive_base::{BoxFuture, Clock};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Everything outside, in one parameter.
#[derive(Clone)]
pub struct World {
    /// The data directory.
    pub disk: Arc<dyn Disk>,
    /// Wall and monotonic time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Runs background tasks.
    pub spawner: Arc<dyn Spawner>,
    /// Names what is on the disk.
    pub catalog: Arc<dyn crate::catalog::Catalog>,
}

/// A directory tree. Paths are relative to its root, with `/` between parts.
///
/// A created, renamed or removed name is durable once [`Disk::sync_dir`] of its directory has succeeded; a file's bytes once
/// [`DiskFile::sync`] has.
pub trait Disk: Send + Sync {
    /// Creates a file that must not exist, for reading and writing.
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>>;
    /// Opens an existing file for reading, and for writing when `write`.
    fn open<'a>(&'a self, path: &'a str, write: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>>;
    /// Renames a file, replacing any at the new name.
    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>>;
    /// Removes a file.
    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>>;
    /// The names of the files and directories right below `directory`, in any order; empty when it does not exist.
    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>>;
    /// Creates a directory and its parents, and makes each new name durable.
    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>>;
    /// Makes the names in a directory durable. After an error nothing may be assumed of any name that was changed in it since the last
    /// success, by whom ever, and a repeated call proves nothing.
    fn sync_dir<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>>;
    /// How many syncs of a directory have failed since the store was opened, as far as they are counted.
    fn failed_syncs(&self, directory: &str) -> u64 {
        let _ = directory;
        0
    }
    /// Bytes free for us on the file system.
    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>>;
    /// For how long what is not on this machine has not answered; `None` while it does, and where everything is.
    fn unreachable_for(&self) -> Option<Duration> {
        None
    }
    /// What it refuses although it answers, in words, and for how long; `None` where it refuses nothing.
    fn refuses(&self) -> Option<(String, Duration)> {
        None
    }
    /// Whether what is at this path is not on this machine: it takes no room here, and moving it would.
    fn is_elsewhere(&self, path: &str) -> bool {
        let _ = path;
        false
    }
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskEntry {
    /// The last part of its path.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// Length in bytes; 0 for a directory.
    pub len: u64,
}

/// An open file. Positions are explicit; there is no cursor.
#[expect(clippy::len_without_is_empty, reason = "a file asked over the disk, not a container; nobody asks whether it is empty")]
pub trait DiskFile: Send + Sync {
    /// Reads exactly `len` bytes at `offset`; `UnexpectedEof` when the file ends before.
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>>;
    /// Writes all parts one after another at `offset`, extending the file when needed. Not durable.
    fn write_at(&self, offset: u64, parts: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>>;
    /// Makes bytes and length durable. After an error nothing may be assumed of any byte written since the last success,
    /// and a repeated call proves nothing.
    fn sync(&self) -> BoxFuture<'_, io::Result<()>>;
    /// Length in bytes.
    fn len(&self) -> BoxFuture<'_, io::Result<u64>>;
    /// Bytes that were read here are not those that were written: if they came from a copy, it is not to be used again.
    fn forget(&self, offset: u64, len: usize) -> BoxFuture<'_, ()> {
        let _ = (offset, len);
        Box::pin(std::future::ready(()))
    }
}

/// Random numbers for names and jitter; never for keys.
pub trait Rng: Send + Sync {
    /// 64 random bits.
    fn next_u64(&self) -> u64;
}

/// What happens when a task panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPanic {
    /// The process ends: the task's state is unknown and restart is recovery.
    Abort,
    /// It is started again with growing pauses; five times in ten minutes make the process not ready.
    Restart,
}

/// Makes a task's future, again after a panic.
pub type TaskFactory = Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// Runs the store's background tasks. Futures may block their thread in disk calls; each task has a thread of its own.
pub trait Spawner: Send + Sync {
    /// Starts a task that runs until its future resolves.
    fn spawn(&self, name: &'static str, on_panic: OnPanic, task: TaskFactory);
    /// Lets other tasks run; the simulation may switch here.
    fn yield_now(&self) -> BoxFuture<'_, ()>;
}
