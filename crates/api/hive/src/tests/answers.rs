//! What every row answers, held against the document.

use super::fixture::{Fixture, TRACE_ID};
use super::schema::Document;
use crate::AuthMode;
use crate::table::ENDPOINTS;
use serde_json::{Value, json};

/// Calls of a row that answer 200, as (method, path of the table, path of the request, body).
fn calls() -> Vec<(&'static str, &'static str, String, Option<Value>)> {
    let env = "/hive/v1/e/local";
    vec![
        (
            "POST",
            "/hive/v1/e/{env}/query",
            format!("{env}/query"),
            Some(json!({ "text": "COUNT, HEATMAP(duration_ms) GROUP BY http.route, tags", "want": ["series", "total", "other"] })),
        ),
        ("POST", "/hive/v1/e/{env}/query", format!("{env}/query"), Some(json!({}))),
        (
            "POST",
            "/hive/v1/e/{env}/query",
            format!("{env}/query"),
            Some(json!({ "calculations": [{ "op": "MAX", "column": "absent" }], "want": [] })),
        ),
        ("POST", "/hive/v1/e/{env}/query/parse", format!("{env}/query/parse"), Some(json!({ "text": "COUNT WHERE absent = 1" }))),
        ("POST", "/hive/v1/e/{env}/query/parse", format!("{env}/query/parse"), Some(json!({ "text": "COUNT WHERE" }))),
        ("POST", "/hive/v1/e/{env}/events", format!("{env}/events"), Some(json!({ "text": "WHERE name = home LAST 1h", "limit": 1 }))),
        (
            "POST",
            "/hive/v1/e/{env}/compare",
            format!("{env}/compare"),
            Some(json!({ "text": "COUNT LAST 1h", "selection": { "ranges": [{ "column": "duration_ms", "low": 50.0 }] } })),
        ),
        (
            "POST",
            "/hive/v1/e/{env}/compare",
            format!("{env}/compare"),
            Some(json!({ "text": "COUNT WHERE name exists LAST 1h", "selection": { "equals": [{ "column": "name", "value": "query" }] } })),
        ),
        ("GET", "/hive/v1/e/{env}/traces/{id}", format!("{env}/traces/1-5b8efff7-98038103d269b633813fc60c"), None),
        ("GET", "/hive/v1/e/{env}/traces/{id}/skeleton", format!("{env}/traces/{TRACE_ID}/skeleton"), None),
        ("GET", "/hive/v1/e/{env}/datasets", format!("{env}/datasets"), None),
        ("GET", "/hive/v1/e/{env}/columns", format!("{env}/columns?prefix=http"), None),
        ("GET", "/hive/v1/e/{env}/columns/{name}/values", format!("{env}/columns/http.route/values?limit=5"), None),
        (
            "GET",
            "/hive/v1/e/{env}/columns/{name}/values",
            format!("{env}/columns/ratio/values?filter=name%20=%20home&range=LAST%205m"),
            None,
        ),
        ("GET", "/hive/v1/e/{env}/metrics", format!("{env}/metrics?range=LAST%201h"), None),
        ("GET", "/hive/v1/e/{env}/fields", format!("{env}/fields"), None),
        ("POST", "/hive/v1/e/{env}/fields", format!("{env}/fields"), Some(json!({ "name": "slow", "expression": "$duration_ms > 50" }))),
        ("GET", "/hive/v1/e/{env}/boards", format!("{env}/boards"), None),
        ("POST", "/hive/v1/e/{env}/boards", format!("{env}/boards"), Some(json!({ "name": "empty" }))),
        ("GET", "/hive/v1/e/{env}/saved-queries", format!("{env}/saved-queries"), None),
        ("POST", "/hive/v1/e/{env}/saved-queries", format!("{env}/saved-queries"), Some(json!({ "name": "all", "query": "COUNT" }))),
        ("GET", "/hive/v1/e/{env}/markers", format!("{env}/markers?from=5&to=7&dataset=web"), None),
        ("POST", "/hive/v1/e/{env}/markers", format!("{env}/markers"), Some(json!({ "text": "release", "type": "deploy" }))),
        ("GET", "/hive/v1/e/{env}/history", format!("{env}/history?search=count&by=me&limit=5"), None),
        ("POST", "/hive/v1/e/{env}/history", format!("{env}/history"), Some(json!({ "query": "COUNT", "from": "-2h", "to": "now" }))),
        ("DELETE", "/hive/v1/e/{env}/history", format!("{env}/history"), None),
        ("GET", "/hive/v1/e/{env}/changes", format!("{env}/changes?service=web"), None),
        ("GET", "/hive/v1/e/{env}/queries", format!("{env}/queries"), None),
        ("GET", "/hive/v1/e/{env}/refusals", format!("{env}/refusals"), None),
        ("GET", "/hive/v1/e/{env}/stats", format!("{env}/stats"), None),
        (
            "POST",
            "/hive/v1/e/{env}/deletions",
            format!("{env}/deletions"),
            Some(json!({ "equals": { "http.route": "/nowhere" }, "dataset": "web", "from_ns": "5", "to_ns": "1772323200000000000" })),
        ),
        ("GET", "/hive/v1/e/{env}/deletions", format!("{env}/deletions"), None),
        ("POST", "/hive/v1/clock/confirm", "/hive/v1/clock/confirm".to_owned(), None),
        ("GET", "/hive/v1/environments", "/hive/v1/environments".to_owned(), None),
        ("POST", "/hive/v1/environments", "/hive/v1/environments".to_owned(), Some(json!({ "slug": "dev" }))),
        ("PUT", "/hive/v1/e/{env}/about", "/hive/v1/e/dev/about".to_owned(), Some(json!({ "name": "Development", "archived": true }))),
        ("PUT", "/hive/v1/e/{env}/about", format!("{env}/about"), Some(json!({ "name": "Here" }))),
        ("GET", "/hive/v1/keys", "/hive/v1/keys".to_owned(), None),
        ("POST", "/hive/v1/keys", "/hive/v1/keys".to_owned(), Some(json!({ "kind": "ingest", "environment": "dev" }))),
        ("POST", "/hive/v1/keys/{id}/disable", "/hive/v1/keys/1/disable".to_owned(), None),
        ("POST", "/hive/v1/keys/{id}/enable", "/hive/v1/keys/1/enable".to_owned(), None),
        ("GET", "/hive/v1/status", "/hive/v1/status".to_owned(), None),
        ("GET", "/hive/v1/session", "/hive/v1/session".to_owned(), None),
        ("GET", "/hive/v1/accounts", "/hive/v1/accounts".to_owned(), None),
        ("GET", "/hive/v1/audit", "/hive/v1/audit?limit=3".to_owned(), None),
        ("GET", "/hive/v1/openapi.json", "/hive/v1/openapi.json".to_owned(), None),
        ("GET", "/readyz", "/readyz".to_owned(), None),
    ]
}

