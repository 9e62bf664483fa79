//! One trace, by its id in any spelling.

use super::query::engine_failure;
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::query::Cost;
use crate::shape::row::Row;
use crate::shape::skeleton::Skeleton;
use crate::shape::trace::Trace;
use glasshive_base_http::Response;
use glasshive_model::TraceId;
use glasshive_query_engine::{RawRows, TraceRequest};

/// Answers the trace's tree and rows.
pub async fn run(call: Call) -> Result<Response, Failure> {
    let (id, found, cost) = find(&call, None).await?;
    let trace = glasshive_feature_traces::build(&found.rows);
    let rows = found.rows.into_iter().map(Row::from).collect();
    ok(&Trace::new(id.to_string(), trace, rows, found.notes, cost))
}

/// Answers the trace's tree as columns.
pub async fn skeleton(call: Call) -> Result<Response, Failure> {
    let (id, found, cost) = find(&call, Some(&glasshive_feature_traces::FIELDS)).await?;
    ok(&Skeleton::new(id.to_string(), &glasshive_feature_traces::build(&found.rows), found.notes, cost))
}

/// The rows of the trace that the path names, with all their fields or with these.
async fn find(call: &Call, fields: Option<&[&str]>) -> Result<(TraceId, RawRows, Cost), Failure> {
    let id = TraceId::from_text(call.param("id"));
    let near_ns = call.query("at").map(|at| at.parse::<i64>()).transpose();
    let near_ns = near_ns.map_err(|_| Failure::invalid("`at` is a number of nanoseconds since 1970"))?;
    let open = call.open()?;
    let clock = &call.hive.clock;
    let start = clock.monotonic();
    let ticket = call.enter("trace", &id.to_string())?;
    let request = TraceRequest { trace_id: id, near_ns };
    let cancel = ticket.cancel.clone();
    let found = match fields {
        Some(fields) => open.engine.trace_outline(call.environment, request, fields, cancel).await,
        None => open.engine.trace(call.environment, request, cancel).await,
    };
    let found = found.map_err(engine_failure)?;
    if found.rows.is_empty() {
        return Err(Failure::not_found(format!("no event of this environment has the trace id {id}"))
            .with_remedy("check the id and the environment; a trace that was just sent may still be on its way"));
    }
    let cost = Cost::new(found.cost, clock.monotonic().saturating_sub(start));
    Ok((id, found, cost))
}
