//! OTLP over gRPC.

use crate::stage::{Asked, Mood, PROTOBUF, Stage, field, gzip, headers, metrics, trace_protobuf};
use bytes::Bytes;
use glasshive_base_http::{Answer, Limits, grpc};
use glasshive_model::{Codec, SinkError};
use glasshive_receive_otlp::OtlpConfig;
use glasshive_receive_otlp::decode::Encoding;
use http::Method;

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

impl Stage {
    async fn call(&self, path: &str, fields: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        let fields = [fields, &[("content-type", "application/grpc"), ("te", "trailers")]].concat();
        self.grpc.request(Method::POST, &self.url(path), headers(&fields), body).await.unwrap()
    }
}

fn status(answer: &Answer) -> (u32, String) {
    grpc::status_of(&answer.headers, answer.trailers.as_ref()).unwrap()
}

fn compressed(message: &[u8]) -> Vec<u8> {
    let mut frame = grpc::frame(message).to_vec();
    frame[0] = 1;
    frame
}

#[tokio::test]
async fn otlp01_exports_of_every_signal() {
    let stage = Stage::open().await;
    let answer = stage.call(TRACES, &[], grpc::frame(&trace_protobuf())).await;
    assert_eq!((answer.status.as_u16(), status(&answer), &answer.body[..]), (200, (0, String::new()), &[0, 0, 0, 0, 0][..]));
    assert_eq!((field(&answer, "content-type"), field(&answer, "grpc-accept-encoding")), ("application/grpc", "identity, gzip, zstd"));
    assert!(answer.trailers.is_some() && !answer.headers.contains_key("grpc-status"), "the status of a success comes last");
    let empty = stage
        .call("/opentelemetry.proto.collector.logs.v1.LogsService/Export", &[("content-type", "application/grpc+proto")], grpc::frame(b""))
        .await;
    assert_eq!(status(&empty).0, 0);
    let answer = stage.call(METRICS, &[], grpc::frame(&metrics(Encoding::Protobuf))).await;
    assert_eq!((status(&answer), &answer.body[..]), ((0, String::new()), &[0, 0, 0, 0, 0][..]));
    let kept = stage.sink.kept.lock().unwrap();
    assert_eq!((kept[0].meta.format, kept[0].codec, &kept[0].body[..]), (1, Codec::Identity, &trace_protobuf()[..]));
    assert_eq!((kept.len(), kept[1].meta.format, kept[1].rows.len()), (2, 5, 1));
}

#[tokio::test]
async fn otlp13_compressed_messages() {
    let stage = Stage::open().await;
    let plain = trace_protobuf();
    let zstd = zstd::encode_all(&plain[..], 1).unwrap();
    for (encoding, body, codec) in [("gzip", gzip(&plain), Codec::Gzip), ("zstd", zstd, Codec::Zstd)] {
        let answer = stage.call(TRACES, &[("grpc-encoding", encoding)], compressed(&body)).await;
        assert_eq!(status(&answer), (0, String::new()), "{encoding}");
        let kept = stage.sink.kept.lock().unwrap().pop().unwrap();
        assert_eq!((kept.codec, &kept.body[..]), (codec, &body[..]));
        // The flag decides, not the header.
        assert_eq!(status(&stage.call(TRACES, &[("grpc-encoding", encoding)], grpc::frame(&plain)).await).0, 0);
        assert_eq!(stage.sink.kept.lock().unwrap().pop().unwrap().codec, Codec::Identity);
    }
    let (code, message) = status(&stage.call(TRACES, &[("grpc-encoding", "snappy")], compressed(b"x")).await);
    assert!(code == 12 && message.contains("identity, gzip, zstd"), "{code} {message}");
    assert_eq!(status(&stage.call(TRACES, &[], compressed(b"x")).await).0, 3);
    assert_eq!(status(&stage.call(TRACES, &[("grpc-encoding", "gzip")], compressed(b"x")).await).0, 3);
}

