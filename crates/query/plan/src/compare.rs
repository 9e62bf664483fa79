//! How far two answers to one plan may lie apart: an engine's against the reference's.

use crate::answer::{Answer, GroupRow, GroupValue, Measure};
use crate::calculation::Op;
use crate::plan::{OrderKey, Plan};
use std::collections::{BTreeMap, BTreeSet};

/// What is allowed to differ, relative to the greater of the two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Percentiles.
    pub percentile: f64,
    /// `COUNT_DISTINCT`.
    pub distinct: f64,
    /// Sums, averages and heatmap cells, which depend on the order of adding; sums are also let differ by this in absolute
    /// terms, since great values of both signs may cancel out.
    pub sum: f64,
}

impl Default for Tolerance {
    /// 1 %, 2 %, one in a thousand millions.
    fn default() -> Self {
        Self { percentile: 0.01, distinct: 0.02, sum: 1e-9 }
    }
}

/// Every difference between two answers to `plan`, in words; none when `actual` is as good as `expected`.
///
/// Groups must be the same and in an order that `actual`'s own values agree with. Only where the limit cuts, or a having
/// decides, by an estimated value may the groups differ; then those that both have are compared.
pub fn differences(plan: &Plan, expected: &Answer, actual: &Answer, tolerance: Tolerance) -> Vec<String> {
    let mut out = Differences { plan, tolerance, found: Vec::new() };
    out.same("grid", &expected.grid, &actual.grid);
    out.same("breakdowns", &expected.breakdowns, &actual.breakdowns);
    out.same("calculations", &expected.calculations, &actual.calculations);
    out.same("heatmap rows", &expected.heatmaps, &actual.heatmaps);
    let decided_by_estimates = plan.havings.iter().any(|having| is_estimate(plan.calculations[having.calculation].op));
    let ordered_by_estimates = plan.ordering().iter().any(|order| match order.key {
        OrderKey::Calculation(index) => is_estimate(plan.calculations[index].op),
        OrderKey::Breakdown(_) => false,
    });
    let is_cut = expected.groups > expected.results.len() as u64;
    let may_differ = decided_by_estimates || (is_cut && ordered_by_estimates);
    if !decided_by_estimates {
        out.same("number of groups", &expected.groups, &actual.groups);
    }
    out.results(expected, actual, may_differ);
    out.series(expected, actual, may_differ);
    out.optional("total", expected.total.as_deref(), actual.total.as_deref());
    if !may_differ {
        out.optional("other", expected.other.as_deref(), actual.other.as_deref());
    }
    out.found
}

/// Whether two correct evaluators may order or filter groups differently by it.
fn is_estimate(op: Op) -> bool {
    !matches!(op, Op::Count | Op::HistogramCount | Op::Min | Op::Max)
}

struct Differences<'a> {
    plan: &'a Plan,
    tolerance: Tolerance,
    found: Vec<String>,
}

impl Differences<'_> {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, expected: &T, actual: &T) {
        if expected != actual {
            self.found.push(format!("{what}: expected {expected:?}, got {actual:?}"));
        }
    }

    fn results(&mut self, expected: &Answer, actual: &Answer, may_differ: bool) {
        let ordering = self.plan.ordering();
        for pair in actual.results.windows(2) {
            if pair[0].order(&pair[1], &ordering).is_gt() {
                self.found.push(format!("results: {:?} stands before {:?}", pair[0], pair[1]));
            }
        }
        for group in actual.results.iter().filter(|group| !group.meets(&self.plan.havings)) {
            self.found.push(format!("results: {group:?} does not meet the havings"));
        }
        let by_group = |answer: &Answer| answer.results.iter().map(|row: &GroupRow| (row.group.clone(), row.values.clone())).collect();
        self.maps("results", &by_group(expected), &by_group(actual), may_differ);
    }

    fn series(&mut self, expected: &Answer, actual: &Answer, may_differ: bool) {
        let by_step = |answer: &Answer| -> BTreeMap<(Vec<GroupValue>, usize), Vec<Measure>> {
            let group = |row: &crate::SeriesRow| answer.results.get(row.group).map(|result| result.group.clone());
            answer.series.iter().filter_map(|row| Some(((group(row)?, row.step), row.values.clone()))).collect()
        };
        if !actual.series.is_sorted_by_key(|row| (row.step, row.group)) {
            self.found.push("series: not in order of step and group".to_owned());
        }
        self.maps("series", &by_step(expected), &by_step(actual), may_differ);
    }

    fn maps<K: Ord + std::fmt::Debug>(
        &mut self,
        what: &str,
        expected: &BTreeMap<K, Vec<Measure>>,
        actual: &BTreeMap<K, Vec<Measure>>,
        may_differ: bool,
    ) {
        let keys: BTreeSet<&K> = expected.keys().chain(actual.keys()).collect();
        for key in keys {
            match (expected.get(key), actual.get(key)) {
                (Some(expected), Some(actual)) => self.values(&format!("{what} {key:?}"), expected, actual),
                _ if may_differ => {}
                (Some(expected), None) => self.found.push(format!("{what} {key:?}: expected {expected:?}, got nothing")),
                (None, actual) => self.found.push(format!("{what} {key:?}: expected nothing, got {actual:?}")),
            }
        }
    }

    fn optional(&mut self, what: &str, expected: Option<&[Measure]>, actual: Option<&[Measure]>) {
        match (expected, actual) {
            (Some(expected), Some(actual)) => self.values(what, expected, actual),
            (None, None) => {}
            _ => self.found.push(format!("{what}: expected {expected:?}, got {actual:?}")),
        }
    }

    fn values(&mut self, what: &str, expected: &[Measure], actual: &[Measure]) {
        if expected.len() != actual.len() {
            self.found.push(format!("{what}: expected {expected:?}, got {actual:?}"));
            return;
        }
        for ((calculation, expected), actual) in self.plan.calculations.iter().zip(expected).zip(actual) {
            if !self.close(calculation.op, expected, actual) {
                self.found.push(format!("{what} {}: expected {expected:?}, got {actual:?}", calculation.label()));
            }
        }
    }

    fn close(&self, op: Op, expected: &Measure, actual: &Measure) -> bool {
        let within = |left: f64, right: f64, relative: f64, absolute: f64| {
            left == right || (left - right).abs() <= left.abs().max(right.abs()) * relative + absolute
        };
        match (op, expected, actual) {
            (Op::Heatmap, Measure::Heatmap(expected), Measure::Heatmap(actual)) => {
                let cells = |counts: &crate::heatmap::HeatmapCounts| {
                    [counts.under, counts.zero, counts.over].into_iter().chain(counts.counts.clone()).collect::<Vec<f64>>()
                };
                let (left, right) = (cells(expected), cells(actual));
                left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| within(*left, *right, self.tolerance.sum, 0.0))
            }
            (Op::Count | Op::HistogramCount, Measure::Int(left), Measure::Int(right)) => left == right,
            (Op::CountDistinct, Measure::Int(left), Measure::Int(right)) => {
                within(*left as f64, *right as f64, self.tolerance.distinct, 0.0)
            }
            (_, Measure::Float(left), Measure::Float(right)) => match op {
                Op::Percentile(_) => within(*left, *right, self.tolerance.percentile, 0.0),
                Op::Sum | Op::Avg | Op::Concurrency | Op::RateSum | Op::RateAvg => {
                    within(*left, *right, self.tolerance.sum, self.tolerance.sum)
                }
                _ => left == right,
            },
            (_, Measure::Null, Measure::Null) => true,
            _ => false,
        }
    }
}
