//! Traces by id and by time: what was stored of them, put together.

use crate::error::XrayError;
use crate::filter::Filter;
use crate::forest::Forest;
use crate::otlp;
use crate::trace::Trace;
use bytes::Bytes;
use glasshive_model::shown::ShownRow;
use glasshive_model::{EnvironmentId, TraceId, names};
use glasshive_query_engine::{Cancel, DocumentsRequest, Engine, RawRows};
use glasshive_query_plan::{
    Column, Combination, Condition, Cursor, EventsRequest, FilterOp, Filters, Literal, NoteKind, TimeRange, Window, Written,
};
use std::collections::{HashMap, HashSet};

/// Traces that are put together at a time.
const TOGETHER: usize = 100;
/// After so many that were put together, others on the same thread have their turn.
const BREATH: usize = 32;
/// Rows of one look.
const ROWS: u32 = 10_000;
/// How far round the window of a question the rest of its traces is looked for, ns.
pub const REST_NS: i64 = 24 * 3_600 * 1_000_000_000;
/// By how much the time in an id may differ from the trace's start to count as it, ns.
const ID_TIME_NS: i64 = 300 * 1_000_000_000;
/// Traces that one page looks at, unless somebody says otherwise: where more begin at one time, that time is walked to its end.
pub const EXAMINED_MAX: usize = 20_000;
/// Traces of one time beyond which there is no end to be hoped for.
const AT_ONE_TIME_MAX: usize = 200_000;
/// Starts are told to this, ns: a trace may begin by so much after its place.
const START_STEP_NS: i64 = 1_000;
/// Bytes of one trace, and spans that came otherwise than as documents of traces read together, that are put together.
const TRACE_BYTES: usize = 32 << 20;
const TOGETHER_ROWS: usize = 50_000;

/// What was received of one trace.
#[derive(Debug, Default)]
pub struct Stored {
    /// Documents of X-Ray's, in order of arrival.
    documents: Vec<Bytes>,
    /// Spans that came otherwise, as documents.
    spans: Vec<String>,
    /// Of all these.
    bytes: usize,
    /// Whether there was more.
    is_cut: bool,
}

/// Which traces of a time are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeType {
    /// Those that begin in it.
    TraceId,
    /// Those of which something happens in it.
    Event,
    /// Those of which a segment ends in it.
    Service,
}

/// A page of traces.
pub struct Search<'a> {
    /// Whose.
    pub environment: EnvironmentId,
    /// When.
    pub window: Window,
    /// What of them is when.
    pub time_type: TimeType,
    /// Which.
    pub filter: &'a Filter,
    /// The share of traces that is wanted, from 0 to 1.
    pub share: f64,
    /// Only traces that stand after this: start and id, those that begin last first.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: usize,
    /// Now, ns since 1970.
    pub now_ns: i64,
    /// How far before the window traces are looked for of which something is in it, ns. Of those that begin in it none is missed.
    pub reach_ns: i64,
    /// Who looks on.
    pub watch: &'a dyn Watch,
}

/// Looks on while a page is put together, and ends it.
pub trait Watch: Send + Sync {
    /// Whether more is looked at, once so many traces were. Asked after each look into the store.
    fn goes_on(&self, examined: usize) -> bool {
        examined < EXAMINED_MAX
    }

    /// Whether the next page will be asked for: then this one has to end before it began.
    fn comes_back(&self) -> bool {
        true
    }

    /// A trace of the window was put together, wanted or not. One may be met more than once, on different pages.
    fn meets(&self, trace: &Trace<'_>) {
        let _ = trace;
    }
}

/// Nobody in particular.
impl Watch for () {}

/// A trace's place in the order of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its start, ns since 1970.
    pub start_ns: i64,
    /// Its id.
    pub id: [u8; 16],
}

