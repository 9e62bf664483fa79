//! One trace, by its id in any spelling.

use super::query::engine_failure;
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::query::Cost;
use crate::shape::row::Row;
use crate::shape::trace::Trace;
use glasshive_base_http::Response;
use glasshive_model::TraceId;
use glasshive_query_engine::{Cancel, TraceRequest};

/// Answers the trace's tree and rows.
pub async fn run(call: Call) -> Result<Response, Failure> {
    let spelled = call.param("id");
    let id = TraceId::from_text(spelled);
    let near_ns = call.query("at").map(|at| at.parse::<i64>()).transpose();
    let near_ns = near_ns.map_err(|_| Failure::invalid("`at` is a number of nanoseconds since 1970"))?;
    let open = call.open()?;
    let clock = &call.hive.clock;
    let start = clock.monotonic();
    let request = TraceRequest { trace_id: id, near_ns };
    let found = open.engine.trace(call.environment, request, Cancel::default()).await.map_err(engine_failure)?;
    if found.rows.is_empty() {
        return Err(Failure::not_found(format!("no event of this environment has the trace id {id}"))
            .with_remedy("check the id and the environment; a trace that was just sent may still be on its way"));
    }
    let trace = glasshive_feature_traces::build(&found.rows);
    let rows = found.rows.into_iter().map(Row::from).collect();
    let cost = Cost::new(found.cost, clock.monotonic().saturating_sub(start));
    ok(&Trace::new(id.to_string(), trace, rows, found.notes, cost))
}
