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
    /// Requests refused since the start, of all environments and of every kind.
    pub refused_requests: u64,
    /// Of them those that brought telemetry, or went where nothing is. The others are questions without a key or a sign-in, and what
    /// strangers asked.
    pub refused_sends: u64,
    /// The server's version.
    pub version: String,
}

/// How the server is, and how it was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Its version.
    pub version: String,
    /// `open` or `keys`.
    pub auth: String,
    /// When it was started.
    pub started_ns: Nanoseconds,
    /// What time it is there.
    pub now_ns: Nanoseconds,
    /// Figures of the store; none while the log is read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreFigures>,
    /// Requests refused since the start, of all environments and of every kind.
    pub refused_requests: u64,
    /// Of them those that brought telemetry, or went where nothing is. The others are questions without a key or a sign-in, and what
    /// strangers asked.
    pub refused_sends: u64,
    /// Settings in force: all for who administers the team, what is kept and how safely for everybody.
    pub settings: Vec<KnownSetting>,
}

/// Figures of the store, of all environments together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreFigures {
    /// Events that are in memory and in the log, not yet in files.
    pub live_events: u64,
    /// Bytes of memory behind them.
    pub live_bytes: u64,
    /// Events in data files.
    pub file_events: u64,
    /// Data files.
    pub files: u64,
    /// Bytes of data files.
    pub file_bytes: u64,
    /// Segments of the write-ahead log.
    pub log_segments: u64,
    /// Bytes of the write-ahead log.
    pub log_bytes: u64,
    /// Bytes that wait to be written to it.
    pub queued_bytes: u64,
    /// Requests that came again and were answered without being stored again, since the start.
    pub duplicate_requests: u64,
    /// Items of requests that were taken in, since the start: spans, log records, data points.
    pub accepted_items: u64,
    /// Items that were refused although the rest of their request was taken in.
    pub rejected_items: u64,
    /// What went wrong since the start, oldest first; told to who administers the team.
    pub faults: Vec<StoreFault>,
}

/// Something that went wrong around the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoreFault {
    /// When.
    pub time_ns: Nanoseconds,
    /// What, in words.
    pub text: String,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KnownSetting {
    /// Its name, as the settings file has it.
    pub name: String,
    /// Its value, secrets masked.
    pub value: String,
    /// Who set it.
    pub origin: String,
}
