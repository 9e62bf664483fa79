//! OTLP on the wire: protobuf and JSON walked straight into a visitor.
//!
//! Speaks `Export{Trace,Logs,Metrics}ServiceRequest` of opentelemetry-proto 1.11.0 and everything older that still arrives. It
//! knows no rows, opens no socket and reads no clock. Start with [`walk`], which hands a body's items to a [`Visitor`] as
//! borrowed views ([`Span`], [`LogRecord`], [`Metric`], [`KeyValues`]); [`reply`] writes the answers and [`encode`] writes requests.
//!
//! ```
//! use glasshive_wire_otlp::{Encoding, Signal, check};
//!
//! let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"GET /","kind":2}]}]}]}"#;
//! assert!(check(Signal::Traces, Encoding::Json, body).is_ok());
//! assert!(check(Signal::Traces, Encoding::Protobuf, body).is_err());
//! ```
//!
//! Invariants: nothing panics, whatever the bytes; walking protobuf allocates nothing, walking JSON one list of tokens; views
//! parse as they are read, so a malformed byte is found when what holds it is walked ([`Span::check`] walks the rest); both
//! encodings reach the visitor as the same views.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod encode;
pub mod error;
pub mod field;
mod id;
mod item;
mod json;
pub mod message;
pub mod metric;
mod notes;
mod proto;
pub mod reply;
pub mod signal;
mod text;
mod value;

pub use error::WireError;
pub use id::{IdFault, WireId};
pub use item::{Event, Events, Link, Links, LogRecord, Resource, Scope, Span, Visitor};
pub use json::push_json_string;
pub use metric::{Metric, MetricKind, Metrics};
pub use notes::{Note, Notes};
pub use signal::{Encoding, Signal};
pub use text::{Blob, Numbered, Read, Text};
pub use value::{AnyValue, KeyValue, KeyValues, Values};

/// Walks a request body and hands its items to `visitor`. What was read leniently comes back as notes.
///
/// # Errors
/// [`WireError`] when the body is not the request it should be, or when the visitor wants no more of it.
pub fn walk(signal: Signal, encoding: Encoding, body: &[u8], visitor: &mut impl Visitor) -> Result<Notes, WireError> {
    let notes = Notes::default();
    match encoding {
        Encoding::Protobuf => proto::walk(signal, body, &notes, visitor)?,
        Encoding::Json => json::walk(signal, &json::Document::read(body)?, &notes, visitor)?,
    }
    Ok(notes)
}

/// Whether a body is a well-formed request, down to the last attribute.
///
/// # Errors
/// The first malformation met.
pub fn check(signal: Signal, encoding: Encoding, body: &[u8]) -> Result<(), WireError> {
    walk(signal, encoding, body, &mut Checker).map(drop)
}

struct Checker;

impl Visitor for Checker {
    fn resource(&mut self, resource: &Resource<'_>) -> Result<(), WireError> {
        resource.attributes.check()
    }

    fn scope(&mut self, scope: &Scope<'_>) -> Result<(), WireError> {
        scope.attributes.check()
    }

    fn span(&mut self, span: &Span<'_>) -> Result<(), WireError> {
        span.check()
    }

    fn log_record(&mut self, record: &LogRecord<'_>) -> Result<(), WireError> {
        record.check()
    }

    fn metrics(&mut self, metrics: Metrics<'_>) -> Result<(), WireError> {
        metrics.check()
    }

    fn end_scope(&mut self) {}

    fn end_resource(&mut self) {}
}
