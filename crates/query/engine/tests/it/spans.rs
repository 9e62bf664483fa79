//! Columns of other spans, spans in progress, and changes from step to step, over stored events.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, plan};
use glasshive_query_engine::Cancel;
use glasshive_query_plan::{EventsRequest, GroupValue, Measure, NoteKind};
use serde_json::json;

fn span(second: i64, trace: u8, span: u8, parent: u8, name: &str) -> Event {
    let mut event = json!({
        "t": second * SECOND_NS, "trace": format!("{trace:032x}"), "span": format!("{span:016x}"), "name": name, "dataset": name,
        "f": {"number": span},
    });
    if parent > 0 {
        event["parent"] = json!(format!("{parent:016x}"));
    }
    event
}

/// Two traces, spread over datasets and, of the first, over files; the second begins before the window.
async fn traces() -> Hive {
    let mut hive = Hive::new().await;
    hive.send(&[span(10, 1, 1, 0, "root"), span(-60, 2, 5, 0, "before"), span(-7_200, 3, 7, 0, "long.ago")]).await;
    hive.flush().await;
    hive.send(&[span(11, 1, 2, 1, "left"), span(12, 1, 3, 1, "right"), span(13, 1, 4, 3, "leaf")]).await;
    hive.flush().await;
    let mut late = vec![span(20, 2, 6, 5, "after"), span(21, 3, 8, 7, "orphan"), json!({"t": 30 * SECOND_NS, "name": "alone"})];
    late.push(
        json!({"t": 14 * SECOND_NS, "trace": format!("{:032x}", 1), "parent": format!("{:016x}", 4), "name": "log", "annotation": 1}),
    );
    hive.send(&late).await;
    hive
}

