//! What comes back of a plan, whoever answered it.

use crate::heatmap::{HeatmapCounts, HeatmapRows};
use crate::plan::{Having, LIMIT_MAX, LIMIT_MAX_WITHOUT_SERIES, Order, OrderKey, Plan};
use crate::time::{Grid, Window};
use glasshive_model::Value;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// The answer to a [`Plan`]. Shapes: `values` lie in the order of `calculations`, `group` in that of `breakdowns`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The steps of `series`.
    pub grid: Grid,
    /// Names of the breakdown columns, as the plan writes them.
    pub breakdowns: Vec<String>,
    /// Labels of the calculations.
    pub calculations: Vec<String>,
    /// The rows of each calculation's heatmap, one set for all groups and steps; `None` where the calculation is no heatmap.
    pub heatmaps: Vec<Option<HeatmapRows>>,
    /// The groups over the whole window: after havings, ordered, cut at the limit. Without breakdowns there is one row, also
    /// when no event matched, unless a having removes it.
    pub results: Vec<GroupRow>,
    /// The groups of `results` step by step, ordered by step, then by place in `results`; steps in which a group has no event
    /// are left out. Empty when no series was wanted.
    pub series: Vec<SeriesRow>,
    /// All matching events as one group, whatever havings and limit say. Only when wanted.
    pub total: Option<Vec<Measure>>,
    /// The groups that the limit cut off, as one group; `None` when there are none or it was not wanted.
    pub other: Option<Vec<Measure>>,
    /// How many groups met the havings, before the limit.
    pub groups: u64,
    /// What to know about the answer; empty when there is nothing.
    pub notes: Vec<Note>,
}

/// One group over the whole window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// The value of each breakdown.
    pub group: Vec<GroupValue>,
    /// The value of each calculation.
    pub values: Vec<Measure>,
}

/// One group in one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesRow {
    /// Index of the step in the grid.
    pub step: usize,
    /// Index into [`Answer::results`].
    pub group: usize,
    /// The value of each calculation.
    pub values: Vec<Measure>,
}

/// A calculation's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Measure {
    /// No values to calculate from.
    Null,
    /// `COUNT` and `COUNT_DISTINCT`.
    Int(i64),
    /// Every other number.
    Float(f64),
    /// Σw per row of [`Answer::heatmaps`].
    Heatmap(HeatmapCounts),
}

/// A breakdown's value, in the type it was sent with; numbers that are whole are integers however they were sent, so that 1
/// and 1.0 are one group. Ordered: truth values, numbers, text, JSON text, then absent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GroupValue {
    /// A truth value.
    Bool(bool),
    /// An integer, or a double that is whole and below 2^53.
    Int(i64),
    /// Any other double.
    Float(f64),
    /// Text.
    Str(String),
    /// JSON text of an array, map or bytes.
    Json(String),
    /// The column is absent, or was sent empty.
    Null,
}

/// A remark on an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What sort of remark.
    pub kind: NoteKind,
    /// A sentence for people.
    pub text: String,
    /// For [`NoteKind::Partial`]: the part of the window that was looked at.
    pub covered: Option<Window>,
    /// For [`NoteKind::Partial`]: what the answer is without.
    pub missing: Option<Missing>,
}

/// What an answer is without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Why.
    pub reason: Reason,
    /// The times of what is missing; `None` where that cannot be said.
    pub window: Option<Window>,
    /// The data file, as the store names it, where it is a single one.
    pub file: Option<String>,
    /// Most events that are missing with it.
    pub events: Option<u64>,
}

/// Why an answer does not hold everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The time was up.
    TimeLimit,
    /// A data file is damaged.
    Damage,
    /// Data files are elsewhere and cannot be had now; asked again, the answer may hold them.
    Unreachable,
    /// The memory of a query did not hold it.
    Memory,
    /// More traces than a question may look at.
    Traces,
    /// More rows than an answer may have.
    Rows,
}

/// Sorts of remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// A limit of time or memory was reached, or something could not be read: the answer covers part of the window.
    Partial,
    /// More groups than could be kept: some are missing, and totals hold what they can.
    GroupsCut,
    /// A column that no event of the environment has.
    UnknownColumn,
    /// A literal that cannot be the column's type.
    TypeClash,
    /// Values are estimates, and how good they are.
    Estimated,
}

/// What to compute besides the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wants {
    /// The series per step.
    pub series: bool,
    /// The total of all matching events.
    pub total: bool,
    /// The groups beyond the limit as one.
    pub other: bool,
}

// === impl Answer ===

