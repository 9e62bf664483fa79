//! F17: a background task that panics. That of the log or of the catalog takes the process with it, and the next start recovers;
//! any other is started again, until it has failed five times and the server says that it is not ready.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_test_product::ask::Window;
use glasshive_test_product::{Ask, Server};
use serde_json::json;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

const SIGABRT: i32 = 6;

fn fill(data: &Path, task: &str, calls: u32) -> Output {
    Command::new(env!("CARGO_BIN_EXE_panic-store")).arg(data).args([task, &calls.to_string()]).output().unwrap()
}

/// The numbers after a word at the beginning of lines.
fn numbers(output: &Output, word: &str) -> Vec<i64> {
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().filter_map(|line| line.strip_prefix(word)?.trim().parse().ok()).collect()
}

async fn count(data: &Path) -> (i64, String) {
    let server = Server::start(data).unwrap();
    let now_ns = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap();
    let counts = Ask::new(&server.http).count_by(Window::of_run(now_ns), json!([]), "meta.signal_type").await.unwrap();
    (counts.values().sum(), server.said())
}

async fn ends_the_process(task: &str, calls: u32) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let output = fill(&data, task, calls);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.signal(), Some(SIGABRT), "{:?}: {said}", output.status);
    let message = format!("{task} failed 1 times: the disk fell over; ending the process, because its state is unknown");
    assert!(said.contains(&message), "{said}");

    let acknowledged = numbers(&output, "acknowledged ");
    let sent = numbers(&output, "sending ");
    assert!(!acknowledged.is_empty() && acknowledged.len() >= sent.len() - 1, "{} of {}", acknowledged.len(), sent.len());
    let (found, said) = count(&data).await;
    assert!(said.contains(" events from the log in "), "{said}");
    // The request that nobody was told about is there as a whole or not at all.
    let (least, most): (i64, i64) = (acknowledged.iter().sum(), sent.iter().sum());
    assert!(found == least || found == most, "{found} found, {least} acknowledged, {most} sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f17_a_panic_of_the_log_writer_ends_the_process_and_restart_recovers() {
    ends_the_process("log-writer", 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f17_a_panic_of_the_catalog_committer_ends_the_process_and_restart_recovers() {
    ends_the_process("flusher", 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f17_another_task_is_started_again_until_it_has_failed_five_times() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let output = fill(&data, "keeper", 0);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{:?}: {said}", output.status);
    assert!(said.contains("not ready: keeper failed 5 times: the disk fell over\n"), "{said}");
    for times in 1..=5 {
        assert!(said.contains(&format!("keeper failed {times} times: the disk fell over; starting it again")), "{said}");
    }
    let (found, _) = count(&data).await;
    assert_eq!(found, numbers(&output, "acknowledged ").iter().sum::<i64>(), "what was taken meanwhile is there");
}
