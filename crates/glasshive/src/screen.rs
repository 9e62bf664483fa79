//! Drawing for people: pure functions from values to lines of text.
//!
//! Telemetry is written by strangers. Every text of it passes [`escape`] before it reaches a terminal or a pipe that may end
//! in one. Colours are put on last, by [`palette`], and only where somebody looks.

pub mod area;
pub mod axis;
pub mod chart;
pub mod csv;
pub mod escape;
pub mod heatmap;
pub mod number;
pub mod palette;
pub mod table;
#[cfg(test)]
mod tests;
pub mod unit;
pub mod waterfall;

use jiff::tz::TimeZone;
use palette::Palette;
use std::io::IsTerminal as _;

/// Columns when nobody says how wide the terminal is.
const WIDTH_DEFAULT: usize = 100;
/// Narrower than this nothing can be drawn.
const WIDTH_MIN: usize = 40;

/// What we draw on.
#[derive(Debug, Clone)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether somebody is looking: graphs are drawn then, and only then.
    pub is_terminal: bool,
    /// Its colours, if any.
    pub palette: Palette,
    /// In which times are shown.
    pub zone: TimeZone,
}

impl Screen {
    /// What standard output is. Colours are left out where `NO_COLOR` is set or the terminal knows none, and in a pipe times are
    /// UTC, as a program that reads them expects.
    pub fn of_stdout() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let width = terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| usize::from(columns));
        let wants_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let knows_some = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        Self {
            width: width.unwrap_or(WIDTH_DEFAULT).max(WIDTH_MIN),
            is_terminal,
            palette: if is_terminal && knows_some && !wants_none { Palette::Ansi } else { Palette::None },
            zone: if is_terminal { TimeZone::system() } else { TimeZone::UTC },
        }
    }
}
