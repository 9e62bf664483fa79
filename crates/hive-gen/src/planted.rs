//! Causes planted in the data, for finding again: traces of one (build, region, flag) that are slow for a while.
//!
//! They are to be found in a demonstration of some thousand spans as in millions: while a cause is at work one trace in five has its
//! values, whatever was drawn, and its spans all last long, so that they stand in a band of their own above all others.

use crate::day::DAY_NS;
use crate::vocabulary::{BUILDS, FLAGS, REGIONS};

/// While it lasts, traces with all three values take `factor` times as long, in all their spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlantedCause {
    /// First instant, ns since 1970 UTC, by the end of a trace's root.
    pub start_ns: i64,
    /// First instant after it.
    pub end_ns: i64,
    /// Value of `app.build_id`.
    pub build: &'static str,
    /// Value of `app.region`.
    pub region: &'static str,
    /// Value of `app.flag`.
    pub flag: &'static str,
    /// How many times as long as usual such a trace takes in the middle; they differ less from one another than others do.
    pub factor: u32,
}

/// The key of the build, of the region, of the flag.
pub const KEYS: [&str; 3] = ["app.build_id", "app.region", "app.flag"];

/// One ordinary trace in ten thousand takes as long.
pub(crate) const FACTOR: u32 = 40;
/// While a cause is at work, one trace in so many has its values. By chance alone it would be one in three hundred.
const TRACES: u64 = 5;

/// Indexes of build, region, flag.
const TRIPLES: [(usize, usize, usize); 3] = [(4, 2, 1), (3, 0, 2), (2, 4, 3)];

/// Start and length of each window of a 24-hour run, in thousandths of the day; the last lies in the newest hour.
const WINDOWS: [(i64, i64); 3] = [(200, 40), (550, 50), (975, 13)];

/// Of a live stream's periods: where in each a cause is at work.
const LIVE_PERIOD_NS: i64 = 600_000_000_000;
const LIVE_FROM_NS: i64 = 240_000_000_000;
const LIVE_TO_NS: i64 = 420_000_000_000;

impl PlantedCause {
    /// The causes of a run that ends at `end_time_ns`, in order of time.
    pub fn of_day(end_time_ns: i64) -> [PlantedCause; 3] {
        std::array::from_fn(|n| {
            let start_ns = end_time_ns - DAY_NS + DAY_NS / 1_000 * WINDOWS[n].0;
            cause(TRIPLES[n], start_ns, start_ns + DAY_NS / 1_000 * WINDOWS[n].1)
        })
    }

    /// The cause of the ten-minute period of a live stream in which `time_ns` lies: minutes 4 to 7 of it.
    pub fn of_live(stream_start_ns: i64, time_ns: i64) -> PlantedCause {
        let period = (time_ns - stream_start_ns).div_euclid(LIVE_PERIOD_NS);
        let start_ns = stream_start_ns + period * LIVE_PERIOD_NS;
        cause(TRIPLES[period.rem_euclid(3) as usize], start_ns + LIVE_FROM_NS, start_ns + LIVE_TO_NS)
    }

    /// Build, region and flag, if trace `number`, which ends at `time_ns`, is one of those that are given them.
    pub(crate) fn given_to(&self, number: u64, time_ns: i64) -> Option<[&'static str; 3]> {
        let is_given = self.is_at_work(time_ns) && number.is_multiple_of(TRACES);
        is_given.then_some([self.build, self.region, self.flag])
    }

    /// Whether a trace of these values that ends at `time_ns` is slow.
    pub(crate) fn slows(&self, time_ns: i64, values: [&str; 3]) -> bool {
        self.is_at_work(time_ns) && values == [self.build, self.region, self.flag]
    }

    fn is_at_work(&self, time_ns: i64) -> bool {
        (self.start_ns..self.end_ns).contains(&time_ns)
    }
}

fn cause((build, region, flag): (usize, usize, usize), start_ns: i64, end_ns: i64) -> PlantedCause {
    PlantedCause { start_ns, end_ns, build: BUILDS[build], region: REGIONS[region], flag: FLAGS[flag], factor: FACTOR }
}
