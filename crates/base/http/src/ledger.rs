//! One account of the bytes that bodies hold, so that overload is refused before memory is taken. While a buffer grows, the old and
//! the new one exist at once: for moments the process may hold twice what stands here.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bodies are charged in steps of this many bytes as they arrive.
pub const STEP_BYTES: usize = 64 * 1024;

/// The account. Shared by every listener of the process.
#[derive(Debug)]
pub struct Ledger {
    limit_bytes: usize,
    used_bytes: AtomicUsize,
}

/// Bytes charged to the account, given back on drop.
#[derive(Debug)]
pub struct Charge {
    ledger: Arc<Ledger>,
    bytes: usize,
}

/// The account is full: wait and send again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("request bodies in flight hold {used_bytes} of {limit_bytes} bytes")]
pub struct LedgerFull {
    /// Bytes held now.
    pub used_bytes: usize,
    /// Bytes that may be held.
    pub limit_bytes: usize,
}

impl Ledger {
    /// An empty account that holds at most `limit_bytes`.
    pub fn new(limit_bytes: usize) -> Arc<Self> {
        Arc::new(Self { limit_bytes, used_bytes: AtomicUsize::new(0) })
    }

    /// Bytes held now.
    pub fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// Bytes that may be held.
    pub fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }

    /// Charges `bytes`.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn charge(self: &Arc<Self>, bytes: usize) -> Result<Charge, LedgerFull> {
        let mut charge = Charge { ledger: self.clone(), bytes: 0 };
        charge.grow_to(bytes)?;
        Ok(charge)
    }

    fn take(&self, bytes: usize) -> Result<(), LedgerFull> {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit_bytes);
        match self.used_bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits) {
            Ok(_) => Ok(()),
            Err(used_bytes) => Err(LedgerFull { used_bytes, limit_bytes: self.limit_bytes }),
        }
    }
}

impl Charge {
    /// Makes sure that at least `bytes` are charged, rounded up to whole steps.
    ///
    /// # Errors
    /// When they do not fit; what was charged before stays charged.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), LedgerFull> {
        let wanted = bytes.div_ceil(STEP_BYTES).saturating_mul(STEP_BYTES);
        if wanted > self.bytes {
            self.ledger.take(wanted - self.bytes)?;
            self.bytes = wanted;
        }
        Ok(())
    }

    /// Adds the bytes of another charge to this one.
    pub fn absorb(&mut self, mut other: Charge) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// Bytes charged.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Makes room for `more` bytes in `buffer`, which is never to hold more than `most`: capacity doubles, and every byte of it is
/// charged, on top of `base`, before it is taken.
pub(crate) fn make_room(buffer: &mut Vec<u8>, more: usize, most: usize, base: usize, charge: &mut Charge) -> Result<(), LedgerFull> {
    let needed = buffer.len() + more;
    if needed > buffer.capacity() {
        let wanted = buffer.capacity().saturating_mul(2).min(most).max(needed);
        charge.grow_to(base.saturating_add(wanted))?;
        buffer.reserve_exact(wanted - buffer.len());
    }
    Ok(())
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.ledger.used_bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l2_charges_in_steps_and_gives_back() {
        let ledger = Ledger::new(3 * STEP_BYTES);
        let mut first = ledger.charge(1).unwrap();
        assert_eq!(ledger.used_bytes(), STEP_BYTES);
        first.grow_to(STEP_BYTES).unwrap();
        assert_eq!(ledger.used_bytes(), STEP_BYTES);
        first.grow_to(STEP_BYTES + 1).unwrap();
        let second = ledger.charge(1).unwrap();
        let full = ledger.charge(1).unwrap_err();
        assert_eq!(full, LedgerFull { used_bytes: 3 * STEP_BYTES, limit_bytes: 3 * STEP_BYTES });
        first.absorb(second);
        assert_eq!((ledger.used_bytes(), first.bytes()), (3 * STEP_BYTES, 3 * STEP_BYTES));
        drop(first);
        assert_eq!(ledger.used_bytes(), 0);
        assert!(ledger.charge(usize::MAX).is_err());
    }

    #[test]
    fn l2_room_is_charged_by_its_capacity() {
        let ledger = Ledger::new(4 * STEP_BYTES);
        let mut charge = ledger.charge(STEP_BYTES).unwrap();
        let (mut buffer, most) = (Vec::new(), 3 * STEP_BYTES);
        for _ in 0..most {
            make_room(&mut buffer, 1, most, STEP_BYTES, &mut charge).unwrap();
            buffer.push(0);
            assert!(buffer.capacity() + STEP_BYTES <= charge.bytes());
        }
        assert_eq!((buffer.capacity(), charge.bytes()), (most, 4 * STEP_BYTES));
        assert!(make_room(&mut buffer, 1, usize::MAX, STEP_BYTES, &mut charge).is_err());
    }
}
