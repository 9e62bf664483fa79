//! Saved queries, markers, and what was run.

use crate::access::Caller;
use crate::endpoint::{Call, ok};
use crate::hive::Hive;
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::library::{
    ChangedMarker, ChangedSavedQuery, Forgotten, History, Marker, Markers, NewMarker, NewRun, NewSavedQuery, Run, SavedQueries, SavedQuery,
};
use glasshive_base::ErrorKind;
use glasshive_base_http::Response;
use glasshive_feature_library::{self as kept, Item, Library, LibraryError};
use std::sync::Arc;

/// Who asks, as it is kept beside what they made.
pub(super) fn asker(caller: &Caller) -> String {
    caller.name()
}

/// Markers of one answer.
const MARKERS_MOST: usize = 1_000;
const RUNS_DEFAULT: usize = 100;
const RUNS_MOST: usize = 1_000;

/// What is kept of these sorts.
pub(super) fn library(call: &Call) -> Result<Arc<Library>, Failure> {
    of_hive(&call.hive)
}

fn of_hive(hive: &Hive) -> Result<Arc<Library>, Failure> {
    let missing = || Failure::new(ErrorKind::Unavailable, "boards, saved queries, markers and history are not kept here");
    hive.library().cloned().ok_or_else(missing)
}

pub(super) fn failure(error: LibraryError) -> Failure {
    let failure = Failure { position: error.position(), ..Failure::new(error.kind(), error.to_string()) };
    match error {
        LibraryError::Changed { .. } => failure.with_remedy("get it again, and put the change into that version"),
        LibraryError::TooMany { .. } => failure.with_remedy("take one out that nobody needs"),
        _ => failure,
    }
}

/// Saved queries of the environment.
pub async fn saved_queries(call: Call) -> Result<Response, Failure> {
    let mut queries: Vec<SavedQuery> = library(&call)?.queries.list(call.environment).into_iter().map(SavedQuery::from).collect();
    queries.sort_by_cached_key(|query| (query.name.to_lowercase(), query.id.clone()));
    ok(&SavedQueries { queries })
}

/// One of them.
pub async fn saved_query(call: Call) -> Result<Response, Failure> {
    let found = library(&call)?.queries.get(call.environment, call.param("id"));
    ok(&SavedQuery::from(found.map_err(failure)?))
}

/// Keeps a query under a name.
pub async fn save_query(mut call: Call) -> Result<Response, Failure> {
    let NewSavedQuery { name, description, query } = call.body().await?;
    let content = kept::SavedQuery { name, description, query };
    let made = library(&call)?.queries.create(call.environment, content, &asker(&call.caller)).await;
    ok(&SavedQuery::from(made.map_err(failure)?))
}

/// Puts another in the place of a version of it.
pub async fn update_saved_query(mut call: Call) -> Result<Response, Failure> {
    let ChangedSavedQuery { version, name, description, query } = call.body().await?;
    let content = kept::SavedQuery { name, description, query };
    let changed = library(&call)?.queries.replace(call.environment, call.param("id"), version, content, &asker(&call.caller)).await;
    ok(&SavedQuery::from(changed.map_err(failure)?))
}

/// Takes one out.
pub async fn delete_saved_query(call: Call) -> Result<Response, Failure> {
    let gone = library(&call)?.queries.delete(call.environment, call.param("id")).await;
    ok(&SavedQuery::from(gone.map_err(failure)?))
}

/// Markers of the environment, of a time and a dataset where given.
pub async fn markers(call: Call) -> Result<Response, Failure> {
    let from_ns = time(&call, "from")?.unwrap_or(i64::MIN);
    let to_ns = time(&call, "to")?.unwrap_or(i64::MAX);
    let dataset = call.query("dataset");
    let is_shown = |marker: &kept::Marker| dataset.is_none() || marker.dataset.is_none() || marker.dataset == dataset;
    let library = library(&call)?;
    let mut found = library.markers.select(call.environment, |item| item.content.is_within(from_ns, to_ns) && is_shown(&item.content));
    found.sort_by_key(|item| (item.content.start_ns, item.created_ns));
    let left_out = found.len().saturating_sub(MARKERS_MOST);
    ok(&Markers { markers: found.into_iter().skip(left_out).map(Marker::from).collect(), left_out })
}

