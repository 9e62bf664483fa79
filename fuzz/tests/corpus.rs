//! Every target over its corpus, and over mutations of it.
#![allow(clippy::unwrap_used)]

use glasshive_fuzz::TARGETS;
use std::fs;
use std::path::PathBuf;

const MUTATIONS_PER_FILE: usize = 200;

/// (file name, bytes) of one target, in order of name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// Marsaglia's xorshift: the same mutations on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let len = self.below(32).min(bytes.len() - at.min(bytes.len()));
        match self.below(6) {
            0 | 1 if !bytes.is_empty() => bytes[at] = self.below(256) as u8,
            2 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
            3 => bytes.insert(at, self.below(256) as u8),
            4 => drop(bytes.drain(at..at + len)),
            _ => {
                let piece = bytes[at..at + len].to_vec();
                let to = self.below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
}

#[test]
fn targets_hold_over_their_corpora() {
    for (name, target) in TARGETS {
        let files = corpus(name);
        assert!(files.iter().any(|(file, _)| file.starts_with("good-")), "{name} has no good input");
        for (file, bytes) in files {
            let accepted = target(&bytes);
            assert!(accepted > 0 || !file.starts_with("good-"), "{name}/{file} is accepted no longer");
        }
    }
}

#[test]
fn targets_hold_over_mutations() {
    for (name, target) in TARGETS {
        for (file, bytes) in corpus(name) {
            let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ bytes.len() as u64);
            for round in 0..MUTATIONS_PER_FILE {
                let mut mutant = bytes.clone();
                (0..=random.below(5)).for_each(|_| random.mutate(&mut mutant));
                let outcome = std::panic::catch_unwind(|| target(&mutant));
                assert!(outcome.is_ok(), "{name}/{file}, mutation {round}: {mutant:?}");
            }
        }
    }
}
