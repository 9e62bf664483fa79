//! Overload, slow and vanishing clients, defects.

use crate::stage::{Asked, JSON, Mood, Stage, TRACE_JSON, field, gzip};
use glasshive_base_http::Limits;
use glasshive_base_http::body::BodyPace;
use glasshive_model::SinkError;
use glasshive_receive_otlp::OtlpConfig;
use glasshive_receive_otlp::config::ThrottleStatus;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

fn head(content_length: usize, more: &str) -> String {
    format!(
        "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {content_length}\r\n{more}\r\n"
    )
}

/// Everything until the server closes, or until `until` has come.
async fn read_until(stream: &mut TcpStream, until: &str) -> String {
    let mut seen = Vec::new();
    let mut buffer = [0; 4_096];
    while !String::from_utf8_lossy(&seen).contains(until) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => seen.extend_from_slice(&buffer[..read]),
        }
    }
    String::from_utf8_lossy(&seen).into_owned()
}

#[tokio::test]
async fn l2_refused_before_the_body() {
    let stage = Stage::open().await;
    *stage.sink.admit.lock().unwrap() = Err(SinkError::Stopped { reason: "disk full".to_owned() });
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    // Only the head is sent.
    stream.write_all(head(1_000_000, "").as_bytes()).await.unwrap();
    let answer = read_until(&mut stream, "disk full").await;
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(answer.contains("retry-after: "), "{answer}");
}

#[tokio::test]
async fn s2_refused_before_the_body() {
    let stage = Stage::with_keys().await;
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    stream.write_all(head(1_000_000, "").as_bytes()).await.unwrap();
    let answer = read_until(&mut stream, "header\"}").await;
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{answer}");
}

#[tokio::test]
async fn a_refused_client_that_goes_on_sending_gets_its_answer() {
    let stage = Stage::with_keys().await;
    let body = "x".repeat(8 << 20);
    let answer = stage.post("/v1/traces", &[JSON], body).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn otlp16_too_large() {
    let otlp = OtlpConfig { body_bytes: 1_000, ..OtlpConfig::default() };
    let stage = Stage::with(Asked { otlp, ..Asked::default() }).await;
    for (fields, body) in [(vec![JSON], vec![b' '; 1_001]), (vec![JSON, ("content-encoding", "gzip")], gzip(&[b' '; 1_001]))] {
        let answer = stage.post("/v1/traces", &fields, body).await;
        let body: serde_json::Value = answer.json().unwrap();
        assert_eq!((answer.status.as_u16(), body["code"].as_u64(), field(&answer, "retry-after")), (413, Some(8), ""));
    }
    // Chunked, with no length announced.
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    let chunk = format!("3e9\r\n{}\r\n", " ".repeat(1_001));
    let head = head(0, "transfer-encoding: chunked\r\n").replace("content-length: 0\r\n", "");
    stream.write_all(format!("{head}{chunk}").as_bytes()).await.unwrap();
    assert!(read_until(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 413 Payload Too Large\r\n"));
}

#[tokio::test]
async fn otlp18_a_slow_body() {
    let body = BodyPace { deadline: Duration::from_millis(20), ..BodyPace::default() };
    let stage = Stage::with(Asked { limits: Limits { body, ..Limits::default() }, ..Asked::default() }).await;
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    stream.write_all(format!("{}{{", head(100, "")).as_bytes()).await.unwrap();
    let answer = read_until(&mut stream, "too slowly").await;
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(answer.contains("body arrived too slowly: 1 bytes"), "{answer}");
}

#[tokio::test]
async fn throttling_by_either_status() {
    for (throttle_status, expected) in [(ThrottleStatus::Unavailable, 503), (ThrottleStatus::TooManyRequests, 429)] {
        let otlp = OtlpConfig { throttle_status, ..OtlpConfig::default() };
        let stage = Stage::with(Asked { otlp, ..Asked::default() }).await;
        *stage.sink.append.lock().unwrap() = Mood::Fails(SinkError::Busy { queued_bytes: 1 });
        let answer = stage.post("/v1/traces", &[JSON], TRACE_JSON).await;
        let seconds: u64 = field(&answer, "retry-after").parse().unwrap();
        assert!(answer.status == expected && (1..=5).contains(&seconds), "{} {seconds}", answer.status);
    }
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_the_write() {
    let stage = Stage::open().await;
    let permits = Arc::new(Semaphore::new(0));
    *stage.sink.append.lock().unwrap() = Mood::Waits(permits.clone());
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    stream.write_all(format!("{}{TRACE_JSON}", head(TRACE_JSON.len(), "")).as_bytes()).await.unwrap();
    while stage.sink.begun.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    permits.add_permits(1);
    while stage.kept() == 0 {
        tokio::task::yield_now().await;
    }
    while stage.server.ledger().used_bytes() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn p06_a_write_that_takes_too_long_is_answered_and_finished() {
    let otlp = OtlpConfig { answer_within_ms: 20, ..OtlpConfig::default() };
    let stage = Stage::with(Asked { otlp, ..Asked::default() }).await;
    let permits = Arc::new(Semaphore::new(0));
    *stage.sink.append.lock().unwrap() = Mood::Waits(permits.clone());
    let answer = stage.post("/v1/traces", &[JSON], TRACE_JSON).await;
    assert_eq!((answer.status.as_u16(), stage.kept()), (503, 0));
    assert!(answer.text().contains("not durable within 20 ms"), "{}", answer.text());
    permits.add_permits(1);
    while stage.kept() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn f16_a_panic_costs_one_request_and_a_payload_that_repeats_it_is_refused() {
    let stage = Stage::open().await;
    *stage.sink.append.lock().unwrap() = Mood::Panics;
    for _ in 0..3 {
        let answer = stage.post("/v1/traces", &[JSON], TRACE_JSON).await;
        let body: serde_json::Value = answer.json().unwrap();
        let message = body["message"].as_str().unwrap();
        assert_eq!((answer.status.as_u16(), body["code"].as_u64()), (500, Some(13)));
        assert!(message.starts_with("internal error ") && message.ends_with("; the request was not stored"), "{message}");
        let kept = &stage.refused()[0];
        let hash = format!("{:032x}", glasshive_model::sink::body_hash(TRACE_JSON.as_bytes()));
        assert_eq!((kept.reason.as_str(), kept.payload.as_deref()), (message, Some(hash.as_str())));
    }
    assert!(stage.metrics().contains("glasshive_fault_total{kind=\"request_panic\"} 3\n"));
    assert!(stage.metrics().contains("glasshive_refused_requests_total{route=\"otlp_traces\",status=\"500\"} 3\n"));
    *stage.sink.append.lock().unwrap() = Mood::Keeps;
    let answer = stage.post("/v1/traces", &[JSON], TRACE_JSON).await;
    assert!(answer.status == 400 && answer.text().contains("3 internal errors"), "{}", answer.text());
    assert_eq!(stage.post("/v1/traces", &[JSON], TRACE_JSON.replace("GET /", "PUT /")).await.status, 200, "others are taken");
    assert_eq!(stage.server.ledger().used_bytes(), 0);
}
