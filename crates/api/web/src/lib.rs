//! The files of the web UI inside the binary, and the routes that serve them.
//!
//! `cargo xtask run` builds `web/` into `web/dist` before it builds the binary; [`routes`] serves what was there at compile time.
//! A binary that was built without the UI has no such rows, and the API's own page at `/` says so.
//!
//! Pages are one document: what is shown is decided in the browser, by the address. Files below `/assets` carry a hash of their
//! content in their names and are cached for good; the document is asked for again each time and answered with 304 while it is
//! the same. Brotli and gzip forms were made at build time; nothing is compressed while serving.
//!
//! Invariants: a page loads from this server only (see [`POLICY`]); no file is read at run time, so no path can lead outside.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod encoding;
mod file;
mod serve;
#[cfg(test)]
mod tests;

pub use file::{FILES, File};
pub use serve::{POLICY, routes};
