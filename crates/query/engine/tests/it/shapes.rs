//! Heatmaps of five shapes, and distributions at their edges.

use crate::fixture::{Event, Hive, event, plan};
use glasshive_query_plan::compare::{Tolerance, differences};
use glasshive_query_plan::heatmap::Scale;
use glasshive_query_plan::{Measure, Wants, reference, text};
use serde_json::{Value as Json, json};

/// Asks the same of the engine, live and flushed, and of the reference; gives the scales of the heatmaps.
async fn scales(values: impl Fn(i64) -> Json, question: &str) -> Vec<Scale> {
    let mut hive = Hive::new().await;
    let events: Vec<Event> = (0..300)
        .map(|index| {
            let mut event = event(index * 20, values(index));
            event["weight"] = json!(if index % 10 == 0 { 2.5 } else { 1.0 });
            event
        })
        .collect();
    for part in events.chunks(70) {
        hive.send(part).await;
    }
    let plan = plan(question);
    let expected = reference::evaluate(&plan, &hive.rows, Wants::ALL);
    for state in ["live", "flushed"] {
        let actual = hive.answer(&plan, Wants::ALL).await;
        let found = differences(&plan, &expected, &actual, Tolerance::default());
        assert!(found.is_empty(), "{state}: {}\n{}", text::to_text(&plan), found.join("\n"));
        hive.flush().await;
    }
    hive.close().await;
    expected.heatmaps.into_iter().flatten().map(|rows| rows.scale).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn durations_are_logarithmic_and_share_a_scan_with_percentiles() {
    let values = |index: i64| json!({"wait_ms": 1.5f64.powi((index % 40) as i32), "route": index % 3});
    let question = "HEATMAP(wait_ms), P50(wait_ms), P999(wait_ms), COUNT GROUP BY route ORDER BY P50(wait_ms) desc LIMIT 2 STEP 600s";
    assert_eq!(scales(values, question).await, [Scale::Log]);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_linear() {
    let values = |index: i64| json!({"items": index % 97, "route": index % 3});
    assert_eq!(scales(values, "HEATMAP(items), AVG(items) GROUP BY route").await, [Scale::Linear]);
}

#[tokio::test(flavor = "multi_thread")]
async fn far_outliers_are_above_and_negatives_below() {
    let values = |index: i64| json!({"balance": if index == 7 { 1e9 } else { (index - 150) as f64 }, "delta_ms": index - 100});
    assert_eq!(scales(values, "HEATMAP(balance), HEATMAP(delta_ms), COUNT").await, [Scale::Linear, Scale::Log]);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_are_never_positive_are_linear_after_all() {
    let values = |index: i64| json!({"skew_ms": -(index % 50), "late_ms": index});
    assert_eq!(scales(values, "HEATMAP(skew_ms), HEATMAP(late_ms), MAX(skew_ms)").await, [Scale::Linear, Scale::Log]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_infinite_or_one_value_only() {
    scales(|_| json!({"route": "/a"}), "HEATMAP(wait_ms), HEATMAP(items), P50(items), COUNT GROUP BY route").await;
    scales(|_| json!({"wait_ms": "inf", "items": "inf"}), "HEATMAP(wait_ms), HEATMAP(items), P50(items), MAX(items)").await;
    scales(|_| json!({"wait_ms": 0.0, "items": 42}), "HEATMAP(wait_ms), HEATMAP(items), P50(items), P99(wait_ms)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn distinct_values_are_counted_beyond_what_is_kept() {
    let mut hive = Hive::new().await;
    for part in 0..10 {
        let events: Vec<Event> =
            (0..10_000).map(|index| event(index % 7_000, json!({"id": format!("{}", part * 9_000 + index)}))).collect();
        hive.send(&events).await;
    }
    let answer = hive.ask("COUNT_DISTINCT(id), COUNT").await;
    let Measure::Int(distinct) = answer.results[0].values[0] else { panic!("a count is an integer") };
    assert!((distinct as f64 - 91_000.0).abs() < 0.02 * 91_000.0, "{distinct}");
    assert_eq!(answer.results[0].values[1], Measure::Int(100_000));
    hive.close().await;
}
