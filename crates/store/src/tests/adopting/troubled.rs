//! Adoptions that are killed, and disks and catalogs that refuse.

use super::{adopt_all, lose_log, merged_since, quarantined, restored, restored_with_end_of_log, rows_under, start_and_stop, verdicts};
use crate::RowFilter;
use crate::adopt::{Adopter, Verdict};
use crate::catalog::memory::{CatalogCall, Fate, Outcome};
use crate::quarantine::take_in;
use crate::tests::lines;
use crate::tests::support::{Op, START_NS, Troubles};
use futures_util::future::{Either, select};
use glasshive_base::BoxFuture;
use glasshive_model::{EnvironmentId, Value};
use std::fs;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[tokio::test]
async fn f13_an_adoption_that_is_killed_at_any_step_is_done_or_offered_again() {
    for is_part in [false, true] {
        let mut call = 0;
        loop {
            let restored = if is_part { restored_with_end_of_log().await } else { restored(&[&lines(60, "b"), &lines(5, "c")]).await };
            if !is_part {
                lose_log(&restored.world);
            }
            start_and_stop(&restored).await;
            let before = rows_under(&restored).await.len();
            let troubles = Arc::new(Troubles::default());
            let world = restored.world.world(restored.catalog.clone(), troubles.clone());
            let mut adopter = Adopter::open(restored.world.config.clone(), world).await.unwrap();
            let offers = adopter.offers().await.unwrap();
            assert_eq!(offers[0].holds.as_ref().unwrap().rows_in_files > 0, is_part);
            let offered = offers[0].path.clone();
            troubles.die_before(call);
            let is_over = match select(pin!(adopter.adopt(&offered)), pin!(troubles.died())).await {
                Either::Left((adopted, _)) => {
                    adopted.unwrap();
                    true
                }
                Either::Right(_) => false,
            };
            drop(adopter);
            // A start between must not take anything away.
            let between = rows_under(&restored).await.len();
            assert!(between >= before, "call {call}");
            adopt_all(&restored).await;
            assert_eq!(rows_under(&restored).await, restored.rows, "killed before call {call}");
            if is_over {
                assert!(call >= 7, "only {call} calls change something");
                break;
            }
            call += 1;
        }
    }
}

/// The n-th change of the catalog goes wrong.
struct Wrong {
    outcome: Outcome,
    left: AtomicU64,
}

