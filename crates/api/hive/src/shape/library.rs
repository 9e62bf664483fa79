//! Saved queries, markers, and what was run.

use super::Nanoseconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Saved queries, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedQueries {
    /// Those of the environment.
    pub queries: Vec<SavedQuery>,
}

/// A query with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedQuery {
    /// What addresses name it by.
    pub id: String,
    /// How often it was changed, the making counted.
    pub version: u64,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The query as text.
    pub query: String,
    /// Who made it.
    pub made_by: String,
    /// Who changed it last.
    pub changed_by: String,
    /// When it was made.
    pub created_ns: Nanoseconds,
    /// When it was last changed.
    pub updated_ns: Nanoseconds,
}

/// A query to be kept under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSavedQuery {
    /// What it is called; 1 to 320 characters.
    pub name: String,
    /// What it is for; at most 1,023 characters.
    #[serde(default)]
    pub description: String,
    /// The query as text.
    pub query: String,
}

/// What a saved query is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedSavedQuery {
    /// The version that was changed. Status 409 when it is not the last one.
    pub version: u64,
    /// What it is called; 1 to 320 characters.
    pub name: String,
    /// What it is for; at most 1,023 characters.
    #[serde(default)]
    pub description: String,
    /// The query as text.
    pub query: String,
}

/// Markers, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Markers {
    /// Those of the environment that were asked for; of many the newest 1,000.
    pub markers: Vec<Marker>,
    /// How many of the older ones were left out.
    pub left_out: usize,
}

/// Something that happened at a time, or lasted for a while; graphs over time show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Marker {
    /// What addresses name it by.
    pub id: String,
    /// How often it was changed, the making counted.
    pub version: u64,
    /// When it happened or began.
    pub start_ns: Nanoseconds,
    /// When it ended, where it lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ns: Option<Nanoseconds>,
    /// What happened.
    pub text: String,
    /// What sort of thing, such as `deploy`.
    #[serde(rename = "type")]
    pub sort: String,
    /// Where there is more about it; empty where there is nothing.
    pub url: String,
    /// `#RRGGBB`, where it looks other than its type does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// The dataset whose graphs show it; left out where all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Who made it.
    pub made_by: String,
    /// When it was made.
    pub created_ns: Nanoseconds,
    /// When it was last changed.
    pub updated_ns: Nanoseconds,
}

/// A marker to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMarker {
    /// When it happened or began; now when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ns: Option<Nanoseconds>,
    /// When it ended, where it lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ns: Option<Nanoseconds>,
    /// What happened; 1 to 1,000 characters.
    pub text: String,
    /// What sort of thing, such as `deploy`; at most 100 characters.
    #[serde(default, rename = "type")]
    pub sort: String,
    /// Where there is more about it: an address that begins with https://, http:// or /.
    #[serde(default)]
    pub url: String,
    /// `#RRGGBB`, where it is to look other than its type does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// The dataset whose graphs are to show it; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
}

/// What a marker is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedMarker {
    /// The version that was changed. Status 409 when it is not the last one.
    pub version: u64,
    /// When it happened or began.
    pub start_ns: Nanoseconds,
    /// When it ended, where it lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ns: Option<Nanoseconds>,
    /// What happened; 1 to 1,000 characters.
    pub text: String,
    /// What sort of thing, such as `deploy`; at most 100 characters.
    #[serde(default, rename = "type")]
    pub sort: String,
    /// Where there is more about it: an address that begins with https://, http:// or /.
    #[serde(default)]
    pub url: String,
    /// `#RRGGBB`, where it is to look other than its type does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// The dataset whose graphs are to show it; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
}

/// What was run, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// Those that were asked for.
    pub runs: Vec<Run>,
    /// How many more there are.
    pub left_out: usize,
}

/// A query that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// What it is named by.
    pub id: String,
    /// The query as text.
    pub query: String,
    /// From when on was asked, as addresses say it.
    pub from: String,
    /// Until when was asked.
    pub to: String,
    /// How often this person ran it.
    pub times: u64,
    /// Who ran it.
    pub by: String,
    /// When it was last run.
    pub at_ns: Nanoseconds,
}

/// A query that is run, to be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// The query as text.
    pub query: String,
    /// From when on is asked, as addresses say it.
    #[serde(default)]
    pub from: String,
    /// Until when is asked.
    #[serde(default)]
    pub to: String,
}

/// What was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Forgotten {
    /// How many runs.
    pub runs: usize,
}
