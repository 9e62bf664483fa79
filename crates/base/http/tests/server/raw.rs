//! Bytes that break HTTP/1.1, or mean different things to different servers: refused, and the connection closed.

use crate::stage::{Stage, status};

#[tokio::test]
async fn smuggling() {
    let stage = Stage::new().await;
    let post = |fields: &str, body: &str| format!("POST /echo HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n{body}");
    let smuggled = "GET /read HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for (what, bytes) in [
        ("two lengths", post("content-length: 1\r\ncontent-length: 5\r\n", &format!("x{smuggled}"))),
        ("a length with a sign", post("content-length: +1\r\n", "x")),
        ("a length that is none", post("content-length: one\r\n", "x")),
        ("an unknown transfer coding", post("transfer-encoding: chunked, cow\r\n", "x")),
        ("a blank before the colon", post("content-length : 1\r\n", "x")),
        ("a folded field", post("a: b\r\n c\r\ncontent-length: 1\r\n", "x")),
        ("a field without a name", post(": b\r\n", "")),
        ("a nul in a value", post("a: b\0c\r\n", "")),
        ("no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00".to_owned() + &"x".repeat(40)),
    ] {
        let answer = stage.raw(&bytes).await;
        assert_eq!(status(&answer), 400, "{what}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}: {answer}");
    }
    assert_eq!(stage.handled(), 0);
}

#[tokio::test]
async fn both_lengths_read_as_chunked_and_nothing_after() {
    let stage = Stage::new().await;
    let body = "0\r\n\r\nGET /read HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let both =
        format!("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\ntransfer-encoding: chunked\r\n\r\n{body}", body.len());
    let answer = stage.raw(both).await;
    assert!(matches!(status(&answer), 200 | 400), "{answer}");
    assert_eq!(stage.handled(), 0, "what follows was not taken for a request: {answer}");
}

#[tokio::test]
async fn broken_chunks() {
    let stage = Stage::new().await;
    for chunks in ["zz\r\nx\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "1\r\nxy\r\n0\r\n\r\n"] {
        let answer = stage.raw(format!("POST /echo HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")).await;
        assert!(status(&answer) == 400, "{chunks:?}: {answer}");
    }
}

#[tokio::test]
async fn a_client_that_waits_to_be_told_to_go_on() {
    let stage = Stage::new().await;
    let head = "POST /echo HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 2\r\n\r\n";
    let answer = stage.raw(format!("{head}hi")).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n") && answer.ends_with("hi"), "{answer}");
    let refused = stage.raw(head.replace("/echo", "/nowhere")).await;
    assert_eq!(status(&refused), 404, "refused before a byte of the body: {refused}");
}
