//! The client.

use crate::stage::Stage;
use glasshive_base_http::{Client, ClientError};
use http::{HeaderMap, HeaderValue, Method};
use std::time::Duration;

#[tokio::test]
async fn bodies_there_and_back_over_both_versions() {
    let stage = Stage::new().await;
    let body = vec![7; 300_000];
    for client in [Client::new(), Client::http2()] {
        let answer = client.request(Method::POST, &stage.url("/echo"), HeaderMap::new(), body.clone()).await.unwrap();
        assert!(answer.status == 200 && answer.body == body);
    }
    let answer = stage.client.json(Method::POST, &stage.url("/echo"), HeaderMap::new(), Some(&[1, 2])).await.unwrap();
    assert_eq!(answer.json::<Vec<u8>>().unwrap(), [1, 2]);
    assert!(answer.json::<String>().is_err());
}

#[tokio::test]
async fn server_sent_events() {
    let stage = Stage::new().await;
    let answer = stage.client.stream(Method::GET, &stage.url("/tail/a%20b"), HeaderMap::new(), "").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()), (200, "text/event-stream"));
    let mut events = answer.events();
    let first = events.next().await.unwrap().unwrap();
    assert_eq!((first.name.as_str(), first.data.as_str()), ("row", "{\"id\":\"a b\"}"));
    assert_eq!(events.next().await.unwrap().unwrap().name, "end");
    assert_eq!(events.next().await.unwrap(), None);
}

#[tokio::test]
async fn calls_without_a_status_are_told() {
    let stage = Stage::new().await;
    let mut headers = HeaderMap::new();
    headers.insert("x-anything", HeaderValue::from_static("x"));
    let (code, words, _) = Client::http2().grpc(&stage.url("/"), "some.Service/Method", headers, b"").await.unwrap();
    assert_eq!((code, words.as_str()), (2, "HTTP status 200 OK without grpc-status"));
}

#[tokio::test]
async fn what_goes_wrong_is_said() {
    let stage = Stage::new().await;
    let client = Client::new();
    for url in ["https://localhost/", "localhost:4318", "/read", "ftp://x/", "http://"] {
        let error = client.request(Method::GET, url, HeaderMap::new(), "").await.unwrap_err();
        assert!(matches!(error, ClientError::Address { .. }), "{url}: {error}");
    }
    let late = client.clone().with_timeout(Duration::from_millis(10));
    let error = late.request(Method::GET, &stage.url("/slow"), HeaderMap::new(), "").await.unwrap_err();
    assert!(matches!(error, ClientError::Timeout { .. }), "{error}");
    assert!(stage.server.shutdown(Duration::from_secs(60)).await);
    let error = client.request(Method::GET, &stage.url("/read"), HeaderMap::new(), "").await.unwrap_err();
    assert!(error.to_string().to_lowercase().contains("connection refused"), "{error}");
}
