//! X-Ray's API as AWS's SDKs and command line speak it: REST-JSON, signed with SigV4.
//!
//! [`routes`] gives the rows of the route table: each operation is a `POST` to a path of its own, at the root and under `/aws/xray`. [`Api`]
//! holds what the handlers use; the engine comes later than the sockets ([`Api::open`]), and until then what needs it is answered as
//! throttled, which clients try again.
//!
//! Who asks is told by a signature ([`sigv4`]) of a key of kind `aws`; the holder of an `aws-id`, whose secret is not known here, may
//! send and sample ([`access`]). Whatever is refused has one of the codes that typed clients know ([`fault`]).
//!
//! Invariants: an answer has the members that the API's model names and no null; nothing but [`access`] decides who may; no secret and no
//! signature stands in a message.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod ask;
mod fault;
mod handle;
mod operation;
mod sigv4;
mod token;

pub use access::AuthMode;
pub use operation::{Api, ApiConfig, routes};
