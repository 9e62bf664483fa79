//! Rows as they are: the newest of them, those of one trace, and those that arrive.

use super::{Engine, Inner};
use crate::cells::{ingest_seconds, seconds};
use crate::column::{Member, Names, Operand, Resolved, Source};
use crate::control::{Cancel, Control};
use crate::cost::Cost;
use crate::error::{EngineError, Failure};
use crate::question::Question;
use crate::related::{self, Ask, Related};
use crate::rows::{Fields, Finder, Gathered, Hit, chunk_rows};
use crate::superseded::{self, Search};
use glasshive_model::shown::ShownRow;
use glasshive_model::{EnvironmentId, TraceId, Value, names};
use glasshive_query_plan::{
    Column, Combination, Condition, Cursor, EventsRequest, FilterOp, Filters, Literal, Note, Reason, Relation, Window,
};
use glasshive_store::{Chunk, Registry, Snapshot};
use std::sync::Arc;
use std::time::Duration;

/// Raw rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRows {
    /// Newest first; each field in the type it was sent with.
    pub rows: Vec<ShownRow>,
    /// Where the next page begins; `None` when there is none.
    pub next: Option<Cursor>,
    /// What to know about them.
    pub notes: Vec<Note>,
    /// What they took.
    pub cost: Cost,
}

/// Which trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceRequest {
    /// Its id.
    pub trace_id: TraceId,
    /// About the time of one of its rows, ns since 1970, if the asker knows it. Finds the trace faster; a row more than a day
    /// from all others of the trace is then not found.
    pub near_ns: Option<i64>,
}

const MINUTE_NS: i64 = 60 * 1_000_000_000;
const HOUR_NS: i64 = 60 * MINUTE_NS;
/// How far back the windows in which the newest rows are looked for reach, each from the end of all; then everything.
const WINDOWS_NS: [i64; 5] = [MINUTE_NS, 10 * MINUTE_NS, HOUR_NS, 10 * HOUR_NS, 100 * HOUR_NS];
/// How far round a hint a trace is looked for; then everywhere.
const TRACE_WINDOWS_NS: [i64; 2] = [HOUR_NS, 24 * HOUR_NS];
/// The longest time between two rows of one trace that a lookup with a hint is sure to bridge.
const TRACE_GAP_NS: i64 = 24 * HOUR_NS;
pub(super) const EVERYTHING: Window = Window { start_ns: i64::MIN / 2, end_ns: i64::MAX / 2 };

