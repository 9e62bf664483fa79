//! Columns of other spans of the same trace: which spans meet the conditions on them, found before the events are looked at.
//!
//! First the traces of the events that pass their own conditions are gathered; then, for each prefix, the spans of these traces
//! that meet its conditions, of which the earliest is kept by what events find it by; then each event is looked up. What the
//! prefixes mean is said in [`glasshive_query_plan::relation`].

use crate::cells::KeyForm;
use crate::column::{Names, Resolved};
use crate::control::Control;
use crate::error::Failure;
use crate::question::Question;
use crate::scan::{Footers, Output, Outputs, Scan, Unit, times};
use crate::tasks::Tasks;
use arrow_array::builder::StringViewBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray};
use arrow_buffer::BooleanBuffer;
use datafusion_execution::memory_pool::MemoryReservation;
use glasshive_model::SystemColumn;
use glasshive_query_plan::relation::TRACES_MAX;
use glasshive_query_plan::{Column, Combination, Condition, Filters, Note, Reason, Relation, Window};
use glasshive_store::Snapshot;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A question's conditions and groups, sorted by whose they are.
pub(crate) struct Ask {
    /// Conditions on the events themselves.
    pub own: Filters,
    others: Vec<Other>,
    /// Per breakdown: which column of which other span it is, if it is one.
    pub breakdowns: Vec<Option<Key>>,
}

/// What is asked of one prefix.
struct Other {
    relation: Relation,
    filters: Filters,
    columns: Vec<Column>,
}

/// A column of another span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    other: usize,
    column: usize,
}

impl Ask {
    pub(crate) fn new(filters: &Filters, breakdowns: &[Column], names: Names<'_>) -> Self {
        let own = Filters { combination: filters.combination, conditions: Vec::new() };
        let mut ask = Self { own, others: Vec::new(), breakdowns: Vec::new() };
        let split = |column: &Column| Relation::split(column).filter(|_| !names.has(column));
        for condition in &filters.conditions {
            match split(&condition.column) {
                Some((relation, column)) => {
                    let other = ask.other(relation);
                    ask.others[other].filters.conditions.push(Condition { column, ..condition.clone() });
                }
                None => ask.own.conditions.push(condition.clone()),
            }
        }
        if !ask.others.is_empty() {
            ask.own.combination = Combination::And;
        }
        for column in breakdowns {
            let key = split(column).map(|(relation, column)| {
                let other = ask.other(relation);
                let columns = &mut ask.others[other].columns;
                columns.push(column);
                Key { other, column: columns.len() - 1 }
            });
            ask.breakdowns.push(key);
        }
        ask
    }

    fn other(&mut self, relation: Relation) -> usize {
        let known = self.others.iter().position(|other| other.relation == relation);
        known.unwrap_or_else(|| {
            self.others.push(Other { relation, filters: Filters::default(), columns: Vec::new() });
            self.others.len() - 1
        })
    }

    /// Whether other spans are asked about at all.
    pub(crate) fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// What to tell about conditions on other spans.
    pub(crate) fn notes(&self, names: Names<'_>, overflow_has: impl Fn(&str) -> bool) -> Vec<Note> {
        let window = Window { start_ns: 0, end_ns: 1 };
        let question = |other: &Other| Question::new(window, None, &other.filters, |_| false, names);
        self.others.iter().flat_map(|other| question(other).notes(&overflow_has)).collect()
    }
}

/// What an event finds another span by: the trace, and, where it matters, a span's id.
type Address = ([u8; 16], [u8; 8]);

/// The spans that meet what one prefix asks.
struct Found {
    relation: Relation,
    /// Whether events without such a span do not pass.
    is_condition: bool,
    spans: Spans,
}

/// The earliest spans by their addresses.
#[derive(Default)]
struct Spans {
    by_address: HashMap<Address, Span>,
    /// What their keys take beside the table.
    key_bytes: usize,
}

