//! An assembled trace, as summaries, filters and the service map look at it.

use crate::forest::{Forest, Tree};
use crate::node;
use glasshive_wire_xray::{Cause, Entity, Exception, Json, document};
use std::collections::HashMap;

/// A trace of segments.
pub struct Trace<'f> {
    /// Its id.
    pub id: [u8; 16],
    /// In order of start, then id; received ones and inferred ones.
    pub segments: Vec<Segment<'f>>,
    /// Where the trace begins, by its place among the segments; none while only subsegments came.
    pub root: Option<usize>,
    /// Documents that were received.
    pub revision: usize,
    /// Whether something is in progress or missing.
    pub is_partial: bool,
    /// Whether more was received than is put together here.
    pub is_cut: bool,
    /// The earliest start, ns since 1970.
    pub start_ns: i64,
    /// The latest end, ns since 1970.
    pub end_ns: i64,
    /// Of each entity the segment that it is in.
    places: HashMap<[u8; 8], usize>,
}

/// A segment, or what stands for one.
pub struct Segment<'f> {
    /// What it says, with its subsegments.
    pub entity: Entity<'f>,
    /// Its document.
    pub tree: &'f Tree<'f>,
    /// Its node on the service map.
    pub node: Node,
    /// Whether a request came in through it: nothing of the trace called it.
    pub is_entry: bool,
}

/// A node of the service map.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Option<String>,
    /// Its account.
    pub account_id: Option<String>,
}

/// A call from one segment to another.
pub struct Call<'t, 'f> {
    /// The calling segment.
    pub from: usize,
    /// The called one.
    pub to: usize,
    /// What was measured: the calling subsegment; the called segment where nothing tells the caller's view.
    pub entity: &'t Entity<'f>,
}

impl<'f> Trace<'f> {
    /// Reads documents that were put together; `None` when there is nothing in them.
    pub fn read(id: [u8; 16], forest: &'f Forest<'f>) -> Option<Self> {
        let mut segments: Vec<Segment<'f>> = forest.trees.iter().filter_map(Segment::read).collect();
        segments.sort_by_key(|segment| (segment.entity.start_ns, segment.entity.id));
        let mut places = HashMap::new();
        for (place, segment) in segments.iter().enumerate() {
            walk(&segment.entity, &mut |entity| {
                places.insert(entity.id, place);
            });
        }
        for segment in &mut segments {
            let is_called = segment.entity.parent_id.is_some_and(|parent| places.contains_key(&parent));
            segment.is_entry = !segment.tree.is_inferred && !segment.tree.is_orphan && !is_called;
        }
        let root_key = |(_, segment): &(usize, &Segment<'_>)| {
            let entity = &segment.entity;
            (entity.start_ns / 1_000_000, entity.parent_id.is_some(), entity.start_ns, entity.id)
        };
        let entries = segments.iter().enumerate().filter(|(_, segment)| segment.is_entry);
        let root = entries.min_by_key(root_key).map(|(place, _)| place);
        let start_ns = segments.iter().map(|segment| segment.entity.start_ns).min()?;
        let mut end_ns = start_ns;
        for segment in &segments {
            walk(&segment.entity, &mut |entity| end_ns = end_ns.max(entity.end_ns.unwrap_or(entity.start_ns)));
        }
        let Forest { revision, is_cut, .. } = *forest;
        let is_partial = forest.is_partial || is_cut;
        Some(Self { id, segments, root, revision, is_partial, is_cut, start_ns, end_ns, places })
    }

    /// Where it begins.
    pub fn root(&self) -> Option<&Segment<'f>> {
        self.root.map(|root| &self.segments[root])
    }

    /// Seconds from the first start to the last end.
    pub fn duration_s(&self) -> f64 {
        (self.end_ns - self.start_ns) as f64 / 1e9
    }

    /// Seconds that the root took; `None` while it is in progress.
    pub fn response_s(&self) -> Option<f64> {
        duration_s(&self.root()?.entity)
    }

    /// The segment that an entity is in.
    pub fn place_of(&self, id: [u8; 8]) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// All calls between segments.
    pub fn calls(&self) -> Vec<Call<'_, 'f>> {
        let mut entities: HashMap<[u8; 8], &Entity<'f>> = HashMap::new();
        for segment in &self.segments {
            walk(&segment.entity, &mut |entity| {
                entities.insert(entity.id, entity);
            });
        }
        let called = self.segments.iter().enumerate().filter_map(|(to, segment)| {
            let parent = segment.entity.parent_id?;
            let from = self.place_of(parent).filter(|from| *from != to)?;
            let caller = *entities.get(&parent)?;
            let is_call = caller.is_subsegment && matches!(caller.namespace, Some("aws" | "remote"));
            (!segment.tree.is_orphan).then_some(Call { from, to, entity: if is_call { caller } else { &segment.entity } })
        });
        called.collect()
    }

    /// An exception of this id, of whichever entity.
    pub fn exception(&self, id: &str) -> Option<&Exception<'f>> {
        fn find<'e, 'f>(entity: &'e Entity<'f>, id: &str) -> Option<&'e Exception<'f>> {
            let own = exceptions(entity).iter().find(|exception| exception.id == Some(id));
            own.or_else(|| entity.subsegments.iter().find_map(|child| find(child, id)))
        }
        self.segments.iter().find_map(|segment| find(&segment.entity, id))
    }
}

impl<'f> Segment<'f> {
    fn read(tree: &'f Tree<'f>) -> Option<Self> {
        let entity = document::read(&tree.json).ok()?.top;
        let account_id = entity.aws.and_then(|aws| aws.get("account_id")).and_then(Json::filled).map(str::to_owned);
        let node = if tree.is_inferred {
            let (kind, name) = node::called(&tree.json);
            Node { name, kind: Some(kind), account_id }
        } else {
            Node { name: entity.name.to_owned(), kind: entity.origin.map(str::to_owned), account_id }
        };
        Some(Self { entity, tree, node, is_entry: false })
    }

    /// A member of one of the objects of its `aws`.
    pub fn aws(&self, object: &str, member: &str) -> Option<&'f str> {
        self.entity.aws?.get(object)?.get(member).and_then(Json::filled)
    }
}

/// An entity and everything in it.
pub fn walk<'e, 'f>(entity: &'e Entity<'f>, each: &mut impl FnMut(&'e Entity<'f>)) {
    each(entity);
    for child in &entity.subsegments {
        walk(child, each);
    }
}

/// Seconds that an entity took; `None` while it is in progress.
pub fn duration_s(entity: &Entity<'_>) -> Option<f64> {
    Some((entity.end_ns? - entity.start_ns) as f64 / 1e9)
}

/// The exceptions that an entity has itself.
pub fn exceptions<'e, 'f>(entity: &'e Entity<'f>) -> &'e [Exception<'f>] {
    match &entity.cause {
        Some(Cause::Here { exceptions, .. }) => exceptions,
        _ => &[],
    }
}
