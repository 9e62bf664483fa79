//! Calculated fields that are kept, from their making to the questions that name them.

use super::fixture::Fixture;
use super::schema::Document;
use crate::AuthMode;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

const FIELDS: &str = "/hive/v1/e/local/fields";

#[tokio::test(flavor = "multi_thread")]
async fn kept_fields_are_columns_of_every_question() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let document = Document::new();
    let make = async |name: &str, expression: &str| {
        let answer = fixture.ask("POST", FIELDS, &[], Some(&json!({ "name": name, "expression": expression }))).await;
        (answer.status.as_u16(), answer.json::<Value>().unwrap())
    };
    let (status, slow) = make("slow", "$duration_ms>50").await;
    assert_eq!((status, &slow["expression"]), (200, &json!("$duration_ms > 50")), "{slow}");
    assert_eq!(make("word", "IF($slow, \"slow\", \"fast\")").await.0, 200);
    for (name, expression, status) in [
        ("slow", "1", 409),
        ("http.route", "1", 409),
        ("duration_ms", "1", 409),
        ("http.status_code", "1", 409),
        ("root.slow", "1", 409),
        ("x", "$x", 400),
        ("x", "1 +", 400),
        ("=x", "1", 400),
    ] {
        assert_eq!(make(name, expression).await.0, status, "{name} = {expression}");
    }
    assert_eq!(make("x", "1 +").await.1["position"], 4);

    let query = async |text: &str| {
        let answer: Value = fixture.ask("POST", "/hive/v1/e/local/query", &[], Some(&json!({ "text": text }))).await.json().unwrap();
        answer
    };
    let answer = query("COUNT GROUP BY word ORDER BY word LAST 1h").await;
    assert_eq!(answer["results"], json!([{ "group": ["fast"], "values": [1] }, { "group": ["slow"], "values": [1] }]), "{answer}");
    assert_eq!(answer["query"]["text"], "COUNT GROUP BY word ORDER BY word asc LAST 1h", "as it was asked");
    assert_eq!(query("COUNT WHERE root.slow = true AND slow = false").await["results"][0]["values"], json!([1]));
    let own = query("WITH slow = $duration_ms > 5 COUNT WHERE slow = true").await;
    assert_eq!(own["results"][0]["values"], json!([2]), "the question's own comes first");
    let rows = json!({ "text": "name, word WHERE slow = true LAST 1h" });
    let rows: Value = fixture.ask("POST", "/hive/v1/e/local/events", &[], Some(&rows)).await.json().unwrap();
    assert_eq!(rows["rows"][0]["fields"], json!({ "name": "home", "word": "slow" }), "{rows}");
    let values: Value = fixture.ask("GET", "/hive/v1/e/local/columns/word/values", &[], None).await.json().unwrap();
    assert_eq!(values["values"].as_array().map(Vec::len), Some(2), "{values}");
    let columns: Value = fixture.ask("GET", "/hive/v1/e/local/columns?prefix=slow", &[], None).await.json().unwrap();
    assert_eq!(document.faults("GET", "/hive/v1/e/{env}/columns", 200, &columns), Vec::<String>::new());
    let column = &columns["columns"][0];
    assert_eq!((&column["type"], &column["expression"]), (&json!("boolean"), &json!("$duration_ms > 50")), "{columns}");
    let parsed = json!({ "text": "COUNT WHERE slow = true AND nothing = 1" });
    let parsed: Value = fixture.ask("POST", "/hive/v1/e/local/query/parse", &[], Some(&parsed)).await.json().unwrap();
    assert_eq!(parsed["warnings"].as_array().map(Vec::len), Some(1), "only what nobody has: {parsed}");

    let page = fixture.ask("POST", "/hive/v1/e/local/export", &[], Some(&json!({ "text": "WHERE word = slow" }))).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = ParquetRecordBatchReaderBuilder::try_new(page.body).unwrap();
    assert_eq!(page.metadata().file_metadata().num_rows(), 1, "an export by a field that is kept");

    let one = format!("{FIELDS}/{}", slow["id"]);
    let changed = fixture.ask("PUT", &one, &[], Some(&json!({ "expression": "$duration_ms > 10", "description": "over 10 ms" }))).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(document.faults("PUT", "/hive/v1/e/{env}/fields/{id}", 200, &changed.json().unwrap()), Vec::<String>::new());
    assert_eq!(query("COUNT WHERE slow = true").await["results"][0]["values"], json!([2]));
    assert_eq!(fixture.ask("DELETE", &one, &[], None).await.status, 409, "another one names it");
    let listed: Value = fixture.ask("GET", FIELDS, &[], None).await.json().unwrap();
    let word = listed["fields"].as_array().unwrap().iter().find(|field| field["name"] == "word").unwrap();
    let gone = fixture.ask("DELETE", &format!("{FIELDS}/{}", word["id"]), &[], None).await;
    assert_eq!(document.faults("DELETE", "/hive/v1/e/{env}/fields/{id}", 200, &gone.json().unwrap()), Vec::<String>::new());
    assert_eq!(fixture.ask("DELETE", &one, &[], None).await.status, 200);
    assert_eq!(fixture.ask("DELETE", &one, &[], None).await.status, 404);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_selection_is_made_of_tells_nothing() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let made = json!({ "name": "long", "expression": "$shop.page = \"/home\"" });
    assert_eq!(fixture.ask("POST", FIELDS, &[], Some(&made)).await.status, 200);
    let now = fixture.hive.clock.wall_ns();
    let span = |number: u64, target: &str| {
        json!({
            "traceId": format!("{number:032x}"), "spanId": format!("{number:016x}"), "name": "GET", "kind": 2,
            "startTimeUnixNano": (now - 1_000_000).to_string(), "endTimeUnixNano": now.to_string(),
            "attributes": [
                { "key": "shop.page", "value": { "stringValue": target } },
                { "key": "http.status_code", "value": { "intValue": if target == "/home" { "500" } else { "200" } } }
            ]
        })
    };
    let spans: Vec<Value> = (1..=60).map(|number| span(number, if number % 4 == 0 { "/home" } else { "/cart" })).collect();
    let body = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": spans }] }] });
    assert_eq!(fixture.ask("POST", "/v1/traces", &[], Some(&body)).await.status, 200);
    for (column, value, selected, asked) in [
        ("http.status_code", json!(500), 15, "http.response.status_code"),
        ("http.response.status_code", json!(500), 15, "http.response.status_code"),
        ("long", json!(true), 15, "shop.page"),
        ("root.long", json!(true), 15, ""),
    ] {
        let question = json!({ "text": "COUNT LAST 1h", "selection": { "equals": [{ "column": column, "value": value }] } });
        let answer: Value = fixture.ask("POST", "/hive/v1/e/local/compare", &[], Some(&question)).await.json().unwrap();
        assert_eq!(answer["selected"]["rows"], json!(selected), "{column}: {answer}");
        let columns = answer["columns"].as_array().unwrap();
        let class = columns.iter().find(|found| found["name"] == asked).map_or(&Value::Null, |found| &found["class"]);
        assert_eq!(class, &if asked.is_empty() { Value::Null } else { json!("asked") }, "{column}: {answer}");
    }
    let nowhere = json!({ "text": "COUNT LAST 1h", "selection": { "equals": [{ "column": "none.name", "value": "x" }] } });
    let refused = fixture.ask("POST", "/hive/v1/e/local/compare", &[], Some(&nowhere)).await;
    assert!(refused.status == 400 && refused.text().contains("none."), "{}", refused.text());
    fixture.stop().await;
}
