//! Effect and noise, as numbers.

use glasshive_query_engine::Tally;

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

/// Of a dimension: `p` and `q` are the deciding bin's shares, `pooled` its share of both sides together, `bins` how many there are,
/// `selected` and `rest` how many rows of one weight would tell as much as the rows do (see [`rows_of`]).
///
/// The noise is what the greatest difference among so many bins exceeds by chance at most once in twenty times. With `m` the pooled
/// share, `1/n = 1/n_S + 1/n_B` and `L = ln(40 bins)` it is Bernstein's bound on the tail of a sum:
///
/// `L/3n + sqrt((L/3n)^2 + 2 L m (1 - m) / n)`
///
/// Where rows with the value are many this is the normal distribution's `sqrt(2 L m (1 - m) / n)`. That alone would make next to no
/// noise for a value that hardly any row has: one selected row of a user who was seen twice would pass for a finding, and among
/// thousands of users there always is one. `L/3n` asks for several selected rows of such a value, the more the more values there are.
pub(crate) fn of_shares(p: f64, q: f64, pooled: f64, bins: usize, selected: f64, rest: f64) -> Score {
    let one_in_n = 1.0 / selected + 1.0 / rest;
    let rarity = (40.0 * bins as f64).ln();
    let (few, spread) = (rarity * one_in_n / 3.0, 2.0 * rarity * pooled * (1.0 - pooled) * one_in_n);
    Score { effect: (p - q).abs(), noise: few + (few * few + spread.max(0.0)).sqrt() }
}

/// Of a measure: `distance` is the greatest one of the cumulative shares over the rows that have it, `coverage` the share of rows
/// that have it on the side where that is smaller, `selected` and `rest` how many rows of one weight tell as much as those that have
/// it. 1.358 is the 95 % point of Kolmogorov's distribution.
pub(crate) fn of_distance(distance: f64, coverage: f64, selected: f64, rest: f64) -> Score {
    Score { effect: distance * coverage, noise: 1.358 * (1.0 / selected + 1.0 / rest).sqrt() }
}

/// How many rows of one weight would tell as much as these: `(sum of weights)^2 / sum of squares`, as many as there are where all weigh
/// the same. Five rows that stand for a thousand events each are five, whatever else there is.
pub(crate) fn rows_of(side: Tally) -> f64 {
    side.weight / side.heaviness()
}

/// The same as far as one value's share of a side is concerned, of which `m` is to be expected. `part` are the side's rows that have the
/// value. Under chance the share varies as the sum of `(w (x - m) / W)^2`: rows with the value count by their own weights, and the
/// others by theirs. Where the value is none of the side's, or all, the weights of the whole side stand for those that are not there.
pub(crate) fn rows_of_value(part: Tally, side: Tally, m: f64) -> f64 {
    let heaviness = |rows: Tally| if rows.rows > 0 { rows.heaviness() } else { side.heaviness() };
    side.weight / ((1.0 - m) * heaviness(part) + m * heaviness(side.without(part)))
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
        let dimension = |p, q, bins| of_shares(p, q, pooled(p, q), bins, 1_000.0, 9_000.0);
        check(dimension(0.90, 0.001, 200), 0.8990, 0.0441, 0.8549);
        check(dimension(0.30, 0.10, 2), 0.2000, 0.0337, 0.1663);
        check(dimension(0.12, 0.10, 2), 0.0200, 0.0315, 0.0);
        check(of_distance(0.40, 1.0, 1_000.0, 9_000.0), 0.4, 0.0453, 0.3547);
        check(of_distance(0.40, 1.0, 10.0, 9_000.0), 0.4, 0.4297, 0.0);
    }

    #[test]
    fn few_rows_prove_nothing() {
        // 10 of 20 against a third.
        let score = of_shares(0.5, 0.33, (10.0 + 2_970.0) / 9_020.0, 2, 20.0, 9_000.0);
        assert!(score.noise > 0.3 && score.value() == 0.0, "{score:?}");
    }

    #[test]
    fn a_row_of_a_rare_value_proves_nothing_and_many_do() {
        // Of 50 selected rows so many have a value that hardly any of 10,000 others has; there are as many values as rows.
        let score = |rows: f64| of_shares(rows / 50.0, 1.0 / 10_000.0, (rows + 1.0) / 10_050.0, 5_000, 50.0, 10_000.0);
        assert!((1..=7).all(|rows| score(f64::from(rows)).value() == 0.0), "{:?}", score(7.0));
        assert!(score(12.0).value() > 0.05 && score(40.0).value() > 0.5, "{:?} {:?}", score(12.0), score(40.0));
        // The bound of many rows is that of the normal distribution.
        let many = of_shares(0.3, 0.1, 0.2, 2, 1e7, 1e7);
        let normal = (2.0 * 80.0_f64.ln() * 0.2 * 0.8 * 2e-7).sqrt();
        assert!((many.noise / normal - 1.0).abs() < 0.002, "{many:?} {normal}");
    }

    #[test]
    fn rows_count_by_how_alike_they_weigh() {
        let near = |left: f64, right: f64| (left / right - 1.0).abs() < 1e-9;
        let of = |weights: &[f64]| {
            let each = |weight: &f64| Tally { rows: 1, weight: *weight, squares: weight * weight };
            weights.iter().map(each).fold(Tally::default(), |mut sum, row| {
                sum.merge(row);
                sum
            })
        };
        assert!(near(rows_of(of(&[1.0; 40])), 40.0) && near(rows_of(of(&[100.0; 40])), 40.0));
        let light = of(&[1.0; 50]);
        let mut side = of(&[1_000.0; 5]);
        side.merge(light);
        assert!((4.9..5.3).contains(&rows_of(side)), "{}", rows_of(side));
        // What the five have is known from five rows; what only the light ones have, from fifty in such a side.
        assert!((5.0..5.1).contains(&rows_of_value(of(&[1_000.0; 5]), side, 0.0)));
        assert!(near(rows_of_value(light, side, 0.0), 5_050.0));
        assert!((5.0..5.1).contains(&rows_of_value(light, side, 1.0)), "the others are the five");
        assert!(near(rows_of_value(Tally::default(), side, 0.0), rows_of(side)));
        assert!(near(rows_of_value(Tally::of_rows(10), Tally::of_rows(40), 0.3), 40.0));
    }
}
