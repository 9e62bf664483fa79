//! The last requests that were refused, for whoever wonders where their data is.

use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// Requests remembered.
pub const RING_LEN: usize = 256;

/// One refused request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedRequest {
    /// When, ns since 1970 UTC.
    pub time_ns: i64,
    /// Who.
    pub peer: String,
    /// Over what: `HTTP/1.1`, `HTTP/2.0`, or `tcp` when it never became a request.
    pub protocol: String,
    /// The route's name, or empty.
    pub route: String,
    /// Method and path, cut to 256 bytes.
    pub target: String,
    /// The status in the route's dialect: `401`, or `16 UNAUTHENTICATED` of gRPC.
    pub status: String,
    /// Why, in words.
    pub reason: String,
    /// The credential it presented, masked; absent when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The number of the environment that it was for, where that was known; its refusals are nobody else's business.
    #[serde(skip)]
    pub environment: Option<u32>,
    /// The hash of its payload, 32 hex digits; only of one that made a handler panic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

/// Put into an answer's extensions by a handler that refuses: the ring shows these words instead of the bare status, also for
/// dialects that refuse with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The status in the dialect; empty = the HTTP status.
    pub status: String,
    /// Why, in words; never a secret.
    pub reason: String,
}

/// Put into the answer of a handler that panicked: the hash of the payload it was working on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailedPayload(pub u128);

/// The ring. The oldest entry makes room for the newest.
#[derive(Debug, Default)]
pub struct RefusalRing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    entries: VecDeque<RefusedRequest>,
    total: u64,
    /// How many of each route. Names of routes are ours, so there are few.
    routes: BTreeMap<String, u64>,
}

impl RefusalRing {
    /// Adds one.
    pub fn push(&self, entry: RefusedRequest) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.entries.len() == RING_LEN {
            state.entries.pop_front();
        }
        *state.routes.entry(entry.route.clone()).or_default() += 1;
        state.entries.push_back(entry);
        state.total += 1;
    }

    /// All that are remembered, newest first.
    pub fn entries(&self) -> Vec<RefusedRequest> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.entries.iter().rev().cloned().collect()
    }

    /// How many of the routes that `is_one` says were refused since the start; what no route took has the empty name.
    pub fn total_of(&self, is_one: impl Fn(&str) -> bool) -> u64 {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.routes.iter().filter(|(route, _)| is_one(route)).map(|(_, refused)| refused).sum()
    }

    /// How many were refused since the start.
    pub fn total(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).total
    }
}

/// A peer as the ring shows it.
pub(crate) fn shown_peer(peer: SocketAddr) -> String {
    peer.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_256() {
        let ring = RefusalRing::default();
        for time_ns in 0..300 {
            ring.push(RefusedRequest {
                time_ns,
                peer: shown_peer(SocketAddr::from(([127, 0, 0, 1], 5))),
                protocol: "HTTP/1.1".into(),
                route: String::new(),
                target: "GET /".into(),
                status: "404".into(),
                reason: "no such route".into(),
                credential: None,
                environment: None,
                payload: None,
            });
        }
        let entries = ring.entries();
        assert_eq!((entries.len(), entries[0].time_ns, entries[255].time_ns, ring.total()), (256, 299, 44, 300));
        assert_eq!((ring.total_of(str::is_empty), ring.total_of(|route| route == "query")), (300, 0));
        let json = serde_json::to_value(&entries[0]).unwrap();
        assert_eq!((json["peer"].as_str(), json.get("credential")), (Some("127.0.0.1:5"), None));
    }
}
