//! The same batch in protobuf and in JSON gives the same rows.
#![allow(clippy::unwrap_used)]

mod support;

use glasshive_receive_otlp::decode::Signal3;
use glasshive_wire_otlp::message::{
    Attributes, Buckets, Event, Exemplar, Link, LogRecord, Metric, MetricData, Point, PointValue, Request, ResourceItems, ScopeItems, Span,
    Value,
};
use glasshive_wire_otlp::metric::MetricKind;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use support::{NOW, decoded};

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z.]{0,6}", 1 => "\\PC{0,5}", 1 => Just("\"\\\n\u{0}😀".to_owned())]
}

fn any_key() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] =
        &["sampleRate", "SampleRate", "service.name", "error", "name", "body", "sampling.weight", "exception.type", "a", "b", "a.b"];
    prop_oneof![3 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => any_text()]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Empty),
        any_text().prop_map(Value::Str),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        Just(Value::Double(f64::NAN)),
        vec(any::<u8>(), 0..5).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(7, 24, 3, |inner| {
        prop_oneof![vec(inner.clone(), 0..3).prop_map(Value::Array), vec((any_key(), inner), 0..3).prop_map(Value::Map)]
    })
}

fn any_attributes() -> impl Strategy<Value = Attributes> {
    vec((any_key(), any_value()), 0..5)
}

fn any_id(len: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![8 => vec(any::<u8>(), len), 1 => Just(Vec::new()), 1 => Just(vec![0; len]), 1 => vec(any::<u8>(), 1..len)]
}

fn any_time() -> impl Strategy<Value = u64> {
    let near = NOW as u64 - 1_000_000_000..NOW as u64 + 1_000_000_000;
    prop_oneof![6 => near, 1 => Just(0), 1 => any::<u64>(), 1 => Just(NOW as u64 + 3_600_000_000_000)]
}

fn any_event() -> impl Strategy<Value = Event> {
    let name = prop_oneof![Just("exception".to_owned()), any_text()];
    (any_time(), name, any_attributes(), 0..3u32).prop_map(|(time_ns, name, attributes, dropped_attributes)| Event {
        time_ns,
        name,
        attributes,
        dropped_attributes,
    })
}

fn any_link() -> impl Strategy<Value = Link> {
    (any_id(16), any_id(8), any_text(), any::<u32>(), any_attributes()).prop_map(|(trace_id, span_id, trace_state, flags, attributes)| {
        Link { trace_id, span_id, trace_state, flags, attributes, dropped_attributes: 0 }
    })
}

fn any_span() -> impl Strategy<Value = Span> {
    let ids = (any_id(16), any_id(8), any_id(8));
    let texts = (any_text(), any_text(), prop_oneof![any_text(), Just("ot=th:8;rv:123".to_owned()), Just("ot=p:3".to_owned())]);
    let numbers = (any::<u32>(), -1..8i32, -1..4i32, 0..3u32);
    let lists = (any_attributes(), vec(any_event(), 0..3), vec(any_link(), 0..3));
    (ids, texts, numbers, (any_time(), any_time()), lists).prop_map(|(ids, texts, numbers, times, lists)| Span {
        trace_id: ids.0,
        span_id: ids.1,
        parent_span_id: ids.2,
        name: texts.0,
        status_message: texts.1,
        trace_state: texts.2,
        flags: numbers.0,
        kind: numbers.1,
        status_code: numbers.2,
        dropped_events: numbers.3,
        start_ns: times.0,
        end_ns: times.1,
        attributes: lists.0,
        events: lists.1,
        links: lists.2,
        ..Span::default()
    })
}

fn any_record() -> impl Strategy<Value = LogRecord> {
    let texts = (any_text(), any_text());
    let ids = (any_id(16), any_id(8));
    (texts, ids, -1..30i32, (any_time(), any_time()), any_attributes(), option::of(any_value()), any::<u32>()).prop_map(
        |(texts, ids, severity_number, times, attributes, body, flags)| LogRecord {
            severity_text: texts.0,
            event_name: texts.1,
            trace_id: ids.0,
            span_id: ids.1,
            severity_number,
            time_ns: times.0,
            observed_ns: times.1,
            attributes,
            body,
            flags,
            dropped_attributes: 1,
        },
    )
}

fn any_double() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -10.0..10.0f64, 1 => any::<f64>(), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)]
}

fn any_number() -> impl Strategy<Value = PointValue> {
    prop_oneof![
        4 => any::<i64>().prop_map(PointValue::Int),
        4 => any_double().prop_map(PointValue::Double),
        1 => Just(PointValue::None)
    ]
}

fn any_histogram() -> impl Strategy<Value = PointValue> {
    let totals = (option::of(any_double()), option::of(any_double()), option::of(any_double()), 0..2u64);
    (totals, vec(0..5u64, 0..5), vec(any_double(), 0..5), any::<bool>()).prop_map(|((sum, min, max, off), counts, mut bounds, is_good)| {
        if is_good {
            bounds.retain(|bound| bound.is_finite());
            bounds.sort_by(f64::total_cmp);
            bounds.dedup();
            bounds.truncate(counts.len().saturating_sub(1));
        }
        PointValue::Histogram { count: counts.iter().sum::<u64>() + if is_good { 0 } else { off }, sum, min, max, bounds, counts }
    })
}

