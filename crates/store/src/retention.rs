//! How long rows are kept: by the time at which they were received, whatever time they say they are of.
//!
//! A file goes once its newest row has been kept long enough. Where only some of its datasets have, it is written anew without
//! them. A clock that has jumped deletes nothing, see [`clock`].

pub(crate) mod clock;
#[cfg(test)]
mod tests;

use crate::catalog::FileRow;
use glasshive_model::SignalClass;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long rows are kept. `Default`: everything for ever, however much it is: nothing is deleted unless somebody asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// What no rule speaks of; `None` = for ever.
    pub keep: Option<Duration>,
    /// Of the rules that speak of a row the shortest applies.
    pub rules: Vec<RetentionRule>,
    /// Beyond so many bytes of data files the oldest partition of the largest environment goes, again and again; `None` =
    /// nothing is ever deleted for want of room.
    pub max_bytes: Option<u64>,
    /// How often files are looked through.
    pub every: Duration,
}

/// A rule for some rows; what is not named is any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    /// Slug of the environment.
    pub environment: Option<String>,
    /// What sort of rows.
    pub class: Option<SignalClass>,
    /// Slug of the dataset.
    pub dataset: Option<String>,
    /// How long they are kept.
    pub keep: Duration,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Stays,
    /// The rows of these datasets go.
    Without(BTreeSet<String>),
    Goes,
}

impl Default for Retention {
    fn default() -> Self {
        Self { keep: None, rules: Vec::new(), max_bytes: None, every: Duration::from_secs(600) }
    }
}

impl Retention {
    /// Whether no row ever goes for its age.
    pub(crate) fn is_for_ever(&self) -> bool {
        self.keep.is_none() && self.rules.is_empty()
    }

    /// How long the rows of a dataset are kept; `None` = for ever.
    pub fn keep(&self, environment: &str, class: SignalClass, dataset: &str) -> Option<Duration> {
        let speaks = |rule: &&RetentionRule| {
            rule.environment.as_deref().is_none_or(|of| of == environment)
                && rule.class.is_none_or(|of| of == class)
                && rule.dataset.as_deref().is_none_or(|of| of == dataset)
        };
        self.rules.iter().filter(speaks).map(|rule| rule.keep).min().or(self.keep)
    }

    /// What becomes of a file whose newest row was received at `received_ns`.
    pub(crate) fn verdict(&self, environment: &str, file: &FileRow, received_ns: i64, now_ns: i64) -> Verdict {
        let is_over = |slug: &str| {
            let keep = self.keep(environment, file.class, slug).map(|keep| i64::try_from(keep.as_nanos()).unwrap_or(i64::MAX));
            keep.is_some_and(|keep| received_ns < now_ns.saturating_sub(keep))
        };
        let over: BTreeSet<String> = file.datasets.iter().filter(|(slug, _)| is_over(slug)).map(|(slug, _)| slug.clone()).collect();
        match over.len() {
            0 => Verdict::Stays,
            all if all == file.datasets.len() => Verdict::Goes,
            _ => Verdict::Without(over),
        }
    }
}
