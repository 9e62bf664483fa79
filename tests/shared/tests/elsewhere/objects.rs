//! The real binary with its data files in a real S3-compatible server.

use crate::support::{CONNECTIONS, Variables, doors, killed_again_and_again, refusal, run, start, telemetry, wait_for_check};
use glasshive_base_http::Client;
use glasshive_test_product::ask::Window;
use glasshive_test_product::delivery::State;
use glasshive_test_product::{Ask, Server, check};
use glasshive_test_shared::{Fault, Postgres, S3};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::path::Path;

fn objects(s3: &S3, prefix: &str) -> Variables {
    let variable = |name: &str, value: String| (name.to_owned(), value);
    vec![
        variable("GLASSHIVE_OBJECTS_URL", format!("s3://hive/{prefix}")),
        variable("GLASSHIVE_OBJECTS_ENDPOINT", s3.endpoint()),
        variable("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
        variable("AWS_SECRET_ACCESS_KEY", "s3cret".to_owned()),
    ]
}

/// Paths of the objects below a prefix.
fn names(s3: &S3, prefix: &str) -> Vec<String> {
    let listing = s3.ask("GET", &format!("/hive?list-type=2&prefix={prefix}/")).unwrap();
    listing.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).map(str::to_owned).collect()
}

fn files_below(directory: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    entries.map(|entry| entry.unwrap().path()).map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

/// F21: what is not in memory and not in `cache/` cannot be had, and what is there is answered.
async fn answered_in_part(server: &Server, data: &Path, window: Window) {
    for entry in std::fs::read_dir(data.join("cache")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let client = Client::new();
    let ask = async |path: &str, question: Value| {
        let url = format!("{}/hive/v1/e/local/{path}", server.http);
        let answer = client.json(Method::POST, &url, HeaderMap::new(), Some(&question)).await.unwrap();
        (answer.status.as_u16(), answer.json::<Value>().unwrap())
    };
    // A question that nobody has asked before, so that nothing of it is kept.
    let question = |start: i64, end: i64| json!({"calculations": [{"op": "COUNT"}, {"op": "COUNT_DISTINCT", "column": "duration_ms"}], "start_time": start, "end_time": end});
    let (status, answer) = ask("query", question(window.start, window.end)).await;
    let note = &answer["notes"][0];
    assert!(status == 200 && answer["partial"] == true && answer["results"][0]["values"][0].as_i64().unwrap() > 0, "{answer}");
    assert!(note["missing"]["reason"] == "unreachable" && note["missing"]["events"].as_i64().unwrap() > 0, "{note}");
    let text = note["text"].as_str().unwrap();
    assert!(
        text.contains(" cannot be had now; results exclude what is there: ") && text.contains("object store unreachable for "),
        "{text}"
    );
    let events = json!({"limit": 10_000, "start_time": window.start, "end_time": window.end});
    let (status, rows) = ask("events", events).await;
    assert!(status == 200 && rows["notes"][0]["missing"]["reason"] == "unreachable", "{status} {}", rows["notes"]);
}

/// Servers that are killed, an object store that refuses everything for a while, and a machine whose copies are gone: nothing that was
/// acknowledged is lost, and nothing is there twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost() {
    let (s3, postgres) = (S3::start().unwrap(), Postgres::start().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut variables = objects(&s3, "some/where");
    variables.push(("GLASSHIVE_CATALOG_URL".to_owned(), postgres.database("hive").unwrap()));
    let (delivery, window) = telemetry(2).unwrap();
    let total = delivery.bodies().len();

    killed_again_and_again(&data, &variables, &delivery, window).await.unwrap();
    let server = start(&data, &variables).unwrap();
    check::nothing_lost(&delivery, &Ask::new(&server.http), window).await.unwrap();
    // A stop flushes: some of it is in the object store, however soon the servers before were killed.
    server.terminate().unwrap();
    let server = start(&data, &variables).unwrap();
    let ask = Ask::new(&server.http);
    s3.fail(Fault::Refuse(usize::MAX));
    delivery.send_all(&doors(&server), CONNECTIONS).await.unwrap();
    assert_eq!(delivery.count(State::Acknowledged), total, "the log takes what the object store does not");
    let (is_ready, check) = wait_for_check(&server, "objects", true).await.unwrap();
    let reason = check["reason"].as_str().unwrap();
    assert!(is_ready && check["ok"] == false && reason.starts_with("object store unreachable for "), "{check}");
    answered_in_part(&server, &data, window).await;
    s3.heal();
    wait_for_check(&server, "objects", false).await.unwrap();
    check::complete(&delivery, &ask, window).await.unwrap();
    let (status, said) = server.terminate().unwrap();
    assert!(status.success() && !said.contains("s3cret"), "{said}");
    assert_eq!(files_below(&data.join("events")), 0, "data files are in the object store alone");

    // Without its copies everything is read from there, by ranges; a look without a server changes nothing.
    let before = names(&s3, "some/where");
    assert!(before.iter().filter(|name| name.ends_with(".parquet")).count() > 1, "{before:?}");
    std::fs::remove_dir_all(data.join("cache")).unwrap();
    s3.requests();
    let whole = run(&["verify", "--data", data.to_str().unwrap()], &variables).unwrap();
    assert!(whole.status.success(), "{}{}", String::from_utf8_lossy(&whole.stdout), String::from_utf8_lossy(&whole.stderr));
    assert!(!data.join("cache").exists());
    assert_eq!(names(&s3, "some/where"), before);
    let server = start(&data, &variables).unwrap();
    check::complete(&delivery, &Ask::new(&server.http), window).await.unwrap();
    server.terminate().unwrap();
    assert!(s3.requests().iter().any(|request| request.starts_with("GET ") && request.contains(".parquet")));
}

/// A directory is opened with its own data files or not at all.
#[test]
fn another_object_store_is_refused_in_words() {
    let s3 = S3::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (data, other) = (directory.path().join("data"), directory.path().join("other"));
    let own = objects(&s3, "own");
    let shown = |prefix: &str| format!("s3://hive/{prefix} at {}", s3.endpoint());
    start(&data, &own).unwrap().terminate().unwrap();
    assert!(data.join("catalog.db").exists());
    assert_eq!(names(&s3, "own"), ["own/NODE"]);
    // An empty catalog would take every data file for one that nobody knows.
    let kept = directory.path().join("catalog.db");
    std::fs::rename(data.join("catalog.db"), &kept).unwrap();
    let lost = refusal(&data, &own).unwrap();
    assert!(lost.contains("catalog is missing beside data files") && !data.join("catalog.db").exists(), "{lost}");
    std::fs::rename(&kept, data.join("catalog.db")).unwrap();

    let none = refusal(&data, &Variables::new()).unwrap();
    let words = format!("the data files of {} are in {}, and the settings name no object store", data.display(), shown("own"));
    assert!(none.contains(&words), "{none}");
    let moved = refusal(&data, &objects(&s3, "empty")).unwrap();
    assert!(moved.contains(&format!("and {}, which the settings name, has no object NODE", shown("empty"))), "{moved}");
    let foreign = refusal(&other, &own).unwrap();
    assert!(foreign.contains("has the data files of another data directory (") && foreign.contains(data.to_str().unwrap()), "{foreign}");
    s3.ask("DELETE", "/hive/own/NODE").unwrap();
    let missing = refusal(&data, &own).unwrap();
    assert!(missing.contains(&format!("are missing: {} has no object NODE", shown("own"))), "{missing}");
    let unsigned: Variables = own.iter().filter(|(name, _)| name != "AWS_SECRET_ACCESS_KEY").cloned().collect();
    let unsigned = refusal(&data, &unsigned).unwrap();
    assert!(unsigned.contains("the environment variable AWS_SECRET_ACCESS_KEY is not set"), "{unsigned}");

    s3.ask("PUT", "/hive/full/events/local/spans/2026/01/01/00/01A.parquet").unwrap();
    let full = refusal(&directory.path().join("third"), &objects(&s3, "full")).unwrap();
    assert!(full.contains(&format!("{} has data files and does not say whose", shown("full"))), "{full}");
    let config = run(&["config"], &own).unwrap();
    let config = String::from_utf8_lossy(&config.stdout).into_owned();
    assert!(config.contains("s3://hive/own") && !config.contains("s3cret"), "{config}");
    let doctor = run(&["doctor", "--data", data.to_str().unwrap(), "--server", "http://127.0.0.1:9"], &own).unwrap();
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.contains("s3://hive/own") && doctor.contains("nobody's yet") && !doctor.contains("s3cret"), "{doctor}");
}
