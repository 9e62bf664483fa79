//! What changed: each route's latency and each service's exceptions against the window before and a week ago, and what was refused.

use super::field::KeptFields;
use super::process::refused_sends;
use super::query::{plan_failure, run_plan};
use crate::access::is_for;
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::changes::{Change, ChangeKind, Changes};
use crate::shape::query::{Measure, QueryAnswer};
use glasshive_base_http::Response;
use glasshive_query_plan::{Wants, Window, text};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// Facts that are told at most.
const MOST: usize = 5;
/// A P95 of fewer events says too little.
const LEAST_EVENTS: f64 = 100.0;
/// How many times as long a P95 has to be.
const LEAST_RATIO: f64 = 1.5;
/// Routes, and exceptions, that are looked at.
const GROUPS: usize = 500;
const WEEK_NS: i64 = 7 * 86_400_000_000_000;
const HOUR_NS: i64 = 3_600_000_000_000;

/// Answers the facts of a window, the last hour when none is named.
pub async fn run(call: Call) -> Result<Response, Failure> {
    let window = window_of(&call)?;
    let service = call.query("service");
    let of_service = service.as_ref().map(|name| format!(" AND service.name = {}", quoted(name))).unwrap_or_default();
    // What a service is asked for is seldom the root of a trace.
    let requests = if service.is_some() { "span.kind in (server, consumer)" } else { "is_root = true" };
    let routes =
        format!("COUNT, P95(duration_ms) WHERE {requests}{of_service} GROUP BY service.name, name ORDER BY COUNT desc LIMIT {GROUPS}");
    let errors = format!(
        "COUNT WHERE exception.type exists AND meta.annotation_type != span_event{of_service} GROUP BY service.name, exception.type ORDER BY COUNT desc LIMIT {GROUPS}"
    );
    let length = window.end_ns - window.start_ns;
    let mut asked = Vec::new();
    for question in [&routes, &errors] {
        for back in [0, length, WEEK_NS] {
            asked.push(answer(&call, question, earlier(window, back)).await?);
        }
    }
    let [now, before, week, errors @ ..] = &asked[..] else { return Err(Failure::invalid("nothing was asked")) };
    let mut changes = slower(now, before, week);
    // Where nothing came before, everything is new, which is no news.
    if !before.results.is_empty()
        && let [now, earlier @ ..] = errors
    {
        changes.extend(new_errors(now, earlier));
    }
    // Of refusals those hear who may look at them.
    if service.is_none() && is_for(&call.caller, "refusals") {
        changes.extend(refused(&call, window));
    }
    changes.sort_by(|left, right| left.kind.cmp(&right.kind).then(weight(right).total_cmp(&weight(left))));
    changes.truncate(MOST);
    ok(&Changes {
        start_ns: Nanoseconds(window.start_ns),
        end_ns: Nanoseconds(window.end_ns),
        changes,
        partial: asked.iter().any(|answer| answer.partial),
    })
}

fn window_of(call: &Call) -> Result<Window, Failure> {
    let point = |name: &str| {
        let wrong = |_| Failure::invalid(format!("{name} is a number of nanoseconds since 1970"));
        call.query(name).map(|text| text.parse::<i64>().map_err(wrong)).transpose()
    };
    let end_ns = point("to")?.unwrap_or_else(|| call.hive.clock.wall_ns());
    let start_ns = point("from")?.unwrap_or_else(|| end_ns.saturating_sub(HOUR_NS));
    if start_ns >= end_ns || end_ns.checked_sub(start_ns).is_none() {
        return Err(Failure::invalid("`from` lies before `to`"));
    }
    Ok(Window { start_ns, end_ns })
}

/// The same window so many nanoseconds earlier.
fn earlier(window: Window, by_ns: i64) -> Window {
    Window { start_ns: window.start_ns.saturating_sub(by_ns), end_ns: window.end_ns.saturating_sub(by_ns) }
}

