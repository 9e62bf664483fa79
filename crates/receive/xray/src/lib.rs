//! The X-Ray daemon's door: segments over UDP and the sampling calls of SDKs, handed to the sink.
//!
//! Answers on one port as X-Ray's daemon does (3.6): each UDP datagram is a document, kept as rows ([`decode`]) and as it was
//! received; over TCP, `POST /GetSamplingRules`, `/SamplingTargets` and `/TraceSegments` (and `/TelemetryRecords`, `/SamplingStatisticSummaries`).
//! Neither asks for a credential, as the daemon does not: what comes here goes to one environment.
//!
//! Start with [`udp::Daemon`], which owns the socket and its thread; [`intake::Intake`], which makes requests to the sink of what was
//! received; [`decode::XrayDecoder`], the pure function by which the log is replayed; and [`routes()`], the rows of the TCP side.
//!
//! Invariants: the thread that reads the socket waits for nothing; what waits is bounded, and what does not fit is counted; a document
//! that is not taken is told with its reason and its beginning; a batch is kept by the sink before another of the same worker
//! begins; the same batch and receive time give the same rows.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod batch;
pub mod calls;
pub mod config;
pub mod decode;
pub mod intake;
mod kernel;
mod normalise;
mod owners;
pub mod routes;
pub mod sampling;
mod semconv;
pub mod udp;

pub use calls::{AgentCall, Fault, RequestIds};
pub use config::XrayConfig;
pub use decode::XrayDecoder;
pub use intake::Intake;
pub use routes::routes;
pub use udp::{Bound, Daemon, DaemonError};

#[cfg(test)]
mod support;
