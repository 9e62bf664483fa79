//! X-Ray on the wire: datagrams, segment documents, trace headers and sampling calls read leniently into typed structures.
//!
//! Speaks what X-Ray's SDKs send to a daemon (UDP frames of one document each, <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html>),
//! the segment document as its developer guide describes it and as SDKs for Python, Node, Go and Java really write it, the header
//! `X-Amzn-Trace-Id`, and the two calls by which SDKs learn how to sample. No I/O, and nothing of the product.
//!
//! Start with [`frame::document_of`], which opens a datagram, [`json::parse`] and [`document::read`], which make an [`Entity`] of a
//! document's text, and [`Rejection`], which says why one could not be read.
//!
//! ```
//! use glasshive_wire_xray::{document, frame, json};
//!
//! let datagram = b"{\"format\":\"json\",\"version\":1}\n{\"name\":\"shop\",\"id\":\"70de5b6f19ff9a0a\",\
//!     \"trace_id\":\"1-581cf771-a006649127e371903a2de979\",\"start_time\":1478293361.271,\"end_time\":1478293361.449}";
//! let text = frame::document_of(datagram)?;
//! let tree = json::parse(text).expect("it is JSON");
//! let read = document::read(&tree).expect("it is a segment");
//! assert_eq!((read.top.name, read.top.start_ns), ("shop", 1_478_293_361_271_000_000));
//! # Ok::<(), frame::FrameError>(())
//! ```
//!
//! Invariants: any bytes are answered, never with a panic; memory is in proportion to the bytes; nesting is bounded by
//! [`json::DEPTH_MAX`]; times are read as decimals, never through a binary fraction; what is not understood stays in the text,
//! which is kept beside.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod block;
mod decimal;
pub mod document;
pub mod entity;
pub mod frame;
pub mod id;
pub mod json;
pub mod matching;
pub mod rejection;
pub mod sampling;
pub mod trace_header;

pub use block::{Cause, Exception, Http, Link, Sql, StackFrame};
pub use document::Document;
pub use entity::Entity;
pub use json::Json;
pub use rejection::{Code, Rejection};
pub use trace_header::TraceHeader;
