use super::*;
use crate::catalog::memory::MemoryCatalog;
use crate::catalog::{Catalog as _, conformance};
use glasshive_base::ManualClock;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Where a commit fails for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommitFault {
    BeforeEffect,
    AfterEffect,
}

pub(super) async fn commit(fault: Option<CommitFault>, transaction: sqlx::Transaction<'_, sqlx::Sqlite>) -> Result<(), sqlx::Error> {
    match fault {
        None => return transaction.commit().await,
        Some(CommitFault::BeforeEffect) => transaction.rollback().await?,
        Some(CommitFault::AfterEffect) => transaction.commit().await?,
    }
    Err(sqlx::Error::Io(std::io::Error::other("disk I/O error")))
}

async fn open(directory: &tempfile::TempDir) -> SqliteCatalog {
    SqliteCatalog::open(&directory.path().join("catalog.db"), Arc::new(ManualClock::at(7))).await.unwrap()
}

#[tokio::test]
async fn sqlite_conforms() {
    let directory = tempfile::tempdir().unwrap();
    for (number, check) in conformance::CHECKS.iter().enumerate() {
        let path = directory.path().join(format!("{number}.db"));
        let catalog = SqliteCatalog::open(&path, Arc::new(ManualClock::at(7))).await.unwrap();
        check(&catalog).await;
    }
}

#[tokio::test]
async fn memory_conforms() {
    for check in conformance::CHECKS {
        check(&MemoryCatalog::default()).await;
    }
}

#[tokio::test]
async fn committed_state_is_there_after_a_restart_and_each_commit_is_a_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(&directory).await;
    catalog.commit_cut(conformance::cut(5)).await.unwrap();
    catalog.commit_cut(conformance::cut(9)).await.unwrap();
    let before = catalog.load().await.unwrap();
    drop(catalog);
    let catalog = open(&directory).await;
    assert_eq!(catalog.load().await.unwrap(), before);
    let mut slot = catalog.connection.lock().await;
    let connection = slot.as_mut().unwrap();
    let snapshots: Vec<(i64, i64, String)> =
        sqlx::query_as("SELECT id, at_ns, note FROM snapshot ORDER BY id").fetch_all(&mut *connection).await.unwrap();
    assert_eq!(snapshots, [(1, 7, "1 files through 5".to_owned()), (2, 7, "1 files through 9".to_owned())]);
    let added: Vec<i64> = sqlx::query_scalar("SELECT added FROM file ORDER BY id").fetch_all(connection).await.unwrap();
    assert_eq!(added, [1, 2]);
}

#[tokio::test]
async fn f07_a_failed_commit_is_uncertain_and_the_reopened_catalog_says_what_became_of_it() {
    for (fault, present) in [(CommitFault::BeforeEffect, 0), (CommitFault::AfterEffect, 5)] {
        let directory = tempfile::tempdir().unwrap();
        let catalog = open(&directory).await;
        *catalog.fault.lock().unwrap() = Some(fault);
        let error = catalog.commit_cut(conformance::cut(5)).await.unwrap_err();
        assert!(matches!(&error, CatalogError::Uncertain(cause) if cause.contains("disk I/O error")), "{error}");
        assert_eq!(catalog.load().await.unwrap().flushed_through, present);
        catalog.commit_cut(conformance::cut(9)).await.unwrap();
        assert_eq!(catalog.load().await.unwrap().flushed_through, 9);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(&directory).await;
    let mut commit = catalog.commit_cut(conformance::cut(5));
    assert!(futures_util::poll!(&mut commit).is_pending());
    drop(commit);
    assert_eq!(catalog.load().await.unwrap().flushed_through, 0);
    catalog.commit_cut(conformance::cut(5)).await.unwrap();
    assert_eq!(catalog.load().await.unwrap().flushed_through, 5);
}

#[tokio::test]
async fn only_the_owner_may_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(&directory).await;
    catalog.commit_cut(conformance::cut(5)).await.unwrap();
    for entry in fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
}

#[tokio::test]
async fn a_newer_catalog_and_one_that_is_no_catalog_are_refused_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.db");
    let catalog = open(&directory).await;
    {
        let mut slot = catalog.connection.lock().await;
        sqlx::query("UPDATE catalog_version SET version = 99").execute(slot.as_mut().unwrap()).await.unwrap();
    }
    catalog.close().await;
    let bytes = fs::read(&path).unwrap();
    let refused = SqliteCatalog::open(&path, Arc::new(ManualClock::at(7))).await.err();
    assert_eq!(refused.unwrap().to_string(), "catalog is damaged: it has version 99, this program knows up to 3");
    assert_eq!(fs::read(&path).unwrap(), bytes);

    fs::write(&path, [b'x'; 4096]).unwrap();
    let refused = SqliteCatalog::open(&path, Arc::new(ManualClock::at(7))).await.err();
    assert!(matches!(refused, Some(CatalogError::Damaged(_))), "{refused:?}");
}

#[tokio::test]
async fn reading_only_sees_the_write_ahead_file_and_leaves_everything_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.db");
    let catalog = open(&directory).await;
    catalog.commit_cut(conformance::cut(5)).await.unwrap();

    // What a kill leaves: the file and its write-ahead file, nobody having closed them.
    let killed = tempfile::tempdir().unwrap();
    for name in ["catalog.db", "catalog.db-wal"] {
        fs::copy(directory.path().join(name), killed.path().join(name)).unwrap();
    }
    assert!(fs::metadata(killed.path().join("catalog.db-wal")).unwrap().len() > 0);
    let copy = SqliteCatalog::read_only(&killed.path().join("catalog.db"), scratch.path()).await.unwrap();
    assert_eq!(copy.state().flushed_through, 5);
    assert_eq!(fs::read_dir(killed.path()).unwrap().count(), 2);

    catalog.close().await;
    let bytes = fs::read(&path).unwrap();
    let copy = SqliteCatalog::read_only(&path, scratch.path()).await.unwrap();
    assert_eq!(copy.state().flushed_through, 5);
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn o6_a_damaged_page_is_found_by_whoever_only_reads() {
    let directory = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.db");
    let catalog = open(&directory).await;
    catalog.commit_cut(conformance::cut(5)).await.unwrap();
    // Of the index of names, that reading everything does not look at.
    let (page, page_bytes): (i64, i64) = {
        let mut slot = catalog.connection.lock().await;
        let connection = slot.as_mut().unwrap();
        let index = "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_definition_2'";
        let page = sqlx::query_scalar(index).fetch_one(&mut *connection).await.unwrap();
        (page, sqlx::query_scalar("PRAGMA page_size").fetch_one(connection).await.unwrap())
    };
    catalog.close().await;
    let mut bytes = fs::read(&path).unwrap();
    let start = usize::try_from((page - 1) * page_bytes).unwrap();
    bytes[start..start + 100].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let refused = SqliteCatalog::read_only(&path, scratch.path()).await.err();
    assert!(matches!(refused, Some(CatalogError::Damaged(_))), "{refused:?}");
}
