//! Starting and stopping: orderly ends, a second process, a directory of a newer version.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_hive_gen::{Generator, Profile};
use glasshive_test_product::ask::Window;
use glasshive_test_product::delivery::Doors;
use glasshive_test_product::{Ask, Delivery, Server, check, directory, glasshive};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

/// A fixed end of the data's day: nothing here depends on the present.
const END_NS: i64 = 1_795_000_000_000_000_000;

fn delivery(spans: u64) -> Arc<Delivery> {
    Delivery::new(Generator::new(Profile::Wide, 11, spans, END_NS).collect())
}

fn doors(server: &Server) -> Doors {
    Doors { http: server.http.clone(), grpc: server.grpc.clone() }
}

fn serve(data: &Path) -> Output {
    let arguments = ["serve", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data"];
    Command::new(glasshive().unwrap()).args(arguments).arg(data).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_drains_and_ends_with_0() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).unwrap();
    let delivery = delivery(60_000);
    let sending = tokio::spawn({
        let (delivery, doors) = (delivery.clone(), doors(&server));
        async move { delivery.send_all(&doors, 4).await }
    });
    delivery.wait_for(20).await.unwrap();
    let (status, said) = tokio::task::spawn_blocking(|| server.terminate()).await.unwrap().unwrap();
    assert!(status.success(), "ended with {status}:\n{said}");
    sending.abort();
    let server = Server::start(data.path()).unwrap();
    check::nothing_lost(&delivery, &Ask::new(&server.http), Window::of_run(END_NS)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_there_after_a_restart_and_again_after_another() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).unwrap();
    let delivery = delivery(5_000);
    delivery.send_all(&doors(&server), 3).await.unwrap();
    check::complete(&delivery, &Ask::new(&server.http), Window::of_run(END_NS)).await.unwrap();
    let (status, said) = server.terminate().unwrap();
    assert!(status.success(), "{said}");
    for _ in 0..2 {
        let server = Server::start(data.path()).unwrap();
        check::complete(&delivery, &Ask::new(&server.http), Window::of_run(END_NS)).await.unwrap();
        let (status, said) = server.terminate().unwrap();
        assert!(status.success(), "{said}");
    }
}

#[test]
fn f18_a_second_process_is_refused_with_75_before_it_touches_anything() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).unwrap();
    // The first process reads its catalog when it likes, and SQLite notes readers in this file, which is memory of the processes that
    // have the catalog open and no part of what is kept.
    let kept = || {
        let mut content = directory::content(data.path()).unwrap();
        content.remove(Path::new("catalog.db-shm")).unwrap();
        content
    };
    let before = kept();
    let output = serve(data.path());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(75), "{said}");
    let lock = std::fs::read_to_string(data.path().join("LOCK")).unwrap();
    let since = lock.lines().find_map(|line| line.strip_prefix("start ")).unwrap();
    let [cause, advice] = [1, 0].map(|from_last| said.lines().rev().nth(from_last).unwrap());
    assert!(cause.ends_with(&format!("{} is in use by process {} since {since}", data.path().display(), server.id())), "{said}");
    assert!(advice.ends_with("stop that process, or give this one a directory of its own with --data"), "{said}");
    assert!(output.stdout.is_empty(), "it listened: {}", String::from_utf8_lossy(&output.stdout));
    let after = kept();
    let changed: Vec<&PathBuf> = before.keys().chain(after.keys()).filter(|file| before.get(*file) != after.get(*file)).collect();
    assert!(changed.is_empty(), "changed in the directory: {changed:?}");
    let (status, _) = server.terminate().unwrap();
    assert!(status.success());
}

#[test]
fn f20_a_directory_of_a_newer_version_is_refused_and_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let (status, said) = Server::start(data.path()).unwrap().terminate().unwrap();
    assert!(status.success(), "{said}");
    let format = data.path().join("FORMAT");
    let text = std::fs::read_to_string(&format).unwrap();
    let newer: Vec<String> = text.lines().map(newer_line).collect();
    let own = Command::new(glasshive().unwrap()).arg("--version").output().unwrap();
    let own = String::from_utf8_lossy(&own.stdout).trim().to_owned();
    let backup = |lines: &str| match lines {
        "" => format!("a backup made with {own}"),
        _ => "/backups/of-yesterday".to_owned(),
    };
    for more in ["", "backup /backups/of-yesterday\n"] {
        std::fs::write(&format, newer.join("\n") + "\n" + more).unwrap();
        let before = directory::content(data.path()).unwrap();
        let output = serve(data.path());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        let (directory, backup) = (data.path().display(), backup(more));
        let message = format!("{directory} was written by glasshive 99.0.0; this is {own}. Use glasshive 99.0.0 or restore {backup}\n");
        assert!(said.ends_with(&message), "{said}");
        assert!(before == directory::content(data.path()).unwrap(), "something in the directory was changed");
    }
}

/// A line of `FORMAT` as a much newer version would write it.
fn newer_line(line: &str) -> String {
    match line.split_once(' ') {
        Some(("format", number)) => format!("format {}", number.parse::<u32>().unwrap() + 1),
        Some(("version", _)) => "version 99.0.0".to_owned(),
        _ => line.to_owned(),
    }
}
