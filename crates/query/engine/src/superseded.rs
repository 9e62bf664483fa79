//! Rows of something unfinished that was told again: what X-Ray's senders say of a span before it has ended.
//!
//! Such rows are marked `meta.provisional`. One is superseded when another document told the same span: finished, or later. First the
//! provisional rows in reach are gathered, which are few; then the spans are looked up that tell of the same. See
//! `docs/decisions/0020-provisional-rows.md`.

use crate::column::{Names, Source};
use crate::control::Control;
use crate::error::Failure;
use crate::question::Question;
use crate::scan::{Footers, Output, Outputs, Scan, Unit, times};
use crate::tasks::Tasks;
use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{Array, ArrayRef};
use datafusion_execution::memory_pool::MemoryReservation;
use glasshive_model::names::{META_PROVISIONAL, META_SOURCE, TRACE_ID};
use glasshive_model::{Source as Dialect, SystemColumn, TraceId};
use glasshive_query_plan::{Column, Combination, Condition, FilterOp, Filters, Literal, Note, Reason, Window};
use glasshive_store::catalog::ColumnRow;
use glasshive_store::{Registry, Snapshot};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Provisional rows that one question looks at.
const ROWS_MAX: usize = 1_000_000;
/// By how much the starts of a span may differ from document to document, ns.
const START_GAP_NS: i64 = 60 * 1_000_000_000;

/// Rows that are left out of every answer.
pub(crate) struct Superseded {
    seqs: HashSet<i64>,
    /// The columns of the mark: a chunk or file without them has no such row.
    columns: Vec<ColumnRow>,
    _held: MemoryReservation,
}

/// What looking for them needs.
pub(crate) struct Search<'a> {
    /// Of all datasets, in [`reach`] of the question's window.
    pub snapshot: &'a Arc<Snapshot>,
    pub window: Window,
    /// One trace alone.
    pub trace: Option<TraceId>,
    pub footers: &'a Arc<Footers>,
    pub control: &'a Arc<Control>,
    pub threads: usize,
}

/// The trace and the span that a row is about.
type Key = ([u8; 16], [u8; 8]);

/// A row that may be superseded.
struct Provisional {
    key: Key,
    time_ns: i64,
    seq: i64,
    is_span: bool,
}

/// Whether some event of an environment was ever marked.
pub(crate) fn may_be_any(registry: &Registry) -> bool {
    !registry.columns_of(META_PROVISIONAL).is_empty()
}

/// Whether rows that may be superseded can pass these filters: only X-Ray's are.
pub(crate) fn may_pass(filters: &Filters) -> bool {
    let xray = Literal::Str(Dialect::Xray.word().to_owned());
    let excludes = |condition: &Condition| {
        condition.column == Column::exact(META_SOURCE)
            && match condition.op {
                FilterOp::NotEqual | FilterOp::NotIn => condition.values.contains(&xray),
                FilterOp::Equal | FilterOp::In => !condition.values.contains(&xray),
                _ => false,
            }
    };
    filters.combination != Combination::And || !filters.conditions.iter().any(excludes)
}

/// Where the documents may lie that supersede rows of a window.
pub(crate) fn reach(window: Window) -> Window {
    Window { start_ns: window.start_ns.saturating_sub(START_GAP_NS), end_ns: window.end_ns.saturating_add(START_GAP_NS) }
}

impl Superseded {
    /// Whether a chunk or file may hold marked rows.
    pub(crate) fn may_be_in(&self, source: Source<'_>) -> bool {
        self.columns.iter().any(|column| source.has_column(column)) || source.has_overflow(META_PROVISIONAL)
    }

    /// Whether the row of this arrival is left out.
    pub(crate) fn has(&self, seq: i64) -> bool {
        self.seqs.contains(&seq)
    }
}

