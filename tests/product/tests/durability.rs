//! What the kernel was asked to do, and in which order: every file and directory is synced before anything relies on it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it saw")]

use anyhow::{Context, Result, ensure};
use glasshive_hive_gen::{LiveStream, Profile};
use glasshive_test_product::delivery::Doors;
use glasshive_test_product::server::Start;
use glasshive_test_product::strace::{self, Event, Unsynced};
use glasshive_test_product::{Delivery, Server, Trace};
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Events of ten minutes: a flush then writes a handful of files and not one for each hour of a day.
const SPANS_A_SECOND: u32 = 35;
const STREAM_NS: i64 = 600_000_000_000;
/// Small, so that one run flushes, commits and frees the log many times.
const FLAGS: [&str; 6] = ["--flush-rows", "4000", "--log-segment-bytes", "128KiB", "--log-max-bytes", "1MiB"];

/// SQLite's shared memory and journals of a clean shutdown hold nothing that must survive.
fn must_survive(path: &Path) -> bool {
    let name = path.to_string_lossy();
    !(name.ends_with("-shm") || name.ends_with("-wal") || name.ends_with("-journal") || name == "LOCK" || name.starts_with("tmp"))
}

fn is_data(path: &Path) -> bool {
    path.starts_with("events")
}

fn is_log(path: &Path) -> bool {
    path.starts_with("log")
}

fn is_catalog(path: &Path) -> bool {
    path.to_string_lossy().starts_with("catalog.db") && !path.to_string_lossy().ends_with("-shm")
}

/// Whether to go on; outside the gate, which names its binary, strace may be missing, and the test says so instead.
fn may_trace() -> bool {
    let may = strace::is_possible();
    let is_gate = std::env::var_os("GLASSHIVE_BIN").is_some();
    assert!(may || !is_gate, "strace must be there (Debian package strace), and may trace its own children");
    if !may {
        println!("skipped: no strace on this machine, or it may not trace");
    }
    may
}

#[test]
fn the_log_is_freed_only_when_everything_in_it_is_synced_elsewhere() {
    if may_trace() {
        let frees = trace_store(&[]).and_then(|trace| check_all(&trace)).unwrap();
        assert!(frees >= 5, "the log was freed only {frees} times");
    }
}

#[test]
fn a_store_that_skips_a_sync_or_frees_early_is_found_out() {
    if may_trace() {
        for bug in ["FileNotSynced", "FileDirectoryNotSynced", "LogDirectoryNotSynced", "LogFreedEarly"] {
            let found = check_all(&trace_store(&[bug]).unwrap());
            let words = found.expect_err(bug).to_string();
            println!("{bug}: {words}");
        }
    }
}

/// Traces one run of `fill-store`.
fn trace_store(arguments: &[&str]) -> Result<Trace> {
    let directory = tempfile::tempdir()?;
    let (data, output) = (directory.path().join("data"), directory.path().join("strace"));
    std::fs::create_dir(&data)?;
    let wrapper = strace::wrapper(&output);
    let mut command = Command::new(&wrapper[0]);
    let status = command.args(&wrapper[1..]).arg(env!("CARGO_BIN_EXE_fill-store")).arg(&data).args(arguments).status()?;
    ensure!(status.success(), "fill-store ended with {status}");
    Trace::read(&output, &data)
}

