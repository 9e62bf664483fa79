//! Each line read back: whether a receiver makes of it the rows that it was made of.

use super::Line;
use crate::transfer::row::StoredRow;
use glasshive_model::rows::Stamp;
use glasshive_receive_otlp::decode::{DecodeContext, Encoding, decode};

/// How many rows come back as they were, and of the first that does not, in what it differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Rows that come back as they were.
    pub same: u64,
    /// Rows that come back changed, or not at all.
    pub changed: u64,
    /// In what the first of them differs.
    pub example: Option<String>,
}

// === impl Proof ===

impl Proof {
    /// Reads a line back and compares. `now_ns` is when it would be received.
    pub fn add(&mut self, line: &Line, rows: &[StoredRow], now_ns: i64) {
        let context = DecodeContext {
            received_ns: now_ns,
            dataset_header: line.dataset.as_deref(),
            is_classic: line.dataset.is_some(),
            ..DecodeContext::default()
        };
        let found = match decode(line.signal, Encoding::Json, line.json.as_bytes(), &context) {
            Ok(decoded) => StoredRow::read(&decoded.rows.to_batch(Stamp { sequence: 1, ingest_time_ns: now_ns })),
            Err(error) => {
                self.changed += line.rows.len() as u64;
                self.example.get_or_insert_with(|| error.to_string());
                return;
            }
        };
        let mut left: Vec<Option<&StoredRow>> = found.iter().map(Some).collect();
        let mut others = Vec::new();
        for (place, row) in line.rows.iter().enumerate() {
            match left.get_mut(place) {
                Some(slot) if slot.is_some_and(|found| found.difference(&rows[*row]).is_none()) => *slot = None,
                _ => others.push((place, *row)),
            }
        }
        self.same += (line.rows.len() - others.len()) as u64;
        // Points of several metrics may make their rows in another order.
        for (place, row) in others {
            let slot = left.iter_mut().find(|slot| slot.is_some_and(|found| found.difference(&rows[row]).is_none()));
            match slot {
                Some(slot) => {
                    *slot = None;
                    self.same += 1;
                }
                None => {
                    self.changed += 1;
                    let differs = found.get(place).and_then(|found| found.difference(&rows[row]));
                    self.example.get_or_insert_with(|| differs.unwrap_or_else(|| "the whole row".to_owned()));
                }
            }
        }
    }
}
