//! Which times are believed.

use super::ledger::Reason;
use glasshive_model::limits::{FUTURE_MARKED_NS, FUTURE_REFUSED_NS};

/// A time that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Believed {
    pub ns: i64,
    /// More than ten minutes ahead of receipt.
    pub is_future: bool,
}

/// Judges the time of a span or log record. Old times are always believed; nothing that was meant as nanoseconds lies between
/// one second and 38 months after 1970, so what does was meant in another unit.
pub(super) fn judge(ns: u64, received_ns: i64) -> Result<Believed, Reason> {
    match ns {
        0 => Err(Reason::NoTime),
        1_000_000_000..100_000_000_000 => Err(Reason::TimeInSeconds),
        100_000_000_000..100_000_000_000_000 => Err(Reason::TimeInMilliseconds),
        100_000_000_000_000..100_000_000_000_000_000 => Err(Reason::TimeInMicroseconds),
        _ => match i64::try_from(ns) {
            Ok(ns) if ns <= received_ns.saturating_add(FUTURE_REFUSED_NS) => {
                Ok(Believed { ns, is_future: ns > received_ns.saturating_add(FUTURE_MARKED_NS) })
            }
            _ => Err(Reason::TooFarAhead),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000_000;
    const MINUTE: i64 = 60_000_000_000;

    #[test]
    fn times_by_their_size() {
        let check = |ns: u64, judged| assert_eq!(judge(ns, NOW), judged, "{ns}");
        check(0, Err(Reason::NoTime));
        check(1_700_000_000, Err(Reason::TimeInSeconds));
        check(1_700_000_000_000, Err(Reason::TimeInMilliseconds));
        check(1_700_000_000_000_000, Err(Reason::TimeInMicroseconds));
        check(1, Ok(Believed { ns: 1, is_future: false }));
        check(1_544_712_660_000_000_000, Ok(Believed { ns: 1_544_712_660_000_000_000, is_future: false }));
        let ahead = |minutes: i64| NOW + minutes * MINUTE;
        check(ahead(10) as u64, Ok(Believed { ns: ahead(10), is_future: false }));
        check(ahead(11) as u64, Ok(Believed { ns: ahead(11), is_future: true }));
        check(ahead(24 * 60) as u64, Ok(Believed { ns: ahead(24 * 60), is_future: true }));
        check(ahead(24 * 60 + 1) as u64, Err(Reason::TooFarAhead));
        check(u64::MAX, Err(Reason::TooFarAhead));
    }
}
