//! Traffic with times near now, for demonstrations.

use crate::body::{Body, Profile};
use crate::generator::Factory;
use crate::planted::PlantedCause;
use crate::random::Random;

/// Makes what has happened since it was last asked. It reads no clock: the caller says what time it is.
///
/// Starting it some minutes in the past gives a history at the first call. In every ten minutes one planted cause is at work for
/// three; see [`PlantedCause::of_live`]. A trace is no longer than ten seconds' spans, or [`LENGTH_LEAST`]: after one of thousands
/// nothing would come for minutes, as nothing may be above the rate.
pub struct LiveStream {
    factory: Factory,
    start_ns: i64,
    ns_per_span: i64,
    length_most: u64,
    made: u64,
}

/// Traces of so many spans are whole at any rate.
const LENGTH_LEAST: u64 = 100;

impl LiveStream {
    /// `spans_per_second` is an average, at least 1; traffic begins at `start_ns` (ns since 1970 UTC). Another start gives other
    /// traffic, so that two demonstrations into one store do not share trace ids.
    pub fn new(profile: Profile, seed: u64, spans_per_second: u32, start_ns: i64) -> Self {
        let ns_per_span = 1_000_000_000 / i64::from(spans_per_second.max(1));
        let seed = Random::new(seed, start_ns as u64).next();
        let length_most = LENGTH_LEAST.max(10 * u64::from(spans_per_second));
        Self { factory: Factory::new(profile, seed), start_ns, ns_per_span, length_most, made: 0 }
    }

    /// All traces that ended by `now_ns` and after the last call, with their logs; every request is flushed, as SDKs do after a
    /// few seconds. Empty when time has not moved on.
    pub fn advance(&mut self, now_ns: i64) -> Vec<Body> {
        loop {
            let end_ns = self.start_ns + self.made as i64 * self.ns_per_span;
            if end_ns > now_ns {
                break;
            }
            let cause = PlantedCause::of_live(self.start_ns, end_ns);
            self.made += self.factory.make_trace(end_ns, &[cause], self.length_most);
        }
        self.factory.flush();
        self.factory.ready.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Signal;

    const START: i64 = 1_800_000_000_000_000_000;

    #[test]
    fn makes_the_rate_asked_for_and_nothing_twice() {
        let mut stream = LiveStream::new(Profile::Wide, 3, 50, START);
        let first: u32 = spans(&stream.advance(START + 600_000_000_000));
        assert!((30_000..36_000).contains(&first), "{first}");
        assert!(stream.advance(START + 600_000_000_000).is_empty());
        let second = spans(&stream.advance(START + 1_200_000_000_000));
        assert!((58_000..66_000).contains(&(first + second)), "{second}");
    }

    #[test]
    fn something_comes_in_every_ten_seconds() {
        // Of 60,000 traces some would have 5,000 spans.
        let mut stream = LiveStream::new(Profile::Wide, 1, 40, START);
        for step in 1..=1_500 {
            assert!(!stream.advance(START + step * 11_000_000_000).is_empty(), "nothing came in the 11 s before {} s", step * 11);
        }
    }

    #[test]
    fn another_start_is_other_traffic() {
        let first = |seed, start| LiveStream::new(Profile::Wide, seed, 50, start).advance(start + 10_000_000_000);
        assert_eq!(first(3, START), first(3, START));
        // Times alone do not change a length.
        let lengths = |bodies: Vec<Body>| bodies.iter().map(|body| body.bytes.len()).collect::<Vec<_>>();
        assert_ne!(lengths(first(3, START)), lengths(first(3, START + 1)));
    }

    fn spans(bodies: &[Body]) -> u32 {
        bodies.iter().filter(|body| body.signal == Signal::Traces).map(|body| body.items).sum()
    }
}
