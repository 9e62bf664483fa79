//! An answer as people and spreadsheets read it.

use crate::ask::{notes, shown};
use crate::screen::escape::{escape, fit, pad, width};
use crate::screen::heatmap::{self, Cells};
use crate::screen::table::{Align, Table};
use crate::screen::{Screen, chart, csv, number};
use glasshive_api_hive::shape::query::{Measure, QueryAnswer};
use std::fmt::Write as _;

/// Groups whose series are drawn.
const GROUPS_DRAWN: usize = 10;
/// Lines of a heatmap.
const HEATMAP_LINES: usize = 16;
/// Columns of a group's name beside its graph.
const NAME_COLUMNS: usize = 28;
/// Columns of a heatmap within a table's cell.
const CELL_COLUMNS: usize = 16;

/// Graphs, when somebody looks, then the table, then remarks.
pub fn people(answer: &QueryAnswer, screen: Screen) -> String {
    let mut out = String::new();
    if screen.is_terminal && !answer.series.is_empty() {
        for (calculation, rows) in answer.heatmaps.iter().enumerate() {
            match rows {
                Some(rows) => heatmap_graph(&mut out, answer, calculation, &rows.edges, screen.width),
                None => series_graph(&mut out, answer, calculation, screen.width),
            }
        }
    }
    out.push_str(&table(answer, screen));
    out.push_str(&footer(answer, screen));
    out.push_str(&notes(&answer.notes));
    out
}

fn series_graph(out: &mut String, answer: &QueryAnswer, calculation: usize, screen: usize) {
    let groups = answer.results.len().min(GROUPS_DRAWN);
    let steps = answer.grid.steps;
    let series: Vec<Vec<Option<f64>>> = (0..groups).map(|group| values_of(answer, calculation, group)).collect();
    let most = chart::greatest(series.iter().map(Vec::as_slice));
    let names: Vec<String> = (0..groups).map(|group| group_name(answer, group)).collect();
    let name_size = names.iter().map(|name| width(name)).max().unwrap_or(0).min(NAME_COLUMNS);
    let columns = screen.saturating_sub(name_size + 2).min(steps.max(1));
    let _ = writeln!(out, "{}  (up to {})", escape(&answer.calculations[calculation]), number::axis(most));
    for (name, values) in names.iter().zip(&series) {
        let _ = writeln!(out, "{} │{}", pad(name, name_size), chart::bars(values, most, columns));
    }
    let _ = writeln!(out, "{}\n", time_axis(answer, name_size + 2, columns));
}

/// The values of one group, step by step. A step without events is 0 for what counts or adds up, and missing for the rest.
fn values_of(answer: &QueryAnswer, calculation: usize, group: usize) -> Vec<Option<f64>> {
    let label = &answer.calculations[calculation];
    let adds_up = label == "COUNT" || label.starts_with("COUNT(") || label.starts_with("SUM(");
    let mut values = vec![adds_up.then_some(0.0); answer.grid.steps];
    for step in answer.series.iter().filter(|step| step.group == group) {
        if let Some(slot) = values.get_mut(step.step) {
            *slot = number_of(&step.values[calculation]);
        }
    }
    values
}

/// All groups together: the table below has them apart.
fn heatmap_graph(out: &mut String, answer: &QueryAnswer, calculation: usize, edges: &[f64], screen: usize) {
    let rows = edges.len().saturating_sub(1);
    let mut counts = vec![vec![0.0; rows]; answer.grid.steps];
    for step in &answer.series {
        if let (Measure::Heatmap(cells), Some(sums)) = (&step.values[calculation], counts.get_mut(step.step)) {
            for (sum, count) in sums.iter_mut().zip(&cells.counts) {
                *sum += count;
            }
        }
    }
    let _ = writeln!(out, "{}", escape(&answer.calculations[calculation]));
    out.push_str(&heatmap::render(Cells { counts: &counts, edges: edges.get(..rows).unwrap_or_default() }, screen, HEATMAP_LINES));
    let columns = screen.saturating_sub(heatmap::AXIS + 2).min(answer.grid.steps);
    let _ = writeln!(out, "{}\n", time_axis(answer, heatmap::AXIS + 2, columns));
}

