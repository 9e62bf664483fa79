//! The gRPC half of the door: three unary Export methods and the health service, on hyper's HTTP/2 without a framework between, so
//! that the key is checked before the body, the announced length is charged before it is reserved, and every refusal has the
//! status that OTLP wants.

use crate::decode::{Encoding, Signal3};
use crate::error::OtlpError;
use crate::export::{Door, Export};
use crate::reply;
use crate::routes::code_of;
use bytes::Bytes;
use glasshive_base::BoxFuture;
use glasshive_base_http::compression::decompress_aside;
use glasshive_base_http::grpc::read_message;
use glasshive_base_http::{
    BodyCodec, Condition, Door as DoorClass, Handler, Head, Methods, ReceivedBody, Refusal, Request, Response, Route,
};
use glasshive_wire_otlp::reply::Status;
use std::sync::Arc;

/// Requests of this media type (and what follows it) are gRPC's, on whichever port.
const MEDIA_TYPE: &str = "application/grpc";
/// Bytes of a health request.
const HEALTH_BYTES: usize = 1_024;
/// `grpc.health.v1.HealthCheckResponse` with status SERVING and NOT_SERVING.
const SERVING: &[u8] = &[0x08, 1];
const NOT_SERVING: &[u8] = &[0x08, 2];

pub(crate) fn routes(door: &Arc<Door>) -> Vec<Route> {
    let row = |name, class, methods, pattern: &str, handler: Arc<dyn Handler>| {
        Route::new(name, class, methods, pattern, handler).when(Condition::MediaType(MEDIA_TYPE))
    };
    let mut routes = Vec::new();
    for signal in Signal3::ALL {
        let name = match signal {
            Signal3::Traces => "grpc_traces",
            Signal3::Logs => "grpc_logs",
            Signal3::Metrics => "grpc_metrics",
        };
        let handler = Arc::new(GrpcExport { door: door.clone(), signal });
        routes.push(row(name, DoorClass::Ingest, Methods::POST, signal.grpc_path(), handler));
    }
    let health = Arc::new(Health { door: door.clone() });
    routes.push(row("grpc_health", DoorClass::Public, Methods::POST, "/grpc.health.v1.Health/Check", health));
    routes.push(row("grpc_unknown", DoorClass::Ingest, Methods::ANY, "/{*method}", Arc::new(Unknown)));
    routes
}

/// `Export` of one signal.
struct GrpcExport {
    door: Arc<Door>,
    signal: Signal3,
}

/// `grpc.health.v1.Health/Check`: serving means that the sink takes data.
struct Health {
    door: Arc<Door>,
}

/// Every other method.
struct Unknown;

impl GrpcExport {
    async fn export(&self, mut request: Request) -> Result<Vec<u8>, OtlpError> {
        if !matches!(request.head().media_type().as_str(), MEDIA_TYPE | "application/grpc+proto") {
            return Err(OtlpError::MediaType);
        }
        let announced = request.body().announced();
        let pass = self.door.admit(request.head(), self.signal, announced)?;
        let codec = message_codec(request.head())?;
        let body = self.read(&mut request, codec).await?;
        let received_ns = request.head().received_ns;
        let export =
            Export { signal: self.signal, encoding: Encoding::Protobuf, pass, received_ns, bounds: self.door.config.bounds(), body };
        let reply = self.door.take(export, |hash| request.guard_payload(hash)).await?;
        Ok(reply.encode(self.signal, Encoding::Protobuf))
    }

    async fn read(&self, request: &mut Request, codec: BodyCodec) -> Result<ReceivedBody, OtlpError> {
        let limit = self.door.config.body_bytes;
        let (is_compressed, received, charge) = read_message(request.body(), limit).await?;
        if is_compressed && codec == BodyCodec::Identity {
            return Err(OtlpError::Frame("the frame says compressed, but no grpc-encoding does"));
        }
        let codec = if is_compressed { codec } else { BodyCodec::Identity };
        let (codec, decoded, charge) = decompress_aside(codec, received.clone(), limit, charge).await?;
        Ok(ReceivedBody { received, codec, decoded, charge })
    }
}

/// The codec that `grpc-encoding` names.
fn message_codec(head: &Head) -> Result<BodyCodec, OtlpError> {
    match head.header("grpc-encoding").unwrap_or("identity") {
        "identity" => Ok(BodyCodec::Identity),
        "gzip" => Ok(BodyCodec::Gzip),
        "zstd" => Ok(BodyCodec::Zstd),
        other => Err(OtlpError::GrpcEncoding { name: other.to_owned() }),
    }
}

impl Handler for GrpcExport {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            match self.export(request).await {
                Ok(message) => reply::grpc_success(&message),
                Err(error) => reply::grpc_error(&error, &self.door.hints),
            }
        })
    }

    fn refuse(&self, _: &Head, refusal: &Refusal) -> Response {
        refuse(refusal)
    }
}

impl Health {
    async fn check(&self, mut request: Request) -> Result<&'static [u8], Status> {
        let message = read_message(request.body(), HEALTH_BYTES).await;
        let (_, message, _) = message.map_err(|error| Status::new(3, error.to_string()))?;
        let service = service_name(&message).ok_or_else(|| Status::new(3, "not a HealthCheckRequest"))?;
        let is_ours = Signal3::ALL.iter().any(|signal| signal.grpc_path().trim_start_matches('/').split('/').next() == Some(service));
        if !service.is_empty() && !is_ours {
            return Err(Status::new(5, "unknown service"));
        }
        Ok(if self.door.sink.admit(0).is_ok() { SERVING } else { NOT_SERVING })
    }
}

/// `HealthCheckRequest`: field 1, a string, or nothing.
fn service_name(message: &Bytes) -> Option<&str> {
    match &message[..] {
        [] => Some(""),
        [0x0a, len, name @ ..] if usize::from(*len) == name.len() => std::str::from_utf8(name).ok(),
        _ => None,
    }
}

impl Handler for Health {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            match self.check(request).await {
                Ok(message) => reply::grpc_success(message),
                Err(status) => reply::grpc_status(&status, &status.message),
            }
        })
    }

    fn refuse(&self, _: &Head, refusal: &Refusal) -> Response {
        refuse(refusal)
    }
}

impl Handler for Unknown {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        let method = request.head().path();
        let message = if method.contains(".profiles.") {
            "profiles are not stored: the signal is still in development".to_owned()
        } else {
            let shown: String = method.chars().take(200).collect();
            format!("no such method: {shown}")
        };
        let response = reply::grpc_status(&Status::new(12, message.clone()), &message);
        Box::pin(std::future::ready(response))
    }

    fn refuse(&self, _: &Head, refusal: &Refusal) -> Response {
        refuse(refusal)
    }
}

/// The server's refusals in gRPC's words; always with HTTP status 200, because clients look at `grpc-status` alone then.
fn refuse(refusal: &Refusal) -> Response {
    reply::grpc_status(&Status::new(code_of(refusal), refusal.reason.clone()), &refusal.reason)
}

#[cfg(test)]
mod tests;
