//! What must be there: the in-memory reference that every snapshot is compared with.

mod deletions;
mod request;

pub use deletions::Deletions;

use crate::age::Age;
use crate::reading::Found;
use glasshive_model::shown::ShownRow;
use glasshive_model::{Appended, Codec, EnvironmentId, SinkError, Submission};
use glasshive_store::catalog::{ColumnRow, DeletionRow};
use glasshive_store::{Registry, RowFilter};
use request::Request;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Every request there ever was, and what is known of it.
#[derive(Default)]
pub struct Reference {
    requests: Vec<Request>,
    /// Requests with the same rows in the same environment, by the first of them.
    families: BTreeMap<u64, Vec<u64>>,
    columns: BTreeMap<(EnvironmentId, u32), ColumnRow>,
    /// What was deleted.
    pub deletions: Deletions,
    /// The greatest sequence seen before the present life; `None` once sequences may be given out a second time.
    sequence_before: Option<u64>,
    sequence_max: u64,
    /// The latest time that any request was received at, as the clock said then.
    received_max_ns: i64,
    /// How old rows may become.
    pub age: Age,
    /// The first thing that was wrong.
    pub violation: Option<String>,
    /// Requests answered `Stored`, `Duplicate`, and refused.
    pub answers: [u64; 3],
    /// An older catalog was put back and what it does not know was not taken in yet: rows of requests before this one.
    hidden_before: u64,
}

/// What was known of each request when a snapshot was taken.
pub struct Claims {
    kept: BTreeSet<u64>,
    possible: BTreeSet<u64>,
    /// First requests of the families of those.
    possible_roots: BTreeSet<u64>,
    /// Deletions that were done.
    done: BTreeSet<usize>,
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

/// Rows that were found, by request.
type ByRequest = BTreeMap<u64, Vec<Found>>;

// === impl Reference ===

impl Reference {
    /// Nothing has been sent.
    pub fn new(age: Age) -> Self {
        Self { age, sequence_before: Some(0), ..Self::default() }
    }

