//! The slow obvious evaluator: what a plan means, written so that a reader can check it.
//!
//! It looks at shown rows one by one, keeps all of them, sorts values for percentiles and remembers every value for distinct
//! counts. An engine that is fast agrees with it: counts exactly, percentiles within 1 %, distinct counts within 2 %
//! ([`crate::compare`]).

mod histograms;
mod related;

use crate::alias::alias_group;
use crate::answer::{Answer, GroupRow, GroupValue, Measure, SeriesRow, Wants};
use crate::calculation::{self, Calculation, Op};
use crate::coerce::{self, Class};
use crate::events::{Cursor, EventsRequest};
use crate::expression::Input;
use crate::fields::{CalculatedField, field_of};
use crate::filter::Condition;
use crate::heatmap::HeatmapRows;
use crate::histogram;
use crate::level::{self, Level, Reading};
use crate::lhist::{self, Lhist};
use crate::plan::{Column, Plan};
use crate::shown::Shown;
use crate::time::{Grid, Window, seconds_of};
use glasshive_model::shown::ShownRow;
use glasshive_model::{Value, names};
use histograms::AddedByRow;
use related::Related;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Answers a plan over all rows of an environment, in any order: also those outside the window and the datasets, because the
/// shown type of a column comes from the first row that ever had it.
pub fn evaluate(plan: &Plan, rows: &[ShownRow], wants: Wants) -> Answer {
    let environment = Environment::of(rows, &plan.fields);
    let related = Related::new(&environment, plan.time.window, &plan.filters, &plan.breakdowns);
    let wanted = environment.matching(&related, plan.scan_window(), plan.datasets.as_deref(), |marker| plan.leaves_out(marker));
    let in_progress: Vec<&ShownRow> = if plan.scan_window() == plan.time.window {
        Vec::new()
    } else {
        wanted.iter().copied().filter(|row| environment.overlap_ns(row, plan.time.window) > 0).collect()
    };
    let matching: Vec<&ShownRow> = wanted.into_iter().filter(|row| plan.time.window.contains(row.time_ns)).collect();
    let reach = histogram::reach(plan.time.window);
    let points = environment.matching(&related, reach, plan.datasets.as_deref(), |marker| plan.leaves_out(marker));
    let calculate = Calculate::new(&environment, plan, &matching, &points);

    let mut groups: BTreeMap<Vec<GroupValue>, Group<'_>> = BTreeMap::new();
    if plan.breakdowns.is_empty() {
        groups.insert(Vec::new(), Group::default());
    }
    let group_of = |row: &ShownRow| -> Vec<GroupValue> {
        plan.breakdowns.iter().map(|column| GroupValue::of(related.value(row, column).as_ref())).collect()
    };
    for row in &matching {
        groups.entry(group_of(row)).or_default().events.push(row);
    }
    for row in &in_progress {
        groups.entry(group_of(row)).or_default().in_progress.push(row);
    }

    let ordering = plan.ordering();
    let mut all: Vec<GroupRow> =
        groups.iter().map(|(group, rows)| GroupRow { group: group.clone(), values: calculate.all(rows) }).collect();
    all.retain(|group| group.meets(&plan.havings));
    all.sort_by(|left, right| left.order(right, &ordering));
    let met = all.len();
    let cut = all.split_off(met.min(plan.limit as usize));

    let mut answer = Answer::empty(plan);
    answer.heatmaps = calculate.heatmaps.clone();
    answer.groups = met as u64;
    if wants.series {
        for step in 0..answer.grid.steps {
            for (index, group) in all.iter().enumerate() {
                answer.series.extend(calculate.step(&groups[&group.group], step).map(|values| SeriesRow { step, group: index, values }));
            }
        }
    }
    if wants.total {
        answer.total = Some(calculate.all(&Group { events: matching.clone(), in_progress }));
    }
    if wants.other && !cut.is_empty() {
        let mut others = Group::default();
        for group in cut.iter().map(|group| &groups[&group.group]) {
            others.events.extend(&group.events);
            others.in_progress.extend(&group.in_progress);
        }
        answer.other = Some(calculate.all(&others));
    }
    answer.results = all;
    answer
}

/// The rows of one group.
#[derive(Default)]
struct Group<'a> {
    /// In the window.
    events: Vec<&'a ShownRow>,
    /// Those that are in progress at some time of the window, whenever they began; only when that is asked for.
    in_progress: Vec<&'a ShownRow>,
}

