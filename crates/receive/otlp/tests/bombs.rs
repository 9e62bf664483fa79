//! Bodies that become much larger than they are: refused, and the memory they take stays small. Each runs in a process of its own,
//! whose peak the kernel tells.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

use flate2::{Compress, Compression, FlushCompress};
use glasshive_base::metrics::Registry;
use glasshive_base::{BoxFuture, ManualClock};
use glasshive_base_http::{Client, Limits, Router, Server, ServerConfig};
use glasshive_model::{Appended, EventSink, Grant, KeyTable, SinkError, Submission};
use glasshive_receive_otlp::{OtlpConfig, routes};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

/// Which bomb a child process is to set off; unset in the parent.
const BOMB: &str = "HIVE_TEST_BOMB";
/// What a bomb becomes when nobody stops it.
const BECOMES_BYTES: usize = 2 << 30;
/// The limit on a body, compressed and decompressed.
const LIMIT_BYTES: usize = 16 << 20;
/// What bodies in flight may hold together.
const LEDGER_BYTES: usize = 48 << 20;
/// Bombs sent at the same time.
const AT_ONCE: usize = 16;
/// Buffers of sockets and decoders, and what the allocator keeps.
const SLACK_BYTES: usize = 48 << 20;

struct Bomb {
    name: &'static str,
    path: &'static str,
    fields: &'static [(&'static str, &'static str)],
    body: fn() -> Vec<u8>,
}

const JSON: (&str, &str) = ("content-type", "application/json");
const GRPC: (&str, &str) = ("content-type", "application/grpc");
const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

const BOMBS: &[Bomb] = &[
    Bomb { name: "gzip", path: "/v1/traces", fields: &[JSON, ("content-encoding", "gzip")], body: gzip },
    Bomb { name: "gzip of many members", path: "/v1/traces", fields: &[JSON, ("content-encoding", "gzip")], body: members },
    Bomb { name: "gzip twice", path: "/v1/traces", fields: &[JSON, ("content-encoding", "gzip, gzip")], body: twice },
    Bomb { name: "zstd", path: "/v1/traces", fields: &[JSON, ("content-encoding", "zstd")], body: zstd_frame },
    Bomb { name: "zstd with a wide window", path: "/v1/traces", fields: &[JSON, ("content-encoding", "zstd")], body: zstd_wide },
    Bomb { name: "deflate", path: "/v1/traces", fields: &[JSON, ("content-encoding", "deflate")], body: zlib },
    Bomb { name: "raw deflate", path: "/v1/traces", fields: &[JSON, ("content-encoding", "deflate")], body: deflate },
    Bomb { name: "gRPC gzip", path: TRACES, fields: &[GRPC, ("grpc-encoding", "gzip")], body: || message(1, &gzip()) },
    Bomb { name: "gRPC zstd", path: TRACES, fields: &[GRPC, ("grpc-encoding", "zstd")], body: || message(1, &zstd_frame()) },
    Bomb { name: "gRPC announcement", path: TRACES, fields: &[GRPC], body: || vec![0, 0x00, 0xff, 0xff, 0xff] },
];

/// Raw deflate blocks that become `BECOMES_BYTES` of zeros: one run of them, flushed, over and over.
fn deflate() -> Vec<u8> {
    const RUN: usize = 16 << 20;
    let mut blocks = Vec::with_capacity(1 << 20);
    Compress::new(Compression::best(), false).compress_vec(&vec![0; RUN], &mut blocks, FlushCompress::Full).unwrap();
    blocks.repeat(BECOMES_BYTES / RUN)
}

fn gzip() -> Vec<u8> {
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff][..], &deflate()].concat()
}

fn zlib() -> Vec<u8> {
    [&[0x78, 0x9c][..], &deflate()].concat()
}

fn members() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 1 << 20]).unwrap();
    encoder.finish().unwrap().repeat(BECOMES_BYTES >> 20)
}

fn twice() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&gzip()).unwrap();
    encoder.finish().unwrap()
}

fn zstd_frame() -> Vec<u8> {
    zstd::encode_all(std::io::Read::take(std::io::repeat(0), BECOMES_BYTES as u64), 1).unwrap()
}

fn zstd_wide() -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&vec![0; 1 << 20]).unwrap();
    encoder.finish().unwrap()
}

fn message(flag: u8, body: &[u8]) -> Vec<u8> {
    [&[flag][..], &u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat()
}

#[test]
fn l7_bombs_are_bounded() {
    if let Ok(name) = std::env::var(BOMB) {
        let bomb = BOMBS.iter().find(|bomb| bomb.name == name).unwrap();
        return tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(set_off(bomb));
    }
    for bomb in BOMBS {
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", "l7_bombs_are_bounded", "--nocapture"]).env(BOMB, bomb.name).output().unwrap();
        let words = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && words.contains("peak grew by"), "{}: {words}", bomb.name);
    }
}

/// In the child: sends many at once and looks at the peak.
async fn set_off(bomb: &Bomb) {
    let body = bytes::Bytes::from((bomb.body)());
    assert!(body.len() < LIMIT_BYTES, "{} bytes would be refused unread", body.len());
    let limits = Limits { ledger_bytes: LEDGER_BYTES, ..Limits::default() };
    let registry = Registry::default();
    let config = OtlpConfig { body_bytes: LIMIT_BYTES, ..OtlpConfig::default() };
    let router = Router::new(routes(config, Arc::new(Nothing), Arc::new(Nothing), &registry));
    let server = Server::new(ServerConfig { limits, ..ServerConfig::default() }, router, Arc::new(ManualClock::at(0)), &registry);
    let address = server.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let headers: HeaderMap =
        bomb.fields.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
    let (client, url) = (if bomb.path == TRACES { Client::http2() } else { Client::new() }, format!("http://{address}{}", bomb.path));

    // From here on the peak is that of what follows.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak_bytes();
    let send = || client.request(Method::POST, &url, headers.clone(), body.clone());
    for answer in futures_util::future::join_all((0..AT_ONCE).map(|_| send())).await {
        let answer = answer.unwrap();
        let is_refused = match answer.headers.get("grpc-status").map(HeaderValue::as_bytes) {
            Some(code) => matches!(code, b"3" | b"8" | b"14"),
            None => matches!(answer.status.as_u16(), 400 | 413 | 503),
        };
        assert!(is_refused, "{} {:?}", answer.status, answer.headers);
    }
    let grown = peak_bytes().saturating_sub(before);
    // While a buffer grows, the old and the new one exist at once.
    assert!(grown < 2 * LEDGER_BYTES + SLACK_BYTES, "the peak grew by {grown} bytes");
    assert_eq!(server.ledger().used_bytes(), 0);
    writeln!(std::io::stdout().lock(), "peak grew by {grown} bytes").unwrap();
}

fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1_024
}

struct Nothing;

impl EventSink for Nothing {
    fn append(&self, _: Submission) -> BoxFuture<'_, Result<Appended, SinkError>> {
        Box::pin(std::future::ready(Ok(Appended::Stored { sequence: 1 })))
    }

    fn admit(&self, _: usize) -> Result<(), SinkError> {
        Ok(())
    }
}

impl KeyTable for Nothing {
    fn find(&self, _: &str) -> Option<Grant> {
        None
    }
}
