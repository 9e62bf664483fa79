//! What OTLP/JSON senders write and how it is read, one row of otlp's leniencies after the other.
#![allow(clippy::unwrap_used)]

mod support;

use glasshive_model::Value;
use glasshive_receive_otlp::decode::{Decoded, Encoding, Signal3, decode};
use support::{NOW, context, decoded_json, readable_value, shown};

const IDS: &str = r#""traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708""#;

fn request_of(span: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
}

/// A request with one good span that also has these members.
fn with(members: &str) -> Decoded {
    decoded_json(Signal3::Traces, &request_of(&format!(r#"{{{IDS},"startTimeUnixNano":"{NOW}",{members}}}"#)))
}

/// A request with one good span whose attribute `k` is this.
fn with_value(value: &str) -> Decoded {
    with(&format!(r#""attributes":[{{"key":"k","value":{value}}}]"#))
}

fn field(decoded: &Decoded, name: &str) -> String {
    let rows = shown(&decoded.rows);
    rows.last().and_then(|row| row.get(name)).map_or_else(|| "absent".to_owned(), readable_value)
}

fn value(json: &str) -> String {
    field(&with_value(json), "k")
}

fn error(body: &str) -> String {
    decode(Signal3::Traces, Encoding::Json, body.as_bytes(), &context()).unwrap_err().to_string()
}

#[test]
fn keys_in_camel_and_snake_case() {
    let body = format!(
        r#"{{"resource_spans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"string_value":"cart"}}}}]}},"schema_url":"u",
        "scope_spans":[{{"scope":{{"name":"lib"}},"spans":[{{"trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"0102030405060708",
        "parent_span_id":"0102030405060709","trace_state":"a=b","start_time_unix_nano":"{NOW}","end_time_unix_nano":"{NOW}",
        "dropped_attributes_count":1,"dropped_events_count":2,"dropped_links_count":3,
        "attributes":[{{"key":"i","value":{{"int_value":1}}}},{{"key":"d","value":{{"double_value":1}}}},{{"key":"b","value":{{"bool_value":true}}}},
        {{"key":"y","value":{{"bytes_value":"AA=="}}}},{{"key":"a","value":{{"array_value":{{"values":[]}}}}}},{{"key":"m","value":{{"kvlist_value":{{"values":[]}}}}}}],
        "events":[{{"time_unix_nano":"{NOW}","name":"e"}}]}}]}}]}}]}}"#
    );
    let decoded = decoded_json(Signal3::Traces, &body);
    let expected = [
        ("service.name", "\"cart\""),
        ("resource.schema_url", "\"u\""),
        ("library.name", "\"lib\""),
        ("trace.parent_id", "\"0102030405060709\""),
        ("trace.trace_state", "\"a=b\""),
        ("duration_ms", "0.0"),
        ("meta.dropped_attributes", "1"),
        ("meta.dropped_events", "2"),
        ("meta.dropped_links", "3"),
        ("i", "1"),
        ("d", "1.0"),
        ("b", "true"),
        ("y", "json \"AA==\""),
        ("a", "json []"),
        ("m", "json {}"),
        ("span.num_events", "1"),
    ];
    expected.into_iter().for_each(|(name, expected)| assert_eq!(field(&decoded, name), expected, "{name}"));
}

#[test]
fn keys_of_log_records_in_snake_case() {
    let body = format!(
        r#"{{"resource_logs":[{{"scope_logs":[{{"log_records":[{{"time_unix_nano":"{NOW}","observed_time_unix_nano":"{}","severity_number":17,
        "severity_text":"ERR","event_name":"e","trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"0102030405060708","body":{{"string_value":"b"}}}}]}}]}}]}}"#,
        NOW + 1
    );
    let decoded = decoded_json(Signal3::Logs, &body);
    let expected = [
        ("severity", "\"error\""),
        ("severity_text", "\"ERR\""),
        ("event.name", "\"e\""),
        ("body", "\"b\""),
        ("meta.observed_time_ns", "1700000000000000001"),
    ];
    expected.into_iter().for_each(|(name, expected)| assert_eq!(field(&decoded, name), expected, "{name}"));
}

