//! Conditions, and values of groups, that other spans of the trace have.

use super::Environment;
use crate::filter::{Combination, Condition, Filters};
use crate::plan::Column;
use crate::relation::Relation;
use crate::time::Window;
use glasshive_model::shown::ShownRow;
use glasshive_model::{Value, names};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// The conditions of a question, and the spans that it may look at besides the events themselves.
pub(super) struct Related<'a> {
    environment: &'a Environment<'a>,
    combination: Combination,
    /// On the event itself.
    own: Vec<Condition>,
    /// On one other span each.
    others: BTreeMap<Relation, Vec<Condition>>,
    /// All spans by trace, the earliest first.
    traces: BTreeMap<String, Vec<Span<'a>>>,
    /// What was found, by order of arrival: it is asked for often.
    known: RefCell<HashMap<(i64, Relation), Option<&'a ShownRow>>>,
}

/// A span and its ids.
struct Span<'a> {
    row: &'a ShownRow,
    id: String,
    parent: Option<String>,
}

impl<'a> Related<'a> {
    pub fn new(environment: &'a Environment<'a>, window: Window, filters: &Filters, breakdowns: &[Column]) -> Self {
        let mut related = Self {
            environment,
            combination: filters.combination,
            own: Vec::new(),
            others: BTreeMap::new(),
            traces: BTreeMap::new(),
            known: RefCell::default(),
        };
        for condition in &filters.conditions {
            match related.split(&condition.column) {
                Some((relation, column)) => related.others.entry(relation).or_default().push(Condition { column, ..condition.clone() }),
                None => related.own.push(condition.clone()),
            }
        }
        if !related.others.is_empty() {
            related.combination = Combination::And;
        }
        if !related.others.is_empty() || breakdowns.iter().any(|column| related.split(column).is_some()) {
            related.find_spans(Relation::reach(window));
        }
        related
    }

    fn find_spans(&mut self, window: Window) {
        let mut rows: Vec<&ShownRow> = self.environment.rows.iter().filter(|row| window.contains(row.time_ns)).collect();
        rows.sort_by_key(|row| (row.time_ns, row.seq));
        for row in rows.into_iter().filter(|row| row.get(names::META_ANNOTATION_TYPE).is_none()) {
            if let (Some(trace), Some(id)) = (self.id(row, names::TRACE_ID), self.id(row, names::SPAN_ID)) {
                let parent = self.id(row, names::PARENT_ID);
                self.traces.entry(trace).or_default().push(Span { row, id, parent });
            }
        }
    }

    fn split(&self, column: &Column) -> Option<(Relation, Column)> {
        Relation::split(column).filter(|_| !self.environment.has_column(column))
    }

    fn id(&self, row: &ShownRow, name: &str) -> Option<String> {
        match self.environment.value(row, &Column::exact(name)).as_deref() {
            Some(Value::Str(id)) => Some(id.clone()),
            _ => None,
        }
    }

    pub fn passes(&self, row: &ShownRow) -> bool {
        let mut own = self.own.iter().map(|condition| self.environment.holds(row, condition));
        let passes = match self.combination {
            Combination::And => own.all(|holds| holds),
            Combination::Or => self.own.is_empty() || own.any(|holds| holds),
        };
        passes && self.others.keys().all(|relation| self.span(row, *relation).is_some() != (*relation == Relation::None))
    }

    /// The span of a relation that meets all conditions on it.
    fn span(&self, row: &ShownRow, relation: Relation) -> Option<&'a ShownRow> {
        let known = self.known.borrow().get(&(row.seq, relation)).copied();
        known.unwrap_or_else(|| {
            let found = self.find(row, relation);
            self.known.borrow_mut().insert((row.seq, relation), found);
            found
        })
    }

    fn find(&self, row: &ShownRow, relation: Relation) -> Option<&'a ShownRow> {
        let spans = self.traces.get(&self.id(row, names::TRACE_ID)?)?;
        let (own, parent) = (self.id(row, names::SPAN_ID), self.id(row, names::PARENT_ID));
        let conditions = self.others.get(&relation).map_or(&[][..], Vec::as_slice);
        let is_related = |span: &Span<'_>| match relation {
            Relation::Root => span.parent.is_none(),
            Relation::Parent => parent.as_ref() == Some(&span.id),
            Relation::Child => own.is_some() && span.parent == own,
            Relation::Any | Relation::Any2 | Relation::Any3 | Relation::None => true,
        };
        let meets = |span: &Span<'_>| conditions.iter().all(|condition| self.environment.holds(span.row, condition));
        spans.iter().find(|span| is_related(span) && meets(span)).map(|span| span.row)
    }

    /// What a row has under a column, its own or another span's.
    pub fn value(&self, row: &ShownRow, column: &Column) -> Option<Value> {
        match self.split(column) {
            Some((relation, column)) => {
                let span = self.span(row, relation)?;
                self.environment.value(span, &column).map(Cow::into_owned)
            }
            None => self.environment.value(row, column).map(Cow::into_owned),
        }
    }
}
