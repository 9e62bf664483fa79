//! The steps of the gate, in order: cheap and telling first.

use super::{Outcome, Step};
use crate::shell::Shell;
use crate::{tidy, toolchain};
use anyhow::Result;

/// Every step.
pub const ALL: &[Step] = &[
    Step { name: "format", proves: "the source is formatted", run: format },
    Step { name: "tidy", proves: "the house rules hold", run: house_rules },
    Step { name: "clippy", proves: "no lint speaks", run: clippy },
    Step { name: "test", proves: "every crate does what its tests say", run: test },
];

fn format(shell: &Shell) -> Result<Outcome> {
    toolchain::ensure_rust_components(shell)?;
    shell.command("cargo", &["fmt", "--all", "--check"]).run()?;
    Ok(Outcome::Held(String::new()))
}

fn house_rules(shell: &Shell) -> Result<Outcome> {
    tidy::run(shell.root())?;
    Ok(Outcome::Held(String::new()))
}

fn clippy(shell: &Shell) -> Result<Outcome> {
    shell.command("cargo", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]).run()?;
    Ok(Outcome::Held(String::new()))
}

fn test(shell: &Shell) -> Result<Outcome> {
    shell.command("cargo", &["test", "--workspace", "--locked", "--no-fail-fast"]).run()?;
    Ok(Outcome::Held("all tests of the workspace".to_owned()))
}
