//! The OTLP door: HTTP and gRPC requests checked, decoded, normalised and handed to the sink.
//!
//! Speaks OTLP 1.11 (<https://opentelemetry.io/docs/specs/otlp/>) over HTTP in protobuf and JSON, over gRPC, and gRPC's health
//! service; everything older that still arrives is understood. Refusals are worded as Honeycomb words them where it has a text.
//! It opens no socket (that is `glasshive-base-http`) and keeps nothing (that is the [`EventSink`](glasshive_model::EventSink)).
//!
//! Start with [`routes()`], the rows of the route table; [`decode::decode`], the pure function from bytes to rows that a replay
//! of the log runs again; and [`reply`], which turns a kind of error into OTLP's answers. [`auth`] finds the sender's key.
//!
//! ```
//! use glasshive_receive_otlp::decode::{DecodeContext, Encoding, Signal3, decode};
//!
//! let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"GET /",
//!     "traceId":"5759e988bd862e3fe1be46a994272793","spanId":"e1be46a994272793",
//!     "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000"}]}]}]}"#;
//! let context = DecodeContext { received_ns: 1_700_000_002_000_000_000, ..DecodeContext::default() };
//! let decoded = decode(Signal3::Traces, Encoding::Json, body, &context)?;
//! assert_eq!((decoded.rows.len(), decoded.rejected), (1, 0));
//! # Ok::<(), glasshive_receive_otlp::decode::DecodeError>(())
//! ```
//!
//! Invariants: the key is checked before the body is read; a request is answered with success only when the sink says that its
//! rows are durable; a client that goes away does not stop a write; the same bytes, headers and receive time give the same rows.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod auth;
pub mod config;
pub mod decode;
pub mod error;
mod export;
mod grpc;
mod normalise;
pub mod reply;
pub mod routes;

pub use config::{AuthMode, OtlpConfig};
pub use error::OtlpError;
pub use routes::routes;
