//! What must be there: the in-memory reference that every snapshot is compared with.

use crate::age::Age;
use crate::body::{FORMAT, SimDecoder};
use crate::reading::Found;
use bytes::Bytes;
use glasshive_model::names::META_INGEST_TIME;
use glasshive_model::rows::Stamp;
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::sink::body_hash;
use glasshive_model::{Appended, Codec, Decoder as _, EnvironmentId, RecordMeta, Rows, SinkError, Submission};
use glasshive_store::Registry;
use glasshive_store::catalog::ColumnRow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Every request there ever was, and what is known of it.
#[derive(Default)]
pub struct Reference {
    requests: Vec<Request>,
    columns: BTreeMap<(EnvironmentId, u32), ColumnRow>,
    /// The greatest sequence seen before the present life.
    sequence_before: u64,
    sequence_max: u64,
    /// How old rows may become.
    pub age: Age,
    /// The first thing that was wrong.
    pub violation: Option<String>,
    /// Requests answered `Stored`, `Duplicate`, and refused.
    pub answers: [u64; 3],
}

/// A request: one body, sent once or more.
struct Request {
    environment: EnvironmentId,
    codec: Codec,
    body: Bytes,
    hash: u128,
    meta: RecordMeta,
    rows: Arc<Rows>,
    expected: Vec<ShownRow>,
    /// When each delivery was received.
    received_ns: Vec<i64>,
    /// When the first one was made, by the universe's time.
    first_sent: Option<Duration>,
    /// Deliveries without an answer yet, in this life.
    in_flight: u32,
    /// It was answered, or was readable: it must be there from now on.
    is_kept: bool,
    kept_at: Option<Duration>,
    /// Some delivery was answered with yes.
    is_answered: bool,
    /// It may be there although it was not answered.
    is_possible: bool,
    /// An answer said no; a restart may still bring it.
    is_refused: bool,
    sequence: Option<u64>,
}

/// What was known of each request when a snapshot was taken.
pub struct Claims {
    kept: BTreeSet<u64>,
    possible: BTreeSet<u64>,
}

/// Whether requests may be missing because bytes of the log decayed.
#[derive(Debug, Clone, Default)]
pub struct Damage {
    /// Whether any byte of the log ever decayed.
    pub log_decayed: bool,
    /// The sequences that the store's messages name as lost.
    pub named: BTreeSet<u64>,
    /// Whether it said that the log ends in a torn group.
    pub torn_tail: bool,
}

// === impl Reference ===

impl Reference {
    /// Adds a request and returns its number. The body names it.
    pub fn add(&mut self, environment: EnvironmentId, text: &str, codec: Codec, body: Vec<u8>) -> u64 {
        let meta = RecordMeta { format: FORMAT, key_id: self.requests.len() as u64 % 3, ..RecordMeta::default() };
        let rows = SimDecoder.decode(&meta, 0, text.as_bytes()).expect("the simulation writes bodies that it can read");
        let expected = shown_rows(&rows.to_batch(Stamp { sequence: 0, ingest_time_ns: 0 }));
        self.requests.push(Request {
            environment,
            codec,
            body: body.into(),
            hash: body_hash(text.as_bytes()),
            meta,
            rows: Arc::new(rows),
            expected: expected.into_iter().map(without_stamp).collect(),
            received_ns: Vec::new(),
            first_sent: None,
            in_flight: 0,
            is_kept: false,
            kept_at: None,
            is_answered: false,
            is_possible: false,
            is_refused: false,
            sequence: None,
        });
        self.requests.len() as u64 - 1
    }

    /// The number that the next request gets.
    pub fn next_number(&self) -> u64 {
        self.requests.len() as u64
    }

    /// When a request was first sent.
    pub fn first_sent(&self, number: u64) -> Option<Duration> {
        self.requests[number as usize].first_sent
    }

    /// Whether some delivery of a request was answered with yes: the next one must find it known.
    pub fn is_answered(&self, number: u64) -> bool {
        self.requests[number as usize].is_answered
    }

    /// A delivery begins.
    pub fn begin(&mut self, number: u64, received_ns: i64, now: Duration) -> Submission {
        let request = &mut self.requests[number as usize];
        request.received_ns.push(received_ns);
        request.first_sent.get_or_insert(now);
        request.in_flight += 1;
        Submission {
            environment: request.environment,
            received_ns,
            meta: request.meta.clone(),
            codec: request.codec,
            body: request.body.clone(),
            body_hash: request.hash,
            rows: request.rows.clone(),
        }
    }

