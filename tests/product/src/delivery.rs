//! Bodies on their way to a server that may be killed meanwhile, and what became of each.

use anyhow::{Context, Result, bail};
use bytes::{BufMut, Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use glasshive_base_http::{Client, grpc};
use glasshive_hive_gen::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// What is known of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was never sent, or the server refused it retryably.
    Waiting,
    /// It was sent and not answered.
    InFlight,
    /// The connection broke before the answer: it may or may not be stored.
    Unknown,
    /// The server answered with success.
    Acknowledged,
}

/// How a body is sent; a body keeps its way for all its tries, as an SDK does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Http,
    HttpGzip,
    Grpc,
}

const WAYS: [Way; 4] = [Way::Http, Way::Grpc, Way::HttpGzip, Way::Http];

/// All bodies of a run and their states.
pub struct Delivery {
    bodies: Vec<Body>,
    states: Mutex<Vec<State>>,
    acknowledged: watch::Sender<usize>,
}

/// Where to send.
#[derive(Debug, Clone)]
pub struct Doors {
    /// `http://...` of the HTTP door.
    pub http: String,
    /// The same of the gRPC door.
    pub grpc: String,
}

impl Delivery {
    /// Nothing is sent yet.
    pub fn new(bodies: Vec<Body>) -> Arc<Self> {
        let states = Mutex::new(vec![State::Waiting; bodies.len()]);
        Arc::new(Self { bodies, states, acknowledged: watch::Sender::new(0) })
    }

    /// The bodies and what is known of each.
    pub fn bodies(&self) -> Vec<(&Body, State)> {
        self.bodies.iter().zip(self.states().iter().copied()).collect()
    }

    /// How many are in this state.
    pub fn count(&self, state: State) -> usize {
        self.states().iter().filter(|other| **other == state).count()
    }

    /// Waits until so many bodies are acknowledged.
    ///
    /// # Errors
    /// When all senders ended before.
    pub async fn wait_for(&self, count: usize) -> Result<()> {
        let mut acknowledged = self.acknowledged.subscribe();
        acknowledged.wait_for(|done| *done >= count).await.context("the senders ended")?;
        Ok(())
    }

    /// Sends over `connections` connections, as fast as answers come, until everything is acknowledged or the server is gone.
    ///
    /// # Errors
    /// When a body is refused for good.
    pub async fn send_all(self: &Arc<Self>, doors: &Doors, connections: usize) -> Result<()> {
        let senders: Vec<_> = (0..connections).map(|_| tokio::spawn(self.clone().send_some(doors.clone()))).collect();
        for sender in senders {
            sender.await.context("a sender broke down")??;
        }
        Ok(())
    }

    async fn send_some(self: Arc<Self>, doors: Doors) -> Result<()> {
        let (http, http2) = (Client::new(), Client::http2());
        while let Some(index) = self.take() {
            let client = if WAYS[index % WAYS.len()] == Way::Grpc { &http2 } else { &http };
            let state = self.send(client, &doors, index).await?;
            self.set(index, state);
            match state {
                State::Acknowledged => self.acknowledged.send_modify(|done| *done += 1),
                State::Unknown => break,
                State::Waiting | State::InFlight => tokio::task::yield_now().await,
            }
        }
        Ok(())
    }

    async fn send(&self, client: &Client, doors: &Doors, index: usize) -> Result<State> {
        let (body, way) = (&self.bodies[index], WAYS[index % WAYS.len()]);
        let (url, headers, payload) = request(doors, way, body)?;
        let Ok(answer) = client.request(Method::POST, &url, headers, payload).await else { return Ok(State::Unknown) };
        let grpc_status = grpc::status_of(&answer.headers, answer.trailers.as_ref());
        match (way, answer.status.as_u16(), grpc_status) {
            (Way::Grpc, _, Some((0, _))) if grpc::unframe(&answer.body).is_some_and(|(_, message)| message.is_empty()) => {
                Ok(State::Acknowledged)
            }
            (Way::Grpc, _, Some((8 | 14, _))) => Ok(State::Waiting),
            (Way::Http | Way::HttpGzip, 200, _) if answer.body.is_empty() => Ok(State::Acknowledged),
            (_, 429 | 503, _) => Ok(State::Waiting),
            // The stream ended without a status: the server died between body and trailers.
            (Way::Grpc, 200, None) => Ok(State::Unknown),
            (_, status, grpc) => bail!("{url} answered {status} {grpc:?}: {}", answer.text()),
        }
    }

    /// The next body to send: first those whose fate is unknown, as their senders would retry them.
    fn take(&self) -> Option<usize> {
        let mut states = self.states();
        let index = [State::Unknown, State::Waiting].iter().find_map(|state| states.iter().position(|other| other == state))?;
        states[index] = State::InFlight;
        Some(index)
    }

    fn set(&self, index: usize, state: State) {
        self.states()[index] = state;
    }

    fn states(&self) -> std::sync::MutexGuard<'_, Vec<State>> {
        self.states.lock().expect("no thread panics with the lock")
    }
}

fn request(doors: &Doors, way: Way, body: &Body) -> Result<(String, HeaderMap, Bytes)> {
    let mut headers = HeaderMap::new();
    let (url, content_type, payload) = match way {
        Way::Grpc => {
            headers.insert(header::TE, HeaderValue::from_static("trailers"));
            (format!("{}{}", doors.grpc, body.signal.grpc_path()), "application/grpc", framed(&body.bytes)?)
        }
        Way::Http => (format!("{}{}", doors.http, body.signal.http_path()), "application/x-protobuf", body.bytes.clone()),
        Way::HttpGzip => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            (format!("{}{}", doors.http, body.signal.http_path()), "application/x-protobuf", gzip(&body.bytes)?)
        }
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(HeaderName::from_static("user-agent"), HeaderValue::from_static("glasshive-test-product"));
    Ok((url, headers, payload))
}

fn framed(message: &[u8]) -> Result<Bytes> {
    let mut out = BytesMut::with_capacity(grpc::FRAME_HEAD_BYTES + message.len());
    out.put_u8(0);
    out.put_u32(u32::try_from(message.len()).context("a message of more than 4 GiB")?);
    out.extend_from_slice(message);
    Ok(out.freeze())
}

fn gzip(bytes: &[u8]) -> Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.into())
}