impl Search<'_> {
    /// The superseded rows; `None` when no row in reach is provisional.
    pub(crate) async fn run(&self) -> Result<Option<Arc<Superseded>>, Failure> {
        let registry = &self.snapshot.registry;
        if !may_be_any(registry) {
            return Ok(None);
        }
        let held = self.control.reservation("provisional rows");
        let mut rows = self.provisional().await?;
        if rows.len() > ROWS_MAX {
            rows.truncate(ROWS_MAX);
            let text = format!("more than {ROWS_MAX} rows tell of something unfinished; some of what was finished may be counted twice");
            self.control.note(Note::missing(Reason::Rows, text));
        }
        held.try_resize(rows.len() * 2 * size_of::<Provisional>())?;
        let Some((first_ns, last_ns)) = rows.iter().map(|row| row.time_ns).min().zip(rows.iter().map(|row| row.time_ns).max()) else {
            return Ok(None);
        };
        // By span: the arrival of its last provisional row; of one that is out of reach, before everything.
        let mut spans: HashMap<Key, i64> = HashMap::with_capacity(rows.len());
        for row in &rows {
            let last = spans.entry(row.key).or_insert(i64::MIN);
            *last = if row.is_span { row.seq.max(*last) } else { *last };
        }
        let window = reach(Window { start_ns: first_ns, end_ns: last_ns.saturating_add(1) });
        let spans = Arc::new(spans);
        let told = self.told(window, &spans).await?;
        // Of a document the span's row comes before those of its annotations.
        let is_superseded = |row: &&Provisional| told.contains(&row.key) || spans.get(&row.key).is_some_and(|last| row.seq < *last);
        let seqs = rows.iter().filter(is_superseded).map(|row| row.seq).collect();
        let columns = registry.columns_of(META_PROVISIONAL).to_vec();
        Ok(Some(Arc::new(Superseded { seqs, columns, _held: held })))
    }

    async fn provisional(&self) -> Result<Vec<Provisional>, Failure> {
        let is_marked = Condition { column: Column::exact(META_PROVISIONAL), op: FilterOp::Exists, values: Vec::new() };
        let read = |columns: &[ArrayRef], found: &mut Vec<Provisional>| {
            let ids = |column: usize| columns[column].as_fixed_size_binary();
            let annotations = columns[3].as_primitive::<Int8Type>();
            let (times, seqs) = (times(&columns[4]), crate::cells::int64(&columns[5]).values());
            for row in 0..seqs.len() {
                let is_span = annotations.value(row) == 0;
                let span = ids(if is_span { 1 } else { 2 });
                if let (true, true) = (ids(0).is_valid(row), span.is_valid(row)) {
                    let key = (bytes(ids(0).value(row)), bytes(span.value(row)));
                    found.push(Provisional { key, time_ns: times[row], seq: seqs[row], is_span });
                }
            }
        };
        self.scan(self.window, is_marked, read).await
    }

    /// The spans of these that a finished document tells of.
    async fn told(&self, window: Window, spans: &Arc<HashMap<Key, i64>>) -> Result<HashSet<Key>, Failure> {
        let is_final = Condition { column: Column::exact(META_PROVISIONAL), op: FilterOp::DoesNotExist, values: Vec::new() };
        let spans = spans.clone();
        let read = move |columns: &[ArrayRef], found: &mut Vec<Key>| {
            let (traces, ids) = (columns[0].as_fixed_size_binary(), columns[1].as_fixed_size_binary());
            let annotations = columns[3].as_primitive::<Int8Type>();
            for row in (0..traces.len()).filter(|row| annotations.value(*row) == 0 && traces.is_valid(*row) && ids.is_valid(*row)) {
                let key = (bytes(traces.value(row)), bytes(ids.value(row)));
                if spans.contains_key(&key) {
                    found.push(key);
                }
            }
        };
        Ok(self.scan(window, is_final, read).await?.into_iter().collect())
    }

    /// What `read` finds in X-Ray's rows of a window that meet a condition: trace, span, parent, annotation, time and arrival.
    async fn scan<T: Send + 'static>(
        &self,
        window: Window,
        condition: Condition,
        read: impl Fn(&[ArrayRef], &mut Vec<T>) + Clone + Send + Sync + 'static,
    ) -> Result<Vec<T>, Failure> {
        let is =
            |name: &str, value: String| Condition { column: Column::exact(name), op: FilterOp::Equal, values: vec![Literal::Str(value)] };
        let mut conditions = vec![is(META_SOURCE, Dialect::Xray.word().to_owned()), condition];
        conditions.extend(self.trace.map(|trace| is(TRACE_ID, trace.to_string())));
        let filters = Filters { combination: Combination::And, conditions };
        let names = Names { registry: &self.snapshot.registry, fields: &[] };
        let mut outputs = Outputs::default();
        for column in [SystemColumn::TraceId, SystemColumn::SpanId, SystemColumn::ParentId, SystemColumn::Annotation] {
            outputs.add(Output::System(column));
        }
        outputs.add(Output::Time);
        outputs.add(Output::Seq);
        let scan = Arc::new(Scan { question: Question::new(window, None, &filters, |_| false, names), outputs });
        let queue = Arc::new(scan.units(self.snapshot, self.footers, self.control, None).await?);
        let mut tasks = Tasks::default();
        for _ in 0..self.threads {
            let (scan, queue, control, read) = (scan.clone(), queue.clone(), self.control.clone(), read.clone());
            tasks.spawn(async move {
                let reservation = control.reservation("provisional rows");
                let mut found = Vec::new();
                scan.work(&queue, &control, &mut |_: &Unit, columns: Vec<ArrayRef>| {
                    if found.len() <= ROWS_MAX {
                        read(&columns, &mut found);
                    }
                    Ok(reservation.try_resize(found.capacity() * size_of::<T>())?)
                })
                .await?;
                Ok(found)
            });
        }
        Ok(tasks.all().await?.into_iter().flatten().collect())
    }
}

fn bytes<const N: usize>(id: &[u8]) -> [u8; N] {
    id.try_into().unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_leave_xray_out_have_nothing_superseded() {
        let source = |op, values: &[&str]| Condition {
            column: Column::exact(META_SOURCE),
            op,
            values: values.iter().map(|value| Literal::Str((*value).to_owned())).collect(),
        };
        for (op, values, may) in [
            (FilterOp::NotEqual, &["xray"][..], false),
            (FilterOp::NotEqual, &["otlp"], true),
            (FilterOp::NotIn, &["otlp", "xray"], false),
            (FilterOp::Equal, &["otlp"], false),
            (FilterOp::In, &["otlp", "xray"], true),
            (FilterOp::Exists, &[], true),
        ] {
            let with = |combination| may_pass(&Filters { combination, conditions: vec![source(op, values)] });
            assert_eq!((with(Combination::And), with(Combination::Or)), (may, true), "{op:?} {values:?}");
        }
        assert!(may_pass(&Filters { combination: Combination::And, conditions: Vec::new() }));
    }
}