/// One question of several, each of which is called off for itself.
async fn answer(call: &Call, question: &str, window: Window) -> Result<QueryAnswer, Failure> {
    let open = call.open()?;
    let mut plan = text::parse(question, call.hive.clock.wall_ns()).map_err(plan_failure)?;
    plan.time.window = window;
    let plan = KeptFields::of(call, &open).in_plan(&plan, std::iter::empty())?;
    let ticket = call.enter("changes", &text::to_text(&plan))?;
    run_plan(&open, call.environment, &plan, Wants::default(), call.hive.clock.as_ref(), ticket.cancel.clone()).await
}

/// A value of the query's text.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Service, and what stands beside it.
type Key = (String, String);

/// The numbers of each group.
fn figures(answer: &QueryAnswer) -> Vec<(Key, [f64; 2])> {
    let word = |value: Option<&serde_json::Value>| value.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let number = |measure: Option<&Measure>| match measure {
        Some(Measure::Int(number)) => *number as f64,
        Some(Measure::Float(number)) => *number,
        _ => 0.0,
    };
    let read = |group: &crate::shape::query::Group| {
        let key = (word(group.group.first()), word(group.group.get(1)));
        (key, [number(group.values.first()), number(group.values.get(1))])
    };
    answer.results.iter().map(read).collect()
}

/// Routes with enough events in both windows whose P95 is longer than before, and longer than a week ago where that is known.
fn slower(now: &QueryAnswer, before: &QueryAnswer, week: &QueryAnswer) -> Vec<Change> {
    let known = |answer| figures(answer).into_iter().filter(|(_, [count, _])| *count >= LEAST_EVENTS).collect::<HashMap<_, _>>();
    let (before, week) = (known(before), known(week));
    let found = figures(now).into_iter().filter(|(_, [count, _])| *count >= LEAST_EVENTS).filter_map(|(key, [count, now_ms])| {
        let before_ms = before.get(&key)?[1];
        let week_ms = week.get(&key).map(|[_, length]| *length);
        let is_longer = |than: f64| than > 0.0 && now_ms >= than * LEAST_RATIO;
        (is_longer(before_ms) && week_ms.is_none_or(is_longer)).then_some(Change {
            kind: ChangeKind::Slower,
            service: key.0,
            name: key.1,
            count,
            now_ms: Some(now_ms),
            before_ms: Some(before_ms),
            week_ms,
        })
    });
    found.collect()
}

/// Exceptions of a service that none of the earlier windows had.
fn new_errors(now: &QueryAnswer, earlier: &[QueryAnswer]) -> Vec<Change> {
    let known: Vec<Key> = earlier.iter().flat_map(figures).map(|(key, _)| key).collect();
    let fresh = figures(now).into_iter().filter(|(key, _)| !known.contains(key));
    let change = |(key, [count, _]): (Key, [f64; 2])| plain(ChangeKind::NewError, key, count);
    fresh.map(change).collect()
}

/// What was refused in the window, by its reason; the reason that was given most often first.
fn refused(call: &Call, window: Window) -> Vec<Change> {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for refused in refused_sends(call) {
        if (window.start_ns..window.end_ns).contains(&refused.time_ns) {
            *reasons.entry(refused.reason).or_default() += 1;
        }
    }
    let total: usize = reasons.values().sum();
    let first = reasons.into_iter().min_by_key(|(_, count)| Reverse(*count));
    first.map(|(reason, _)| plain(ChangeKind::Refused, (String::new(), reason), total as f64)).into_iter().collect()
}

fn plain(kind: ChangeKind, (service, name): Key, count: f64) -> Change {
    Change { kind, service, name, count, now_ms: None, before_ms: None, week_ms: None }
}

/// By what facts of a kind are ordered: how many times as long, else how many.
fn weight(change: &Change) -> f64 {
    match (change.now_ms, change.before_ms) {
        (Some(now), Some(before)) => now / before,
        _ => change.count,
    }
}
