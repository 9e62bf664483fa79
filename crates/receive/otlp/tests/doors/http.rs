//! OTLP over HTTP.

use crate::stage::{Asked, JSON, NOW_NS, PROTOBUF, Stage, TRACE_JSON, field, gzip, headers, metrics, trace_protobuf, zlib};
use glasshive_model::rows::Stamp;
use glasshive_model::{Codec, Decoder, EnvironmentId};
use glasshive_receive_otlp::OtlpConfig;
use glasshive_receive_otlp::decode::{Encoding, OtlpDecoder};
use http::Method;

#[tokio::test]
async fn otlp02_otlp11_both_encodings_are_kept_and_answered_in_kind() {
    let stage = Stage::open().await;
    let answer = stage.post("/v1/traces", &[PROTOBUF], trace_protobuf()).await;
    assert_eq!(
        (answer.status.as_u16(), field(&answer, "content-type"), answer.body.len()),
        (200, "application/x-protobuf", 0),
        "{}",
        answer.text()
    );
    let answer = stage.post("/v1/traces", &[("content-type", "Application/JSON; charset=utf-8")], TRACE_JSON).await;
    assert_eq!((answer.status.as_u16(), field(&answer, "content-type"), answer.text().as_str()), (200, "application/json", "{}"));

    let kept = stage.sink.kept.lock().unwrap();
    let seen: Vec<_> =
        kept.iter().map(|kept| (kept.meta.format, kept.environment, kept.received_ns, kept.rows.len(), kept.codec)).collect();
    assert_eq!(seen, [(1, EnvironmentId::LOCAL, NOW_NS, 1, Codec::Identity), (2, EnvironmentId::LOCAL, NOW_NS, 1, Codec::Identity)]);
    assert_eq!(kept[1].body, TRACE_JSON);
    assert_eq!(kept[1].body_hash, glasshive_model::sink::body_hash(TRACE_JSON.as_bytes()));
}

