//! What each operation does.

pub(crate) mod graph;
pub(crate) mod groups;
pub(crate) mod rules;
pub(crate) mod settings;
pub(crate) mod tags;
pub(crate) mod traces;
