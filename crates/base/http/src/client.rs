//! The one HTTP client: plain HTTP/1.1, or HTTP/2 with prior knowledge, to addresses that the operator configured.
//!
//! No TLS, no redirects, no proxy from the environment.

use crate::grpc;
use crate::response::ResponseBody;
use crate::{BoxError, response};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

mod events;

pub use events::{EventStream, ServerSentEvent};

/// A client. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    inner: legacy::Client<HttpConnector, ResponseBody>,
    timeout: Duration,
    answer_bytes: usize,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// What followed the body.
    pub trailers: Option<HeaderMap>,
}

/// An answer whose body is still to come.
pub struct StreamAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its header fields.
    pub headers: HeaderMap,
    body: UnsyncBoxBody<Bytes, BoxError>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is not `http://host[:port]/...`.
    #[error("'{url}' is not an http:// address")]
    Address {
        /// The address.
        url: String,
    },
    /// Nobody answers there, or the connection broke.
    #[error("no answer from {url}: {}", deepest(.source))]
    Unreachable {
        /// The address.
        url: String,
        /// What went wrong.
        source: BoxError,
    },
    /// It took too long.
    #[error("no answer from {url} within {seconds} s")]
    Timeout {
        /// The address.
        url: String,
        /// The limit.
        seconds: u64,
    },
    /// The answer is longer than we take.
    #[error("the answer of {url} is longer than {limit_bytes} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit.
        limit_bytes: usize,
    },
    /// The answer, or the question, is not the JSON it should be.
    #[error("JSON does not fit: {0}")]
    Json(#[from] serde_json::Error),
}

/// The innermost reason: `connection refused` says more than the layers around it.
fn deepest(error: &BoxError) -> String {
    let mut inner: &(dyn std::error::Error + 'static) = error.as_ref();
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client over HTTP/1.1.
    pub fn new() -> Self {
        Self::with_http2(false)
    }

    /// A client over HTTP/2 with prior knowledge, as gRPC needs it.
    pub fn http2() -> Self {
        Self::with_http2(true)
    }

    fn with_http2(http2: bool) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(5)));
        let inner = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            // Below the server's own limit for silent connections, so that we are the one to close.
            .pool_idle_timeout(Duration::from_secs(60))
            .http2_only(http2)
            .build(connector);
        Self { inner, timeout: Duration::from_secs(30), answer_bytes: 256 << 20 }
    }

    /// With another limit on the time to a whole answer (or to the head of a streamed one).
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn request(&self, method: Method, url: &str, headers: HeaderMap, body: impl Into<Bytes>) -> Result<Answer, ClientError> {
        let whole = async {
            let StreamAnswer { status, headers, mut body } = self.send(method, url, headers, body.into()).await?;
            let (mut whole, mut trailers) = (BytesMut::new(), None);
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|source| ClientError::Unreachable { url: url.to_owned(), source })?;
                match frame.into_data() {
                    Ok(data) if whole.len() + data.len() > self.answer_bytes => {
                        return Err(ClientError::TooLarge { url: url.to_owned(), limit_bytes: self.answer_bytes });
                    }
                    Ok(data) => whole.extend_from_slice(&data),
                    Err(frame) => trailers = frame.into_trailers().ok().or(trailers),
                }
            }
            Ok(Answer { status, headers, body: whole.freeze(), trailers })
        };
        self.in_time(url, whole).await
    }

    /// Sends a request and returns as soon as the head of the answer is there.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn stream(&self, method: Method, url: &str, headers: HeaderMap, body: impl Into<Bytes>) -> Result<StreamAnswer, ClientError> {
        self.in_time(url, self.send(method, url, headers, body.into())).await
    }

    /// Sends JSON, or nothing.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn json(
        &self,
        method: Method,
        url: &str,
        mut headers: HeaderMap,
        body: Option<&impl Serialize>,
    ) -> Result<Answer, ClientError> {
        let body = match body {
            Some(body) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                serde_json::to_vec(body)?
            }
            None => Vec::new(),
        };
        self.request(method, url, headers, body).await
    }

    /// Makes a unary gRPC call. Needs [`Client::http2`]. Returns status code, message and the answer's bytes; an answer that
    /// carries no `grpc-status` has code 2 (unknown) and tells its HTTP status.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn grpc(
        &self,
        base: &str,
        method: &str,
        mut headers: HeaderMap,
        message: &[u8],
    ) -> Result<(u32, String, Bytes), ClientError> {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(HeaderName::from_static("te"), HeaderValue::from_static("trailers"));
        let url = format!("{}/{method}", base.trim_end_matches('/'));
        let answer = self.request(Method::POST, &url, headers, grpc::frame(message)).await?;
        let unknown = || (2, format!("HTTP status {} without grpc-status", answer.status));
        let (code, words) = grpc::status_of(&answer.headers, answer.trailers.as_ref()).unwrap_or_else(unknown);
        let message = grpc::unframe(&answer.body).map_or_else(Bytes::new, |(_, message)| message);
        Ok((code, words, message))
    }

    async fn in_time<T>(&self, url: &str, work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
        let late = |_| ClientError::Timeout { url: url.to_owned(), seconds: self.timeout.as_secs() };
        tokio::time::timeout(self.timeout, work).await.map_err(late)?
    }

    async fn send(&self, method: Method, url: &str, headers: HeaderMap, body: Bytes) -> Result<StreamAnswer, ClientError> {
        let address = || ClientError::Address { url: url.to_owned() };
        let uri: Uri = url.parse().map_err(|_| address())?;
        if uri.scheme_str() != Some("http") || uri.authority().is_none() {
            return Err(address());
        }
        let (_, body) = response::bytes(StatusCode::OK, "", body).into_parts();
        let mut request = http::Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let answer = self.inner.request(request).await;
        let answer = answer.map_err(|source| ClientError::Unreachable { url: url.to_owned(), source: source.into() })?;
        let (parts, body) = answer.into_parts();
        Ok(StreamAnswer { status: parts.status, headers: parts.headers, body: UnsyncBoxBody::new(body.map_err(Into::into)) })
    }
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// [`ClientError::Json`].
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The body as text; what is not UTF-8 becomes U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl StreamAnswer {
    /// The next piece of the body, or `None` at its end.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BoxError> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(error),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The body as server-sent events.
    pub fn events(self) -> EventStream {
        EventStream::new(self)
    }
}
