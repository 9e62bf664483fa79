//! Where a span lies within its trace, to an eighth of a column.

use crate::screen::number;

/// Eighths of a column from its left side.
const FROM_LEFT: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// The span's bar. One too short to see is the thinnest mark; one without an end trails off.
pub(super) fn bar(offset_ns: i64, duration_ns: Option<i64>, total_ns: i64, size: usize) -> String {
    let eighths = size * 8;
    let place = |ns: i64| {
        let share = if total_ns <= 0 { 0.0 } else { ns.clamp(0, total_ns) as f64 / total_ns as f64 };
        (share * eighths as f64).round() as usize
    };
    let start = place(offset_ns).min(eighths.saturating_sub(1));
    let column = start / 8;
    let blanks = " ".repeat(column);
    let Some(duration_ns) = duration_ns else { return format!("{blanks}{}", "┄".repeat(3.min(size - column))) };
    let end = if total_ns <= 0 { eighths } else { place(offset_ns.saturating_add(duration_ns)).max(start + 1) };
    let (first, last) = (start % 8, end - column * 8);
    if last <= 8 {
        // Within one column: characters are filled from the left, or their right half.
        let mark = if first >= 4 && last == 8 { '▐' } else { FROM_LEFT[(last - first).clamp(1, 8)] };
        return format!("{blanks}{mark}");
    }
    let begin = if first >= 4 { '▐' } else { '█' };
    let rest = match last % 8 {
        0 => String::new(),
        part => FROM_LEFT[part].to_string(),
    };
    format!("{blanks}{begin}{}{rest}", "█".repeat(last / 8 - 1))
}

/// Times from the trace's start above the bars: its start, its end, and between them what has room.
pub(super) fn ruler(total_ns: i64, size: usize) -> String {
    if total_ns <= 0 {
        return format!("{:size$}", "0");
    }
    let end = number::duration_ns(total_ns);
    let end_size = end.chars().count();
    let parts = match size {
        60.. => 4,
        28.. => 2,
        _ => 1,
    };
    let mut out = String::new();
    let mut used = 0;
    for part in 0..parts {
        let label = if part == 0 { "0".to_owned() } else { number::duration(total_ns as f64 * f64::from(part) / f64::from(parts)) };
        let column = size * part as usize / parts as usize;
        let label_size = label.chars().count();
        if column + label_size + end_size + 1 > size {
            continue;
        }
        out.push_str(&" ".repeat(column - used));
        out.push_str(&label);
        used = column + label_size;
    }
    if used + end_size > size {
        return " ".repeat(size);
    }
    format!("{out}{end:>rest$}", rest = size - used)
}