    /// A delivery was answered. `was_answered`: another one had been when it began.
    pub fn end(&mut self, number: u64, was_answered: bool, answer: &Result<Appended, SinkError>, now: Duration) {
        let (before, max) = (self.sequence_before, &mut self.sequence_max);
        let request = &mut self.requests[number as usize];
        request.in_flight -= 1;
        let mut wrong = None;
        match answer {
            Ok(Appended::Stored { sequence }) => {
                self.answers[0] += 1;
                if was_answered {
                    wrong = Some(format!("request {number} was stored again, as {sequence}, within the re-delivery window"));
                }
                if *sequence <= before {
                    wrong = Some(format!("request {number} got sequence {sequence}, but {before} was given out before the restart"));
                }
                if request.sequence.is_some_and(|known| known != *sequence) {
                    wrong = Some(format!("request {number} has two sequences, {:?} and {sequence}", request.sequence));
                }
                *max = (*max).max(*sequence);
                request.sequence = Some(*sequence);
                request.is_answered = true;
                request.keep(now);
            }
            Ok(Appended::Duplicate) => {
                self.answers[1] += 1;
                request.is_answered = true;
                request.keep(now);
            }
            Err(error) => {
                self.answers[2] += 1;
                request.is_refused = true;
                if !error.kind().is_retryable() {
                    wrong = Some(format!("request {number} was refused for good: {error}"));
                }
            }
        }
        if let Some(wrong) = wrong {
            self.wrong(wrong);
        }
    }

    /// Something is wrong; the first such thing is kept.
    pub fn wrong(&mut self, violation: String) {
        self.violation.get_or_insert(violation);
    }

    /// The process is gone. What was in flight may have been kept, and what was refused may come back.
    ///
    /// `forgiven`: what was first kept after this time may be lost, as relaxed durability allows.
    pub fn end_life(&mut self, forgiven: Option<Duration>) {
        self.sequence_before = self.sequence_max;
        let mut any_forgiven = false;
        for request in &mut self.requests {
            request.is_possible |= request.in_flight > 0 || request.is_refused;
            request.in_flight = 0;
            request.is_refused = false;
            if let (Some(after), Some(kept_at)) = (forgiven, request.kept_at)
                && kept_at >= after
            {
                any_forgiven = true;
                request.forget();
                request.is_possible = true;
            }
        }
        if any_forgiven {
            self.forget_lost();
        }
    }

    /// What a snapshot taken now must and may hold.
    pub fn claims(&self, environment: EnvironmentId) -> Claims {
        let of_environment = || (0u64..).zip(&self.requests).filter(|(_, request)| request.environment == environment);
        let numbers =
            |wanted: fn(&Request) -> bool| of_environment().filter(|(_, request)| wanted(request)).map(|(number, _)| number).collect();
        let kept = numbers(|request| request.is_kept);
        let possible = numbers(|request| request.is_kept || request.is_possible || request.in_flight > 0);
        Claims { kept, possible }
    }

    /// Compares what was found with what was claimed. What is found is kept from now on.
    ///
    /// With `damage` (the first look after a start) requests may be missing for the reasons it allows, and what is not there
    /// now will not come by itself.
    pub fn compare(&mut self, claims: &Claims, found: Vec<Found>, now: Duration, damage: Option<&Damage>) -> Result<(), String> {
        let mut by_request: BTreeMap<u64, Vec<Found>> = BTreeMap::new();
        for row in found {
            by_request.entry(row.request).or_default().push(row);
        }
        for (number, rows) in &mut by_request {
            if !claims.possible.contains(number) {
                return Err(format!("request {number} is readable, though it was never sent here, or refused"));
            }
            rows.sort_by_key(|row| row.seq);
            let sequence = self.requests[*number as usize].compare(*number, rows, &self.age)?;
            self.sequence_max = self.sequence_max.max(sequence);
            self.requests[*number as usize].keep(now);
        }
        let is_missing = |number: &u64| !by_request.contains_key(number) && !self.requests[*number as usize].may_be_over(&self.age);
        let missing: Vec<u64> = claims.kept.iter().copied().filter(is_missing).collect();
        match damage {
            None => match missing.first() {
                Some(number) => Err(format!("request {number} (sequence {:?}) is missing", self.requests[*number as usize].sequence)),
                None => Ok(()),
            },
            Some(damage) => self.settle(claims, &by_request, &missing, damage),
        }
    }

