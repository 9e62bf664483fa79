//! OTLP on the wire: protobuf and JSON walked straight into a visitor.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod encode;
pub mod field;
