//! `glasshive doctor`: what is wrong with a server and what to do about it, one finding a line.
//!
//! It looks from both sides: at the settings, the data directory and the machine as a server started here would find them, and at
//! the server that is running, through its own doors.

mod directory;
mod elsewhere;
mod fsync;
mod machine;
mod refusals;
mod running;
mod settings;
#[cfg(test)]
mod tests;

use crate::cli::DoctorFlags;
use crate::config::Config;
use crate::screen::Screen;
use crate::screen::escape::escape;
use crate::screen::palette::Ink;
use anyhow::Result;
use clap::ArgMatches;
use clap::parser::ValueSource;
use serde::Serialize;
use std::process::ExitCode;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing: something is weaker than it could be, or does not happen.
    Warn,
    /// Something does not work, or is not safe.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it is.
    pub level: Level,
    /// What was found, in a sentence.
    pub found: String,
    /// What to do, unless it is as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// Everything that was found.
#[derive(Debug, Serialize)]
struct Report {
    /// Nothing failed.
    ok: bool,
    findings: Vec<Finding>,
}

// === impl Finding ===

impl Finding {
    /// As it should be.
    pub fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, found: found.into(), fix: None }
    }

    /// Worth knowing, and what to do.
    pub fn warn(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, level: Level::Warn, found: found.into(), fix: Some(fix.into()) }
    }

    /// Wrong, and what to do.
    pub fn fail(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, level: Level::Fail, found: found.into(), fix: Some(fix.into()) }
    }
}

/// Looks and tells. The exit status is 1 when something fails.
///
/// # Errors
/// Never: what keeps doctor from looking is a finding.
pub async fn run(flags: DoctorFlags, matches: &ArgMatches) -> Result<ExitCode> {
    let mut findings = Vec::new();
    let config = match Config::resolve(&flags.here, matches) {
        Ok(config) => Some(config),
        Err(error) => {
            findings.push(Finding::fail("settings", format!("{error:#}"), "a server does not start with these; mend them"));
            None
        }
    };
    if let Some(config) = &config {
        findings.extend(settings::look(config));
        findings.extend(directory::look(&config.data.value, config.allow_network_fs.value));
        findings.extend(elsewhere::look(config).await);
        findings.extend(machine::look(config));
    }
    let is_named = matches.value_source("server").is_some_and(|source| source != ValueSource::DefaultValue);
    findings.extend(running::look(&flags, config.as_ref(), is_named).await);
    let report = Report { ok: findings.iter().all(|finding| finding.level != Level::Fail), findings };
    let screen = Screen::of_stdout();
    super::print(&if flags.json { super::json(&report)? } else { people(&report, &screen) });
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Columns of the level and of what was looked at.
const HEAD: usize = 18;

fn people(report: &Report, screen: &Screen) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let (word, ink) = match finding.level {
            Level::Ok => ("ok", Ink::Faint),
            Level::Warn => ("warn", Ink::Head),
            Level::Fail => ("FAIL", Ink::Error),
        };
        let head = format!("{word:<6}{:<12}", finding.check);
        push(&mut out, &screen.palette.paint(ink, &head), &finding.found, screen.width);
        if let Some(fix) = &finding.fix {
            push(&mut out, &format!("{:<6}{:<12}", "", "to do:"), fix, screen.width);
        }
    }
    let count = |level| report.findings.iter().filter(|finding| finding.level == level).count();
    let (fails, warns) = (count(Level::Fail), count(Level::Warn));
    out.push_str(&match (fails, warns) {
        (0, 0) => "all is well\n".to_owned(),
        (0, warns) => format!("nothing fails; {warns} to know\n"),
        (fails, warns) => format!("{fails} to mend, {warns} to know\n"),
    });
    out
}

/// Appends a text in lines of the screen's width, indented behind its head.
fn push(out: &mut String, head: &str, text: &str, width: usize) {
    let room = width.saturating_sub(HEAD).max(20);
    let mut lines: Vec<String> = vec![String::new()];
    for (index, paragraph) in text.split('\n').enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        for word in paragraph.split(' ') {
            let word = escape(word);
            let line = lines.last_mut().expect("there is always one");
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
                lines.push(word);
            } else {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(&word);
            }
        }
    }
    for (index, line) in lines.iter().enumerate() {
        let indent = " ".repeat(HEAD);
        out.push_str(&format!("{}{line}\n", if index == 0 { head } else { &indent }));
    }
}
