//! From a request to an answer on the command line: one trace over each encoding, then `query`, `trace` and `tail`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_base_http::Client;
use glasshive_test_product::{Server, glasshive};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// One minute ago, so that a default query finds it.
fn base_ns() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap() - 60_000_000_000
}

/// A request with a root of 120 ms and a failed child of 30 ms, as OTLP/JSON. `digit` makes the trace's id.
fn request(service: &str, digit: char, base_ns: u64) -> Value {
    let trace_id: String = std::iter::repeat_n(digit, 32).collect();
    let span = |id: &str, parent: &str, name: &str, offset_ms: u64, length_ms: u64, more: Value| {
        let mut span = json!({
            "traceId": trace_id,
            "spanId": id,
            "parentSpanId": parent,
            "name": name,
            "kind": 2,
            "startTimeUnixNano": (base_ns + offset_ms * 1_000_000).to_string(),
            "endTimeUnixNano": (base_ns + (offset_ms + length_ms) * 1_000_000).to_string(),
        });
        span.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        span
    };
    let route =
        json!({"attributes": [{"key": "http.route", "value": {"stringValue": "/golden"}}, {"key": "items", "value": {"intValue": "3"}}]});
    let failure = json!({"status": {"code": 2, "message": "no honey"}});
    json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
        "scopeSpans": [{"scope": {"name": "golden"}, "spans": [
            span("1111111111111111", "", "GET /golden", 0, 120, route),
            span("2222222222222222", "1111111111111111", "fetch honey", 10, 30, failure),
        ]}],
    }]})
}

async fn post_json(server: &Server, body: &Value) {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let answer = Client::new().request(Method::POST, &format!("{}/v1/traces", server.http), headers, body.to_string()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "{}"));
}

fn ask(server: &Server, arguments: &[&str]) -> Output {
    let output = client(server, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?} ended with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    output
}

fn client(server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(glasshive().unwrap());
    command.args(arguments).args(["--server", &server.http]);
    command
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_is_answered_on_the_command_line() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).unwrap();
    let base_ns = base_ns();
    post_json(&server, &request("golden-json", 'a', base_ns)).await;

    let answer = json_of(&ask(&server, &["query", "--json", "COUNT, MAX(duration_ms) WHERE trace.span_id exists GROUP BY service.name"]));
    assert_eq!(answer["results"], json!([{"group": ["golden-json"], "values": [2, 120.0]}]));

    let csv = ask(&server, &["query", "--csv", "COUNT WHERE error = true AND trace.span_id exists GROUP BY name"]);
    let csv = String::from_utf8(csv.stdout).unwrap();
    assert!(csv.lines().any(|line| line.contains("fetch honey") && line.ends_with(",1")), "{csv}");
    assert!(!csv.contains('\u{1b}'), "no colours in a pipe: {csv}");

    let trace = json_of(&ask(&server, &["trace", "--json", "AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA"]));
    let names: Vec<&str> = trace["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["GET /golden", "fetch honey"]);
    assert_eq!(trace["nodes"][1]["parent"], 0);
    assert_eq!(trace["duration_ns"], "120000000");
    let waterfall = String::from_utf8(ask(&server, &["trace", &"a".repeat(32)]).stdout).unwrap();
    assert!(waterfall.contains("GET /golden") && waterfall.contains("fetch honey"), "{waterfall}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tail_shows_what_arrives() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).unwrap();
    let base_ns = base_ns();
    let mut tail = Tail::start(&server);
    // The tail has no way to say that it listens; it is sent something until it shows the first.
    let mut sent = 0;
    while tail.first.is_none() {
        sent += 1;
        assert!(sent < 100_000, "the tail shows nothing");
        post_json(&server, &request("golden-tail", 'b', base_ns + sent)).await;
        tail.look();
    }
    let row = tail.first.clone().unwrap();
    assert_eq!(row["fields"]["service.name"], "golden-tail");
    assert_eq!(row["fields"]["trace.trace_id"], json!("b".repeat(32)));
}

/// `glasshive tail --json --count 1`, and the line it prints.
struct Tail {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
    first: Option<Value>,
}

impl Tail {
    fn start(server: &Server) -> Self {
        let arguments = ["tail", "--json", "--count", "1", "service.name = \"golden-tail\" AND error = true"];
        let mut child = client(server, &arguments).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, first: None }
    }

    fn look(&mut self) {
        self.first = self.lines.try_recv().ok().map(|line| serde_json::from_str(&line).unwrap());
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        // It ends by itself after its one line; if the test failed before, it must not stay.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
