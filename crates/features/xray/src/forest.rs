//! The documents of one trace put together: each entity once, subsegments within their segments, and what was called and said nothing.
//!
//! A document is complete when it has ended; a complete one takes the place of one that is in progress, whichever came first. Of two
//! alike the later wins, member by member. Children are united: SDKs send subsegments by themselves, before or after their segment.

use glasshive_wire_xray::{Json, id, json};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Levels of subsegments; deeper ones are shown on this level.
const DEPTH_MAX: usize = 50;
/// Members of one entity, and names of its annotations, when several documents tell of it.
const MEMBERS_MAX: usize = 4_096;
/// How long a call whose other side promised a segment waits for it, ns.
const BROKEN_GRACE_NS: i128 = 600 * 1_000_000_000;

type Id = [u8; 8];
type Members<'t> = Vec<(Cow<'t, str>, Json<'t>)>;

/// A trace's documents, put together.
pub struct Forest<'t> {
    /// Segments and what stands for itself for want of one.
    pub trees: Vec<Tree<'t>>,
    /// Documents that were received.
    pub revision: usize,
    /// Whether something is in progress or missing.
    pub is_partial: bool,
    /// Whether there were more documents than these.
    pub is_cut: bool,
}

/// One segment.
pub struct Tree<'t> {
    /// With its subsegments in it.
    pub json: Json<'t>,
    /// The text that it was received as, when that is all that was received of it.
    pub raw: Option<&'t [u8]>,
    /// Whether it was made for a call whose other side sent none.
    pub is_inferred: bool,
    /// Whether it is a subsegment whose parent did not come.
    pub is_orphan: bool,
}

/// One segment or subsegment, without what is in it.
struct Flat<'t> {
    id: Id,
    parent: Option<Id>,
    is_subsegment: bool,
    members: Members<'t>,
    is_complete: bool,
    /// The documents that told of it, by their places.
    documents: Vec<usize>,
}

/// Entities by id, and in order of their first arrival.
#[derive(Default)]
struct Flats<'t> {
    list: Vec<Flat<'t>>,
    places: HashMap<Id, usize>,
}

impl<'t> Forest<'t> {
    /// Puts documents together, in order of arrival. What cannot be read is left out. `now_ns` decides whether calls still wait for
    /// their other side.
    pub fn grow(trace_id: [u8; 16], texts: &[&'t [u8]], now_ns: i64) -> Self {
        let mut flats = Flats::default();
        let mut seen = HashSet::new();
        // One that was sent again says nothing new.
        for (document, text) in texts.iter().enumerate().filter(|(_, text)| seen.insert(**text)) {
            if let Ok(tree @ Json::Object(_)) = json::parse(text) {
                let is_subsegment = tree.get("type").and_then(Json::text).is_some_and(|kind| kind.eq_ignore_ascii_case("subsegment"));
                flats.add(tree, None, is_subsegment, document);
            }
        }
        let revision = seen.len();
        let mut is_partial = flats.list.iter().any(|flat| !flat.is_complete);
        let inferred = flats.inferred(trace_id, now_ns, &mut is_partial);
        let parents = flats.parents();
        let mut children: Vec<Vec<usize>> = flats.list.iter().map(|_| Vec::new()).collect();
        let mut tops = Vec::new();
        for (place, parent) in parents.iter().enumerate() {
            match parent {
                Some(parent) => children[*parent].push(place),
                None => tops.push(place),
            }
        }
        is_partial |= tops.iter().any(|top| flats.list[*top].is_subsegment);
        let mut trees: Vec<Tree<'t>> = tops
            .into_iter()
            .map(|top| Tree {
                raw: flats.only_document(top, &children).map(|document| texts[document]),
                is_inferred: false,
                is_orphan: flats.list[top].is_subsegment,
                json: flats.build(top, &mut children, true),
            })
            .collect();
        trees.extend(inferred.into_iter().map(|json| Tree { json, raw: None, is_inferred: true, is_orphan: false }));
        Self { trees, revision, is_partial, is_cut: false }
    }
}

impl Tree<'_> {
    /// The document as it is given out.
    pub fn text(&self) -> String {
        match self.raw {
            Some(raw) => String::from_utf8_lossy(raw).into_owned(),
            None => {
                let mut text = String::new();
                self.json.write(&mut text);
                text
            }
        }
    }
}

