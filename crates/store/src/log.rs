//! The write-ahead log: how a request's bytes become durable. Layout: `docs/formats/log.md`.

pub(crate) mod format;
mod layout;
pub(crate) mod meta;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod recovery;
pub(crate) mod scan;
pub(crate) mod segment;
pub(crate) mod window;
pub(crate) mod writer;
