//! Rows that go: for their age, for their size, or because somebody asked.

use super::lines;
use super::support::{Running, START_NS, TestWorld};
use crate::catalog::memory::{CatalogCall, Fate, MemoryCatalog, Outcome};
use crate::verify::{Depth, verify};
use crate::{DeleteError, FaultKind, Retention, RetentionRule, RowFilter};
use glasshive_base::BoxFuture;
use glasshive_model::shown::ShownRow;
use glasshive_model::{EnvironmentId, Value};
use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

fn world_that_keeps(keep: Duration, rules: Vec<RetentionRule>) -> TestWorld {
    let mut world = TestWorld::new();
    world.config.merge.enabled = false;
    world.config.retention = Retention { keep: Some(keep), rules, ..Retention::default() };
    world
}

async fn flush(running: &Running, body: &str) {
    running.append(body).await.unwrap();
    running.store.flush().await.unwrap();
}

/// Lets hours pass, in steps that are no jumps, and everything be done that is due after each.
async fn pass(world: &TestWorld, running: &Running, hours: u32) {
    for _ in 0..hours {
        world.clock.advance(HOUR);
        running.rested().await;
    }
}

async fn datasets(running: &Running) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for row in running.rows().await {
        found.push(row.get("meta.dataset").unwrap().to_string());
    }
    found.sort();
    found.dedup();
    found
}

#[tokio::test]
async fn dm83_rows_go_by_the_time_at_which_they_were_received() {
    let world = world_that_keeps(2 * DAY, Vec::new());
    let running = world.open().await;
    flush(&running, &format!("{} old a=1", -60 * 24 * 365 * 9)).await;
    flush(&running, &format!("{} future a=1", 60 * 24 * 300)).await;
    pass(&world, &running, 30).await;
    flush(&running, "5 new a=1").await;
    pass(&world, &running, 17).await;
    assert_eq!(datasets(&running).await, ["future", "new", "old"]);
    pass(&world, &running, 3).await;
    assert_eq!(datasets(&running).await, ["new"]);
    while world.files(".parquet").len() > 1 {
        pass(&world, &running, 1).await;
    }
    assert_eq!(datasets(&running).await, ["new"]);
    running.store.shutdown().await;
    assert_eq!(datasets(&world.open().await).await, ["new"]);
}

#[tokio::test]
async fn dm83_a_dataset_with_a_rule_of_its_own_leaves_the_files_it_shares() {
    let rule = RetentionRule { environment: Some("local".to_owned()), class: None, dataset: Some("noisy".to_owned()), keep: 5 * HOUR };
    let world = world_that_keeps(2 * DAY, vec![rule]);
    let running = world.open().await;
    flush(&running, "1 noisy a=1\n2 api b=2\n3 noisy c=3").await;
    let kept: Vec<_> = running.rows().await.into_iter().filter(|row| row.get("meta.dataset").unwrap().to_string() == "api").collect();
    pass(&world, &running, 5).await;
    assert_eq!(running.store.stats().file_rows, 3);
    pass(&world, &running, 1).await;
    assert_eq!(running.rows().await, kept);
}

#[tokio::test]
async fn dm83_nothing_goes_unless_somebody_asked_for_it() {
    let mut world = TestWorld::new();
    world.config.retention = Retention::default();
    let running = world.open().await;
    flush(&running, &lines(10, "a")).await;
    running.store.shutdown().await;
    world.clock.advance(4_000 * DAY);
    let running = world.open().await;
    running.store.confirm_clock();
    pass(&world, &running, 5).await;
    assert_eq!((running.rows().await.len(), running.store.stats().files, running.messages()), (10, 1, Vec::new()));
}

/// Counts what is changed in the catalog.
struct Changes(AtomicUsize);