#[tokio::test]
async fn malformed_messages() {
    let stage = Stage::open().await;
    let twice = [grpc::frame(b""), grpc::frame(b"")].concat();
    for (body, words) in [
        (vec![], "holds none"),
        (vec![0, 0, 0], "within the head"),
        (vec![0, 0, 0, 0, 9, 1], "shorter than announced"),
        (twice, "more than one"),
        (grpc::frame(b"\xff\xff").to_vec(), "failed to parse OTLP request body"),
    ] {
        let answer = stage.call(TRACES, &[], body).await;
        let (code, message) = status(&answer);
        assert!(code == 3 && message.contains(words), "{code} {message}");
        assert!(answer.trailers.is_none() && answer.body.is_empty(), "trailers only");
    }
}

#[tokio::test]
async fn otlp01_otlp05_unknown_methods_and_media_types() {
    let stage = Stage::open().await;
    for path in [
        "/opentelemetry.proto.collector.trace.v1.TraceService/Stream",
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
        "/grpc.health.v1.Health/Watch",
        "/",
    ] {
        assert_eq!(status(&stage.call(path, &[], grpc::frame(b"")).await).0, 12, "{path}");
    }
    let web = [("content-type", "application/grpc-web"), ("te", "trailers")];
    let answer = stage.grpc.request(Method::POST, &stage.url(TRACES), headers(&web), grpc::frame(b"")).await.unwrap();
    assert_eq!(status(&answer).0, 12);
    let answer = stage.grpc.request(Method::GET, &stage.url(TRACES), headers(&[("content-type", "application/grpc")]), "").await.unwrap();
    assert_eq!(status(&answer).0, 12);
}

#[tokio::test]
async fn otlp03_both_protocols_on_one_port() {
    let stage = Stage::open().await;
    // OTLP/HTTP over HTTP/2 with prior knowledge, as on the gRPC port.
    let answer = stage.grpc.request(Method::POST, &stage.url("/v1/traces"), headers(&[PROTOBUF]), trace_protobuf()).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(status(&stage.call(TRACES, &[], grpc::frame(&trace_protobuf())).await).0, 0);
    assert_eq!(stage.kept(), 2);
}

#[tokio::test]
async fn s2_keys_of_calls() {
    let stage = Stage::with_keys().await;
    for (fields, code, message) in [
        (vec![], 16, "missing 'x-honeycomb-team' header"),
        (vec![("x-honeycomb-team", "wrong")], 16, "unknown API key - check your credentials, region, and API URL"),
        (vec![("authorization", "Bearer%20wrong")], 16, "unknown API key - check your credentials, region, and API URL"),
        (vec![("x-honeycomb-team", "off")], 16, "attempted to use disabled API key"),
        (vec![("x-honeycomb-team", "0123456789abcdef0123456789abcdef")], 16, "missing 'x-honeycomb-dataset' header"),
        (
            vec![("x-honeycomb-team", "probe")],
            7,
            "the key in 'x-honeycomb-team' is of kind 'probe' and lacks the permission 'events' (send telemetry)",
        ),
    ] {
        assert_eq!(status(&stage.call(TRACES, &fields, "not a frame").await), (code, message.to_owned()), "{fields:?}");
    }
    assert_eq!(stage.refused()[0].status, "7 PERMISSION_DENIED");
    assert_eq!(status(&stage.call(TRACES, &[("authorization", "Bearer%20good")], grpc::frame(&trace_protobuf())).await).0, 0);
    assert_eq!(stage.kept(), 1);
}

