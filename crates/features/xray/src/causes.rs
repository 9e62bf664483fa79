//! Root causes: which entities made a trace fail, or take long.

use crate::trace::{Node, Trace, duration_s, exceptions};
use glasshive_wire_xray::{Cause, Entity};
use std::collections::HashMap;

/// Causes of one sort that are told of a trace.
const CAUSES_MAX: usize = 5;
/// Steps on the way to one.
const STEPS_MAX: usize = 1_000;

/// A way through a trace to what made it fail or take long.
#[derive(Debug, Clone, PartialEq)]
pub struct RootCause {
    /// From the entry to the cause.
    pub services: Vec<CauseService>,
    /// Whether the client saw it.
    pub is_client_impacting: bool,
}

/// One segment on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct CauseService {
    /// Its node.
    pub node: Node,
    /// Whether it was inferred.
    pub is_inferred: bool,
    /// The segment and its subsegments on the way.
    pub path: Vec<CauseEntity>,
}

/// One entity on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct CauseEntity {
    /// Its name.
    pub name: String,
    /// Its share of the root's time; of causes of long response times alone.
    pub coverage: Option<f64>,
    /// Whether it is a call to elsewhere.
    pub is_remote: bool,
    /// Type and message of its exceptions.
    pub exceptions: Vec<(String, String)>,
}

/// An entity, its segment, and who called it.
struct Spot<'t, 'f> {
    entity: &'t Entity<'f>,
    segment: usize,
    parent: Option<usize>,
    children: Vec<usize>,
}

/// All entities of a trace with their callers, across segments.
struct Map<'t, 'f> {
    trace: &'t Trace<'f>,
    spots: Vec<Spot<'t, 'f>>,
}

/// Faults (`is_fault`) or errors: each deepest entity that has the flag.
pub fn of_flag(trace: &Trace<'_>, is_fault: bool) -> Vec<RootCause> {
    let has = |entity: &Entity<'_>| if is_fault { entity.is_fault } else { entity.is_error };
    if !trace.segments.iter().any(|segment| any(&segment.entity, &has)) {
        return Vec::new();
    }
    let map = Map::of(trace);
    // Children stand after their parents, so that from the end each is seen before its parent.
    let mut has_below = vec![false; map.spots.len()];
    for place in map.by_depth().into_iter().rev() {
        let spot = &map.spots[place];
        if let Some(parent) = spot.parent {
            has_below[parent] |= has_below[place] || has(spot.entity);
        }
    }
    let mut deepest: Vec<usize> = (0..map.spots.len()).filter(|place| has(map.spots[*place].entity) && !has_below[*place]).collect();
    deepest.sort_by(|left, right| map.length(*right).total_cmp(&map.length(*left)));
    deepest.truncate(CAUSES_MAX);
    let is_client_impacting = trace.root().is_some_and(|root| has(&root.entity));
    let cause = |place| RootCause { services: map.services(&map.way_to(place), None), is_client_impacting };
    deepest.into_iter().map(cause).collect()
}

/// The way along which most of the root's time was spent.
pub fn of_response_time(trace: &Trace<'_>) -> Vec<RootCause> {
    let map = Map::of(trace);
    let root = trace.root().and_then(|root| map.spots.iter().position(|spot| spot.entity.id == root.entity.id));
    let Some(root) = root.filter(|root| map.length(*root) > 0.0) else { return Vec::new() };
    let mut way = vec![root];
    while let Some(last) = way.last().copied().filter(|_| way.len() < STEPS_MAX) {
        let longest = map.spots[last].children.iter().copied().max_by(|left, right| map.length(*left).total_cmp(&map.length(*right)));
        match longest.filter(|child| map.length(*child) >= map.length(last) / 2.0 && map.length(*child) > 0.0) {
            Some(child) => way.push(child),
            None => break,
        }
    }
    vec![RootCause { services: map.services(&way, Some(map.length(root))), is_client_impacting: false }]
}

fn any(entity: &Entity<'_>, has: &impl Fn(&Entity<'_>) -> bool) -> bool {
    has(entity) || entity.subsegments.iter().any(|child| any(child, has))
}

