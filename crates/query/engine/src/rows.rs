//! Raw rows: found by a narrow scan for (time, arrival), then read whole.

mod fetch;

pub(crate) use fetch::{chunk_rows, fetch};

use crate::control::{Control, Flow};
use crate::error::Failure;
use crate::question::Question;
use crate::related::{Ids, Related};
use crate::scan::{Footers, Output, Outputs, Scan, Unit, filtered, times};
use crate::tasks::Tasks;
use arrow_array::ArrayRef;
use glasshive_model::Value;
use glasshive_model::shown::ShownRow;
use glasshive_query_plan::{Cursor, Note, Reason};
use glasshive_store::Snapshot;
use std::sync::Arc;

/// What looking for rows needs.
#[derive(Clone)]
pub(crate) struct Finder {
    pub snapshot: Arc<Snapshot>,
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

    /// The rows behind some hits, in their order; fewer, and a note, when they take more memory than there is. `None` reads all
    /// columns.
    pub(crate) async fn rows(&self, hits: Vec<Hit>, columns: Option<&[crate::column::Resolved]>) -> Result<Vec<ShownRow>, Failure> {
        let reservation = self.control.reservation("raw rows");
        let mut rows = Vec::with_capacity(hits.len());
        let mut rest = hits;
        while let Some(first) = rest.first().map(|hit| hit.unit.clone()) {
            let (here, elsewhere): (Vec<Hit>, Vec<Hit>) = rest.into_iter().partition(|hit| Arc::ptr_eq(&hit.unit, &first));
            rest = elsewhere;
            if self.control.flow()? == Flow::Stop {
                break;
            }
            let wanted: Vec<Cursor> = here.iter().map(|hit| hit.cursor).collect();
            match fetch(&first, &wanted, columns, &self.control.meter).await {
                Ok(found) => {
                    let bytes = found.iter().map(heap_bytes).sum();
                    rows.extend(found);
                    if reservation.try_grow(bytes).is_err() {
                        self.note_too_many();
                        break;
                    }
                }
                Err(Failure::Read(error)) => crate::scan::leave_out(error, first.file(), &self.control)?,
                Err(failure) => return Err(failure),
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse((row.time_ns, row.seq)));
        Ok(rows)
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
