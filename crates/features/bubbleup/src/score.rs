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
/// The noise is the largest difference that any of so many bins shows by chance, once in about twenty times.
pub(crate) fn of_shares(p: f64, q: f64, pooled: f64, bins: usize, selected_rows: u64, rest_rows: u64) -> Score {
    let spread = pooled * (1.0 - pooled) * (1.0 / selected_rows as f64 + 1.0 / rest_rows as f64);
    Score { effect: (p - q).abs(), noise: (2.0 * (40.0 * bins as f64).ln()).sqrt() * spread.max(0.0).sqrt() }
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
        check(dimension(0.90, 0.001, 200), 0.8990, 0.0406, 0.8584);
        check(dimension(0.30, 0.10, 2), 0.2000, 0.0321, 0.1679);
        check(dimension(0.12, 0.10, 2), 0.0200, 0.0299, 0.0);
        check(of_distance(0.40, 1.0, 1_000, 9_000), 0.4, 0.0453, 0.3547);
        check(of_distance(0.40, 1.0, 10, 9_000), 0.4, 0.4297, 0.0);
    }

    #[test]
    fn few_rows_prove_nothing() {
        // 10 of 20 against a third.
        let score = of_shares(0.5, 0.33, (10.0 + 2_970.0) / 9_020.0, 2, 20, 9_000);
        assert!(score.noise > 0.3 && score.value() == 0.0, "{score:?}");
    }
}
