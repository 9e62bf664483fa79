//! The failure model, one failure after another: what the store does, and what it says.

use super::files::FirstCommit;
use super::lines;
use super::support::{Op, Running, TestWorld};
use crate::FaultKind;
use crate::catalog::memory::{MemoryCatalog, Outcome};
use glasshive_base::Clock;
use glasshive_model::{EventSink, SinkError};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Time passes until something is so.
async fn wait(world: &TestWorld, running: &Running, step: Duration, mut is_so: impl FnMut(&Running) -> bool) {
    while !is_so(running) {
        world.clock.advance(step);
        tokio::task::yield_now().await;
    }
}

fn refusal(answer: Result<glasshive_model::Appended, SinkError>) -> String {
    match answer {
        Err(SinkError::Stopped { reason }) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

fn told(running: &Running, kind: &str) -> usize {
    let line = format!("glasshive_fault_total{{kind=\"{kind}\"}} ");
    let rendered = running.metrics.render();
    rendered.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn f01_a_killed_process_comes_back_with_everything_and_without_half_written_files() {
    let world = TestWorld::new();
    let first = world.open().await;
    first.append(&lines(10, "a")).await.unwrap();
    first.troubles.refuse(Op::Sync, ".sum", 5, 1);
    first.troubles.refuse(Op::Remove, "events", 5, usize::MAX);
    assert!(first.store.flush().await.is_err());
    let rows = first.rows().await;
    first.kill().await;
    assert_eq!(world.files(".tmp").len(), 2, "the process died while it was writing a file");
    let second = world.open().await;
    assert_eq!(second.messages(), ["recovered 10 events from the log in 0 ms"]);
    assert_eq!((told(&second, "recovered"), world.files(".tmp").len()), (1, 0));
    assert!(second.snapshot().files.is_empty() && !second.report.degraded && second.store.readiness().ready);
    assert_eq!(second.rows().await, rows);
}

#[tokio::test]
async fn f02_a_torn_group_ends_the_log_and_is_told_once() {
    let world = TestWorld::new();
    let first = world.open().await;
    first.append(&lines(3, "kept")).await.unwrap();
    first.append(&lines(400, "torn")).await.unwrap();
    first.kill().await;
    let segment = world.files(".seg").pop().unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    // The second group begins on its own page; its header survives, what follows does not.
    bytes[8_192 + 100..8_192 + 600].fill(0);
    fs::write(&segment, bytes).unwrap();
    let second = world.open().await;
    assert_eq!(second.rows().await.len(), 3);
    let message = &second.messages()[0];
    assert!(
        message.starts_with("log ends in an incomplete group of ") && message.ends_with(" bytes that was never acknowledged; dropped"),
        "{message}"
    );
    assert!(!second.report.degraded);
    second.append(&lines(5, "after")).await.unwrap();
    second.kill().await;
    let third = world.open().await;
    assert_eq!(third.rows().await.len(), 8);
    assert!(third.report.faults.iter().all(|fault| fault.kind == FaultKind::Recovered), "{:?}", third.report.faults);
}

#[tokio::test]
async fn f03_a_full_disk_pauses_ingest_and_deletes_nothing() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(3, "before")).await.unwrap();
    running.troubles.set_full(true);
    assert!(running.store.flush().await.is_err());
    let expected = "disk full: 12.0 KiB left on DATA; ingest paused, nothing deleted. Free space or set retention.max_bytes";
    let Err(SinkError::Stopped { reason }) = running.append(&lines(4, "x")).await else { panic!("the disk is full") };
    assert_eq!(reason, expected);
    assert_eq!(running.messages(), [expected]);
    assert_eq!(running.rows().await.len(), 3);
    assert!(world.files("reserve").is_empty(), "the reserve is given back");
    running.troubles.set_full(false);
    while !running.store.readiness().ready || running.store.stats().live_rows > 0 {
        world.clock.advance(Duration::from_secs(5));
        tokio::task::yield_now().await;
    }
    assert_eq!(world.files("reserve").len(), 1);
    running.append(&lines(4, "after")).await.unwrap();
    assert_eq!(running.rows().await.len(), 7);
}

#[tokio::test]
async fn f03_a_disk_that_is_full_for_the_log_pauses_ingest_until_twice_the_reserve_is_free() {
    let mut world = TestWorld::new();
    world.config.segment_bytes = 16 << 10;
    let running = world.open().await;
    let before = running.append(&lines(3, "before")).await.is_ok();
    running.until(|_| !world.files(".free").is_empty()).await;
    running.troubles.set_full(true);
    let mut stored = usize::from(before);
    let reason = loop {
        match running.append(&lines(30, &format!("r{stored}"))).await {
            Ok(_) => stored += 1,
            refused => break refusal(refused),
        }
    };
    let expected = "disk full: 12.0 KiB left on DATA; ingest paused, nothing deleted. Free space or set retention.max_bytes";
    assert_eq!(reason, expected);
    assert_eq!(refusal(running.append(&lines(3, "another")).await), expected);
    assert_eq!((running.messages(), told(&running, "disk_full")), (vec![expected.to_owned()], 1), "told once, not per request");
    let disk = running.store.readiness().checks.into_iter().find(|check| check.name == "disk").unwrap();
    assert_eq!((disk.ok, disk.reason.as_str()), (false, expected));
    let rows = running.rows().await;
    assert_eq!(rows.len(), 3 + (stored - 1) * 30, "queries go on");
    assert!(world.files("reserve").is_empty(), "the reserve is given back");

    // One byte less than twice the reserve is not enough.
    running.troubles.set_full(false);
    running.troubles.set_free(Some((16 << 10) - 1));
    let asked = running.troubles.free_asked.load(Ordering::SeqCst);
    wait(&world, &running, Duration::from_secs(5), |running| running.troubles.free_asked.load(Ordering::SeqCst) > asked + 1).await;
    assert!(!running.store.readiness().ready && world.files("reserve").is_empty());
    running.troubles.set_free(Some(16 << 10));
    wait(&world, &running, Duration::from_secs(5), |running| running.store.readiness().ready).await;
    assert_eq!(world.files("reserve").len(), 1);
    running.append(&lines(4, "after")).await.unwrap();
    running.kill().await;
    let again = world.open().await;
    assert_eq!(again.rows().await[..rows.len()], rows);
    assert_eq!(again.rows().await.len(), rows.len() + 4);
}

#[tokio::test]
async fn f03_a_full_disk_does_not_keep_a_store_from_shutting_down() {
    let mut world = TestWorld::new();
    world.config.shutdown_flush = Duration::ZERO;
    let running = world.open().await;
    running.append(&lines(3, "before")).await.unwrap();
    running.troubles.set_full(true);
    assert!(running.store.flush().await.is_err());
    running.store.shutdown().await;
    let again = world.open().await;
    assert_eq!((again.rows().await.len(), again.report.recovered_events), (3, 3));
}

#[tokio::test]
async fn f03_a_disk_that_is_full_for_the_catalog_pauses_ingest_too() {
    let world = TestWorld::new();
    let full = Arc::new(world.catalog.with_fate(FirstCommit::going(Outcome::Full)));
    let running = world.open_with(full).await;
    running.append(&lines(3, "before")).await.unwrap();
    running.troubles.set_free(Some(0));
    let error = running.store.flush().await.unwrap_err().to_string();
    assert_eq!(error, "flush failed: disk full while writing the catalog: injected lack of room");
    let expected = "disk full: 0 B left on DATA; ingest paused, nothing deleted. Free space or set retention.max_bytes";
    assert_eq!((running.messages(), refusal(running.append("1 api a=b").await)), (vec![expected.to_owned()], expected.to_owned()));
    running.troubles.set_free(None);
    wait(&world, &running, Duration::from_secs(5), |running| running.store.readiness().ready && running.store.stats().live_rows == 0).await;
    running.append("1 api a=b").await.unwrap();
    assert_eq!(running.rows().await.len(), 4);
}

#[tokio::test]
async fn f04_a_failed_write_of_the_log_is_treated_as_a_failed_sync() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(3, "before")).await.unwrap();
    running.troubles.refuse(Op::Write, "0000000000000001.new", 5, 1);
    running.append(&lines(4, "moved")).await.unwrap();
    let expected = "disk refused a flush (EIO) at segment 0000000000000001.seg; data was moved to a new segment";
    assert_eq!((running.messages(), told(&running, "log_sync")), (vec![expected.to_owned()], 1));
    running.troubles.refuse(Op::Write, "log/", 5, usize::MAX);
    let reason = refusal(running.append(&lines(4, "refused")).await);
    assert!(reason.starts_with("disk refused a flush (EIO) at segment "), "{reason}");
    assert!(reason.ends_with(".seg twice; ingest stopped to protect acknowledged data"), "{reason}");
    assert_eq!(running.rows().await.len(), 7);
    running.kill().await;
    let again = world.open().await;
    assert_eq!((again.rows().await.len(), again.store.readiness().ready), (7, true));
}

