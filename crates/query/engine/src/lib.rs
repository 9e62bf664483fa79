//! The query engine: plans run over a store's live rows and files.
//!
//! [`Engine`] answers a [`Plan`](glasshive_query_plan::Plan) with an [`Answer`](glasshive_query_plan::Answer), finds raw rows
//! ([`Engine::events`], [`Engine::trace`], [`Engine::trace_outline`]) and the documents that were kept beside them ([`Engine::documents`]), lists what there is to ask about ([`Engine::columns`], [`Engine::values`]), counts what
//! tells some rows from others ([`Engine::compare`]) and tells
//! which rows of what arrives pass a filter ([`Engine::follow`]). It serves nothing and parses nothing, and it reads only
//! through [`Store::snapshot`](glasshive_store::Store::snapshot).
//!
//! A question's way: names are looked up in the registry (`column`), the snapshot is cut into live chunks and row groups that
//! may hold wanted rows (`scan`), threads take them newest first, filter them (`question`, `cells`) and fold them into groups
//! (`fold`; of histograms what each point adds, `histogram`), keeping what files come to for the next question (`partials`), or note where rows lie (`rows`); where other spans of the trace decide, these are found first (`related`), as are rows that later ones supersede (`superseded`); states merge, groups are chosen, calculations are read (`aggregate`, `measures`).
//! Grouping, accumulators and memory accounts are DataFusion's, and this is the only crate that names it.
//!
//! Invariants: what a comparison or calculation means is decided in [`glasshive_query_plan`] alone; the fast ways through
//! Arrow's kernels give what its functions give. An answer never holds a value from bytes that fail their checksum. A question
//! ends within a batch of rows after it was called off or its time is up.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod aggregate;
mod cells;
mod column;
mod compare;
mod control;
mod cost;
mod engine;
mod error;
mod fold;
mod histogram;
mod intake;
mod measures;
mod partials;
mod question;
mod related;
mod rows;
mod scan;
mod superseded;
mod tasks;

pub use compare::{BucketTally, ColumnTally, Comparison, Sampled, Selection, SelectionPart, Tally, ValueTally};
pub use control::Cancel;
pub use cost::Cost;
pub use engine::{
    ColumnInfo, ColumnValues, Columns, ColumnsRequest, DocumentsRequest, Engine, EngineConfig, Follower, Outline, RawRows, StoredDocument,
    StoredPage, StoredRequest, TraceRequest, ValuesRequest,
};
pub use error::EngineError;
