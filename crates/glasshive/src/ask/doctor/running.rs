//! The server that runs: whether it listens, takes events in, and keeps strangers out.

use super::{Finding, refusals};
use crate::ask::server::{Server, path_part};
use crate::cli::{Auth, DoctorFlags};
use crate::config::Config;
use crate::screen::number;
use crate::serve::reachable;
use anyhow::Result;
use bytes::Bytes;
use glasshive_api_hive::shape::place::Columns;
use glasshive_api_hive::shape::process::{Readiness, Refusals, Stats};
use glasshive_api_hive::shape::query::{Measure, QueryAnswer};
use glasshive_api_hive::shape::row::EventsAnswer;
use glasshive_base::Clock as _;
use glasshive_base_http::{Client, ClientError};
use glasshive_model::limits;
use glasshive_store::world::SystemClock;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Silence after which it is worth knowing.
const SILENCE_NS: i64 = 3_600_000_000_000;
/// By how much two clocks may differ.
const SKEW_NS: i64 = 5_000_000_000;
/// So many columns are seldom meant.
const COLUMNS_MANY: usize = 2_000;
/// The gRPC method that every SDK calls.
const EXPORT: &str = "opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// How [`EXPORT`] looks among refused requests.
pub const EXPORT_TARGET: &str = "POST /opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// What a stranger asks.
const STRANGER_PATH: &str = "/hive/v1/environments";
/// How it looks among refused requests.
pub const STRANGER_TARGET: &str = "GET /hive/v1/environments";

/// Looks at the server of the flags, or at the one that the settings describe.
pub async fn look(flags: &DoctorFlags, config: Option<&Config>, is_named: bool) -> Vec<Finding> {
    let of_settings = config.filter(|_| !is_named).map(|config| format!("http://{}", reachable(config.http.value)));
    let address = of_settings.unwrap_or_else(|| flags.client.server.clone());
    let server = match Server::at(&address, flags.client.api_key.as_deref()) {
        Ok(server) => server,
        Err(error) => return vec![Finding::fail("listening", format!("{error:#}"), "name the server with --server")],
    };
    let began_ns = SystemClock::default().wall_ns();
    let mut findings = vec![listening(&server).await];
    if let Some(config) = config.filter(|_| !is_named) {
        findings.push(listening_grpc(config.grpc.value, config.auth.value).await);
        if let Some(address) = config.xray.value {
            findings.push(listening_xray(address).await);
        }
    }
    if findings[0].fix.is_some() {
        return findings;
    }
    findings.extend(ready(&server).await);
    findings.extend(strangers(&server).await);
    match environment(&server, flags).await {
        Ok(environment) => findings.extend(inside(&server, &environment, began_ns).await),
        Err(error) => {
            findings.push(Finding::warn("data", format!("cannot be looked at: {error:#}"), "give a key that may read with --api-key"))
        }
    }
    findings
}

async fn environment(server: &Server, flags: &DoctorFlags) -> Result<String> {
    match &flags.client.environment {
        Some(named) => Ok(named.clone()),
        None => server.environment().await,
    }
}

async fn listening(server: &Server) -> Finding {
    match server.send(Method::GET, "/healthz", HeaderMap::new(), Bytes::new()).await {
        Ok(answer) if answer.status == StatusCode::OK => Finding::ok("listening", format!("{} answers", server.base())),
        Ok(answer) => {
            let found = format!("{} answers, not as Glasshive does ({})", server.base(), answer.status);
            Finding::fail("listening", found, "something else has that port, or a proxy stands before it; name the server with --server")
        }
        Err(error) => Finding::fail("listening", server.told(&error).to_string(), "start it: glasshive serve"),
    }
}

