//! The server: listeners, connections and their limits, and the way of a request to its handler and back.

use crate::cors::CorsPolicy;
use crate::gate::Gate;
pub use crate::gate::KeyProof;
use crate::ledger::Ledger;
use crate::panics::Panics;
use crate::refusal::RefusalRing;
use crate::route::Router;
use glasshive_base::{Clock, metrics};
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod accept;
mod bind;
mod connection;
mod limits;
mod service;
mod watched;

pub use bind::BindError;
pub use limits::Limits;

/// What a server is told besides its routes.
#[derive(Clone, Default)]
pub struct ServerConfig {
    /// `Host` names that are ours besides the self-evident ones: `server.names` and the machine's name.
    pub names: Vec<String>,
    /// Origins under which a proxy in front serves us, such as `https://hive.example.com`.
    pub own_origins: Vec<String>,
    /// Which pages may send to ingest routes.
    pub cors: CorsPolicy,
    /// Tells whether headers prove a known, enabled key; such requests may come with any `Host`.
    pub key_proof: Option<KeyProof>,
    /// Headers that may hold a credential, lower case; shown masked in the ring of refusals.
    pub credential_headers: Vec<&'static str>,
    /// Limits and deadlines.
    pub limits: Limits,
    /// Where refused requests are remembered; `None` makes a ring of its own. Several servers of one process share one.
    pub refusals: Option<Arc<RefusalRing>>,
}

/// A server. Listeners are added with [`Server::bind`]; all share the routes, the limits and the ledger.
pub struct Server {
    shared: Arc<Shared>,
    stop: CancellationToken,
    abort: CancellationToken,
    /// Every listener and connection holds a clone; when ours is gone too, the channel closes with the last of them.
    alive: Mutex<Option<mpsc::Sender<()>>>,
    closed: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

/// What every connection needs.
pub(crate) struct Shared {
    pub router: Router,
    pub gate: Gate,
    pub limits: Limits,
    pub credential_headers: Vec<&'static str>,
    pub ledger: Arc<Ledger>,
    pub refusals: Arc<RefusalRing>,
    pub panics: Arc<Panics>,
    pub clock: Arc<dyn Clock>,
    pub meters: service::Meters,
    pub next_error: AtomicU64,
    pub told_origins: Mutex<BTreeSet<String>>,
}

impl Server {
    /// A server of these routes, listening nowhere yet.
    pub fn new(config: ServerConfig, router: Router, clock: Arc<dyn Clock>, registry: &metrics::Registry) -> Self {
        let (alive, closed) = mpsc::channel(1);
        let shared = Shared {
            meters: service::Meters::new(&router, registry),
            router,
            gate: Gate {
                names: config.names.iter().map(|name| name.to_ascii_lowercase()).collect(),
                own_origins: config.own_origins,
                cors: config.cors,
                key_proof: config.key_proof,
            },
            ledger: Ledger::new(config.limits.ledger_bytes),
            limits: config.limits,
            credential_headers: config.credential_headers,
            refusals: config.refusals.unwrap_or_default(),
            panics: Arc::default(),
            // Ids of errors of different runs should differ.
            next_error: AtomicU64::new(clock.wall_ns().unsigned_abs()),
            clock,
            told_origins: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
            stop: CancellationToken::new(),
            abort: CancellationToken::new(),
            alive: Mutex::new(Some(alive)),
            closed: tokio::sync::Mutex::new(closed),
        }
    }

    /// Listens on `address` (port 0 = any free one) and serves it in the background until [`Server::shutdown`]. Returns the
    /// address it really is. HTTP/1.1 and HTTP/2 with prior knowledge are told apart by their first bytes.
    ///
    /// # Errors
    /// When the address cannot be had; the message names it, and who has it where that can be found out.
    pub async fn bind(&self, address: SocketAddr) -> Result<SocketAddr, BindError> {
        let Some(alive) = self.alive.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
            return Err(bind::explain(address, io::Error::other("the server has been shut down")));
        };
        let listener = TcpListener::bind(address).await.map_err(|source| bind::explain(address, source))?;
        let local = listener.local_addr().map_err(|source| bind::explain(address, source))?;
        let life = accept::Life { stop: self.stop.clone(), abort: self.abort.clone(), _alive: alive };
        tokio::spawn(accept::serve(listener, self.shared.clone(), life));
        Ok(local)
    }

    /// Stops listening, lets requests in flight finish for at most `drain`, then cuts what is left. Returns whether all
    /// finished.
    pub async fn shutdown(&self, drain: Duration) -> bool {
        self.stop.cancel();
        drop(self.alive.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut closed = self.closed.lock().await;
        let finished = tokio::time::timeout(drain, closed.recv()).await.is_ok();
        self.abort.cancel();
        finished
    }

    /// The table that is served.
    pub fn router(&self) -> &Router {
        &self.shared.router
    }

    /// The last refused requests.
    pub fn refusals(&self) -> Arc<RefusalRing> {
        self.shared.refusals.clone()
    }

    /// The account of bytes that bodies hold.
    pub fn ledger(&self) -> Arc<Ledger> {
        self.shared.ledger.clone()
    }
}
