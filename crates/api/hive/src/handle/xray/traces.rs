//! Traces by filter expression, the documents of their segments, and what to know about one.

use super::{Looker, asked_window, failure, filter, kept};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::map::Cut;
use crate::shape::xray::{FilterFault, ReadFilter, SegmentDocument, TraceAdvice, XrayTrace, XrayTraces};
use glasshive_base_http::Response;
use glasshive_feature_xray::advice;
use glasshive_feature_xray::brief::Brief;
use glasshive_feature_xray::filter;
use glasshive_feature_xray::find::{self, REST_NS, Search, TimeType};
use glasshive_feature_xray::trace::Trace;
use glasshive_model::TraceId;
use glasshive_query_plan::Window;
use glasshive_wire_xray::id;

const TRACES_DEFAULT: usize = 100;
const TRACES_MOST: usize = 1_000;
/// How far round a time that is known to be near a trace it is looked for, ns.
const NEAR_NS: i64 = 24 * 3_600 * 1_000_000_000;

/// Traces that begin in a time and that a filter and a group accept.
pub async fn traces(call: Call) -> Result<Response, Failure> {
    let open = call.open()?;
    let window = asked_window(&call)?;
    let filter = filter(&call)?;
    let limit = match call.query("limit").map(|limit| limit.parse()) {
        None => TRACES_DEFAULT,
        Some(Ok(limit @ 1..=TRACES_MOST)) => limit,
        Some(_) => return Err(Failure::invalid(format!("limit is a number from 1 to {TRACES_MOST}"))),
    };
    let ticket = call.enter("traces", &call.query("filter").unwrap_or_default())?;
    let looker = Looker::new(&call, ticket.cancel.clone());
    let search = Search {
        environment: call.environment,
        window,
        time_type: TimeType::TraceId,
        filter: &filter,
        share: 1.0,
        after: None,
        limit,
        now_ns: call.hive.clock.wall_ns(),
        reach_ns: REST_NS,
        watch: &looker,
    };
    let found = search.page(&open.engine, Brief::of).await.map_err(failure)?;
    looker.check()?;
    let is_full = found.traces.len() == limit;
    let cut = looker.cut(found.next, window).map(|cut| if is_full { Cut { reason: "limit".to_owned(), ..cut } } else { cut });
    ok(&XrayTraces {
        from_ns: Nanoseconds(window.start_ns),
        to_ns: Nanoseconds(window.end_ns),
        traces: found.traces.into_iter().map(XrayTrace::from).collect(),
        examined: found.examined,
        services_seen: looker.services(),
        cut,
    })
}

/// Reads a filter expression without asking it.
pub async fn parse_filter(call: Call) -> Result<Response, Failure> {
    let text = call.query("filter").unwrap_or_default();
    let fault = kept(&call)?.groups.compile(call.environment, &text).err();
    let fault = fault.map(|error| FilterFault { position: error.position(), detail: error.to_string() });
    ok(&ReadFilter { fault, words: filter::words().into_iter().map(str::to_owned).collect() })
}

/// The document of the segment that a span is of.
pub async fn segment(call: Call) -> Result<Response, Failure> {
    let span = id::entity_id(call.param("span")).ok_or_else(|| Failure::invalid("a span's id has 16 hex digits"))?;
    let missing = || Failure::not_found("no segment of this trace has this span");
    let document = |trace: &Trace<'_>| {
        let segment = &trace.segments[trace.place_of(span)?];
        Some(SegmentDocument {
            segment_id: id::entity_id_text(segment.entity.id),
            document: segment.tree.text(),
            as_received: segment.tree.raw.is_some(),
            orphan: segment.tree.is_orphan,
        })
    };
    ok(&one(&call, document).await?.found.flatten().ok_or_else(missing)?)
}

/// What to know about a trace.
pub async fn advice(call: Call) -> Result<Response, Failure> {
    let open = call.open()?;
    let look = |trace: &Trace<'_>| (advice::begun_inside(trace), advice::request(trace));
    let One { id, is_xray, found } = one(&call, look).await?;
    let (begun, request) = found.unwrap_or_default();
    let mut advice = if is_xray { begun } else { Vec::new() };
    if let Some(request) = request {
        let halves = advice::other_halves(&open.engine, call.environment, id, &request, is_xray).await;
        advice.extend(halves.map_err(failure)?);
    }
    ok(&TraceAdvice { advice: advice.into_iter().map(Into::into).collect() })
}

/// What was seen of one trace.
struct One<T> {
    id: TraceId,
    is_xray: bool,
    found: Option<T>,
}

/// Looks at the trace that the path names, put together.
async fn one<T>(call: &Call, look: impl FnOnce(&Trace<'_>) -> T + Send) -> Result<One<T>, Failure> {
    let open = call.open()?;
    let id = TraceId::from_text(call.param("id"));
    let near = call.query("at").map(|at| at.parse::<i64>()).transpose();
    let near = near.map_err(|_| Failure::invalid("`at` is a number of nanoseconds since 1970"))?;
    let window = near.map(|at| Window { start_ns: at.saturating_sub(NEAR_NS), end_ns: at.saturating_add(NEAR_NS) });
    let mut stored = find::stored(&open.engine, call.environment, &[id], window).await.map_err(failure)?;
    if stored.is_empty() && window.is_some() {
        stored = find::stored(&open.engine, call.environment, &[id], None).await.map_err(failure)?;
    }
    let now_ns = call.hive.clock.wall_ns();
    let stored = stored.remove(&id).unwrap_or_default();
    Ok(One { id, is_xray: stored.is_xray(), found: stored.assembled(id, now_ns, look) })
}