/// Whether an SDK would be heard there. Where keys are asked for, only whether HTTP/2 is spoken: a request without a key would be
/// refused, and stand among the refused ones as if a sender had made a mistake.
async fn listening_grpc(address: SocketAddr, auth: Auth) -> Finding {
    let base = format!("http://{}", reachable(address));
    if auth == Auth::Keys {
        let answer = Client::http2().request(Method::GET, &format!("{base}/healthz"), HeaderMap::new(), Bytes::new()).await;
        return match answer {
            Ok(answer) if answer.status == StatusCode::OK => Finding::ok("listening", format!("{base} answers gRPC")),
            Ok(answer) => Finding::fail(
                "listening",
                format!("{base} answers, not as Glasshive does ({})", answer.status),
                "see that --grpc names the server's own address",
            ),
            Err(error) => no_grpc(&base, error),
        };
    }
    match Client::http2().grpc(&base, EXPORT, HeaderMap::new(), &[]).await {
        // An empty request is taken.
        Ok((0, _, _)) => Finding::ok("listening", format!("{base} answers gRPC")),
        Ok((14, words, _)) => Finding::warn("listening", format!("{base} answers gRPC, and takes nothing now: {words}"), "see `ready`"),
        Ok((code, words, _)) => Finding::fail(
            "listening",
            format!("{base} answers gRPC with code {code}: {words}"),
            "see that --grpc names the server's own address",
        ),
        Err(error) => no_grpc(&base, error),
    }
}

fn no_grpc(base: &str, error: ClientError) -> Finding {
    let why = match error {
        ClientError::Unreachable { .. } => "nothing answers".to_owned(),
        other => other.to_string(),
    };
    Finding::fail("listening", format!("gRPC at {base}: {why}"), "start the server, or say with --grpc where it listens")
}

/// The TCP side alone: a datagram would have no answer.
async fn listening_xray(address: SocketAddr) -> Finding {
    let base = format!("http://{}", reachable(address));
    let answer = match Server::at(&base, None) {
        Ok(server) => {
            server.send(Method::GET, "/healthz", HeaderMap::new(), Bytes::new()).await.map_err(|error| server.told(&error).to_string())
        }
        Err(error) => Err(format!("{error:#}")),
    };
    let fix = "see that --xray names the server's own address, or say --xray off";
    match answer {
        Ok(answer) if answer.status == StatusCode::OK && answer.body.starts_with(b"glasshive") => {
            Finding::ok("listening", format!("{base} answers as X-Ray's daemon"))
        }
        Ok(answer) => Finding::warn("listening", format!("{base} answers, not as Glasshive's X-Ray daemon does ({})", answer.status), fix),
        Err(error) => Finding::warn("listening", format!("X-Ray at {base}: {error}"), fix),
    }
}

/// Its own checks, its version, and its clock.
async fn ready(server: &Server) -> Vec<Finding> {
    let asked_ns = SystemClock::default().wall_ns();
    let answer = match server.send(Method::GET, "/readyz", HeaderMap::new(), Bytes::new()).await {
        Ok(answer) => answer,
        Err(error) => return vec![Finding::fail("ready", server.told(&error).to_string(), "ask again")],
    };
    let Ok(readiness) = answer.json::<Readiness>() else {
        return vec![Finding::fail(
            "ready",
            format!("{} answers /readyz not as Glasshive does", server.base()),
            "name the server with --server",
        )];
    };
    let mut findings: Vec<Finding> = readiness.checks.iter().filter_map(of_check).collect();
    if readiness.ready {
        findings.insert(0, Finding::ok("ready", "telemetry is taken and questions are answered"));
    }
    findings.extend(clock(answer.headers.get(header::DATE), asked_ns));
    findings
}

fn of_check(check: &glasshive_api_hive::shape::process::Check) -> Option<Finding> {
    let hint = if check.hint.is_empty() { "the server's own words on standard error say more".to_owned() } else { check.hint.clone() };
    match (check.ok, check.reason.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Finding::warn("ready", format!("{}: {}", check.check, check.reason), hint)),
        (false, _) => {
            let reason = if check.reason.is_empty() { "no" } else { &check.reason };
            Some(Finding::fail("ready", format!("{}: {reason}", check.check), hint))
        }
    }
}

/// The server's clock is read to the second.
fn clock(date: Option<&HeaderValue>, asked_ns: i64) -> Option<Finding> {
    let server = jiff::fmt::rfc2822::parse(date?.to_str().ok()?).ok()?.timestamp().as_nanosecond();
    let ahead = server - i128::from(asked_ns);
    if ahead.abs() <= i128::from(SKEW_NS) {
        return Some(Finding::ok("clock", "the server's and this machine's agree"));
    }
    let by = number::duration(ahead.unsigned_abs() as f64);
    let found = format!("the server's is {by} {} this machine's", if ahead > 0 { "ahead of" } else { "behind" });
    Some(Finding::warn("clock", found, "let a time service keep both (timedatectl set-ntp true)"))
}

