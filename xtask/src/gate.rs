//! The gate: everything that must hold before a change is good, step by step, and a table that says what ran and what did not.

mod steps;
mod table;
mod targets;

use crate::shell::Shell;
use crate::{tidy, toolchain};
use anyhow::{Result, bail};
use std::time::Instant;

/// One part of the gate.
pub struct Step {
    /// The word that selects it.
    pub name: &'static str,
    /// What it proves, in a few words.
    pub proves: &'static str,
    /// Runs it; returns how much ran, in a line.
    run: fn(&Shell) -> Result<String>,
}

/// Format, house rules, lints: what can be known without running the product.
pub fn check(shell: &Shell) -> Result<()> {
    toolchain::ensure_rust_components(shell)?;
    shell.command("cargo", &["fmt", "--all", "--check"]).run()?;
    tidy::run(shell.root())?;
    shell.command("cargo", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]).run()
}

/// Runs all steps, or those named, to the end even when one fails, so that one run tells everything.
pub fn test(shell: &Shell, names: &[String]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| !steps::ALL.iter().any(|step| step.name == name.as_str())) {
        let known: Vec<&str> = steps::ALL.iter().map(|step| step.name).collect();
        bail!("no step `{unknown}`; there are {}", known.join(", "));
    }
    let mut lines = Vec::new();
    for step in steps::ALL.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)) {
        println!("\n=== {}: {}", step.name, step.proves);
        let start = Instant::now();
        let outcome = (step.run)(shell);
        if let Err(error) = &outcome {
            println!("{} FAILED: {error:#}", step.name);
        }
        lines.push(table::Line { step, outcome, took: start.elapsed() });
    }
    print!("{}", table::render(&lines));
    let failed = lines.iter().filter(|line| line.outcome.is_err()).count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", lines.len());
    }
    Ok(())
}
