//! Which time it is when something is to be deleted for its age.
//!
//! What is believed is the latest time that was ever believed, kept in the catalog, and what a monotonic clock has counted
//! since. A wall clock that is more than a day beyond that may be wrong: then nothing is deleted until somebody says that it
//! is right, or until it has gone on steadily for an hour. Whether the machine's clock follows time servers is not known
//! here, so an hour does not make up for a jump of more than a month.

use std::time::Duration;

/// Jumps beyond this are not believed at once.
const JUMP_MAX: Duration = Duration::from_secs(86_400);
/// A clock that goes on for so long without another jump is believed after all.
const STEADY: Duration = Duration::from_secs(3_600);
/// Jumps beyond this are believed only when somebody says so.
const BELIEVED_MAX: Duration = Duration::from_secs(31 * 86_400);
/// A clock is steady if it keeps time to this.
const STEADY_WITHIN: Duration = Duration::from_secs(60);

/// The watch over the wall clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RetentionClock {
    /// The believed wall time at `at`.
    believed_ns: i64,
    /// Monotonic time.
    at: Duration,
    doubt: Option<Doubt>,
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
    /// Begins with the time kept in the catalog, if there is one.
    pub fn new(kept_ns: Option<i64>, wall_ns: i64, now: Duration) -> Self {
        Self { believed_ns: kept_ns.unwrap_or(wall_ns), at: now, doubt: None }
    }

    /// What to keep for the next start.
    pub fn believed_ns(&self) -> i64 {
        self.believed_ns
    }

    /// Looks at both clocks. `is_confirmed`: somebody said that the wall clock is right.
    pub fn read(&mut self, wall_ns: i64, now: Duration, is_confirmed: bool) -> Reading {
        let expected_ns = self.believed_ns.saturating_add(ns(now.saturating_sub(self.at)));
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
        *self = Self { believed_ns: wall_ns, at: now, doubt: None };
    }
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
