//! What was found and done, and its JSON.

use crate::screen::escape::escape_json;
use glasshive_api_hive::shape::Nanoseconds;
use glasshive_store::adopt::{Offer, Verdict};
use glasshive_store::verify::{Finding, Level, Verified};
use serde::Serialize;

/// What `glasshive verify` has to say.
#[derive(Debug, Default)]
pub struct Report {
    /// The data directory.
    pub data: String,
    /// Files that the catalog does not know.
    pub offers: Vec<Offer>,
    /// Everything else.
    pub verified: Verified,
    /// Files that were moved to quarantine.
    pub set_aside: Vec<String>,
    /// Files that cannot be read were taken out of the catalog.
    pub repaired: bool,
    /// Files that were taken in.
    pub adopted: Vec<Adopted>,
    /// Files that were to be taken in and were not.
    pub refused: Vec<Refusal>,
    /// The exit status.
    pub exit: u8,
}

/// A file that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// What it was.
    pub file: String,
    /// Where its rows are.
    pub path: String,
    /// Rows that became visible.
    pub rows: u64,
    /// All of its rows.
    pub of_rows: u64,
}

/// A file that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What was asked for.
    pub file: String,
    /// Why not.
    pub reason: String,
}

/// A file that the catalog does not know, as JSON.
#[derive(Debug, Serialize)]
struct UnknownFile<'a> {
    file: &'a str,
    id: &'a str,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<i64>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    holds: Option<Holds<'a>>,
    /// `adoptable`, `present` or `refused`.
    verdict: &'static str,
    adoptable_rows: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct Holds<'a> {
    environment: &'a str,
    class: &'static str,
    datasets: Vec<Dataset<'a>>,
    rows: u64,
    rows_in_files: u64,
    rows_in_log: u64,
    rows_deleted: u64,
    replaces: &'a [String],
    time_min_ns: Nanoseconds,
    time_max_ns: Nanoseconds,
    sequence_first: u64,
    sequence_last: u64,
}

#[derive(Debug, Serialize)]
struct Dataset<'a> {
    dataset: &'a str,
    rows: u64,
}

/// Something that was found, as JSON.
#[derive(Debug, Serialize)]
struct Found<'a> {
    /// `note`, `wrong`, `lost` or `unread`.
    level: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<Loss<'a>>,
}

#[derive(Debug, Serialize)]
struct Loss<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    environment: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    datasets: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    time_min_ns: Option<Nanoseconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_max_ns: Option<Nanoseconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Whole<'a> {
    data: &'a str,
    exit: u8,
    files: u64,
    rows: u64,
    bytes: u64,
    log_segments: u64,
    log_events: u64,
    findings: Vec<Found<'a>>,
    set_aside: &'a [String],
    unknown_files: Vec<UnknownFile<'a>>,
    adopted: &'a [Adopted],
    refused: &'a [Refusal],
}

// === impl Report ===

impl Report {
    /// Decides the exit status.
    pub fn settle(&mut self) {
        let worst = self.verified.findings.iter().map(|finding| finding.level).max();
        let is_known = self.offers.iter().all(|offer| offer.verdict == Verdict::Present);
        self.exit = match worst {
            Some(Level::Unread) => super::EXIT_FAILED,
            _ if !self.refused.is_empty() => super::EXIT_FAILED,
            Some(Level::Lost) => 2,
            Some(Level::Wrong) => 1,
            Some(Level::Note) | None => u8::from(!is_known),
        };
    }

    /// One line.
    pub fn json(&self) -> String {
        let unknown_files = self.offers.iter().map(unknown_file).collect();
        let Verified { files, rows, bytes, log_segments, log_events, findings } = &self.verified;
        let whole = Whole {
            data: &self.data,
            exit: self.exit,
            files: *files,
            rows: *rows,
            bytes: *bytes,
            log_segments: *log_segments,
            log_events: *log_events,
            findings: findings.iter().map(found).collect(),
            set_aside: &self.set_aside,
            unknown_files,
            adopted: &self.adopted,
            refused: &self.refused,
        };
        let text = serde_json::to_string(&whole).expect("maps of text to plain values are always JSON");
        format!("{}\n", escape_json(&text))
    }
}

impl Adopted {
    /// What the store did, in our words.
    pub fn of(offer: &Offer, path: String, rows: u64) -> Self {
        let of_rows = offer.holds.as_ref().map_or(rows, |holds| holds.rows);
        Self { file: offer.path.clone(), path, rows, of_rows }
    }
}

/// Whether `--repair` does something about it.
pub fn is_repairable(finding: &Finding) -> bool {
    finding.level == Level::Lost && finding.file.starts_with("events/")
}

/// How a finding's level is called.
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Wrong => "wrong",
        Level::Lost => "lost",
        Level::Unread => "unread",
    }
}

fn found(finding: &Finding) -> Found<'_> {
    let lost = finding.lost.as_ref().map(|lost| Loss {
        environment: &lost.environment,
        datasets: &lost.datasets,
        time_min_ns: lost.time_ns.map(|(from, _)| Nanoseconds(from)),
        time_max_ns: lost.time_ns.map(|(_, to)| Nanoseconds(to)),
        rows: lost.rows,
    });
    Found { level: level_word(finding.level), message: &finding.message, file: &finding.file, lost }
}

fn unknown_file(offer: &Offer) -> UnknownFile<'_> {
    let holds = offer.holds.as_ref().map(|holds| Holds {
        environment: &holds.environment,
        class: holds.class.word(),
        datasets: holds.datasets.iter().map(|(dataset, rows)| Dataset { dataset, rows: *rows }).collect(),
        rows: holds.rows,
        rows_in_files: holds.rows_in_files,
        rows_in_log: holds.rows_in_log,
        rows_deleted: holds.rows_deleted,
        replaces: &holds.replaces,
        time_min_ns: Nanoseconds(holds.time_ns.0),
        time_max_ns: Nanoseconds(holds.time_ns.1),
        sequence_first: holds.sequences.0,
        sequence_last: holds.sequences.1,
    });
    let (verdict, adoptable_rows, reason) = match &offer.verdict {
        Verdict::Adoptable { rows } => ("adoptable", *rows, ""),
        Verdict::Present => ("present", 0, ""),
        Verdict::Refused { reason } => ("refused", 0, reason.as_str()),
    };
    UnknownFile { file: &offer.path, id: &offer.id, bytes: offer.bytes, days_left: offer.days_left, holds, verdict, adoptable_rows, reason }
}
