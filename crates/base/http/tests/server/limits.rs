//! Limits of heads, connections and time.

use crate::stage::{Stage, status, to_end};
use glasshive_base_http::Limits;
use http::{HeaderMap, Method};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn l5_heads() {
    let stage = Stage::new().await;
    let long = "x".repeat(8 * 1_024);
    assert_eq!(status(&stage.ask(&format!("GET /{long}"), &[("host", "localhost")]).await), 414);
    assert_eq!(status(&stage.ask("GET /read", &[("host", "localhost"), ("a", &long)]).await), 200);
    assert_eq!(status(&stage.ask("GET /read", &[("host", "localhost"), ("a", &long), ("b", &long)]).await), 431);
    // `ask` adds two fields.
    let many = |count: usize| [vec![("host", "localhost")], vec![("a", "b"); count - 3]].concat();
    assert_eq!(status(&stage.ask("GET /read", &many(100)).await), 200);
    assert_eq!(status(&stage.ask("GET /read", &many(101)).await), 431);
    assert_eq!(status(&stage.ask("GET /read", &many(200)).await), 431);
    let huge = "x".repeat(200 * 1_024);
    assert!(matches!(status(&stage.ask("GET /read", &[("host", "localhost"), ("a", &huge)]).await), 431 | 0));
}

#[tokio::test]
async fn otlp18_a_head_that_does_not_end() {
    let stage = Stage::with(Limits { head_deadline: Duration::from_millis(20), ..Limits::default() }).await;
    assert_eq!(stage.raw("GET /read HTTP/1.1\r\nhost: loc").await, "", "closed without an answer");
    assert!(stage.registry.render().contains("glasshive_http_connections_overdue_total 1\n"));
}

#[tokio::test]
async fn l5_a_connection_without_requests_is_closed() {
    let stage = Stage::with(Limits { idle: Duration::from_millis(20), ..Limits::default() }).await;
    assert_eq!(to_end(&mut stage.connect().await).await, "");
    let mut stream = stage.connect().await;
    stream.write_all(b"GET /read HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let answer = to_end(&mut stream).await;
    assert!(status(&answer) == 200 && answer.ends_with("fine"), "{answer}");
}

#[tokio::test]
async fn l5_a_request_under_way_is_not_idle() {
    let limits = Limits { idle: Duration::from_millis(20), head_deadline: Duration::from_millis(20), ..Limits::default() };
    let stage = Stage::with(limits).await;
    let url = stage.url("/slow");
    let asked = stage.client.request(Method::GET, &url, HeaderMap::new(), "");
    let release = async {
        // Another connection lives and dies of idleness meanwhile.
        assert_eq!(to_end(&mut stage.connect().await).await, "");
        stage.permits.add_permits(1);
    };
    let (answer, ()) = tokio::join!(asked, release);
    assert_eq!(answer.unwrap().text(), "slow");
}

#[tokio::test]
async fn l5_connections() {
    let stage = Stage::with(Limits { connections: 2, ..Limits::default() }).await;
    let (mut first, mut second) = (stage.connect().await, stage.connect().await);
    let question = b"GET /read HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    // Answered, so both have their slots.
    for stream in [&mut first, &mut second] {
        stream.write_all(b"GET /read HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut seen = [0; 1];
        tokio::io::AsyncReadExt::read_exact(stream, &mut seen).await.unwrap();
    }
    let refused = to_end(&mut stage.connect().await).await;
    assert!(status(&refused) == 503 && refused.contains("retry-after: 1\r\n"), "{refused}");
    assert!(stage.server.refusals().entries()[0].reason.starts_with("too many connections"));
    first.write_all(question).await.unwrap();
    to_end(&mut first).await;
    // The slot comes back once the connection's task has ended.
    while status(&stage.raw(question).await) != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn f16_a_panic_costs_one_request() {
    let stage = Stage::new().await;
    let answer = stage.client.request(Method::GET, &stage.url("/panics"), HeaderMap::new(), "").await.unwrap();
    let body: serde_json::Value = answer.json().unwrap();
    let detail = body["detail"].as_str().unwrap();
    assert_eq!(answer.status, 500);
    assert!(detail.starts_with("internal error ") && detail.ends_with("; the request was not stored"), "{detail}");
    assert!(stage.registry.render().contains("glasshive_fault_total{kind=\"request_panic\"} 1\n"));
    assert_eq!(stage.client.request(Method::GET, &stage.url("/read"), HeaderMap::new(), "").await.unwrap().status, 200);
}
