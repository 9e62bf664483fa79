//! The question and the answer of `POST compare`: what selected events have in common that the others have not.

use super::query::{Cost, Note, group_value};
use super::{Nanoseconds, any_value};
use glasshive_feature_bubbleup as bubbleup;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which events are compared with which: those that pass a query's conditions, in its time; of them the selected with the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareRequest {
    /// A query in text, of which conditions, datasets and time count.
    pub text: String,
    /// The selected events.
    pub selection: Selection,
    /// Looks at about so many stored rows only, spread over all of them, for an estimate; at all when left out, or when there are no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_rows: Option<u64>,
}

/// Events that are selected: all that is said must hold of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// The first nanosecond that belongs to them; the query's when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ns: Option<Nanoseconds>,
    /// The first after them; the query's when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_ns: Option<Nanoseconds>,
    /// Numbers that lie between two.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<SelectedRange>,
    /// Columns that have a value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<SelectedValue>,
}

/// A column's numbers from one on and below another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectedRange {
    /// The column.
    pub column: String,
    /// The least; no end when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// What they are below; no end when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// A column's value, as a query's answer has it in `group`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectedValue {
    /// The column.
    pub column: String,
    /// The value; null where the column is absent.
    #[serde(default)]
    #[schemars(schema_with = "any_value")]
    pub value: serde_json::Value,
}

/// What the sides differ in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompareAnswer {
    /// The selected events.
    pub selected: Side,
    /// The others.
    pub rest: Side,
    /// The columns, the most telling first.
    pub columns: Vec<ComparedColumn>,
    /// Whether columns were left out because there are too many.
    pub is_cut: bool,
    /// How much was looked at, where `sample_rows` were fewer than there are: then events and shares are estimates. Null otherwise.
    pub sampled: Option<Sampled>,
    /// Whether events were left out; notes with a `missing` say which.
    pub partial: bool,
    /// What to know about the answer.
    pub notes: Vec<Note>,
    /// What it took.
    pub cost: Cost,
}

/// How many events there are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// Stored rows.
    pub rows: u64,
    /// Events, scaled by sample rate.
    pub events: f64,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sampled {
    /// Stored rows.
    pub rows: u64,
    /// Of so many.
    pub of: u64,
}

/// A column on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedColumn {
    /// Its name.
    pub name: String,
    /// `dimension` or `measure`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `normal`, `no_evidence`, `asked`, `unique` or `constant`; all but the first count for nothing.
    pub class: String,
    /// 0 to 1: the effect, less the noise.
    pub score: f64,
    /// The difference between the sides, 0 to 1.
    pub effect: f64,
    /// What chance alone makes of so few events.
    pub noise: f64,
    /// Index of the bin that decides; null where the whole distribution does.
    pub deciding: Option<usize>,
    /// Share of the selected events that have the column, and of the others.
    pub coverage: Vec<f64>,
    /// Its values, of columns that count.
    pub bins: Vec<ComparedBin>,
    /// Columns that mark the same selected events.
    pub twins: Vec<String>,
}

/// Some values of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedBin {
    /// `value`, `range`, `missing` or `other`.
    pub kind: String,
    /// The value.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    #[schemars(schema_with = "any_value")]
    pub value: serde_json::Value,
    /// Of a range, the least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Of a range, what its numbers are below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How many values `other` stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
    /// Share of the selected events.
    pub selected: f64,
    /// Share of the others.
    pub rest: f64,
    /// Stored rows that are selected.
    pub selected_rows: u64,
    /// Other stored rows.
    pub rest_rows: u64,
}

impl From<glasshive_query_engine::Tally> for Side {
    fn from(tally: glasshive_query_engine::Tally) -> Self {
        Self { rows: tally.rows, events: tally.weight }
    }
}

impl From<glasshive_query_engine::Sampled> for Sampled {
    fn from(sampled: glasshive_query_engine::Sampled) -> Self {
        Self { rows: sampled.rows, of: sampled.of }
    }
}

impl From<bubbleup::Panel> for ComparedColumn {
    fn from(panel: bubbleup::Panel) -> Self {
        let class = match panel.class {
            bubbleup::Class::Normal => "normal",
            bubbleup::Class::NoEvidence => "no_evidence",
            bubbleup::Class::Asked => "asked",
            bubbleup::Class::Unique => "unique",
            bubbleup::Class::Constant => "constant",
        };
        Self {
            name: panel.name,
            kind: if panel.is_measure { "measure" } else { "dimension" }.to_owned(),
            class: class.to_owned(),
            score: panel.score,
            effect: panel.effect,
            noise: panel.noise,
            deciding: panel.deciding,
            coverage: panel.coverage.to_vec(),
            bins: panel.bins.into_iter().map(Into::into).collect(),
            twins: panel.twins,
        }
    }
}

impl From<bubbleup::Bin> for ComparedBin {
    fn from(bin: bubbleup::Bin) -> Self {
        let mut shown = Self {
            kind: String::new(),
            value: serde_json::Value::Null,
            low: None,
            high: None,
            values: None,
            selected: bin.selected_share,
            rest: bin.rest_share,
            selected_rows: bin.selected.rows,
            rest_rows: bin.rest.rows,
        };
        shown.kind = match bin.kind {
            bubbleup::BinKind::Value(value) => {
                shown.value = group_value(value);
                "value"
            }
            bubbleup::BinKind::Range(low, high) => {
                (shown.low, shown.high) = (Some(low), Some(high).filter(|high| high.is_finite()));
                "range"
            }
            bubbleup::BinKind::Missing => "missing",
            bubbleup::BinKind::Other(values) => {
                shown.values = Some(values);
                "other"
            }
        }
        .to_owned();
        shown
    }
}
