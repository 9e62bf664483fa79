//! What was done about people and keys, and by whom.

use crate::error::AccountError;
use crate::keep::{Keep, Kept};
use crate::secret::random_id;
use glasshive_base::Clock;
use glasshive_store::catalog::DefinitionRow;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Entries that are kept; the oldest make room.
const ENTRIES_MAX: usize = 10_000;
/// Failures that are kept of one minute: whoever tries many passwords does not write the history of others away.
const FAILURES_PER_MINUTE: u32 = 30;
const MINUTE: Duration = Duration::from_secs(60);
/// Characters of a text in an entry.
const TEXT_CHARS: usize = 200;

/// Something that was done, or tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When, ns since 1970.
    pub at_ns: i64,
    /// By whom: an account's name, `key 5`, `console`.
    pub who: String,
    /// From which address; empty where there is none.
    pub from: String,
    /// What.
    pub action: String,
    /// To what; empty where the action says it all.
    pub object: String,
    /// Whether it was done; else it was refused.
    pub done: bool,
}

impl Kept for AuditEntry {
    const KIND: &'static str = "account-audit";
}

pub(crate) struct Audit {
    keep: Keep,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Newest last; each with its row.
    entries: VecDeque<(u64, AuditEntry)>,
    minute: Option<Duration>,
    failures: u32,
}

impl Audit {
    pub(crate) fn open(keep: Keep, clock: Arc<dyn Clock>, rows: &[DefinitionRow]) -> Self {
        let mut entries: Vec<(u64, AuditEntry)> = crate::keep::read(rows).map(|(row, _, entry)| (row, entry)).collect();
        entries.sort_by_key(|(_, entry)| entry.at_ns);
        Self { keep, clock, state: Mutex::new(State { entries: entries.into(), ..State::default() }) }
    }

    /// Newest first.
    pub(crate) fn entries(&self, limit: usize) -> Vec<AuditEntry> {
        self.lock().entries.iter().rev().take(limit).map(|(_, entry)| entry.clone()).collect()
    }

    /// Notes something. What could not be kept is said in the log: the thing itself is done.
    pub(crate) async fn note(&self, who: &str, from: &str, action: &str, object: &str, done: bool) {
        if !done && !self.may_keep_failure() {
            return;
        }
        let cut = |text: &str| text.chars().take(TEXT_CHARS).collect::<String>();
        let at_ns = self.clock.wall_ns();
        let entry = AuditEntry { at_ns, who: cut(who), from: cut(from), action: cut(action), object: cut(object), done };
        if let Err(error) = self.keep_entry(entry).await {
            tracing::warn!(%error, "an entry of the audit was not kept");
        }
    }

    async fn keep_entry(&self, entry: AuditEntry) -> Result<(), AccountError> {
        let name = format!("{:020}-{}", entry.at_ns, random_id()?);
        let Some(row) = self.keep.insert(&name, &entry, entry.at_ns).await? else { return Ok(()) };
        let oldest = {
            let mut state = self.lock();
            state.entries.push_back((row, entry));
            if state.entries.len() > ENTRIES_MAX { state.entries.pop_front() } else { None }
        };
        if let Some((row, _)) = oldest {
            self.keep.delete(row).await?;
        }
        Ok(())
    }

    fn may_keep_failure(&self) -> bool {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        if state.minute.is_none_or(|start| now.saturating_sub(start) >= MINUTE) {
            (state.minute, state.failures) = (Some(now), 0);
        }
        state.failures += 1;
        state.failures <= FAILURES_PER_MINUTE
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
