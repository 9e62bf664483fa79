//! Rows of real SDKs, of the generator and of requests made to be hard come back equal through the lines made of them.

use super::{LeftOut, Line, Proof, encode};
use crate::transfer::row::StoredRow;
use glasshive_hive_gen::{LiveStream, Profile, Signal};
use glasshive_model::rows::Stamp;
use glasshive_receive_otlp::decode::{DecodeContext, Encoding, Signal3, decode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const NOW: i64 = 1_767_225_600_000_000_000;

fn rows_of(signal: Signal3, encoding: Encoding, body: &[u8], dataset: Option<&str>) -> Vec<StoredRow> {
    rows_at(NOW, signal, encoding, body, dataset)
}

fn rows_at(now_ns: i64, signal: Signal3, encoding: Encoding, body: &[u8], dataset: Option<&str>) -> Vec<StoredRow> {
    let context = DecodeContext { received_ns: now_ns, dataset_header: dataset, is_classic: dataset.is_some(), ..DecodeContext::default() };
    let decoded = decode(signal, encoding, body, &context).unwrap();
    StoredRow::read(&decoded.rows.to_batch(Stamp { sequence: 7, ingest_time_ns: now_ns }))
}

/// Every row comes back, and the lines are what receivers of OTLP take.
fn check(what: &str, rows: &[StoredRow]) -> Vec<Line> {
    let (lines, left_out) = encode(rows);
    assert_eq!(left_out, Vec::<LeftOut>::new(), "{what}");
    let mut held: Vec<usize> = lines.iter().flat_map(|line| line.rows.iter().copied()).collect();
    held.sort_unstable();
    assert_eq!(held, (0..rows.len()).collect::<Vec<_>>(), "{what}: every row is in one line");
    let mut proof = Proof::default();
    // Years later, so that nothing depends on when it is received.
    lines.iter().for_each(|line| proof.add(line, rows, NOW + 3 * 365 * 86_400_000_000_000));
    let text: Vec<&str> = lines.iter().map(|line| line.json.as_str()).collect();
    assert_eq!((proof.changed, proof.example), (0, None), "{what}: {}", text.join("\n"));
    assert_eq!(proof.same, rows.len() as u64, "{what}");
    assert!(lines.iter().all(|line| !line.json.contains('\n')), "{what}");
    lines
}

fn signal_of(name: &str) -> Option<Signal3> {
    Signal3::ALL.into_iter().find(|signal| name.starts_with(signal.word()))
}

fn recorded() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/otlp/tests/fixtures");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect()
}

#[test]
fn what_sdks_sent_comes_back_equal() {
    let mut seen = 0;
    for path in recorded() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let encoding = match path.extension().and_then(|extension| extension.to_str()) {
            Some("pb") => Encoding::Protobuf,
            Some("json") => Encoding::Json,
            _ => continue,
        };
        let Some(signal) = signal_of(name) else { continue };
        // They were recorded later than the other tests' now.
        let rows = rows_at(NOW + 2 * 365 * 86_400_000_000_000, signal, encoding, &std::fs::read(&path).unwrap(), None);
        assert!(!rows.is_empty(), "{}", path.display());
        check(&path.display().to_string(), &rows);
        seen += 1;
    }
    assert!(seen >= 20, "only {seen} recorded requests were found");
}

#[test]
fn generated_traffic_comes_back_equal() {
    let mut stream = LiveStream::new(Profile::Wide, 7, 200, NOW - 20_000_000_000);
    let mut rows = 0;
    for body in stream.advance(NOW) {
        let signal = match body.signal {
            Signal::Traces => Signal3::Traces,
            Signal::Logs => Signal3::Logs,
        };
        let found = rows_of(signal, Encoding::Protobuf, &body.bytes, None);
        rows += found.len();
        check("generated", &found);
    }
    assert!(rows > 2_000, "{rows}");
}

