//! Raw rows: found by a narrow scan for (time, arrival), then read whole.

mod fetch;
mod gathered;

pub(crate) use fetch::{chunk_rows, fetch};
pub(crate) use gathered::{Fields, Gathered};

use crate::control::{Control, Flow};
use crate::error::Failure;
use crate::question::Question;
use crate::related::{Ids, Related};
use crate::scan::{Footers, Output, Outputs, Scan, Unit, filtered, times};
use crate::superseded::Superseded;
use crate::tasks::Tasks;
use arrow_array::ArrayRef;
use datafusion_execution::memory_pool::MemoryReservation;
use glasshive_model::Value;
use glasshive_model::shown::ShownRow;
use glasshive_query_plan::{Cursor, Note, Reason};
use glasshive_store::Snapshot;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What looking for rows needs.
#[derive(Clone)]
pub(crate) struct Finder {
    pub snapshot: Arc<Snapshot>,
    /// Rows of a trace that are left out; those of other questions are left out by the question.
    pub superseded: Option<Arc<Superseded>>,
    pub footers: Arc<Footers>,
    pub control: Arc<Control>,
    pub threads: usize,
}

/// Where a row is.
#[derive(Clone)]
pub(crate) struct Hit {
    pub cursor: Cursor,
    pub unit: Arc<Unit>,
}

impl Finder {
    /// The newest rows that a question wants, newest first: at most `limit`, all older than `after`.
    pub(crate) async fn newest(
        &self,
        question: Question,
        related: Option<&Arc<Related>>,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Vec<Hit>, Failure> {
        let mut outputs = Outputs { outputs: vec![Output::Time, Output::Seq], ..Outputs::default() };
        let related = related.map(|related| (related.clone(), Ids::of(&mut outputs)));
        let scan = Arc::new(Scan { question, outputs });
        let queue = Arc::new(scan.units(&self.snapshot, &self.footers, &self.control, None).await?);
        let mut tasks = Tasks::default();
        for _ in 0..self.threads {
            let (scan, queue, control, related) = (scan.clone(), queue.clone(), self.control.clone(), related.clone());
            tasks.spawn(async move {
                let mut newest = Newest { limit, after, hits: Vec::new(), unit: None };
                let reservation = control.reservation("rows");
                scan.work(&queue, &control, &mut |unit: &Unit, columns: Vec<ArrayRef>| {
                    let columns = match &related {
                        Some((related, ids)) => filtered(&columns, related.mask(&columns, *ids))?,
                        None => columns,
                    };
                    newest.take(unit, times(&columns[0]), crate::cells::int64(&columns[1]).values());
                    Ok(reservation.try_resize(newest.hits.capacity() * size_of::<Hit>())?)
                })
                .await?;
                newest.cut();
                Ok(newest.hits)
            });
        }
        let mut hits: Vec<Hit> = tasks.all().await?.into_iter().flatten().collect();
        hits.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.cursor));
        hits.truncate(limit);
        Ok(hits)
    }

    /// The rows behind some hits, newest first; fewer, and a note, when they take more memory than there is, or the time is up. `None`
    /// reads all columns.
    pub(crate) async fn rows(&self, hits: Vec<Hit>, columns: Option<&[crate::column::Resolved]>) -> Result<Vec<ShownRow>, Failure> {
        let mut kept = Fitting { rows: Vec::new(), held: self.control.reservation("raw rows"), let_go: None };
        for (unit, wanted) in by_unit(hits) {
            if self.control.flow()? == Flow::Stop {
                break;
            }
            let mut take = |rows: Vec<ShownRow>| kept.add(rows, self.control.memory_bytes);
            match fetch(&unit, &wanted, columns, &self.control, &mut take).await {
                Ok(Flow::GoOn) => {}
                Ok(Flow::Stop) => break,
                Err(Failure::Read(error)) => {
                    // The answer goes without all of it.
                    let wanted: HashSet<i64> = wanted.iter().map(|cursor| cursor.seq).collect();
                    kept.rows.retain(|row| !wanted.contains(&row.seq));
                    crate::scan::leave_out(error, unit.file(), &self.control)?;
                }
                Err(failure) => return Err(failure),
            }
            if kept.let_go.is_some() {
                self.note_too_many();
                break;
            }
        }
        kept.sort();
        Ok(kept.rows)
    }

    /// Rows turned into others, one by one; fewer, and a note, when these take more memory than there is, or the time is up.
    pub(crate) fn turned(&self, rows: Vec<ShownRow>, turn: impl Fn(ShownRow) -> ShownRow) -> Result<Vec<ShownRow>, Failure> {
        let reservation = self.control.reservation("turned rows");
        let mut turned = Vec::with_capacity(rows.len());
        for row in rows {
            if self.control.flow()? == Flow::Stop {
                break;
            }
            let row = turn(row);
            if reservation.try_grow(heap_bytes(&row)).is_err() {
                self.note_too_many();
                break;
            }
            turned.push(row);
        }
        Ok(turned)
    }

    fn note_too_many(&self) {
        let text = "the rows take more memory than a query may have; some are missing; ask for fewer or raise query.memory";
        self.control.note(Note::missing(Reason::Memory, text));
    }
}

