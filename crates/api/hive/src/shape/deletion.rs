//! Deletions of rows, and the proof of them.

use super::Nanoseconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which rows to delete: those that meet every condition that is given. A trace or a value must be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeletionFilter {
    /// The trace they are of, in any spelling that is taken for a trace id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Attributes by the names they were sent with, and their values as text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub equals: BTreeMap<String, String>,
    /// The dataset they are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Event time from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ns: Option<Nanoseconds>,
    /// Event time before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_ns: Option<Nanoseconds>,
}

/// Deletions, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deletions {
    /// Every one that was ever asked for in the environment.
    pub deletions: Vec<Deletion>,
}

/// A deletion that was asked for, and what it has come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deletion {
    /// Its number.
    pub id: u64,
    /// When it was asked for.
    pub asked_ns: Nanoseconds,
    /// By whom.
    pub asked_by: String,
    /// Which rows, of those that were readable then.
    pub filter: DeletionFilter,
    /// What it has come to; left out while it is not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<FinishedDeletion>,
}

/// A deletion that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FinishedDeletion {
    /// When.
    pub at_ns: Nanoseconds,
    /// Rows deleted.
    pub rows: u64,
    /// Files that held them.
    pub files: u64,
}

/// Whether the clock is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmedClock {
    /// The time that is believed.
    pub time_ns: Nanoseconds,
}
