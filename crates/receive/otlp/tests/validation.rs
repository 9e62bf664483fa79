//! What is rejected, repaired, marked and cut: one test for each row of the tables of otlp 6 and model 11.
#![allow(clippy::unwrap_used)]

mod support;

use glasshive_model::{Decoder as _, limits};
use glasshive_receive_otlp::decode::{DecodeContext, Decoded, Encoding, MESSAGE_BYTES, OtlpDecoder, Signal3, TimeBounds, decode};
use glasshive_wire_otlp::encode::Writer;
use glasshive_wire_otlp::field;
use glasshive_wire_otlp::message::{Event, Link, LogRecord, Span, Value};
use support::{NOW, context, decoded, of_logs, of_spans, pairs, readable, readable_value, record, shown, span, text};

const HOUR: u64 = 3_600_000_000_000;

fn spans(spans: impl IntoIterator<Item = Span>) -> Decoded {
    decoded(Signal3::Traces, &of_spans(spans))
}

fn logs(logs: impl IntoIterator<Item = LogRecord>) -> Decoded {
    decoded(Signal3::Logs, &of_logs(logs))
}

fn field_of(decoded: &Decoded, row: usize, name: &str) -> String {
    shown(&decoded.rows)[row].get(name).map_or_else(|| "absent".to_owned(), readable_value)
}

fn of_span(span: Span, name: &str) -> String {
    let decoded = spans([span]);
    field_of(&decoded, decoded.rows.len() - 1, name)
}

fn rejected(span: Span) -> String {
    let decoded = spans([span, support::span()]);
    assert_eq!((decoded.accepted, decoded.rejected), (1, 1));
    decoded.message.unwrap()
}

fn warned(decoded: &Decoded) -> String {
    assert_eq!(decoded.rejected, 0);
    decoded.message.clone().unwrap()
}

#[test]
fn spans_without_ids_are_rejected() {
    assert_eq!(rejected(Span { trace_id: vec![0; 16], ..span() }), "1 spans rejected: 1 zero trace_id");
    assert_eq!(rejected(Span { trace_id: vec![], ..span() }), "1 spans rejected: 1 without trace_id");
    assert_eq!(rejected(Span { trace_id: vec![1; 15], ..span() }), "1 spans rejected: 1 trace_id not of 16 bytes (32 hex digits)");
    assert_eq!(rejected(Span { span_id: vec![0; 8], ..span() }), "1 spans rejected: 1 zero span_id");
    assert_eq!(rejected(Span { span_id: vec![1; 9], ..span() }), "1 spans rejected: 1 span_id not of 8 bytes (16 hex digits)");
}

#[test]
fn parents_that_cannot_be_make_a_root() {
    for (parent, warning) in [
        (vec![1; 7], Some("1 parent_span_id not of 8 bytes, span taken as a root")),
        (span().span_id, Some("1 parent_span_id equal to span_id, span taken as a root")),
        (vec![0; 8], None),
        (vec![], None),
    ] {
        let decoded = spans([Span { parent_span_id: parent.clone(), ..span() }]);
        assert_eq!(field_of(&decoded, 0, "is_root"), "true", "{parent:?}");
        assert_eq!(decoded.message.as_deref(), warning, "{parent:?}");
    }
}

#[test]
fn an_empty_name_and_no_kind_are_kept() {
    assert_eq!(of_span(Span { name: String::new(), ..span() }, "name"), "\"\"");
    assert_eq!(of_span(Span { kind: 0, ..span() }, "span.kind"), "\"unspecified\"");
}

#[test]
fn ends_before_and_without() {
    let negative = || Span { end_ns: NOW as u64 - 2_500_000, ..span() };
    assert_eq!(of_span(negative(), "duration_ms"), "0.0");
    assert_eq!(of_span(negative(), "meta.invalid_duration"), "true");
    assert_eq!(of_span(negative(), "meta.negative_duration_ms"), "2.5");
    let unfinished = || Span { end_ns: 0, ..span() };
    assert_eq!(of_span(unfinished(), "duration_ms"), "absent");
    assert_eq!(of_span(unfinished(), "meta.unfinished"), "true");
}

