//! Opening, migrating and mistrusting the file.

use crate::catalog::{CatalogError, MIGRATIONS};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for another connection of ours that is being closed.
const BUSY: Duration = Duration::from_secs(5);

/// Creates the file with rights for its owner alone and makes its name durable; SQLite gives its side files the same rights.
pub(super) fn create_private(path: &Path) -> Result<(), CatalogError> {
    let failed = |error: std::io::Error| CatalogError::Failed(format!("cannot create {}: {error}", path.display()));
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => {
            let parent = path.parent().unwrap_or(Path::new("."));
            fs::File::open(parent).and_then(|directory| directory.sync_all()).map_err(failed)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// A connection whose commits are on the disk when they return.
pub(super) async fn open(path: &Path) -> Result<SqliteConnection, CatalogError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY);
    SqliteConnection::connect_with(&options).await.map_err(classify)
}

/// Brings the tables to this version's form, or leaves them as they were.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), CatalogError> {
    let known = MIGRATIONS.len() as i64;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(classify)?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'catalog_version'")
        .fetch_one(&mut *transaction)
        .await
        .map_err(classify)?;
    let version = match tables {
        0 => 0,
        _ => sqlx::query_scalar("SELECT version FROM catalog_version").fetch_one(&mut *transaction).await.map_err(classify)?,
    };
    if version > known {
        return Err(CatalogError::Damaged(format!("it has version {version}, this program knows up to {known}")));
    }
    let done = usize::try_from(version).map_err(|_| CatalogError::Damaged(format!("it has version {version}")))?;
    for ddl in &MIGRATIONS[done..] {
        sqlx::raw_sql(*ddl).execute(&mut *transaction).await.map_err(classify)?;
    }
    sqlx::query("UPDATE catalog_version SET version = $1").bind(known).execute(&mut *transaction).await.map_err(classify)?;
    transaction.commit().await.map_err(classify)
}

/// Whether the catalog has a table, which one that was not migrated yet may lack.
pub(super) async fn has_table(connection: &mut SqliteConnection, name: &str) -> Result<bool, CatalogError> {
    let tables = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = $1").bind(name).fetch_one(connection).await;
    let tables: i64 = tables.map_err(classify)?;
    Ok(tables > 0)
}

/// What a failed commit means: SQLite may or may not have it. Opens anew, because a connection that saw a failed sync may
/// hold pages that the disk does not, and has every page checked.
pub(super) async fn after_failed_commit(path: &Path, cause: &sqlx::Error) -> (Option<SqliteConnection>, CatalogError) {
    let mut connection = match open(path).await {
        Ok(connection) => connection,
        Err(error) => return (None, CatalogError::Uncertain(format!("{cause}; then {error}"))),
    };
    match quick_check(&mut connection).await {
        Ok(()) => (Some(connection), CatalogError::Uncertain(cause.to_string())),
        // Whatever keeps it from being looked at, the commit may be there: who takes this for a commit that failed would remove
        // files that the catalog names.
        Err(error) => (None, CatalogError::Uncertain(format!("{cause}; then {error}"))),
    }
}

/// Looks at every page.
pub(super) async fn quick_check(connection: &mut SqliteConnection) -> Result<(), CatalogError> {
    let findings: Vec<String> = sqlx::query_scalar("PRAGMA quick_check").fetch_all(connection).await.map_err(classify)?;
    match findings.first() {
        Some(finding) if finding != "ok" => Err(CatalogError::Damaged(finding.clone())),
        _ => Ok(()),
    }
}

/// SQLite's primary result codes for no room, and for a file that is not, or no longer, a database.
const SQLITE_FULL: i64 = 13;
const SQLITE_CORRUPT: i64 = 11;
const SQLITE_NOTADB: i64 = 26;

pub(super) fn classify(error: sqlx::Error) -> CatalogError {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i64>().ok());
    match code.map(|code| code & 0xff) {
        Some(SQLITE_CORRUPT | SQLITE_NOTADB) => CatalogError::Damaged(error.to_string()),
        Some(SQLITE_FULL) => CatalogError::Full(error.to_string()),
        _ => CatalogError::Failed(error.to_string()),
    }
}

/// A connection that changes nothing in the data directory.
pub(super) struct Reader {
    pub connection: SqliteConnection,
    copy: Option<PathBuf>,
}

impl Reader {
    /// `immutable` tells SQLite to create nothing beside the file, but makes it blind to a write-ahead file, so one that
    /// holds something is read as a copy.
    pub async fn open(path: &Path, scratch: &Path) -> Result<Self, CatalogError> {
        let failed = |error: std::io::Error| CatalogError::Failed(format!("cannot read {}: {error}", path.display()));
        let ahead = with_suffix(path, "-wal");
        let has_ahead = fs::metadata(&ahead).is_ok_and(|metadata| metadata.len() > 0);
        if !has_ahead {
            let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
            let connection = SqliteConnection::connect_with(&options).await.map_err(classify)?;
            return Ok(Self { connection, copy: None });
        }
        let directory = scratch.join(format!("glasshive-catalog-{}", std::process::id()));
        drop(fs::remove_dir_all(&directory));
        fs::DirBuilder::new().mode(0o700).create(&directory).map_err(failed)?;
        let copy = directory.join("catalog.db");
        let copied = fs::copy(path, &copy).and_then(|_| fs::copy(&ahead, with_suffix(&copy, "-wal"))).map_err(failed);
        let opened = match copied {
            Ok(_) => open(&copy).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(connection) => Ok(Self { connection, copy: Some(directory) }),
            Err(error) => {
                drop(fs::remove_dir_all(&directory));
                Err(error)
            }
        }
    }

    pub async fn close(self) {
        drop(self.connection.close().await);
        if let Some(directory) = self.copy {
            drop(fs::remove_dir_all(directory));
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
