//! The real binary with what is not on its machine: killed, cut off, restored from backups.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod objects;
mod postgres;
mod support;