fn check_all(trace: &Trace) -> Result<u32> {
    check_log(trace)?;
    check_commits(trace)?;
    check_frees(trace)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_and_directories_are_synced_before_anything_relies_on_them() {
    if !may_trace() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let output = directory.path().join("strace");
    run(&data, &output).await.unwrap();
    let trace = Trace::read(&output, &data).unwrap();
    check_log(&trace).unwrap();
    check_commits(&trace).unwrap();
    let frees = check_frees(&trace).unwrap();
    println!("{} events, the log was freed {frees} times", trace.events.len());
    assert!(frees >= 3, "the log was freed only {frees} times");
    let left = trace.unsynced(trace.events.len(), must_survive);
    assert!(left.is_empty(), "never synced: {left:?}");
}

/// One run: everything is taken, most of it is flushed meanwhile, and SIGTERM flushes the rest.
async fn run(data: &Path, output: &Path) -> Result<()> {
    std::fs::create_dir(data)?;
    let server = Server::start_as(data, &Start { wrapper: strace::wrapper(output), flags: FLAGS.iter().map(Into::into).collect() })?;
    let end_ns = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?;
    let mut stream = LiveStream::new(Profile::Wide, 7, SPANS_A_SECOND, end_ns - STREAM_NS);
    let delivery = Delivery::new(stream.advance(end_ns));
    delivery.send_all(&Doors { http: server.http.clone(), grpc: server.grpc.clone() }, 4).await?;
    let traced = child_of(server.id())?;
    let (status, said) = server.terminate_process(traced)?;
    ensure!(status.success(), "the server ended with {status}:\n{said}");
    Ok(())
}

fn child_of(process: u32) -> Result<u32> {
    let listed = Command::new("ps").args(["--no-headers", "-o", "pid", "--ppid", &process.to_string()]).output().context("run ps")?;
    String::from_utf8_lossy(&listed.stdout).split_whitespace().next().context("strace has no child")?.parse().context("ps prints numbers")
}

/// When a group of the log is synced - which is when requests are answered - the segment has its name for good.
fn check_log(trace: &Trace) -> Result<()> {
    let mut syncs = 0;
    for (at, event) in trace.events.iter().enumerate() {
        let Event::Synced(path, _) = event else { continue };
        let is_segment = is_log(path) && path != Path::new("log");
        let has_content = trace.events[..at].iter().any(|event| matches!(event, Event::Written(written) if written == path));
        if is_segment && has_content {
            let unsynced = trace.unsynced(at + 1, |other| other == path || path.starts_with(other));
            let names: Vec<_> = unsynced.iter().filter(|unsynced| matches!(unsynced, Unsynced::Name(_))).collect();
            ensure!(names.is_empty() || !is_last_chance(trace, at), "{} was synced under a name that is not: {names:?}", path.display());
            syncs += 1;
        }
    }
    ensure!(syncs > 0, "the log was never synced");
    Ok(())
}

/// Whether the segment is written to again after event `at` without its directory being synced in between: preparing a segment
/// (write zeros, sync it, sync the directory) comes before its first group.
fn is_last_chance(trace: &Trace, at: usize) -> bool {
    let later = &trace.events[at + 1..];
    let next_write = later.iter().position(|event| matches!(event, Event::Written(path) if is_log(path)));
    let next_directory_sync = later.iter().position(|event| matches!(event, Event::Synced(path, _) if path == Path::new("log")));
    match (next_write, next_directory_sync) {
        (_, None) => true,
        (Some(write), Some(sync)) => write < sync,
        (None, Some(_)) => false,
    }
}

/// When the catalog is told of data files, they are synced, and so are their directories.
fn check_commits(trace: &Trace) -> Result<()> {
    let first = trace.events.iter().position(|event| matches!(event, Event::Created(path) | Event::Renamed(_, path) if is_data(path)));
    let first = first.context("no data file was written: shutdown did not flush")?;
    let mut commits = 0;
    for (at, event) in trace.events.iter().enumerate().skip(first) {
        if matches!(event, Event::Written(path) if is_catalog(path)) {
            let unsynced = trace.unsynced(at, is_data);
            ensure!(unsynced.is_empty(), "the catalog was written while {unsynced:?} could be lost");
            commits += 1;
        }
    }
    ensure!(commits > 0, "data files were written and never committed");
    Ok(())
}

/// When a segment of the log is freed - removed, or renamed for another use - what was written to it last has been written to a data
/// file since, and the catalog was synced after that, while no data file could be lost. A spare segment that is taken into use holds
/// nothing, and neither does one that was left at once for a larger one. Returns how often a segment that held something was freed.
fn check_frees(trace: &Trace) -> Result<u32> {
    let mut frees = 0;
    for (at, event) in trace.events.iter().enumerate() {
        let (Event::Removed(path) | Event::Renamed(path, _)) = event else { continue };
        if is_log(path) && path.extension().is_some_and(|extension| extension == "seg") {
            let Some(written) = last_write(trace, path, at) else { continue };
            let commit = commit_since(trace, written, at).with_context(|| {
                let since: Vec<String> = trace.events[written..=at].iter().map(|event| format!("{event:?}")).collect();
                format!("{} was freed before its rows were in committed files:\n{}", path.display(), since.join("\n"))
            })?;
            let unsynced = trace.unsynced(commit + 1, |path| is_data(path) || is_catalog(path));
            ensure!(unsynced.is_empty(), "the log was freed ({event:?}) while {unsynced:?} could be lost");
            frees += 1;
        }
    }
    Ok(frees)
}

/// The last write to `segment` before event `at`. It is made ready under another name.
fn last_write(trace: &Trace, segment: &Path, at: usize) -> Option<usize> {
    trace.events[..at].iter().rposition(|event| matches!(event, Event::Written(path) if path == segment))
}

/// The last sync of the catalog before event `at` that began after a data file was made after event `written`.
fn commit_since(trace: &Trace, written: usize, at: usize) -> Option<usize> {
    let is_file = |event: &Event| matches!(event, Event::Created(path) | Event::Renamed(_, path) if is_data(path));
    let made = written + trace.events[written..at].iter().position(is_file)?;
    trace.events[..at].iter().rposition(|event| matches!(event, Event::Synced(path, began) if is_catalog(path) && *began > made))
}
