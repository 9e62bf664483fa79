//! Moments in the work of a running server, as its data directory shows them: to kill it in, and to tell afterwards what was hit.

use anyhow::{Context, Result};
use glasshive_store::world::{DataDirOptions, ReadOnly, open_data_dir};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where the first sequence stands in the header of a log segment, see `docs/formats/log.md`.
const FIRST_SEQUENCE: std::ops::Range<usize> = 24..32;

/// What a kill is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aim {
    /// Nothing: it comes when it comes.
    AnyTime,
    /// A data file is being written.
    DataFile,
    /// The catalog is being told of a cut.
    Commit,
    /// A segment of the log has just been freed.
    LogFree,
}

/// Waits for what a kill is aimed at.
#[derive(Debug)]
pub struct Watch {
    data: PathBuf,
    aim: Aim,
    journal: Option<(u64, SystemTime)>,
    oldest: Option<PathBuf>,
}

/// What a killed server has left behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Data files without their final name.
    pub unfinished: usize,
    /// Data files that the catalog does not name.
    pub uncommitted: usize,
    /// Whether the log holds more than it may and its oldest segment is all in committed files: freeing was due.
    pub is_free_due: bool,
    /// The last sequence in committed files.
    pub flushed_through: u64,
}

impl Aim {
    /// All of them, by turns.
    pub const ALL: [Aim; 4] = [Aim::AnyTime, Aim::DataFile, Aim::Commit, Aim::LogFree];
}

impl Watch {
    /// From now on.
    pub fn begin(data: &Path, aim: Aim) -> Self {
        Self { data: data.to_owned(), aim, journal: journal(data), oldest: segments(data).into_iter().next() }
    }

    /// The same from now on: what was there before does not count.
    #[must_use]
    pub fn again(&self) -> Self {
        Self::begin(&self.data, self.aim)
    }

    /// Whether the moment is there.
    pub fn has_come(&self) -> bool {
        match self.aim {
            Aim::AnyTime => true,
            Aim::DataFile => data_files(&self.data).iter().any(|path| is_unfinished(path)),
            Aim::Commit => journal(&self.data) != self.journal,
            Aim::LogFree => self.oldest.as_ref().is_some_and(|oldest| !oldest.exists()),
        }
    }
}

impl Left {
    /// Looks at the data directory of a server that is gone; nothing in it is changed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn behind(data: &Path, log_max_bytes: u64) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let read_only = ReadOnly { scratch: scratch.path().to_owned() };
        let options =
            DataDirOptions { version: "0.0.0".to_owned(), allow_network_fs: true, read_only: Some(read_only), ..DataDirOptions::default() };
        let opened = open_data_dir(data, &options).await?;
        let state = opened.world.catalog.load().await?;
        let known: BTreeSet<PathBuf> = state.files.iter().map(|file| data.join(&file.path)).collect();
        let files = data_files(data);
        let is_data = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "parquet");
        let segments = segments(data);
        let log_bytes: u64 = segments.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum();
        let second = segments.get(1).map(|path| first_sequence(path)).transpose()?;
        Ok(Self {
            unfinished: files.iter().filter(|path| is_unfinished(path)).count(),
            uncommitted: files.iter().filter(is_data).filter(|path| !known.contains(*path)).count(),
            is_free_due: log_bytes > log_max_bytes && second.is_some_and(|second| second <= state.flushed_through + 1),
            flushed_through: state.flushed_through,
        })
    }

    /// Whether a flush was under way: files were written and not yet committed.
    pub fn is_within_flush(&self) -> bool {
        self.unfinished + self.uncommitted > 0
    }
}

/// Length and time of the catalog's write-ahead journal: it is written to only when something is committed.
fn journal(data: &Path) -> Option<(u64, SystemTime)> {
    let metadata = data.join("catalog.db-wal").metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// Segments of the log, oldest first.
fn segments(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("log")).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "seg")).collect();
    found.sort();
    found
}

fn first_sequence(segment: &Path) -> Result<u64> {
    let content = fs::read(segment).with_context(|| format!("read {}", segment.display()))?;
    let bytes = content.get(FIRST_SEQUENCE).and_then(|bytes| bytes.try_into().ok()).context("a segment begins with its header")?;
    Ok(u64::from_le_bytes(bytes))
}

fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tmp")
}

/// Everything below `events`. What vanishes while it is listed is not there.
fn data_files(data: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![data.join("events")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok) {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory { &mut directories } else { &mut found }.push(entry.path());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seen() {
        let data = tempfile::tempdir().unwrap();
        let path = |name: &str| data.path().join(name);
        fs::create_dir_all(path("events/local/trace/2026")).unwrap();
        fs::create_dir(path("log")).unwrap();
        for name in ["log/01.seg", "log/02.seg", "catalog.db-wal", "events/local/trace/2026/a.parquet"] {
            fs::write(path(name), "x").unwrap();
        }
        let watch = |aim| Watch::begin(data.path(), aim);
        let [any, file, commit, free] = Aim::ALL.map(watch);
        assert_eq!([&any, &file, &commit, &free].map(Watch::has_come), [true, false, false, false]);
        fs::write(path("events/local/trace/2026/b.parquet.tmp"), "x").unwrap();
        fs::write(path("catalog.db-wal"), "xy").unwrap();
        fs::rename(path("log/01.seg"), path("log/01.free")).unwrap();
        assert_eq!([file, commit, free].map(|watch| watch.has_come()), [true; 3]);
    }
}