fn any_buckets() -> impl Strategy<Value = Buckets> {
    prop_oneof![
        6 => (-40..40i32, vec(0..5u64, 0..6)),
        1 => (any::<i32>(), vec(0..5u64, 300..400)),
    ]
    .prop_map(|(offset, counts)| Buckets { offset, counts })
}

fn any_exponential() -> impl Strategy<Value = PointValue> {
    let totals = (option::of(any_double()), option::of(any_double()), option::of(any_double()), 0..3u64);
    (totals, -11..22i32, any_double(), any_buckets(), any_buckets()).prop_map(
        |((sum, min, max, zero_count), scale, zero_threshold, positive, negative)| {
            let count = zero_count + positive.counts.iter().chain(&negative.counts).sum::<u64>();
            PointValue::Exponential { count, sum, min, max, scale, zero_count, zero_threshold, positive, negative }
        },
    )
}

fn any_summary() -> impl Strategy<Value = PointValue> {
    let quantile = prop_oneof![Just(0.0), Just(0.5), Just(1.0), any_double()];
    (0..9u64, any_double(), vec((quantile, any_double()), 0..4)).prop_map(|(count, sum, quantiles)| PointValue::Summary {
        count,
        sum,
        quantiles,
    })
}

fn any_exemplar() -> impl Strategy<Value = Exemplar> {
    (any_time(), any_number(), any_id(16), any_id(8), any_attributes())
        .prop_map(|(time_ns, value, trace_id, span_id, attributes)| Exemplar { time_ns, value, trace_id, span_id, attributes })
}

fn any_point(value: impl Strategy<Value = PointValue>) -> impl Strategy<Value = Point> {
    // Few times and attributes, so that many points share a row.
    let attributes = prop_oneof![3 => Just(Vec::new()), 2 => Just(vec![("a".to_owned(), Value::Int(1))]), 1 => any_attributes()];
    let time = prop_oneof![6 => Just(NOW as u64), 1 => any_time()];
    (time, prop_oneof![Just(0), any_time()], attributes, value, vec(any_exemplar(), 0..2), 0..3u32).prop_map(
        |(time_ns, start_ns, attributes, value, exemplars, flags)| Point { attributes, start_ns, time_ns, flags, exemplars, value },
    )
}

fn any_metric() -> impl Strategy<Value = Metric> {
    let data = |kind, points| (Just(kind), points);
    let kinds = prop_oneof![
        data(MetricKind::Gauge, vec(any_point(any_number()), 0..4).boxed()),
        data(MetricKind::Sum, vec(any_point(any_number()), 0..4).boxed()),
        data(MetricKind::Histogram, vec(any_point(any_histogram()), 0..4).boxed()),
        data(MetricKind::ExponentialHistogram, vec(any_point(any_exponential()), 0..4).boxed()),
        data(MetricKind::Summary, vec(any_point(any_summary()), 0..4).boxed()),
    ];
    const NAMES: &[&str] = &["m", "m.count", "h", "h.p50", "a", "metric.a", "", "service.name"];
    let name = prop_oneof![4 => proptest::sample::select(NAMES).prop_map(str::to_owned), 1 => any_text()];
    (name, any_text(), any_text(), any_attributes(), kinds, 0..4i32, any::<bool>()).prop_map(
        |(name, unit, description, metadata, (kind, mut points), temporality, is_monotonic)| {
            if kind == MetricKind::Summary {
                points.iter_mut().for_each(|point| point.exemplars.clear());
            }
            let data = MetricData { kind, temporality, is_monotonic, points };
            Metric { name, unit, description, metadata, data: Some(data) }
        },
    )
}

fn any_scope() -> impl Strategy<Value = ScopeItems> {
    (any_text(), any_text(), any_attributes(), vec(any_span(), 0..4), vec(any_record(), 0..4), vec(any_metric(), 0..5)).prop_map(
        |(name, schema_url, attributes, spans, logs, metrics)| ScopeItems {
            name,
            schema_url,
            attributes,
            spans,
            logs,
            metrics,
            ..ScopeItems::default()
        },
    )
}

fn any_request() -> impl Strategy<Value = Request> {
    let resource = (any_attributes(), any_text(), vec(any_scope(), 0..3)).prop_map(|(attributes, schema_url, scopes)| ResourceItems {
        attributes,
        schema_url,
        scopes,
        dropped_attributes: 0,
    });
    vec(resource, 0..3).prop_map(|resources| Request { resources })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn otlp25_both_encodings_give_the_same_rows(request in any_request()) {
        // `decoded` compares the rows of both encodings.
        let traces = decoded(Signal3::Traces, &request);
        let sent: usize = request.resources.iter().flat_map(|resource| &resource.scopes).map(|scope| scope.spans.len()).sum();
        prop_assert_eq!(traces.accepted + traces.rejected, sent as u64);
        let logs = decoded(Signal3::Logs, &request);
        let sent: usize = request.resources.iter().flat_map(|resource| &resource.scopes).map(|scope| scope.logs.len()).sum();
        prop_assert_eq!(logs.accepted + logs.rejected, sent as u64);
        let metrics = decoded(Signal3::Metrics, &request);
        let sent: usize = request
            .resources
            .iter()
            .flat_map(|resource| &resource.scopes)
            .flat_map(|scope| &scope.metrics)
            .filter_map(|metric| metric.data.as_ref())
            .map(|data| data.points.len())
            .sum();
        prop_assert_eq!(metrics.accepted + metrics.rejected, sent as u64);
    }
}
