//! Segments and subsegments to rows.
//!
//! | sent | row |
//! |---|---|
//! | segment, subsegment | a span, before the rows of its exceptions and links |
//! | one of `cause.exceptions` | a row `exception`, `meta.annotation_type = span_event`, at the span's end |
//! | link | a row, `meta.annotation_type = link`, at the span's start |
//! | `aws`, `service` of a segment | resource attributes, on the rows of all its subsegments too ([`resource`]) |
//! | `http`, `sql`, `aws` of a subsegment | OpenTelemetry's names for them ([`blocks`]) |
//! | annotation | an attribute of its own key and type; `annotation.<key>` where a field of the span has the key |
//! | metadata | `aws.xray.metadata.<namespace>` as JSON text, and its leaves as `metadata.<namespace>.<path>` ([`extras`]) |
//! | the document | `_raw` of its first row |
//!
//! | span | from |
//! |---|---|
//! | `_name` | of a segment with a request its method and path, else its name; `xray.name` is always the name |
//! | `_kind` | segment: server, or consumer when no request but a link made it; `aws`, `remote`: client, or producer for calls that send messages; other subsegments: internal |
//! | `_status`, `error` | error when `fault`, or when `error` and it is a call |
//! | `_duration_ns` | null and `meta.unfinished` while in progress |
//!
//! What is in progress, and all in a document that is, is `meta.provisional`.

mod blocks;
mod extras;
mod fields;
mod resource;
mod url;

use bytes::Bytes;
use fields::Fields;
use glasshive_model::id::dataset_slug;
use glasshive_model::limits::FUTURE_MARKED_NS;
use glasshive_model::rows::Level;
use glasshive_model::{Annotation, Cell, Rows, Signal, Source, SpanId, SpanKind, StatusCode, SystemRow, Text, TraceId, names};
use glasshive_wire_xray::{Cause, Entity, Exception, Link};

use crate::semconv;

/// Builds the rows of one batch.
pub(crate) struct Normaliser {
    received_ns: i64,
    fields: Fields,
}

const UNKNOWN_SERVICE: &str = "unknown_service";
/// Bytes of the longest dataset slug.
const SLUG_BYTES: usize = 255;

/// What the entities of one document have in common.
struct Whole {
    dataset: u32,
    trace_id: TraceId,
}

/// What a span's annotations take from it.
struct Carrier {
    trace_id: TraceId,
    span_id: SpanId,
    dataset: u32,
    start_ns: i64,
    end_ns: i64,
    name: Text,
    is_error: bool,
    is_provisional: bool,
}

impl Normaliser {
    pub(crate) fn new(received_ns: i64) -> Self {
        Self { received_ns, fields: Fields::default() }
    }

    pub(crate) fn finish(self) -> Rows {
        self.fields.rows.finish()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.rows.is_empty()
    }

    /// Adds the rows of a document. `owner` is the segment that an independent subsegment belongs to, where it is known.
    pub(crate) fn document(&mut self, top: &Entity<'_>, owner: Option<&str>, raw: Bytes) {
        let service = if top.is_subsegment { owner } else { Some(top.name) };
        let mut slug = dataset_slug(service.unwrap_or(UNKNOWN_SERVICE).trim());
        slug.truncate(SLUG_BYTES);
        let dataset = self.fields.rows.dataset(&slug);
        let Some(trace_id) = TraceId::new(top.trace_id) else { return };
        if let Some(service) = service {
            self.fields.open(names::SERVICE_NAME, service);
        }
        if !top.is_subsegment {
            self.resource(top);
        }
        self.entity(&Whole { dataset, trace_id }, top, !top.is_complete(), Some(raw));
        self.fields.rows.close(Level::Resource);
    }

