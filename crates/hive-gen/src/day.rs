//! When spans happen: 24 hours with a daily wave and one burst, ending at a given instant.

const MINUTES: usize = 24 * 60;
const MINUTE_NS: f64 = 60e9;

/// Ten minutes of five times the traffic, within the last hour.
const BURST: std::ops::Range<usize> = 1_402..1_412;
const BURST_FACTOR: f64 = 5.0;

/// The length of the window that a run covers.
pub const DAY_NS: i64 = MINUTES as i64 * 60_000_000_000;

/// Maps a share of all spans to the time by which that share has happened.
pub struct Day {
    start_ns: i64,
    /// Share of all spans before each minute's start; 1 at the end.
    before: Vec<f64>,
}

impl Day {
    pub fn ending_at(end_ns: i64) -> Self {
        let rates: Vec<f64> = (0..MINUTES).map(rate).collect();
        let total: f64 = rates.iter().sum();
        let mut before = vec![0.0];
        let mut sum = 0.0;
        for rate in rates {
            sum += rate;
            before.push(sum / total);
        }
        Self { start_ns: end_ns - DAY_NS, before }
    }

    pub fn time_ns(&self, share: f64) -> i64 {
        let minute = self.before.partition_point(|before| *before <= share).clamp(1, MINUTES) - 1;
        let within = (share - self.before[minute]) / (self.before[minute + 1] - self.before[minute]);
        self.start_ns + ((minute as f64 + within) * MINUTE_NS) as i64
    }
}

/// One wave a day, drawn as two parabolas: within 6 % of a sine, and the same bits everywhere.
fn rate(minute: usize) -> f64 {
    let x = 2.0 * minute as f64 / MINUTES as f64 - 1.0;
    let wave = 4.0 * x * (1.0 - x.abs());
    let burst = if BURST.contains(&minute) { BURST_FACTOR } else { 1.0 };
    (1.0 + 0.5 * wave) * burst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_the_day_in_order() {
        let day = Day::ending_at(2 * DAY_NS);
        assert_eq!(day.time_ns(0.0), DAY_NS);
        assert!((day.time_ns(1.0) - 2 * DAY_NS).abs() <= 1_000);
        let times: Vec<i64> = (0..=1_000).map(|n| day.time_ns(f64::from(n) / 1_000.0)).collect();
        assert!(times.is_sorted());
    }

    #[test]
    fn the_burst_is_five_times_its_surroundings() {
        let day = Day::ending_at(DAY_NS);
        let share = |minute: usize| day.before[minute + 1] - day.before[minute];
        let ratio = share(1_402) / share(1_401);
        assert!((ratio - 5.0).abs() < 0.05, "{ratio}");
    }
}
