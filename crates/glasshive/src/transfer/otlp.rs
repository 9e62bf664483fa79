//! Stored rows as OTLP requests, one JSON line each: what an SDK could have sent so that exactly these rows come of it.
//!
//! | row | becomes |
//! |---|---|
//! | span, with the annotation rows of its request | a span with events and links ([`span`]) |
//! | log record | a log record ([`log`]) |
//! | metric row | a data point of each of its metrics ([`metric`]) |
//! | fields of the resource, the scope | theirs again ([`head`]) |
//! | fields that a receiver makes of other parts of the item | these parts; all others are attributes ([`own`]) |
//!
//! A dataset that a receiver would not give by itself stands beside the request, as `"glasshive":{"dataset":"..."}`, which other
//! receivers pass over. Each line is read back and compared with its rows ([`proof`]), so that what does not survive is known.

mod head;
mod lines;
mod log;
mod metric;
mod node;
mod own;
mod proof;
mod span;
#[cfg(test)]
mod tests;

pub use proof::Proof;

use super::row::StoredRow;
use glasshive_model::{Annotation, Signal, Source};
use glasshive_receive_otlp::decode::Signal3;
use lines::Lines;
use std::collections::HashMap;

/// A request.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which door takes it.
    pub signal: Signal3,
    /// The dataset that has to be named to the door, if one has.
    pub dataset: Option<String>,
    /// The request as JSON in one line, without the line's end.
    pub json: String,
    /// Which of the given rows it holds.
    pub rows: Vec<usize>,
}

/// Rows that OTLP has no words for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which of the given rows.
    pub row: usize,
    /// Why.
    pub why: &'static str,
}

/// The requests of some rows, in order of arrival, and what could not be put into one.
pub fn encode(rows: &[StoredRow]) -> (Vec<Line>, Vec<LeftOut>) {
    let mut lines = Lines::default();
    let mut left_out = Vec::new();
    // Annotations stand before their span in its request, and wait for it here.
    let mut waiting: HashMap<(i64, [u8; 16], [u8; 8]), Vec<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let leave_out = |why| Some(LeftOut { row: index, why });
        left_out.extend(match Signal::from_number(row.signal) {
            _ if row.source != Source::Otlp.number() => leave_out("it came in another dialect"),
            _ if row.time_ns <= 0 => leave_out("its time is before 1970"),
            Some(Signal::Trace) if row.annotation != Annotation::None.number() => match (row.trace_id, row.parent_id) {
                (Some(trace), Some(parent)) => {
                    waiting.entry((row.sequence(), trace, parent)).or_default().push(index);
                    None
                }
                _ => leave_out("it is a span event or link without a span"),
            },
            Some(Signal::Trace) => match (row.trace_id, row.span_id) {
                (Some(trace), Some(span)) => {
                    let annotations = waiting.remove(&(row.sequence(), trace, span)).unwrap_or_default();
                    span::push(&mut lines, rows, index, &annotations);
                    None
                }
                _ => leave_out("it is a span without ids"),
            },
            Some(Signal::Log) => {
                log::push(&mut lines, row, index);
                None
            }
            Some(Signal::Metric) => match metric::push(&mut lines, row, index) {
                true => None,
                false => leave_out("it is a metric row that does not describe its metrics"),
            },
            _ => leave_out("it is neither trace nor log nor metric"),
        });
    }
    let alone = waiting.into_values().flatten().map(|row| LeftOut { row, why: "it is a span event or link, and its span is not there" });
    left_out.extend(alone);
    left_out.sort_by_key(|left_out| left_out.row);
    (lines.finish(), left_out)
}
