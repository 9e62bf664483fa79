//! Every route of the table against every `Host`, `Origin` and `Sec-Fetch-*` that a page, a rebinding name or an exporter sends.

use crate::stage::{Stage, status};
use glasshive_base_http::{Condition, Door};
use http::Method;

/// Who asks: (in words, `Host`, the other header fields).
type Asker = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const ASKERS: &[Asker] = &[
    ("a program", "localhost:4318", &[]),
    ("a program in a compose network", "glasshive:4318", &[]),
    ("a program by a configured name", "hive.example.com", &[]),
    ("a program by a foreign name", "evil.net", &[]),
    ("our own page", "localhost:4318", &[("origin", "http://localhost:4318"), ("sec-fetch-site", "same-origin")]),
    ("a page on loopback", "localhost:4318", &[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")]),
    ("a foreign page", "localhost:4318", &[("origin", "https://evil.net"), ("sec-fetch-site", "cross-site")]),
    ("a foreign page whose browser sends no metadata", "localhost:4318", &[("origin", "https://evil.net")]),
    ("a page without an origin", "localhost:4318", &[("origin", "null"), ("sec-fetch-site", "cross-site")]),
    ("an image on a foreign page", "localhost:4318", &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]),
    ("a simple post of a foreign page", "localhost:4318", &[("origin", "https://evil.net"), ("content-type", "text/plain")]),
    (
        "a link on a foreign page",
        "localhost:4318",
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    ),
    (
        "a socket of a foreign page",
        "localhost:4318",
        &[("origin", "https://evil.net"), ("upgrade", "websocket"), ("sec-websocket-version", "13")],
    ),
    ("a rebound name", "evil.net", &[("origin", "http://evil.net")]),
];

/// Whether the asker is let in, from the rules as they are written and not from the code.
fn expected(asker: &Asker, door: Door, method: &Method) -> u16 {
    let (who, host, fields) = asker;
    let is_get = *method == Method::GET;
    if door != Door::Ingest && *host == "evil.net" {
        return 421;
    }
    let is_page = fields.iter().any(|(name, _)| *name == "origin" || *name == "sec-fetch-site");
    let allowed = match *who {
        _ if !is_page => true,
        "our own page" => true,
        "a page on loopback" => door == Door::Ingest,
        "a rebound name" => door == Door::Ingest,
        "a link on a foreign page" => is_get && matches!(door, Door::Ingest | Door::Public),
        "an image on a foreign page" => door == Door::Ingest && is_get,
        _ => false,
    };
    if allowed { 200 } else { 403 }
}

#[tokio::test]
async fn s1_every_route_and_every_asker() {
    let stage = Stage::new().await;
    let mut asked = 0;
    for route in stage.server.router().routes().filter(|route| !matches!(route.name, "slow" | "panics" | "tail")) {
        for method in route.methods.list() {
            for asker in ASKERS {
                let content_type = match &route.condition {
                    Some(Condition::MediaType(media_type)) => vec![("content-type", *media_type)],
                    _ => Vec::new(),
                };
                let fields = [&[("host", asker.1)][..], &content_type, asker.2].concat();
                let path = route.pattern.replace("{*rest}", "any");
                let before = stage.handled();
                let answer = stage.ask(&format!("{method} {path}"), &fields).await;
                let expected = expected(asker, route.door, &method);
                assert_eq!(status(&answer), expected, "{} {method} by {}: {answer}", route.name, asker.0);
                assert_eq!(stage.handled() - before, usize::from(expected == 200 && route.name != "echo"), "{}", route.name);
                asked += 1;
            }
        }
    }
    assert!(asked >= 8 * ASKERS.len(), "{asked} questions");
}

#[tokio::test]
async fn s1_nothing_and_wrong_methods_are_no_way_around() {
    let stage = Stage::new().await;
    for (first, host, origin, expected) in [
        ("GET /nowhere", "localhost", "", 404),
        ("GET /nowhere", "evil.net", "", 421),
        ("POST /read", "localhost", "", 405),
        ("POST /read", "evil.net", "", 421),
        ("POST /read", "localhost", "https://evil.net", 403),
        ("OPTIONS /read", "localhost", "https://evil.net", 403),
        ("OPTIONS /read", "localhost", "", 405),
        ("OPTIONS /ingest", "evil.net", "https://evil.net", 204),
        ("OPTIONS /quiet", "localhost", "http://localhost:3000", 405),
    ] {
        let fields = [("host", host), ("origin", origin)];
        let answer = stage.ask(first, &fields[..1 + usize::from(!origin.is_empty())]).await;
        assert_eq!(status(&answer), expected, "{first} {host} {origin}: {answer}");
        assert!(!answer.contains("access-control-allow-origin: https://evil.net"), "{answer}");
    }
    assert_eq!(stage.handled(), 0);
}

#[tokio::test]
async fn s1_the_target_counts_as_much_as_the_header() {
    let stage = Stage::new().await;
    assert_eq!(status(&stage.ask("GET http://evil.net/read", &[("host", "localhost")]).await), 421);
    assert_eq!(status(&stage.ask("GET http://localhost/read", &[("host", "localhost")]).await), 200);
    assert_eq!(status(&stage.ask("GET /read", &[]).await), 400);
    assert_eq!(status(&stage.ask("GET /read", &[("host", "localhost"), ("host", "evil.net")]).await), 400);
}

#[tokio::test]
async fn refusals_are_in_words_and_in_the_ring() {
    let stage = Stage::new().await;
    let answer = stage.ask("GET /read", &[("host", "evil.net"), ("x-key", "abcdef-a-long-secret-wxyz")]).await;
    assert!(answer.contains("application/problem+json") && answer.contains("add it to server.names to allow it"), "{answer}");
    let entry = stage.server.refusals().entries().remove(0);
    assert_eq!((entry.status.as_str(), entry.route.as_str(), entry.target.as_str(), entry.time_ns), ("421", "read", "GET /read", 42));
    assert_eq!((entry.protocol.as_str(), entry.credential.as_deref()), ("HTTP/1.1", Some("x-key: abcdef...wxyz")));
    assert_eq!(entry.reason, "host 'evil.net' is not a name of this server; add it to server.names to allow it");
    // Looking for something that is not there is no refused data.
    stage.ask("GET /favicon.ico", &[("host", "localhost")]).await;
    stage.ask("POST /v1/tracez", &[("host", "localhost")]).await;
    assert_eq!(stage.server.refusals().entries()[0].reason, "nothing is at POST /v1/tracez");
    assert_eq!(stage.server.refusals().total(), 2);
}
