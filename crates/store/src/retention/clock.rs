//! Which time it is when something is to be deleted for its age.
//!
//! What is believed is the latest time that was ever believed, kept in the catalog, and what a monotonic clock has counted
//! since. A wall clock that is more than a day beyond that may be wrong: then nothing is deleted until somebody says that it
//! is right, or until it has gone on steadily for an hour. Whether the machine's clock follows time servers is not known
//! here, so an hour does not make up for a jump of more than a month.
//!
//! A clock that jumps while the process runs, and is believed in the end, was wrong before. What was received until then came
//! later than it says, and by how much is kept as a [`Correction::Jump`]. A clock that was ahead and is set back leaves rows that
//! say they came in the future; once somebody says that it is right, they came until then: a [`Correction::Ceiling`].

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

/// Corrections that are kept at most; the oldest beyond are of rows that are long gone.
const CORRECTIONS_MAX: usize = 64;
/// 2026-01-01: nothing was received before, so a clock that says so is not set, whatever anybody says of it.
const FIRST_NS: i64 = 1_767_225_600 * 1_000_000_000;

/// The watch over the wall clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RetentionClock {
    /// The believed wall time at `at`.
    believed_ns: i64,
    /// Monotonic time.
    at: Duration,
    /// What the wall clock has said, one after the other, since it was last believed.
    doubts: Vec<Doubt>,
    /// The least time at which this process received something while the wall clock was not ahead of what was believed, as it is
    /// believed to have been now.
    agreed_since_ns: Option<i64>,
    /// In the order in which they were found; each is of times that those before have corrected.
    corrections: Vec<Correction>,
    are_corrections_kept: bool,
    /// Since when files say that they came in the future.
    future_since: Option<Duration>,
    is_future_told: bool,
}

/// What is known of times of receipt besides what rows say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Correction {
    /// What was received from `from_ns` to `to_ns` by the clock of then was received `by_ns` later.
    Jump { from_ns: i64, to_ns: i64, by_ns: i64 },
    /// Nothing up to the log sequence `through` was received after `until_ns`.
    Ceiling { through: u64, until_ns: i64 },
}

