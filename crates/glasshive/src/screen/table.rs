//! A table of text: columns as wide as their cells, the widest cut when the screen is too narrow.

use super::escape::{fit, pad, width};

/// Where a cell's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table being filled. Cells must be escaped already.
#[derive(Debug)]
pub struct Table {
    heads: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

/// Blanks between columns.
const GAP: usize = 2;
/// No column is cut below this.
const COLUMN_MIN: usize = 6;

impl Table {
    /// A table with these columns.
    pub fn new(heads: &[(&str, Align)]) -> Self {
        Self { heads: heads.iter().map(|(head, align)| ((*head).to_owned(), *align)).collect(), rows: Vec::new() }
    }

    /// Adds a row; it has as many cells as there are columns.
    pub fn push(&mut self, row: Vec<String>) {
        debug_assert_eq!(row.len(), self.heads.len(), "a row has a cell for every column");
        self.rows.push(row);
    }

    /// The lines, each at most `screen` columns wide where that is possible at all, without blanks at their ends.
    pub fn render(&self, screen: usize) -> String {
        let sizes = self.sizes(screen);
        let heads: Vec<String> = self.heads.iter().map(|(head, _)| head.clone()).collect();
        let mut out = String::new();
        for row in std::iter::once(&heads).chain(&self.rows) {
            let cells = row.iter().zip(&self.heads).zip(&sizes).map(|((cell, (_, align)), size)| match align {
                Align::Left => pad(cell, *size),
                Align::Right => {
                    let cell = fit(cell, *size);
                    format!("{}{cell}", " ".repeat(size - width(&cell)))
                }
            });
            let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    fn sizes(&self, screen: usize) -> Vec<usize> {
        let mut sizes: Vec<usize> = self.heads.iter().map(|(head, _)| width(head)).collect();
        for row in &self.rows {
            for (size, cell) in sizes.iter_mut().zip(row) {
                *size = (*size).max(width(cell));
            }
        }
        let gaps = GAP * sizes.len().saturating_sub(1);
        // The widest column gives way first, one column of the screen at a time; tables are small.
        while sizes.iter().sum::<usize>() + gaps > screen {
            let Some(widest) = sizes.iter_mut().max().filter(|widest| **widest > COLUMN_MIN) else { break };
            *widest -= 1;
        }
        sizes
    }
}
