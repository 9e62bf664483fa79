//! Whatever the bytes, decoding answers: no panic, and nothing malformed is accepted.
#![allow(clippy::unwrap_used)]

mod support;

use glasshive_receive_otlp::decode::{Encoding, Signal3, decode};
use glasshive_wire_otlp::message::{
    Buckets, Event, Exemplar, Link, LogRecord, Metric, MetricData, Point, PointValue, Request, ScopeItems, Span, Value,
};
use glasshive_wire_otlp::metric::MetricKind;
use proptest::collection::vec;
use proptest::prelude::*;
use support::{NOW, context, pairs, readable, record, request, span, text};

fn sample() -> Request {
    let values = pairs([
        ("s", text("täxt\n")),
        ("i", Value::Int(-1)),
        ("d", Value::Double(0.1)),
        ("y", Value::Bytes(vec![1, 2, 3])),
        ("m", Value::Map(pairs([("a", Value::Array(vec![Value::Bool(true), Value::Empty])), ("sampleRate", Value::Int(3))]))),
    ]);
    let event = Event { time_ns: NOW as u64, name: "exception".to_owned(), attributes: values.clone(), dropped_attributes: 1 };
    let link = Link { trace_id: vec![7; 16], span_id: vec![7; 8], attributes: values.clone(), ..Link::default() };
    let span = Span { attributes: values.clone(), events: vec![event], links: vec![link], trace_state: "ot=th:8".to_owned(), ..span() };
    let metrics = sample_metrics(&values);
    let log = LogRecord { body: Some(Value::Map(values.clone())), attributes: values.clone(), ..record() };
    request(ScopeItems {
        name: "lib".to_owned(),
        attributes: values,
        spans: vec![span.clone(), span],
        logs: vec![log],
        metrics,
        ..ScopeItems::default()
    })
}

fn sample_metrics(values: &[(String, Value)]) -> Vec<Metric> {
    let (sum, min, max) = (Some(4.5), Some(0.5), Some(2.0));
    let histogram = PointValue::Histogram { count: 3, sum, min, max, bounds: vec![1.0], counts: vec![1, 2] };
    let buckets = Buckets { offset: -1, counts: vec![1, 0, 1] };
    let (positive, negative) = (buckets.clone(), buckets);
    let exponential = PointValue::Exponential { count: 5, sum, min, max, scale: 2, zero_count: 1, zero_threshold: 0.1, positive, negative };
    let summary = PointValue::Summary { count: 3, sum: 4.5, quantiles: vec![(0.5, 1.0)] };
    let of = |name: &str, kind, value: &PointValue| {
        let exemplar = Exemplar {
            time_ns: NOW as u64,
            value: PointValue::Int(1),
            span_id: vec![1; 8],
            attributes: values.to_vec(),
            ..Exemplar::default()
        };
        let point =
            Point { attributes: values.to_vec(), time_ns: NOW as u64, exemplars: vec![exemplar], value: value.clone(), ..Point::default() };
        let data = MetricData { kind, temporality: 1, is_monotonic: true, points: vec![point.clone(), point] };
        Metric { name: name.to_owned(), metadata: values.to_vec(), data: Some(data), ..Metric::default() }
    };
    vec![
        of("g", MetricKind::Gauge, &PointValue::Double(1.5)),
        of("s", MetricKind::Sum, &PointValue::Int(3)),
        of("h", MetricKind::Histogram, &histogram),
        of("e", MetricKind::ExponentialHistogram, &exponential),
        of("q", MetricKind::Summary, &summary),
    ]
}

/// Decodes and reads everything; what is accepted must be well formed.
fn survive(signal: Signal3, encoding: Encoding, body: &[u8]) {
    if let Ok(decoded) = decode(signal, encoding, body, &context()) {
        readable(&decoded.rows);
        assert_eq!(glasshive_wire_otlp::check(signal, encoding, body), Ok(()));
        assert!(decoded.message.is_none_or(|message| message.len() <= 1_024));
    }
}

#[derive(Debug, Clone)]
enum Mutation {
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
    Truncate(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        2 => (any::<usize>(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => (any::<usize>(), 1..20usize).prop_map(|(at, len)| Mutation::Remove(at, len)),
        1 => (any::<usize>(), 1..60usize).prop_map(|(at, len)| Mutation::Repeat(at, len)),
        1 => any::<usize>().prop_map(Mutation::Truncate),
    ]
}

fn mutate(body: &mut Vec<u8>, mutation: &Mutation) {
    let len = body.len().max(1);
    let within = |at: usize, body: &[u8]| (at % len).min(body.len());
    match mutation {
        Mutation::Set(at, byte) => {
            let at = within(*at, body);
            if let Some(target) = body.get_mut(at) {
                *target = *byte;
            }
        }
        Mutation::Insert(at, bytes) => {
            let at = within(*at, body);
            body.splice(at..at, bytes.iter().copied());
        }
        Mutation::Remove(at, count) => {
            let at = within(*at, body);
            body.drain(at..(at + count).min(body.len()));
        }
        Mutation::Repeat(at, count) => {
            let at = within(*at, body);
            let piece = body[at..(at + count).min(body.len())].to_vec();
            body.splice(at..at, piece);
        }
        Mutation::Truncate(at) => body.truncate(within(*at, body)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(body in vec(any::<u8>(), 0..200)) {
        for signal in Signal3::ALL {
            Encoding::ALL.into_iter().for_each(|encoding| survive(signal, encoding, &body));
        }
    }

    #[test]
    fn random_json(body in "[\\[\\]{}:,\"a-e0-9 .\\\\u-]{0,80}") {
        Signal3::ALL.into_iter().for_each(|signal| survive(signal, Encoding::Json, body.as_bytes()));
    }

    #[test]
    fn mutated_requests(mutations in vec(mutation(), 1..6)) {
        let sample = sample();
        for signal in Signal3::ALL {
            for encoding in Encoding::ALL {
                let mut body = sample.encode(signal, encoding);
                mutations.iter().for_each(|mutation| mutate(&mut body, mutation));
                survive(signal, encoding, &body);
            }
        }
    }
}
