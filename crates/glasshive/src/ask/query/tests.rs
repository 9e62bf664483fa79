use super::draw;
use crate::screen::Screen;
use crate::screen::palette::Palette;
use expect_test::{Expect, expect};
use glasshive_api_hive::shape::query::QueryAnswer;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn pipe() -> Screen {
    Screen { width: 72, is_terminal: false, palette: Palette::None, zone: TimeZone::UTC }
}

fn terminal() -> Screen {
    Screen { is_terminal: true, ..pipe() }
}

fn answer(change: impl FnOnce(&mut Value)) -> QueryAnswer {
    let mut value = json!({
        "query": { "text": "COUNT", "specification": {} },
        "window": { "start_ns": "0", "end_ns": "360000000000" },
        "grid": { "first_ns": "0", "step_ns": "60000000000", "steps": 6 },
        "breakdowns": ["http.route"],
        "calculations": ["COUNT", "P99(duration_ms)"],
        "heatmaps": [null, null],
        "results": [
            { "group": ["/api/activities/home"], "values": [1204, 842.25] },
            { "group": [null], "values": [7, null] }
        ],
        "series": [
            { "step": 0, "group": 0, "values": [300, 100.0] },
            { "step": 1, "group": 0, "values": [904, 842.25] },
            { "step": 4, "group": 1, "values": [7, null] }
        ],
        "groups": 2,
        "notes": [],
        "cost": { "elapsed_ms": 1.5 }
    });
    change(&mut value);
    serde_json::from_value(value).unwrap()
}

fn check(screen: &Screen, change: impl FnOnce(&mut Value), expected: Expect) {
    expected.assert_eq(&draw::people(&answer(change), screen));
}

