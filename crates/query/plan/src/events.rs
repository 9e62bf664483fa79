//! The question for rows as they are, newest first.

use crate::fields::CalculatedField;
use crate::filter::Filters;
use crate::plan::Column;
use crate::time::TimeRange;

/// A request for raw rows: newest first, ties by order of arrival, latest first.
#[derive(Debug, Clone, PartialEq)]
pub struct EventsRequest {
    /// Calculated fields, as in [`crate::Plan::fields`].
    pub fields: Vec<CalculatedField>,
    /// Slugs of the datasets to look in; `None` = all of the environment.
    pub datasets: Option<Vec<String>>,
    /// The window, and how it was written.
    pub time: TimeRange,
    /// Which events are wanted.
    pub filters: Filters,
    /// Which columns are wanted; empty = all. An alias asked for is answered under the name asked for.
    pub columns: Vec<Column>,
    /// Most rows: 1..=10,000.
    pub limit: u32,
    /// Where an earlier answer ended: only rows after it, that is older ones, are wanted.
    pub after: Option<Cursor>,
}

/// A row's place in the order of raw rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// Event time, ns since 1970 UTC.
    pub time_ns: i64,
    /// Order of arrival.
    pub seq: i64,
}

/// Most rows of one answer.
pub const EVENTS_MAX: u32 = 10_000;
/// Rows of an answer to a request that names no limit.
pub const EVENTS_DEFAULT: u32 = 100;

impl EventsRequest {
    /// Everything in a time range, with the default limit.
    pub fn all(time: TimeRange) -> Self {
        Self {
            fields: Vec::new(),
            datasets: None,
            time,
            filters: Filters::default(),
            columns: Vec::new(),
            limit: EVENTS_DEFAULT,
            after: None,
        }
    }

    /// As [`crate::Plan::leaves_out`].
    pub fn leaves_out(&self, marker: &str) -> bool {
        let named = self.filters.conditions.iter().map(|condition| &condition.column).chain(&self.columns);
        let named = named.chain(self.fields.iter().flat_map(CalculatedField::columns));
        self.datasets.is_none() && !named.into_iter().any(|column| column.name == marker)
    }
}

impl Cursor {
    /// As text that fits an address: two decimal numbers with a `.` between.
    pub fn to_text(self) -> String {
        format!("{}.{}", self.time_ns, self.seq)
    }

    /// Reads [`Cursor::to_text`].
    pub fn from_text(text: &str) -> Option<Self> {
        let (time_ns, seq) = text.split_once('.')?;
        Some(Self { time_ns: time_ns.parse().ok()?, seq: seq.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_text() {
        for cursor in [Cursor { time_ns: 1_767_225_600_000_000_001, seq: 77 << 24 | 3 }, Cursor { time_ns: -5, seq: 0 }] {
            assert_eq!(Cursor::from_text(&cursor.to_text()), Some(cursor));
        }
        for wrong in ["", "1", "1.", "a.b", "1.2.3"] {
            assert_eq!(Cursor::from_text(wrong), None, "{wrong}");
        }
    }
}