/// The rows that a request for raw rows asks for, newest first; with all their fields, whichever columns are wanted.
pub fn events<'a>(request: &'a EventsRequest, rows: &'a [ShownRow]) -> Vec<&'a ShownRow> {
    let environment = Environment::of(rows, &request.fields);
    let related = Related::new(&environment, request.time.window, &request.filters, &[]);
    let mut matching =
        environment.matching(&related, request.time.window, request.datasets.as_deref(), |marker| request.leaves_out(marker));
    let place = |row: &ShownRow| Cursor { time_ns: row.time_ns, seq: row.seq };
    matching.retain(|row| request.after.is_none_or(|after| place(row) < after));
    matching.sort_by_key(|row| std::cmp::Reverse(place(row)));
    matching.truncate(request.limit as usize);
    matching
}

/// All rows, and which class every name has.
struct Environment<'a> {
    rows: &'a [ShownRow],
    classes: BTreeMap<&'a str, Class>,
    /// The names under which some row has JSON text.
    json: BTreeSet<&'a str>,
    fields: &'a [CalculatedField],
}

impl<'a> Environment<'a> {
    fn of(rows: &'a [ShownRow], fields: &'a [CalculatedField]) -> Self {
        let mut in_order: Vec<&ShownRow> = rows.iter().collect();
        in_order.sort_by_key(|row| row.seq);
        let (mut classes, mut json) = (BTreeMap::new(), BTreeSet::new());
        for (name, value) in in_order.iter().flat_map(|row| &row.fields) {
            let class = match value {
                Value::Null => continue,
                Value::Str(_) | Value::Json(_) => Class::Text,
                Value::Int(_) | Value::Float(_) => Class::Number,
                Value::Bool(_) => Class::Truth,
            };
            classes.entry(name.as_str()).or_insert(class);
            if let Value::Json(_) = value {
                json.insert(name.as_str());
            }
        }
        Self { rows, classes, json, fields }
    }

    /// Whether a question may name it as it stands: some row has it, or it is computed from what every row has.
    fn has_column(&self, column: &Column) -> bool {
        let is_alias = !column.exact && !alias_group(&column.name).is_empty();
        field_of(self.fields, column).is_some()
            || is_alias
            || Shown::from_name(&column.name).is_some()
            || self.classes.contains_key(column.name.as_str())
    }

    /// The metric whose histograms a calculation looks at.
    fn histogram(&self, calculation: &Calculation) -> Option<String> {
        let column = calculation.column.as_ref().filter(|_| calculation.op.is_numeric())?;
        let is_field = field_of(self.fields, column).is_some();
        if is_field { None } else { histogram::metric_of(&column.name, |name| self.json.contains(name), self.has_column(column)) }
    }

    fn class(&self, column: &Column) -> Option<Class> {
        if let Some(CalculatedField { expression, .. }) = field_of(self.fields, column) {
            return expression.class(&|index| match &expression.inputs()[index] {
                Input::Column(column) => self.class(column),
                Input::EventTimestamp | Input::IngestTimestamp => Some(Class::Number),
            });
        }
        if let Some(shown) = Shown::from_name(&column.name) {
            return Some(Class::of(shown.column_type()));
        }
        if let Some(readings) = self.of_level(column) {
            return readings.iter().find_map(|reading| self.class(&Column::exact(&*reading.name)));
        }
        let members = if column.exact { &[] } else { alias_group(&column.name) };
        let own = || self.classes.get(column.name.as_str()).copied();
        if members.is_empty() { own() } else { members.iter().find_map(|member| self.classes.get(member.name).copied()) }
    }

