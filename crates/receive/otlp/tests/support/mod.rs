//! Rows as readable text, and requests that are quickly made.
#![allow(dead_code, reason = "each test program uses its part")]

use glasshive_model::rows::Stamp;
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::{Rows, Value};
use glasshive_receive_otlp::decode::{DecodeContext, Decoded, Encoding, Signal3, decode};
use glasshive_wire_otlp::message::{LogRecord, Request, ResourceItems, ScopeItems, Span, Value as Sent};
use std::fmt::Write;

/// 2023-11-14T22:13:20Z, when everything is received.
pub const NOW: i64 = 1_700_000_000_000_000_000;

pub fn context() -> DecodeContext<'static> {
    DecodeContext { received_ns: NOW, ..DecodeContext::default() }
}

pub fn shown(rows: &Rows) -> Vec<ShownRow> {
    if rows.is_empty() {
        return Vec::new();
    }
    shown_rows(&rows.to_batch(Stamp { sequence: 1, ingest_time_ns: NOW }))
}

pub fn readable_value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Str(text) => format!("{text:?}"),
        Value::Json(text) => format!("json {text}"),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Bool(truth) => truth.to_string(),
    }
}

/// Every row with its shown fields, but the ones that are the same everywhere.
pub fn readable(rows: &Rows) -> String {
    let mut out = String::new();
    for row in shown(rows) {
        writeln!(out, "at {}", row.time_ns).unwrap();
        for (name, value) in &row.fields {
            if !matches!(name.as_str(), "meta.ingest_time" | "meta.source") {
                writeln!(out, "  {name}: {}", readable_value(value)).unwrap();
            }
        }
        for (level, keys) in [("resource", &row.resource_keys), ("scope", &row.scope_keys)] {
            if !keys.is_empty() {
                writeln!(out, "  ({level}: {})", keys.join(" ")).unwrap();
            }
        }
    }
    out
}

pub fn text(text: &str) -> Sent {
    Sent::Str(text.to_owned())
}

pub fn pairs<const N: usize>(pairs: [(&str, Sent); N]) -> Vec<(String, Sent)> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

pub fn span() -> Span {
    Span {
        trace_id: (1..=16).collect(),
        span_id: (1..=8).collect(),
        name: "GET /cart".to_owned(),
        kind: 2,
        start_ns: NOW as u64,
        end_ns: NOW as u64 + 1_500_000,
        ..Span::default()
    }
}

pub fn record() -> LogRecord {
    LogRecord { time_ns: NOW as u64, ..LogRecord::default() }
}

/// One resource `cart` with one scope.
pub fn request(scope: ScopeItems) -> Request {
    Request {
        resources: vec![ResourceItems {
            attributes: pairs([("service.name", text("cart"))]),
            scopes: vec![scope],
            ..ResourceItems::default()
        }],
    }
}

pub fn of_spans(spans: impl IntoIterator<Item = Span>) -> Request {
    request(ScopeItems { spans: spans.into_iter().collect(), ..ScopeItems::default() })
}

pub fn of_logs(logs: impl IntoIterator<Item = LogRecord>) -> Request {
    request(ScopeItems { logs: logs.into_iter().collect(), ..ScopeItems::default() })
}

/// Decodes a request in both encodings, which must agree.
pub fn decoded(signal: Signal3, request: &Request) -> Decoded {
    let [protobuf, json] = Encoding::ALL.map(|encoding| {
        let body = request.encode(signal, encoding);
        decode(signal, encoding, &body, &context()).unwrap_or_else(|error| panic!("{encoding:?}: {error}"))
    });
    assert_eq!(readable(&protobuf.rows), readable(&json.rows));
    assert_eq!((protobuf.accepted, protobuf.rejected), (json.accepted, json.rejected));
    protobuf
}

pub fn decoded_json(signal: Signal3, body: &str) -> Decoded {
    decode(signal, Encoding::Json, body.as_bytes(), &context()).unwrap_or_else(|error| panic!("{error}"))
}
