//! Requests seen lately, so that a second delivery is answered without being stored.

use glasshive_model::SinkError;
use hashbrown::HashMap;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::oneshot;

/// What became of the first of two equal requests.
pub(crate) type Fate = Result<(), SinkError>;

/// The window. Times are monotonic.
pub(crate) struct Window {
    length: Duration,
    most: usize,
    known: HashMap<u128, Known>,
    /// Stored ones, in order of expiry.
    stored: VecDeque<(Duration, u128)>,
}

enum Known {
    InFlight(Vec<oneshot::Sender<Fate>>),
    Stored,
}

/// What the window says of a request.
pub(crate) enum Seen {
    /// It is new, and in flight from now on: call [`Window::settle`] when its fate is known.
    New,
    /// An equal one is in flight; its fate will be sent.
    InFlight(oneshot::Receiver<Fate>),
    /// An equal one is stored.
    Stored,
}

impl Window {
    pub fn new(length: Duration, most: usize) -> Self {
        Self { length, most, known: HashMap::new(), stored: VecDeque::new() }
    }

    pub fn see(&mut self, identity: u128, now: Duration) -> Seen {
        self.expire(now);
        match self.known.get_mut(&identity) {
            None => {
                self.known.insert(identity, Known::InFlight(Vec::new()));
                Seen::New
            }
            Some(Known::InFlight(waiters)) => {
                let (sender, receiver) = oneshot::channel();
                waiters.push(sender);
                Seen::InFlight(receiver)
            }
            Some(Known::Stored) => Seen::Stored,
        }
    }

    /// Tells those that wait for a request in flight what became of it, and remembers it if it was stored.
    pub fn settle(&mut self, identity: u128, fate: &Fate, now: Duration) {
        if let Some(Known::InFlight(waiters)) = self.known.remove(&identity) {
            for waiter in waiters {
                // A waiter that has gone needs no answer.
                drop(waiter.send(fate.clone()));
            }
        }
        if fate.is_ok() {
            self.remember(identity, now, self.length);
        }
    }

    /// Remembers a stored request for the time that is left of its window. Called in order of expiry.
    pub fn remember(&mut self, identity: u128, now: Duration, left: Duration) {
        if self.known.insert(identity, Known::Stored).is_none() {
            self.stored.push_back((now + left.min(self.length), identity));
        }
        self.expire(now);
    }

    /// How many stored requests are remembered.
    pub fn len(&self) -> usize {
        self.stored.len()
    }

    fn expire(&mut self, now: Duration) {
        while let Some((until, identity)) = self.stored.front().copied() {
            if until > now && self.stored.len() <= self.most {
                return;
            }
            self.stored.pop_front();
            self.known.remove(&identity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_delivery_shares_the_fate_of_the_first() {
        let second = Duration::from_secs(1);
        let mut window = Window::new(second * 10, 2);
        assert!(matches!(window.see(1, second), Seen::New));
        let Seen::InFlight(mut waiter) = window.see(1, second) else { panic!("the first is in flight") };
        window.settle(1, &Err(SinkError::Busy { queued_bytes: 9 }), second);
        assert!(waiter.try_recv().unwrap().is_err());
        assert!(matches!(window.see(1, second), Seen::New), "what failed may be sent again");
        window.settle(1, &Ok(()), second);
        assert!(matches!(window.see(1, second * 10), Seen::Stored));
        assert!(matches!(window.see(1, second * 11), Seen::New), "the window has passed");
    }

    #[test]
    fn the_oldest_are_forgotten_beyond_the_limit() {
        let mut window = Window::new(Duration::from_secs(10), 2);
        for identity in 1..=3 {
            window.see(identity, Duration::ZERO);
            window.settle(identity, &Ok(()), Duration::ZERO);
        }
        assert_eq!(window.len(), 2);
        assert!(matches!(window.see(3, Duration::ZERO), Seen::Stored));
        assert!(matches!(window.see(1, Duration::ZERO), Seen::New));
    }
}
