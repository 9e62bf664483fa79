//! Metrics as recorded from SDKs, over both encodings: read back, and the same after `kill -9` and after a flush.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_base_http::Client;
use glasshive_test_product::{Ask, Server, directory};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::path::Path;

/// Wide enough for every recording.
const QUESTION: &str = "WHERE meta.signal_type = metric IN unknown_metrics FROM 2026-01-01 TO 2032-01-01";

async fn send(server: &Server, sdk: &str, ending: &str, content_type: &'static str) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/wire/otlp/tests/fixtures");
    let body = std::fs::read(fixtures.join(sdk).join(format!("metrics.{ending}"))).unwrap();
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    let answer = Client::new().request(Method::POST, &format!("{}/v1/metrics", server.http), headers, body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(matches!(answer.text().as_str(), "" | "{}"), "all of it is accepted: {}", answer.text());
}

/// Every metric row, whatever order rows of one time come in.
async fn rows(server: &Server) -> Vec<String> {
    let answer = Ask::new(&server.http).events(&json!({"text": QUESTION, "limit": 1000})).await.unwrap();
    let mut rows: Vec<String> = answer["rows"].as_array().unwrap().iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_the_same_after_a_kill_and_after_a_flush() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let server = Server::start(&data).unwrap();
    send(&server, "python-1.45.1", "pb", "application/x-protobuf").await;
    send(&server, "node-0.223.0", "json", "application/json").await;
    let sent = rows(&server).await;
    assert!(sent.len() > 4, "{sent:#?}");
    for part in ["\"orders.requests\":9007199254740993", "\"order.size.histogram\":", "duration.p99\":", "duration.exemplars\":"] {
        assert!(sent.iter().any(|row| row.contains(part)), "{part} in {sent:#?}");
    }

    server.kill().unwrap();
    let server = Server::start(&data).unwrap();
    assert_eq!(rows(&server).await, sent, "replayed from the log");

    let (status, said) = server.terminate().unwrap();
    assert!(status.success(), "{said}");
    let files = directory::files(&data, "parquet").unwrap();
    assert!(files.iter().any(|file| file.components().any(|part| part.as_os_str() == "metrics")), "{files:?}");
    let server = Server::start(&data).unwrap();
    assert_eq!(rows(&server).await, sent, "read from data files");
}
