//! Bodies to a server, over several connections, again when it says so.

use crate::tally::Tally;
use anyhow::{Context, Result, bail};
use bytes::{BufMut, Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use glasshive_base_http::{Client, grpc};
use glasshive_hive_gen::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// A body is given up after this many refusals in a row.
const MAX_TRIES: u32 = 60;
/// Between tries, unless the server names a time.
const PAUSE: Duration = Duration::from_secs(1);
const GRPC_OK: u32 = 0;
/// RESOURCE_EXHAUSTED and UNAVAILABLE.
const GRPC_RETRY: [u32; 2] = [8, 14];

/// How to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Protocol {
    /// OTLP over HTTP, protobuf.
    Http,
    /// OTLP over gRPC.
    Grpc,
}

/// Where and how to send.
#[derive(Debug, Clone)]
pub struct Target {
    base: String,
    protocol: Protocol,
    gzip: bool,
    headers: HeaderMap,
}

/// What the server said of one try.
enum Verdict {
    Accepted,
    Retry(Duration),
    Refused(String),
}

impl Target {
    /// # Errors
    /// When the key cannot stand in a header.
    pub fn new(url: &str, protocol: Protocol, gzip: bool, api_key: Option<&str>) -> Result<Self> {
        let mut headers = HeaderMap::new();
        if let Some(key) = api_key {
            let value = HeaderValue::from_str(key).context("the key cannot stand in a header")?;
            headers.insert(HeaderName::from_static("x-honeycomb-team"), value);
        }
        let encoding = match protocol {
            Protocol::Http => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
                header::CONTENT_ENCODING
            }
            Protocol::Grpc => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
                headers.insert(header::TE, HeaderValue::from_static("trailers"));
                HeaderName::from_static("grpc-encoding")
            }
        };
        if gzip {
            headers.insert(encoding, HeaderValue::from_static("gzip"));
        }
        Ok(Self { base: url.trim_end_matches('/').to_owned(), protocol, gzip, headers })
    }

    async fn send(&self, client: &Client, url: &str, payload: Bytes) -> Result<Verdict> {
        let answer = client.request(Method::POST, url, self.headers.clone(), payload).await?;
        let pause = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let retry = Verdict::Retry(pause.map_or(PAUSE, Duration::from_secs));
        let status = match self.protocol {
            Protocol::Http => None,
            Protocol::Grpc => grpc::status_of(&answer.headers, answer.trailers.as_ref()),
        };
        Ok(match (self.protocol, status) {
            (Protocol::Grpc, Some((GRPC_OK, _))) => Verdict::Accepted,
            (Protocol::Grpc, Some((code, _))) if GRPC_RETRY.contains(&code) => retry,
            (Protocol::Grpc, Some((code, words))) => Verdict::Refused(format!("gRPC status {code}: {words}")),
            _ if answer.status.is_success() && self.protocol == Protocol::Http => Verdict::Accepted,
            _ if matches!(answer.status.as_u16(), 429 | 503) => retry,
            _ => Verdict::Refused(format!("HTTP status {}: {}", answer.status, answer.text())),
        })
    }

    fn payload(&self, body: &Body) -> Result<Bytes> {
        let message = if self.gzip { gzip(&body.bytes)? } else { body.bytes.clone() };
        Ok(match self.protocol {
            Protocol::Http => message,
            Protocol::Grpc => {
                let mut frame = BytesMut::with_capacity(grpc::FRAME_HEAD_BYTES + message.len());
                frame.put_u8(u8::from(self.gzip));
                frame.put_u32(u32::try_from(message.len()).context("a message of more than 4 GiB")?);
                frame.put(message);
                frame.freeze()
            }
        })
    }

    fn url(&self, body: &Body) -> String {
        let path = match self.protocol {
            Protocol::Http => body.signal.http_path(),
            Protocol::Grpc => body.signal.grpc_path(),
        };
        format!("{}{path}", self.base)
    }
}

fn gzip(bytes: &[u8]) -> Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::default());
    encoder.write_all(bytes).context("compress a body")?;
    Ok(encoder.finish().context("compress a body")?.into())
}

/// Sends all bodies over `connections` connections; each waits for its answer before it sends the next.
///
/// # Errors
/// When nobody answers, a body is refused for good, or it is refused [`MAX_TRIES`] times in a row.
pub fn run(target: &Target, connections: usize, bodies: impl Iterator<Item = Body>) -> Result<Tally> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().context("start the runtime")?;
    let (sender, receiver) = mpsc::channel(2 * connections);
    let queue = Arc::new(Mutex::new(receiver));
    let mut total = Tally::start();
    let workers: Vec<_> = (0..connections).map(|_| runtime.spawn(worker(target.clone(), Arc::clone(&queue)))).collect();
    drop(queue);
    for body in bodies {
        // All workers have ended early only when each has an error to tell.
        if sender.blocking_send(body).is_err() {
            break;
        }
    }
    drop(sender);
    runtime.block_on(async {
        for worker in workers {
            total.merge(&worker.await.context("a sender broke down")??);
        }
        anyhow::Ok(())
    })?;
    total.stop();
    Ok(total)
}

async fn worker(target: Target, queue: Arc<Mutex<mpsc::Receiver<Body>>>) -> Result<Tally> {
    let client = match target.protocol {
        Protocol::Http => Client::new(),
        Protocol::Grpc => Client::http2(),
    };
    let mut tally = Tally::start();
    loop {
        let body = queue.lock().await.recv().await;
        let Some(body) = body else { break };
        deliver(&target, &client, &body, &mut tally).await?;
        tally.add(&body);
    }
    Ok(tally)
}

async fn deliver(target: &Target, client: &Client, body: &Body, tally: &mut Tally) -> Result<()> {
    let (url, payload) = (target.url(body), target.payload(body)?);
    for _ in 0..MAX_TRIES {
        match target.send(client, &url, payload.clone()).await? {
            Verdict::Accepted => return Ok(()),
            Verdict::Refused(words) => bail!("{url} refused a body: {words}"),
            Verdict::Retry(pause) => {
                tally.retries += 1;
                tokio::time::sleep(pause).await;
            }
        }
    }
    bail!("{url} asked {MAX_TRIES} times to come again")
}
