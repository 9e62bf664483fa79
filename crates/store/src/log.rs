//! The write-ahead log: how a request's bytes become durable. Layout: `docs/formats/log.md`.

pub(crate) mod format;
mod layout;
pub(crate) mod look;
pub(crate) mod meta;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod recovery;
pub(crate) mod scan;
pub(crate) mod segment;
pub(crate) mod window;
pub(crate) mod writer;

/// Name of the setting with the number that log checksums begin with.
pub(crate) const NODE_SETTING: &str = "log.node";
