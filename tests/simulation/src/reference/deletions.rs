//! Deletions that were asked for, and which rows each of them means.

use glasshive_model::names::{META_DATASET, TRACE_ID};
use glasshive_model::shown::ShownRow;
use glasshive_model::{EnvironmentId, TraceId, Value};
use glasshive_store::RowFilter;
use glasshive_store::catalog::DeletionRow;
use std::collections::BTreeSet;

/// What the asker calls himself, before the deletion's number.
const ASKER: &str = "asker ";

/// Every deletion there ever was.
#[derive(Default)]
pub struct Deletions(Vec<Deletion>);

struct Deletion {
    environment: EnvironmentId,
    filter: RowFilter,
    /// Requests from this number on were first sent after it was asked for.
    before: u64,
    /// What the store noted: rows up to this sequence, of those received up to this time.
    noted: Option<(u64, i64)>,
    /// There is a proof that it was done.
    is_done: bool,
    /// When it was asked for, rows of requests before this one may have been in files that the catalog did not know. They are
    /// meant too: no such file brings them back.
    hidden_before: u64,
}

/// A row whose fate is asked for.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub environment: EnvironmentId,
    /// The request's number.
    pub request: u64,
    pub row: &'a ShownRow,
}

impl Deletions {
    /// Somebody asks for a deletion; its number.
    pub fn ask(&mut self, environment: EnvironmentId, filter: RowFilter, hidden_before: u64) -> usize {
        self.0.push(Deletion { environment, filter, before: u64::MAX, noted: None, is_done: false, hidden_before });
        self.0.len() - 1
    }

    /// By whom the catalog is told that a deletion was asked for.
    pub fn asker(number: usize) -> String {
        format!("{ASKER}{number}")
    }

    /// A filter that was used before.
    pub fn filter(&self, number: usize) -> Option<(EnvironmentId, RowFilter)> {
        self.0.get(number).map(|deletion| (deletion.environment, deletion.filter.clone()))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Asking has ended, whatever it came to: what is sent from now on came later.
    pub fn was_asked(&mut self, number: usize, next_request: u64) {
        let before = &mut self.0[number].before;
        *before = (*before).min(next_request);
    }

    /// The process is gone, and nobody asks any more.
    pub fn end_life(&mut self, next_request: u64) {
        (0..self.0.len()).for_each(|number| self.was_asked(number, next_request));
    }

    /// Takes in what the catalog says.
    pub fn learn(&mut self, rows: &[DeletionRow]) -> Result<(), String> {
        for row in rows {
            let number: Option<usize> = row.asked_by.strip_prefix(ASKER).and_then(|number| number.parse().ok());
            let Some(deletion) = number.and_then(|number| self.0.get_mut(number)) else {
                return Err(format!("nobody asked for deletion {} of {}", row.id, row.asked_by));
            };
            if serde_json::from_str(&row.filter).ok() != Some(deletion.filter.clone()) {
                return Err(format!("deletion {} is noted as {}", row.id, row.filter));
            }
            if deletion.is_done && row.finished.is_none() {
                return Err(format!("deletion {} was done and is not any more", row.id));
            }
            deletion.noted = Some((row.through, row.asked_ns));
            deletion.is_done |= row.finished.is_some();
        }
        Ok(())
    }

    /// An older catalog was put back, which knows of these only: what the others have done may have been done or not.
    pub fn forget_but(&mut self, known: &[DeletionRow]) -> Result<(), String> {
        for deletion in &mut self.0 {
            deletion.is_done = false;
        }
        self.learn(known)
    }

    /// Those that are done.
    pub fn done(&self) -> BTreeSet<usize> {
        (0..self.0.len()).filter(|number| self.0[*number].is_done).collect()
    }

    /// A deletion of these that is done and means a row that was found.
    pub fn broken(&self, done: &BTreeSet<usize>, asked: Asked<'_>, sequence: u64, received_ns: i64) -> Option<usize> {
        let is_broken = |number: &usize| {
            let deletion = &self.0[*number];
            let is_reached = |through| sequence <= through || asked.request < deletion.hidden_before;
            let is_meant = deletion.noted.is_some_and(|(through, asked_ns)| received_ns <= asked_ns && is_reached(through));
            is_meant && deletion.means(asked)
        };
        done.iter().copied().find(is_broken)
    }

    /// Whether a row may be deleted.
    pub fn may_mean(&self, asked: Asked<'_>, sequence: Option<u64>, received_ns: &[i64]) -> bool {
        self.0.iter().any(|deletion| {
            let is_old = deletion.noted.is_none_or(|(through, asked_ns)| {
                let is_before = received_ns.iter().any(|received_ns| *received_ns <= asked_ns);
                is_before && (asked.request < deletion.hidden_before || sequence.is_none_or(|sequence| sequence <= through))
            });
            asked.request < deletion.before && is_old && deletion.means(asked)
        })
    }
}

impl Deletion {
    fn means(&self, asked: Asked<'_>) -> bool {
        asked.environment == self.environment && matches(&self.filter, asked.row)
    }
}

/// Whether a filter means a row, by what people see of it.
fn matches(filter: &RowFilter, row: &ShownRow) -> bool {
    let has_text = |name: &str, text: &str| row.get(name).is_some_and(|value| matches!(value, Value::Str(of) if of == text));
    let has_trace = |text: &str| has_text(TRACE_ID, &TraceId::from_text(text).to_string());
    filter.trace_id.as_deref().is_none_or(has_trace)
        && filter.dataset.as_deref().is_none_or(|dataset| has_text(META_DATASET, dataset))
        && filter.time_from_ns.is_none_or(|from| row.time_ns >= from)
        && filter.time_to_ns.is_none_or(|to| row.time_ns < to)
        && filter.equals.iter().all(|(key, text)| row.get(key).is_some_and(|value| is_equal(value, text)))
}

fn is_equal(value: &Value, text: &str) -> bool {
    match value {
        Value::Str(of) | Value::Json(of) => of == text,
        Value::Int(number) => text.parse() == Ok(*number),
        Value::Float(number) => text.parse() == Ok(*number),
        Value::Bool(truth) => text.parse() == Ok(*truth),
        Value::Null => false,
    }
}
