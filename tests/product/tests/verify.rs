//! `glasshive verify` on directories that something has happened to.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_hive_gen::{LiveStream, Profile};
use glasshive_test_product::ask::Window;
use glasshive_test_product::delivery::Doors;
use glasshive_test_product::server::Start;
use glasshive_test_product::{Ask, Delivery, Server, check, directory, glasshive};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

const SPANS_A_SECOND: u32 = 100;
const STREAM_NS: i64 = 300_000_000_000;
/// Flushes are frequent, and the log is freed soon after.
const FLAGS: [&str; 6] = ["--flush-rows", "3000", "--log-segment-bytes", "256KiB", "--log-max-bytes", "1MiB"];

fn start(data: &Path) -> Server {
    Server::start_as(data, &Start { flags: FLAGS.iter().map(Into::into).collect(), ..Start::default() }).unwrap()
}

fn doors(server: &Server) -> Doors {
    Doors { http: server.http.clone(), grpc: server.grpc.clone() }
}

fn verify(data: &Path, flags: &[&str]) -> Output {
    Command::new(glasshive().unwrap()).args(["verify", "--data"]).arg(data).args(flags).output().unwrap()
}

/// What it said as JSON, and its exit status.
fn verify_json(data: &Path, flags: &[&str]) -> (Value, i32) {
    let output = verify(data, &[&["--json"], flags].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}")), output.status.code().unwrap())
}

fn terminate(server: Server) {
    let (status, said) = server.terminate().unwrap();
    assert!(status.success(), "ended with {status}:\n{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_what_a_restored_catalog_does_not_know_is_adopted_and_counted_once() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let end_ns = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap();
    let window = Window::of_run(end_ns);
    let delivery = Delivery::new(LiveStream::new(Profile::Wide, 7, SPANS_A_SECOND, end_ns - STREAM_NS).advance(end_ns));

    // A third, then a backup of the catalog, then the rest, and a kill.
    let server = start(&data);
    let sending = tokio::spawn({
        let (delivery, doors) = (delivery.clone(), doors(&server));
        async move { delivery.send_all(&doors, 4).await }
    });
    delivery.wait_for(delivery.bodies().len() / 3).await.unwrap();
    tokio::task::spawn_blocking(|| terminate(server)).await.unwrap();
    sending.abort();
    let backup = fs::read(data.join("catalog.db")).unwrap();
    let server = start(&data);
    delivery.send_all(&doors(&server), 4).await.unwrap();
    let ask = Ask::new(&server.http);
    check::complete(&delivery, &ask, window).await.unwrap();
    let running = verify(&data, &[]);
    assert_eq!(running.status.code(), Some(3), "a server has the directory");
    assert!(String::from_utf8_lossy(&running.stderr).starts_with("glasshive: stop the server first: "), "{running:?}");
    server.kill().unwrap();

    fs::write(data.join("catalog.db"), backup).unwrap();
    for rest in ["catalog.db-wal", "catalog.db-shm"] {
        drop(fs::remove_file(data.join(rest)));
    }
    let server = start(&data);
    let said = server.said();
    assert!(said.lines().any(|line| line.ends_with(" files are unknown to the catalog; kept in quarantine")), "{said}");
    assert!(said.contains(&format!("run: glasshive verify --data {}", data.display())), "{said}");
    let ready = glasshive_base_http::Client::new()
        .request(http::Method::GET, &format!("{}/readyz", server.http), http::HeaderMap::new(), Vec::new())
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&ready.body).contains("glasshive verify --data"), "{ready:?}");
    check::complete(&delivery, &Ask::new(&server.http), window).await.unwrap_err();
    terminate(server);

    // Looking changes nothing.
    let before = directory::content(&data).unwrap();
    let (report, status) = verify_json(&data, &[]);
    assert_eq!(status, 1, "{report}");
    assert!(before == directory::content(&data).unwrap(), "something in the directory was changed");
    let files = report["unknown_files"].as_array().unwrap();
    let adoptable: u64 = files.iter().map(|file| file["adoptable_rows"].as_u64().unwrap()).sum();
    assert!(adoptable > 0, "{report}");
    let is_told =
        |file: &Value| file["environment"] == "local" && file["days_left"] == 30 && !file["datasets"].as_array().unwrap().is_empty();
    assert!(files.iter().all(is_told), "{report}");
    let words = String::from_utf8(verify(&data, &[]).stdout).unwrap();
    assert!(words.ends_with(&format!("in: glasshive verify --data {} --adopt\n", data.display())), "{words}");

    let (report, status) = verify_json(&data, &["--adopt"]);
    assert_eq!(status, 0, "{report}");
    let adopted: u64 = report["adopted"].as_array().unwrap().iter().map(|file| file["rows"].as_u64().unwrap()).sum();
    assert_eq!(adopted, adoptable);
    assert_eq!(verify(&data, &[]).status.code(), Some(0));
    for _ in 0..2 {
        let server = start(&data);
        assert!(!server.said().contains("unknown to the catalog"), "{}", server.said());
        check::complete(&delivery, &Ask::new(&server.http), window).await.unwrap();
        terminate(server);
    }
}

#[test]
fn what_cannot_be_looked_at_ends_with_3() {
    let parent = tempfile::tempdir().unwrap();
    for flags in [&["--data", "nowhere"][..], &["--date", "x"], &["--data", "nowhere", "--adopt"], &["--data", "nowhere", "--adopt", "x"]] {
        let output = Command::new(glasshive().unwrap()).arg("verify").args(flags).current_dir(parent.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{output:?}");
    }
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "nothing was made");
}
