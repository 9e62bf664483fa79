//! The last thing the gate prints: one line a step, what ran, how long it took, what failed.

use super::Step;
use std::fmt::Write as _;
use std::time::Duration;

/// A step that was tried.
pub struct Line {
    /// Which.
    pub step: &'static Step,
    /// How it ended.
    pub outcome: anyhow::Result<String>,
    /// How long it took.
    pub took: Duration,
}

/// The table as text, and a line of totals.
pub fn render(lines: &[Line]) -> String {
    let mut out = String::from("\n");
    for line in lines {
        let (word, note) = match &line.outcome {
            Ok(note) => ("held", note.clone()),
            Err(error) => ("FAILED", format!("{error:#}")),
        };
        let first_line = note.lines().next().unwrap_or_default();
        let _ = writeln!(out, "{:12} {:8} {:>6} s  {}", line.step.name, word, line.took.as_secs(), first_line);
    }
    let failed = lines.iter().filter(|line| line.outcome.is_err()).count();
    let _ = writeln!(out, "\n{} steps held, {failed} failed", lines.len() - failed);
    out
}
