//! Five hundred seeds and what the store says in them, the ones that once failed, and the same seed twice.

#![allow(clippy::unwrap_used)]

use glasshive_store::{Fault, FaultKind};
use glasshive_test_simulation::{Setup, run};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds played by the test command.
const SEEDS: u64 = 500;

/// Seeds that once found something, and what.
const REGRESSIONS: &str = include_str!("regressions.txt");

/// Every sentence of the failure model that these seeds bring about; `{}` stands for what differs.
const SENTENCES: [(FaultKind, &str); 22] = [
    (FaultKind::Recovered, "recovered {} events from the log in {}"),
    (FaultKind::TornTail, "log ends in an incomplete group of {} bytes that was never acknowledged; dropped"),
    (FaultKind::DiskFull, "disk full: {} left on /sim; ingest paused, nothing deleted. Free space or set retention.max_bytes"),
    (FaultKind::LogSync, "disk refused a flush (EIO) at segment {}; data was moved to a new segment"),
    (FaultKind::LogSync, "disk refused a flush (EIO) at segment {} twice; ingest stopped to protect acknowledged data"),
    (FaultKind::FileSync, "could not make {} durable (EIO); will write it again"),
    (FaultKind::CatalogUncertain, "catalog write uncertain; re-checked: present"),
    (FaultKind::CatalogUncertain, "catalog write uncertain; re-checked: written again"),
    (FaultKind::CatalogFailed, "catalog failed: {}; will commit again"),
    (FaultKind::LogDamage, "log record {} in {}.seg is damaged ({} events of {} lost); {} later records recovered"),
    (FaultKind::FileDamage, "{}.parquet ({} rows, {}) is damaged; results exclude it"),
    (FaultKind::UnknownFiles, "{} files are unknown to the catalog; kept in quarantine"),
    (FaultKind::Retention, "more than retention.max_bytes ({}) is stored; deleted {} events of {} from {} on, {} in {} files"),
    (FaultKind::FileRead, "could not read {}.parquet (EIO); it is left alone for a while"),
    // Rarer ones, allowed and not asked for.
    (FaultKind::FileDamage, "the trace index of {} is damaged; traces are looked for without it"),
    (FaultKind::FileDamage, "deletion {} waits: {} is damaged and may hold rows of it. Stop the server and run: glasshive verify --repair"),
    (FaultKind::FileRemoval, "could not remove {} (EIO); will try again"),
    (FaultKind::Clock, "clock moved by {} h; retention is paused"),
    (
        FaultKind::Clock,
        "{} files count as received in the future, up to {}, and are kept so much longer. If the clock is right now, run: glasshive confirm-clock",
    ),
    (FaultKind::LogDamage, "log record {} in a missing segment is damaged ({} events of {} lost); {} later records recovered"),
    (FaultKind::LogSync, "disk refused a flush ({}) at segment {}; data was moved to a new segment"),
    (FaultKind::LogSync, "disk refused a flush ({}) at segment {} twice; ingest stopped to protect acknowledged data"),
];
/// How many of them must come up.
const SENTENCES_ASKED_FOR: usize = 14;

#[test]
fn five_hundred_seeds_hold_every_invariant() {
    let next = AtomicU64::new(0);
    let told = Mutex::new(BTreeSet::new());
    let (stored, duplicates, refused) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < SEEDS) {
                    let report = run(&Setup::draw(seed, None), false).unwrap_or_else(|violation| panic!("{violation}"));
                    for (sum, count) in [&stored, &duplicates, &refused].into_iter().zip(report.answers) {
                        sum.fetch_add(count, Ordering::Relaxed);
                    }
                    let sentences = report.faults.iter().map(sentence);
                    told.lock().unwrap().extend(sentences);
                }
            });
        }
    });
    // Seeds that do nothing would pass too.
    let counts = [stored, duplicates, refused].map(AtomicU64::into_inner);
    assert!(counts[0] > 50 * SEEDS && counts[1] > 2 * SEEDS && counts[2] > SEEDS, "{counts:?}");
    let told = told.into_inner().unwrap();
    let untold: Vec<_> = (0..SENTENCES_ASKED_FOR).filter(|number| !told.contains(number)).map(|number| SENTENCES[number].1).collect();
    assert!(untold.is_empty(), "nothing made the store say {untold:?}");
}

/// Which of the sentences a message is.
fn sentence(fault: &Fault) -> usize {
    let found = SENTENCES.iter().position(|(kind, sentence)| *kind == fault.kind && is_of(&fault.message, sentence));
    found.unwrap_or_else(|| panic!("not a sentence of the failure model: {fault:?}"))
}

fn is_of(message: &str, sentence: &str) -> bool {
    let mut parts = sentence.split("{}");
    let Some(mut rest) = parts.next().and_then(|first| message.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let found =
            if parts.peek().is_none() { rest.len().checked_sub(part.len()).filter(|_| rest.ends_with(part)) } else { rest.find(part) };
        match found {
            Some(at) if at > 0 => rest = &rest[at + part.len()..],
            _ => return false,
        }
    }
    rest.is_empty()
}

#[test]
fn p02_relaxed_durability_loses_no_more_than_its_interval() {
    for seed in 100..160 {
        run(&Setup::draw(seed, None).relaxed(), false).unwrap_or_else(|violation| panic!("{violation}"));
    }
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
