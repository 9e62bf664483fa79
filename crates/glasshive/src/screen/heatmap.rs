//! A heatmap in shades: time to the right, values upwards, darker for more.

use super::number;
use std::fmt::Write as _;

/// Shades from few to many.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];
/// Columns of the value axis.
pub const AXIS: usize = 9;

/// What is drawn: counts by step and row, and where each row begins.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    /// `counts[step][row]`, row 0 the lowest.
    pub counts: &'a [Vec<f64>],
    /// Lower edge of each row.
    pub edges: &'a [f64],
}

/// The drawing: at most `columns` wide and `lines` high; cells that share a character are added up.
pub fn render(cells: Cells<'_>, columns: usize, lines: usize) -> String {
    let (steps, rows) = (cells.counts.len(), cells.edges.len());
    if steps == 0 || rows == 0 {
        return String::new();
    }
    let width = columns.saturating_sub(AXIS + 2).clamp(1, steps);
    let height = lines.clamp(1, rows);
    let mut sums = vec![vec![0.0; width]; height];
    for (step, counts) in cells.counts.iter().enumerate() {
        for (row, count) in counts.iter().enumerate().take(rows) {
            sums[row * height / rows][step * width / steps] += count;
        }
    }
    let most = sums.iter().flatten().copied().fold(0.0, f64::max);
    let mut out = String::new();
    for line in (0..height).rev() {
        let edge = cells.edges[(line * rows).div_ceil(height).min(rows - 1)];
        let is_labelled = line % 4 == 0 || line == height - 1;
        let label = if is_labelled { number::axis(edge) } else { String::new() };
        let shades: String = sums[line].iter().map(|count| shade(*count, most)).collect();
        let _ = writeln!(out, "{label:>AXIS$} │{}", shades.trim_end());
    }
    out
}

/// Square-root scale, as the eye takes areas; anything above zero is visible.
fn shade(count: f64, most: f64) -> char {
    if count <= 0.0 || most <= 0.0 {
        return ' ';
    }
    let level = ((count / most).sqrt() * SHADES.len() as f64).ceil() as usize;
    SHADES[level.clamp(1, SHADES.len()) - 1]
}
