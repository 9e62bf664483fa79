//! Which time it is when something is to be deleted for its age.
//!
//! What is believed is the latest time that was ever believed, kept in the catalog, and what a monotonic clock has counted
//! since. A wall clock that is more than a day beyond that may be wrong: then nothing is deleted until somebody says that it
//! is right, or until it has gone on steadily for an hour. Whether the machine's clock follows time servers is not known
//! here, so an hour does not make up for a jump of more than a month.
//!
//! A clock that jumps while the process runs, and is believed in the end, was wrong before. What was received until then came
//! later than it says, and by how much is kept as a [`Jump`].

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Jumps beyond this are not believed at once.
const JUMP_MAX: Duration = Duration::from_secs(86_400);
/// A clock that goes on for so long without another jump is believed after all.
const STEADY: Duration = Duration::from_secs(3_600);
/// Jumps beyond this are believed only when somebody says so.
const BELIEVED_MAX: Duration = Duration::from_secs(31 * 86_400);
/// A clock is steady if it keeps time to this.
const STEADY_WITHIN: Duration = Duration::from_secs(60);

/// Jumps that are kept at most; the oldest beyond are of rows that are long gone.
const JUMPS_MAX: usize = 64;

/// The watch over the wall clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RetentionClock {
    /// The believed wall time at `at`.
    believed_ns: i64,
    /// Monotonic time.
    at: Duration,
    doubt: Option<Doubt>,
    /// The least believed time since the wall clock was no longer ahead of it, in this process.
    agreed_since_ns: Option<i64>,
    jumps: Vec<Jump>,
    are_jumps_kept: bool,
}

/// What was received from `from_ns` to `to_ns` by the clock of then was received `by_ns` later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Jump {
    pub from_ns: i64,
    pub to_ns: i64,
    pub by_ns: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Doubt {
    since: Duration,
    /// How far the wall clock is ahead of what is believed.
    ahead_ns: i64,
}

/// What the clock is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is this late, ns since 1970.
    Time(i64),
    /// It has just jumped so far ahead.
    Jumped(Duration),
    /// It is still not believed.
    Doubted,
}

impl RetentionClock {
    /// Begins with the time kept in the catalog, if there is one, and the jumps.
    pub fn new(kept_ns: Option<i64>, jumps: Vec<Jump>, wall_ns: i64, now: Duration) -> Self {
        let believed_ns = kept_ns.unwrap_or(wall_ns);
        let agrees = wall_ns.saturating_sub(believed_ns) <= ns(JUMP_MAX);
        let agreed_since_ns = agrees.then_some(believed_ns);
        Self { believed_ns, at: now, doubt: None, agreed_since_ns, jumps, are_jumps_kept: true }
    }

    /// The same with what [`RetentionClock::to_kept`] gave.
    pub fn of_kept(kept: &[u8], wall_ns: i64, now: Duration) -> Self {
        let (kept_ns, rest) = kept.split_first_chunk().map_or((None, &[][..]), |(time, rest)| (Some(i64::from_le_bytes(*time)), rest));
        Self::new(kept_ns, serde_json::from_slice(rest).unwrap_or_default(), wall_ns, now)
    }

    /// What to keep for the next start: the believed time, ns since 1970, 8 bytes little-endian, then the jumps as JSON, if there are any.
    pub fn to_kept(&self) -> Vec<u8> {
        let mut kept = self.believed_ns.to_le_bytes().to_vec();
        if !self.jumps.is_empty() {
            kept.extend(serde_json::to_vec(&self.jumps).expect("numbers are always JSON"));
        }
        kept
    }

    /// The latest time that was believed.
    pub fn believed_ns(&self) -> i64 {
        self.believed_ns
    }

    /// Whether there are jumps that the catalog does not have.
    pub fn has_new_jumps(&self) -> bool {
        !self.are_jumps_kept
    }

    /// They are in the catalog.
    pub fn jumps_kept(&mut self) {
        self.are_jumps_kept = true;
    }

    /// How late it is at least, whatever the wall clock says.
    pub fn least_ns(&self, now: Duration) -> i64 {
        self.believed_ns.saturating_add(ns(now.saturating_sub(self.at)))
    }

    /// The time of the wall clock, if it may be believed.
    pub fn if_believed(&self, wall_ns: i64, now: Duration) -> Option<i64> {
        (wall_ns.saturating_sub(self.least_ns(now)) <= ns(JUMP_MAX)).then_some(wall_ns)
    }

    /// When that was received which says that it was received then.
    pub fn received_ns(&self, said_ns: i64) -> i64 {
        let later = |said_ns: i64, jump: &Jump| match (jump.from_ns..=jump.to_ns).contains(&said_ns) {
            true => said_ns.saturating_add(jump.by_ns),
            false => said_ns,
        };
        self.jumps.iter().fold(said_ns, later)
    }

    /// Looks at both clocks. `is_confirmed`: somebody said that the wall clock is right.
    pub fn read(&mut self, wall_ns: i64, now: Duration, is_confirmed: bool) -> Reading {
        let expected_ns = self.least_ns(now);
        let ahead_ns = wall_ns.saturating_sub(expected_ns);
        if ahead_ns <= ns(JUMP_MAX) || is_confirmed {
            self.believe(if is_confirmed { wall_ns } else { wall_ns.max(expected_ns) }, now);
            return Reading::Time(wall_ns);
        }
        match &self.doubt {
            Some(doubt) if (ahead_ns - doubt.ahead_ns).abs() <= ns(STEADY_WITHIN) => {
                if now.saturating_sub(doubt.since) >= STEADY && ahead_ns <= ns(BELIEVED_MAX) {
                    self.believe(wall_ns, now);
                    return Reading::Time(wall_ns);
                }
                Reading::Doubted
            }
            _ => {
                self.doubt = Some(Doubt { since: now, ahead_ns });
                Reading::Jumped(Duration::from_nanos(ahead_ns.unsigned_abs()))
            }
        }
    }

    fn believe(&mut self, wall_ns: i64, now: Duration) {
        let ahead_ns = wall_ns.saturating_sub(self.least_ns(now));
        if ahead_ns > ns(JUMP_MAX) {
            if let Some(from_ns) = self.agreed_since_ns {
                let to_ns = self.least_ns(self.doubt.as_ref().map_or(now, |doubt| doubt.since));
                self.jumps.push(Jump { from_ns, to_ns, by_ns: ahead_ns });
                self.jumps.drain(..self.jumps.len().saturating_sub(JUMPS_MAX));
                self.are_jumps_kept = false;
            }
            self.agreed_since_ns = Some(wall_ns);
        }
        self.agreed_since_ns = Some(self.agreed_since_ns.map_or(wall_ns, |since_ns| since_ns.min(wall_ns)));
        (self.believed_ns, self.at, self.doubt) = (wall_ns, now, None);
    }
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
