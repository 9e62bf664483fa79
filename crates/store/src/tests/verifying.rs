//! O6: what `verify` finds, and what putting it right does.

use super::lines;
use super::support::{TestWorld, Troubles};
use crate::catalog::memory::MemoryCatalog;
use crate::verify::{Depth, Finding, Level, Lost, Verified, set_aside, verify};
use futures_util::future::{Either, select};
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

const DEEP: Depth = Depth { rows: true };

/// Files of 60 and 20 rows and one of 5, and 7 rows in the log.
async fn filled() -> TestWorld {
    let world = TestWorld::new();
    let first = world.open().await;
    for body in [lines(80, "a"), "3 web k=i:1\n4 web k=i:2\n5 web empty=\n6 web k=x\n7 web k=y".to_owned()] {
        first.append(&body).await.unwrap();
        first.store.flush().await.unwrap();
    }
    first.append(&lines(7, "c")).await.unwrap();
    first.kill().await;
    world
}

async fn verified(world: &TestWorld, catalog: &Arc<MemoryCatalog>, depth: Depth) -> Verified {
    verify(&world.world(catalog.clone(), Arc::default()), &world.config, depth, &[]).await.unwrap()
}

fn file_of(world: &TestWorld, rows: u64) -> PathBuf {
    let files = world.catalog.state().files;
    world.directory.path().join(&files.iter().find(|file| file.rows == rows).unwrap().path)
}

fn gap(which: &str) -> Finding {
    let message = format!(
        "no visible file has rows of {which}: they were let go (kept long enough, deleted, or folded into equal ones), or were in a file \
         that was lost"
    );
    Finding { level: Level::Note, message, file: String::new(), lost: None }
}

fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[place] ^= 16;
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn o6_a_sound_directory_has_no_findings_and_is_left_as_it_is() {
    let world = filled().await;
    let before: Vec<_> = world.files("").into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
    for depth in [Depth::default(), DEEP] {
        let found = verified(&world, &world.catalog, depth).await;
        assert_eq!(found.findings, []);
        assert_eq!((found.files, found.rows, found.log_segments, found.log_events), (3, 85, 1, 7));
    }
    let after: Vec<_> = world.files("").into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
    assert!(before == after);
}

#[tokio::test]
async fn o6_lost_rows_are_named_and_damaged_files_moved_aside() {
    type Spoil = fn(&Path);
    let cases: [(Spoil, &str, usize); 5] = [
        (|path| flip(path, 200), "damaged", 2),
        (|path| fs::remove_file(path).unwrap(), "missing", 1),
        (|path| fs::write(path, &fs::read(path).unwrap()[..100]).unwrap(), "cut short", 2),
        (|path| flip(&path.with_extension("sum"), 20), "damaged", 2),
        (|path| fs::remove_file(path.with_extension("sum")).unwrap(), "without its checksums", 1),
    ];
    for (spoil, state, left) in cases {
        let world = filled().await;
        let path = file_of(&world, 5);
        spoil(&path);
        let relative = path.strip_prefix(world.directory.path()).unwrap().to_str().unwrap().to_owned();
        let found = verified(&world, &world.catalog, Depth::default()).await.findings;
        let lost = Lost {
            environment: "local".to_owned(),
            datasets: vec!["web".to_owned()],
            time_ns: Some((
                super::support::START_NS + 3 * super::support::MINUTE_NS,
                super::support::START_NS + 7 * super::support::MINUTE_NS,
            )),
            rows: Some(5),
        };
        let message = format!("{relative} is {state}");
        assert_eq!(found, [Finding { level: Level::Lost, message, file: relative.clone(), lost: Some(lost) }]);

        let moved = set_aside(&world.world(world.catalog.clone(), Arc::default()), std::slice::from_ref(&relative)).await.unwrap();
        assert_eq!(moved.len(), left, "{state}: {moved:?}");
        assert!(moved.iter().all(|path| path.starts_with("quarantine/damaged/events.local.spans.2026.03.01.00.")));
        assert!(moved.iter().all(|path| world.directory.path().join(path).exists()), "nothing is deleted");
        assert_eq!(verified(&world, &world.catalog, DEEP).await.findings, [gap("log record 2")]);
        let running = world.open().await;
        assert_eq!((running.rows().await.len(), running.report.degraded), (87, false));
        running.store.shutdown().await;
        assert!(moved.iter().all(|path| world.directory.path().join(path).exists()), "not by a start either");
    }
}

