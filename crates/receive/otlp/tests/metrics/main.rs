//! Metric points in, rows out: every kind, what shares a row, what is refused.
#![allow(clippy::unwrap_used)]

mod rows;
#[path = "../support/mod.rs"]
mod support;

use expect_test::{Expect, expect};
use glasshive_model::Decoder;
use glasshive_receive_otlp::decode::{DecodeContext, Decoded, Encoding, OtlpDecoder, Signal3, decode};
use glasshive_wire_otlp::message::{
    Attributes, Buckets, Exemplar, Metric, MetricData, Point, PointValue, Request, ResourceItems, ScopeItems, Value,
};
use glasshive_wire_otlp::metric::MetricKind;
use support::{NOW, context, decoded, decoded_json, pairs, readable, readable_value, request, shown, text};

const T: u64 = NOW as u64;

fn point(value: PointValue, attributes: Attributes) -> Point {
    Point { attributes, time_ns: T, value, ..Point::default() }
}

fn metric(name: &str, kind: MetricKind, points: impl IntoIterator<Item = Point>) -> Metric {
    let data = MetricData { kind, temporality: 2, is_monotonic: kind == MetricKind::Sum, points: points.into_iter().collect() };
    Metric { name: name.to_owned(), data: Some(data), ..Metric::default() }
}

fn gauge(name: &str, value: PointValue) -> Metric {
    metric(name, MetricKind::Gauge, [point(value, vec![])])
}

fn histogram(bounds: &[f64], counts: &[u64]) -> PointValue {
    let count = counts.iter().sum();
    PointValue::Histogram { count, sum: None, min: None, max: None, bounds: bounds.to_vec(), counts: counts.to_vec() }
}

fn exponential(scale: i32, zero_count: u64, positive: Buckets, negative: Buckets) -> PointValue {
    let count = zero_count + positive.counts.iter().sum::<u64>() + negative.counts.iter().sum::<u64>();
    let (sum, min, max, zero_threshold) = (None, None, None, 0.0);
    PointValue::Exponential { count, sum, min, max, scale, zero_count, zero_threshold, positive, negative }
}

fn of(metrics: impl IntoIterator<Item = Metric>) -> Request {
    request(ScopeItems { metrics: metrics.into_iter().collect(), ..ScopeItems::default() })
}

fn metrics(metrics: impl IntoIterator<Item = Metric>) -> Decoded {
    decoded(Signal3::Metrics, &of(metrics))
}

fn check(metrics: impl IntoIterator<Item = Metric>, expected: Expect) {
    let decoded = self::metrics(metrics);
    assert_eq!((decoded.rejected, decoded.message.as_deref()), (0, None));
    expected.assert_eq(&readable(&decoded.rows));
}

fn field_of(decoded: &Decoded, row: usize, name: &str) -> String {
    shown(&decoded.rows)[row].get(name).map_or_else(|| "absent".to_owned(), readable_value)
}

/// The sentence that says why the only point was rejected.
fn rejected(metric: Metric) -> String {
    let decoded = metrics([metric]);
    assert_eq!((decoded.accepted, decoded.rejected, decoded.rows.len()), (0, 1, 0));
    decoded.message.unwrap()
}