#[tokio::test]
async fn f05_a_failed_sync_moves_the_group_and_flushes_what_the_segment_held() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(3, "before")).await.unwrap();
    // Files are known by the names they were made with.
    running.troubles.refuse(Op::Sync, "0000000000000001.new", 5, 1);
    running.append(&lines(4, "moved")).await.unwrap();
    let expected = "disk refused a flush (EIO) at segment 0000000000000001.seg; data was moved to a new segment";
    assert_eq!(running.messages(), [expected]);
    running.until(|store| store.stats().flushed_through >= 1).await;
    assert_eq!(running.rows().await.len(), 7);
    running.kill().await;
    assert_eq!(world.open().await.rows().await.len(), 7);
}

#[tokio::test]
async fn f05_a_second_failure_within_a_minute_stops_ingest_until_a_fresh_file_can_be_synced() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(3, "before")).await.unwrap();
    running.troubles.refuse(Op::Sync, "log/", 5, usize::MAX);
    let Err(SinkError::Stopped { reason }) = running.append(&lines(4, "refused")).await else { panic!("the disk refuses") };
    assert!(reason.starts_with("disk refused a flush (EIO) at segment "), "{reason}");
    assert!(reason.ends_with(".seg twice; ingest stopped to protect acknowledged data"), "{reason}");
    assert!(!running.store.readiness().ready);
    assert!(running.store.admit(1).is_err());
    assert_eq!(running.rows().await.len(), 3, "queries go on");
    running.troubles.relent();
    while !running.store.readiness().ready {
        world.clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    // The refused request is sent again, as its client was told to; it is stored once, before and after a restart.
    running.append(&lines(4, "refused")).await.unwrap();
    assert_eq!(running.rows().await.len(), 7);
    running.kill().await;
    assert_eq!(world.open().await.rows().await.len(), 7);
}