#[test]
fn times_that_cannot_be_meant_are_rejected() {
    let at = |start_ns| rejected(Span { start_ns, ..span() });
    assert_eq!(at(0), "1 spans rejected: 1 start time 0");
    assert_eq!(at(1_700_000_000), "1 spans rejected: 1 time looks like seconds since 1970; OTLP wants nanoseconds");
    assert_eq!(at(1_700_000_000_000), "1 spans rejected: 1 time looks like milliseconds since 1970; OTLP wants nanoseconds");
    assert_eq!(at(1_700_000_000_000_000), "1 spans rejected: 1 time looks like microseconds since 1970; OTLP wants nanoseconds");
    assert_eq!(at(NOW as u64 + 25 * HOUR), "1 spans rejected: 1 time more than 24 h ahead of receipt (is it in nanoseconds?)");
    let decoded = logs([LogRecord { time_ns: 1_700_000_000, ..record() }, record()]);
    assert_eq!(decoded.message.unwrap(), "1 log records rejected: 1 time looks like seconds since 1970; OTLP wants nanoseconds");
}

#[test]
fn a_near_future_is_marked_and_any_past_believed() {
    assert_eq!(of_span(Span { start_ns: NOW as u64 + HOUR, ..span() }, "meta.future"), "true");
    assert_eq!(of_span(Span { start_ns: NOW as u64 + HOUR / 7, ..span() }, "meta.future"), "absent");
    assert_eq!(spans([Span { start_ns: 1_544_712_660_000_000_000, ..span() }]).rows.times_ns(), [1_544_712_660_000_000_000]);
}

#[test]
fn bounds_of_time_that_were_set_hold_for_a_replay_too() {
    let minute = 60_000_000_000;
    let bounds = TimeBounds { age_max_ns: Some(10 * minute), future_max_ns: minute };
    let context = DecodeContext { bounds, ..context() };
    let at = |minutes: i64| (context.received_ns + minutes * minute as i64) as u64;
    let sent = |minutes: i64| {
        let early = Event { time_ns: at(-500), ..Event::default() };
        Span { start_ns: at(minutes), end_ns: at(minutes) + 1, events: vec![early], ..span() }
    };
    let body = of_spans([sent(-11), sent(-10), sent(2)]).encode(Signal3::Traces, Encoding::Protobuf);
    let decoded = decode(Signal3::Traces, Encoding::Protobuf, &body, &context).unwrap();
    assert_eq!((decoded.accepted, decoded.rejected), (2, 1));
    assert_eq!(decoded.message.as_deref(), Some("1 spans rejected: 1 too old: older than ingest.max_age"));
    assert_eq!(field_of(&decoded, 0, "meta.time_since_span_start_ms"), "0.0", "what belongs to a span goes by the span");
    assert_eq!((field_of(&decoded, 1, "meta.future"), field_of(&decoded, 3, "meta.future")), ("absent".to_owned(), "true".to_owned()));
    let meta = context.record_meta(Signal3::Traces, Encoding::Protobuf);
    let replayed = OtlpDecoder.decode(&meta, context.received_ns, &body).unwrap();
    assert_eq!(readable(&replayed), readable(&decoded.rows));
    let unbounded = DecodeContext { bounds: TimeBounds::default(), ..context };
    let meta = unbounded.record_meta(Signal3::Traces, Encoding::Protobuf);
    assert_eq!((meta.age_max_ns, meta.future_max_ns), (None, None), "nothing to keep of what is usual");
}

#[test]
fn attributes_without_a_key_are_dropped_and_counted() {
    let empty_in_map = Value::Map(pairs([("", Value::Int(1)), ("k", Value::Int(2))]));
    let decoded = spans([Span { attributes: pairs([("", Value::Int(1)), ("", Value::Map(vec![])), ("m", empty_in_map)]), ..span() }]);
    assert_eq!(field_of(&decoded, 0, "meta.dropped_attributes"), "3");
    assert_eq!(field_of(&decoded, 0, "m.k"), "2");
    assert_eq!(warned(&decoded), "3 attribute with an empty key, dropped");
}

#[test]
fn the_last_of_duplicate_keys_wins() {
    let map = Value::Map(pairs([("b", Value::Int(1))]));
    let decoded =
        spans([Span { attributes: pairs([("k", text("first")), ("k", Value::Int(2)), ("a", map), ("a.b", text("literal"))]), ..span() }]);
    assert_eq!((field_of(&decoded, 0, "k"), field_of(&decoded, 0, "a.b")), ("2".to_owned(), "\"literal\"".to_owned()));
    assert_eq!(warned(&decoded), "2 attribute key that came twice in one list, the last one was kept");
}

#[test]
fn a_status_message_stands_by_itself() {
    for (code, error) in [(0, "absent"), (1, "absent"), (2, "true")] {
        let spoken = || Span { status_code: code, status_message: "m".to_owned(), ..span() };
        assert_eq!(of_span(spoken(), "status_message"), "\"m\"");
        assert_eq!(of_span(spoken(), "status_code"), code.to_string());
        assert_eq!(of_span(spoken(), "error"), error);
    }
}