impl Answer {
    /// An answer without rows, its head filled in from the plan.
    pub fn empty(plan: &Plan) -> Self {
        Self {
            grid: plan.grid(),
            breakdowns: plan.breakdowns.iter().map(ToString::to_string).collect(),
            calculations: plan.calculations.iter().map(|calculation| calculation.label()).collect(),
            heatmaps: vec![None; plan.calculations.len()],
            results: Vec::new(),
            series: Vec::new(),
            total: None,
            other: None,
            groups: 0,
            notes: Vec::new(),
        }
    }
}

impl Answer {
    /// Whether it does not hold everything that was asked for; the notes say why.
    pub fn is_partial(&self) -> bool {
        self.notes.iter().any(Note::is_partial)
    }
}

impl GroupRow {
    /// The order of results under a plan's [`Plan::ordering`]: total, because every breakdown is in it.
    pub fn order(&self, other: &GroupRow, ordering: &[Order]) -> Ordering {
        let orders = ordering.iter().map(|order| match order.key {
            OrderKey::Calculation(index) => self.values[index].order(&other.values[index], order.descending),
            OrderKey::Breakdown(index) => self.group[index].order(&other.group[index], order.descending),
        });
        orders.fold(Ordering::Equal, Ordering::then)
    }

    /// Whether the group meets all havings of a plan.
    pub fn meets(&self, havings: &[Having]) -> bool {
        havings.iter().all(|having| self.values[having.calculation].number().is_some_and(|number| having.op.holds(number, having.value)))
    }
}

impl Default for Wants {
    /// The series, and nothing more.
    fn default() -> Self {
        Self { series: true, total: false, other: false }
    }
}

impl Wants {
    /// Results alone.
    pub const TABLE: Wants = Wants { series: false, total: false, other: false };
    /// All there is.
    pub const ALL: Wants = Wants { series: true, total: true, other: true };

    /// Most groups that a query may ask for: series hold a row for each group and step.
    pub fn limit_max(self) -> u32 {
        if self.series { LIMIT_MAX } else { LIMIT_MAX_WITHOUT_SERIES }
    }
}

impl Note {
    /// A remark that is not about a part of the window.
    pub fn new(kind: NoteKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), covered: None, missing: None }
    }

    /// The remark that something is missing, and why; nothing known of where.
    pub fn missing(reason: Reason, text: impl Into<String>) -> Self {
        let missing = Missing { reason, window: None, file: None, events: None };
        Self { missing: Some(missing), ..Self::new(NoteKind::Partial, text) }
    }

    /// Whether it says that an answer does not hold everything.
    pub fn is_partial(&self) -> bool {
        matches!(self.kind, NoteKind::Partial | NoteKind::GroupsCut)
    }
}

// === impl Measure ===

impl Measure {
    /// The number to order and compare by; `None` for null, NaN and heatmaps.
    pub fn number(&self) -> Option<f64> {
        match self {
            Measure::Int(number) => Some(*number as f64),
            Measure::Float(number) if !number.is_nan() => Some(*number),
            _ => None,
        }
    }

    /// The order of results: by number, nulls last whichever way it goes.
    pub fn order(&self, other: &Measure, descending: bool) -> Ordering {
        match (self.number(), other.number()) {
            (Some(left), Some(right)) => {
                let order = left.total_cmp(&right);
                if descending { order.reverse() } else { order }
            }
            (left, right) => right.is_some().cmp(&left.is_some()),
        }
    }
}

// === impl GroupValue ===

/// Doubles of this size and above are not written as integers: not every integer there is a double.
const WHOLE_LIMIT: f64 = 9_007_199_254_740_992.0;

impl GroupValue {
    /// The group that a value belongs to.
    pub fn of(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => GroupValue::Null,
            Some(Value::Bool(truth)) => GroupValue::Bool(*truth),
            Some(Value::Int(number)) => GroupValue::Int(*number),
            Some(Value::Float(number)) => GroupValue::of_float(*number),
            Some(Value::Str(text)) => GroupValue::Str(text.clone()),
            Some(Value::Json(text)) => GroupValue::Json(text.clone()),
        }
    }

    /// The group that a double belongs to.
    pub fn of_float(number: f64) -> Self {
        if number.fract() == 0.0 && number.abs() < WHOLE_LIMIT { GroupValue::Int(number as i64) } else { GroupValue::Float(number) }
    }

    /// The order of results: as [`Ord`], turned round when descending, with absent values last either way.
    pub fn order(&self, other: &GroupValue, descending: bool) -> Ordering {
        match (self, other) {
            (GroupValue::Null, _) | (_, GroupValue::Null) => self.cmp(other),
            _ if descending => other.cmp(self),
            _ => self.cmp(other),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            GroupValue::Bool(_) => 0,
            GroupValue::Int(_) | GroupValue::Float(_) => 1,
            GroupValue::Str(_) => 2,
            GroupValue::Json(_) => 3,
            GroupValue::Null => 4,
        }
    }
}