#[tokio::test]
async fn metrics_are_kept_and_what_is_logged_gives_their_rows_again() {
    let stage = Stage::open().await;
    for (content_type, encoding) in [(PROTOBUF, Encoding::Protobuf), (JSON, Encoding::Json)] {
        let answer = stage.post("/v1/metrics", &[content_type, ("x-honeycomb-dataset", "numbers")], metrics(encoding)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(matches!(answer.text().as_str(), "" | "{}"), "nothing is rejected: {}", answer.text());
    }
    let kept = stage.sink.kept.lock().unwrap();
    for (kept, format) in kept.iter().zip([5, 6]) {
        assert_eq!((kept.meta.format, kept.meta.dataset.as_deref(), kept.rows.len()), (format, Some("numbers"), 1));
        let again = OtlpDecoder.decode(&kept.meta, kept.received_ns, &kept.body).unwrap();
        let stamp = Stamp { sequence: 1, ingest_time_ns: kept.received_ns };
        assert_eq!(again.to_batch(stamp), kept.rows.to_batch(stamp));
    }
    assert_eq!(kept.len(), 2);
}

#[tokio::test]
async fn otlp04_otlp05_paths() {
    let stage = Stage::open().await;
    for path in ["/v1/traces", "/v1/traces/", "//v1/traces", "/otlp/v1/traces", "/otlp//v1/traces", "/v1/traces?x=y"] {
        assert_eq!(stage.post(path, &[JSON], TRACE_JSON).await.status, 200, "{path}");
    }
    for (path, words) in
        [("/", "the paths are /v1/traces, /v1/metrics and /v1/logs"), ("/v1development/profiles", "profiles are not stored")]
    {
        let answer = stage.post(path, &[JSON], TRACE_JSON).await;
        let body: serde_json::Value = answer.json().unwrap();
        assert_eq!((answer.status.as_u16(), body["code"].as_u64()), (404, Some(12)), "{path}");
        assert!(body["message"].as_str().unwrap().contains(words), "{body}");
        let answer = stage.post(path, &[PROTOBUF], trace_protobuf()).await;
        assert_eq!((answer.status.as_u16(), &answer.body[..2]), (404, &[0x08, 12][..]), "{path}");
    }
    assert_eq!(stage.post("/v1/trace", &[JSON], TRACE_JSON).await.status, 404);
    assert_eq!(stage.post("/", &[("content-type", "text/plain")], "x").await.status, 404);
    assert_eq!(stage.kept(), 6);
}

#[tokio::test]
async fn otlp04_configured_base_paths() {
    let otlp = OtlpConfig { base_paths: vec!["/ingest/otel".to_owned()], ..OtlpConfig::default() };
    let stage = Stage::with(Asked { otlp, ..Asked::default() }).await;
    for (path, status) in [("/ingest/otel/v1/traces", 200), ("/ingest/otel/v1/logs/", 200), ("/v1/traces", 404), ("/otlp/v1/traces", 404)] {
        let body = if path.contains("logs") { "{}" } else { TRACE_JSON };
        assert_eq!(stage.post(path, &[JSON], body).await.status, status, "{path}");
    }
    let missed = stage.post("/", &[JSON], TRACE_JSON).await;
    assert!(missed.text().contains("/ingest/otel/v1/traces, /ingest/otel/v1/metrics and /ingest/otel/v1/logs"), "{}", missed.text());
}

#[tokio::test]
async fn otlp06_one_listener_for_both_families() {
    // Skipped where the machine has no IPv6 at all.
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let stage = Stage::open().await;
    let port = stage.server.bind("[::]:0".parse().unwrap()).await.unwrap().port();
    for host in ["127.0.0.1", "[::1]"] {
        let url = format!("http://{host}:{port}/v1/traces");
        let answer = stage.client.request(Method::POST, &url, headers(&[JSON]), TRACE_JSON).await.unwrap();
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[tokio::test]
async fn otlp14_answers_are_never_compressed() {
    let stage = Stage::open().await;
    for body in [TRACE_JSON, "nonsense"] {
        let answer = stage.post("/v1/traces", &[JSON, ("accept-encoding", "gzip, zstd, br")], body).await;
        assert!(!answer.headers.contains_key("content-encoding"), "{}", answer.status);
        assert!(answer.text().starts_with('{'));
    }
}

#[tokio::test]
async fn otlp32_cookies_open_nothing() {
    let stage = Stage::with_keys().await;
    let answer = stage.post("/v1/traces", &[JSON, ("cookie", "x-honeycomb-team=good; session=good")], TRACE_JSON).await;
    assert_eq!((answer.status.as_u16(), stage.kept()), (401, 0));
}

#[tokio::test]
async fn otlp08_otlp12_other_methods() {
    let stage = Stage::open().await;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = stage.send(method.clone(), "/v1/traces", &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), field(&answer, "allow"), field(&answer, "content-type")),
            (405, "POST, OPTIONS", "text/plain"),
            "{method}"
        );
        assert_eq!(answer.text(), "405 method not allowed, supported: [POST]");
    }
}

#[tokio::test]
async fn otlp10_wrong_media_types_come_before_everything() {
    let stage = Stage::with_keys().await;
    for fields in [&[][..], &[("content-type", "text/plain")], &[("content-type", "application/x-ndjson"), ("x-honeycomb-team", "wrong")]] {
        let answer = stage.post("/v1/traces", fields, "x").await;
        assert_eq!((answer.status.as_u16(), field(&answer, "content-type")), (415, "text/plain"), "{fields:?}");
        assert_eq!(
            answer.text(),
            "unsupported content-type, valid types are: application/protobuf, application/x-protobuf, application/json"
        );
    }
}

#[tokio::test]
async fn otlp13_compressions_are_logged_as_received() {
    let stage = Stage::open().await;
    let plain = trace_protobuf();
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for (encoding, body, codec) in [
        ("", plain.clone(), Codec::Identity),
        ("identity", plain.clone(), Codec::Identity),
        ("gzip", gzip(&plain), Codec::Gzip),
        ("zstd", zstd.clone(), Codec::Zstd),
        ("deflate", zlib(&plain), Codec::Zlib),
        ("deflate", zlib(&plain)[2..zlib(&plain).len() - 4].to_vec(), Codec::Deflate),
        ("gzip, identity", gzip(&plain), Codec::Gzip),
        ("zstd, gzip", gzip(&zstd), Codec::Identity),
    ] {
        let answer = stage.post("/v1/traces", &[PROTOBUF, ("content-encoding", encoding)], body.clone()).await;
        assert_eq!(answer.status, 200, "{encoding} {}", answer.text());
        let kept = stage.sink.kept.lock().unwrap().pop().unwrap();
        let expected = if encoding == "zstd, gzip" { &plain } else { &body };
        assert_eq!((kept.codec, &kept.body[..]), (codec, &expected[..]), "{encoding}");
        assert_eq!(kept.body_hash, glasshive_model::sink::body_hash(&plain), "{encoding}");
    }
    let answer = stage.post("/v1/traces", &[JSON, ("content-encoding", "br")], "x").await;
    assert_eq!(answer.status, 415);
    assert!(
        answer.text().contains("unknown content-encoding 'br', known ones are: identity, gzip, zstd, deflate, zlib"),
        "{}",
        answer.text()
    );
    let answer = stage.post("/v1/traces", &[JSON, ("content-encoding", "gzip")], TRACE_JSON).await;
    let body: serde_json::Value = answer.json().unwrap();
    assert_eq!((answer.status.as_u16(), body["code"].as_u64()), (400, Some(3)), "{body}");
    assert_eq!(body["details"][0]["fieldViolations"][0]["field"], "body");
}

