//! The catalog of one machine: a SQLite file in write-ahead mode, synced at every commit.
//!
//! One connection behind a mutex: commits are rare (a flush, a new key), and plans read from memory, not from here. Tables and
//! columns are described in `docs/formats/catalog.md`.

// The statements are one text for every dialect, compiled once for each: `$n` parameters and no grammar of one dialect only.
#[path = "sql/calls.rs"]
mod calls;
mod connect;
#[path = "sql/read.rs"]
mod read;
#[cfg(test)]
mod tests;
#[path = "sql/write.rs"]
mod write;

use super::CatalogError;
use super::memory::MemoryCatalog;
use connect::classify;
use glasshive_base::{BoxFuture, Clock};
use sqlx::{Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

type Own = SqliteCatalog;
type Db = sqlx::Sqlite;
type DbConnection = SqliteConnection;
type DbRow = sqlx::sqlite::SqliteRow;

/// [`Catalog`] on a SQLite file. No runtime is needed: SQLite has a thread of its own.
pub struct SqliteCatalog {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    /// `None` after an uncertain commit whose reopening failed, or after a caller went away in the middle of a call; the
    /// next call opens again.
    connection: Mutex<Option<SqliteConnection>>,
    #[cfg(test)]
    fault: std::sync::Mutex<Option<tests::CommitFault>>,
}

// === impl SqliteCatalog ===

impl SqliteCatalog {
    /// Opens the catalog at `path`, creating it when absent, and migrates it to this version in one transaction.
    ///
    /// # Errors
    /// [`CatalogError::Damaged`] when the file is no intact catalog or a newer version wrote it, [`CatalogError::Failed`] when
    /// it cannot be opened.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, CatalogError> {
        connect::create_private(path)?;
        let mut connection = connect::open(path).await?;
        connect::migrate(&mut connection).await?;
        Ok(Self {
            path: path.to_owned(),
            clock,
            connection: Mutex::new(Some(connection)),
            #[cfg(test)]
            fault: std::sync::Mutex::new(None),
        })
    }

    /// A copy in memory of a catalog that nobody else has open, made without writing anything beside it.
    ///
    /// A write-ahead file that a crash left is honoured by reading a copy of both in a private directory below `scratch`.
    ///
    /// # Errors
    /// As [`SqliteCatalog::open`], and [`CatalogError::Damaged`] when a page of it is.
    pub async fn read_only(path: &Path, scratch: &Path) -> Result<MemoryCatalog, CatalogError> {
        let mut reader = connect::Reader::open(path, scratch).await?;
        let copied = Self::copied(&mut reader.connection).await;
        reader.close().await;
        copied
    }

    async fn copied(connection: &mut SqliteConnection) -> Result<MemoryCatalog, CatalogError> {
        // A page that is damaged and can be read would make something else of the files.
        connect::quick_check(connection).await?;
        let state = read::state(connection).await?;
        let keys = read::keys(connection).await?;
        let settings = read::settings(connection).await?;
        let deletions = match connect::has_table(connection, "deletion").await? {
            true => read::deletions(connection).await?,
            false => Vec::new(),
        };
        let definitions = match connect::has_table(connection, "definition").await? {
            true => read::definitions(connection).await?,
            false => Vec::new(),
        };
        Ok(MemoryCatalog::holding(state, keys).with_settings(settings).with_deletions(deletions).with_definitions(definitions))
    }

    /// Checkpoints and closes. Calls after this open again.
    pub async fn close(&self) {
        let connection = self.connection.lock().await.take();
        if let Some(connection) = connection
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "catalog did not close cleanly; the next start repairs it");
        }
    }

    /// A file on this machine answers or fails.
    #[expect(clippy::unused_self, reason = "the calls are one text for every dialect")]
    fn away(&self) -> Option<Duration> {
        None
    }

    async fn take(&self, slot: &mut Option<SqliteConnection>) -> Result<SqliteConnection, CatalogError> {
        match slot.take() {
            Some(connection) => Ok(connection),
            None => connect::open(&self.path).await,
        }
    }

    /// Runs one write transaction. The answer is `Ok` only when SQLite said that the commit is on the disk.
    async fn transact<'a, T: Send + 'a>(&'a self, work: Work<'a, T>) -> Result<T, CatalogError> {
        let mut slot = self.connection.lock().await;
        let mut connection = self.take(&mut slot).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(connect::classify)?;
        match work(&mut transaction).await {
            Err(error) => {
                // A connection that cannot even roll back is dropped; closing it rolls back.
                if transaction.rollback().await.is_ok() {
                    *slot = Some(connection);
                }
                Err(error)
            }
            Ok(value) => match self.commit(transaction).await {
                Ok(()) => {
                    *slot = Some(connection);
                    Ok(value)
                }
                Err(error) => {
                    drop(connection.close().await);
                    let (reopened, error) = connect::after_failed_commit(&self.path, &error).await;
                    *slot = reopened;
                    Err(error)
                }
            },
        }
    }

    #[cfg(not(test))]
    async fn commit(&self, transaction: sqlx::Transaction<'_, sqlx::Sqlite>) -> Result<(), sqlx::Error> {
        transaction.commit().await
    }

    #[cfg(test)]
    async fn commit(&self, transaction: sqlx::Transaction<'_, sqlx::Sqlite>) -> Result<(), sqlx::Error> {
        let fault = self.fault.lock().expect("no test panics while it holds this").take();
        tests::commit(fault, transaction).await
    }

    async fn read<'a, T: Send + 'a>(&'a self, work: Work<'a, T>) -> Result<T, CatalogError> {
        let mut slot = self.connection.lock().await;
        let mut connection = self.take(&mut slot).await?;
        let value = work(&mut connection).await;
        // After an error the next call starts from a fresh connection: cheap, and right for every cause.
        if value.is_ok() {
            *slot = Some(connection);
        }
        value
    }
}

/// What runs on a connection, inside a transaction when it writes.
type Work<'a, T> = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, CatalogError>> + Send + 'a>;
