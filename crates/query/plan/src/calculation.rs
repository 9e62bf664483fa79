//! What is computed of the events of a group.

use crate::plan::Column;
use std::fmt;

/// One calculation: an operator and the column it looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Calculation {
    /// The operator.
    pub op: Op,
    /// The column; `None` for `COUNT` without one, and for `CONCURRENCY`.
    pub column: Option<Column>,
}

/// The operators. `w` is an event's weight, `v` its value; events without a usable value are skipped, and a calculation over
/// no values at all is null (except `COUNT` and `CONCURRENCY`, which are 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// Σw of the events; with a column, of those where it has a value that is not null. Rounded to an integer in the answer.
    Count,
    /// Σ w·v.
    Sum,
    /// Σ w·v / Σ w.
    Avg,
    /// The least number, whatever the weights.
    Min,
    /// The greatest number, whatever the weights.
    Max,
    /// How many different values of any type, whatever the weights. May be approximate (2 %).
    CountDistinct,
    /// A weighted quantile; see [`crate::lhist`] for rank and error (0.8 %).
    Percentile(Percentile),
    /// Σw per row of values; see [`crate::heatmap`].
    Heatmap,
    /// How many spans were in progress on average: Σ w·(overlap of the event with the time) / the time, which is the step or
    /// the window. An event is in progress from its time for its `duration_ms`; those that began up to [`LOOK_BACK_NS`] before
    /// the window count too, in this calculation alone. 0 where nothing was in progress.
    Concurrency,
    /// How `SUM` changed, per step. In a step: its value less that of the step before, null unless both have one. Over the
    /// window: from the first step that has a value to the last, by the number of steps between them; null with one or none.
    RateSum,
    /// The same of `AVG`.
    RateAvg,
    /// The same of `MAX`.
    RateMax,
    /// How many values were measured: those that the points of a metric's histogram add ([`crate::histogram`]), weighted. Rounded to an
    /// integer in the answer; null where no point adds any, and of every other column.
    HistogramCount,
}

/// The thirteen named percentiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is its own name; `quantile` says what it means")]
pub enum Percentile {
    P001,
    P01,
    P05,
    P10,
    P20,
    P25,
    P50,
    P75,
    P80,
    P90,
    P95,
    P99,
    P999,
}

/// How long before the window a span may have begun to count in `CONCURRENCY`.
pub const LOOK_BACK_NS: i64 = 3_600_000_000_000;

// === impl Calculation ===

impl Calculation {
    /// `COUNT`.
    pub const COUNT: Calculation = Calculation { op: Op::Count, column: None };

    /// A calculation over a column.
    pub fn of(op: Op, column: impl Into<Column>) -> Self {
        Self { op, column: Some(column.into()) }
    }

    /// Its name in answers: `COUNT`, `P99(duration_ms)`, `SUM(=http.status_code)`.
    pub fn label(&self) -> String {
        match &self.column {
            None => self.op.name().to_owned(),
            Some(column) => format!("{}({column})", self.op.name()),
        }
    }
}

// === impl Op ===

impl Op {
    /// All of them, percentiles one by one, as the documents list them.
    pub const ALL: [Op; 25] = [
        Op::Count,
        Op::Sum,
        Op::Avg,
        Op::Min,
        Op::Max,
        Op::CountDistinct,
        Op::Percentile(Percentile::P001),
        Op::Percentile(Percentile::P01),
        Op::Percentile(Percentile::P05),
        Op::Percentile(Percentile::P10),
        Op::Percentile(Percentile::P20),
        Op::Percentile(Percentile::P25),
        Op::Percentile(Percentile::P50),
        Op::Percentile(Percentile::P75),
        Op::Percentile(Percentile::P80),
        Op::Percentile(Percentile::P90),
        Op::Percentile(Percentile::P95),
        Op::Percentile(Percentile::P99),
        Op::Percentile(Percentile::P999),
        Op::Heatmap,
        Op::Concurrency,
        Op::RateSum,
        Op::RateAvg,
        Op::RateMax,
        Op::HistogramCount,
    ];

    /// As written: `COUNT_DISTINCT`, `P99`.
    pub fn name(self) -> &'static str {
        match self {
            Op::Count => "COUNT",
            Op::Sum => "SUM",
            Op::Avg => "AVG",
            Op::Min => "MIN",
            Op::Max => "MAX",
            Op::CountDistinct => "COUNT_DISTINCT",
            Op::Percentile(percentile) => percentile.name(),
            Op::Heatmap => "HEATMAP",
            Op::Concurrency => "CONCURRENCY",
            Op::RateSum => "RATE_SUM",
            Op::RateAvg => "RATE_AVG",
            Op::RateMax => "RATE_MAX",
            Op::HistogramCount => "HISTOGRAM_COUNT",
        }
    }

    /// The operator with this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name().eq_ignore_ascii_case(name))
    }

    /// Whether it makes no sense without a column.
    pub fn needs_column(self) -> bool {
        !matches!(self, Op::Count | Op::Concurrency)
    }

    /// Whether it may have a column.
    pub fn takes_column(self) -> bool {
        self != Op::Concurrency
    }

    /// The calculation whose change from step to step this is.
    pub fn rate_of(self) -> Option<Op> {
        match self {
            Op::RateSum => Some(Op::Sum),
            Op::RateAvg => Some(Op::Avg),
            Op::RateMax => Some(Op::Max),
            _ => None,
        }
    }

    /// Whether it looks at numbers only.
    pub fn is_numeric(self) -> bool {
        !matches!(self, Op::Count | Op::CountDistinct | Op::Concurrency)
    }

    /// Whether groups can be ordered and filtered by it.
    pub fn is_orderable(self) -> bool {
        self != Op::Heatmap
    }

    /// All names in one line, for messages.
    pub(crate) fn list() -> String {
        Self::ALL.map(Op::name).join(" ")
    }
}

// === impl Percentile ===

impl Percentile {
    /// `P001` ... `P999`.
    pub fn name(self) -> &'static str {
        match self {
            Percentile::P001 => "P001",
            Percentile::P01 => "P01",
            Percentile::P05 => "P05",
            Percentile::P10 => "P10",
            Percentile::P20 => "P20",
            Percentile::P25 => "P25",
            Percentile::P50 => "P50",
            Percentile::P75 => "P75",
            Percentile::P80 => "P80",
            Percentile::P90 => "P90",
            Percentile::P95 => "P95",
            Percentile::P99 => "P99",
            Percentile::P999 => "P999",
        }
    }

    /// The share of weight at or below the value, 0..1: 0.001 for `P001`, 0.99 for `P99`.
    pub fn quantile(self) -> f64 {
        match self {
            Percentile::P001 => 0.001,
            Percentile::P01 => 0.01,
            Percentile::P05 => 0.05,
            Percentile::P10 => 0.1,
            Percentile::P20 => 0.2,
            Percentile::P25 => 0.25,
            Percentile::P50 => 0.5,
            Percentile::P75 => 0.75,
            Percentile::P80 => 0.8,
            Percentile::P90 => 0.9,
            Percentile::P95 => 0.95,
            Percentile::P99 => 0.99,
            Percentile::P999 => 0.999,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// When an event that began so and lasted so many milliseconds ended, in ns; `None` when it did not last.
pub fn end_ns(time_ns: i64, duration_ms: f64) -> Option<i64> {
    // Great numbers end at the greatest integer.
    let duration_ns = (duration_ms * 1e6).round() as i64;
    (duration_ns > 0).then(|| time_ns.saturating_add(duration_ns))
}
