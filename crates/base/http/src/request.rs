//! A request as a handler gets it: its head, and a body still to be read.

use crate::body::{BodyError, ReceivedBody, RequestBody};
use crate::credential::{self, Credential};
use crate::ledger::Ledger;
use crate::panics::Panics;
use crate::percent;
use crate::route::Door;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri, Version, header};
use std::net::SocketAddr;
use std::sync::Arc;

/// Everything but the body. Shared, so that an answer can still be worded after the handler is gone.
#[derive(Debug, Clone)]
pub struct Head {
    /// The method.
    pub method: Method,
    /// The target as sent.
    pub uri: Uri,
    /// The version of HTTP.
    pub version: Version,
    /// The header fields; names are lower case.
    pub headers: HeaderMap,
    /// Who is connected.
    pub peer: SocketAddr,
    /// The matched route's name; empty when none matched.
    pub route: &'static str,
    /// The matched route's class.
    pub door: Door,
    /// Captured parts of the path, percent-decoded.
    pub params: Vec<(&'static str, String)>,
    /// When the head was complete: wall time in ns since 1970.
    pub received_ns: i64,
}

/// A request.
pub struct Request {
    head: Arc<Head>,
    body: RequestBody,
    panics: Arc<Panics>,
}

impl Head {
    /// A captured part of the path.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The path as sent, without the query.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// A header's value when it is there once or more, is text, and is not blank; surrounding blanks are cut.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
    }

    /// The media type of the body alone: no parameters, lower case. Empty when there is none.
    pub fn media_type(&self) -> String {
        media_type(&self.headers)
    }

    /// The query's pairs in order, decoded (`+` is a blank).
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (percent::decode_form(name), percent::decode_form(value))
            })
            .collect()
    }

    /// The first presented credential among these headers; see [`credential::presented`].
    pub fn credential(&self, headers: &[&'static str]) -> Option<Credential> {
        credential::presented(&self.headers, headers)
    }
}

/// The media type of a body with these headers.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl Request {
    pub(crate) fn new(head: Arc<Head>, body: RequestBody, panics: Arc<Panics>) -> Self {
        Self { head, body, panics }
    }

    /// A request that came through no socket, for tests of handlers.
    pub fn synthetic(method: Method, uri: &str, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        let head = Head {
            method,
            uri: uri.parse().unwrap_or_default(),
            version: Version::HTTP_11,
            headers,
            peer: SocketAddr::from(([127, 0, 0, 1], 1)),
            route: "",
            door: Door::Public,
            params: Vec::new(),
            received_ns: 0,
        };
        let body = RequestBody::whole(body.into(), &head.headers, Ledger::new(usize::MAX / 2));
        Self { head: Arc::new(head), body, panics: Arc::default() }
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The head, to keep.
    pub fn shared_head(&self) -> Arc<Head> {
        self.head.clone()
    }

    /// The body, to be read piece by piece.
    pub fn body(&mut self) -> &mut RequestBody {
        &mut self.body
    }

    /// Reads the whole body and undoes its content encodings. `limit` holds for the bytes received and for the bytes they
    /// become.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub async fn read_body(&mut self, limit: usize) -> Result<ReceivedBody, BodyError> {
        let encodings = self.head.headers.get_all(header::CONTENT_ENCODING);
        self.body.read_decoded(encodings.iter(), limit).await
    }

    /// Names the payload that the handler is about to work on by its hash. `Err` holds the sentence to refuse it with: this
    /// same payload has made handlers panic three times.
    ///
    /// # Errors
    /// The sentence.
    pub fn guard_payload(&self, hash: u128) -> Result<(), String> {
        self.panics.enter(hash)
    }
}
