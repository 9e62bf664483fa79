//! Refusals as RFC 9457 problem documents: what a route says when its dialect has no words of its own.

use crate::response::{self, Response};
use crate::route::Refusal;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A problem document. `type` is left out, which by the RFC means "the status says it all".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The status's standard phrase.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What happened, in plain words.
    pub detail: String,
}

/// An answer that is a problem document.
pub fn problem(status: StatusCode, detail: impl Into<String>) -> Response {
    let title = status.canonical_reason().unwrap_or("Error").to_owned();
    let mut response = response::json(status, &Problem { title, status: status.as_u16(), detail: detail.into() });
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// A refusal as a problem document.
pub fn of_refusal(refusal: &Refusal) -> Response {
    problem(refusal.status, refusal.reason.clone())
}
