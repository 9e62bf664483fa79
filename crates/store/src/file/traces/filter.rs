//! A filter of fingerprints: blocks of 256 bits, of which each fingerprint sets eight of one, so that a lookup touches one
//! cache line.

use bytes::{BufMut, Bytes, BytesMut};

const BLOCK_BYTES: usize = 32;
/// Bits for each fingerprint, for less than one wrong answer in a hundred.
const BITS_EACH: usize = 12;

/// Where a fingerprint goes: its block, and the bit that it sets in each of the block's eight words.
fn place(fingerprint: u64, blocks: usize) -> (usize, [u32; 8]) {
    // The upper 24 bits choose the block, the lower 40 the bits.
    let block = ((fingerprint >> 40) * blocks as u64) >> 24;
    (block as usize, std::array::from_fn(|word| 1 << ((fingerprint >> (5 * word)) & 31)))
}

/// The stored form: blocks of eight little-endian words. None for no fingerprints.
pub(super) fn encode(fingerprints: &[u64]) -> Bytes {
    let blocks = (fingerprints.len() * BITS_EACH).div_ceil(BLOCK_BYTES * 8);
    let mut words = vec![0u32; blocks * 8];
    for fingerprint in fingerprints {
        let (block, bits) = place(*fingerprint, blocks);
        words[block * 8..].iter_mut().zip(bits).for_each(|(word, bit)| *word |= bit);
    }
    let mut out = BytesMut::with_capacity(blocks * BLOCK_BYTES);
    words.iter().for_each(|word| out.put_u32_le(*word));
    out.freeze()
}

pub(super) fn is_sound(filter: &[u8]) -> bool {
    filter.len().is_multiple_of(BLOCK_BYTES)
}

/// Whether a fingerprint may be among those that were encoded.
pub(super) fn may_hold(filter: &[u8], fingerprint: u64) -> bool {
    let blocks = filter.as_chunks::<BLOCK_BYTES>().0;
    if blocks.is_empty() {
        return false;
    }
    let (block, bits) = place(fingerprint, blocks.len());
    let words = blocks[block].as_chunks::<4>().0;
    words.iter().zip(bits).all(|(word, bit)| u32::from_le_bytes(*word) & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    #[test]
    fn what_is_in_it_is_found_and_little_else() {
        for count in [1u64, 20, 1_000, 100_000] {
            let fingerprint = |number: u64| xxh3_64(&number.to_le_bytes());
            let filter = encode(&(0..count).map(fingerprint).collect::<Vec<_>>());
            assert!(is_sound(&filter) && filter.len() as u64 <= count * 3 / 2 + 32);
            assert!((0..count).all(|number| may_hold(&filter, fingerprint(number))));
            let wrong = (count..count + 100_000).filter(|number| may_hold(&filter, fingerprint(*number))).count();
            assert!(wrong < 1_000, "{wrong} of 100,000 for {count}");
        }
        assert!(!may_hold(&encode(&[]), 7));
    }
}
