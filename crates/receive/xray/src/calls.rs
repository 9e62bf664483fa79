//! The calls of an agent, through whichever port they come.

use crate::intake::{Intake, Refused, is_temporary};
use crate::sampling::Sampling;
use bytes::Bytes;
use glasshive_base_http::aside::aside;
use glasshive_base_http::{BodyError, Head, Response, response};
use glasshive_model::{EnvironmentId, SinkError};
use glasshive_wire_xray::sampling::TargetsRequest;
use glasshive_wire_xray::{Json, json};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json as object};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bodies from this length on are decoded beside the threads that serve the sockets.
const ASIDE_BYTES: usize = 256 * 1024;
/// After this long a request that is not yet durable is answered as throttled. It is stored all the same, once: clients give up
/// after 2 s.
const ANSWER_WITHIN: Duration = Duration::from_millis(450);
/// Documents of one request.
const DOCUMENTS_MAX: usize = 1_000;

/// What an agent may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentCall {
    /// `GetSamplingRules`.
    Rules,
    /// `GetSamplingTargets`.
    Targets,
    /// `GetSamplingStatisticSummaries`.
    Statistics,
    /// `PutTraceSegments`.
    Segments,
    /// `PutTelemetryRecords`.
    Telemetry,
}

/// A refusal in X-Ray's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// What it is about, in answers that name it.
    resource: Option<String>,
}

/// Ids for the answers, so that they can be told apart.
#[derive(Debug, Default)]
pub struct RequestIds(AtomicU64);

impl AgentCall {
    /// The answer to a request with this body.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn answer(
        self,
        intake: &Arc<Intake>,
        sampling: &Sampling,
        environment: EnvironmentId,
        head: &Head,
        body: &Bytes,
    ) -> Result<Value, Fault> {
        match self {
            AgentCall::Segments => segments(intake, environment, head, body).await,
            AgentCall::Rules => {
                tree(body)?;
                value(&sampling.rules())
            }
            AgentCall::Targets => {
                let read = TargetsRequest::read(&tree(body)?).map_err(serialization)?;
                value(&sampling.targets(read, head.received_ns))
            }
            AgentCall::Statistics => {
                tree(body)?;
                Ok(object!({"SamplingStatisticSummaries": value(&sampling.summaries())?}))
            }
            AgentCall::Telemetry => {
                tree(body)?;
                Ok(object!({}))
            }
        }
    }
}

async fn segments(intake: &Arc<Intake>, environment: EnvironmentId, head: &Head, body: &Bytes) -> Result<Value, Fault> {
    intake.admit(body.len()).map_err(|error| of_sink(&error))?;
    let (own, body, peer) = (intake.clone(), body.clone(), head.peer);
    let is_short = body.len() < ASIDE_BYTES;
    let work = move || Ok(own.prepare_request(environment, &documents(&body)?, peer));
    let done = if is_short { work() } else { aside(work).await.map_err(|gone| unavailable(gone.to_string()))? };
    let (prepared, refused) = done?;
    if let Some(prepared) = prepared {
        let own = intake.clone();
        // In a task of its own: it is finished also when the client goes away.
        let keep = tokio::spawn(async move { own.keep(&prepared).await });
        match tokio::time::timeout(ANSWER_WITHIN, keep).await {
            Ok(Ok(kept)) => kept.map_err(|error| of_sink(&error))?,
            Ok(Err(failed)) => return Err(unavailable(failed.to_string())),
            Err(_) => return Err(unavailable("the segments are not durable yet; they are kept all the same, once")),
        }
    }
    Ok(object!({"UnprocessedTraceSegments": refused.iter().map(unprocessed).collect::<Vec<Value>>()}))
}

/// The tree of a body: an object, or nothing at all.
fn tree(body: &Bytes) -> Result<Json<'_>, Fault> {
    if body.trim_ascii().is_empty() {
        return Ok(Json::Null);
    }
    match json::parse(body) {
        Ok(tree @ (Json::Object(_) | Json::Null)) => Ok(tree),
        Ok(_) => Err(serialization("the body is not a JSON object")),
        Err(error) => Err(serialization(format!("the body is not JSON: {error}"))),
    }
}

fn documents(body: &Bytes) -> Result<Vec<Bytes>, Fault> {
    let tree = tree(body)?;
    let invalid = |message: &str| Fault::new(StatusCode::BAD_REQUEST, "InvalidRequestException", message);
    let Some(Json::Array(listed)) = tree.get("TraceSegmentDocuments") else {
        return Err(invalid("TraceSegmentDocuments is missing: a list of documents, each as text"));
    };
    if listed.len() > DOCUMENTS_MAX {
        return Err(invalid("TraceSegmentDocuments has more than 1,000 documents"));
    }
    let text = |document: &Json<'_>| document.text().map(|text| Bytes::copy_from_slice(text.as_bytes()));
    listed.iter().map(text).collect::<Option<Vec<Bytes>>>().ok_or_else(|| invalid("TraceSegmentDocuments holds something that is no text"))
}

fn unprocessed(refused: &Refused) -> Value {
    let rejection = &refused.rejection;
    let mut entry = object!({"ErrorCode": rejection.code.word(), "Message": rejection.message()});
    if let (Some(id), Some(entry)) = (&rejection.id, entry.as_object_mut()) {
        entry.insert("Id".to_owned(), id.clone().into());
    }
    entry
}

fn value(answer: &impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(answer).map_err(|error| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", error.to_string()))
}

fn serialization(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "SerializationException", message)
}

fn unavailable(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::TOO_MANY_REQUESTS, "ThrottledException", message)
}

fn of_sink(error: &SinkError) -> Fault {
    if is_temporary(error) {
        return unavailable(error.to_string());
    }
    Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "InvalidRequestException", error.to_string())
}

impl Fault {
    /// A refusal. `code` has to be one that X-Ray's clients know.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), resource: None }
    }

    /// With the name of what it is about.
    pub fn about(self, resource: &str) -> Self {
        Self { resource: Some(resource.to_owned()), ..self }
    }

    /// The refusal of a body that could not be read.
    pub fn of_body(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "InvalidRequestException", error.to_string()),
            // Agents drop what was refused for good.
            BodyError::Full(_) | BodyError::Slow { .. } => unavailable(error.to_string()),
            _ => Self::new(StatusCode::BAD_REQUEST, "InvalidRequestException", error.to_string()),
        }
    }

    /// The answer.
    pub fn into_response(self) -> Response {
        let Self { status, code, message, resource } = self;
        let mut body = object!({"__type": code, "message": message, "Message": message});
        if let Some(resource) = resource {
            body["ResourceName"] = resource.into();
        }
        let mut response = response::json(status, &body);
        response.headers_mut().insert(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(code));
        response.extensions_mut().insert(glasshive_base_http::Refused { status: code.to_owned(), reason: message });
        response
    }
}

impl RequestIds {
    /// Gives an answer its id.
    pub fn name(&self, head: &Head, mut response: Response) -> Response {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let time = head.received_ns.unsigned_abs();
        let id = format!("{:08x}-{:04x}-4{:03x}-8000-{number:012x}", time >> 32 & 0xffff_ffff, time >> 16 & 0xffff, time & 0xfff);
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HeaderName::from_static("x-amzn-requestid"), id);
        }
        response
    }
}
