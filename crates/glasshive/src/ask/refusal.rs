//! Why a question has no answer, as the one who typed it needs to hear it: what was wrong, where, and what to do.

use crate::screen::escape::escape;
use glasshive_api_hive::problem::{Failure, Problem};
use glasshive_base_http::ClientError;
use http::StatusCode;
use std::error::Error as StdError;
use std::fmt;
use std::io;

/// A refusal in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status, when a server refused.
    pub status: Option<StatusCode>,
    /// The character of the query text at which the fault lies, counted from 1.
    pub position: Option<usize>,
    sentence: String,
}

impl Refusal {
    /// What a server says. `had_key` tells a wrong key from a missing one.
    pub fn of_problem(problem: &Problem, had_key: bool) -> Self {
        let status = StatusCode::from_u16(problem.status).ok();
        let sentence = match status {
            Some(StatusCode::UNAUTHORIZED) if had_key => {
                "the server does not know this key, or it is switched off; give another with --api-key or GLASSHIVE_KEY".to_owned()
            }
            Some(StatusCode::UNAUTHORIZED) => {
                "the server asks for a key; give one that may read with --api-key or GLASSHIVE_KEY: an admin makes it in the browser, in \
                 Settings, Keys, of kind configuration"
                    .to_owned()
            }
            _ => with_remedy(&problem.detail, problem.remedy.as_deref()),
        };
        Self { status, position: problem.position, sentence }
    }

    /// A failure that never became an answer.
    pub fn of_failure(failure: &Failure) -> Self {
        Self { status: failure.status, position: failure.position, sentence: with_remedy(&failure.detail, failure.remedy.as_deref()) }
    }

    /// No answer from the server at `base`.
    pub fn of_client(error: &ClientError, base: &str) -> Self {
        let sentence = match error {
            ClientError::Unreachable { source, .. } if is_refused(source.as_ref()) => format!(
                "nothing listens at {base}; start a server with `glasshive serve` (or `glasshive demo`), or name another with --server"
            ),
            ClientError::Unreachable { source, .. } => {
                format!("no answer from {base}: {}; is the address right, and the server running?", deepest(source.as_ref()))
            }
            ClientError::Timeout { seconds, .. } => {
                format!("no answer from {base} within {seconds} s; narrow the time range, or ask again")
            }
            other => other.to_string(),
        };
        Self { status: None, position: None, sentence: escape(&sentence) }
    }

    /// The same refusal in other words.
    pub fn in_words(self, sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl StdError for Refusal {}

fn with_remedy(detail: &str, remedy: Option<&str>) -> String {
    match remedy {
        Some(remedy) => format!("{}; {}", escape(detail), escape(remedy)),
        None => escape(detail),
    }
}

fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|error| error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused))
}

/// The innermost reason says more than the layers around it.
fn deepest(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16) -> Problem {
        let failure = Failure::invalid("the column is wrong\u{1b}").with_remedy("ask for another");
        failure.into_problem(StatusCode::from_u16(status).unwrap(), String::new())
    }

    #[test]
    fn refusals_say_what_to_do() {
        let check = |refusal: Refusal, expected: &str| assert_eq!(refusal.to_string(), expected);
        check(Refusal::of_problem(&problem(400), false), "the column is wrong\\x1b; ask for another");
        assert!(Refusal::of_problem(&problem(401), false).to_string().contains("asks for a key"));
        assert!(Refusal::of_problem(&problem(401), true).to_string().contains("does not know this key"));
        let source = Box::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        let refused = ClientError::Unreachable { url: "http://127.0.0.1:1/x".to_owned(), source };
        check(
            Refusal::of_client(&refused, "http://127.0.0.1:1"),
            "nothing listens at http://127.0.0.1:1; start a server with `glasshive serve` (or `glasshive demo`), or name another with --server",
        );
        let source = Box::new(io::Error::other("no route"));
        let other = ClientError::Unreachable { url: String::new(), source };
        check(Refusal::of_client(&other, "http://x"), "no answer from http://x: no route; is the address right, and the server running?");
    }
}
