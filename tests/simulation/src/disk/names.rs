//! Directories: names as the kernel shows them, names on the medium, and the changes between.

use crate::random::Random;
use std::collections::{BTreeMap, BTreeSet};

/// Changes of one call that reach the medium together: a path, and the file it names from then on.
type Change = Vec<(String, Option<u64>)>;

/// How unsynced changes of names fare in a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameLoss {
    /// All are lost.
    All,
    /// None is lost.
    None,
    /// In each directory the first so many are kept.
    Prefix,
    /// Each is kept or lost by itself.
    Each,
}

/// Paths and the numbers of the files they name.
#[derive(Debug, Clone, Default)]
pub struct Names {
    shown: BTreeMap<String, u64>,
    medium: BTreeMap<String, u64>,
    queues: BTreeMap<String, Vec<Change>>,
    directories: BTreeSet<String>,
}

impl Names {
    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<u64> {
        self.shown.get(path).copied()
    }

    /// Every path and its file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.shown.iter().map(|(path, inode)| (path.as_str(), *inode))
    }

    /// Whether the directory exists. The root does.
    pub fn is_directory(&self, directory: &str) -> bool {
        directory.is_empty() || self.directories.contains(directory)
    }

    /// The directories right below one.
    pub fn directories_below<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a str> {
        self.directories.iter().filter(move |path| parent(path) == directory).map(|path| name(path))
    }

    /// Makes a directory, durable at once.
    pub fn make_directory(&mut self, directory: &str) {
        self.directories.insert(directory.to_owned());
    }

    /// Names a new file.
    pub fn create(&mut self, path: &str, inode: u64) {
        self.shown.insert(path.to_owned(), inode);
        self.queue(parent(path)).push(vec![(path.to_owned(), Some(inode))]);
    }

    /// Takes a name away.
    pub fn remove(&mut self, path: &str) {
        self.shown.remove(path);
        self.queue(parent(path)).push(vec![(path.to_owned(), None)]);
    }

    /// Takes a name away for good, also from the medium.
    pub fn lose(&mut self, path: &str) {
        self.shown.remove(path);
        self.medium.remove(path);
        for change in self.queues.values_mut().flatten() {
            change.retain(|(changed, _)| changed != path);
        }
    }

    /// Gives a file another name. Within a directory both halves reach the medium together, across two they need not.
    pub fn rename(&mut self, from: &str, to: &str, inode: u64) {
        self.shown.remove(from);
        self.shown.insert(to.to_owned(), inode);
        let (gone, come) = ((from.to_owned(), None), (to.to_owned(), Some(inode)));
        if parent(from) == parent(to) {
            self.queue(parent(to)).push(vec![gone, come]);
        } else {
            self.queue(parent(to)).push(vec![come]);
            self.queue(parent(from)).push(vec![gone]);
        }
    }

    /// All changes of a directory reach the medium. Whether there were any.
    pub fn sync(&mut self, directory: &str) -> bool {
        let changes = self.queues.remove(directory).unwrap_or_default();
        let had_any = !changes.is_empty();
        changes.into_iter().for_each(|change| self.apply(change));
        had_any
    }

    /// A failed sync: some changes reach the medium, the others are forgotten, although they go on being shown.
    pub fn fail_sync(&mut self, directory: &str, random: &mut Random) {
        let changes = self.queues.remove(directory).unwrap_or_default();
        changes.into_iter().filter(|_| random.one_in(3)).collect::<Vec<_>>().into_iter().for_each(|change| self.apply(change));
    }

    /// The kernel writes the first few changes of a directory back of its own accord.
    pub fn write_back(&mut self, random: &mut Random) {
        let directories: Vec<String> = self.queues.keys().cloned().collect();
        if directories.is_empty() {
            return;
        }
        let queue = self.queue(&random.pick(&directories).clone());
        let count = random.below(queue.len() as u64 + 1) as usize;
        let changes: Vec<Change> = queue.drain(..count).collect();
        changes.into_iter().for_each(|change| self.apply(change));
    }

    /// What a power failure leaves.
    pub fn lose_power(&mut self, loss: NameLoss, random: &mut Random) {
        for (_, changes) in std::mem::take(&mut self.queues) {
            let kept = match loss {
                NameLoss::All => 0,
                NameLoss::Prefix => random.below(changes.len() as u64 + 1) as usize,
                NameLoss::None | NameLoss::Each => changes.len(),
            };
            for change in changes.into_iter().take(kept) {
                if loss != NameLoss::Each || random.one_in(2) {
                    self.apply(change);
                }
            }
        }
        self.shown.clone_from(&self.medium);
    }

    /// The files that some name, shown or on the medium or on its way there, still needs; in any order, some of them more than once.
    pub fn needed(&self) -> Vec<u64> {
        let pending = self.queues.values().flatten().flatten().filter_map(|(_, inode)| *inode);
        self.shown.values().chain(self.medium.values()).copied().chain(pending).collect()
    }

    fn queue(&mut self, directory: &str) -> &mut Vec<Change> {
        self.queues.entry(directory.to_owned()).or_default()
    }

    fn apply(&mut self, change: Change) {
        // A file that moves within a directory has one name there, even if an earlier move never got to the medium: a lost
        // block of the directory comes back whole with the next one that is written.
        if let [(_, None), (to, Some(inode))] = &change[..] {
            self.medium.retain(|path, other| other != inode || parent(path) != parent(to));
        }
        for (path, inode) in change {
            match inode {
                Some(inode) => drop(self.medium.insert(path, inode)),
                None => drop(self.medium.remove(&path)),
            }
        }
    }
}

/// The directory that a path is in.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The last part of a path.
pub fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_once_its_directory_is_synced() {
        let mut random = Random::new(1, "names");
        let mut names = Names::default();
        names.create("log/a", 1);
        names.sync("log");
        names.create("log/b", 2);
        names.rename("log/a", "events/a", 1);
        names.lose_power(NameLoss::All, &mut random);
        assert_eq!(names.iter().collect::<Vec<_>>(), [("log/a", 1)]);

        names.rename("log/a", "events/a", 1);
        names.sync("events");
        names.lose_power(NameLoss::All, &mut random);
        assert_eq!(names.iter().collect::<Vec<_>>(), [("events/a", 1), ("log/a", 1)], "one directory was synced, the other not");
    }

    #[test]
    fn a_file_that_moves_within_a_directory_never_has_two_names_there() {
        for seed in 0..50 {
            let mut random = Random::new(seed, "names");
            let mut names = Names::default();
            names.create("log/a", 1);
            names.sync("log");
            for (from, to) in [("log/a", "log/b"), ("log/b", "log/c"), ("log/c", "log/d")] {
                names.rename(from, to, 1);
            }
            names.lose_power(NameLoss::Each, &mut random);
            assert_eq!(names.iter().count(), 1, "{:?}", names.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_failed_directory_sync_loses_names_that_a_repeated_one_does_not_bring_back() {
        let mut random = Random::new(1, "names");
        let mut names = Names::default();
        (0..32).for_each(|inode| names.create(&format!("log/{inode}"), inode));
        names.fail_sync("log", &mut random);
        names.sync("log");
        assert_eq!(names.iter().count(), 32);
        names.lose_power(NameLoss::None, &mut random);
        assert!((1..28).contains(&names.iter().count()), "{} of 32 are left", names.iter().count());
    }
}
