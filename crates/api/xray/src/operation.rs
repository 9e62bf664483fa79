//! The operations: which path is which, what each does to whom, and how requests come to them.

use crate::access::{AuthMode, Caller};
use crate::handle;
use crate::{ask, fault};
use bytes::Bytes;
use glasshive_base::{BoxFuture, Clock};
use glasshive_base_http::{Cause, Door, Handler, Head, Methods, Refusal, Request, Response, Route, response};
use glasshive_feature_keys::Keys;
use glasshive_feature_xray::Xray;
use glasshive_model::{Action, EnvironmentId};
use glasshive_query_engine::Engine;
use glasshive_receive_xray::{AgentCall, Fault, Intake, RequestIds, XrayConfig};
use http::StatusCode;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// Bytes of a request.
const BODY_BYTES: usize = 6 << 20;

/// What the API is told.
pub struct ApiConfig {
    /// Whether requests have to be signed.
    pub auth: AuthMode,
    /// Who may sign.
    pub keys: Arc<Keys>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Rules and groups.
    pub xray: Arc<Xray>,
    /// Where segments go.
    pub intake: Arc<Intake>,
    /// What ARNs name.
    pub names: XrayConfig,
}

/// What the handlers use.
pub struct Api {
    pub(crate) auth: AuthMode,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) xray: Arc<Xray>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) names: XrayConfig,
    engine: OnceLock<Arc<Engine>>,
    ids: RequestIds,
}

/// A request that may be answered.
pub(crate) struct Call<'a> {
    pub api: &'a Api,
    pub head: &'a Head,
    pub environment: EnvironmentId,
    pub bytes: &'a Bytes,
    /// The bytes as an object.
    pub body: Value,
}

type Answer<'a> = BoxFuture<'a, Result<Value, Fault>>;

/// One operation.
pub(crate) struct Operation {
    /// Its route's name.
    name: &'static str,
    path: &'static str,
    action: Action,
    run: for<'a> fn(Call<'a>) -> Answer<'a>,
}

macro_rules! operations {
    ($($name:literal $path:literal $action:ident $run:expr;)+) => {
        const OPERATIONS: &[Operation] = &[$(Operation { name: $name, path: $path, action: Action::$action, run: |call| Box::pin($run(call)) }),+];
    };
}

