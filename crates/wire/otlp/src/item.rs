//! Resources, scopes, spans and log records as borrowed views; and who visits them.

use crate::error::WireError;
use crate::id::WireId;
use crate::json;
use crate::metric::Metrics;
use crate::notes::Notes;
use crate::proto;
use crate::text::Text;
use crate::value::{AnyValue, Element, KeyValues, Repeated};

/// Receives a request item by item. A resource comes before its scopes and a scope before its items, whatever their order on
/// the wire; a part that was not sent comes empty. An error ends the walk.
pub trait Visitor {
    /// A resource begins.
    ///
    /// # Errors
    /// Any; it is the walk's result.
    fn resource(&mut self, resource: &Resource<'_>) -> Result<(), WireError>;
    /// A scope of the resource begins.
    ///
    /// # Errors
    /// Any; it is the walk's result.
    fn scope(&mut self, scope: &Scope<'_>) -> Result<(), WireError>;
    /// A span of the scope.
    ///
    /// # Errors
    /// Any; it is the walk's result.
    fn span(&mut self, span: &Span<'_>) -> Result<(), WireError>;
    /// A log record of the scope.
    ///
    /// # Errors
    /// Any; it is the walk's result.
    fn log_record(&mut self, record: &LogRecord<'_>) -> Result<(), WireError>;
    /// The metrics of the scope, all at once: points of several metrics may belong together.
    ///
    /// # Errors
    /// Any; it is the walk's result.
    fn metrics(&mut self, metrics: Metrics<'_>) -> Result<(), WireError>;
    /// The scope ends.
    fn end_scope(&mut self);
    /// The resource ends.
    fn end_resource(&mut self);
}

/// A resource and the schema of what was sent for it.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Its attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The schema URL beside the resource.
    pub schema_url: Text<'a>,
}

/// An instrumentation scope (`instrumentation_library` before 2022).
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// Its version.
    pub version: Text<'a>,
    /// Its attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The schema URL beside the scope.
    pub schema_url: Text<'a>,
}

/// A span. Times are ns since 1970 UTC, 0 = not sent.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    /// The trace.
    pub trace_id: WireId<16>,
    /// The span.
    pub span_id: WireId<8>,
    /// The parent span.
    pub parent_span_id: WireId<8>,
    /// W3C trace state.
    pub trace_state: Text<'a>,
    /// W3C trace flags and the remote bits.
    pub flags: u32,
    /// The name.
    pub name: Text<'a>,
    /// The kind's number, whether known or not.
    pub kind: i32,
    /// When it began.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Its attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// Its events.
    pub events: Events<'a>,
    /// Events that the sender dropped.
    pub dropped_events: u32,
    /// Its links.
    pub links: Links<'a>,
    /// Links that the sender dropped.
    pub dropped_links: u32,
    /// The status's number, whether known or not.
    pub status_code: i32,
    /// The status's text.
    pub status_message: Text<'a>,
}

/// Something that happened within a span.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// When, ns since 1970 UTC, 0 = not sent.
    pub time_ns: u64,
    /// What.
    pub name: Text<'a>,
    /// Its attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
}

/// A link from a span to another.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The other trace.
    pub trace_id: WireId<16>,
    /// The other span.
    pub span_id: WireId<8>,
    /// The other span's trace state.
    pub trace_state: Text<'a>,
    /// W3C trace flags and the remote bits.
    pub flags: u32,
    /// Its attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
}

/// The events of a span, parsed as they are walked.
#[derive(Debug, Clone, Copy)]
pub struct Events<'a>(pub(crate) Repeated<'a>, pub(crate) u32);

/// The links of a span, parsed as they are walked.
#[derive(Debug, Clone, Copy)]
pub struct Links<'a>(pub(crate) Repeated<'a>, pub(crate) u32);

