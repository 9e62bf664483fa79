//! What an environment holds: datasets, columns, values.

use super::query::Measure;
use super::{Nanoseconds, any_value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Datasets, by slug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Datasets {
    /// Those of the environment.
    pub datasets: Vec<Dataset>,
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dataset {
    /// Its slug.
    pub slug: String,
    /// When its first event was received.
    pub created_ns: Nanoseconds,
}

/// Columns, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Columns {
    /// Those of the environment: attributes that occurred, and those that every event may have.
    pub columns: Vec<Column>,
    /// Stored events that were looked at to tell how frequent columns are: the newest, in live rows and data files that lie in the
    /// range or reach into it.
    #[serde(default)]
    pub events: u64,
    /// Whether there are older events in the range, of which only is known which columns they have.
    #[serde(default)]
    pub partial: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Its shown name.
    pub name: String,
    /// The type it is read as: `string`, `integer`, `float`, `boolean`, `json`.
    #[serde(rename = "type")]
    pub shown_type: String,
    /// Every type that was sent, in order of first sight.
    pub types: Vec<String>,
    /// The newest name of the column, when this is an older spelling of it; a query for either finds both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_of: Option<String>,
    /// Whether it is computed from the event itself rather than sent under this name.
    pub computed: bool,
    /// How many of the events that were looked at have it; a little more where these are live.
    #[serde(default)]
    pub events: u64,
    /// No event after this has it; absent where none was seen that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_ns: Option<Nanoseconds>,
    /// What it is, for a calculated field that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// What it is for, in its maker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Values of a column, most frequent first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Values {
    /// The column.
    pub column: String,
    /// The values.
    pub values: Vec<ValueCount>,
    /// For a column of numbers: what they lie between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Numbers>,
    /// Whether values may be missing; notes with a `missing` say what was not looked at.
    #[serde(default)]
    pub partial: bool,
    /// What to know about the answer.
    #[serde(default)]
    pub notes: Vec<super::query::Note>,
}

/// What the numbers of a column lie between; null where there are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Numbers {
    /// The least.
    pub min: Measure,
    /// The median.
    pub p50: Measure,
    /// What 95 % lie at or below.
    pub p95: Measure,
    /// The greatest.
    pub max: Measure,
}

/// Metrics, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metrics {
    /// Those that events of the range have.
    pub metrics: Vec<Metric>,
    /// Whether metrics may be missing; notes with a `missing` say what was not looked at.
    pub partial: bool,
    /// What to know about the answer.
    pub notes: Vec<super::query::Note>,
}

/// A metric as its sender describes it. Where senders differ, the description of the most rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// Its name; its values are the column of this name, or those whose names begin with it and a dot.
    pub name: String,
    /// `gauge`, `sum`, `histogram`, `exponential_histogram`, `summary`.
    pub kind: String,
    /// Its unit, such as `ms` or `{request}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `delta` or `cumulative`, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporality: Option<String>,
    /// Whether a sum only grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monotonic: Option<bool>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Rows that have it.
    pub rows: i64,
    /// How many descriptions of it there are; more than one says that senders differ, in its unit perhaps.
    pub descriptions: usize,
}

/// A value and how many events have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValueCount {
    /// The value.
    #[schemars(schema_with = "any_value")]
    pub value: serde_json::Value,
    /// Events, scaled by sample rate.
    pub count: i64,
}
