//! Spans, their events and links to rows.
//!
//! | field | from |
//! |---|---|
//! | `_time`, `_duration_ns` | start; end - start, 0 and `meta.invalid_duration` when negative, null and `meta.unfinished` without end |
//! | `_name`, `_kind`, `_status` | name, kind, status code |
//! | `status_message`, `trace.trace_state`, `trace.flags` | where not empty or 0 |
//! | `error` | true when the status is error; on events and links too |
//! | `span.num_events`, `span.num_links` | always, as sent |
//! | `exception.*` | the first event named `exception`, where the span has no such attribute |
//! | `meta.dropped_*` | the sender's counts plus ours |
//! | event: `_parent_id`, `parent_name` | the span |
//! | event: `meta.annotation_index` | its place in the span's list |
//! | event: `meta.time_since_span_start_ms` | 0 and `meta.invalid_time_since_span_start` when negative |
//! | link: `trace.link.*` | the other span, its trace state and flags |

use super::Normaliser;
use super::fields::List;
use super::ledger::{Reason, Repair};
use super::time::{self, Believed};
use super::weight;
use glasshive_model::limits::{EVENTS_PER_SPAN, LINKS_PER_SPAN};
use glasshive_model::{Annotation, Cell, KeyCode, Signal, Source, SpanId, SystemRow, Text, TraceId, names};
use glasshive_wire_otlp::{Event, IdFault, Link, Span, WireError, WireId};

/// What a span's annotations take from it.
#[derive(Clone, Copy)]
struct Carrier {
    trace_id: TraceId,
    span_id: SpanId,
    start_ns: i64,
    is_error: bool,
    /// The span's name, in the arena.
    name: Text,
}

/// The fields of the first exception, for the span, and the marks that go with them.
struct Exception {
    cells: [(KeyCode, Option<Cell>); 4],
    truncated: Vec<String>,
    is_repaired: bool,
}

const ERROR: i32 = 2;

pub(super) fn trace_id(id: WireId<16>) -> Result<TraceId, Reason> {
    match id {
        WireId::Present(bytes) => TraceId::new(bytes).ok_or(Reason::ZeroTraceId),
        WireId::Absent => Err(Reason::NoTraceId),
        WireId::Wrong(IdFault::Length) => Err(Reason::TraceIdLength),
        WireId::Wrong(IdFault::NotHex) => Err(Reason::TraceIdNotHex),
        WireId::Wrong(IdFault::Base64) => Err(Reason::TraceIdBase64),
    }
}

pub(super) fn span_id(id: WireId<8>) -> Result<SpanId, Reason> {
    match id {
        WireId::Present(bytes) => SpanId::new(bytes).ok_or(Reason::ZeroSpanId),
        WireId::Absent => Err(Reason::NoSpanId),
        WireId::Wrong(IdFault::Length) => Err(Reason::SpanIdLength),
        WireId::Wrong(IdFault::NotHex) => Err(Reason::SpanIdNotHex),
        WireId::Wrong(IdFault::Base64) => Err(Reason::SpanIdBase64),
    }
}

