//! A series as lines of bars.

/// Eighths of a character cell, from empty to full.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The values that the lower and the upper end of a graph stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// 0, or below every value where some are negative.
    pub low: f64,
    /// At or above every value.
    pub high: f64,
}

impl Range {
    /// From 0, or the least value below it, to the greatest; what is not finite does not count.
    pub fn of<'a>(series: impl IntoIterator<Item = &'a [Option<f64>]>) -> Self {
        let values = series.into_iter().flatten().flatten().copied().filter(|value| value.is_finite());
        values.fold(Self { low: 0.0, high: 0.0 }, |range, value| Self { low: range.low.min(value), high: range.high.max(value) })
    }

    /// Widened to ends that are easily read.
    pub fn rounded(self) -> Self {
        let low = if self.low < 0.0 { -round_up(-self.low) } else { 0.0 };
        // A graph of nothing but zeros still has two ends.
        let high = if self.high > 0.0 || low < 0.0 { round_up(self.high) } else { 1.0 };
        Self { low, high }
    }

    /// Of the way from the lower to the upper end.
    fn share(self, value: f64) -> f64 {
        let size = self.high - self.low;
        if size > 0.0 { ((value - self.low) / size).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// The next number of at most two digits that halves well.
fn round_up(number: f64) -> f64 {
    if number <= 0.0 || !number.is_finite() {
        return 0.0;
    }
    let magnitude = 10f64.powf(number.log10().floor());
    let steps = [1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    // A hair of tolerance: 3 times 0.1 is 3 tenths.
    let step = steps.into_iter().find(|step| step * magnitude * (1.0 + 1e-9) >= number).unwrap_or(10.0);
    step * magnitude
}

/// `lines` lines of bars, the uppermost first, one value after the other from left to right. A missing value is `·` in the lowest
/// line, which is not a zero. When there are more values than columns, neighbours share a column and the greatest is drawn; when
/// there are fewer, each takes several columns.
pub fn bars(values: &[Option<f64>], range: Range, columns: usize, lines: usize) -> Vec<String> {
    if values.is_empty() || columns == 0 {
        return vec![String::new(); lines];
    }
    let column_values: Vec<Option<f64>> = (0..columns).map(|column| greatest(values, column, columns)).collect();
    let line = |line: usize| column_values.iter().map(|value| cell(*value, range, line, lines)).collect();
    (0..lines).rev().map(line).collect()
}

fn greatest(values: &[Option<f64>], column: usize, columns: usize) -> Option<f64> {
    let start = column * values.len() / columns;
    let end = ((column + 1) * values.len() / columns).max(start + 1);
    values[start..end].iter().flatten().copied().reduce(f64::max)
}

fn cell(value: Option<f64>, range: Range, line: usize, lines: usize) -> char {
    let Some(value) = value else { return if line == 0 { '·' } else { ' ' } };
    let eighths = (range.share(value) * 8.0 * lines as f64).ceil() as usize;
    // Anything but zero is at least the thinnest bar: a lone event must not look like none.
    let eighths = if value != 0.0 { eighths.max(1) } else { eighths };
    BARS[eighths.saturating_sub(line * 8).min(8)]
}