    /// What a row has under a column: the first member with a value; `Null` when there are only empty ones.
    fn value<'row>(&self, row: &'row ShownRow, column: &Column) -> Option<Cow<'row, Value>> {
        if let Some(field) = field_of(self.fields, column) {
            return Some(Cow::Owned(self.calculated(row, field))).filter(|value| **value != Value::Null);
        }
        if let Some(readings) = self.of_level(column) {
            return self.value_of_level(row, &readings);
        }
        let members = if column.exact { &[] } else { alias_group(&column.name) };
        let found = if members.is_empty() {
            row.get(&column.name)
        } else {
            let kind = match row.get(names::SPAN_KIND) {
                Some(Value::Str(word)) => Some(word.as_str()),
                _ => None,
            };
            let there: Vec<&Value> =
                members.iter().filter(|member| member.when.admits(kind)).filter_map(|member| row.get(member.name)).collect();
            there.iter().copied().find(|value| **value != Value::Null).or(there.first().copied())
        };
        let is_id = Shown::from_name(&column.name).filter(|shown| !shown.attribute_wins());
        match (is_id, found) {
            (Some(shown), Some(Value::Str(text))) => Some(Cow::Owned(Value::Str(shown.normalise(text)))),
            _ => found.map(Cow::Borrowed),
        }
    }

    /// What a column is read under that says where its values come from; `None` of others.
    fn of_level(&self, column: &Column) -> Option<Vec<Reading>> {
        let is_known = |name: &str| Shown::from_name(name).is_some() || self.classes.contains_key(name);
        Level::split(column)?;
        Some(level::readings(column, is_known)).filter(|readings| readings.iter().any(|reading| reading.level.is_some()))
    }

    /// The same as [`Self::value`] of such a column.
    fn value_of_level<'row>(&self, row: &'row ShownRow, readings: &[Reading]) -> Option<Cow<'row, Value>> {
        let kind = match row.get(names::SPAN_KIND) {
            Some(Value::Str(word)) => Some(word.as_str()),
            _ => None,
        };
        let counts = |reading: &&Reading| reading.when.admits(kind) && reading.level.is_none_or(|level| level.holds(row, &reading.name));
        let there: Vec<Cow<'row, Value>> =
            readings.iter().filter(counts).filter_map(|reading| self.value(row, &Column::exact(&*reading.name))).collect();
        there.iter().find(|value| ***value != Value::Null).or(there.first()).cloned()
    }

    fn calculated(&self, row: &ShownRow, field: &CalculatedField) -> Value {
        let value = |input: &Input| match input {
            Input::Column(column) => self.value(row, column).map_or(Value::Null, Cow::into_owned),
            Input::EventTimestamp => Value::Float(seconds_of(row.time_ns)),
            Input::IngestTimestamp => match row.get(names::META_INGEST_TIME) {
                Some(Value::Int(ns)) => Value::Float(seconds_of(*ns)),
                _ => Value::Null,
            },
        };
        // Once each: an expression may name an input often, and so may the field that is its input.
        let values: Vec<Value> = field.expression.inputs().iter().map(value).collect();
        field.expression.evaluate(&|index| values[index].clone())
    }

    /// How long a row was in progress within some time.
    fn overlap_ns(&self, row: &ShownRow, window: Window) -> i64 {
        let column = Column::exact(names::DURATION_MS);
        let duration = self.value(row, &column).and_then(|value| coerce::calculable(Some(Class::Number), &value));
        let end_ns = duration.and_then(|duration| calculation::end_ns(row.time_ns, duration));
        end_ns.map_or(0, |end_ns| window.overlap_ns(Window { start_ns: row.time_ns, end_ns }))
    }

    fn matching(
        &self,
        related: &Related<'_>,
        window: Window,
        datasets: Option<&[String]>,
        leaves_out: impl Fn(&str) -> bool,
    ) -> Vec<&'a ShownRow> {
        let hidden: Vec<&str> = [names::META_DERIVED, names::META_SELF_TELEMETRY].into_iter().filter(|marker| leaves_out(marker)).collect();
        let in_datasets = |row: &ShownRow| match (datasets, row.get(names::META_DATASET)) {
            (None, _) => true,
            (Some(slugs), Some(Value::Str(slug))) => slugs.contains(slug),
            (Some(_), _) => false,
        };
        self.rows
            .iter()
            .filter(|row| window.contains(row.time_ns) && in_datasets(row))
            .filter(|row| hidden.iter().all(|marker| row.get(marker) != Some(&Value::Bool(true))))
            .filter(|row| related.passes(row))
            .collect()
    }

    fn holds(&self, row: &ShownRow, condition: &Condition) -> bool {
        let value = self.value(row, &condition.column);
        coerce::holds(&coerce::normalised(condition), self.class(&condition.column), value.as_deref())
    }
}

/// The calculations of a plan over any rows.
struct Calculate<'a> {
    environment: &'a Environment<'a>,
    calculations: &'a [Calculation],
    grid: Grid,
    heatmaps: Vec<Option<HeatmapRows>>,
    /// By calculation, for those over histograms: the metric, and what rows add.
    histograms: Vec<Option<(String, AddedByRow)>>,
}

impl<'a> Calculate<'a> {
    /// `points` are the rows that points of histograms are among.
    fn new(environment: &'a Environment<'a>, plan: &'a Plan, matching: &[&ShownRow], points: &[&ShownRow]) -> Self {
        let added = |metric: String| {
            let added = histograms::added(&metric, points, plan.time.window);
            (metric, added)
        };
        let histograms = plan.calculations.iter().map(|calculation| environment.histogram(calculation).map(added)).collect();
        let mut calculate = Self { environment, calculations: &plan.calculations, grid: plan.grid(), heatmaps: Vec::new(), histograms };
        calculate.heatmaps = (0..plan.calculations.len()).map(|index| calculate.heatmap_rows(index, matching)).collect();
        calculate
    }

