//! The way of a request into the store.

use super::Inner;
use crate::ingest::STOPPING;
use crate::live::{Published, merge};
use crate::log::meta::{StoredMeta, kept_names};
use crate::log::queue::Pending;
use crate::log::record::LogRecord;
use crate::log::window::Seen;
use crate::planted::PlantedBug;
use glasshive_model::{Appended, EnvironmentId, Rows, SinkError, Submission, limits};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Live rows may take so many times the memory at which a flush begins.
const LIVE_BYTES_FACTOR: usize = 2;

impl Inner {
    pub async fn append(&self, submission: Submission) -> Result<Appended, SinkError> {
        self.ingest.check()?;
        check_limits(&submission)?;
        self.check_room(0)?;
        self.ensure_environment(submission.environment).await?;
        let Submission { environment, received_ns, meta, codec, body, body_hash, rows } = submission;
        let meta = StoredMeta { meta, body_hash, rows: rows.len() as u32, datasets: kept_names(rows.dataset_slugs()) };
        let record = Arc::new(LogRecord::of_body(environment, received_ns, meta, codec, body));
        let identity = record.identity();
        match self.enqueue(record, rows, identity)? {
            Way::Queued(answer) => answer.await.unwrap_or_else(|_| Err(stopping())),
            Way::Known => {
                self.numbers.duplicates.increment();
                Ok(Appended::Duplicate)
            }
            Way::InFlight(fate) => {
                fate.await.unwrap_or_else(|_| Err(stopping()))?;
                self.numbers.duplicates.increment();
                Ok(Appended::Duplicate)
            }
        }
    }

    /// Puts a request into window and queue, both or neither.
    fn enqueue(&self, record: Arc<LogRecord>, rows: Arc<Rows>, identity: u128) -> Result<Way, SinkError> {
        let now = self.now();
        let mut window = self.window();
        match window.see(identity, now) {
            Seen::Stored => return Ok(Way::Known),
            Seen::InFlight(fate) if !self.config.is_planted(PlantedBug::WindowIgnoresInFlight) => return Ok(Way::InFlight(fate)),
            Seen::InFlight(_) | Seen::New => {}
        }
        let (answer, answered) = oneshot::channel();
        if let Err(error) = self.queue.push(Pending { record, rows, identity, answer }) {
            window.settle(identity, &Err(error.clone()), now);
            return Err(error);
        }
        Ok(Way::Queued(answered))
    }

    pub fn admit(&self, bytes: usize) -> Result<(), SinkError> {
        self.ingest.check()?;
        self.check_room(bytes)
    }

    fn check_room(&self, bytes: usize) -> Result<(), SinkError> {
        let live = usize::try_from(self.numbers.live_bytes.get()).unwrap_or(0);
        if live > self.config.live_bytes.saturating_mul(LIVE_BYTES_FACTOR) {
            return Err(SinkError::Busy { queued_bytes: live });
        }
        self.queue.admits(bytes)
    }

    /// An environment that another part has made since the start is looked up in the catalog.
    async fn ensure_environment(&self, id: EnvironmentId) -> Result<(), SinkError> {
        if self.state().environments.contains_key(&id) {
            return Ok(());
        }
        let loaded = self.world.catalog.load().await;
        let loaded = loaded.map_err(|error| SinkError::Stopped { reason: error.to_string() })?;
        let mut state = self.state();
        for row in loaded.environments {
            state.environments.entry(row.id).or_default().slug = row.slug;
        }
        match state.environments.contains_key(&id) {
            true => Ok(()),
            false => Err(SinkError::Refused { reason: format!("environment {} does not exist", id.0) }),
        }
    }

    /// Makes the rows of durable records readable, all at once.
    pub fn publish(&self, published: Vec<Published>) {
        let now = self.now();
        let mut state = self.state();
        let mut chunks = Vec::with_capacity(published.len());
        for record in published {
            self.numbers.appended_events.add(record.rows.len() as u64);
            chunks.extend(state.publish(record, now));
        }
        let (rows, bytes) = state.live_size();
        let fresh_rows = state.unfrozen_rows;
        let is_mergeable = state.merge_candidate(self.config.seal_rows).is_some();
        drop(state);
        self.numbers.live_rows.set(rows as i64);
        self.numbers.live_bytes.set(bytes as i64);
        for chunk in chunks {
            // Nobody may be following.
            drop(self.tail.send(chunk));
        }
        if is_mergeable {
            self.keeper.notify_one();
        }
        if fresh_rows >= self.config.flush_rows || bytes >= self.config.live_bytes {
            self.flusher.notify_one();
        }
    }

    /// Merges one run of neighbouring live chunks, if there is one worth it.
    pub fn merge_some(&self) -> bool {
        let (parts, id) = {
            let mut state = self.state();
            let Some(parts) = state.merge_candidate(self.config.seal_rows) else { return false };
            (parts, state.chunk_id())
        };
        let merged = merge(id, parts[0].class(), &parts, None, &BTreeSet::new());
        self.state().replace_merged(&parts, merged);
        true
    }
}

/// How a request that wants in goes on.
enum Way {
    Queued(oneshot::Receiver<Result<Appended, SinkError>>),
    Known,
    InFlight(oneshot::Receiver<Result<(), SinkError>>),
}

fn check_limits(submission: &Submission) -> Result<(), SinkError> {
    let rows = submission.rows.len();
    debug_assert!(rows > 0, "a request without rows is not appended");
    if rows > limits::ROWS_PER_REQUEST {
        return Err(SinkError::Refused { reason: format!("a request of {rows} events; the limit is {}", limits::ROWS_PER_REQUEST) });
    }
    Ok(())
}

fn stopping() -> SinkError {
    SinkError::Stopped { reason: STOPPING.to_owned() }
}
