//! How often somebody may try.

use glasshive_base::Clock;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Failures in a row from which on an account waits.
const FAILURES: u32 = 10;
const FIRST_DELAY: Duration = Duration::from_secs(60);
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);
/// Failures are forgotten after this long without any.
const MEMORY: Duration = Duration::from_secs(60 * 60);
/// Attempts of one address in a window.
const PER_ADDRESS: u32 = 30;
const WINDOW: Duration = Duration::from_secs(60);
/// Names and addresses remembered; the ones that were quiet the longest make room.
const REMEMBERED: usize = 10_000;

/// Counts attempts by account and by address. Names of no account count as those of one do.
pub(crate) struct Attempts {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    names: HashMap<String, Failures>,
    addresses: HashMap<IpAddr, Window>,
}

struct Failures {
    count: u32,
    last: Duration,
    until: Duration,
}

struct Window {
    start: Duration,
    count: u32,
}

impl Attempts {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// Notes an attempt from an address. `Err` holds how long it has to wait; then nothing was noted.
    pub(crate) fn at_address(&self, address: IpAddr) -> Result<(), Duration> {
        let now = self.clock.monotonic();
        self.lock().count_address(address, now)
    }

    /// Notes an attempt at an account as one that failed; [`Attempts::succeed`] takes it back. Noted before the password is
    /// looked at, so that many at once are no way around.
    pub(crate) fn at_account(&self, name: &str, address: IpAddr) -> Result<(), Duration> {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        if let Some(known) = state.names.get(name)
            && now < known.until
        {
            return Err(known.until - now);
        }
        state.count_address(address, now)?;
        make_room(&mut state.names, name, |failures| failures.last.max(failures.until));
        let failures = state.names.entry(name.to_owned()).or_insert(Failures { count: 0, last: now, until: Duration::ZERO });
        if now.saturating_sub(failures.last) > MEMORY {
            failures.count = 0;
        }
        failures.count += 1;
        failures.last = now;
        if failures.count >= FAILURES {
            let doublings = (failures.count - FAILURES).min(8);
            failures.until = now + (FIRST_DELAY * 2_u32.pow(doublings)).min(LONGEST_DELAY);
        }
        Ok(())
    }

    /// The attempt was the right one.
    pub(crate) fn succeed(&self, name: &str, address: IpAddr) {
        let mut state = self.lock();
        state.names.remove(name);
        if let Some(window) = state.addresses.get_mut(&network(address)) {
            window.count = window.count.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count_address(&mut self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        let address = network(address);
        make_room(&mut self.addresses, &address, |window| window.start);
        let window = self.addresses.entry(address).or_insert(Window { start: now, count: 0 });
        if now.saturating_sub(window.start) >= WINDOW {
            *window = Window { start: now, count: 0 };
        }
        if window.count >= PER_ADDRESS {
            return Err((window.start + WINDOW).saturating_sub(now));
        }
        window.count += 1;
        Ok(())
    }
}

/// Takes out what was quiet the longest when there is no room for another key.
fn make_room<K, Q, V>(map: &mut HashMap<K, V>, key: &Q, last: impl Fn(&V) -> Duration)
where
    K: Hash + Eq + Clone + std::borrow::Borrow<Q>,
    Q: Hash + Eq + ?Sized,
{
    if map.len() < REMEMBERED || map.contains_key(key) {
        return;
    }
    let oldest = map.iter().min_by_key(|(_, value)| last(value)).map(|(key, _)| key.clone());
    if let Some(oldest) = oldest {
        map.remove::<K>(&oldest);
    }
}

/// An address as it is counted: who has one of version 6 has at least 2^64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_base::ManualClock;

    fn attempts() -> (Attempts, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        (Attempts::new(clock.clone()), clock)
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn s14_ten_failures_then_delays_that_double() {
        let (attempts, clock) = attempts();
        for n in 0..10 {
            assert_eq!(attempts.at_account("andrew", address(n)), Ok(()));
        }
        for minutes in [1, 2, 4, 8, 15, 15] {
            assert_eq!(attempts.at_account("andrew", address(1)), Err(Duration::from_secs(60 * minutes)));
            assert_eq!(attempts.at_account("bayko", address(1)), Ok(()), "others go on");
            clock.advance(Duration::from_secs(60 * minutes - 1));
            assert_eq!(attempts.at_account("andrew", address(1)), Err(Duration::from_secs(1)));
            clock.advance(Duration::from_secs(1));
            assert_eq!(attempts.at_account("andrew", address(1)), Ok(()));
            attempts.succeed("bayko", address(1));
        }
        clock.advance(LONGEST_DELAY);
        attempts.succeed("andrew", address(1));
        assert_eq!(attempts.at_account("andrew", address(1)), Ok(()));
        assert_eq!(attempts.at_account("andrew", address(1)), Ok(()), "the right password ends it");
    }

    #[test]
    fn s14_failures_are_forgotten_after_an_hour() {
        let (attempts, clock) = attempts();
        for _ in 0..9 {
            assert_eq!(attempts.at_account("andrew", address(1)), Ok(()));
        }
        clock.advance(MEMORY + Duration::from_secs(1));
        for _ in 0..9 {
            assert_eq!(attempts.at_account("andrew", address(1)), Ok(()));
        }
    }

    #[test]
    fn s14_thirty_a_minute_from_an_address() {
        let (attempts, clock) = attempts();
        let inside = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, last]);
        for n in 0..30 {
            assert_eq!(attempts.at_account(&format!("name-{n}"), inside(n)), Ok(()));
        }
        assert_eq!(attempts.at_account("andrew", inside(99)), Err(WINDOW));
        assert_eq!(attempts.at_address(inside(98)), Err(WINDOW));
        assert_eq!(attempts.at_account("andrew", address(1)), Ok(()));
        clock.advance(WINDOW);
        assert_eq!(attempts.at_address(inside(98)), Ok(()));
    }

    #[test]
    fn s14_memory_is_bounded_and_who_waits_is_not_forgotten_first() {
        let (attempts, clock) = attempts();
        let somewhere = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..10 {
            assert_eq!(attempts.at_account("andrew", somewhere(n)), Ok(()));
        }
        for n in 0..REMEMBERED as u32 + 50 {
            clock.advance(Duration::from_millis(1));
            assert_eq!(attempts.at_account(&format!("name-{n}"), somewhere(1_000 + n)), Ok(()));
            if n == REMEMBERED as u32 / 2 {
                assert!(attempts.at_account("andrew", somewhere(7)).is_err());
            }
        }
        let state = attempts.lock();
        assert_eq!((state.names.len(), state.addresses.len()), (REMEMBERED, REMEMBERED));
    }
}
