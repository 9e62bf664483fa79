//! From rows to trees: who is whose child, and in which order the lines stand.

use crate::facts::{FIELDS, Facts, Reader};
use crate::measure;
use crate::trace::{Annotation, Node, NodeKind, Problem, Trace};
use crate::words::{Word, Words};
use glasshive_model::shown::{FieldRows, ShownRow};
use glasshive_model::{SpanId, Value, ValueRef};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// One line before it has its place.
struct Draft {
    /// `None` for a placeholder.
    facts: Option<Facts>,
    span_id: SpanId,
    parent: Option<usize>,
    start_ns: i64,
    problem: Option<Problem>,
    copies: usize,
    annotations: Vec<Facts>,
}

/// Rows with all their fields.
struct Whole<'a>(&'a [ShownRow]);

impl FieldRows for Whole<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn time_ns(&self, row: usize) -> i64 {
        self.0[row].time_ns
    }

    fn seq(&self, row: usize) -> i64 {
        self.0[row].seq
    }

    fn value(&self, row: usize, field: usize) -> Option<ValueRef<'_>> {
        self.0[row].get(FIELDS[field]).map(Value::borrowed)
    }

    fn is_same(&self, left: usize, right: usize) -> bool {
        self.0[left].is_same(&self.0[right])
    }
}

/// Builds the tree of one trace from all its rows, in any order.
///
/// Cost: O(rows log rows), plus a comparison of fields for rows that repeat a span id; no recursion, so depth is not limited.
pub fn build(rows: &[ShownRow]) -> Trace {
    build_from(&Whole(rows))
}

/// The same from rows of which only [`FIELDS`] are looked at, by their places there.
pub fn build_from(rows: &impl FieldRows) -> Trace {
    let mut reader = Reader::new(rows);
    let mut facts: Vec<Facts> = (0..rows.len()).map(|row| reader.read(row)).collect();
    facts.sort_by_key(|facts| facts.seq);
    let (spans, annotations): (Vec<Facts>, Vec<Facts>) = facts.into_iter().partition(|facts| facts.span_id.is_some());
    let mut forest = Forest { drafts: Vec::with_capacity(spans.len()), by_id: HashMap::with_capacity(spans.len()) };
    for span in spans {
        forest.add_span(span, rows);
    }
    let is_root_received = forest.drafts.iter().any(|draft| draft.facts.as_ref().is_some_and(|facts| facts.parent_id.is_none()));
    forest.link_parents();
    let mut unattached = Vec::new();
    for annotation in annotations {
        match annotation.parent_id {
            Some(span_id) => {
                let draft = forest.span_or_placeholder(span_id);
                forest.drafts[draft].annotations.push(annotation);
            }
            None => unattached.push(annotation),
        }
    }
    forest.place_placeholders();
    forest.break_cycles();
    forest.into_trace(is_root_received, unattached, reader.words)
}

struct Forest {
    drafts: Vec<Draft>,
    /// The first draft of each span id.
    by_id: HashMap<SpanId, usize>,
}

impl Forest {
    fn add_span(&mut self, span: Facts, rows: &impl FieldRows) {
        let Some(span_id) = span.span_id else { return };
        let index = self.drafts.len();
        let problem = match self.by_id.entry(span_id) {
            Entry::Vacant(slot) => {
                slot.insert(index);
                None
            }
            Entry::Occupied(first) => {
                let first = &mut self.drafts[*first.get()];
                let is_copy = first.facts.as_ref().is_some_and(|facts| rows.is_same(facts.row, span.row));
                if is_copy {
                    first.copies += 1;
                    return;
                }
                Some(Problem::DuplicateId)
            }
        };
        let start_ns = span.start_ns;
        self.drafts.push(Draft { facts: Some(span), span_id, parent: None, start_ns, problem, copies: 0, annotations: Vec::new() });
    }

    fn link_parents(&mut self) {
        for index in 0..self.drafts.len() {
            let parent_id = self.drafts[index].facts.as_ref().and_then(|facts| facts.parent_id);
            if let Some(parent_id) = parent_id {
                let parent = self.span_or_placeholder(parent_id);
                self.drafts[index].parent = Some(parent);
            }
        }
    }

    fn span_or_placeholder(&mut self, span_id: SpanId) -> usize {
        let next = self.drafts.len();
        let index = *self.by_id.entry(span_id).or_insert(next);
        if index == next {
            self.drafts.push(Draft {
                facts: None,
                span_id,
                parent: None,
                start_ns: i64::MAX,
                problem: None,
                copies: 0,
                annotations: Vec::new(),
            });
        }
        index
    }

    /// A placeholder starts with the first that names it, and hangs under the root when there is exactly one.
    fn place_placeholders(&mut self) {
        let mut roots = self.drafts.iter().enumerate().filter(|(_, draft)| draft.facts.is_some() && draft.parent.is_none());
        let only_root = roots.next().map(|(index, _)| index).filter(|_| roots.next().is_none());
        for index in 0..self.drafts.len() {
            let start_ns = self.drafts[index].start_ns;
            if let Some(parent) = self.drafts[index].parent.filter(|parent| self.drafts[*parent].facts.is_none()) {
                self.drafts[parent].start_ns = self.drafts[parent].start_ns.min(start_ns);
            }
        }
        for draft in self.drafts.iter_mut().filter(|draft| draft.facts.is_none()) {
            let first = draft.annotations.iter().map(|annotation| annotation.start_ns).min();
            draft.start_ns = draft.start_ns.min(first.unwrap_or(i64::MAX));
            draft.parent = only_root;
        }
    }