impl<'t> Flats<'t> {
    fn add(&mut self, json: Json<'t>, around: Option<Id>, is_subsegment: bool, document: usize) {
        let Some(id) = entity_id(&json, "id") else { return };
        let parent = around.or_else(|| entity_id(&json, "parent_id"));
        let is_complete = json.get("end_time").is_some() && !json.get("in_progress").is_some_and(Json::is_true);
        let Json::Object(mut members) = json else { return };
        let mut embedded = Vec::new();
        members.retain_mut(|(name, value)| {
            if name == "subsegments"
                && let Json::Array(elements) = value
            {
                embedded.append(elements);
            }
            name != "subsegments" && *value != Json::Null
        });
        self.merge(Flat { id, parent, is_subsegment, members, is_complete, documents: vec![document] });
        for child in embedded {
            self.add(child, Some(id), true, document);
        }
    }

    fn merge(&mut self, new: Flat<'t>) {
        let Some(place) = self.places.get(&new.id).copied() else {
            self.places.insert(new.id, self.list.len());
            self.list.push(new);
            return;
        };
        let known = &mut self.list[place];
        known.documents.extend(new.documents);
        if known.is_complete != new.is_complete {
            if new.is_complete {
                (known.members, known.is_complete, known.is_subsegment) = (new.members, true, new.is_subsegment);
                known.parent = new.parent.or(known.parent);
            }
            return;
        }
        known.parent = new.parent.or(known.parent);
        unite(&mut known.members, new.members, |name, before, later| match (before, later) {
            (Json::Object(before), Json::Object(later)) if matches!(name, "annotations" | "metadata" | "aws") => {
                unite(before, later, |_, before, later| *before = later);
            }
            (before, later) => *before = later,
        });
    }

    /// Of each entity the one that it stands within.
    fn parents(&self) -> Vec<Option<usize>> {
        let named = |place: usize| {
            let flat = &self.list[place];
            let parent = flat.parent.filter(|_| flat.is_subsegment)?;
            self.places.get(&parent).copied().filter(|parent| *parent != place)
        };
        // Of each entity how deep it lies; of what goes round in a circle nothing.
        let mut depths: Vec<Option<usize>> = vec![None; self.list.len()];
        let mut parents: Vec<Option<usize>> = (0..self.list.len()).map(named).collect();
        for start in 0..self.list.len() {
            let mut path = vec![start];
            let mut on_path = HashSet::from([start]);
            let mut depth = loop {
                let last = path[path.len() - 1];
                if let Some(depth) = depths[last] {
                    path.pop();
                    break depth + 1;
                }
                match parents[last] {
                    None => break 0,
                    Some(parent) if !on_path.insert(parent) => {
                        // The one that closes the circle stands for itself.
                        parents[last] = None;
                        break 0;
                    }
                    Some(parent) => path.push(parent),
                }
            };
            for place in path.into_iter().rev() {
                if depth > DEPTH_MAX {
                    parents[place] = parents[place].and_then(|parent| parents[parent]);
                    depth = DEPTH_MAX;
                }
                depths[place] = Some(depth);
                depth += 1;
            }
        }
        parents
    }

    /// The one document that everything of a tree came in, alone.
    fn only_document(&self, top: usize, children: &[Vec<usize>]) -> Option<usize> {
        let [document] = self.list[top].documents[..] else { return None };
        let mut left = vec![top];
        while let Some(place) = left.pop() {
            if self.list[place].documents != [document] {
                return None;
            }
            left.extend(&children[place]);
        }
        Some(document)
    }