#[tokio::test]
async fn undecodable_bodies() {
    let stage = Stage::open().await;
    let answer = stage.post("/v1/traces", &[JSON], "{\"resourceSpans\":").await;
    let body: serde_json::Value = answer.json().unwrap();
    assert_eq!((answer.status.as_u16(), body["code"].as_u64()), (400, Some(3)));
    assert!(body["message"].as_str().unwrap().starts_with("failed to parse OTLP request body: "), "{body}");

    // OTLP-24: the label is wrong, and the answer says which one would be right.
    let answer = stage.post("/v1/traces", &[PROTOBUF], TRACE_JSON).await;
    assert!(answer.status == 400 && answer.text().contains("looks like application/json"), "{}", answer.text());
    let answer = stage.post("/v1/traces", &[JSON], trace_protobuf()).await;
    assert!(answer.status == 400 && answer.text().contains("looks like application/x-protobuf"), "{}", answer.text());
    assert_eq!(stage.kept(), 0);
}

#[tokio::test]
async fn nothing_and_partly_nothing() {
    let stage = Stage::open().await;
    assert_eq!(stage.post("/v1/traces", &[PROTOBUF], "").await.status, 200);
    assert_eq!(stage.post("/v1/logs", &[JSON], "{}").await.text(), "{}");
    let bad_id = TRACE_JSON.replace("5759e988bd862e3fe1be46a994272793", "00000000000000000000000000000000");
    let answer = stage.post("/v1/traces", &[JSON], bad_id).await;
    let body: serde_json::Value = answer.json().unwrap();
    assert_eq!((answer.status.as_u16(), body["partialSuccess"]["rejectedSpans"].as_str()), (200, Some("1")), "{body}");
    assert!(body["partialSuccess"]["errorMessage"].as_str().unwrap().contains("1"));
    assert_eq!(stage.kept(), 0, "nothing to keep is not appended");
}

#[tokio::test]
async fn s2_keys_before_bodies() {
    let stage = Stage::with_keys().await;
    let unknown = "unknown API key - check your credentials, region, and API URL";
    for (fields, status, message) in [
        (vec![], 401, "missing 'x-honeycomb-team' header"),
        (vec![("x-honeycomb-team", "")], 401, "missing 'x-honeycomb-team' header"),
        (vec![("x-honeycomb-team", "wrong")], 401, unknown),
        (vec![("authorization", "Bearer wrong")], 401, unknown),
        (vec![("x-honeycomb-team", "0123456789abcdef0123456789abcdef")], 401, "missing 'x-honeycomb-dataset' header"),
        (vec![("x-honeycomb-team", "off")], 401, "attempted to use disabled API key"),
        (vec![("x-honeycomb-team", "probe")], 403, "permission 'events'"),
    ] {
        for path in ["/v1/traces", "/v1/metrics", "/otlp/v1/traces"] {
            // The body is no OTLP at all: the key is looked at first.
            let answer = stage.post(path, &[&fields[..], &[JSON]].concat(), "nonsense").await;
            let body: serde_json::Value = answer.json().unwrap();
            assert!(answer.status == status && body["message"].as_str().unwrap().contains(message), "{path} {fields:?} {body}");
            assert_eq!(field(&answer, "www-authenticate"), if status == 401 { "Bearer" } else { "" });
        }
    }
    assert_eq!(stage.kept(), 0);
    assert_eq!(stage.post("/v1/traces", &[JSON, ("x-honeycomb-team", "good")], TRACE_JSON).await.status, 200);
    let kept = stage.sink.kept.lock().unwrap().pop().unwrap();
    assert_eq!((kept.environment, kept.meta.key_id), (EnvironmentId(7), 1));
}

