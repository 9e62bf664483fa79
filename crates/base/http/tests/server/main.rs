//! The server over real sockets: the matrix of doors, limits, bytes that break the protocol, HTTP/2 floods, shutting down, and the
//! client.
#![allow(clippy::unwrap_used)]

mod client;
mod http2;
mod limits;
mod matrix;
mod raw;
mod shutdown;
mod stage;
