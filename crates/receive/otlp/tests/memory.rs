//! What decoding takes from the allocator: nothing for an attribute more, and never out of proportion to the body.
#![allow(clippy::unwrap_used)]

mod support;

use glasshive_receive_otlp::decode::{Encoding, Signal3, decode};
use glasshive_wire_otlp::message::{Attributes, Event, LogRecord, Metric, MetricData, Point, PointValue, Request, ScopeItems, Span, Value};
use glasshive_wire_otlp::metric::MetricKind;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};
use std::alloc::System;
use support::{NOW, context, of_logs, of_spans, pairs, record, request, span, text};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What one decoding takes, whether it ends well or not.
fn taken(signal: Signal3, encoding: Encoding, body: &[u8]) -> Stats {
    let region = Region::new(ALLOCATOR);
    let decoded = decode(signal, encoding, body, &context());
    let stats = region.change();
    drop(decoded);
    stats
}

fn calls(stats: Stats) -> f64 {
    (stats.allocations + stats.reallocations) as f64
}

/// `count` attributes of all types; texts hold what JSON must escape.
fn attributes(count: usize) -> Attributes {
    let value = |index: usize| match index % 6 {
        0 => text("line\n\"quoted\""),
        1 => Value::Int(index as i64),
        2 => Value::Double(0.5),
        3 => Value::Array(vec![text("a\t"), Value::Int(1)]),
        4 => Value::Map(pairs([("k", Value::Bool(true)), ("l", Value::Map(pairs([("m", text("v"))])))])),
        _ => Value::Bytes(vec![index as u8; 9]),
    };
    (0..count).map(|index| (format!("attribute.number.{index}"), value(index))).collect()
}

fn batch(signal: Signal3, items: usize, count: usize) -> Request {
    match signal {
        Signal3::Traces => {
            let event = Event { time_ns: NOW as u64, name: "e".to_owned(), attributes: attributes(count), ..Event::default() };
            of_spans((0..items).map(|_| Span { attributes: attributes(count), events: vec![event.clone()], ..span() }))
        }
        _ => of_logs((0..items).map(|_| LogRecord { attributes: attributes(count), body: Some(text("body\n")), ..record() })),
    }
}

/// Allocator calls for one item more, once a request is under way.
fn calls_per_item(signal: Signal3, encoding: Encoding, count: usize) -> f64 {
    let of = |items| calls(taken(signal, encoding, &batch(signal, items, count).encode(signal, encoding)));
    (of(2_000) - of(1_000)) / 1_000.0
}

/// Metrics of few bytes each, all different in `what`.
fn tiny_metrics(what: &str) -> Request {
    let point = |index: u64, value| Point { time_ns: NOW as u64 + index, value, ..Point::default() };
    let histogram = || PointValue::Histogram { count: 2, sum: None, min: None, max: None, bounds: vec![1.0], counts: vec![1, 1] };
    let metric = |name: String, kind, points| {
        let data = MetricData { kind, temporality: 1, is_monotonic: false, points };
        Metric { name, data: Some(data), ..Metric::default() }
    };
    let metrics = match what {
        "times" => vec![metric("m".to_owned(), MetricKind::Gauge, (0..200_000).map(|index| point(index, PointValue::Int(1))).collect())],
        "repeats" => vec![metric("m".to_owned(), MetricKind::Gauge, (0..200_000).map(|_| point(0, PointValue::Int(1))).collect())],
        "names" => (0..50_000).map(|index| metric(format!("{index}"), MetricKind::Histogram, vec![point(0, histogram())])).collect(),
        "quantiles" => {
            let quantiles = (0..100_000).map(|index| (f64::from(index) / 100_000.0, 1.0)).collect();
            let summary = PointValue::Summary { count: 1, sum: 1.0, quantiles };
            vec![metric("m".to_owned(), MetricKind::Summary, vec![point(0, summary)])]
        }
        "nothing" => (0..200_000).map(|_| metric("m".to_owned(), MetricKind::Gauge, vec![])).collect(),
        "descriptions" => {
            // Escaped in JSON, so that every reading of a description takes its length from the allocator.
            let description = format!("\n{}", "d".repeat(60_000));
            let has = |metric: u64, row: u64| row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> metric & 1 == 1;
            (0..60)
                .map(|index| {
                    let points = (1..1_000).filter(|row| has(index, *row)).map(|row| point(row, PointValue::Int(1))).collect();
                    Metric { description: description.clone(), ..metric(format!("{index}"), MetricKind::Gauge, points) }
                })
                .collect()
        }
        "sets" => {
            let long = Metric { description: "d".repeat(60_000), ..metric("long".to_owned(), MetricKind::Gauge, vec![]) };
            let mut metrics: Vec<_> = (0..1_000)
                .map(|index| {
                    metric(
                        format!("{index}"),
                        MetricKind::Gauge,
                        (0..100).filter(|row| (index + row) % 7 > 0).map(|row| point(row, PointValue::Int(1))).collect(),
                    )
                })
                .collect();
            metrics.push(Metric { data: metrics[0].data.clone(), ..long });
            metrics
        }
        other => panic!("there are no metrics called {other}"),
    };
    request(ScopeItems { metrics, ..ScopeItems::default() })
}

