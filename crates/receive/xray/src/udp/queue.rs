//! What was read and waits to be decoded: bounded by its bytes.

use bytes::Bytes;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, PoisonError};

/// Datagrams that are handed out at once.
const BATCH_DATAGRAMS: usize = 4_096;
/// Bytes of them, about.
const BATCH_BYTES: usize = 4 << 20;
/// What a datagram takes besides its bytes.
const OVERHEAD_BYTES: usize = 64;

/// Datagrams in the order in which they came.
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    bytes_max: usize,
}

#[derive(Default)]
struct State {
    datagrams: VecDeque<(Bytes, SocketAddr)>,
    bytes: usize,
    is_closed: bool,
}

impl Queue {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), bytes_max }
    }

    /// Adds one; `false` when there is no room.
    pub(super) fn push(&self, datagram: Bytes, peer: SocketAddr) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = state.bytes + datagram.len() + OVERHEAD_BYTES;
        if bytes > self.bytes_max {
            return false;
        }
        state.bytes = bytes;
        state.datagrams.push_back((datagram, peer));
        drop(state);
        self.filled.notify_one();
        true
    }

    /// The oldest, as many as make a request, and how many bytes are left; waits for the first. `None` when the queue is closed and
    /// empty.
    pub(super) fn pop(&self) -> Option<(Vec<(Bytes, SocketAddr)>, usize)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.datagrams.is_empty() {
            if state.is_closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < BATCH_DATAGRAMS && bytes < BATCH_BYTES {
            let Some(next) = state.datagrams.pop_front() else { break };
            bytes += next.0.len() + OVERHEAD_BYTES;
            taken.push(next);
        }
        state.bytes -= bytes;
        Some((taken, state.bytes))
    }

    /// Nothing comes any more.
    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        self.filled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_in_order_and_handed_out_in_batches() {
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        let queue = Queue::new(10 * (OVERHEAD_BYTES + 1));
        for number in 0..10u8 {
            assert!(queue.push(Bytes::copy_from_slice(&[number]), peer));
        }
        assert!(!queue.push(Bytes::from_static(b"x"), peer));
        let (taken, left) = queue.pop().unwrap();
        let numbers: Vec<u8> = taken.iter().map(|(datagram, _)| datagram[0]).collect();
        assert_eq!((numbers, left), ((0..10).collect::<Vec<u8>>(), 0));
        assert!(queue.push(Bytes::from_static(b"x"), peer));
        queue.close();
        assert_eq!(queue.pop().map(|(taken, _)| taken.len()), Some(1));
        assert!(queue.pop().is_none());

        let wide = Queue::new(1 << 30);
        for _ in 0..BATCH_DATAGRAMS + 1 {
            assert!(wide.push(Bytes::new(), peer));
        }
        assert_eq!(wide.pop().map(|(taken, left)| (taken.len(), left)), Some((BATCH_DATAGRAMS, OVERHEAD_BYTES)));
    }
}
