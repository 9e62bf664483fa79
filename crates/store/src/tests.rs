//! The store as a whole, over a real directory.

mod adopting;
mod deleting;
mod failures;
mod files;
mod hindered;
mod merging;
mod retaining;
pub(crate) mod support;
mod verifying;

use crate::catalog::Catalog;
use crate::{Durability, Scope};
use glasshive_model::{Appended, EventSink, SinkError, Value};
use std::time::Duration;
use support::{Op, TestWorld};

pub fn lines(count: usize, label: &str) -> String {
    (0..count).map(|index| format!("{} api i=i:{index} label={label} route=/r{}\n", index % 90, index % 5)).collect()
}

#[tokio::test]
async fn p01_appended_rows_are_the_same_live_in_files_and_after_restarts() {
    let world = TestWorld::new();
    let first = world.open().await;
    assert_eq!(first.append(&lines(300, "a")).await.unwrap(), Appended::Stored { sequence: 1 });
    assert_eq!(first.append("5 web k=text empty=\n6 web k=i:7").await.unwrap(), Appended::Stored { sequence: 2 });
    let live = first.rows().await;
    assert_eq!(live.len(), 302);
    assert_eq!(live[301].get("k"), Some(&Value::Int(7)));
    assert_eq!(live[300].get("empty"), Some(&Value::Null));
    let columns: Vec<_> = first.snapshot().registry.columns().cloned().collect();
    first.kill().await;

    let second = world.open().await;
    assert_eq!(second.report.recovered_events, 302);
    assert_eq!(second.messages(), ["recovered 302 events from the log in 0 ms"]);
    assert_eq!(second.rows().await, live);
    assert_eq!(second.snapshot().registry.columns().cloned().collect::<Vec<_>>(), columns);
    second.store.flush().await.unwrap();
    let snapshot = second.snapshot();
    assert!(snapshot.live.is_empty());
    assert_eq!(snapshot.files.len(), 2, "two hours, datasets shared");
    assert_eq!(second.rows().await, live);
    assert_eq!(second.append(&lines(300, "b")).await.unwrap(), Appended::Stored { sequence: 3 });
    second.store.shutdown().await;

    let third = world.open().await;
    assert_eq!((third.report.recovered_events, third.report.faults.len()), (0, 0));
    let rows = third.rows().await;
    assert_eq!((&rows[..302], rows.len()), (&live[..], 602));
    assert_eq!(third.snapshot().registry.columns().cloned().collect::<Vec<_>>(), columns);
}

#[tokio::test]
async fn many_small_requests_are_merged_and_stay_the_same() {
    let mut world = TestWorld::new();
    world.config.seal_rows = 256;
    let running = world.open().await;
    for index in 0..200 {
        running.append(&lines(20, &format!("r{index}"))).await.unwrap();
    }
    running.until(|store| store.stats().live_chunks < 64).await;
    let rows = running.rows().await;
    assert_eq!(rows.len(), 4_000);
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row.seq, ((index as i64 / 20 + 1) << 24) | (index as i64 % 20));
        assert_eq!(row.get("label"), Some(&Value::Str(format!("r{}", index / 20))));
        assert_eq!(row.get("i"), Some(&Value::Int(index as i64 % 20)));
    }
    running.store.flush().await.unwrap();
    assert_eq!(running.rows().await, rows);
    assert_eq!(running.store.stats().live_rows, 0);
}

#[tokio::test]
async fn an_equal_request_is_stored_once_across_restarts_until_its_window_ends() {
    let world = TestWorld::new();
    let first = world.open().await;
    assert!(matches!(first.append("1 api a=b").await.unwrap(), Appended::Stored { .. }));
    assert_eq!(first.append("1 api a=b").await.unwrap(), Appended::Duplicate);
    let other_header = |mut submission: glasshive_model::Submission| {
        submission.meta.dataset = Some("elsewhere".to_owned());
        submission
    };
    assert!(matches!(first.store.append(other_header(first.submission("1 api a=b"))).await.unwrap(), Appended::Stored { .. }));
    first.store.flush().await.unwrap();
    first.kill().await;
    world.clock.advance(Duration::from_secs(599));
    let second = world.open().await;
    assert_eq!(second.append("1 api a=b").await.unwrap(), Appended::Duplicate);
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(second.append("1 api a=b").await.unwrap(), Appended::Stored { .. }));
    assert_eq!(second.rows().await.len(), 3);
}

#[tokio::test]
async fn a_log_of_another_catalog_is_refused_and_left_as_it_is() {
    let world = TestWorld::new();
    let first = world.open().await;
    first.append(&lines(3, "kept")).await.unwrap();
    first.kill().await;
    let other = std::sync::Arc::new(crate::catalog::memory::MemoryCatalog::default());
    let refused = world.try_open_with(other).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("does not belong to this catalog"), "{refused}");
    assert_eq!(world.open().await.rows().await.len(), 3, "with its own catalog everything is there");
}

#[tokio::test]
async fn equal_requests_in_flight_share_one_fate() {
    let world = TestWorld::new();
    let running = world.open().await;
    let (first, second) = tokio::join!(running.append("1 api a=b"), running.append("1 api a=b"));
    assert_eq!((first.unwrap(), second.unwrap()), (Appended::Stored { sequence: 1 }, Appended::Duplicate));
    assert_eq!(running.rows().await.len(), 1);
    assert_eq!(running.store.stats().duplicates, 1);
}

