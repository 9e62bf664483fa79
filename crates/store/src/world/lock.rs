//! `LOCK`: one process at a time on a data directory.
//!
//! The lock is `flock`, which the kernel takes back when the process ends however it ends. What stands in the file (three
//! lines: process id, host, start) is for people and for the refusal's message.

use super::open::DataDirError;
use rustix::fs::FlockOperation;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// The lock, held until dropped.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

/// Takes the lock and writes who holds it.
pub(super) fn take(directory: &Path, now: &str) -> Result<DirLock, DataDirError> {
    let path = directory.join("LOCK");
    let failed = |error| DataDirError::Io { what: "lock", path: path.clone(), error };
    let file = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
    flock(directory, &file)?;
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let text = format!("pid {}\nhost {}\nstart {now}\n", std::process::id(), host.trim());
    file.set_len(0).and_then(|()| (&file).write_all(text.as_bytes())).map_err(failed)?;
    Ok(DirLock { _file: file })
}

/// Takes the lock and writes nothing.
pub(super) fn take_for_reading(directory: &Path) -> Result<DirLock, DataDirError> {
    let path = directory.join("LOCK");
    let file = File::open(&path).map_err(|error| DataDirError::Io { what: "lock", path, error })?;
    flock(directory, &file)?;
    Ok(DirLock { _file: file })
}

fn flock(directory: &Path, file: &File) -> Result<(), DataDirError> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let (pid, since) = holder(file);
            Err(DataDirError::InUse { directory: directory.to_owned(), pid, since })
        }
        Err(error) => Err(DataDirError::Io { what: "lock", path: directory.join("LOCK"), error: error.into() }),
    }
}

/// Who holds the lock: as the kernel says where it does (a reader leaves the file's words alone), else as the file says.
fn holder(file: &File) -> (String, String) {
    let (written_pid, written_since) = written(file).unwrap_or_else(|_| (String::new(), String::new()));
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let inode = file.metadata().map(|metadata| metadata.ino()).unwrap_or(0);
    match locks.lines().find_map(|line| pid_of_flock(line, inode)) {
        Some(pid) if pid != written_pid => {
            let started = fs::metadata(format!("/proc/{pid}")).and_then(|metadata| metadata.modified());
            (pid, started.map_or_else(|_| "an unknown time".to_owned(), super::open::rfc3339))
        }
        _ => (written_pid, written_since),
    }
}

fn written(file: &File) -> io::Result<(String, String)> {
    let mut text = String::new();
    file.take(4_096).read_to_string(&mut text)?;
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_default().to_owned()
    };
    Ok((value("pid"), value("start")))
}

/// A line of `/proc/locks` is `1: FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> 0 EOF`.
fn pid_of_flock(line: &str, inode: u64) -> Option<String> {
    let mut words = line.split_ascii_whitespace().skip(1);
    if words.next() != Some("FLOCK") {
        return None;
    }
    let pid = words.nth(2)?;
    let file = words.next()?.rsplit(':').next()?;
    (file.parse() == Ok(inode)).then(|| pid.to_owned())
}