    fn build(&mut self, place: usize, children: &mut [Vec<usize>], is_top: bool) -> Json<'t> {
        let mut members = std::mem::take(&mut self.list[place].members);
        members.retain(|(name, value)| match name.as_ref() {
            "in_progress" => value.is_true(),
            "trace_id" | "parent_id" | "type" => is_top,
            _ => true,
        });
        let mut within: Vec<Json<'t>> =
            std::mem::take(&mut children[place]).into_iter().map(|child| self.build(child, children, false)).collect();
        if !within.is_empty() {
            within.sort_by(|left, right| start_s(left).total_cmp(&start_s(right)));
            members.push(("subsegments".into(), Json::Array(within)));
        }
        Json::Object(members)
    }

    /// Segments for the calls whose other side sent none.
    fn inferred(&self, trace_id: [u8; 16], now_ns: i64, is_partial: &mut bool) -> Vec<Json<'t>> {
        let answered: HashSet<Id> = self.list.iter().filter(|flat| !flat.is_subsegment).filter_map(|flat| flat.parent).collect();
        let calls = self.list.iter().filter(|flat| flat.is_subsegment && !answered.contains(&flat.id));
        let mut inferred = Vec::new();
        for call in calls {
            let get = |name: &str| call.members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value);
            let namespace = get("namespace").and_then(Json::text).unwrap_or_default();
            if !matches!(namespace, "aws" | "remote") {
                continue;
            }
            let is_traced = get("http").and_then(|http| http.get("request")?.get("traced")).is_some_and(Json::is_true)
                || get("traced").is_some_and(Json::is_true);
            if is_traced {
                let end_s: Option<f64> = get("end_time").and_then(number).and_then(|text| text.parse().ok());
                if end_s.is_none_or(|end_s| i128::from(now_ns) - (end_s * 1e9) as i128 <= BROKEN_GRACE_NS) {
                    *is_partial = true;
                    continue;
                }
            }
            inferred.push(self.inferred_segment(trace_id, call));
        }
        inferred
    }

    fn inferred_segment(&self, trace_id: [u8; 16], call: &Flat<'t>) -> Json<'t> {
        let text = |text: String| Json::Str(Cow::Owned(text));
        let own = id::entity_id_text(call.id);
        let trace = id::trace_id_text(trace_id);
        let hash = Sha256::new().chain_update("inferred").chain_update(&trace).chain_update(&own).finalize();
        let inferred_id = hash.first_chunk::<8>().map_or([1; 8], |bytes| *bytes);
        let mut members: Members<'t> = vec![
            ("id".into(), text(id::entity_id_text(inferred_id))),
            ("trace_id".into(), text(trace)),
            ("parent_id".into(), text(own)),
            ("inferred".into(), Json::Bool(true)),
        ];
        const COPIED: [&str; 11] =
            ["name", "start_time", "end_time", "in_progress", "http", "aws", "sql", "error", "throttle", "fault", "cause"];
        members.extend(call.members.iter().filter(|(name, _)| COPIED.contains(&name.as_ref())).cloned());
        members.retain(|(name, value)| name != "in_progress" || value.is_true());
        let call = Json::Object(call.members.clone());
        members.push(("origin".into(), text(crate::node::called(&call).0)));
        Json::Object(members)
    }
}

/// Adds later members to earlier ones; `replace` puts a later value over an earlier one of the same name. Beyond [`MEMBERS_MAX`] no
/// names are added.
fn unite<'t>(before: &mut Members<'t>, later: Members<'t>, mut replace: impl FnMut(&str, &mut Json<'t>, Json<'t>)) {
    let is_small = before.len().saturating_mul(later.len()) <= 1_024;
    let mut places: HashMap<Cow<'t, str>, usize> = HashMap::new();
    if !is_small {
        // Of a name that is there twice the first counts.
        places.extend(before.iter().enumerate().rev().map(|(place, (name, _))| (name.clone(), place)));
    }
    for (name, value) in later {
        let place = if is_small { before.iter().position(|(known, _)| *known == name) } else { places.get(&name).copied() };
        match place {
            Some(place) => replace(&name, &mut before[place].1, value),
            None if before.len() >= MEMBERS_MAX => {}
            None => {
                if !is_small {
                    places.insert(name.clone(), before.len());
                }
                before.push((name, value));
            }
        }
    }
}

fn entity_id(json: &Json<'_>, name: &str) -> Option<Id> {
    json.get(name).and_then(Json::text).and_then(id::entity_id)
}

fn number<'j>(json: &'j Json<'_>) -> Option<&'j str> {
    match json {
        Json::Number(text) => Some(text),
        _ => None,
    }
}

fn start_s(json: &Json<'_>) -> f64 {
    json.get("start_time").and_then(number).and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests;