#[tokio::test]
async fn overload_is_refused_early() {
    let mut world = TestWorld::new();
    world.config.queue_bytes = 1_000;
    let running = world.open().await;
    assert!(running.store.admit(1_000_000).is_ok(), "an empty queue takes a request of any size");
    let appends = (0..8).map(|index| running.store.append(running.submission(&lines(10, &format!("r{index}")))));
    let outcomes = futures_util::future::join_all(appends).await;
    let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(SinkError::Busy { .. }))).count();
    assert!(busy > 0 && busy < 8, "{outcomes:?}");
    assert_eq!(running.rows().await.len(), (8 - busy) * 10);
}

#[tokio::test]
async fn a_request_larger_than_a_segment_gets_one_of_its_size() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(3, "small")).await.unwrap();
    let noise: String = (0..12_000u64)
        .map(|index| format!("1 api n=i:{} t={:x}\n", index * 0x9E37_79B9, index.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
        .collect();
    let mut large = running.submission(&noise);
    large.codec = glasshive_model::Codec::Deflate;
    let mut deflated = flate2::read::DeflateEncoder::new(noise.as_bytes(), flate2::Compression::none());
    let mut body = Vec::new();
    std::io::Read::read_to_end(&mut deflated, &mut body).unwrap();
    assert!(body.len() as u64 > world.config.segment_bytes);
    large.body = body.into();
    running.store.append(large).await.unwrap();
    running.append(&lines(4, "too")).await.unwrap();
    let rows = running.rows().await;
    running.kill().await;
    assert_eq!(world.open().await.rows().await, rows);
    assert_eq!(rows.len(), 12_007);
}

#[tokio::test]
async fn the_log_is_freed_once_flushed_and_ten_minutes_old_and_its_files_are_recycled() {
    let mut world = TestWorld::new();
    world.config.segment_bytes = 16 << 10;
    let running = world.open().await;
    for round in 0..5 {
        for index in 0..10 {
            running.append(&lines(30, &format!("{round}-{index}"))).await.unwrap();
        }
        running.store.flush().await.unwrap();
        let before = running.store.stats().log_segments;
        assert!(before > 3, "{before} segments");
        world.clock.advance(Duration::from_secs(601));
        while running.store.stats().log_segments > 1 {
            // Whoever was about to sleep when the clock was moved sleeps from then on.
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    }
    let names = world.files(".seg").len() + world.files(".free").len() + world.files(".new").len();
    assert!(names <= 4, "{names} files");
    let rows = running.rows().await;
    assert_eq!(rows.len(), 1_500);
    running.kill().await;
    assert_eq!(world.open().await.rows().await, rows);
}

#[tokio::test]
async fn p02_relaxed_durability_answers_before_the_sync_and_loses_nothing_to_a_kill() {
    let mut world = TestWorld::new();
    world.config.durability = Durability::Relaxed { interval: Duration::from_secs(1) };
    let running = world.open().await;
    running.append(&lines(2, "first")).await.unwrap();
    running.troubles.refuse(Op::Sync, "0000000000000001.new", 5, 1);
    for index in 0..5 {
        running.append(&lines(2, &format!("r{index}"))).await.unwrap();
    }
    assert!(running.messages().is_empty(), "nothing is synced yet");
    world.clock.advance(Duration::from_secs(1));
    running.until(|store| !store.faults().is_empty()).await;
    assert!(running.messages()[0].ends_with("data was moved to a new segment"), "{:?}", running.messages());
    running.append(&lines(2, "last")).await.unwrap();
    let rows = running.rows().await;
    running.kill().await;
    assert_eq!(world.open().await.rows().await, rows);
    assert_eq!(rows.len(), 14);
}

#[tokio::test]
async fn o2_a_shut_down_store_refuses_and_leaves_nothing_to_replay() {
    let world = TestWorld::new();
    let running = world.open().await;
    let mut tail = running.store.subscribe();
    running.append(&lines(3, "a")).await.unwrap();
    running.store.shutdown().await;
    assert!(matches!(running.append(&lines(3, "b")).await, Err(SinkError::Stopped { reason }) if reason == "shutting down"));
    assert!(!running.store.readiness().ready);
    assert_eq!(tail.next().await.unwrap().len(), 3);
    let again = world.open().await;
    assert_eq!((again.report.recovered_events, again.rows().await.len()), (0, 3));
}

#[tokio::test]
async fn environments_made_elsewhere_are_found_and_unknown_ones_refused() {
    let world = TestWorld::new();
    let running = world.open().await;
    let mut unknown = running.submission("1 api a=b");
    unknown.environment = glasshive_model::EnvironmentId(9);
    let Err(SinkError::Refused { reason }) = running.store.append(unknown).await else { panic!("there is no environment 9") };
    assert_eq!(reason, "environment 9 does not exist");
    let shop = new_environment(&world, "shop").await;
    let mut known = running.submission("1 api a=b");
    known.environment = shop;
    running.store.append(known).await.unwrap();
    assert_eq!(running.store.snapshot(&Scope::all(shop)).live.len(), 1);
    assert_eq!(running.rows().await.len(), 0);
    assert_eq!(running.store.datasets(shop)[0].slug, "api");
    assert_eq!(running.store.environments().len(), 2);
}

async fn new_environment(world: &TestWorld, slug: &str) -> glasshive_model::EnvironmentId {
    world.catalog.ensure_environment(slug).await.unwrap()
}
