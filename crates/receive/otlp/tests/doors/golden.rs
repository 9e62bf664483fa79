//! The four kinds of request - traces, metrics, logs and events - in both encodings, over every protocol and compression: identical rows.

use crate::stage::{JSON, PROTOBUF, Stage, gzip, headers, zlib};
use crate::support::{pairs, readable, text};
use expect_test::expect_file;
use glasshive_base_http::{Client, grpc};
use glasshive_receive_otlp::decode::{Encoding, Signal3};
use glasshive_wire_otlp::message::{
    Buckets, Event, Link, LogRecord, Metric, MetricData, Point, PointValue, Request, ResourceItems, ScopeItems, Span, Value,
};
use glasshive_wire_otlp::metric::MetricKind;
use http::Method;

const START: u64 = 1_700_000_000_000_000_000;
const TRACE: u128 = 0x5b8e_fff7_9803_8103_d269_b633_813f_c60c;
const SPAN: u64 = 0xeee1_9b7e_c3c1_b174;

fn of(scope: ScopeItems) -> Request {
    let attributes = pairs([("service.name", text("apiary"))]);
    Request { resources: vec![ResourceItems { attributes, scopes: vec![scope], ..ResourceItems::default() }] }
}

fn scope(name: &str) -> ScopeItems {
    ScopeItems { name: name.to_owned(), version: "1.0.0".to_owned(), ..ScopeItems::default() }
}

fn traces() -> Request {
    let event = Event {
        time_ns: START + 100_000_000,
        name: "opened".to_owned(),
        attributes: pairs([("calm", Value::Bool(true))]),
        ..Event::default()
    };
    let link = Link { trace_id: (TRACE + 1).to_be_bytes().to_vec(), span_id: (SPAN + 1).to_be_bytes().to_vec(), ..Link::default() };
    let span = Span {
        trace_id: TRACE.to_be_bytes().to_vec(),
        span_id: SPAN.to_be_bytes().to_vec(),
        parent_span_id: (SPAN - 1).to_be_bytes().to_vec(),
        name: "I'm a server span".to_owned(),
        start_ns: START,
        end_ns: START + 250_000_000,
        kind: 2,
        attributes: pairs([("frames", Value::Int(10))]),
        events: vec![event],
        links: vec![link],
        status_code: 2,
        status_message: "stung".to_owned(),
        ..Span::default()
    };
    of(ScopeItems { attributes: pairs([("keeper", text("Ada"))]), spans: vec![span], ..scope("apiary.smoker") })
}

fn metrics() -> Request {
    let metric = |name: &str, unit: &str, kind, gate: &str, value| {
        let is_gauge = kind == MetricKind::Gauge;
        let start_ns = if is_gauge { 0 } else { START - 10_000_000_000 };
        let point = Point { attributes: pairs([("gate", text(gate))]), start_ns, time_ns: START, value, ..Point::default() };
        let data = MetricData { kind, temporality: i32::from(!is_gauge), is_monotonic: kind == MetricKind::Sum, points: vec![point] };
        Metric { name: name.to_owned(), unit: unit.to_owned(), data: Some(data), ..Metric::default() }
    };
    let flight = PointValue::Histogram { count: 2, sum: Some(2.0), min: Some(0.0), max: Some(2.0), bounds: vec![1.0], counts: vec![1, 1] };
    let dance = PointValue::Exponential {
        count: 3,
        sum: Some(10.0),
        min: Some(0.0),
        max: Some(5.0),
        scale: 0,
        zero_count: 1,
        zero_threshold: 0.0,
        positive: Buckets { offset: 1, counts: vec![0, 2] },
        negative: Buckets::default(),
    };
    let metrics = vec![
        Metric {
            description: "Bees that came home".to_owned(),
            ..metric("apiary.visits", "1", MetricKind::Sum, "south", PointValue::Double(5.0))
        },
        metric("apiary.weight", "kg", MetricKind::Gauge, "south", PointValue::Int(10)),
        metric("apiary.flight", "s", MetricKind::Histogram, "north", flight),
        metric("apiary.dance", "s", MetricKind::ExponentialHistogram, "north", dance),
    ];
    of(ScopeItems { metrics, ..scope("apiary.scale") })
}

