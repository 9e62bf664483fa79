//! A trace as a tree: spans, annotations and log lines of one trace id, in drawing order.
//!
//! [`build`] is a pure function from the rows of one trace, in any order and from any datasets, to a [`Trace`]: a flat list of
//! [`Node`]s, parents before children, as a waterfall draws them. [`build_from`] is the same for rows that stay where they are. It
//! reads no store and no clock.
//!
//! Invariants: every row that was given is found again exactly once, as a node, as an annotation of one, in
//! [`Trace::unattached`], or as a folded copy; the list is in depth-first order, so the rows of a subtree stand together; a
//! child's index is greater than its parent's; damage (missing parents, cycles, repeated ids) is marked, never hidden.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod facts;
mod forest;
mod measure;
#[cfg(test)]
mod tests;
mod trace;
mod words;

pub use facts::FIELDS;
pub use forest::{build, build_from};
pub use trace::{Annotation, AnnotationKind, Node, NodeKind, Problem, ServiceShare, Trace};
pub use words::{Word, Words};
