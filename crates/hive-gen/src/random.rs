//! Random numbers that are the same everywhere: SplitMix64, and a log-normal read from a table.

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64 (Steele, Lea and Flood 2014), seeded by a seed and a stream number.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Streams of one seed do not overlap in any length that a run reaches.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(mix(seed.wrapping_add(mix(stream.wrapping_mul(GOLDEN)))))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// Uniform in `0..bound`; the bias of less than `bound / 2^32` does not matter here.
    pub fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// True in `count` of `per` cases.
    pub fn chance(&mut self, count: u32, per: u32) -> bool {
        self.below(per) < count
    }

    /// Uniform in `[0, 1)`, 53 bits: exact on every platform.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Skewed towards 0: the smaller of two uniform numbers below `bound`.
    pub fn low(&mut self, bound: u32) -> u32 {
        self.below(bound).min(self.below(bound))
    }

    /// Never zero, as ids must be.
    pub fn id(&mut self) -> u64 {
        self.next().max(1)
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const STEPS_PER_SIGMA: usize = 32;
const SIGMAS: usize = 6;

/// Draws `median * e^(sigma z)`. z is the sum of twelve uniform numbers less six, which is as good as normal within 3 sigma;
/// the exponential comes from a table made with additions and multiplications only, since `f64::exp` differs by platform.
#[derive(Debug, Clone)]
pub struct LogNormal {
    table: Vec<f64>,
}

impl LogNormal {
    pub fn new(median: f64, sigma: f64) -> Self {
        let entries = 2 * SIGMAS * STEPS_PER_SIGMA + 2;
        let z = |entry: usize| entry as f64 / STEPS_PER_SIGMA as f64 - SIGMAS as f64;
        Self { table: (0..entries).map(|entry| median * exp(sigma * z(entry))).collect() }
    }

    pub fn draw(&self, random: &mut Random) -> f64 {
        let sum: u64 = (0..3).map(|_| quarters(random.next())).sum();
        let position = sum as f64 * (STEPS_PER_SIGMA as f64 / 65_536.0);
        let entry = position as usize;
        let part = position - entry as f64;
        self.table[entry] + (self.table[entry + 1] - self.table[entry]) * part
    }
}

/// The sum of the four 16-bit quarters of a word.
fn quarters(word: u64) -> u64 {
    (word & 0xFFFF) + ((word >> 16) & 0xFFFF) + ((word >> 32) & 0xFFFF) + (word >> 48)
}

/// e^x by a short series at x/1024, squared ten times. Basic operations only: IEEE 754 fixes each of their results.
fn exp(x: f64) -> f64 {
    let small = x / 1024.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 1..12 {
        term = term * small / f64::from(n);
        sum += term;
    }
    for _ in 0..10 {
        sum *= sum;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_published_sequence() {
        let mut random = Random(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn streams_differ() {
        assert_ne!(Random::new(1, 1).next(), Random::new(1, 2).next());
        assert_ne!(Random::new(1, 1).next(), Random::new(2, 1).next());
    }

    #[test]
    fn log_normal_has_its_median_and_mean() {
        let distribution = LogNormal::new(36.0, 1.0);
        let mut random = Random::new(7, 7);
        let mut draws: Vec<f64> = (0..200_000).map(|_| distribution.draw(&mut random)).collect();
        draws.sort_by(f64::total_cmp);
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!((draws[100_000] - 36.0).abs() < 0.5, "median {}", draws[100_000]);
        assert!((mean - 36.0 * exp(0.5)).abs() < 1.0, "mean {mean}");
    }

    #[test]
    fn exp_is_exp() {
        for x in [-6.0, -1.0, 0.0, 0.5, 6.0] {
            assert!((exp(x) / f64::exp(x) - 1.0).abs() < 1e-10, "{x}");
        }
    }
}