/// Keeps a marker.
pub async fn create_marker(mut call: Call) -> Result<Response, Failure> {
    let NewMarker { start_ns, end_ns, text, sort, url, colour, dataset } = call.body().await?;
    let start_ns = start_ns.map_or_else(|| call.hive.clock.wall_ns(), |at| at.0);
    let content = kept::Marker { start_ns, end_ns: end_ns.map(|at| at.0), text, sort, url, colour, dataset };
    let made = library(&call)?.markers.create(call.environment, content, &asker(&call.caller)).await;
    ok(&Marker::from(made.map_err(failure)?))
}

/// Puts another in the place of a version of it.
pub async fn update_marker(mut call: Call) -> Result<Response, Failure> {
    let ChangedMarker { version, start_ns, end_ns, text, sort, url, colour, dataset } = call.body().await?;
    let content = kept::Marker { start_ns: start_ns.0, end_ns: end_ns.map(|at| at.0), text, sort, url, colour, dataset };
    let changed = library(&call)?.markers.replace(call.environment, call.param("id"), version, content, &asker(&call.caller)).await;
    ok(&Marker::from(changed.map_err(failure)?))
}

/// Takes one out.
pub async fn delete_marker(call: Call) -> Result<Response, Failure> {
    let gone = library(&call)?.markers.delete(call.environment, call.param("id")).await;
    ok(&Marker::from(gone.map_err(failure)?))
}

/// What was run, newest first.
pub async fn history(call: Call) -> Result<Response, Failure> {
    let limit = match call.query("limit").map(|limit| limit.parse()) {
        None => RUNS_DEFAULT,
        Some(Ok(limit @ 1..=RUNS_MOST)) => limit,
        Some(_) => return Err(Failure::invalid(format!("limit is a number from 1 to {RUNS_MOST}"))),
    };
    let by = match call.query("by").as_deref() {
        None => None,
        Some("me") => Some(asker(&call.caller)),
        Some(by) => Some(by.to_owned()),
    };
    let found = library(&call)?.history.list(call.environment, by.as_deref(), &call.query("search").unwrap_or_default());
    let left_out = found.len().saturating_sub(limit);
    ok(&History { runs: found.into_iter().take(limit).map(Run::from).collect(), left_out })
}

/// Remembers that a query is run.
pub async fn note_run(mut call: Call) -> Result<Response, Failure> {
    let NewRun { query, from, to } = call.body().await?;
    let run = kept::Run { query, from, to, times: 1 };
    let noted = library(&call)?.history.note(call.environment, run, &asker(&call.caller)).await;
    ok(&Run::from(noted.map_err(failure)?))
}

/// Forgets what the asker ran.
pub async fn forget_runs(call: Call) -> Result<Response, Failure> {
    let runs = library(&call)?.history.forget(call.environment, &asker(&call.caller)).await.map_err(failure)?;
    ok(&Forgotten { runs })
}

fn time(call: &Call, name: &str) -> Result<Option<i64>, Failure> {
    let wrong = |_| Failure::invalid(format!("{name} is a number of nanoseconds since 1970"));
    call.query(name).map(|text| text.parse().map_err(wrong)).transpose()
}

impl From<Item<kept::SavedQuery>> for SavedQuery {
    fn from(item: Item<kept::SavedQuery>) -> Self {
        Self {
            id: item.id,
            version: item.version,
            name: item.content.name,
            description: item.content.description,
            query: item.content.query,
            made_by: item.made_by,
            changed_by: item.changed_by,
            created_ns: Nanoseconds(item.created_ns),
            updated_ns: Nanoseconds(item.updated_ns),
        }
    }
}

impl From<Item<kept::Marker>> for Marker {
    fn from(item: Item<kept::Marker>) -> Self {
        let kept::Marker { start_ns, end_ns, text, sort, url, colour, dataset } = item.content;
        Self {
            id: item.id,
            version: item.version,
            start_ns: Nanoseconds(start_ns),
            end_ns: end_ns.map(Nanoseconds),
            text,
            sort,
            url,
            colour,
            dataset,
            made_by: item.made_by,
            created_ns: Nanoseconds(item.created_ns),
            updated_ns: Nanoseconds(item.updated_ns),
        }
    }
}

impl From<Item<kept::Run>> for Run {
    fn from(item: Item<kept::Run>) -> Self {
        let kept::Run { query, from, to, times } = item.content;
        Self { id: item.id, query, from, to, times, by: item.made_by, at_ns: Nanoseconds(item.updated_ns) }
    }
}