    fn entity(&mut self, whole: &Whole, entity: &Entity<'_>, is_within_provisional: bool, raw: Option<Bytes>) {
        let Some(span_id) = SpanId::new(entity.id) else { return };
        let is_provisional = is_within_provisional || !entity.is_complete();
        let kind = kind(entity);
        let is_call = matches!(kind, SpanKind::Client | SpanKind::Producer);
        let is_error = entity.is_fault || (entity.is_error && is_call);
        let status = if is_error { StatusCode::Error } else { StatusCode::Unset };
        let name = span_name(entity);
        let name = self.fields.rows.text(&name);
        let parent_id = entity.parent_id.and_then(SpanId::new).filter(|parent| *parent != span_id);
        self.fields.start_row(&SystemRow {
            time_ns: entity.start_ns,
            duration_ns: entity.end_ns.map(|end_ns| end_ns - entity.start_ns),
            trace_id: Some(whole.trace_id),
            span_id: Some(span_id),
            parent_id,
            dataset: whole.dataset,
            signal: Signal::Trace,
            source: Source::Xray,
            annotation: Annotation::None,
            name: Some(name),
            kind: Some(kind.number()),
            status: Some(status.number()),
            sample_rate: 1.0,
        });
        if let Some(raw) = raw {
            self.fields.rows.keep_raw(raw);
        }
        let exceptions = exceptions(entity);
        self.span_fields(entity, is_error, is_provisional, exceptions);
        self.blocks(entity);
        self.extras(entity);
        self.fields.finish_row();
        let carrier = Carrier {
            trace_id: whole.trace_id,
            span_id,
            dataset: whole.dataset,
            start_ns: entity.start_ns,
            end_ns: entity.end_ns.unwrap_or(entity.start_ns),
            name,
            is_error,
            is_provisional,
        };
        exceptions.iter().enumerate().for_each(|(index, exception)| self.exception(&carrier, exception, index));
        entity.links.iter().enumerate().for_each(|(index, link)| self.link(&carrier, link, index));
        for embedded in &entity.subsegments {
            self.entity(whole, embedded, is_provisional, None);
        }
    }

    fn span_fields(&mut self, entity: &Entity<'_>, is_error: bool, is_provisional: bool, exceptions: &[Exception<'_>]) {
        let fields = &mut self.fields;
        fields.text(names::XRAY_KIND, if entity.is_subsegment { "subsegment" } else { "segment" });
        fields.text(names::XRAY_NAME, entity.name);
        if entity.is_name_cut {
            fields.was_cut(names::XRAY_NAME);
        }
        fields.maybe_text(names::XRAY_NAMESPACE, entity.namespace);
        fields.maybe_text(names::XRAY_ORIGIN, entity.origin);
        fields.maybe_text(names::XRAY_RESOURCE_ARN, entity.resource_arn);
        fields.maybe_text(semconv::USER_ID, entity.user);
        let future_ns = self.received_ns.saturating_add(FUTURE_MARKED_NS);
        for (key, is_so) in [
            (names::ERROR, is_error),
            (names::XRAY_FAULT, entity.is_fault),
            (names::XRAY_ERROR, entity.is_error),
            (names::XRAY_THROTTLE, entity.is_throttle),
            (names::XRAY_IN_PROGRESS, !entity.is_complete()),
            (names::XRAY_TRACED, entity.is_traced),
            (names::META_UNFINISHED, !entity.is_complete()),
            (names::META_PROVISIONAL, is_provisional),
            (names::META_FUTURE, entity.start_ns > future_ns),
            (names::META_INVALID_DURATION, entity.negative_ns.is_some()),
        ] {
            if is_so {
                fields.set(key, Cell::Bool(true));
            }
        }
        if let Some(ns) = entity.negative_ns {
            fields.set(names::META_NEGATIVE_DURATION_MS, Cell::Float(ns as f64 / 1e6));
        }
        if let Some(Cause::Elsewhere(id)) = &entity.cause {
            fields.text(names::XRAY_CAUSE_ID, id);
        }
        fields.set(names::NUM_EVENTS, Cell::Int(exceptions.len() as i64));
        fields.set(names::NUM_LINKS, Cell::Int(entity.links.len() as i64));
        if let Some(first) = exceptions.first() {
            if is_error {
                fields.maybe_text(names::STATUS_MESSAGE, first.message);
            }
            exception_fields(fields, first);
        }
    }

    fn annotation(&mut self, carrier: &Carrier, annotation: Annotation, time_ns: i64, index: usize) {
        let name = (annotation == Annotation::SpanEvent).then(|| self.fields.rows.text("exception"));
        self.fields.start_row(&SystemRow {
            time_ns,
            duration_ns: None,
            trace_id: Some(carrier.trace_id),
            span_id: None,
            parent_id: Some(carrier.span_id),
            dataset: carrier.dataset,
            signal: Signal::Trace,
            source: Source::Xray,
            annotation,
            name,
            kind: None,
            status: None,
            sample_rate: 1.0,
        });
        self.fields.set(names::PARENT_NAME, Cell::Str(carrier.name));
        self.fields.set(names::META_ANNOTATION_INDEX, Cell::Int(index as i64));
        for (key, is_so) in [(names::ERROR, carrier.is_error), (names::META_PROVISIONAL, carrier.is_provisional)] {
            if is_so {
                self.fields.set(key, Cell::Bool(true));
            }
        }
    }

    fn exception(&mut self, carrier: &Carrier, exception: &Exception<'_>, index: usize) {
        self.annotation(carrier, Annotation::SpanEvent, carrier.end_ns, index);
        let fields = &mut self.fields;
        fields.set(names::META_TIME_SINCE_SPAN_START_MS, Cell::Float((carrier.end_ns - carrier.start_ns) as f64 / 1e6));
        exception_fields(fields, exception);
        fields.maybe_text(semconv::EXCEPTION_ID, exception.id);
        fields.maybe_text(semconv::EXCEPTION_CAUSE, exception.cause);
        if exception.is_remote {
            fields.set(semconv::EXCEPTION_REMOTE, Cell::Bool(true));
        }
        for (key, count) in [(semconv::EXCEPTION_TRUNCATED, exception.truncated), (semconv::EXCEPTION_SKIPPED, exception.skipped)] {
            if let Some(count) = count {
                fields.set(key, Cell::Int(count));
            }
        }
        fields.finish_row();
    }

    fn link(&mut self, carrier: &Carrier, link: &Link<'_>, index: usize) {
        self.annotation(carrier, Annotation::Link, carrier.start_ns, index);
        let fields = &mut self.fields;
        if let Some(trace_id) = TraceId::new(link.trace_id) {
            fields.text(names::LINK_TRACE_ID, &trace_id.to_string());
        }
        if let Some(span_id) = link.id.and_then(SpanId::new) {
            fields.text(names::LINK_SPAN_ID, &span_id.to_string());
        }
        if let Some(attributes) = link.attributes {
            for (key, value) in attributes.members() {
                if let Some(key) = self.own_key(key) {
                    self.fields.leaves(&key, value);
                }
            }
        }
        self.fields.finish_row();
    }
}

