//! Deleting rows, and saying that the clock is right.

use crate::access;
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::deletion::{ConfirmedClock, Deletion, DeletionFilter, Deletions, FinishedDeletion};
use futures_util::future::{Either, select};
use glasshive_base_http::Response;
use glasshive_model::Action;
use glasshive_store::catalog::DeletionRow;
use glasshive_store::{DeleteError, RowFilter};
use std::pin::pin;
use std::time::Duration;

/// How long an answer waits for the deletion to be done.
const PATIENCE: Duration = Duration::from_secs(10);

/// Notes a deletion; answers when it is done, or after a while.
pub async fn delete(mut call: Call) -> Result<Response, Failure> {
    let filter: DeletionFilter = call.body().await?;
    let open = call.open()?;
    let asked = open.store.ask_deletion(call.environment, row_filter(filter), &call.caller.name()).await.map_err(failure)?;
    let done = open.store.wait_for_deletion(asked.id);
    let row = match select(pin!(done), call.hive.clock.sleep(PATIENCE)).await {
        Either::Left((done, _)) => done.map_err(failure)?,
        Either::Right(_) => asked,
    };
    ok(&shown(row))
}

/// Every deletion of the environment.
pub async fn deletions(call: Call) -> Result<Response, Failure> {
    let known = call.open()?.store.deletions().await.map_err(failure)?;
    let mine = known.into_iter().filter(|row| row.environment == call.environment);
    ok(&Deletions { deletions: mine.map(shown).collect() })
}

/// The wall clock is right, whatever it did. Only who administers the team may say so.
pub async fn confirm_clock(call: Call) -> Result<Response, Failure> {
    if !call.caller.may_everywhere(Action::Administer) {
        return Err(access::forbidden(Action::Administer));
    }
    call.open()?.store.confirm_clock();
    ok(&ConfirmedClock { time_ns: Nanoseconds(call.hive.clock.wall_ns()) })
}

fn row_filter(filter: DeletionFilter) -> RowFilter {
    RowFilter {
        trace_id: filter.trace_id,
        equals: filter.equals,
        dataset: filter.dataset,
        time_from_ns: filter.from_ns.map(|at| at.0),
        time_to_ns: filter.to_ns.map(|at| at.0),
    }
}

fn shown(row: DeletionRow) -> Deletion {
    // What an older version noted and this one cannot read is still a deletion.
    let filter: RowFilter = serde_json::from_str(&row.filter).unwrap_or_default();
    Deletion {
        id: row.id,
        asked_ns: Nanoseconds(row.asked_ns),
        asked_by: row.asked_by,
        filter: DeletionFilter {
            trace_id: filter.trace_id,
            equals: filter.equals,
            dataset: filter.dataset,
            from_ns: filter.time_from_ns.map(Nanoseconds),
            to_ns: filter.time_to_ns.map(Nanoseconds),
        },
        finished: row.finished.map(|done| FinishedDeletion { at_ns: Nanoseconds(done.at_ns), rows: done.rows, files: done.files }),
    }
}

fn failure(error: DeleteError) -> Failure {
    let failure = Failure::new(error.kind(), error.to_string());
    match error {
        DeleteError::TooWide => failure.with_remedy("give trace_id, or equals with an attribute and its value"),
        _ => failure,
    }
}
