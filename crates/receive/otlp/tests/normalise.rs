//! Whole requests in, rows out, as readable text.
#![allow(clippy::unwrap_used)]

mod support;

use expect_test::{Expect, expect};
use glasshive_receive_otlp::decode::{DecodeContext, Encoding, Signal3, decode};
use glasshive_wire_otlp::message::{Event, Link, Request, ResourceItems, ScopeItems, Span, Value};
use support::{NOW, context, decoded, of_spans, pairs, readable, record, request, span, text};

fn check(signal: Signal3, request: &Request, expected: Expect) {
    expected.assert_eq(&readable(&decoded(signal, request).rows));
}

#[test]
fn a_span_with_everything() {
    let event = Event {
        time_ns: NOW as u64 + 500_000,
        name: "exception".to_owned(),
        attributes: pairs([("exception.type", text("KeyError")), ("exception.message", text("'id'")), ("retry", Value::Int(2))]),
        dropped_attributes: 1,
    };
    let link = Link {
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        trace_state: "v=1".to_owned(),
        flags: 257,
        attributes: pairs([("reason", text("batch"))]),
        dropped_attributes: 0,
    };
    let span = Span {
        parent_span_id: vec![9; 8],
        trace_state: "ot=th:8,other=1".to_owned(),
        flags: 769,
        attributes: pairs([
            ("http.route", text("/cart/{id}")),
            ("http.response.status_code", Value::Int(500)),
            ("ratio", Value::Double(0.5)),
        ]),
        dropped_attributes: 2,
        events: vec![event],
        dropped_events: 3,
        links: vec![link],
        dropped_links: 4,
        status_code: 2,
        status_message: "boom".to_owned(),
        ..span()
    };
    let scope = ScopeItems {
        name: "opentelemetry.instrumentation.flask".to_owned(),
        version: "0.37b0".to_owned(),
        attributes: pairs([("scope.attribute", Value::Bool(true))]),
        schema_url: "https://opentelemetry.io/schemas/1.11.0".to_owned(),
        spans: vec![span],
        ..ScopeItems::default()
    };
    let mut request = request(scope);
    request.resources[0].attributes.push(("telemetry.sdk.language".to_owned(), text("python")));
    request.resources[0].schema_url = "https://opentelemetry.io/schemas/1.9.0".to_owned();
    check(
        Signal3::Traces,
        &request,
        expect![[r#"
        at 1700000000000500000
          error: true
          exception.message: "'id'"
          exception.type: "KeyError"
          is_root: false
          library.name: "opentelemetry.instrumentation.flask"
          library.version: "0.37b0"
          meta.annotation_index: 0
          meta.annotation_type: "span_event"
          meta.dataset: "cart"
          meta.dropped_attributes: 1
          meta.sample_rate: 2.0
          meta.signal_type: "trace"
          meta.time_since_span_start_ms: 0.5
          name: "exception"
          parent_name: "GET /cart"
          resource.schema_url: "https://opentelemetry.io/schemas/1.9.0"
          retry: 2
          scope.attribute: true
          scope.schema_url: "https://opentelemetry.io/schemas/1.11.0"
          service.name: "cart"
          telemetry.instrumentation_library: true
          telemetry.sdk.language: "python"
          trace.parent_id: "0102030405060708"
          trace.trace_id: "0102030405060708090a0b0c0d0e0f10"
          (resource: resource.schema_url service.name telemetry.sdk.language)
          (scope: library.name library.version scope.attribute scope.schema_url telemetry.instrumentation_library)
        at 1700000000000000000
          error: true
          is_root: false
          library.name: "opentelemetry.instrumentation.flask"
          library.version: "0.37b0"
          meta.annotation_index: 0
          meta.annotation_type: "link"
          meta.dataset: "cart"
          meta.sample_rate: 2.0
          meta.signal_type: "trace"
          parent_name: "GET /cart"
          reason: "batch"
          resource.schema_url: "https://opentelemetry.io/schemas/1.9.0"
          scope.attribute: true
          scope.schema_url: "https://opentelemetry.io/schemas/1.11.0"
          service.name: "cart"
          telemetry.instrumentation_library: true
          telemetry.sdk.language: "python"
          trace.link.flags: 257
          trace.link.span_id: "cdcdcdcdcdcdcdcd"
          trace.link.trace_id: "abababababababababababababababab"
          trace.link.trace_state: "v=1"
          trace.parent_id: "0102030405060708"
          trace.trace_id: "0102030405060708090a0b0c0d0e0f10"
          (resource: resource.schema_url service.name telemetry.sdk.language)
          (scope: library.name library.version scope.attribute scope.schema_url telemetry.instrumentation_library)
        at 1700000000000000000
          duration_ms: 1.5
          error: true
          exception.message: "'id'"
          exception.type: "KeyError"
          http.response.status_code: 500
          http.route: "/cart/{id}"
          is_root: false
          library.name: "opentelemetry.instrumentation.flask"
          library.version: "0.37b0"
          meta.dataset: "cart"
          meta.dropped_attributes: 2
          meta.dropped_events: 3
          meta.dropped_links: 4
          meta.sample_rate: 2.0
          meta.signal_type: "trace"
          name: "GET /cart"
          ratio: 0.5
          resource.schema_url: "https://opentelemetry.io/schemas/1.9.0"
          scope.attribute: true
          scope.schema_url: "https://opentelemetry.io/schemas/1.11.0"
          service.name: "cart"
          span.kind: "server"
          span.num_events: 1
          span.num_links: 1
          status_code: 2
          status_message: "boom"
          telemetry.instrumentation_library: true
          telemetry.sdk.language: "python"
          trace.flags: 769
          trace.parent_id: "0909090909090909"
          trace.span_id: "0102030405060708"
          trace.trace_id: "0102030405060708090a0b0c0d0e0f10"
          trace.trace_state: "ot=th:8,other=1"
          type: "server"
          (resource: resource.schema_url service.name telemetry.sdk.language)
          (scope: library.name library.version scope.attribute scope.schema_url telemetry.instrumentation_library)
    "#]],
    );
}

#[test]
fn levels_and_losers() {
    let mut request = request(ScopeItems {
        name: "lib".to_owned(),
        attributes: pairs([("x", Value::Int(2)), ("same", Value::Int(1))]),
        spans: vec![
            Span {
                attributes: pairs([("x", text("three")), ("error", text("own")), ("name", text("attribute"))]),
                status_code: 2,
                ..span()
            },
            span(),
        ],
        ..ScopeItems::default()
    });
    request.resources[0].attributes.extend(pairs([("x", Value::Int(1)), ("same", Value::Int(1)), ("error", text("resource"))]));
    check(
        Signal3::Traces,
        &request,
        expect![[r#"
        at 1700000000000000000
          duration_ms: 1.5
          error: "own"
          is_root: true
          library.name: "lib"
          meta.dataset: "cart"
          meta.sample_rate: 1.0
          meta.signal_type: "trace"
          name: "attribute"
          resource.error: "resource"
          resource.x: 1
          same: 1
          scope.x: 2
          service.name: "cart"
          span.kind: "server"
          span.num_events: 0
          span.num_links: 0
          status_code: 2
          trace.span_id: "0102030405060708"
          trace.trace_id: "0102030405060708090a0b0c0d0e0f10"
          type: "server"
          x: "three"
          (resource: service.name)
          (scope: library.name same)
        at 1700000000000000000
          duration_ms: 1.5
          error: "resource"
          is_root: true
          library.name: "lib"
          meta.dataset: "cart"
          meta.sample_rate: 1.0
          meta.signal_type: "trace"
          name: "GET /cart"
          resource.x: 1
          same: 1
          service.name: "cart"
          span.kind: "server"
          span.num_events: 0
          span.num_links: 0
          status_code: 0
          trace.span_id: "0102030405060708"
          trace.trace_id: "0102030405060708090a0b0c0d0e0f10"
          type: "server"
          x: 2
          (resource: error service.name)
          (scope: library.name same x)
    "#]],
    );
}

#[test]
fn values_of_every_type() {
    let deep = |value: Value| ["f", "e", "d", "c", "b"].into_iter().fold(value, |inner, key| Value::Map(pairs([(key, inner)])));
    let attributes = pairs([
        ("string", text("ä\"\n")),
        ("bool", Value::Bool(false)),
        ("int", Value::Int(i64::MIN)),
        ("double", Value::Double(1e300)),
        ("integral", Value::Double(3.0)),
        ("nan", Value::Double(f64::NAN)),
        ("inf", Value::Double(f64::NEG_INFINITY)),
        ("bytes", Value::Bytes(b"hello".to_vec())),
        ("empty", Value::Empty),
        ("array", Value::Array(vec![text("<a>"), Value::Double(2.0), Value::Empty, Value::Bytes(vec![255]), Value::Array(vec![])])),
        ("empty_array", Value::Array(vec![])),
        (
            "map",
            Value::Map(pairs([("k", Value::Int(1)), ("list", Value::Array(vec![Value::Double(f64::NAN)])), ("none", Value::Map(vec![]))])),
        ),
        ("deep", deep(Value::Int(1))),
        ("deeper", deep(Value::Map(pairs([("g", Value::Int(1))])))),
    ]);
    check(
        Signal3::Traces,
        &of_spans([Span { attributes, ..span() }]),
        expect![[r#"
        at 1700000000000000000
          array: json ["<a>",2.0,null,"/w==",[]]
          bool: false
          bytes: json "aGVsbG8="
          deep.b.c.d.e.f: 1
          deeper.b.c.d.e.f: json {"g":1}
          double: 1e300
          duration_ms: 1.5
          empty: null
          empty_array: json []
          inf: -inf
          int: -9223372036854775808
          integral: 3.0
          is_root: true
          map.k: 1
          map.list: json ["NaN"]
          map.none: json {}
          meta.dataset: "cart"
          meta.sample_rate: 1.0
          meta.signal_type: "trace"
          name: "GET /cart"
          nan: "NaN"
          service.name: "cart"
          span.kind: "server"
          span.num_events: 0
          span.num_links: 0
          status_code: 0
          string: "ä\"\n"
          trace.span_id: "0102030405060708"
          trace.trace_id: "0102030405060708090a0b0c0d0e0f10"
          type: "server"
          (resource: service.name)
    "#]],
    );
}

#[test]
fn datasets_by_signal_key_and_header() {
    let of = |service: Option<Value>| Request {
        resources: vec![ResourceItems {
            attributes: service.map(|name| ("service.name".to_owned(), name)).into_iter().collect(),
            scopes: vec![ScopeItems { spans: vec![span()], logs: vec![record()], ..ScopeItems::default() }],
            ..ResourceItems::default()
        }],
    };
    let dataset = |signal, service: Option<Value>, dataset_header, is_classic| {
        let context = DecodeContext { dataset_header, is_classic, ..context() };
        let decoded = decode(signal, Encoding::Protobuf, &of(service).encode(signal, Encoding::Protobuf), &context).unwrap();
        decoded.rows.dataset_slugs().join(",")
    };
    use Signal3::{Logs, Traces};
    let header = Some("My Header");
    assert_eq!(dataset(Traces, Some(text(" My Cart ")), None, false), "my-cart");
    assert_eq!(dataset(Traces, Some(text("cart")), header, false), "cart");
    assert_eq!(dataset(Traces, Some(text("cart")), header, true), "my-header");
    for absent in [None, Some(text("  ")), Some(Value::Int(1)), Some(text("unknown_service:node")), Some(Value::Empty)] {
        assert_eq!(dataset(Traces, absent.clone(), None, false), "unknown_service");
        assert_eq!(dataset(Logs, absent.clone(), None, false), "unknown_log_source");
        assert_eq!(dataset(Logs, absent, header, false), "my-header");
    }
    assert_eq!(dataset(Logs, Some(text("cart")), header, false), "cart");
    assert_eq!(dataset(Traces, Some(text(&"s".repeat(300))), None, false).len(), 255);
}

#[test]
fn weights_are_inherited_and_their_attribute_is_gone() {
    let weighted = Span {
        attributes: pairs([("sampleRate", text("2.5"))]),
        events: vec![Event { time_ns: NOW as u64, name: "e".to_owned(), ..Event::default() }],
        links: vec![Link { trace_id: vec![1; 16], span_id: vec![1; 8], ..Link::default() }],
        ..span()
    };
    let decoded = decoded(Signal3::Traces, &of_spans([span(), weighted, span()]));
    assert_eq!(decoded.rows.sample_rates(), [1.0, 3.0, 3.0, 3.0, 1.0]);
    assert!(decoded.rows.attributes().all(|(key, _, _)| key != "sampleRate"));

    let mut by_resource = of_spans([span(), Span { attributes: pairs([("SampleRate", Value::Int(9))]), ..span() }]);
    by_resource.resources[0].attributes.push(("SampleRate".to_owned(), Value::Int(4)));
    assert_eq!(decoded_rates(&by_resource), [4.0, 9.0]);
    let fraction = of_spans([Span { trace_state: "ot=th:4".to_owned(), ..span() }]);
    assert_eq!(decoded_rates(&fraction), [4.0 / 3.0]);
}

fn decoded_rates(request: &Request) -> Vec<f64> {
    decoded(Signal3::Traces, request).rows.sample_rates().to_vec()
}

#[test]
fn a_replay_gives_the_same_rows() {
    use glasshive_model::Decoder;
    let decoder = glasshive_receive_otlp::decode::OtlpDecoder;
    for signal in [Signal3::Traces, Signal3::Logs] {
        for encoding in Encoding::ALL {
            for (dataset_header, is_classic) in [(None, false), (Some("head"), false), (Some("head"), true)] {
                let body = of_both().encode(signal, encoding);
                let context = DecodeContext { dataset_header, is_classic, ..context() };
                let first = decode(signal, encoding, &body, &context).unwrap();
                let again = decoder.decode(&context.record_meta(signal, encoding), NOW, &body).unwrap();
                assert_eq!(readable(&first.rows), readable(&again));
            }
        }
    }
    let unknown = glasshive_model::RecordMeta { format: 0x0101, ..Default::default() };
    assert_eq!(decoder.decode(&unknown, NOW, b"").unwrap_err(), "record format 257 is not known to the OTLP door");
}

fn of_both() -> Request {
    let scope = ScopeItems { spans: vec![span()], logs: vec![record()], ..ScopeItems::default() };
    let nameless = ResourceItems { scopes: vec![scope.clone()], ..ResourceItems::default() };
    let mut request = request(scope);
    request.resources.push(nameless);
    request
}
