//! What outlives a crash of the process: time, the trace, and which life of the process is the present one.

use crate::random::Random;
use glasshive_base::{BoxFuture, Clock};
use glasshive_store::world::Rng;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Wall time when a simulation begins: 2026-03-04 05:06:07 UTC.
const START_WALL_NS: i64 = 1_772_600_767_000_000_000;

/// Time and trace of one simulation. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Universe(Arc<Mutex<State>>);

struct State {
    now_ns: u64,
    wall_offset_ns: i64,
    timers: BTreeMap<(u64, u64), Waker>,
    timers_made: u64,
    life: u64,
    random: Random,
    trace: Option<Vec<String>>,
}

/// The clock of one life: monotonic time begins with it.
pub struct SimClock {
    universe: Universe,
    born_ns: u64,
}

/// Random numbers for the store.
pub struct SimRng(Mutex<Random>);

/// Pending once or more, then ready: a place where the scheduler may run something else.
struct Yields(u64);

struct Timer {
    universe: Universe,
    deadline_ns: u64,
    registered: bool,
}

// === impl Universe ===

impl Universe {
    /// A universe at its beginning. With `trace`, every event is kept as a line.
    pub fn new(seed: u64, trace: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            now_ns: 0,
            wall_offset_ns: 0,
            timers: BTreeMap::new(),
            timers_made: 0,
            life: 0,
            random: Random::new(seed, "universe"),
            trace: trace.then(Vec::new),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the beginning.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.state().now_ns)
    }

    /// Wall time, ns since 1970.
    pub fn wall_ns(&self) -> i64 {
        let state = self.state();
        START_WALL_NS + state.now_ns as i64 + state.wall_offset_ns
    }

    /// Sets this universe's time to another's.
    pub fn set_time_of(&self, other: &Universe) {
        let (now_ns, wall_offset_ns) = {
            let other = other.state();
            (other.now_ns, other.wall_offset_ns)
        };
        let mut state = self.state();
        (state.now_ns, state.wall_offset_ns) = (now_ns, wall_offset_ns);
    }

    /// Moves wall time alone.
    pub fn jump(&self, by_ns: i64) {
        self.state().wall_offset_ns += by_ns;
        self.note(|| format!("wall time jumps by {} s", by_ns / 1_000_000_000));
    }

    /// The number of the present life of the process.
    pub fn life(&self) -> u64 {
        self.state().life
    }

    /// Ends the present life: its timers are forgotten, its calls never return.
    pub fn next_life(&self) {
        let timers = {
            let mut state = self.state();
            state.life += 1;
            std::mem::take(&mut state.timers)
        };
        // Dropping a waker may drop a task, which may come back here.
        drop(timers);
    }

    /// Lets time pass and wakes whoever waited for it.
    pub fn advance(&self, by: Duration) {
        let due: Vec<Waker> = {
            let mut state = self.state();
            state.now_ns += by.as_nanos() as u64;
            let later = state.now_ns + 1;
            if state.timers.first_key_value().is_none_or(|((deadline, _), _)| *deadline >= later) {
                return;
            }
            let rest = state.timers.split_off(&(later, 0));
            std::mem::replace(&mut state.timers, rest).into_values().collect()
        };
        due.into_iter().for_each(Waker::wake);
    }

    /// Lets time pass until the next timer rings. `false` when none is set.
    pub fn advance_to_timer(&self) -> bool {
        let by = {
            let state = self.state();
            let Some(((deadline, _), _)) = state.timers.first_key_value() else { return false };
            deadline.saturating_sub(state.now_ns)
        };
        self.advance(Duration::from_nanos(by));
        true
    }

    /// Resolves when `duration` has passed.
    pub fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let deadline_ns = self.state().now_ns + duration.as_nanos() as u64;
        Box::pin(Timer { universe: self.clone(), deadline_ns, registered: false })
    }

    /// Lets other tasks run a few times.
    pub fn pause(&self) -> BoxFuture<'static, ()> {
        let times = self.state().random.between(1, 2);
        Box::pin(Yields(times))
    }

    /// Adds a line to the trace, if one is kept.
    pub fn note(&self, line: impl FnOnce() -> String) {
        let mut state = self.state();
        let (life, now_ns) = (state.life, state.now_ns);
        if let Some(trace) = &mut state.trace {
            let us = now_ns / 1_000;
            trace.push(format!("{:>6}.{:06} life {life} {}", us / 1_000_000, us % 1_000_000, line()));
        }
    }

    /// The trace so far; empty when none is kept.
    pub fn trace(&self) -> Vec<String> {
        self.state().trace.clone().unwrap_or_default()
    }
}

impl Future for Yields {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let universe = self.universe.clone();
        let mut state = universe.state();
        if state.now_ns >= self.deadline_ns {
            return Poll::Ready(());
        }
        // A timer keeps its first waker: the simulation's tasks never change theirs.
        if !self.registered {
            self.registered = true;
            state.timers_made += 1;
            let key = (self.deadline_ns, state.timers_made);
            state.timers.insert(key, context.waker().clone());
        }
        Poll::Pending
    }
}

// === impl SimClock, SimRng ===

impl SimClock {
    /// A clock for a life that begins now.
    pub fn new(universe: &Universe) -> Self {
        let born_ns = universe.state().now_ns;
        Self { universe: universe.clone(), born_ns }
    }
}

impl Clock for SimClock {
    fn wall_ns(&self) -> i64 {
        self.universe.wall_ns()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.universe.state().now_ns - self.born_ns)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.universe.sleep(duration)
    }
}

impl SimRng {
    /// The store's own stream.
    pub fn new(random: Random) -> Self {
        Self(Mutex::new(random))
    }
}

impl Rng for SimRng {
    fn next_u64(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }
}
