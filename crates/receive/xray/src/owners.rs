//! Whose a subsegment is that was sent by itself: its segment's name does not stand in it.

use glasshive_model::EnvironmentId;
use glasshive_wire_xray::Entity;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Entities of one generation; two are remembered.
const GENERATION: usize = 64 * 1024;

/// A segment or subsegment.
type Key = (EnvironmentId, [u8; 16], [u8; 8]);

/// The segments' names of the last entities.
#[derive(Default)]
pub(crate) struct Owners(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Key, Arc<str>>,
    old: HashMap<Key, Arc<str>>,
}

impl Owners {
    /// The name of the segment that a document belongs to, unless it is one: known where what it stands in was seen before. What it
    /// holds is remembered as that segment's.
    pub(crate) fn of(&self, environment: EnvironmentId, top: &Entity<'_>) -> Option<Arc<str>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let around = top.parent_id.filter(|_| top.is_subsegment).map(|parent| (environment, top.trace_id, parent));
        let owner = around.and_then(|around| generations.get(&around));
        let name = if top.is_subsegment { owner.clone() } else { Some(top.name.into()) };
        if let Some(name) = name {
            generations.saw(environment, top.trace_id, top, &name);
        }
        owner
    }
}

impl Generations {
    fn get(&self, key: &Key) -> Option<Arc<str>> {
        self.young.get(key).or_else(|| self.old.get(key)).cloned()
    }

    fn saw(&mut self, environment: EnvironmentId, trace_id: [u8; 16], entity: &Entity<'_>, name: &Arc<str>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert((environment, trace_id, entity.id), name.clone());
        entity.subsegments.iter().for_each(|within| self.saw(environment, trace_id, within, name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_wire_xray::{document, json};

    fn owner(owners: &Owners, environment: u32, text: &str) -> Option<String> {
        let tree = json::parse(text.as_bytes()).unwrap();
        let document = document::read(&tree).unwrap();
        owners.of(EnvironmentId(environment), &document.top).map(|name| name.to_string())
    }

    fn segment(name: &str, id: u64, within: u64) -> String {
        format!(
            r#"{{"trace_id":"1-581cf771-a006649127e371903a2de979","id":"{id:016x}","name":"{name}","start_time":1,"end_time":2,
            "subsegments":[{{"id":"{within:016x}","name":"w","start_time":1,"end_time":2}}]}}"#
        )
    }

    fn streamed(id: u64, parent: u64) -> String {
        format!(
            r#"{{"type":"subsegment","trace_id":"1-581cf771-a006649127e371903a2de979","id":"{id:016x}","parent_id":"{parent:016x}",
            "name":"s","start_time":1,"end_time":2}}"#
        )
    }

    #[test]
    fn a_subsegment_belongs_to_the_segment_that_it_stands_in() {
        let owners = Owners::default();
        assert_eq!(owner(&owners, 1, &streamed(3, 1)), None, "what it stands in was not seen yet");
        assert_eq!(owner(&owners, 1, &segment("web", 1, 2)), None);
        assert_eq!(owner(&owners, 1, &segment("api", 8, 9)), None);
        assert_eq!(owner(&owners, 1, &streamed(4, 1)).as_deref(), Some("web"), "not the segment that came last");
        assert_eq!(owner(&owners, 1, &streamed(5, 4)).as_deref(), Some("web"), "within one that was streamed");
        assert_eq!(owner(&owners, 1, &streamed(6, 9)).as_deref(), Some("api"), "within one that was embedded");
        assert_eq!(owner(&owners, 2, &streamed(4, 1)), None, "another environment's");
    }

    #[test]
    fn remembers_the_last_entities_and_not_all() {
        let owners = Owners::default();
        owner(&owners, 1, &segment("web", 1, 2));
        for number in 0..GENERATION as u64 {
            owner(&owners, 1, &segment("more", 10 + number, 10 + number));
        }
        assert_eq!(owner(&owners, 1, &streamed(3, 1)).as_deref(), Some("web"));
        for number in 0..2 * GENERATION as u64 {
            owner(&owners, 1, &segment("more", 1_000_000 + number, 1_000_000 + number));
        }
        assert_eq!(owner(&owners, 1, &streamed(4, 1)), None);
    }
}
