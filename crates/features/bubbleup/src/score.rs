//! Effect and noise, as numbers.

/// How far a column tells the sides apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Score {
    pub effect: f64,
    pub noise: f64,
}

impl Score {
    /// The part of the effect that chance does not make.
    pub(crate) fn value(self) -> f64 {
        (self.effect - self.noise).max(0.0)
    }
}

/// Of a dimension: `p` and `q` are the deciding bin's shares, `pooled` its share of all stored rows, `bins` how many there are.
///
/// The noise is what the greatest difference among so many bins exceeds by chance at most once in twenty times. With `m` the pooled
/// share, `1/n = 1/n_S + 1/n_B` and `L = ln(40 bins)` it is Bernstein's bound on the tail of a sum:
///
/// `L/3n + sqrt((L/3n)^2 + 2 L m (1 - m) / n)`
///
/// Where rows with the value are many this is the normal distribution's `sqrt(2 L m (1 - m) / n)`. That alone would make next to no
/// noise for a value that hardly any row has: one selected row of a user who was seen twice would pass for a finding, and among
/// thousands of users there always is one. `L/3n` asks for several selected rows of such a value, the more the more values there are.
pub(crate) fn of_shares(p: f64, q: f64, pooled: f64, bins: usize, selected_rows: u64, rest_rows: u64) -> Score {
    let one_in_n = 1.0 / selected_rows as f64 + 1.0 / rest_rows as f64;
    let rarity = (40.0 * bins as f64).ln();
    let (few, spread) = (rarity * one_in_n / 3.0, 2.0 * rarity * pooled * (1.0 - pooled) * one_in_n);
    Score { effect: (p - q).abs(), noise: few + (few * few + spread.max(0.0)).sqrt() }
}

/// Of a measure: `distance` is the greatest one of the cumulative shares over the rows that have it, `coverage` the share of rows
/// that have it on the side where that is smaller. 1.358 is the 95 % point of Kolmogorov's distribution.
pub(crate) fn of_distance(distance: f64, coverage: f64, selected_rows: u64, rest_rows: u64) -> Score {
    Score { effect: distance * coverage, noise: 1.358 * (1.0 / selected_rows as f64 + 1.0 / rest_rows as f64).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(score: Score, effect: f64, noise: f64, value: f64) {
        let near = |left: f64, right: f64| (left - right).abs() < 0.00006;
        assert!(near(score.effect, effect) && near(score.noise, noise) && near(score.value(), value), "{score:?} {}", score.value());
    }

    #[test]
    fn vectors() {
        let pooled = |p: f64, q: f64| (1_000.0 * p + 9_000.0 * q) / 10_000.0;
        let dimension = |p, q, bins| of_shares(p, q, pooled(p, q), bins, 1_000, 9_000);
        check(dimension(0.90, 0.001, 200), 0.8990, 0.0441, 0.8549);
        check(dimension(0.30, 0.10, 2), 0.2000, 0.0337, 0.1663);
        check(dimension(0.12, 0.10, 2), 0.0200, 0.0315, 0.0);
        check(of_distance(0.40, 1.0, 1_000, 9_000), 0.4, 0.0453, 0.3547);
        check(of_distance(0.40, 1.0, 10, 9_000), 0.4, 0.4297, 0.0);
    }

    #[test]
    fn few_rows_prove_nothing() {
        // 10 of 20 against a third.
        let score = of_shares(0.5, 0.33, (10.0 + 2_970.0) / 9_020.0, 2, 20, 9_000);
        assert!(score.noise > 0.3 && score.value() == 0.0, "{score:?}");
    }

    #[test]
    fn a_row_of_a_rare_value_proves_nothing_and_many_do() {
        // Of 50 selected rows so many have a value that hardly any of 10,000 others has; there are as many values as rows.
        let score = |rows: f64| of_shares(rows / 50.0, 1.0 / 10_000.0, (rows + 1.0) / 10_050.0, 5_000, 50, 10_000);
        assert!((1..=7).all(|rows| score(f64::from(rows)).value() == 0.0), "{:?}", score(7.0));
        assert!(score(12.0).value() > 0.05 && score(40.0).value() > 0.5, "{:?} {:?}", score(12.0), score(40.0));
        // The bound of many rows is that of the normal distribution.
        let many = of_shares(0.3, 0.1, 0.2, 2, 10_000_000, 10_000_000);
        let normal = (2.0 * 80.0_f64.ln() * 0.2 * 0.8 * 2e-7).sqrt();
        assert!((many.noise / normal - 1.0).abs() < 0.002, "{many:?} {normal}");
    }
}
