//! One trace, by its id in any spelling.

use super::query::engine_failure;
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::query::Cost;
use crate::shape::row::Row;
use crate::shape::skeleton::Skeleton;
use crate::shape::trace::Trace;
use glasshive_base::ErrorKind;
use glasshive_base_http::Response;
use glasshive_base_http::aside::aside;
use glasshive_feature_traces::{FIELDS, build, build_from};
use glasshive_model::TraceId;
use glasshive_model::shown::FieldRows;
use glasshive_query_engine::TraceRequest;

/// Answers the trace's tree and rows.
pub async fn run(call: Call) -> Result<Response, Failure> {
    let (id, request) = asked(&call)?;
    let open = call.open()?;
    let start = call.hive.clock.monotonic();
    let ticket = call.enter("trace", &id.to_string())?;
    let found = open.engine.trace(call.environment, request, ticket.cancel.clone()).await.map_err(engine_failure)?;
    if found.rows.is_empty() {
        return Err(not_found(id));
    }
    let cost = Cost::new(found.cost, call.hive.clock.monotonic().saturating_sub(start));
    written(move || {
        let trace = build(&found.rows);
        let rows = found.rows.into_iter().map(Row::from).collect();
        ok(&Trace::new(id.to_string(), trace, rows, found.notes, cost))
    })
    .await
}

/// Answers the trace's tree as columns.
pub async fn skeleton(call: Call) -> Result<Response, Failure> {
    let (id, request) = asked(&call)?;
    let open = call.open()?;
    let start = call.hive.clock.monotonic();
    let ticket = call.enter("trace", &id.to_string())?;
    let found = open.engine.trace_outline(call.environment, request, &FIELDS, ticket.cancel.clone()).await.map_err(engine_failure)?;
    if found.is_empty() {
        return Err(not_found(id));
    }
    let cost = Cost::new(found.cost, call.hive.clock.monotonic().saturating_sub(start));
    written(move || {
        let trace = build_from(&found);
        ok(&Skeleton::new(id.to_string(), &trace, found.notes, cost))
    })
    .await
}

/// The trace that the path names, and where it is looked for.
fn asked(call: &Call) -> Result<(TraceId, TraceRequest), Failure> {
    let trace_id = TraceId::from_text(call.param("id"));
    let near_ns = call.query("at").map(|at| at.parse::<i64>()).transpose();
    let near_ns = near_ns.map_err(|_| Failure::invalid("`at` is a number of nanoseconds since 1970"))?;
    Ok((trace_id, TraceRequest { trace_id, near_ns }))
}

/// Answers that may be of a hundred thousand rows are put together where nobody else waits for the thread.
async fn written(write: impl FnOnce() -> Result<Response, Failure> + Send + 'static) -> Result<Response, Failure> {
    aside(write).await.unwrap_or_else(|stopping| Err(Failure::new(ErrorKind::Unavailable, stopping.to_string())))
}

fn not_found(id: TraceId) -> Failure {
    Failure::not_found(format!("no event of this environment has the trace id {id}"))
        .with_remedy("check the id and the environment; a trace that was just sent may still be on its way")
}
