//! The way of one request: limits, route, gate, preflight, handler, and what every answer carries.

use super::Shared;
use super::watched::InFlight;
use crate::body::RequestBody;
use crate::cors::{MAX_AGE_SECONDS, VARY};
use crate::gate::Visit;
use crate::panics::Panics;
use crate::problem;
use crate::refusal::{FailedPayload, Refused, RefusedRequest, shown_peer};
use crate::request::{Head, Request};
use crate::response::{self, Response};
use crate::route::{Cause, Door, Lookup, Methods, Refusal, Route};
use futures_util::FutureExt as _;
use glasshive_base::metrics::{Counter, Gauge, Histogram, Registry};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// Origins of which a refused preflight is logged; later ones are only counted.
const TOLD_ORIGINS: usize = 100;
/// Longest target shown in the ring.
const SHOWN_TARGET_BYTES: usize = 256;

/// Counters of the server.
pub(crate) struct Meters {
    pub connections: Gauge,
    pub refused_connections: Counter,
    pub overdue_connections: Counter,
    pub failed_accepts: Counter,
    refused_preflights: Counter,
    panics: Counter,
    unmatched: Counter,
    /// Where refusals are counted, by route and status: most of them never happen.
    registry: Registry,
    /// By row of the table: answers by class of status, and seconds.
    routes: Vec<([Counter; 5], Histogram)>,
}

impl Meters {
    pub(super) fn new(router: &crate::Router, registry: &Registry) -> Self {
        const ANSWERS: (&str, &str) = ("glasshive_http_answers_total", "Answers by route and class of status.");
        let of_route = |route: &Route| {
            let of_class = |class| registry.counter(ANSWERS.0, ANSWERS.1, &[("route", route.name), ("class", class)]);
            let seconds = registry.histogram("glasshive_http_seconds", "Time from head to answer.", &[("route", route.name)]);
            (["1xx", "2xx", "3xx", "4xx", "5xx"].map(of_class), seconds)
        };
        Self {
            connections: registry.gauge("glasshive_http_connections", "Open connections.", &[]),
            refused_connections: registry.counter("glasshive_http_connections_refused_total", "Connections over a limit.", &[]),
            overdue_connections: registry.counter("glasshive_http_connections_overdue_total", "Connections cut for being slow.", &[]),
            failed_accepts: registry.counter("glasshive_http_accepts_failed_total", "Connections that the system could not give us.", &[]),
            refused_preflights: registry.counter("glasshive_http_preflights_refused_total", "Preflights of foreign origins.", &[]),
            panics: registry.counter("glasshive_fault_total", "Faults by kind.", &[("kind", "request_panic")]),
            unmatched: registry.counter(ANSWERS.0, ANSWERS.1, &[("route", ""), ("class", "4xx")]),
            routes: router.routes().map(of_route).collect(),
            registry: registry.clone(),
        }
    }
}

pub(super) async fn answer(
    shared: Arc<Shared>,
    in_flight: InFlight,
    peer: SocketAddr,
    request: http::Request<Incoming>,
) -> Result<Response, Infallible> {
    let started = Instant::now();
    let (parts, incoming) = request.into_parts();
    let incoming = BoxBody::new(incoming.map_err(Into::into));
    let body = RequestBody::new(incoming, &parts.headers, shared.limits.body, shared.ledger.clone());
    let lookup = shared.router.lookup(&parts.method, parts.uri.path(), &parts.headers);
    let (route, index, params, allowed) = match lookup {
        Lookup::Found { index, route, params } => (Some(route), Some(index), params, None),
        Lookup::WrongMethod { route, allowed } => (Some(route), None, Vec::new(), Some(allowed)),
        Lookup::Nothing => (None, None, Vec::new(), None),
    };
    let head = Arc::new(Head {
        method: parts.method,
        uri: parts.uri,
        version: parts.version,
        headers: parts.headers,
        peer,
        route: route.map_or("", |route| route.name),
        door: route.map_or(Door::Read, |route| route.door),
        params,
        received_ns: shared.clock.wall_ns(),
    });
    let refuse = |refusal: Refusal| match route {
        Some(route) => with_reason(route.handler.refuse(&head, &refusal), &refusal),
        None => with_reason(problem::of_refusal(&refusal), &refusal),
    };
    let mut response = match (shared.check_head(&head), route, allowed) {
        (Err(refusal), _, _) => refuse(refusal),
        (Ok(()), Some(route), Some(_)) if head.method == Method::OPTIONS && route.cors => shared.preflight(&head, allowed),
        (Ok(()), Some(route), Some(allowed)) => {
            let mut response = refuse(wrong_method(allowed));
            let options = if route.cors { ", OPTIONS" } else { "" };
            if let Ok(value) = HeaderValue::from_str(&format!("{}{options}", allowed.allow())) {
                response.headers_mut().insert(header::ALLOW, value);
            }
            response
        }
        (Ok(()), None, _) => refuse(Refusal {
            status: StatusCode::NOT_FOUND,
            cause: Cause::NotFound,
            reason: format!("nothing is at {} {}", head.method, shown_path(&head)),
        }),
        (Ok(()), Some(route), None) => shared.run(route, Request::new(head.clone(), body, shared.panics.clone())).await,
    };
    shared.finish(&head, route, &mut response);
    shared.meters.observe(index, response.status(), started);
    response.body_mut().keep(in_flight);
    Ok(response)
}