impl Normaliser<'_> {
    pub(super) fn normalise_span(&mut self, span: &Span<'_>) -> Result<(), WireError> {
        let judged = trace_id(span.trace_id)
            .and_then(|trace| Ok((trace, span_id(span.span_id)?)))
            .and_then(|(trace, id)| Ok((trace, id, time::judge(span.start_ns, self.context)?)));
        let (trace_id, span_id, start) = match judged {
            Ok(judged) => judged,
            Err(reason) => {
                self.ledger.reject(reason, 1);
                return span.check();
            }
        };
        self.fields.own.clear();
        let name = self.fields.text(List::Item, names::NAME, span.name);
        let (name_was_cut, name_was_repaired) = (!self.fields.own.truncated.is_empty(), self.fields.own.is_repaired);
        let carrier = Carrier { trace_id, span_id, start_ns: start.ns, is_error: span.status_code == ERROR, name };

        let rows_before = self.fields.rows.len();
        let exception = self.events(span, carrier)?;
        self.links(span, carrier)?;
        self.fields.own.clear();
        if name_was_cut {
            self.fields.own.truncated.push(names::NAME.to_owned());
        }
        self.fields.own.is_repaired = name_was_repaired;
        let row = self.span_row(span, carrier);
        self.start_row(&row)?;
        self.fields.attributes(List::Item, span.attributes, &mut self.ledger)?;
        self.span_fields(span, start, exception);
        let rows = self.fields.rows.len() - rows_before;
        self.weigh(span, trace_id, rows);
        self.finish_row(span.dropped_attributes);
        self.ledger.accepted += 1;
        Ok(())
    }

    fn span_row(&mut self, span: &Span<'_>, carrier: Carrier) -> SystemRow {
        SystemRow {
            time_ns: carrier.start_ns,
            duration_ns: (span.end_ns > 0).then(|| i64::try_from(span.end_ns.saturating_sub(span.start_ns)).unwrap_or(i64::MAX)),
            trace_id: Some(carrier.trace_id),
            span_id: Some(carrier.span_id),
            parent_id: self.parent(span, carrier.span_id),
            dataset: self.dataset,
            signal: Signal::Trace,
            source: Source::Otlp,
            annotation: Annotation::None,
            name: Some(carrier.name),
            kind: Some(self.small(span.kind)),
            status: Some(self.small(span.status_code)),
            sample_rate: 1.0,
        }
    }

    fn parent(&mut self, span: &Span<'_>, own: SpanId) -> Option<SpanId> {
        match span.parent_span_id {
            WireId::Absent => None,
            WireId::Present(bytes) if bytes == own.bytes() => {
                self.ledger.repair(Repair::ParentIsSelf);
                None
            }
            WireId::Present(bytes) => SpanId::new(bytes),
            WireId::Wrong(_) => {
                self.ledger.repair(Repair::ParentIdWrong);
                None
            }
        }
    }

    /// Enum numbers are stored in seven bits; known ones are below 10.
    fn small(&mut self, number: i32) -> i8 {
        i8::try_from(number).ok().filter(|number| *number >= 0).unwrap_or_else(|| {
            self.ledger.repair(Repair::UnknownNumber);
            0
        })
    }

    fn span_fields(&mut self, span: &Span<'_>, start: Believed, exception: Option<Exception>) {
        let codes = &self.codes;
        let fields = &mut self.fields;
        if !span.status_message.is_empty() {
            let text = fields.text(List::Item, names::STATUS_MESSAGE, span.status_message);
            fields.rows.set_default(codes.status_message, Cell::Str(text));
        }
        if span.status_code == ERROR {
            fields.rows.set_default(codes.error, Cell::Bool(true));
        }
        if !span.trace_state.is_empty() {
            let text = fields.text(List::Item, names::TRACE_STATE, span.trace_state);
            fields.rows.set_default(codes.trace_state, Cell::Str(text));
        }
        if span.flags != 0 {
            fields.rows.set_default(codes.trace_flags, Cell::Int(span.flags.into()));
        }
        fields.rows.set_default(codes.num_events, Cell::Int(span.events.count().into()));
        fields.rows.set_default(codes.num_links, Cell::Int(span.links.count().into()));
        if let Some(exception) = exception {
            for (code, cell) in exception.cells {
                if let Some(cell) = cell {
                    fields.rows.set_default(code, cell);
                }
            }
            fields.own.truncated.extend(exception.truncated);
            fields.own.is_repaired |= exception.is_repaired;
        }
        if span.end_ns == 0 {
            fields.rows.set_default(codes.meta_unfinished, Cell::Bool(true));
        } else if span.end_ns < span.start_ns {
            let ms = (span.start_ns - span.end_ns) as f64 / 1e6;
            fields.rows.set_default(codes.meta_invalid_duration, Cell::Bool(true));
            fields.rows.set_default(codes.meta_negative_duration_ms, Cell::Float(ms));
        }
        if start.is_future {
            fields.rows.set_default(codes.meta_future, Cell::Bool(true));
        }
        let dropped = |count: u32, sent: u32, kept: usize| i64::from(count) + (i64::from(sent) - kept as i64).max(0);
        let dropped_events = dropped(span.dropped_events, span.events.count(), EVENTS_PER_SPAN);
        let dropped_links = dropped(span.dropped_links, span.links.count(), LINKS_PER_SPAN);
        for (code, count) in [(codes.meta_dropped_events, dropped_events), (codes.meta_dropped_links, dropped_links)] {
            if count > 0 {
                fields.rows.set_default(code, Cell::Int(count));
            }
        }
    }

    /// Gives the span and its annotations their weight, now that all attributes were seen.
    fn weigh(&mut self, span: &Span<'_>, trace_id: TraceId, rows: usize) {
        let mut scratch = String::new();
        let state = weight::trace_state(span.trace_state.read(&mut scratch).text);
        let fields = &mut self.fields;
        let weight = weight::weight(&fields.own.rates, &fields.scope.rates, &fields.resource.rates, state, Some(trace_id.bytes()));
        if weight.is_zero_probability {
            self.ledger.repair(Repair::ZeroProbability);
        }
        if weight.is_against_threshold {
            self.ledger.repair(Repair::AgainstThreshold);
        }
        if weight.value != 1.0 {
            fields.rows.weigh(rows, weight.value);
        }
    }

    fn annotation_row(&self, carrier: Carrier, annotation: Annotation, time_ns: i64, name: Option<Text>) -> SystemRow {
        SystemRow {
            time_ns,
            duration_ns: None,
            trace_id: Some(carrier.trace_id),
            span_id: None,
            parent_id: Some(carrier.span_id),
            dataset: self.dataset,
            signal: Signal::Trace,
            source: Source::Otlp,
            annotation,
            name,
            kind: None,
            status: None,
            sample_rate: 1.0,
        }
    }

    fn annotation_fields(&mut self, carrier: Carrier, index: usize) {
        let rows = &mut self.fields.rows;
        rows.set_default(self.codes.parent_name, Cell::Str(carrier.name));
        rows.set_default(self.codes.meta_annotation_index, Cell::Int(index as i64));
        if carrier.is_error {
            rows.set_default(self.codes.error, Cell::Bool(true));
        }
    }

    fn events(&mut self, span: &Span<'_>, carrier: Carrier) -> Result<Option<Exception>, WireError> {
        let mut exception = None;
        for (index, event) in span.events.iter().enumerate() {
            let event = event?;
            if index >= EVENTS_PER_SPAN {
                event.attributes.check()?;
                continue;
            }
            let is_exception = self.event(&event, carrier, index)?;
            if is_exception && exception.is_none() {
                exception = Some(self.exception());
            }
            self.finish_row(event.dropped_attributes);
        }
        Ok(exception)
    }

    /// Writes an event's row up to its marks; whether it is an exception.
    fn event(&mut self, event: &Event<'_>, carrier: Carrier, index: usize) -> Result<bool, WireError> {
        let time = match time::judge_within(event.time_ns, self.context) {
            Ok(time) => Some(time.ns),
            Err(_) => {
                self.ledger.repair(Repair::EventTimeOutOfRange);
                None
            }
        };
        self.fields.own.clear();
        let name = self.fields.text(List::Annotation, names::NAME, event.name);
        self.start_row(&self.annotation_row(carrier, Annotation::SpanEvent, time.unwrap_or(carrier.start_ns), Some(name)))?;
        self.fields.attributes(List::Annotation, event.attributes, &mut self.ledger)?;
        self.annotation_fields(carrier, index);
        let (codes, rows) = (&self.codes, &mut self.fields.rows);
        match time.map(|time| time - carrier.start_ns) {
            Some(since) if since >= 0 => rows.set_default(codes.meta_time_since_span_start_ms, Cell::Float(since as f64 / 1e6)),
            _ => {
                rows.set_default(codes.meta_time_since_span_start_ms, Cell::Float(0.0));
                rows.set_default(codes.meta_invalid_time_since_span_start, Cell::Bool(true));
            }
        }
        Ok(rows.text_of(name) == "exception")
    }

    /// The exception fields of the row being built.
    fn exception(&self) -> Exception {
        let codes = &self.codes;
        let cells = [codes.exception_type, codes.exception_message, codes.exception_stacktrace, codes.exception_escaped];
        let own = &self.fields.own;
        Exception {
            cells: cells.map(|code| (code, self.fields.rows.own(code))),
            truncated: own.truncated.iter().filter(|name| name.starts_with("exception.")).cloned().collect(),
            is_repaired: own.is_repaired,
        }
    }

    fn links(&mut self, span: &Span<'_>, carrier: Carrier) -> Result<(), WireError> {
        for (index, link) in span.links.iter().enumerate() {
            let link = link?;
            if index >= LINKS_PER_SPAN {
                link.attributes.check()?;
                continue;
            }
            self.link(&link, carrier, index)?;
            self.finish_row(link.dropped_attributes);
        }
        Ok(())
    }

    fn link(&mut self, link: &Link<'_>, carrier: Carrier, index: usize) -> Result<(), WireError> {
        self.fields.own.clear();
        self.start_row(&self.annotation_row(carrier, Annotation::Link, carrier.start_ns, None))?;
        self.fields.attributes(List::Annotation, link.attributes, &mut self.ledger)?;
        self.annotation_fields(carrier, index);
        let (trace, span) = (trace_id(link.trace_id), span_id(link.span_id));
        if trace.is_err() || span.is_err() {
            self.ledger.repair(Repair::LinkIdWrong);
        }
        let (codes, fields) = (&self.codes, &mut self.fields);
        if let Ok(id) = trace {
            let text = fields.hex(&id.bytes());
            fields.rows.set_default(codes.link_trace_id, Cell::Str(text));
        }
        if let Ok(id) = span {
            let text = fields.hex(&id.bytes());
            fields.rows.set_default(codes.link_span_id, Cell::Str(text));
        }
        if !link.trace_state.is_empty() {
            let text = fields.text(List::Annotation, names::LINK_TRACE_STATE, link.trace_state);
            fields.rows.set_default(codes.link_trace_state, Cell::Str(text));
        }
        if link.flags != 0 {
            fields.rows.set_default(codes.link_flags, Cell::Int(link.flags.into()));
        }
        Ok(())
    }
}