/// The earliest of the spans at an address.
struct Span {
    /// Event time and order of arrival.
    at: (i64, i64),
    /// Keys of the columns that are grouped by.
    values: Vec<Option<Arc<str>>>,
}

/// What was found of other spans.
pub(crate) struct Related {
    found: Vec<Found>,
    traces: Traces,
    _held: Vec<MemoryReservation>,
}

/// Where the ids of an event lie among the columns of a scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    trace: usize,
    span: usize,
    parent: usize,
}

impl Ids {
    /// Adds the ids to what a scan hands out.
    pub(crate) fn of(outputs: &mut Outputs) -> Self {
        let mut add = |column| outputs.add(Output::System(column));
        Self { trace: add(SystemColumn::TraceId), span: add(SystemColumn::SpanId), parent: add(SystemColumn::ParentId) }
    }
}

/// The traces that are looked at.
#[derive(Default)]
struct Traces {
    ids: HashSet<[u8; 16]>,
    /// Whether there were more.
    is_cut: bool,
}

/// Finds other spans.
pub(crate) struct Search<'a> {
    pub ask: &'a Ask,
    pub names: Names<'a>,
    /// What the events are asked; without conditions on other spans.
    pub question: &'a (dyn Fn() -> Question + Sync),
    /// Of the events.
    pub snapshot: &'a Arc<Snapshot>,
    /// Of all datasets, in the window and round it.
    pub spans: &'a Arc<Snapshot>,
    pub window: Window,
    pub footers: &'a Arc<Footers>,
    pub control: &'a Arc<Control>,
    pub threads: usize,
}

