//! What was run: the newest queries of each person.

use crate::check;
use crate::error::LibraryError;
use crate::shelf::{Item, Shelf, Sort};
use glasshive_model::EnvironmentId;
use serde::{Deserialize, Serialize};

/// Queries that one person runs and an environment remembers.
const OWN_MOST: usize = 500;

/// A query that was run, once or several times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The query as text, as it stood in the address.
    pub query: String,
    /// From when on was asked, as it stood in the address: `-2h`, or a time.
    #[serde(default)]
    pub from: String,
    /// Until when was asked.
    #[serde(default)]
    pub to: String,
    /// How often it was run.
    #[serde(default)]
    pub times: u64,
}

impl Sort for Run {
    const KIND: &'static str = "run";
    const NOUN: &'static str = "run";
    const PLURAL: &'static str = "runs";
    const MOST: usize = 5_000;

    fn check(&self) -> Result<(), LibraryError> {
        check::length("a query", &self.query, 1, check::QUERY_CHARS)?;
        check::length("a time", &self.from, 0, 64)?;
        check::length("a time", &self.to, 0, 64)
    }
}

/// What was run in each environment, by whom.
pub struct History {
    runs: Shelf<Run>,
}

impl History {
    pub(crate) fn new(runs: Shelf<Run>) -> Self {
        Self { runs }
    }

    /// Those of an environment, newest first; of one person only, and with this text in the query whatever its case, where given.
    pub fn list(&self, environment: EnvironmentId, by: Option<&str>, search: &str) -> Vec<Item<Run>> {
        let search = search.to_lowercase();
        let is_wanted = |item: &Item<Run>| by.is_none_or(|by| item.made_by == by) && item.content.query.to_lowercase().contains(&search);
        let mut found = self.runs.select(environment, is_wanted);
        found.sort_by_key(|item| std::cmp::Reverse((item.updated_ns, item.version)));
        found
    }

    /// Notes that a query was run. One that its runner ran before moves to the top; where there are too many, the oldest are
    /// forgotten.
    ///
    /// # Errors
    /// As [`LibraryError`] says.
    pub async fn note(&self, environment: EnvironmentId, run: Run, by: &str) -> Result<Item<Run>, LibraryError> {
        run.check()?;
        let change = self.runs.begin().await;
        let own = |item: &Item<Run>| item.made_by == by;
        if let Some(before) = self.runs.select(environment, |item| own(item) && item.content.query == run.query).pop() {
            let times = before.content.times + 1;
            return change.put(before, Run { times, ..run }, by).await;
        }
        let (mine, all) = (self.runs.select(environment, own), self.runs.list(environment));
        let crowd = match mine.len() >= OWN_MOST {
            true => mine,
            false if all.len() >= Run::MOST => all,
            false => Vec::new(),
        };
        if let Some(oldest) = crowd.into_iter().min_by_key(|item| (item.updated_ns, item.version)) {
            change.remove(&oldest).await?;
        }
        change.insert(environment, Run { times: 1, ..run }, by).await
    }

    /// Forgets what a person ran; says how many.
    ///
    /// # Errors
    /// As [`LibraryError`] says.
    pub async fn forget(&self, environment: EnvironmentId, by: &str) -> Result<usize, LibraryError> {
        let change = self.runs.begin().await;
        let own = self.runs.select(environment, |item| item.made_by == by);
        for item in &own {
            change.remove(item).await?;
        }
        Ok(own.len())
    }
}
