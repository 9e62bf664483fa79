//! X-Ray's documents and OpenTelemetry's spans in one trace, what was in progress and then ended, and all of it after a kill and from
//! files.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_base_http::Client;
use glasshive_test_product::ask::Window;
use glasshive_test_product::server::Start;
use glasshive_test_product::{Ask, Server};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const TRACE: &str = "6553f100a006649127e371903a2de979";
const WINDOW: Window = Window { start: 1_699_990_000, end: 1_700_000_000 };

/// A server with the daemon's port open.
struct Stage {
    server: Server,
    client: Client,
    xray: String,
}

impl Stage {
    fn start(data: &Path) -> Self {
        let how = Start { flags: vec!["--xray".into(), "127.0.0.1:0".into()], ..Start::default() };
        let server = Server::start_as(data, &how).unwrap();
        let said = server.said();
        let line = said.lines().find_map(|line| line.strip_prefix("listening X-Ray ")).unwrap();
        let xray = format!("http://{}", line.split(' ').next().unwrap());
        Self { server, client: Client::new(), xray }
    }

    async fn post(&self, url: &str, body: String) -> Value {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let answer = self.client.request(Method::POST, url, headers, body).await.unwrap();
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Hands a document over; the answer means that it is durable.
    async fn segment(&self, document: &str) {
        let body = json!({ "TraceSegmentDocuments": [document] }).to_string();
        let answer = self.post(&format!("{}/TraceSegments", self.xray), body).await;
        assert_eq!(answer, json!({ "UnprocessedTraceSegments": [] }));
    }

    /// Every span counts once, and stands once in its trace.
    async fn check(&self, spans: &[(&str, &str)]) {
        let ask = Ask::new(&self.server.http);
        let filters = json!([{ "column": "trace.span_id", "op": "exists" }]);
        let expected: BTreeMap<String, i64> = spans.iter().map(|(name, _)| ((*name).to_owned(), 1)).collect();
        // Twice: the second may be answered from what the first has kept.
        for _ in 0..2 {
            assert_eq!(ask.count_by(WINDOW, filters.clone(), "name").await.unwrap(), expected);
        }
        let trace = ask.trace(TRACE).await.unwrap();
        let nodes = trace["nodes"].as_array().unwrap();
        let found: Vec<(&str, &str)> =
            nodes.iter().map(|node| (node["name"].as_str().unwrap(), node["source"].as_str().unwrap())).collect();
        assert_eq!(found, spans);
        assert!(nodes.iter().all(|node| node["problem"].is_null()), "{trace}");
        assert_eq!(nodes.iter().filter(|node| node["depth"] == 0).count(), 1, "{trace}");
        let window = json!({ "text": format!("WHERE trace.span_id exists FROM {} TO {}", WINDOW.start, WINDOW.end) });
        assert_eq!(ask.events(&window).await.unwrap()["rows"].as_array().unwrap().len(), spans.len());
    }

    async fn unfinished(&self) -> i64 {
        let ask = Ask::new(&self.server.http);
        let filters = json!([{ "column": "meta.unfinished", "op": "=", "value": true }]);
        ask.count_by(WINDOW, filters, "meta.source").await.unwrap().values().sum()
    }
}

fn segment(end: &str, last: &str) -> String {
    format!(
        r#"{{"name":"shop","id":"70de5b6f19ff9a0a","trace_id":"1-6553f100-a006649127e371903a2de979","start_time":1699999990.5,{end},
        "subsegments":[{{"id":"1111111111111111","name":"first","start_time":1699999990.6,"end_time":1699999990.7}},
                       {{"id":"2222222222222222","name":"last","start_time":1699999990.8,{last}}}]}}"#
    )
}

const OPEN: &str = r#""in_progress":true"#;
const ENDED: &str = r#""end_time":1699999991.5"#;
const SPANS: [(&str, &str); 4] = [("shop", "xray"), ("first", "xray"), ("last", "xray"), ("from otlp", "otlp")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_in_progress_and_ended_is_one_span_live_replayed_and_in_files() {
    let data = tempfile::tempdir().unwrap();
    let stage = Stage::start(data.path());
    stage.segment(&segment(OPEN, OPEN)).await;
    let span = json!({ "traceId": TRACE, "spanId": "00000000000000aa", "parentSpanId": "2222222222222222", "name": "from otlp",
        "startTimeUnixNano": "1699999990900000000", "endTimeUnixNano": "1699999990950000000" });
    let body = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] }).to_string();
    stage.post(&format!("{}/v1/traces", stage.server.http), body).await;
    stage.check(&SPANS).await;
    assert_eq!(stage.unfinished().await, 2);

    // The child ends by itself, then the segment; a document that was overtaken comes last.
    let child = r#"{"type":"subsegment","parent_id":"70de5b6f19ff9a0a","id":"2222222222222222","name":"last","start_time":1699999990.8,
        "end_time":1699999991.0,"trace_id":"1-6553f100-a006649127e371903a2de979"}"#;
    stage.segment(child).await;
    stage.check(&SPANS).await;
    assert_eq!(stage.unfinished().await, 1);
    stage.segment(&segment(ENDED, OPEN)).await;
    stage.segment(&segment(OPEN, OPEN).replace("\n", " ")).await;
    stage.check(&SPANS).await;
    assert_eq!(stage.unfinished().await, 0);

    stage.server.kill().unwrap();
    let stage = Stage::start(data.path());
    stage.check(&SPANS).await;
    let (status, said) = stage.server.terminate().unwrap();
    assert!(status.success(), "{said}");
    let stage = Stage::start(data.path());
    stage.check(&SPANS).await;
    assert_eq!(stage.unfinished().await, 0);
    let stats = Ask::new(&stage.server.http).stats().await.unwrap();
    assert_eq!(stats["live_rows"], 0, "everything lies in files: {stats}");
}
