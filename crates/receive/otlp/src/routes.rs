//! The rows of the route table, and the HTTP half of the door.

use crate::auth::Pass;
use crate::config::OtlpConfig;
use crate::decode::{Encoding, Signal3};
use crate::error::OtlpError;
use crate::export::{Door, Export};
use crate::grpc;
use crate::reply;
use glasshive_base::BoxFuture;
use glasshive_base::metrics::Registry;
use glasshive_base_http::{Cause, Condition, Door as DoorClass, Handler, Head, Methods, Refusal, Refused, Request, Response, Route};
use glasshive_model::{EventSink, KeyTable};
use glasshive_wire_otlp::reply::{ExportResponse, Status};
use http::StatusCode;
use std::sync::Arc;

/// Media types of the door, of which a `POST /` is told that it has missed the path.
const MEDIA_TYPES: &[&str] = &["application/x-protobuf", "application/protobuf", "application/vnd.google.protobuf", "application/json"];

/// Every row of the door: OTLP over HTTP, OTLP over gRPC and gRPC's health service. The same rows serve both ports, so that a
/// client that mixes them up works.
pub fn routes(config: OtlpConfig, sink: Arc<dyn EventSink>, keys: Arc<dyn KeyTable>, registry: &Registry) -> Vec<Route> {
    let bases = config.base_paths.clone();
    let door = Arc::new(Door::new(config, sink, keys, registry));
    let mut routes = grpc::routes(&door);
    let missed: Arc<dyn Handler> = Arc::new(Missed { door: door.clone(), message: missed_path(&bases) });
    let post = |name, pattern: String, handler: Arc<dyn Handler>| {
        Route::new(name, DoorClass::Ingest, Methods::POST, pattern, handler).with_cors().overlooking_slashes()
    };
    routes.push(post("otlp_missed", "/".to_owned(), missed).when(Condition::MediaTypeIn(MEDIA_TYPES)));
    for base in &bases {
        for signal in Signal3::ALL {
            let handler = Arc::new(HttpExport { door: door.clone(), signal });
            routes.push(post(route_name(signal), format!("{base}/v1/{}", signal.word()), handler));
        }
        let message = "profiles are not stored: the signal is still in development".to_owned();
        let handler = Arc::new(Missed { door: door.clone(), message });
        routes.push(post("otlp_profiles", format!("{base}/v1development/profiles"), handler));
    }
    routes
}

fn route_name(signal: Signal3) -> &'static str {
    match signal {
        Signal3::Traces => "otlp_traces",
        Signal3::Logs => "otlp_logs",
        Signal3::Metrics => "otlp_metrics",
    }
}

fn missed_path(bases: &[String]) -> String {
    let base = bases.first().map_or("", String::as_str);
    format!("nothing takes OTLP at /; the paths are {base}/v1/traces, {base}/v1/metrics and {base}/v1/logs")
}

/// The encoding that a request's `Content-Type` names.
fn encoding_of(head: &Head) -> Option<Encoding> {
    match head.media_type().as_str() {
        "application/json" => Some(Encoding::Json),
        "application/x-protobuf" | "application/protobuf" | "application/vnd.google.protobuf" => Some(Encoding::Protobuf),
        _ => None,
    }
}

/// `POST /v1/{signal}`.
struct HttpExport {
    door: Arc<Door>,
    signal: Signal3,
}

/// A path that never takes anything and says what to do instead.
struct Missed {
    door: Arc<Door>,
    message: String,
}

impl HttpExport {
    /// Media type, then key, then room, then body.
    async fn export(&self, mut request: Request) -> Result<ExportResponse, OtlpError> {
        let encoding = encoding_of(request.head()).ok_or(OtlpError::MediaType)?;
        let announced = request.body().announced();
        let pass: Pass = self.door.admit(request.head(), self.signal, announced)?;
        let body = request.read_body(self.door.config.body_bytes).await?;
        let received_ns = request.head().received_ns;
        let export = Export { signal: self.signal, encoding, pass, received_ns, bounds: self.door.config.bounds(), body };
        self.door.take(export, |hash| request.guard_payload(hash)).await
    }
}

impl Handler for HttpExport {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let encoding = encoding_of(request.head());
            match (self.export(request).await, encoding) {
                (Ok(reply), Some(encoding)) => reply::http_success(self.signal, encoding, &reply),
                (Ok(_), None) => self.door.http_error(&OtlpError::MediaType, None),
                (Err(error), encoding) => self.door.http_error(&error, encoding),
            }
        })
    }

    fn refuse(&self, head: &Head, refusal: &Refusal) -> Response {
        refuse(head, refusal)
    }
}

impl Handler for Missed {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        let error = OtlpError::NotFound(self.message.clone());
        let response = self.door.http_error(&error, encoding_of(request.head()));
        Box::pin(std::future::ready(response))
    }

    fn refuse(&self, head: &Head, refusal: &Refusal) -> Response {
        refuse(head, refusal)
    }
}

impl Door {
    fn http_error(&self, error: &OtlpError, encoding: Option<Encoding>) -> Response {
        reply::http_error(error, encoding, self.config.throttle_status, &self.hints)
    }
}

/// The server's refusals in OTLP's words.
fn refuse(head: &Head, refusal: &Refusal) -> Response {
    if let Cause::Method { allowed } = &refusal.cause {
        let body = Status::new(12, format!("405 method not allowed, supported: [{allowed}]"));
        return reply::http_status_body(refusal.status, None, &body);
    }
    let body = Status::new(code_of(refusal), refusal.reason.clone());
    let mut response = reply::http_status_body(refusal.status, encoding_of(head), &body);
    response.extensions_mut().insert(Refused { status: String::new(), reason: refusal.reason.clone() });
    response
}

/// The gRPC code of a refusal of the server's.
pub(crate) fn code_of(refusal: &Refusal) -> u32 {
    match refusal.cause {
        Cause::NotFound | Cause::Method { .. } => 12,
        Cause::Origin => 7,
        Cause::Panic => 13,
        Cause::Host if refusal.status == StatusCode::MISDIRECTED_REQUEST => 7,
        Cause::Head | Cause::Host => 3,
    }
}

#[cfg(test)]
mod tests;
