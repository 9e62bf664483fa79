//! The question and the answer of `POST query`.

use super::{Nanoseconds, any_value};
use glasshive_query_plan as plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A query: its text, or a specification, whose members then stand beside `want`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum QueryRequest {
    /// In text.
    Text(TextQuery),
    /// As a specification.
    Specification(Box<Specification>),
}

/// A query in text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextQuery {
    /// The text, such as `P99(duration_ms) GROUP BY http.route LAST 1h`.
    pub text: String,
    /// What to compute besides the results; the series when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<Vec<Want>>,
}

/// What to compute besides the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// The values step by step.
    Series,
    /// All matching events as one group.
    Total,
    /// The groups beyond the limit as one.
    Other,
}

/// A query specification. `{}` means COUNT over the last two hours.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Specification {
    /// What to compute; COUNT when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculations: Option<Vec<SpecCalculation>>,
    /// Names for expressions; each is a column of this query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculated_fields: Option<Vec<SpecField>>,
    /// Which events count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<SpecFilter>>,
    /// How filters are joined: `AND` (default) or `OR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_combination: Option<String>,
    /// Columns whose values make the groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdowns: Option<Vec<String>>,
    /// How results are sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<Vec<SpecOrder>>,
    /// Conditions that a group must meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub havings: Option<Vec<SpecHaving>>,
    /// Most groups, 1 to 1,000, or to 10,000 where no series is wanted; 1,000 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Length of the window in seconds; 7,200 when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_range: Option<u64>,
    /// Start of the window: seconds since 1970, or RFC 3339 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<SpecTime>,
    /// End of the window, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<SpecTime>,
    /// Length of a step in seconds; 0 = automatic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<u64>,
    /// Slugs of the datasets to look in; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datasets: Option<Vec<String>>,
    /// What to compute besides the results; the series when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub want: Option<Vec<Want>>,
}

/// A calculated field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpecField {
    /// Its name.
    pub name: String,
    /// The expression, such as `$duration_ms > 1000`.
    pub expression: String,
}

/// A point in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SpecTime {
    /// Seconds since 1970.
    Seconds(i64),
    /// RFC 3339.
    Text(String),
}

/// A calculation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpecCalculation {
    /// `COUNT`, `SUM`, `AVG`, `MIN`, `MAX`, `COUNT_DISTINCT`, `P001` to `P999`, `HEATMAP`, `CONCURRENCY`, `RATE_SUM`, `RATE_AVG`,
    /// `RATE_MAX`, `HISTOGRAM_COUNT`.
    pub op: String,
    /// The column; `COUNT` can do without, `CONCURRENCY` has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// A condition on events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpecFilter {
    /// The column.
    pub column: String,
    /// `=`, `!=`, `>`, `>=`, `<`, `<=`, `starts-with`, `ends-with`, `contains`, `exists`, `in`, and their negations.
    pub op: String,
    /// What to compare with: nothing for `exists`, an array for `in`, else one value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub value: Option<serde_json::Value>,
}

/// A sort key: an operator with its column, or a breakdown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpecOrder {
    /// The column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// `ascending` (default) or `descending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
}

/// A condition on groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpecHaving {
    /// The operator of a calculation of the query.
    pub calculate_op: String,
    /// Its column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// `=`, `!=`, `>`, `>=`, `<`, `<=`.
    pub op: String,
    /// A number.
    pub value: f64,
}

/// The answer to a query. `values` lie in the order of `calculations`, `group` in that of `breakdowns`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueryAnswer {
    /// The question as it was understood.
    pub query: Understood,
    /// The window that was looked at.
    pub window: Window,
    /// The steps of the series.
    pub grid: Grid,
    /// Names of the breakdown columns.
    pub breakdowns: Vec<String>,
    /// Labels of the calculations.
    pub calculations: Vec<String>,
    /// The rows of each calculation's heatmap; null where it is none.
    pub heatmaps: Vec<Option<Heatmap>>,
    /// The groups over the whole window, in order.
    pub results: Vec<Group>,
    /// The groups step by step; steps in which a group has no event are left out.
    pub series: Vec<Step>,
    /// All matching events as one group, when wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Vec<Measure>>,
    /// The groups beyond the limit as one, when wanted and there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Vec<Measure>>,
    /// How many groups there were before the limit.
    pub groups: u64,
    /// Whether the answer does not hold everything that was asked for; notes with a `missing` say what it is without.
    #[serde(default)]
    pub partial: bool,
    /// What to know about the answer.
    pub notes: Vec<Note>,
    /// What it took.
    pub cost: Cost,
}