impl Shared {
    fn check_head(&self, head: &Head) -> Result<(), Refusal> {
        let too_large = |status, reason: String| Err(Refusal { status, cause: Cause::Head, reason });
        let target_bytes = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
        if target_bytes > self.limits.uri_bytes {
            return too_large(StatusCode::URI_TOO_LONG, format!("the target is longer than {} bytes", self.limits.uri_bytes));
        }
        let bytes: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if bytes > self.limits.head_bytes || head.headers.len() > self.limits.head_fields {
            let limits = (self.limits.head_fields, self.limits.head_bytes);
            let reason = format!("the head has more than {} fields or {} bytes", limits.0, limits.1);
            return too_large(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, reason);
        }
        // A preflight changes nothing and gets no data; what it asks about is checked when it comes.
        let is_preflight = head.method == Method::OPTIONS && head.door == Door::Ingest;
        if is_preflight { Ok(()) } else { self.gate.check(&visit(head)) }
    }

    /// Runs the handler. A panic in it costs the request, not the connection (F16).
    async fn run(&self, route: &Route, request: Request) -> Response {
        let head = request.shared_head();
        let handled = AssertUnwindSafe(async { route.handler.handle(request).await }).catch_unwind();
        let (outcome, payload) = Panics::watch(handled).await;
        let Err(panic) = outcome else { return outcome.unwrap_or_else(|_| response::empty(StatusCode::INTERNAL_SERVER_ERROR)) };
        if let Some(payload) = payload {
            self.panics.count(payload);
        }
        self.meters.panics.increment();
        let id = format!("{:08x}", self.next_error.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff);
        let words = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        tracing::error!(route = route.name, id, panic = words.unwrap_or("no message"), "internal error; the request was not stored");
        let reason = format!("internal error {id}; the request was not stored");
        let refusal = Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, cause: Cause::Panic, reason };
        let mut response = with_reason(route.handler.refuse(&head, &refusal), &refusal);
        if let Some(payload) = payload {
            response.extensions_mut().insert(FailedPayload(payload));
        }
        response
    }

    fn preflight(&self, head: &Head, allowed: Option<Methods>) -> Response {
        let mut response = response::empty(StatusCode::NO_CONTENT);
        let methods = allowed.map_or_else(String::new, Methods::allow);
        let headers = response.headers_mut();
        insert(headers, header::ALLOW, &format!("{methods}, OPTIONS"));
        headers.insert(header::VARY, HeaderValue::from_static(VARY));
        let Some(origin) = head.headers.get(header::ORIGIN) else { return response };
        if !self.may_send(head, origin) {
            self.tell_foreign(&String::from_utf8_lossy(origin.as_bytes()));
            return response;
        }
        insert(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &methods);
        let requested = head.header("access-control-request-headers").unwrap_or_default();
        insert(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &self.gate.cors.allowed_headers(requested));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE_SECONDS));
        response
    }

    fn may_send(&self, head: &Head, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        self.gate.cors.allows(origin) || self.gate.is_own_origin(origin, &visit(head))
    }

    /// Says once per origin what would let it in.
    fn tell_foreign(&self, origin: &str) {
        self.meters.refused_preflights.increment();
        let mut told = self.told_origins.lock().unwrap_or_else(PoisonError::into_inner);
        let plain: String = origin.chars().take(SHOWN_TARGET_BYTES).filter(char::is_ascii_graphic).collect();
        if told.len() < TOLD_ORIGINS && told.insert(plain.clone()) {
            tracing::warn!("a page of {plain} may not send; to allow it: cors.origins = [\"{plain}\"]");
        }
    }

    /// What every answer carries, and the note of a refusal.
    fn finish(&self, head: &Head, route: Option<&Route>, response: &mut Response) {
        let is_ingest = head.door == Door::Ingest;
        let refused = response.extensions_mut().remove::<Refused>();
        let payload = response.extensions_mut().remove::<FailedPayload>();
        let status = response.status();
        let headers = response.headers_mut();
        let mut default = |name: header::HeaderName, value: &'static str| {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        };
        default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        default(header::HeaderName::from_static("cross-origin-resource-policy"), if is_ingest { "cross-origin" } else { "same-origin" });
        default(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        default(header::REFERRER_POLICY, "no-referrer");
        default(header::CACHE_CONTROL, "no-store");
        if route.is_some_and(|route| route.cors)
            && let Some(origin) = head.headers.get(header::ORIGIN)
            && self.may_send(head, origin)
        {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
            headers.entry(header::VARY).or_insert(HeaderValue::from_static(VARY));
        }
        // What a page or a crawler looks for and does not find is no refused data.
        let is_idle_miss = status == StatusCode::NOT_FOUND && matches!(head.method, Method::GET | Method::HEAD);
        if !is_idle_miss && (refused.is_some() || status.is_client_error() || status.is_server_error()) {
            self.note(head, status, refused, payload);
        }
    }

    fn note(&self, head: &Head, status: StatusCode, refused: Option<Refused>, payload: Option<FailedPayload>) {
        let plain = || status.canonical_reason().unwrap_or("refused").to_ascii_lowercase();
        let refused = refused.unwrap_or_else(|| Refused { status: String::new(), reason: plain() });
        let status = if refused.status.is_empty() { status.as_u16().to_string() } else { refused.status };
        self.meters.count_refusal(head.route, &status);
        self.refusals.push(RefusedRequest {
            time_ns: head.received_ns,
            peer: shown_peer(head.peer),
            protocol: format!("{:?}", head.version),
            route: head.route.to_owned(),
            target: format!("{} {}", head.method, shown_path(head)),
            status,
            reason: refused.reason,
            credential: head
                .credential(&self.credential_headers)
                .map(|credential| format!("{}: {}", credential.header, credential.masked())),
            environment: None,
            payload: payload.map(|payload| format!("{:032x}", payload.0)),
        });
    }
}

