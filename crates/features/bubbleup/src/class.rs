//! Columns that do not count, whatever they show.

use crate::panel::Class;
use glasshive_query_engine::{ColumnTally, Tally};

/// Share of different values from which on a column names events rather than describes them.
const UNIQUE_SHARE: f64 = 0.9;
/// Rows below which that cannot be told.
const UNIQUE_ROWS: u64 = 20;

/// Why a column does not count, if so: it is asked about, names single events, or is everywhere the same.
pub(crate) fn class_of(column: &ColumnTally, selected: Tally, rest: Tally, asked: &[String]) -> Option<Class> {
    if asked.contains(&column.name) {
        return Some(Class::Asked);
    }
    if is_time_or_id(&column.name) || is_unique(column) {
        return Some(Class::Unique);
    }
    let is_everywhere = column.selected.rows == selected.rows && column.rest.rows == rest.rows;
    (is_everywhere && column.values.len() == 1 && column.distinct.iter().all(|distinct| *distinct <= 1)).then_some(Class::Constant)
}

fn is_unique(column: &ColumnTally) -> bool {
    let may_be = !column.is_number || names_things(&column.name);
    let sides = [(column.distinct[0], column.selected.rows), (column.distinct[1], column.rest.rows)];
    may_be && sides.iter().all(|(distinct, rows)| *rows > UNIQUE_ROWS && *distinct as f64 / *rows as f64 > UNIQUE_SHARE)
}

/// Whether numbers under this name are names of things.
fn names_things(name: &str) -> bool {
    name == "id" || name.ends_with("_id") || name.ends_with(".id")
}

fn is_time_or_id(name: &str) -> bool {
    let last = name.rsplit(['.', '_']).next().unwrap_or_default();
    name.starts_with("trace.")
        || matches!(name, "meta.ingest_time" | "meta.observed_time_ns" | "meta.sample_rate")
        || matches!(last, "timestamp" | "uuid")
}