impl Ord for GroupValue {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (GroupValue::Bool(left), GroupValue::Bool(right)) => left.cmp(right),
            (GroupValue::Int(left), GroupValue::Int(right)) => left.cmp(right),
            (GroupValue::Float(left), GroupValue::Float(right)) => left.total_cmp(right),
            (GroupValue::Int(left), GroupValue::Float(right)) => {
                compare_exactly(*left, *right).unwrap_or(Ordering::Less).then(Ordering::Less)
            }
            (GroupValue::Float(_), GroupValue::Int(_)) => other.cmp(self).reverse(),
            (GroupValue::Str(left), GroupValue::Str(right)) | (GroupValue::Json(left), GroupValue::Json(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for GroupValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for GroupValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for GroupValue {}

impl Hash for GroupValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            GroupValue::Bool(truth) => truth.hash(state),
            GroupValue::Int(number) => number.hash(state),
            GroupValue::Float(number) => number.to_bits().hash(state),
            GroupValue::Str(text) | GroupValue::Json(text) => text.hash(state),
            GroupValue::Null => {}
        }
    }
}

/// An integer against a double, without rounding either; `None` for NaN.
pub(crate) fn compare_exactly(integer: i64, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    if double >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if double < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = double.trunc();
    // `whole` lies in the range of i64, and a trunc of a double is exact.
    Some(integer.cmp(&(whole as i64)).then_with(|| 0.0_f64.total_cmp(&(double - whole + 0.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_values_are_in_a_total_order() {
        let ascending = [
            GroupValue::Bool(false),
            GroupValue::Bool(true),
            GroupValue::Float(f64::NEG_INFINITY),
            GroupValue::Float(-1.5),
            GroupValue::Int(-1),
            GroupValue::Int(0),
            GroupValue::Float(0.5),
            GroupValue::Int(1),
            GroupValue::Int(i64::MAX),
            GroupValue::Float(9_223_372_036_854_775_808.0),
            GroupValue::Str(String::new()),
            GroupValue::Str("a".into()),
            GroupValue::Json("[1]".into()),
            GroupValue::Null,
        ];
        for (i, left) in ascending.iter().enumerate() {
            for (j, right) in ascending.iter().enumerate() {
                assert_eq!(left.cmp(right), i.cmp(&j), "{left:?} {right:?}");
                assert_eq!(left == right, i == j, "{left:?} {right:?}");
            }
        }
        assert_eq!(GroupValue::Null.order(&GroupValue::Int(1), true), Ordering::Greater, "absent is last, descending too");
        assert_eq!(GroupValue::Int(2).order(&GroupValue::Int(1), true), Ordering::Less);
    }

    #[test]
    fn whole_doubles_are_integers() {
        let check = |value: Value, expected: GroupValue| assert_eq!(GroupValue::of(Some(&value)), expected);
        check(Value::Float(1.0), GroupValue::Int(1));
        check(Value::Float(-0.0), GroupValue::Int(0));
        check(Value::Float(1.5), GroupValue::Float(1.5));
        check(Value::Float(1e300), GroupValue::Float(1e300));
        check(Value::Null, GroupValue::Null);
    }

    #[test]
    fn nulls_come_last_in_either_direction() {
        let number = Measure::Int(1);
        assert_eq!(number.order(&Measure::Null, true), Ordering::Less);
        assert_eq!(number.order(&Measure::Null, false), Ordering::Less);
        assert_eq!(Measure::Float(2.0).order(&number, true), Ordering::Less);
        assert_eq!(Measure::Null.order(&Measure::Null, true), Ordering::Equal);
    }

    #[test]
    fn answers_survive_json() {
        let values = vec![Measure::Null, Measure::Int(3), Measure::Float(1.5)];
        let text = serde_json::to_string(&values).unwrap();
        assert_eq!(text, "[null,3,1.5]");
        assert_eq!(serde_json::from_str::<Vec<Measure>>(&text).unwrap(), values);
        let group = vec![GroupValue::Str("a".into()), GroupValue::Int(1), GroupValue::Bool(true), GroupValue::Null];
        let text = serde_json::to_string(&group).unwrap();
        assert_eq!(text, r#"["a",1,true,null]"#);
        assert_eq!(serde_json::from_str::<Vec<GroupValue>>(&text).unwrap(), group);
    }
}
