//! Rows as they are stored, page by page in order of arrival: what an export is made of.

mod arrivals;
mod whole;

use super::raw::EVERYTHING;
use super::{Engine, Inner};
use crate::column::Names;
use crate::control::{Cancel, Control};
use crate::error::{EngineError, Failure};
use crate::question::Question;
use crate::related::{Ask, Ids, Related, Search};
use crate::rows::Hit;
use crate::scan::{Output, Outputs, Scan, Unit, filtered, times};
use crate::tasks::Tasks;
use arrivals::{Arrivals, Owner, Owners, ReadOwner as _};
use arrow_array::{ArrayRef, RecordBatch};
use glasshive_model::{EnvironmentId, Signal, SignalClass, SystemColumn};
use glasshive_query_plan::{Cursor, EventsRequest, Filters, Note, Relation};
use glasshive_store::{DataFile, Scope, Snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which page of which rows.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRequest {
    /// Which rows: fields, datasets, time and filters; columns, limit and cursor do not matter. Nothing is left out that a question
    /// leaves out unless it is named.
    pub events: EventsRequest,
    /// Only rows of later log sequences than this.
    pub after: u64,
    /// Only rows of log sequences up to this.
    pub through: u64,
    /// About as many rows as a page is to have. A page ends between requests, so that one request may make it longer.
    pub rows: usize,
    /// With a span come all its events and links, with one of these its span and what else belongs to it.
    pub whole_spans: bool,
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPage {
    /// The rows in order of arrival, with every stored column that one of them may have; `None` when the page has none. The types
    /// are those of [`SystemColumn::field`] and [`glasshive_model::ColumnType::data_type`].
    pub batch: Option<RecordBatch>,
    /// Give this as `after` for the rows that follow; `None` when there are none. A page may be empty and have others after it.
    pub next: Option<u64>,
    /// What to know about the page: rows that could not be read.
    pub notes: Vec<Note>,
}

/// Rows of units that one page looks at, about: what arrived later is left to the next page.
const ROWS_LOOKED_AT: u64 = 2 << 20;
/// Of these, row groups of so many times the rows that a page is to have, and of at least so many.
const PAGES_LOOKED_AT: u64 = 4;
const ROWS_LOOKED_AT_LEAST: u64 = 4_096;

impl Engine {
    /// A page of rows as they are stored. Each page is a question of its own, with the memory and time of one.
    ///
    /// # Errors
    /// As [`EngineError`] says; after [`EngineError::OutOfMemory`] a smaller page may do.
    pub async fn stored(&self, environment: EnvironmentId, request: &StoredRequest, cancel: Cancel) -> Result<StoredPage, EngineError> {
        let request = request.clone();
        self.run("export", cancel, move |inner, control| async move {
            let page = Page { inner: &inner, control: &control, environment, request: &request };
            let window = request.events.time.window;
            let all = inner.snapshot(environment, window, request.events.datasets.clone());
            let reach = reach(&all, request.after, request.through);
            let snapshot = Arc::new(narrowed(&all, request.after, reach));
            let related = page.related(&snapshot).await?;
            let (mut hits, end) = page.find(&snapshot, related.as_ref(), reach).await?;
            if request.whole_spans && !hits.is_empty() {
                hits = page.with_whole_spans(hits).await?;
            }
            let batch = whole::read(hits, &control).await?;
            // Nobody would come back for what a page goes without.
            control.nothing_is_unread()?;
            let notes = control.take_notes(inner.config.time_limit, None, None)?;
            Ok(StoredPage { batch, next: (end < request.through).then_some(end), notes })
        })
        .await
    }
}

/// What making a page needs.
struct Page<'a> {
    inner: &'a Inner,
    control: &'a Arc<Control>,
    environment: EnvironmentId,
    request: &'a StoredRequest,
}

impl Page<'_> {
    async fn related(&self, snapshot: &Arc<Snapshot>) -> Result<Option<Arc<Related>>, Failure> {
        let names = Names { registry: &snapshot.registry, fields: &self.request.events.fields };
        let ask = Ask::new(&self.request.events.filters, &[], names);
        if !ask.has_others() {
            return Ok(None);
        }
        let window = self.request.events.time.window;
        let search = Search {
            ask: &ask,
            names,
            question: &|| self.question(&ask.own, names),
            snapshot,
            spans: &self.inner.snapshot(self.environment, Relation::reach(window), None),
            window,
            footers: &self.inner.footers,
            control: self.control,
            threads: self.inner.threads(),
        };
        Ok(Some(Arc::new(search.run().await?)))
    }

    fn question(&self, own: &Filters, names: Names<'_>) -> Question {
        let events = &self.request.events;
        Question::new(events.time.window, events.datasets.clone(), own, |_| false, names)
    }

    /// The rows of the page that pass, and the last sequence that it is about.
    async fn find(&self, snapshot: &Arc<Snapshot>, related: Option<&Arc<Related>>, reach: u64) -> Result<(Vec<Hit>, u64), Failure> {
        let names = Names { registry: &snapshot.registry, fields: &self.request.events.fields };
        let own = Ask::new(&self.request.events.filters, &[], names).own;
        let mut outputs = Outputs { outputs: vec![Output::Time, Output::Seq], ..Outputs::default() };
        let related = related.map(|related| (related.clone(), Ids::of(&mut outputs)));
        let scan = Arc::new(Scan { question: self.question(&own, names), outputs });
        let queue = Arc::new(scan.units(snapshot, &self.inner.footers, self.control, None).await?);
        let (after, rows) = (self.request.after, self.request.rows);
        let reach = queue.choose(|units| soonest(units, after, reach, rows));
        let mut tasks = Tasks::default();
        for _ in 0..self.inner.threads() {
            let (scan, queue, control, related) = (scan.clone(), queue.clone(), self.control.clone(), related.clone());
            tasks.spawn(async move {
                let mut arrivals = Arrivals::new(after, reach, rows);
                let reservation = control.reservation("arrivals");
                scan.work(&queue, &control, &mut |unit: &Unit, columns: Vec<ArrayRef>| {
                    let columns = match &related {
                        Some((related, ids)) => filtered(&columns, related.mask(&columns, *ids))?,
                        None => columns,
                    };
                    arrivals.take(unit, times(&columns[0]), crate::cells::int64(&columns[1]).values());
                    Ok(reservation.try_resize(arrivals.heap_bytes())?)
                })
                .await?;
                Ok(arrivals)
            });
        }
        let mut all = Arrivals::new(after, reach, rows);
        tasks.all().await?.into_iter().for_each(|arrivals| all.add(arrivals));
        // What was not looked at for want of time may lie between what was.
        self.control.go_on()?;
        Ok(all.finish())
    }

    /// The hits, and what else of their requests belongs to the same spans.
    async fn with_whole_spans(&self, hits: Vec<Hit>) -> Result<Vec<Hit>, Failure> {
        let first = hits.iter().map(|hit| sequence_of(hit.cursor)).min().unwrap_or_default();
        let last = hits.iter().map(|hit| sequence_of(hit.cursor)).max().unwrap_or_default();
        let time = EVERYTHING.start_ns..EVERYTHING.end_ns;
        let scope = Scope { environment: self.environment, classes: vec![SignalClass::Spans], time, datasets: None };
        let snapshot = narrowed(&self.inner.store.snapshot(&scope), first.saturating_sub(1), last);
        let names = Names { registry: &snapshot.registry, fields: &[] };
        let question = Question::new(EVERYTHING, None, &Filters::default(), |_| false, names);
        let system = [SystemColumn::Signal, SystemColumn::Annotation, SystemColumn::TraceId, SystemColumn::SpanId, SystemColumn::ParentId];
        let outputs = [Output::Time, Output::Seq].into_iter().chain(system.map(Output::System)).collect();
        let scan = Scan { question, outputs: Outputs { outputs, ..Outputs::default() } };
        let queue = scan.units(&snapshot, &self.inner.footers, self.control, None).await?;
        queue.choose(|units| units.retain(|unit| meets(unit.arrivals().0, first.saturating_sub(1), last)));
        let mut owners = Owners::of(&hits);
        let reservation = self.control.reservation("spans");
        scan.work(&queue, self.control, &mut |unit: &Unit, columns: Vec<ArrayRef>| {
            let (signals, annotations) = (int8(&columns[2]), int8(&columns[3]));
            let ids = [&columns[4], &columns[5], &columns[6]].map(arrow_array::cast::AsArray::as_fixed_size_binary);
            let seqs = crate::cells::int64(&columns[1]).values();
            for (row, (time_ns, seq)) in times(&columns[0]).iter().zip(seqs).enumerate() {
                let cursor = Cursor { time_ns: *time_ns, seq: *seq };
                if signals[row] == Signal::Trace.number() && owners.wants(cursor) {
                    let span = ids[if annotations[row] == 0 { 1 } else { 2 }];
                    owners.take(unit, cursor, Owner::read(ids[0], span, row));
                }
            }
            Ok(reservation.try_resize(owners.heap_bytes())?)
        })
        .await?;
        self.control.go_on()?;
        let mut whole: BTreeMap<i64, Hit> = owners.of_spans().map(|hit| (hit.cursor.seq, hit)).collect();
        for hit in hits {
            whole.entry(hit.cursor.seq).or_insert(hit);
        }
        Ok(whole.into_values().collect())
    }
}

