//! What is shown of a column.

use glasshive_query_engine::Tally;
use glasshive_query_plan::GroupValue;

/// All columns, the most telling first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The selected events.
    pub selected: Tally,
    /// The others.
    pub rest: Tally,
    /// In order.
    pub panels: Vec<Panel>,
}

/// A column's part in telling the sides apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The column.
    pub name: String,
    /// Whether bins are ranges of numbers.
    pub is_measure: bool,
    /// Whether it counts.
    pub class: Class,
    /// 0 to 1: the effect, less the noise.
    pub score: f64,
    /// The difference between the sides, 0 to 1.
    pub effect: f64,
    /// What chance alone makes of so few rows.
    pub noise: f64,
    /// The bin that decides; `None` where the whole distribution does.
    pub deciding: Option<usize>,
    /// Share of selected events that have it, and of the others.
    pub coverage: [f64; 2],
    /// Of a dimension by difference, what is commoner among the selected first; of a measure ascending; none for classes that do
    /// not count.
    pub bins: Vec<Bin>,
    /// Columns that mark the same selected events.
    pub twins: Vec<String>,
}

/// Whether a column counts, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It counts.
    Normal,
    /// Chance would do the same.
    NoEvidence,
    /// The question or the selection is about it.
    Asked,
    /// Each event has its own value.
    Unique,
    /// All events have the same value.
    Constant,
}

/// Some values of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    /// Which.
    pub kind: BinKind,
    /// Share of the selected events, 0 to 1.
    pub selected_share: f64,
    /// Share of the others.
    pub rest_share: f64,
    /// The selected rows.
    pub selected: Tally,
    /// The other rows.
    pub rest: Tally,
}

/// Which values.
#[derive(Debug, Clone, PartialEq)]
pub enum BinKind {
    /// One value.
    Value(GroupValue),
    /// Numbers from the first on and below the second.
    Range(f64, f64),
    /// None: the column is absent, or was sent empty.
    Missing,
    /// So many further values.
    Other(u64),
}