impl Fate for Changes {
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome> {
        self.0.fetch_add(usize::from(call != CatalogCall::Read), Ordering::SeqCst);
        Box::pin(ready(Outcome::Done))
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

#[tokio::test]
async fn what_finds_nothing_to_do_writes_nothing() {
    let world = world_that_keeps(2 * DAY, Vec::new());
    let changes = Arc::new(Changes(AtomicUsize::new(0)));
    let running = world.open_with(Arc::new(world.catalog.with_fate(changes.clone()))).await;
    flush(&running, &lines(10, "a")).await;
    let before = changes.0.load(Ordering::SeqCst);
    let mut counts = Vec::new();
    for _ in 0..7 {
        // The second time everything is looked through that is due by now.
        running.store.merge_all().await.unwrap();
        running.store.merge_all().await.unwrap();
        counts.push(changes.0.load(Ordering::SeqCst) - before);
        world.clock.advance(world.config.retention.every);
    }
    // Only how late it is, once an hour.
    assert_eq!(counts, [0, 0, 0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn f14_a_clock_that_jumps_deletes_nothing_for_an_hour() {
    let world = world_that_keeps(2 * DAY, Vec::new());
    let running = world.open().await;
    flush(&running, &lines(10, "a")).await;
    pass(&world, &running, 1).await;
    running.store.shutdown().await;
    // The machine is off for three days.
    world.clock.advance(3 * DAY);
    let running = world.open().await;
    running.until(|store| store.faults().len() == 1).await;
    assert_eq!(
        (running.messages(), running.store.faults()[0].kind),
        (vec!["clock moved by 72 h; retention is paused".to_owned()], FaultKind::Clock)
    );
    running.rested().await;
    assert_eq!(running.rows().await.len(), 10);
    pass(&world, &running, 1).await;
    assert_eq!(running.store.stats().files, 0);
}

#[tokio::test]
async fn f14_somebody_may_say_that_the_clock_is_right() {
    let world = world_that_keeps(2 * DAY, Vec::new());
    let running = world.open().await;
    flush(&running, &lines(10, "a")).await;
    running.store.shutdown().await;
    world.clock.advance(300 * DAY);
    let running = world.open().await;
    pass(&world, &running, 5).await;
    assert_eq!(running.rows().await.len(), 10);
    running.store.confirm_clock();
    pass(&world, &running, 1).await;
    assert_eq!(running.store.stats().files, 0);
}

#[tokio::test]
async fn f14_a_clock_that_is_far_behind_at_a_start_makes_no_row_look_old() {
    let world = world_that_keeps(2 * DAY, Vec::new());
    let running = world.open().await;
    flush(&running, "1 api old=1").await;
    pass(&world, &running, 1).await;
    running.store.shutdown().await;
    world.clock.advance(HOUR);
    world.clock.set_wrong_by(-START_NS);
    let running = world.open().await;
    for body in ["2 api a=1", "3 api a=2"] {
        flush(&running, body).await;
    }
    let is_of_1970 = |row: &ShownRow| matches!(row.get("meta.ingest_time"), Some(Value::Int(time_ns)) if *time_ns < START_NS);
    assert_eq!(running.rows().await.iter().filter(|row| is_of_1970(row)).count(), 2, "a row says what the clock said");
    running.store.merge_all().await.unwrap();
    assert_eq!(running.store.stats().files, 1);
    world.clock.set_wrong_by(0);
    pass(&world, &running, 46).await;
    assert_eq!((running.rows().await.len(), running.messages()), (3, Vec::new()));
    running.store.shutdown().await;
    let world_of_verify = world.world(world.catalog.clone(), Arc::default());
    let found = verify(&world_of_verify, &world.config, Depth { rows: true }, &[]).await.unwrap().findings;
    assert_eq!(found, []);
    let running = world.open().await;
    pass(&world, &running, 3).await;
    assert_eq!(running.store.stats().files, 0, "as old as they are");
}

#[tokio::test]
async fn f14_rows_of_a_clock_that_was_never_right_are_as_old_as_they_are_once_it_is() {
    let world = world_that_keeps(2 * DAY, Vec::new());
    world.clock.set_wrong_by(-START_NS);
    let running = world.open().await;
    flush(&running, "1 api a=1").await;
    pass(&world, &running, 1).await;
    world.clock.set_wrong_by(0);
    pass(&world, &running, 1).await;
    let hours = START_NS / 3_600_000_000_000;
    assert_eq!(running.messages(), [format!("clock moved by {hours} h; retention is paused")]);
    running.store.confirm_clock();
    pass(&world, &running, 1).await;
    assert_eq!(running.rows().await.len(), 1, "they came three hours ago");
    running.store.shutdown().await;
    let running = world.open().await;
    pass(&world, &running, 44).await;
    assert_eq!(running.rows().await.len(), 1);
    pass(&world, &running, 3).await;
    assert_eq!(running.store.stats().files, 0);
}

#[tokio::test]
async fn f14_a_clock_that_was_ahead_and_is_set_back_is_told_of_and_what_it_left_ends_once_somebody_says_that_it_is_right() {
    let world = world_that_keeps(2 * DAY, Vec::new());
    let running = world.open().await;
    flush(&running, "1 api a=1").await;
    // Never believed, but rows say it; then believed after an hour.
    for (body, days) in [("2 api a=2", 400), ("3 api a=3", 20)] {
        world.clock.set_wrong_by(days * DAY.as_nanos() as i64);
        flush(&running, body).await;
        pass(&world, &running, 2).await;
    }
    world.clock.set_wrong_by(0);
    pass(&world, &running, 2).await;
    let told = |running: &Running| running.messages().into_iter().filter(|message| message.contains("in the future")).collect::<Vec<_>>();
    flush(&running, "4 api a=4").await;
    pass(&world, &running, 100).await;
    let expected = "3 files count as received in the future, up to 2027-04-05T00:00:00Z, and are kept so much longer. If the clock is \
                    right now, run: glasshive confirm-clock";
    assert_eq!(told(&running), [expected]);
    assert_eq!(running.rows().await.len(), 4, "what comes later counts as received when it was believed to be");
    running.store.confirm_clock();
    pass(&world, &running, 1).await;
    running.store.shutdown().await;
    let running = world.open().await;
    flush(&running, "5 api a=5").await;
    pass(&world, &running, 46).await;
    assert_eq!(running.rows().await.len(), 5, "they came before somebody said so, and nobody knows when");
    pass(&world, &running, 4).await;
    assert_eq!((running.rows().await.len(), told(&running)), (0, Vec::new()));
}

#[tokio::test]
async fn f14_a_clock_that_was_wrong_from_the_start_on_removes_nothing_from_quarantine() {
    let world = TestWorld::new();
    world.open().await.store.shutdown().await;
    let kept = world.directory.path().join("quarantine/orphans/2026-03-01-unknown.parquet");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::write(&kept, "rows").unwrap();
    let undated = kept.with_file_name("1970-01-01-unknown.parquet");
    std::fs::write(&undated, "rows").unwrap();
    world.clock.set_wrong_by(10 * 365 * DAY.as_nanos() as i64);
    let running = world.open().await;
    let pass_hours = async |hours: u32| {
        for _ in 0..hours {
            pass(&world, &running, 1).await;
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        }
    };
    pass_hours(48).await;
    assert!(kept.exists());
    running.store.confirm_clock();
    while kept.exists() {
        pass_hours(1).await;
    }
    assert!(undated.exists(), "of a clock that was not set");
}

#[tokio::test]
async fn st42_beyond_max_bytes_the_oldest_partition_of_the_largest_environment_goes() {
    let mut world = world_that_keeps(2 * DAY, Vec::new());
    world.config.retention.max_bytes = Some(20_000);
    let running = world.open().await;
    flush(&running, "600 api a=1").await;
    let one = running.store.stats().file_bytes;
    world.config.retention.max_bytes = Some(one * 5 / 2);
    running.store.shutdown().await;
    let running = world.open().await;
    flush(&running, "0 api a=2").await;
    flush(&running, "60 api a=3").await;
    pass(&world, &running, 1).await;
    let times: Vec<_> = running.snapshot().files.iter().map(|file| file.row.sequence_first).collect();
    assert_eq!(times, [2, 3], "the one that came first is gone, whatever time it is of");
    let told = &running.messages()[0];
    assert!(
        told.starts_with("more than retention.max_bytes (") && told.contains("deleted 1 events of local from 2026-03-01T10:00:00Z on"),
        "{told}"
    );
}

fn filter(key: &str, value: &str) -> RowFilter {
    RowFilter { equals: BTreeMap::from([(key.to_owned(), value.to_owned())]), ..RowFilter::default() }
}

#[tokio::test]
async fn s20_rows_are_deleted_from_files_and_from_what_is_live() {
    let world = world_that_keeps(60 * DAY, Vec::new());
    let running = world.open().await;
    flush(&running, "1 api user.id=i:7 a=1\n2 api user.id=i:8\n3 web user.id=7\n4 web user.id=77").await;
    flush(&running, "70 api other=1").await;
    running.append("2 api user.id=7 b=1\n3 api c=3").await.unwrap();
    let untouched = running.snapshot().files[1].row.id.clone();
    let stays = |row: &glasshive_model::shown::ShownRow| row.get("user.id").is_none_or(|id| id.to_string() != "7");
    let expected: Vec<_> = running.rows().await.into_iter().filter(stays).collect();
    let done = running.store.delete_rows(EnvironmentId::LOCAL, filter("user.id", "7"), "a test").await.unwrap();
    assert_eq!(running.rows().await, expected);
    let finished = done.finished.unwrap();
    assert_eq!((done.id, done.through, finished.rows, finished.files), (1, 3, 3, 2));
    assert_eq!((done.asked_by.as_str(), done.filter.as_str()), ("a test", "{\"equals\":{\"user.id\":\"7\"}}"));
    assert!(running.snapshot().files.iter().any(|file| file.row.id == untouched));
    running.append("9 api user.id=7 d=1").await.unwrap();
    assert_eq!(running.rows().await.len(), expected.len() + 1, "what comes later is not meant");
    let nothing = running.store.delete_rows(EnvironmentId::LOCAL, filter("user.id", "none"), "a test").await.unwrap();
    assert_eq!(nothing.finished.map(|finished| (finished.rows, finished.files)), Some((0, 0)));
    let all = running.store.delete_rows(EnvironmentId::LOCAL, RowFilter::default(), "a test").await;
    assert!(matches!(all, Err(DeleteError::TooWide)));
}

#[tokio::test]
async fn s20_a_deletion_outlives_a_crash() {
    let world = world_that_keeps(60 * DAY, Vec::new());
    let running = world.open().await;
    flush(&running, "1 api user.id=7\n2 api user.id=8").await;
    // The disk takes no new file, so the deletion is noted and not done.
    running.troubles.set_full(true);
    let store = running.store.clone();
    let asked = tokio::spawn(async move { store.delete_rows(EnvironmentId::LOCAL, filter("user.id", "7"), "a test").await });
    running.until(|_| deletions(&world.catalog) == [(1, false)]).await;
    asked.abort();
    running.kill().await;
    let again = world.open().await;
    again.until(|_| deletions(&world.catalog) == [(1, true)]).await;
    assert_eq!(again.rows().await.len(), 1);
}

fn deletions(catalog: &MemoryCatalog) -> Vec<(u64, bool)> {
    use crate::catalog::Catalog as _;
    use futures_util::FutureExt as _;
    let known = catalog.deletions().now_or_never().unwrap().unwrap();
    known.into_iter().map(|deletion| (deletion.id, deletion.finished.is_some())).collect()
}
