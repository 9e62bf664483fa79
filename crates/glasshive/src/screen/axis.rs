//! The axis of time below a graph: round local times, as many as have room.

use super::number;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Seconds between marks that people count in.
const INTERVALS_S: [i64; 24] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600,
    2_592_000, 7_776_000, 31_536_000,
];
/// Blanks between two labels.
const GAP: i64 = 5;

/// What the columns of a graph stand for.
#[derive(Debug, Clone, Copy)]
pub struct TimeAxis<'a> {
    /// Time of the left end.
    pub start_ns: i64,
    /// Length of a step.
    pub step_ns: i64,
    /// How many there are.
    pub steps: usize,
    /// In which times are shown.
    pub zone: &'a TimeZone,
}

impl TimeAxis<'_> {
    /// Columns for the graph where `room` are left: all of them, but for few steps a whole number each, so that they look alike.
    pub fn columns(&self, room: usize) -> usize {
        let steps = self.steps.max(1);
        let each = room / steps;
        if each >= 4 { steps * each } else { room }.max(1)
    }

    /// Two lines, without their line ends: marks, and times below them. `gutter` columns lie left of the graph, the last of which
    /// holds the axis of values.
    pub fn render(&self, gutter: usize, columns: usize) -> (String, String) {
        let ticks = self.ticks(columns);
        let mut ruler: Vec<char> = vec!['─'; columns];
        let mut labels = String::new();
        let mut used = 0;
        for (column, label) in &ticks {
            let fits = column + label.len() <= columns || ticks.len() == 1;
            if !fits || (used > 0 && *column < used + 1) {
                continue;
            }
            ruler[*column] = '┬';
            labels.push_str(&" ".repeat(column - used));
            labels.push_str(label);
            used = column + label.len();
        }
        let zone = number::zone_name(self.start_ns, self.zone);
        let zone = if zone.len() + 2 <= gutter { zone } else { String::new() };
        let before = gutter.saturating_sub(1);
        let ruler: String = ruler.into_iter().collect();
        (format!("{}└{ruler}", " ".repeat(before)), format!("{zone:>before$} {labels}"))
    }

    /// Columns and times of the marks, from left to right. There is always one.
    fn ticks(&self, columns: usize) -> Vec<(usize, String)> {
        let total_ns = i128::from(self.step_ns.max(1)) * self.steps.max(1) as i128;
        let end_ns = self.start_ns.saturating_add(i64::try_from(total_ns).unwrap_or(i64::MAX));
        let interval_ns = self.interval_ns(total_ns, columns);
        let mut ticks: Vec<(usize, String)> = Vec::new();
        let mut at = Some(self.aligned(self.start_ns, interval_ns));
        while let Some(time_ns) = at.filter(|time_ns| *time_ns < end_ns) {
            if time_ns >= self.start_ns {
                let column = (i128::from(time_ns - self.start_ns) * columns as i128 / total_ns) as usize;
                ticks.push((column, self.label(time_ns, interval_ns)));
            }
            at = time_ns.checked_add(interval_ns).map(|next| self.aligned(next, interval_ns)).filter(|next| *next > time_ns);
        }
        if ticks.is_empty() {
            ticks.push((0, number::formatted(self.start_ns, self.zone, "%T")));
        }
        ticks
    }

    fn interval_ns(&self, total_ns: i128, columns: usize) -> i64 {
        let fits = |interval_ns: i64| {
            let label = if interval_ns < 60 * SECOND { 8 } else { 6 };
            i128::from(interval_ns) * columns as i128 / total_ns >= i128::from(label + GAP)
        };
        INTERVALS_S.iter().map(|seconds| seconds * SECOND).find(|interval_ns| fits(*interval_ns)).unwrap_or(365 * DAY)
    }

    /// The multiple of the interval, counted from local midnight, that lies nearest: summer time moves marks, not labels.
    fn aligned(&self, time_ns: i64, interval_ns: i64) -> i64 {
        let offset_s = Timestamp::from_nanosecond(time_ns.into()).map_or(0, |time| self.zone.to_offset(time).seconds());
        let past = (time_ns.saturating_add(i64::from(offset_s) * SECOND)).rem_euclid(interval_ns);
        if past * 2 > interval_ns { time_ns.saturating_add(interval_ns - past) } else { time_ns.saturating_sub(past) }
    }

    fn label(&self, time_ns: i64, interval_ns: i64) -> String {
        let is_midnight = number::formatted(time_ns, self.zone, "%T") == "00:00:00";
        let format = match interval_ns {
            _ if is_midnight || interval_ns >= DAY => "%b %d",
            _ if interval_ns < 60 * SECOND => "%T",
            _ => "%H:%M",
        };
        number::formatted(time_ns, self.zone, format)
    }
}
