//! Deletions of rows where something else has happened: files were adopted, a file is damaged, the catalog does not answer.

use super::lines;
use super::support::{Running, START_NS, TestWorld};
use crate::adopt::{Adopter, Verdict};
use crate::catalog::memory::{CatalogCall, Fate, MemoryCatalog, Outcome};
use crate::catalog::{Catalog as _, DeletionRow};
use crate::tests::failures::backup;
use crate::{Durability, FaultKind, RowFilter};
use futures_util::FutureExt as _;
use glasshive_base::BoxFuture;
use glasshive_model::{EnvironmentId, limits};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

fn filter(key: &str, value: &str) -> RowFilter {
    RowFilter { equals: [(key.to_owned(), value.to_owned())].into(), ..RowFilter::default() }
}

async fn delete(running: &Running, key: &str, value: &str) -> (u64, u64) {
    let done = running.store.delete_rows(EnvironmentId::LOCAL, filter(key, value), "a test").await.unwrap();
    done.finished.map(|finished| (finished.rows, finished.files)).unwrap()
}

fn known(catalog: &MemoryCatalog) -> Vec<DeletionRow> {
    catalog.deletions().now_or_never().unwrap().unwrap()
}

#[tokio::test]
async fn s20_rows_of_adopted_files_are_deleted_whatever_their_sequence_and_later_ones_are_not() {
    for is_log_empty in [true, false] {
        let world = TestWorld::new();
        let first = world.open().await;
        first.append(&lines(10, "a")).await.unwrap();
        first.store.flush().await.unwrap();
        let catalog = backup(&world);
        for body in ["3 api label=bad\n4 api label=good", "5 api label=bad"] {
            first.append(body).await.unwrap();
            first.store.flush().await.unwrap();
        }
        first.kill().await;
        world.files(".seg").iter().for_each(|path| fs::remove_file(path).unwrap());
        if !is_log_empty {
            // It begins anew behind the backup, below the sequences of the adopted rows.
            world.clock.advance(Duration::from_secs(1));
            let second = world.open_with(catalog.clone()).await;
            second.append("9 web other=1").await.unwrap();
            second.kill().await;
        }
        let mut adopter = Adopter::open(world.config.clone(), world.world(catalog.clone(), Arc::default())).await.unwrap();
        for offer in adopter.offers().await.unwrap() {
            assert!(matches!(offer.verdict, Verdict::Adoptable { .. }));
            adopter.adopt(&offer.path).await.unwrap();
        }
        let running = world.open_with(catalog.clone()).await;
        assert_eq!(running.store.stats().published_through, if is_log_empty { 3 } else { 2 });
        let asked = running.store.ask_deletion(EnvironmentId::LOCAL, filter("label", "bad"), "a test").await.unwrap();
        assert_eq!(asked.through, 3);
        // Sequences tell what came later, whatever the clock says. Where these are given out a second time the clock has to tell.
        match is_log_empty {
            true => world.clock.set_wrong_by(-86_400_000_000_000),
            false => world.clock.advance(Duration::from_secs(1)),
        }
        running.append("6 api label=bad").await.unwrap();
        let done = running.store.wait_for_deletion(asked.id).await.unwrap();
        assert_eq!(done.finished.map(|finished| (finished.rows, finished.files)), Some((2, 2)));
        running.store.flush().await.unwrap();
        let rows = running.rows().await;
        assert_eq!(rows.len(), if is_log_empty { 12 } else { 13 }, "{rows:?}");
        assert_eq!(delete(&running, "label", "bad").await, (1, 1), "the one that came later was kept until then");
        running.store.shutdown().await;
    }
}

