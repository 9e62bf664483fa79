//! Events as they arrive, as server-sent events.

use super::field::KeptFields;
use super::query::{engine_failure, plan_failure};
use crate::access::Caller;
use crate::endpoint::Call;
use crate::hive::Hive;
use crate::problem::Failure;
use crate::shape::row::Row;
use bytes::Bytes;
use futures_util::stream;
use glasshive_base::metrics::Counter;
use glasshive_base_http::{BoxError, Response, response};
use glasshive_query_engine::Follower;
use glasshive_query_plan::{EventsRequest, Relation, TimeRange, text};
use glasshive_store::Tail;
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Silence after which a comment is sent, so that proxies and clients see that the stream lives.
const PULSE: Duration = Duration::from_secs(15);
/// How often it is looked whether who follows still may: a key that is switched off and a session that ends stop it.
const LOOK: Duration = Duration::from_secs(1);
/// Rows of one chunk that are sent; more than a person can read, and what is left out is told.
const ROWS_PER_CHUNK: usize = 1_000;

/// Follows what arrives until the client goes away or the server stops.
pub async fn run(call: Call) -> Result<Response, Failure> {
    let filter = call.query("filter").unwrap_or_default();
    let filters = text::parse_filters(&filter).map_err(plan_failure)?;
    if let Some(column) = filters.conditions.iter().map(|condition| &condition.column).find(|column| Relation::split(column).is_some()) {
        let why = "other spans are not known when an event arrives";
        return Err(Failure::invalid(format!("{why}; if {column} is a column's own name, write ={column}")));
    }
    let open = call.open()?;
    // Which window does not matter to a follower.
    let time = TimeRange::last(1, call.hive.clock.wall_ns()).map_err(plan_failure)?;
    let request = KeptFields::of(&call, &open).in_events(&EventsRequest { filters, ..EventsRequest::all(time) })?;
    let metrics = call.hive.metrics.clone();
    let missed = |what| metrics.counter("glasshive_tail_missed_total", "What followers were too slow for.", &[("what", what)]);
    let following = Following {
        follower: open.engine.follow(call.environment, &request),
        tail: open.store.subscribe(),
        told_missed: 0,
        missed_chunks: missed("chunks"),
        missed_rows: missed("rows"),
        stopping: call.hive.watch_stopping(),
        caller: call.caller,
        hive: call.hive,
    };
    // The first bytes tell the client at once that it is connected.
    let hello = stream::once(std::future::ready(Ok(Bytes::from_static(b": following\n\n"))));
    let events = stream::unfold(following, |mut following| async move { Some((following.next().await?, following)) });
    let body = futures_util::StreamExt::chain(hello, events);
    Ok(response::stream(StatusCode::OK, "text/event-stream", Box::pin(body)))
}

struct Following {
    follower: Follower,
    tail: Tail,
    told_missed: u64,
    missed_chunks: Counter,
    missed_rows: Counter,
    stopping: watch::Receiver<bool>,
    caller: Caller,
    hive: Arc<Hive>,
}

impl Following {
    /// The next piece of the stream; `None` ends it.
    async fn next(&mut self) -> Option<Result<Bytes, BoxError>> {
        let mut silent = Duration::ZERO;
        loop {
            let chunk = tokio::select! {
                chunk = self.tail.next() => Some(chunk?),
                _ = self.stopping.wait_for(|is_stopping| *is_stopping) => return None,
                () = tokio::time::sleep(LOOK) => None,
            };
            if !self.caller.stands(&self.hive) {
                return None;
            }
            let Some(chunk) = chunk else {
                silent += LOOK;
                if silent < PULSE {
                    continue;
                }
                return Some(Ok(Bytes::from_static(b": still here\n\n")));
            };
            let mut out = Vec::new();
            let missed = self.tail.missed();
            if missed > self.told_missed {
                self.missed_chunks.add(missed - self.told_missed);
                out.extend_from_slice(&event("missed", &json!({ "chunks": missed - self.told_missed })));
                self.told_missed = missed;
            }
            match self.follower.rows(&chunk) {
                Ok(rows) => {
                    let left_out = rows.len().saturating_sub(ROWS_PER_CHUNK);
                    for row in rows.into_iter().take(ROWS_PER_CHUNK) {
                        out.extend_from_slice(&event("row", &Row::from(row)));
                    }
                    if left_out > 0 {
                        self.missed_rows.add(left_out as u64);
                        out.extend_from_slice(&event("missed", &json!({ "rows": left_out })));
                    }
                }
                Err(error) => return Some(Err(engine_failure(error).detail.into())),
            }
            if !out.is_empty() {
                return Some(Ok(Bytes::from(out)));
            }
        }
    }
}

fn event(name: &str, data: &impl serde::Serialize) -> Bytes {
    response::server_sent_event(name, &serde_json::to_string(data).unwrap_or_default())
}
