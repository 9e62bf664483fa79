//! The service map, traces by filter expression, groups and sampling rules over HTTP.

use super::fixture::{Fixture, TRACE_ID};
use super::schema::Document;
use crate::AuthMode;
use serde_json::{Value, json};

const ENV: &str = "/hive/v1/e/local";

/// Asks, and holds the answer against the document.
async fn ask(fixture: &Fixture, method: &str, path: &str, template: &str, body: Option<Value>) -> (u16, Value) {
    let answer = fixture.ask(method, &format!("{ENV}{path}"), &[], body.as_ref()).await;
    let (status, told) = (answer.status.as_u16(), answer.json::<Value>().unwrap());
    let faults = Document::new().faults(method, &format!("/hive/v1/e/{{env}}{template}"), status, &told);
    assert_eq!(faults, Vec::<String>::new(), "{method} {path}: {told}");
    (status, told)
}

async fn get(fixture: &Fixture, path: &str, template: &str) -> (u16, Value) {
    ask(fixture, "GET", path, template, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_of_what_was_sent_and_where_its_nodes_stand() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let (_, map) = get(&fixture, "/map", "/map").await;
    let ids: Vec<&str> = map["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["client|web", "|web"], "{map}");
    assert_eq!((&map["examined"], &map["matched"], &map["services_seen"]), (&json!(1), &json!(1), &json!(["web"])));
    assert_eq!((&map["nodes"][1]["is_root"], &map["nodes"][0].get("figures")), (&json!(true), &None));
    assert_eq!((&map["edges"][0]["from"], &map["edges"][0]["to"]), (&json!("client|web"), &json!("|web")));
    assert!(map.get("cut").is_none() && map["edges"][0]["figures"]["total"] == 1, "{map}");

    let put = async |body: Value| ask(&fixture, "PUT", "/map/layout", "/map/layout", Some(body)).await;
    let (_, layout) = put(json!({ "positions": [{ "node": "|web", "x": 10.5, "y": -2.0, "pinned": true }] })).await;
    assert_eq!(layout["positions"][0]["node"], "|web");
    let (_, map) = get(&fixture, "/map", "/map").await;
    assert_eq!(map["nodes"][1]["position"], json!({ "x": 10.5, "y": -2.0, "pinned": true }));
    assert!(map["nodes"][0].get("position").is_none());
    let (status, _) = put(json!({ "positions": [{ "node": "|web", "x": 1e9, "y": 0.0 }] })).await;
    assert_eq!(status, 400);

    let (_, none) = get(&fixture, "/map?filter=fault", "/map").await;
    assert_eq!(
        (&none["nodes"], &none["matched"], &none["examined"], &none["services_seen"]),
        (&json!([]), &json!(0), &json!(1), &json!(["web"]))
    );
    let (status, wrong) = get(&fixture, "/map?filter=fault+%3D", "/map").await;
    assert_eq!((status, &wrong["position"]), (400, &json!(8)), "{wrong}");
    assert_eq!(get(&fixture, "/map?group=none", "/map").await.0, 400);
    assert_eq!(get(&fixture, "/map?from=5&to=5", "/map").await.0, 400);
    let (_, early) = get(&fixture, "/map?from=5&to=6", "/map").await;
    assert_eq!((&early["nodes"], &early["examined"]), (&json!([]), &json!(0)));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_by_filter_expression() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let (_, found) = get(&fixture, "/xray/traces?filter=service(%22web%22)+%7B+ok+%7D", "/xray/traces").await;
    assert_eq!((&found["traces"][0]["trace_id"], &found["traces"][0]["service"]), (&json!(TRACE_ID), &json!("web")), "{found}");
    assert!(found.get("cut").is_none());
    let (_, none) = get(&fixture, "/xray/traces?filter=service(%22Web%22)", "/xray/traces").await;
    assert_eq!((&none["traces"], &none["services_seen"]), (&json!([]), &json!(["web"])));
    let (_, read) = get(&fixture, "/xray/filter?filter=ok+AND", "/xray/filter").await;
    assert_eq!(read["fault"]["position"], 7, "{read}");
    assert!(read["words"].as_array().unwrap().contains(&json!("responsetime")));
    assert!(get(&fixture, "/xray/filter?filter=ok", "/xray/filter").await.1.get("fault").is_none());
    let template = "/xray/traces/{id}/segments/{span}";
    let (_, segment) = get(&fixture, &format!("/xray/traces/{TRACE_ID}/segments/eee19b7ec3c1b175"), template).await;
    assert_eq!(segment["segment_id"], "eee19b7ec3c1b175", "{segment}");
    assert_eq!(get(&fixture, &format!("/xray/traces/{TRACE_ID}/segments/eee19b7ec3c1b170"), template).await.0, 404);
    assert_eq!(get(&fixture, &format!("/xray/traces/{TRACE_ID}/segments/x"), template).await.0, 400);
    let (_, advice) = get(&fixture, &format!("/xray/traces/{TRACE_ID}/advice"), "/xray/traces/{id}/advice").await;
    assert_eq!(advice, json!({ "advice": [] }));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_kept_changed_and_taken_out() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let make = async |body: Value| ask(&fixture, "POST", "/xray/groups", "/xray/groups", Some(body)).await;
    let (status, made) = make(json!({ "name": "faults", "filter": "fault" })).await;
    assert_eq!((status, &made["filter"], &made["is_default"]), (200, &json!("fault"), &json!(false)));
    let (status, wrong) = make(json!({ "name": "wrong", "filter": "fault = = true" })).await;
    assert_eq!((status, &wrong["position"]), (400, &json!(9)), "{wrong}");
    assert_eq!(make(json!({ "name": "faults" })).await.0, 400);
    let one = async |method: &str, name: &str, body: Option<Value>| {
        ask(&fixture, method, &format!("/xray/groups/{name}"), "/xray/groups/{name}", body).await
    };
    assert_eq!(one("PUT", "faults", Some(json!({ "filter": "" }))).await.1["filter"], "");
    assert_eq!(one("PUT", "none", Some(json!({ "filter": "" }))).await.0, 404);
    let (_, map) = get(&fixture, "/map?group=faults", "/map").await;
    assert_eq!(map["matched"], 1);
    assert_eq!(one("DELETE", "faults", None).await.1["name"], "faults");
    assert_eq!(one("DELETE", "faults", None).await.0, 404);
    assert_eq!(one("DELETE", "Default", None).await.0, 400);
    let (_, groups) = get(&fixture, "/xray/groups", "/xray/groups").await;
    assert_eq!(groups["groups"].as_array().map(Vec::len), Some(1));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_kept_changed_tried_and_taken_out() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let rule = json!({ "name": "shop", "priority": 10, "fixed_rate": 0.5, "reservoir_size": 2, "service_name": "shop*" });
    let (status, made) = ask(&fixture, "POST", "/xray/rules", "/xray/rules", Some(rule)).await;
    assert_eq!((status, &made["host"], &made["clients"]), (200, &json!("*"), &json!([])), "{made}");
    let matched = async |service: &str| {
        let (_, told) = ask(&fixture, "POST", "/xray/match", "/xray/match", Some(json!({ "service_name": service }))).await;
        told
    };
    assert_eq!(matched("Shop-eu").await, json!({ "rule": "shop", "passed": [] }));
    let passed = json!([{ "rule": "shop", "member": "ServiceName", "wanted": "shop*", "found": "web" }]);
    assert_eq!(matched("web").await, json!({ "rule": "Default", "passed": passed }));
    let one = async |method: &str, name: &str, body: Option<Value>| {
        ask(&fixture, method, &format!("/xray/rules/{name}"), "/xray/rules/{name}", body).await
    };
    let content = |priority: i64, host: &str| json!({ "priority": priority, "fixed_rate": 1.0, "reservoir_size": 0, "host": host });
    assert_eq!(one("PUT", "shop", Some(content(5, "*.eu"))).await.1["host"], "*.eu");
    assert_eq!(one("PUT", "shop", Some(content(0, "*"))).await.0, 400);
    assert_eq!(one("PUT", "Default", Some(content(10_000, "*"))).await.1["fixed_rate"], 1.0, "its rates can be changed");
    assert_eq!(one("PUT", "Default", Some(content(10_000, "x"))).await.0, 400);
    assert_eq!(one("PUT", "none", Some(content(5, "*"))).await.0, 404);
    let (_, rules) = get(&fixture, "/xray/rules", "/xray/rules").await;
    let names: Vec<&str> = rules["rules"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop", "Default"]);
    let (_, requests) = get(&fixture, "/xray/matched", "/xray/matched").await;
    assert_eq!(requests["rules"], json!({ "Default": 0, "shop": 0 }), "nothing that came had a request: {requests}");
    assert_eq!(one("DELETE", "shop", None).await.1["name"], "shop");
    assert_eq!(one("DELETE", "Default", None).await.0, 400);
    fixture.stop().await;
}