#[tokio::test]
async fn o6_setting_aside_that_is_killed_at_any_step_is_found_again_or_done() {
    let mut call = 0;
    loop {
        let world = filled().await;
        let path = file_of(&world, 5);
        flip(&path, 300);
        let relative = path.strip_prefix(world.directory.path()).unwrap().to_str().unwrap().to_owned();
        let troubles = Arc::new(Troubles::default());
        troubles.die_before(call);
        let dying = world.world(world.catalog.clone(), troubles.clone());
        let paths = [relative];
        let is_over = matches!(select(pin!(set_aside(&dying, &paths)), pin!(troubles.died())).await, Either::Left((Ok(_), _)));
        let running = world.open().await;
        running.store.shutdown().await;
        let found = verified(&world, &world.catalog, Depth::default()).await.findings;
        let expected = if is_over { Level::Note } else { Level::Lost };
        assert!(found.len() == 1 && found[0].level == expected, "call {call}: {found:?}");
        let files = world.files(".parquet").len();
        assert!((4..=5).contains(&files), "with the rows that were in the log, and the damaged one here, there or both: call {call}");
        set_aside(&world.world(world.catalog.clone(), Arc::default()), &paths).await.unwrap();
        assert_eq!(verified(&world, &world.catalog, DEEP).await.findings, [gap("log record 2")]);
        assert_eq!(fs::read_dir(world.directory.path().join("quarantine/damaged")).unwrap().count(), 2, "both are kept");
        if is_over {
            assert!(call >= 4, "only {call} calls change something");
            break;
        }
        call += 1;
    }
}

#[tokio::test]
async fn o6_what_the_catalog_says_is_compared_with_every_row() {
    let world = filled().await;
    let mut state = world.catalog.state();
    let file = state.files.iter_mut().find(|file| file.rows == 5).unwrap();
    (file.rows, file.rate_max, file.time_max_ns) = (6, 2.0, file.time_max_ns - 1);
    file.ingest_max_ns += 1;
    file.overflow_keys.clear();
    let wrong = Arc::new(MemoryCatalog::holding(state, Vec::new()).with_settings(world.catalog.settings()));
    assert_eq!(verified(&world, &wrong, Depth::default()).await.findings, []);
    let found = verified(&world, &wrong, DEEP).await.findings;
    assert!(found.iter().all(|finding| finding.level == Level::Wrong && finding.lost.is_none()), "{found:?}");
    let told: Vec<&str> = found.iter().map(|finding| finding.message.split_once(": ").unwrap().1).collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(told[0], "the catalog says rows 6, the file has 5");
    assert!(told[2].starts_with("the catalog says received until "), "neither earlier nor later: {}", told[2]);
    assert_eq!(told[3], "the catalog says weights (1.0, 2.0), the file has (1.0, 1.0)");
    assert_eq!(told[4], "the catalog says further keys in _overflow [], the file has [\"empty\"]");
}

