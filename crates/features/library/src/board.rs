//! Boards: panels on a grid, with conditions and a time for all of them.

use crate::check;
use crate::error::LibraryError;
use crate::shelf::Sort;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Columns of a board's grid.
pub const BOARD_COLUMNS: u32 = 12;
const PANELS_MOST: usize = 100;
/// Rows of the grid; a board that is longer than this is no board.
const ROWS_MOST: u32 = 10_000;
const PANEL_ROWS_MOST: u32 = 100;

/// A board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// What it is called; 1 to 255 characters.
    pub name: String,
    /// What it is for; at most 1,024 characters.
    #[serde(default)]
    pub description: String,
    /// Its panels; at most 100.
    pub panels: Vec<Panel>,
    /// Conditions that are added to those of every panel, as after WHERE, joined by AND.
    #[serde(default)]
    pub filter: String,
    /// From when on it shows what was, unless its viewer says otherwise, as it stands in an address: `-2h`, or a time.
    #[serde(default)]
    pub from: String,
    /// Until when.
    #[serde(default)]
    pub to: String,
}

/// A rectangle of the grid, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panel {
    /// What tells it from the board's other panels; 1 to 32 characters.
    pub id: String,
    /// The first column it takes, from 0.
    pub x: u32,
    /// The first row it takes, from 0.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// What it shows.
    pub content: PanelContent,
}

/// What a panel shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum PanelContent {
    /// The answer to a query.
    Query(QueryPanel),
    /// Words.
    Text(TextPanel),
}

/// A query on a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryPanel {
    /// What it is called; the query itself where empty. At most 255 characters.
    #[serde(default)]
    pub title: String,
    /// The query as text.
    pub query: String,
    /// How its answer is shown.
    pub style: QueryStyle,
    /// Whether values are drawn on a logarithmic scale.
    #[serde(default)]
    pub log_scale: bool,
}

/// How the answer of a panel's query is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// Words on a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPanel {
    /// Markdown, at most 10,000 characters.
    pub text: String,
}

impl Sort for Board {
    const KIND: &'static str = "board";
    const NOUN: &'static str = "board";
    const PLURAL: &'static str = "boards";
    const MOST: usize = 1_000;

    fn check(&self) -> Result<(), LibraryError> {
        check::length("a board's name", &self.name, 1, 255)?;
        check::length("a board's description", &self.description, 0, 1_024)?;
        check::length("a time", &self.from, 0, 64)?;
        check::length("a time", &self.to, 0, 64)?;
        check::filter(&self.filter)?;
        if self.panels.len() > PANELS_MOST {
            let reason = format!("a board has at most {PANELS_MOST} panels, not {}", self.panels.len());
            return Err(LibraryError::Invalid { reason });
        }
        let mut ids = HashSet::new();
        for (index, panel) in self.panels.iter().enumerate() {
            panel.check(index + 1)?;
            if !ids.insert(panel.id.as_str()) {
                return Err(LibraryError::Invalid { reason: format!("panel {}: another panel has the id {:?}", index + 1, panel.id) });
            }
        }
        Ok(())
    }
}

impl Panel {
    fn check(&self, number: usize) -> Result<(), LibraryError> {
        let invalid = |reason: String| Err(LibraryError::Invalid { reason: format!("panel {number}: {reason}") });
        check::length("a panel's id", &self.id, 1, 32)?;
        let is_within = self.x < BOARD_COLUMNS && (1..=BOARD_COLUMNS - self.x).contains(&self.width);
        if !is_within {
            return invalid(format!(
                "columns {} to {} are not within the {BOARD_COLUMNS} of a board",
                self.x,
                self.x.saturating_add(self.width)
            ));
        }
        if !(1..=PANEL_ROWS_MOST).contains(&self.height) || self.y > ROWS_MOST {
            return invalid(format!("a panel has 1 to {PANEL_ROWS_MOST} rows and begins within the first {ROWS_MOST}"));
        }
        match &self.content {
            PanelContent::Query(panel) => {
                check::length("a panel's title", &panel.title, 0, 255)?;
                check::query(|| format!("panel {number}: "), &panel.query)
            }
            PanelContent::Text(panel) => check::length("a text panel's text", &panel.text, 0, 10_000),
        }
    }
}