impl Fate for Wrong {
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome> {
        let is_it = call == CatalogCall::CommitCut && self.left.fetch_sub(1, Ordering::SeqCst) > 0;
        let outcome = if is_it { self.outcome } else { Outcome::Done };
        if !is_it && call == CatalogCall::CommitCut {
            self.left.store(0, Ordering::SeqCst);
        }
        Box::pin(std::future::ready(outcome))
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn f13_a_commit_that_fails_leaves_the_file_offered_and_an_uncertain_one_is_looked_up() {
    for (outcome, times, is_adopted) in [
        (Outcome::Failed, 1, false),
        (Outcome::Full, 1, false),
        (Outcome::Lost, 1, true),
        (Outcome::AnswerLost, 1, true),
        (Outcome::Lost, 9, false),
    ] {
        let restored = restored(&[&lines(20, "b")]).await;
        lose_log(&restored.world);
        start_and_stop(&restored).await;
        let fate = Wrong { outcome, left: AtomicU64::new(times) };
        let catalog = Arc::new(restored.catalog.with_fate(Arc::new(fate)));
        let world = restored.world.world(catalog, Arc::default());
        let mut adopter = Adopter::open(restored.world.config.clone(), world).await.unwrap();
        let offered = adopter.offers().await.unwrap()[0].path.clone();
        assert_eq!(adopter.adopt(&offered).await.is_ok(), is_adopted, "{outcome:?}");
        assert_eq!(quarantined(&restored.world).len(), if is_adopted { 0 } else { 2 });
        let left = rows_under(&restored).await.len();
        assert_eq!(left, if is_adopted { 30 } else { 10 }, "{outcome:?}");
        adopt_all(&restored).await;
        assert_eq!(rows_under(&restored).await, restored.rows);
    }
}

#[tokio::test]
async fn f13_a_disk_that_refuses_leaves_the_file_offered() {
    for (op, path) in [(Op::Create, ".parquet.tmp"), (Op::Write, ".tmp"), (Op::Sync, ".sum"), (Op::SyncDir, "events/local")] {
        let restored = restored(&[&lines(20, "b")]).await;
        lose_log(&restored.world);
        start_and_stop(&restored).await;
        let troubles = Arc::new(Troubles::default());
        troubles.refuse(op, path, 28, 1);
        let world = restored.world.world(restored.catalog.clone(), troubles);
        let mut adopter = Adopter::open(restored.world.config.clone(), world).await.unwrap();
        let offered = adopter.offers().await.unwrap()[0].path.clone();
        let error = adopter.adopt(&offered).await.unwrap_err().to_string();
        assert!(error.starts_with("could not write events/local/spans/2026/03/01/00/"), "{error}");
        assert_eq!((quarantined(&restored.world).len(), restored.world.files(".tmp").len()), (2, 0), "{op:?}");
        assert_eq!(adopter.adopt(&offered).await.unwrap().rows, 20);
        assert_eq!(rows_under(&restored).await, restored.rows);
    }
}

#[tokio::test]
async fn f13_a_file_that_the_disk_does_not_let_be_read_is_not_taken_for_gone() {
    let (restored, named) = merged_since(&[5], &[]).await;
    let troubles = Arc::new(Troubles::default());
    troubles.refuse(Op::Read, Box::leak(named[0].path.clone().into_boxed_str()), 5, usize::MAX);
    let world = restored.world.world(restored.catalog.clone(), troubles.clone());
    let adopter = Adopter::open(restored.world.config.clone(), world).await.unwrap();
    let offers = adopter.offers().await.unwrap();
    let Verdict::Refused { reason } = &offers[0].verdict else { panic!("{offers:?}") };
    let (begins, ends) = (format!("could not read {}: ", named[0].path), "; it may hold rows that are in it too");
    assert!(reason.starts_with(&begins) && reason.ends_with(ends), "{reason}");
    troubles.relent();
    assert_eq!(adopter.offers().await.unwrap()[0].verdict, Verdict::Adoptable { rows: 5 });
}

#[tokio::test]
async fn f13_a_file_leaves_its_place_only_once_the_quarantine_has_it_for_good() {
    let restored = restored(&[&lines(20, "b")]).await;
    let path = restored.world.files(".parquet").into_iter().max().unwrap();
    let relative = path.strip_prefix(restored.world.directory.path()).unwrap().to_str().unwrap();
    let (directory, name) = relative.rsplit_once('/').unwrap();
    let troubles = Arc::new(Troubles::default());
    let disk = restored.world.world(restored.catalog.clone(), troubles.clone()).disk;
    for (op, place) in [(Op::Sync, "quarantine"), (Op::SyncDir, "quarantine/orphans"), (Op::Write, "quarantine")] {
        troubles.refuse(op, place, 5, 1);
        take_in(&*disk, directory, name, START_NS).await.unwrap_err();
        assert!(path.exists(), "nobody knows whether the new name is there after a power failure");
    }
    take_in(&*disk, directory, name, START_NS).await.unwrap();
    assert!(!path.exists());
    assert_eq!((quarantined(&restored.world).len(), restored.world.files(".tmp").len()), (2, 0));
    // On a full disk there is no room for a copy, and a start must not fail for that.
    let other = restored.world.files(".parquet").into_iter().find(|path| path.to_str().unwrap().contains("/events/")).unwrap();
    troubles.set_full(true);
    let relative = other.strip_prefix(restored.world.directory.path()).unwrap().to_str().unwrap();
    let (directory, name) = relative.rsplit_once('/').unwrap();
    // The sidecar is renamed, and nobody knows whether that lasts: it goes back before it comes again, on another day too.
    troubles.refuse(Op::SyncDir, "quarantine/orphans", 5, 1);
    take_in(&*disk, directory, name, START_NS).await.unwrap_err();
    assert_eq!((other.exists(), quarantined(&restored.world).len()), (true, 3));
    let tomorrow_ns = START_NS + 86_400 * 1_000_000_000;
    let before = quarantined(&restored.world);
    take_in(&*disk, directory, name, tomorrow_ns).await.unwrap();
    let taken: Vec<_> = quarantined(&restored.world).into_iter().filter(|path| !before.contains(path)).collect();
    assert_eq!((other.exists(), taken.len(), quarantined(&restored.world).len()), (false, 2, 4), "both have the new day");
}

#[tokio::test]
async fn f13_on_its_way_to_quarantine_a_file_can_be_adopted_at_every_step() {
    let mut call = 0;
    loop {
        let restored = restored(&[&lines(20, "b")]).await;
        lose_log(&restored.world);
        let troubles = Arc::new(Troubles::default());
        let world = restored.world.world(restored.catalog.clone(), troubles.clone());
        let adopter = Adopter::open(restored.world.config.clone(), world.clone()).await.unwrap();
        let offered = adopter.offers().await.unwrap().remove(0).path;
        let (directory, name) = offered.rsplit_once('/').unwrap();
        troubles.die_before(call);
        let is_over = match select(pin!(take_in(&*world.disk, directory, name, START_NS)), pin!(troubles.died())).await {
            Either::Left((taken, _)) => {
                taken.unwrap();
                true
            }
            Either::Right(_) => false,
        };
        // No start has looked since.
        assert!(!adopt_all(&restored).await.is_empty(), "killed before call {call}");
        assert_eq!(rows_under(&restored).await, restored.rows, "killed before call {call}");
        if is_over {
            assert!(call >= 12, "only {call} calls change something");
            break;
        }
        call += 1;
    }
}

#[tokio::test]
async fn f13_a_file_among_the_data_files_may_lie_in_another_place_than_it_should() {
    let restored = restored(&[&lines(20, "b")]).await;
    lose_log(&restored.world);
    let adopter =
        Adopter::open(restored.world.config.clone(), restored.world.world(restored.catalog.clone(), Arc::default())).await.unwrap();
    let offered = adopter.offers().await.unwrap().remove(0).path;
    let old = restored.world.directory.path().join(&offered);
    let day = old.parent().unwrap().parent().unwrap();
    let new = day.join(old.file_name().unwrap());
    fs::rename(&old, &new).unwrap();
    fs::rename(old.with_extension("sum"), new.with_extension("sum")).unwrap();
    assert_eq!(adopt_all(&restored).await.len(), 1);
    assert_eq!((old.exists(), new.exists()), (true, false));
    assert_eq!(rows_under(&restored).await, restored.rows);
}

#[tokio::test]
async fn f13_what_lies_elsewhere_stays_there_and_is_adopted_from_there() {
    for is_part in [false, true] {
        let restored = if is_part { restored_with_end_of_log().await } else { restored(&[&lines(60, "b")]).await };
        if !is_part {
            lose_log(&restored.world);
        }
        let troubles = Arc::new(Troubles::default());
        troubles.is_elsewhere.store(true, Ordering::SeqCst);
        for _ in 0..2 {
            let running = restored.world.open_troubled(restored.catalog.clone(), troubles.clone()).await.unwrap();
            let told: Vec<String> = running.messages().into_iter().filter(|message| message.contains("unknown to the catalog")).collect();
            let [message] = told.as_slice() else { panic!("one message: {told:?}") };
            assert!(
                message.starts_with("1 files (") && message.ends_with(") are unknown to the catalog; left in the object store"),
                "{message}"
            );
            let readiness = running.store.readiness();
            assert!(readiness.checks.iter().any(|check| check.name == "files" && check.reason.starts_with(message)));
            running.store.flush().await.unwrap();
            running.store.shutdown().await;
            assert_eq!(quarantined(&restored.world).len(), 0);
        }
        let world = restored.world.world(restored.catalog.clone(), troubles.clone());
        let mut adopter = Adopter::open(restored.world.config.clone(), world).await.unwrap();
        let offers = adopter.offers().await.unwrap();
        assert!(offers.len() == 1 && offers[0].path.starts_with("events/") && offers[0].days_left.is_none(), "{offers:?}");
        // Where it is, it needs no room; written anew, as much as it is long.
        troubles.set_free(Some(restored.world.config.reserve_bytes));
        if is_part {
            let error = adopter.adopt(&offers[0].path).await.unwrap_err().to_string();
            assert!(error.ends_with(" of the disk are needed on the way, and 8.0 KiB are free"), "{error}");
            troubles.set_free(None);
        }
        let adopted = adopter.adopt(&offers[0].path).await.unwrap();
        assert_eq!(adopted.path == offers[0].path, !is_part);
        assert_eq!(rows_under(&restored).await, restored.rows);
    }
}

#[tokio::test]
async fn s20_rows_that_were_deleted_meanwhile_do_not_come_back_from_elsewhere() {
    let restored = restored(&["3 api label=bad\n4 api label=good", "5 web label=bad"]).await;
    lose_log(&restored.world);
    let troubles = Arc::new(Troubles::default());
    troubles.is_elsewhere.store(true, Ordering::SeqCst);
    let running = restored.world.open_troubled(restored.catalog.clone(), troubles.clone()).await.unwrap();
    let filter = RowFilter { equals: [("label".to_owned(), "bad".to_owned())].into(), ..RowFilter::default() };
    let deleted = running.store.delete_rows(EnvironmentId::LOCAL, filter, "the owner").await.unwrap();
    assert!(deleted.through < 2, "by their sequences they came later");
    running.store.shutdown().await;
    // Nor is it another start that says of what it finds there that it came later.
    restored.world.open_troubled(restored.catalog.clone(), troubles.clone()).await.unwrap().store.shutdown().await;
    let world = restored.world.world(restored.catalog.clone(), troubles.clone());
    let mut adopter = Adopter::open(restored.world.config.clone(), world).await.unwrap();
    let mut offers = adopter.offers().await.unwrap();
    offers.sort_by_key(|offer| offer.holds.as_ref().unwrap().rows);
    assert_eq!(verdicts(&offers), [Verdict::Present, Verdict::Adoptable { rows: 1 }]);
    assert!(offers.iter().all(|offer| offer.path.starts_with("events/") && offer.holds.as_ref().unwrap().rows_deleted == 1));
    assert_eq!(adopter.adopt(&offers[1].path).await.unwrap().rows, 1);
    let rows = rows_under(&restored).await;
    assert_eq!((rows.len(), rows[10].get("label")), (11, Some(&Value::Str("good".to_owned()))));
}
