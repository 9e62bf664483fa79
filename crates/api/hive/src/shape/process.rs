//! The server itself: readiness, refusals, figures.

use super::Nanoseconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the server is ready, check by check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Readiness {
    /// All checks hold.
    pub ready: bool,
    /// The checks.
    pub checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Its name.
    pub check: String,
    /// Whether it holds.
    pub ok: bool,
    /// Since when it has been as it is, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ns: Option<Nanoseconds>,
    /// Why it does not hold, or what to know about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// The last requests that were refused, newest first. Who may read one environment only sees those with a key of it or for a path of
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusals {
    /// How many were refused since the start; for who may read one environment only, how many are shown.
    pub total: u64,
    /// Those that are remembered.
    pub refusals: Vec<Refusal>,
}

/// One refused request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// When.
    pub time_ns: Nanoseconds,
    /// From where.
    pub peer: String,
    /// Over what.
    pub protocol: String,
    /// The route's name, or empty.
    pub route: String,
    /// Method and path.
    pub target: String,
    /// The status in the route's dialect.
    pub status: String,
    /// Why, in words.
    pub reason: String,
    /// The credential, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The hash of its payload, when that made the server fail; after three times such a payload is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

/// Figures of an environment's data and of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// Rows that are in memory and in the log, not yet in files.
    pub live_rows: u64,
    /// Rows in data files.
    pub file_rows: u64,
    /// Data files.
    pub files: u64,
    /// Bytes of data files.
    pub file_bytes: u64,
    /// Bytes of the write-ahead log.
    pub log_bytes: u64,
    /// Requests refused since the start.
    pub refused_requests: u64,
    /// The server's version.
    pub version: String,
}
