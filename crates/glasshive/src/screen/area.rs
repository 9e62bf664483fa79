//! A graph of one series: bars above an axis of time, beside an axis of values.

use super::axis::TimeAxis;
use super::chart::{self, Range};
use super::palette::{Ink, Palette};
use super::unit::Unit;
use std::fmt::Write as _;

/// Columns of the value axis with its line.
pub const GUTTER: usize = 10;

/// Draws `lines` lines of bars and the axis of time, in `width` columns.
pub fn render(values: &[Option<f64>], unit: Unit, time: TimeAxis<'_>, lines: usize, width: usize, palette: Palette) -> String {
    let range = Range::of([values]).rounded();
    let columns = time.columns(width.saturating_sub(GUTTER));
    let bars = chart::bars(values, range, columns, lines);
    let mut out = String::new();
    for (index, line) in bars.iter().enumerate() {
        // The top of a line stands for its share of the range; the lower end is the axis itself.
        let is_labelled = index == 0 || index * 2 == lines;
        let value = range.high - (range.high - range.low) * index as f64 / lines as f64;
        let label = if is_labelled { unit.show(value) } else { String::new() };
        let mark = if is_labelled { '┤' } else { '│' };
        let axis = palette.paint(Ink::Faint, &format!("{label:>size$} {mark}", size = GUTTER - 2));
        let _ = writeln!(out, "{axis}{}", palette.paint(Ink::Group(0), line.trim_end()));
    }
    let (ruler, labels) = time.render(GUTTER, columns);
    let low = unit.show(range.low);
    let ruler = format!("{low:>size$} {}", ruler.trim_start(), size = GUTTER - 2);
    let _ = writeln!(out, "{}\n{}", palette.paint(Ink::Faint, &ruler), palette.paint(Ink::Faint, &labels));
    out
}