/// What the wall clock says and is not believed.
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
    /// Begins with the time kept in the catalog, if there is one, and the corrections.
    pub fn new(kept_ns: Option<i64>, corrections: Vec<Correction>, wall_ns: i64, now: Duration) -> Self {
        let believed_ns = kept_ns.unwrap_or(wall_ns);
        let agrees = wall_ns.saturating_sub(believed_ns) <= ns(JUMP_MAX);
        Self {
            believed_ns,
            at: now,
            doubts: Vec::new(),
            agreed_since_ns: agrees.then_some(believed_ns),
            corrections,
            are_corrections_kept: true,
            future_since: None,
            is_future_told: false,
        }
    }

    /// The same with what [`RetentionClock::to_kept`] gave.
    pub fn of_kept(kept: &[u8], wall_ns: i64, now: Duration) -> Self {
        let (kept_ns, rest) = kept.split_first_chunk().map_or((None, &[][..]), |(time, rest)| (Some(i64::from_le_bytes(*time)), rest));
        Self::new(kept_ns, serde_json::from_slice(rest).unwrap_or_default(), wall_ns, now)
    }

    /// What to keep for the next start: the believed time, ns since 1970, 8 bytes little-endian, then the corrections as JSON, if there
    /// are any.
    pub fn to_kept(&self) -> Vec<u8> {
        let mut kept = self.believed_ns.to_le_bytes().to_vec();
        if !self.corrections.is_empty() {
            kept.extend(serde_json::to_vec(&self.corrections).expect("numbers are always JSON"));
        }
        kept
    }

    /// The latest time that was believed.
    pub fn believed_ns(&self) -> i64 {
        self.believed_ns
    }

    /// Whether there are corrections that the catalog does not have.
    pub fn has_new_corrections(&self) -> bool {
        !self.are_corrections_kept
    }

    /// They are in the catalog.
    pub fn corrections_kept(&mut self) {
        self.are_corrections_kept = true;
    }

    /// How late it is at least, whatever the wall clock says.
    pub fn least_ns(&self, now: Duration) -> i64 {
        self.believed_ns.saturating_add(ns(now.saturating_sub(self.at)))
    }

    /// The time of the wall clock, if it may be believed.
    pub fn if_believed(&self, wall_ns: i64, now: Duration) -> Option<i64> {
        (wall_ns.saturating_sub(self.least_ns(now)) <= ns(JUMP_MAX)).then_some(wall_ns)
    }

    /// When that was received, up to this log sequence, which says that it was received then.
    pub fn received_ns(&self, said_ns: i64, sequence_last: u64) -> i64 {
        let correct = |said_ns: i64, correction: &Correction| match *correction {
            Correction::Jump { from_ns, to_ns, by_ns } if (from_ns..=to_ns).contains(&said_ns) => said_ns.saturating_add(by_ns),
            Correction::Ceiling { through, until_ns } if sequence_last <= through => said_ns.min(until_ns),
            _ => said_ns,
        };
        self.corrections.iter().fold(said_ns, correct)
    }

    /// Somebody said that the wall clock is right: what files hold, up to this log sequence, was received before.
    pub fn cap(&mut self, through: u64, wall_ns: i64) {
        if wall_ns >= FIRST_NS {
            self.correct(Correction::Ceiling { through, until_ns: wall_ns });
        }
    }

    /// Whether to tell now that files say they were received at `received_ns`, which is in the future by a wall clock that has gone on
    /// like this for an hour.
    pub fn is_future_to_be_told(&mut self, received_ns: i64, wall_ns: i64, now: Duration) -> bool {
        if received_ns.saturating_sub(wall_ns) <= ns(JUMP_MAX) {
            self.future_since = None;
            return false;
        }
        let since = *self.future_since.get_or_insert(now);
        let is_due = now.saturating_sub(since) >= STEADY && !self.is_future_told;
        self.is_future_told |= is_due;
        is_due
    }

    /// Looks at both clocks. `is_confirmed`: somebody said that the wall clock is right.
    pub fn read(&mut self, wall_ns: i64, now: Duration, is_confirmed: bool) -> Reading {
        let expected_ns = self.least_ns(now);
        let ahead_ns = wall_ns.saturating_sub(expected_ns);
        if ahead_ns <= ns(JUMP_MAX) || is_confirmed {
            self.believe(if is_confirmed { wall_ns } else { wall_ns.max(expected_ns) }, now);
            return Reading::Time(wall_ns);
        }
        match self.doubts.last() {
            Some(doubt) if (ahead_ns - doubt.ahead_ns).abs() <= ns(STEADY_WITHIN) => {
                if now.saturating_sub(doubt.since) >= STEADY && ahead_ns <= ns(BELIEVED_MAX) {
                    self.believe(wall_ns, now);
                    return Reading::Time(wall_ns);
                }
                Reading::Doubted
            }
            _ => {
                if self.doubts.len() == CORRECTIONS_MAX {
                    // The first one says until when what was believed was said.
                    self.doubts.remove(1);
                }
                self.doubts.push(Doubt { since: now, ahead_ns });
                Reading::Jumped(Duration::from_nanos(ahead_ns.unsigned_abs()))
            }
        }
    }

    fn believe(&mut self, wall_ns: i64, now: Duration) {
        let ahead_ns = wall_ns.saturating_sub(self.least_ns(now));
        let doubts = std::mem::take(&mut self.doubts);
        if ahead_ns > ns(JUMP_MAX) {
            let first = doubts.first().map_or(now, |doubt| doubt.since);
            // What came while the wall clock said something else again, which was wrong too.
            let ends = doubts.iter().skip(1).map(|doubt| doubt.since).chain([now]);
            for (doubt, end) in doubts.iter().zip(ends) {
                let (from_ns, to_ns) = (self.least_ns(doubt.since), self.least_ns(end));
                let (from_ns, to_ns) = (from_ns.saturating_add(doubt.ahead_ns), to_ns.saturating_add(doubt.ahead_ns));
                let by_ns = ahead_ns.saturating_sub(doubt.ahead_ns);
                if by_ns > ns(JUMP_MAX) {
                    self.correct(Correction::Jump { from_ns, to_ns, by_ns });
                }
            }
            if let Some(from_ns) = self.agreed_since_ns {
                self.correct(Correction::Jump { from_ns, to_ns: self.least_ns(first), by_ns: ahead_ns });
            }
            // Where nothing was believed before, this process has taken in all it has in the time that it now is.
            self.agreed_since_ns = Some(self.agreed_since_ns.unwrap_or(self.believed_ns).saturating_add(ahead_ns));
        }
        self.agreed_since_ns = Some(self.agreed_since_ns.map_or(wall_ns, |since_ns| since_ns.min(wall_ns)));
        (self.believed_ns, self.at) = (wall_ns, now);
    }

    fn correct(&mut self, correction: Correction) {
        self.corrections.push(correction);
        self.corrections.drain(..self.corrections.len().saturating_sub(CORRECTIONS_MAX));
        self.are_corrections_kept = false;
    }
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
