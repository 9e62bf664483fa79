//! Events going out and coming in: `glasshive export` and `glasshive import`.
//!
//! Rows leave as they are stored, page by page in order of arrival ([`pages`]), and are written as OTLP JSON lines, which any
//! receiver of OTLP takes ([`otlp`]), as Parquet or as CSV ([`export`]). They come in again as OTLP requests through the doors
//! that SDKs use ([`import`]): there is one way into the log.

pub mod export;
pub mod import;
pub mod otlp;
mod pages;
pub(crate) mod progress;
mod row;
mod spool;
