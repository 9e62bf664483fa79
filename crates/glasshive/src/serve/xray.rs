//! X-Ray: its API among the other routes, and the daemon's port, UDP and TCP on one number, with a table of routes of its own, since it
//! asks for no credential.

use super::in_use;
use crate::config::{Origin, Setting};
use anyhow::{Context, Result, bail};
use glasshive_api_xray::{Api, ApiConfig, AuthMode};
use glasshive_base::{Clock, metrics};
use glasshive_base_http::{BindError, Limits, RefusalRing, Router, Server, ServerConfig};
use glasshive_feature_keys::Keys;
use glasshive_feature_xray::Xray;
use glasshive_model::{EnvironmentId, EventSink};
use glasshive_receive_xray::{Bound, Daemon, DaemonError, Intake, XrayConfig};
use glasshive_store::catalog::Catalog;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::{fmt, io};
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

/// Why the port is not open although nobody said that it should not be; said wherever people look.
pub type Shut = Arc<OnceLock<String>>;

/// What to do about a port that is shut.
pub const SHUT_HINT: &str =
    "stop what has it and start again, or listen elsewhere: --xray 127.0.0.1:2001; --xray off says that none is wanted";

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

    /// Groups, sampling rules and layouts of maps.
    pub fn kept(&self) -> Arc<Xray> {
        self.xray.clone()
    }

    /// The API.
    pub fn api(&self, auth: AuthMode, keys: Arc<Keys>) -> Arc<Api> {
        let (clock, xray, intake, names) = (self.around.clock.clone(), self.xray.clone(), self.intake.clone(), self.config.clone());
        Api::new(ApiConfig { auth, keys, clock, xray, intake, names })
    }
}

/// Somebody else has the port.
#[derive(Debug)]
struct Taken(String);

impl fmt::Display for Taken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl XrayPort {
    /// Takes the address that was set. Where nobody named one, a usual one that is taken is no reason not to start: it is noted in
    /// `shut`, and the rest of the server goes without.
    ///
    /// # Errors
    /// When an address that somebody named cannot be had.
    pub async fn open_as_set(set: &Setting<Option<SocketAddr>>, parts: &Parts, shut: &Shut) -> Result<Option<Self>> {
        let Some(address) = set.value else { return Ok(None) };
        match Self::open(address, parts).await {
            Ok(port) => Ok(Some(port)),
            Err(error) if set.origin == Origin::Default && error.downcast_ref::<Taken>().is_some() => {
                let taken = error.downcast_ref::<Taken>().map(ToString::to_string).unwrap_or_default();
                let _ = shut.set(format!("off, since {taken}: X-Ray's segments do not arrive here"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

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
            let tcp = match server.bind(address).await {
                Ok(tcp) => tcp,
                Err(error @ BindError::InUse { .. }) => {
                    let taken = Taken(error.to_string());
                    return Err(in_use(error, "--xray").context(taken));
                }
                Err(error) => return Err(in_use(error, "--xray")),
            };
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
                Err(error) => {
                    let is_taken = matches!(&error, DaemonError::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse);
                    let taken = is_taken.then(|| Taken(format!("UDP on {address} is in use by another process")));
                    let error = anyhow::Error::new(error).context("--xray off goes without X-Ray, --xray 127.0.0.1:0 takes a free port");
                    server.shutdown(Duration::ZERO).await;
                    return Err(match taken {
                        Some(taken) => error.context(taken),
                        None => error,
                    });
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::late::LateSink;
    use glasshive_base::ManualClock;
    use glasshive_store::catalog::memory::MemoryCatalog;
    use std::net::{TcpListener, UdpSocket};

    async fn parts() -> Parts {
        let around = Around {
            sink: Arc::new(LateSink::default()),
            clock: Arc::new(ManualClock::default()),
            refusals: Arc::default(),
            metrics: metrics::Registry::default(),
        };
        Parts::open(Arc::new(MemoryCatalog::default()), around).await.unwrap()
    }

    /// What is said of an address that somebody else has: why the port is shut, or why the server does not start.
    async fn opened(address: SocketAddr, origin: Origin) -> Result<String, String> {
        let (parts, shut) = (parts().await, Shut::default());
        let set = Setting { value: Some(address), origin };
        match XrayPort::open_as_set(&set, &parts, &shut).await {
            Ok(port) => {
                assert!(port.is_none());
                Ok(shut.get().cloned().unwrap())
            }
            Err(error) => Err(format!("{error:#}")),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_taken_port_stops_the_start_only_where_somebody_named_it() {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        for (address, side) in [(tcp.local_addr().unwrap(), "address"), (udp.local_addr().unwrap(), "UDP on")] {
            let shut = opened(address, Origin::Default).await.unwrap();
            assert!(shut.starts_with(&format!("off, since {side} {address} is in use by ")), "{shut}");
            let error = opened(address, Origin::Flag).await.unwrap_err();
            assert!(error.contains(&address.to_string()) && error.contains("--xray"), "{error}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_port_that_is_off_is_no_reason_to_say_anything() {
        let (parts, shut) = (parts().await, Shut::default());
        let off = Setting { value: None, origin: Origin::Default };
        assert!(XrayPort::open_as_set(&off, &parts, &shut).await.unwrap().is_none() && shut.get().is_none());
    }
}
