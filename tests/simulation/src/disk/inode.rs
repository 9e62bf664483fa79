//! One file: what the kernel shows, and what is on the medium.

use crate::random::Random;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The unit that reaches the medium whole, or torn.
pub const SECTOR: usize = 512;

/// How unsynced sectors fare in a power failure. Drawn once per crash, so that single groups of many sectors have a chance
/// both to survive and to be torn in every way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// All of them are lost.
    All,
    /// None is lost.
    None,
    /// Each is kept, lost or torn by itself.
    Each,
    /// Those below some place are kept.
    Tail,
    /// Those above some place are kept: the disk wrote backwards.
    Head,
}

/// A file's content in both places. Copies share the bytes until one of them changes.
#[derive(Debug, Clone, Default)]
pub struct Inode {
    /// What reads see.
    pub cache: Arc<Vec<u8>>,
    /// What a power failure leaves, but for the dirty sectors.
    pub medium: Arc<Vec<u8>>,
    /// How often either of them may have changed.
    pub changes: u64,
    /// Sectors written since they last reached the medium.
    dirty: BTreeSet<usize>,
    /// What stood in the blocks before they were this file's: shows through where nothing was ever written.
    ghost: Option<Arc<Vec<u8>>>,
}

impl Inode {
    /// A new file whose blocks once held `ghost`.
    pub fn new(ghost: Option<Arc<Vec<u8>>>) -> Self {
        Self { ghost, ..Self::default() }
    }

