//! Keys that have no column of their own: asked about all the same.

use crate::fixture::{Event, Hive, event, plan};
use glasshive_query_plan::compare::{Tolerance, differences};
use glasshive_query_plan::{Wants, reference};
use glasshive_store::Scope;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn columns_beyond_a_files_cap_are_read_from_overflow() {
    let mut hive = Hive::new().await;
    let wide = |second: i64| {
        let fields: serde_json::Map<String, serde_json::Value> = (0..600)
            .map(|key| match key % 4 {
                0 => (format!("key.{second}.{key}"), json!(key)),
                1 => (format!("key.{second}.{key}"), json!(key as f64 / 4.0)),
                2 => (format!("key.{second}.{key}"), json!(format!("text {key}"))),
                _ => (format!("key.{second}.{key}"), json!(key % 2 == 1)),
            })
            .collect();
        event(second, json!(fields))
    };
    let mut events: Vec<Event> = (0..3).map(wide).collect();
    events.extend((3..40).map(|second| event(second, json!({"route": "/a", "empty": null}))));
    hive.send(&events).await;
    hive.flush().await;
    let snapshot = hive.store.snapshot(&Scope::all(crate::fixture::LOCAL));
    let overflowed: Vec<String> =
        snapshot.files.iter().flat_map(|file| file.row.overflow_keys.clone()).filter(|key| key.starts_with("key.")).collect();
    assert!(overflowed.len() >= 600, "{} of 1,800 keys overflowed", overflowed.len());
    for key in overflowed.iter().step_by(37).chain(&["empty".to_owned()]) {
        for question in [
            format!("COUNT WHERE {key} exists"),
            format!("COUNT({key}), COUNT_DISTINCT({key}), SUM({key}), P50({key}), HEATMAP({key})"),
            format!("COUNT GROUP BY {key}"),
            format!("COUNT WHERE {key} >= 1 OR {key} starts-with text OR {key} = true"),
            format!("COUNT WHERE {key} != 8"),
        ] {
            let plan = plan(&question);
            let expected = reference::evaluate(&plan, &hive.rows, Wants::ALL);
            let found = differences(&plan, &expected, &hive.answer(&plan, Wants::ALL).await, Tolerance::default());
            assert!(found.is_empty(), "{question}\n{}", found.join("\n"));
        }
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_columns_and_clashing_literals_are_noted() {
    let mut hive = Hive::new().await;
    hive.send(&[event(1, json!({"size": 5, "empty": null}))]).await;
    let texts = |answer: glasshive_query_plan::Answer| answer.notes.into_iter().map(|note| note.text).collect::<Vec<_>>();
    let unknown = hive.ask("COUNT, SUM(nowhere) WHERE user_id = 7 GROUP BY empty").await;
    assert_eq!(texts(unknown), ["no event has a column \"nowhere\"", "no event has a column \"user_id\""]);
    assert_eq!(texts(hive.ask("COUNT WHERE size = big").await), ["size is a number; \"big\" is not"]);
    assert_eq!(texts(hive.ask("COUNT WHERE size contains big AND duration_ms exists").await), Vec::<String>::new());
    hive.close().await;
}