/// What a web page could try: a foreign name that leads here, a foreign origin.
async fn strangers(server: &Server) -> Vec<Finding> {
    // Without the key, which would vouch for any name.
    let Ok(stranger) = Server::at(server.base(), None) else { return Vec::new() };
    let ask = async |name: header::HeaderName, value: &'static str| {
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
        stranger.send(Method::GET, STRANGER_PATH, headers, Bytes::new()).await.map(|answer| answer.status)
    };
    let of_host = ask(header::HOST, refusals::OWN_NAME).await;
    let of_origin = ask(header::ORIGIN, "http://doctor.invalid").await;
    let mut findings = Vec::new();
    for (what, status) in [("Host", of_host), ("Origin", of_origin)] {
        findings.extend(match status {
            Ok(status) if status.is_success() => Some(Finding::fail(
                "strangers",
                format!("a request with a foreign {what} was answered: web pages elsewhere can read what is stored here"),
                "a proxy between rewrites it; let it pass Host and Origin on, or ask for keys with --auth keys",
            )),
            Ok(_) => None,
            Err(error) => Some(Finding::warn("strangers", format!("cannot be tried: {error}"), "ask again")),
        });
    }
    if findings.is_empty() {
        findings.push(Finding::ok("strangers", "foreign names (Host) and pages (Origin) are refused"));
    }
    findings
}

/// What is stored, what arrives, what was refused.
async fn inside(server: &Server, environment: &str, began_ns: i64) -> Vec<Finding> {
    let at = |what: &str| format!("/hive/v1/e/{}/{what}", path_part(environment));
    let now_ns = SystemClock::default().wall_ns();
    let mut findings = Vec::new();
    match server.get::<Stats>(&at("stats")).await {
        Ok(stats) => {
            findings.extend(version(&stats));
            let newest = match stats.live_rows + stats.file_rows {
                0 => Ok(None),
                _ => newest(server, &at("events")).await,
            };
            findings.push(match newest {
                Ok(newest) => arriving(&stats, newest, now_ns, environment),
                Err(error) => Finding::warn("data", format!("{error:#}"), "ask again"),
            });
            findings.extend(ahead(server, &at("query")).await);
        }
        Err(error) => {
            findings.push(Finding::warn("data", format!("cannot be looked at: {error:#}"), "give a key that may read with --api-key"))
        }
    }
    if let Ok(known) = server.get::<Columns>(&at("columns")).await {
        findings.extend(columns(&known, environment));
    }
    match server.get::<Refusals>(&at("refusals")).await {
        Ok(ring) => findings.extend(refusals::look(&ring, began_ns, now_ns)),
        Err(error) => findings.push(Finding::warn("refused", format!("{error:#}"), "give a key that may read with --api-key")),
    }
    findings
}

fn version(stats: &Stats) -> Option<Finding> {
    let own = env!("CARGO_PKG_VERSION");
    (stats.version != own).then(|| {
        Finding::warn("version", format!("the server is {}, this program {own}", stats.version), "use the server's version of the program")
    })
}

/// Whether senders put values into names.
fn columns(known: &Columns, environment: &str) -> Option<Finding> {
    let named = known.columns.iter().filter(|column| !column.computed).count();
    let found = match named {
        0..COLUMNS_MANY => return None,
        COLUMNS_MANY..limits::COLUMNS_PER_ENVIRONMENT => {
            format!("environment {environment} has {named} columns of at most {}", limits::COLUMNS_PER_ENVIRONMENT)
        }
        _ => format!(
            "environment {environment} has {} columns, the most there are: what comes under further names is kept beside them, and slow to ask for",
            limits::COLUMNS_PER_ENVIRONMENT
        ),
    };
    let fix = "look for attributes whose names hold ids or counters (Data in the web UI lists them), and send these as values";
    Some(Finding::warn("columns", found, fix))
}

/// When the newest of the last events was received, and what it is of.
async fn newest(server: &Server, path: &str) -> Result<Option<(i64, String)>> {
    let asked = json!({ "text": "meta.ingest_time, service.name, meta.dataset LIMIT 100 LAST 1d" });
    let answer: EventsAnswer = server.post(path, &asked).await?;
    let received = answer.rows.iter().filter_map(|row| {
        let text = |name: &str| row.fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let time = row.fields.get("meta.ingest_time").and_then(Value::as_i64)?;
        Some((time, text("service.name").or_else(|| text("meta.dataset")).unwrap_or_default()))
    });
    Ok(received.max())
}