#[test]
fn ids_are_hex_in_any_case_and_faults_are_named() {
    let ids = |trace: &str, span: &str| {
        let span = format!(r#"{{"traceId":{trace},"spanId":{span},"startTimeUnixNano":"{NOW}"}}"#);
        let decoded = decoded_json(Signal3::Traces, &request_of(&span));
        decoded.message.clone().unwrap_or_else(|| field(&decoded, "trace.trace_id"))
    };
    const TRACE: &str = r#""0102030405060708090a0b0c0d0e0f10""#;
    const SPAN: &str = r#""0102030405060708""#;
    assert_eq!(ids(r#""0102030405060708090A0B0C0D0E0F10""#, SPAN), TRACE);
    assert_eq!(ids(r#""\u0030102030405060708090a0b0c0d0e0f10""#, SPAN), TRACE);
    assert_eq!(ids(r#""""#, SPAN), "1 spans rejected: 1 without trace_id");
    assert_eq!(ids("null", SPAN), "1 spans rejected: 1 without trace_id");
    assert_eq!(ids(TRACE, r#""""#), "1 spans rejected: 1 without span_id");
    assert_eq!(ids(r#""0102""#, SPAN), "1 spans rejected: 1 trace_id not of 16 bytes (32 hex digits)");
    assert_eq!(ids(TRACE, r#""xx02030405060708""#), "1 spans rejected: 1 span_id not hexadecimal");
    assert_eq!(ids(r#""AQIDBAUGBwgJCgsMDQ4PEA==""#, SPAN), "1 spans rejected: 1 trace_id looks like base64; OTLP/JSON wants hex");
    assert_eq!(ids(TRACE, r#""AQIDBAUGBwg=""#), "1 spans rejected: 1 span_id looks like base64; OTLP/JSON wants hex");
}

#[test]
fn integers_of_64_bits_as_text_number_and_exponent() {
    for time in ["\"1700000000000000000\"", "1700000000000000000", "1.7e18", "\"1.7e18\"", "1700000000000000000.0", "17E17"] {
        let decoded = decoded_json(Signal3::Traces, &request_of(&format!(r#"{{{IDS},"startTimeUnixNano":{time}}}"#)));
        assert_eq!(decoded.rows.times_ns(), [NOW], "{time}");
    }
    assert_eq!(value(r#"{"intValue":"9223372036854775807"}"#), "9223372036854775807");
    assert_eq!(value(r#"{"intValue":-5}"#), "-5");
    assert_eq!(value(r#"{"intValue":9007199254740993}"#), "9007199254740993");
    assert_eq!(value(r#"{"intValue":1e3}"#), "1000");
    assert!(error(&request_of(r#"{"startTimeUnixNano":"noon"}"#)).contains("`startTimeUnixNano` is not a number at byte"));
}

#[test]
fn an_integer_beyond_64_bits_is_kept_as_a_double() {
    assert_eq!(value(r#"{"intValue":"9223372036854775808"}"#), "9.223372036854776e18");
    assert_eq!(value(r#"{"intValue":1e20}"#), "1e20");
    assert_eq!(value(r#"{"intValue":1.5}"#), "1.5");
}

#[test]
fn enums_as_number_text_and_name() {
    for kind in ["2", "\"2\"", "\"SPAN_KIND_SERVER\"", "\"SERVER\""] {
        assert_eq!(field(&with(&format!("\"kind\":{kind}")), "span.kind"), "\"server\"", "{kind}");
    }
    for code in ["2", "\"2\"", "\"STATUS_CODE_ERROR\""] {
        let decoded = with(&format!(r#""status":{{"code":{code}}}"#));
        assert_eq!((field(&decoded, "status_code"), field(&decoded, "error")), ("2".to_owned(), "true".to_owned()), "{code}");
    }
    let log = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"timeUnixNano":"{NOW}","severityNumber":"SEVERITY_NUMBER_WARN2"}}]}}]}}]}}"#
    );
    assert_eq!(field(&decoded_json(Signal3::Logs, &log), "severity_code"), "14");
    assert_eq!(field(&with("\"kind\":77"), "span.kind"), "\"77\"", "an unknown number is kept");
    let unknown = with("\"kind\":\"SPAN_KIND_SIDEWAYS\"");
    assert_eq!(field(&unknown, "span.kind"), "\"unspecified\"");
    assert_eq!(unknown.message.unwrap(), "1 unknown enum name, read as 0");
}

#[test]
fn doubles_as_number_text_and_words() {
    assert_eq!(value(r#"{"doubleValue":1}"#), "1.0");
    assert_eq!(value(r#"{"doubleValue":"2.5"}"#), "2.5");
    assert_eq!(value(r#"{"doubleValue":"NaN"}"#), "\"NaN\"");
    assert_eq!(value(r#"{"doubleValue":"Infinity"}"#), "inf");
    assert_eq!(value(r#"{"doubleValue":"-Infinity"}"#), "-inf");
}

#[test]
fn bytes_in_every_base64_and_as_an_object() {
    for bytes in ["\"-_8=\"", "\"+/8=\"", "\"-_8\"", "{\"0\":251,\"1\":255}"] {
        assert_eq!(value(&format!(r#"{{"bytesValue":{bytes}}}"#)), "json \"+/8=\"", "{bytes}");
    }
    let decoded = with_value(r#"{"bytesValue":"not base64!"}"#);
    assert_eq!(field(&decoded, "k"), "\"not base64!\"");
    assert_eq!(decoded.message.unwrap(), "1 bytesValue that is not base64, kept as text");
}

#[test]
fn negative_and_absurd_counts_are_clamped() {
    let decoded = with(r#""droppedAttributesCount":-1,"droppedEventsCount":"-5","droppedLinksCount":99999999999"#);
    assert_eq!(field(&decoded, "meta.dropped_attributes"), "absent");
    assert_eq!(field(&decoded, "meta.dropped_events"), "absent");
    assert_eq!(field(&decoded, "meta.dropped_links"), "4294967295");
}

#[test]
fn a_dumped_go_struct_is_an_empty_value_with_a_warning() {
    let decoded = with_value(r#"{"Value":{"StringValue":"x"}}"#);
    assert_eq!(field(&decoded, "k"), "null");
    assert!(decoded.message.unwrap().contains("Go struct"));
}

#[test]
fn unknown_keys_are_ignored_at_every_level() {
    let body = format!(
        r#"{{"x":[],"resourceSpans":[{{"x":1,"resource":{{"x":{{}}}},"scopeSpans":[{{"x":null,"scope":{{"x":[[]]}},"spans":[{{{IDS},"x":"y","startTimeUnixNano":{NOW},
        "status":{{"x":1}},"attributes":[{{"x":1,"key":"k","value":{{"x":1,"intValue":1}}}}],"events":[{{"x":1,"timeUnixNano":{NOW}}}],"links":[{{"x":1}}]}}]}}]}}]}}"#
    );
    assert_eq!(field(&decoded_json(Signal3::Traces, &body), "k"), "1");
}

#[test]
fn null_is_absent() {
    let nulls = r#""traceState":null,"parentSpanId":null,"name":null,"kind":null,"endTimeUnixNano":null,"attributes":null,"events":null,"links":null,"status":null,"flags":null"#;
    let decoded = with(nulls);
    assert_eq!((decoded.accepted, decoded.message.clone()), (1, None));
    assert_eq!(field(&decoded, "meta.unfinished"), "true");
    assert_eq!(value("null"), "null");
    assert_eq!(value(r#"{"stringValue":null}"#), "null");
    assert_eq!(value(r#"{"stringValue":null,"intValue":1}"#), "1");
    assert_eq!(field(&with(r#""attributes":[null,{"key":"k","value":{"intValue":1}}]"#), "k"), "1");
    assert_eq!(value(r#"{"arrayValue":{"values":[{"intValue":1},null]}}"#), "json [1,null]");
    for body in [r#"{"resourceSpans":null}"#, r#"{"resourceSpans":[null]}"#, r#"{"resourceSpans":[{"scopeSpans":[null]}]}"#, "{}"] {
        assert_eq!(decoded_json(Signal3::Traces, body).accepted, 0, "{body}");
    }
}

#[test]
fn a_value_without_members_exists() {
    assert_eq!(value("{}"), "null");
    assert_eq!(field(&with(r#""attributes":[{"key":"k"}]"#), "k"), "null");
}

#[test]
fn the_last_of_two_members_holds() {
    let decoded = with_value(r#"{"stringValue":"a","intValue":2}"#);
    assert_eq!(field(&decoded, "k"), "2");
    assert_eq!(decoded.message.unwrap(), "1 value with two members, the last one was kept");
}

#[test]
fn the_last_of_duplicate_members_holds() {
    assert_eq!(field(&with(r#""name":"first","name":"last""#), "name"), "\"last\"");
    let twice = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{IDS},"startTimeUnixNano":{NOW}}}]}}],"resource":{{"attributes":[{{"key":"a","value":{{"intValue":1}}}}]}},
        "resource":{{"attributes":[{{"key":"b","value":{{"intValue":2}}}}]}}}}]}}"#
    );
    let decoded = decoded_json(Signal3::Traces, &twice);
    assert_eq!(
        (field(&decoded, "a"), field(&decoded, "b")),
        ("absent".to_owned(), "2".to_owned()),
        "a resource may stand behind its scopes"
    );
}

#[test]
fn otlp21_instrumentation_libraries_of_2021() {
    let old = |extra: &str| {
        format!(
            r#"{{"resourceSpans":[{{{extra}"instrumentationLibrarySpans":[{{"instrumentationLibrary":{{"name":"old"}},"spans":[{{{IDS},"startTimeUnixNano":{NOW}}}]}}]}}]}}"#
        )
    };
    assert_eq!(field(&decoded_json(Signal3::Traces, &old("")), "library.name"), "\"old\"");
    assert_eq!(field(&decoded_json(Signal3::Traces, &old("\"scopeSpans\":[],")), "library.name"), "\"old\"");
    assert_eq!(decoded_json(Signal3::Traces, &old("\"scopeSpans\":[{}],")).accepted, 0);
}

#[test]
fn what_is_no_request_is_refused_with_its_byte() {
    let check = |body: &str, cause: &str| assert_eq!(error(body), format!("failed to parse OTLP request body: {cause}"));
    check("[]", "`request` is not an object at byte 0");
    check(r#"{"resourceSpans":{}}"#, "`resource list` is not an array at byte 17");
    check("{} {}", "expected the end of the text, found '{' at byte 3");
    check(r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":{}}]}]}]}"#, "`attributes` is not an array at byte 57");
    check(r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":[]}]}]}]}"#, "`name` is not text at byte 51");
    check(r#"{"resourceSpans":[{"scopeSpans":[{"spans":[5]}]}]}"#, "`span` is not an object at byte 43");
    check("", "expected a value, found the end of the text at byte 0");
    check(&"[".repeat(200), "nesting deeper than 128 at byte 128");
}

#[test]
fn otlp24_the_wrong_label_is_named() {
    let json = request_of(&format!(r#"{{{IDS},"startTimeUnixNano":"{NOW}"}}"#));
    let labelled_protobuf = decode(Signal3::Traces, Encoding::Protobuf, json.as_bytes(), &context()).unwrap_err().to_string();
    assert!(
        labelled_protobuf.ends_with("the body looks like application/json, but the content type says application/x-protobuf"),
        "{labelled_protobuf}"
    );
    let protobuf = support::of_spans([support::span()]).encode(Signal3::Traces, Encoding::Protobuf);
    let labelled_json = decode(Signal3::Traces, Encoding::Json, &protobuf, &context()).unwrap_err().to_string();
    assert!(
        labelled_json.ends_with("the body looks like application/x-protobuf, but the content type says application/json"),
        "{labelled_json}"
    );
}

#[test]
fn text_that_is_not_unicode_is_repaired_and_marked() {
    let lone = with_value(r#"{"stringValue":"a\ud800b"}"#);
    assert_eq!((field(&lone, "k"), field(&lone, "meta.invalid_utf8")), ("\"a\u{fffd}b\"".to_owned(), "true".to_owned()));
    let mut body = request_of(&format!(r#"{{{IDS},"startTimeUnixNano":"{NOW}","name":"a?b"}}"#)).into_bytes();
    let position = body.iter().position(|byte| *byte == b'?').unwrap();
    body[position] = 0xff;
    let decoded = decode(Signal3::Traces, Encoding::Json, &body, &context()).unwrap();
    assert_eq!((field(&decoded, "name"), field(&decoded, "meta.invalid_utf8")), ("\"a\u{fffd}b\"".to_owned(), "true".to_owned()));
    assert_eq!(shown(&decoded.rows)[0].get("name"), Some(&Value::Str("a\u{fffd}b".to_owned())));
}

#[test]
fn escaped_keys_and_byte_order_marks() {
    let body = format!("\u{feff}{}", request_of(&format!(r#"{{{IDS},"start\u0054imeUnixNano":"{NOW}","n\u0061me":"x\ty"}}"#)));
    assert_eq!(field(&decoded_json(Signal3::Traces, &body), "name"), "\"x\\ty\"");
}
