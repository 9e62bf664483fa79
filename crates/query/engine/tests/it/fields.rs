//! Calculated fields over stored events: every example, and wherever a column may stand.

use crate::fixture::{Hive, LOCAL, SECOND_NS, START_NS, event, plan};
use glasshive_model::Value;
use glasshive_query_engine::Cancel;
use glasshive_query_plan::{
    CalculatedField, Calculation, Column, Condition, EventsRequest, Expression, FilterOp, GroupValue, Measure, Op, Plan, TimeRange, Wants,
};
use serde_json::json;

const EXAMPLES: &str = include_str!("../../../plan/src/expression/examples.txt");

#[tokio::test(flavor = "multi_thread")]
async fn every_example_holds_for_stored_events() {
    let mut lines = EXAMPLES.lines().filter(|line| !line.starts_with('#'));
    let fields: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let time_ns = 97_445 * SECOND_NS + SECOND_NS / 4;
    let mut hive = Hive::new().await;
    hive.send(&[json!({"t": time_ns, "f": fields}), json!({"t": time_ns, "f": {"i": 8, "s": 5}})]).await;
    let examples: Vec<(&str, &str)> = lines.map(|line| line.split_once("  ->  ").unwrap()).collect();
    assert!(examples.len() > 150, "{}", examples.len());
    for state in ["live", "flushed"] {
        for (expression, expected) in &examples {
            let expected = GroupValue::of(Some(&Value::from_json(serde_json::from_str(expected).unwrap())));
            let mut plan = Plan::count(TimeRange::between(START_NS + time_ns, START_NS + time_ns + 1).unwrap());
            plan.fields = vec![CalculatedField { name: "x".to_owned(), expression: Expression::parse(expression).unwrap() }];
            plan.calculations = vec![Calculation::of(Op::Count, "x")];
            plan.breakdowns = vec!["x".into()];
            // The second event is there so that its columns have other types too, and is not asked about.
            plan.filters.conditions = vec![Condition { column: Column::named("i"), op: FilterOp::Equal, values: vec![7.into()] }];
            let answer = hive.answer(&plan, Wants::TABLE).await;
            assert_eq!(answer.results.len(), 1, "{state}: {expression}");
            assert_eq!(answer.results[0].group[0], expected, "{state}: {expression}");
            let count = i64::from(expected != GroupValue::Null);
            assert_eq!(answer.results[0].values, [Measure::Int(count)], "{state}: {expression}");
        }
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_stand_where_columns_do() {
    let mut hive = Hive::new().await;
    let events: Vec<_> = (0..10).map(|i| event(i, json!({"ms": i * 100, "route": format!("/r/{}", i % 2)}))).collect();
    hive.send(&events[..5]).await;
    hive.flush().await;
    hive.send(&events[5..]).await;
    let check = async |question: &str, expected: &str| assert_eq!(hive.results(question).await, expected, "{question}");
    check("WITH slow = $ms >= 700 COUNT GROUP BY slow", "[false] -> [7]\n[true] -> [3]\n").await;
    check("WITH slow = $ms >= 700 COUNT WHERE slow = true", "[] -> [3]\n").await;
    check("WITH s = $ms / 100 SUM(s), MAX(s), COUNT_DISTINCT(s)", "[] -> [45.0,9.0,10]\n").await;
    check(
        "WITH r = REG_VALUE($route, `\\d`), o = CONCAT(\"o\", $r) COUNT GROUP BY o ORDER BY o desc",
        "[\"o1\"] -> [5]\n[\"o0\"] -> [5]\n",
    )
    .await;
    check("WITH ms = $=ms + 1 MIN(ms), MIN(=ms)", "[] -> [1.0,0.0]\n").await;
    check("WITH x = IF($ms > 500, $ms) COUNT, COUNT(x) WHERE x exists", "[] -> [4,4]\n").await;
    check("WITH x = EVENT_TIMESTAMP() % 2 COUNT GROUP BY x HAVING COUNT > 1 ORDER BY x", "[0] -> [5]\n[1] -> [5]\n").await;

    let answer = hive.ask("WITH x = $nowhere + $ms COUNT GROUP BY x").await;
    let notes: Vec<&str> = answer.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes, ["no event has a column \"nowhere\""]);

    let plan = plan("WITH late = $ms > 700 COUNT WHERE late = true");
    let request = EventsRequest {
        columns: vec![Column::named("late"), Column::named("route")],
        fields: plan.fields.clone(),
        filters: plan.filters.clone(),
        ..EventsRequest::all(plan.time)
    };
    let rows = hive.engine.events(LOCAL, &request, Cancel::default()).await.unwrap().rows;
    let late: Vec<_> = rows.iter().map(|row| (row.get("late").cloned(), row.fields.len())).collect();
    assert_eq!(late, vec![(Some(Value::Bool(true)), 2); 2]);
    hive.close().await;
}