/// Bodies that ask for much with few bytes, and what each may take per byte.
fn floods() -> Vec<(&'static str, Signal3, Encoding, Vec<u8>)> {
    use Encoding::{Json, Protobuf};
    use Signal3::{Logs, Metrics, Traces};
    let events = of_spans((0..500).map(|_| Span { events: vec![Event::default(); 1_024], ..span() }));
    let keys = of_spans((0..1_000).map(|outer| {
        let attributes = (0..100).map(|inner| (format!("{}", outer * 100 + inner), Value::Int(1))).collect();
        Span { attributes, ..span() }
    }));
    let mut overrides =
        of_spans((0..5_000).map(|index| Span { attributes: vec![(format!("{}", index % 1_000), Value::Int(2))], ..span() }));
    overrides.resources[0].attributes.extend((0..1_000).map(|index| (format!("{index}"), Value::Int(1))));
    let long_stem = "s".repeat(1_000);
    let stems = of_spans((0..200).map(|_| {
        let leaves = (0..1_900).map(|index| (format!("{index}"), Value::Empty)).collect();
        Span { attributes: vec![(long_stem.clone(), Value::Map(leaves))], ..span() }
    }));
    let empties = of_logs([LogRecord { body: Some(Value::Array(vec![Value::Empty; 500_000])), ..record() }]);
    let json_of_nothing = |inner: &str| format!("{{\"x\":[{}0]}}", format!("{inner},").repeat(400_000)).into_bytes();
    vec![
        ("empty events", Traces, Protobuf, events.encode(Traces, Protobuf)),
        ("empty events", Traces, Json, events.encode(Traces, Json)),
        ("distinct keys", Traces, Protobuf, keys.encode(Traces, Protobuf)),
        ("distinct overrides", Traces, Protobuf, overrides.encode(Traces, Protobuf)),
        ("long stems", Traces, Protobuf, stems.encode(Traces, Protobuf)),
        ("empty values", Logs, Protobuf, empties.encode(Logs, Protobuf)),
        ("tokens", Traces, Json, json_of_nothing("0")),
        ("objects", Traces, Json, json_of_nothing("{}")),
        ("times of points", Metrics, Protobuf, tiny_metrics("times").encode(Metrics, Protobuf)),
        ("repeated points", Metrics, Protobuf, tiny_metrics("repeats").encode(Metrics, Protobuf)),
        ("quantiles", Metrics, Protobuf, tiny_metrics("quantiles").encode(Metrics, Protobuf)),
        ("metrics without points", Metrics, Protobuf, tiny_metrics("nothing").encode(Metrics, Protobuf)),
        ("names of metrics", Metrics, Protobuf, tiny_metrics("names").encode(Metrics, Protobuf)),
        ("sets of metrics", Metrics, Json, tiny_metrics("sets").encode(Metrics, Json)),
        ("sets of metrics with long descriptions", Metrics, Json, tiny_metrics("descriptions").encode(Metrics, Json)),
        ("invalid text", Traces, Protobuf, [b"\x0a\x80\x80\x40\x1a\xfc\xff\x3f".as_slice(), &[0xff; 1 << 20]].concat()),
    ]
}

/// One test, because the counters are the process's.
#[test]
fn decoding_is_frugal() {
    for signal in [Signal3::Traces, Signal3::Logs] {
        for encoding in Encoding::ALL {
            let (few, many) = (calls_per_item(signal, encoding, 6), calls_per_item(signal, encoding, 60));
            // Columns double now and then: 100 of them within 1,000 items are 0.1 calls per item.
            assert!(few < 0.2 && many < 0.2, "{signal:?} {encoding:?}: {few} calls per item with 6 attributes, {many} with 60");
        }
    }
    for (what, signal, encoding, body) in floods() {
        let taken = taken(signal, encoding, &body).bytes_allocated;
        let allowed = 48 * body.len() + (16 << 20);
        assert!(taken < allowed, "{what} in {encoding:?}: {taken} bytes for a body of {}", body.len());
    }
}
