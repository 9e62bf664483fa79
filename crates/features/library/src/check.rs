//! Rules that several sorts have in common.

use crate::error::LibraryError;
use glasshive_query_plan::{Combination, text};

/// Characters of a query's or a filter's text.
pub(crate) const QUERY_CHARS: usize = 16_384;

/// That a text has `least` to `most` characters.
pub(crate) fn length(what: &'static str, text: &str, least: usize, most: usize) -> Result<(), LibraryError> {
    // Blanks alone are no name.
    let counted = if least > 0 { text.trim() } else { text };
    let actual = counted.chars().count();
    match (least..=most).contains(&actual) {
        true => Ok(()),
        false => Err(LibraryError::Length { what, least, most, actual }),
    }
}

/// That a query can be read. Whether its columns exist is another matter: they may come.
pub(crate) fn query(place: impl Fn() -> String, query: &str) -> Result<(), LibraryError> {
    length("a query", query, 0, QUERY_CHARS)?;
    // What is relative to now is no matter here: any time serves.
    text::parse(query, 0).map(drop).map_err(|error| LibraryError::Query { place: place(), error })
}

/// That conditions can be read and added to others.
pub(crate) fn filter(filter: &str) -> Result<(), LibraryError> {
    length("a filter", filter, 0, QUERY_CHARS)?;
    let filters = text::parse_filters(filter).map_err(|error| LibraryError::Query { place: String::new(), error })?;
    if filters.combination == Combination::Or && filters.conditions.len() > 1 {
        let reason = "the conditions of a board are joined by AND: they are added to those of its panels".to_owned();
        return Err(LibraryError::Invalid { reason });
    }
    Ok(())
}

/// That an address leads to a page: one of the web's, or one of this server's.
pub(crate) fn url(what: &'static str, url: &str) -> Result<(), LibraryError> {
    length(what, url, 0, 2_048)?;
    let is_own = url.starts_with('/') && !url.starts_with("//");
    let is_known = url.is_empty() || is_own || url.starts_with("https://") || url.starts_with("http://");
    match is_known && !url.chars().any(|character| character.is_control() || character.is_whitespace()) {
        true => Ok(()),
        false => Err(LibraryError::Invalid { reason: format!("{what} begins with https://, http:// or / and has no blanks") }),
    }
}