    fn settle(&mut self, claims: &Claims, by_request: &BTreeMap<u64, Vec<Found>>, missing: &[u64], damage: &Damage) -> Result<(), String> {
        let last = by_request.values().flatten().map(|row| (row.seq >> 24) as u64).max().unwrap_or(0);
        for number in missing {
            let sequence = self.requests[*number as usize].sequence;
            let is_named = sequence.is_some_and(|sequence| damage.named.contains(&sequence));
            let is_tail = damage.torn_tail && sequence.is_none_or(|sequence| sequence > last);
            if !(damage.log_decayed && (is_named || is_tail)) {
                return Err(format!("request {number} (sequence {sequence:?}) is missing after a start; {damage:?}"));
            }
            self.requests[*number as usize].forget();
        }
        if !missing.is_empty() {
            self.forget_lost();
        }
        for number in claims.possible.iter().filter(|number| !by_request.contains_key(number)) {
            self.requests[*number as usize].is_possible = false;
        }
        Ok(())
    }

    /// Compares the registry with what was seen of it before: a column never changes, and no two are called alike.
    pub fn compare_registry(&mut self, environment: EnvironmentId, registry: &Registry) -> Result<(), String> {
        let mut physical = BTreeSet::new();
        let present: BTreeMap<u32, &ColumnRow> = registry.columns().map(|column| (column.id, column)).collect();
        for column in present.values() {
            if !physical.insert(&column.physical) {
                return Err(format!("two columns are called {:?} in files", column.physical));
            }
        }
        for ((of, id), known) in &self.columns {
            if *of == environment && present.get(id) != Some(&known) {
                return Err(format!("column {known:?} became {:?}", present.get(id)));
            }
        }
        let present = present.into_iter().map(|(id, column)| ((environment, id), column.clone()));
        self.columns.extend(present);
        Ok(())
    }

    /// Columns and sequences that only lost requests had may be given to others.
    fn forget_lost(&mut self) {
        self.columns.clear();
        self.sequence_before = self.requests.iter().filter_map(|request| request.sequence).max().unwrap_or(0);
        self.sequence_max = self.sequence_before;
    }
}

// === impl Claims ===

impl Claims {
    /// Whether rows of this request may be there.
    pub fn may_hold(&self, request: u64) -> bool {
        self.possible.contains(&request)
    }
}

// === impl Request ===

impl Request {
    fn keep(&mut self, now: Duration) {
        self.is_kept = true;
        self.kept_at.get_or_insert(now);
    }

    fn forget(&mut self) {
        self.is_kept = false;
        self.kept_at = None;
        self.is_answered = false;
        self.sequence = None;
    }

    /// Whether rows of it may have been kept long enough.
    fn may_be_over(&self, age: &Age) -> bool {
        self.received_ns.iter().any(|received_ns| age.is_over(*received_ns))
    }

    /// Compares the rows found of this request, in order of `_seq`, with those it has.
    fn compare(&mut self, number: u64, rows: &[Found], age: &Age) -> Result<u64, String> {
        let sequence = (rows[0].seq >> 24) as u64;
        if let Some(other) = rows.iter().find(|row| (row.seq >> 24) as u64 != sequence) {
            return Err(format!("request {number} is there twice, as {sequence} and {}", other.seq >> 24));
        }
        if let Some(known) = self.sequence.filter(|known| *known != sequence) {
            return Err(format!("request {number} was {known} and is {sequence} now"));
        }
        if rows.len() != self.expected.len() && (rows.len() > self.expected.len() || !self.may_be_over(age)) {
            return Err(format!("request {number} has {} rows, not {}", rows.len(), self.expected.len()));
        }
        if let Some(twice) = rows.windows(2).find(|pair| pair[0].seq == pair[1].seq) {
            return Err(format!("row {} of request {number} is there twice", twice[0].row));
        }
        for row in rows {
            let index = row.seq & 0xff_ffff;
            let Some(expected) = self.expected.get(index as usize).filter(|_| row.row == index as u64) else {
                return Err(format!("row {index} of request {number} is row {} with _seq {}", row.row, row.seq));
            };
            if !self.received_ns.contains(&row.ingest_ns) {
                return Err(format!("request {number} says it was received at {}, not {:?}", row.ingest_ns, self.received_ns));
            }
            let shown = without_stamp(row.shown.clone());
            if shown != *expected {
                return Err(format!("row {index} of request {number} is {shown:?}, not {expected:?}"));
            }
        }
        self.sequence = Some(sequence);
        Ok(sequence)
    }
}

/// A row without what the store stamps on it.
fn without_stamp(mut row: ShownRow) -> ShownRow {
    row.seq = 0;
    row.fields.retain(|(name, _)| name != META_INGEST_TIME);
    row
}