/// What a page holds.
pub struct Found<T> {
    /// Those that are wanted, those that begin last first.
    pub traces: Vec<T>,
    /// Traces that were looked at.
    pub examined: usize,
    /// The start of the earliest that was looked at.
    pub earliest_ns: Option<i64>,
    /// Where the next page begins; `None` when there is none.
    pub next: Option<Place>,
}

impl Stored {
    /// Whether something of it came as X-Ray's documents.
    pub fn is_xray(&self) -> bool {
        !self.documents.is_empty()
    }

    /// Looks at the trace put together; `None` when there is nothing of it.
    pub fn assembled<T>(&self, id: TraceId, now_ns: i64, look: impl FnOnce(&Trace<'_>) -> T) -> Option<T> {
        let spans = self.spans.iter().map(|text| text.as_bytes());
        let texts: Vec<&[u8]> = spans.chain(self.documents.iter().map(|document| document.as_ref())).collect();
        let forest = Forest { is_cut: self.is_cut, ..Forest::grow(id.bytes(), &texts, now_ns) };
        Trace::read(id.bytes(), &forest).as_ref().map(look)
    }

    /// Whether there is room for so many bytes more.
    fn has_room(&mut self, bytes: usize) -> bool {
        self.is_cut |= self.bytes + bytes > TRACE_BYTES;
        self.bytes += if self.is_cut { 0 } else { bytes };
        !self.is_cut
    }
}

/// What was received of some traces. Without a window they are looked for everywhere. Dropping the future calls its questions off.
///
/// # Errors
/// The engine's.
pub async fn stored(
    engine: &Engine,
    environment: EnvironmentId,
    ids: &[TraceId],
    window: Option<Window>,
) -> Result<HashMap<TraceId, Stored>, XrayError> {
    let mut found: HashMap<TraceId, Stored> = HashMap::new();
    for ids in ids.chunks(TOGETHER) {
        let request = DocumentsRequest { traces: ids.to_vec(), window };
        for document in engine.documents(environment, &request, Cancel::default()).await? {
            let stored = found.entry(document.trace_id).or_default();
            if stored.has_room(document.text.len()) {
                stored.documents.push(document.text);
            }
        }
        // Traces of very many spans are read one by one.
        let mut left = vec![ids];
        while let Some(ids) = left.pop() {
            let (rows, is_cut) = rows_of_others(engine, environment, ids, window).await?;
            if is_cut && ids.len() > 1 {
                let (some, others) = ids.split_at(ids.len() / 2);
                left.extend([some, others]);
                continue;
            }
            for (id, rows) in rows {
                let stored = found.entry(id).or_default();
                stored.is_cut |= is_cut;
                for span in otlp::documents(id, &rows) {
                    if stored.has_room(span.len()) {
                        stored.spans.push(span);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Rows of traces that did not come as X-Ray's documents, by trace; and whether there are more.
async fn rows_of_others(
    engine: &Engine,
    environment: EnvironmentId,
    ids: &[TraceId],
    window: Option<Window>,
) -> Result<(HashMap<TraceId, Vec<ShownRow>>, bool), XrayError> {
    let is = |name: &str, op, values| Condition { column: Column::exact(name), op, values };
    let conditions = vec![
        is(names::TRACE_ID, FilterOp::In, ids.iter().map(|id| Literal::Str(id.to_string())).collect()),
        is(names::META_SOURCE, FilterOp::NotEqual, vec![Literal::Str("xray".to_owned())]),
        is(names::META_SIGNAL_TYPE, FilterOp::Equal, vec![Literal::Str("trace".to_owned())]),
    ];
    let window = window.unwrap_or(EVERYTHING);
    let mut request =
        EventsRequest { filters: Filters { combination: Combination::And, conditions }, limit: ROWS, ..EventsRequest::all(range(window)) };
    let mut found: HashMap<TraceId, Vec<ShownRow>> = HashMap::new();
    let mut count = 0;
    loop {
        let page = whole(engine.events(environment, &request, Cancel::default()).await?)?;
        count += page.rows.len();
        for row in page.rows {
            if let Some(id) = row.get(names::TRACE_ID).map(|id| TraceId::from_text(&id.to_string())) {
                found.entry(id).or_default().push(row);
            }
        }
        match page.next {
            Some(_) if count >= TOGETHER_ROWS => return Ok((found, true)),
            Some(next) => request.after = Some(next),
            None => return Ok((found, false)),
        }
    }
}

/// Rows, unless some are missing: an answer without them would tell another story than was told.
fn whole(page: RawRows) -> Result<RawRows, XrayError> {
    match page.notes.iter().find(|note| note.kind == NoteKind::Partial) {
        Some(note) => Err(XrayError::Partial(format!("not all of it could be read: {}", note.text))),
        None => Ok(page),
    }
}

const EVERYTHING: Window = Window { start_ns: i64::MIN / 2, end_ns: i64::MAX / 2 };

pub(crate) fn range(window: Window) -> TimeRange {
    // How it was written is nobody's business here.
    TimeRange { window, written: Written::Last { seconds: 1 } }
}

impl Search<'_> {
    /// Walks back through the spans of the window, puts each trace together that it meets, and looks at those that are wanted. What
    /// was not met yet begins before where the walk is, so that what begins after it can be given out.
    ///
    /// # Errors
    /// The engine's.
    pub async fn page<T>(&self, engine: &Engine, look: impl Fn(&Trace<'_>) -> T) -> Result<Found<T>, XrayError> {
        let reach_ns = match self.time_type {
            TimeType::TraceId => ID_TIME_NS,
            TimeType::Event | TimeType::Service => self.reach_ns,
        };
        let start_ns = self.window.start_ns.saturating_sub(reach_ns);
        let end_ns = self.window.end_ns.saturating_add(if self.time_type == TimeType::TraceId { ID_TIME_NS } else { 0 });
        let end_ns = self.after.map_or(end_ns, |after| end_ns.min(after.start_ns.saturating_add(START_STEP_NS)));
        let mut walk = Walk { engine, environment: self.environment, window: Window { start_ns, end_ns }, after: None };
        let rest = Window { start_ns: start_ns.saturating_sub(REST_NS), end_ns: self.window.end_ns.saturating_add(REST_NS) };
        let mut seen = HashSet::new();
        let mut waiting: Vec<(Place, T)> = Vec::new();
        let mut earliest_ns = None;
        loop {
            let (ids, reached_ns) = walk.step().await?;
            let new: Vec<TraceId> = ids.into_iter().filter(|id| seen.insert(*id) && self.is_drawn(*id)).collect();
            for ids in new.chunks(TOGETHER) {
                let stored = stored(engine, self.environment, ids, Some(rest)).await?;
                for (index, (id, stored)) in stored.iter().enumerate() {
                    if index % BREATH == BREATH - 1 {
                        tokio::task::yield_now().await;
                    }
                    let looked = stored.assembled(*id, self.now_ns, |trace| {
                        let place = Place { start_ns: trace.start_ns, id: trace.id };
                        let is_next = self.after.is_none_or(|after| place < after) && self.is_in_time(trace);
                        if is_next {
                            self.watch.meets(trace);
                        }
                        (place, is_next, (is_next && self.filter.accepts(trace)).then(|| look(trace)))
                    });
                    let Some((place, is_next, looked)) = looked else { continue };
                    if is_next {
                        earliest_ns = Some(earliest_ns.map_or(place.start_ns, |earliest: i64| earliest.min(place.start_ns)));
                    }
                    waiting.extend(looked.map(|looked| (place, looked)));
                }
            }
            waiting.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
            let ready =
                reached_ns.map_or(waiting.len(), |reached_ns| waiting.iter().take_while(|(place, _)| place.start_ns > reached_ns).count());
            let is_over = reached_ns.is_none();
            // The next page has to begin before this one did.
            let has_moved = reached_ns.is_some_and(|reached_ns| reached_ns.saturating_add(START_STEP_NS) < end_ns);
            if seen.len() >= AT_ONE_TIME_MAX && !has_moved {
                return Err(XrayError::Partial(format!("more than {AT_ONE_TIME_MAX} traces begin at {end_ns} ns since 1970")));
            }
            let may_end = has_moved || !self.watch.comes_back();
            if ready >= self.limit || is_over || (may_end && !self.watch.goes_on(seen.len())) {
                let is_cut = waiting.len() > self.limit.min(ready) || !is_over;
                waiting.truncate(self.limit.min(ready));
                let last = match waiting.last() {
                    Some((place, _)) if waiting.len() == self.limit => Some(*place),
                    _ => reached_ns.map(|reached_ns| Place { start_ns: reached_ns, id: [0xff; 16] }),
                };
                return Ok(Found {
                    traces: waiting.into_iter().map(|(_, looked)| looked).collect(),
                    examined: seen.len(),
                    earliest_ns,
                    next: last.filter(|_| is_cut),
                });
            }
        }
    }

    /// Whether a trace is of the share that is wanted: the same answer each time.
    fn is_drawn(&self, id: TraceId) -> bool {
        self.share >= 1.0 || (xxhash_rust::xxh3::xxh3_64(&id.bytes()) as f64 / 2f64.powi(64)) < self.share
    }

    fn is_in_time(&self, trace: &Trace<'_>) -> bool {
        let Window { start_ns, end_ns } = self.window;
        let is_within = |ns: i64| (start_ns..end_ns).contains(&ns);
        match self.time_type {
            TimeType::TraceId => is_within(begin_ns(trace)),
            TimeType::Event => trace.segments.iter().any(|segment| {
                let entity = &segment.entity;
                entity.start_ns < end_ns && entity.end_ns.unwrap_or(entity.start_ns) >= start_ns
            }),
            TimeType::Service => trace.segments.iter().any(|segment| segment.entity.end_ns.is_some_and(is_within)),
        }
    }
}

/// When a trace begins: by its id where that tells a time near its first start, else by its first start.
fn begin_ns(trace: &Trace<'_>) -> i64 {
    let [first, second, third, fourth, ..] = trace.id;
    let told_ns = i64::from(u32::from_be_bytes([first, second, third, fourth])) * 1_000_000_000;
    if (told_ns - trace.start_ns).abs() <= ID_TIME_NS { told_ns } else { trace.start_ns }
}

/// Ids of the traces of a window, as its spans lie, the latest first.
struct Walk<'a> {
    engine: &'a Engine,
    environment: EnvironmentId,
    window: Window,
    after: Option<Cursor>,
}

impl Walk<'_> {
    /// Some more, and the time down to which all are told; `None` when that is all.
    async fn step(&mut self) -> Result<(Vec<TraceId>, Option<i64>), XrayError> {
        let is = |name: &str, op, values| Condition { column: Column::exact(name), op, values };
        let conditions = vec![
            is(names::SPAN_ID, FilterOp::Exists, Vec::new()),
            is(names::META_ANNOTATION_TYPE, FilterOp::DoesNotExist, Vec::new()),
            is(names::META_SIGNAL_TYPE, FilterOp::Equal, vec![Literal::Str("trace".to_owned())]),
        ];
        let request = EventsRequest {
            filters: Filters { combination: Combination::And, conditions },
            columns: vec![Column::exact(names::TRACE_ID)],
            limit: ROWS,
            after: self.after,
            ..EventsRequest::all(range(self.window))
        };
        let page = whole(self.engine.events(self.environment, &request, Cancel::default()).await?)?;
        let ids = page.rows.iter().filter_map(|row| row.get(names::TRACE_ID)).map(|id| TraceId::from_text(&id.to_string())).collect();
        self.after = page.next;
        Ok((ids, page.next.map(|next| next.time_ns)))
    }
}