#[test]
fn points_that_belong_together_are_one_row() {
    let route = || pairs([("http.route", text("/cart")), ("code", Value::Int(200))]);
    let turned = pairs([("code", Value::Int(200)), ("http.route", text("/cart"))]);
    let later = Point { time_ns: T + 1, start_ns: T - 5, ..point(PointValue::Int(9), route()) };
    let mut requests = metric("requests", MetricKind::Sum, [point(PointValue::Int(7), route()), later]);
    requests.unit = "{request}".to_owned();
    requests.description = "Requests \"served\"".to_owned();
    requests.metadata = pairs([("prometheus.type", text("counter"))]);
    let mut delta = metric("bytes", MetricKind::Sum, [point(PointValue::Double(1.5), turned)]);
    delta.data.as_mut().unwrap().temporality = 1;
    delta.data.as_mut().unwrap().is_monotonic = false;
    let load = gauge("load", PointValue::Double(f64::INFINITY));
    check(
        [requests, delta, load],
        expect![[r#"
            at 1700000000000000000
              bytes: 1.5
              code: 200
              http.route: "/cart"
              meta.dataset: "unknown_metrics"
              meta.sample_rate: 1.0
              meta.signal_type: "metric"
              metric.descriptors: json {"requests":{"kind":"sum","unit":"{request}","temporality":"cumulative","monotonic":true,"description":"Requests \"served\"","metadata":{"prometheus.type":"counter"}},"bytes":{"kind":"sum","temporality":"delta","monotonic":false}}
              metric.series: "e32d9a7cb86223df"
              requests: 7
              service.name: "cart"
              (resource: service.name)
            at 1700000000000000001
              code: 200
              http.route: "/cart"
              meta.dataset: "unknown_metrics"
              meta.sample_rate: 1.0
              meta.signal_type: "metric"
              metric.descriptors: json {"requests":{"kind":"sum","unit":"{request}","temporality":"cumulative","monotonic":true,"description":"Requests \"served\"","metadata":{"prometheus.type":"counter"}}}
              metric.series: "e32d9a7cb86223df"
              metric.start_time_ns: 1699999999999999995
              requests: 9
              service.name: "cart"
              (resource: service.name)
            at 1700000000000000000
              load: inf
              meta.dataset: "unknown_metrics"
              meta.sample_rate: 1.0
              meta.signal_type: "metric"
              metric.descriptors: json {"load":{"kind":"gauge"}}
              metric.series: "2f41f5a43955e635"
              service.name: "cart"
              (resource: service.name)
        "#]],
    );
}

#[test]
fn histograms_with_percentiles() {
    let value = PointValue::Histogram {
        count: 200,
        sum: Some(3_000.0),
        min: Some(1.0),
        max: Some(35.0),
        bounds: vec![0.0, 10.0, 20.0],
        counts: vec![0, 100, 0, 100],
    };
    check(
        [metric("h", MetricKind::Histogram, [point(value, vec![])])],
        expect![[r#"
            at 1700000000000000000
              h.avg: 15.0
              h.count: 200
              h.histogram: json {"bounds":[0.0,10.0,20.0],"counts":[0,100,0,100]}
              h.max: 35.0
              h.min: 1.0
              h.p001: 1.018
              h.p01: 1.18
              h.p05: 1.9
              h.p10: 2.8
              h.p20: 4.6
              h.p25: 5.5
              h.p50: 10.0
              h.p75: 27.5
              h.p80: 29.0
              h.p90: 32.0
              h.p95: 33.5
              h.p99: 34.7
              h.p999: 34.97
              h.sum: 3000.0
              meta.dataset: "unknown_metrics"
              meta.sample_rate: 1.0
              meta.signal_type: "metric"
              metric.descriptors: json {"h":{"kind":"histogram","temporality":"cumulative"}}
              metric.series: "2f41f5a43955e635"
              service.name: "cart"
              (resource: service.name)
        "#]],
    );
    let bare = metrics([metric("h", MetricKind::Histogram, [point(histogram(&[], &[]), vec![])])]);
    assert_eq!((field_of(&bare, 0, "h.count"), field_of(&bare, 0, "h.p50")), ("0".to_owned(), "absent".to_owned()));
    assert_eq!((field_of(&bare, 0, "h.avg"), field_of(&bare, 0, "h.sum")), ("absent".to_owned(), "absent".to_owned()));
}

#[test]
fn exponential_histograms_with_percentiles() {
    let positive = Buckets { offset: 1, counts: vec![50, 0, 50] };
    let negative = Buckets { offset: -1, counts: vec![50] };
    let decoded = metrics([metric("e", MetricKind::ExponentialHistogram, [point(exponential(0, 50, positive, negative), vec![])])]);
    assert_eq!(
        field_of(&decoded, 0, "e.histogram"),
        r#"json {"scale":0,"zero_count":50,"zero_threshold":0.0,"positive":{"offset":1,"counts":[50,0,50]},"negative":{"offset":-1,"counts":[50]}}"#
    );
    // In order: 50 in [-1, -0.5), 50 at 0, 50 in (2, 4], 50 in (8, 16].
    for (name, expected) in [("p10", "-0.8"), ("p25", "-0.5"), ("p50", "0.0"), ("p75", "4.0"), ("p90", "12.8"), ("count", "200")] {
        assert_eq!(field_of(&decoded, 0, &format!("e.{name}")), expected, "{name}");
    }
}

#[test]
fn exponential_histograms_with_too_many_buckets_are_downscaled() {
    let positive = Buckets { offset: 3, counts: vec![1; 400] };
    let decoded =
        metrics([metric("e", MetricKind::ExponentialHistogram, [point(exponential(5, 0, positive, Buckets::default()), vec![])])]);
    assert_eq!(decoded.message.as_deref(), Some("1 exponential histogram of more than 320 buckets, merged two by two"));
    let json = field_of(&decoded, 0, "e.histogram");
    assert!(json.starts_with(r#"json {"scale":4,"zero_count":0,"zero_threshold":0.0,"positive":{"offset":1,"counts":[1,2,2,"#), "{json}");
    let sparse = Buckets { offset: 0, counts: [vec![0; 400], vec![7], vec![0; 400]].concat() };
    let decoded = metrics([metric("e", MetricKind::ExponentialHistogram, [point(exponential(5, 0, sparse, Buckets::default()), vec![])])]);
    assert_eq!(decoded.message, None, "empty buckets at the ends are left out, which loses nothing");
    let json = field_of(&decoded, 0, "e.histogram");
    assert!(json.starts_with(r#"json {"scale":5,"zero_count":0,"zero_threshold":0.0,"positive":{"offset":400,"counts":[7]}"#), "{json}");
}

#[test]
fn summaries_keep_the_quantiles_of_the_source() {
    let value = PointValue::Summary { count: 4, sum: 10.0, quantiles: vec![(0.0, 1.0), (0.5, 2.0), (0.999, 3.5), (1.0, 4.0), (2.0, 9.0)] };
    let decoded = metrics([metric("s", MetricKind::Summary, [point(value, vec![])])]);
    assert_eq!(decoded.message.as_deref(), Some("1 summary quantile outside 0 to 1, dropped"));
    let fields = [("count", "4"), ("sum", "10.0"), ("avg", "2.5"), ("min", "1.0"), ("p50", "2.0"), ("p999", "3.5"), ("max", "4.0")];
    fields.into_iter().for_each(|(name, expected)| assert_eq!(field_of(&decoded, 0, &format!("s.{name}")), expected, "{name}"));
    assert_eq!(field_of(&decoded, 0, "metric.descriptors"), r#"json {"s":{"kind":"summary"}}"#);
}

#[test]
fn quantiles_beyond_the_limit_are_dropped_and_counted() {
    let quantiles = (1..=400).map(|index| (f64::from(index) / 1_000.0, 1.0)).collect();
    let decoded = metrics([metric("s", MetricKind::Summary, [point(PointValue::Summary { count: 4, sum: 10.0, quantiles }, vec![])])]);
    assert_eq!(decoded.message.as_deref(), Some("147 summary quantile beyond 256 fields of one point, dropped"));
    assert_eq!((field_of(&decoded, 0, "s.p253"), field_of(&decoded, 0, "s.p254")), ("1.0".to_owned(), "absent".to_owned()));
    assert_eq!(field_of(&decoded, 0, "meta.dropped_attributes"), "147");
}

#[test]
fn quantiles_with_too_long_names_are_dropped_and_counted() {
    let name = "m".repeat(1_000);
    let value = PointValue::Summary { count: 4, sum: 10.0, quantiles: vec![(5e-324, 1.0), (0.1 + 0.2, 2.0)] };
    let decoded = metrics([metric(&name, MetricKind::Summary, [point(value, vec![])])]);
    assert_eq!(decoded.message.as_deref(), Some("1 summary quantile whose field has a name longer than 1,024 bytes, dropped"));
    assert_eq!(field_of(&decoded, 0, &format!("{name}.p30000000000000004")), "2.0");
    assert_eq!(field_of(&decoded, 0, "meta.dropped_attributes"), "1");
    assert!(shown(&decoded.rows)[0].fields.iter().all(|(name, _)| name.len() <= 1_024));
}

#[test]
fn exemplars_lead_to_their_traces() {
    let exemplar = Exemplar {
        time_ns: T - 1,
        value: PointValue::Double(0.25),
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        attributes: pairs([("user.id", text("7"))]),
    };
    let wrong = Exemplar { value: PointValue::Int(3), trace_id: vec![1; 3], span_id: vec![0; 8], ..Exemplar::default() };
    let with = Point { exemplars: vec![exemplar, wrong], ..point(PointValue::Int(1), vec![]) };
    let decoded = metrics([metric("m", MetricKind::Sum, [with])]);
    assert_eq!(decoded.message.as_deref(), Some("1 exemplar's trace_id or span_id of the wrong length, dropped from it"));
    assert_eq!(
        field_of(&decoded, 0, "m.exemplars"),
        format!(
            r#"json [{{"time_ns":"{}","value":0.25,"trace_id":"{}","span_id":"{}","attributes":{{"user.id":"7"}}}},{{"time_ns":"0","value":3}}]"#,
            T - 1,
            "ab".repeat(16),
            "cd".repeat(8)
        )
    );
}

#[test]
fn what_is_too_long_for_a_field_is_left_out_whole_and_named() {
    let exemplars = (0..2_000).map(|_| Exemplar { time_ns: T, value: PointValue::Int(1), span_id: vec![1; 8], ..Exemplar::default() });
    let with = Point { exemplars: exemplars.collect(), ..point(PointValue::Int(1), vec![]) };
    let many_buckets = histogram(&(0..9_000).map(f64::from).collect::<Vec<_>>(), &vec![1; 9_001]);
    let decoded = metrics([metric("m", MetricKind::Sum, [with]), metric("h", MetricKind::Histogram, [point(many_buckets, vec![])])]);
    assert_eq!(field_of(&decoded, 0, "meta.truncated"), r#"json ["m.exemplars","h.histogram"]"#);
    assert_eq!((field_of(&decoded, 0, "h.histogram"), field_of(&decoded, 0, "h.count")), ("absent".to_owned(), "9001".to_owned()));
    let kept = field_of(&decoded, 0, "m.exemplars");
    assert!(kept.len() < 65_550 && kept.ends_with("}]"), "{} bytes", kept.len());
}

#[test]
fn gaps_and_values_that_are_no_numbers() {
    let gap = Point { flags: 1, ..point(PointValue::None, vec![]) };
    let decoded = metrics([metric("gone", MetricKind::Gauge, [gap]), gauge("nan", PointValue::Double(f64::NAN))]);
    assert_eq!((decoded.accepted, decoded.rejected), (2, 0));
    assert_eq!((field_of(&decoded, 0, "gone"), field_of(&decoded, 0, "nan")), ("absent".to_owned(), "\"NaN\"".to_owned()));
    assert_eq!(field_of(&decoded, 0, "meta.no_recorded_value"), r#"json ["gone"]"#);
    assert!(decoded.rows.overflow_keys().eq(["nan"]), "no calculation meets it");
    // Many with long names take several rows: each holds as many as a field may be long.
    let silent = (0..200)
        .map(|index| metric(&format!("\u{1}{index:0>999}"), MetricKind::Gauge, [Point { flags: 1, ..point(PointValue::None, vec![]) }]));
    let decoded = metrics(silent);
    let fields: Vec<_> = (0..decoded.rows.len()).map(|row| field_of(&decoded, row, "meta.no_recorded_value")).collect();
    assert_eq!((decoded.accepted, fields.len(), decoded.message.as_deref()), (200, 4, None));
    assert!(fields.iter().all(|field| field.len() <= 65_535 + "json ".len() && field.ends_with("\"]")));
    assert_eq!(fields.iter().map(|field| field.matches("\\u0001").count()).sum::<usize>(), 200);
    let broken = Point { flags: 1, ..point(histogram(&[2.0, 1.0], &[1]), vec![]) };
    assert_eq!(metrics([metric("h", MetricKind::Histogram, [broken])]).accepted, 1, "there is nothing to judge");
}

#[test]
fn points_that_cannot_be_meant_are_rejected() {
    let one = |words: &str| format!("1 data points rejected: 1 {words}");
    let of_value = |kind, value| metric("m", kind, [point(value, vec![])]);
    let at = |time_ns| metric("m", MetricKind::Gauge, [Point { time_ns, ..point(PointValue::Int(1), vec![]) }]);
    assert_eq!(rejected(gauge("", PointValue::Int(1))), one("of a metric without a name"));
    assert_eq!(rejected(gauge(&"m".repeat(1_001), PointValue::Int(1))), one("of a metric with a name longer than 1,000 bytes"));
    assert_eq!(rejected(gauge("m", PointValue::None)), one("without a value"));
    assert_eq!(rejected(at(0)), one("time 0"));
    assert_eq!(rejected(at(1_700_000_000_000)), one("time looks like milliseconds since 1970; OTLP wants nanoseconds"));
    for kind in [MetricKind::Sum, MetricKind::Histogram, MetricKind::ExponentialHistogram] {
        for temporality in [0, 3] {
            let mut metric = of_value(kind, PointValue::None);
            metric.data.as_mut().unwrap().temporality = temporality;
            assert_eq!(rejected(metric), one("of a sum or histogram without an aggregation temporality"));
        }
    }
    use MetricKind::{ExponentialHistogram, Histogram};
    assert_eq!(rejected(of_value(Histogram, histogram(&[1.0, 1.0], &[1, 1, 1]))), one("histogram whose bounds do not increase"));
    assert_eq!(rejected(of_value(Histogram, histogram(&[f64::NAN], &[1, 1]))), one("histogram whose bounds do not increase"));
    assert_eq!(rejected(of_value(Histogram, histogram(&[1.0], &[1]))), one("histogram with not one bucket more than bounds"));
    let miscounted = PointValue::Histogram { count: 5, sum: None, min: None, max: None, bounds: vec![1.0], counts: vec![1, 1] };
    assert_eq!(rejected(of_value(Histogram, miscounted)), one("histogram whose buckets do not add up to its count"));
    let wrapped = PointValue::Histogram { count: 1, sum: None, min: None, max: None, bounds: vec![1.0], counts: vec![u64::MAX, 2] };
    assert_eq!(rejected(of_value(Histogram, wrapped)), one("histogram whose buckets do not add up to its count"));
    for scale in [-11, 21] {
        let value = exponential(scale, 1, Buckets::default(), Buckets::default());
        assert_eq!(rejected(of_value(ExponentialHistogram, value)), one("exponential histogram of a scale outside -10 to 20"));
    }
    let zeros = |count| Buckets { offset: 0, counts: vec![0; count] };
    let many = |negative| of_value(ExponentialHistogram, exponential(0, 1, zeros(1 << 15), zeros(negative)));
    assert_eq!(metrics([many(1 << 15)]).accepted, 1);
    assert_eq!(rejected(many((1 << 15) + 1)), one("exponential histogram of more than 65,536 buckets"));
    let rejected = metrics([gauge("a", PointValue::None), gauge("b", PointValue::Int(1)), at(0)]);
    assert_eq!((rejected.accepted, rejected.message.as_deref()), (1, Some("2 data points rejected: 1 without a value, 1 time 0")));
}

#[test]
fn metrics_of_no_known_kind_are_told() {
    let decoded = metrics([Metric { name: "m".to_owned(), ..Metric::default() }, gauge("n", PointValue::Int(1))]);
    assert_eq!((decoded.accepted, decoded.message.as_deref()), (1, Some("1 metric of no known kind, ignored")));
    assert_eq!(metrics([metric("m", MetricKind::Gauge, [])]).message, None, "a metric without points says nothing");
}

#[test]
fn the_largest_numbers() {
    let huge = PointValue::Summary { count: u64::MAX, sum: f64::INFINITY, quantiles: vec![] };
    let future = Point { time_ns: T + 3_600_000_000_000, start_ns: u64::MAX, ..point(huge, vec![]) };
    let decoded = metrics([metric("s", MetricKind::Summary, [future]), gauge("i", PointValue::Int(i64::MIN))]);
    assert_eq!((field_of(&decoded, 0, "s.count"), field_of(&decoded, 0, "s.avg")), ("1.8446744073709552e19".to_owned(), "inf".to_owned()));
    assert_eq!(field_of(&decoded, 0, "metric.start_time_ns"), i64::MAX.to_string());
    assert_eq!((field_of(&decoded, 0, "meta.future"), field_of(&decoded, 1, "i")), ("true".to_owned(), i64::MIN.to_string()));
}

#[test]
fn datasets_come_from_the_header_and_weights_from_nowhere() {
    let mut request = of([metric("m", MetricKind::Gauge, [point(PointValue::Int(1), pairs([("sampleRate", Value::Int(4))]))])]);
    request.resources[0].attributes.push(("SampleRate".to_owned(), Value::Int(9)));
    let body = request.encode(Signal3::Metrics, Encoding::Protobuf);
    let context = DecodeContext { dataset_header: Some("My Numbers"), ..context() };
    let decoded = decode(Signal3::Metrics, Encoding::Protobuf, &body, &context).unwrap();
    assert_eq!((decoded.rows.dataset_slugs(), decoded.rows.sample_rates()), (&["my-numbers".to_owned()][..], &[1.0][..]));
    assert_eq!((field_of(&decoded, 0, "sampleRate"), field_of(&decoded, 0, "SampleRate")), ("4".to_owned(), "9".to_owned()));
}

#[test]
fn json_as_leniently_as_elsewhere() {
    let body = format!(
        r#"{{"resource_metrics":[{{"scope_metrics":[{{"metrics":[null,{{"name":"s","x":[],"sum":{{"data_points":[{{"time_unix_nano":{NOW},
        "start_time_unix_nano":"1.6e18","as_int":"9007199254740993","flags":null}}],"aggregation_temporality":"AGGREGATION_TEMPORALITY_DELTA","is_monotonic":"true"}}}},
        {{"name":"d","gauge":{{"dataPoints":[{{"timeUnixNano":"{NOW}","startTimeUnixNano":16e17,"asDouble":"0.5"}}]}}}},
        {{"name":"big","gauge":{{"dataPoints":[{{"timeUnixNano":"{NOW}","startTimeUnixNano":16e17,"asInt":1e20}}]}}}},
        {{"name":"h","histogram":{{"dataPoints":[{{"timeUnixNano":"{NOW}","startTimeUnixNano":16e17,"count":"3","bucket_counts":["1",2],"explicit_bounds":["1"],"min":-1}}],
        "aggregationTemporality":"2"}}}},
        {{"name":"e","exponential_histogram":{{"dataPoints":[{{"timeUnixNano":"{NOW}","startTimeUnixNano":16e17,"count":2,"zero_count":"1","zero_threshold":0.5,
        "positive":{{"offset":"-1","bucketCounts":[1]}}}}],"aggregationTemporality":2}}}},
        {{"name":"q","summary":{{"dataPoints":[{{"timeUnixNano":"{NOW}","startTimeUnixNano":16e17,"count":1,"sum":1,"quantile_values":[{{"quantile":"0.5","value":1}}]}}]}}}}]}}]}}]}}"#
    );
    let decoded = decoded_json(Signal3::Metrics, &body);
    assert_eq!((decoded.accepted, decoded.rejected, decoded.rows.len(), decoded.message.as_deref()), (6, 0, 1, None));
    let expected = [
        ("s", "9007199254740993"),
        ("d", "0.5"),
        ("big", "1e20"),
        ("h.histogram", r#"json {"bounds":[1.0],"counts":[1,2]}"#),
        ("h.min", "-1.0"),
        (
            "e.histogram",
            r#"json {"scale":0,"zero_count":1,"zero_threshold":0.5,"positive":{"offset":-1,"counts":[1]},"negative":{"offset":0,"counts":[]}}"#,
        ),
        ("q.p50", "1.0"),
        ("metric.start_time_ns", "1600000000000000000"),
    ];
    expected.into_iter().for_each(|(name, expected)| assert_eq!(field_of(&decoded, 0, name), expected, "{name}"));
    assert!(field_of(&decoded, 0, "metric.descriptors").contains(r#""s":{"kind":"sum","temporality":"delta","monotonic":true}"#));

    let error = |body: &str| decode(Signal3::Metrics, Encoding::Json, body.as_bytes(), &context()).unwrap_err().to_string();
    let of_point = |point: &str| {
        error(&format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m","histogram":{{"dataPoints":[{point}]}}}}]}}]}}]}}"#
        ))
    };
    assert!(of_point(r#"{"count":"x"}"#).contains("`count` is not a number at byte"));
    assert!(of_point(r#"{"bucketCounts":{}}"#).contains("`bucketCounts` is not an array at byte"));
    assert!(of_point(r#"{"bucketCounts":[[]]}"#).contains("`count` is not a number at byte"));
    assert!(of_point("5").contains("`data point` is not an object at byte"));
}

#[test]
fn otlp21_instrumentation_libraries_of_2021() {
    let body = format!(
        r#"{{"resourceMetrics":[{{"instrumentationLibraryMetrics":[{{"instrumentationLibrary":{{"name":"old"}},
        "metrics":[{{"name":"m","gauge":{{"dataPoints":[{{"timeUnixNano":"{NOW}","asInt":"1"}}]}}}}]}}]}}]}}"#
    );
    assert_eq!(field_of(&decoded_json(Signal3::Metrics, &body), 0, "library.name"), "\"old\"");
}

