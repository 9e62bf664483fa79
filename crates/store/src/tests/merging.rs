//! Merges: what they join, what readers see meanwhile, and what may go wrong.

use super::lines;
use super::support::{MINUTE_NS, Op, Running, START_NS, TestWorld};
use crate::catalog::memory::{CatalogCall, Fate, MemoryCatalog, Outcome};
use crate::{Compression, FaultKind, MergeConfig, Store};
use glasshive_base::BoxFuture;
use glasshive_model::shown::ShownRow;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(600);

/// Several files, each of one request.
async fn flush_each(running: &Running, bodies: &[String]) {
    for body in bodies {
        running.append(body).await.unwrap();
        running.store.flush().await.unwrap();
    }
}

/// Lets pauses pass until something is so.
async fn later(world: &TestWorld, running: &Running, is_so: impl Fn(&Store) -> bool) {
    while !is_so(&running.store) {
        world.clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
}

/// A world that merges only when it is asked to.
fn quiet_world() -> TestWorld {
    let mut world = TestWorld::new();
    world.config.merge.enabled = false;
    world
}

#[tokio::test]
async fn st40_small_files_of_an_hour_become_one_and_every_row_is_as_before() {
    let mut world = TestWorld::new();
    world.config.row_group_rows = 16;
    let running = world.open().await;
    let overflowing =
        |index: usize| format!("{index} api late={index} empty= size=i:{index}\n{index} web size=text{index} size2=f:0.5 _odd=1");
    flush_each(&running, &(0..8).map(overflowing).collect::<Vec<_>>()).await;
    flush_each(&running, &[lines(40, "x")]).await;
    let before = running.rows().await;
    running.until(|store| store.stats().files == 1).await;
    assert_eq!(running.rows().await, before);
    let snapshot = running.snapshot();
    let row = &snapshot.files[0].row;
    assert_eq!((row.level, row.rows, row.sequence_first, row.sequence_last), (1, before.len() as u64, 1, 9));
    assert_eq!((row.time_min_ns, row.time_max_ns), (START_NS, START_NS + 39 * MINUTE_NS));
    assert_eq!(row.overflow_keys, ["empty"]);
    assert!(row.path.starts_with("events/local/spans/2026/03/01/00/"), "{}", row.path);
    let metadata = snapshot.files[0].metadata().await.unwrap();
    assert_eq!(metadata.num_row_groups(), before.len().div_ceil(16));
    assert!(metadata.row_group(0).column(2).bloom_filter_offset().is_some());
    let batches = snapshot.files[0].read_rows(None).await.unwrap();
    let order: Vec<i64> = batches.iter().flat_map(glasshive_model::shown::shown_rows).map(|row| row.time_ns / MINUTE_NS).collect();
    assert!(order.is_sorted());
    running.store.shutdown().await;
    assert_eq!(world.open().await.rows().await, before);
}

#[tokio::test]
async fn st41_a_replaced_file_stays_while_it_is_read_and_for_ten_minutes_at_least() {
    let world = quiet_world();
    let running = world.open().await;
    flush_each(&running, &[lines(10, "a"), lines(20, "b")]).await;
    let before = running.rows().await;
    let held = running.snapshot();
    running.store.merge_all().await.unwrap();
    assert_eq!(running.rows().await, before);
    assert_eq!((running.snapshot().files.len(), world.files(".parquet").len()), (1, 3));
    world.clock.advance(GRACE - Duration::from_secs(1));
    running.rested().await;
    assert_eq!(world.files(".parquet").len(), 3);
    for _ in 0..3 {
        world.clock.advance(GRACE);
        running.rested().await;
    }
    assert_eq!(world.files(".parquet").len(), 3, "a snapshot still reads them");
    for file in &held.files {
        file.read_rows(None).await.unwrap();
    }
    drop(held);
    while world.files(".parquet").len() > 1 || !world.catalog.state().removed.is_empty() {
        world.clock.advance(Duration::from_secs(60));
        tokio::task::yield_now().await;
    }
    assert_eq!((world.files(".sum").len(), running.rows().await), (1, before));
}

#[tokio::test]
async fn rows_that_were_sent_again_in_another_request_are_folded() {
    let world = quiet_world();
    let running = world.open().await;
    let shown = |rows: Vec<ShownRow>| rows.iter().map(|row| row.get("a").unwrap().to_string()).collect::<Vec<_>>();
    // Twice in one request is two events; the time of the third is its own.
    flush_each(&running, &["1 api a=x\n2 api a=y\n2 api a=y\n3 api a=z".to_owned(), "2 api a=y\n1 api a=x\n4 api a=z".to_owned()]).await;
    assert_eq!(running.rows().await.len(), 7);
    running.store.merge_all().await.unwrap();
    assert_eq!(shown(running.rows().await), ["x", "y", "y", "z", "z"]);
    // And again, beside what is merged already.
    flush_each(&running, &["2 api a=y\n2 api a=y\n2 api a=y\n1 api a=x\n1 api a=x b=1".to_owned()]).await;
    running.store.merge_all().await.unwrap();
    assert_eq!(shown(running.rows().await), ["x", "y", "y", "z", "z", "y", "x"]);
    assert_eq!((running.store.stats().files, running.store.stats().file_rows), (1, 7));
    assert!(running.metrics.render().contains("glasshive_folded_events_total 5"), "{}", running.metrics.render());
    running.store.shutdown().await;
    assert_eq!(world.open().await.rows().await.len(), 7);
}

#[tokio::test]
async fn a_start_removes_what_an_earlier_process_replaced() {
    let world = quiet_world();
    let running = world.open().await;
    flush_each(&running, &[lines(10, "a"), lines(20, "b")]).await;
    running.store.merge_all().await.unwrap();
    let before = running.rows().await;
    running.kill().await;
    let again = world.open().await;
    assert!(again.messages().is_empty(), "{:?}", again.messages());
    assert_eq!((again.rows().await, world.files(".parquet").len()), (before, 3));
    while world.files(".parquet").len() > 1 || !world.catalog.state().removed.is_empty() {
        world.clock.advance(Duration::from_secs(60));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn f06_a_merged_file_that_cannot_be_synced_is_written_again_under_another_name() {
    for (op, path) in [(Op::Sync, ".parquet"), (Op::Sync, ".sum"), (Op::SyncDir, "events/local")] {
        let world = quiet_world();
        let running = world.open().await;
        flush_each(&running, &[lines(10, "a"), lines(20, "b")]).await;
        let before = running.rows().await;
        running.troubles.refuse(op, path, 5, 1);
        let error = running.store.merge_all().await.unwrap_err().to_string();
        assert!(error.ends_with(".parquet durable (EIO); will write it again"), "{error}");
        assert_eq!((running.rows().await, running.store.stats().files), (before.clone(), 2));
        later(&world, &running, |store| store.stats().files == 1).await;
        assert_eq!((running.rows().await, world.files(".tmp").len()), (before, 0));
    }
}

#[tokio::test]
async fn f03_on_a_full_disk_nothing_is_merged() {
    let world = quiet_world();
    let running = world.open().await;
    flush_each(&running, &[lines(10, "a"), lines(20, "b")]).await;
    running.troubles.set_full(true);
    assert_eq!(running.store.merge_all().await.unwrap_err().to_string(), "flush failed: no room to merge");
    assert!(running.store.readiness().ready, "merges that find no room stop nothing else");
    running.troubles.set_full(false);
    later(&world, &running, |store| store.stats().files == 1).await;
}

/// The first swap goes so; every other call is done.
struct FirstSwap(Outcome, AtomicUsize);

impl Fate for FirstSwap {
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome> {
        let is_first = call == CatalogCall::CommitSwap && self.1.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(ready(if is_first { self.0 } else { Outcome::Done }))
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

#[tokio::test]
async fn f07_an_uncertain_swap_is_looked_up() {
    for (outcome, told) in [
        (Outcome::Lost, None),
        (Outcome::Failed, Some("catalog failed: injected failure; will commit again")),
        (Outcome::AnswerLost, Some("catalog write uncertain; re-checked: present")),
    ] {
        let world = quiet_world();
        let running = world.open_with(Arc::new(world.catalog.with_fate(Arc::new(FirstSwap(outcome, AtomicUsize::new(0)))))).await;
        flush_each(&running, &[lines(10, "a"), lines(20, "b")]).await;
        let before = running.rows().await;
        let merged = running.store.merge_all().await;
        assert_eq!(merged.is_ok(), outcome == Outcome::AnswerLost, "{outcome:?}");
        assert_eq!(running.rows().await, before);
        later(&world, &running, |store| store.stats().files == 1).await;
        assert_eq!(running.rows().await, before);
        assert_eq!(running.messages(), told.map(str::to_owned).into_iter().collect::<Vec<_>>());
        later(&world, &running, |_| world.files(".parquet").len() == 1).await;
    }
}

#[tokio::test]
async fn f13_a_merged_file_that_a_crash_left_is_removed_and_kept_when_its_inputs_are_unknown() {
    let world = quiet_world();
    let running = world.open().await;
    flush_each(&running, &[lines(10, "a"), lines(20, "b")]).await;
    let before = (running.rows().await, world.catalog.state());
    running.store.merge_all().await.unwrap();
    running.store.shutdown().await;
    let catalog_of_before = || Arc::new(MemoryCatalog::holding(before.1.clone(), Vec::new()).with_settings(world.catalog.settings()));
    let merged = world.directory.path().join(&world.catalog.state().files[0].path);
    let bytes = (std::fs::read(&merged).unwrap(), std::fs::read(merged.with_extension("sum")).unwrap());

    let again = world.open_with(catalog_of_before()).await;
    assert!(again.messages().is_empty(), "{:?}", again.messages());
    assert_eq!((again.rows().await, world.files(".parquet").len(), world.files(".sum").len()), (before.0.clone(), 2, 2));
    again.store.shutdown().await;

    std::fs::write(&merged, bytes.0).unwrap();
    std::fs::write(merged.with_extension("sum"), bytes.1).unwrap();
    std::fs::remove_file(world.directory.path().join(&before.1.files[0].path)).unwrap();
    let again = world.open_with(catalog_of_before()).await;
    assert_eq!(again.messages(), ["1 files are unknown to the catalog; kept in quarantine"]);
    assert!(!merged.exists());
}

#[tokio::test]
async fn f13_a_merged_file_is_kept_when_half_of_an_input_is_gone() {
    let world = quiet_world();
    let running = world.open().await;
    flush_each(&running, &[lines(10, "a"), lines(20, "b")]).await;
    let state = world.catalog.state();
    let inputs: Vec<_> = state.files.iter().map(|file| world.directory.path().join(&file.path)).collect();
    running.store.merge_all().await.unwrap();
    running.store.shutdown().await;
    let merged = world.directory.path().join(&world.catalog.state().files[0].path);
    let bytes: Vec<_> =
        [merged.clone(), merged.with_extension("sum")].into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    // A power failure after they had left has brought them back, one without its sidecar, or not in its length.
    let spoil: [&dyn Fn(); 2] =
        [&|| std::fs::write(&inputs[0], "short").unwrap(), &|| std::fs::remove_file(inputs[1].with_extension("sum")).unwrap()];
    let whole = std::fs::read(&inputs[0]).unwrap();
    for spoil in spoil {
        std::fs::write(&inputs[0], &whole).unwrap();
        spoil();
        bytes.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
        let catalog = MemoryCatalog::holding(state.clone(), Vec::new()).with_settings(world.catalog.settings());
        let again = world.open_with(Arc::new(catalog)).await;
        assert_eq!(again.messages(), ["1 files are unknown to the catalog; kept in quarantine"]);
        assert!(!merged.exists());
        again.store.shutdown().await;
    }
}

#[tokio::test]
async fn f11_a_damaged_file_is_left_alone_and_the_others_are_merged() {
    let world = quiet_world();
    let running = world.open().await;
    flush_each(&running, &[lines(10, "a"), lines(20, "b"), lines(30, "c")]).await;
    running.store.shutdown().await;
    let files = world.catalog.state().files;
    let path = world.directory.path().join(&files.iter().find(|file| file.rows == 10).unwrap().path);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let running = world.open().await;
    running.store.merge_all().await.unwrap();
    let mut rows: Vec<u64> = running.snapshot().files.iter().map(|file| file.row.rows).collect();
    rows.sort_unstable();
    assert_eq!((rows, path.exists()), (vec![10, 50], true));
    assert_eq!(running.store.faults().iter().filter(|fault| fault.kind == FaultKind::FileDamage).count(), 1);
}

#[tokio::test]
async fn a_dataset_that_has_become_large_leaves_the_shared_file() {
    let mut world = quiet_world();
    world.config.own_file_rows = 50;
    let running = world.open().await;
    let many = |from: usize| (from..from + 30).map(|minute| format!("{minute} big k=i:{minute} from=i:{from}\n")).collect::<String>();
    flush_each(&running, &[many(0) + "1 web a=1", many(10) + "2 web b=2\n3 api c=3", many(20)]).await;
    let before = running.rows().await;
    running.store.merge_all().await.unwrap();
    assert_eq!(running.rows().await, before);
    let datasets: Vec<_> = running.snapshot().files.iter().map(|file| file.row.datasets.clone()).collect();
    let expected = [vec![("big".to_owned(), 90)], vec![("api".to_owned(), 1), ("web".to_owned(), 2)]];
    assert_eq!(datasets, expected);
}

#[tokio::test]
async fn st40_a_day_is_merged_once_it_is_over_and_only_as_large_as_may_be() {
    let mut world = TestWorld::new();
    world.config.merge = MergeConfig { rows: 45, ..MergeConfig::default() };
    let running = world.open().await;
    let of_hour = |hour: usize| (0..10).map(|minute| format!("{} api h=i:{hour}\n", hour * 60 + minute)).collect::<String>();
    flush_each(&running, &(0..8).map(of_hour).collect::<Vec<_>>()).await;
    let before = running.rows().await;
    world.clock.advance(Duration::from_secs(36 * 3_600));
    running.rested().await;
    assert_eq!(running.store.stats().files, 8, "the day is not over for long enough");
    world.clock.advance(Duration::from_secs(12 * 3_600));
    running.until(|store| store.stats().files == 2).await;
    assert_eq!(running.rows().await, before);
    let files = running.snapshot().files;
    assert!(
        files
            .iter()
            .all(|file| file.row.level == 2 && file.row.rows == 40 && file.row.path.starts_with("events/local/spans/2026/03/01/01"))
    );
}

/// Rows with so many bytes of text each, every one another.
fn wide_lines(rows: usize, label: &str, bytes: usize) -> String {
    let text = |row: usize| (0..bytes).map(|place| char::from(b'a' + ((row * 31 + place * place * 7) % 26) as u8)).collect::<String>();
    (0..rows).map(|row| format!("{row} api text={label}{row}{}\n", text(row))).collect()
}

#[tokio::test]
async fn a_merge_takes_no_more_files_than_fit_into_memory() {
    let mut world = quiet_world();
    let running = world.open().await;
    // Larger than what decoders take, so that two together are larger than each.
    let bodies: Vec<String> = (0..4).map(|index| wide_lines(50, &format!("f{index}"), 60_000)).collect();
    flush_each(&running, &bodies).await;
    let mut largest = 0;
    for file in running.snapshot().files {
        file.metadata().await.unwrap();
        largest = largest.max(file.streaming_bytes().unwrap());
    }
    let before = running.rows().await;
    running.store.shutdown().await;
    for (bytes, expected) in [(largest * 3 / 2, 4), (largest * 5 / 2, 2), (u64::MAX, 1)] {
        world.config.merge.bytes = bytes;
        let running = world.open().await;
        running.store.merge_all().await.unwrap();
        assert_eq!(running.store.stats().files, expected, "{bytes} bytes");
        assert!(running.rows().await == before, "{bytes} bytes");
        running.store.shutdown().await;
    }
}

#[tokio::test]
async fn row_groups_of_wide_rows_are_short() {
    let mut world = quiet_world();
    world.config.row_group_bytes = 50_000;
    let running = world.open().await;
    flush_each(&running, &[wide_lines(100, "a", 5_000), wide_lines(100, "b", 5_000)]).await;
    let before = running.rows().await;
    let row_groups = async || {
        let mut rows = Vec::new();
        for file in running.snapshot().files {
            rows.extend(file.metadata().await.unwrap().row_groups().iter().map(|group| group.num_rows()));
        }
        rows
    };
    let flushed = row_groups().await;
    assert!(flushed.len() >= 20 && flushed.iter().all(|rows| *rows <= 10), "{flushed:?}");
    running.store.merge_all().await.unwrap();
    let merged = row_groups().await;
    assert!(merged.len() >= 18 && merged.iter().all(|rows| *rows <= 12), "{merged:?}");
    assert_eq!((running.store.stats().files, running.rows().await), (1, before));
}

#[tokio::test]
async fn a_merged_file_counts_as_received_when_the_last_of_its_rows_was() {
    let world = quiet_world();
    let running = world.open().await;
    flush_each(&running, &[lines(3, "a")]).await;
    world.clock.advance(Duration::from_secs(3_600));
    flush_each(&running, &[lines(3, "b")]).await;
    let received = running.snapshot().files.iter().map(|file| file.row.ingest_max_ns).max();
    world.clock.advance(Duration::from_secs(7_200));
    running.store.merge_all().await.unwrap();
    let merged: Vec<i64> = running.snapshot().files.iter().map(|file| file.row.ingest_max_ns).collect();
    assert_eq!((merged.len(), merged.first().copied()), (1, received), "a merge makes nothing younger");
}

#[tokio::test]
async fn files_are_compressed_as_hard_as_is_asked_for_or_not_at_all() {
    for (flush, merge) in [(0, 3), (1, 0)] {
        let mut world = quiet_world();
        world.config.compression = Compression { flush, merge };
        let running = world.open().await;
        flush_each(&running, &[lines(10, "a"), lines(10, "b")]).await;
        let rows = running.rows().await;
        let is_compressed = async || {
            let metadata = running.snapshot().files[0].metadata().await.unwrap();
            metadata.row_group(0).columns().iter().any(|column| column.compression() != parquet::basic::Compression::UNCOMPRESSED)
        };
        assert_eq!(is_compressed().await, flush > 0);
        running.store.merge_all().await.unwrap();
        assert_eq!((running.store.stats().files, is_compressed().await), (1, merge > 0));
        assert_eq!(running.rows().await, rows);
    }
}
