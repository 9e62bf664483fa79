//! Whole-product tests: the real binary, real sockets, real kills.
//!
//! [`Server`] is a running `glasshive serve`, [`Ask`] puts questions to it, [`Delivery`] sends generated bodies to it over several
//! connections and remembers which of them were acknowledged, [`check`] compares the two, [`Trace`] is what `strace` saw of it,
//! [`moment`] aims kills and tells what they hit. The tests are in `tests/`.
//!
//! The binary is the one named by `GLASSHIVE_BIN`, else the workspace's own, which is built first.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod ask;
pub mod check;
pub mod delivery;
pub mod directory;
pub mod moment;
pub mod server;
pub mod strace;

pub use ask::Ask;
pub use delivery::Delivery;
pub use server::{Server, glasshive};
pub use strace::Trace;
