//! What there is to ask about: columns, and the values of a column.

mod seen;

use super::Engine;
use crate::column::{Names, Resolved};
use crate::control::{Cancel, Control};
use crate::cost::Meter;
use crate::error::EngineError;
use glasshive_model::{ColumnType, EnvironmentId, names};
use glasshive_query_plan::alias::{When, alias_group};
use glasshive_query_plan::coerce::Class;
use glasshive_query_plan::shown::Shown;
use glasshive_query_plan::{
    CalculatedField, Calculation, Column, Combination, Condition, FilterOp, Filters, GroupValue, Measure, Note, Op, Percentile, Plan,
    TimeRange, Wants, Window,
};
use seen::Sightings;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Who completes a word does not wait longer.
const LISTING_LIMIT: Duration = Duration::from_secs(1);
/// Data files of which is counted how many of their rows have a column, the newest first.
const COUNTED_FILES: usize = 64;

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
    /// How many of the events that were looked at have it ([`Columns::events`]).
    pub events: u64,
    /// No event after this has it, ns since 1970; `None` where none was looked at that does.
    pub last_seen_ns: Option<i64>,
}

/// Columns, and how many events were looked at to tell how frequent they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// By name.
    pub columns: Vec<ColumnInfo>,
    /// Stored events that were looked at: the newest, in live rows and data files that lie in the window or reach into it.
    pub events: u64,
    /// Whether there are older ones that were not.
    pub is_partial: bool,
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
    /// What else must hold of the events.
    pub filters: Filters,
    /// Calculated fields, as in [`Plan::fields`].
    pub fields: Vec<CalculatedField>,
    /// At most so many, the most frequent first.
    pub limit: u32,
}

/// Values of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnValues {
    /// Each and how many events have it, scaled by sample rate; the most frequent first.
    pub values: Vec<(GroupValue, i64)>,
    /// For a column of numbers: the least, the median, the 95th percentile and the greatest of all that pass.
    pub numbers: Option<[Measure; 4]>,
    /// What to know about them.
    pub notes: Vec<Note>,
}

