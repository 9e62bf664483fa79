//! OTLP on the wire: protobuf and JSON walked straight into a visitor.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod encode;
pub mod error;
pub mod field;
pub mod json;
pub mod reply;
pub mod signal;

pub use error::WireError;
pub use signal::{Encoding, Signal};
