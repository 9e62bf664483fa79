//! Files that are left alone: reading them for a merge has failed, or might.

use crate::fault::FaultKind;
use crate::inner::Inner;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A file that the disk did not let be read is tried again after so long.
const AGAIN: Duration = Duration::from_secs(600);

/// Files by id, each with why, and the monotonic time until which it is left alone.
#[derive(Debug, Default)]
pub(crate) struct SetAside {
    files: BTreeMap<String, (Why, Duration)>,
    /// Files of which that has been told.
    told: BTreeSet<String>,
}

/// Why a file is left alone, which says for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Another attempt would come to the same, or nobody knows what it would come to: until the next start.
    GivenUp,
    /// Its bytes are not those that were written: until the next start, but for what cannot do without it.
    Damaged,
    /// The disk did not let it be read: for a while, but for what cannot do without it.
    Refused,
}

impl SetAside {
    pub fn contains(&self, id: &str) -> bool {
        self.files.contains_key(id)
    }

    /// Whether not even what cannot do without a file may try to read it.
    pub fn is_given_up(&self, id: &str) -> bool {
        self.files.get(id).is_some_and(|(why, _)| *why == Why::GivenUp)
    }

    pub(super) fn is_damaged(&self, id: &str) -> bool {
        self.files.get(id).is_some_and(|(why, _)| *why == Why::Damaged)
    }

    /// These are left alone, until [`SetAside::take_back`] or the next start.
    pub fn put(&mut self, ids: impl IntoIterator<Item = String>) {
        self.files.extend(ids.into_iter().map(|id| (id, (Why::GivenUp, Duration::MAX))));
    }

    pub fn take_back(&mut self, ids: &[&str]) {
        self.files.retain(|id, _| !ids.contains(&id.as_str()));
    }

    /// Those whose time is over are tried again.
    pub fn take_back_due(&mut self, now: Duration) {
        self.files.retain(|_, (_, until)| *until > now);
    }

    /// When the next one is tried again.
    pub fn next_at(&self) -> Option<Duration> {
        self.files.values().map(|(_, until)| *until).min().filter(|until| *until < Duration::MAX)
    }
}

/// Leaves a file alone. `told`: what to say of it the first time, unless that has been said.
pub(super) fn set_aside(inner: &Inner, id: &str, why: Why, told: Option<String>) {
    let until = if why == Why::Refused { inner.now() + AGAIN } else { Duration::MAX };
    let mut aside = inner.unmergeable();
    aside.files.insert(id.to_owned(), (why, until));
    let message = told.filter(|_| aside.told.insert(id.to_owned()));
    drop(aside);
    if let Some(message) = message {
        inner.tell(FaultKind::FileRead, message);
    }
}