#[tokio::test]
async fn o6_damage_of_the_log_is_told_with_its_events() {
    let world = TestWorld::new();
    let first = world.open().await;
    for (count, label) in [(3, "one"), (4, "two"), (5, "three")] {
        first.append(&lines(count, label)).await.unwrap();
    }
    first.kill().await;
    let segment = world.files(".seg").pop().unwrap();
    flip(&segment, 8_192 + 150);
    let found = verified(&world, &world.catalog, Depth::default()).await;
    let name = segment.file_name().unwrap().to_str().unwrap().to_owned();
    let lost = Lost { environment: String::new(), datasets: Vec::new(), time_ns: None, rows: Some(4) };
    let message = "log record 2 is damaged or missing".to_owned();
    assert_eq!(found.findings, [Finding { level: Level::Lost, message, file: name, lost: Some(lost) }]);
    assert_eq!(found.log_events, 8);
}

#[tokio::test]
async fn o6_gaps_in_the_sequence_of_log_records_are_told() {
    let mut world = TestWorld::new();
    world.config.merge.enabled = false;
    let first = world.open().await;
    for number in 0..28 {
        first.append(&lines(1, &format!("a{number}"))).await.unwrap();
        first.store.flush().await.unwrap();
    }
    first.store.shutdown().await;
    let mut files = world.catalog.state().files;
    files.sort_by_key(|file| file.sequence_first);
    // The second and third, then every other one, the last too.
    let gone = files.iter().filter(|file| file.sequence_first == 3 || file.sequence_first % 2 == 0).map(|file| file.path.clone());
    set_aside(&world.world(world.catalog.clone(), Arc::default()), &gone.collect::<Vec<_>>()).await.unwrap();
    let found = verified(&world, &world.catalog, Depth::default()).await.findings;
    assert_eq!(found[..2], [gap("log records 2 to 4"), gap("log record 6")]);
    assert_eq!((found.len(), found[10].message.as_str()), (11, "3 more such gaps in the sequence of log records"));
}

#[tokio::test]
async fn o6_files_that_count_as_received_in_the_future_are_told_and_no_fault() {
    let world = TestWorld::new();
    let first = world.open().await;
    world.clock.set_wrong_by(90 * 86_400_000_000_000);
    first.append("1 api k=v").await.unwrap();
    first.store.flush().await.unwrap();
    first.kill().await;
    world.clock.set_wrong_by(0);
    let path = world.catalog.state().files[0].path.clone();
    for depth in [Depth::default(), DEEP] {
        let message = format!("{path} counts as received in the future, up to 2026-05-30T00:00:00Z, and is kept so much longer");
        let expected = Finding { level: Level::Note, message, file: path.clone(), lost: None };
        assert_eq!(verified(&world, &world.catalog, depth).await.findings, [expected]);
    }
}

#[tokio::test]
async fn o6_rows_of_the_future_are_told_and_no_fault() {
    let world = TestWorld::new();
    let first = world.open().await;
    first.append("3000 api k=v").await.unwrap();
    first.store.flush().await.unwrap();
    first.kill().await;
    let found = verified(&world, &world.catalog, DEEP).await.findings;
    assert_eq!((found.len(), found[0].level), (1, Level::Note));
    assert!(found[0].message.ends_with(" has rows of the future, up to 2026-03-03T02:00:00Z"), "{}", found[0].message);
}

#[tokio::test]
async fn o6_a_damaged_trace_index_is_found_and_costs_no_row() {
    let world = filled().await;
    let path = file_of(&world, 5);
    let file = path.strip_prefix(world.directory.path()).unwrap().to_str().unwrap().to_owned();
    let sidecar = path.with_extension("sum");
    let whole = fs::read(&sidecar).unwrap();
    let last = whole.len() - 1;
    let changed: Vec<u8> = whole[..last].iter().copied().chain([whole[last] ^ 16]).collect();
    for spoiled in [&changed[..], &whole[..last]] {
        fs::write(&sidecar, spoiled).unwrap();
        for depth in [Depth::default(), DEEP] {
            let message = format!("the trace index of {file} is damaged; traces are looked for without it until the file is merged");
            let expected = Finding { level: Level::Wrong, message, file: file.clone(), lost: None };
            assert_eq!(verified(&world, &world.catalog, depth).await.findings, [expected]);
        }
    }
}