/// A query in its two written forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Understood {
    /// The canonical text; it parses back to the same query.
    pub text: String,
    /// The specification.
    #[schemars(schema_with = "any_object")]
    pub specification: serde_json::Value,
}

fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object", "additionalProperties": true })
}

/// A span of time, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// The first nanosecond that belongs to it.
    pub start_ns: Nanoseconds,
    /// The first after it.
    pub end_ns: Nanoseconds,
}

/// The steps of a series, aligned to multiples of the step since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grid {
    /// Start of the first step.
    pub first_ns: Nanoseconds,
    /// Length of a step.
    pub step_ns: Nanoseconds,
    /// How many.
    pub steps: usize,
}

/// One group over the whole window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// The value of each breakdown; null where the column is absent.
    #[schemars(schema_with = "any_values")]
    pub group: Vec<serde_json::Value>,
    /// The value of each calculation.
    pub values: Vec<Measure>,
}

fn any_values(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let value = any_value(generator);
    schemars::json_schema!({ "type": "array", "items": value })
}

/// One group in one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Index of the step in the grid.
    pub step: usize,
    /// Index into the results.
    pub group: usize,
    /// The value of each calculation.
    pub values: Vec<Measure>,
}

/// A calculation's value: a number, counts of a heatmap, or null when there was nothing to calculate from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Measure {
    /// Nothing to calculate from.
    Null,
    /// COUNT, COUNT_DISTINCT and HISTOGRAM_COUNT.
    Int(i64),
    /// Every other number.
    Float(f64),
    /// Counts per row of the heatmap.
    Heatmap(HeatmapCounts),
    /// A number that JSON cannot write: `inf`, `-inf`, `NaN`.
    Text(String),
}

/// The rows of a heatmap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Heatmap {
    /// `linear` or `log`.
    pub scale: String,
    /// The lower edge of row 0.
    pub lower: f64,
    /// Linear: height of a row. Log: ratio of a row's edges.
    pub step: f64,
    /// The exact edges, ascending, one more than rows.
    pub edges: Vec<f64>,
}

/// Weights counted in a heatmap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeatmapCounts {
    /// Below row 0.
    pub under: f64,
    /// Up to zero, on a log scale.
    pub zero: f64,
    /// At or above the last edge.
    pub over: f64,
    /// Per row.
    pub counts: Vec<f64>,
}

/// A remark on an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// `partial`, `groups_cut`, `unknown_column`, `type_clash`, `estimated`, and others to come.
    pub kind: String,
    /// A sentence for people.
    pub text: String,
    /// For `partial`: the part of the window that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered: Option<Window>,
    /// For `partial`: what the answer is without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

/// What an answer is without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// `time_limit`, `damage`, `unreachable`, `memory`, `traces`, `rows`, and others to come.
    pub reason: String,
    /// The times of what is missing, where that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The data file, where it is a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Most events that are missing with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<u64>,
}

/// What an answer took. A question that has to look twice counts its rows twice.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cost {
    /// From the request's arrival to the answer, milliseconds.
    pub elapsed_ms: f64,
    /// Rows that were looked at.
    pub rows_scanned: u64,
    /// Rows of these that passed the filters.
    pub rows_matched: u64,
    /// Bytes that were asked of data files, without their footers.
    pub bytes_read: u64,
    /// Data files of which rows were read.
    pub files_read: u64,
    /// Data files of the window and its datasets of which no row had to be.
    pub files_skipped: u64,
    /// Rows of data files that did not have to be looked at: what an earlier question found in them was kept.
    pub rows_kept: u64,
    /// Data files with such rows.
    pub files_kept: u64,
    /// Chunks of live rows that were looked at.
    pub live_chunks: u64,
    /// Processor time of all threads together, milliseconds.
    pub cpu_ms: f64,
}

/// The reading of a text, without running it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParseAnswer {
    /// The two written forms, when it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Understood>,
    /// What is wrong, when it could not.
    pub errors: Vec<ParseError>,
    /// What to know: columns that no event has.
    pub warnings: Vec<Note>,
}

/// What is wrong with a query text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParseError {
    /// The sentence.
    pub message: String,
    /// The character of the text, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}

// === conversions from the plan's own types, which stay free to change ===

