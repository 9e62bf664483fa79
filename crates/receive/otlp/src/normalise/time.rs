//! Which times are believed.

use super::ledger::Reason;
use crate::decode::{DecodeContext, TimeBounds};
use glasshive_model::limits::FUTURE_REFUSED_NS;

/// A time that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Believed {
    pub ns: i64,
    /// Further ahead of receipt than is usual.
    pub is_future: bool,
}

/// Judges the time of a span, log record or point. Old times are believed unless a bound was set; nothing that was meant as
/// nanoseconds lies between one second and 38 months after 1970, so what does was meant in another unit.
pub(super) fn judge(ns: u64, context: &DecodeContext<'_>) -> Result<Believed, Reason> {
    let believed = judge_within(ns, context)?;
    let age_ns = context.received_ns.saturating_sub(believed.ns);
    let is_too_old = context.bounds.age_max_ns.is_some_and(|bound| u64::try_from(age_ns).is_ok_and(|age_ns| age_ns > bound));
    if is_too_old { Err(Reason::TooOld) } else { Ok(believed) }
}

/// The same for what belongs to an item that is kept: no age is too old.
pub(super) fn judge_within(ns: u64, context: &DecodeContext<'_>) -> Result<Believed, Reason> {
    let DecodeContext { received_ns, bounds: TimeBounds { future_max_ns, .. }, .. } = *context;
    match ns {
        0 => Err(Reason::NoTime),
        1_000_000_000..100_000_000_000 => Err(Reason::TimeInSeconds),
        100_000_000_000..100_000_000_000_000 => Err(Reason::TimeInMilliseconds),
        100_000_000_000_000..100_000_000_000_000_000 => Err(Reason::TimeInMicroseconds),
        _ => match i64::try_from(ns) {
            Ok(ns) if ns <= received_ns.saturating_add(FUTURE_REFUSED_NS) => {
                Ok(Believed { ns, is_future: ns > received_ns.saturating_add_unsigned(future_max_ns) })
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
        let context = DecodeContext { received_ns: NOW, ..DecodeContext::default() };
        let check = |ns: u64, judged| assert_eq!(judge(ns, &context), judged, "{ns}");
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

    #[test]
    fn bounds_that_were_set() {
        let bounds = TimeBounds { age_max_ns: Some(60 * MINUTE as u64), future_max_ns: 0 };
        let context = DecodeContext { received_ns: NOW, bounds, ..DecodeContext::default() };
        let at = |minutes: i64| NOW + minutes * MINUTE;
        assert_eq!(judge(at(-60) as u64, &context), Ok(Believed { ns: at(-60), is_future: false }));
        assert_eq!(judge(at(-60) as u64 - 1, &context), Err(Reason::TooOld));
        assert_eq!(judge_within(at(-61) as u64, &context), Ok(Believed { ns: at(-61), is_future: false }));
        assert_eq!(judge(NOW as u64 + 1, &context), Ok(Believed { ns: NOW + 1, is_future: true }));
    }
}
