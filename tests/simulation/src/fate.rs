//! The catalog's fate: time, other tasks, and commits whose outcome nobody knows.

use crate::random::Random;
use crate::universe::Universe;
use glasshive_base::BoxFuture;
use glasshive_store::catalog::memory::{CatalogCall, Fate, Outcome};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// [`Fate`] of one life of the process.
pub struct SimFate {
    universe: Universe,
    life: u64,
    troubles: Arc<Troubles>,
}

/// How often the catalog fails; outlives the lives.
pub struct Troubles {
    state: Mutex<(u64, Random)>,
    is_suspended: AtomicBool,
}

// === impl Troubles ===

impl Troubles {
    /// A commit in `rate` goes wrong; never for 0.
    pub fn new(rate: u64, random: Random) -> Self {
        Self { state: Mutex::new((rate, random)), is_suspended: AtomicBool::new(false) }
    }

    /// From now on nothing goes wrong.
    pub fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = 0;
    }

    /// Nothing goes wrong meanwhile.
    pub fn suspend(&self, suspend: bool) {
        self.is_suspended.store(suspend, Ordering::SeqCst);
    }

    fn draw(&self, call: CatalogCall) -> Outcome {
        if self.is_suspended.load(Ordering::SeqCst) {
            return Outcome::Done;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (rate, random) = &mut *state;
        match random.one_in(*rate) {
            false => Outcome::Done,
            true if call == CatalogCall::Read => Outcome::Failed,
            true => *random.pick(&[Outcome::Failed, Outcome::Lost, Outcome::AnswerLost, Outcome::Full]),
        }
    }
}

// === impl SimFate ===

impl SimFate {
    /// The fate of calls made in the present life.
    pub fn new(universe: &Universe, troubles: Arc<Troubles>) -> Self {
        Self { universe: universe.clone(), life: universe.life(), troubles }
    }
}

impl Fate for SimFate {
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            self.universe.pause().await;
            if self.universe.life() != self.life {
                return std::future::pending().await;
            }
            let outcome = self.troubles.draw(call);
            self.universe.note(|| format!("catalog {call:?} {outcome:?}"));
            outcome
        })
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        self.universe.pause()
    }
}