impl Search<'_> {
    pub(crate) async fn run(&self) -> Result<Related, Failure> {
        let (traces, held) = self.traces().await?;
        if traces.is_cut {
            let text = format!("more than {TRACES_MAX} traces would have to be looked at; the answer holds the events of so many of them");
            self.control.note(Note::missing(Reason::Traces, text));
        }
        let traces = Arc::new(traces);
        let mut related = Related { found: Vec::new(), traces: Traces::default(), _held: vec![held] };
        for other in &self.ask.others {
            let (spans, held) = self.spans(other, &traces).await?;
            related.found.push(Found { relation: other.relation, is_condition: !other.filters.conditions.is_empty(), spans });
            related._held.push(held);
        }
        related.traces = Arc::into_inner(traces).unwrap_or_default();
        Ok(related)
    }

    /// The traces of the events that pass their own conditions.
    async fn traces(&self) -> Result<(Traces, MemoryReservation), Failure> {
        let mut outputs = Outputs::default();
        let trace = outputs.add(Output::System(SystemColumn::TraceId));
        let scan = Arc::new(Scan { question: (self.question)(), outputs });
        let queue = Arc::new(scan.units(self.snapshot, self.footers, self.control, None).await?);
        let mut tasks = Tasks::default();
        for _ in 0..self.threads {
            let (scan, queue, control) = (scan.clone(), queue.clone(), self.control.clone());
            tasks.spawn(async move {
                let reservation = control.reservation("traces");
                let mut traces = Traces::default();
                scan.work(&queue, &control, &mut |_: &Unit, columns: Vec<ArrayRef>| {
                    for id in columns[trace].as_fixed_size_binary().iter().flatten() {
                        traces.add(bytes(id));
                    }
                    Ok(reservation.try_resize(traces.ids.capacity() * 2 * size_of::<[u8; 16]>())?)
                })
                .await?;
                Ok((traces, reservation))
            });
        }
        let mut all = Traces::default();
        for (traces, _) in tasks.all().await? {
            all.is_cut |= traces.is_cut;
            traces.ids.into_iter().for_each(|id| all.add(id));
        }
        let held = self.control.reservation("traces");
        held.try_resize(all.ids.capacity() * 2 * size_of::<[u8; 16]>())?;
        Ok((all, held))
    }

    /// The spans of these traces that meet what a prefix asks.
    async fn spans(&self, other: &Other, traces: &Arc<Traces>) -> Result<(Spans, MemoryReservation), Failure> {
        let mut outputs = Outputs::default();
        let ids = Ids::of(&mut outputs);
        let [annotation, time, seq] =
            [Output::System(SystemColumn::Annotation), Output::Time, Output::Seq].map(|output| outputs.add(output));
        let mut keys = Vec::new();
        for column in &other.columns {
            let index = outputs.column(Resolved::new(column, self.names));
            keys.push(outputs.add(Output::Key(index, KeyForm::Tagged)));
        }
        let question = Question::new(Relation::reach(self.window), None, &other.filters, |_| false, self.names);
        let scan = Arc::new(Scan { question, outputs });
        let queue = Arc::new(scan.units(self.spans, self.footers, self.control, None).await?);
        let relation = other.relation;
        let mut tasks = Tasks::default();
        for _ in 0..self.threads {
            let (scan, queue, control, traces, keys) = (scan.clone(), queue.clone(), self.control.clone(), traces.clone(), keys.clone());
            tasks.spawn(async move {
                let reservation = control.reservation("spans");
                let mut spans = Spans::default();
                scan.work(&queue, &control, &mut |_: &Unit, columns: Vec<ArrayRef>| {
                    let annotations = columns[annotation].as_primitive::<Int8Type>();
                    let (times, seqs) = (times(&columns[time]), crate::cells::int64(&columns[seq]).values());
                    for row in (0..annotations.len()).filter(|row| annotations.value(*row) == 0) {
                        let Some(address) = Ids::address_of_span(ids, &columns, row, relation) else { continue };
                        if traces.ids.contains(&address.0) {
                            let value = |key: &usize| {
                                let keys = columns[*key].as_string_view();
                                keys.is_valid(row).then(|| Arc::<str>::from(keys.value(row)))
                            };
                            let span = Span { at: (times[row], seqs[row]), values: keys.iter().map(value).collect() };
                            spans.keep(address, span);
                        }
                    }
                    Ok(reservation.try_resize(spans.bytes())?)
                })
                .await?;
                Ok((spans, reservation))
            });
        }
        let mut parts = tasks.all().await?.into_iter();
        let Some((mut spans, held)) = parts.next() else { return Ok((Spans::default(), self.control.reservation("spans"))) };
        for (more, reservation) in parts {
            more.by_address.into_iter().for_each(|(address, span)| spans.keep(address, span));
            // What it held is among the spans now, or gone.
            drop(reservation);
            held.try_resize(spans.bytes())?;
        }
        Ok((spans, held))
    }
}

impl Spans {
    /// Keeps a span, unless there is an earlier one at its address.
    fn keep(&mut self, address: Address, span: Span) {
        match self.by_address.entry(address) {
            Entry::Vacant(entry) => {
                self.key_bytes += span.key_bytes();
                entry.insert(span);
            }
            Entry::Occupied(mut entry) if span.at < entry.get().at => {
                self.key_bytes += span.key_bytes();
                self.key_bytes -= entry.insert(span).key_bytes();
            }
            Entry::Occupied(_) => {}
        }
    }

    /// About how much memory they take.
    fn bytes(&self) -> usize {
        self.by_address.capacity() * size_of::<(Address, Span)>() + self.key_bytes
    }
}

impl Span {
    fn key_bytes(&self) -> usize {
        // Beside its text, a key has two counts.
        let text = |text: &Arc<str>| text.len() + 2 * size_of::<usize>();
        self.values.capacity() * size_of::<Option<Arc<str>>>() + self.values.iter().flatten().map(text).sum::<usize>()
    }
}

fn bytes<const N: usize>(id: &[u8]) -> [u8; N] {
    id.try_into().unwrap_or([0; N])
}

