//! Calculated fields that are kept: an environment's names for expressions, usable in each of its questions.
//!
//! A question that names one gets it as if it had been written into the question itself ([`Fields::add_to`]). A field shadows
//! nothing: when it is made, its name is no column's, and none that means a column by another name or of another span; where events
//! come to have a column of that name later, the column is what the name means. A field that the question defines itself comes
//! before one that is kept.
//!
//! Invariants: all fields of an environment together pass [`check`](glasshive_query_plan::fields::check), so that none names
//! itself in a circle; memory holds what the catalog said was kept.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod fields;

pub use error::FieldError;
pub use fields::{Fields, KeptField, NewField};
