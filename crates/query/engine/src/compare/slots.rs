//! The rows of a batch that have the same key, counted together.

use super::tally::{Batch, Tally};
use arrow_buffer::NullBuffer;

const EMPTY: u32 = u32::MAX;
/// Places of a table at first. A power of two, as every number of places is.
const PLACES: usize = 64;

/// Rows with one key.
pub(super) struct Slot {
    pub(super) key: u128,
    /// The first of them.
    pub(super) first: usize,
    /// The selected ones, and the rest.
    pub(super) sides: [Tally; 2],
}

/// A batch's slots, in the order of their first rows. Made once and filled anew for each column of each batch.
#[derive(Default)]
pub(super) struct Slots {
    pub(super) slots: Vec<Slot>,
    /// Where the slots are, by hash of their keys; at most half full.
    places: Vec<u32>,
}

impl Slots {
    /// Gathers the rows that are not null by key.
    pub(super) fn fill(&mut self, batch: &Batch<'_>, nulls: Option<&NullBuffer>, key: impl Fn(usize) -> u128) {
        self.slots.clear();
        self.places.clear();
        self.places.resize(PLACES, EMPTY);
        match (nulls, batch.weights.as_deref()) {
            (None, None) => self.gather(0..batch.rows(), &key, |slot, row| slot.sides[usize::from(batch.sides[row])].rows += 1),
            (None, Some(weights)) => {
                self.gather(0..batch.rows(), &key, |slot, row| slot.sides[usize::from(batch.sides[row])].add(weights[row]));
            }
            (Some(nulls), None) => {
                self.gather(nulls.valid_indices(), &key, |slot, row| slot.sides[usize::from(batch.sides[row])].rows += 1);
            }
            (Some(nulls), Some(weights)) => {
                self.gather(nulls.valid_indices(), &key, |slot, row| slot.sides[usize::from(batch.sides[row])].add(weights[row]));
            }
        }
        if batch.weights.is_none() {
            self.slots.iter_mut().flat_map(|slot| &mut slot.sides).for_each(|side| *side = Tally::of_rows(side.rows));
        }
    }

    fn gather(&mut self, rows: impl Iterator<Item = usize>, key: &impl Fn(usize) -> u128, count: impl Fn(&mut Slot, usize)) {
        let mut last: Option<(u128, usize)> = None;
        for row in rows {
            let key = key(row);
            let slot = match last {
                Some((last, slot)) if last == key => slot,
                _ => self.slot_of(key, row),
            };
            last = Some((key, slot));
            count(&mut self.slots[slot], row);
        }
    }

    fn slot_of(&mut self, key: u128, row: usize) -> usize {
        let mask = self.places.len() - 1;
        let mut place = hash(key) & mask;
        loop {
            let slot = self.places[place];
            if slot == EMPTY {
                break;
            }
            if self.slots[slot as usize].key == key {
                return slot as usize;
            }
            place = (place + 1) & mask;
        }
        let slot = self.slots.len();
        self.places[place] = u32::try_from(slot).expect("a batch has thousands of rows");
        self.slots.push(Slot { key, first: row, sides: Default::default() });
        if self.slots.len() * 2 > self.places.len() {
            self.widen();
        }
        slot
    }

    fn widen(&mut self) {
        let places = self.places.len() * 4;
        self.places.clear();
        self.places.resize(places, EMPTY);
        for (slot, kept) in self.slots.iter().enumerate() {
            let mut place = hash(kept.key) & (places - 1);
            while self.places[place] != EMPTY {
                place = (place + 1) & (places - 1);
            }
            self.places[place] = u32::try_from(slot).expect("a batch has thousands of rows");
        }
    }
}

/// Both halves of a key folded into one product, its middle bits first.
fn hash(key: u128) -> usize {
    let folded = (key as u64) ^ ((key >> 64) as u64).rotate_left(29);
    let product = u128::from(folded) * 0x9e37_79b9_7f4a_7c15;
    ((product >> 32) as u64 ^ (product >> 64) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_buffer::BooleanBuffer;
    use std::collections::BTreeMap;

    #[test]
    fn rows_are_gathered_by_key_whatever_their_keys_are() {
        let rows = 8_192;
        let keys: [fn(usize) -> u128; 4] = [
            |row| (row / 7) as u128,
            |row| ((row * 2_654_435_761) % 5_000) as u128,
            |row| ((row % 40) as u128) << 64,
            |row| ((row % 3) as u128) << 96 | (row % 1_000) as u128,
        ];
        let selected: BooleanBuffer = (0..rows).map(|row| row % 5 == 0).collect();
        let nulls: NullBuffer = (0..rows).map(|row| row % 3 != 0).collect();
        let mut slots = Slots::default();
        for key in keys {
            for nulls in [None, Some(&nulls)] {
                slots.fill(&Batch::new(&[], None, None, &selected), nulls, key);
                let mut expected: BTreeMap<u128, [u64; 2]> = BTreeMap::new();
                for row in (0..rows).filter(|row| nulls.is_none_or(|nulls| nulls.is_valid(*row))) {
                    expected.entry(key(row)).or_default()[usize::from(!selected.value(row))] += 1;
                }
                let found: BTreeMap<u128, [u64; 2]> = slots.slots.iter().map(|slot| (slot.key, slot.sides.map(|side| side.rows))).collect();
                assert_eq!(found, expected);
                assert_eq!(found.len(), slots.slots.len(), "no key has two slots");
                assert!(slots.slots.iter().all(|slot| key(slot.first) == slot.key && nulls.is_none_or(|nulls| nulls.is_valid(slot.first))));
            }
        }
    }
}
