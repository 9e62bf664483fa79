//! The groups with their values: a table for people, CSV for machines.

use crate::ask::shown;
use crate::screen::chart::{self, Range};
use crate::screen::escape::escape;
use crate::screen::table::{Align, Table};
use crate::screen::{Screen, csv, number};
use glasshive_api_hive::shape::query::{Measure, QueryAnswer};

/// Columns of a heatmap within a table's cell.
const CELL_COLUMNS: usize = 16;

/// One row a group, breakdowns first.
pub(super) fn table(answer: &QueryAnswer, screen: &Screen) -> String {
    let breakdowns: Vec<String> = answer.breakdowns.iter().map(|name| escape(name)).collect();
    let calculations: Vec<String> = answer.calculations.iter().map(|name| escape(name)).collect();
    let mut heads: Vec<(&str, Align)> = breakdowns.iter().map(|name| (name.as_str(), Align::Left)).collect();
    heads.extend(calculations.iter().map(|name| (name.as_str(), Align::Right)));
    let mut table = Table::new(&heads);
    for row in &answer.results {
        let cells = row.group.iter().map(shown).chain(row.values.iter().map(|value| cell(value, screen)));
        table.push(cells.collect());
    }
    table.render_in(screen.width, screen.palette)
}

/// Thousands are set apart for people only: programs that read the table split it at blanks.
pub(super) fn cell(value: &Measure, screen: &Screen) -> String {
    match value {
        Measure::Int(number) if !screen.is_terminal => number.to_string(),
        Measure::Float(float) if !screen.is_terminal => number::value(*float).replace(' ', ""),
        Measure::Null => "-".to_owned(),
        Measure::Int(number) => number::grouped(*number),
        Measure::Float(float) => number::value(*float),
        Measure::Text(text) => escape(text),
        Measure::Heatmap(cells) => {
            let values: Vec<Option<f64>> = cells.counts.iter().copied().map(Some).collect();
            chart::bars(&values, Range::of([values.as_slice()]), CELL_COLUMNS, 1).concat()
        }
    }
}

/// The results as CSV: exact into a pipe, escaped where a terminal would read it.
pub fn csv(answer: &QueryAnswer, is_terminal: bool) -> String {
    let safe = |text: String| if is_terminal { escape(&text) } else { text };
    let mut out = String::new();
    let heads: Vec<String> = answer.breakdowns.iter().chain(&answer.calculations).cloned().map(safe).collect();
    csv::push_record(&mut out, heads.iter().map(String::as_str));
    for row in &answer.results {
        let group = row.group.iter().map(csv::cell);
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
