//! The TCP side of the daemon's port: the calls of an agent, without a credential.

use crate::calls::{AgentCall, Fault, RequestIds};
use crate::intake::Intake;
use crate::sampling::Sampling;
use glasshive_base::BoxFuture;
use glasshive_base_http::{Cause, Door, Handler, Head, Methods, Refusal, Request, Response, Route, response};
use http::StatusCode;
use std::sync::Arc;

/// Calls of X-Ray's API that are not an agent's.
const NOT_AN_AGENTS: [&str; 33] = [
    "/Traces",
    "/TraceSummaries",
    "/TraceGraph",
    "/ServiceGraph",
    "/TimeSeriesServiceStatistics",
    "/CreateSamplingRule",
    "/UpdateSamplingRule",
    "/DeleteSamplingRule",
    "/CreateGroup",
    "/GetGroup",
    "/Groups",
    "/UpdateGroup",
    "/DeleteGroup",
    "/TagResource",
    "/UntagResource",
    "/ListTagsForResource",
    "/EncryptionConfig",
    "/PutEncryptionConfig",
    "/StartTraceRetrieval",
    "/ListRetrievedTraces",
    "/GetRetrievedTracesGraph",
    "/CancelTraceRetrieval",
    "/InsightSummaries",
    "/Insight",
    "/InsightEvents",
    "/InsightImpactGraph",
    "/GetTraceSegmentDestination",
    "/UpdateTraceSegmentDestination",
    "/GetIndexingRules",
    "/UpdateIndexingRule",
    "/PutResourcePolicy",
    "/ListResourcePolicies",
    "/DeleteResourcePolicy",
];

/// The rows of the daemon's port; a table of its own, since other ports ask for credentials.
pub fn routes(intake: Arc<Intake>, sampling: Arc<Sampling>) -> Vec<Route> {
    let shared = Arc::new(Shared { intake, sampling, ids: RequestIds::default() });
    let agent = |call| Arc::new(Agent { shared: shared.clone(), call });
    let call = |name, path: &str, call| Route::new(name, Door::Ingest, Methods::POST, path, agent(Call::Agent(call)));
    let alive = |name, path: &str| Route::new(name, Door::Ingest, Methods::GET, path, agent(Call::Alive));
    vec![
        call("xray_rules", "/GetSamplingRules", AgentCall::Rules),
        call("xray_targets", "/SamplingTargets", AgentCall::Targets),
        call("xray_statistics", "/SamplingStatisticSummaries", AgentCall::Statistics),
        call("xray_segments", "/TraceSegments", AgentCall::Segments),
        call("xray_telemetry", "/TelemetryRecords", AgentCall::Telemetry),
        alive("xray_alive", "/"),
        alive("xray_healthz", "/healthz"),
        Route::new("xray_other", Door::Ingest, Methods::ANY, "/{*path}", agent(Call::Other)),
    ]
}

struct Shared {
    intake: Arc<Intake>,
    sampling: Arc<Sampling>,
    ids: RequestIds,
}

#[derive(Debug, Clone, Copy)]
enum Call {
    Agent(AgentCall),
    Alive,
    Other,
}

struct Agent {
    shared: Arc<Shared>,
    call: Call,
}

impl Agent {
    async fn answer(&self, mut request: Request) -> Result<Response, Fault> {
        let call = match self.call {
            Call::Agent(call) => call,
            Call::Alive => return Ok(response::text(StatusCode::OK, "glasshive: X-Ray daemon\n")),
            Call::Other => return Err(elsewhere(request.head())),
        };
        let head = request.shared_head();
        let Shared { intake, sampling, .. } = &*self.shared;
        // It is charged for as long as it is looked at.
        let received = request.read_body(intake.config().body_bytes).await.map_err(Fault::of_body)?;
        Ok(response::json(StatusCode::OK, &call.answer(intake, sampling, intake.environment(), &head, &received.decoded).await?))
    }
}

impl Handler for Agent {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let head = request.shared_head();
            let response = self.answer(request).await.unwrap_or_else(Fault::into_response);
            self.shared.ids.name(&head, response)
        })
    }

    fn refuse(&self, head: &Head, refusal: &Refusal) -> Response {
        let code = match refusal.cause {
            Cause::NotFound | Cause::Method { .. } => "UnknownOperationException",
            Cause::Origin => "AccessDeniedException",
            Cause::Panic => "InternalFailure",
            Cause::Head | Cause::Host => "InvalidRequestException",
        };
        self.shared.ids.name(head, Fault::new(refusal.status, code, refusal.reason.clone()).into_response())
    }
}

fn elsewhere(head: &Head) -> Fault {
    let path = head.path().trim_end_matches('/');
    if NOT_AN_AGENTS.contains(&path) {
        let message = format!("{path} is not one of the calls of an agent: the signed API is on the port of HTTP");
        return Fault::new(StatusCode::FORBIDDEN, "AccessDeniedException", message);
    }
    Fault::new(StatusCode::NOT_FOUND, "UnknownOperationException", "nothing is at that path")
}

#[cfg(test)]
mod tests;
