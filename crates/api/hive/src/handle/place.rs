//! Datasets, columns, and values of a column.

use super::query::{engine_failure, group_value, plan_failure};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::place::{Column, Columns, Dataset, Datasets, ValueCount, Values};
use glasshive_base_http::Response;
use glasshive_model::ColumnType;
use glasshive_query_engine::{Cancel, ColumnInfo, ColumnsRequest, ValuesRequest};
use glasshive_query_plan::plan::LIMIT_MAX;
use glasshive_query_plan::{Column as PlanColumn, Note, Relation, TimeRange, text};

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
    let columns = open.engine.columns(call.environment, &request, Cancel::default()).await.map_err(engine_failure)?;
    ok(&Columns { columns: columns.into_iter().map(Column::from).collect() })
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
    let request = ValuesRequest { column, prefix: call.query("prefix").unwrap_or_default(), time, datasets, limit };
    let values = open.engine.values(call.environment, &request, Cancel::default()).await.map_err(engine_failure)?;
    let partial = values.notes.iter().any(Note::is_partial);
    let notes = values.notes.into_iter().map(Into::into).collect();
    let values = values.values.into_iter().map(|(value, count)| ValueCount { value: group_value(value), count });
    ok(&Values { column: call.param("name").to_owned(), values: values.collect(), partial, notes })
}

/// Time and datasets of the parameter `range`, such as `IN web LAST 1h`.
fn narrowed(call: &Call) -> Result<(TimeRange, Option<Vec<String>>), Failure> {
    let range = call.query("range").unwrap_or_default();
    text::parse_range(&range, call.hive.clock.wall_ns()).map_err(plan_failure)
}

fn type_word(column_type: ColumnType) -> &'static str {
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
        }
    }
}
