//! The event: ids, columns of rows, and the traits by which floors meet.
//!
//! Everything Glasshive keeps is an event: one flat row of (environment, dataset, time, weight, fields). A request that was
//! received becomes [`Rows`], built column by column with [`RowsBuilder`] and never as an object per attribute. Rows travel to
//! the store through [`EventSink`]; after a crash the store gets them back from the logged bytes through [`Decoder`].
//!
//! Invariants: building rows is a pure function of (bytes, headers, key, receive time), so that the log can be replayed; a
//! cell that was set is never silently changed; system columns begin with one underscore and never collide with attributes.
#![deny(missing_docs)]

pub mod access;
pub mod column;
pub mod id;
pub mod kind;
pub mod limits;
pub mod names;
pub mod rows;
pub mod shown;
pub mod sink;
pub mod value;

pub use access::{Action, Grant, KeyKind, KeyState, KeyTable};
pub use column::{ColumnRef, ColumnType, SystemColumn};
pub use id::{EnvironmentId, SpanId, TraceId};
pub use kind::{Annotation, Signal, SignalClass, Source, SpanKind, StatusCode};
pub use rows::{Cell, KeyCode, Rows, RowsBuilder, SystemRow, Text};
pub use sink::{Appended, Codec, Decoder, EventSink, RecordMeta, SinkError, Submission};
pub use value::{Value, ValueRef};