#[test]
fn times_of_log_records() {
    assert_eq!(logs([LogRecord { time_ns: 0, ..record() }]).rows.times_ns(), [NOW]);
    let observed = logs([LogRecord { time_ns: 0, observed_ns: NOW as u64 - 7, ..record() }]);
    assert_eq!(observed.rows.times_ns(), [NOW - 7]);
    assert_eq!(field_of(&observed, 0, "meta.observed_time_ns"), "absent");
}

#[test]
fn ids_of_log_records() {
    let plain = logs([record()]);
    assert_eq!((field_of(&plain, 0, "meta.annotation_type"), plain.message.clone()), ("absent".to_owned(), None));
    let wrong = logs([LogRecord { trace_id: vec![1; 3], span_id: vec![1; 8], ..record() }]);
    assert_eq!(field_of(&wrong, 0, "trace.trace_id"), "absent");
    assert_eq!(field_of(&wrong, 0, "meta.annotation_type"), "absent");
    assert_eq!(warned(&wrong), "1 log record's trace_id or span_id of the wrong length, dropped from the record");
    assert_eq!(field_of(&logs([LogRecord { trace_id: vec![0; 16], ..record() }]), 0, "trace.trace_id"), "absent");
}

#[test]
fn many_reasons_make_one_short_message() {
    let bad = [
        Span { trace_id: vec![0; 16], ..span() },
        Span { start_ns: 0, ..span() },
        Span { trace_id: vec![0; 16], ..span() },
        Span { span_id: vec![], ..span() },
    ];
    assert_eq!(spans(bad).message.unwrap(), "4 spans rejected: 2 zero trace_id, 1 start time 0, 1 without span_id");
    assert!(spans([span()]).message.is_none());
    assert_eq!(MESSAGE_BYTES, 1_024);
}

#[test]
fn otlp23_nothing_sent_is_nothing_kept() {
    for signal in Signal3::ALL {
        let decoded = decode(signal, Encoding::Protobuf, b"", &context()).unwrap();
        assert!(decoded.rows.is_empty() && decoded.message.is_none() && decoded.accepted == 0);
    }
    assert!(spans([]).rows.is_empty());
}

#[test]
fn otlp17_long_text_is_cut_on_a_character() {
    let long = format!("{}ä", "x".repeat(limits::STRING_BYTES - 1));
    let decoded = spans([Span {
        attributes: pairs([("k", text(&long)), ("fits", text(&long[..limits::STRING_BYTES - 1]))]),
        name: long.clone(),
        ..span()
    }]);
    let rows = shown(&decoded.rows);
    assert_eq!(rows[0].get("k"), Some(&glasshive_model::Value::Str(long[..limits::STRING_BYTES - 1].to_owned())));
    assert_eq!(field_of(&decoded, 0, "meta.truncated"), "json [\"name\",\"k\"]");
}

#[test]
fn otlp17_bodies_and_stack_traces_may_be_longer() {
    let mib = "x".repeat(limits::LONG_STRING_BYTES);
    let fits = logs([LogRecord { body: Some(text(&mib)), attributes: pairs([("exception.stacktrace", text(&mib))]), ..record() }]);
    assert_eq!(field_of(&fits, 0, "meta.truncated"), "absent");
    let cut = logs([LogRecord { body: Some(text(&format!("{mib}x"))), ..record() }]);
    assert_eq!(field_of(&cut, 0, "meta.truncated"), "json [\"body\"]");
    let array = Value::Array(vec![text(&mib), text(&mib)]);
    let cut = logs([LogRecord { body: Some(array), ..record() }]);
    assert_eq!(field_of(&cut, 0, "body").len(), "json ".len() + limits::LONG_STRING_BYTES);
    let event = Event {
        time_ns: NOW as u64,
        name: "exception".to_owned(),
        attributes: pairs([("exception.stacktrace", text(&format!("{mib}x")))]),
        ..Event::default()
    };
    assert_eq!(of_span(Span { events: vec![event], ..span() }, "meta.truncated"), "json [\"exception.stacktrace\"]");
}

#[test]
fn otlp17_fields_beyond_the_limit_are_dropped() {
    let many = |count: usize| (0..count).map(|index| (format!("k{index}"), Value::Int(1))).collect::<Vec<_>>();
    // One field is the resource's service name.
    let decoded = spans([Span { attributes: many(limits::FIELDS_PER_EVENT + 4), ..span() }, Span { attributes: many(5), ..span() }]);
    assert_eq!(field_of(&decoded, 0, "meta.dropped_attributes"), "5");
    assert_eq!(field_of(&decoded, 0, "k1998"), "1");
    assert_eq!(field_of(&decoded, 0, "k1999"), "absent");
    assert_eq!(field_of(&decoded, 0, "span.num_events"), "0", "what is synthesized has its place");
    assert_eq!(field_of(&decoded, 1, "meta.dropped_attributes"), "absent");
    assert_eq!(warned(&decoded), "5 attribute beyond 2,000 fields of one event, dropped");
}