#[tokio::test]
async fn s20_what_came_after_a_deletion_by_a_clock_that_was_far_behind_is_adopted_and_what_came_before_is_not() {
    for is_in_quarantine in [false, true] {
        let world = TestWorld::new();
        let first = world.open().await;
        first.append("1 api label=bad\n2 api label=good").await.unwrap();
        first.store.flush().await.unwrap();
        let before = world.files(".parquet").pop().unwrap();
        let copies: Vec<_> = ["parquet", "sum"].map(|ending| (ending, fs::read(before.with_extension(ending)).unwrap())).into();
        assert_eq!(delete(&first, "label", "bad").await, (1, 1));
        let copy = MemoryCatalog::holding(world.catalog.state(), Vec::new()).with_settings(world.catalog.settings());
        let catalog = Arc::new(copy.with_deletions(known(&world.catalog)));
        world.clock.set_wrong_by(-START_NS);
        first.append("3 api label=bad").await.unwrap();
        first.store.flush().await.unwrap();
        let rows = first.rows().await;
        assert_eq!(rows.len(), 2);
        first.kill().await;
        world.files(".seg").iter().for_each(|path| fs::remove_file(path).unwrap());
        for (ending, bytes) in &copies {
            fs::write(before.with_file_name(format!("01ARZ3NDEKTSV4RRFFQ69G5FAV.{ending}")), bytes).unwrap();
        }
        world.clock.set_wrong_by(0);
        if is_in_quarantine {
            world.open_with(catalog.clone()).await.store.shutdown().await;
        }
        let mut adopter = Adopter::open(world.config.clone(), world.world(catalog.clone(), Arc::default())).await.unwrap();
        let mut offers = adopter.offers().await.unwrap();
        offers.sort_by_key(|offer| offer.id != "01ARZ3NDEKTSV4RRFFQ69G5FAV");
        assert_eq!(offers[0].holds.as_ref().map(|holds| (holds.rows_in_files, holds.rows_deleted)), Some((1, 1)));
        assert_eq!((&offers[0].verdict, &offers[1].verdict), (&Verdict::Present, &Verdict::Adoptable { rows: 1 }));
        let adopted = adopter.adopt(&offers[1].path).await.unwrap();
        let file = catalog.state().files.into_iter().find(|file| file.path == adopted.path).unwrap();
        assert!(file.ingest_max_ns >= START_NS, "no older than it was known to be");
        let running = world.open_with(catalog.clone()).await;
        assert_eq!(running.rows().await, rows);
        running.store.shutdown().await;
    }
}

#[tokio::test]
async fn s20_a_damaged_file_keeps_a_deletion_waiting_and_no_other_one() {
    let world = TestWorld::new();
    let running = world.open().await;
    for body in ["1 api k=1\n2 api k=2", "70 api k=1\n71 web j=1"] {
        running.append(body).await.unwrap();
        running.store.flush().await.unwrap();
    }
    running.store.shutdown().await;
    let path_of = |sorts: usize| {
        let files = world.catalog.state().files;
        files.into_iter().find(|file| file.datasets.len() == sorts).unwrap().path
    };
    let (damaged, whole) = (path_of(1), path_of(2));
    let path = world.directory.path().join(&damaged);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..100]).unwrap();

    let running = world.open().await;
    let waiting = running.store.ask_deletion(EnvironmentId::LOCAL, filter("k", "1"), "a test").await.unwrap();
    let web = RowFilter { dataset: Some("web".to_owned()), ..filter("j", "1") };
    let done = running.store.delete_rows(EnvironmentId::LOCAL, web, "a test").await.unwrap();
    assert_eq!(done.finished.map(|finished| finished.rows), Some(1));
    let finished: Vec<bool> = known(&world.catalog).iter().map(|deletion| deletion.finished.is_some()).collect();
    assert_eq!(finished, [false, true]);
    let told: Vec<String> = running.messages().into_iter().filter(|message| message.starts_with("deletion")).collect();
    assert_eq!(
        told,
        [format!("deletion 1 waits: {damaged} is damaged and may hold rows of it. Stop the server and run: glasshive verify --repair")]
    );
    assert!(running.store.faults().iter().any(|fault| fault.kind == FaultKind::FileDamage));
    assert!(!running.snapshot().files.iter().any(|file| file.row.path == whole), "what is in the others is deleted at once");
    running.store.shutdown().await;

    fs::write(&path, &bytes).unwrap();
    let running = world.open().await;
    running.until(|_| known(&world.catalog)[0].finished.is_some()).await;
    assert_eq!(running.rows().await.len(), 1);
    assert_eq!(waiting.id, 1);
}

#[tokio::test]
async fn s20_a_deletion_is_noted_once_the_log_cannot_lose_what_it_means() {
    let mut world = TestWorld::new();
    world.config.durability = Durability::Relaxed { interval: Duration::from_secs(1) };
    let running = world.open().await;
    running.append("1 api k=1").await.unwrap();
    // The first group begins a segment, which is synced; the second is only written.
    running.append("2 api k=1").await.unwrap();
    let store = running.store.clone();
    let asked = tokio::spawn(async move { store.ask_deletion(EnvironmentId::LOCAL, filter("k", "1"), "a test").await });
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!((asked.is_finished(), known(&world.catalog)), (false, Vec::new()));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(asked.await.unwrap().unwrap().through, 2);
    running.store.shutdown().await;
}

/// The n-th change of the catalog that is no commit of files goes wrong.
struct Wrong {
    outcome: Outcome,
    left: AtomicU64,
}

