//! Which segment a trace had last: whose a subsegment is that was sent by itself does not stand in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Traces of one generation; two are remembered.
const GENERATION: usize = 32 * 1024;

/// The last segments of the last traces.
#[derive(Default)]
pub(crate) struct Owners(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<[u8; 16], Arc<str>>,
    old: HashMap<[u8; 16], Arc<str>>,
}

impl Owners {
    /// A segment of this name was seen.
    pub(crate) fn saw(&self, trace_id: [u8; 16], name: &str) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if generations.young.get(&trace_id).is_some_and(|known| **known == *name) {
            return;
        }
        if generations.young.len() >= GENERATION {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(trace_id, name.into());
    }

    /// The name of the segment that was seen last.
    pub(crate) fn of(&self, trace_id: [u8; 16]) -> Option<Arc<str>> {
        let generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.get(&trace_id).or_else(|| generations.old.get(&trace_id)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_last_traces_and_not_all() {
        let owners = Owners::default();
        let id = |number: usize| (number as u128 + 1).to_be_bytes();
        owners.saw(id(0), "a");
        owners.saw(id(0), "b");
        assert_eq!(owners.of(id(0)).as_deref(), Some("b"));
        for number in 1..=GENERATION {
            owners.saw(id(number), "c");
        }
        assert_eq!(owners.of(id(0)).as_deref(), Some("b"));
        for number in 1..=2 * GENERATION {
            owners.saw(id(GENERATION + number), "c");
        }
        assert_eq!(owners.of(id(0)), None);
    }
}
