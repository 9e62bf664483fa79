//! From a kind of error to OTLP's answers: HTTP statuses and gRPC codes (OTLP 1.11, "Failures"; otlp.md's table of what clients
//! really retry), bodies, and hints when to come back.

use crate::config::ThrottleStatus;
use crate::decode::{Encoding, Signal3};
use crate::error::OtlpError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use glasshive_base::ErrorKind;
use glasshive_base_http::{BodyError, Refused, Response, ResponseBody, grpc, response};
use glasshive_wire_otlp::reply::{ExportResponse, Status, retry_info};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// The error's text once more, for people who look at headers.
const ERROR_HEADER: &str = "x-glasshive-error";
/// Compressions of messages that are undone.
pub(crate) const GRPC_ENCODINGS: &str = "identity, gzip, zstd";
/// Names of gRPC's codes, by number.
const CODE_NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The HTTP status of a kind.
pub fn http_status(kind: ErrorKind, throttle: ThrottleStatus) -> StatusCode {
    match kind {
        ErrorKind::InvalidRequest => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => match throttle {
            ThrottleStatus::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ThrottleStatus::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        },
        ErrorKind::Timeout => StatusCode::REQUEST_TIMEOUT,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The gRPC code of a kind.
pub fn grpc_code(kind: ErrorKind) -> u32 {
    match kind {
        ErrorKind::InvalidRequest => 3,
        ErrorKind::Unauthenticated => 16,
        ErrorKind::Forbidden => 7,
        ErrorKind::NotFound => 12,
        // Not ABORTED, which clients retry.
        ErrorKind::Conflict => 9,
        ErrorKind::TooLarge | ErrorKind::RateLimited => 8,
        ErrorKind::Unavailable => 14,
        ErrorKind::Timeout => 4,
        ErrorKind::Internal => 13,
    }
}

/// Whether an answer of this kind says when to come back. Without it RESOURCE_EXHAUSTED means "never", as too large should.
fn has_retry_hint(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable)
}

/// When to come back: between one and five seconds, not the same for everybody. More would outlast the exporters' patience.
#[derive(Debug)]
pub struct RetryHints(AtomicU64);

impl Default for RetryHints {
    fn default() -> Self {
        Self(AtomicU64::new(RandomState::new().hash_one(0_u8)))
    }
}

impl RetryHints {
    /// The next hint, in milliseconds: 1,000 to 5,000.
    pub fn next_ms(&self) -> u64 {
        // The golden ratio's steps spread evenly over the range.
        let step = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        1_000 + (step >> 32) % 4_001
    }

    /// The next hint in whole seconds: 1 to 5.
    pub fn next_seconds(&self) -> u64 {
        let step = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        1 + (step >> 32) % 5
    }
}

/// Success over HTTP, perhaps partial.
pub fn http_success(signal: Signal3, encoding: Encoding, reply: &ExportResponse) -> Response {
    response::bytes(StatusCode::OK, encoding.media_type(), reply.encode(signal, encoding))
}

/// A refusal over HTTP. Without an encoding (the request's is unusable) it is text.
pub fn http_error(error: &OtlpError, encoding: Option<Encoding>, throttle: ThrottleStatus, hints: &RetryHints) -> Response {
    let kind = error.kind();
    let status = match error {
        OtlpError::MediaType | OtlpError::Body(BodyError::UnknownEncoding { .. }) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        _ => http_status(kind, throttle),
    };
    // The body of a 401 holds the message alone: people search for the line their exporter prints from it.
    let code = (kind != ErrorKind::Unauthenticated).then(|| grpc_code(kind));
    let message = Status { code, message: error.to_string(), retry_after_ms: None, violations: error.violations() };
    let mut response = http_status_body(status, encoding, &message);
    let headers = response.headers_mut();
    if kind == ErrorKind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if has_retry_hint(kind) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(hints.next_seconds()));
    }
    response.extensions_mut().insert(Refused { status: String::new(), reason: error.reason() });
    response
}

/// Any status with a `google.rpc.Status`, or its message as text.
pub(crate) fn http_status_body(status: StatusCode, encoding: Option<Encoding>, body: &Status) -> Response {
    let mut response = match encoding {
        Some(encoding) => response::bytes(status, encoding.media_type(), body.encode(encoding)),
        None => response::bytes(status, "text/plain", body.message.clone()),
    };
    let plain: String = body.message.chars().map(|character| if matches!(character, ' '..='~') { character } else { '?' }).collect();
    if let Ok(value) = HeaderValue::from_str(&plain) {
        response.headers_mut().insert(HeaderName::from_static(ERROR_HEADER), value);
    }
    response
}

/// Success over gRPC, perhaps partial.
pub fn grpc_success(message: &[u8]) -> Response {
    grpc_response(ResponseBody::with_trailers(grpc::frame(message), grpc::status_fields(0, "")))
}

/// A refusal over gRPC: trailers only.
pub fn grpc_error(error: &OtlpError, hints: &RetryHints) -> Response {
    let kind = error.kind();
    let code = match error {
        OtlpError::MediaType | OtlpError::GrpcEncoding { .. } => 12,
        _ => grpc_code(kind),
    };
    let retry_after_ms = has_retry_hint(kind).then(|| hints.next_ms());
    let status = Status { code: Some(code), message: error.to_string(), retry_after_ms, violations: error.violations() };
    grpc_status(&status, &error.reason())
}

/// Any gRPC status but OK, with its details where both kinds of clients look for them.
pub(crate) fn grpc_status(status: &Status, reason: &str) -> Response {
    let code = status.code.unwrap_or(2);
    let mut response = grpc_response(ResponseBody::default());
    let headers = response.headers_mut();
    headers.extend(grpc::status_fields(code, &status.message));
    let mut binary = |name: &'static str, bytes: &[u8]| {
        if let Ok(value) = HeaderValue::from_str(&STANDARD_NO_PAD.encode(bytes)) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    if status.retry_after_ms.is_some() || !status.violations.is_empty() {
        binary("grpc-status-details-bin", &status.encode(Encoding::Protobuf));
    }
    if let Some(delay) = status.retry_after_ms {
        binary("google.rpc.retryinfo-bin", &retry_info(delay));
    }
    let name = usize::try_from(code).ok().and_then(|code| CODE_NAMES.get(code)).copied().unwrap_or_default();
    response.extensions_mut().insert(Refused { status: format!("{code} {name}"), reason: reason.to_owned() });
    response
}

fn grpc_response(body: ResponseBody) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(HeaderName::from_static("grpc-accept-encoding"), HeaderValue::from_static(GRPC_ENCODINGS));
    response
}

#[cfg(test)]
mod tests;
