//! Datasets, columns, and values of a column.

use super::field::{self, KeptFields};
use super::query::{engine_failure, group_value, plan_failure};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::place::{Column, Columns, Dataset, Datasets, Metric, Metrics, Numbers, ValueCount, Values};
use glasshive_base_http::Response;
use glasshive_model::{ColumnType, names};
use glasshive_query_engine::{ColumnInfo, ColumnsRequest, ValuesRequest};
use glasshive_query_plan::plan::{LIMIT_MAX, LIMIT_MAX_WITHOUT_SERIES};
use glasshive_query_plan::{Column as PlanColumn, Filters, GroupValue, Note, Relation, TimeRange, text};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Values of a column when nobody says how many.
const VALUES_DEFAULT: u32 = 50;

/// The environment's datasets.
pub async fn datasets(call: Call) -> Result<Response, Failure> {
    let datasets = call.open()?.store.datasets(call.environment);
    let datasets = datasets.into_iter().map(|dataset| Dataset { slug: dataset.slug, created_ns: Nanoseconds(dataset.created_ns) });
    ok(&Datasets { datasets: datasets.collect() })
}

/// Attributes that occurred, and names that are computed of every event.
pub async fn columns(call: Call) -> Result<Response, Failure> {
    let open = call.open()?;
    let (time, datasets) = narrowed(&call)?;
    let request =
        ColumnsRequest { prefix: call.query("prefix").unwrap_or_default(), window: call.query("range").map(|_| time.window), datasets };
    let ticket = call.enter("columns", &format!("{} {}", request.prefix, call.query("range").unwrap_or_default()))?;
    let found = open.engine.columns(call.environment, &request, ticket.cancel.clone()).await.map_err(engine_failure)?;
    let columns = found.columns.into_iter().map(Column::from).collect();
    let mut columns: Vec<Column> = columns;
    columns.extend(field::as_columns(&call, &open, &call.query("prefix").unwrap_or_default()));
    columns.sort_by(|left, right| left.name.cmp(&right.name));
    ok(&Columns { columns, events: found.events, partial: found.is_partial })
}

/// A column's values with their counts.
pub async fn values(call: Call) -> Result<Response, Failure> {
    let open = call.open()?;
    let (time, datasets) = narrowed(&call)?;
    let column = PlanColumn::from_shown(call.param("name"));
    if let Some((Relation::None, _)) = Relation::split(&column) {
        let why = format!("there is no span to take values of behind \"none.\"; if {column} is a column's own name, write ={column}");
        return Err(Failure::invalid(why));
    }
    let limit = match call.query("limit").map(|limit| limit.parse()) {
        None => VALUES_DEFAULT,
        Some(Ok(limit @ 1..=LIMIT_MAX)) => limit,
        Some(_) => return Err(Failure::invalid(format!("limit is a number from 1 to {LIMIT_MAX}"))),
    };
    let written = call.query("filter").unwrap_or_default();
    let filters = text::parse_filters(&written).map_err(plan_failure)?;
    let ticket = call.enter("values", &format!("{column} {written} {}", call.query("range").unwrap_or_default()))?;
    let fields = KeptFields::of(&call, &open).in_values(&column, &filters)?;
    let request = ValuesRequest { column, prefix: call.query("prefix").unwrap_or_default(), time, datasets, filters, fields, limit };
    let found = open.engine.values(call.environment, &request, ticket.cancel.clone()).await.map_err(engine_failure)?;
    let partial = found.notes.iter().any(Note::is_partial);
    let notes = found.notes.into_iter().map(Into::into).collect();
    let values = found.values.into_iter().map(|(value, count)| ValueCount { value: group_value(value), count });
    let numbers = found.numbers.map(|[min, p50, p95, max]| Numbers { min: min.into(), p50: p50.into(), p95: p95.into(), max: max.into() });
    ok(&Values { column: call.param("name").to_owned(), values: values.collect(), numbers, partial, notes })
}

/// Metrics, by what the newest rows of the range say of them.
pub async fn metrics(call: Call) -> Result<Response, Failure> {
    let open = call.open()?;
    let (time, datasets) = narrowed(&call)?;
    let column = PlanColumn::exact(names::METRIC_DESCRIPTORS);
    let filters = Filters::default();
    let limit = LIMIT_MAX_WITHOUT_SERIES;
    let request = ValuesRequest { column, prefix: String::new(), time, datasets, filters, fields: Vec::new(), limit };
    let prefix = call.query("prefix").unwrap_or_default();
    let ticket = call.enter("metrics", &format!("{prefix} {}", call.query("range").unwrap_or_default()))?;
    let found = open.engine.values(call.environment, &request, ticket.cancel.clone()).await.map_err(engine_failure)?;
    ok(&Metrics {
        metrics: described(found.values).into_iter().filter(|metric| metric.name.starts_with(&prefix)).collect(),
        partial: found.notes.iter().any(Note::is_partial),
        notes: found.notes.into_iter().map(Into::into).collect(),
    })
}

/// Metrics out of texts of descriptors and how many rows have each.
fn described(texts: Vec<(GroupValue, i64)>) -> Vec<Metric> {
    // By name, each description and how many rows have it.
    let mut known: BTreeMap<String, HashMap<String, (Value, i64)>> = BTreeMap::new();
    for (text, rows) in texts {
        let GroupValue::Json(text) = text else { continue };
        let Ok(members) = serde_json::from_str::<BTreeMap<String, Value>>(&text) else { continue };
        for (name, descriptor) in members {
            let written = descriptor.to_string();
            known.entry(name).or_default().entry(written).or_insert((descriptor, 0)).1 += rows;
        }
    }
    let metric = |(name, descriptions): (String, HashMap<String, (Value, i64)>)| {
        let rows = descriptions.values().map(|(_, rows)| rows).sum();
        let count = descriptions.len();
        let most = descriptions.into_iter().max_by(|left, right| (left.1.1, &left.0).cmp(&(right.1.1, &right.0)));
        let (_, (descriptor, _)) = most?;
        let text = |member: &str| descriptor.get(member).and_then(Value::as_str).map(str::to_owned);
        Some(Metric {
            name,
            kind: text("kind")?,
            unit: text("unit"),
            temporality: text("temporality"),
            monotonic: descriptor.get("monotonic").and_then(Value::as_bool),
            description: text("description"),
            rows,
            descriptions: count,
        })
    };
    known.into_iter().filter_map(metric).collect()
}

/// Time and datasets of the parameter `range`, such as `IN web LAST 1h`.
fn narrowed(call: &Call) -> Result<(TimeRange, Option<Vec<String>>), Failure> {
    let range = call.query("range").unwrap_or_default();
    text::parse_range(&range, call.hive.clock.wall_ns()).map_err(plan_failure)
}

pub(super) fn type_word(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Str => "string",
        ColumnType::Int => "integer",
        ColumnType::Float => "float",
        ColumnType::Bool => "boolean",
        ColumnType::Json => "json",
    }
}

impl From<ColumnInfo> for Column {
    fn from(column: ColumnInfo) -> Self {
        Self {
            name: column.name,
            shown_type: type_word(column.column_type).to_owned(),
            types: column.types.into_iter().map(|column_type| type_word(column_type).to_owned()).collect(),
            alias_of: column.alias_of.map(str::to_owned),
            computed: column.is_computed,
            events: column.events,
            last_seen_ns: column.last_seen_ns.map(Nanoseconds),
            expression: None,
            description: None,
        }
    }
}