/// A log record. Times are ns since 1970 UTC, 0 = not sent.
#[derive(Debug, Clone, Copy)]
pub struct LogRecord<'a> {
    /// When it happened.
    pub time_ns: u64,
    /// When the collecting side saw it.
    pub observed_ns: u64,
    /// The severity's number, whether known or not.
    pub severity_number: i32,
    /// The severity as the source wrote it.
    pub severity_text: Text<'a>,
    /// The body, if one was sent.
    pub body: Option<AnyValue<'a>>,
    /// Its attributes.
    pub attributes: KeyValues<'a>,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// W3C trace flags.
    pub flags: u32,
    /// The trace it was written in.
    pub trace_id: WireId<16>,
    /// The span it was written in.
    pub span_id: WireId<8>,
    /// What makes a record an event.
    pub event_name: Text<'a>,
}

// === impl Resource, Scope, Span, LogRecord: nothing sent yet ===

impl<'a> Resource<'a> {
    pub(crate) fn empty(notes: &'a Notes) -> Self {
        Self { attributes: KeyValues(Repeated::none(notes)), dropped_attributes: 0, schema_url: Text::default() }
    }
}

impl<'a> Scope<'a> {
    pub(crate) fn empty(notes: &'a Notes) -> Self {
        Self {
            name: Text::default(),
            version: Text::default(),
            attributes: KeyValues(Repeated::none(notes)),
            dropped_attributes: 0,
            schema_url: Text::default(),
        }
    }
}

impl<'a> Span<'a> {
    pub(crate) fn empty(notes: &'a Notes) -> Self {
        let none = Repeated::none(notes);
        Self {
            trace_id: WireId::Absent,
            span_id: WireId::Absent,
            parent_span_id: WireId::Absent,
            trace_state: Text::default(),
            flags: 0,
            name: Text::default(),
            kind: 0,
            start_ns: 0,
            end_ns: 0,
            attributes: KeyValues(none),
            dropped_attributes: 0,
            events: Events(none, 0),
            dropped_events: 0,
            links: Links(none, 0),
            dropped_links: 0,
            status_code: 0,
            status_message: Text::default(),
        }
    }

    /// Walks all that the views leave unread.
    ///
    /// # Errors
    /// The first malformation met.
    pub fn check(&self) -> Result<(), WireError> {
        self.attributes.check()?;
        self.events.iter().try_for_each(|event| event?.attributes.check())?;
        self.links.iter().try_for_each(|link| link?.attributes.check())
    }
}

impl<'a> LogRecord<'a> {
    pub(crate) fn empty(notes: &'a Notes) -> Self {
        Self {
            time_ns: 0,
            observed_ns: 0,
            severity_number: 0,
            severity_text: Text::default(),
            body: None,
            attributes: KeyValues(Repeated::none(notes)),
            dropped_attributes: 0,
            flags: 0,
            trace_id: WireId::Absent,
            span_id: WireId::Absent,
            event_name: Text::default(),
        }
    }

    /// Walks all that the views leave unread.
    ///
    /// # Errors
    /// The first malformation met.
    pub fn check(&self) -> Result<(), WireError> {
        self.attributes.check()?;
        self.body.map_or(Ok(()), AnyValue::check)
    }
}

// === impl Events, Links ===

impl<'a> Events<'a> {
    /// How many were sent.
    pub fn count(self) -> u32 {
        self.1
    }

    /// Parses one after the other. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<Event<'a>, WireError>> {
        let notes = self.0.notes;
        self.0.iter().map(move |element| match element? {
            Element::Proto(part, depth) => proto::items::event(part, depth, notes),
            Element::Json(node) => json::items::event(node, notes),
        })
    }
}

impl<'a> Links<'a> {
    /// How many were sent.
    pub fn count(self) -> u32 {
        self.1
    }

    /// Parses one after the other. After an error nothing more comes.
    pub fn iter(self) -> impl Iterator<Item = Result<Link<'a>, WireError>> {
        let notes = self.0.notes;
        self.0.iter().map(move |element| match element? {
            Element::Proto(part, depth) => proto::items::link(part, depth, notes),
            Element::Json(node) => json::items::link(node, notes),
        })
    }
}
