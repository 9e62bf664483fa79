//! Whether events are taken in, and if not, why.

use glasshive_model::SinkError;
use std::sync::{Mutex, PoisonError};

/// The reason while the store is shutting down.
pub(crate) const STOPPING: &str = "shutting down";

/// Why nothing is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// No room; looked at again every few seconds.
    DiskFull,
    /// The disk refused a flush twice; a fresh file is tried again and again.
    Refused,
    /// The store is shutting down.
    Stopping,
}

/// The door of the store.
#[derive(Default)]
pub(crate) struct Ingest(Mutex<Option<Stopped>>);

/// A closed door.
#[derive(Debug, Clone)]
pub(crate) struct Stopped {
    pub stop: Stop,
    /// In words, as shown.
    pub reason: String,
    /// ns since 1970 UTC.
    pub since_ns: i64,
}

impl Ingest {
    /// Closes the door; `false` when it is closed already, for this or a graver reason.
    pub fn stop(&self, stop: Stop, reason: String, since_ns: i64) -> bool {
        let mut stopped = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may = match stopped.as_ref().map(|stopped| stopped.stop) {
            None => true,
            Some(Stop::Stopping) => false,
            Some(_) => stop == Stop::Stopping,
        };
        if may {
            *stopped = Some(Stopped { stop, reason, since_ns });
        }
        may
    }

    /// Opens it again, unless the store is shutting down.
    pub fn resume(&self) {
        let mut stopped = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if stopped.as_ref().is_some_and(|stopped| stopped.stop != Stop::Stopping) {
            *stopped = None;
        }
    }

    pub fn stopped(&self) -> Option<Stopped> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn check(&self) -> Result<(), SinkError> {
        match self.stopped() {
            None => Ok(()),
            Some(stopped) => Err(SinkError::Stopped { reason: stopped.reason }),
        }
    }
}