    /// Adds a request and returns its number. The body names it, or with `root` the earlier request whose rows it sends again.
    pub fn add(&mut self, environment: (EnvironmentId, &str), root: Option<u64>, text: &str, codec: Codec, body: Vec<u8>) -> u64 {
        let number = self.next_number();
        let root = root.unwrap_or(number);
        self.families.entry(root).or_default().push(number);
        self.requests.push(Request::new(number, environment, root, text, (codec, body)));
        number
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

    /// Whose a request is, the first that had its rows, and its body.
    pub fn original(&self, number: u64) -> (EnvironmentId, u64, &str) {
        let root = self.requests[number as usize].root;
        let request = &self.requests[root as usize];
        (request.environment, root, &request.text)
    }

    /// The rows of a request, as people see them.
    pub fn rows(&self, number: u64) -> (EnvironmentId, &[ShownRow]) {
        let request = &self.requests[number as usize];
        (request.environment, &request.expected)
    }

    /// No file counts as received later.
    pub fn latest_ns(&self) -> i64 {
        self.received_max_ns.max(self.age.believed_ns())
    }

    /// A delivery begins, now or a moment later: no two of requests with the same rows are received at the same time.
    pub fn begin(&mut self, number: u64, now_ns: i64, now: Duration) -> Submission {
        let family = &self.families[&self.requests[number as usize].root];
        let is_taken = |time_ns: &i64| family.iter().any(|member| self.requests[*member as usize].received_ns.contains(time_ns));
        let received_ns = (now_ns..).find(|time_ns| !is_taken(time_ns)).expect("there is always a later time");
        self.received_max_ns = self.received_max_ns.max(received_ns);
        let request = &mut self.requests[number as usize];
        request.received_ns.push(received_ns);
        request.first_sent.get_or_insert(now);
        request.in_flight += 1;
        request.submission(received_ns)
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
                if let Some(before) = before.filter(|before| sequence <= before) {
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
        self.sequence_before = self.sequence_before.map(|_| self.sequence_max);
        self.deletions.end_life(self.next_number());
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

    /// Somebody asks for a deletion; its number.
    pub fn ask_deletion(&mut self, environment: EnvironmentId, filter: RowFilter) -> usize {
        self.deletions.ask(environment, filter, self.hidden_before)
    }

    /// Takes in what the catalog says of deletions.
    pub fn learn_deletions(&mut self, rows: &[DeletionRow]) {
        if let Err(wrong) = self.deletions.learn(rows) {
            self.wrong(wrong);
        }
    }

    /// A catalog of before is put back, with these deletions: rows of files that it does not know are nowhere to be seen. With
    /// `restarts` the log is gone too, and sequences are given out a second time.
    pub fn catalog_restored(&mut self, deletions: &[DeletionRow], restarts: bool) -> Result<(), String> {
        self.hidden_before = self.next_number();
        for request in self.requests.iter_mut().filter(|request| request.first_sent.is_some()) {
            request.is_hidden = true;
            request.is_possible = true;
        }
        self.columns.clear();
        if restarts {
            self.sequence_before = None;
        }
        self.deletions.forget_but(deletions)
    }

    /// Every file that the catalog did not know has been taken in: what was kept is there again, and something besides may be.
    pub fn unknown_files_adopted(&mut self) {
        self.hidden_before = 0;
        for request in self.requests.iter_mut().filter(|request| request.first_sent.is_some()) {
            request.is_hidden = false;
            request.is_possible = true;
            request.is_partial |= !request.is_kept;
        }
        // Columns of these files may have come before others.
        self.columns.clear();
    }

    /// What a snapshot taken now must and may hold.
    pub fn claims(&self, environment: EnvironmentId) -> Claims {
        let of_environment = || (0u64..).zip(&self.requests).filter(|(_, request)| request.environment == environment);
        let numbers =
            |wanted: fn(&Request) -> bool| of_environment().filter(|(_, request)| wanted(request)).map(|(number, _)| number).collect();
        let kept = numbers(|request| request.is_kept);
        let possible: BTreeSet<u64> = numbers(|request| request.is_kept || request.is_possible || request.in_flight > 0);
        let possible_roots = possible.iter().map(|number| self.requests[*number as usize].root).collect();
        Claims { kept, possible, possible_roots, done: self.deletions.done() }
    }

    /// Compares what was found with what was claimed. What is found is kept from now on.
    ///
    /// With `damage` (the first look after a start) requests may be missing for the reasons it allows, and what is not there
    /// now will not come by itself.
    pub fn compare(&mut self, claims: &Claims, found: Vec<Found>, now: Duration, damage: Option<&Damage>) -> Result<(), String> {
        let mut by_request = ByRequest::new();
        for row in found {
            by_request.entry(self.owner(&row)?).or_default().push(row);
        }
        for (number, rows) in &mut by_request {
            if !claims.possible.contains(number) {
                return Err(format!("request {number} is readable, though it was never sent here, or refused"));
            }
            rows.sort_by_key(|row| row.seq);
            let request = &mut self.requests[*number as usize];
            let sequence = request.compare(*number, rows, &self.deletions, &claims.done)?;
            self.sequence_max = self.sequence_max.max(sequence);
        }
        let mut missing = Vec::new();
        for number in &claims.kept {
            match self.lacking(*number, &by_request) {
                None => {}
                Some(_) if !by_request.contains_key(number) => missing.push(*number),
                Some(row) => return Err(format!("row {row} of request {number} is missing, others of it are there")),
            }
        }
        for number in by_request.keys() {
            let request = &mut self.requests[*number as usize];
            request.is_partial |= request.is_hidden && !request.is_kept;
            request.keep(now);
            // It was not claimed before: all of it, or nothing.
            if let Some(row) = self.lacking(*number, &by_request).filter(|_| !claims.kept.contains(number)) {
                return Err(format!("row {row} of request {number} is missing, others of it are there"));
            }
        }
        match damage {
            None => match missing.first() {
                Some(number) => Err(format!("request {number} (sequence {:?}) is missing", self.requests[*number as usize].sequence)),
                None => Ok(()),
            },
            Some(damage) => self.settle(claims, &by_request, &missing, damage),
        }
    }

    /// The request that a row is of. Requests with the same rows are told apart by when they were received.
    fn owner(&self, row: &Found) -> Result<u64, String> {
        let Some(family) = self.families.get(&row.request) else {
            return Err(format!("request {} is readable, though it was never sent", row.request));
        };
        let is_its = |number: &&u64| self.requests[**number as usize].received_ns.contains(&row.ingest_ns);
        family
            .iter()
            .find(is_its)
            .copied()
            .ok_or_else(|| format!("a row of request {} says it was received at {}, and none was", row.request, row.ingest_ns))
    }

    /// A row of a request that must be there and is not. Of equal rows of several requests one is enough.
    fn lacking(&self, number: u64, by_request: &ByRequest) -> Option<u64> {
        let family = &self.families[&self.requests[number as usize].root];
        let is_there =
            |member: &u64, row: usize| by_request.get(member).is_some_and(|found| found.iter().any(|found| found.row == row as u64));
        // A row may be folded into another one, which may then go for reasons of its own; but whoever deletes one means both.
        let is_folded_and_gone = |row: usize| {
            let mut others = family.iter().map(|member| &self.requests[*member as usize]).filter(|request| request.first_sent.is_some());
            others.any(|request| request.may_go(row, &self.age))
                || self.requests[number as usize].may_be_deleted(number, row, &self.deletions)
        };
        let rows = 0..self.requests[number as usize].expected.len();
        let mut lacking = rows.filter(|row| !family.iter().any(|member| is_there(member, *row)) && !is_folded_and_gone(*row));
        lacking.next().map(|row| row as u64)
    }

    fn settle(&mut self, claims: &Claims, by_request: &ByRequest, missing: &[u64], damage: &Damage) -> Result<(), String> {
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
        // A lost request may have been missed by nobody: another one has its rows, or they were deleted.
        let may_end_early = damage.log_decayed && damage.torn_tail;
        if may_end_early {
            for request in self.requests.iter_mut().filter(|request| request.sequence.is_some_and(|sequence| sequence > last)) {
                request.sequence = None;
            }
        }
        if !missing.is_empty() || may_end_early || damage.log_decayed && !damage.named.is_empty() {
            self.forget_lost();
        }
        for number in claims.possible.iter().filter(|number| !by_request.contains_key(number)) {
            let request = &mut self.requests[*number as usize];
            request.is_possible &= request.is_hidden;
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
        let sequence = self.requests.iter().filter_map(|request| request.sequence).max().unwrap_or(0);
        self.sequence_before = self.sequence_before.map(|_| sequence);
        self.sequence_max = sequence;
    }
}

// === impl Claims ===

impl Claims {
    /// Whether rows of this request, or of another that has the same, may be there.
    pub fn may_hold(&self, request: u64) -> bool {
        self.possible_roots.contains(&request)
    }
}
