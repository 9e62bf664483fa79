//! Old and new names of one attribute, mixed in one trace: either name asks for both.

use crate::fixture::{Event, Hive, SECOND_NS};
use serde_json::json;

const TABLE: &str = include_str!("../../../plan/src/aliases.csv");

/// The groups of the table that hold on every row.
fn groups() -> Vec<Vec<&'static str>> {
    let groups = TABLE.lines().filter(|line| !line.starts_with('#') && !line.contains('@'));
    groups.map(|line| line.split(',').collect()).collect()
}

/// One trace: a span for each name of each group, which holds that name alone; all hold the same value.
fn trace() -> Vec<Event> {
    let names = groups().into_iter().flatten().enumerate();
    names
        .map(|(index, name)| {
            json!({
                "t": index as i64 * SECOND_NS, "trace": format!("{:032x}", 1), "span": format!("{:016x}", index + 1),
                "parent": format!("{:016x}", 1), "weight": 1.0, "f": {name: "value"},
            })
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn either_name_answers_alike() {
    let mut hive = Hive::new().await;
    let spans = trace();
    hive.send(&spans[..spans.len() / 2]).await;
    hive.flush().await;
    hive.send(&spans[spans.len() / 2..]).await;
    let groups = groups();
    assert!(groups.len() > 80, "{}", groups.len());
    for state in ["half", "flushed"] {
        for group in &groups {
            for name in group {
                let count = group.len();
                let answers = hive.results(&format!("COUNT, COUNT_DISTINCT(`{name}`) WHERE `{name}` = value GROUP BY `{name}`")).await;
                assert_eq!(answers, format!("[\"value\"] -> [{count},1]\n"), "{state}: {name}");
                let exact = hive.results(&format!("COUNT WHERE =`{name}` = value")).await;
                assert_eq!(exact, "[] -> [1]\n", "{state}: ={name}");
            }
        }
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_conventions_of_http_in_one_trace() {
    let mut hive = Hive::new().await;
    let span = |second: i64, kind: i64, fields: serde_json::Value| json!({"t": second * SECOND_NS, "trace": format!("{:032x}", 1), "span": format!("{:016x}", second + 1), "kind": kind, "f": fields});
    let (server, client) = (2, 3);
    hive.send(&[
        span(
            0,
            server,
            json!({"http.request.method": "GET", "http.response.status_code": 200, "client.address": "1.1.1.1", "url.full": "/a"}),
        ),
        span(1, client, json!({"http.method": "GET", "http.status_code": 500, "net.peer.name": "db", "http.url": "/a"})),
    ])
    .await;
    hive.flush().await;
    hive.send(&[
        span(2, server, json!({"http.method": "POST", "http.status_code": "500", "net.peer.ip": "1.1.1.1"})),
        span(
            3,
            client,
            json!({"http.request.method": "GET", "http.response.status_code": null, "http.status_code": 404, "server.address": "db"}),
        ),
    ])
    .await;
    for method in ["http.method", "http.request.method"] {
        let answer = hive.results(&format!("COUNT GROUP BY {method} ORDER BY {method}")).await;
        assert_eq!(answer, "[\"GET\"] -> [3]\n[\"POST\"] -> [1]\n");
    }
    for status in ["http.status_code", "http.response.status_code"] {
        assert_eq!(hive.results(&format!("COUNT, MAX({status}) WHERE {status} >= 500")).await, "[] -> [2,500.0]\n");
        assert_eq!(hive.results(&format!("COUNT WHERE {status} exists")).await, "[] -> [4]\n");
        assert_eq!(hive.results(&format!("AVG({status}) WHERE {status} in (404, 200)")).await, "[] -> [302.0]\n");
        assert_eq!(hive.results(&format!("WITH bad = ${status} >= 500 COUNT WHERE bad = true")).await, "[] -> [1]\n");
        assert_eq!(hive.results(&format!("COUNT WHERE any.{status} = 404")).await, "[] -> [4]\n");
    }
    assert_eq!(hive.results("COUNT WHERE server.address = db").await, "[] -> [2]\n", "a client's peer is the server");
    assert_eq!(
        hive.results("COUNT GROUP BY url.full ORDER BY COUNT desc").await,
        hive.results("COUNT GROUP BY http.url ORDER BY COUNT desc").await
    );
    hive.close().await;
}
