//! What the handlers use, and what of it comes later than the sockets.

use crate::access::AuthMode;
use crate::problem::Failure;
use crate::running::RunningTable;
use crate::shape::process::{Check, KnownSetting, Readiness};
use glasshive_base::{Clock, ErrorKind, metrics};
use glasshive_base_http::RefusalRing;
use glasshive_feature_accounts::Accounts;
use glasshive_feature_fields::Fields;
use glasshive_feature_keys::Keys;
use glasshive_feature_library::Library;
use glasshive_feature_xray::Xray;
use glasshive_model::EnvironmentId;
use glasshive_query_engine::Engine;
use glasshive_store::Store;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// What the API is told.
pub struct HiveConfig {
    /// Whether keys are needed.
    pub auth: AuthMode,
    /// Keys and environments.
    pub keys: Arc<Keys>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// The server's own metrics.
    pub metrics: metrics::Registry,
    /// What stands in front of `/v1/{signal}` at the OTLP door, for the OpenAPI document; the empty one is the bare path.
    pub otlp_base_paths: Vec<String>,
    /// Checks besides the store's, asked at each `/readyz`.
    pub checks: Box<dyn Fn() -> Vec<Check> + Send + Sync>,
}

/// What the handlers use.
pub struct Hive {
    pub(crate) auth: AuthMode,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: metrics::Registry,
    pub(crate) otlp_base_paths: Vec<String>,
    checks: Box<dyn Fn() -> Vec<Check> + Send + Sync>,
    open: OnceLock<Arc<Open>>,
    refusals: OnceLock<Arc<RefusalRing>>,
    how_to_send: OnceLock<String>,
    settings: OnceLock<Vec<KnownSetting>>,
    pub(crate) started_ns: i64,
    fields: OnceLock<Arc<Fields>>,
    library: OnceLock<Arc<Library>>,
    accounts: OnceLock<Arc<Accounts>>,
    xray: OnceLock<Arc<Xray>>,
    pub(crate) running: Arc<RunningTable>,
    stopping: watch::Sender<bool>,
}

/// Store and engine, once the log has been read back.
pub struct Open {
    /// The store.
    pub store: Arc<Store>,
    /// The engine over it.
    pub engine: Arc<Engine>,
}

impl Hive {
    /// An API whose store is still to come.
    pub fn new(config: HiveConfig) -> Arc<Self> {
        let started_ns = config.clock.wall_ns();
        Arc::new(Self {
            auth: config.auth,
            keys: config.keys,
            clock: config.clock,
            metrics: config.metrics,
            otlp_base_paths: config.otlp_base_paths,
            checks: config.checks,
            open: OnceLock::new(),
            refusals: OnceLock::new(),
            how_to_send: OnceLock::new(),
            settings: OnceLock::new(),
            started_ns,
            fields: OnceLock::new(),
            library: OnceLock::new(),
            accounts: OnceLock::new(),
            xray: OnceLock::new(),
            running: Arc::default(),
            stopping: watch::Sender::new(false),
        })
    }

    /// The store is there: questions are answered from now on. A second call changes nothing.
    pub fn open(&self, open: Arc<Open>) {
        let _ = self.open.set(open);
    }

    /// Where refused requests are remembered. A second call changes nothing.
    pub fn remember_refusals(&self, ring: Arc<RefusalRing>) {
        let _ = self.refusals.set(ring);
    }

    /// Where calculated fields are kept; without it there are none. A second call changes nothing.
    pub fn keep_fields(&self, fields: Arc<Fields>) {
        let _ = self.fields.set(fields);
    }

    /// See [`Self::keep_fields`].
    pub(crate) fn fields(&self) -> Option<&Arc<Fields>> {
        self.fields.get()
    }

    /// Where boards, saved queries, markers and history are kept; without it there are none. A second call changes nothing.
    pub fn keep_library(&self, library: Arc<Library>) {
        let _ = self.library.set(library);
    }

