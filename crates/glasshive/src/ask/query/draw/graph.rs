//! One calculation over time: a graph of its own for one group, small ones below each other for several, a heatmap.

use crate::ask::shown;
use crate::screen::axis::TimeAxis;
use crate::screen::chart::{self, Range};
use crate::screen::escape::{escape, fit, pad, width};
use crate::screen::heatmap::{self, Cells};
use crate::screen::palette::Ink;
use crate::screen::unit::Unit;
use crate::screen::{Screen, area, number};
use glasshive_api_hive::shape::query::{HeatmapCounts, Measure, QueryAnswer};
use std::fmt::Write as _;

/// Groups whose series are drawn.
const GROUPS_DRAWN: usize = 10;
/// Lines of a heatmap.
const HEATMAP_LINES: usize = 16;
/// Lines of a graph of its own.
const AREA_LINES: usize = 8;
/// Groups that get more than one line each, and how many lines.
const TALL_GROUPS: usize = 3;
const TALL_LINES: usize = 3;
/// Columns of a group's name beside its graph, at most, and at most this share of the screen.
const NAME_COLUMNS: usize = 32;
const NAME_SHARE: usize = 3;

/// The graph with its head, and an empty line.
pub(super) fn render(answer: &QueryAnswer, calculation: usize, screen: &Screen) -> String {
    let unit = Unit::of_calculation(&answer.calculations[calculation]);
    let mut out = head(answer, calculation, screen);
    match &answer.heatmaps[calculation] {
        Some(rows) => out.push_str(&heat(answer, calculation, &rows.edges, unit, screen)),
        None if answer.results.len() <= 1 => {
            let values = values_of(answer, calculation, 0);
            out.push_str(&area::render(&values, unit, time(answer, screen), AREA_LINES, screen.width, screen.palette));
        }
        None => out.push_str(&several(answer, calculation, unit, screen)),
    }
    out.push('\n');
    out
}

/// The label, how long a step is, and which groups are not drawn.
fn head(answer: &QueryAnswer, calculation: usize, screen: &Screen) -> String {
    let label = screen.palette.paint(Ink::Head, &escape(&answer.calculations[calculation]));
    let mut about = format!("per {}", number::duration_ns(answer.grid.step_ns.0));
    let groups = answer.results.len();
    if answer.heatmaps[calculation].is_some() {
        if groups > 1 {
            let _ = write!(about, ", {groups} groups together");
        }
    } else if groups > GROUPS_DRAWN {
        let _ = write!(about, ", the first {GROUPS_DRAWN} groups");
    } else if groups == 1 && !answer.breakdowns.is_empty() {
        let _ = write!(about, ", {}", group_name(answer, 0));
    }
    format!(
        "{label}  {}\n",
        screen.palette.paint(Ink::Faint, &fit(&about, screen.width.saturating_sub(width(&answer.calculations[calculation]) + 2)))
    )
}

fn several(answer: &QueryAnswer, calculation: usize, unit: Unit, screen: &Screen) -> String {
    let groups = answer.results.len().min(GROUPS_DRAWN);
    let lines = if groups <= TALL_GROUPS { TALL_LINES } else { 1 };
    let series: Vec<Vec<Option<f64>>> = (0..groups).map(|group| values_of(answer, calculation, group)).collect();
    let range = Range::of(series.iter().map(Vec::as_slice));
    let most = NAME_COLUMNS.min(screen.width / NAME_SHARE);
    let names: Vec<String> = (0..groups).map(|group| fit(&group_name(answer, group), most)).collect();
    let peaks: Vec<String> = series.iter().map(|values| peak(values, unit)).collect();
    let name_size = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let peak_size = peaks.iter().map(|peak| width(peak)).max().unwrap_or(0).max("peak".len());
    let axis = time(answer, screen);
    let columns = axis.columns(screen.width.saturating_sub(name_size + 2 + 2 + peak_size));
    let faint = |text: &str| screen.palette.paint(Ink::Faint, text);
    let mut out = format!("{}{}\n", " ".repeat(name_size + 2 + columns), faint(&format!("  {:>peak_size$}", "peak")));
    for (group, values) in series.iter().enumerate() {
        for (line, bars) in chart::bars(values, range, columns, lines).iter().enumerate() {
            let is_last = line + 1 == lines;
            let name = pad(if is_last { &names[group] } else { "" }, name_size);
            let bars = screen.palette.paint(Ink::Group(group), if is_last { bars } else { bars.trim_end() });
            let peak = if is_last { format!("  {:>peak_size$}", peaks[group]) } else { String::new() };
            let _ = writeln!(out, "{name} {}{bars}{peak}", faint("│"));
        }
    }
    let (ruler, labels) = axis.render(name_size + 2, columns);
    let _ = writeln!(out, "{}\n{}", faint(&ruler), faint(&labels));
    out
}

fn peak(values: &[Option<f64>], unit: Unit) -> String {
    let most = values.iter().flatten().copied().filter(|value| value.is_finite()).reduce(f64::max);
    most.map_or_else(|| "-".to_owned(), |most| unit.show(most))
}

/// The values of one group, step by step. A step without events is 0 for what counts or adds up, and missing for the rest.
fn values_of(answer: &QueryAnswer, calculation: usize, group: usize) -> Vec<Option<f64>> {
    let label = &answer.calculations[calculation];
    let adds_up =
        label == "COUNT" || label == "CONCURRENCY" || ["COUNT(", "SUM(", "HISTOGRAM_COUNT("].iter().any(|call| label.starts_with(call));
    let mut values = vec![adds_up.then_some(0.0); answer.grid.steps];
    for step in answer.series.iter().filter(|step| step.group == group) {
        if let Some(slot) = values.get_mut(step.step) {
            *slot = match step.values.get(calculation) {
                Some(Measure::Int(number)) => Some(*number as f64),
                Some(Measure::Float(number)) => Some(*number),
                _ => None,
            };
        }
    }
    values
}

/// All groups together: the table below has them apart.
fn heat(answer: &QueryAnswer, calculation: usize, edges: &[f64], unit: Unit, screen: &Screen) -> String {
    let steps = answer.grid.steps;
    let rows = edges.len().saturating_sub(1);
    let (mut below, mut above, mut counts) = (vec![0.0; steps], vec![0.0; steps], vec![vec![0.0; rows]; steps]);
    for step in answer.series.iter().filter(|step| step.step < steps) {
        if let Some(Measure::Heatmap(HeatmapCounts { under, zero, over, counts: cells })) = step.values.get(calculation) {
            below[step.step] += under + zero;
            above[step.step] += over;
            for (sum, count) in counts[step.step].iter_mut().zip(cells) {
                *sum += count;
            }
        }
    }
    let cells = Cells { counts: &counts, edges, below: &below, above: &above };
    heatmap::render(cells, unit, time(answer, screen), HEATMAP_LINES, screen.width, screen.palette)
}

fn time<'a>(answer: &QueryAnswer, screen: &'a Screen) -> TimeAxis<'a> {
    let grid = answer.grid;
    TimeAxis { start_ns: grid.first_ns.0, step_ns: grid.step_ns.0, steps: grid.steps, zone: &screen.zone }
}

fn group_name(answer: &QueryAnswer, group: usize) -> String {
    let values: Vec<String> = answer.results[group].group.iter().map(shown).collect();
    values.join(" ")
}
