use super::draw;
use crate::screen::Screen;
use expect_test::{Expect, expect};
use glasshive_api_hive::shape::query::QueryAnswer;
use serde_json::{Value, json};

const PIPE: Screen = Screen { width: 72, is_terminal: false };
const TERMINAL: Screen = Screen { width: 72, is_terminal: true };

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

fn check(screen: Screen, change: impl FnOnce(&mut Value), expected: Expect) {
    expected.assert_eq(&draw::people(&answer(change), screen));
}

#[test]
fn plain_in_a_pipe() {
    check(
        PIPE,
        |_| {},
        expect![[r#"
            http.route            COUNT  P99(duration_ms)
            /api/activities/home   1204            842.25
            -                         7                 -
        "#]],
    );
}

#[test]
fn series_are_drawn_in_a_terminal() {
    check(
        TERMINAL,
        |_| {},
        expect![[r#"
            COUNT  (up to 904)
            /api/activities/home │▃█    
            -                    │    ▁ 
                                  00:00:00 00:05:00 UTC

            P99(duration_ms)  (up to 842)
            /api/activities/home │▁█····
            -                    │······
                                  00:00:00 00:05:00 UTC

            http.route            COUNT  P99(duration_ms)
            /api/activities/home  1 204            842.25
            -                         7                 -
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
        TERMINAL,
        heatmap,
        expect![[r#"
            HEATMAP(duration_ms)
                  100 │   ▒
                      │▒  ▓
                    1 │█  ▒
                       00:00:00 00:05:00 UTC

            HEATMAP(duration_ms)
                             █▄▁
        "#]],
    );
}

#[test]
fn what_was_cut_off_is_said() {
    let cut = |answer: &mut Value| {
        answer["groups"] = json!(412);
        answer["other"] = json!([88, 12.5]);
        answer["notes"] = json!([{ "kind": "estimated", "text": "percentiles are within 1 %" }]);
    };
    check(
        PIPE,
        cut,
        expect![[r#"
            http.route            COUNT  P99(duration_ms)
            /api/activities/home   1204            842.25
            -                         7                 -
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
    let text = draw::people(&answer(poisoned), TERMINAL) + &draw::csv(&answer(poisoned), true);
    assert!(text.chars().all(|character| matches!(character, '\n' | '\r') || !character.is_control()), "{text:?}");
    assert_eq!(draw::csv(&answer(poisoned), false), "a\u{7}b,COUNT,P99(duration_ms)\r\n\"\u{1b}[31m,x\",1204,842.25\r\n,7,\r\n");
}