fn exceptions<'e, 'j>(entity: &'e Entity<'j>) -> &'e [Exception<'j>] {
    match &entity.cause {
        Some(Cause::Here { exceptions, .. }) => exceptions,
        _ => &[],
    }
}

fn exception_fields(fields: &mut Fields, exception: &Exception<'_>) {
    fields.maybe_text(names::EXCEPTION_TYPE, exception.kind);
    fields.maybe_text(names::EXCEPTION_MESSAGE, exception.message);
    if !exception.stack.is_empty() {
        let head = match (exception.kind, exception.message) {
            (Some(kind), Some(message)) => format!("{kind}: {message}\n"),
            (Some(one), None) | (None, Some(one)) => format!("{one}\n"),
            (None, None) => String::new(),
        };
        fields.text(names::EXCEPTION_STACKTRACE, &(head + &exception.stack_text()));
    }
}

fn kind(entity: &Entity<'_>) -> SpanKind {
    if !entity.is_subsegment {
        let has_request = entity.http.is_some_and(|http| http.has_request);
        return if !has_request && !entity.links.is_empty() { SpanKind::Consumer } else { SpanKind::Server };
    }
    match entity.namespace {
        Some("aws") if blocks::sends_messages(entity) => SpanKind::Producer,
        Some("aws" | "remote") => SpanKind::Client,
        _ => SpanKind::Internal,
    }
}

fn span_name(entity: &Entity<'_>) -> String {
    let request = entity.http.filter(|_| !entity.is_subsegment).and_then(|http| http.method.zip(http.url));
    match request {
        Some((method, url)) => format!("{} {}", method.to_uppercase(), url::Url::read(url).path.unwrap_or("/")),
        None => entity.name.to_owned(),
    }
}
