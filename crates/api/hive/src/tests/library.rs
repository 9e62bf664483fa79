//! Boards, saved queries, markers and history over HTTP.

use super::fixture::Fixture;
use super::schema::Document;
use crate::AuthMode;
use serde_json::{Value, json};

const ENV: &str = "/hive/v1/e/local";

/// Makes, changes and takes out; each answer is held against the document.
async fn round(fixture: &Fixture, place: &str, new: Value, changed: Value) -> (Value, Value) {
    let document = Document::new();
    let (path, one_path) = (format!("/hive/v1/e/{{env}}/{place}"), format!("/hive/v1/e/{{env}}/{place}/{{id}}"));
    let made = fixture.ask("POST", &format!("{ENV}/{place}"), &[], Some(&new)).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let made: Value = made.json().unwrap();
    assert_eq!(document.faults("POST", &path, 200, &made), Vec::<String>::new());
    assert_eq!((&made["version"], &made["made_by"]), (&json!(1), &json!("anyone")), "{made}");
    let one = format!("{ENV}/{place}/{}", made["id"].as_str().unwrap());
    let put = async |version: u64| {
        let mut body = changed.clone();
        body["version"] = json!(version);
        let answer = fixture.ask("PUT", &one, &[], Some(&body)).await;
        (answer.status.as_u16(), answer.json::<Value>().unwrap())
    };
    let (status, after) = put(1).await;
    assert_eq!((status, &after["version"]), (200, &json!(2)), "{after}");
    assert_eq!(document.faults("PUT", &one_path, 200, &after), Vec::<String>::new());
    let (status, late) = put(1).await;
    assert_eq!(status, 409, "{late}");
    assert!(late["detail"].as_str().unwrap().ends_with("was changed by somebody else: version 1 is not the last one, 2 is"), "{late}");
    let listed: Value = fixture.ask("GET", &format!("{ENV}/{place}"), &[], None).await.json().unwrap();
    assert_eq!(document.faults("GET", &path, 200, &listed), Vec::<String>::new());
    let gone = fixture.ask("DELETE", &one, &[], None).await;
    assert_eq!(document.faults("DELETE", &one_path, 200, &gone.json().unwrap()), Vec::<String>::new());
    assert_eq!(fixture.ask("DELETE", &one, &[], None).await.status, 404);
    (after, listed)
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_are_kept_changed_and_taken_out() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let query = json!({ "type": "query", "title": "", "query": "COUNT GROUP BY name", "style": "both", "log_scale": true });
    let panels = json!([
        { "id": "a", "x": 0, "y": 0, "width": 6, "height": 4, "content": query },
        { "id": "b", "x": 6, "y": 0, "width": 6, "height": 4, "content": { "type": "text", "text": "# Words" } }
    ]);
    let changed = json!({ "name": "two", "description": "of b", "panels": panels, "filter": "name = home", "from": "-1d", "to": "now" });
    let (after, listed) = round(&fixture, "boards", json!({ "name": "one" }), changed).await;
    assert_eq!((&after["panels"], &after["filter"], &after["from"]), (&panels, &json!("name = home"), &json!("-1d")));
    assert_eq!((&listed["boards"][0]["name"], &listed["boards"][0]["panels"]), (&json!("two"), &json!(2)), "{listed}");

    let kept: Value =
        fixture.ask("POST", &format!("{ENV}/boards"), &[], Some(&json!({ "name": "c", "panels": panels }))).await.json().unwrap();
    let one = format!("{ENV}/boards/{}", kept["id"].as_str().unwrap());
    let read: Value = fixture.ask("GET", &one, &[], None).await.json().unwrap();
    assert_eq!(Document::new().faults("GET", "/hive/v1/e/{env}/boards/{id}", 200, &read), Vec::<String>::new());
    assert_eq!(read, kept);
    let content = json!({ "type": "query", "query": "COUNT WHERE", "style": "graph" });
    let wrong = json!({ "name": "d", "panels": [{ "id": "a", "x": 0, "y": 0, "width": 6, "height": 4, "content": content }] });
    let refused = fixture.ask("POST", &format!("{ENV}/boards"), &[], Some(&wrong)).await;
    let problem: Value = refused.json().unwrap();
    assert_eq!((refused.status.as_u16(), &problem["position"]), (400, &json!(12)), "{problem}");
    assert!(problem["detail"].as_str().unwrap().starts_with("panel 1: WHERE, character 12: "), "{problem}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saved_queries_are_kept_changed_and_taken_out() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let changed = json!({ "name": "slow", "description": "what is slow", "query": "P99(duration_ms) GROUP BY name" });
    let (after, listed) = round(&fixture, "saved-queries", json!({ "name": "a", "query": "COUNT" }), changed).await;
    assert_eq!(listed["queries"], json!([after]));
    let kept = json!({ "name": "b", "query": "COUNT" });
    let kept: Value = fixture.ask("POST", &format!("{ENV}/saved-queries"), &[], Some(&kept)).await.json().unwrap();
    let read: Value = fixture.ask("GET", &format!("{ENV}/saved-queries/{}", kept["id"].as_str().unwrap()), &[], None).await.json().unwrap();
    assert_eq!(Document::new().faults("GET", "/hive/v1/e/{env}/saved-queries/{id}", 200, &read), Vec::<String>::new());
    assert_eq!(read, kept);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markers_are_kept_changed_found_by_time_and_taken_out() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let changed = json!({ "start_ns": "1000", "end_ns": "2000", "text": "release 2", "type": "deploy", "url": "https://ci/7", "colour": "#aa00ff", "dataset": "web" });
    let (after, listed) = round(&fixture, "markers", json!({ "text": "release", "start_ns": "1000" }), changed).await;
    assert_eq!(listed["markers"], json!([after]));
    let make = async |body: Value| fixture.ask("POST", &format!("{ENV}/markers"), &[], Some(&body)).await;
    for (start, text, dataset) in [("30", "c", "web"), ("10", "a", "web"), ("20", "b", "cart")] {
        assert_eq!(make(json!({ "start_ns": start, "text": text, "dataset": dataset })).await.status, 200);
    }
    make(json!({ "text": "now" })).await;
    let found = async |query: &str| {
        let answer: Value = fixture.ask("GET", &format!("{ENV}/markers?{query}"), &[], None).await.json().unwrap();
        answer["markers"].as_array().unwrap().iter().map(|marker| marker["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["a", "b", "c", "now"]);
    assert_eq!(found("from=10&to=30").await, ["a", "b"]);
    assert_eq!(found("dataset=web").await, ["a", "c", "now"]);
    assert_eq!(fixture.ask("GET", &format!("{ENV}/markers?from=noon"), &[], None).await.status, 400);
    assert_eq!(make(json!({ "text": "a", "url": "javascript:alert(1)" })).await.status, 400);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_each_ones_own_and_all_can_read_it() {
    let fixture = Fixture::new(AuthMode::Keys, &["local:configuration:config-secret-0", "local:admin:admin-secret-00"]).await;
    let ask = async |secret: &'static str, method: &str, query: &str, body: Option<Value>| {
        let answer = fixture.ask(method, &format!("{ENV}/history{query}"), &[("x-glasshive-key", secret)], body.as_ref()).await;
        (answer.status.as_u16(), answer.json::<Value>().unwrap())
    };
    for secret in ["config-secret-0", "admin-secret-00"] {
        assert_eq!(ask(secret, "POST", "", Some(json!({ "query": "COUNT", "from": "-1h", "to": "now" }))).await.0, 200);
    }
    assert_eq!(ask("config-secret-0", "POST", "", Some(json!({ "query": "COUNT" }))).await.1["times"], 2);
    assert_eq!(ask("config-secret-0", "POST", "", Some(json!({ "query": "" }))).await.0, 400);
    let (_, all) = ask("admin-secret-00", "GET", "?limit=1", None).await;
    assert_eq!((all["runs"].as_array().map(Vec::len), &all["left_out"]), (Some(1), &json!(1)), "{all}");
    assert_eq!(ask("admin-secret-00", "GET", "?by=me", None).await.1["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(ask("config-secret-0", "DELETE", "", None).await.1, json!({ "runs": 1 }));
    assert_eq!(ask("admin-secret-00", "GET", "", None).await.1["runs"].as_array().map(Vec::len), Some(1));
    // Who may only read can neither keep nor take out.
    let refused =
        fixture.ask("POST", &format!("{ENV}/boards"), &[("x-glasshive-key", "config-secret-0")], Some(&json!({ "name": "a" }))).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    fixture.stop().await;
}
