//! What several machines share, against real servers: the catalog on PostgreSQL, data files on S3.
//!
//! [`Postgres`] is a server in a temporary directory, on a socket of its own, [`Proxy`] stands between it and a client and cuts
//! the connection at a chosen moment. [`S3`] is an object store in memory, with faults to choose. The tests are in `tests/`;
//! `cargo xtask test build shared` runs them all.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod postgres;
pub mod proxy;
pub mod s3;

pub use postgres::Postgres;
pub use proxy::{Cut, Proxy};
pub use s3::{Fault, S3};