    fn heatmap_rows(&self, index: usize, matching: &[&ShownRow]) -> Option<HeatmapRows> {
        let calculation = &self.calculations[index];
        let column = calculation.column.as_ref().filter(|_| calculation.op == Op::Heatmap)?;
        if let Some((metric, added)) = &self.histograms[index] {
            return Some(HeatmapRows::choose(metric, &histogram::distribution(&ranges(added, matching))));
        }
        let mut values = Lhist::default();
        self.numbers(column, matching).into_iter().for_each(|(value, weight)| values.add(value, weight));
        Some(HeatmapRows::choose(&column.name, &values))
    }

    /// Over the whole window.
    fn all(&self, group: &Group<'_>) -> Vec<Measure> {
        let value = |index: usize| match self.calculations[index].op {
            Op::Concurrency => self.concurrency(group, self.grid.window),
            op => match op.rate_of() {
                Some(of) => self.rate(index, of, group),
                None => self.one(index, op, &group.events),
            },
        };
        (0..self.calculations.len()).map(value).collect()
    }

    /// In one step; `None` when nothing happened in it.
    fn step(&self, group: &Group<'_>, step: usize) -> Option<Vec<Measure>> {
        let part = self.grid.part(step);
        let events = self.within(group, step);
        if events.is_empty() && !group.in_progress.iter().any(|row| self.environment.overlap_ns(row, part) > 0) {
            return None;
        }
        let value = |index: usize| match self.calculations[index].op {
            Op::Concurrency => self.concurrency(group, part),
            op => match op.rate_of() {
                Some(of) => {
                    let before = step.checked_sub(1).and_then(|before| self.one(index, of, &self.within(group, before)).number());
                    measured(before.and_then(|before| Some(self.one(index, of, &events).number()? - before)))
                }
                None => self.one(index, op, &events),
            },
        };
        Some((0..self.calculations.len()).map(value).collect())
    }

