//! What there is to ask about.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, event, two_hours};
use glasshive_model::ColumnType;
use glasshive_query_engine::{Cancel, ColumnsRequest, ValuesRequest};
use glasshive_query_plan::{Column, Filters, GroupValue, Measure, Window, text};
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

fn values_of(column: &str) -> ValuesRequest {
    let filters = Filters::default();
    ValuesRequest {
        column: Column::named(column),
        prefix: String::new(),
        time: two_hours(),
        datasets: None,
        filters,
        fields: Vec::new(),
        limit: 10,
    }
}

async fn names(hive: &Hive, request: ColumnsRequest) -> Vec<String> {
    let columns = hive.engine.columns(LOCAL, &request, Cancel::default()).await.unwrap();
    columns.columns.into_iter().filter(|column| !column.is_computed).map(|column| column.name).collect()
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

    let columns = hive.engine.columns(LOCAL, &all, Cancel::default()).await.unwrap().columns;
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
    let request = values_of("route");
    let values = hive.engine.values(LOCAL, &request, Cancel::default()).await.unwrap().values;
    let text = |text: &str| GroupValue::Str(text.into());
    assert_eq!(values, [(text("/0"), 4), (text("/1"), 3), (text("/2"), 3), (GroupValue::Int(7), 1)]);
    let begins = ValuesRequest { prefix: "/1".into(), ..request };
    assert_eq!(hive.engine.values(LOCAL, &begins, Cancel::default()).await.unwrap().values, [(text("/1"), 3)]);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_often_and_until_when_columns_are_there() {
    let hive = hive().await;
    let all = ColumnsRequest { prefix: String::new(), window: None, datasets: None };
    for state in ["half live", "flushed"] {
        let found = hive.engine.columns(LOCAL, &all, Cancel::default()).await.unwrap();
        assert_eq!((found.events, found.is_partial), (12, false), "{state}");
        let seen = |name: &str| {
            let column = found.columns.iter().find(|column| column.name == name).unwrap();
            (column.events, column.last_seen_ns.map(|ns| (ns - START_NS) / SECOND_NS))
        };
        assert_eq!(seen("route"), (11, Some(20)), "{state}: two types together");
        assert_eq!(seen("size"), (10, Some(20)), "{state}: the time is the file's");
        assert_eq!(seen("late"), (1, Some(5_000)), "{state}");
        assert_eq!(seen("meta.dataset"), (12, Some(5_000)), "{state}: every event has it");
        assert_eq!(seen("duration_ms"), (0, None), "{state}: no event is a span");
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_under_conditions_and_of_numbers() {
    let hive = hive().await;
    let ask = async |column: &str, filter: &str| {
        let request = ValuesRequest { filters: text::parse_filters(filter).unwrap(), ..values_of(column) };
        hive.engine.values(LOCAL, &request, Cancel::default()).await.unwrap()
    };
    let text = |text: &str| GroupValue::Str(text.into());
    let found = ask("route", "size >= 8").await;
    assert_eq!((found.values, found.numbers), (vec![(text("/0"), 1), (text("/2"), 1)], None));
    let found = ask("route", "size = 0 OR late = true").await;
    assert_eq!(found.values, [(text("/0"), 1)], "an event without the column has no value of it");
    let numbers = ask("size", "").await.numbers.unwrap();
    assert_eq!((&numbers[0], &numbers[3]), (&Measure::Float(0.0), &Measure::Float(9.0)));
    let between = |measure: &Measure| measure.number().is_some_and(|number| (3.9..=9.1).contains(&number));
    assert!(between(&numbers[1]) && between(&numbers[2]), "{numbers:?}");
    assert_eq!(ask("size", "route = nothing").await.numbers.unwrap(), [Measure::Null, Measure::Null, Measure::Null, Measure::Null]);
    hive.close().await;
}
