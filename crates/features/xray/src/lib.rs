//! X-Ray's view of every trace: segments, summaries, the service map, filter expressions, sampling rules and groups.
//!
//! Whatever a trace was sent as is put together in one form: X-Ray's documents as they were kept beside their rows, OpenTelemetry's
//! spans as the documents that X-Ray's SDKs would have sent of them ([`forest`], [`trace`]). What X-Ray's API says of a trace is said
//! of that form: its documents, its [`summary`], its root [`causes`], its part of the service map ([`graph`], [`series`]), and whether a
//! [`filter`] accepts it.
//!
//! Start with [`Xray`], which has what people keep ([`rules`], [`groups`]), and [`find`], which looks for traces by id and by time.
//!
//! Invariants: a document that says all that was said of its segment is given out byte by byte as it came; nothing that a document of a
//! trace says can make another trace unreadable; an expression means the same for every dialect.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod advice;
pub mod brief;
pub mod causes;
mod error;
pub mod filter;
pub mod find;
pub mod forest;
pub mod graph;
pub mod groups;
mod kept;
pub mod layout;
mod node;
mod otlp;
pub mod rules;
pub mod series;
pub mod summary;
mod tags;
#[cfg(test)]
mod tests;
pub mod trace;

pub use error::XrayError;
pub use tags::{TAGS_MAX, Tags};

use glasshive_base::Clock;
pub use glasshive_receive_xray::XrayConfig;
use glasshive_store::catalog::Catalog;
use groups::Groups;
use layout::Layouts;
use rules::Rules;
use std::sync::Arc;

/// What people keep of X-Ray's.
pub struct Xray {
    /// Sampling rules.
    pub rules: Rules,
    /// Groups.
    pub groups: Groups,
    /// Where the nodes of service maps stand.
    pub layouts: Layouts,
}

impl Xray {
    /// What the catalog keeps. A thing that cannot be read is left alone, and said so in the log.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn open(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>, config: XrayConfig) -> Result<Self, XrayError> {
        let rows = catalog.definitions().await?;
        let rules = Rules::of_rows(&rows, catalog.clone(), clock.clone(), config.clone());
        let layouts = Layouts::of_rows(&rows, catalog.clone(), clock.clone());
        Ok(Self { rules, groups: Groups::of_rows(&rows, catalog, clock, config), layouts })
    }
}