fn logs() -> Request {
    let record = LogRecord {
        time_ns: START,
        observed_ns: START + 1,
        severity_number: 10,
        severity_text: "Information".to_owned(),
        trace_id: TRACE.to_be_bytes().to_vec(),
        span_id: SPAN.to_be_bytes().to_vec(),
        body: Some(text("a line of the diary")),
        attributes: pairs([
            ("text", text("some string")),
            ("truth", Value::Bool(true)),
            ("whole", Value::Int(10)),
            ("real", Value::Double(637.704)),
            ("list", Value::Array(vec![text("many"), text("values")])),
            ("map", Value::Map(pairs([("some.map.key", text("some value"))]))),
            ("octets", Value::Bytes(b"honey".to_vec())),
        ]),
        ..LogRecord::default()
    };
    of(ScopeItems { logs: vec![record], ..scope("apiary.diary") })
}

fn events() -> Request {
    let body = Value::Map(pairs([
        ("type", Value::Int(0)),
        ("url", text("https://apiary.example/hives")),
        ("referrer", text("https://apiary.example/")),
    ]));
    let record = LogRecord {
        time_ns: START,
        observed_ns: START,
        event_name: "browser.page_view".to_owned(),
        body: Some(body),
        attributes: pairs([("session.id", text("abc"))]),
        ..LogRecord::default()
    };
    of(ScopeItems { logs: vec![record], ..scope("apiary.browser") })
}

/// A body in one compression: what HTTP calls it, what gRPC calls it (which has no deflate), and the bytes.
fn compressions(plain: &[u8]) -> [(&'static str, Option<&'static str>, Vec<u8>); 4] {
    [
        ("identity", Some("identity"), plain.to_vec()),
        ("gzip", Some("gzip"), gzip(plain)),
        ("zstd", Some("zstd"), zstd::encode_all(plain, 0).unwrap()),
        ("deflate", None, zlib(plain)),
    ]
}

async fn over_every_door(name: &str, service: &str, signal: Signal3, json: &str, request: &Request) {
    let path = format!("/v1/{}", if name == "events" { "logs" } else { name });
    let method = format!("opentelemetry.proto.collector.{service}Service/Export");
    let expected = expect_file![format!("{}/tests/doors/golden/{name}.rows.txt", env!("CARGO_MANIFEST_DIR"))];
    let bodies = [(JSON, json.as_bytes().to_vec()), (PROTOBUF, request.encode(signal, Encoding::Protobuf))];
    for (media_type, plain) in bodies {
        for (encoding, grpc_encoding, body) in compressions(&plain) {
            for (protocol, client) in [("HTTP/1.1", Client::new()), ("h2c", Client::http2())] {
                let stage = Stage::open().await;
                let fields = headers(&[media_type, ("content-encoding", encoding)]);
                let answer = client.request(Method::POST, &stage.url(&path), fields, body.clone()).await.unwrap();
                assert_eq!(answer.status, 200, "{name} {protocol} {media_type:?} {encoding}: {}", answer.text());
                expected.assert_eq(&kept(&stage));
            }
            let Some(grpc_encoding) = grpc_encoding.filter(|_| media_type == PROTOBUF) else { continue };
            let stage = Stage::open().await;
            let mut message = grpc::frame(&body).to_vec();
            message[0] = u8::from(grpc_encoding != "identity");
            let fields = headers(&[("content-type", "application/grpc"), ("te", "trailers"), ("grpc-encoding", grpc_encoding)]);
            let answer = stage.grpc.request(Method::POST, &stage.url(&format!("/{method}")), fields, message).await.unwrap();
            let (code, words) = grpc::status_of(&answer.headers, answer.trailers.as_ref()).unwrap();
            assert_eq!(code, 0, "{name} gRPC {grpc_encoding}: {words}");
            expected.assert_eq(&kept(&stage));
        }
    }
}

/// The rows of the one request that was kept.
fn kept(stage: &Stage) -> String {
    let kept = stage.sink.kept.lock().unwrap();
    assert_eq!(kept.len(), 1);
    readable(&kept[0].rows)
}

#[tokio::test]
async fn golden_requests_give_identical_rows_over_every_door() {
    over_every_door("traces", "trace.v1.Trace", Signal3::Traces, include_str!("golden/traces.json"), &traces()).await;
    over_every_door("metrics", "metrics.v1.Metrics", Signal3::Metrics, include_str!("golden/metrics.json"), &metrics()).await;
    over_every_door("logs", "logs.v1.Logs", Signal3::Logs, include_str!("golden/logs.json"), &logs()).await;
    over_every_door("events", "logs.v1.Logs", Signal3::Logs, include_str!("golden/events.json"), &events()).await;
}
