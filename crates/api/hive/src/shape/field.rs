//! Calculated fields that are kept.

use super::Nanoseconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Calculated fields, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fields {
    /// Those of the environment.
    pub fields: Vec<Field>,
}

/// A calculated field: a column of every question of the environment, computed of each event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What it is, in canonical form.
    pub expression: String,
    /// What it is for, in its maker's words.
    pub description: String,
    /// When it was made.
    pub created_ns: Nanoseconds,
    /// When it was last changed.
    pub updated_ns: Nanoseconds,
}

/// A calculated field to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewField {
    /// Its name: that of no column and no other field.
    pub name: String,
    /// The expression, such as `$duration_ms > 1000`; it may name other fields.
    pub expression: String,
    /// What it is for; at most 1,000 characters.
    #[serde(default)]
    pub description: String,
}

/// What a calculated field is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedField {
    /// The expression.
    pub expression: String,
    /// What it is for; at most 1,000 characters.
    #[serde(default)]
    pub description: String,
}
