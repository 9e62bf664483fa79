//! What a column's numbers measure, as far as its name tells.

use super::number;

/// A unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unit {
    /// Bare numbers, and counts.
    Plain,
    /// Time; one is so many nanoseconds.
    Time(f64),
    /// Bytes.
    Bytes,
}

/// Endings of names, the longest first where one is the end of another.
const ENDINGS: [(&str, Unit); 8] = [
    ("_ns", Unit::Time(1.0)),
    ("_us", Unit::Time(1e3)),
    ("_ms", Unit::Time(1e6)),
    ("_s", Unit::Time(1e9)),
    ("_seconds", Unit::Time(1e9)),
    (".seconds", Unit::Time(1e9)),
    ("bytes", Unit::Bytes),
    ("body.size", Unit::Bytes),
];

impl Unit {
    /// Of a calculation by its label: of `P99(duration_ms)` that of the column, of every count none.
    pub fn of_calculation(label: &str) -> Self {
        match label.split_once('(') {
            Some((operator, column)) if !operator.starts_with("COUNT") => {
                Self::of_column(column.trim_end_matches(')').trim_start_matches('=').trim_matches('`'))
            }
            _ => Unit::Plain,
        }
    }

    /// Of a column by its name.
    pub fn of_column(name: &str) -> Self {
        ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map_or(Unit::Plain, |(_, unit)| *unit)
    }

    /// A value with three digits and its unit: `1.25 s`, `312 kB`, `4.5M`.
    pub fn show(self, value: f64) -> String {
        match self {
            _ if value == 0.0 => "0".to_owned(),
            Unit::Plain => number::axis(value),
            Unit::Time(ns) => number::duration(value * ns),
            Unit::Bytes => number::bytes(value),
        }
    }
}