impl Engine {
    /// The newest rows that pass, newest first.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn events(&self, environment: EnvironmentId, request: &EventsRequest, cancel: Cancel) -> Result<RawRows, EngineError> {
        let request = request.clone();
        self.run("events", cancel, move |inner, control| async move {
            let superseded = match superseded::may_pass(&request.filters) {
                true => inner.superseded(environment, request.time.window, &control).await?,
                false => None,
            };
            let snapshot = inner.snapshot(environment, request.time.window, request.datasets.clone());
            let (footers, threads) = (inner.footers.clone(), inner.threads());
            let finder = Finder { snapshot, superseded: superseded.clone(), footers, control: control.clone(), threads };
            let limit = request.limit as usize;
            let registry = finder.snapshot.registry.clone();
            let names = Names { registry: &registry, fields: &request.fields };
            let ask = Ask::new(&request.filters, &[], names);
            let window = request.time.window;
            let related = if ask.has_others() {
                let search = related::Search {
                    ask: &ask,
                    names,
                    question: &|| request.question(&ask.own, window, names).without(superseded.clone()),
                    snapshot: &finder.snapshot,
                    spans: &inner.snapshot(environment, Relation::reach(window), None),
                    window,
                    footers: &finder.footers,
                    control: &control,
                    threads: finder.threads,
                };
                Some(Arc::new(search.run().await?))
            } else {
                None
            };
            let question = |window| request.question(&ask.own, window, names).without(superseded.clone());
            let hits = finder.walk_back(&request, question, related.as_ref(), limit).await?;
            let next = (hits.len() == limit).then(|| hits.last().map(|hit| hit.cursor)).flatten();
            let columns: Vec<Resolved> = request.columns.iter().map(|column| Resolved::new(column, names)).collect();
            let rows = finder.rows(hits, (!columns.is_empty()).then_some(&columns)).await?;
            let rows = if columns.is_empty() { rows } else { finder.turned(rows, |row| narrowed(row, &columns))? };
            let mut notes = control.take_notes(inner.config.time_limit, None, None)?;
            let overflow_has = |key: &str| crate::aggregate::overflow_has(&finder.snapshot, key);
            notes.extend(question(window).notes(overflow_has));
            notes.extend(ask.notes(names, overflow_has));
            Ok(RawRows { rows, next, notes, cost: control.meter.cost(&finder.snapshot.files) })
        })
        .await
    }

    /// All rows of one trace, of all datasets and classes, newest first. At most [`super::EngineConfig::trace_rows`]; a note says
    /// when there are more.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn trace(&self, environment: EnvironmentId, request: TraceRequest, cancel: Cancel) -> Result<RawRows, EngineError> {
        self.run("trace", cancel, move |inner, control| async move {
            let finder = inner.trace_finder(environment, request.trace_id, &control).await?;
            let (gathered, is_cut) = finder.trace(request, &Fields::default(), inner.config.trace_rows).await?;
            let rows = finder.rows(gathered.hits(), None).await?;
            let mut notes = control.take_notes(inner.config.time_limit, None, None)?;
            notes.extend(is_cut.then(|| too_long(inner.config.trace_rows)));
            Ok(RawRows { rows, next: None, notes, cost: control.meter.cost(&finder.snapshot.files) })
        })
        .await
    }

    /// Tells which rows of chunks that arrive pass a request's filters. Its window, limit and cursor do not matter. Columns of
    /// other spans are not known when an event arrives, and count as absent.
    pub fn follow(&self, environment: EnvironmentId, request: &EventsRequest) -> Follower {
        Follower { inner: self.inner.clone(), environment, request: request.clone(), known: None }
    }
}

trait Asks {
    /// The question of a request whose own conditions are these.
    fn question(&self, own: &Filters, window: Window, names: Names<'_>) -> Question;
}

impl Asks for EventsRequest {
    fn question(&self, own: &Filters, window: Window, names: Names<'_>) -> Question {
        Question::new(window, self.datasets.clone(), own, |marker| self.leaves_out(marker), names)
    }
}

impl Inner {
    /// What finds the rows of a trace.
    pub(super) async fn trace_finder(
        &self,
        environment: EnvironmentId,
        trace_id: TraceId,
        control: &Arc<Control>,
    ) -> Result<Finder, Failure> {
        let snapshot = self.snapshot(environment, EVERYTHING, None);
        let (footers, threads) = (&self.footers, self.threads());
        let search = Search { snapshot: &snapshot, window: EVERYTHING, trace: Some(trace_id), footers, control, threads };
        let superseded = search.run().await?;
        Ok(Finder { snapshot, superseded, footers: self.footers.clone(), control: control.clone(), threads })
    }
}

impl Finder {
    /// Looks in growing windows, latest first, until there are enough rows.
    async fn walk_back(
        &self,
        request: &EventsRequest,
        question: impl Fn(Window) -> Question,
        related: Option<&Arc<Related>>,
        limit: usize,
    ) -> Result<Vec<Hit>, Failure> {
        let whole = request.time.window;
        let newest = newest_ns(&self.snapshot).unwrap_or(whole.start_ns).saturating_add(1);
        let end_ns = request.after.map_or(whole.end_ns, |after| whole.end_ns.min(after.time_ns.saturating_add(1))).min(newest);
        let reaches = WINDOWS_NS.iter().map(|reach| end_ns.saturating_sub(*reach)).filter(|start| *start > whole.start_ns);
        let mut hits: Vec<Hit> = Vec::new();
        let mut until_ns = end_ns;
        for start_ns in reaches.chain([whole.start_ns]) {
            if start_ns >= until_ns {
                continue;
            }
            let question = question(Window { start_ns, end_ns: until_ns });
            hits.extend(self.newest(question, related, limit - hits.len(), request.after).await?);
            until_ns = start_ns;
            if hits.len() >= limit || self.control.is_out_of_time() {
                break;
            }
        }
        Ok(hits)
    }