impl Meters {
    /// Also those that a dialect tells with status 200. Routes and statuses are words of ours, so there are few.
    fn count_refusal(&self, route: &str, status: &str) {
        const REFUSED: (&str, &str) = ("glasshive_refused_requests_total", "Requests refused, by route and status in its dialect.");
        self.registry.counter(REFUSED.0, REFUSED.1, &[("route", route), ("status", status)]).increment();
    }

    fn observe(&self, index: Option<usize>, status: StatusCode, started: Instant) {
        match index.and_then(|index| self.routes.get(index)) {
            Some((classes, seconds)) => {
                let class = usize::from(status.as_u16() / 100).clamp(1, classes.len()) - 1;
                classes[class].increment();
                seconds.observe(started.elapsed());
            }
            None => self.unmatched.increment(),
        }
    }
}

fn visit(head: &Head) -> Visit<'_> {
    Visit { method: &head.method, uri: &head.uri, version: head.version, headers: &head.headers, door: head.door }
}

fn wrong_method(allowed: Methods) -> Refusal {
    let allowed = allowed.allow();
    let reason = format!("method not allowed, supported: {allowed}");
    Refusal { status: StatusCode::METHOD_NOT_ALLOWED, cause: Cause::Method { allowed }, reason }
}

/// Makes sure that the ring shows the refusal's words; a handler's own come first.
fn with_reason(mut response: Response, refusal: &Refusal) -> Response {
    if response.extensions().get::<Refused>().is_none() {
        response.extensions_mut().insert(Refused { status: String::new(), reason: refusal.reason.clone() });
    }
    response
}

fn shown_path(head: &Head) -> String {
    head.path().chars().take(SHOWN_TARGET_BYTES).collect()
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
