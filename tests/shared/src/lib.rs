//! What several machines share, against real servers: the catalog on PostgreSQL.
//!
//! [`Postgres`] is a server in a temporary directory, on a socket of its own, [`Proxy`] stands between it and a client and cuts
//! the connection at a chosen moment. The tests are in `tests/`; `cargo xtask test shared` runs them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod postgres;
pub mod proxy;

pub use postgres::Postgres;
pub use proxy::{Cut, Proxy};
