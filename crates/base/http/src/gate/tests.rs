use super::*;
use http::{HeaderName, HeaderValue};

fn gate() -> Gate {
    Gate {
        names: vec!["hive.example.com".to_owned(), "my-laptop.lan".to_owned()],
        own_origins: vec!["https://hive.example.com".to_owned()],
        cors: CorsPolicy { loopback: true, origins: vec!["https://*.shop.example".to_owned()], ..CorsPolicy::default() },
        key_proof: None,
    }
}

fn status(gate: &Gate, method: Method, door: Door, fields: &[(&'static str, &str)]) -> u16 {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    let visit = Visit { method: &method, uri: &Uri::from_static("/x"), version: Version::HTTP_11, headers: &headers, door };
    gate.check(&visit).map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
}

#[test]
fn dm94_names() {
    for (host, expected) in [
        ("127.0.0.1:4318", 200),
        ("10.1.2.3", 200),
        ("[::1]:4318", 200),
        ("[fe80::1]", 200),
        ("localhost:4318", 200),
        ("LOCALHOST.", 200),
        ("hive.localhost", 200),
        ("glasshive:4318", 200),
        ("streaming-glasshive", 200),
        ("hive.example.com", 200),
        ("Hive.Example.com:443", 200),
        ("stream-hive.example.com", 200),
        ("my-laptop.lan", 200),
        ("evil.example.com", 421),
        ("hive.example.com.evil.net", 421),
        ("localhost.evil.net", 421),
        ("127.0.0.1.evil.net", 421),
        ("evil.net:4318", 421),
        ("", 421),
        (":4318", 421),
    ] {
        for door in [Door::Read, Door::Change, Door::Administer, Door::Public] {
            assert_eq!(status(&gate(), Method::GET, door, &[("host", host)]), expected, "{host} {door:?}");
        }
        assert_eq!(status(&gate(), Method::POST, Door::Ingest, &[("host", host)]), 200, "{host}");
    }
    assert_eq!(status(&gate(), Method::POST, Door::Ingest, &[]), 400);
    assert_eq!(status(&gate(), Method::POST, Door::Ingest, &[("host", "a"), ("host", "b")]), 400);
}

#[test]
fn dm94_a_proved_key_takes_any_host_but_no_foreign_origin() {
    let gate = Gate { key_proof: Some(Arc::new(|headers| headers.get("x-key").is_some_and(|key| key == "good"))), ..gate() };
    let host = ("host", "host.docker.internal");
    assert_eq!(status(&gate, Method::GET, Door::Read, &[host, ("x-key", "good")]), 200);
    assert_eq!(status(&gate, Method::GET, Door::Read, &[host, ("x-key", "bad")]), 421);
    assert_eq!(status(&gate, Method::GET, Door::Read, &[host, ("x-key", "good"), ("origin", "https://evil.net")]), 403);
}

#[test]
fn s1_origins() {
    let host = ("host", "localhost:4318");
    let reading = [Door::Read, Door::Change, Door::Administer, Door::Public];
    for (origin, reads, sends) in [
        ("http://localhost:4318", 200, 200),
        ("https://hive.example.com", 200, 200),
        ("http://localhost:3000", 403, 200),
        ("http://127.0.0.1:4318", 403, 200),
        ("https://localhost:4318", 403, 200),
        ("https://a.shop.example", 403, 200),
        ("https://evil.net", 403, 403),
        ("null", 403, 403),
    ] {
        for door in reading {
            assert_eq!(status(&gate(), Method::POST, door, &[host, ("origin", origin)]), reads, "{origin} {door:?}");
        }
        assert_eq!(status(&gate(), Method::POST, Door::Ingest, &[host, ("origin", origin)]), sends, "{origin}");
    }
}

#[test]
fn s1_fetch_metadata() {
    let host = ("host", "localhost:4318");
    for (site, reads, sends) in [("cross-site", 403, 403), ("same-site", 403, 403), ("same-origin", 200, 200), ("none", 200, 200)] {
        assert_eq!(status(&gate(), Method::GET, Door::Read, &[host, ("sec-fetch-site", site)]), reads, "{site}");
        assert_eq!(status(&gate(), Method::POST, Door::Ingest, &[host, ("sec-fetch-site", site)]), sends, "{site}");
        // A script element of another site may load what an ingest route serves.
        assert_eq!(status(&gate(), Method::GET, Door::Ingest, &[host, ("sec-fetch-site", site)]), 200, "{site}");
    }
    let navigation = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(status(&gate(), Method::GET, Door::Public, &navigation), 200);
    assert_eq!(status(&gate(), Method::POST, Door::Public, &navigation), 403);
    assert_eq!(status(&gate(), Method::GET, Door::Read, &navigation), 403);
    let framed = [host, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    assert_eq!(status(&gate(), Method::GET, Door::Public, &framed), 403);
}

#[test]
fn ports_are_split_off() {
    for (authority, expected) in
        [("a:1", ("a", Some("1"))), ("a", ("a", None)), ("[::1]:1", ("[::1]", Some("1"))), ("[::1]", ("[::1]", None)), ("", ("", None))]
    {
        assert_eq!(split_port(authority), expected);
    }
}