#[tokio::test]
async fn f05_a_failure_a_minute_after_another_is_a_first_one() {
    let world = TestWorld::new();
    let running = world.open().await;
    for round in 0..3 {
        running.append(&lines(3, &format!("before{round}"))).await.unwrap();
        // Nothing but the group's own sync is in the way of the refusal.
        running.until(|_| !world.files(".free").is_empty()).await;
        running.troubles.refuse(Op::Sync, "log/", 5, 1);
        running.append(&lines(4, &format!("moved{round}"))).await.unwrap();
        running.until(|store| store.faults().len() == round + 1).await;
        world.clock.advance(Duration::from_secs(60));
    }
    assert!(running.messages().iter().all(|message| message.ends_with("; data was moved to a new segment")), "{:?}", running.messages());
    assert!(running.store.readiness().ready);
    running.kill().await;
    assert_eq!(world.open().await.rows().await.len(), 21);
}

#[tokio::test]
async fn f06_what_cannot_be_removed_at_once_is_removed_before_long() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(10, "a")).await.unwrap();
    running.troubles.refuse(Op::Sync, ".sum", 5, 1);
    running.troubles.refuse(Op::Remove, ".tmp", 5, 3);
    assert!(running.store.flush().await.is_err());
    wait(&world, &running, Duration::from_secs(1), |running| running.store.stats().flushed_through > 0).await;
    // No other flush comes; the names are seen to all the same.
    wait(&world, &running, Duration::from_secs(1), |_| world.files(".tmp").is_empty()).await;
    assert_eq!((running.rows().await.len(), world.files(".parquet").len(), world.files(".sum").len()), (10, 1, 1));
}