operations! {
    "xray_put_segments" "/TraceSegments" Ingest (async |call: Call<'_>| call.agent(AgentCall::Segments).await);
    "xray_put_telemetry" "/TelemetryRecords" Ingest (async |call: Call<'_>| call.agent(AgentCall::Telemetry).await);
    "xray_sampling_rules" "/GetSamplingRules" Ingest (async |call: Call<'_>| call.agent(AgentCall::Rules).await);
    "xray_sampling_targets" "/SamplingTargets" Ingest (async |call: Call<'_>| call.agent(AgentCall::Targets).await);
    "xray_sampling_statistics" "/SamplingStatisticSummaries" Ingest (async |call: Call<'_>| call.agent(AgentCall::Statistics).await);
    "xray_create_rule" "/CreateSamplingRule" Change handle::rules::create;
    "xray_update_rule" "/UpdateSamplingRule" Change handle::rules::update;
    "xray_delete_rule" "/DeleteSamplingRule" Change handle::rules::delete;
    "xray_traces" "/Traces" Read handle::traces::batch_get;
    "xray_summaries" "/TraceSummaries" Read handle::traces::summaries;
    "xray_service_graph" "/ServiceGraph" Read handle::graph::of_time;
    "xray_trace_graph" "/TraceGraph" Read handle::graph::of_traces;
    "xray_time_series" "/TimeSeriesServiceStatistics" Read handle::graph::series;
    "xray_groups" "/Groups" Read handle::groups::list;
    "xray_group" "/GetGroup" Read handle::groups::get;
    "xray_create_group" "/CreateGroup" Change handle::groups::create;
    "xray_update_group" "/UpdateGroup" Change handle::groups::update;
    "xray_delete_group" "/DeleteGroup" Change handle::groups::delete;
    "xray_tags" "/ListTagsForResource" Read handle::tags::list;
    "xray_tag" "/TagResource" Change handle::tags::tag;
    "xray_untag" "/UntagResource" Change handle::tags::untag;
    "xray_encryption" "/EncryptionConfig" Read handle::settings::encryption;
    "xray_put_encryption" "/PutEncryptionConfig" Change handle::settings::put_encryption;
    "xray_policies" "/ListResourcePolicies" Read handle::settings::policies;
    "xray_put_policy" "/PutResourcePolicy" Change handle::settings::put_policy;
    "xray_delete_policy" "/DeleteResourcePolicy" Change handle::settings::delete_policy;
    "xray_start_retrieval" "/StartTraceRetrieval" Read handle::settings::not_here;
    "xray_retrieved" "/ListRetrievedTraces" Read handle::settings::not_here;
    "xray_retrieved_graph" "/GetRetrievedTracesGraph" Read handle::settings::not_here;
    "xray_cancel_retrieval" "/CancelTraceRetrieval" Read handle::settings::not_here;
    "xray_insights" "/InsightSummaries" Read handle::settings::not_here;
    "xray_insight" "/Insight" Read handle::settings::not_here;
    "xray_insight_events" "/InsightEvents" Read handle::settings::not_here;
    "xray_insight_graph" "/InsightImpactGraph" Read handle::settings::not_here;
    "xray_destination" "/GetTraceSegmentDestination" Read handle::settings::not_here;
    "xray_set_destination" "/UpdateTraceSegmentDestination" Change handle::settings::not_here;
    "xray_indexing" "/GetIndexingRules" Read handle::settings::not_here;
    "xray_set_indexing" "/UpdateIndexingRule" Change handle::settings::not_here;
}

/// The rows of the API: each operation at the root, as the daemon needs it, and under `/aws/xray`.
pub fn routes(api: &Arc<Api>) -> Vec<Route> {
    let row = |operation: &'static Operation, prefix: &str| {
        let door = match operation.action {
            Action::Ingest => Door::Ingest,
            Action::Read => Door::Read,
            Action::Change => Door::Change,
            Action::Administer => Door::Administer,
            Action::Public => Door::Public,
        };
        let handler = Arc::new(OperationHandler { operation, api: api.clone() });
        Route::new(operation.name, door, Methods::POST, format!("{prefix}{}", operation.path), handler)
    };
    OPERATIONS.iter().flat_map(|operation| ["", "/aws/xray"].map(|prefix| row(operation, prefix))).collect()
}

impl Api {
    /// An API whose engine is still to come.
    pub fn new(config: ApiConfig) -> Arc<Self> {
        let ApiConfig { auth, keys, clock, xray, intake, names } = config;
        Arc::new(Self { auth, keys, clock, xray, intake, names, engine: OnceLock::new(), ids: RequestIds::default() })
    }

    /// The engine is there: questions are answered from now on. A second call changes nothing.
    pub fn open(&self, engine: Arc<Engine>) {
        let _ = self.engine.set(engine);
    }

    pub(crate) fn engine(&self) -> Result<&Arc<Engine>, Fault> {
        self.engine.get().ok_or_else(|| fault::throttled("the server is starting: it reads back its log"))
    }
}

impl Call<'_> {
    async fn agent(self, call: AgentCall) -> Result<Value, Fault> {
        let sampling = self.api.xray.rules.sampling(self.environment);
        call.answer(&self.api.intake, &sampling, self.environment, self.head, self.bytes).await
    }
}

struct OperationHandler {
    operation: &'static Operation,
    api: Arc<Api>,
}

impl OperationHandler {
    async fn answer(&self, mut request: Request) -> Result<Response, Fault> {
        let head = request.shared_head();
        let caller = Caller::of(self.api.auth, &self.api.keys, &head, self.operation.action)?;
        let received = request.read_body(BODY_BYTES).await.map_err(Fault::of_body)?;
        caller.check(&head, &received.received)?;
        let body = ask::object(&received.decoded)?;
        let call = Call { api: &self.api, head: &head, environment: caller.environment, bytes: &received.decoded, body };
        let answer = (self.operation.run)(call).await?;
        Ok(response::json(StatusCode::OK, &answer))
    }
}

impl Handler for OperationHandler {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let head = request.shared_head();
            let response = self.answer(request).await.unwrap_or_else(Fault::into_response);
            self.api.ids.name(&head, response)
        })
    }

    fn refuse(&self, head: &Head, refusal: &Refusal) -> Response {
        let code = match refusal.cause {
            Cause::NotFound | Cause::Method { .. } => "UnknownOperationException",
            Cause::Host | Cause::Origin => "AccessDeniedException",
            Cause::Panic => "InternalFailure",
            Cause::Head => "InvalidRequestException",
        };
        self.api.ids.name(head, Fault::new(refusal.status, code, refusal.reason.clone()).into_response())
    }
}
