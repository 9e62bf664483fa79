//! Events that are deleted on request, and the proof of it.

use super::fixture::{Fixture, TRACE_ID};
use crate::AuthMode;
use serde_json::{Value, json};

const PATH: &str = "/hive/v1/e/local/deletions";

#[tokio::test(flavor = "multi_thread")]
async fn s20_a_trace_is_deleted_and_the_proof_stays() {
    let fixture = Fixture::new(AuthMode::Keys, &["local:admin:admin-secret-00"]).await;
    let ask = async |method: &str, path: &str, body: Option<Value>| {
        let answer = fixture.ask(method, path, &[("x-glasshive-key", "admin-secret-00")], body.as_ref()).await;
        (answer.status.as_u16(), answer.json::<Value>().unwrap())
    };
    let trace = format!("/hive/v1/e/local/traces/{TRACE_ID}");
    assert_eq!(ask("GET", &trace, None).await.0, 200);
    // A deletion that names nothing would be one of everything.
    let (status, refusal) = ask("POST", PATH, Some(json!({ "dataset": "web" }))).await;
    assert_eq!((status, refusal["detail"].as_str()), (400, Some("a deletion names a trace or the value of an attribute")), "{refusal}");

    let (status, deleted) = ask("POST", PATH, Some(json!({ "trace_id": TRACE_ID }))).await;
    assert_eq!((status, deleted["finished"]["rows"].as_u64()), (200, Some(2)), "{deleted}");
    assert!(deleted["asked_by"].as_str().unwrap().starts_with("key "), "{deleted}");
    assert_eq!(ask("GET", &trace, None).await.0, 404);
    let (_, known) = ask("GET", PATH, None).await;
    assert_eq!(known["deletions"], json!([deleted]));
    // What is not there any more cannot be deleted again.
    assert_eq!(ask("POST", PATH, Some(json!({ "trace_id": TRACE_ID }))).await.1["finished"]["rows"], 0);
    fixture.stop().await;
}
