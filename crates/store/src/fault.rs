//! Faults: what went wrong outside the store, in the exact words that people see.

use glasshive_base::metrics;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Which failure of the failure model a message tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// Unflushed events were read back from the log.
    Recovered,
    /// The log ends in a group that was never acknowledged.
    TornTail,
    /// The disk is full.
    DiskFull,
    /// Writing or syncing the log failed.
    LogSync,
    /// A data file or its directory could not be synced.
    FileSync,
    /// The outcome of a catalog commit was unknown.
    CatalogUncertain,
    /// The catalog failed and nothing changed.
    CatalogFailed,
    /// A log record is damaged.
    LogDamage,
    /// A data file is damaged.
    FileDamage,
    /// A data file cannot be read now, or not as it was written, and is left out of merges.
    FileRead,
    /// A file that nobody needs any more could not be removed.
    FileRemoval,
    /// Files exist that the catalog does not know.
    UnknownFiles,
    /// The wall clock is not believed.
    Clock,
    /// Events were deleted because they took more room than they may.
    Retention,
}

impl FaultKind {
    /// The word in `glasshive_fault_total{kind}`.
    pub fn word(self) -> &'static str {
        match self {
            FaultKind::Recovered => "recovered",
            FaultKind::TornTail => "torn_tail",
            FaultKind::DiskFull => "disk_full",
            FaultKind::LogSync => "log_sync",
            FaultKind::FileSync => "file_sync",
            FaultKind::CatalogUncertain => "catalog_uncertain",
            FaultKind::CatalogFailed => "catalog_failed",
            FaultKind::LogDamage => "log_damage",
            FaultKind::FileDamage => "file_damage",
            FaultKind::FileRead => "file_read",
            FaultKind::FileRemoval => "file_removal",
            FaultKind::UnknownFiles => "unknown_files",
            FaultKind::Clock => "clock",
            FaultKind::Retention => "retention",
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What sort.
    pub kind: FaultKind,
    /// The sentence, as shown.
    pub message: String,
    /// When, ns since 1970 UTC.
    pub at_ns: i64,
}

/// Faults kept for the activity log; older ones are only counted.
const KEPT: usize = 256;

/// Where faults are told: one line of log, one count, and a place in the activity log.
pub(crate) struct Faults {
    registry: metrics::Registry,
    kept: Mutex<VecDeque<Fault>>,
}

impl Faults {
    pub fn new(registry: metrics::Registry) -> Self {
        Self { registry, kept: Mutex::default() }
    }

    pub fn tell(&self, kind: FaultKind, at_ns: i64, message: String) {
        if kind == FaultKind::Recovered {
            tracing::info!(kind = kind.word(), "{message}");
        } else {
            tracing::warn!(kind = kind.word(), "{message}");
        }
        self.registry.counter("glasshive_fault_total", "Failures of the world around the store.", &[("kind", kind.word())]).increment();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Fault { kind, message, at_ns });
    }

    pub fn list(&self) -> Vec<Fault> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// How an I/O error is called in messages: its symbol where it has one, else its own words.
pub(crate) fn errno(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(5) => "EIO".to_owned(),
        Some(28) => "ENOSPC".to_owned(),
        Some(30) => "EROFS".to_owned(),
        Some(122) => "EDQUOT".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether an error says that there is no room.
pub(crate) fn is_disk_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// A number of bytes for people.
pub(crate) fn shown_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}
