//! The store as a whole, over a real directory.

mod support;

use crate::FaultKind;
use glasshive_model::{Appended, EventSink, SinkError, Value};
use std::time::Duration;
use support::{Op, TestWorld};

fn lines(count: usize, label: &str) -> String {
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
    first.kill();

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
    first.kill();
    world.clock.advance(Duration::from_secs(599));
    let second = world.open().await;
    assert_eq!(second.append("1 api a=b").await.unwrap(), Appended::Duplicate);
    world.clock.advance(Duration::from_secs(1));
    assert!(matches!(second.append("1 api a=b").await.unwrap(), Appended::Stored { .. }));
    assert_eq!(second.rows().await.len(), 3);
}

#[tokio::test]
async fn f02_a_torn_group_ends_the_log_and_is_told_once() {
    let world = TestWorld::new();
    let first = world.open().await;
    first.append(&lines(3, "kept")).await.unwrap();
    first.append(&lines(400, "torn")).await.unwrap();
    first.kill();
    let segment = world.files(".seg").pop().unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    // The second group begins on its own page; its header survives, what follows does not.
    bytes[8_192 + 100..8_192 + 600].fill(0);
    std::fs::write(&segment, bytes).unwrap();
    let second = world.open().await;
    assert_eq!(second.rows().await.len(), 3);
    let message = &second.messages()[0];
    assert!(message.starts_with("log ends in an incomplete group of ") && message.ends_with(" bytes that was never acknowledged; dropped"), "{message}");
    assert!(!second.report.degraded);
    second.append(&lines(5, "after")).await.unwrap();
    second.kill();
    let third = world.open().await;
    assert_eq!(third.rows().await.len(), 8);
    assert!(third.report.faults.iter().all(|fault| fault.kind == FaultKind::Recovered), "{:?}", third.report.faults);
}

#[tokio::test]
async fn f10_damage_below_the_end_is_named_quarantined_and_skipped() {
    let world = TestWorld::new();
    let first = world.open().await;
    for (count, label) in [(3, "one"), (4, "two"), (5, "three")] {
        first.append(&lines(count, label)).await.unwrap();
    }
    first.kill();
    let segment = world.files(".seg").pop().unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[8_192 + 90] ^= 4;
    std::fs::write(&segment, bytes).unwrap();
    for _ in 0..2 {
        let running = world.open().await;
        assert_eq!(running.rows().await.len(), 8);
        assert!(running.report.degraded);
        let name = segment.file_name().unwrap().to_str().unwrap();
        let expected = format!("log record 2 in {name} is damaged (4 events of unknown datasets lost); 1 later records recovered");
        assert_eq!(running.messages()[0], expected);
        assert_eq!(world.files(".bin").len(), 1);
        running.kill();
    }
}

#[tokio::test]
async fn f05_a_failed_sync_moves_the_group_and_flushes_what_the_segment_held() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(3, "before")).await.unwrap();
    running.troubles.refuse(Op::Sync, ".seg", 5, 1);
    running.troubles.refuse(Op::Sync, ".new", 5, 1);
    let name = world.files(".seg")[0].file_name().unwrap().to_str().unwrap().to_owned();
    // The first segment is known by the name it was made with.
    let appended = running.append(&lines(4, "moved")).await;
    let messages = running.messages();
    match appended {
        Ok(_) => assert_eq!(messages, [format!("disk refused a flush (EIO) at segment {name}; data was moved to a new segment")]),
        Err(error) => panic!("{error}: {messages:?}"),
    }
    running.until(|store| store.stats().flushed_through == 2).await;
    assert_eq!(running.rows().await.len(), 7);
    running.kill();
    assert_eq!(world.open().await.rows().await.len(), 7);
}

#[tokio::test]
async fn f05_a_second_failure_within_a_minute_stops_ingest_until_a_fresh_file_can_be_synced() {
    let world = TestWorld::new();
    let running = world.open().await;
    running.append(&lines(3, "before")).await.unwrap();
    running.troubles.refuse(Op::Sync, "log/", 5, 3);
    let Err(SinkError::Stopped { reason }) = running.append(&lines(4, "refused")).await else { panic!("the disk refuses") };
    assert!(reason.starts_with("disk refused a flush (EIO) at segment "), "{reason}");
    assert!(reason.ends_with(".seg twice; ingest stopped to protect acknowledged data"), "{reason}");
    assert!(!running.store.readiness().ready);
    assert!(running.store.admit(1).is_err());
    assert_eq!(running.rows().await.len(), 3, "queries go on");
    world.clock.advance(Duration::from_secs(10));
    running.until(|store| !store.readiness().ready).await;
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    while !running.store.readiness().ready {
        world.clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    // The refused request is sent again, as its client was told to; it is stored once, before and after a restart.
    running.append(&lines(4, "refused")).await.unwrap();
    assert_eq!(running.rows().await.len(), 7);
    running.kill();
    assert_eq!(world.open().await.rows().await.len(), 7);
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