#[test]
fn otlp17_long_keys_overflow_and_longer_ones_are_dropped() {
    let (overflow, dropped) = ("o".repeat(limits::KEY_OVERFLOW_BYTES), "d".repeat(limits::KEY_OVERFLOW_BYTES + 1));
    let decoded = spans([Span { attributes: pairs([(overflow.as_str(), Value::Int(1)), (dropped.as_str(), Value::Int(2))]), ..span() }]);
    assert_eq!(field_of(&decoded, 0, &overflow), "1");
    assert_eq!(field_of(&decoded, 0, "meta.dropped_attributes"), "1");
    assert_eq!(decoded.rows.overflow_keys().collect::<Vec<_>>(), [overflow.as_str()]);
}

#[test]
fn otlp17_events_and_links_beyond_the_limit_are_dropped_and_counted() {
    let event = Event { time_ns: NOW as u64, name: "e".to_owned(), ..Event::default() };
    let link = Link { trace_id: vec![1; 16], span_id: vec![1; 8], ..Link::default() };
    let decoded = spans([Span {
        events: vec![event; limits::EVENTS_PER_SPAN + 2],
        dropped_events: 1,
        links: vec![link; limits::LINKS_PER_SPAN + 3],
        ..span()
    }]);
    let last = limits::EVENTS_PER_SPAN + limits::LINKS_PER_SPAN;
    assert_eq!(decoded.rows.len(), last + 1);
    let expected = [("span.num_events", "1026"), ("meta.dropped_events", "3"), ("span.num_links", "1027"), ("meta.dropped_links", "3")];
    expected.into_iter().for_each(|(name, value)| assert_eq!(field_of(&decoded, last, name), value, "{name}"));
}

#[test]
fn events_out_of_time_stand_at_their_span() {
    let before = Event { time_ns: NOW as u64 - 1_000_000, name: "before".to_owned(), ..Event::default() };
    let never = Event { time_ns: 0, name: "never".to_owned(), ..Event::default() };
    let decoded = spans([Span { events: vec![before, never], ..span() }]);
    assert_eq!(decoded.rows.times_ns(), [NOW - 1_000_000, NOW, NOW]);
    for row in [0, 1] {
        assert_eq!(field_of(&decoded, row, "meta.time_since_span_start_ms"), "0.0");
        assert_eq!(field_of(&decoded, row, "meta.invalid_time_since_span_start"), "true");
    }
}

#[test]
fn a_link_to_nowhere_is_kept_without_its_ids() {
    let decoded = spans([Span { links: vec![Link { trace_id: vec![1; 16], ..Link::default() }], ..span() }]);
    assert_eq!(field_of(&decoded, 0, "trace.link.trace_id"), "\"01010101010101010101010101010101\"");
    assert_eq!(field_of(&decoded, 0, "trace.link.span_id"), "absent");
    assert_eq!(warned(&decoded), "1 link without a valid trace_id and span_id");
}

#[test]
fn otlp20_wrong_wire_types_and_deep_nesting_are_refused() {
    let error = |write: &dyn Fn(&mut Writer)| {
        let mut writer = Writer::new();
        writer.message(field::request::RESOURCE_ITEMS, |resource| {
            resource.message(field::resource_items::SCOPE_ITEMS, |scope| scope.message(field::scope_items::ITEMS, |span| write(span)));
        });
        decode(Signal3::Traces, Encoding::Protobuf, writer.as_bytes(), &context()).unwrap_err().to_string()
    };
    assert!(error(&|span| span.varint(field::span::NAME, 1)).contains("a known field that is no text, bytes or message"));
    assert!(error(&|span| span.varint(field::span::START_TIME, 1)).contains("a known field that is no fixed 64-bit number"));
    assert!(error(&|span| span.fixed64(field::span::KIND, 1)).contains("a known field that is no integer"));
    // The same deep inside an item that is rejected anyway.
    assert!(error(&|span| span.message(field::span::ATTRIBUTES, |pair| pair.varint(field::key_value::KEY, 1))).contains("a known field"));
    let deep = (0..40).fold(Value::Int(1), |inner, _| Value::Array(vec![inner]));
    let body = of_spans([Span { attributes: pairs([("k", deep)]), ..span() }]).encode(Signal3::Traces, Encoding::Protobuf);
    let error = decode(Signal3::Traces, Encoding::Protobuf, &body, &context()).map(|decoded| decoded.accepted);
    assert_eq!(error.unwrap(), 1, "forty arrays are eighty messages, below the guard");
    let deep = (0..60).fold(Value::Int(1), |inner, _| Value::Array(vec![inner]));
    let body = of_spans([Span { attributes: pairs([("k", deep)]), ..span() }]).encode(Signal3::Traces, Encoding::Protobuf);
    let error = decode(Signal3::Traces, Encoding::Protobuf, &body, &context()).unwrap_err();
    assert!(error.to_string().contains("nesting deeper than 100"), "{error}");
}

