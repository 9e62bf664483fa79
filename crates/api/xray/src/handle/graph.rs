//! The service map: of a time, of some traces, and over time.

use crate::ask;
use crate::fault::{invalid, of_feature};
use crate::operation::Call;
use glasshive_feature_xray::filter::Filter;
use glasshive_feature_xray::find::{self, Search, TimeType};
use glasshive_feature_xray::graph::Graph;
use glasshive_feature_xray::groups::GroupKey;
use glasshive_feature_xray::series::{Series, Subject};
use glasshive_feature_xray::summary::seconds;
use glasshive_feature_xray::trace::Trace;
use glasshive_model::TraceId;
use glasshive_query_plan::Window;
use glasshive_receive_xray::Fault;
use glasshive_wire_xray::id;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The longest period of a time series, s.
const PERIOD_MAX_S: i64 = 86_400;
/// Traces of one `GetTraceGraph`.
const IDS_MAX: usize = 100;

/// `GetServiceGraph`.
pub(crate) async fn of_time(call: Call<'_>) -> Result<Value, Fault> {
    let window = ask::window(&call.body)?;
    let filter = group(&call)?;
    let graph = Mutex::new(Graph::default());
    each(&call, window, &filter, |trace| graph.lock().unwrap_or_else(PoisonError::into_inner).add(trace, Some(window))).await?;
    let services = graph.into_inner().unwrap_or_else(PoisonError::into_inner).services();
    Ok(json!({
        "StartTime": seconds(window.start_ns),
        "EndTime": seconds(window.end_ns),
        "Services": services,
        "ContainsOldGroupVersions": false,
    }))
}

/// `GetTraceGraph`.
pub(crate) async fn of_traces(call: Call<'_>) -> Result<Value, Fault> {
    let asked = ask::texts(&call.body, "TraceIds")?.ok_or_else(|| invalid("TraceIds is needed"))?;
    if !(1..=IDS_MAX).contains(&asked.len()) {
        return Err(invalid(format!("TraceIds has 1 to {IDS_MAX} ids")));
    }
    let mut ids: Vec<TraceId> = Vec::new();
    for id in asked.iter().filter_map(|text| id::trace_id(text)).filter_map(TraceId::new) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let stored = find::stored(call.api.engine()?, call.environment, &ids, None).await.map_err(of_feature)?;
    let mut graph = Graph::default();
    let now_ns = call.api.clock.wall_ns();
    for id in ids {
        if let Some(stored) = stored.get(&id) {
            stored.assembled(id, now_ns, |trace| graph.add(trace, None));
        }
    }
    Ok(json!({"Services": graph.services()}))
}

/// `GetTimeSeriesServiceStatistics`.
pub(crate) async fn series(call: Call<'_>) -> Result<Value, Fault> {
    let window = ask::window(&call.body)?;
    let filter = group(&call)?;
    let period_s = ask::integer(&call.body, "Period")?.unwrap_or(60);
    if !(60..=PERIOD_MAX_S).contains(&period_s) || period_s % 60 != 0 {
        return Err(invalid("Period is a multiple of 60, and at most a day"));
    }
    let selector = ask::text(&call.body, "EntitySelectorExpression")?;
    if selector.as_ref().is_some_and(|selector| !(1..=500).contains(&selector.chars().count())) {
        return Err(invalid("EntitySelectorExpression has 1 to 500 characters"));
    }
    let subject = Subject::read(selector.as_deref()).map_err(of_feature)?;
    if ask::truth(&call.body, "ForecastStatistics")? == Some(true) && !subject.is_id {
        return Err(invalid("ForecastStatistics needs an EntitySelectorExpression of id(...)"));
    }
    let series = Mutex::new(Series::new(subject, window, period_s));
    each(&call, window, &filter, |trace| series.lock().unwrap_or_else(PoisonError::into_inner).add(trace)).await?;
    let told = series.into_inner().unwrap_or_else(PoisonError::into_inner).told();
    Ok(json!({"TimeSeriesServiceStatistics": told, "ContainsOldGroupVersions": false}))
}

/// Looks once at each trace of which something happens in a time.
async fn each(call: &Call<'_>, window: Window, filter: &Filter, look: impl Fn(&Trace<'_>) + Send + Sync) -> Result<(), Fault> {
    // The same trace is met on more than one page.
    let seen = Mutex::new(HashSet::new());
    let look_once = |trace: &Trace<'_>| {
        if seen.lock().unwrap_or_else(PoisonError::into_inner).insert(trace.id) {
            look(trace);
        }
    };
    let mut after = None;
    loop {
        let search = Search {
            environment: call.environment,
            window,
            time_type: TimeType::Event,
            filter,
            share: 1.0,
            after,
            limit: usize::MAX,
            now_ns: call.api.clock.wall_ns(),
            reach_ns: find::REST_NS,
            watch: &(),
        };
        after = search.page(call.api.engine()?, look_once).await.map_err(of_feature)?.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// The traces of the group that is asked about; all of them when none is.
fn group(call: &Call<'_>) -> Result<Filter, Fault> {
    let key = match (ask::text(&call.body, "GroupARN")?, ask::text(&call.body, "GroupName")?) {
        (Some(arn), _) => GroupKey::Arn(arn),
        (None, Some(name)) => GroupKey::Name(name),
        (None, None) => return Ok(Filter::All),
    };
    let groups = &call.api.xray.groups;
    let group = groups.get(call.environment, &key).map_err(of_feature)?;
    groups.compile(call.environment, &group.filter.unwrap_or_default()).map_err(of_feature)
}
