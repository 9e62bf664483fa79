//! Queries that were given a name.

use crate::check;
use crate::error::LibraryError;
use crate::shelf::Sort;
use serde::{Deserialize, Serialize};

/// A query with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedQuery {
    /// What it is called; 1 to 320 characters.
    pub name: String,
    /// What it is for; at most 1,023 characters.
    #[serde(default)]
    pub description: String,
    /// The query as text; a time in it is where a view of it starts.
    pub query: String,
}

impl Sort for SavedQuery {
    const KIND: &'static str = "saved_query";
    const NOUN: &'static str = "saved query";
    const PLURAL: &'static str = "saved queries";
    const MOST: usize = 10_000;

    fn check(&self) -> Result<(), LibraryError> {
        check::length("a saved query's name", &self.name, 1, 320)?;
        check::length("a saved query's description", &self.description, 0, 1_023)?;
        check::query(String::new, &self.query)
    }
}