async fn names(hive: &Hive, conditions: &str) -> String {
    let answer = hive.ask(&format!("COUNT WHERE {conditions} GROUP BY name ORDER BY name")).await;
    let name = |value: &GroupValue| if let GroupValue::Str(name) = value { name.clone() } else { "-".to_owned() };
    answer.results.iter().map(|row| name(&row.group[0])).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_on_other_spans() {
    let hive = traces().await;
    let check = async |conditions: &str, expected: &str| assert_eq!(names(&hive, conditions).await, expected, "{conditions}");
    check("root.name = root", "leaf left log right root").await;
    check("root.name = before", "after").await;
    check("root.name = long.ago", "").await;
    check("root.name exists", "after leaf left log right root").await;
    check("parent.name = right", "leaf").await;
    check("parent.number > 3", "after log").await;
    check("parent.number != 3", "after left log right").await;
    check("child.name = leaf", "right").await;
    check("child.name = left AND child.number = 3", "").await;
    check("any.name = left AND any2.name = leaf", "leaf left log right root").await;
    check("any.name = left AND any.number = 3", "").await;
    check("none.name = left", "after alone orphan").await;
    check("none.name exists", "alone").await;
    check("root.name = root AND number >= 3", "leaf right").await;
    check("root.meta.dataset = root AND name = leaf", "leaf").await;
    assert_eq!(
        hive.results("COUNT, MAX(number) GROUP BY root.name, parent.name ORDER BY root.name, parent.name").await,
        "[\"before\",\"before\"] -> [1,6.0]\n[\"root\",\"leaf\"] -> [1,null]\n[\"root\",\"right\"] -> [1,4.0]\n[\"root\",\"root\"] -> [2,3.0]\n[\"root\",null] -> [1,1.0]\n[null,null] -> [2,8.0]\n"
    );
    assert_eq!(hive.results("WITH odd = $number % 2 = 1 COUNT WHERE parent.odd = true IN leaf, left").await, "[] -> [2]\n");
    assert_eq!(hive.results("HEATMAP(number) WHERE root.name = nobody").await.matches("\"counts\":[]").count(), 1);

    let plan = plan("COUNT WHERE parent.name = root");
    let request = EventsRequest { filters: plan.filters.clone(), ..EventsRequest::all(plan.time) };
    let rows = hive.engine.events(LOCAL, &request, Cancel::default()).await.unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.get("name").unwrap().to_string()).collect::<Vec<_>>(), ["right", "left"]);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_the_whole_name_comes_first() {
    let mut hive = traces().await;
    hive.send(&[json!({"t": 40 * SECOND_NS, "name": "own", "f": {"root.name": "mine"}})]).await;
    assert_eq!(names(&hive, "root.name = mine").await, "own");
    assert_eq!(names(&hive, "root.name = root").await, "", "it is that column everywhere now");
    assert_eq!(names(&hive, "parent.name = root").await, "left right", "others are not");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_columns_of_other_spans_are_told() {
    let hive = traces().await;
    let answer = hive.ask("COUNT WHERE root.nowhere = 1").await;
    assert_eq!(answer.results[0].values, [Measure::Int(0)]);
    let notes: Vec<_> = answer.notes.iter().map(|note| (note.kind, note.text.as_str())).collect();
    assert_eq!(notes, [(NoteKind::UnknownColumn, "no event has a column \"nowhere\"")]);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_in_progress_are_counted() {
    let mut hive = Hive::new().await;
    let lasting = |second: i64, seconds: i64, name: &str, weight: f64| json!({"t": second * SECOND_NS, "duration": seconds * SECOND_NS, "name": name, "weight": weight});
    hive.send(&[lasting(-600, 1_200, "before", 1.0), lasting(-3_601, 9_000, "too.early", 1.0), lasting(0, 7_200, "all", 2.0)]).await;
    hive.flush().await;
    hive.send(&[lasting(60, 30, "short", 4.0), lasting(7_140, 600, "beyond", 1.0), lasting(90, 0, "none", 1.0)]).await;
    assert_eq!(
        hive.results("CONCURRENCY, COUNT GROUP BY name ORDER BY name").await,
        "[\"all\"] -> [2.0,2]\n[\"before\"] -> [0.08333333333333333,0]\n[\"beyond\"] -> [0.008333333333333333,1]\n[\"none\"] -> [0.0,1]\n[\"short\"] -> [0.016666666666666666,4]\n"
    );
    let answer = hive.ask("CONCURRENCY STEP 60s").await;
    let value = |step: usize| answer.series.iter().find(|row| row.step == step).unwrap().values[0].clone();
    assert_eq!([0, 1, 9, 10, 118, 119].map(value), [3.0, 5.0, 3.0, 2.0, 2.0, 3.0].map(Measure::Float));
    assert_eq!(answer.series.len(), 120, "steps in which nothing begins or ends are there too");
    assert_eq!(answer.total, Some(vec![answer.results[0].values[0].clone()]));
    assert_eq!(hive.results("CONCURRENCY WHERE name = nobody").await, "[] -> [0.0]\n");
    assert_eq!(hive.results("CONCURRENCY GROUP BY name HAVING CONCURRENCY > 1").await, "[\"all\"] -> [2.0]\n");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_from_step_to_step() {
    let mut hive = Hive::new().await;
    let events: Vec<Event> = [(0, 10), (30, 20), (60, 50), (120, 20), (240, 80)]
        .map(|(second, value)| json!({"t": second * SECOND_NS, "f": {"v": value, "g": if value == 50 { "b" } else { "a" }}, "weight": 2.0}))
        .to_vec();
    hive.send(&events[..2]).await;
    hive.flush().await;
    hive.send(&events[2..]).await;
    let answer = hive.ask("RATE_SUM(v), RATE_AVG(v), RATE_MAX(v), COUNT STEP 60s").await;
    assert_eq!(answer.results[0].values, [25.0, 16.25, 15.0].map(Measure::Float).into_iter().chain([Measure::Int(10)]).collect::<Vec<_>>());
    let series: Vec<_> = answer.series.iter().map(|row| (row.step, row.values[0].clone(), row.values[2].clone())).collect();
    let float = Measure::Float;
    let expected = [
        (0, Measure::Null, Measure::Null),
        (1, float(40.0), float(30.0)),
        (2, float(-60.0), float(-30.0)),
        (4, Measure::Null, Measure::Null),
    ];
    assert_eq!(series, expected);
    assert_eq!(answer.total.unwrap()[..3], answer.results[0].values[..3]);
    assert_eq!(hive.results("RATE_SUM(v) GROUP BY g ORDER BY RATE_SUM(v) desc STEP 60s").await, "[\"a\"] -> [25.0]\n[\"b\"] -> [null]\n");
    assert_eq!(hive.results("RATE_SUM(v) GROUP BY g HAVING RATE_SUM(v) > 20 STEP 60s").await, "[\"a\"] -> [25.0]\n");
    let answer = hive.ask("COUNT, RATE_SUM(v) GROUP BY g LIMIT 1 STEP 60s").await;
    assert_eq!(answer.other, Some(vec![Measure::Int(2), Measure::Null]));
    hive.close().await;
}
