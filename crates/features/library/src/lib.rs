//! The library: boards, saved queries, markers and the history of queries that an environment keeps.
//!
//! Each sort lies on a [`Shelf`] of its own. What is put there was checked, has an id that addresses can hold, and a version that
//! grows with every change: who changes a thing says which version was changed, and is told when it was not the last one, so that
//! of two people who edit the same board none overwrites the other unknowingly. [`History`] is the one that people do not write
//! themselves: it notes what was run, and forgets the oldest.
//!
//! Invariants: memory holds what the catalog said was kept; nothing of one environment is found through another; a query that is
//! kept could be read when it was put there.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod board;
mod check;
mod error;
mod history;
mod id;
mod marker;
mod saved;
mod shelf;
#[cfg(test)]
mod tests;

pub use board::{BOARD_COLUMNS, Board, Panel, PanelContent, QueryPanel, QueryStyle, TextPanel};
pub use error::LibraryError;
pub use history::{History, Run};
pub use marker::Marker;
pub use saved::SavedQuery;
pub use shelf::{Item, Shelf, Sort};

use glasshive_base::Clock;
use glasshive_store::catalog::Catalog;
use std::sync::Arc;

/// Everything that is kept of these sorts.
pub struct Library {
    /// Boards.
    pub boards: Shelf<Board>,
    /// Queries with a name.
    pub queries: Shelf<SavedQuery>,
    /// Markers: what happened when, drawn on graphs.
    pub markers: Shelf<Marker>,
    /// What was run.
    pub history: History,
}

impl Library {
    /// What the catalog keeps. A thing that cannot be read is left alone, and said so in the log.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn open(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>) -> Result<Self, LibraryError> {
        let rows = catalog.definitions().await?;
        Ok(Self {
            boards: Shelf::of_rows(&rows, catalog.clone(), clock.clone()),
            queries: Shelf::of_rows(&rows, catalog.clone(), clock.clone()),
            markers: Shelf::of_rows(&rows, catalog.clone(), clock.clone()),
            history: History::new(Shelf::of_rows(&rows, catalog, clock)),
        })
    }
}
