//! A server on a free port, a sink that remembers what it was given, and a key table of a few words.

use glasshive_base::metrics::Registry;
use glasshive_base::{BoxFuture, ManualClock};
use glasshive_base_http::{Answer, Client, CorsPolicy, Limits, RefusedRequest, Router, Server, ServerConfig};
use glasshive_model::{Appended, EnvironmentId, EventSink, Grant, KeyKind, KeyState, KeyTable, SinkError, Submission};
use glasshive_receive_otlp::decode::{Encoding, Signal3};
use glasshive_receive_otlp::{AuthMode, OtlpConfig, auth, routes};
use glasshive_wire_otlp::message::{Metric, MetricData, Point, PointValue, Request, ResourceItems, ScopeItems};
use glasshive_wire_otlp::metric::MetricKind;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// When every request of the tests is received.
pub const NOW_NS: i64 = 1_700_000_000_000_000_000;

/// What the sink does next.
#[derive(Clone)]
pub enum Mood {
    Keeps,
    Fails(SinkError),
    /// Answers each append when the semaphore has a permit.
    Waits(Arc<Semaphore>),
    Panics,
}

pub struct Sink {
    pub kept: Mutex<Vec<Submission>>,
    /// Appends begun.
    pub begun: AtomicUsize,
    pub append: Mutex<Mood>,
    pub admit: Mutex<Result<(), SinkError>>,
}

impl EventSink for Sink {
    fn append(&self, submission: Submission) -> BoxFuture<'_, Result<Appended, SinkError>> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let mood = self.append.lock().unwrap().clone();
        Box::pin(async move {
            match mood {
                Mood::Keeps => {}
                Mood::Fails(error) => return Err(error),
                Mood::Waits(permits) => permits.acquire().await.unwrap().forget(),
                Mood::Panics => panic!("the sink fell over"),
            }
            let mut kept = self.kept.lock().unwrap();
            kept.push(submission);
            Ok(Appended::Stored { sequence: kept.len() as u64 })
        })
    }

    fn admit(&self, _: usize) -> Result<(), SinkError> {
        self.admit.lock().unwrap().clone()
    }
}

struct Words;

impl KeyTable for Words {
    fn find(&self, secret: &str) -> Option<Grant> {
        let grant = |key_id, kind, state| Grant {
            key_id,
            environment: Some(EnvironmentId(7)),
            kind,
            state,
            is_classic: false,
            origins: Vec::new(),
        };
        match secret {
            "good" => Some(grant(1, KeyKind::Ingest, KeyState::Enabled)),
            "off" => Some(grant(2, KeyKind::Ingest, KeyState::Disabled)),
            "probe" => Some(grant(3, KeyKind::Probe, KeyState::Enabled)),
            _ => None,
        }
    }
}

pub struct Stage {
    pub server: Server,
    pub sink: Arc<Sink>,
    pub address: SocketAddr,
    pub client: Client,
    pub grpc: Client,
    registry: Registry,
}

pub struct Asked {
    pub auth: AuthMode,
    pub otlp: OtlpConfig,
    pub limits: Limits,
}

impl Default for Asked {
    fn default() -> Self {
        Self { auth: AuthMode::Open, otlp: OtlpConfig::default(), limits: Limits::default() }
    }
}

impl Stage {
    pub async fn open() -> Self {
        Self::with(Asked::default()).await
    }

    pub async fn with_keys() -> Self {
        Self::with(Asked { auth: AuthMode::Keys, ..Asked::default() }).await
    }

    pub async fn with(asked: Asked) -> Self {
        let sink = Arc::new(Sink {
            kept: Mutex::default(),
            begun: AtomicUsize::new(0),
            append: Mutex::new(Mood::Keeps),
            admit: Mutex::new(Ok(())),
        });
        let registry = Registry::default();
        let is_open = asked.auth == AuthMode::Open;
        let config = OtlpConfig { auth: asked.auth, ..asked.otlp };
        let router = Router::new(routes(config, sink.clone(), Arc::new(Words), &registry));
        let cors = CorsPolicy {
            any: !is_open,
            loopback: is_open,
            origins: vec!["https://*.shop.example".to_owned()],
            headers: auth::PAGE_HEADERS.iter().map(|name| (*name).to_owned()).collect(),
        };
        let credential_headers = auth::KEY_HEADERS.to_vec();
        let config = ServerConfig { cors, credential_headers, limits: asked.limits, ..ServerConfig::default() };
        let server = Server::new(config, router, Arc::new(ManualClock::at(NOW_NS)), &registry);
        let address = server.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        Self { server, sink, address, client: Client::new(), grpc: Client::http2(), registry }
    }

    /// What `/metrics` would say.
    pub fn metrics(&self) -> String {
        self.registry.render()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn send(&self, method: Method, path: &str, fields: &[(&str, &str)], body: impl Into<bytes::Bytes>) -> Answer {
        self.client.request(method, &self.url(path), headers(fields), body.into()).await.unwrap()
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)], body: impl Into<bytes::Bytes>) -> Answer {
        self.send(Method::POST, path, fields, body).await
    }

    pub fn kept(&self) -> usize {
        self.sink.kept.lock().unwrap().len()
    }

    pub fn refused(&self) -> Vec<RefusedRequest> {
        self.server.refusals().entries()
    }
}

pub fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    fields.iter().map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())).collect()
}

pub fn field<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

pub const JSON: (&str, &str) = ("content-type", "application/json");
pub const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

/// One span, as JSON.
pub const TRACE_JSON: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
"scopeSpans":[{"spans":[{"traceId":"5759e988bd862e3fe1be46a994272793","spanId":"e1be46a994272793","name":"GET /",
"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000"}]}]}]}"#;

/// The same span, as protobuf.
pub fn trace_protobuf() -> Vec<u8> {
    let message = |tag: u8, body: &[u8]| [&[tag, u8::try_from(body.len()).unwrap()][..], body].concat();
    let time = |tag: u8, ns: u64| [&[tag][..], &ns.to_le_bytes()].concat();
    let id = [0x57, 0x59, 0xe9, 0x88, 0xbd, 0x86, 0x2e, 0x3f, 0xe1, 0xbe, 0x46, 0xa9, 0x94, 0x27, 0x27, 0x93];
    let span = [
        message(0x0a, &id),
        message(0x12, &id[8..]),
        message(0x2a, b"GET /"),
        time(0x39, 1_700_000_000_000_000_000),
        time(0x41, 1_700_000_001_000_000_000),
    ]
    .concat();
    let name = [message(0x0a, b"service.name"), message(0x12, &message(0x0a, b"shop"))].concat();
    let resource = message(0x0a, &message(0x0a, &name));
    let scope_spans = message(0x12, &message(0x12, &span));
    message(0x0a, &[resource, scope_spans].concat())
}

/// One gauge.
pub fn metrics(encoding: Encoding) -> Vec<u8> {
    let point = Point { time_ns: 1_700_000_000_000_000_000, value: PointValue::Double(0.5), ..Point::default() };
    let data = MetricData { kind: MetricKind::Gauge, temporality: 0, is_monotonic: false, points: vec![point] };
    let metric = Metric { name: "load".to_owned(), data: Some(data), ..Metric::default() };
    let scope = ScopeItems { metrics: vec![metric], ..ScopeItems::default() };
    let resource = ResourceItems { scopes: vec![scope], ..ResourceItems::default() };
    Request { resources: vec![resource] }.encode(Signal3::Metrics, encoding)
}

pub fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

pub fn zlib(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}
