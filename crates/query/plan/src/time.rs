//! When: the window of a query and the grid of steps laid over it.

use crate::error::{Problem, QueryError};
use serde::{Deserialize, Serialize};

/// Nanoseconds of a second.
pub const SECOND_NS: i64 = 1_000_000_000;
/// The time range of a query that names none: the last two hours.
pub const RANGE_DEFAULT_SECONDS: u64 = 7_200;
/// Most steps that may be asked for, not counting the one that alignment can add.
pub const STEPS_MAX: i64 = 1_000;
/// Most steps that the automatic choice gives, not counting the one that alignment can add.
pub const STEPS_AUTO: i64 = 120;
/// Step lengths of the automatic choice, in seconds.
pub const LADDER_SECONDS: [i64; 21] =
    [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800, 259_200, 604_800];

/// A resolved window and how it was written, so that it can be printed as it was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// What to look in.
    pub window: Window,
    /// How it was written.
    pub written: Written,
}

/// An absolute span of time, half open: `start_ns <= time < end_ns`; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First ns since 1970 UTC that belongs to it.
    pub start_ns: i64,
    /// First ns after it.
    pub end_ns: i64,
}

/// How a window was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The last so many seconds.
    Last {
        /// At least 1.
        seconds: u64,
    },
    /// From one point to another.
    Between {
        /// The start.
        start: Point,
        /// The end.
        end: Point,
    },
    /// From a point until now.
    Since {
        /// The start.
        start: Point,
    },
}

/// A point in time as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Nanoseconds since 1970 UTC.
    At(i64),
    /// So many seconds before now; 0 = now.
    Ago(u64),
}

/// The length of the steps of a series as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Step {
    /// The smallest of [`LADDER_SECONDS`] that gives at most [`STEPS_AUTO`] steps.
    #[default]
    Auto,
    /// So many seconds; at least 1.
    Seconds(u64),
}

/// The steps of a series: aligned to multiples of the step since 1970, so that the first and last may reach beyond the window
/// (events outside the window do not count in them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// What the steps cover.
    pub window: Window,
    /// Start of the first step, at or before the window's start.
    pub first_ns: i64,
    /// Length of each step.
    pub step_ns: i64,
    /// How many steps; at least 1, at most [`STEPS_MAX`] + 1.
    pub steps: usize,
}

/// A time as calculated fields see it: seconds since 1970, as near as a double comes.
pub fn seconds_of(time_ns: i64) -> f64 {
    time_ns.div_euclid(SECOND_NS) as f64 + time_ns.rem_euclid(SECOND_NS) as f64 / 1e9
}

// === impl TimeRange ===

impl TimeRange {
    /// The last so many seconds before `now_ns`.
    pub fn last(seconds: u64, now_ns: i64) -> Result<Self, QueryError> {
        Self::resolve(Written::Last { seconds }, now_ns)
    }

    /// From `start_ns` until before `end_ns`.
    pub fn between(start_ns: i64, end_ns: i64) -> Result<Self, QueryError> {
        Self::resolve(Written::Between { start: Point::At(start_ns), end: Point::At(end_ns) }, 0)
    }

    /// What was written, at the time `now_ns`.
    ///
    /// # Errors
    /// [`Problem::Unanswerable`] when the end is not after the start, or a point lies outside 1677..2262.
    pub fn resolve(written: Written, now_ns: i64) -> Result<Self, QueryError> {
        let out_of_range = || QueryError::whole(Problem::Unanswerable, "the time range reaches beyond the years 1677 to 2262");
        let ago = |seconds: u64| {
            let ns = i64::try_from(seconds).ok()?.checked_mul(SECOND_NS)?;
            now_ns.checked_sub(ns)
        };
        let resolve = |point: Point| match point {
            Point::At(ns) => Ok(ns),
            Point::Ago(seconds) => ago(seconds).ok_or_else(out_of_range),
        };
        let (start_ns, end_ns) = match written {
            Written::Last { seconds } => (resolve(Point::Ago(seconds))?, now_ns),
            Written::Between { start, end } => (resolve(start)?, resolve(end)?),
            Written::Since { start } => (resolve(start)?, now_ns),
        };
        if end_ns <= start_ns {
            return Err(QueryError::whole(Problem::Unanswerable, "the end of the time range must be after its start"));
        }
        end_ns.checked_sub(start_ns).ok_or_else(out_of_range)?;
        Ok(Self { window: Window { start_ns, end_ns }, written })
    }
}

// === impl Window ===

impl Window {
    /// How many ns of it lie in another, 0 when they do not meet.
    pub fn overlap_ns(self, other: Window) -> i64 {
        self.end_ns.min(other.end_ns).saturating_sub(self.start_ns.max(other.start_ns)).max(0)
    }

    /// Its length, at least 1 ns.
    pub fn length_ns(self) -> i64 {
        self.end_ns - self.start_ns
    }

    /// Whether a time lies in it.
    pub fn contains(self, time_ns: i64) -> bool {
        self.start_ns <= time_ns && time_ns < self.end_ns
    }
}

// === impl Step ===

impl Step {
    /// Whether this step may be asked of this window: 1 s..the window's length (at least 1 s), and at most [`STEPS_MAX`] steps.
    pub fn fits(self, window: Window) -> bool {
        let Step::Seconds(seconds) = self else { return true };
        let (least, most) = Self::bounds(window);
        (least..=most).contains(&seconds)
    }