    fn within<'row>(&self, group: &Group<'row>, step: usize) -> Vec<&'row ShownRow> {
        group.events.iter().copied().filter(|row| self.grid.index(row.time_ns) == Some(step)).collect()
    }

    fn concurrency(&self, group: &Group<'_>, part: Window) -> Measure {
        let overlaps = group.in_progress.iter().map(|row| self.environment.overlap_ns(row, part) as f64 * weight(row));
        Measure::Float(overlaps.sum::<f64>() / part.length_ns() as f64)
    }

    /// The change from the first step that has a value to the last, per step.
    fn rate(&self, index: usize, of: Op, group: &Group<'_>) -> Measure {
        let value = |step: usize| Some((step, self.one(index, of, &self.within(group, step)).number()?));
        let values: Vec<(usize, f64)> = (0..self.grid.steps).filter_map(value).collect();
        match (values.first(), values.last()) {
            (Some((first, start)), Some((last, end))) if last > first => measured(Some((end - start) / (last - first) as f64)),
            _ => Measure::Null,
        }
    }

    fn one(&self, index: usize, op: Op, rows: &[&ShownRow]) -> Measure {
        let calculation = &self.calculations[index];
        let Some(column) = &calculation.column else {
            return Measure::Int(rows.iter().map(|row| weight(row)).sum::<f64>().round() as i64);
        };
        if let Some((_, added)) = &self.histograms[index] {
            return self.of_histogram(index, op, added, rows);
        }
        let with_value: Vec<(Cow<'_, Value>, f64)> = rows
            .iter()
            .filter_map(|row| Some((self.environment.value(row, column)?, weight(row))))
            .filter(|(value, _)| **value != Value::Null)
            .collect();
        let numbers = self.numbers(column, rows);
        let weights: f64 = numbers.iter().map(|(_, weight)| weight).sum();
        let weighted = || numbers.iter().map(|(value, weight)| value * weight).sum::<f64>();
        let some = |number: f64| if numbers.is_empty() { Measure::Null } else { Measure::Float(number) };
        match op {
            Op::Count => Measure::Int(with_value.iter().map(|(_, weight)| weight).sum::<f64>().round() as i64),
            Op::CountDistinct if with_value.is_empty() => Measure::Null,
            Op::CountDistinct => {
                let distinct: BTreeSet<GroupValue> = with_value.iter().map(|(value, _)| GroupValue::of(Some(value))).collect();
                Measure::Int(distinct.len() as i64)
            }
            Op::Sum => some(weighted()),
            Op::Avg => some(weighted() / weights),
            Op::Min => some(numbers.iter().map(|(value, _)| *value).fold(f64::INFINITY, f64::min)),
            Op::Max => some(numbers.iter().map(|(value, _)| *value).fold(f64::NEG_INFINITY, f64::max)),
            Op::Percentile(percentile) => some(exact_quantile(numbers.clone(), percentile.quantile())),
            Op::Heatmap => self.heatmaps[index].as_ref().map_or(Measure::Null, |heatmap| {
                let mut counts = heatmap.zero_counts();
                for (value, weight) in &numbers {
                    heatmap.place(*value).into_iter().for_each(|place| counts.add(place, *weight));
                }
                Measure::Heatmap(counts)
            }),
            // These look at more than the rows of one step, and are put together from the others.
            Op::Concurrency | Op::RateSum | Op::RateAvg | Op::RateMax => Measure::Null,
            Op::HistogramCount => Measure::Null,
        }
    }

    /// Over the values that histograms stand for.
    fn of_histogram(&self, index: usize, op: Op, added: &AddedByRow, rows: &[&ShownRow]) -> Measure {
        let ranges = ranges(added, rows);
        let counts: Vec<f64> = rows.iter().filter_map(|row| added.get(&row.seq)?.count).collect();
        let totals: Vec<(f64, f64)> = rows.iter().filter_map(|row| added.get(&row.seq)?.totals).collect();
        let sum = totals.iter().map(|(sum, _)| sum).sum::<f64>();
        let count = totals.iter().map(|(_, count)| count).sum::<f64>();
        let of_ranges = |number: f64| if ranges.is_empty() { Measure::Null } else { Measure::Float(number) };
        match op {
            Op::Sum if !totals.is_empty() => Measure::Float(sum),
            Op::Avg if !totals.is_empty() => Measure::Float(sum / count),
            Op::HistogramCount if !counts.is_empty() => Measure::Int(counts.iter().sum::<f64>().round() as i64),
            Op::Min => of_ranges(ranges.iter().map(|range| range.lower).fold(f64::INFINITY, f64::min)),
            Op::Max => of_ranges(ranges.iter().map(|range| range.upper).fold(f64::NEG_INFINITY, f64::max)),
            Op::Percentile(percentile) => of_ranges(histograms::quantile(&ranges, percentile.quantile())),
            Op::Heatmap => self.heatmaps[index].as_ref().map_or(Measure::Null, |heatmap| {
                let mut counts = heatmap.zero_counts();
                ranges.iter().for_each(|range| histogram::add_to_rows(heatmap, *range, &mut counts));
                Measure::Heatmap(counts)
            }),
            _ => Measure::Null,
        }
    }

    /// The numbers of a column and their weights.
    fn numbers(&self, column: &Column, rows: &[&ShownRow]) -> Vec<(f64, f64)> {
        let class = self.environment.class(column);
        let number = |row: &ShownRow| coerce::calculable(class, self.environment.value(row, column)?.as_ref());
        rows.iter().filter_map(|row| Some((number(row)?, weight(row)))).collect()
    }
}

/// What rows add.
fn ranges(added: &AddedByRow, rows: &[&ShownRow]) -> Vec<histogram::Range> {
    rows.iter().filter_map(|row| added.get(&row.seq)).flat_map(|added| added.ranges.iter().copied()).collect()
}

/// A number that may not be one.
fn measured(number: Option<f64>) -> Measure {
    number.filter(|number| !number.is_nan()).map_or(Measure::Null, Measure::Float)
}

fn weight(row: &ShownRow) -> f64 {
    match row.get(names::META_SAMPLE_RATE) {
        Some(Value::Float(rate)) => *rate,
        Some(Value::Int(rate)) => *rate as f64,
        _ => 1.0,
    }
}

/// The quantile by the definition of [`crate::lhist`]; 0 of nothing.
fn exact_quantile(mut numbers: Vec<(f64, f64)>, quantile: f64) -> f64 {
    numbers.sort_by(|left, right| left.0.total_cmp(&right.0));
    let target = lhist::rank_target(numbers.iter().map(|(_, weight)| weight).sum(), quantile);
    let mut cumulated = 0.0;
    for (value, weight) in &numbers {
        cumulated += weight;
        if cumulated >= target {
            return *value;
        }
    }
    numbers.last().map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests;
