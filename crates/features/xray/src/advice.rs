//! What to know about a trace that is not as its sender meant it.

use crate::brief::path_of;
use crate::error::XrayError;
use crate::find::range;
use crate::trace::Trace;
use glasshive_model::shown::ShownRow;
use glasshive_model::{EnvironmentId, TraceId, names};
use glasshive_query_engine::{Cancel, Engine};
use glasshive_query_plan::{Column, Combination, Condition, EventsRequest, FilterOp, Filters, Literal, Window};
use glasshive_wire_xray::id;

/// By how much two halves of one request may begin or end apart, ns.
const APART_NS: i64 = 50_000_000;
/// Rows that are looked at for another half.
const ROWS: u32 = 1_000;
/// Other halves that are told.
const HALVES_MAX: usize = 5;

/// Something to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// A segment has an answer and no request: it was begun inside of one, and took its place.
    BegunInside {
        /// Its id, 16 hex digits.
        segment: String,
        /// Its name.
        name: String,
    },
    /// Another trace, of another dialect, tells of the same request by another id.
    OtherHalf {
        /// The other trace's id, 32 hex digits.
        trace_id: String,
        /// How it came.
        source: String,
        /// Its span's name.
        name: String,
    },
}

/// What a trace looks like from outside: enough to look for its other half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    service: String,
    path: Option<String>,
    start_ns: i64,
    end_ns: i64,
}

/// Segments that took the place of their request's.
pub fn begun_inside(trace: &Trace<'_>) -> Vec<Advice> {
    let is_so = |segment: &&crate::trace::Segment<'_>| {
        let http = segment.entity.http.unwrap_or_default();
        segment.is_entry && segment.tree.raw.is_some() && http.status.is_some() && !http.has_request
    };
    let advice = |segment: &crate::trace::Segment<'_>| Advice::BegunInside {
        segment: id::entity_id_text(segment.entity.id),
        name: segment.node.name.clone(),
    };
    trace.segments.iter().filter(is_so).map(advice).collect()
}

/// The request that a trace is of, where it is of one.
pub fn request(trace: &Trace<'_>) -> Option<Request> {
    let root = trace.root()?;
    let entity = &root.entity;
    let path = entity.http.and_then(|http| http.url).map(|url| path_of(url).to_owned());
    Some(Request { service: root.node.name.clone(), path, start_ns: entity.start_ns, end_ns: entity.end_ns? })
}

/// Traces of other dialects that tell of the same request: of the same service and path, and together in time. `is_xray` is how the
/// trace itself came.
///
/// # Errors
/// The engine's.
pub async fn other_halves(
    engine: &Engine,
    environment: EnvironmentId,
    own: TraceId,
    request: &Request,
    is_xray: bool,
) -> Result<Vec<Advice>, XrayError> {
    let is = |name: &str, op, values| Condition { column: Column::exact(name), op, values };
    let text = |text: &str| vec![Literal::Str(text.to_owned())];
    let conditions = vec![
        is(names::SERVICE_NAME, FilterOp::Equal, text(&request.service)),
        is(names::META_SOURCE, if is_xray { FilterOp::NotEqual } else { FilterOp::Equal }, text("xray")),
        is(names::SPAN_ID, FilterOp::Exists, Vec::new()),
        is(names::META_ANNOTATION_TYPE, FilterOp::DoesNotExist, Vec::new()),
        is(names::SPAN_KIND, FilterOp::Equal, text("server")),
        is(names::TRACE_ID, FilterOp::NotEqual, text(&own.to_string())),
    ];
    let window = Window { start_ns: request.start_ns - APART_NS, end_ns: request.start_ns + APART_NS };
    let asked =
        EventsRequest { filters: Filters { combination: Combination::And, conditions }, limit: ROWS, ..EventsRequest::all(range(window)) };
    let mut found: Vec<Advice> = Vec::new();
    for row in engine.events(environment, &asked, Cancel::default()).await?.rows {
        let said = |name: &str| row.get(name).map(ToString::to_string).filter(|text| !text.is_empty());
        let Some(trace_id) = said(names::TRACE_ID).filter(|_| request.is_told_by(&row)) else { continue };
        let source = said(names::META_SOURCE).unwrap_or_default();
        let advice = Advice::OtherHalf { trace_id, source, name: said(names::NAME).unwrap_or_default() };
        if found.len() < HALVES_MAX && !found.contains(&advice) {
            found.push(advice);
        }
    }
    Ok(found)
}

impl Request {
    /// Whether a row of another trace may tell of it: it ends when this one does, and is of the same path where both say one.
    fn is_told_by(&self, row: &ShownRow) -> bool {
        let Some(ms) = row.get(names::DURATION_MS).and_then(|ms| ms.to_string().parse::<f64>().ok()) else { return false };
        let end_ns = row.time_ns.saturating_add((ms * 1e6) as i64);
        if (end_ns - self.end_ns).abs() > APART_NS {
            return false;
        }
        let paths: Vec<String> = ["url.path", "http.target", "url.full", "http.url", "http.route"]
            .iter()
            .filter_map(|name| row.get(name).map(ToString::to_string).filter(|text| !text.is_empty()))
            .map(|text| path_of(&text).to_owned())
            .collect();
        self.path.as_ref().is_none_or(|own| paths.is_empty() || paths.contains(own))
    }
}
