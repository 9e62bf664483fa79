//! Fuzz targets: what every decoder must hold for any bytes, and the corpora it is tried on.
//!
//! A target is a function that takes bytes and panics when a rule is broken. It runs in the test command, on stable, over the
//! files of `corpus/<target>/` and over mutations of them drawn from a fixed seed; where libFuzzer is at hand, a three-line
//! program that calls [`target`] runs it for as long as one likes, and what it finds goes into the corpus.

mod query;
mod xray;

use glasshive_model::rows::Stamp;
use glasshive_model::shown::shown_rows;
use glasshive_receive_otlp::decode::{DecodeContext, Encoding, MESSAGE_BYTES, Signal3, decode};

/// One target's function. Returns how many items were accepted.
pub type Target = fn(&[u8]) -> u64;

/// Every target by the name of its corpus folder.
pub const TARGETS: &[(&str, Target)] = &[
    ("otlp-traces-protobuf", |bytes| otlp(Signal3::Traces, Encoding::Protobuf, bytes)),
    ("otlp-traces-json", |bytes| otlp(Signal3::Traces, Encoding::Json, bytes)),
    ("otlp-logs-protobuf", |bytes| otlp(Signal3::Logs, Encoding::Protobuf, bytes)),
    ("otlp-logs-json", |bytes| otlp(Signal3::Logs, Encoding::Json, bytes)),
    ("otlp-metrics-protobuf", |bytes| otlp(Signal3::Metrics, Encoding::Protobuf, bytes)),
    ("otlp-metrics-json", |bytes| otlp(Signal3::Metrics, Encoding::Json, bytes)),
    ("xray-datagram", xray::datagram),
    ("query-text", query::query_text),
    ("query-specification", query::query_specification),
    ("query-expression", query::query_expression),
    ("log-segment", glasshive_store::fuzzing::log_segment),
    ("sidecar", glasshive_store::fuzzing::sidecar),
];

/// The target with this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}

/// 2023-11-14T22:13:20Z.
const RECEIVED_NS: i64 = 1_700_000_000_000_000_000;

/// Decoding answers; what it accepts is well formed, reads back, and stays in proportion; decoding again gives the same.
fn otlp(signal: Signal3, encoding: Encoding, bytes: &[u8]) -> u64 {
    let context = DecodeContext { received_ns: RECEIVED_NS, ..DecodeContext::default() };
    let Ok(first) = decode(signal, encoding, bytes, &context) else { return 0 };
    assert_eq!(glasshive_wire_otlp::check(signal, encoding, bytes), Ok(()), "accepted although malformed");
    assert!(first.message.as_ref().is_none_or(|message| message.len() <= MESSAGE_BYTES), "the message is too long");
    assert!(first.rows.heap_bytes() <= (16 << 20) + 32 * bytes.len(), "the rows are out of proportion");
    let again = decode(signal, encoding, bytes, &context).expect("it was accepted a moment ago");
    let shown =
        |rows: &glasshive_model::Rows| format!("{:?}", shown_rows(&rows.to_batch(Stamp { sequence: 1, ingest_time_ns: RECEIVED_NS })));
    assert_eq!(shown(&first.rows), shown(&again.rows), "decoding is not a function of the bytes");
    first.accepted
}
