//! What the server prints at its start. Lines that begin with `listening` and `ready` are for programs too, and do not change.

use super::storage::Opened;
use crate::ask::print;
use crate::cli::{Auth, DurabilityWord};
use crate::config::Config;
use glasshive_feature_accounts::NewLink;
use glasshive_store::FaultKind;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// What the relaxed mode means, in the words of the promise.
pub const RELAXED: &str = "relaxed: at most the last 1 s of acknowledged data can be lost by power loss, none by kill -9";

/// Before the log is read back: who this is, and where it listens.
pub fn opening(config: &Config, http: SocketAddr, grpc: SocketAddr, xray: Option<SocketAddr>, xray_shut: Option<&str>) {
    let mut text = format!("glasshive {}\n", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "data {}", config.data.value.display());
    let durability = match config.durability.value {
        DurabilityWord::Fsync => "fsync: a success answer means the data is on the disk",
        DurabilityWord::Relaxed => RELAXED,
    };
    let _ = writeln!(text, "durability {durability}");
    let auth = match config.auth.value {
        Auth::Open => "open: no key is needed",
        Auth::Keys => "keys: every door asks for one",
    };
    let _ = writeln!(text, "auth {auth}");
    let _ = writeln!(text, "listening HTTP http://{http}\nlistening gRPC http://{grpc}");
    if let Some(xray) = xray {
        let _ = writeln!(text, "listening X-Ray {xray} (UDP and TCP; no key is asked for)");
    }
    if let Some(why) = xray_shut {
        let _ = writeln!(text, "X-Ray {why}\n    to have it: {}", super::xray::SHUT_HINT);
    }
    print(&text);
}

/// Now telemetry is taken and questions are answered.
pub fn ready(opened: &Opened, took: Duration, config: &Config) {
    let mut text = String::new();
    for fault in &opened.report.faults {
        let _ = writeln!(text, "{}", fault.message);
        if fault.kind == FaultKind::UnknownFiles {
            let _ = writeln!(text, "    to look at them, stop the server and run: glasshive verify --data {}", config.data.value.display());
        }
    }
    let _ = writeln!(text, "ready in {} ms", took.as_millis());
    print(&text);
}

/// What to do with it.
pub fn first_steps(config: &Config, http: SocketAddr, grpc: SocketAddr, xray: Option<SocketAddr>) {
    let mut text = String::from("\n");
    let _ = writeln!(text, "Send something:\n{}\n", indented(&how_to_send(config, http, grpc, xray)));
    let server = if http.port() == 4318 { String::new() } else { format!(" --server {}", url(config, http)) };
    let key = if config.auth.value == Auth::Keys { "    export GLASSHIVE_KEY=YOUR_CONFIGURATION_KEY\n" } else { "" };
    let _ = writeln!(
        text,
        "Ask something, in a browser at {}, or:\n{key}    glasshive query{server} 'COUNT, P99(duration_ms) GROUP BY service.name, name'",
        url(config, http)
    );
    if config.auth.value == Auth::Keys {
        let _ = writeln!(text, "\nKeys are made by who has signed in, in Settings, Keys.");
    }
    print(&text);
}

/// Nobody has an account yet: where the first is made. Whoever reads this line may be it, so it goes nowhere but here.
pub fn set_up(config: &Config, http: SocketAddr, link: &NewLink) {
    let address = url(config, http);
    let token = link.token.reveal();
    print(&format!(
        "\nMake the first account, an admin's, within 15 minutes (a restart prints another link):\n    {address}/signin#link={token}\n"
    ));
}

/// Lines to paste into the environment of an application with an OpenTelemetry or an X-Ray SDK.
pub fn how_to_send(config: &Config, http: SocketAddr, grpc: SocketAddr, xray: Option<SocketAddr>) -> String {
    let mut lines = format!(
        "export OTEL_EXPORTER_OTLP_ENDPOINT={}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf    # or grpc, with http://{}",
        url(config, http),
        reachable(grpc)
    );
    if config.auth.value == Auth::Keys {
        lines.push_str("\nexport OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=YOUR_INGEST_KEY");
    }
    if let Some(xray) = xray {
        let _ = write!(lines, "\nexport AWS_XRAY_DAEMON_ADDRESS={}    # for X-Ray's SDKs", reachable(xray));
    }
    lines
}

fn url(config: &Config, http: SocketAddr) -> String {
    config.public_url.value.clone().unwrap_or_else(|| format!("http://{}", reachable(http)))
}

/// An address that can be connected to: a listener on all addresses is reached on loopback.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(address) if address.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(address) if address.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address.ip(),
    };
    SocketAddr::new(ip, address.port())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
