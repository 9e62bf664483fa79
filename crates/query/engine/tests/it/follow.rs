//! Rows as they arrive.

use crate::fixture::{Hive, LOCAL, event, two_hours};
use glasshive_model::EnvironmentId;
use glasshive_query_plan::{Column, Condition, EventsRequest, FilterOp, Literal};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_pass_are_told_as_they_arrive() {
    let mut hive = Hive::new().await;
    let mut tail = hive.store.subscribe();
    let mut request = EventsRequest::all(two_hours());
    request.filters.conditions =
        vec![Condition { column: Column::named("http.status_code"), op: FilterOp::GreaterOrEqual, values: vec![Literal::Int(500)] }];
    let mut follower = hive.engine.follow(LOCAL, &request);
    let mut elsewhere = hive.engine.follow(EnvironmentId(77), &request);
    hive.send(&[event(1, json!({"http.status_code": 500})), event(2, json!({"http.status_code": 200})), event(3, json!({}))]).await;
    let chunk = tail.next().await.unwrap();
    let rows = follower.rows(&chunk).unwrap();
    assert_eq!(rows, hive.rows[..1]);
    assert!(elsewhere.rows(&chunk).unwrap().is_empty());
    hive.send(&[event(1, json!({"route": "/a"}))]).await;
    assert!(follower.rows(&tail.next().await.unwrap()).unwrap().is_empty());
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_and_datasets_narrow_what_is_told() {
    let mut hive = Hive::new().await;
    let mut tail = hive.store.subscribe();
    let request =
        EventsRequest { datasets: Some(vec!["cart".into()]), columns: vec![Column::named("route")], ..EventsRequest::all(two_hours()) };
    let mut follower = hive.engine.follow(LOCAL, &request);
    let mut in_cart = event(2, json!({"route": "/b", "size": 1}));
    in_cart["dataset"] = json!("cart");
    hive.send(&[event(1, json!({"route": "/a"})), in_cart]).await;
    let rows = follower.rows(&tail.next().await.unwrap()).unwrap();
    let fields: Vec<String> = rows.iter().flat_map(|row| &row.fields).map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(fields, ["route=/b"]);
    hive.close().await;
}
