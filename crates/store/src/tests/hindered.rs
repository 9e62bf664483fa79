//! What stands in the merger's way keeps nothing else from being done.

use super::lines;
use super::support::{Op, Running, TestWorld};
use crate::{FaultKind, Retention, RetentionRule};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A world that merges only when it is asked to, with files of 10, 20, ... rows.
async fn with_files(world: &mut TestWorld, count: usize) -> Running {
    world.config.merge.enabled = false;
    let running = world.open().await;
    for index in 1..=count {
        add(&running, &lines(index * 10, &format!("f{index}"))).await;
    }
    running
}

async fn add(running: &Running, body: &str) {
    running.append(body).await.unwrap();
    running.store.flush().await.unwrap();
}

/// The name that the file of so many rows has, for as long as the tests run.
fn name_of(running: &Running, rows: u64) -> &'static str {
    let files = running.snapshot().files;
    Box::leak(files.iter().find(|file| file.row.rows == rows).unwrap().row.id.clone().into_boxed_str())
}

fn told(running: &Running, kind: FaultKind) -> Vec<String> {
    running.store.faults().into_iter().filter(|fault| fault.kind == kind).map(|fault| fault.message).collect()
}

#[tokio::test]
async fn a_replaced_file_that_cannot_be_removed_is_told_once_and_tried_again() {
    let mut world = TestWorld::new();
    let running = with_files(&mut world, 2).await;
    running.troubles.refuse(Op::Remove, name_of(&running, 10), 5, usize::MAX);
    running.store.merge_all().await.unwrap();
    world.clock.advance(world.config.merge.grace);
    running.rested().await;
    assert_eq!((world.files(".parquet").len(), world.catalog.state().removed.len()), (2, 1), "the other one is gone");
    add(&running, &lines(7, "more")).await;
    running.store.merge_all().await.unwrap();
    assert_eq!(running.store.stats().files, 1);
    for _ in 0..3 {
        world.clock.advance(MINUTE);
        running.rested().await;
    }
    let faults = told(&running, FaultKind::FileRemoval);
    assert!(faults.len() == 1 && faults[0].ends_with(".parquet (EIO); will try again"), "{faults:?}");
    let rendered = running.metrics.render();
    assert!(rendered.contains("glasshive_file_remove_failures_total 4"), "{rendered}");
    running.troubles.relent();
    world.clock.advance(world.config.merge.grace);
    running.rested().await;
    assert_eq!((world.files(".parquet").len(), world.files(".sum").len(), world.catalog.state().removed.len()), (1, 1, 0));
}

#[tokio::test]
async fn an_unfinished_file_that_cannot_be_removed_is_told_once_and_tried_again() {
    let mut world = TestWorld::new();
    let running = with_files(&mut world, 2).await;
    running.troubles.refuse(Op::Sync, ".parquet", 5, 1);
    running.troubles.refuse(Op::Remove, ".parquet.tmp", 5, usize::MAX);
    running.store.merge_all().await.unwrap_err();
    world.clock.advance(MINUTE);
    running.rested().await;
    assert_eq!((running.store.stats().files, world.files(".tmp").len()), (1, 1));
    assert_eq!(told(&running, FaultKind::FileRemoval).len(), 1);
    running.troubles.relent();
    world.clock.advance(MINUTE);
    running.rested().await;
    assert_eq!(world.files(".tmp").len(), 0);
}

#[tokio::test]
async fn f11_a_file_that_cannot_be_read_is_told_once_and_the_others_are_merged() {
    let mut world = TestWorld::new();
    let running = with_files(&mut world, 3).await;
    let before = running.rows().await;
    running.troubles.refuse(Op::Read, name_of(&running, 20), 5, usize::MAX);
    running.store.merge_all().await.unwrap();
    let mut rows: Vec<u64> = running.snapshot().files.iter().map(|file| file.row.rows).collect();
    rows.sort_unstable();
    assert_eq!(rows, [20, 40]);
    for _ in 0..3 {
        world.clock.advance(10 * MINUTE);
        running.store.merge_all().await.unwrap();
    }
    let faults = told(&running, FaultKind::FileRead);
    assert!(faults.len() == 1 && faults[0].ends_with(" (EIO); it is left alone for a while"), "{faults:?}");
    running.troubles.relent();
    world.clock.advance(10 * MINUTE);
    running.store.merge_all().await.unwrap();
    assert_eq!((running.store.stats().files, running.rows().await), (1, before));
}

#[tokio::test]
async fn f11_a_file_that_cannot_be_read_does_not_keep_others_from_expiring() {
    for is_damaged in [true, false] {
        let mut world = TestWorld::new();
        let keep = 10 * MINUTE;
        let rule = RetentionRule { environment: None, class: None, dataset: Some("noisy".to_owned()), keep };
        world.config.retention = Retention { keep: Some(30 * MINUTE), rules: vec![rule], every: MINUTE, ..Retention::default() };
        let running = with_files(&mut world, 0).await;
        for rows in 1..=3 {
            add(&running, &("1 noisy a=1\n".to_owned() + &lines(rows * 10, &format!("f{rows}")))).await;
        }
        let unread = name_of(&running, 21);
        if is_damaged {
            let path = world.files(".parquet").into_iter().find(|path| path.to_str().unwrap().contains(unread)).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[200] ^= 1;
            std::fs::write(path, bytes).unwrap();
        } else {
            running.troubles.refuse(Op::Read, unread, 5, usize::MAX);
        }
        let pass = async |minutes: u32| {
            for _ in 0..minutes {
                world.clock.advance(MINUTE);
                running.rested().await;
            }
        };
        pass(11).await;
        let mut rows: Vec<u64> = running.snapshot().files.iter().map(|file| file.row.rows).collect();
        rows.sort_unstable();
        assert_eq!(rows, [10, 21, 30], "damaged: {is_damaged}");
        assert_eq!(running.store.faults().len(), 1, "{:?}", running.messages());
        pass(20).await;
        assert_eq!(running.store.stats().files, 0, "what goes as a whole need not be read; damaged: {is_damaged}");
    }
}
