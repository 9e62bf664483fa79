//! The one form of a query.

use crate::calculation::{Calculation, LOOK_BACK_NS, Op};
use crate::fields::{CalculatedField, field_of};
use crate::filter::Filters;
use crate::relation::Relation;
use crate::time::{Grid, Step, TimeRange, Window};
use std::fmt;

/// A query over events: which, what of them, by which groups, and what of the groups to give back.
///
/// Calculations and breakdowns hold no column twice. Evaluation, in order: events of the datasets in the window that pass the
/// filters; one group per combination of breakdown values; calculations per group (and per step of the grid); havings;
/// orders; limit. See [`Plan::ordering`] for the complete order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Calculated fields, each usable wherever a column is; they pass [`crate::fields::check`]. At most 100.
    pub fields: Vec<CalculatedField>,
    /// Slugs of the datasets to look in; `None` = all of the environment.
    pub datasets: Option<Vec<String>>,
    /// The window, and how it was written.
    pub time: TimeRange,
    /// Length of the steps of the series.
    pub step: Step,
    /// At least one, at most 100.
    pub calculations: Vec<Calculation>,
    /// Which events count.
    pub filters: Filters,
    /// Columns whose values make the groups; none = one group of everything. At most 100.
    pub breakdowns: Vec<Column>,
    /// How results are sorted, as it was asked; may be empty.
    pub orders: Vec<Order>,
    /// Conditions that a group must all meet.
    pub havings: Vec<Having>,
    /// Most groups to give back: 1..=1,000, up to 10,000 for runs without series.
    pub limit: u32,
}

/// A column as a question names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Column {
    /// The shown name.
    pub name: String,
    /// Whether aliases are left aside: only the column of exactly this name. Written `=name`.
    pub exact: bool,
}

/// One sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// What to sort by.
    pub key: OrderKey,
    /// Greatest first. Absent values come last either way.
    pub descending: bool,
}

/// What results are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderKey {
    /// Index into [`Plan::calculations`]; never a heatmap.
    Calculation(usize),
    /// Index into [`Plan::breakdowns`].
    Breakdown(usize),
}

/// A condition on a group. A group for which the calculation is null does not meet it.
#[derive(Debug, Clone, PartialEq)]
pub struct Having {
    /// Index into [`Plan::calculations`]; never a heatmap.
    pub calculation: usize,
    /// The comparison.
    pub op: HavingOp,
    /// A finite number. `COUNT` is compared after rounding.
    pub value: f64,
}

/// How a group's calculation is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HavingOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// Most groups a query gives back.
pub const LIMIT_MAX: u32 = 1_000;
/// Most groups a run without series gives back.
pub const LIMIT_MAX_WITHOUT_SERIES: u32 = 10_000;
/// The limit of a specification that names none.
pub const LIMIT_DEFAULT_SPEC: u32 = 1_000;
/// The limit of a text that names none.
pub const LIMIT_DEFAULT_TEXT: u32 = 100;
/// Most members of any list in a query.
pub const LIST_MAX: usize = 100;

/// From where to where a limit goes, in words.
pub(crate) fn limit_words(most: u32) -> String {
    match most {
        LIMIT_MAX => format!("from 1 to {LIMIT_MAX}, or to {LIMIT_MAX_WITHOUT_SERIES} in an answer without series"),
        _ => format!("from 1 to {most}"),
    }
}

// === impl Plan ===

impl Plan {
    /// `COUNT` over everything in a time range, with the text form's limit: a start for building plans in code.
    pub fn count(time: TimeRange) -> Self {
        Self {
            fields: Vec::new(),
            datasets: None,
            time,
            step: Step::Auto,
            calculations: vec![Calculation::COUNT],
            filters: Filters::default(),
            breakdowns: Vec::new(),
            orders: Vec::new(),
            havings: Vec::new(),
            limit: LIMIT_DEFAULT_TEXT,
        }
    }

    /// The steps of the series.
    pub fn grid(&self) -> Grid {
        Grid::new(self.time.window, self.step)
    }

    /// The complete order of results: the orders as asked, or, when none was asked, the first calculation that can be ordered
    /// by, greatest first. Ties (and a query of heatmaps alone) fall to the breakdowns from left to right, ascending in the
    /// order of [`crate::GroupValue`], so that the order is total. Empty without breakdowns.
    pub fn ordering(&self) -> Vec<Order> {
        if self.breakdowns.is_empty() {
            return Vec::new();
        }
        let mut orders = self.orders.clone();
        if orders.is_empty() {
            let first = self.calculations.iter().position(|calculation| calculation.op.is_orderable());
            orders.extend(first.map(|index| Order { key: OrderKey::Calculation(index), descending: true }));
        }
        for index in 0..self.breakdowns.len() {
            let key = OrderKey::Breakdown(index);
            if !orders.iter().any(|order| order.key == key) {
                orders.push(Order { key, descending: false });
            }
        }
        orders
    }