/// Answers 200 only while a query runs, which the tests of limits have.
const CANCEL: &str = "/hive/v1/e/{env}/queries/{id}";
/// Of what the tests of fields make, and those of the library.
const MADE: [&str; 4] = [
    "/hive/v1/e/{env}/fields/{id}",
    "/hive/v1/e/{env}/boards/{id}",
    "/hive/v1/e/{env}/saved-queries/{id}",
    "/hive/v1/e/{env}/markers/{id}",
];

/// Of people who are signed in, which the tests of sessions have.
const OF_PEOPLE: &[&str] = &[
    "/hive/v1/session/password",
    "/hive/v1/sessions",
    "/hive/v1/sessions/{id}",
    "/hive/v1/link",
    "/hive/v1/link/accept",
    "/hive/v1/accounts/{id}",
    "/hive/v1/accounts/{id}/reset",
    "/hive/v1/accounts/{id}/signout",
    "/hive/v1/links/{id}",
];

/// Of the service map, groups and rules, which their own tests hold against the document.
const OF_XRAY: [&str; 12] = [
    "/hive/v1/e/{env}/map",
    "/hive/v1/e/{env}/map/layout",
    "/hive/v1/e/{env}/xray/traces",
    "/hive/v1/e/{env}/xray/filter",
    "/hive/v1/e/{env}/xray/traces/{id}/segments/{span}",
    "/hive/v1/e/{env}/xray/traces/{id}/advice",
    "/hive/v1/e/{env}/xray/groups",
    "/hive/v1/e/{env}/xray/groups/{name}",
    "/hive/v1/e/{env}/xray/rules",
    "/hive/v1/e/{env}/xray/rules/{name}",
    "/hive/v1/e/{env}/xray/match",
    "/hive/v1/e/{env}/xray/matched",
];

