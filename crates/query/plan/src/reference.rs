//! The slow obvious evaluator: what a plan means, written so that a reader can check it.
//!
//! It looks at shown rows one by one, keeps all of them, sorts values for percentiles and remembers every value for distinct
//! counts. An engine that is fast agrees with it: counts exactly, percentiles within 1 %, distinct counts within 2 %
//! ([`crate::compare`]).

use crate::alias::alias_group;
use crate::answer::{Answer, GroupRow, GroupValue, Measure, SeriesRow, Wants};
use crate::calculation::{Calculation, Op};
use crate::coerce::{self, Class};
use crate::events::{Cursor, EventsRequest};
use crate::filter::{Combination, Filters};
use crate::heatmap::HeatmapRows;
use crate::lhist::{self, Lhist};
use crate::plan::{Column, Plan};
use crate::shown::Shown;
use crate::time::Window;
use glasshive_model::shown::ShownRow;
use glasshive_model::{Value, names};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Answers a plan over all rows of an environment, in any order: also those outside the window and the datasets, because the
/// shown type of a column comes from the first row that ever had it.
pub fn evaluate(plan: &Plan, rows: &[ShownRow], wants: Wants) -> Answer {
    let environment = Environment::of(rows);
    let matching = environment.matching(plan.time.window, plan.datasets.as_deref(), &plan.filters, |marker| plan.leaves_out(marker));
    let calculate = Calculate::new(&environment, plan, &matching);

    let mut groups: BTreeMap<Vec<GroupValue>, Vec<&ShownRow>> = BTreeMap::new();
    if plan.breakdowns.is_empty() {
        groups.insert(Vec::new(), Vec::new());
    }
    for row in &matching {
        let group = plan.breakdowns.iter().map(|column| GroupValue::of(environment.value(row, column).as_deref())).collect();
        groups.entry(group).or_default().push(row);
    }

    let ordering = plan.ordering();
    let rows_of = |group: &[GroupValue]| groups[group].as_slice();
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
                let within: Vec<&ShownRow> =
                    rows_of(&group.group).iter().copied().filter(|row| answer.grid.index(row.time_ns) == Some(step)).collect();
                if !within.is_empty() {
                    answer.series.push(SeriesRow { step, group: index, values: calculate.all(&within) });
                }
            }
        }
    }
    if wants.total {
        answer.total = Some(calculate.all(&matching));
    }
    if wants.other && !cut.is_empty() {
        let others: Vec<&ShownRow> = cut.iter().flat_map(|group| rows_of(&group.group)).copied().collect();
        answer.other = Some(calculate.all(&others));
    }
    answer.results = all;
    answer
}

/// The rows that a request for raw rows asks for, newest first; with all their fields, whichever columns are wanted.
pub fn events<'a>(request: &EventsRequest, rows: &'a [ShownRow]) -> Vec<&'a ShownRow> {
    let environment = Environment::of(rows);
    let mut matching =
        environment.matching(request.time.window, request.datasets.as_deref(), &request.filters, |marker| request.leaves_out(marker));
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
}

impl<'a> Environment<'a> {
    fn of(rows: &'a [ShownRow]) -> Self {
        let mut in_order: Vec<&ShownRow> = rows.iter().collect();
        in_order.sort_by_key(|row| row.seq);
        let mut classes = BTreeMap::new();
        for (name, value) in in_order.iter().flat_map(|row| &row.fields) {
            let class = match value {
                Value::Null => continue,
                Value::Str(_) | Value::Json(_) => Class::Text,
                Value::Int(_) | Value::Float(_) => Class::Number,
                Value::Bool(_) => Class::Truth,
            };
            classes.entry(name.as_str()).or_insert(class);
        }
        Self { rows, classes }
    }

    fn class(&self, column: &Column) -> Option<Class> {
        if let Some(shown) = Shown::from_name(&column.name) {
            return Some(Class::of(shown.column_type()));
        }
        let members = if column.exact { &[] } else { alias_group(&column.name) };
        let own = || self.classes.get(column.name.as_str()).copied();
        if members.is_empty() { own() } else { members.iter().find_map(|member| self.classes.get(member.name).copied()) }
    }

    /// What a row has under a column: the first member with a value; `Null` when there are only empty ones.
    fn value<'row>(&self, row: &'row ShownRow, column: &Column) -> Option<Cow<'row, Value>> {
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

    fn matching(
        &self,
        window: Window,
        datasets: Option<&[String]>,
        filters: &Filters,
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
            .filter(|row| self.passes(row, filters))
            .collect()
    }

    fn passes(&self, row: &ShownRow, filters: &Filters) -> bool {
        let mut holds = filters.conditions.iter().map(|condition| {
            let value = self.value(row, &condition.column);
            coerce::holds(&coerce::normalised(condition), self.class(&condition.column), value.as_deref())
        });
        match filters.combination {
            Combination::And => holds.all(|holds| holds),
            Combination::Or => filters.conditions.is_empty() || holds.any(|holds| holds),
        }
    }
}

/// The calculations of a plan over any rows.
struct Calculate<'a> {
    environment: &'a Environment<'a>,
    calculations: &'a [Calculation],
    heatmaps: Vec<Option<HeatmapRows>>,
}

impl<'a> Calculate<'a> {
    fn new(environment: &'a Environment<'a>, plan: &'a Plan, matching: &[&ShownRow]) -> Self {
        let mut calculate = Self { environment, calculations: &plan.calculations, heatmaps: Vec::new() };
        calculate.heatmaps = plan.calculations.iter().map(|calculation| calculate.heatmap_rows(calculation, matching)).collect();
        calculate
    }

    fn heatmap_rows(&self, calculation: &Calculation, matching: &[&ShownRow]) -> Option<HeatmapRows> {
        let column = calculation.column.as_ref().filter(|_| calculation.op == Op::Heatmap)?;
        let mut values = Lhist::default();
        self.numbers(column, matching).into_iter().for_each(|(value, weight)| values.add(value, weight));
        Some(HeatmapRows::choose(&column.name, &values))
    }

    fn all(&self, rows: &[&ShownRow]) -> Vec<Measure> {
        (0..self.calculations.len()).map(|index| self.one(index, rows)).collect()
    }

    fn one(&self, index: usize, rows: &[&ShownRow]) -> Measure {
        let calculation = &self.calculations[index];
        let Some(column) = &calculation.column else {
            return Measure::Int(rows.iter().map(|row| weight(row)).sum::<f64>().round() as i64);
        };
        let with_value: Vec<(Cow<'_, Value>, f64)> = rows
            .iter()
            .filter_map(|row| Some((self.environment.value(row, column)?, weight(row))))
            .filter(|(value, _)| **value != Value::Null)
            .collect();
        let numbers = self.numbers(column, rows);
        let weights: f64 = numbers.iter().map(|(_, weight)| weight).sum();
        let weighted = || numbers.iter().map(|(value, weight)| value * weight).sum::<f64>();
        let some = |number: f64| if numbers.is_empty() { Measure::Null } else { Measure::Float(number) };
        match calculation.op {
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
        }
    }

    /// The numbers of a column and their weights.
    fn numbers(&self, column: &Column, rows: &[&ShownRow]) -> Vec<(f64, f64)> {
        let class = self.environment.class(column);
        let number = |row: &ShownRow| coerce::calculable(class, self.environment.value(row, column)?.as_ref());
        rows.iter().filter_map(|row| Some((number(row)?, weight(row)))).collect()
    }
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
