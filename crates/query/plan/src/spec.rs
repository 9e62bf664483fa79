//! The query specification: a plan as JSON.
//!
//! | member | type | default |
//! |---|---|---|
//! | `calculations` | at most 100 of `{op, column?}` | `[{"op":"COUNT"}]` |
//! | `calculated_fields` | at most 100 of `{name, expression}` | none |
//! | `filters` | at most 100 of `{column, op, value?}` | none |
//! | `filter_combination` | `AND`, `OR` | `AND` |
//! | `breakdowns` | at most 100 column names | none |
//! | `orders` | at most 100 of `{column?, op?, order?}`, `order` being `ascending` or `descending` | see [`Plan::ordering`]; `ascending` |
//! | `havings` | at most 100 of `{calculate_op, column?, op, value}` | none |
//! | `limit` | 1..=1000, in answers without series 1..=10000 | 1000 |
//! | `time_range` | seconds | 7200 |
//! | `start_time`, `end_time` | unix seconds, or RFC 3339 text where seconds are too coarse | |
//! | `granularity` | seconds; 0 = automatic | 0 |
//! | `datasets` | names | all |
//!
//! A column is its name, or `=name` for the column of exactly this name without aliases. `null` is the same as absent. Every
//! other member is an error. `datasets`, text times and `=` are ours; the rest is Honeycomb's query specification.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub(crate) use decode::{VALUES_MAX, unknown_calculation};
pub use decode::{decode, decode_events, decode_events_value, decode_for, decode_value};
pub use encode::{encode, encode_events};

#[cfg(doc)]
use crate::Plan;
