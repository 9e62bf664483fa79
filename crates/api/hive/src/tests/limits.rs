//! Clients that leave, checks that do not hold.

use super::fixture::{Fixture, Parts, TRACE_ID};
use super::schema::Document;
use crate::AuthMode;
use crate::shape::process::Check;
use glasshive_base::{BoxFuture, Clock};
use glasshive_base_http::Client;
use glasshive_query_engine::EngineConfig;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

const QUERY: &str = "/hive/v1/e/local/query";
/// Looks at the clock before a query is held up: the first ones are before the first block.
const FREE_LOOKS: u64 = 5;

/// A clock that holds a query thread up in the middle of its work until it is opened.
struct Gate {
    below: Arc<dyn Clock>,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    looks: u64,
    is_held: bool,
    is_open: bool,
}

impl Clock for Gate {
    fn wall_ns(&self) -> i64 {
        self.below.wall_ns()
    }

    fn monotonic(&self) -> Duration {
        if std::thread::current().name() == Some("hive-query") {
            let (state, changed) = &*self.state;
            let mut state = state.lock().unwrap();
            state.looks += 1;
            let is_another = state.is_held;
            while state.looks > FREE_LOOKS && !state.is_open && !is_another {
                state.is_held = true;
                changed.notify_all();
                state = changed.wait(state).unwrap();
            }
        }
        self.below.monotonic()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.below.sleep(duration)
    }
}

type Held = Arc<(Mutex<State>, Condvar)>;

/// A server that holds its first query up, with one thread and one slot: whoever asks next waits for the end of the first.
async fn a_server_that_holds_up() -> (Fixture, Held) {
    a_server_with_a_queue(0, EngineConfig::default().wait_limit).await
}

/// The same where so many may wait so long.
async fn a_server_with_a_queue(queue: usize, wait_limit: Duration) -> (Fixture, Held) {
    let held = Held::default();
    // Who waits needs a thread beside the one that is held up.
    let threads = if queue > 0 { 2 } else { 1 };
    let query_clock = {
        let state = held.clone();
        Box::new(move |below| -> Arc<dyn Clock> { Arc::new(Gate { below, state }) })
    };
    let engine = EngineConfig { threads, slots: 1, queue, wait_limit, ..EngineConfig::default() };
    let fixture = Fixture::with(AuthMode::Open, &[], Parts { engine, query_clock, seal_rows: usize::MAX, ..Parts::default() }).await;
    fixture.hive.open(fixture.open.clone());
    for _ in 0..20 {
        fixture.send().await;
    }
    (fixture, held)
}

fn wait_until_held(held: &Held) {
    tokio::task::block_in_place(|| {
        let (state, changed) = &**held;
        drop(changed.wait_while(state.lock().unwrap(), |state| !state.is_held).unwrap());
    });
}

fn let_go(held: &Held) {
    let (state, changed) = &**held;
    state.lock().unwrap().is_open = true;
    changed.notify_all();
}

