//! Which faults a simulation has, and when.

use crate::random::Random;
use std::time::Duration;

/// How often what goes wrong: once in so many calls, 0 = never. Drawn per seed, so that every seed has its own mixture and
/// some have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultRates {
    /// A write fails having done nothing, or a part.
    pub write: u64,
    /// A sync of a file fails.
    pub sync: u64,
    /// A sync of a directory fails.
    pub sync_dir: u64,
    /// A read fails.
    pub read: u64,
    /// Creating, opening, renaming or removing fails.
    pub names: u64,
    /// A failed sync stays for a while: every sync fails until it is over.
    pub sticky: bool,
    /// A call takes long.
    pub latency: u64,
    /// At a crash one byte of a synced file changes.
    pub flip: u64,
    /// The disk is nearly full for a while, once in so many lives.
    pub full: u64,
    /// A catalog commit fails, is lost, or its answer is.
    pub catalog: u64,
    /// Wall time jumps, once in so many requests.
    pub jump: u64,
}

/// The state of the disk's faults.
#[derive(Debug, Clone)]
pub struct Faults {
    rates: FaultRates,
    random: Random,
    suspended: u32,
    sticky_until: Option<Duration>,
}

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// See [`FaultRates::write`].
    Write,
    /// See [`FaultRates::sync`].
    Sync,
    /// See [`FaultRates::sync_dir`].
    SyncDir,
    /// See [`FaultRates::read`].
    Read,
    /// See [`FaultRates::names`].
    Names,
}

impl FaultRates {
    /// A mixture: each kind is there in about one of four seeds, and one seed in three has only crashes.
    pub fn draw(random: &mut Random) -> Self {
        if random.one_in(3) {
            return Self::default();
        }
        let mut rate = |one_in: u64, low: u64, high: u64| if random.one_in(one_in) { random.between(low, high) } else { 0 };
        let mut rates = Self {
            write: rate(4, 20, 200),
            sync: rate(3, 4, 50),
            sync_dir: rate(4, 3, 30),
            read: rate(4, 20, 200),
            names: rate(5, 10, 60),
            latency: rate(3, 5, 50),
            flip: rate(4, 1, 2),
            full: rate(4, 1, 3),
            catalog: rate(3, 2, 8),
            jump: rate(5, 5, 30),
            sticky: false,
        };
        rates.sticky = rates.sync != 0 && random.one_in(3);
        rates
    }
}

impl Faults {
    /// Faults at these rates.
    pub fn new(rates: FaultRates, random: Random) -> Self {
        Self { rates, random, suspended: 0, sticky_until: None }
    }

    /// The rates.
    pub fn rates(&self) -> &FaultRates {
        &self.rates
    }

    /// From now on nothing goes wrong.
    pub fn stop(&mut self) {
        self.rates = FaultRates::default();
        self.sticky_until = None;
    }

    /// Whether this call fails.
    pub fn strikes(&mut self, call: Call, now: Duration) -> bool {
        if self.suspended > 0 {
            return false;
        }
        let is_sync = matches!(call, Call::Sync | Call::SyncDir);
        if is_sync && self.sticky_until.is_some_and(|until| now < until) {
            return true;
        }
        let rate = match call {
            Call::Write => self.rates.write,
            Call::Sync => self.rates.sync,
            Call::SyncDir => self.rates.sync_dir,
            Call::Read => self.rates.read,
            Call::Names => self.rates.names,
        };
        let strikes = self.random.one_in(rate);
        if strikes && is_sync && self.rates.sticky && self.random.one_in(3) {
            self.sticky_until = Some(now + Duration::from_secs(self.random.between(1, 50)));
        }
        strikes
    }

    /// How long this call takes.
    pub fn latency(&mut self) -> Duration {
        match self.suspended == 0 && self.random.one_in(self.rates.latency) {
            true if self.random.one_in(10) => Duration::from_millis(self.random.between(100, 3_000)),
            true => Duration::from_micros(self.random.between(100, 20_000)),
            false => Duration::ZERO,
        }
    }

    /// Whether somebody checks what is there.
    pub fn is_suspended(&self) -> bool {
        self.suspended > 0
    }

    /// While at least one reader checks what is there, nothing goes wrong.
    pub fn suspend(&mut self, suspend: bool) {
        if suspend {
            self.suspended += 1;
        } else {
            self.suspended -= 1;
        }
    }
}