#[test]
fn numbers_unpacked_and_in_pieces() {
    use glasshive_wire_otlp::encode::Writer;
    use glasshive_wire_otlp::field::{self, histogram_point as own};
    let mut writer = Writer::new();
    writer.message(field::request::RESOURCE_ITEMS, |resource| {
        resource.message(field::resource_items::SCOPE_ITEMS, |scope| {
            scope.message(field::scope_items::ITEMS, |metric| {
                metric.string(field::metric::NAME, "h");
                metric.message(field::metric::HISTOGRAM, |data| {
                    data.varint(field::metric_data::AGGREGATION_TEMPORALITY, 1);
                    data.message(field::metric_data::DATA_POINTS, |point| {
                        point.fixed64(field::point::TIME, T);
                        point.fixed64(own::COUNT, 6);
                        point.fixed64(own::BUCKET_COUNTS, 1);
                        point.packed_fixed64(own::BUCKET_COUNTS, [2]);
                        point.packed_fixed64(own::BUCKET_COUNTS, []);
                        point.fixed64(own::BUCKET_COUNTS, 3);
                        point.double(own::EXPLICIT_BOUNDS, 1.0);
                        point.packed_double(own::EXPLICIT_BOUNDS, [2.0]);
                    });
                });
            });
        });
    });
    let decoded = decode(Signal3::Metrics, Encoding::Protobuf, writer.as_bytes(), &context()).unwrap();
    assert_eq!(field_of(&decoded, 0, "h.histogram"), r#"json {"bounds":[1.0,2.0],"counts":[1,2,3]}"#);
}

#[test]
fn a_replay_gives_the_same_rows() {
    let attributes = || pairs([("k", text("v")), ("m", Value::Map(pairs([("a", Value::Bool(true))])))]);
    let scope = ScopeItems {
        name: "lib".to_owned(),
        metrics: vec![
            metric("h", MetricKind::Histogram, [point(histogram(&[1.0, 2.0], &[1, 2, 3]), attributes())]),
            metric(
                "e",
                MetricKind::ExponentialHistogram,
                (1..9)
                    .map(|scale| point(exponential(scale, 1, Buckets { offset: 3, counts: vec![1, 2] }, Buckets::default()), attributes())),
            ),
            gauge("g", PointValue::Double(0.1)),
        ],
        ..ScopeItems::default()
    };
    let request = Request { resources: vec![ResourceItems { scopes: vec![scope], ..ResourceItems::default() }] };
    for encoding in Encoding::ALL {
        for dataset_header in [None, Some("head")] {
            let context = DecodeContext { dataset_header, ..context() };
            let body = request.encode(Signal3::Metrics, encoding);
            let first = decode(Signal3::Metrics, encoding, &body, &context).unwrap();
            let again = OtlpDecoder.decode(&context.record_meta(Signal3::Metrics, encoding), NOW, &body).unwrap();
            assert_eq!((first.rows.len(), readable(&first.rows)), (9, readable(&again)));
        }
    }
}