    /// The rows of a trace, at most `limit`, and whether there are more.
    pub(super) async fn trace(&self, request: TraceRequest, fields: &Fields, limit: usize) -> Result<(Gathered, bool), Failure> {
        let mut gathered = Gathered::new(limit.saturating_add(1), &self.control);
        let near = request.near_ns.map(|near| Window { start_ns: near, end_ns: near });
        // Nothing has been looked at yet.
        let mut seen = near.unwrap_or(Window { start_ns: EVERYTHING.start_ns, end_ns: EVERYTHING.start_ns });
        let round_hint = request.near_ns.into_iter().flat_map(|near| TRACE_WINDOWS_NS.map(|reach| around(near, near, reach)));
        for window in round_hint.chain([EVERYTHING]) {
            self.look_further(request.trace_id, &mut seen, window, fields, &mut gathered).await?;
            // A trace may reach beyond where it was looked for: look on until a day round its rows was seen.
            while let Some((first_ns, last_ns)) = gathered.extent_ns() {
                let wider = around(first_ns, last_ns, TRACE_GAP_NS);
                if gathered.len() > limit || (wider.start_ns >= seen.start_ns && wider.end_ns <= seen.end_ns) {
                    let is_cut = gathered.len() > limit;
                    gathered.cut_to(limit)?;
                    return Ok((gathered, is_cut));
                }
                self.look_further(request.trace_id, &mut seen, wider, fields, &mut gathered).await?;
            }
        }
        Ok((gathered, false))
    }

