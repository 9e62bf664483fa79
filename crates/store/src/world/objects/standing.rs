//! How an object store stands to us: whether it answers, and what it refuses.

use super::trouble::Trouble;
use crate::time::shown_duration;
use crate::world::Away;
use glasshive_base::Clock;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is asked of it. Rights are given for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Request {
    Read,
    Upload,
    Removal,
    Listing,
}

/// What is known, by what came of the last requests.
pub(super) struct Standing {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Since when it does not answer, or answers that it cannot, on the monotonic clock.
    silent_since: Option<Duration>,
    /// A refusal lasts until the same is granted: that something else is says nothing of it.
    refused: BTreeMap<Request, Refusal>,
    is_watched: bool,
}

struct Refusal {
    since: Duration,
    words: String,
}

// === impl Standing ===

impl Standing {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// A request was granted.
    pub fn granted(&self, request: Request) {
        let mut state = self.state();
        self.answered(&mut state);
        if let Some(refusal) = state.refused.remove(&request) {
            tracing::info!("object store grants {request} again after {}", self.shown_since(refusal.since));
        }
    }

    /// A request failed. Whether somebody is to watch from now on until it does not.
    pub fn failed(&self, request: Request, trouble: &Trouble) -> bool {
        let mut state = self.state();
        match trouble {
            Trouble::Silent(words) => {
                if state.silent_since.is_none() {
                    tracing::warn!(error = words, "object store unreachable");
                    state.silent_since = Some(self.clock.monotonic());
                }
            }
            Trouble::Refused(words) => {
                self.answered(&mut state);
                let since = self.clock.monotonic();
                state.refused.entry(request).or_insert_with(|| {
                    tracing::warn!(error = words, "object store refuses {request}");
                    Refusal { since, words: words.clone() }
                });
            }
            Trouble::Absent(_) | Trouble::Exists | Trouble::Short => self.answered(&mut state),
        }
        state.is_to_be_watched() && !std::mem::replace(&mut state.is_watched, true)
    }

    /// Whether there is something to watch still. Who watches ends where there is not.
    pub fn is_watched(&self) -> bool {
        let mut state = self.state();
        state.is_watched = state.is_to_be_watched();
        state.is_watched
    }

    /// For how long it has not answered; `None` since it did.
    pub fn unreachable_for(&self) -> Option<Duration> {
        let since = self.state().silent_since;
        since.map(|since| self.clock.monotonic().saturating_sub(since))
    }

    /// What a request is answered with while it does not answer: each would take as long as one may.
    pub fn silence(&self) -> Option<io::Error> {
        let since = self.state().silent_since?;
        Some(Away::error(io::ErrorKind::TimedOut, format!("object store unreachable for {}", self.shown_since(since))))
    }

    /// What it refuses, in words, and for how long.
    pub fn refuses(&self) -> Option<(String, Duration)> {
        let state = self.state();
        let (request, Refusal { since, words }) = state.refused.iter().next()?;
        let refused_for = self.clock.monotonic().saturating_sub(*since);
        Some((format!("object store refuses {request} for {}: {words}", shown_duration(refused_for)), refused_for))
    }

    fn answered(&self, state: &mut State) {
        if let Some(since) = state.silent_since.take() {
            tracing::info!("object store answers again after {}", self.shown_since(since));
        }
    }

    fn shown_since(&self, since: Duration) -> String {
        shown_duration(self.clock.monotonic().saturating_sub(since))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    /// Uploads and removals that were refused are asked for again by who wants them; nothing may be tried in their place.
    fn is_to_be_watched(&self) -> bool {
        self.silent_since.is_some() || [Request::Read, Request::Listing].iter().any(|request| self.refused.contains_key(request))
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Request::Read => "reads",
            Request::Upload => "uploads",
            Request::Removal => "removals",
            Request::Listing => "listings",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glasshive_base::ManualClock;

    #[test]
    fn a_refusal_lasts_until_the_same_is_granted() {
        let standing = Standing::new(Arc::new(ManualClock::at(7)));
        let refused = Trouble::Refused("403 Forbidden".to_owned());
        assert!(!standing.failed(Request::Upload, &refused), "nothing may be uploaded to see whether it is granted");
        standing.granted(Request::Read);
        let words = || standing.refuses().map(|(words, _)| words);
        assert_eq!(words().as_deref(), Some("object store refuses uploads for 0 ms: 403 Forbidden"));
        assert_eq!((standing.unreachable_for(), standing.silence().is_none()), (None, true));
        assert!(standing.failed(Request::Read, &refused) && !standing.failed(Request::Listing, &refused), "one watches");
        standing.granted(Request::Upload);
        standing.granted(Request::Read);
        assert!(standing.is_watched() && words().unwrap().starts_with("object store refuses listings"));
        standing.granted(Request::Listing);
        assert_eq!((standing.is_watched(), words()), (false, None));
    }

    #[test]
    fn any_answer_ends_a_silence() {
        let standing = Standing::new(Arc::new(ManualClock::at(7)));
        for trouble in [Trouble::Exists, Trouble::Short, Trouble::Refused(String::new()), Trouble::Absent(String::new())] {
            assert!(standing.failed(Request::Upload, &Trouble::Silent("gone".to_owned())));
            let silence = standing.silence().unwrap();
            assert!(Away::is(&silence) && silence.to_string() == "object store unreachable for 0 ms", "{silence}");
            standing.failed(Request::Upload, &trouble);
            assert_eq!((standing.unreachable_for(), standing.is_watched()), (None, false), "{trouble:?}");
        }
    }
}
