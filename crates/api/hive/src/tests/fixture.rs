//! A server on a free port over a store in a temporary directory, with a few events in it.

use crate::shape::process::Check;
use crate::{AuthMode, Hive, HiveConfig, Open, routes};
use glasshive_base::{Clock, metrics};
use glasshive_base_http::{Answer, Client, Router, Server, ServerConfig};
use glasshive_feature_accounts::{Accounts, HashCost};
use glasshive_feature_fields::Fields;
use glasshive_feature_keys::{KeySpec, Keys};
use glasshive_feature_library::Library;
use glasshive_feature_xray::{Xray, XrayConfig};
use glasshive_query_engine::{Engine, EngineConfig};
use glasshive_receive_otlp::config::{AuthMode as OtlpAuth, OtlpConfig};
use glasshive_receive_otlp::decode::OtlpDecoder;
use glasshive_store::world::{DataDir, DataDirOptions, open_data_dir};
use glasshive_store::{Store, StoreConfig};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The trace that is there.
pub const TRACE_ID: &str = "5b8efff798038103d269b633813fc60c";

/// Makes a clock from the system's.
pub type MakeClock = Box<dyn FnOnce(Arc<dyn Clock>) -> Arc<dyn Clock> + Send>;

/// What a test may want to have otherwise.
pub struct Parts {
    pub engine: EngineConfig,
    /// The clock of queries.
    pub query_clock: MakeClock,
    pub seal_rows: usize,
    pub checks: Box<dyn Fn() -> Vec<Check> + Send + Sync>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            engine: EngineConfig::default(),
            query_clock: Box::new(|clock| clock),
            seal_rows: StoreConfig::default().seal_rows,
            checks: Box::new(Vec::new),
        }
    }
}

/// A running server. Requests go through real sockets.
pub struct Fixture {
    pub hive: Arc<Hive>,
    pub open: Arc<Open>,
    pub base: String,
    pub accounts: Arc<Accounts>,
    server: Server,
    client: Client,
    _data: DataDir,
    _directory: tempfile::TempDir,
}

impl Fixture {
    /// A server in this mode, with these keys (as on the command line), store and engine open and a trace sent.
    pub async fn new(auth: AuthMode, keys: &[&str]) -> Self {
        let fixture = Self::closed(auth, keys).await;
        fixture.hive.open(fixture.open.clone());
        fixture.send().await;
        fixture
    }

    /// The same before the store is there.
    pub async fn closed(auth: AuthMode, given: &[&str]) -> Self {
        Self::with(auth, given, Parts::default()).await
    }

    /// The same with parts of the test's own.
    pub async fn with(auth: AuthMode, given: &[&str], parts: Parts) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = DataDirOptions { version: "test".to_owned(), allow_network_fs: true, ..DataDirOptions::default() };
        let data = open_data_dir(&directory.path().join("data"), &options).await.unwrap();
        let keys = Arc::new(Keys::open(data.world.catalog.clone(), data.world.clock.clone()).await.unwrap());
        for key in given {
            keys.give(&KeySpec::parse(key, 8).unwrap()).await.unwrap();
        }
        let fields = Fields::open(data.world.catalog.clone(), data.world.clock.clone()).await.unwrap();
        let library = Library::open(data.world.catalog.clone(), data.world.clock.clone()).await.unwrap();
        let cost = HashCost { memory_kib: 64, passes: 1 };
        let accounts = Arc::new(Accounts::open(data.world.catalog.clone(), data.world.clock.clone(), cost).await.unwrap());
        let metrics = metrics::Registry::default();
        let config = StoreConfig { reserve_bytes: 0, seal_rows: parts.seal_rows, ..StoreConfig::default() };
        let opened = Store::open(config, data.world.clone(), Arc::new(OtlpDecoder), metrics.clone()).await.unwrap();
        let clock = (parts.query_clock)(data.world.clock.clone());
        let engine = Engine::new(opened.0.clone(), parts.engine, clock, metrics.clone()).unwrap();
        let hive = Hive::new(HiveConfig {
            auth,
            keys: keys.clone(),
            clock: data.world.clock.clone(),
            metrics: metrics.clone(),
            otlp_base_paths: super::schema::otlp_base_paths(),
            checks: parts.checks,
        });
        let otlp = OtlpConfig { auth: OtlpAuth::Open, ..OtlpConfig::default() };
        let receive = glasshive_receive_otlp::routes(otlp, opened.0.clone(), keys, &metrics);
        let router = Router::new(receive.into_iter().chain(routes(&hive)));
        let server = Server::new(ServerConfig::default(), router, data.world.clock.clone(), &metrics);
        hive.keep_fields(Arc::new(fields));
        hive.keep_library(Arc::new(library));
        hive.keep_accounts(accounts.clone());
        let xray = Xray::open(data.world.catalog.clone(), data.world.clock.clone(), XrayConfig::default()).await.unwrap();
        hive.keep_xray(Arc::new(xray));
        hive.remember_refusals(server.refusals());
        hive.tell_how_to_send("export OTEL_EXPORTER_OTLP_ENDPOINT=<here>".to_owned());
        let address = server.bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let open = Arc::new(Open { store: opened.0, engine: Arc::new(engine) });
        let base = format!("http://{address}");
        Self { hive, open, base, accounts, server, client: Client::new(), _data: data, _directory: directory }
    }

    /// Sends one trace of two spans.
    pub async fn send(&self) {
        let now = self.hive.clock.wall_ns();
        let span = |id: &str, parent: &str, name: &str, length: i64| {
            json!({
                "traceId": TRACE_ID, "spanId": id, "parentSpanId": parent, "name": name, "kind": 2,
                "startTimeUnixNano": (now - length).to_string(), "endTimeUnixNano": now.to_string(),
                "attributes": [
                    { "key": "http.route", "value": { "stringValue": format!("/{name}") } },
                    { "key": "ratio", "value": { "doubleValue": 1.0 } },
                    { "key": "tags", "value": { "arrayValue": { "values": [{ "stringValue": "a" }, { "intValue": "2" }] } } }
                ]
            })
        };
        let body = json!({ "resourceSpans": [{
            "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "web" } }] },
            "scopeSpans": [{ "spans": [
                span("eee19b7ec3c1b174", "", "home", 90_000_000),
                span("eee19b7ec3c1b175", "eee19b7ec3c1b174", "query", 30_000_000)
            ] }]
        }] });
        let answer = self.ask("POST", "/v1/traces", &[], Some(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// One request with these headers and, maybe, a JSON body.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&'static str, &str)], body: Option<&Value>) -> Answer {
        let mut fields = HeaderMap::new();
        for (name, value) in headers {
            fields.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.json(method, &format!("{}{path}", self.base), fields, body).await.unwrap()
    }

    /// Stops the server.
    pub async fn stop(self) {
        self.hive.stopping();
        self.server.shutdown(Duration::from_secs(5)).await;
        self.open.store.shutdown().await;
    }
}