fn arriving(stats: &Stats, newest: Option<(i64, String)>, now_ns: i64, environment: &str) -> Finding {
    let rows = stats.live_rows + stats.file_rows;
    let send = "point an SDK here: export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318, or whatever address `serve` prints";
    let stored = format!("{} in environment {environment}", number::counted(rows, "event", "events"));
    match newest {
        None if rows == 0 => Finding::warn("data", format!("environment {environment} is empty: no event has arrived yet"), send),
        None => Finding::warn("data", format!("{stored}, none of them of the last day"), send),
        Some((time, service)) => {
            let ago_ns = now_ns.saturating_sub(time).max(0);
            let words = format!("{stored}; the last arrived {} ago, from {service}", number::duration(ago_ns as f64));
            if ago_ns > SILENCE_NS { Finding::warn("data", words, send) } else { Finding::ok("data", words) }
        }
    }
}

/// Senders whose clocks are ahead.
async fn ahead(server: &Server, path: &str) -> Option<Finding> {
    let asked = json!({ "text": "COUNT WHERE meta.future = true GROUP BY service.name FROM -1h TO 2100-01-01", "want": [] });
    let answer: QueryAnswer = server.post(path, &asked).await.ok()?;
    let count = |measure: &Measure| matches!(measure, Measure::Int(count) if *count > 0);
    let services: Vec<String> =
        answer.results.iter().filter(|row| row.values.first().is_some_and(count)).map(|row| crate::ask::shown(&row.group[0])).collect();
    (!services.is_empty()).then(|| {
        let found = format!("events came from more than ten minutes ahead, of {}", services.join(", "));
        Finding::warn("clock", found, "set the clocks of the machines that these run on")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::doctor::Level;

    #[test]
    fn its_own_questions_look_so() {
        assert_eq!((EXPORT_TARGET, STRANGER_TARGET), (format!("POST /{EXPORT}").as_str(), format!("GET {STRANGER_PATH}").as_str()));
    }

    #[test]
    fn names_that_hold_values() {
        let of = |count: usize| {
            let column = |index| json!({ "name": format!("a{index}"), "type": "integer", "types": ["integer"], "computed": index == 0 });
            let known = json!({ "columns": (0..=count).map(column).collect::<Vec<_>>(), "events": 1, "partial": false });
            columns(&serde_json::from_value(known).unwrap(), "local").map(|finding| finding.found)
        };
        assert_eq!(of(COLUMNS_MANY - 1), None);
        assert_eq!(of(COLUMNS_MANY).unwrap(), "environment local has 2000 columns of at most 10000");
        assert!(of(limits::COLUMNS_PER_ENVIRONMENT).unwrap().contains("the most there are"));
    }

    #[test]
    fn silence_and_clocks() {
        let stats: Stats = serde_json::from_value(json!({ "live_rows": 5, "file_rows": 1000, "files": 1, "file_bytes": 1, "log_bytes": 1, "refused_requests": 0, "refused_sends": 0, "version": "0" })).unwrap();
        let now = 1_767_225_600_000_000_000;
        let of = |newest| arriving(&stats, newest, now, "local");
        let fresh = of(Some((now - 2_000_000_000, "web".to_owned())));
        assert_eq!(
            (fresh.level, fresh.found.as_str()),
            (Level::Ok, "1 005 events in environment local; the last arrived 2 s ago, from web")
        );
        assert_eq!(of(Some((now - 2 * SILENCE_NS, "web".to_owned()))).level, Level::Warn);
        assert_eq!(of(None).level, Level::Warn);
        assert!(version(&stats).is_some());
        let date = HeaderValue::from_static("Thu, 01 Jan 2026 00:01:00 GMT");
        assert!(clock(Some(&date), now).unwrap().found.contains("1 min ahead of"), "{:?}", clock(Some(&date), now));
        assert_eq!(clock(Some(&date), now + 59_000_000_000).unwrap().level, Level::Ok);
        assert_eq!(clock(None, now), None);
    }
}