/// Rows that were read, as many as there is memory for.
struct Fitting {
    rows: Vec<ShownRow>,
    held: MemoryReservation,
    /// The newest row that was let go.
    let_go: Option<Cursor>,
}

impl Fitting {
    /// Adds rows. When they take too much, the oldest go: so many that it is seldom done.
    fn add(&mut self, rows: Vec<ShownRow>, memory_bytes: usize) {
        let before = self.rows.len();
        self.rows.extend(rows.into_iter().filter(|row| self.let_go.is_none_or(|let_go| cursor_of(row) > let_go)));
        if self.held.try_grow(self.rows[before..].iter().map(heap_bytes).sum()).is_ok() {
            return;
        }
        self.sort();
        let (most, mut bytes) = (memory_bytes / 4 * 3, 0);
        let fits = |row: &&ShownRow| {
            bytes += heap_bytes(row);
            bytes <= most
        };
        let fitting = self.rows.iter().take_while(fits).count();
        self.let_go = self.rows.get(fitting).map(cursor_of).or(self.let_go);
        self.rows.truncate(fitting);
        self.held.resize(self.rows.iter().map(heap_bytes).sum());
    }

    /// Newest first.
    fn sort(&mut self) {
        self.rows.sort_by_key(|row| std::cmp::Reverse(cursor_of(row)));
    }
}

fn cursor_of(row: &ShownRow) -> Cursor {
    Cursor { time_ns: row.time_ns, seq: row.seq }
}

/// Hits by the unit that they are in, in order of the first of each.
fn by_unit(hits: Vec<Hit>) -> Vec<(Arc<Unit>, Vec<Cursor>)> {
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut units: Vec<(Arc<Unit>, Vec<Cursor>)> = Vec::new();
    for Hit { cursor, unit } in hits {
        let place = *places.entry(Arc::as_ptr(&unit) as usize).or_insert(units.len());
        if place == units.len() {
            units.push((unit, Vec::new()));
        }
        units[place].1.push(cursor);
    }
    units
}

/// About how much memory a shown row takes.
fn heap_bytes(row: &ShownRow) -> usize {
    let text = |value: &Value| match value {
        Value::Str(text) | Value::Json(text) => text.capacity(),
        _ => 0,
    };
    let fields = row.fields.iter().map(|(name, value)| size_of::<(String, Value)>() + name.capacity() + text(value));
    let keys = row.resource_keys.iter().chain(&row.scope_keys).map(|key| size_of::<String>() + key.capacity());
    size_of::<ShownRow>() + fields.chain(keys).sum::<usize>()
}

/// The newest hits of one worker.
struct Newest {
    limit: usize,
    after: Option<Cursor>,
    hits: Vec<Hit>,
    /// The unit that the last batch came from.
    unit: Option<Arc<Unit>>,
}

impl Newest {
    fn take(&mut self, unit: &Unit, times: &[i64], seqs: &[i64]) {
        let known = self.unit.take().filter(|known| known.is_same(unit));
        let shared = known.unwrap_or_else(|| Arc::new(unit.clone()));
        self.unit = Some(shared.clone());
        for (time_ns, seq) in times.iter().zip(seqs) {
            let cursor = Cursor { time_ns: *time_ns, seq: *seq };
            if self.after.is_none_or(|after| cursor < after) {
                self.hits.push(Hit { cursor, unit: shared.clone() });
            }
        }
        if self.hits.len() >= self.limit.saturating_mul(2).max(1_024) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.hits.len() > self.limit {
            self.hits.select_nth_unstable_by_key(self.limit, |hit| std::cmp::Reverse(hit.cursor));
            self.hits.truncate(self.limit);
        }
    }
}