/// Rows that answer text, or without end.
const NOT_JSON: &[&str] = &["/hive/v1/problems", "/healthz", "/metrics", "/", "/hive/v1/e/{env}/tail", "/hive/v1/e/{env}/export"];

#[tokio::test(flavor = "multi_thread")]
async fn every_row_answers_what_the_document_says() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let document = Document::new();
    for (method, path, request, body) in calls() {
        let answer = fixture.ask(method, &request, &[], body.as_ref()).await;
        assert_eq!(answer.status, 200, "{method} {request}: {}", answer.text());
        let json: Value = answer.json().unwrap();
        assert_eq!(document.faults(method, path, 200, &json), Vec::<String>::new(), "{method} {request}: {json}");
    }
    let called: Vec<&str> = calls()
        .iter()
        .map(|(_, path, _, _)| *path)
        .chain(NOT_JSON.iter().copied())
        .chain([CANCEL])
        .chain(MADE)
        .chain(OF_PEOPLE.iter().copied())
        .chain(OF_XRAY)
        .collect();
    for endpoint in ENDPOINTS {
        assert!(called.contains(&endpoint.path), "{} is not called by any test", endpoint.path);
    }
    for path in ["/hive/v1/problems", "/healthz", "/metrics", "/"] {
        assert_eq!(fixture.ask("GET", path, &[], None).await.status, 200, "{path}");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l10_refusals_are_problem_documents() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let document = Document::new();
    let env = "/hive/v1/e/local";
    for (method, path, request, body, status) in [
        ("POST", "/hive/v1/e/{env}/query", format!("{env}/query"), Some(json!({ "text": "COUNT WHERE" })), 400),
        ("POST", "/hive/v1/e/{env}/query", format!("{env}/query"), Some(json!({ "unknown": 1 })), 400),
        ("POST", "/hive/v1/e/{env}/query", format!("{env}/query"), Some(json!({ "start_time": 10, "end_time": 5 })), 422),
        ("POST", "/hive/v1/e/{env}/events", format!("{env}/events"), Some(json!({ "limit": 0 })), 400),
        ("GET", "/hive/v1/e/{env}/traces/{id}", format!("{env}/traces/ffffffffffffffffffffffffffffffff"), None, 404),
        ("GET", "/hive/v1/e/{env}/traces/{id}", format!("{env}/traces/{TRACE_ID}?at=noon"), None, 400),
        ("GET", "/hive/v1/e/{env}/datasets", "/hive/v1/e/nowhere/datasets".to_owned(), None, 404),
        ("GET", "/hive/v1/e/{env}/tail", format!("{env}/tail?filter=%3D"), None, 400),
        ("GET", "/hive/v1/e/{env}/tail", format!("{env}/tail?filter=root.name%20!=%20x"), None, 400),
        ("DELETE", CANCEL, format!("{env}/queries/nothing"), None, 404),
        ("POST", "/hive/v1/e/{env}/query", format!("{env}/query?id=a%20b"), Some(json!({})), 400),
        ("GET", "/hive/v1/e/{env}/columns/{name}/values", format!("{env}/columns/name/values?filter=a%20=%201%20AND"), None, 400),
        ("GET", "/hive/v1/e/{env}/columns", format!("{env}/columns?range=LAST%201h%20LIMIT%20100"), None, 400),
        ("GET", "/hive/v1/e/{env}/columns", format!("{env}/columns?range=WHERE%20a%20=%201"), None, 400),
        ("GET", "/hive/v1/e/{env}/columns/{name}/values", format!("{env}/columns/name/values?range=WITH%20a%20=%201"), None, 400),
        ("GET", "/hive/v1/e/{env}/columns/{name}/values", format!("{env}/columns/none.name/values"), None, 400),
        ("POST", "/hive/v1/keys", "/hive/v1/keys".to_owned(), Some(json!({ "kind": "golden" })), 400),
        ("POST", "/hive/v1/keys/{id}/disable", "/hive/v1/keys/77/disable".to_owned(), None, 404),
        ("POST", "/hive/v1/environments", "/hive/v1/environments".to_owned(), Some(json!({ "slug": "No Slug" })), 400),
        ("PUT", "/hive/v1/e/{env}/about", format!("{env}/about"), Some(json!({ "archived": true })), 400),
        ("PUT", "/hive/v1/e/{env}/about", format!("{env}/about"), Some(json!({ "name": "x".repeat(81) })), 400),
    ] {
        let answer = fixture.ask(method, &request, &[], body.as_ref()).await;
        assert_eq!(answer.status, status, "{method} {request}: {}", answer.text());
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{method} {request}");
        let json: Value = answer.json().unwrap();
        assert_eq!(document.faults(method, path, status, &json), Vec::<String>::new(), "{method} {request}: {json}");
    }
    let answer = fixture.ask("POST", &format!("{env}/query"), &[], Some(&json!({ "text": "COUNT WHERE" }))).await;
    assert_eq!(answer.json::<Value>().unwrap()["position"], 12, "{}", answer.text());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_that_says_where_a_value_came_from_is_no_unknown_column() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let text = "COUNT WHERE resource.service.name = web AND span.http.route exists GROUP BY resource.nowhere, name LAST 1h";
    let parsed: Value = fixture.ask("POST", "/hive/v1/e/local/query/parse", &[], Some(&json!({ "text": text }))).await.json().unwrap();
    let warnings: Vec<&Value> = parsed["warnings"].as_array().unwrap().iter().map(|warning| &warning["text"]).collect();
    assert_eq!(warnings, [&json!("no event has a column \"resource.nowhere\"")], "{parsed}");
    let answer: Value = fixture.ask("POST", "/hive/v1/e/local/query", &[], Some(&json!({ "text": text }))).await.json().unwrap();
    assert_eq!((&answer["groups"], &answer["results"][0]["values"]), (&json!(2), &json!([1])), "{answer}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_series_have_up_to_ten_thousand_groups() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let (query, parse) = ("/hive/v1/e/local/query", "/hive/v1/e/local/query/parse");
    let asked =
        |limit: u32| [json!({ "text": format!("COUNT GROUP BY name LIMIT {limit}") }), json!({ "breakdowns": ["name"], "limit": limit })];
    for (limit, want, status) in [
        (10_000, Some(json!([])), 200),
        (10_000, Some(json!(["other"])), 200),
        (10_001, Some(json!([])), 400),
        (1_001, Some(json!(["series"])), 400),
        (1_001, None, 400),
        (1_000, None, 200),
    ] {
        for mut body in asked(limit) {
            if let Some(want) = &want {
                body["want"] = want.clone();
            }
            assert_eq!(fixture.ask("POST", query, &[], Some(&body)).await.status, status, "{body}");
            let parsed: Value = fixture.ask("POST", parse, &[], Some(&body)).await.json().unwrap();
            assert_eq!(parsed["errors"].as_array().unwrap().is_empty(), status == 200, "{body}: {parsed}");
        }
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_read_back_in_the_type_they_were_sent_with() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let body = json!({ "text": "WHERE name = query LAST 1h" });
    let answer: Value = fixture.ask("POST", "/hive/v1/e/local/events", &[], Some(&body)).await.json().unwrap();
    let fields = &answer["rows"][0]["fields"];
    assert_eq!(fields["ratio"].to_string(), "1.0");
    assert_eq!(fields["tags"], json!(["a", 2]));
    assert_eq!(fields["duration_ms"].to_string(), "30.0");
    assert_eq!(answer["rows"][0]["resource_keys"], json!(["service.name"]));
    let trace: Value = fixture.ask("GET", &format!("/hive/v1/e/local/traces/{TRACE_ID}"), &[], None).await.json().unwrap();
    assert_eq!((&trace["nodes"][1]["parent"], &trace["nodes"][1]["duration_ns"]), (&json!(0), &json!("30000000")));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_tells_what_arrives_and_ends_when_the_server_stops() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let url = format!("{}/hive/v1/e/local/tail?filter=name%20%3D%20home", fixture.base);
    let client = glasshive_base_http::Client::new();
    let stream = client.stream(http::Method::GET, &url, http::HeaderMap::new(), Vec::new());
    let mut events = stream.await.unwrap().events();
    fixture.send().await;
    let event = events.next().await.unwrap().unwrap();
    assert_eq!(event.name, "row");
    let row: Value = serde_json::from_str(&event.data).unwrap();
    assert_eq!(row["fields"]["http.route"], "/home");
    fixture.hive.stopping();
    assert!(events.next().await.unwrap().is_none());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn o1_before_the_store_is_there_nothing_is_answered_but_that() {
    let fixture = Fixture::closed(AuthMode::Open, &[]).await;
    let document = Document::new();
    assert_eq!(fixture.ask("GET", "/healthz", &[], None).await.status, 200);
    let ready = fixture.ask("GET", "/readyz", &[], None).await;
    assert_eq!((ready.status.as_u16(), ready.json::<Value>().unwrap()["ready"].clone()), (503, json!(false)));
    let answer = fixture.ask("POST", "/hive/v1/e/local/query", &[], Some(&json!({}))).await;
    assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str().unwrap()), (503, "1"));
    assert!(document.faults("POST", "/hive/v1/e/{env}/query", 503, &answer.json().unwrap()).is_empty());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_of_files_is_told() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    fixture.open.store.flush().await.unwrap();
    let now = fixture.hive.clock.wall_ns();
    let at = |ns: i64| glasshive_query_plan::text::point_text(ns);
    let question = json!({ "text": format!("COUNT FROM {} TO {}", at(now - 7_200_000_000_000), at(now + 7_200_000_000_000)), "want": [] });
    for (rows_scanned, rows_kept, files_kept) in [(2, 0, 0), (0, 2, 1)] {
        let answer: Value = fixture.ask("POST", "/hive/v1/e/local/query", &[], Some(&question)).await.json().unwrap();
        let cost = &answer["cost"];
        assert_eq!(
            (&cost["rows_scanned"], &cost["rows_kept"], &cost["files_kept"]),
            (&json!(rows_scanned), &json!(rows_kept), &json!(files_kept)),
            "{answer}"
        );
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_what_says_that_something_failed_are_no_unknown_columns() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let now = fixture.hive.clock.wall_ns();
    let point = json!({
        "startTimeUnixNano": (now - 1_000_000_000).to_string(), "timeUnixNano": now.to_string(),
        "count": "3", "sum": 1.5, "bucketCounts": ["1", "2"], "explicitBounds": [1.0]
    });
    let metric = json!({ "name": "latency", "unit": "s", "histogram": { "aggregationTemporality": 1, "dataPoints": [point] } });
    let body = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": [metric] }] }] });
    assert_eq!(fixture.ask("POST", "/v1/metrics", &[], Some(&body)).await.status, 200);
    for (text, unknown) in [
        ("P95(latency), AVG(latency)", None),
        ("COUNT WHERE error = true", None),
        ("P95(latencies)", Some("latencies")),
        ("P95(latency) WHERE latency > 1", Some("latency")),
        ("COUNT_DISTINCT(latency)", Some("latency")),
    ] {
        let expected: Vec<String> = unknown.iter().map(|name| format!("no event has a column \"{name}\"")).collect();
        for (path, said) in [("query/parse", "warnings"), ("query", "notes")] {
            let answer: Value =
                fixture.ask("POST", &format!("/hive/v1/e/local/{path}"), &[], Some(&json!({ "text": text }))).await.json().unwrap();
            let notes = answer[said].as_array().unwrap();
            let told: Vec<&str> =
                notes.iter().filter(|note| note["kind"] == "unknown_column").filter_map(|note| note["text"].as_str()).collect();
            assert_eq!(told, expected, "{path} {text}: {answer}");
        }
    }
    fixture.stop().await;
}
