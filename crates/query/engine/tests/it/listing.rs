//! What there is to ask about.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, event, two_hours};
use glasshive_model::ColumnType;
use glasshive_query_engine::{Cancel, ColumnsRequest, ValuesRequest};
use glasshive_query_plan::{Column, GroupValue, Window};
use serde_json::json;

async fn hive() -> Hive {
    let mut hive = Hive::new().await;
    let mut events: Vec<Event> = (0..10).map(|index| event(index, json!({"route": format!("/{}", index % 3), "size": index}))).collect();
    events.push(event(20, json!({"route": 7, "http.status_code": 200})));
    hive.send(&events).await;
    hive.flush().await;
    let mut later = event(5_000, json!({"late": true, "rate": 1.5}));
    later["dataset"] = json!("cart");
    hive.send(&[later]).await;
    hive
}

async fn names(hive: &Hive, request: ColumnsRequest) -> Vec<String> {
    let columns = hive.engine.columns(LOCAL, &request, Cancel::default()).await.unwrap();
    columns.into_iter().filter(|column| !column.is_computed).map(|column| column.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_by_prefix_time_and_dataset() {
    let hive = hive().await;
    let all = ColumnsRequest { prefix: String::new(), window: None, datasets: None };
    assert_eq!(names(&hive, all.clone()).await, ["http.status_code", "late", "rate", "route", "size"]);
    assert_eq!(names(&hive, ColumnsRequest { prefix: "r".into(), ..all.clone() }).await, ["rate", "route"]);
    let window = Window { start_ns: START_NS + 4_000 * SECOND_NS, end_ns: START_NS + 6_000 * SECOND_NS };
    assert_eq!(names(&hive, ColumnsRequest { window: Some(window), ..all.clone() }).await, ["late", "rate"]);
    assert_eq!(names(&hive, ColumnsRequest { datasets: Some(vec!["cart".into()]), ..all.clone() }).await, ["late", "rate"]);

    let columns = hive.engine.columns(LOCAL, &all, Cancel::default()).await.unwrap();
    let find = |name: &str| columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!(
        (find("route").column_type, find("route").types.as_slice()),
        (ColumnType::Str, [ColumnType::Str, ColumnType::Int].as_slice())
    );
    assert_eq!(find("http.status_code").alias_of, Some("http.response.status_code"));
    assert!(find("duration_ms").is_computed && find("trace.trace_id").column_type == ColumnType::Str);
    assert!(columns.is_sorted_by(|left, right| left.name < right.name));
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_by_frequency() {
    let hive = hive().await;
    let request = ValuesRequest { column: Column::named("route"), prefix: String::new(), time: two_hours(), datasets: None, limit: 10 };
    let values = hive.engine.values(LOCAL, &request, Cancel::default()).await.unwrap().values;
    let text = |text: &str| GroupValue::Str(text.into());
    assert_eq!(values, [(text("/0"), 4), (text("/1"), 3), (text("/2"), 3), (GroupValue::Int(7), 1)]);
    let begins = ValuesRequest { prefix: "/1".into(), ..request };
    assert_eq!(hive.engine.values(LOCAL, &begins, Cancel::default()).await.unwrap().values, [(text("/1"), 3)]);
    hive.close().await;
}