#[test]
fn otlp21_instrumentation_libraries_of_2021() {
    let mut writer = Writer::new();
    writer.message(field::request::RESOURCE_ITEMS, |resource| {
        resource.message(field::resource_items::LIBRARY_ITEMS, |library| {
            library.message(field::scope_items::ITEMS, |item| {
                item.bytes(field::span::TRACE_ID, &[1; 16]);
                item.bytes(field::span::SPAN_ID, &[1; 8]);
                item.fixed64(field::span::START_TIME, NOW as u64);
            });
            library.message(field::scope_items::SCOPE, |scope| scope.string(field::scope::NAME, "old"));
        });
        // The resource stands behind what it is the resource of.
        resource.message(field::resource_items::RESOURCE, |resource| {
            resource.attribute(field::resource::ATTRIBUTES, "service.name", &glasshive_wire_otlp::encode::Value::Str("late"));
        });
    });
    let decoded = decode(Signal3::Traces, Encoding::Protobuf, writer.as_bytes(), &context()).unwrap();
    assert_eq!(
        (field_of(&decoded, 0, "library.name"), field_of(&decoded, 0, "meta.dataset")),
        ("\"old\"".to_owned(), "\"late\"".to_owned())
    );
}

#[test]
fn otlp22_string_tables_of_profiles_are_absent_here() {
    let mut writer = Writer::new();
    let good = of_spans([span()]).encode(Signal3::Traces, Encoding::Protobuf);
    writer.message(field::request::RESOURCE_ITEMS, |resource| {
        resource.message(field::resource_items::RESOURCE, |resource| {
            resource.message(field::resource::ATTRIBUTES, |pair| {
                pair.string(field::key_value::KEY, "k");
                pair.message(field::key_value::VALUE, |value| value.varint(field::any_value::STRING_STRINDEX, 3));
            });
        });
    });
    let body = [good, writer.into_bytes()].concat();
    let decoded = decode(Signal3::Traces, Encoding::Protobuf, &body, &context()).unwrap();
    assert_eq!(warned(&decoded), "1 string table index outside profiles, read as absent");
}

#[test]
fn otlp20_invalid_utf8_in_protobuf_is_repaired_and_marked() {
    let mut body = of_spans([Span { name: "a?b".to_owned(), attributes: pairs([("k", text("v"))]), ..span() }])
        .encode(Signal3::Traces, Encoding::Protobuf);
    let position = body.windows(3).position(|window| window == b"a?b").unwrap();
    body[position + 1] = 0xff;
    let decoded = decode(Signal3::Traces, Encoding::Protobuf, &body, &context()).unwrap();
    assert_eq!(
        (field_of(&decoded, 0, "name"), field_of(&decoded, 0, "meta.invalid_utf8")),
        ("\"a\u{fffd}b\"".to_owned(), "true".to_owned())
    );
    assert_eq!(decoded.message, None);
}

#[test]
fn a_request_of_empty_items_is_refused_before_it_fills_the_memory() {
    let empty = Event::default();
    let flood = of_spans((0..400).map(|_| Span { events: vec![empty.clone(); limits::EVENTS_PER_SPAN], ..span() }));
    let error = decode(Signal3::Traces, Encoding::Protobuf, &flood.encode(Signal3::Traces, Encoding::Protobuf), &context()).unwrap_err();
    assert_eq!(error.kind(), glasshive_base::ErrorKind::TooLarge);
    let few = of_spans((0..10).map(|_| Span { events: vec![empty.clone(); limits::EVENTS_PER_SPAN], ..span() }));
    assert!(
        decode(
            Signal3::Traces,
            Encoding::Protobuf,
            &few.encode(Signal3::Traces, Encoding::Protobuf),
            &DecodeContext { received_ns: NOW, ..context() }
        )
        .is_ok()
    );
}
