//! Traces by id, and by time.

use crate::fault::{invalid, of_feature};
use crate::operation::Call;
use crate::{ask, token};
use glasshive_feature_xray::find::{self, Place, Search, TimeType};
use glasshive_feature_xray::summary;
use glasshive_feature_xray::trace::Trace;
use glasshive_model::TraceId;
use glasshive_receive_xray::Fault;
use glasshive_wire_xray::id;
use serde_json::{Value, json};

/// Traces of one request.
const IDS_MAX: usize = 100;
/// Bytes of documents after which a page ends.
const PAGE_BYTES: usize = 5 << 20;
/// Summaries of one page.
const SUMMARIES_MAX: usize = 1_000;

/// `BatchGetTraces`.
pub(crate) async fn batch_get(call: Call<'_>) -> Result<Value, Fault> {
    let asked = ask::texts(&call.body, "TraceIds")?.ok_or_else(|| invalid("TraceIds is needed"))?;
    if !(1..=IDS_MAX).contains(&asked.len()) {
        return Err(invalid(format!("TraceIds has 1 to {IDS_MAX} ids")));
    }
    let first = match ask::text(&call.body, "NextToken")? {
        None => 0,
        Some(token) => token::read(&token, &call.body)?.parse().map_err(|_| invalid("NextToken is none of ours"))?,
    };
    let engine = call.api.engine()?;
    let (mut traces, mut unprocessed, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut next = None;
    let now_ns = call.api.clock.wall_ns();
    for (place, text) in asked.iter().enumerate().skip(first) {
        if bytes > PAGE_BYTES {
            next = Some(token::write(&place.to_string(), &call.body));
            break;
        }
        let found = match id::trace_id(text).and_then(TraceId::new) {
            Some(id) => {
                let stored = find::stored(engine, call.environment, &[id], None).await.map_err(of_feature)?;
                stored.get(&id).and_then(|stored| stored.assembled(id, now_ns, shape))
            }
            None => None,
        };
        match found {
            Some((trace, size)) => {
                traces.push(trace);
                bytes += size;
            }
            None => unprocessed.push(text),
        }
    }
    let mut answer = json!({"Traces": traces, "UnprocessedTraceIds": unprocessed});
    if let Some(next) = next {
        answer["NextToken"] = next.into();
    }
    Ok(answer)
}

/// A trace with its documents, and how many bytes they are.
fn shape(trace: &Trace<'_>) -> (Value, usize) {
    let mut bytes = 0;
    let mut segment = |segment: &glasshive_feature_xray::trace::Segment<'_>| {
        let text = segment.tree.text();
        bytes += text.len();
        json!({"Id": id::entity_id_text(segment.entity.id), "Document": text})
    };
    let segments: Vec<Value> = trace.segments.iter().map(&mut segment).collect();
    let duration = (trace.duration_s() * 1e6).round() / 1e6;
    let told = json!({"Id": id::trace_id_text(trace.id), "Duration": duration, "LimitExceeded": trace.is_cut, "Segments": segments});
    (told, bytes)
}

/// `GetTraceSummaries`.
pub(crate) async fn summaries(call: Call<'_>) -> Result<Value, Fault> {
    let window = ask::window(&call.body)?;
    let time_type = match ask::text(&call.body, "TimeRangeType")?.as_deref() {
        None | Some("TraceId") => TimeType::TraceId,
        Some("Event") => TimeType::Event,
        Some("Service") => TimeType::Service,
        Some(_) => return Err(invalid("TimeRangeType is TraceId, Event or Service")),
    };
    let expression = ask::text(&call.body, "FilterExpression")?.unwrap_or_default();
    let filter = call.api.xray.groups.compile(call.environment, &expression).map_err(of_feature)?;
    let after = ask::text(&call.body, "NextToken")?.map(|token| place(token::read(&token, &call.body)?)).transpose()?;
    let search = Search {
        environment: call.environment,
        window,
        time_type,
        filter: &filter,
        share: share(&call.body)?,
        after,
        limit: SUMMARIES_MAX,
        now_ns: call.api.clock.wall_ns(),
        reach_ns: find::REST_NS,
        watch: &(),
    };
    let told = |trace: &Trace<'_>| {
        let mut told = summary::of(trace);
        if time_type == TimeType::Event {
            let times = trace.segments.iter().flat_map(|segment| [Some(segment.entity.start_ns), segment.entity.end_ns]).flatten();
            let latest = times.filter(|ns| (window.start_ns..window.end_ns).contains(ns)).max();
            if let Some(latest) = latest {
                told["MatchedEventTime"] = summary::seconds(latest);
            }
        }
        told
    };
    let found = search.page(call.api.engine()?, told).await.map_err(of_feature)?;
    let mut answer = json!({
        "TraceSummaries": found.traces,
        "TracesProcessedCount": found.examined,
        "ApproximateTime": summary::seconds(found.earliest_ns.unwrap_or(window.end_ns)),
    });
    if let Some(next) = found.next {
        let id = TraceId::new(next.id).map(|id| id.to_string()).unwrap_or_default();
        answer["NextToken"] = token::write(&format!("{}.{id}", next.start_ns), &call.body).into();
    }
    Ok(answer)
}

/// Where a page ended.
fn place(text: &str) -> Result<Place, Fault> {
    let place = text.split_once('.').and_then(|(start, own)| Some(Place { start_ns: start.parse().ok()?, id: id::trace_id(own)? }));
    place.ok_or_else(|| invalid("NextToken is none of ours"))
}

/// The share of traces that is wanted.
fn share(body: &Value) -> Result<f64, Fault> {
    let strategy = ask::get(body, "SamplingStrategy");
    let is_fixed = match strategy.map(|strategy| ask::text(strategy, "Name")).transpose()?.flatten().as_deref() {
        None | Some("PartialScan") => false,
        Some("FixedRate") => true,
        Some(_) => return Err(invalid("SamplingStrategy.Name is PartialScan or FixedRate")),
    };
    if !is_fixed || ask::truth(body, "Sampling")? != Some(true) {
        return Ok(1.0);
    }
    let value = strategy.map(|strategy| ask::number(strategy, "Value")).transpose()?.flatten();
    value.filter(|value| (0.0..=1.0).contains(value)).ok_or_else(|| invalid("SamplingStrategy.Value is from 0 to 1"))
}
