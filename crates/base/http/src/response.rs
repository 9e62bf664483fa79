//! Answers: whole, streamed, or followed by trailers.

use crate::BoxError;
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use serde::Serialize;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer on its way to the client.
pub type Response = http::Response<ResponseBody>;

/// The stream behind a streamed answer.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;

/// The body of an answer.
#[derive(Default)]
pub struct ResponseBody {
    data: Bytes,
    stream: Option<ByteStream>,
    trailers: Option<HeaderMap>,
    guard: Option<Box<dyn std::any::Any + Send>>,
}

/// An answer with a whole body of this type.
pub fn bytes(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(ResponseBody { data: body.into(), ..ResponseBody::default() });
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer of one sentence.
pub fn text(status: StatusCode, body: impl Into<String>) -> Response {
    bytes(status, "text/plain; charset=utf-8", body.into())
}

/// An answer of one JSON value.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => bytes(status, "application/json", body),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("answer could not be written as JSON: {error}")),
    }
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(ResponseBody::default());
    *response.status_mut() = status;
    response
}

/// An answer whose body comes piece by piece; an error ends the connection, so that the client sees it was cut.
pub fn stream(status: StatusCode, content_type: &'static str, body: ByteStream) -> Response {
    let mut response = Response::new(ResponseBody { stream: Some(body), ..ResponseBody::default() });
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// One server-sent event as it stands on the wire. `data` may have several lines.
pub fn server_sent_event(name: &str, data: &str) -> Bytes {
    let mut out = String::with_capacity(data.len() + name.len() + 20);
    if !name.is_empty() {
        out.push_str("event: ");
        out.push_str(name);
        out.push('\n');
    }
    for line in data.split('\n') {
        out.push_str("data: ");
        out.push_str(line.strip_suffix('\r').unwrap_or(line));
        out.push('\n');
    }
    out.push('\n');
    Bytes::from(out)
}

impl ResponseBody {
    /// A whole body with trailers after it (HTTP/2).
    pub fn with_trailers(data: Bytes, trailers: HeaderMap) -> Self {
        Self { data, trailers: Some(trailers), ..Self::default() }
    }

    /// The bytes of a body that is not streamed; empty for one that is.
    pub fn whole(&self) -> &Bytes {
        &self.data
    }

    /// The trailers, if any.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        self.trailers.as_ref()
    }

    /// Keeps `guard` until the body has been handed to the socket or dropped.
    pub(crate) fn keep(&mut self, guard: impl Send + 'static) {
        self.guard = Some(Box::new(guard));
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").field("data", &self.data).field("streamed", &self.stream.is_some()).finish_non_exhaustive()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if !self.data.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.data)))));
        }
        if let Some(stream) = &mut self.stream {
            match stream.as_mut().poll_next(cx) {
                Poll::Ready(Some(item)) => return Poll::Ready(Some(item.map(Frame::data))),
                Poll::Ready(None) => self.stream = None,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_empty() && self.stream.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        // With trailers the length is left unsaid: some gRPC clients refuse a content-length beside them.
        if self.stream.is_none() && self.trailers.is_none() { SizeHint::with_exact(self.data.len() as u64) } else { SizeHint::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_on_the_wire() {
        assert_eq!(server_sent_event("row", "a\r\nb"), "event: row\ndata: a\ndata: b\n\n");
        assert_eq!(server_sent_event("", "{}"), "data: {}\n\n");
    }

    #[test]
    fn lengths_are_said_only_of_whole_bodies() {
        assert_eq!(text(StatusCode::OK, "abc").body().size_hint().exact(), Some(3));
        assert_eq!(ResponseBody::with_trailers(Bytes::from_static(b"x"), HeaderMap::new()).size_hint().exact(), None);
        assert!(empty(StatusCode::NO_CONTENT).body().is_end_stream());
    }
}
