//! Boards.

use super::Nanoseconds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Boards, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Boards {
    /// Those of the environment.
    pub boards: Vec<BoardSummary>,
}

/// A board without what stands on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BoardSummary {
    /// What addresses name it by.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How many panels it has.
    pub panels: usize,
    /// Who changed it last.
    pub changed_by: String,
    /// When it was last changed.
    pub updated_ns: Nanoseconds,
}

/// A board: panels on a grid of twelve columns, with conditions and a time for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Board {
    /// What addresses name it by.
    pub id: String,
    /// How often it was changed, the making counted. Whoever changes it says which version was changed.
    pub version: u64,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What stands on it.
    pub panels: Vec<Panel>,
    /// Conditions that its viewers begin with, as after WHERE; they are added to those of every panel.
    pub filter: String,
    /// From when on it shows what was, unless its viewer says otherwise: `-2h`, or a time; empty for the usual range.
    pub from: String,
    /// Until when.
    pub to: String,
    /// Who made it.
    pub made_by: String,
    /// Who changed it last.
    pub changed_by: String,
    /// When it was made.
    pub created_ns: Nanoseconds,
    /// When it was last changed.
    pub updated_ns: Nanoseconds,
}

/// A board to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBoard {
    /// What it is called; 1 to 255 characters.
    pub name: String,
    /// What it is for; at most 1,024 characters.
    #[serde(default)]
    pub description: String,
    /// What stands on it; at most 100 panels.
    #[serde(default)]
    pub panels: Vec<Panel>,
    /// Conditions that its viewers begin with, as after WHERE, joined by AND.
    #[serde(default)]
    pub filter: String,
    /// From when on it shows what was: `-2h`, or a time.
    #[serde(default)]
    pub from: String,
    /// Until when.
    #[serde(default)]
    pub to: String,
}

/// What a board is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedBoard {
    /// The version that was changed. Status 409 when it is not the last one.
    pub version: u64,
    /// What it is called; 1 to 255 characters.
    pub name: String,
    /// What it is for; at most 1,024 characters.
    #[serde(default)]
    pub description: String,
    /// What stands on it; at most 100 panels.
    pub panels: Vec<Panel>,
    /// Conditions that its viewers begin with, as after WHERE, joined by AND.
    #[serde(default)]
    pub filter: String,
    /// From when on it shows what was: `-2h`, or a time.
    #[serde(default)]
    pub from: String,
    /// Until when.
    #[serde(default)]
    pub to: String,
}

/// A rectangle of the grid, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// What tells it from the board's other panels; 1 to 32 characters.
    pub id: String,
    /// The first of the twelve columns that it takes, from 0.
    pub x: u32,
    /// The first row that it takes, from 0.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// What it shows.
    pub content: PanelContent,
}

/// What a panel shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum PanelContent {
    /// The answer to a query.
    Query {
        /// What it is called; the query itself where empty. At most 255 characters.
        #[serde(default)]
        title: String,
        /// The query as text; the board's time goes before its own.
        query: String,
        /// How its answer is shown.
        style: QueryStyle,
        /// Whether values are drawn on a logarithmic scale.
        #[serde(default)]
        log_scale: bool,
    },
    /// Words.
    Text {
        /// Markdown, at most 10,000 characters.
        text: String,
    },
}

/// How the answer of a panel's query is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueryStyle {
    /// Graphs over time.
    Graph,
    /// A row for each group.
    Table,
    /// Graphs, and the table below them.
    Both,
    /// The figures of the whole range, large.
    Value,
    /// The newest events themselves.
    Events,
}
