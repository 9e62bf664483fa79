//! How long events are kept.

use super::file::{RetentionTable, RuleTable};
use super::{Picker, Setting, unit};
use crate::cli::ServerFlags;
use anyhow::{Context, Result, ensure};
use glasshive_model::SignalClass;
use glasshive_store::{Retention, RetentionRule};
use std::fmt::Write as _;
use std::time::Duration;

/// What keeps everything.
const FOREVER: &str = "forever";
/// Nothing goes sooner: rows are in memory for a while before they are in files.
const KEEP_LEAST: Duration = Duration::from_secs(3_600);
/// Less room than this holds next to nothing.
const BYTES_LEAST: u64 = 64 << 20;

/// How long events are kept.
#[derive(Debug, Clone)]
pub struct Keep {
    /// What no rule speaks of; `None` = for ever.
    pub keep: Setting<Option<Duration>>,
    /// Bytes of data files beyond which the oldest go; `None` = however much it is.
    pub max_bytes: Setting<Option<u64>>,
    /// What is kept for another time.
    pub rules: Setting<Vec<RetentionRule>>,
}

impl Keep {
    pub(super) fn resolve(pick: &Picker<'_>, flags: &ServerFlags, file: RetentionTable) -> Result<Self> {
        let keep = pick.one("retention_keep", flags.retention_keep.clone(), file.keep, FOREVER.to_owned());
        let max_bytes = pick.maybe("retention_max_bytes", flags.retention_max_bytes.clone(), file.max_bytes);
        let bytes = |text: String| unit::bytes(&text).map(|bytes| bytes as u64).context("--retention-max-bytes");
        let rules = |rules: Vec<RuleTable>| rules.into_iter().map(rule).collect();
        let found = Self {
            keep: keep.map(|text| duration(&text).context("--retention-keep")).transpose()?,
            max_bytes: max_bytes.map(|text| text.map(bytes).transpose()).transpose()?,
            // The file alone has them: they do not fit into a flag.
            rules: pick.of_file(file.rules).map(rules).transpose()?,
        };
        if let Some(bytes) = found.max_bytes.value {
            let shown = unit::shown_bytes;
            ensure!(bytes >= BYTES_LEAST, "retention.max_bytes is {}; {} are the least", shown(bytes), shown(BYTES_LEAST));
        }
        Ok(found)
    }

    /// As the store takes it.
    pub fn retention(&self) -> Retention {
        let Self { keep, max_bytes, rules } = self;
        Retention { keep: keep.value, rules: rules.value.clone(), max_bytes: max_bytes.value, ..Retention::default() }
    }
}

fn rule(table: RuleTable) -> Result<RetentionRule> {
    let class = |word: String| {
        let known = || SignalClass::ALL.map(SignalClass::word).join(", ");
        SignalClass::from_word(&word).with_context(|| format!("retention.rules: `{word}` is no class of events; there are {}", known()))
    };
    let keep = duration(&table.keep).context("retention.rules")?;
    let keep = keep.context("retention.rules: a rule says for how long; leave it out, and retention.keep too, to keep events for ever")?;
    Ok(RetentionRule { environment: table.environment, class: table.class.map(class).transpose()?, dataset: table.dataset, keep })
}

/// Reads `60d` or `forever`.
fn duration(text: &str) -> Result<Option<Duration>> {
    if text.trim() == FOREVER {
        return Ok(None);
    }
    let keep = unit::duration(text)?;
    ensure!(keep >= KEEP_LEAST, "{text} is less than an hour, the least that events are kept");
    Ok(Some(keep))
}

/// As people write it.
pub fn shown(keep: Option<Duration>) -> String {
    keep.map_or(FOREVER.to_owned(), unit::shown_duration)
}

/// A rule in words.
pub fn shown_rule(rule: &RetentionRule) -> String {
    let mut words = String::new();
    let class = rule.class.map(SignalClass::word);
    for (name, value) in [("environment", rule.environment.as_deref()), ("class", class), ("dataset", rule.dataset.as_deref())] {
        if let Some(value) = value {
            let _ = write!(words, "{name} {value}, ");
        }
    }
    format!("{words}{}", unit::shown_duration(rule.keep))
}
