//! Settings of the store: how much memory there is to plan with, when live rows go to files, how long the log is.

use super::file::FileConfig;
use super::{Picker, Setting, memory, unit};
use crate::cli::ServerFlags;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::time::Duration;

/// Share of the machine's or the container's memory that is planned with.
const MEMORY_SHARE: &str = "75%";
/// Parts of the memory after which live rows are flushed; at twice as many bytes nothing more is taken in, so that live rows never
/// take more than a quarter.
const FLUSH_PART: u64 = 8;
/// Parts of the memory that bodies in flight may take, and the most that they need.
const BODIES: (u64, u64) = (4, 512 << 20);
/// Per cent of the memory that all running queries share, and the most that one gets unless it is set.
const QUERIES: (u64, u64) = (35, 256 << 20);
/// The most bytes of log when nothing is set, and the part of the disk it may take at most.
const LOG: (u64, u64) = (10 << 30, 5);
/// The shortest segment: a header and a request.
const SEGMENT_LEAST: u64 = 64 << 10;

/// What the store is told.
#[derive(Debug, Clone)]
pub struct Keeping {
    /// Memory that the process plans with, bytes.
    pub memory: Setting<u64>,
    /// Where that comes from, in words.
    pub memory_of: String,
    /// Live rows that start a flush.
    pub flush_rows: Setting<usize>,
    /// Bytes of live rows that start a flush; at twice as many nothing more is taken in.
    pub flush_bytes: Setting<u64>,
    /// Age of the oldest live row that starts a flush.
    pub flush_age: Setting<Duration>,
    /// Bytes of a log segment.
    pub log_segment_bytes: Setting<u64>,
    /// Bytes of log beyond which flushed segments are freed although a request in them could still be sent again.
    pub log_max_bytes: Setting<u64>,
}

impl Keeping {
    /// `data` is the data directory, which may not exist yet.
    pub(super) fn resolve(pick: &Picker<'_>, flags: &ServerFlags, file: &FileConfig, data: &Path) -> Result<Self> {
        let limit = memory::limit();
        let memory = pick.one("memory", flags.memory.clone(), file.memory.clone(), MEMORY_SHARE.to_owned());
        let memory_of = match memory.value.contains('%') {
            true => format!("{} of {}, {}", memory.value, unit::shown_bytes(limit.bytes), limit.of),
            false => String::new(),
        };
        let memory = memory.map(|text| unit::bytes_of(&text, limit.bytes).context("--memory")).transpose()?;
        let bytes = |name: &'static str, flag: &Option<String>, file: Option<String>, default: u64| {
            let read = |text: String| unit::bytes(&text).map(|bytes| bytes as u64).with_context(|| format!("--{}", name.replace('_', "-")));
            pick.one(name, flag.clone(), file, format!("{default}B")).map(read).transpose()
        };
        let flush = file.flush.clone().unwrap_or_default();
        let log = file.log.clone().unwrap_or_default();
        let log_segment_bytes = bytes("log_segment_bytes", &flags.log_segment_bytes, log.segment_bytes, 64 << 20)?;
        // A small disk still takes a log of one segment.
        let log_default = LOG.0.min(disk_bytes(data).map_or(u64::MAX, |disk| disk / LOG.1)).max(log_segment_bytes.value);
        let found = Self {
            flush_rows: pick.one("flush_rows", flags.flush_rows, flush.rows, 512 << 10),
            flush_bytes: bytes("flush_bytes", &flags.flush_bytes, flush.bytes, memory.value / FLUSH_PART)?,
            flush_age: pick
                .one("flush_age", flags.flush_age.clone(), flush.age, "15m".to_owned())
                .map(|text| unit::duration(&text).context("--flush-age"))
                .transpose()?,
            log_segment_bytes,
            log_max_bytes: bytes("log_max_bytes", &flags.log_max_bytes, log.max_bytes, log_default)?,
            memory,
            memory_of,
        };
        found.check()?;
        Ok(found)
    }

    fn check(&self) -> Result<()> {
        let shown = unit::shown_bytes;
        ensure!(self.memory.value >= 64 << 20, "memory is {}; 64 MiB are the least that works", shown(self.memory.value));
        ensure!(self.flush_rows.value > 0, "flush.rows is 0; a flush needs rows");
        ensure!(self.flush_bytes.value > 0, "flush.bytes is 0; a flush needs rows");
        ensure!(self.flush_age.value >= Duration::from_secs(1), "flush.age is less than a second");
        ensure!(
            self.flush_bytes.value.saturating_mul(2) <= self.memory.value,
            "flush.bytes is {}: live rows may take twice that while a flush is written, and memory is {}",
            shown(self.flush_bytes.value),
            shown(self.memory.value)
        );
        let segment = self.log_segment_bytes.value;
        ensure!(segment >= SEGMENT_LEAST, "log.segment_bytes is {}; {} are the least", shown(segment), shown(SEGMENT_LEAST));
        let most = self.log_max_bytes.value;
        ensure!(most >= segment, "log.max_bytes is {}, less than one segment of {}", shown(most), shown(segment));
        Ok(())
    }

    /// Bytes that all request bodies in flight may take.
    pub fn body_bytes(&self) -> usize {
        usize::try_from((self.memory.value / BODIES.0).min(BODIES.1)).unwrap_or(usize::MAX)
    }

    /// Bytes that one of so many queries gets unless it is set.
    pub(super) fn query_bytes(&self, slots: usize) -> u64 {
        let all = self.memory.value / 100 * QUERIES.0;
        (all / slots.max(1) as u64).min(QUERIES.1)
    }
}

/// The size of the file system that a path is, or will be, on.
fn disk_bytes(path: &Path) -> Option<u64> {
    let path = std::path::absolute(path).ok()?;
    let there = path.ancestors().find(|path| path.exists())?;
    let found = rustix::fs::statvfs(there).ok()?;
    found.f_blocks.checked_mul(found.f_frsize)
}
