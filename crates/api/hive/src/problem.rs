//! What the API answers when it does not answer: RFC 9457 problem documents.
//!
//! `type` leads to a section of one page, served at `/hive/v1/problems`. `detail` is a sentence for people; paths, stack traces
//! and statements of ours never stand in it.

use glasshive_base::ErrorKind;
use glasshive_base_http::{Head, Refused, Response, response};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The page that problem types lead to.
pub const PAGE: &str = include_str!("problems.md");

/// Something the API did not do, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// A page about problems of this sort.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sort of problem in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in a sentence.
    pub detail: String,
    /// The request's id; the server's log names it too where there is more to say.
    pub instance: String,
    /// What to do about it, where something can be done.
    #[serde(rename = "try", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The limit that was passed, in the unit of `actual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What was sent instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// The character of the query text at which the fault lies, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}

/// A problem before it knows its request: the sort, the sentence, and what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The sort.
    pub kind: ErrorKind,
    /// The status, where the sort's usual one does not fit.
    pub status: Option<StatusCode>,
    /// What happened, in a sentence.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// The limit that was passed, and what was sent.
    pub limit: Option<(u64, u64)>,
    /// Where in a query text the fault lies.
    pub position: Option<usize>,
    /// When it may be tried again, seconds from now; 1 where it may be and nothing is said.
    pub retry_seconds: Option<u64>,
}

impl Failure {
    /// A failure of this sort.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, status: None, detail: detail.into(), remedy: None, limit: None, position: None, retry_seconds: None }
    }

    /// A request that cannot be understood.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, detail)
    }

    /// Something that is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, detail)
    }

    /// With what to do about it.
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// With another status than the sort's usual one.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status: Some(status), ..self }
    }

    /// The document, as the answer to a request.
    pub fn into_response(self, head: &Head) -> Response {
        let status = self.status.unwrap_or_else(|| status_of(self.kind));
        let retry_seconds = self.retry_seconds.unwrap_or(1);
        let problem = self.into_problem(status, instance_of(head));
        let mut answer = response::json(status, &problem);
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_seconds));
        }
        answer.extensions_mut().insert(Refused { status: String::new(), reason: problem.detail });
        answer
    }

    /// The document itself.
    pub fn into_problem(self, status: StatusCode, instance: String) -> Problem {
        let (anchor, title) = words_of(self.kind);
        Problem {
            kind: format!("/hive/v1/problems#{anchor}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail,
            instance,
            remedy: self.remedy,
            limit: self.limit.map(|(limit, _)| limit),
            actual: self.limit.map(|(_, actual)| actual),
            position: self.position,
        }
    }
}

/// The id of a request: when it came, and from which port.
pub fn instance_of(head: &Head) -> String {
    let mut id = String::from("request:");
    let _ = write!(id, "{:x}-{:x}", head.received_ns, head.peer.port());
    id
}

/// The usual status of a sort.
pub fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidRequest => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The section of the page, and the title.
fn words_of(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::InvalidRequest => ("invalid-request", "The request cannot be understood"),
        ErrorKind::Unauthenticated => ("unauthenticated", "A key or a sign-in is needed"),
        ErrorKind::Forbidden => ("forbidden", "That is not allowed"),
        ErrorKind::NotFound => ("not-found", "There is no such thing"),
        ErrorKind::Conflict => ("conflict", "The present state does not allow it"),
        ErrorKind::TooLarge => ("too-large", "A limit was passed"),
        ErrorKind::RateLimited => ("rate-limited", "Too many requests"),
        ErrorKind::Unavailable => ("unavailable", "The server cannot take it now"),
        ErrorKind::Timeout => ("timeout", "It took longer than allowed"),
        ErrorKind::Internal => ("internal", "The server has a defect"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l10_every_kind_has_a_status_and_a_section() {
        for kind in ErrorKind::ALL {
            let (anchor, title) = words_of(kind);
            assert!(PAGE.contains(&format!("## {}", title)), "{title}");
            assert!(PAGE.contains(&format!("<a id=\"{anchor}\"></a>")), "{anchor}");
            assert!(status_of(kind).is_client_error() || status_of(kind).is_server_error());
        }
    }

    #[test]
    fn l10_documents_hold_what_is_known_and_nothing_empty() {
        let failure =
            Failure { limit: Some((10, 12)), ..Failure::new(ErrorKind::TooLarge, "the body is too large").with_remedy("send less") };
        let problem = failure.into_problem(StatusCode::PAYLOAD_TOO_LARGE, "request:1".to_owned());
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"/hive/v1/problems#too-large","title":"A limit was passed","status":413,"detail":"the body is too large","instance":"request:1","try":"send less","limit":10,"actual":12}"#
        );
    }
}
