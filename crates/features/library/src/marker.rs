//! Markers: what happened when, drawn on every graph over time.

use crate::check;
use crate::error::LibraryError;
use crate::shelf::Sort;
use serde::{Deserialize, Serialize};

/// Something that happened at a time, or lasted for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// When it happened or began, ns since 1970.
    pub start_ns: i64,
    /// When it ended, where it lasted.
    #[serde(default)]
    pub end_ns: Option<i64>,
    /// What happened; 1 to 1,000 characters.
    pub text: String,
    /// What sort of thing, such as `deploy`; at most 100 characters. Markers of one sort look alike.
    #[serde(default)]
    pub sort: String,
    /// Where there is more about it.
    #[serde(default)]
    pub url: String,
    /// `#RRGGBB`, where it is to look other than its sort does.
    #[serde(default)]
    pub colour: Option<String>,
    /// The slug of the dataset whose graphs show it; all of the environment when left out.
    #[serde(default)]
    pub dataset: Option<String>,
}

impl Sort for Marker {
    const KIND: &'static str = "marker";
    const NOUN: &'static str = "marker";
    const PLURAL: &'static str = "markers";
    const MOST: usize = 10_000;
    const SHORT_IDS: bool = true;

    fn check(&self) -> Result<(), LibraryError> {
        check::length("a marker's text", &self.text, 1, 1_000)?;
        check::length("a marker's type", &self.sort, 0, 100)?;
        check::url("a marker's address", &self.url)?;
        let invalid = |reason: &str| Err(LibraryError::Invalid { reason: reason.to_owned() });
        if self.end_ns.is_some_and(|end| end < self.start_ns) {
            return invalid("a marker ends no earlier than it starts");
        }
        if self.colour.as_ref().is_some_and(|colour| !is_colour(colour)) {
            return invalid("a marker's colour is # and six hexadecimal digits");
        }
        if self.dataset.as_ref().is_some_and(|dataset| dataset.is_empty() || dataset.len() > 255) {
            return invalid("a dataset's slug has 1 to 255 bytes");
        }
        Ok(())
    }
}

impl Marker {
    /// Whether some of it lies within these times, ns since 1970, the end excluded.
    pub fn is_within(&self, from_ns: i64, to_ns: i64) -> bool {
        self.start_ns < to_ns && self.end_ns.unwrap_or(self.start_ns) >= from_ns
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
