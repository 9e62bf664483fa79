//! Glasshive's own API, its OpenAPI document, health and metrics.
//!
//! [`routes`] gives the rows of the route table under `/hive/v1` and of the process itself (`/`, `/healthz`, `/readyz`,
//! `/metrics`); [`openapi::document`] is made from the very same rows. [`Hive`] holds what the handlers use; the store and the
//! engine come later than the sockets ([`Hive::open`]), and until then every route that needs them answers 503.
//!
//! What stands in JSON is defined in [`shape`], apart from the inner types, which stay free to change. Whatever is refused is a
//! [`problem`] document.
//!
//! Invariants: every row declares its action, and nothing but [`access`] decides who may; an answer fits the schema that the
//! document gives for it; a handler's future may be dropped at any point, which calls its query off.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
mod cookie;
mod endpoint;
mod handle;
mod hive;
pub mod openapi;
pub mod problem;
mod running;
pub mod shape;
mod table;
#[cfg(test)]
mod tests;

pub use access::AuthMode;
pub use handle::export::{ExportPage, answer as export_page};
pub use handle::query::answer as answer_query;
pub use hive::{Hive, HiveConfig, Open};
pub use table::routes;
