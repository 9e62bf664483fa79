//! A server with a route of every class, and raw sockets to it.

use glasshive_base::ManualClock;
use glasshive_base::metrics::Registry;
use glasshive_base_http::{
    Client, Condition, CorsPolicy, Door, Limits, Methods, Route, Router, Server, ServerConfig, handler_fn, response,
};
use http::StatusCode;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

pub struct Stage {
    pub server: Server,
    pub address: SocketAddr,
    pub registry: Registry,
    /// Requests that reached a handler.
    pub handled: Arc<AtomicUsize>,
    /// Lets requests to `/slow` finish.
    pub permits: Arc<Semaphore>,
    pub client: Client,
}

pub fn routes(handled: &Arc<AtomicUsize>, permits: &Arc<Semaphore>) -> Vec<Route> {
    let fine = {
        let handled = handled.clone();
        handler_fn(move |_| {
            handled.fetch_add(1, Ordering::SeqCst);
            async { response::text(StatusCode::OK, "fine") }
        })
    };
    let slow = {
        let (handled, permits) = (handled.clone(), permits.clone());
        handler_fn(move |_| {
            handled.fetch_add(1, Ordering::SeqCst);
            let permits = permits.clone();
            async move {
                permits.acquire().await.unwrap().forget();
                response::text(StatusCode::OK, "slow")
            }
        })
    };
    let echo = handler_fn(|mut request| async move {
        match request.read_body(1 << 20).await {
            Ok(body) => response::bytes(StatusCode::OK, "application/octet-stream", body.decoded),
            Err(error) => response::text(StatusCode::BAD_REQUEST, error.to_string()),
        }
    });
    let panics = handler_fn(|_| async { panic!("as told") });
    let rows = |id: &str| {
        response::stream(
            StatusCode::OK,
            "text/event-stream",
            Box::pin(futures_util::stream::iter([
                Ok(response::server_sent_event("row", &format!("{{\"id\":\"{id}\"}}"))),
                Ok(response::server_sent_event("end", "")),
            ])),
        )
    };
    let tail = handler_fn(move |request| {
        let answer = rows(request.head().param("id").unwrap_or_default());
        async move { answer }
    });
    vec![
        Route::new("ingest", Door::Ingest, Methods::POST, "/ingest", fine.clone()).with_cors().overlooking_slashes(),
        Route::new("ingest_without_cors", Door::Ingest, Methods::POST, "/quiet", fine.clone()),
        Route::new("rpc", Door::Ingest, Methods::POST, "/{*rest}", fine.clone()).when(Condition::MediaType("application/grpc")),
        Route::new("read", Door::Read, Methods::GET, "/read", fine.clone()),
        Route::new("change", Door::Change, Methods::POST.or(Methods::DELETE), "/change", fine.clone()),
        Route::new("administer", Door::Administer, Methods::POST, "/administer", fine.clone()),
        Route::new("public", Door::Public, Methods::GET, "/", fine),
        Route::new("slow", Door::Public, Methods::GET, "/slow", slow),
        Route::new("echo", Door::Ingest, Methods::POST, "/echo", echo),
        Route::new("panics", Door::Public, Methods::GET, "/panics", panics),
        Route::new("tail", Door::Read, Methods::GET, "/tail/{id}", tail),
    ]
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        let (handled, permits) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(0)));
        let router = Router::new(routes(&handled, &permits));
        let config = ServerConfig {
            names: vec!["hive.example.com".to_owned()],
            cors: CorsPolicy { loopback: true, ..CorsPolicy::default() },
            credential_headers: vec!["x-key"],
            limits,
            ..ServerConfig::default()
        };
        let registry = Registry::default();
        let server = Server::new(config, router, Arc::new(ManualClock::at(42)), &registry);
        let address = server.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        Self { server, address, registry, handled, permits, client: Client::new() }
    }

    pub fn handled(&self) -> usize {
        self.handled.load(Ordering::SeqCst)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes as they are and reads until the server closes.
    pub async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        to_end(&mut stream).await
    }

    /// Sends one HTTP/1.1 request with these lines after the first, and reads the whole answer.
    pub async fn ask(&self, first: &str, fields: &[(&str, &str)]) -> String {
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.raw(format!("{first} HTTP/1.1\r\n{fields}content-length: 0\r\nconnection: close\r\n\r\n")).await
    }
}

pub async fn to_end(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut buffer = [0; 16_384];
    loop {
        match stream.read(&mut buffer).await {
            // A reset after the answer ends it like a close.
            Ok(0) | Err(_) => return String::from_utf8_lossy(&seen).into_owned(),
            Ok(read) => seen.extend_from_slice(&buffer[..read]),
        }
    }
}

/// The status of an answer's first line.
pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}
