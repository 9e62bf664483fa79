//! An answer as people and spreadsheets read it.

mod graph;
mod values;

pub use values::csv;

use crate::ask::notes;
use crate::screen::escape::{escape, fit, width};
use crate::screen::palette::Ink;
use crate::screen::{Screen, number};
use glasshive_api_hive::shape::query::{Cost, Measure, QueryAnswer};

/// Graphs, when somebody looks, then the table, then what was looked at, then remarks.
pub fn people(answer: &QueryAnswer, screen: &Screen) -> String {
    let mut out = String::new();
    if screen.is_terminal && !answer.series.is_empty() {
        for calculation in 0..answer.calculations.len() {
            out.push_str(&graph::render(answer, calculation, screen));
        }
    }
    if !(screen.is_terminal && is_drawn_whole(answer)) {
        out.push_str(&values::table(answer, screen));
    }
    out.push_str(&cut(answer, screen));
    if screen.is_terminal {
        let (looked_at, took) = (looked_at(answer, screen), took(&answer.cost));
        let has_room = width(&looked_at) + width(&took) + 2 <= screen.width;
        let lines = if has_room { vec![format!("{looked_at}; {took}")] } else { vec![looked_at, took] };
        for line in lines {
            out.push_str(&format!("{}\n", screen.palette.paint(Ink::Faint, &fit(&line, screen.width))));
        }
        out.push_str(&nothing(answer));
    }
    out.push_str(&notes(&answer.notes));
    out
}

/// Heatmaps of one group say nothing in a table that the graphs do not show better.
fn is_drawn_whole(answer: &QueryAnswer) -> bool {
    answer.breakdowns.is_empty() && !answer.series.is_empty() && answer.heatmaps.iter().all(Option::is_some)
}

/// How many groups there are besides those shown, and what they come to.
fn cut(answer: &QueryAnswer, screen: &Screen) -> String {
    let shown = answer.results.len() as u64;
    if answer.groups <= shown {
        return String::new();
    }
    let other = answer.other.as_ref().map(|values| {
        let named = answer.calculations.iter().zip(values).filter(|(_, value)| !matches!(value, Measure::Heatmap(_)));
        let cells: Vec<String> = named.map(|(name, value)| format!("{} {}", escape(name), values::cell(value, screen))).collect();
        if cells.is_empty() { String::new() } else { format!("; the rest: {}", cells.join(", ")) }
    });
    format!("{shown} of {} groups{}\n", answer.groups, other.unwrap_or_default())
}

/// The window, with its date and zone: the axes have only times of day.
fn looked_at(answer: &QueryAnswer, screen: &Screen) -> String {
    let (start_ns, end_ns) = (answer.window.start_ns.0, answer.window.end_ns.0);
    let (start, end) = (number::time(start_ns, &screen.zone), number::time(end_ns, &screen.zone));
    let is_one_day = start.get(..10) == end.get(..10);
    let end = if is_one_day { end.get(11..).unwrap_or(&end) } else { &end };
    format!("{start} to {end} {}", number::zone_name(end_ns, &screen.zone))
}

/// What the answer took.
fn took(cost: &Cost) -> String {
    let mut parts = Vec::new();
    if cost.rows_scanned > 0 {
        parts.push(format!("{} looked at", number::counted(cost.rows_scanned, "row", "rows")));
    }
    if cost.files_read + cost.files_skipped > 0 {
        let all = number::counted(cost.files_read + cost.files_skipped, "file", "files");
        parts.push(format!("{} of {all} read, {}", cost.files_read, number::bytes(cost.bytes_read as f64)));
    }
    parts.push(number::duration(cost.elapsed_ms * 1e6));
    parts.join("; ")
}

/// What to do when there is nothing to see.
fn nothing(answer: &QueryAnswer) -> String {
    let is_nothing = |value: &Measure| matches!(value, Measure::Null | Measure::Int(0));
    let has_any = answer.results.iter().any(|row| !row.group.is_empty() || !row.values.iter().all(is_nothing));
    if has_any {
        return String::new();
    }
    "note: no event of this time matches; a longer `LAST` looks further back, `glasshive tail` shows what arrives\n".to_owned()
}
