//! Connecting, migrating, and what the errors of the database mean.

use super::DbConnection;
use crate::catalog::{CatalogError, MIGRATIONS};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _};
use std::str::FromStr as _;
use std::time::Duration;

/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(5);
/// Number of the lock that migrations take turns by: `hive` in ASCII.
const MIGRATION_LOCK: i64 = 0x6869_7665;

/// The lease; what else is in the database has the same tables as SQLite.
const LEASE: &str = "CREATE TABLE IF NOT EXISTS lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, place TEXT NOT NULL, \
                     epoch BIGINT NOT NULL, until_ns BIGINT NOT NULL)";

/// Reads the URL and adds what every connection of ours has.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, CatalogError> {
    // The error's own words may quote the URL, which holds a password.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| CatalogError::Failed("its URL is not of the form postgres://user:password@host:port/database".to_owned()))?;
    Ok(options.application_name("glasshive").options([
        // Several statements read one instant. Transactions that write say otherwise when they begin.
        ("default_transaction_isolation", "repeatable read"),
        // The database may be set to answer before its disk has the commit.
        ("synchronous_commit", "on"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ]))
}

/// A new connection.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<DbConnection, sqlx::Error> {
    match tokio::time::timeout(CONNECT, DbConnection::connect_with(options)).await {
        Ok(connected) => connected,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// A first connection; when there is none, where it would have gone to is told.
pub(super) async fn connect_first(options: &PgConnectOptions) -> Result<DbConnection, CatalogError> {
    connect(options).await.map_err(|error| match classify(error) {
        CatalogError::Unreachable(cause) => CatalogError::Unreachable(format!("at {}: {cause}", shown(options))),
        other => other,
    })
}

/// Host, port and database.
pub(super) fn shown(options: &PgConnectOptions) -> String {
    // What no database is named in means the one that is called like the user.
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(directory) => format!("postgres:///{database}?host={}&port={}", directory.display(), options.get_port()),
        None => format!("postgres://{}:{}/{database}", options.get_host(), options.get_port()),
    }
}

/// The version of the tables; 0 = there are none.
pub(super) async fn version(connection: &mut DbConnection) -> Result<i64, CatalogError> {
    let exists = sqlx::query_scalar("SELECT to_regclass('catalog_version') IS NOT NULL").fetch_one(&mut *connection);
    match exists.await.map_err(classify)? {
        false => Ok(0),
        true => sqlx::query_scalar("SELECT version FROM catalog_version").fetch_one(connection).await.map_err(classify),
    }
}

/// Brings the tables to this version's form, or leaves them as they were.
pub(super) async fn migrate(connection: &mut DbConnection) -> Result<(), CatalogError> {
    let known = MIGRATIONS.len() as i64;
    let mut transaction = connection.begin().await.map_err(classify)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *transaction).await.map_err(classify)?;
    let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(&mut *transaction).await.map_err(classify)?;
    if encoding != "UTF8" {
        return Err(CatalogError::Failed(format!("the database's encoding is {encoding}, it must be UTF8")));
    }
    let version = version(&mut transaction).await?;
    if version > known {
        return Err(CatalogError::Damaged(format!("it has version {version}, this program knows up to {known}")));
    }
    let done = usize::try_from(version).map_err(|_| CatalogError::Damaged(format!("it has version {version}")))?;
    for ddl in &MIGRATIONS[done..] {
        sqlx::raw_sql(AssertSqlSafe(dialect(ddl))).execute(&mut *transaction).await.map_err(classify)?;
    }
    sqlx::query(LEASE).execute(&mut *transaction).await.map_err(classify)?;
    sqlx::query("UPDATE catalog_version SET version = $1").bind(known).execute(&mut *transaction).await.map_err(classify)?;
    transaction.commit().await.map_err(classify)
}

/// SQLite's DDL as PostgreSQL has it: bytes are called otherwise, and text is ordered by its bytes, as it is everywhere else.
fn dialect(ddl: &str) -> String {
    ddl.replace("BLOB", "BYTEA").replace(" TEXT", " TEXT COLLATE \"C\"")
}

/// What an error means that is not the answer to a commit: nothing has changed.
pub(super) fn classify(error: sqlx::Error) -> CatalogError {
    const CORRUPT: [&str; 3] = ["XX000", "XX001", "XX002"];
    match error.as_database_error().and_then(|error| error.code()) {
        Some(code) if CORRUPT.contains(&&*code) => CatalogError::Damaged(error.to_string()),
        _ if is_unreachable(&error) => CatalogError::Unreachable(error.to_string()),
        _ => CatalogError::Failed(error.to_string()),
    }
}

/// Whether the database did not answer, or said that it goes away, or that it cannot take us now.
fn is_unreachable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P") || code.starts_with("53"))
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// Whether the answer to a commit says that the transaction was rolled back: a constraint, or a conflict. 40003 says that nobody knows.
pub(super) fn is_rolled_back(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.starts_with("23") || code.starts_with("40") && code != "40003")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ddl_has_no_word_of_sqlite_left() {
        for ddl in MIGRATIONS {
            let translated = dialect(ddl);
            assert!(!translated.contains("BLOB"));
            assert_eq!(translated.matches(" TEXT").count(), translated.matches(" TEXT COLLATE \"C\"").count());
        }
    }

    #[test]
    fn a_url_is_shown_without_user_and_password() {
        let shown = |url| shown(&options(url).unwrap());
        assert_eq!(shown("postgres://me:s3cret@db.example/hive?sslmode=disable"), "postgres://db.example:5432/hive");
        assert_eq!(shown("postgres://me:s3cret@10.1.2.3:5433"), "postgres://10.1.2.3:5433/me");
        assert_eq!(shown("postgres:///hive?user=me&password=s3cret&host=/run/pg"), "postgres:///hive?host=/run/pg&port=5432");
    }

    #[test]
    fn a_wrong_url_is_refused_without_its_password() {
        let error = options("postgres://me:s3cret@[/x").expect_err("no address");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
