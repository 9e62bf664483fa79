//! The lease: which data directory the catalog belongs to, which process of it may commit, and for how long nobody else may ask.

use super::{DbConnection, classify};
use crate::catalog::CatalogError;
use sqlx::Connection as _;
use std::time::Duration;

/// How long a lease is good for unless it is extended. Matters only to a copy of the data directory on another machine.
pub(super) const LENGTH: Duration = Duration::from_secs(30);

/// The database's own clock, so that clocks of machines need not agree.
macro_rules! now_ns {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000000000)::bigint"
    };
}

/// Who opens the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The data directory's number. The catalog is that of one data directory, because the log positions in it are.
    pub id: String,
    /// Host and path of the data directory. A second process at the same place has the directory's lock, so the first has ended.
    pub place: String,
}

/// Why the catalog of the data directory at `place` is not opened for another one.
pub(crate) fn foreign(place: &str) -> CatalogError {
    CatalogError::Fenced(format!(
        "it is that of the data directory {place}, whose log it knows; give each data directory a database of its own"
    ))
}

/// Whose catalog it is; `None` when it is nobody's yet.
pub(super) async fn owner(connection: &mut DbConnection) -> Result<Option<Owner>, CatalogError> {
    let exists = sqlx::query_scalar("SELECT to_regclass('lease') IS NOT NULL").fetch_one(&mut *connection);
    if !exists.await.map_err(classify)? {
        return Ok(None);
    }
    let found = sqlx::query_as("SELECT owner, place FROM lease WHERE name = 'store'").fetch_optional(connection);
    let found: Option<(String, String)> = found.await.map_err(classify)?;
    Ok(found.map(|(id, place)| Owner { id, place }))
}

/// Takes the lease under a new epoch; commits under the old one are refused from now on.
pub(super) async fn take(connection: &mut DbConnection, owner: &Owner) -> Result<i64, CatalogError> {
    let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(classify)?;
    sqlx::query("INSERT INTO lease (name, owner, place, epoch, until_ns) VALUES ('store', $1, $2, 0, 0) ON CONFLICT (name) DO NOTHING")
        .bind(&owner.id)
        .bind(&owner.place)
        .execute(&mut *transaction)
        .await
        .map_err(classify)?;
    let held = concat!("SELECT owner, place, (until_ns - ", now_ns!(), ") / 1000000000 FROM lease WHERE name = 'store' FOR UPDATE");
    let (id, place, left_s): (String, String, i64) = sqlx::query_as(held).fetch_one(&mut *transaction).await.map_err(classify)?;
    if id != owner.id {
        return Err(foreign(&place));
    }
    if place != owner.place && left_s >= 0 {
        return Err(CatalogError::Fenced(format!("it is in use from {place}, which holds it for {} s more", left_s + 1)));
    }
    let taken =
        concat!("UPDATE lease SET place = $1, epoch = epoch + 1, until_ns = $2 + ", now_ns!(), " WHERE name = 'store' RETURNING epoch");
    let epoch = sqlx::query_scalar(taken).bind(&owner.place).bind(length_ns()).fetch_one(&mut *transaction).await.map_err(classify)?;
    transaction.commit().await.map_err(classify)?;
    Ok(epoch)
}

/// Extends the lease, inside the caller's transaction, which from here on is the only one that writes.
pub(super) async fn extend(connection: &mut DbConnection, epoch: i64) -> Result<(), CatalogError> {
    let extended = concat!("UPDATE lease SET until_ns = $1 + ", now_ns!(), " WHERE name = 'store' AND epoch = $2");
    let done = sqlx::query(extended).bind(length_ns()).bind(epoch).execute(connection).await.map_err(classify)?;
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(CatalogError::Fenced("another process has taken it over".to_owned())),
    }
}

/// Gives it back; the epoch stays.
pub(super) async fn release(connection: &mut DbConnection, epoch: i64) -> Result<(), CatalogError> {
    let released = sqlx::query("UPDATE lease SET until_ns = 0 WHERE name = 'store' AND epoch = $1").bind(epoch);
    released.execute(connection).await.map_err(classify)?;
    Ok(())
}

/// Waits until no other transaction is on its way, whatever becomes of it.
pub(super) async fn settle(connection: &mut DbConnection) -> Result<(), CatalogError> {
    let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(classify)?;
    sqlx::query("SELECT epoch FROM lease WHERE name = 'store' FOR UPDATE").execute(&mut *transaction).await.map_err(classify)?;
    transaction.rollback().await.map_err(classify)
}

fn length_ns() -> i64 {
    LENGTH.as_nanos() as i64
}
