//! The questions that run now, so that they can be called off by their id.

use crate::problem::Failure;
use glasshive_base::ErrorKind;
use glasshive_model::EnvironmentId;
use glasshive_query_engine::Cancel;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of the longest id that an asker may choose.
const ID_BYTES: usize = 64;
/// Characters of a question's text that are shown.
const TEXT_CHARS: usize = 1_000;

/// One question that runs.
#[derive(Debug, Clone)]
pub struct Running {
    /// What was asked: `query`, `events`, `compare`, `export`, `trace`, `columns`, `values` or `metrics`.
    pub kind: &'static str,
    /// Its text, cut to what fits a line or two.
    pub text: String,
    /// When it was asked, ns since 1970.
    pub started_ns: i64,
    cancel: Cancel,
}

/// All that run, by environment and id.
#[derive(Debug, Default)]
pub struct RunningTable {
    running: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    asked: u64,
    running: BTreeMap<(EnvironmentId, String), Running>,
}

/// A question's place in the table; it leaves it when this is dropped.
pub struct Ticket {
    table: Arc<RunningTable>,
    key: (EnvironmentId, String),
    /// Given to the engine.
    pub cancel: Cancel,
}

impl RunningTable {
    /// Enters a question, under the id that its asker chose or one of ours.
    ///
    /// # Errors
    /// 400 for an id that cannot be one, 409 for one that runs.
    pub fn enter(
        self: &Arc<Self>,
        environment: EnvironmentId,
        chosen: Option<String>,
        kind: &'static str,
        text: &str,
        started_ns: i64,
    ) -> Result<Ticket, Failure> {
        if let Some(id) = &chosen
            && (id.len() > ID_BYTES || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
        {
            return Err(Failure::invalid(format!("an id of a query has at most {ID_BYTES} letters, digits, `-` and `_`")));
        }
        let mut state = self.state();
        state.asked += 1;
        let own = format!("q{}", state.asked);
        let key = (environment, chosen.unwrap_or(own));
        if state.running.contains_key(&key) {
            return Err(Failure::new(ErrorKind::Conflict, format!("a query with the id {} is running", key.1)));
        }
        let cancel = Cancel::default();
        let text = text.chars().take(TEXT_CHARS).collect();
        state.running.insert(key.clone(), Running { kind, text, started_ns, cancel: cancel.clone() });
        Ok(Ticket { table: self.clone(), key, cancel })
    }

    /// Those of an environment, by id.
    pub fn list(&self, environment: EnvironmentId) -> Vec<(String, Running)> {
        let state = self.state();
        let own = state.running.iter().filter(|((of, _), _)| *of == environment);
        own.map(|((_, id), running)| (id.clone(), running.clone())).collect()
    }

    /// Calls one off; whether it was running.
    pub fn call_off(&self, environment: EnvironmentId, id: &str) -> bool {
        let state = self.state();
        let found = state.running.get(&(environment, id.to_owned()));
        found.inspect(|running| running.cancel.cancel()).is_some()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.table.state().running.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: EnvironmentId = EnvironmentId(2);

    #[test]
    fn a_question_is_called_off_by_its_id_and_in_its_environment() {
        let table = Arc::new(RunningTable::default());
        let enter = |chosen: Option<&str>| table.enter(EnvironmentId::LOCAL, chosen.map(str::to_owned), "query", "COUNT", 7);
        let (chosen, given) = (enter(Some("mine")).unwrap(), enter(None).unwrap());
        assert_eq!(enter(Some("mine")).err().unwrap().kind, ErrorKind::Conflict);
        assert!(enter(Some("a b")).is_err() && enter(Some(&"a".repeat(65))).is_err());
        let ids = |environment| table.list(environment).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!((ids(EnvironmentId::LOCAL), ids(OTHER)), (vec!["mine".to_owned(), "q2".to_owned()], Vec::new()));
        assert!(!table.call_off(OTHER, "mine") && !chosen.cancel.is_cancelled());
        assert!(table.call_off(EnvironmentId::LOCAL, "mine") && chosen.cancel.is_cancelled() && !given.cancel.is_cancelled());
        drop(chosen);
        assert!(!table.call_off(EnvironmentId::LOCAL, "mine"));
        assert_eq!(ids(EnvironmentId::LOCAL), ["q2"]);
    }
}
