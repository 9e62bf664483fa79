//! X-Ray: its API among the other routes, and the daemon's port, UDP and TCP on one number, with a table of routes of its own, since it
//! asks for no credential.

use super::in_use;
use anyhow::{Context, Result, bail};
use glasshive_api_xray::{Api, ApiConfig, AuthMode};
use glasshive_base::{Clock, metrics};
use glasshive_base_http::{Limits, RefusalRing, Router, Server, ServerConfig};
use glasshive_feature_keys::Keys;
use glasshive_feature_xray::Xray;
use glasshive_model::{EnvironmentId, EventSink};
use glasshive_receive_xray::{Bound, Daemon, Intake, XrayConfig};
use glasshive_store::catalog::Catalog;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Bytes that requests over TCP may hold together: an agent's calls are small and few.
const LEDGER_BYTES: usize = 64 << 20;
/// Ports that are tried where any free one will do: one number has to be free twice.
const TRIES: usize = 16;

/// The port, open on both sides.
pub struct XrayPort {
    /// Where it is.
    pub address: SocketAddr,
    server: Server,
    daemon: Daemon,
}

/// What X-Ray needs of the server.
pub struct Around {
    /// Where segments go.
    pub sink: Arc<dyn EventSink>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where documents are told that were not taken.
    pub refusals: Arc<RefusalRing>,
    /// The server's own metrics.
    pub metrics: metrics::Registry,
}

/// What the port and the API have in common.
pub struct Parts {
    config: XrayConfig,
    xray: Arc<Xray>,
    intake: Arc<Intake>,
    around: Around,
}

impl Parts {
    /// Reads what people keep of X-Ray's.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn open(catalog: Arc<dyn Catalog>, around: Around) -> Result<Self> {
        let config = XrayConfig::default();
        let Around { sink, clock, refusals, metrics } = &around;
        let xray = Xray::open(catalog, clock.clone(), config.clone()).await.context("read X-Ray's groups and sampling rules")?;
        let local = EnvironmentId::LOCAL;
        let intake = Intake::new(config.clone(), local, sink.clone(), clock.clone(), refusals.clone(), metrics);
        Ok(Self { config, xray: Arc::new(xray), intake: Arc::new(intake), around })
    }

    /// The API.
    pub fn api(&self, auth: AuthMode, keys: Arc<Keys>) -> Arc<Api> {
        let (clock, xray, intake, names) = (self.around.clock.clone(), self.xray.clone(), self.intake.clone(), self.config.clone());
        Api::new(ApiConfig { auth, keys, clock, xray, intake, names })
    }
}

impl XrayPort {
    /// Takes the address on both sides and starts to read.
    ///
    /// # Errors
    /// When either side cannot be had; the message says which.
    pub async fn open(address: SocketAddr, parts: &Parts) -> Result<Self> {
        let Parts { config, xray, intake, around: Around { clock, refusals, metrics, .. } } = parts;
        let sampling = xray.rules.sampling(EnvironmentId::LOCAL);
        for _ in 0..TRIES {
            let table = Router::new(glasshive_receive_xray::routes(intake.clone(), sampling.clone()));
            let limits = Limits { ledger_bytes: LEDGER_BYTES, ..Limits::default() };
            let settings = ServerConfig { limits, refusals: Some(refusals.clone()), ..ServerConfig::default() };
            let server = Server::new(settings, table, clock.clone(), metrics);
            let tcp = server.bind(address).await.map_err(|error| in_use(error, "--xray"))?;
            match Bound::take(SocketAddr::new(address.ip(), tcp.port()), config.receive_buffer_bytes) {
                Ok(bound) => {
                    if bound.receive_buffer_bytes() < config.receive_buffer_bytes {
                        let (given, asked) = (bound.receive_buffer_bytes() >> 10, config.receive_buffer_bytes >> 10);
                        tracing::info!(
                            "the kernel holds {given} KiB of X-Ray datagrams; {asked} KiB would be better: see net.core.rmem_max in docs/xray.md"
                        );
                    }
                    let daemon = bound.start(intake.clone(), Handle::current(), metrics)?;
                    return Ok(Self { address: tcp, server, daemon });
                }
                Err(error) if address.port() == 0 => tracing::debug!(%error, "another port is tried"),
                Err(error) => return Err(error).context("--xray off goes without X-Ray, --xray 127.0.0.1:0 takes a free port"),
            }
            server.shutdown(Duration::ZERO).await;
        }
        bail!("no port is free for both UDP and TCP on {}", address.ip())
    }

    /// Stops listening, and hands over what was read.
    pub async fn close(self, drain: Duration) {
        let daemon = tokio::task::spawn_blocking(move || self.daemon.stop());
        self.server.shutdown(drain).await;
        if tokio::time::timeout(drain, daemon).await.is_err() {
            tracing::warn!("X-Ray segments that had been read were not kept within {drain:?}");
        }
    }
}
