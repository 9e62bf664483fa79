//! What an environment holds: datasets, columns, values.

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
}

/// Values of a column, most frequent first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Values {
    /// The column.
    pub column: String,
    /// The values.
    pub values: Vec<ValueCount>,
    /// Whether values may be missing; notes with a `missing` say what was not looked at.
    #[serde(default)]
    pub partial: bool,
    /// What to know about the answer.
    #[serde(default)]
    pub notes: Vec<super::query::Note>,
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
