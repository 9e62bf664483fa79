//! A table of text: columns as wide as their cells, words cut when the screen is too narrow, numbers never.

use super::escape::{fit, pad, width};
use super::palette::{Ink, Palette};
use std::fmt::Write as _;

/// Where a cell's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers: their points, or where there are none their ends, stand below each other.
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

    /// The lines without colours, each at most `screen` columns wide, without blanks at their ends. Where that cannot be, each row
    /// becomes a few lines of `head  cell`.
    pub fn render(&self, screen: usize) -> String {
        self.render_in(screen, Palette::None)
    }

    /// The same with colours.
    pub fn render_in(&self, screen: usize, palette: Palette) -> String {
        let rows = self.points_aligned();
        let Some(sizes) = self.sizes(&rows, screen) else { return self.records(screen, palette) };
        let heads: Vec<String> = self.heads.iter().map(|(head, _)| head.clone()).collect();
        let mut out = String::new();
        let _ = writeln!(out, "{}", palette.paint(Ink::Head, &self.line(&heads, &sizes)));
        for row in &rows {
            let _ = writeln!(out, "{}", self.line(row, &sizes));
        }
        out
    }

    fn line(&self, row: &[String], sizes: &[usize]) -> String {
        let cells = row.iter().zip(&self.heads).zip(sizes).map(|((cell, (_, align)), size)| match align {
            Align::Left => pad(cell, *size),
            Align::Right => {
                let cell = fit(cell, *size);
                format!("{}{cell}", " ".repeat(size - width(&cell)))
            }
        });
        cells.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
    }

    /// The rows with blanks behind numbers, so that points stand below each other.
    fn points_aligned(&self) -> Vec<Vec<String>> {
        let behind = |cell: &str| cell.rfind('.').map_or(0, |point| width(&cell[point..]));
        let mut most = vec![0; self.heads.len()];
        for row in &self.rows {
            for (most, cell) in most.iter_mut().zip(row) {
                *most = (*most).max(behind(cell));
            }
        }
        let aligned = |row: &Vec<String>| {
            let cells = row.iter().zip(&self.heads).zip(&most).map(|((cell, (_, align)), most)| match align {
                Align::Left => cell.clone(),
                Align::Right => format!("{cell}{}", " ".repeat(most - behind(cell))),
            });
            cells.collect()
        };
        self.rows.iter().map(aligned).collect()
    }

    /// Columns of the screen for each; `None` where even the least do not fit.
    fn sizes(&self, rows: &[Vec<String>], screen: usize) -> Option<Vec<usize>> {
        let widest = |index: usize| rows.iter().map(|row| width(&row[index])).max().unwrap_or(0);
        let cells: Vec<usize> = (0..self.heads.len()).map(widest).collect();
        let mut sizes: Vec<usize> = self.heads.iter().zip(&cells).map(|((head, _), cell)| width(head).max(*cell)).collect();
        let is_id = |cell: &str| matches!(cell.len(), 16 | 32) && cell.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Ids are there to be copied.
        let whole: Vec<bool> = (0..sizes.len()).map(|index| rows.iter().any(|row| is_id(&row[index]))).collect();
        let least: Vec<usize> = self
            .heads
            .iter()
            .zip(&cells)
            .zip(sizes.iter().zip(&whole))
            .map(|(((_, align), cell), (size, whole))| match align {
                Align::Left if *whole => *size,
                Align::Left => COLUMN_MIN.min(*size),
                Align::Right => COLUMN_MIN.max(*cell).min(*size),
            })
            .collect();
        let gaps = GAP * sizes.len().saturating_sub(1);
        // What can be cut most gives way first, one column of the screen at a time; tables are small.
        while sizes.iter().sum::<usize>() + gaps > screen {
            let widest = (0..sizes.len()).filter(|index| sizes[*index] > least[*index]).max_by_key(|index| sizes[*index])?;
            sizes[widest] -= 1;
        }
        Some(sizes)
    }

    fn records(&self, screen: usize, palette: Palette) -> String {
        let size = self.heads.iter().map(|(head, _)| width(head)).max().unwrap_or(0).min(screen / 2);
        let mut out = String::new();
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                out.push('\n');
            }
            for ((head, _), cell) in self.heads.iter().zip(row) {
                let line = format!("{}  {}", palette.paint(Ink::Head, &pad(head, size)), fit(cell, screen.saturating_sub(size + GAP)));
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
        out
    }
}
