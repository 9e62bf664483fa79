//! A request: one body, sent once or more.

use super::deletions::{Asked, Deletions};
use crate::age::{Age, Sort};
use crate::body::{FORMAT, SimDecoder};
use crate::reading::Found;
use bytes::Bytes;
use glasshive_model::names::META_INGEST_TIME;
use glasshive_model::rows::Stamp;
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::sink::body_hash;
use glasshive_model::{Codec, Decoder as _, EnvironmentId, RecordMeta, Rows, Signal, SignalClass, Submission};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What is known of a request.
pub(super) struct Request {
    pub environment: EnvironmentId,
    /// The request whose rows these are too; itself, if it is the first of them.
    pub root: u64,
    pub text: String,
    codec: Codec,
    body: Bytes,
    hash: u128,
    meta: RecordMeta,
    rows: Arc<Rows>,
    pub expected: Vec<ShownRow>,
    sorts: Vec<Sort>,
    /// When each delivery was received.
    pub received_ns: Vec<i64>,
    /// When the first one was made, by the universe's time.
    pub first_sent: Option<Duration>,
    /// Deliveries without an answer yet, in this life.
    pub in_flight: u32,
    /// It was answered, or was readable: it must be there from now on.
    pub is_kept: bool,
    pub kept_at: Option<Duration>,
    /// Some delivery was answered with yes.
    pub is_answered: bool,
    /// It may be there although it was not answered.
    pub is_possible: bool,
    /// An answer said no; a restart may still bring it.
    pub is_refused: bool,
    pub sequence: Option<u64>,
    /// Some of its rows may be in files that the catalog does not know.
    pub is_hidden: bool,
    /// Some of its rows came out of such a file, though it had never been said that they are kept.
    pub is_partial: bool,
}

impl Request {
    pub fn new(number: u64, environment: (EnvironmentId, &str), root: u64, text: &str, (codec, body): (Codec, Vec<u8>)) -> Self {
        let meta = RecordMeta { format: FORMAT, key_id: number % 3, ..RecordMeta::default() };
        let rows = SimDecoder.decode(&meta, 0, text.as_bytes()).expect("the simulation writes bodies that it can read");
        let expected: Vec<ShownRow> =
            shown_rows(&rows.to_batch(Stamp { sequence: 0, ingest_time_ns: 0 })).into_iter().map(without_stamp).collect();
        let slugs = rows.dataset_slugs();
        let sorts = rows.datasets().iter().zip(rows.signals()).map(|(dataset, signal)| Sort {
            environment: environment.1.to_owned(),
            class: Signal::from_number(*signal).map_or(SignalClass::Spans, Signal::class),
            dataset: slugs[*dataset as usize].clone(),
        });
        Self {
            environment: environment.0,
            root,
            text: text.to_owned(),
            codec,
            body: body.into(),
            hash: body_hash(text.as_bytes()),
            meta,
            sorts: sorts.collect(),
            rows: Arc::new(rows),
            expected,
            received_ns: Vec::new(),
            first_sent: None,
            in_flight: 0,
            is_kept: false,
            kept_at: None,
            is_answered: false,
            is_possible: false,
            is_refused: false,
            sequence: None,
            is_hidden: false,
            is_partial: false,
        }
    }

    pub fn submission(&self, received_ns: i64) -> Submission {
        Submission {
            environment: self.environment,
            received_ns,
            meta: self.meta.clone(),
            codec: self.codec,
            body: self.body.clone(),
            body_hash: self.hash,
            rows: self.rows.clone(),
        }
    }

    pub fn keep(&mut self, now: Duration) {
        self.is_kept = true;
        self.kept_at.get_or_insert(now);
    }

    pub fn forget(&mut self) {
        self.is_kept = false;
        self.kept_at = None;
        self.is_answered = false;
        self.sequence = None;
    }

    /// Whether a row of it may have been kept long enough, or lie where nobody sees it.
    pub fn may_go(&self, row: usize, age: &Age) -> bool {
        let is_over = || self.received_ns.iter().any(|received_ns| age.is_over(*received_ns, &self.sorts[row]));
        self.is_hidden || self.is_partial || is_over()
    }

    /// Whether a row of it may have been deleted.
    pub fn may_be_deleted(&self, number: u64, row: usize, deletions: &Deletions) -> bool {
        let asked = Asked { environment: self.environment, request: number, row: &self.expected[row] };
        deletions.may_mean(asked, self.sequence, &self.received_ns)
    }

    /// Compares the rows found of this request, in order of `_seq`, with those it has.
    pub fn compare(&mut self, number: u64, rows: &[Found], deletions: &Deletions, done: &BTreeSet<usize>) -> Result<u64, String> {
        let sequence = (rows[0].seq >> 24) as u64;
        if let Some(other) = rows.iter().find(|row| (row.seq >> 24) as u64 != sequence) {
            return Err(format!("request {number} is there twice, as {sequence} and {}", other.seq >> 24));
        }
        if let Some(known) = self.sequence.filter(|known| *known != sequence) {
            return Err(format!("request {number} was {known} and is {sequence} now"));
        }
        if let Some(twice) = rows.windows(2).find(|pair| pair[0].seq == pair[1].seq) {
            return Err(format!("row {} of request {number} is there twice", twice[0].row));
        }
        for row in rows {
            let index = row.seq & 0xff_ffff;
            let Some(expected) = self.expected.get(index as usize).filter(|_| row.row == index as u64) else {
                return Err(format!("row {index} of request {number} is row {} with _seq {}", row.row, row.seq));
            };
            if !is_same(&row.shown, expected) {
                return Err(format!("row {index} of request {number} is {:?}, not {expected:?}", row.shown));
            }
            let asked = Asked { environment: self.environment, request: number, row: expected };
            if let Some(deletion) = deletions.broken(done, asked, sequence, row.ingest_ns) {
                return Err(format!("row {index} of request {number} (sequence {sequence}) was deleted by {deletion} and is readable"));
            }
        }
        self.sequence = Some(sequence);
        Ok(sequence)
    }
}

/// Whether a row that was found is this one, but for what the store stamps on it.
fn is_same(found: &ShownRow, expected: &ShownRow) -> bool {
    let fields = || found.fields.iter().filter(|(name, _)| name != META_INGEST_TIME);
    found.time_ns == expected.time_ns
        && found.resource_keys == expected.resource_keys
        && found.scope_keys == expected.scope_keys
        && fields().eq(&expected.fields)
}

/// A row without what the store stamps on it.
fn without_stamp(mut row: ShownRow) -> ShownRow {
    row.seq = 0;
    row.fields.retain(|(name, _)| name != META_INGEST_TIME);
    row
}
