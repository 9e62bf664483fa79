//! What there is to ask about: columns, and the values of a column.

use super::Engine;
use crate::column::Source;
use crate::control::Cancel;
use crate::error::EngineError;
use glasshive_model::{ColumnType, EnvironmentId, names};
use glasshive_query_plan::alias::{When, alias_group};
use glasshive_query_plan::shown::Shown;
use glasshive_query_plan::{Calculation, Column, Condition, FilterOp, GroupValue, Measure, Note, Plan, TimeRange, Wants, Window};
use std::collections::BTreeMap;

/// Which columns are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnsRequest {
    /// How their names begin; empty = all.
    pub prefix: String,
    /// Only those that events of this time have; `None` = of any time.
    pub window: Option<Window>,
    /// Only those that events of these datasets have; `None` = of any. Data files that datasets share may add some.
    pub datasets: Option<Vec<String>>,
}

/// A column that can be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// The type that its values are compared as.
    pub column_type: ColumnType,
    /// All types that it has values of, the first seen first.
    pub types: Vec<ColumnType>,
    /// The newest name of the alias group that it belongs to, when that is another.
    pub alias_of: Option<&'static str>,
    /// Whether every event may have it without having been sent it.
    pub is_computed: bool,
}

/// Which values are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuesRequest {
    /// Of which column.
    pub column: Column,
    /// How they begin, as text; empty = all.
    pub prefix: String,
    /// When.
    pub time: TimeRange,
    /// Where; `None` = everywhere.
    pub datasets: Option<Vec<String>>,
    /// At most so many, the most frequent first.
    pub limit: u32,
}

/// Values of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnValues {
    /// Each and how many events have it, scaled by sample rate; the most frequent first.
    pub values: Vec<(GroupValue, i64)>,
    /// What to know about them.
    pub notes: Vec<Note>,
}

impl Engine {
    /// The columns of an environment, by name.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn columns(
        &self,
        environment: EnvironmentId,
        request: &ColumnsRequest,
        cancel: Cancel,
    ) -> Result<Vec<ColumnInfo>, EngineError> {
        let request = request.clone();
        self.run("columns", cancel, move |inner, _| async move {
            let is_narrow = request.window.is_some() || request.datasets.is_some();
            let snapshot = is_narrow.then(|| {
                let window = request.window.unwrap_or(Window { start_ns: i64::MIN, end_ns: i64::MAX });
                inner.snapshot(environment, window, request.datasets)
            });
            let registry = snapshot.as_ref().map_or_else(|| inner.store.registry(environment), |snapshot| snapshot.registry.clone());
            let chunks = snapshot.iter().flat_map(|snapshot| &snapshot.live).map(|chunk| Source::Chunk(chunk));
            let files = snapshot.iter().flat_map(|snapshot| &snapshot.files).map(|file| Source::File(&file.row));
            let sources: Vec<Source<'_>> = chunks.chain(files).collect();
            let mut columns: BTreeMap<String, ColumnInfo> = BTreeMap::new();
            for column in registry.columns().filter(|column| column.key.starts_with(&request.prefix)) {
                if !is_narrow || sources.iter().any(|source| source.has_column(column) || source.has_overflow(&column.key)) {
                    let info = columns.entry(column.key.clone()).or_insert_with(|| ColumnInfo::new(&column.key, column.column_type));
                    info.types.push(column.column_type);
                }
            }
            for (name, shown) in shown_names().filter(|(name, _)| name.starts_with(&request.prefix)) {
                let info = columns.entry(name.to_owned()).or_insert_with(|| ColumnInfo::new(name, shown.column_type()));
                (info.column_type, info.is_computed) = (shown.column_type(), true);
                if !info.types.contains(&shown.column_type()) {
                    info.types.insert(0, shown.column_type());
                }
            }
            Ok(columns.into_values().collect())
        })
        .await
    }

    /// The values of a column and how many events have each, the most frequent first.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn values(&self, environment: EnvironmentId, request: &ValuesRequest, cancel: Cancel) -> Result<ColumnValues, EngineError> {
        let mut plan = Plan::count(request.time);
        plan.datasets = request.datasets.clone();
        plan.calculations = vec![Calculation::COUNT];
        plan.breakdowns = vec![request.column.clone()];
        plan.limit = request.limit;
        let (op, values) = match request.prefix.as_str() {
            "" => (FilterOp::Exists, Vec::new()),
            prefix => (FilterOp::StartsWith, vec![prefix.into()]),
        };
        plan.filters.conditions = vec![Condition { column: request.column.clone(), op, values }];
        self.run("values", cancel, move |inner, control| async move {
            let run = inner.prepared(environment, &plan, Wants::TABLE, &control);
            let (answer, covered) = run.answer().await?;
            let mut notes = control.take_notes(inner.config.time_limit, Some(plan.time.window), covered);
            notes.extend(answer.notes);
            let value = |row: glasshive_query_plan::GroupRow| {
                let count = if let Some(Measure::Int(count)) = row.values.first() { *count } else { 0 };
                Some((row.group.into_iter().next()?, count))
            };
            Ok(ColumnValues { values: answer.results.into_iter().filter_map(value).collect(), notes })
        })
        .await
    }
}

impl ColumnInfo {
    fn new(name: &str, column_type: ColumnType) -> Self {
        let newest = alias_group(name).first().filter(|member| member.when == When::Always && member.name != name);
        Self { name: name.to_owned(), column_type, types: Vec::new(), alias_of: newest.map(|member| member.name), is_computed: false }
    }
}

fn shown_names() -> impl Iterator<Item = (&'static str, Shown)> {
    SHOWN_NAMES.iter().filter_map(|name| Some((*name, Shown::from_name(name)?)))
}

/// Every name of [`Shown`].
const SHOWN_NAMES: [&str; 15] = [
    names::DURATION_MS,
    names::TRACE_ID,
    names::SPAN_ID,
    names::PARENT_ID,
    names::NAME,
    names::SPAN_KIND,
    names::TYPE,
    names::STATUS_CODE,
    names::META_SIGNAL_TYPE,
    names::META_SOURCE,
    names::META_ANNOTATION_TYPE,
    names::META_SAMPLE_RATE,
    names::META_INGEST_TIME,
    names::META_DATASET,
    names::IS_ROOT,
];