fn attributes(pairs: Value) -> Value {
    let pairs = pairs.as_object().unwrap().iter();
    pairs.map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn text(text: &str) -> Value {
    json!({ "stringValue": text })
}

fn deep() -> Value {
    let leaf = json!({ "kvlistValue": { "values": [
        { "key": "z", "value": { "intValue": "1" } }, { "key": "a", "value": { "bytesValue": "aGk=" } }, { "key": "a", "value": {} }
    ] } });
    ["f", "e.e", "d", "c", "b"].iter().fold(leaf, |inner, key| json!({ "kvlistValue": { "values": [{ "key": key, "value": inner }] } }))
}

/// Values of every type, and keys that mean something elsewhere.
fn odd() -> Value {
    attributes(json!({
        "str": text("a\n\"b\" \u{1b} \u{e4}"), "": text("no key"), "int": { "intValue": "-9223372036854775808" }, "whole": { "doubleValue": 3 },
        "nan": { "doubleValue": "NaN" }, "inf": { "doubleValue": "-Infinity" }, "tiny": { "doubleValue": 5e-324 },
        "yes": { "boolValue": true }, "empty": {}, "empty text": text(""), "bytes": { "bytesValue": "AAEC" },
        "array": { "arrayValue": { "values": [text("x"), { "doubleValue": 1.0 }, { "intValue": "1" }, {}, { "bytesValue": "aGk=" }, { "doubleValue": "NaN" }] } },
        "none": { "kvlistValue": { "values": [] } }, "nothing": { "arrayValue": { "values": [] } },
        "map": { "kvlistValue": { "values": [{ "key": "a", "value": text("1") }, { "key": "b.c", "value": { "kvlistValue": { "values": [] } } }] } },
        "deep": deep(), "name": text("not the name"), "duration_ms": text("long"), "_time": text("t"), "type": { "intValue": "1" },
        "meta.signal_type": text("other"), "meta.dropped_attributes": text("some"), "trace.trace_id": text("x"), "resource.x": text("y"),
        (&"k".repeat(300)): text("long key"), (&"n".repeat(256)): { "intValue": "5" }, "host": text("own host"), "same": text("equal"),
        "sampling.note": text("no hint of a weight")
    }))
}

fn resource(service: Option<&str>) -> Value {
    let mut pairs = json!({
        "host": text("resource host"), "same": text("equal"), "r": { "arrayValue": { "values": [text("x")] } }, "e": {},
        "library.name": text("of the resource")
    });
    if let Some(service) = service {
        pairs["service.name"] = text(service);
    }
    json!({ "attributes": attributes(pairs), "droppedAttributesCount": 3 })
}

fn scope() -> Value {
    json!({ "name": "io.opentelemetry.thing", "version": "1", "droppedAttributesCount": 2,
            "attributes": attributes(json!({ "same": text("of the scope"), "s": { "boolValue": false }, "empty": text("scope's") })) })
}

fn traces(spans: Value, service: Option<&str>) -> Vec<u8> {
    json!({ "resourceSpans": [{ "resource": resource(service), "schemaUrl": "https://r/1", "scopeSpans": [
        { "scope": scope(), "schemaUrl": "https://s/1", "spans": spans },
        { "spans": [{ "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "00f067aa0ba902b7", "name": "", "startTimeUnixNano": "1", "endTimeUnixNano": "1" }] }
    ] }] })
    .to_string()
    .into_bytes()
}

fn span(members: Value) -> Value {
    let mut span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "parentSpanId": "00f067aa0ba902b7", "name": "GET /",
        "kind": 2, "startTimeUnixNano": NOW.to_string(), "endTimeUnixNano": (NOW + 1_234_567).to_string(), "attributes": odd()
    });
    span.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    span
}

#[test]
fn hard_spans_come_back_equal() {
    let event = |members: Value| {
        let mut event = json!({ "name": "exception", "timeUnixNano": (NOW + 5).to_string(), "droppedAttributesCount": 1, "attributes":
            attributes(json!({ "exception.type": text("E"), "exception.escaped": { "boolValue": true }, "parent_name": text("mine"), "host": text("event host"), "sampleRate": { "intValue": "9" } })) });
        event.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        event
    };
    let link = |members: Value| {
        let mut link = json!({ "traceId": "1af7651916cd43dd8448eb211c80319c", "spanId": "17ad6b7169203331", "traceState": "a=b", "flags": 1,
            "attributes": attributes(json!({ "l": { "intValue": "1" }, "error": text("mine") })) });
        link.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        link
    };
    let many = json!([
        span(json!({})),
        span(
            json!({ "spanId": "b7ad6b7169203332", "status": { "code": 2, "message": "broke" }, "events": [event(json!({})), event(json!({ "timeUnixNano": (NOW - 5).to_string() })), event(json!({ "timeUnixNano": "0", "name": "" }))], "links": [link(json!({})), link(json!({ "traceId": "", "spanId": "xx" }))], "droppedEventsCount": 4, "droppedLinksCount": 5, "droppedAttributesCount": 6 })
        ),
        span(json!({ "spanId": "b7ad6b7169203333", "endTimeUnixNano": "0", "flags": 257, "traceState": "ot=th:c,x=y" })),
        span(json!({ "spanId": "b7ad6b7169203334", "endTimeUnixNano": (NOW - 7).to_string(), "traceState": "ot=th:fd70a4" })),
        span(
            json!({ "spanId": "b7ad6b7169203335", "attributes": attributes(json!({ "sampleRate": { "intValue": "20" }, "service.name": text("another"), "library.name": text("own") })), "events": [event(json!({}))] })
        ),
        span(
            json!({ "spanId": "b7ad6b7169203336", "traceState": "ot=th:8", "attributes": attributes(json!({ "SampleRate": { "intValue": "1" }, "status_message": text("mine"), "error": text("no") })), "status": { "code": 2, "message": "theirs" } })
        ),
        span(
            json!({ "spanId": "b7ad6b7169203337", "attributes": attributes(json!({ "sampling.weight": { "doubleValue": 2.5 }, "exception.type": text("mine"), "span.num_events": { "intValue": "9" } })), "events": [event(json!({}))] })
        ),
        span(
            json!({ "spanId": "b7ad6b7169203338", "startTimeUnixNano": (NOW + 3_600_000_000_000).to_string(), "kind": 77, "status": { "code": 3 } })
        )
    ]);
    check("spans", &rows_of(Signal3::Traces, Encoding::Json, &traces(many.clone(), Some("My Shop")), None));
    check("spans without a service", &rows_of(Signal3::Traces, Encoding::Json, &traces(many.clone(), None), None));
    let lines =
        check("spans in a named dataset", &rows_of(Signal3::Traces, Encoding::Json, &traces(many, Some("shop")), Some("Named one")));
    assert!(lines.iter().all(|line| line.dataset.as_deref() == Some("named-one")), "{lines:?}");
    assert!(lines[0].json.starts_with("{\"glasshive\":{\"dataset\":\"named-one\"},\"resourceSpans\":["));
}

#[test]
fn limits_that_were_met_are_met_again_by_nobody() {
    let events: Vec<Value> = (0..1_030).map(|index| json!({ "name": format!("e{index}"), "timeUnixNano": NOW.to_string() })).collect();
    let long = "x".repeat(70_000);
    let spans = json!([span(
        json!({ "events": events, "attributes": attributes(json!({ "long": text(&long), "exception.stacktrace": text(&long) })) })
    )]);
    check("long", &rows_of(Signal3::Traces, Encoding::Json, &traces(spans, Some("shop")), None));
}

#[test]
fn hard_log_records_come_back_equal() {
    let record = |members: Value| {
        let mut record = json!({ "timeUnixNano": NOW.to_string(), "attributes": odd() });
        record.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        record
    };
    let body = json!({ "kvlistValue": { "values": [
        { "key": "user", "value": deep() }, { "key": "b", "value": { "bytesValue": "aGk=" } }, { "key": "n", "value": { "doubleValue": "NaN" } },
        { "key": "i", "value": { "doubleValue": "Infinity" } }, { "key": "name", "value": text("x") }, { "key": "none", "value": {} },
        { "key": "list", "value": { "arrayValue": { "values": [text("x")] } } }
    ] } });
    let hiding = attributes(json!({
        "body": text("attribute"), "severity": text("high"), "severity_code": { "intValue": "99" }, "severity_text": text("attribute"),
        "event.name": text("attribute"), "flags": text("attribute"), "body.name": text("attribute")
    }));
    let records = json!([
        record(json!({ "body": text("hello"), "severityNumber": 17, "severityText": "ERROR" })),
        record(json!({ "body": body, "severityText": "warning", "flags": 1, "observedTimeUnixNano": (NOW + 9).to_string() })),
        record(json!({ "body": body, "severityNumber": 9, "severityText": "mine", "eventName": "ev", "flags": 3, "attributes": hiding })),
        record(
            json!({ "body": { "doubleValue": 2.0 }, "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "droppedAttributesCount": 2 })
        ),
        record(json!({ "body": { "bytesValue": "aGk=" }, "timeUnixNano": "0", "observedTimeUnixNano": (NOW - 9).to_string() })),
        record(json!({ "timeUnixNano": "0", "severityNumber": 25 })),
        record(
            json!({ "body": {}, "attributes": attributes(json!({ "log.body": text("attribute"), "sampleRate": { "intValue": "3" } })) })
        ),
        record(
            json!({ "body": { "kvlistValue": { "values": [] } }, "attributes": attributes(json!({ "sampling.threshold": text("c") })) })
        ),
    ]);
    for service in [Some("shop"), None] {
        let request =
            json!({ "resourceLogs": [{ "resource": resource(service), "scopeLogs": [{ "scope": scope(), "logRecords": records }] }] });
        let body = request.to_string().into_bytes();
        check("logs", &rows_of(Signal3::Logs, Encoding::Json, &body, None));
        check("logs with a dataset", &rows_of(Signal3::Logs, Encoding::Json, &body, Some("elsewhere")));
    }
}

#[test]
fn hard_metrics_come_back_equal() {
    let point = |members: Value| {
        let mut point = json!({ "timeUnixNano": NOW.to_string(), "startTimeUnixNano": (NOW - 60_000_000_000).to_string() });
        point.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        point
    };
    let hiding = attributes(json!({ "requests": text("attribute"), "latency.p99": text("attribute"), "metric.requests": text("too") }));
    let exemplar = json!({ "timeUnixNano": NOW.to_string(), "asInt": "3", "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
        "filteredAttributes": attributes(json!({ "user": text("7") })) });
    let buckets =
        json!({ "count": "10", "sum": 7.5, "min": 0.1, "max": 3.5, "bucketCounts": ["1", "5", "4"], "explicitBounds": [0.5, 1.0] });
    let histogram = |more: Value| {
        let mut members = buckets.clone();
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        point(members)
    };
    let metrics = json!([
        { "name": "requests", "unit": "1", "description": "how \"many\"", "sum": { "aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [
            point(json!({ "asInt": "5", "exemplars": [exemplar, { "timeUnixNano": "7", "asDouble": 1.5 }] })), point(json!({ "asInt": "6", "attributes": hiding })),
            point(json!({ "asInt": "7" })), point(json!({ "asDouble": 1.0, "attributes": attributes(json!({ "sampleRate": { "intValue": "5" }, "map": { "kvlistValue": { "values": [{ "key": "a", "value": text("b") }] } } })) })) ] } },
        { "name": "temperature", "gauge": { "dataPoints": [point(json!({ "asDouble": -0.5 })), point(json!({ "asDouble": "NaN", "timeUnixNano": (NOW + 1).to_string() })), point(json!({ "flags": 1, "timeUnixNano": (NOW + 2).to_string() }))] } },
        { "name": "latency", "unit": "s", "metadata": attributes(json!({ "m": { "intValue": "1" } })), "histogram": { "aggregationTemporality": 1, "dataPoints": [histogram(json!({})), histogram(json!({ "attributes": hiding })), point(json!({ "count": "3", "timeUnixNano": (NOW + 3).to_string() }))] } },
        { "name": "size", "exponentialHistogram": { "aggregationTemporality": 2, "dataPoints": [point(json!({ "count": "9", "sum": 4.5, "scale": 3, "zeroCount": "2", "zeroThreshold": 0.001, "positive": { "offset": -2, "bucketCounts": ["1", "4"] }, "negative": { "offset": 1, "bucketCounts": ["2"] } }))] } },
        { "name": "old", "summary": { "dataPoints": [point(json!({ "count": "4", "sum": 9.0, "quantileValues": [{ "quantile": 0, "value": 1 }, { "quantile": 0.5, "value": 2 }, { "quantile": 0.999, "value": 3 }, { "quantile": 0.05, "value": "NaN" }, { "quantile": 1, "value": 4 }] }))] } }
    ]);
    let scopes = json!([{ "scope": scope(), "metrics": metrics }, { "scope": scope(), "metrics": metrics }, { "metrics": metrics }]);
    let request =
        json!({ "resourceMetrics": [{ "resource": resource(Some("shop")), "scopeMetrics": scopes }, { "scopeMetrics": scopes }] });
    let body = request.to_string().into_bytes();
    check("metrics", &rows_of(Signal3::Metrics, Encoding::Json, &body, None));
    let lines = check("metrics with a dataset", &rows_of(Signal3::Metrics, Encoding::Json, &body, Some("host metrics")));
    assert_eq!(lines[0].dataset.as_deref(), Some("host-metrics"));
}

#[test]
fn rows_of_many_requests_share_lines_and_stay_apart() {
    let metrics = |value: u64| {
        let point = json!({ "timeUnixNano": NOW.to_string(), "asInt": value.to_string() });
        let metric = |name: String| json!({ "name": name, "gauge": { "dataPoints": [point] } });
        json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [metric(format!("m{value}")), metric("both".to_owned())] }] }] })
            .to_string()
    };
    let mut rows = Vec::new();
    for request in 0..5_u64 {
        let mut of_one = rows_of(Signal3::Metrics, Encoding::Json, metrics(request).as_bytes(), None);
        of_one.iter_mut().for_each(|row| row.seq += (request as i64) << 24);
        rows.extend(of_one);
        let mut of_one = rows_of(Signal3::Traces, Encoding::Json, &traces(json!([span(json!({}))]), Some("shop")), None);
        of_one.iter_mut().for_each(|row| row.seq += (request as i64) << 24);
        rows.extend(of_one);
    }
    let lines = check("many", &rows);
    assert!(lines.len() <= 10, "{}", lines.len());
}

#[test]
fn what_otlp_has_no_words_for_is_told() {
    let mut rows = rows_of(
        Signal3::Traces,
        Encoding::Json,
        &traces(json!([span(json!({ "events": [{ "name": "e", "timeUnixNano": NOW.to_string() }] }))]), None),
        None,
    );
    let event = rows.iter().position(|row| row.annotation == 1).unwrap();
    let alone = [rows[event].clone()];
    let (lines, left_out) = encode(&alone);
    assert_eq!((lines.len(), left_out), (0, vec![LeftOut { row: 0, why: "it is a span event or link, and its span is not there" }]));
    rows[0].source = 1;
    rows.truncate(1);
    assert_eq!(encode(&rows).1[0].why, "it came in another dialect");
}
