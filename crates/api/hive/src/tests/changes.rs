//! What changed, from spans that are sent.

use super::fixture::Fixture;
use crate::AuthMode;
use serde_json::{Value, json};

const MINUTE_NS: i64 = 60_000_000_000;
const WEEK_NS: i64 = 7 * 24 * 60 * MINUTE_NS;

/// Sends so many requests of a route, each of so many milliseconds, that began at a time.
async fn send(fixture: &Fixture, route: &str, count: i64, length_ms: i64, at_ns: i64, exception: Option<&str>) {
    let spans: Vec<Value> = (0..count)
        .map(|n| {
            let start = at_ns + n * 1_000_000;
            let attributes = exception.map(|name| json!({ "key": "exception.type", "value": { "stringValue": name } }));
            let id = start ^ (length_ms << 40) ^ ((route.len() as i64) << 52);
            json!({
                "traceId": format!("{:032x}", id.unsigned_abs()), "spanId": format!("{:016x}", id.unsigned_abs()), "name": route, "kind": 2,
                "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + length_ms * 1_000_000).to_string(),
                "attributes": attributes.into_iter().collect::<Vec<_>>()
            })
        })
        .collect();
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "web" } }] },
        "scopeSpans": [{ "spans": spans }]
    }] });
    let answer = fixture.ask("POST", "/v1/traces", &[], Some(&body)).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_is_slower_or_new_is_told_with_its_numbers_and_nothing_else() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let end = fixture.hive.clock.wall_ns() - MINUTE_NS;
    let (now, before, week) = (end - 9 * MINUTE_NS, end - 19 * MINUTE_NS, end - 9 * MINUTE_NS - WEEK_NS);
    // Slower than before and than a week ago; slower than before alone; slower, but of too few.
    for (route, lengths, count) in [("POST /slow", [10, 10, 60], 120), ("GET /weekly", [70, 10, 60], 120), ("GET /rare", [10, 10, 60], 20)]
    {
        for (at, length) in [(week, lengths[0]), (before, lengths[1]), (now, lengths[2])] {
            send(&fixture, route, count, length, at, None).await;
        }
    }
    send(&fixture, "GET /known", 3, 1, before, Some("KnownError")).await;
    send(&fixture, "GET /known", 5, 1, now, Some("KnownError")).await;
    send(&fixture, "GET /new", 41, 1, now, Some("ZeroDivisionError")).await;
    let path = format!("/hive/v1/e/local/changes?from={}&to={end}", end - 10 * MINUTE_NS);
    let answer: Value = fixture.ask("GET", &path, &[], None).await.json().unwrap();
    let told: Vec<Value> =
        answer["changes"].as_array().unwrap().iter().map(|change| json!([change["kind"], change["name"], change["count"]])).collect();
    assert_eq!(told, [json!(["slower", "POST /slow", 120.0]), json!(["new_error", "ZeroDivisionError", 41.0])], "{answer}");
    let slow = &answer["changes"][0];
    let about = |member: &str, wanted: f64| (slow[member].as_f64().unwrap() / wanted - 1.0).abs() < 0.01;
    assert!(about("now_ms", 60.0) && about("before_ms", 10.0) && about("week_ms", 10.0), "{slow}");
    let of_other: Value = fixture.ask("GET", &format!("{path}&service=other"), &[], None).await.json().unwrap();
    assert_eq!(of_other["changes"], json!([]));
    let own: Value = fixture.ask("GET", &format!("{path}&service=web"), &[], None).await.json().unwrap();
    assert_eq!(own["changes"], answer["changes"]);
}

#[tokio::test]
async fn refused_data_is_told_and_questions_that_were_refused_are_not() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    for _ in 0..2 {
        fixture.ask("POST", "/v1/traces", &[], Some(&json!("no spans"))).await;
    }
    fixture.ask("POST", "/hive/v1/e/local/query", &[], Some(&json!({ "text": "COUNT WHERE" }))).await;
    let answer: Value = fixture.ask("GET", "/hive/v1/e/local/changes", &[], None).await.json().unwrap();
    let change = &answer["changes"][0];
    assert_eq!((&change["kind"], &change["count"]), (&json!("refused"), &json!(2.0)), "{answer}");
    assert!(!change["name"].as_str().unwrap().is_empty());
    let backwards = fixture.ask("GET", "/hive/v1/e/local/changes?from=7&to=5", &[], None).await;
    assert_eq!(backwards.status, 400);
}
