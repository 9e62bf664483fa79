//! Percentiles of bucketed values.

/// The percentiles that histograms are given, by the names of the calculations.
pub(super) const PERCENTILES: [(f64, &str); 13] = [
    (0.001, "p001"),
    (0.01, "p01"),
    (0.05, "p05"),
    (0.1, "p10"),
    (0.2, "p20"),
    (0.25, "p25"),
    (0.5, "p50"),
    (0.75, "p75"),
    (0.8, "p80"),
    (0.9, "p90"),
    (0.95, "p95"),
    (0.99, "p99"),
    (0.999, "p999"),
];

/// `count` values above `lower` and up to `upper`. Edges that are not known are infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bucket {
    pub lower: f64,
    pub upper: f64,
    pub count: u64,
}

/// Values in buckets, in ascending order.
#[derive(Debug, Clone, Default)]
pub(super) struct Distribution {
    buckets: Vec<Bucket>,
    min: Option<f64>,
    max: Option<f64>,
}

// === impl Distribution ===

impl Distribution {
    /// Of values between `min` and `max`, where these are known and finite.
    pub(super) fn reset(&mut self, min: Option<f64>, max: Option<f64>) {
        self.buckets.clear();
        self.min = min.filter(|min| min.is_finite());
        self.max = max.filter(|max| max.is_finite());
    }

    /// Adds the next bucket; empty ones are left out.
    pub(super) fn push(&mut self, lower: f64, upper: f64, count: u64) {
        if count > 0 {
            self.buckets.push(Bucket { lower, upper, count });
        }
    }

    /// One value for each of [`PERCENTILES`], by linear interpolation within the bucket that holds it; `None` without values, or
    /// when a bucket's edges are unknown both. A bucket that is open to one side, with no least or greatest value to close it, is
    /// taken for its other edge.
    pub(super) fn percentiles(&self) -> Option<[f64; PERCENTILES.len()]> {
        let total = self.buckets.iter().map(|bucket| bucket.count as f64).sum::<f64>();
        let mut buckets = self.buckets.iter();
        let mut bucket = *buckets.next()?;
        let mut edges = self.edges(bucket)?;
        let mut before = 0.0;
        let mut found = [0.0; PERCENTILES.len()];
        for ((quantile, _), found) in PERCENTILES.iter().zip(&mut found) {
            let rank = quantile * total;
            while before + (bucket.count as f64) < rank {
                let Some(next) = buckets.next() else { break };
                before += bucket.count as f64;
                bucket = *next;
                edges = self.edges(bucket)?;
            }
            let share = ((rank - before) / bucket.count as f64).clamp(0.0, 1.0);
            *found = edges.0 + (edges.1 - edges.0) * share;
        }
        Some(found)
    }

    /// A bucket's edges, drawn in to the least and greatest value, the lower one first.
    fn edges(&self, bucket: Bucket) -> Option<(f64, f64)> {
        let lower = self.min.map_or(bucket.lower, |min| bucket.lower.max(min));
        let upper = self.max.map_or(bucket.upper, |max| bucket.upper.min(max));
        match (lower.is_finite(), upper.is_finite()) {
            (true, true) => Some((lower, upper.max(lower))),
            (true, false) => Some((lower, lower)),
            (false, true) => Some((upper, upper)),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(buckets: &[(f64, f64, u64)], min: Option<f64>, max: Option<f64>) -> Option<Vec<f64>> {
        let mut distribution = Distribution::default();
        distribution.reset(min, max);
        buckets.iter().for_each(|(lower, upper, count)| distribution.push(*lower, *upper, *count));
        distribution.percentiles().map(Vec::from)
    }

    #[test]
    fn interpolated_within_buckets() {
        let found = of(&[(0.0, 10.0, 100), (10.0, 20.0, 0), (20.0, 40.0, 100)], None, None).unwrap();
        let expected = [0.02, 0.2, 1.0, 2.0, 4.0, 5.0, 10.0, 30.0, 32.0, 36.0, 38.0, 39.6, 39.96];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        }
    }

    #[test]
    fn edges_come_from_the_least_and_greatest_value() {
        let found = of(&[(0.0, 10.0, 2)], Some(4.0), Some(5.0)).unwrap();
        assert_eq!((found[6], found[5]), (4.5, 4.25));
        let open = [(f64::NEG_INFINITY, 1.0, 1), (1.0, f64::INFINITY, 1)];
        assert_eq!(of(&open, Some(-1.0), Some(3.0)).unwrap()[11], 1.0 + 2.0 * 0.98);
        assert_eq!(of(&open, None, None).unwrap()[6], 1.0);
        assert_eq!(of(&[(f64::NEG_INFINITY, f64::INFINITY, 4)], None, None), None);
        assert_eq!(of(&[(f64::NEG_INFINITY, f64::INFINITY, 4)], Some(1.0), Some(f64::NAN)).unwrap()[6], 1.0);
        assert_eq!(of(&[(1.0, 2.0, 1)], Some(9.0), Some(0.0)).unwrap()[6], 9.0, "what contradicts itself stays finite");
        assert_eq!(of(&[], None, None), None);
        assert_eq!(of(&[(0.0, 1.0, 0)], None, None), None);
    }
}
