//! A heatmap in shades: time to the right, values upwards, darker for more.

use super::axis::TimeAxis;
use super::number;
use super::palette::{Ink, Palette};
use super::unit::Unit;
use std::fmt::Write as _;

/// Shades from few to many.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];
/// Columns of the value axis with its line.
pub const GUTTER: usize = 10;
/// Lines from one label of the value axis to the next.
const LABELS_EVERY: usize = 4;

/// What is drawn: counts by step and row, and where each row begins.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    /// `counts[step][row]`, row 0 the lowest.
    pub counts: &'a [Vec<f64>],
    /// Edges of the rows, ascending, one more than rows.
    pub edges: &'a [f64],
    /// By step, what lies below row 0.
    pub below: &'a [f64],
    /// By step, what lies above the last row.
    pub above: &'a [f64],
}

/// One line of characters before it is drawn.
struct Line {
    label: String,
    counts: Vec<f64>,
}

/// The drawing in `width` columns, at most `lines` high, with axes and a legend; rows that share a line are added up,
/// of steps that share a column the mean is drawn: a column stands for one step, wherever the screen's edge lies.
pub fn render(cells: Cells<'_>, unit: Unit, time: TimeAxis<'_>, lines: usize, width: usize, palette: Palette) -> String {
    let (steps, rows) = (cells.counts.len(), cells.edges.len().saturating_sub(1));
    if steps == 0 || rows == 0 {
        return String::new();
    }
    let columns = time.columns(width.saturating_sub(GUTTER));
    let drawn = lines_of(cells, unit, columns, lines.clamp(1, rows));
    let most = drawn.iter().flat_map(|line| &line.counts).copied().fold(0.0, f64::max);
    let mut out = String::new();
    for line in &drawn {
        let mark = if line.label.is_empty() { '│' } else { '┤' };
        let axis = palette.paint(Ink::Faint, &format!("{:>size$} {mark}", line.label, size = GUTTER - 2));
        let _ = writeln!(out, "{axis}{}", shades(&line.counts, most, palette).trim_end());
    }
    let (ruler, labels) = time.render(GUTTER, columns);
    let _ = writeln!(out, "{}\n{}", palette.paint(Ink::Faint, &ruler), palette.paint(Ink::Faint, &labels));
    let _ = writeln!(out, "{}", legend(most, palette));
    out
}

/// The lines from top to bottom.
fn lines_of(cells: Cells<'_>, unit: Unit, columns: usize, height: usize) -> Vec<Line> {
    let rows = cells.edges.len() - 1;
    let mut lines: Vec<Line> = Vec::with_capacity(height + 2);
    let outside = |label: &str, counts: &[f64]| {
        let is_any = counts.iter().any(|count| *count > 0.0);
        is_any.then(|| Line { label: label.to_owned(), counts: spread(counts, columns) })
    };
    lines.extend(outside("above", cells.above));
    for line in (0..height).rev() {
        let of_line = |row: &usize| row * height / rows == line;
        let sum = |step: &Vec<f64>| (0..rows).filter(of_line).map(|row| step.get(row).copied().unwrap_or(0.0)).sum();
        let counts: Vec<f64> = cells.counts.iter().map(sum).collect();
        let is_labelled = line % LABELS_EVERY == 0 || (line == height - 1 && line % LABELS_EVERY > 1);
        let edge = cells.edges[(line * rows).div_ceil(height)];
        let label = if is_labelled { unit.show(edge) } else { String::new() };
        lines.push(Line { label, counts: spread(&counts, columns) });
    }
    lines.extend(outside("below", cells.below));
    lines
}

/// Steps onto columns: the mean where steps share a column, repeated where a step takes several.
fn spread(counts: &[f64], columns: usize) -> Vec<f64> {
    let steps = counts.len();
    let range = |column: usize| {
        let start = column * steps / columns;
        start..((column + 1) * steps / columns).max(start + 1)
    };
    let mean = |counts: &[f64]| counts.iter().sum::<f64>() / counts.len().max(1) as f64;
    (0..columns).map(|column| mean(counts.get(range(column)).unwrap_or_default())).collect()
}

fn shades(counts: &[f64], most: f64, palette: Palette) -> String {
    let levels: Vec<Option<usize>> = counts.iter().map(|count| level(*count, most)).collect();
    let paint = |run: &[Option<usize>]| match run[0] {
        None => " ".repeat(run.len()),
        Some(level) => palette.paint(Ink::Shade(level), &SHADES[level].to_string().repeat(run.len())),
    };
    levels.chunk_by(|left, right| left == right).map(paint).collect()
}

/// Square-root scale, as the eye takes areas; anything above zero is visible.
fn level(count: f64, most: f64) -> Option<usize> {
    if count <= 0.0 || most <= 0.0 {
        return None;
    }
    let level = ((count / most).sqrt() * SHADES.len() as f64).ceil() as usize;
    Some(level.clamp(1, SHADES.len()) - 1)
}

/// Up to how many events each shade stands for.
fn legend(most: f64, palette: Palette) -> String {
    let mut out = format!("{}events: ", " ".repeat(GUTTER));
    let mut last = 0.0;
    for (level, shade) in SHADES.iter().enumerate() {
        let share = (level + 1) as f64 / SHADES.len() as f64;
        let limit = if level + 1 == SHADES.len() { most } else { (most * share * share).floor() };
        if limit > last {
            let _ = write!(out, "{} to {}  ", palette.paint(Ink::Shade(level), &shade.to_string()), number::axis(limit));
        }
        last = limit;
    }
    out.trim_end().to_owned()
}
