//! The catalog that several machines can reach: tables in a PostgreSQL database.
//!
//! The statements are those of SQLite. What is different stands here: the database may be away, an answer may be lost on the way,
//! another process may write, and a copy may be older than what was committed. Therefore each transaction that writes first
//! updates the one row of `lease`, which makes it wait for any other one, compares the epoch (who is fenced off commits nothing)
//! and extends the lease; and the greatest snapshot that was seen may never be missing again. Tables are described in
//! `docs/formats/catalog.md`.

#[path = "sql/calls.rs"]
#[allow(clippy::duplicate_mod, reason = "one text for every dialect")]
mod calls;
mod connect;
mod lease;
mod look;
#[path = "sql/read.rs"]
#[allow(clippy::duplicate_mod, reason = "one text for every dialect")]
mod read;
mod session;
#[path = "sql/write.rs"]
#[allow(clippy::duplicate_mod, reason = "one text for every dialect")]
mod write;

use super::CatalogError;
use super::memory::MemoryCatalog;
use crate::remote::Remote;
use connect::classify;
use glasshive_base::Clock;
use session::{Session, Work};
use std::sync::Arc;
use std::time::Duration;

pub use lease::Owner;
pub(crate) use lease::foreign;
pub use look::Found;

type Own = PostgresCatalog;
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
        let remote = thread()?;
        let session = Arc::new(Session::new(options, owner, clock.clone()));
        let opening = session.clone();
        remote.run(async move { opening.open().await }).await?;
        remote.spawn(session::keep_lease(Arc::downgrade(&session)));
        Ok(Self { remote, session, clock })
    }

    /// What is at `url`, without changing anything there.
    ///
    /// # Errors
    /// [`CatalogError::Unreachable`] and [`CatalogError::Failed`].
    pub async fn look(url: &str) -> Result<Found, CatalogError> {
        let options = connect::options(url)?;
        thread()?.run(async move { look::look(&options).await }).await
    }

    /// A copy in memory of a catalog that nobody writes to meanwhile.
    ///
    /// # Errors
    /// [`CatalogError::Damaged`] when a newer version wrote it; [`CatalogError::Unreachable`] and [`CatalogError::Failed`], also when an
    /// older version wrote it and no server has opened it since.
    pub async fn read_only(url: &str) -> Result<MemoryCatalog, CatalogError> {
        let options = connect::options(url)?;
        thread()?.run(async move { look::copy(&options).await }).await
    }

    /// `url` as it may be shown and written down: host, port and database, neither user nor password.
    ///
    /// # Errors
    /// [`CatalogError::Failed`] when it is no such URL.
    pub fn shown_url(url: &str) -> Result<String, CatalogError> {
        connect::options(url).map(|options| connect::shown(&options))
    }

    /// Gives the lease back and closes. Calls after this are refused.
    pub async fn close(&self) {
        let session = self.session.clone();
        self.remote.run(async move { session.close().await }).await;
    }

    /// What was read before is still true as long as the lease is ours, and may be old once it is not.
    fn away(&self) -> Option<Duration> {
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

fn thread() -> Result<Remote, CatalogError> {
    Remote::new("catalog").map_err(|error| CatalogError::Failed(format!("no thread for the catalog: {error}")))
}
