use super::draw;
use crate::screen::Screen;
use crate::screen::palette::Palette;
use expect_test::expect;
use glasshive_api_hive::shape::trace::Trace;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn node(name: &str, service: &str, depth: usize, offset_ns: i64, duration_ns: Option<i64>) -> Value {
    json!({
        "kind": "span", "row": null, "depth": depth, "parent": null, "child_count": 0, "descendant_count": 0,
        "descendant_error_count": 0, "span_id": "eee19b7ec3c1b174", "offset_ns": offset_ns.to_string(),
        "duration_ns": duration_ns.map(|ns| ns.to_string()), "self_ns": "0", "name": name, "service": service, "span_kind": "server",
        "source": "otlp", "is_error": false, "problem": null, "copies": 0, "annotations": []
    })
}

fn trace(change: impl FnOnce(&mut Value)) -> Trace {
    let row = |fields: Value| json!({ "time_ns": "0", "seq": "1", "fields": fields });
    let note = |kind: &str, row: usize, offset_ns: i64, name: &str, is_error: bool| json!({ "kind": kind, "row": row, "offset_ns": offset_ns.to_string(), "name": name, "is_error": is_error });
    let mut failing = node("SELECT orders", "orders-db", 2, 32_000_000, Some(48_000_000));
    failing["is_error"] = json!(true);
    failing["annotations"] = json!([
        note("log", 0, 40_000_000, "could not write record 709710", true),
        note("span_event", 1, 79_000_000, "exception", true),
        note("link", 2, 32_000_000, "", false)
    ]);
    let mut twice = node("東京タワー render", "web", 1, 90_000_000, None);
    twice["copies"] = json!(1);
    let mut value = json!({
        "trace_id": "5b8efff798038103d269b633813fc60c", "start_ns": "1767225600123456789", "duration_ns": "100000000",
        "span_count": 4, "error_count": 1, "missing_root": false,
        "services": [
            { "name": "web", "span_count": 3, "error_count": 0, "self_ns": "52000000" },
            { "name": "orders-db", "span_count": 1, "error_count": 1, "self_ns": "48000000" }
        ],
        "nodes": [
            node("GET /orders/{id}", "web", 0, 0, Some(100_000_000)),
            node("load", "web", 1, 30_000_000, Some(55_000_000)),
            failing,
            twice
        ],
        "unattached": [note("log", 3, -1_000_000, "accepted", false)],
        "rows": [
            row(json!({ "severity": "error" })),
            row(json!({ "exception.type": "io.Timeout", "exception.message": "gave up\u{1b}[31m" })),
            row(json!({ "trace.link.trace_id": "aa", "trace.link.span_id": "bb" })),
            row(json!({ "severity": "info" }))
        ],
        "notes": [{ "kind": "partial", "text": "only a day was looked at" }]
    });
    change(&mut value);
    serde_json::from_value(value).unwrap()
}

fn screen(width: usize) -> Screen {
    Screen { width, is_terminal: true, palette: Palette::None, zone: TimeZone::fixed(jiff::tz::offset(2)) }
}

#[test]
fn a_trace_on_a_usual_screen() {
    expect![[r#"
        trace 5b8efff798038103d269b633813fc60c
        2026-01-01 02:00:00.123 +02, 100 ms, 4 spans, 2 services, 1 error
        own time: web 52 ms, orders-db 48 ms

        span                 service    0                           50 ms                  100 ms   duration
        GET /orders/{id}     web        █████████████████████████████████████████████████████████     100 ms
        ├ load               web                         ███████████████████████████████▌              55 ms
        │ └ ! SELECT orders  orders-db                    ███████████████████████████▋                 48 ms
        │     ! log error could not write record 709710                                               +40 ms
        │     ! event exception io.Timeout: gave up\x1b[31m                                           +79 ms
        │     · link to span bb of trace aa                                                           +32 ms
        └ 東京タワー render  web                                                           ┄┄┄             -
            (unfinished, came 2 times)
        without a span:
        · log info accepted                                                                            -1 ms
        note: only a day was looked at
    "#]]
    .assert_eq(&draw(&trace(|_| {}), &screen(100)));
}

#[test]
fn a_trace_on_a_tiny_screen() {
    expect![[r#"
        trace 5b8efff798038103d269b633813fc60c
        2026-01-01 02:00:00.123 +02, 100 ms, 4 …
        own time: web 52 ms, orders-db 48 ms

        span            0      100 ms   duration
        GET /orders/{…  █████████████     100 ms
        ├ load             ▐███████        55 ms
        │ └ ! SELECT …      ██████▍        48 ms
        │     ! log error could not …     +40 ms
        │     ! event exception io.T…     +79 ms
        │     · link to span bb of t…     +32 ms
        └ 東京タワー …             ┄┄          -
            (unfinished, came 2 times)
        without a span:
        · log info accepted                -1 ms
        note: only a day was looked at
    "#]]
    .assert_eq(&draw(&trace(|_| {}), &screen(40)));
}

#[test]
fn one_of_a_kind_has_no_plural() {
    let one = |trace: &mut Value| {
        trace["nodes"] = json!([node("GET /", "web", 0, 0, Some(0))]);
        trace["services"] = json!([{ "name": "web", "span_count": 1, "error_count": 0, "self_ns": "0" }]);
        (trace["span_count"], trace["duration_ns"], trace["missing_root"]) = (json!(1), json!("0"), json!(true));
        (trace["unattached"], trace["notes"]) = (json!([]), json!([]));
    };
    expect![[r#"
        trace 5b8efff798038103d269b633813fc60c
        2026-01-01 02:00:00.123 +02, 0 ns, 1 span, 1 error
        the root of this trace was not received (yet)

        span   service  0                                                       duration
        GET /  web      █████████████████████████████████████████████████████       0 ns
    "#]]
    .assert_eq(&draw(&trace(one), &screen(80)));
}

#[test]
fn no_line_is_wider_than_the_screen_and_nothing_is_obeyed() {
    for width in [40, 41, 59, 60, 61, 80, 120, 200] {
        let drawn = draw(&trace(|_| {}), &screen(width));
        for line in drawn.lines() {
            assert!(crate::screen::escape::width(line) <= width, "{width}: {line}");
            assert!(line.chars().all(|character| !character.is_control()), "{line:?}");
        }
    }
}
