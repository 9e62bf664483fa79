//! Requests as owned values, for whoever makes them: generators, exports, tests. Receiving never builds them.
//!
//! ```
//! use glasshive_wire_otlp::message::{Request, ResourceItems, ScopeItems, Span};
//! use glasshive_wire_otlp::{Encoding, Signal, check};
//!
//! let span = Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: "GET /".to_owned(), start_ns: 1, ..Span::default() };
//! let scope = ScopeItems { spans: vec![span], ..ScopeItems::default() };
//! let request = Request { resources: vec![ResourceItems { scopes: vec![scope], ..ResourceItems::default() }] };
//! for encoding in Encoding::ALL {
//!     assert_eq!(check(Signal::Traces, encoding, &request.encode(Signal::Traces, encoding)), Ok(()));
//! }
//! ```

mod json;
mod metric;
mod protobuf;

pub use metric::{Buckets, Exemplar, Metric, MetricData, Point, PointValue};

use crate::signal::{Encoding, Signal};

/// An attribute's value.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// No value at all.
    #[default]
    Empty,
    /// Text.
    Str(String),
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list of any values.
    Array(Vec<Value>),
    /// A list of named values.
    Map(Attributes),
}

/// A list of attributes, in order, keys possibly repeated.
pub type Attributes = Vec<(String, Value)>;

/// An export request of any signal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// One element for each resource.
    pub resources: Vec<ResourceItems>,
}

/// What one resource sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResourceItems {
    /// The resource's attributes.
    pub attributes: Attributes,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The schema URL.
    pub schema_url: String,
    /// One element for each scope.
    pub scopes: Vec<ScopeItems>,
}

/// What one scope sent. Only the list of the request's signal is written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScopeItems {
    /// The scope's name.
    pub name: String,
    /// The scope's version.
    pub version: String,
    /// The scope's attributes.
    pub attributes: Attributes,
    /// Attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The schema URL.
    pub schema_url: String,
    /// Spans.
    pub spans: Vec<Span>,
    /// Log records.
    pub logs: Vec<LogRecord>,
    /// Metrics.
    pub metrics: Vec<Metric>,
}

/// A span. Times are ns since 1970; ids may have any length, so that wrong ones can be made.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub struct Span {
    pub trace_id: Vec<u8>,
    pub span_id: Vec<u8>,
    pub parent_span_id: Vec<u8>,
    pub trace_state: String,
    pub flags: u32,
    pub name: String,
    pub kind: i32,
    pub start_ns: u64,
    pub end_ns: u64,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
    pub events: Vec<Event>,
    pub dropped_events: u32,
    pub links: Vec<Link>,
    pub dropped_links: u32,
    pub status_code: i32,
    pub status_message: String,
}

/// A span event.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub struct Event {
    pub time_ns: u64,
    pub name: String,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub struct Link {
    pub trace_id: Vec<u8>,
    pub span_id: Vec<u8>,
    pub trace_state: String,
    pub flags: u32,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
}

/// A log record.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the names are those of the OTLP fields")]
pub struct LogRecord {
    pub time_ns: u64,
    pub observed_ns: u64,
    pub severity_number: i32,
    pub severity_text: String,
    pub body: Option<Value>,
    pub attributes: Attributes,
    pub dropped_attributes: u32,
    pub flags: u32,
    pub trace_id: Vec<u8>,
    pub span_id: Vec<u8>,
    pub event_name: String,
}

// === impl Request ===

impl Request {
    /// The request's bytes. Members that hold nothing are left out, as proto3 wants it; JSON is the strict form.
    pub fn encode(&self, signal: Signal, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Protobuf => protobuf::request(self, signal),
            Encoding::Json => json::request(self, signal).into_bytes(),
        }
    }
}