impl QueryAnswer {
    /// The answer to a plan.
    pub fn new(query: Understood, asked: &plan::Plan, answer: plan::Answer, cost: Cost) -> Self {
        Self {
            query,
            window: asked.time.window.into(),
            grid: Grid { first_ns: Nanoseconds(answer.grid.first_ns), step_ns: Nanoseconds(answer.grid.step_ns), steps: answer.grid.steps },
            breakdowns: answer.breakdowns,
            calculations: answer.calculations,
            heatmaps: answer.heatmaps.into_iter().map(|rows| rows.map(Into::into)).collect(),
            results: answer.results.into_iter().map(Into::into).collect(),
            series: answer.series.into_iter().map(Into::into).collect(),
            total: answer.total.map(measures),
            other: answer.other.map(measures),
            groups: answer.groups,
            partial: answer.notes.iter().any(plan::Note::is_partial),
            notes: answer.notes.into_iter().map(Into::into).collect(),
            cost,
        }
    }
}

impl Cost {
    /// The engine's count, and the time that the whole took.
    pub fn new(cost: glasshive_query_engine::Cost, elapsed: Duration) -> Self {
        Self {
            elapsed_ms: elapsed.as_secs_f64() * 1e3,
            rows_scanned: cost.rows_scanned,
            rows_matched: cost.rows_matched,
            bytes_read: cost.bytes_read,
            files_read: cost.files_read,
            files_skipped: cost.files_skipped,
            rows_kept: cost.rows_kept,
            files_kept: cost.files_kept,
            live_chunks: cost.live_chunks,
            cpu_ms: cost.cpu_ns as f64 / 1e6,
        }
    }
}

fn measures(values: Vec<plan::Measure>) -> Vec<Measure> {
    values.into_iter().map(Into::into).collect()
}

impl From<plan::Window> for Window {
    fn from(window: plan::Window) -> Self {
        Self { start_ns: Nanoseconds(window.start_ns), end_ns: Nanoseconds(window.end_ns) }
    }
}

impl From<plan::heatmap::HeatmapRows> for Heatmap {
    fn from(rows: plan::heatmap::HeatmapRows) -> Self {
        let scale = match rows.scale {
            plan::heatmap::Scale::Linear => "linear",
            plan::heatmap::Scale::Log => "log",
        };
        Self { scale: scale.to_owned(), lower: rows.lower, step: rows.step, edges: rows.edges }
    }
}

impl From<plan::GroupRow> for Group {
    fn from(row: plan::GroupRow) -> Self {
        Self { group: row.group.into_iter().map(group_value).collect(), values: measures(row.values) }
    }
}

impl From<plan::SeriesRow> for Step {
    fn from(row: plan::SeriesRow) -> Self {
        Self { step: row.step, group: row.group, values: measures(row.values) }
    }
}

impl From<plan::Measure> for Measure {
    fn from(measure: plan::Measure) -> Self {
        match measure {
            plan::Measure::Null => Measure::Null,
            plan::Measure::Int(number) => Measure::Int(number),
            plan::Measure::Float(number) if number.is_finite() => Measure::Float(number),
            plan::Measure::Float(number) => Measure::Text(super::row::float(number).as_str().unwrap_or_default().to_owned()),
            plan::Measure::Heatmap(counts) => {
                Measure::Heatmap(HeatmapCounts { under: counts.under, zero: counts.zero, over: counts.over, counts: counts.counts })
            }
        }
    }
}

impl From<plan::Note> for Note {
    fn from(note: plan::Note) -> Self {
        let missing = note.missing.map(|missing| Missing {
            reason: word(missing.reason),
            window: missing.window.map(Into::into),
            file: missing.file,
            events: missing.events,
        });
        Self { kind: word(note.kind), text: note.text, covered: note.covered.map(Into::into), missing }
    }
}

/// The word that a small enum is written as.
fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A breakdown's value as JSON.
pub fn group_value(value: plan::GroupValue) -> serde_json::Value {
    use super::row::{float, json_of};
    match value {
        plan::GroupValue::Null => serde_json::Value::Null,
        plan::GroupValue::Bool(truth) => truth.into(),
        plan::GroupValue::Int(number) => number.into(),
        plan::GroupValue::Float(number) => float(number),
        plan::GroupValue::Str(text) => text.into(),
        plan::GroupValue::Json(text) => json_of(glasshive_model::Value::Json(text)),
    }
}
