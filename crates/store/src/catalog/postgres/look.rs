//! A catalog that is looked at without being opened.

use super::lease::{self, Owner};
use super::{DbConnection, classify, connect, read};
use crate::catalog::memory::MemoryCatalog;
use crate::catalog::{CatalogError, MIGRATIONS};
use sqlx::Connection as _;
use sqlx::postgres::PgConnectOptions;

/// What is in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The version of the server, in its own words.
    pub server: String,
    /// Whose catalog it is; `None` when it is nobody's yet.
    pub owner: Option<Owner>,
}

pub(super) async fn look(options: &PgConnectOptions) -> Result<Found, CatalogError> {
    let mut connection = connect::connect_first(options).await?;
    let server = sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await.map_err(classify)?;
    let found = Found { server, owner: lease::owner(&mut connection).await? };
    drop(connection.close().await);
    Ok(found)
}

pub(super) async fn copy(options: &PgConnectOptions) -> Result<MemoryCatalog, CatalogError> {
    let mut connection = connect::connect_first(options).await?;
    let (version, known) = (connect::version(&mut connection).await?, MIGRATIONS.len() as i64);
    match version {
        version if version > known => {
            return Err(CatalogError::Damaged(format!("it has version {version}, this program knows up to {known}")));
        }
        version if version < known => {
            return Err(CatalogError::Failed(format!("it has version {version}; start the server once, which makes it version {known}")));
        }
        _ => {}
    }
    let copied = whole(&mut connection).await;
    drop(connection.close().await);
    copied
}

async fn whole(connection: &mut DbConnection) -> Result<MemoryCatalog, CatalogError> {
    let state = read::state(connection).await?;
    let keys = read::keys(connection).await?;
    let settings = read::settings(connection).await?;
    let deletions = read::deletions(connection).await?;
    Ok(MemoryCatalog::holding(state, keys).with_settings(settings).with_deletions(deletions))
}
