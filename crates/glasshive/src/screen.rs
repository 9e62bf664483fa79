//! Drawing for people: pure functions from values to lines of text.
//!
//! Telemetry is written by strangers. Every text of it passes [`escape`] before it reaches a terminal or a pipe that may end
//! in one.

pub mod chart;
pub mod csv;
pub mod escape;
pub mod heatmap;
pub mod number;
pub mod table;
#[cfg(test)]
mod tests;
pub mod waterfall;

use std::io::IsTerminal as _;

/// Columns when nobody says how wide the terminal is.
const WIDTH_DEFAULT: usize = 100;
/// Narrower than this nothing can be drawn.
const WIDTH_MIN: usize = 40;

/// What we draw on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether somebody is looking: graphs are drawn then, and only then.
    pub is_terminal: bool,
}

impl Screen {
    /// What standard output is.
    pub fn of_stdout() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let width = terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| usize::from(columns));
        Self { width: width.unwrap_or(WIDTH_DEFAULT).max(WIDTH_MIN), is_terminal }
    }
}
