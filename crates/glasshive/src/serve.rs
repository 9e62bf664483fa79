//! The server: built from its settings, run until a signal, drained in a fixed order.
//!
//! Sockets open before the log is read back, so that health checks and senders meet a server that says it is starting (503 with a
//! retry hint) and not a closed port.

mod banner;
mod demo;
mod drain;
mod late;
mod router;
pub mod storage;
mod telemetry;
#[cfg(test)]
mod walked;
mod xray;

pub use banner::reachable;

use crate::cli::{Auth, DemoFlags};
use crate::config::Config;
use anyhow::{Context, Result, anyhow};
use glasshive_api_hive::{AuthMode, Hive, HiveConfig};
use glasshive_base::metrics;
use glasshive_base_http::{BindError, RefusalRing, Server, ServerConfig};
use glasshive_feature_accounts::{Accounts, HashCost};
use glasshive_feature_fields::Fields;
use glasshive_feature_keys::Keys;
use glasshive_feature_library::Library;
use glasshive_store::world::{DataDir, DataDirError, DataDirOptions, open_data_dir};
use late::LateSink;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use xray::{Shut, XrayPort};

/// Exit status of a start on a data directory that another process has (`EX_TEMPFAIL`).
const EXIT_LOCKED: u8 = 75;

/// What to do about an address that somebody else has.
fn in_use(error: BindError, flag: &str) -> anyhow::Error {
    match error {
        BindError::InUse { .. } => anyhow!("{error}; stop it, or listen elsewhere: {flag} 127.0.0.1:0 takes a free port"),
        other => other.into(),
    }
}

/// A server with its sockets open.
struct Running {
    config: Config,
    data: DataDir,
    hive: Arc<Hive>,
    accounts: Arc<Accounts>,
    server: Server,
    http: SocketAddr,
    grpc: SocketAddr,
    xray: Option<XrayPort>,
    xray_shut: Shut,
    xray_api: Arc<glasshive_api_xray::Api>,
    sink: Arc<LateSink>,
    metrics: metrics::Registry,
}

/// Serves until a signal. With `demo`, sends sample traffic to itself.
///
/// # Errors
/// When the data directory, an address or the log cannot be had.
pub async fn run(config: Config, demo: Option<DemoFlags>) -> Result<ExitCode> {
    telemetry::start(&config.log.value)?;
    let start = Instant::now();
    let signals = drain::Signals::listen()?;
    let running = match Running::start(config).await {
        Ok(running) => running,
        Err(error) if matches!(error.downcast_ref(), Some(DataDirError::InUse { .. })) => {
            tracing::error!("{error:#}");
            tracing::error!("stop that process, or give this one a directory of its own with --data");
            return Ok(ExitCode::from(EXIT_LOCKED));
        }
        Err(error) => return Err(error),
    };
    let xray = running.xray.as_ref().map(|port| port.address);
    banner::opening(&running.config, running.http, running.grpc, xray, running.xray_shut.get().map(String::as_str));
    let opened = running.open().await?;
    banner::ready(&opened, start.elapsed(), &running.config);
    if running.config.auth.value == Auth::Keys
        && let Some(link) = running.accounts.set_up().await.context("make the link for the first account")?
    {
        banner::set_up(&running.config, running.http, &link);
    }
    banner::first_steps(&running.config, running.http, running.grpc, xray);
    let demo = demo.map(|flags| tokio::spawn(demo::stream(flags, running.http, running.data.world.clock.clone())));
    signals.first().await;
    if let Some(demo) = demo {
        demo.abort();
    }
    drain::drain(running, opened.open).await;
    Ok(ExitCode::SUCCESS)
}

impl Running {
    /// Takes the data directory, reads keys and environments, opens the sockets.
    async fn start(config: Config) -> Result<Self> {
        let options = DataDirOptions {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            allow_network_fs: config.allow_network_fs.value,
            read_only: None,
            places: config.placing.places(),
        };
        let data = open_data_dir(&config.data.value, &options).await?;
        let keys = Keys::open(data.world.catalog.clone(), data.world.clock.clone()).await.context("read keys and environments")?;
        let keys = Arc::new(keys);
        for key in config.all_keys() {
            keys.give(key).await.with_context(|| format!("take the given key of kind {}", key.kind.word()))?;
        }
        let xray_shut = Shut::default();
        let metrics = metrics::Registry::default();
        data.spawner.count_in(metrics.clone());
        let hive = Hive::new(HiveConfig {
            auth: auth_mode(&config),
            keys: keys.clone(),
            clock: data.world.clock.clone(),
            metrics: metrics.clone(),
            otlp_base_paths: config.otlp().base_paths,
            checks: router::checks(&config, data.spawner.clone(), xray_shut.clone()),
        });
        let fields = Fields::open(data.world.catalog.clone(), data.world.clock.clone()).await.context("read calculated fields")?;
        hive.keep_fields(Arc::new(fields));
        let library = Library::open(data.world.catalog.clone(), data.world.clock.clone()).await.context("read boards and saved queries")?;
        hive.keep_library(Arc::new(library));
        let accounts = Accounts::open(data.world.catalog.clone(), data.world.clock.clone(), HashCost::default()).await;
        let accounts = Arc::new(accounts.context("read accounts")?);
        hive.keep_accounts(accounts.clone());
        hive.tell_settings(router::settings(&config));
        let sink = Arc::new(LateSink::default());
        let refusals = Arc::new(RefusalRing::default());
        let (own_sink, clock) = (sink.clone(), data.world.clock.clone());
        let around = xray::Around { sink: own_sink, clock, refusals: refusals.clone(), metrics: metrics.clone() };
        let xray_parts = xray::Parts::open(data.world.catalog.clone(), around).await?;
        hive.keep_xray(xray_parts.kept());
        let xray_api = xray_parts.api(router::xray_auth(&config), keys.clone());
        let table = router::table(&config, &hive, &xray_api, sink.clone(), keys.clone(), &metrics);
        let settings = ServerConfig { refusals: Some(refusals), ..router::server_config(&config, keys) };
        let server = Server::new(settings, table, data.world.clock.clone(), &metrics);
        hive.remember_refusals(server.refusals());
        let http = server.bind(config.http.value).await.map_err(|error| in_use(error, "--http"))?;
        let grpc = server.bind(config.grpc.value).await.map_err(|error| in_use(error, "--grpc"))?;
        let xray = XrayPort::open_as_set(&config.xray, &xray_parts, &xray_shut).await?;
        hive.tell_how_to_send(banner::how_to_send(&config, http, grpc, xray.as_ref().map(|port| port.address)));
        Ok(Self { config, data, hive, accounts, server, http, grpc, xray, xray_shut, xray_api, sink, metrics })
    }

    /// Reads back the log; then telemetry is taken and questions are answered.
    async fn open(&self) -> Result<storage::Opened> {
        let opened = storage::open(&self.data, self.config.store(), &self.config.query_limits(), self.metrics.clone()).await?;
        self.sink.open(opened.open.store.clone());
        self.hive.open(opened.open.clone());
        self.xray_api.open(opened.open.engine.clone());
        Ok(opened)
    }
}

fn auth_mode(config: &Config) -> AuthMode {
    match config.auth.value {
        Auth::Open => AuthMode::Open,
        Auth::Keys => AuthMode::Keys,
    }
}
