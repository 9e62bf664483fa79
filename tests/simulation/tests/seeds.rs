//! Two hundred seeds, the ones that once failed, and the same seed twice.

use glasshive_test_simulation::{Setup, run};
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds played by the test command.
const SEEDS: u64 = 200;

/// Seeds that once found something, and what.
const REGRESSIONS: &str = include_str!("regressions.txt");

#[test]
fn two_hundred_seeds_hold_every_invariant() {
    let next = AtomicU64::new(0);
    let (stored, duplicates, refused) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < SEEDS) {
                    let report = run(&Setup::draw(seed, None), false).unwrap_or_else(|violation| panic!("{violation}"));
                    for (sum, count) in [&stored, &duplicates, &refused].into_iter().zip(report.answers) {
                        sum.fetch_add(count, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    // Seeds that do nothing would pass too.
    let counts = [stored, duplicates, refused].map(AtomicU64::into_inner);
    assert!(counts[0] > 50 * SEEDS && counts[1] > 2 * SEEDS && counts[2] > SEEDS, "{counts:?}");
}

#[test]
fn seeds_that_once_failed_hold() {
    let mut played = 0;
    for line in REGRESSIONS.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let seed = line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a line begins with its seed");
        run(&Setup::draw(seed, None), false).unwrap_or_else(|violation| panic!("{line}: {violation}"));
        played += 1;
    }
    assert!(played > 0);
}

#[test]
fn a_seed_decides_everything() {
    for seed in [1, 2, 3, 5, 8] {
        let traces = [(); 2].map(|()| run(&Setup::draw(seed, None), true).unwrap_or_else(|violation| panic!("{violation}")).trace);
        assert!(traces[0].len() > 100, "seed {seed} does next to nothing");
        for (number, (first, second)) in traces[0].iter().zip(&traces[1]).enumerate() {
            assert_eq!(first, second, "seed {seed}, event {number}");
        }
        assert_eq!(traces[0].len(), traces[1].len());
    }
}