    /// Every column the query names, breakdowns first; a column may come more than once.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        let calculated = self.calculations.iter().filter_map(|calculation| calculation.column.as_ref());
        let filtered = self.filters.conditions.iter().map(|condition| &condition.column);
        self.breakdowns.iter().chain(calculated).chain(filtered)
    }

    /// Every column of events that the query reads: calculated fields give those that they name, and columns of other spans are
    /// without their prefix, unless `is_known` says that events have a column of the whole name.
    pub fn read_columns(&self, is_known: impl Fn(&str) -> bool) -> Vec<Column> {
        let mut found: Vec<Column> = Vec::new();
        let mut open: Vec<Column> = self.columns().cloned().collect();
        let mut seen: Vec<&str> = Vec::new();
        while let Some(column) = open.pop() {
            if let Some(field) = self.field(&column) {
                if !seen.contains(&field.name.as_str()) {
                    seen.push(&field.name);
                    open.extend(field.columns().cloned());
                }
                continue;
            }
            match Relation::split(&column).filter(|_| !is_known(&column.name)) {
                Some((_, column)) => open.push(column),
                None if !found.contains(&column) => found.push(column),
                None => {}
            }
        }
        found
    }

    /// Whether rows in which this truth column is true are left out: for `meta.derived` and `meta.self_telemetry`, unless the
    /// query names datasets or the column itself.
    pub fn leaves_out(&self, marker: &str) -> bool {
        let named = self.columns().chain(self.fields.iter().flat_map(CalculatedField::columns));
        self.datasets.is_none() && !named.into_iter().any(|column| column.name == marker)
    }

    /// The calculation with this operator and column.
    pub fn calculation_index(&self, op: Op, column: Option<&Column>) -> Option<usize> {
        self.calculations.iter().position(|calculation| calculation.op == op && calculation.column.as_ref() == column)
    }

    /// The calculated field that a column names, if it names one.
    pub fn field(&self, column: &Column) -> Option<&CalculatedField> {
        field_of(&self.fields, column)
    }

    /// Where events are looked for: the window, and for `CONCURRENCY` what lies before it.
    pub fn scan_window(&self) -> Window {
        let Window { start_ns, end_ns } = self.time.window;
        let looks_back = self.calculations.iter().any(|calculation| calculation.op == Op::Concurrency);
        Window { start_ns: if looks_back { start_ns.saturating_sub(LOOK_BACK_NS) } else { start_ns }, end_ns }
    }

    /// Whether any calculation is a heatmap.
    pub fn has_heatmap(&self) -> bool {
        self.calculations.iter().any(|calculation| calculation.op == Op::Heatmap)
    }
}

// === impl Column ===

impl Column {
    /// A column whose aliases count too. A name that itself begins with `=` has no aliases and is exact.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { exact: name.starts_with('='), name }
    }

    /// The column of exactly this name.
    pub fn exact(name: impl Into<String>) -> Self {
        Self { name: name.into(), exact: true }
    }

    /// Reads the form of specifications and answers: `name`, or `=name` for an exact column.
    pub fn from_shown(text: &str) -> Self {
        match text.strip_prefix('=') {
            Some(name) => Self::exact(name),
            None => Self::named(text),
        }
    }
}

impl From<&str> for Column {
    /// As [`Column::from_shown`].
    fn from(text: &str) -> Self {
        Self::from_shown(text)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.exact { "=" } else { "" }, self.name)
    }
}

// === impl HavingOp ===

impl HavingOp {
    /// All of them.
    pub const ALL: [HavingOp; 6] =
        [HavingOp::Equal, HavingOp::NotEqual, HavingOp::Greater, HavingOp::GreaterOrEqual, HavingOp::Less, HavingOp::LessOrEqual];

    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            HavingOp::Equal => "=",
            HavingOp::NotEqual => "!=",
            HavingOp::Greater => ">",
            HavingOp::GreaterOrEqual => ">=",
            HavingOp::Less => "<",
            HavingOp::LessOrEqual => "<=",
        }
    }

    /// The operator with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name() == name)
    }

    /// Whether `left op right` holds.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            HavingOp::Equal => left == right,
            HavingOp::NotEqual => left != right,
            HavingOp::Greater => left > right,
            HavingOp::GreaterOrEqual => left >= right,
            HavingOp::Less => left < right,
            HavingOp::LessOrEqual => left <= right,
        }
    }
}