#[tokio::test(flavor = "multi_thread")]
async fn l9_a_query_is_called_off_by_its_id() {
    let (fixture, held) = a_server_that_holds_up().await;
    let (document, client) = (Document::new(), Client::new());
    let url = format!("{}{QUERY}?id=board-7", fixture.base);
    let asking = tokio::spawn(async move { client.json(Method::POST, &url, HeaderMap::new(), Some(&json!({}))).await.unwrap() });
    wait_until_held(&held);
    let running: Value = fixture.ask("GET", "/hive/v1/e/local/queries", &[], None).await.json().unwrap();
    assert_eq!(document.faults("GET", "/hive/v1/e/{env}/queries", 200, &running), Vec::<String>::new());
    let query = &running["queries"][0];
    assert_eq!((&query["id"], &query["kind"], &query["text"]), (&json!("board-7"), &json!("query"), &json!("COUNT LIMIT 1000 LAST 2h")));
    let twice = fixture.ask("POST", &format!("{QUERY}?id=board-7"), &[], Some(&json!({}))).await;
    assert_eq!(twice.status, 409, "{}", twice.text());
    let called_off = fixture.ask("DELETE", "/hive/v1/e/local/queries/board-7", &[], None).await;
    assert_eq!(called_off.status, 200, "{}", called_off.text());
    let answer = called_off.json().unwrap();
    assert_eq!(document.faults("DELETE", "/hive/v1/e/{env}/queries/{id}", 200, &answer), Vec::<String>::new());
    let_go(&held);
    let answer = asking.await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.json::<Value>().unwrap()["detail"].clone()), (409, json!("the query was cancelled")));
    let again = fixture.ask("DELETE", "/hive/v1/e/local/queries/board-7", &[], None).await;
    assert_eq!(again.status, 404, "{}", again.text());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_a_slot_is_told_so() {
    let (fixture, held) = a_server_with_a_queue(1, Duration::from_millis(1)).await;
    let (client, url) = (Client::new(), format!("{}{QUERY}", fixture.base));
    let asking = tokio::spawn(async move { client.json(Method::POST, &url, HeaderMap::new(), Some(&json!({}))).await.unwrap() });
    wait_until_held(&held);
    let second = fixture.ask("POST", QUERY, &[], Some(&json!({}))).await;
    assert_eq!(second.status, 503, "{}", second.text());
    let_go(&held);
    assert_eq!(asking.await.unwrap().status, 200);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l9_every_question_that_takes_time_is_called_off_by_its_id() {
    let env = "/hive/v1/e/local";
    let compared = json!({ "text": "COUNT LAST 1h", "selection": { "equals": [{ "column": "name", "value": "home" }] } });
    let trace = format!("{env}/traces/{TRACE_ID}");
    for (kind, method, path, body) in [
        ("compare", Method::POST, format!("{env}/compare"), Some(compared)),
        ("export", Method::POST, format!("{env}/export"), Some(json!({ "text": "" }))),
        ("values", Method::GET, format!("{env}/columns/name/values"), None),
        ("trace", Method::GET, trace.clone(), None),
        ("trace", Method::GET, format!("{trace}/skeleton"), None),
    ] {
        let (fixture, held) = a_server_that_holds_up().await;
        let (client, url) = (Client::new(), format!("{}{path}?id=mine", fixture.base));
        let asking = tokio::spawn(async move { client.json(method, &url, HeaderMap::new(), body.as_ref()).await.unwrap() });
        wait_until_held(&held);
        let running: Value = fixture.ask("GET", &format!("{env}/queries"), &[], None).await.json().unwrap();
        assert_eq!((&running["queries"][0]["id"], &running["queries"][0]["kind"]), (&json!("mine"), &json!(kind)), "{path}");
        assert_eq!(fixture.ask("DELETE", &format!("{env}/queries/mine"), &[], None).await.status, 200, "{path}");
        let_go(&held);
        let answer = asking.await.unwrap();
        assert_eq!(answer.status, 409, "{path}: {}", answer.text());
        fixture.stop().await;
    }
}

async fn a_left_query_ends(client: Client) {
    let (fixture, held) = a_server_that_holds_up().await;
    let batches = fixture.hive.metrics.counter("glasshive_query_batches_total", "", &[]);
    let left = fixture.hive.metrics.counter("glasshive_queries_total", "", &[("kind", "query"), ("outcome", "left")]);

    let url = format!("{}{QUERY}", fixture.base);
    let asking = tokio::spawn(async move { client.json(Method::POST, &url, HeaderMap::new(), Some(&json!({}))).await.map(drop) });
    wait_until_held(&held);
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    while left.get() == 0 {
        tokio::task::yield_now().await;
    }
    let before = batches.get();
    assert!(0 < before && before < 20, "the client left in the middle: {before}");
    let_go(&held);
    let next: Value = loop {
        let answer = fixture.ask("POST", QUERY, &[], Some(&json!({}))).await;
        match answer.status.as_u16() {
            503 => tokio::task::yield_now().await,
            _ => break answer.json().unwrap(),
        }
    };
    let own = next["cost"]["live_chunks"].as_u64().unwrap();
    assert_eq!((own, next["results"][0]["values"][0].as_u64()), (20, Some(40)), "{next}");
    assert!(batches.get() - before - own <= 1, "{} blocks were looked at for nobody", batches.get() - before - own);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l9_a_client_that_closes_its_connection_ends_its_query() {
    a_left_query_ends(Client::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l9_a_client_that_resets_its_stream_ends_its_query() {
    a_left_query_ends(Client::http2()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_a_failing_check_makes_the_server_not_ready_and_says_why() {
    let failing = || Check {
        check: "tasks".to_owned(),
        ok: false,
        since_ns: None,
        reason: "keeper failed 5 times: no room".to_owned(),
        hint: String::new(),
    };
    let fixture = Fixture::with(AuthMode::Open, &[], Parts { checks: Box::new(move || vec![failing()]), ..Parts::default() }).await;
    fixture.hive.open(fixture.open.clone());
    let answer = fixture.ask("GET", "/readyz", &[], None).await;
    let body: Value = answer.json().unwrap();
    assert_eq!((answer.status.as_u16(), &body["ready"]), (503, &json!(false)));
    let tasks = body["checks"].as_array().unwrap().iter().find(|check| check["check"] == "tasks").unwrap();
    assert_eq!((&tasks["ok"], tasks["reason"].as_str()), (&json!(false), Some("keeper failed 5 times: no room")));
    assert_eq!(fixture.ask("GET", "/healthz", &[], None).await.status, 200, "a restart is not triggered");
    fixture.stop().await;
}