#[tokio::test]
async fn bodies_of_401_byte_for_byte_on_the_wire() {
    let stage = Stage::with_keys().await;
    let answer = stage.post("/v1/traces", &[PROTOBUF], trace_protobuf()).await;
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (401, &b"\x12\x21missing 'x-honeycomb-team' header"[..]));
    let answer = stage.post("/v1/traces", &[PROTOBUF, ("x-honeycomb-team", "wrong")], trace_protobuf()).await;
    assert_eq!(&answer.body[..], &b"\x12\x3dunknown API key - check your credentials, region, and API URL"[..]);
    assert_eq!((answer.body.len(), field(&answer, "content-type")), (63, "application/x-protobuf"));
    let answer = stage.post("/v1/traces", &[JSON, ("x-honeycomb-team", "wrong")], TRACE_JSON).await;
    assert_eq!(answer.text(), r#"{"message":"unknown API key - check your credentials, region, and API URL"}"#);

    let refused = stage.refused();
    assert_eq!((refused.len(), refused[0].status.as_str(), refused[0].route.as_str()), (3, "401", "otlp_traces"));
    assert_eq!(
        (refused[0].reason.as_str(), refused[0].credential.as_deref()),
        ("unknown API key in 'x-honeycomb-team'", Some("x-honeycomb-team: ***"))
    );
    assert_eq!(refused[2].credential, None);
    assert!(refused[0].peer.starts_with("127.0.0.1:"), "{}", refused[0].peer);
}

#[tokio::test]
async fn otlp30_otlp31_pages() {
    let stage = Stage::open().await;
    let preflight = |origin: &'static str| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-honeycomb-team,x-evil"),
        ]
    };
    for origin in ["http://localhost:3000", "https://www.shop.example"] {
        let answer = stage.send(Method::OPTIONS, "/v1/traces", &preflight(origin), "").await;
        assert_eq!((answer.status.as_u16(), field(&answer, "access-control-allow-origin")), (204, origin));
        assert_eq!(field(&answer, "access-control-allow-methods"), "POST");
        assert_eq!(field(&answer, "access-control-allow-headers"), "content-type, x-honeycomb-team");
        assert_eq!((field(&answer, "access-control-allow-credentials"), field(&answer, "access-control-max-age")), ("true", "7200"));
        assert!(field(&answer, "vary").contains("Origin"));
        for (body, status) in [(TRACE_JSON, 200), ("nonsense", 400)] {
            let answer = stage.post("/v1/traces", &[JSON, ("origin", origin), ("sec-fetch-site", "cross-site")], body).await;
            assert_eq!((answer.status.as_u16(), field(&answer, "access-control-allow-origin")), (status, origin));
            assert_eq!(field(&answer, "access-control-expose-headers"), "Retry-After");
            assert_eq!(field(&answer, "cross-origin-resource-policy"), "cross-origin");
        }
    }
    assert_eq!(stage.sink.kept.lock().unwrap()[0].meta.origin.as_deref(), Some("http://localhost:3000"));
    for origin in ["https://evil.net", "null"] {
        let answer = stage.send(Method::OPTIONS, "/v1/traces", &preflight(origin), "").await;
        assert_eq!((answer.status.as_u16(), field(&answer, "access-control-allow-origin")), (204, ""), "{origin}");
        let answer = stage.post("/v1/traces", &[JSON, ("origin", origin)], TRACE_JSON).await;
        let body: serde_json::Value = answer.json().unwrap();
        assert_eq!(
            (answer.status.as_u16(), body["code"].as_u64(), field(&answer, "access-control-allow-origin")),
            (403, Some(7), ""),
            "{origin}"
        );
    }
    assert_eq!(stage.kept(), 2);
}

#[tokio::test]
async fn s3_every_answer_carries_its_headers() {
    let stage = Stage::open().await;
    for (path, body) in [("/v1/traces", TRACE_JSON), ("/v1/traces", "nonsense"), ("/nowhere", "")] {
        let answer = stage.post(path, &[JSON], body).await;
        assert_eq!(field(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!((field(&answer, "referrer-policy"), field(&answer, "cross-origin-opener-policy")), ("no-referrer", "same-origin"));
        assert_eq!(field(&answer, "cache-control"), "no-store");
    }
}
