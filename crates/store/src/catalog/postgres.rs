//! The catalog that several machines can reach: tables in a PostgreSQL database.
//!
//! The statements are those of SQLite. What is different stands here: the database may be away, an answer may be lost on the way,
//! another process may write, and a copy may be older than what was committed. Therefore each transaction that writes first
//! updates the one row of `lease`, which makes it wait for any other one, compares the epoch (who is fenced off commits nothing)
//! and extends the lease; and the greatest snapshot that was seen may never be missing again. Tables are described in
//! `docs/formats/catalog.md`.

mod connect;
mod lease;
#[path = "sql/read.rs"]
#[allow(clippy::duplicate_mod, reason = "one text for every dialect")]
#[expect(dead_code, reason = "what only a directory that is read without a server needs")]
mod read;
mod session;
#[path = "sql/write.rs"]
#[allow(clippy::duplicate_mod, reason = "one text for every dialect")]
mod write;

use super::{Catalog, CatalogError, CatalogState, Cut, DefinitionRow, DeletionRow, Finished, KeyRow, Swap};
use crate::remote::Remote;
use connect::classify;
use glasshive_base::{BoxFuture, Clock};
use glasshive_model::EnvironmentId;
use session::{Session, Work};
use std::sync::Arc;

pub use lease::Owner;

type Db = sqlx::Postgres;
type DbConnection = sqlx::PgConnection;
type DbRow = sqlx::postgres::PgRow;

/// [`Catalog`] in a PostgreSQL database. Has a thread of its own; needs no runtime of the caller's.
pub struct PostgresCatalog {
    remote: Remote,
    session: Arc<Session>,
    clock: Arc<dyn Clock>,
}

// === impl PostgresCatalog ===

impl PostgresCatalog {
    /// Connects to `url` (`postgres://user:password@host:port/database`, or with `?host=/directory` for a socket), creates or
    /// migrates the tables in one transaction, and takes the lease for `owner`.
    ///
    /// # Errors
    /// [`CatalogError::Fenced`] when the catalog is another data directory's, or this one's is in use elsewhere;
    /// [`CatalogError::Damaged`] when a newer version wrote it; [`CatalogError::Unreachable`] and [`CatalogError::Failed`].
    pub async fn open(url: &str, owner: Owner, clock: Arc<dyn Clock>) -> Result<Self, CatalogError> {
        let options = connect::options(url)?;
        let remote = Remote::new("catalog").map_err(|error| CatalogError::Failed(format!("no thread for the catalog: {error}")))?;
        let session = Arc::new(Session::new(options, owner, clock.clone()));
        let opening = session.clone();
        remote.run(async move { opening.open().await }).await?;
        remote.spawn(session::keep_lease(Arc::downgrade(&session)));
        Ok(Self { remote, session, clock })
    }

    /// Gives the lease back and closes. Calls after this are refused.
    pub async fn close(&self) {
        let session = self.session.clone();
        self.remote.run(async move { session.close().await }).await;
    }

    /// For how long the database has not answered; `None` while it does. What was read before is still true as long as the
    /// lease is ours, and may be old once it is not.
    pub fn unreachable_for(&self) -> Option<std::time::Duration> {
        self.session.unreachable_for()
    }

    async fn transact<T: Send + 'static>(&self, work: Work<T>) -> Result<T, CatalogError> {
        let session = self.session.clone();
        self.remote.run(async move { session.transact(work).await }).await
    }

    async fn read<T: Send + 'static>(&self, work: Work<T>) -> Result<T, CatalogError> {
        let session = self.session.clone();
        self.remote.run(async move { session.read(work).await }).await
    }
}

impl Catalog for PostgresCatalog {
    fn load(&self) -> BoxFuture<'_, Result<CatalogState, CatalogError>> {
        Box::pin(self.read(Box::new(|connection| Box::pin(read::state(connection)))))
    }

    fn commit_cut(&self, cut: Cut) -> BoxFuture<'_, Result<(), CatalogError>> {
        let at_ns = self.clock.wall_ns();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::cut(connection, at_ns, cut)))))
    }

    fn commit_swap(&self, swap: Swap) -> BoxFuture<'_, Result<(), CatalogError>> {
        let at_ns = self.clock.wall_ns();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::swap(connection, at_ns, swap)))))
    }

    fn forget_files(&self, ids: Vec<String>) -> BoxFuture<'_, Result<(), CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::forget(connection, ids)))))
    }

    fn ensure_environment<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, Result<EnvironmentId, CatalogError>> {
        let slug = slug.to_owned();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::environment(connection, slug)))))
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<KeyRow>, CatalogError>> {
        Box::pin(self.read(Box::new(|connection| Box::pin(read::keys(connection)))))
    }

    fn insert_key(&self, key: KeyRow) -> BoxFuture<'_, Result<u64, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::key(connection, key)))))
    }

    fn set_key_disabled(&self, id: u64, disabled: bool) -> BoxFuture<'_, Result<bool, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::key_disabled(connection, id, disabled)))))
    }

    fn setting<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CatalogError>> {
        let name = name.to_owned();
        Box::pin(self.read(Box::new(move |connection| Box::pin(read::setting(connection, name)))))
    }

    fn setting_or_insert<'a>(&'a self, name: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Vec<u8>, CatalogError>> {
        let name = name.to_owned();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::setting(connection, name, value)))))
    }

    fn set_setting<'a>(&'a self, name: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<(), CatalogError>> {
        let name = name.to_owned();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::set_setting(connection, name, value)))))
    }

    fn definitions(&self) -> BoxFuture<'_, Result<Vec<DefinitionRow>, CatalogError>> {
        Box::pin(self.read(Box::new(|connection| Box::pin(read::definitions(connection)))))
    }

    fn insert_definition(&self, definition: DefinitionRow) -> BoxFuture<'_, Result<Option<u64>, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::definition(connection, definition)))))
    }

    fn update_definition(&self, id: u64, body: Vec<u8>, updated_ns: i64) -> BoxFuture<'_, Result<bool, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::definition_body(connection, id, body, updated_ns)))))
    }

    fn delete_definition(&self, id: u64) -> BoxFuture<'_, Result<bool, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::definition_gone(connection, id)))))
    }

    fn deletions(&self) -> BoxFuture<'_, Result<Vec<DeletionRow>, CatalogError>> {
        Box::pin(self.read(Box::new(|connection| Box::pin(read::deletions(connection)))))
    }

    fn insert_deletion(&self, deletion: DeletionRow) -> BoxFuture<'_, Result<u64, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::deletion(connection, deletion)))))
    }

    fn finish_deletion(&self, id: u64, finished: Finished) -> BoxFuture<'_, Result<bool, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::deletion_finished(connection, id, finished)))))
    }
}
