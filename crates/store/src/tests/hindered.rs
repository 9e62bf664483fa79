//! What stands in the merger's way keeps nothing else from being done.

use super::lines;
use super::support::{Op, Running, TestWorld};
use crate::FaultKind;
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
