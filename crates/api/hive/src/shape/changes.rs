//! What changed: facts that are computed, each with its numbers.

use super::Nanoseconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is other than it was, the most telling first; at most five.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Start of the window that was looked at.
    pub start_ns: Nanoseconds,
    /// The first nanosecond after it.
    pub end_ns: Nanoseconds,
    /// The facts.
    pub changes: Vec<Change>,
    /// Whether events may be missing that facts would be made of.
    pub partial: bool,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What sort.
    pub kind: ChangeKind,
    /// `service.name` of those it is about; empty where it is not known.
    pub service: String,
    /// Whose: a route's `name`, an exception's type, why a request was refused.
    pub name: String,
    /// How many events, or requests, in the window.
    pub count: f64,
    /// P95 of the duration in the window, milliseconds; of routes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now_ms: Option<f64>,
    /// The same in the window before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_ms: Option<f64>,
    /// The same a week ago, where there were enough events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_ms: Option<f64>,
}

/// What sort of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Requests that brought telemetry were refused.
    Refused,
    /// A route's P95 is at least half as long again as in the window before and a week ago.
    Slower,
    /// An exception that neither the window before nor the one a week ago had.
    NewError,
}
