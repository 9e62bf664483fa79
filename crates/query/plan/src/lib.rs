//! The one form of a query, and the languages that are parsed into it.
//!
//! A [`Plan`] says what is asked: calculations over events of a time window, filtered, grouped, ordered and cut. It names
//! columns and knows no data: which types a column has, and whether it exists, is for whoever answers. A plan is made by
//! [`spec::decode`] (the JSON query specification) or [`text::parse`] (one line of text), and both can be written back.
//! [`EventsRequest`] is the other question: rows as they are, newest first. [`Answer`] is what comes back of a plan. Both may
//! define [calculated fields](expression) and, in conditions and groups, name columns of [other spans](relation).
//!
//! What every evaluator must agree on stands here too, as pure functions: [`coerce`] (how values and literals of different
//! types meet), [`alias`] (names that mean one column), [`shown`] (which names are computed from system columns), [`lhist`]
//! (the distribution that percentiles come from), [`heatmap`] (how rows of a heatmap are chosen) and [`histogram`] (what points of
//! metrics add to a calculation). With the feature
//! `reference` there is a slow obvious evaluator to compare with, and a source of random plans.
//!
//! ```
//! let now_ns = 1_767_225_600_000_000_000;
//! let plan = glasshive_query_plan::text::parse("P99(duration_ms), COUNT WHERE http.route = /api/home GROUP BY name LAST 1h", now_ns)?;
//! assert_eq!(plan.calculations[0].label(), "P99(duration_ms)");
//! assert_eq!(plan.grid().step_ns, 30_000_000_000);
//! # Ok::<(), glasshive_query_plan::QueryError>(())
//! ```
//!
//! Invariants: a plan that came out of a parser is valid; its text and its specification parse back to it; nothing here
//! reads a clock, so `now_ns` is always given in.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![deny(missing_docs)]

pub mod alias;
pub mod answer;
#[cfg(test)]
mod arbitrary;
pub mod calculation;
pub mod coerce;
pub mod error;
pub mod events;
pub mod expression;
pub mod fields;
pub mod filter;
pub mod heatmap;
pub mod histogram;
pub mod level;
pub mod lhist;
pub mod plan;
pub mod relation;
pub mod shown;
pub mod spec;
pub mod text;
pub mod time;

#[cfg(feature = "reference")]
pub mod compare;
#[cfg(feature = "reference")]
pub mod random;
#[cfg(feature = "reference")]
pub mod reference;

pub use answer::{Answer, GroupRow, GroupValue, Measure, Missing, Note, NoteKind, Reason, SeriesRow, Wants};
pub use calculation::{Calculation, Op, Percentile};
pub use error::{Place, Problem, QueryError};
pub use events::{Cursor, EventsRequest};
pub use expression::{Expression, ExpressionError};
pub use fields::CalculatedField;
pub use filter::{Combination, Condition, FilterOp, Filters, Literal};
pub use level::Level;
pub use plan::{Column, Having, HavingOp, Order, OrderKey, Plan};
pub use relation::Relation;
pub use time::{Grid, Point, Step, TimeRange, Window, Written};