#[test]
fn plain_in_a_pipe() {
    check(
        &pipe(),
        |_| {},
        expect![[r#"
            http.route            COUNT  P99(duration_ms)
            /api/activities/home   1204            842.25
            -                         7              -
        "#]],
    );
}

#[test]
fn series_are_drawn_in_a_terminal() {
    check(
        &terminal(),
        |_| {},
        expect![[r#"
            COUNT  per 1 min
                                                                              peak
                                 │       ███████
                                 │       ███████
            /api/activities/home │██████████████                               904
                                 │
                                 │
            -                    │                            ▁▁▁▁▁▁▁            7
                                 └┬─────────────┬─────────────┬─────────────
                              UTC Jan 01        00:02         00:04

            P99(duration_ms)  per 1 min
                                                                                peak
                                 │       ███████
                                 │       ███████
            /api/activities/home │▃▃▃▃▃▃▃███████····························  842 ms
                                 │
                                 │
            -                    │··········································       -
                                 └┬─────────────┬─────────────┬─────────────
                              UTC Jan 01        00:02         00:04

            http.route            COUNT  P99(duration_ms)
            /api/activities/home  1 204            842.25
            -                         7              -
            1970-01-01 00:00:00 to 00:06:00 UTC; 1.5 ms
        "#]],
    );
}

#[test]
fn heatmaps_are_drawn_in_a_terminal() {
    let heatmap = |answer: &mut Value| {
        answer["breakdowns"] = json!([]);
        answer["calculations"] = json!(["HEATMAP(duration_ms)"]);
        answer["heatmaps"] = json!([{ "scale": "log", "lower": 1.0, "step": 10.0, "edges": [1.0, 10.0, 100.0, 1000.0] }]);
        let cells = |counts: [f64; 3]| json!({ "under": 0.0, "zero": 0.0, "over": 0.0, "counts": counts });
        answer["results"] = json!([{ "group": [], "values": [cells([9.0, 4.0, 1.0])] }]);
        answer["series"] = json!([
            { "step": 0, "group": 0, "values": [cells([8.0, 1.0, 0.0])] },
            { "step": 3, "group": 0, "values": [cells([1.0, 3.0, 1.0])] }
        ]);
        answer["groups"] = json!(1);
    };
    check(
        &terminal(),
        heatmap,
        expect![[r#"
            HEATMAP(duration_ms)  per 1 min
              100 ms ┤                              ▒▒▒▒▒▒▒▒▒▒
                     │▒▒▒▒▒▒▒▒▒▒                    ▓▓▓▓▓▓▓▓▓▓
                1 ms ┤██████████                    ▒▒▒▒▒▒▒▒▒▒
                     └┬───────────────────┬───────────────────┬───────────────────
                  UTC Jan 01              00:02               00:04
                      events: ▒ to 2  ▓ to 4  █ to 8

            1970-01-01 00:00:00 to 00:06:00 UTC; 1.5 ms
        "#]],
    );
}

#[test]
fn one_series_is_drawn_large() {
    check(
        &terminal(),
        |answer| {
            answer["breakdowns"] = json!([]);
            answer["results"] = json!([{ "group": [], "values": [1204, 842.25] }]);
            answer["series"] = json!([
                { "step": 0, "group": 0, "values": [300, 100.0] },
                { "step": 1, "group": 0, "values": [904, 842.25] }
            ]);
            answer["groups"] = json!(1);
            answer["cost"] = json!({ "elapsed_ms": 1.5, "rows_scanned": 5200, "bytes_read": 81_300, "files_read": 2, "files_skipped": 1 });
        },
        expect![[r#"
            COUNT  per 1 min
                  1k ┤          ▂▂▂▂▂▂▂▂▂▂
                     │          ██████████
                     │          ██████████
                     │          ██████████
                 500 ┤          ██████████
                     │▄▄▄▄▄▄▄▄▄▄██████████
                     │████████████████████
                     │████████████████████
                   0 └┬───────────────────┬───────────────────┬───────────────────
                  UTC Jan 01              00:02               00:04

            P99(duration_ms)  per 1 min
                 1 s ┤
                     │          ▆▆▆▆▆▆▆▆▆▆
                     │          ██████████
                     │          ██████████
              500 ms ┤          ██████████
                     │          ██████████
                     │          ██████████
                     │▇▇▇▇▇▇▇▇▇▇██████████········································
                   0 └┬───────────────────┬───────────────────┬───────────────────
                  UTC Jan 01              00:02               00:04

            COUNT  P99(duration_ms)
            1 204            842.25
            1970-01-01 00:00:00 to 00:06:00 UTC
            5 200 rows looked at; 2 of 3 files read, 81.3 kB; 1.5 ms
        "#]],
    );
}

#[test]
fn nothing_found_says_what_to_try() {
    let nothing = |answer: &mut Value| {
        (answer["results"], answer["series"], answer["groups"]) = (json!([]), json!([]), json!(0));
    };
    check(
        &terminal(),
        nothing,
        expect![[r#"
        http.route  COUNT  P99(duration_ms)
        1970-01-01 00:00:00 to 00:06:00 UTC; 1.5 ms
        note: no event of this time matches; a longer `LAST` looks further back, `glasshive tail` shows what arrives
    "#]],
    );
    check(
        &pipe(),
        nothing,
        expect![[r#"
        http.route  COUNT  P99(duration_ms)
    "#]],
    );
}

#[test]
fn no_line_is_wider_than_the_screen() {
    for width in [40, 60, 80, 120, 200] {
        let drawn = draw::people(&answer(|_| {}), &Screen { width, ..terminal() });
        for line in drawn.lines() {
            assert!(crate::screen::escape::width(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let coloured = draw::people(&answer(|_| {}), &Screen { palette: Palette::Ansi, ..terminal() });
    let mut plain = String::new();
    let mut pieces = coloured.split('\u{1b}');
    plain.push_str(pieces.next().unwrap());
    for piece in pieces {
        plain.push_str(piece.split_once('m').unwrap().1);
    }
    assert_ne!(coloured, plain);
    assert_eq!(plain, draw::people(&answer(|_| {}), &terminal()));
}

#[test]
fn what_was_cut_off_is_said() {
    let cut = |answer: &mut Value| {
        answer["groups"] = json!(412);
        answer["other"] = json!([88, 12.5]);
        answer["notes"] = json!([{ "kind": "estimated", "text": "percentiles are within 1 %" }]);
    };
    check(
        &pipe(),
        cut,
        expect![[r#"
            http.route            COUNT  P99(duration_ms)
            /api/activities/home   1204            842.25
            -                         7              -
            2 of 412 groups; the rest: COUNT 88, P99(duration_ms) 12.500
            note: percentiles are within 1 %
        "#]],
    );
}

#[test]
fn poisoned_names_are_escaped_and_csv_in_a_pipe_is_exact() {
    let poisoned = |answer: &mut Value| {
        answer["results"][0]["group"] = json!(["\u{1b}[31m,x"]);
        answer["breakdowns"] = json!(["a\u{7}b"]);
    };
    let text = draw::people(&answer(poisoned), &terminal()) + &draw::csv(&answer(poisoned), true);
    assert!(text.chars().all(|character| matches!(character, '\n' | '\r') || !character.is_control()), "{text:?}");
    assert_eq!(draw::csv(&answer(poisoned), false), "a\u{7}b,COUNT,P99(duration_ms)\r\n\"\u{1b}[31m,x\",1204,842.25\r\n,7,\r\n");
}
