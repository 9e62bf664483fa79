//! Which points share a row, and what becomes of those that cannot.

use super::support::{self, pairs, shown, text};
use super::{T, field_of, gauge, histogram, metric, metrics, of, point};
use expect_test::expect;
use glasshive_model::limits;
use glasshive_receive_otlp::decode::{Decoded, Signal3};
use glasshive_wire_otlp::message::{Attributes, Exemplar, Point, PointValue, Request, Value};
use glasshive_wire_otlp::metric::MetricKind;

#[test]
fn a_second_value_begins_another_row() {
    let twice = metric("m", MetricKind::Gauge, [point(PointValue::Int(1), vec![]), point(PointValue::Int(2), vec![])]);
    let decoded = metrics([twice, gauge("n", PointValue::Int(3)), gauge("m", PointValue::Double(4.0))]);
    let rows: Vec<_> = (0..decoded.rows.len()).map(|row| (field_of(&decoded, row, "m"), field_of(&decoded, row, "n"))).collect();
    let own = |m: &str, n: &str| (m.to_owned(), n.to_owned());
    assert_eq!(rows, [own("1", "3"), own("2", "absent"), own("4.0", "absent")]);
    assert_eq!(decoded.accepted, 4);
    // A metric's name may be that of another one's field.
    let decoded =
        metrics([metric("h", MetricKind::Histogram, [point(histogram(&[1.0], &[1, 1]), vec![])]), gauge("h.count", PointValue::Int(9))]);
    assert_eq!((field_of(&decoded, 0, "h.count"), field_of(&decoded, 1, "h.count")), ("2".to_owned(), "9".to_owned()));
    assert_eq!(field_of(&decoded, 1, "metric.descriptors"), r#"json {"h.count":{"kind":"gauge"}}"#);
}

#[test]
fn an_attribute_with_a_metrics_name_hides_nothing() {
    let attributes = || pairs([("queue", text("orders"))]);
    let decoded = metrics([metric("queue", MetricKind::Gauge, [point(PointValue::Int(5), attributes())])]);
    assert_eq!((field_of(&decoded, 0, "queue"), field_of(&decoded, 0, "metric.queue")), ("\"orders\"".to_owned(), "5".to_owned()));
    let mut of_resource = of([gauge("queue", PointValue::Int(5))]);
    of_resource.resources[0].attributes.extend(attributes());
    let decoded = support::decoded(Signal3::Metrics, &of_resource);
    assert_eq!((field_of(&decoded, 0, "queue"), field_of(&decoded, 0, "resource.queue")), ("5".to_owned(), "\"orders\"".to_owned()));
}

#[test]
fn what_is_said_of_a_point_is_counted_where_attributes_hide_it() {
    let gap = Point { flags: 1, start_ns: 5, ..point(PointValue::None, vec![]) };
    let with = |attributes| metrics([metric("m", MetricKind::Gauge, [Point { attributes, ..gap.clone() }])]);
    let names = ["metric.start_time_ns", "metric.descriptors", "meta.no_recorded_value"];
    let decoded = with(pairs(names.map(|name| (name, text("mine")))));
    names.iter().for_each(|name| assert_eq!(field_of(&decoded, 0, name), "\"mine\"", "{name}"));
    assert_eq!(field_of(&decoded, 0, "meta.dropped_attributes"), "3");
    let decoded = with(pairs([(names[0], Value::Int(5)), (names[1], Value::Empty)]));
    assert_eq!(
        (field_of(&decoded, 0, names[0]), field_of(&decoded, 0, names[1])),
        ("5".to_owned(), r#"json {"m":{"kind":"gauge"}}"#.to_owned())
    );
    assert_eq!(field_of(&decoded, 0, "meta.dropped_attributes"), "absent", "nothing is lost");
}

#[test]
fn the_last_of_duplicate_attributes_tells_rows_apart() {
    let row_of = |first: Attributes, second: Attributes| {
        let decoded = metrics([
            metric("m", MetricKind::Gauge, [point(PointValue::Int(1), first)]),
            metric("n", MetricKind::Gauge, [point(PointValue::Int(2), second)]),
        ]);
        shown(&decoded.rows).iter().position(|row| row.get("n").is_some()).map(|row| (row, decoded)).unwrap()
    };
    let twice = |first, last| pairs([("a", Value::Int(first)), ("b", Value::Int(0)), ("a", Value::Int(last))]);
    let (row, decoded) = row_of(twice(1, 2), twice(2, 1));
    assert_eq!((row, field_of(&decoded, 0, "a"), field_of(&decoded, 1, "a")), (1, "2".to_owned(), "1".to_owned()));
    let turned = pairs([("b", Value::Int(0)), ("a", Value::Int(1)), ("a", Value::Int(2))]);
    assert_eq!(row_of(twice(1, 2), turned).0, 0, "the order of different keys says nothing");
    let map = || ("a", Value::Map(pairs([("b", Value::Int(1))])));
    let (row, decoded) = row_of(pairs([map(), ("a.b", Value::Int(2))]), pairs([("a.b", Value::Int(2)), map()]));
    assert_eq!((row, field_of(&decoded, 0, "a.b"), field_of(&decoded, 1, "a.b")), (1, "2".to_owned(), "1".to_owned()));
}

#[test]
fn what_a_point_left_for_another_row_lost_is_counted_there_alone() {
    let quantiles = (0..=300).map(|index| (f64::from(index) / 1_000.0, 1.0)).chain([(2.0, 1.0)]).collect();
    let exemplar = Exemplar { trace_id: vec![1; 3], ..Exemplar::default() };
    let summary = point(PointValue::Summary { count: 4, sum: 10.0, quantiles }, vec![]);
    let with = Point { exemplars: vec![exemplar], ..point(PointValue::Int(1), vec![]) };
    let decoded = metrics([
        gauge("s.count", PointValue::Int(9)),
        metric("s", MetricKind::Summary, [summary]),
        metric("s.sum", MetricKind::Gauge, [with]),
    ]);
    assert_eq!((decoded.accepted, decoded.rows.len()), (3, 2));
    assert_eq!(
        decoded.message.as_deref(),
        Some(
            "1 exemplar's trace_id or span_id of the wrong length, dropped from it; \
             49 summary quantile beyond 256 fields of one point, dropped"
        )
    );
    assert_eq!((field_of(&decoded, 0, "s.count"), field_of(&decoded, 0, "s.sum")), ("9".to_owned(), "1".to_owned()));
    let dropped = [0, 1].map(|row| field_of(&decoded, row, "meta.dropped_attributes"));
    assert_eq!(dropped, ["absent", "49"]);
}

#[test]
fn many_metrics_of_one_time_take_several_rows() {
    let decoded = metrics((0..4_500).map(|index| gauge(&format!("m{index}"), PointValue::Int(index))));
    assert_eq!((decoded.accepted, decoded.rows.len(), decoded.message.as_deref()), (4_500, 3, None));
    assert_eq!((field_of(&decoded, 0, "m0"), field_of(&decoded, 2, "m4499")), ("0".to_owned(), "4499".to_owned()));
}

#[test]
fn many_quantiles_and_attributes_stay_within_the_fields_of_an_event() {
    let quantiles: Vec<(f64, f64)> = (1..=250).map(|index| (f64::from(index) / 1_000.0, 1.0)).collect();
    let summary = |name: &str, attributes: usize| {
        let attributes = (0..attributes).map(|index| (format!("a{index}"), Value::Int(1))).collect();
        let value = PointValue::Summary { count: 4, sum: 10.0, quantiles: quantiles.clone() };
        metric(name, MetricKind::Summary, [point(value, attributes)])
    };
    let fields = |decoded: &Decoded, row: usize| {
        let fields = shown(&decoded.rows)[row].fields.clone();
        fields.into_iter().filter(|(name, _)| name.starts_with('a') || name.starts_with("s.") || name.starts_with("t.")).count()
    };
    let crowded = metrics([summary("s", 1_900)]);
    assert_eq!((crowded.rows.len(), field_of(&crowded, 0, "s.count").as_str()), (1, "4"));
    assert!(fields(&crowded, 0) <= limits::FIELDS_PER_EVENT, "{}", fields(&crowded, 0));
    let dropped: usize = field_of(&crowded, 0, "meta.dropped_attributes").parse().unwrap();
    assert_eq!(fields(&crowded, 0) + dropped, 1_900 + 253, "what has no room is counted");
    let both = metrics([summary("s", 1_600), summary("t", 1_600)]);
    assert_eq!((both.rows.len(), both.accepted), (2, 2), "the second begins another row");
    assert_eq!((fields(&both, 0), fields(&both, 1)), (1_853, 1_853));
}

#[test]
fn points_that_follow_one_another_are_of_one_series() {
    let attributes = || pairs([("http.route", text("/cart")), ("code", Value::Int(200))]);
    let turned = pairs([("code", Value::Int(200)), ("http.route", text("/cart"))]);
    let at = |time_ns, attributes| Point { time_ns, start_ns: T - 60, ..point(PointValue::Int(1), attributes) };
    let series = |request: &Request, row: usize| field_of(&support::decoded(Signal3::Metrics, request), row, "metric.series");
    let first = of([metric("m", MetricKind::Sum, [at(T, attributes()), at(T + 1, turned)])]);
    let here = series(&first, 0);
    // Stored rows hold it: it must never change.
    expect![[r#""e32d9a7cb86223df""#]].assert_eq(&here);
    assert_eq!(here, series(&first, 1), "neither time nor order tells series apart");
    assert_eq!(here, series(&of([metric("n", MetricKind::Gauge, [at(T + 9, attributes())])]), 0), "the metric's name stands beside it");
    let in_map = pairs([("http", Value::Map(pairs([("route", text("/cart"))]))), ("code", Value::Int(200))]);
    assert_eq!(here, series(&of([metric("m", MetricKind::Sum, [at(T, in_map)])]), 0), "fields of a map are attributes of their own");
    let other = |change: fn(&mut Request)| {
        let mut request = first.clone();
        change(&mut request);
        series(&request, 0)
    };
    let others = [
        other(|request| request.resources[0].attributes.extend(pairs([("host.name", text("h2"))]))),
        other(|request| request.resources[0].scopes[0].name = "meter".to_owned()),
        other(|request| request.resources[0].scopes[0].version = "meter".to_owned()),
        other(|request| request.resources[0].scopes[0].attributes.extend(pairs([("a", Value::Int(1))]))),
        series(&of([metric("m", MetricKind::Sum, [at(T, pairs([("http.route", text("/cart"))]))])]), 0),
        series(&of([metric("m", MetricKind::Sum, [at(T, pairs([("http.route", text("/cart")), ("code", text("200"))]))])]), 0),
    ];
    for (index, series) in others.iter().enumerate() {
        assert!(*series != here && !others[..index].contains(series), "{index}: {series}");
    }
}
