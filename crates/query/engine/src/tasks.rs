//! Several tasks of one query, ended together.

use crate::error::Failure;
use std::future::Future;
use tokio::task::JoinSet;

/// Tasks whose results are wanted all. Dropping it ends them.
pub(crate) struct Tasks<T>(JoinSet<Result<T, Failure>>);

impl<T> Default for Tasks<T> {
    fn default() -> Self {
        Self(JoinSet::new())
    }
}

impl<T: Send + 'static> Tasks<T> {
    pub(crate) fn spawn(&mut self, task: impl Future<Output = Result<T, Failure>> + Send + 'static) {
        self.0.spawn(task);
    }

    /// The results, in any order; the first failure ends the others.
    pub(crate) async fn all(mut self) -> Result<Vec<T>, Failure> {
        let mut results = Vec::new();
        while let Some(joined) = self.0.join_next().await {
            results.push(joined.map_err(|error| Failure::Defect(panic_text(error)))??);
        }
        Ok(results)
    }
}

/// What a task that did not end well said last.
pub(crate) fn panic_text(error: tokio::task::JoinError) -> String {
    let Ok(payload) = error.try_into_panic() else { return "a task was ended".to_owned() };
    let text = payload.downcast_ref::<String>().cloned().or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("panic: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