    /// The shortest and the longest step in seconds that may be asked of this window.
    pub fn bounds(window: Window) -> (u64, u64) {
        let length = window.length_ns();
        let least = ceil_div(length, STEPS_MAX * SECOND_NS).max(1);
        let most = ceil_div(length, SECOND_NS).max(least);
        (least.unsigned_abs(), most.unsigned_abs())
    }

    fn length_ns(self, window: Window) -> i64 {
        let length = window.length_ns();
        match self {
            Step::Seconds(seconds) => i64::try_from(seconds).ok().and_then(|s| s.checked_mul(SECOND_NS)).unwrap_or(i64::MAX),
            Step::Auto => {
                let fitting = LADDER_SECONDS.into_iter().find(|seconds| ceil_div(length, seconds * SECOND_NS) <= STEPS_AUTO);
                // Beyond 840 weeks: whole weeks, as many as it takes.
                let week_ns = 604_800 * SECOND_NS;
                fitting.map_or_else(|| ceil_div(length, STEPS_AUTO * week_ns) * week_ns, |seconds| seconds * SECOND_NS)
            }
        }
    }
}

// === impl Grid ===

impl Grid {
    /// Steps of this length over this window.
    pub fn new(window: Window, step: Step) -> Self {
        let step_ns = step.length_ns(window);
        let first_ns = window.start_ns.saturating_sub(window.start_ns.rem_euclid(step_ns));
        let steps = (i128::from(window.end_ns) - i128::from(first_ns) + i128::from(step_ns) - 1) / i128::from(step_ns);
        Self { window, first_ns, step_ns, steps: usize::try_from(steps).unwrap_or(usize::MAX) }
    }

    /// Which step a time of the window falls into.
    pub fn index(&self, time_ns: i64) -> Option<usize> {
        if !self.window.contains(time_ns) {
            return None;
        }
        usize::try_from((i128::from(time_ns) - i128::from(self.first_ns)) / i128::from(self.step_ns)).ok()
    }

    /// The part of the window that a step covers.
    pub fn part(&self, index: usize) -> Window {
        let start_ns = self.start_ns(index).max(self.window.start_ns);
        Window { start_ns, end_ns: self.start_ns(index + 1).min(self.window.end_ns) }
    }

    /// The start of a step.
    pub fn start_ns(&self, index: usize) -> i64 {
        self.first_ns.saturating_add(self.step_ns.saturating_mul(i64::try_from(index).unwrap_or(i64::MAX)))
    }
}

fn ceil_div(dividend: i64, divisor: i64) -> i64 {
    dividend / divisor + i64::from(dividend % divisor != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;
    const NOW: i64 = 1_767_225_600 * SECOND_NS;

    fn auto(seconds: u64) -> (i64, usize) {
        let grid = Grid::new(TimeRange::last(seconds, NOW).unwrap().window, Step::Auto);
        (grid.step_ns / SECOND_NS, grid.steps)
    }

    #[test]
    fn automatic_steps_follow_the_ladder() {
        let check = |seconds, expected| assert_eq!(auto(seconds), expected, "{seconds} s");
        check(1, (1, 1));
        check(120, (1, 120));
        check(121, (5, 25));
        check(600, (5, 120));
        check(2 * HOUR, (60, 120));
        check(24 * HOUR, (900, 96));
        check(30 * 24 * HOUR, (21_600, 120));
        check(840 * 24 * HOUR, (604_800, 120));
        assert!(auto(60 * 365 * 24 * HOUR).1 <= 121);
    }

    #[test]
    fn steps_are_aligned_and_cover_the_window() {
        let window = Window { start_ns: NOW + 7 * SECOND_NS, end_ns: NOW + 127 * SECOND_NS };
        let grid = Grid::new(window, Step::Seconds(60));
        assert_eq!((grid.first_ns, grid.steps), (NOW, 3));
        assert_eq!(grid.index(window.start_ns), Some(0));
        assert_eq!(grid.index(NOW + 60 * SECOND_NS), Some(1));
        assert_eq!(grid.index(window.end_ns - 1), Some(2));
        assert_eq!(grid.index(window.end_ns), None);
        assert_eq!(grid.index(NOW), None, "before the window, though within the first step");
        assert_eq!(grid.start_ns(2), NOW + 120 * SECOND_NS);
        let before_1970 = Grid::new(Window { start_ns: -90 * SECOND_NS, end_ns: 0 }, Step::Seconds(60));
        assert_eq!((before_1970.first_ns, before_1970.steps), (-120 * SECOND_NS, 2));
        let whole = Grid::new(Window { start_ns: i64::MIN / 2, end_ns: i64::MAX / 2 }, Step::Auto);
        assert!(whole.steps <= 122, "{}", whole.steps);
    }

    #[test]
    fn step_bounds() {
        let window = |seconds| TimeRange::last(seconds, NOW).unwrap().window;
        assert_eq!(Step::bounds(window(7_200)), (8, 7_200));
        assert!(Step::Seconds(8).fits(window(7_200)) && !Step::Seconds(7).fits(window(7_200)));
        assert!(Step::Seconds(7_200).fits(window(7_200)) && !Step::Seconds(7_201).fits(window(7_200)));
        assert_eq!(Step::bounds(Window { start_ns: 0, end_ns: 5 }), (1, 1));
    }

    #[test]
    fn windows_must_have_length() {
        assert_eq!(TimeRange::between(5, 5).unwrap_err().problem, Problem::Unanswerable);
        assert_eq!(TimeRange::between(i64::MIN, i64::MAX).unwrap_err().problem, Problem::Unanswerable);
        assert_eq!(TimeRange::last(u64::MAX, NOW).unwrap_err().problem, Problem::Unanswerable);
    }
}