impl Engine {
    /// The columns of an environment, by name. How frequent they are is counted without reading rows: from live chunks and the
    /// footers of the newest data files, for a second at most.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn columns(&self, environment: EnvironmentId, request: &ColumnsRequest, cancel: Cancel) -> Result<Columns, EngineError> {
        let request = request.clone();
        self.run("columns", cancel.clone(), move |inner, _| async move {
            let is_narrow = request.window.is_some() || request.datasets.is_some();
            let window = request.window.unwrap_or(Window { start_ns: i64::MIN, end_ns: i64::MAX });
            let snapshot = inner.snapshot(environment, window, request.datasets);
            let control = inner.brief_control(cancel);
            let sightings = Sightings::of(&snapshot, &inner.footers, &control, COUNTED_FILES).await?;
            let mut columns: BTreeMap<String, ColumnInfo> = BTreeMap::new();
            for column in snapshot.registry.columns().filter(|column| column.key.starts_with(&request.prefix)) {
                let sighting = sightings.of_column(column);
                if !is_narrow || sighting.is_some() {
                    let info = columns.entry(column.key.clone()).or_insert_with(|| ColumnInfo::new(&column.key, column.column_type));
                    info.types.push(column.column_type);
                    info.see(sighting);
                }
            }
            for (name, shown) in shown_names().filter(|(name, _)| name.starts_with(&request.prefix)) {
                let info = columns.entry(name.to_owned()).or_insert_with(|| ColumnInfo::new(name, shown.column_type()));
                (info.column_type, info.is_computed) = (shown.column_type(), true);
                if !info.types.contains(&shown.column_type()) {
                    info.types.insert(0, shown.column_type());
                }
                info.see(sightings.of_shown(shown));
            }
            let mut columns: Vec<ColumnInfo> = columns.into_values().collect();
            columns.iter_mut().for_each(|info| info.events = info.events.min(sightings.events));
            Ok(Columns { columns, events: sightings.events, is_partial: sightings.is_partial })
        })
        .await
    }

    /// The values of a column and how many events have each, the most frequent first. Looks at what it can in a second, the newest
    /// events first; a note says when that was not everything.
    ///
    /// # Errors
    /// As [`EngineError`] says.
    pub async fn values(&self, environment: EnvironmentId, request: &ValuesRequest, cancel: Cancel) -> Result<ColumnValues, EngineError> {
        let mut plan = Plan::count(request.time);
        plan.datasets = request.datasets.clone();
        plan.breakdowns = vec![request.column.clone()];
        plan.limit = request.limit;
        plan.fields = request.fields.clone();
        plan.filters = request.filters.clone();
        let (op, values) = match request.prefix.as_str() {
            "" => (FilterOp::Exists, Vec::new()),
            prefix => (FilterOp::StartsWith, vec![prefix.into()]),
        };
        let own = Condition { column: request.column.clone(), op, values };
        // Conditions of which one is enough cannot be joined with this one: the values of what passes then, and null among them.
        let joins = plan.filters.combination == Combination::And || plan.filters.conditions.is_empty();
        if joins {
            plan.filters.combination = Combination::And;
            plan.filters.conditions.push(own.clone());
        }
        let prefix = request.prefix.clone();
        self.run("values", cancel.clone(), move |inner, _| async move {
            let control = Arc::new(inner.brief_control(cancel));
            let registry = inner.store.registry(environment);
            let names = Names { registry: &registry, fields: &plan.fields };
            let is_number = Resolved::new(&own.column, names).class == Some(Class::Number);
            if is_number {
                let of = |op| Calculation { op, column: Some(own.column.clone()) };
                plan.calculations.extend(NUMBERS.map(of));
            }
            let run = inner.prepared(environment, &plan, Wants { total: is_number, ..Wants::TABLE }, &control).await?;
            let (answer, covered) = run.answer().await?;
            let mut notes = control.take_notes(LISTING_LIMIT, Some(plan.time.window), covered)?;
            notes.extend(answer.notes);
            let value = |row: glasshive_query_plan::GroupRow| {
                let count = if let Some(Measure::Int(count)) = row.values.first() { *count } else { 0 };
                let value = row.group.into_iter().next()?;
                (joins || is_wanted(&value, &prefix)).then_some((value, count))
            };
            let numbers = answer.total.and_then(|total| total.get(1..)?.to_vec().try_into().ok());
            Ok(ColumnValues { values: answer.results.into_iter().filter_map(value).collect(), numbers, notes })
        })
        .await
    }
}

/// What is told of a column of numbers.
const NUMBERS: [Op; 4] = [Op::Min, Op::Percentile(Percentile::P50), Op::Percentile(Percentile::P95), Op::Max];

/// Whether a value is there and begins as asked.
fn is_wanted(value: &GroupValue, prefix: &str) -> bool {
    match value {
        GroupValue::Null => false,
        GroupValue::Str(text) | GroupValue::Json(text) => text.starts_with(prefix),
        GroupValue::Bool(truth) => truth.to_string().starts_with(prefix),
        GroupValue::Int(number) => number.to_string().starts_with(prefix),
        GroupValue::Float(number) => number.to_string().starts_with(prefix),
    }
}

impl super::Inner {
    /// What a listing may take.
    fn brief_control(&self, cancel: Cancel) -> Control {
        let limit = LISTING_LIMIT.min(self.config.time_limit);
        Control::new(cancel, self.clock.clone(), limit, self.config.memory_bytes, Meter::new(self.batches.clone()))
    }
}

impl ColumnInfo {
    fn new(name: &str, column_type: ColumnType) -> Self {
        let newest = alias_group(name).first().filter(|member| member.when == When::Always && member.name != name);
        let alias_of = newest.map(|member| member.name);
        let types = Vec::new();
        Self { name: name.to_owned(), column_type, types, alias_of, is_computed: false, events: 0, last_seen_ns: None }
    }

    /// A row has a column in one type at a time, so that what was seen of each type adds up.
    fn see(&mut self, sighting: Option<seen::Sighting>) {
        if let Some(sighting) = sighting {
            self.events += sighting.events;
            self.last_seen_ns = self.last_seen_ns.max(Some(sighting.last_ns));
        }
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