/// The times of the first and the last step below a graph.
fn time_axis(answer: &QueryAnswer, indent: usize, columns: usize) -> String {
    let before_last = i64::try_from(answer.grid.steps.saturating_sub(1)).unwrap_or(0);
    let last_ns = answer.grid.first_ns.0 + answer.grid.step_ns.0 * before_last;
    let (first, last) = (number::clock(answer.grid.first_ns.0), number::clock(last_ns));
    let gap = columns.saturating_sub(first.len() + last.len() + " UTC".len()).max(1);
    format!("{}{first}{}{last} UTC", " ".repeat(indent), " ".repeat(gap))
}

fn group_name(answer: &QueryAnswer, group: usize) -> String {
    let values: Vec<String> = answer.results[group].group.iter().map(shown).collect();
    fit(&values.join(" "), NAME_COLUMNS)
}

/// One row a group, breakdowns first.
fn table(answer: &QueryAnswer, screen: Screen) -> String {
    let breakdowns: Vec<String> = answer.breakdowns.iter().map(|name| escape(name)).collect();
    let calculations: Vec<String> = answer.calculations.iter().map(|name| escape(name)).collect();
    let mut heads: Vec<(&str, Align)> = breakdowns.iter().map(|name| (name.as_str(), Align::Left)).collect();
    heads.extend(calculations.iter().map(|name| (name.as_str(), Align::Right)));
    let mut table = Table::new(&heads);
    for row in &answer.results {
        let cells = row.group.iter().map(shown).chain(row.values.iter().map(|value| cell(value, screen)));
        table.push(cells.collect());
    }
    table.render(screen.width)
}

fn footer(answer: &QueryAnswer, screen: Screen) -> String {
    let shown = answer.results.len() as u64;
    if answer.groups <= shown {
        return String::new();
    }
    let other = answer.other.as_ref().map(|values| {
        let cells = answer.calculations.iter().zip(values).map(|(name, value)| format!("{} {}", escape(name), cell(value, screen)));
        format!("; the rest: {}", cells.collect::<Vec<_>>().join(", "))
    });
    format!("{shown} of {} groups{}\n", answer.groups, other.unwrap_or_default())
}

/// Thousands are set apart for people only: programs that read the table split it at blanks.
fn cell(value: &Measure, screen: Screen) -> String {
    match value {
        Measure::Int(number) if !screen.is_terminal => number.to_string(),
        Measure::Float(float) if !screen.is_terminal => number::value(*float).replace(' ', ""),
        Measure::Null => "-".to_owned(),
        Measure::Int(number) => number::grouped(*number),
        Measure::Float(float) => number::value(*float),
        Measure::Text(text) => escape(text),
        Measure::Heatmap(cells) => {
            let values: Vec<Option<f64>> = cells.counts.iter().copied().map(Some).collect();
            chart::bars(&values, chart::greatest([values.as_slice()]), CELL_COLUMNS)
        }
    }
}

fn number_of(value: &Measure) -> Option<f64> {
    match value {
        Measure::Int(number) => Some(*number as f64),
        Measure::Float(number) => Some(*number),
        _ => None,
    }
}

/// The results as CSV: exact into a pipe, escaped where a terminal would read it.
pub fn csv(answer: &QueryAnswer, is_terminal: bool) -> String {
    let safe = |text: String| if is_terminal { escape(&text) } else { text };
    let mut out = String::new();
    let heads: Vec<String> = answer.breakdowns.iter().chain(&answer.calculations).cloned().map(safe).collect();
    csv::push_record(&mut out, heads.iter().map(String::as_str));
    for row in &answer.results {
        let group = row.group.iter().map(|value| match value {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let values = row.values.iter().map(|value| match value {
            Measure::Null => String::new(),
            Measure::Int(number) => number.to_string(),
            Measure::Float(number) => number.to_string(),
            Measure::Text(text) => text.clone(),
            Measure::Heatmap(cells) => serde_json::to_string(cells).unwrap_or_default(),
        });
        let cells: Vec<String> = group.chain(values).map(safe).collect();
        csv::push_record(&mut out, cells.iter().map(String::as_str));
    }
    out
}