/// A log of three requests, of 3, 4 and 5 events, the second of which has been tampered with.
async fn with_second_record(second: &str, tamper: impl FnOnce(&mut [u8])) -> (TestWorld, String) {
    let world = TestWorld::new();
    let first = world.open().await;
    first.append(&lines(3, "one")).await.unwrap();
    first.append(second).await.unwrap();
    first.append(&lines(5, "three")).await.unwrap();
    first.kill().await;
    let segment = world.files(".seg").pop().unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    tamper(&mut bytes[8_192..12_288]);
    fs::write(&segment, bytes).unwrap();
    (world, segment.file_name().unwrap().to_str().unwrap().to_owned())
}

/// Where the names of the datasets begin in the group of the record: behind the headers of both, the fixed part of the meta, and
/// the tag, length and checksum of the names.
const NAMES: usize = 44 + 34 + 29 + 9;

#[tokio::test]
async fn f10_damage_below_the_end_is_named_quarantined_and_skipped() {
    let both = "1 web a=b\n2 api a=b\n3 web a=c\n4 api a=d";
    for (second, place, datasets) in [
        (lines(4, "two"), NAMES - 20, "api"),
        (lines(4, "two"), NAMES + 40, "api"),
        (lines(4, "two"), NAMES + 3, "unknown datasets"),
        (both.to_owned(), NAMES + 30, "api, web"),
    ] {
        let (world, segment) = with_second_record(&second, |group| group[place] ^= 4).await;
        for _ in 0..2 {
            let running = world.open().await;
            assert_eq!(running.rows().await.len(), 8);
            assert!(running.report.degraded && running.store.readiness().ready);
            let expected = format!("log record 2 in {segment} is damaged (4 events of {datasets} lost); 1 later records recovered");
            assert_eq!(running.messages()[0], expected);
            assert_eq!((told(&running, "log_damage"), world.files(".bin").len()), (1, 1));
            running.kill().await;
        }
    }
}

#[tokio::test]
async fn f10_what_nothing_proves_is_called_unknown() {
    let (world, segment) = with_second_record(&lines(4, "two"), |group| group.fill(0)).await;
    let running = world.open().await;
    let expected =
        format!("log record 2 in {segment} is damaged (an unknown number of events of unknown datasets lost); 1 later records recovered");
    assert_eq!((running.messages()[0].as_str(), running.rows().await.len()), (expected.as_str(), 8));
    running.store.flush().await.unwrap();
    running.append(&lines(2, "after")).await.unwrap();
    running.kill().await;
    let again = world.open().await;
    assert_eq!((again.messages(), again.rows().await.len()), (vec!["recovered 2 events from the log in 0 ms".to_owned()], 10));
}

/// A catalog as it was, put back.
pub(super) fn backup(world: &TestWorld) -> Arc<MemoryCatalog> {
    Arc::new(MemoryCatalog::holding(world.catalog.state(), Vec::new()).with_settings(world.catalog.settings()))
}

