//! A trace as a waterfall: the tree on the left, a bar for each span's place in time on the right.

use super::escape::{escape, pad};
use super::number;
use std::fmt::Write as _;

/// One line of the tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// Levels below the top.
    pub depth: usize,
    /// The span's name.
    pub name: String,
    /// Its service; empty when it has none.
    pub service: String,
    /// From the trace's start, ns.
    pub offset_ns: i64,
    /// `None` while unfinished, and for spans that never came.
    pub duration_ns: Option<i64>,
    /// Marked as an error.
    pub is_error: bool,
    /// What is odd about it, in words; empty when nothing is.
    pub remark: String,
    /// What happened within it: time from the trace's start, and in words.
    pub notes: Vec<(i64, String)>,
}

/// Columns of the duration.
const DURATION: usize = 9;

/// The lines, for a trace that lasts `total_ns`, in `columns` columns. Texts are escaped here.
pub fn render(lines: &[Line], total_ns: i64, columns: usize) -> String {
    let bar_size = (columns.saturating_sub(DURATION + 4) / 2).clamp(10, 80);
    let label_size = columns.saturating_sub(bar_size + DURATION + 3).max(20);
    let mut out = String::new();
    for line in lines {
        let label = pad(&label(line), label_size);
        let duration = line.duration_ns.map_or_else(|| "-".to_owned(), number::duration_ns);
        let bar = bar(line, total_ns, bar_size);
        let _ = writeln!(out, "{label} {} {duration:>DURATION$}", pad(&bar, bar_size));
        for (offset_ns, note) in &line.notes {
            let text = format!("{}· +{} {}", "  ".repeat(line.depth + 1), number::duration_ns(*offset_ns), escape(note));
            let _ = writeln!(out, "{}", super::escape::fit(&text, columns));
        }
    }
    out
}

fn label(line: &Line) -> String {
    let mut label = "  ".repeat(line.depth);
    if line.is_error {
        label.push_str("! ");
    }
    label.push_str(&escape(&line.name));
    if !line.service.is_empty() {
        let _ = write!(label, "  [{}]", escape(&line.service));
    }
    if !line.remark.is_empty() {
        let _ = write!(label, "  ({})", line.remark);
    }
    label
}

/// Where the span lies within the trace. A span too short to see is one mark; one without an end trails off.
fn bar(line: &Line, total_ns: i64, size: usize) -> String {
    if total_ns <= 0 {
        return "█".to_owned();
    }
    let place = |ns: i64| ((ns.clamp(0, total_ns) as f64 / total_ns as f64 * size as f64) as usize).min(size - 1);
    let start = place(line.offset_ns);
    let Some(duration_ns) = line.duration_ns else { return format!("{}┄", " ".repeat(start)) };
    let end = place(line.offset_ns.saturating_add(duration_ns));
    let mark = if end == start { "▏".to_owned() } else { "█".repeat(end - start + 1) };
    format!("{}{mark}", " ".repeat(start))
}
