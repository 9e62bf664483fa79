//! Log records in, rows out, as readable text.
#![allow(clippy::unwrap_used)]

mod support;

use expect_test::{Expect, expect};
use glasshive_receive_otlp::decode::Signal3;
use glasshive_wire_otlp::message::{LogRecord, Value};
use support::{NOW, decoded, of_logs, pairs, readable, readable_value, record, shown, text};

fn check(records: impl IntoIterator<Item = LogRecord>, expected: Expect) {
    expected.assert_eq(&readable(&decoded(Signal3::Logs, &of_logs(records)).rows));
}

#[test]
fn log_records() {
    let plain = LogRecord { body: Some(text("hello")), severity_number: 9, severity_text: "INFO".to_owned(), ..record() };
    let mapped = LogRecord {
        observed_ns: NOW as u64 + 5,
        body: Some(Value::Map(pairs([("message", text("hi")), ("user", Value::Map(pairs([("id", Value::Int(7))])))]))),
        attributes: pairs([("body.message", text("own wins")), ("sampleRate", Value::Int(10))]),
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        flags: 1,
        event_name: "checkout".to_owned(),
        ..record()
    };
    let timeless = LogRecord { time_ns: 0, body: Some(Value::Array(vec![Value::Int(1)])), severity_text: "Warning".to_owned(), ..record() };
    check(
        [plain, mapped, timeless],
        expect![[r#"
        at 1700000000000000000
          body: "hello"
          flags: 0
          meta.dataset: "cart"
          meta.sample_rate: 1.0
          meta.signal_type: "log"
          service.name: "cart"
          severity: "info"
          severity_code: 9
          severity_text: "INFO"
          (resource: service.name)
        at 1700000000000000000
          body: json {"message":"hi","user":{"id":7}}
          body.message: "own wins"
          body.user.id: 7
          event.name: "checkout"
          flags: 1
          is_root: false
          meta.annotation_type: "span_event"
          meta.dataset: "cart"
          meta.observed_time_ns: 1700000000000000005
          meta.sample_rate: 10.0
          meta.signal_type: "log"
          service.name: "cart"
          severity: "unspecified"
          severity_code: 0
          trace.parent_id: "0202020202020202"
          trace.trace_id: "01010101010101010101010101010101"
          (resource: service.name)
        at 1700000000000000000
          body: json [1]
          flags: 0
          meta.dataset: "cart"
          meta.sample_rate: 1.0
          meta.signal_type: "log"
          service.name: "cart"
          severity: "warn"
          severity_code: 13
          severity_text: "Warning"
          (resource: service.name)
    "#]],
    );
}

#[test]
fn what_a_log_record_says_survives_attributes_of_the_same_name() {
    let hidden = LogRecord {
        body: Some(text("the record's")),
        severity_number: 17,
        severity_text: "ERROR".to_owned(),
        event_name: "checkout".to_owned(),
        flags: 1,
        attributes: pairs([
            ("body", text("the attribute's")),
            ("severity", text("low")),
            ("severity_code", Value::Int(17)),
            ("severity_text", text("quiet")),
            ("event.name", text("checkout")),
            ("flags", text("none")),
        ]),
        ..record()
    };
    let silent =
        LogRecord { attributes: pairs([("severity", text("low")), ("flags", Value::Int(3)), ("body", Value::Int(1))]), ..record() };
    check(
        [hidden, silent],
        expect![[r#"
            at 1700000000000000000
              body: "the attribute's"
              event.name: "checkout"
              flags: "none"
              log.body: "the record's"
              log.flags: 1
              log.severity: "error"
              log.severity_text: "ERROR"
              meta.dataset: "cart"
              meta.sample_rate: 1.0
              meta.signal_type: "log"
              service.name: "cart"
              severity: "low"
              severity_code: 17
              severity_text: "quiet"
              (resource: service.name)
            at 1700000000000000000
              body: 1
              flags: 3
              meta.dataset: "cart"
              meta.sample_rate: 1.0
              meta.signal_type: "log"
              service.name: "cart"
              severity: "low"
              severity_code: 0
              (resource: service.name)
        "#]],
    );
    let mapped = LogRecord {
        body: Some(Value::Map(pairs([("k", Value::Int(1))]))),
        attributes: pairs([("body", text("own")), ("body.k", Value::Int(2))]),
        ..record()
    };
    let rows = shown(&decoded(Signal3::Logs, &of_logs([mapped])).rows);
    let field = |name: &str| rows[0].get(name).map(readable_value).unwrap();
    assert_eq!((field("body"), field("body.k"), field("log.body")), ("\"own\"".to_owned(), "2".to_owned(), "json {\"k\":1}".to_owned()));
}

#[test]
fn an_empty_attribute_hides_nothing() {
    let attributes = || pairs([("body", Value::Empty), ("body.k", Value::Empty), ("severity", Value::Empty), ("event.name", Value::Empty)]);
    let said = LogRecord {
        body: Some(Value::Map(pairs([("k", Value::Int(1))]))),
        severity_number: 17,
        event_name: "checkout".to_owned(),
        attributes: attributes(),
        ..record()
    };
    let decoded = decoded(Signal3::Logs, &of_logs([said, LogRecord { attributes: attributes(), ..record() }]));
    assert_eq!(decoded.message, None);
    let rows = shown(&decoded.rows);
    let field = |row: usize, name: &str| rows[row].get(name).map_or_else(|| "absent".to_owned(), readable_value);
    for (name, expected) in [("body", "json {\"k\":1}"), ("body.k", "1"), ("severity", "\"error\""), ("event.name", "\"checkout\"")] {
        assert_eq!((field(0, name).as_str(), field(0, &format!("log.{name}")).as_str()), (expected, "absent"), "{name}");
    }
    assert_eq!((field(1, "body"), field(0, "meta.dropped_attributes")), ("null".to_owned(), "absent".to_owned()));
}

#[test]
fn what_attributes_hide_under_both_names_is_counted() {
    let hidden = LogRecord {
        body: Some(text("the record's")),
        severity_number: 17,
        flags: 1,
        attributes: pairs([
            ("body", text("the attribute's")),
            ("log.body", text("another's")),
            ("severity", text("low")),
            ("log.severity", text("error")),
            ("flags", text("none")),
            ("log.flags", Value::Int(2)),
        ]),
        dropped_attributes: 3,
        ..record()
    };
    let rows = shown(&decoded(Signal3::Logs, &of_logs([hidden])).rows);
    let field = |name: &str| rows[0].get(name).map(readable_value).unwrap();
    assert_eq!((field("body"), field("log.body")), ("\"the attribute's\"".to_owned(), "\"another's\"".to_owned()));
    assert_eq!(field("meta.dropped_attributes"), "5", "3 by the sender, the body and the flags here");
}

#[test]
fn an_exception_as_a_log_record() {
    let exception = LogRecord {
        severity_number: 17,
        event_name: "exception".to_owned(),
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        attributes: pairs([
            ("exception.type", text("KeyError")),
            ("exception.message", text("'id'")),
            ("exception.stacktrace", text(&"x".repeat(70_000))),
        ]),
        ..record()
    };
    let by_attribute = LogRecord { attributes: pairs([("event.name", text("exception")), ("exception.type", text("E"))]), ..record() };
    let decoded = decoded(Signal3::Logs, &of_logs([exception, by_attribute]));
    let rows = shown(&decoded.rows);
    let field = |row: usize, name: &str| rows[row].get(name).map(readable_value);
    for (name, expected) in [
        ("event.name", "\"exception\""),
        ("exception.type", "\"KeyError\""),
        ("exception.message", "\"'id'\""),
        ("meta.annotation_type", "\"span_event\""),
        ("trace.parent_id", "\"0202020202020202\""),
    ] {
        assert_eq!(field(0, name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(field(0, "exception.stacktrace").map(|text| text.len()), Some(70_002), "stack traces may be long");
    assert_eq!((field(1, "event.name"), field(1, "meta.annotation_type")), (Some("\"exception\"".to_owned()), None));
}