pub(super) fn quarantined(world: &TestWorld) -> Vec<String> {
    let found = fs::read_dir(world.directory.path().join("quarantine/orphans"));
    let mut names: Vec<_> = found.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn f13_files_newer_than_a_restored_catalog_are_kept_unless_the_log_has_all_their_rows() {
    let mut world = TestWorld::new();
    world.config.segment_bytes = 16 << 10;
    let first = world.open().await;
    first.append(&lines(10, "a")).await.unwrap();
    first.store.flush().await.unwrap();
    let old = backup(&world);
    for index in 0..20 {
        first.append(&lines(30, &format!("b{index}"))).await.unwrap();
    }
    first.store.flush().await.unwrap();
    world.clock.advance(Duration::from_secs(601));
    wait(&world, &first, Duration::from_secs(1), |first| first.store.stats().log_segments == 1).await;
    let recent = backup(&world);
    first.append(&lines(5, "c")).await.unwrap();
    first.store.flush().await.unwrap();
    first.append(&lines(6, "d")).await.unwrap();
    first.kill().await;

    // The log still has all rows of the last file: it is replaced, and removed once it is.
    let second = world.open_with(recent.clone()).await;
    assert_eq!(second.messages(), ["recovered 11 events from the log in 0 ms"]);
    second.store.flush().await.unwrap();
    // Replaced files are removed after the flush was told.
    second.until(|_| world.files(".parquet").len() == 3).await;
    assert_eq!(second.rows().await.len(), 10 + 600 + 11);
    second.kill().await;
    let kept = world.files(".parquet");

    // Under the older one the log lacks rows of the second file: it stays, out of the way.
    let third = world.open_with(old).await;
    let message = third.messages().into_iter().find(|message| message.contains("unknown to the catalog")).unwrap();
    assert_eq!((message.as_str(), told(&third, "unknown_files")), ("1 files are unknown to the catalog; kept in quarantine", 1));
    third.store.flush().await.unwrap();
    third.store.shutdown().await;
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let names = quarantined(&world);
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("2026-03-01-") && kept.iter().any(|path| name.contains(&stem(path)))), "{names:?}");
    // What the older catalog knows, and what the log still has.
    assert_eq!(third.rows().await.len(), 10 + 11);
}

#[tokio::test]
async fn f13_what_is_in_quarantine_goes_after_thirty_days() {
    let world = TestWorld::new();
    let strange = world.directory.path().join("events/local/spans/strange.parquet");
    fs::create_dir_all(strange.parent().unwrap()).unwrap();
    fs::write(&strange, b"what is this").unwrap();
    let running = world.open().await;
    assert_eq!(running.messages(), ["1 files are unknown to the catalog; kept in quarantine"]);
    assert_eq!(quarantined(&world), ["2026-03-01-strange.local.spans.parquet"]);
    fs::write(world.directory.path().join("quarantine/orphans/put-here.parquet"), b"by hand").unwrap();
    let mut days = 0;
    while quarantined(&world).len() == 2 {
        world.clock.advance(Duration::from_secs(3_600));
        days = world.clock.monotonic().as_secs() / 86_400;
        tokio::task::yield_now().await;
    }
    assert!(days > 30, "after {days} days");
    assert_eq!(quarantined(&world), ["put-here.parquet"]);
}

#[tokio::test]
async fn f17_a_keeper_that_panics_is_started_again_and_five_times_are_told() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.troubles.panic_in(Some("keeper"));
    running.append(&lines(3, "a")).await.unwrap();
    wait(&world, &running, Duration::from_secs(1), |running| !running.spawner.failing().is_empty()).await;
    assert_eq!(running.spawner.failing()[0].to_string(), "keeper failed 5 times: a defect");
    running.troubles.panic_in(None);
    running.append(&lines(3, "b")).await.unwrap();
    wait(&world, &running, Duration::from_secs(30), |_| !world.files(".free").is_empty()).await;
    wait(&world, &running, Duration::from_secs(30), |running| running.spawner.failing().is_empty()).await;
    assert_eq!((running.rows().await.len(), running.aborts.load(Ordering::SeqCst)), (6, 0));
    running.store.shutdown().await;
}

#[tokio::test]
async fn f17_a_panic_of_the_log_writer_or_the_catalog_committer_ends_the_process() {
    for task in ["log-writer", "flusher"] {
        let world = TestWorld::new();
        let running = world.open().await;
        running.append(&lines(3, "before")).await.unwrap();
        running.troubles.panic_in(Some(task));
        if task == "log-writer" {
            // Nobody is told that it was stored; perhaps it was.
            assert!(running.append(&lines(4, "unanswered")).await.is_err());
        } else {
            running.append(&lines(4, "after")).await.unwrap();
            drop(futures_util::poll!(std::pin::pin!(running.store.flush())));
        }
        running.until(|_| running.aborts.load(Ordering::SeqCst) == 1).await;
        assert!(running.spawner.failing().is_empty(), "{task} is not started again");
        running.kill().await;
        let again = world.open().await;
        assert_eq!((again.rows().await.len() % 4, again.store.readiness().ready), (3, true), "{task}");
    }
}