    /// Writes into the cache. A gap before `offset` reads as zeros, as the kernel promises.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        let cache = Arc::make_mut(&mut self.cache);
        if cache.len() < end {
            cache.resize(end, 0);
        }
        cache[offset..end].copy_from_slice(bytes);
        self.changes += 1;
        if !bytes.is_empty() {
            self.dirty.extend(offset / SECTOR..=(end - 1) / SECTOR);
        }
    }

    /// Everything dirty reaches the medium, and the length with it.
    pub fn sync(&mut self) {
        self.grow_medium(self.cache.len());
        for sector in std::mem::take(&mut self.dirty) {
            self.keep(sector);
        }
    }

    /// A failed sync: some sectors reach the medium, the others are forgotten. The cache goes on showing all of them, and a
    /// repeated sync finds nothing to do.
    pub fn fail_sync(&mut self, random: &mut Random) {
        if random.one_in(2) {
            self.grow_medium(self.cache.len());
        }
        for sector in std::mem::take(&mut self.dirty) {
            if random.one_in(3) {
                self.keep(sector);
            }
        }
    }

    /// The kernel writes something back of its own accord.
    pub fn write_back(&mut self, random: &mut Random) {
        let chosen: Vec<usize> = self.dirty.iter().copied().filter(|_| random.one_in(3)).collect();
        for sector in chosen {
            self.dirty.remove(&sector);
            let end = ((sector + 1) * SECTOR).min(self.cache.len());
            self.grow_medium(end.max(self.medium.len()));
            self.keep(sector);
        }
    }

    /// What a power failure leaves.
    pub fn lose_power(&mut self, loss: Loss, random: &mut Random) {
        let dirty: Vec<usize> = std::mem::take(&mut self.dirty).into_iter().collect();
        let cut = random.below(dirty.len() as u64 + 1) as usize;
        let grown = self.cache.len();
        let len = match loss {
            Loss::All => self.medium.len(),
            Loss::None => grown,
            _ if random.one_in(3) => grown,
            _ => random.between(self.medium.len() as u64, grown.max(self.medium.len()) as u64) as usize,
        };
        self.grow_medium(len);
        for (place, sector) in dirty.into_iter().enumerate() {
            let is_kept = match loss {
                Loss::All => false,
                Loss::None => true,
                Loss::Each => random.one_in(2),
                Loss::Tail => place < cut,
                Loss::Head => place >= cut,
            };
            if is_kept {
                self.keep(sector);
            } else if loss == Loss::Each && random.one_in(3) {
                self.tear(sector, random);
            }
        }
        if self.cache != self.medium {
            self.cache = self.medium.clone();
            self.changes += 1;
        }
    }

    /// Loses everything from `len` on, also on the medium.
    pub fn cut(&mut self, len: usize) {
        Arc::make_mut(&mut self.cache).truncate(len);
        Arc::make_mut(&mut self.medium).truncate(len);
        self.dirty.retain(|sector| sector * SECTOR < len);
        self.changes += 1;
    }

    /// Changes one byte on the medium, as decay does.
    pub fn flip(&mut self, offset: usize, mask: u8) {
        for bytes in [&mut self.medium, &mut self.cache] {
            if let Some(byte) = Arc::make_mut(bytes).get_mut(offset) {
                *byte ^= mask;
            }
        }
        self.changes += 1;
    }

    /// Whether every byte is on the medium as it is shown.
    pub fn is_clean(&self) -> bool {
        self.dirty.is_empty()
    }

    fn grow_medium(&mut self, len: usize) {
        let from = self.medium.len();
        if len <= from {
            return;
        }
        let medium = Arc::make_mut(&mut self.medium);
        medium.resize(len, 0);
        if let Some(ghost) = &self.ghost {
            let end = len.min(ghost.len());
            if from < end {
                medium[from..end].copy_from_slice(&ghost[from..end]);
            }
        }
        self.changes += 1;
    }

    fn range(&self, sector: usize) -> std::ops::Range<usize> {
        let end = ((sector + 1) * SECTOR).min(self.cache.len()).min(self.medium.len());
        (sector * SECTOR).min(end)..end
    }

    fn keep(&mut self, sector: usize) {
        let range = self.range(sector);
        Arc::make_mut(&mut self.medium)[range.clone()].copy_from_slice(&self.cache[range]);
        self.changes += 1;
    }

    fn tear(&mut self, sector: usize, random: &mut Random) {
        let range = self.range(sector);
        let at = range.start + random.below(range.len() as u64 + 1) as usize;
        let part = if random.one_in(2) { range.start..at } else { at..range.end };
        Arc::make_mut(&mut self.medium)[part.clone()].copy_from_slice(&self.cache[part]);
        self.changes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random() -> Random {
        Random::new(1, "inode")
    }

    #[test]
    fn synced_bytes_survive_whatever_happens_to_later_ones() {
        let mut random = random();
        for loss in [Loss::All, Loss::None, Loss::Each, Loss::Tail, Loss::Head] {
            let mut inode = Inode::new(Some(Arc::new(vec![7; 4_096])));
            inode.write(0, &[1; 1_024]);
            inode.sync();
            inode.write(1_024, &[2; 2_048]);
            inode.lose_power(loss, &mut random);
            assert_eq!(inode.cache[..1_024], [1; 1_024], "{loss:?}");
            assert_eq!(inode.cache.len(), if loss == Loss::All { 1_024 } else { inode.medium.len() });
            assert!(inode.cache[1_024..].iter().all(|byte| [2, 7].contains(byte)), "{loss:?}: old blocks show through");
        }
    }

    #[test]
    fn every_kind_of_outcome_happens_to_unsynced_sectors() {
        let mut random = random();
        let (mut kept, mut lost, mut torn) = (0, 0, 0);
        for _ in 0..200 {
            let mut inode = Inode::new(None);
            inode.write(0, &[1; SECTOR]);
            inode.sync();
            inode.write(0, &[2; SECTOR]);
            inode.lose_power(Loss::Each, &mut random);
            match inode.cache.iter().filter(|byte| **byte == 2).count() {
                SECTOR => kept += 1,
                0 => lost += 1,
                _ => torn += 1,
            }
        }
        assert!(kept > 20 && lost > 20 && torn > 10, "{kept} kept, {lost} lost, {torn} torn");
    }

    #[test]
    fn a_failed_sync_loses_sectors_that_a_repeated_one_does_not_bring_back() {
        let mut random = random();
        let mut inode = Inode::new(None);
        inode.write(0, &[1; SECTOR * 32]);
        inode.fail_sync(&mut random);
        inode.sync();
        assert!(inode.cache.iter().all(|byte| *byte == 1), "the cache shows what the disk has lost");
        inode.lose_power(Loss::None, &mut random);
        let lost = inode.cache.chunks(SECTOR).filter(|sector| sector[0] == 0).count();
        assert!((5..32).contains(&lost), "{lost} of 32 sectors are lost");
    }
}
