//! A series as one line of bars.

/// Eighths of a character cell, from empty to full.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One bar per step, scaled to `most`; a missing value is `·`, which is not a zero. When there are more steps than columns,
/// neighbours share a column and the greatest is drawn.
pub fn bars(values: &[Option<f64>], most: f64, columns: usize) -> String {
    if values.is_empty() || columns == 0 {
        return String::new();
    }
    let columns = columns.min(values.len());
    (0..columns)
        .map(|column| {
            let share = column * values.len() / columns..((column + 1) * values.len() / columns).max(column * values.len() / columns + 1);
            let greatest = values[share]
                .iter()
                .flatten()
                .copied()
                .fold(None, |most: Option<f64>, value| Some(most.map_or(value, |most| most.max(value))));
            greatest.map_or('·', |value| bar(value, most))
        })
        .collect()
}

fn bar(value: f64, most: f64) -> char {
    if value <= 0.0 || most <= 0.0 {
        return BARS[0];
    }
    // Anything above zero is at least the thinnest bar: a lone event must not look like none.
    let level = (value / most * 8.0).ceil().clamp(1.0, 8.0);
    BARS[level as usize]
}

/// The greatest finite value of several series.
pub fn greatest<'a>(series: impl IntoIterator<Item = &'a [Option<f64>]>) -> f64 {
    series.into_iter().flatten().flatten().copied().filter(|value| value.is_finite()).fold(0.0, f64::max)
}