#[tokio::test]
async fn otlp16_too_large_is_not_to_be_retried() {
    let otlp = OtlpConfig { body_bytes: 1_000, ..OtlpConfig::default() };
    let stage = Stage::with(Asked { otlp, ..Asked::default() }).await;
    let bomb = gzip(&[0; 1_001]);
    for (fields, body) in [(vec![], grpc::frame(&[0; 1_001]).to_vec()), (vec![("grpc-encoding", "gzip")], compressed(&bomb))] {
        let answer = stage.call(TRACES, &fields, body).await;
        assert_eq!(status(&answer).0, 8);
        assert!(!answer.headers.contains_key("google.rpc.retryinfo-bin") && !answer.headers.contains_key("grpc-status-details-bin"));
    }
    // Five bytes announce 4 GiB: refused at once, though the rest never comes.
    assert_eq!(status(&stage.call(TRACES, &[], vec![0, 0xff, 0xff, 0xff, 0xff]).await).0, 8);
}

#[tokio::test]
async fn otlp26_announced_lengths_are_charged() {
    let limits = Limits { ledger_bytes: 1 << 20, ..Limits::default() };
    let stage = Stage::with(Asked { limits, ..Asked::default() }).await;
    let answer = stage.call(TRACES, &[], vec![0, 0x01, 0, 0, 0]).await;
    assert_eq!(status(&answer).0, 14);
    assert!(answer.headers.contains_key("google.rpc.retryinfo-bin"));
    assert_eq!(stage.server.ledger().used_bytes(), 0);
}

#[tokio::test]
async fn pressure_carries_both_hints() {
    let stage = Stage::open().await;
    for error in [SinkError::Busy { queued_bytes: 9 }, SinkError::Stopped { reason: "50% of 'ü' is full".to_owned() }] {
        *stage.sink.append.lock().unwrap() = Mood::Fails(error.clone());
        let answer = stage.call(TRACES, &[], grpc::frame(&trace_protobuf())).await;
        assert_eq!(status(&answer), (14, error.to_string()));
        assert!(answer.headers.contains_key("google.rpc.retryinfo-bin") && answer.headers.contains_key("grpc-status-details-bin"));
    }
    assert_eq!(stage.kept(), 0);
}

#[tokio::test]
async fn otlp08_health() {
    let stage = Stage::with_keys().await;
    let check = "/grpc.health.v1.Health/Check";
    let answer = stage.call(check, &[], grpc::frame(b"")).await;
    assert_eq!((status(&answer).0, &answer.body[..]), (0, &[0, 0, 0, 0, 2, 8, 1][..]));
    let service = b"\x0a\x35opentelemetry.proto.collector.trace.v1.TraceService__";
    let ours = [&[0x0a, 51][..], b"opentelemetry.proto.collector.trace.v1.TraceService"].concat();
    assert_eq!(status(&stage.call(check, &[], grpc::frame(&ours)).await).0, 0);
    assert_eq!(status(&stage.call(check, &[], grpc::frame(service)).await).0, 5);
    *stage.sink.admit.lock().unwrap() = Err(SinkError::Stopped { reason: "starting".to_owned() });
    assert_eq!(&stage.call(check, &[], grpc::frame(b"")).await.body[..], [0, 0, 0, 0, 2, 8, 2]);
}

#[tokio::test]
async fn f16_a_panic_is_told_in_the_dialect_and_a_payload_that_repeats_it_is_refused() {
    let stage = Stage::open().await;
    *stage.sink.append.lock().unwrap() = Mood::Panics;
    for _ in 0..3 {
        let (code, message) = status(&stage.call(TRACES, &[], grpc::frame(&trace_protobuf())).await);
        assert!(code == 13 && message.starts_with("internal error ") && message.ends_with("; the request was not stored"), "{message}");
    }
    assert_eq!(stage.refused()[0].status, "13 INTERNAL");
    *stage.sink.append.lock().unwrap() = Mood::Keeps;
    let (code, message) = status(&stage.call(TRACES, &[], grpc::frame(&trace_protobuf())).await);
    assert!(code == 3 && message.contains("3 internal errors"), "{code} {message}");
    assert_eq!(stage.kept(), 0);
}
