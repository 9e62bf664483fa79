//! The one connection, and what is known of the database while there is none.

use super::lease::Owner;
use super::{DbConnection, classify, connect, lease};
use crate::catalog::CatalogError;
use glasshive_base::{BoxFuture, Clock};
use sqlx::Connection as _;
use sqlx::postgres::PgConnectOptions;
use std::sync::{Arc, Mutex as StdMutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Mutex;

/// What runs on a connection, inside a transaction when it writes.
pub(super) type Work<T> = Box<dyn for<'c> FnOnce(&'c mut DbConnection) -> BoxFuture<'c, Result<T, CatalogError>> + Send>;

/// A place in turn, a connection, and who we are to the database.
pub(super) struct Session {
    options: PgConnectOptions,
    owner: Owner,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    reached: StdMutex<Reached>,
}

#[derive(Default)]
struct State {
    /// `None` after any error; the next call connects again.
    connection: Option<DbConnection>,
    /// Our epoch; `None` once closed.
    epoch: Option<i64>,
    /// The greatest snapshot that was committed or read.
    snapshot: i64,
    /// A commit was sent and its answer has not been seen: it may still be on its way.
    is_unsettled: bool,
}

/// What people are told while the database is away.
#[derive(Default)]
struct Reached {
    /// Since when it does not answer, on the monotonic clock.
    away_since: Option<Duration>,
}

// === impl Session ===

impl Session {
    pub fn new(options: PgConnectOptions, owner: Owner, clock: Arc<dyn Clock>) -> Self {
        Self { options, owner, clock, state: Mutex::default(), reached: StdMutex::default() }
    }

    /// The first connection: tables, lease, epoch.
    pub async fn open(&self) -> Result<(), CatalogError> {
        let mut state = self.state.lock().await;
        let mut connection = connect::connect_first(&self.options).await?;
        connect::migrate(&mut connection).await?;
        state.epoch = Some(lease::take(&mut connection, &self.owner).await?);
        state.snapshot = newest_snapshot(&mut connection).await?;
        state.connection = Some(connection);
        Ok(())
    }

    pub async fn close(&self) {
        let mut state = self.state.lock().await;
        let (connection, epoch) = (state.connection.take(), state.epoch.take());
        if let (Some(mut connection), Some(epoch)) = (connection, epoch) {
            if let Err(error) = lease::release(&mut connection, epoch).await {
                tracing::warn!(%error, "the catalog's lease was not given back; it ends by itself");
            }
            drop(connection.close().await);
        }
    }

    pub fn unreachable_for(&self) -> Option<Duration> {
        let since = self.reached.lock().unwrap_or_else(PoisonError::into_inner).away_since;
        since.map(|since| self.clock.monotonic().saturating_sub(since))
    }

    /// Runs one write transaction. The answer is `Ok` only when the database said that it is committed.
    pub async fn transact<T>(&self, work: Work<T>) -> Result<T, CatalogError> {
        let mut state = self.state.lock().await;
        let result = self.transact_once(&mut state, work).await;
        self.told(&state, result)
    }

    pub async fn read<T>(&self, work: Work<T>) -> Result<T, CatalogError> {
        let mut state = self.state.lock().await;
        let result = self.read_once(&mut state, work).await;
        self.told(&state, result)
    }

    async fn transact_once<T>(&self, state: &mut State, work: Work<T>) -> Result<T, CatalogError> {
        let epoch = state.epoch.ok_or_else(closed)?;
        let mut connection = self.take(state).await?;
        let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await.map_err(classify)?;
        // From here on no transaction of before is on its way, and none of another process comes between.
        lease::extend(&mut transaction, epoch).await?;
        state.is_unsettled = false;
        let before = newest_snapshot(&mut transaction).await?;
        not_older(state.snapshot, before)?;
        let value = match work(&mut transaction).await {
            Ok(value) => value,
            Err(error) => {
                // A connection that cannot even roll back is dropped; closing it rolls back.
                if transaction.rollback().await.is_ok() {
                    state.connection = Some(connection);
                }
                return Err(error);
            }
        };
        let after = newest_snapshot(&mut transaction).await?;
        state.is_unsettled = true;
        match transaction.commit().await {
            Ok(()) => {
                (state.is_unsettled, state.snapshot) = (false, after);
                state.connection = Some(connection);
                Ok(value)
            }
            Err(error) if connect::is_rolled_back(&error) => {
                state.is_unsettled = false;
                Err(CatalogError::Failed(error.to_string()))
            }
            Err(error) => Err(CatalogError::Uncertain(error.to_string())),
        }
    }

    async fn read_once<T>(&self, state: &mut State, work: Work<T>) -> Result<T, CatalogError> {
        state.epoch.ok_or_else(closed)?;
        let mut connection = self.take(state).await?;
        if state.is_unsettled {
            lease::settle(&mut connection).await?;
            state.is_unsettled = false;
        }
        let newest = newest_snapshot(&mut connection).await?;
        not_older(state.snapshot, newest)?;
        state.snapshot = newest;
        let value = work(&mut connection).await?;
        // After an error the next call starts from a fresh connection: cheap, and right for every cause.
        state.connection = Some(connection);
        Ok(value)
    }

    async fn take(&self, state: &mut State) -> Result<DbConnection, CatalogError> {
        match state.connection.take() {
            Some(connection) => Ok(connection),
            None => connect::connect(&self.options).await.map_err(classify),
        }
    }

    /// Remembers since when the database is away, and says so in place of the bare cause.
    fn told<T>(&self, state: &State, result: Result<T, CatalogError>) -> Result<T, CatalogError> {
        let now = self.clock.monotonic();
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        match &result {
            Err(CatalogError::Unreachable(cause)) => {
                let since = *reached.away_since.get_or_insert(now);
                tracing::debug!(cause, "the catalog does not answer");
                let away = crate::time::shown_duration(now.saturating_sub(since));
                Err(CatalogError::Unreachable(format!("for {away}; serving snapshot {}", state.snapshot)))
            }
            Err(CatalogError::Uncertain(_)) => {
                reached.away_since.get_or_insert(now);
                result
            }
            _ => {
                reached.away_since = None;
                result
            }
        }
    }
}

/// Extends the lease while nothing is committed, until the catalog is closed or dropped.
pub(super) async fn keep_lease(session: Weak<Session>) {
    loop {
        tokio::time::sleep(lease::LENGTH / 3).await;
        let Some(session) = session.upgrade() else { return };
        match session.transact(Box::new(|_| Box::pin(std::future::ready(Ok(()))))).await {
            Ok(()) => {}
            Err(error) if session.state.lock().await.epoch.is_none() => return tracing::debug!(%error, "the catalog is closed"),
            // Whoever commits is told.
            Err(error) => tracing::debug!(%error, "the catalog's lease was not extended"),
        }
    }
}

async fn newest_snapshot(connection: &mut DbConnection) -> Result<i64, CatalogError> {
    let newest: Option<i64> = sqlx::query_scalar("SELECT max(id) FROM snapshot").fetch_one(connection).await.map_err(classify)?;
    Ok(newest.unwrap_or(0))
}

fn not_older(seen: i64, found: i64) -> Result<(), CatalogError> {
    match found >= seen {
        true => Ok(()),
        false => Err(CatalogError::Fenced(format!("it went back from snapshot {seen} to {found}: an old copy answers in its place"))),
    }
}

fn closed() -> CatalogError {
    CatalogError::Failed("it is closed".to_owned())
}
