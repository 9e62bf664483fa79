//! The store: write-ahead log, live rows, data files and the catalog that names them.
//!
//! A request's way: [`Store::append`](glasshive_model::EventSink::append) queues it for the log writer; when its group is
//! synced its rows become a live chunk and the caller is answered; a flush cuts everything up to a sequence into data files,
//! one catalog transaction makes them visible and frees the log. Later files are merged, and go when their rows have been kept
//! long enough. [`Store::snapshot`] hands out readers over live chunks and
//! files of one instant. Everything the store asks of the world goes through [`world`], so that the same code runs under
//! simulation.
#![deny(missing_docs)]

pub mod adopt;
pub mod catalog;
mod config;
mod delete;
pub mod error;
mod fault;
pub mod file;
mod flush;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod ingest;
mod inner;
mod keeper;
pub mod live;
mod log;
mod merge;
mod numbers;
mod orphans;
mod overflow;
pub mod planted;
mod quarantine;
mod registry;
mod remote;
mod reserve;
mod retention;
mod snapshot;
mod store;
mod tail;
#[cfg(test)]
mod tests;
mod time;
pub mod verify;
pub mod world;

pub use config::{Compression, Durability, MergeConfig, StoreConfig};
pub use delete::{DeleteError, RowFilter};
pub use error::{FlushError, OpenError, ReadError};
pub use fault::{Fault, FaultKind};
pub use file::{DataFile, DataFileReader, TraceIndex};
pub use live::{Chunk, ChunkAttribute};
pub use planted::PlantedBug;
pub use registry::Registry;
pub use retention::{Retention, RetentionRule};
pub use snapshot::{Scope, Snapshot};
pub use store::{Check, OpenReport, Readiness, Store, StoreStats};
pub use tail::Tail;