    /// Looks for rows of a trace where `window` reaches beyond what was seen.
    async fn look_further(
        &self,
        trace_id: TraceId,
        seen: &mut Window,
        window: Window,
        fields: &Fields,
        gathered: &mut Gathered,
    ) -> Result<(), Failure> {
        let condition =
            Condition { column: Column::exact(names::TRACE_ID), op: FilterOp::Equal, values: vec![Literal::Str(trace_id.to_string())] };
        let filters = Filters { combination: Combination::And, conditions: vec![condition] };
        let names = Names { registry: &self.snapshot.registry, fields: &[] };
        let wider = Window { start_ns: window.start_ns.min(seen.start_ns), end_ns: window.end_ns.max(seen.end_ns) };
        let after = Window { start_ns: seen.end_ns, end_ns: wider.end_ns };
        let before = Window { start_ns: wider.start_ns, end_ns: seen.start_ns };
        for part in [after, before] {
            if part.start_ns < part.end_ns {
                let question = Question::new(part, None, &filters, |_| false, names).without(self.superseded.clone());
                self.gather(question, fields, gathered).await?;
            }
        }
        *seen = wider;
        Ok(())
    }
}

/// The remark on a trace of which the newest rows alone are given back.
pub(super) fn too_long(limit: usize) -> Note {
    Note::missing(Reason::Rows, format!("the trace has more than {limit} rows; the newest {limit} are here"))
}

fn around(first_ns: i64, last_ns: i64, reach_ns: i64) -> Window {
    Window { start_ns: first_ns.saturating_sub(reach_ns), end_ns: last_ns.saturating_add(reach_ns) }
}

/// The newest event time of a snapshot.
fn newest_ns(snapshot: &Snapshot) -> Option<i64> {
    let chunks = snapshot.live.iter().map(|chunk| chunk.time_range().end - 1);
    chunks.chain(snapshot.files.iter().map(|file| file.row.time_max_ns)).max()
}

/// A row with the wanted columns alone, under the names they were asked for.
fn narrowed(row: ShownRow, columns: &[Resolved]) -> ShownRow {
    let kind = row.get(names::SPAN_KIND).map(ToString::to_string);
    let value = |column: &Resolved| Some((column.column.name.clone(), shown_value(&row, column, kind.as_deref())?));
    let mut fields: Vec<_> = columns.iter().filter_map(value).collect();
    fields.sort_by(|left, right| left.0.cmp(&right.0));
    ShownRow { fields, ..row }
}

/// What a row shows under a column: of its names the first with a value that was not sent empty. `kind` is the row's span kind.
fn shown_value(row: &ShownRow, column: &Resolved, kind: Option<&str>) -> Option<Value> {
    if let Some(formula) = &column.formula {
        // Once each: an expression may name an input often, and so may the field that is its input.
        let input = |operand: &Operand| match operand {
            Operand::Column(column) => shown_value(row, column, kind).unwrap_or(Value::Null),
            Operand::EventTime => seconds(row.time_ns),
            Operand::IngestTime(column) => ingest_seconds(shown_value(row, column, kind)),
        };
        let inputs: Vec<Value> = formula.inputs.iter().map(input).collect();
        let value = formula.expression.evaluate(&|index| inputs[index].clone());
        return Some(value).filter(|value| *value != Value::Null);
    }
    let members = column.members.iter().filter(|member| member.when.admits(kind));
    let came_from = |member: &&Member| member.level.is_none_or(|level| level.holds(row, &member.name));
    let mut there = members.filter(came_from).filter_map(|member| row.get(&member.name)).peekable();
    let first = there.peek().copied()?;
    Some(there.find(|value| **value != Value::Null).unwrap_or(first).clone())
}

/// Finds the rows of arriving chunks that pass a request's filters.
pub struct Follower {
    inner: Arc<Inner>,
    environment: EnvironmentId,
    request: EventsRequest,
    /// The registry when it was last asked for, and when that was.
    known: Option<(Arc<Registry>, Duration)>,
}

/// How old a follower's registry may be.
const REGISTRY_AGE: Duration = Duration::from_secs(1);

impl Follower {
    /// The rows of a chunk that pass, oldest arrival first. None of a chunk of another environment.
    ///
    /// # Errors
    /// [`EngineError::Internal`] alone.
    pub fn rows(&mut self, chunk: &Chunk) -> Result<Vec<ShownRow>, EngineError> {
        if chunk.environment() != self.environment {
            return Ok(Vec::new());
        }
        let registry = self.registry();
        let names = Names { registry: &registry, fields: &self.request.fields };
        let question = self.request.question(&self.request.filters, EVERYTHING, names);
        if !question.may_pass(Source::Chunk(chunk)) {
            return Ok(Vec::new());
        }
        let filter = question.bind(Source::Chunk(chunk), true, self.request.datasets.is_none());
        let control = self.inner.control(Cancel::default());
        let mask =
            filter.mask(&chunk.project(filter.reads.columns()), chunk.len(), &control).map_err(|failure| self.inner.told(failure))?;
        let columns: Vec<Resolved> = self.request.columns.iter().map(|column| Resolved::new(column, names)).collect();
        let rows = chunk_rows(chunk, &mask);
        Ok(if columns.is_empty() { rows } else { rows.into_iter().map(|row| narrowed(row, &columns)).collect() })
    }

    /// New columns are seen with a delay of a second at most; asking for every chunk would hold up those that arrive.
    fn registry(&mut self) -> Arc<Registry> {
        let now = self.inner.clock.monotonic();
        if let Some((registry, since)) = &self.known
            && now.saturating_sub(*since) < REGISTRY_AGE
        {
            return registry.clone();
        }
        let registry = self.inner.store.registry(self.environment);
        self.known = Some((registry.clone(), now));
        registry
    }
}