impl Fate for Wrong {
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome> {
        let is_it = call == CatalogCall::Change && self.left.load(Ordering::SeqCst) > 0 && self.left.fetch_sub(1, Ordering::SeqCst) == 1;
        Box::pin(std::future::ready(if is_it { self.outcome } else { Outcome::Done }))
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn s20_a_proof_whose_noting_is_uncertain_tells_what_was_deleted() {
    for outcome in [Outcome::Lost, Outcome::AnswerLost, Outcome::Failed] {
        let world = TestWorld::new();
        let fate = Arc::new(Wrong { outcome, left: AtomicU64::new(0) });
        let running = world.open_with(Arc::new(world.catalog.with_fate(fate.clone()))).await;
        running.append("1 api k=1\n2 api k=2").await.unwrap();
        running.store.flush().await.unwrap();
        // The first change notes the deletion, the second one the proof.
        fate.left.store(2, Ordering::SeqCst);
        let store = running.store.clone();
        let deleted = tokio::spawn(async move { store.delete_rows(EnvironmentId::LOCAL, filter("k", "1"), "a test").await });
        while !deleted.is_finished() {
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
        let done = deleted.await.unwrap().unwrap();
        assert_eq!(done.finished.map(|finished| (finished.rows, finished.files)), Some((1, 1)), "{outcome:?}");
        assert_eq!(running.rows().await.len(), 1);
        running.store.shutdown().await;
    }
}

#[tokio::test]
async fn s20_no_text_names_an_empty_value_and_a_number_is_one_wherever_it_is_kept() {
    let world = TestWorld::new();
    let running = world.open().await;
    let rare = |row: usize| format!("0 api common=x rare{row}=f:2");
    // More than a file has columns.
    let count = limits::COLUMNS_PER_FILE + 10;
    let many: Vec<String> = (0..count).map(rare).collect();
    running.append(&format!("{}\n1 api common=\n2 api common=null", many.join("\n"))).await.unwrap();
    running.store.flush().await.unwrap();
    assert_eq!(delete(&running, "common", "null").await, (1, 1));
    let in_overflow: Vec<String> = running.snapshot().files.iter().flat_map(|file| file.row.overflow_keys.clone()).collect();
    let is_rare = |key: &&String| key.starts_with("rare");
    let in_column = (0..count).map(|row| format!("rare{row}")).find(|key| !in_overflow.contains(key));
    assert!(in_overflow.iter().any(|key| is_rare(&key)) && in_column.is_some(), "{in_overflow:?}");
    for key in in_overflow.iter().find(is_rare).into_iter().chain(&in_column) {
        assert_eq!(delete(&running, key, "2.0").await, (1, 1), "{key}");
    }
}

/// Nothing can be looked up while this is set.
#[derive(Default)]
struct Unreadable(AtomicBool);

impl Fate for Unreadable {
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome> {
        let fails = call == CatalogCall::Read && self.0.load(Ordering::SeqCst);
        Box::pin(std::future::ready(if fails { Outcome::Failed } else { Outcome::Done }))
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn s20_a_row_that_was_sent_again_is_not_folded_into_one_that_waits_to_be_deleted() {
    for is_waiting in [true, false] {
        let mut world = TestWorld::new();
        world.config.merge.enabled = false;
        let fate = Arc::new(Unreadable::default());
        let running = world.open_with(Arc::new(world.catalog.with_fate(fate.clone()))).await;
        running.append("1 api k=1").await.unwrap();
        running.store.flush().await.unwrap();
        running.rested().await;
        fate.0.store(is_waiting, Ordering::SeqCst);
        let asked = match is_waiting {
            true => Some(running.store.ask_deletion(EnvironmentId::LOCAL, filter("k", "1"), "a test").await.unwrap()),
            false => None,
        };
        world.clock.advance(Duration::from_secs(1));
        running.append("1 api k=1\n2 api other=1").await.unwrap();
        running.store.flush().await.unwrap();
        running.store.merge_all().await.unwrap();
        let shown = || async { running.rows().await.iter().map(|row| row.seq >> 24).collect::<Vec<i64>>() };
        let Some(asked) = asked else {
            assert_eq!(shown().await, [1, 2], "equal rows are folded where nothing waits");
            continue;
        };
        assert_eq!((running.store.stats().files, shown().await), (1, vec![1, 2, 2]));
        fate.0.store(false, Ordering::SeqCst);
        // The merger may only now begin its pause after a failure, by a clock that nobody moves any more: it is woken.
        running.rested().await;
        let done = running.store.wait_for_deletion(asked.id).await.unwrap();
        assert_eq!(done.finished.map(|finished| finished.rows), Some(1));
        assert_eq!(shown().await, [2, 2], "what came later stays");
    }
}
