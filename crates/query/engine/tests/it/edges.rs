//! Small cases that random ones seldom meet.

use crate::fixture::{Event, Hive, SECOND_NS, START_NS, event, plan};
use glasshive_query_plan::{Measure, TimeRange, Wants};
use serde_json::json;

/// Asks each question live and flushed.
async fn check(events: Vec<Event>, questions: &[(&str, &str)]) {
    let mut hive = Hive::new().await;
    hive.send(&events).await;
    for state in ["live", "flushed"] {
        for (question, expected) in questions {
            assert_eq!(&hive.results(question).await, expected, "{state}: {question}");
        }
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_name_that_was_sent_empty_gives_way_to_an_older_one() {
    let events = vec![
        event(1, json!({"http.response.status_code": null, "http.status_code": 200})),
        event(2, json!({"http.response.status_code": 500, "http.status_code": 200})),
        event(3, json!({"http.response.status_code": null})),
    ];
    let questions = [
        ("COUNT WHERE http.status_code = 200", "[] -> [1]\n"),
        ("COUNT WHERE http.status_code exists", "[] -> [3]\n"),
        ("COUNT(http.status_code), MAX(http.response.status_code)", "[] -> [2,500.0]\n"),
        ("COUNT GROUP BY http.status_code", "[200] -> [1]\n[500] -> [1]\n[null] -> [1]\n"),
        ("COUNT GROUP BY =http.status_code", "[200] -> [2]\n[null] -> [1]\n"),
    ];
    check(events, &questions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_zeros_are_one_group_and_whole_doubles_are_integers() {
    let events =
        [0.0, -0.0, 2.0, 2.5].into_iter().enumerate().map(|(second, ratio)| event(second as i64, json!({"ratio": ratio}))).collect();
    let questions = [
        ("COUNT GROUP BY ratio", "[0] -> [2]\n[2] -> [1]\n[2.5] -> [1]\n"),
        ("COUNT_DISTINCT(ratio)", "[] -> [3]\n"),
        ("COUNT WHERE ratio = 0", "[] -> [2]\n"),
        ("COUNT WHERE ratio <= 0", "[] -> [2]\n"),
    ];
    check(events, &questions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_of_a_shown_name_are_what_is_shown() {
    let events = vec![
        json!({"t": 1, "name": "GET", "duration": 5_000_000, "f": {"name": "mine", "duration_ms": 7}}),
        json!({"t": 2, "name": "GET", "duration": 5_000_000, "f": {"name": null}}),
        json!({"t": 3, "name": "GET", "duration": 5_000_000}),
    ];
    let questions = [
        ("COUNT GROUP BY name", "[\"GET\"] -> [1]\n[\"mine\"] -> [1]\n[null] -> [1]\n"),
        ("SUM(duration_ms), MAX(duration_ms)", "[] -> [17.0,7.0]\n"),
        ("COUNT WHERE name = mine OR duration_ms > 6ms", "[] -> [1]\n"),
    ];
    check(events, &questions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_holds_its_start_and_not_its_end() {
    let mut hive = Hive::new().await;
    hive.send(&(0..100).map(|second| event(second, json!({"n": second}))).collect::<Vec<_>>()).await;
    for _ in ["live", "flushed"] {
        for (start, end, expected) in [(0, 100, 100), (0, 99, 99), (1, 100, 99), (50, 51, 1), (99, 100, 1), (100, 200, 0), (63, 65, 2)] {
            let mut plan = plan("COUNT");
            plan.time = TimeRange::between(START_NS + start * SECOND_NS, START_NS + end * SECOND_NS).unwrap();
            let answer = hive.answer(&plan, Wants::TABLE).await;
            assert_eq!(answer.results[0].values, [Measure::Int(expected)], "{start} to {end}");
        }
        hive.flush().await;
    }
    hive.close().await;
}