fn int8(array: &ArrayRef) -> &[i8] {
    arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Int8Type>(array).values()
}

/// The log sequence of a row.
fn sequence_of(cursor: Cursor) -> u64 {
    cursor.seq.unsigned_abs() >> 24
}

/// Leaves the units that arrived soonest, of a few pages' rows together: a large file is in order of time, which is about that of
/// arrival, and to look at all of it for every page would take ever longer. Returns up to which sequence they have everything.
fn soonest(units: &mut Vec<Unit>, after: u64, through: u64, rows_wanted: usize) -> u64 {
    units.retain(|unit| meets(unit.arrivals().0, after, through));
    let mut arrivals: Vec<((u64, u64), u64)> = units.iter().map(Unit::arrivals).collect();
    let most = (rows_wanted as u64).saturating_mul(PAGES_LOOKED_AT).max(ROWS_LOOKED_AT_LEAST);
    let through = reach_of(&mut arrivals, after, through, most);
    units.retain(|unit| meets(unit.arrivals().0, after, through));
    through
}

/// Whether there may be rows after one sequence and up to another.
fn meets((first, last): (u64, u64), after: u64, through: u64) -> bool {
    last > after && first <= through
}

/// Up to which sequence a page looks: as far as files and chunks of about [`ROWS_LOOKED_AT`] rows reach.
fn reach(snapshot: &Snapshot, after: u64, through: u64) -> u64 {
    let chunks = snapshot.live.iter().map(|chunk| (chunk.sequences(), chunk.len() as u64));
    let files = snapshot.files.iter().map(|file| ((file.row.sequence_first, file.row.sequence_last), file.row.rows));
    let mut units: Vec<((u64, u64), u64)> = chunks.chain(files).filter(|(sequences, _)| meets(*sequences, after, through)).collect();
    reach_of(&mut units, after, through, ROWS_LOOKED_AT)
}

/// Up to which sequence all units have about so many rows, by their sequences and rows.
fn reach_of(units: &mut [((u64, u64), u64)], after: u64, through: u64, most: u64) -> u64 {
    units.sort_unstable();
    let mut rows = 0;
    for ((first, _), of_unit) in units {
        if rows >= most && *first > after + 1 {
            return through.min(*first - 1);
        }
        rows += *of_unit;
    }
    through
}

/// What of a snapshot may hold rows of these sequences.
fn narrowed(snapshot: &Snapshot, after: u64, through: u64) -> Snapshot {
    let of_file = |file: &DataFile| (file.row.sequence_first, file.row.sequence_last);
    Snapshot {
        live: snapshot.live.iter().filter(|chunk| meets(chunk.sequences(), after, through)).cloned().collect(),
        files: snapshot.files.iter().filter(|file| meets(of_file(file), after, through)).cloned().collect(),
        registry: snapshot.registry.clone(),
    }
}
