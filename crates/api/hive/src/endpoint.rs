//! One row of the API: what the route table needs, what the OpenAPI document says, and what answers.

use crate::access::{self, Caller};
use crate::hive::{Hive, Open};
use crate::problem::Failure;
use crate::running::Ticket;
use glasshive_base::{BoxFuture, ErrorKind};
use glasshive_base_http::{BodyError, Cause, Door, Handler, Head, Methods, Refusal, Request, Response, Route, response};
use glasshive_model::{Action, EnvironmentId};
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Bytes of a request's body. Queries are text; nothing else is large.
pub const BODY_BYTES: usize = 1 << 20;

/// Makes a schema, leaving the schemas it refers to in the generator.
pub type SchemaOf = fn(&mut schemars::SchemaGenerator) -> schemars::Schema;

/// Answers a call.
pub type Run = fn(Call) -> BoxFuture<'static, Result<Response, Failure>>;

/// A row.
pub struct Endpoint {
    /// Names it in metrics, refusals and the document.
    pub name: &'static str,
    /// Its one method.
    pub method: Methods,
    /// Its path; `{env}` stands for an environment's slug.
    pub path: &'static str,
    /// What it does, for the check of rights.
    pub action: Action,
    /// What it does, in words.
    pub summary: &'static str,
    /// Parameters of the query part.
    pub parameters: &'static [Parameter],
    /// The body it takes.
    pub body: Option<SchemaOf>,
    /// What it answers with status 200.
    pub answer: Answers,
    /// What answers.
    pub run: Run,
}

/// A parameter of the query part.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
}

/// What a row answers with status 200.
pub enum Answers {
    /// JSON.
    Json(SchemaOf),
    /// Server-sent events.
    Events(&'static str),
    /// Text of this media type.
    Text(&'static str),
    /// Bytes of this media type, and what they are.
    Bytes(&'static str, &'static str),
}

/// A request on its way to an answer: who asks is known, and that they may.
pub struct Call {
    /// What the handlers use.
    pub hive: Arc<Hive>,
    /// The request.
    pub request: Request,
    /// Who asks.
    pub caller: Caller,
    /// The environment of the path; `LOCAL` where the path names none.
    pub environment: EnvironmentId,
}

// === impl Call ===

impl Call {
    /// Store and engine.
    ///
    /// # Errors
    /// 503 while the log is being read back.
    pub fn open(&self) -> Result<Arc<Open>, Failure> {
        self.hive.open_parts()
    }

    /// Enters a question among those that run, under the id of the parameter `id` if there is one.
    ///
    /// # Errors
    /// 400 for an id that cannot be one, 409 for one that runs.
    pub fn enter(&self, kind: &'static str, text: &str) -> Result<Ticket, Failure> {
        self.hive.running.enter(self.environment, self.query("id"), kind, text, self.hive.clock.wall_ns())
    }

    /// A captured part of the path.
    pub fn param(&self, name: &str) -> &str {
        self.request.head().param(name).unwrap_or_default()
    }

    /// A parameter of the query part; an empty one is as good as none.
    pub fn query(&self, name: &str) -> Option<String> {
        let pairs = self.request.head().query_pairs();
        pairs.into_iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value)
    }

    /// The body as JSON. An empty body is `{}`.
    ///
    /// # Errors
    /// When it is too large, or not this JSON.
    pub async fn body<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let received = self.request.read_body(BODY_BYTES).await.map_err(|error| of_body(&error))?;
        let bytes = &received.decoded;
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
        serde_json::from_slice(bytes).map_err(|error| Failure::invalid(format!("the body does not fit: {error}")))
    }
}

fn of_body(error: &BodyError) -> Failure {
    Failure::new(error.kind(), error.to_string())
}

/// A JSON answer.
pub fn ok(body: &impl Serialize) -> Result<Response, Failure> {
    Ok(response::json(StatusCode::OK, body))
}

// === impl Endpoint ===

impl Endpoint {
    /// Its row of the route table.
    pub fn route(&'static self, hive: &Arc<Hive>) -> Route {
        let door = match self.action {
            Action::Ingest => Door::Ingest,
            Action::Read => Door::Read,
            Action::Change => Door::Change,
            Action::Administer => Door::Administer,
            Action::Public => Door::Public,
        };
        Route::new(self.name, door, self.method, self.path, Arc::new(EndpointHandler { endpoint: self, hive: hive.clone() }))
    }
}

struct EndpointHandler {
    endpoint: &'static Endpoint,
    hive: Arc<Hive>,
}

impl Handler for EndpointHandler {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        let head = request.shared_head();
        Box::pin(async move {
            let answer = match self.admit(&head) {
                Ok((caller, environment)) => (self.endpoint.run)(Call { hive: self.hive.clone(), request, caller, environment }).await,
                Err(failure) => Err(failure),
            };
            answer.unwrap_or_else(|failure| failure.into_response(&head))
        })
    }

    fn refuse(&self, head: &Head, refusal: &Refusal) -> Response {
        let kind = match refusal.cause {
            Cause::Head => ErrorKind::InvalidRequest,
            Cause::Host | Cause::Origin => ErrorKind::Forbidden,
            Cause::NotFound | Cause::Method { .. } => ErrorKind::NotFound,
            Cause::Panic => ErrorKind::Internal,
        };
        Failure::new(kind, refusal.reason.clone()).with_status(refusal.status).into_response(head)
    }
}

impl EndpointHandler {
    /// Who asks, for which environment, and that they may.
    fn admit(&self, head: &Head) -> Result<(Caller, EnvironmentId), Failure> {
        let action = self.endpoint.action;
        let caller = access::identify(&self.hive, head, action)?;
        access::check_role(&self.hive, &caller, self.endpoint)?;
        let Some(slug) = head.param("env") else { return Ok((caller, EnvironmentId::LOCAL)) };
        match self.hive.environment(slug) {
            Some(environment) => {
                access::authorise(&caller, action, environment)?;
                Ok((caller, environment))
            }
            // Only who may see all environments learns that one does not exist.
            None if caller.may_everywhere(action) => {
                Err(Failure::not_found(format!("there is no environment `{slug}`")).with_remedy("GET /hive/v1/environments lists them"))
            }
            None => Err(access::forbidden(action)),
        }
    }
}