    /// Cuts each cycle at its earliest span.
    fn break_cycles(&mut self) {
        const UNSEEN: usize = usize::MAX;
        let mut seen_in = vec![UNSEEN; self.drafts.len()];
        for start in 0..self.drafts.len() {
            let mut walk = Some(start);
            while let Some(index) = walk.filter(|index| seen_in[*index] == UNSEEN) {
                seen_in[index] = start;
                walk = self.drafts[index].parent;
            }
            let Some(entry) = walk.filter(|index| seen_in[*index] == start) else { continue };
            let mut earliest = entry;
            let mut index = entry;
            while let Some(next) = self.drafts[index].parent.filter(|next| *next != entry) {
                index = next;
                if self.order_key(index) < self.order_key(earliest) {
                    earliest = index;
                }
            }
            self.drafts[earliest].parent = None;
            self.drafts[earliest].problem = Some(Problem::Cycle);
        }
    }

    /// Siblings: start, then longer first, then span id, then arrival.
    fn order_key(&self, index: usize) -> (i64, i64, SpanId, i64) {
        let draft = &self.drafts[index];
        let facts = draft.facts.as_ref();
        let duration = facts.and_then(|facts| facts.duration_ns).unwrap_or(0);
        (draft.start_ns, -duration, draft.span_id, facts.map_or(-1, |facts| facts.seq))
    }

    fn into_trace(mut self, is_root_received: bool, mut unattached: Vec<Facts>, mut words: Words) -> Trace {
        let nothing = words.word("");
        let order = self.depth_first();
        let start_ns = self.start_ns(&unattached);
        let spans = || self.drafts.iter().filter_map(|draft| draft.facts.as_ref());
        let end_ns = spans().map(Facts::end_ns).max().unwrap_or(start_ns);
        let span_count = spans().count();
        let mut place = vec![0; self.drafts.len()];
        for (position, (index, _)) in order.iter().enumerate() {
            place[*index] = position;
        }
        let mut nodes: Vec<Node> = Vec::with_capacity(order.len());
        for (index, depth) in order {
            let parent = self.drafts[index].parent.map(|parent| place[parent]);
            nodes.push(self.drafts[index].take_node(depth, parent, start_ns, nothing));
        }
        measure::measure(&mut nodes);
        unattached.sort_by_key(annotation_order);
        Trace {
            start_ns,
            duration_ns: end_ns.saturating_sub(start_ns).max(0),
            span_count,
            error_count: nodes.iter().filter(|node| node.is_error).count(),
            missing_root: !is_root_received,
            services: measure::services(&nodes, &words),
            nodes,
            unattached: unattached.into_iter().map(|facts| annotation(facts, start_ns)).collect(),
            words,
        }
    }

    fn start_ns(&self, unattached: &[Facts]) -> i64 {
        let spans = self.drafts.iter().filter_map(|draft| draft.facts.as_ref()).map(|facts| facts.start_ns).min();
        let attached = self.drafts.iter().flat_map(|draft| &draft.annotations);
        spans.or_else(|| attached.chain(unattached).map(|facts| facts.start_ns).min()).unwrap_or(0)
    }

    /// Drafts in drawing order with their depths.
    fn depth_first(&self) -> Vec<(usize, usize)> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.drafts.len()];
        let mut tops = Vec::new();
        for (index, draft) in self.drafts.iter().enumerate() {
            match draft.parent {
                Some(parent) => children[parent].push(index),
                None => tops.push(index),
            }
        }
        for siblings in children.iter_mut().chain([&mut tops]) {
            siblings.sort_by_key(|index| self.order_key(*index));
        }
        let mut order = Vec::with_capacity(self.drafts.len());
        let mut stack: Vec<(usize, usize)> = tops.into_iter().rev().map(|index| (index, 0)).collect();
        while let Some((index, depth)) = stack.pop() {
            order.push((index, depth));
            stack.extend(children[index].iter().rev().map(|child| (*child, depth + 1)));
        }
        order
    }
}

impl Draft {
    fn take_node(&mut self, depth: usize, parent: Option<usize>, trace_start_ns: i64, nothing: Word) -> Node {
        let mut annotations = std::mem::take(&mut self.annotations);
        annotations.sort_by_key(annotation_order);
        let facts = self.facts.take();
        let duration_ns = facts.as_ref().and_then(|facts| facts.duration_ns);
        let mut node = Node {
            kind: NodeKind::MissingParent,
            row: None,
            depth,
            parent,
            child_count: 0,
            descendant_count: 0,
            descendant_error_count: 0,
            span_id: self.span_id,
            offset_ns: self.start_ns.saturating_sub(trace_start_ns),
            duration_ns,
            self_ns: 0,
            name: nothing,
            service: nothing,
            host: nothing,
            span_kind: nothing,
            source: nothing,
            is_error: false,
            problem: self.problem,
            copies: self.copies,
            annotations: annotations.into_iter().map(|facts| annotation(facts, trace_start_ns)).collect(),
        };
        if let Some(facts) = facts {
            node.kind = NodeKind::Span;
            node.row = Some(facts.row);
            (node.name, node.service, node.host) = (facts.name, facts.service, facts.host);
            (node.span_kind, node.source) = (facts.span_kind, facts.source);
            node.is_error = facts.is_error;
        }
        node
    }
}

fn annotation(facts: Facts, trace_start_ns: i64) -> Annotation {
    Annotation {
        kind: facts.annotation.unwrap_or(crate::AnnotationKind::Other),
        row: facts.row,
        offset_ns: facts.start_ns.saturating_sub(trace_start_ns),
        name: facts.name,
        is_error: facts.is_error,
    }
}

fn annotation_order(facts: &Facts) -> (i64, i64, i64) {
    (facts.start_ns, facts.annotation_index, facts.seq)
}
