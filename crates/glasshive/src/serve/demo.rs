//! Sample traffic: requests as 96 instances of 24 services would send them, through the front door.

use crate::cli::DemoFlags;
use glasshive_base::Clock;
use glasshive_base_http::Client;
use glasshive_hive_gen::{LiveStream, Profile, Signal};
use http::{HeaderMap, HeaderValue, Method, header};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How much history there is at once.
const HISTORY_NS: i64 = 600_000_000_000;
/// Between requests, as SDKs batch them.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends until it is aborted.
pub async fn stream(flags: DemoFlags, http: SocketAddr, clock: Arc<dyn Clock>) {
    let client = Client::new();
    let mut stream = LiveStream::new(Profile::Wide, flags.seed, flags.rate, clock.wall_ns() - HISTORY_NS);
    loop {
        for body in stream.advance(clock.wall_ns()) {
            let path = match body.signal {
                Signal::Traces => "traces",
                Signal::Logs => "logs",
            };
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
            let sent = client.request(Method::POST, &format!("http://{http}/v1/{path}"), headers, body.bytes).await;
            if let Err(error) = sent {
                tracing::warn!("sample traffic was not taken: {error}");
            }
        }
        clock.sleep(PAUSE).await;
    }
}
