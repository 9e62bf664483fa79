//! The catalog on a real PostgreSQL: the suite that every catalog passes, and what only a database far away can do.

#![allow(clippy::unwrap_used)]

use glasshive_base::ManualClock;
use glasshive_store::catalog::postgres::{Owner, PostgresCatalog};
use glasshive_store::catalog::{Catalog as _, CatalogError, conformance};
use glasshive_test_shared::{Cut, Postgres, Proxy};
use std::sync::Arc;
use std::time::Duration;

fn owner(id: &str, place: &str) -> Owner {
    Owner { id: id.to_owned(), place: place.to_owned() }
}

async fn open(url: &str) -> PostgresCatalog {
    PostgresCatalog::open(url, owner("a", "here"), Arc::new(ManualClock::at(7))).await.unwrap()
}

#[tokio::test]
async fn postgres_conforms() {
    let server = Postgres::shared().unwrap();
    for (number, check) in conformance::CHECKS.iter().enumerate() {
        let catalog = open(&server.database(&format!("check_{number}")).unwrap()).await;
        check(&catalog).await;
        catalog.close().await;
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_the_server_was_killed() {
    let server = Postgres::start().unwrap();
    let url = server.database("catalog").unwrap();
    let catalog = open(&url).await;
    catalog.commit_cut(conformance::cut(5)).await.unwrap();
    catalog.commit_cut(conformance::cut(9)).await.unwrap();
    let before = catalog.load().await.unwrap();
    server.stop().unwrap();
    let error = catalog.commit_cut(conformance::cut(11)).await.unwrap_err();
    assert_eq!(error.to_string(), "catalog unreachable for 0 ms; serving snapshot 2");
    assert!(matches!(error, CatalogError::Unreachable(_)), "{error:?}");
    assert_eq!(catalog.unreachable_for(), Some(Duration::ZERO));
    server.resume().unwrap();
    assert_eq!(catalog.load().await.unwrap(), before);
    assert_eq!(catalog.unreachable_for(), None);
    catalog.commit_cut(conformance::cut(11)).await.unwrap();
    assert_eq!(server.sql("catalog", "SELECT id, at_ns, note FROM snapshot ORDER BY id").unwrap(), SNAPSHOTS);
    drop(catalog);
    assert_eq!(open(&url).await.load().await.unwrap().flushed_through, 11);
}

const SNAPSHOTS: &str = "1|7|1 files through 5\n2|7|1 files through 9\n3|7|1 files through 11";

#[tokio::test]
async fn f18_a_later_process_of_the_directory_fences_the_earlier_one_off() {
    let server = Postgres::shared().unwrap();
    let url = server.database("takeover").unwrap();
    let earlier = open(&url).await;
    earlier.commit_cut(conformance::cut(5)).await.unwrap();
    let later = open(&url).await;
    let error = earlier.commit_cut(conformance::cut(9)).await.unwrap_err();
    assert_eq!(error.to_string(), "catalog refuses commits: another process has taken it over");
    assert!(matches!(earlier.setting_or_insert("pepper", vec![1]).await, Err(CatalogError::Fenced(_))));
    assert_eq!(later.load().await.unwrap().flushed_through, 5);
    later.commit_cut(conformance::cut(9)).await.unwrap();
    // What the earlier one gives back is not its own any more.
    earlier.close().await;
    assert_eq!(server.sql("takeover", "SELECT epoch, until_ns > 0 FROM lease").unwrap(), "2|t");
    later.close().await;
    assert_eq!(server.sql("takeover", "SELECT epoch, until_ns > 0 FROM lease").unwrap(), "2|f");
}

#[tokio::test]
async fn f18_another_directory_and_a_copy_of_this_one_are_refused() {
    let server = Postgres::shared().unwrap();
    let url = server.database("copied").unwrap();
    let holder = open(&url).await;
    let clock = || Arc::new(ManualClock::at(7));
    let another = PostgresCatalog::open(&url, owner("b", "here"), clock()).await.err().unwrap();
    let words = "catalog refuses commits: it is that of the data directory here, whose log it knows; \
                 give each data directory a database of its own";
    assert_eq!(another.to_string(), words);
    let copy = PostgresCatalog::open(&url, owner("a", "there"), clock()).await.err().unwrap();
    assert!(copy.to_string().starts_with("catalog refuses commits: it is in use from here, which holds it for "), "{copy}");
    holder.commit_cut(conformance::cut(5)).await.unwrap();
    holder.close().await;
    let moved = PostgresCatalog::open(&url, owner("a", "there"), clock()).await.unwrap();
    assert_eq!(moved.load().await.unwrap().flushed_through, 5);
}

#[tokio::test]
async fn f23_an_answer_that_is_lost_leaves_the_outcome_unknown_and_the_catalog_tells_it() {
    let server = Postgres::shared().unwrap();
    for (cut, present) in [(Cut::BeforeEffect, 0), (Cut::AfterEffect, 5), (Cut::Late, 5)] {
        let name = format!("{cut:?}").to_lowercase();
        server.database(&name).unwrap();
        let proxy = Proxy::before(server.socket_directory()).unwrap();
        let catalog = open(&Postgres::url(&name, proxy.socket_directory())).await;
        proxy.cut_next(cut);
        let error = catalog.commit_cut(conformance::cut(5)).await.unwrap_err();
        assert!(matches!(error, CatalogError::Uncertain(_)), "{cut:?}: {error}");
        let state = catalog.load().await.unwrap();
        assert_eq!((state.flushed_through, state.files.len()), (present, usize::from(present > 0)), "{cut:?}");
        if present == 0 {
            catalog.commit_cut(conformance::cut(5)).await.unwrap();
        }
        catalog.commit_cut(conformance::cut(9)).await.unwrap();
        assert_eq!(catalog.load().await.unwrap().files.len(), 2, "{cut:?}");
    }
}

#[tokio::test]
async fn f23_an_old_copy_that_answers_is_seen_and_nothing_is_committed_to_it() {
    let server = Postgres::shared().unwrap();
    let catalog = open(&server.database("went_back").unwrap()).await;
    catalog.commit_cut(conformance::cut(5)).await.unwrap();
    catalog.commit_cut(conformance::cut(9)).await.unwrap();
    let forget = "DELETE FROM file_dataset WHERE file_id IN (SELECT id FROM file WHERE added = 2); DELETE FROM file WHERE added = 2; \
                  DELETE FROM snapshot WHERE id = 2; UPDATE log_position SET flushed_through = 5";
    server.sql("went_back", forget).unwrap();
    let words = "catalog refuses commits: it went back from snapshot 2 to 1: an old copy answers in its place";
    assert_eq!(catalog.load().await.unwrap_err().to_string(), words);
    assert_eq!(catalog.commit_cut(conformance::cut(11)).await.unwrap_err().to_string(), words);
    assert_eq!(server.sql("went_back", "SELECT max(id) FROM snapshot").unwrap(), "1");
}

#[tokio::test]
async fn a_newer_catalog_is_refused() {
    let server = Postgres::shared().unwrap();
    let url = server.database("newer").unwrap();
    open(&url).await.close().await;
    server.sql("newer", "UPDATE catalog_version SET version = 99").unwrap();
    let refused = PostgresCatalog::open(&url, owner("a", "here"), Arc::new(ManualClock::at(7))).await.err().unwrap();
    assert!(refused.to_string().starts_with("catalog is damaged: it has version 99, this program knows up to "), "{refused}");
}
