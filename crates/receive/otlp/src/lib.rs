//! The OTLP door: HTTP and gRPC requests checked, decoded, normalised and handed to the sink.
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
