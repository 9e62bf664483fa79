//! The one HTTP server and the one HTTP client; nothing of the product.
//!
//! [`Server`] owns the sockets, their limits and their deadlines. What it serves is a [`Router`]: one table of [`Route`] rows,
//! each with its methods, path, [`Door`] class and [`Handler`]; there is no other way to be reachable, so a test can walk every
//! door by walking [`Router::routes`]. Before a handler runs, one gate has checked `Host`, `Origin` and `Sec-Fetch-Site`
//! against the door's class; around it, panics are caught, headers that every answer needs are set, and refusals are kept in
//! the [`RefusalRing`]. [`Request::read_body`] reads and decompresses under limits, charging the process-wide [`Ledger`].
//!
//! [`Client`] speaks plain HTTP/1.1 and HTTP/2 to addresses that the operator configured. There is no TLS here.
//!
//! Invariants: `Content-Length` is never trusted; memory held for a body never exceeds its two limits; an ingest route never
//! redirects; a refusal is answered before the rest of the body is kept.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod aside;
pub mod body;
pub mod client;
pub mod compression;
pub mod cors;
pub mod credential;
mod gate;
pub mod grpc;
pub mod ledger;
mod panics;
pub mod percent;
pub mod problem;
pub mod refusal;
pub mod request;
pub mod response;
pub mod route;
pub mod server;

pub use body::{BodyError, ReceivedBody};
pub use client::{Answer, Client, ClientError, StreamAnswer};
pub use compression::BodyCodec;
pub use cors::CorsPolicy;
pub use credential::Credential;
pub use ledger::{Charge, Ledger, LedgerFull};
pub use refusal::{RefusalRing, Refused, RefusedRequest};
pub use request::{Head, Request};
pub use response::{Response, ResponseBody};
pub use route::{Cause, Condition, Door, Handler, Methods, Refusal, Route, Router, handler_fn};
pub use server::{BindError, Limits, Server, ServerConfig};

/// Any error a body or a socket may end with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