/// Where a way up ends. It is made shorter for the next.
fn top(above: &mut [usize], mut place: usize) -> usize {
    while above[place] != place {
        above[place] = above[above[place]];
        place = above[place];
    }
    place
}

impl<'t, 'f> Map<'t, 'f> {
    fn of(trace: &'t Trace<'f>) -> Self {
        let mut map = Self { trace, spots: Vec::new() };
        let mut places = HashMap::new();
        for (segment, of) in trace.segments.iter().enumerate() {
            map.add(&of.entity, segment, None, &mut places);
        }
        // On the way to the top of what each stands in.
        let mut above: Vec<usize> = map.spots.iter().enumerate().map(|(place, spot)| spot.parent.unwrap_or(place)).collect();
        for place in 0..map.spots.len() {
            let spot = &map.spots[place];
            if spot.parent.is_some() {
                continue;
            }
            let caller = spot.entity.parent_id.and_then(|parent| places.get(&parent).copied());
            // One that stands above its caller already cannot stand below it.
            if let Some(caller) = caller.filter(|caller| top(&mut above, *caller) != place) {
                above[place] = caller;
                map.spots[place].parent = Some(caller);
                map.spots[caller].children.push(place);
            }
        }
        map
    }

    fn add(&mut self, entity: &'t Entity<'f>, segment: usize, parent: Option<usize>, places: &mut HashMap<[u8; 8], usize>) {
        let place = self.spots.len();
        self.spots.push(Spot { entity, segment, parent, children: Vec::new() });
        places.insert(entity.id, place);
        if let Some(parent) = parent {
            self.spots[parent].children.push(place);
        }
        for child in &entity.subsegments {
            self.add(child, segment, Some(place), places);
        }
    }

    fn by_depth(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.spots.len()).filter(|place| self.spots[*place].parent.is_none()).collect();
        let mut next = 0;
        while next < order.len() {
            order.extend(&self.spots[order[next]].children);
            next += 1;
        }
        order
    }

    fn length(&self, place: usize) -> f64 {
        duration_s(self.spots[place].entity).unwrap_or(0.0)
    }

    fn way_to(&self, place: usize) -> Vec<usize> {
        let mut way = vec![place];
        while let Some(parent) = way.last().and_then(|last| self.spots[*last].parent).filter(|_| way.len() < STEPS_MAX) {
            way.push(parent);
        }
        way.reverse();
        way
    }

    fn services(&self, way: &[usize], whole_s: Option<f64>) -> Vec<CauseService> {
        let mut services: Vec<(usize, CauseService)> = Vec::new();
        for place in way {
            let spot = &self.spots[*place];
            let segment = &self.trace.segments[spot.segment];
            if services.last().is_none_or(|(last, _)| *last != spot.segment) {
                let service = CauseService { node: segment.node.clone(), is_inferred: segment.tree.is_inferred, path: Vec::new() };
                services.push((spot.segment, service));
            }
            let entity = self.entity(spot.entity, whole_s);
            if let Some((_, service)) = services.last_mut() {
                service.path.push(entity);
            }
        }
        services.into_iter().map(|(_, service)| service).collect()
    }

    fn entity(&self, entity: &Entity<'_>, whole_s: Option<f64>) -> CauseEntity {
        let told = |exception: &glasshive_wire_xray::Exception<'_>| {
            (exception.kind.unwrap_or_default().to_owned(), exception.message.unwrap_or_default().to_owned())
        };
        let exceptions = match &entity.cause {
            Some(Cause::Elsewhere(id)) => self.trace.exception(id).map(told).into_iter().collect(),
            _ => exceptions(entity).iter().map(told).collect(),
        };
        let coverage = whole_s.map(|whole_s| (duration_s(entity).unwrap_or(0.0) / whole_s * 100.0).round() / 100.0);
        let is_remote = matches!(entity.namespace, Some("aws" | "remote"));
        CauseEntity { name: entity.name.to_owned(), coverage, is_remote, exceptions }
    }
}
