//! The OTLP door over real sockets: a server with these routes, a sink that remembers, and clients that behave and misbehave.
#![allow(clippy::unwrap_used)]

mod golden;
mod grpc;
mod http;
mod matrix;
mod pressure;
mod stage;
#[path = "../support/mod.rs"]
mod support;
