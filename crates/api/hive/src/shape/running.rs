//! Questions that run, and calling them off.

use super::Nanoseconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The questions that run now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunningQueries {
    /// By id.
    pub queries: Vec<RunningQuery>,
}

/// A question that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunningQuery {
    /// What it is called off by: the `id` that was given with it, or one of the server's.
    pub id: String,
    /// What was asked: `query`, `events`, `compare`, `export`, `trace`, `columns`, `values` or `metrics`.
    pub kind: String,
    /// The question in text, maybe cut.
    pub text: String,
    /// When it was asked.
    pub started_ns: Nanoseconds,
    /// How long it has been running.
    pub elapsed_ms: f64,
}

/// A question that was called off. Its asker gets status 409.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalledOff {
    /// Its id.
    pub id: String,
}