fn id<const N: usize>(columns: &[ArrayRef], column: usize, row: usize) -> Option<[u8; N]> {
    let ids: &FixedSizeBinaryArray = columns[column].as_fixed_size_binary();
    ids.is_valid(row).then(|| bytes(ids.value(row)))
}

impl Traces {
    fn add(&mut self, id: [u8; 16]) {
        if self.ids.len() < TRACES_MAX {
            self.ids.insert(id);
        } else if !self.ids.contains(&id) {
            self.is_cut = true;
        }
    }
}

const NO_SPAN: [u8; 8] = [0; 8];

impl Ids {
    /// Where a span is found by those to whom it stands in this relation; `None` when it cannot be, or is no span.
    fn address_of_span(self, columns: &[ArrayRef], row: usize, relation: Relation) -> Option<Address> {
        let (trace, span) = (id(columns, self.trace, row)?, id(columns, self.span, row)?);
        let parent: Option<[u8; 8]> = id(columns, self.parent, row);
        match relation {
            Relation::Root => parent.is_none().then_some((trace, NO_SPAN)),
            Relation::Parent => Some((trace, span)),
            Relation::Child => Some((trace, parent?)),
            Relation::Any | Relation::Any2 | Relation::Any3 | Relation::None => Some((trace, NO_SPAN)),
        }
    }

    /// Where an event looks for the span that stands in this relation to it.
    fn address_for(self, columns: &[ArrayRef], row: usize, relation: Relation) -> Option<Address> {
        let trace = id(columns, self.trace, row)?;
        match relation {
            Relation::Parent => Some((trace, id(columns, self.parent, row)?)),
            Relation::Child => Some((trace, id(columns, self.span, row)?)),
            _ => Some((trace, NO_SPAN)),
        }
    }
}

impl Related {
    /// The events of a batch for which the conditions on other spans hold.
    pub(crate) fn mask(&self, columns: &[ArrayRef], ids: Ids) -> BooleanBuffer {
        let rows = columns[ids.trace].len();
        BooleanBuffer::collect_bool(rows, |row| {
            let is_looked_at = !self.traces.is_cut || id(columns, ids.trace, row).is_none_or(|trace| self.traces.ids.contains(&trace));
            is_looked_at
                && self.found.iter().filter(|found| found.is_condition).all(|found| {
                    let address = ids.address_for(columns, row, found.relation);
                    let is_there = address.is_some_and(|address| found.spans.by_address.contains_key(&address));
                    is_there != (found.relation == Relation::None)
                })
        })
    }

    /// A column of other spans, as keys of the events of a batch.
    pub(crate) fn keys(&self, key: Key, columns: &[ArrayRef], ids: Ids) -> ArrayRef {
        let found = &self.found[key.other];
        let mut builder = StringViewBuilder::new().with_deduplicate_strings();
        for row in 0..columns[ids.trace].len() {
            let address = ids.address_for(columns, row, found.relation);
            let span = address.and_then(|address| found.spans.by_address.get(&address));
            builder.append_option(span.and_then(|span| span.values[key.column].as_deref()));
        }
        Arc::new(builder.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_are_not_kept_take_no_memory() {
        let span = |time: i64, key: &str| Span { at: (time, 0), values: vec![Some(Arc::from(key)), None] };
        let address = ([1; 16], [0; 8]);
        let mut spans = Spans::default();
        spans.keep(address, span(5, "a key of some length"));
        let (table, first) = (spans.bytes() - spans.key_bytes, spans.key_bytes);
        assert_eq!(first, span(5, "a key of some length").key_bytes());
        (6..1_000).for_each(|time| spans.keep(address, span(time, "a later one")));
        assert_eq!(spans.key_bytes, first);
        (0..5).rev().for_each(|time| spans.keep(address, span(time, "key")));
        assert_eq!((spans.by_address.len(), spans.key_bytes), (1, span(0, "key").key_bytes()));
        assert_eq!(spans.bytes(), table + span(0, "key").key_bytes());
    }
}
