//! The last thing the gate prints: one line a step, what ran, what was skipped and why, what failed.

use super::{Outcome, Step};
use std::fmt::Write as _;
use std::time::Duration;

/// A step that was tried.
pub struct Line {
    /// Which.
    pub step: &'static Step,
    /// How it ended.
    pub outcome: anyhow::Result<Outcome>,
    /// How long it took.
    pub took: Duration,
}

/// The table as text, and a line of totals.
pub fn render(lines: &[Line]) -> String {
    let mut out = String::from("\n");
    let (mut held, mut skipped, mut failed) = (0, 0, 0);
    for line in lines {
        let (word, note) = match &line.outcome {
            Ok(Outcome::Held(note)) => ("held", note.clone()),
            Ok(Outcome::Skipped(reason)) => ("SKIPPED", reason.clone()),
            Err(error) => ("FAILED", format!("{error:#}")),
        };
        match line.outcome {
            Ok(Outcome::Held(_)) => held += 1,
            Ok(Outcome::Skipped(_)) => skipped += 1,
            Err(_) => failed += 1,
        }
        let first_line = note.lines().next().unwrap_or_default();
        let _ = writeln!(out, "{:12} {:8} {:>6} s  {}", line.step.name, word, line.took.as_secs(), first_line);
    }
    let _ = writeln!(out, "\n{held} steps held, {skipped} skipped, {failed} failed");
    out
}
