//! Times in paths and messages.

use jiff::Timestamp;
use std::time::Duration;

/// An hour of UTC since 1970, as partitions are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Hour(i64);

impl Hour {
    pub fn of(time_ns: i64) -> Self {
        Self(time_ns.div_euclid(3_600 * 1_000_000_000))
    }

    /// `yyyy/mm/dd/hh`.
    pub fn path(self) -> String {
        instant(i128::from(self.0) * 3_600 * 1_000_000_000).strftime("%Y/%m/%d/%H").to_string()
    }
}

/// An instant as RFC 3339 in UTC, to the second.
pub(crate) fn shown(time_ns: i64) -> String {
    instant(time_ns.into()).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn instant(time_ns: i128) -> Timestamp {
    Timestamp::from_nanosecond(time_ns).expect("64 bits of nanoseconds end in 2262")
}

/// A duration for people.
pub(crate) fn shown_duration(duration: Duration) -> String {
    match duration.as_millis() {
        ms @ 0..10_000 => format!("{ms} ms"),
        ms => format!("{:.1} s", ms as f64 / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_times() {
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(1_709_210_096_999_999_999), "2024-02-29T12:34:56Z");
        assert_eq!(shown(-1), "1969-12-31T23:59:59Z");
        assert_eq!(shown(i64::MAX), "2262-04-11T23:47:16Z");
        assert_eq!(Hour::of(1_709_210_096_000_000_000).path(), "2024/02/29/12");
        assert_eq!(Hour::of(-1).path(), "1969/12/31/23");
        assert_eq!(Hour::of(i64::MIN).path(), "1677/09/21/00");
    }
}
