//! What the server says of itself: one line an event on standard error, in a form that cannot be forged by its contents.

use anyhow::{Context, Result};
use std::io::IsTerminal as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging at this level; `warn,glasshive_store=debug` and the like work too.
///
/// # Errors
/// When the level cannot be read, or logging was started before.
pub fn start(level: &str) -> Result<()> {
    // Each attempt of the object store's client; what comes of them the store tells itself.
    let targets: Targets =
        format!("object_store=warn,{level}").parse().with_context(|| format!("--log {level}: expected error, warn, info or debug"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_target(false);
    let started = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
    started.context("start logging")
}
