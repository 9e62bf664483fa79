//! BubbleUp: what selected events have in common that the others have not.
//!
//! [`rank`] is a pure function from a [`Comparison`](glasshive_query_engine::Comparison), in which the engine counted every column on
//! both sides, to [`Panel`]s: one for each column, the most telling first. Columns that say the same stand behind one another. It
//! reads no store and no clock.
//!
//! A column of text, truth values or few different numbers is a *dimension*: its effect is the greatest difference of the shares
//! that a value has on both sides. Other numbers are a *measure*: their effect is the greatest distance of the cumulative shares.
//! What chance alone would make of so few rows, and of so many values, is taken off (the formula stands in `score.rs`). Shares go by
//! sample rates, and rows of different rates count for fewer: some that stand for thousands prove no more than they are.
//!
//! Invariants: shares are of all events of a side, absent ones counted as a value, so that a column that few have weighs little;
//! the order does not depend on the order of the columns given.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bins;
mod class;
mod panel;
mod rank;
mod score;
#[cfg(test)]
mod tests;

pub use panel::{Bin, BinKind, Class, Panel, Ranking};
pub use rank::rank;
