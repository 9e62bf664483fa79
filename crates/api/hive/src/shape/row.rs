//! Rows as they are: raw events, spans of a trace, lines of a tail.

use super::{Nanoseconds, any_value};
use glasshive_model::Value;
use glasshive_model::shown::ShownRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One event. Field values have the JSON type they were sent with: an integer has no point, a double has one; arrays and
/// objects stand as JSON; a field that was sent empty is null. Doubles that JSON cannot write are the strings `inf`, `-inf`,
/// `NaN`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Event time; for a span its start.
    pub time_ns: Nanoseconds,
    /// Order of arrival, as a decimal string.
    pub seq: Nanoseconds,
    /// Every field by its shown name.
    #[schemars(schema_with = "fields_schema")]
    pub fields: BTreeMap<String, serde_json::Value>,
    /// Which fields came from the resource.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_keys: Vec<String>,
    /// Which fields came from the instrumentation scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope_keys: Vec<String>,
}

fn fields_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let value = any_value(generator);
    schemars::json_schema!({ "type": "object", "additionalProperties": value })
}

impl From<ShownRow> for Row {
    fn from(row: ShownRow) -> Self {
        Self {
            time_ns: Nanoseconds(row.time_ns),
            seq: Nanoseconds(row.seq),
            fields: row.fields.into_iter().map(|(name, value)| (name, json_of(value))).collect(),
            resource_keys: row.resource_keys,
            scope_keys: row.scope_keys,
        }
    }
}

/// A value as JSON. JSON text that cannot be read as JSON (it was cut to its limit) is a string.
pub fn json_of(value: Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => truth.into(),
        Value::Int(number) => number.into(),
        Value::Float(number) => float(number),
        Value::Str(text) => text.into(),
        Value::Json(text) => serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)),
    }
}

/// A double as JSON, infinities and NaN as text.
pub fn float(number: f64) -> serde_json::Value {
    match serde_json::Number::from_f64(number) {
        Some(number) => serde_json::Value::Number(number),
        None if number.is_nan() => "NaN".into(),
        None if number > 0.0 => "inf".into(),
        None => "-inf".into(),
    }
}

/// Which rows are wanted: in text, or as a specification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EventsRequest {
    /// In text.
    Text(TextEvents),
    /// As a specification.
    Specification(Box<EventsSpecification>),
}

/// Which rows are wanted, in text. What stands beside the text wins over what stands in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TextEvents {
    /// The clauses WHERE, IN, LIMIT and time of a query, such as `WHERE error = true IN web LAST 1h`, maybe with columns before.
    pub text: String,
    /// Which fields are wanted; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Slugs of the datasets to look in; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datasets: Option<Vec<String>>,
    /// Most rows: 1 to 10,000; 100 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier answer ended, its `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Which rows are wanted, as a specification.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EventsSpecification {
    /// Names for expressions; each is a column of this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculated_fields: Option<Vec<super::query::SpecField>>,
    /// Which events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<super::query::SpecFilter>>,
    /// How filters are joined: `AND` (default) or `OR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_combination: Option<String>,
    /// Length of the window in seconds; 7,200 when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_range: Option<u64>,
    /// Start of the window: seconds since 1970, or RFC 3339 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<super::query::SpecTime>,
    /// End of the window, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<super::query::SpecTime>,
    /// Which fields are wanted; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Slugs of the datasets to look in; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datasets: Option<Vec<String>>,
    /// Most rows: 1 to 10,000; 100 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier answer ended, its `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Rows, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventsAnswer {
    /// The rows.
    pub rows: Vec<Row>,
    /// Give this as `after` for the rows that follow; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether rows are missing that were asked for; notes with a `missing` say which.
    #[serde(default)]
    pub partial: bool,
    /// What to know about the answer.
    pub notes: Vec<super::query::Note>,
    /// What it took.
    pub cost: super::query::Cost,
}