    /// See [`Self::keep_library`].
    pub(crate) fn library(&self) -> Option<&Arc<Library>> {
        self.library.get()
    }

    /// Where accounts and sessions are kept; without it nobody signs in. A second call changes nothing.
    pub fn keep_accounts(&self, accounts: Arc<Accounts>) {
        let _ = self.accounts.set(accounts);
    }

    /// See [`Self::keep_accounts`].
    pub(crate) fn accounts(&self) -> Option<&Arc<Accounts>> {
        self.accounts.get()
    }

    /// Where groups, sampling rules and layouts of maps are kept; without it there are none. A second call changes nothing.
    pub fn keep_xray(&self, xray: Arc<Xray>) {
        let _ = self.xray.set(xray);
    }

    /// See [`Self::keep_xray`].
    pub(crate) fn xray(&self) -> Option<&Arc<Xray>> {
        self.xray.get()
    }

    /// Lines for people who want to send something, for the page at `/`; known once addresses are. A second call changes nothing.
    pub fn tell_how_to_send(&self, lines: String) {
        let _ = self.how_to_send.set(lines);
    }

    /// See [`Self::tell_how_to_send`]; empty before it.
    pub(crate) fn how_to_send(&self) -> &str {
        self.how_to_send.get().map_or("", String::as_str)
    }

    /// Settings in force, secrets masked. A second call changes nothing.
    pub fn tell_settings(&self, settings: Vec<KnownSetting>) {
        let _ = self.settings.set(settings);
    }

    /// See [`Self::tell_settings`]; none before it.
    pub(crate) fn settings(&self) -> &[KnownSetting] {
        self.settings.get().map_or(&[], Vec::as_slice)
    }

    /// Not ready from now on; answers that follow what arrives end.
    pub fn stopping(&self) {
        self.stopping.send_replace(true);
    }

    /// Tells when the server begins to stop, for answers that would not end by themselves.
    pub(crate) fn watch_stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    pub(crate) fn open_parts(&self) -> Result<Arc<Open>, Failure> {
        if *self.stopping.borrow() {
            return Err(Failure::new(ErrorKind::Unavailable, "the server is stopping"));
        }
        let starting = || Failure::new(ErrorKind::Unavailable, "the server is starting: it reads back its log");
        self.open.get().cloned().ok_or_else(starting)
    }

    pub(crate) fn refusals(&self) -> Option<&Arc<RefusalRing>> {
        self.refusals.get()
    }

    /// The environment of this slug.
    pub(crate) fn environment(&self, slug: &str) -> Option<EnvironmentId> {
        self.keys.environments().into_iter().find(|(_, known)| known == slug).map(|(id, _)| id)
    }

    /// Whether telemetry is taken and questions are answered, check by check.
    pub fn readiness(&self) -> Readiness {
        let mut checks = Vec::new();
        let mut check = |check: &str, ok: bool, reason: &str| {
            checks.push(Check { check: check.to_owned(), ok, since_ns: None, reason: reason.to_owned(), hint: String::new() });
        };
        let is_stopping = *self.stopping.borrow();
        check("running", !is_stopping, if is_stopping { "stopping" } else { "" });
        let is_open = self.open.get().is_some();
        check("recovery", is_open, if is_open { "" } else { "reading back the log" });
        let mut ready = is_open && !is_stopping;
        if let Some(open) = self.open.get() {
            let store = open.store.readiness();
            ready &= store.ready;
            checks.extend(store.checks.into_iter().map(Check::from));
        }
        let own = (self.checks)();
        ready &= own.iter().all(|check| check.ok);
        checks.extend(own);
        Readiness { ready, checks }
    }
}

impl From<glasshive_store::Check> for Check {
    fn from(check: glasshive_store::Check) -> Self {
        Self {
            check: check.name.to_owned(),
            ok: check.ok,
            since_ns: (check.since_ns != 0).then_some(crate::shape::Nanoseconds(check.since_ns)),
            reason: check.reason,
            hint: String::new(),
        }
    }
}
