//! The work of one scan, shared by its workers: newest first.

use super::Unit;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Units that wait, and the times of those at work.
pub(crate) struct Queue {
    state: Mutex<State>,
    unseen_ns: Option<i64>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Unit>,
    next_ticket: u64,
    /// Greatest event time of each unit at work.
    working: BTreeMap<u64, i64>,
}

impl Queue {
    /// `unseen_ns` is the greatest event time of what should have been among the units, and for want of time is not.
    pub(crate) fn new(mut units: Vec<Unit>, unseen_ns: Option<i64>) -> Self {
        units.sort_by_key(|unit| std::cmp::Reverse(unit.times_ns().1));
        Self { state: Mutex::new(State { waiting: units.into(), ..State::default() }), unseen_ns }
    }

    /// Leaves those that `choose` gives back of all that wait.
    pub(crate) fn choose<T>(&self, choose: impl FnOnce(&mut Vec<Unit>) -> T) -> T {
        let mut state = self.state();
        let mut units = Vec::from(std::mem::take(&mut state.waiting));
        let chosen = choose(&mut units);
        units.sort_by_key(|unit| std::cmp::Reverse(unit.times_ns().1));
        state.waiting = units.into();
        chosen
    }

    /// The next unit and a ticket to hand back when it is done.
    pub(crate) fn pop(&self) -> Option<(u64, Unit)> {
        let mut state = self.state();
        let unit = state.waiting.pop_front()?;
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.working.insert(ticket, unit.times_ns().1);
        Some((ticket, unit))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.state().waiting.is_empty()
    }

    pub(crate) fn done(&self, ticket: u64) {
        self.state().working.remove(&ticket);
    }

    /// Rows later than this have all been looked at; `None` when all have.
    pub(crate) fn looked_after_ns(&self) -> Option<i64> {
        let state = self.state();
        let waiting = state.waiting.front().map(|unit| unit.times_ns().1);
        waiting.into_iter().chain(self.unseen_ns).chain(state.working.values().copied()).max()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
