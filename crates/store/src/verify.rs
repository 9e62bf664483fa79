//! Is everything that the catalog names there, and as it was written? Looked at while no store has the directory open.
//!
//! What is found is said as a list of findings. Losses are named: environment, datasets, times, rows. Putting right
//! ([`set_aside`]) takes damaged files out of the catalog and moves them to `quarantine`; nothing is deleted.

mod files;

use crate::adopt::{Offer, Verdict};
use crate::catalog::CatalogState;
use crate::config::StoreConfig;
use crate::error::OpenError;
use crate::fault::Faults;
use crate::file::FileContext;
use crate::log::look::look;
use crate::merge::CLOCK_SETTING;
use crate::retention::clock::RetentionClock;
use crate::world::World;
use glasshive_base::metrics;
use std::sync::Arc;

pub use files::set_aside;

/// Gaps in the sequence of log records that are told one by one.
const GAPS_TOLD: usize = 10;

/// How closely to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Every row is read and compared with what the catalog says of the file; otherwise only every byte with its checksum.
    pub rows: bool,
}

/// What is in a directory, and what is the matter with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verified {
    /// Visible files.
    pub files: u64,
    /// Rows in them, as the catalog says.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Log segments.
    pub log_segments: u64,
    /// Events that the next start reads from the log.
    pub log_events: u64,
    /// What was found, in the order of the looking.
    pub findings: Vec<Finding>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is, in words.
    pub message: String,
    /// Path of the file it is about; empty where it is about none.
    pub file: String,
    /// What can no longer be read, where something cannot.
    pub lost: Option<Lost>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing, and no fault.
    Note,
    /// Something is not so that can be put right; no row is lost.
    Wrong,
    /// Rows are lost.
    Lost,
    /// The disk did not let it be looked at.
    Unread,
}

/// Rows that can no longer be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Whose; empty where nobody can tell.
    pub environment: String,
    /// Of which datasets, sorted; empty where nobody can tell.
    pub datasets: Vec<String>,
    /// Least and greatest `_time`, ns since 1970.
    pub time_ns: Option<(i64, i64)>,
    /// How many.
    pub rows: Option<u64>,
}

/// Looks at the log and at every visible file. What one of the `offers` would bring back is not called lost. The caller holds the
/// directory's lock and no store has it open. Changes nothing.
///
/// # Errors
/// When the catalog does not load, or the log is another catalog's.
pub async fn verify(world: &World, config: &StoreConfig, depth: Depth, offers: &[Offer]) -> Result<Verified, OpenError> {
    let catalog = world.catalog.load().await?;
    let mut verified = Verified {
        files: catalog.files.len() as u64,
        rows: catalog.files.iter().map(|file| file.rows).sum(),
        bytes: catalog.files.iter().map(|file| file.bytes).sum(),
        ..Verified::default()
    };
    let adoptable: Vec<&Offer> = offers.iter().filter(|offer| matches!(offer.verdict, Verdict::Adoptable { .. })).collect();
    verify_log(world, config, &catalog, &adoptable, &mut verified).await?;
    verified.findings.extend(gaps(&catalog, &adoptable));
    let kept = world.catalog.setting(CLOCK_SETTING).await?.unwrap_or_default();
    let clock = RetentionClock::of_kept(&kept, world.clock.wall_ns(), world.clock.monotonic());
    let context = Arc::new(context(world, config));
    for row in &catalog.files {
        let environment = catalog.environments.iter().find(|environment| environment.id == row.environment);
        let environment = environment.map_or("", |environment| environment.slug.as_str());
        let brings_back = |offer: &&&Offer| offer.holds.as_ref().is_some_and(|holds| holds.replaces.contains(&row.path));
        let received_ns = clock.received_ns(row.ingest_max_ns, row.sequence_last);
        let found = files::verify(row, environment, depth, received_ns, &context).await;
        verified.findings.extend(match adoptable.iter().find(brings_back) {
            Some(offer) => found.into_iter().map(|finding| finding.brought_back_by(&offer.path)).collect(),
            None => found,
        });
    }
    Ok(verified)
}

fn context(world: &World, config: &StoreConfig) -> FileContext {
    let faults = Arc::new(Faults::new(metrics::Registry::default()));
    FileContext { disk: world.disk.clone(), clock: world.clock.clone(), faults, config: config.clone() }
}

impl Finding {
    fn brought_back_by(self, path: &str) -> Self {
        Self { level: Level::Wrong, message: format!("{}; its rows are in {path}, which can be adopted", self.message), lost: None, ..self }
    }
}

/// Log sequences up to `flushed_through` that lie between those of all visible files. Whatever lets rows go leaves such gaps, and so
/// does the loss of a file that the catalog has not heard of; from here they look alike.
fn gaps(catalog: &CatalogState, adoptable: &[&Offer]) -> Vec<Finding> {
    let mut held: Vec<(u64, u64)> = catalog.files.iter().map(|file| (file.sequence_first, file.sequence_last)).collect();
    held.sort_unstable();
    let after = catalog.flushed_through.saturating_add(1);
    let (mut gaps, mut next) = (Vec::new(), 1);
    for (first, last) in held.into_iter().chain([(after, after)]) {
        if next < first.min(after) {
            gaps.push((next, first.min(after) - 1));
        }
        next = next.max(last.saturating_add(1));
    }
    let mut findings: Vec<Finding> = gaps.iter().take(GAPS_TOLD).map(|gap| told_gap(*gap, adoptable)).collect();
    if gaps.len() > GAPS_TOLD {
        findings.push(note(format!("{} more such gaps in the sequence of log records", gaps.len() - GAPS_TOLD)));
    }
    findings
}

fn told_gap((first, last): (u64, u64), adoptable: &[&Offer]) -> Finding {
    let which = if first == last { format!("log record {first}") } else { format!("log records {first} to {last}") };
    let overlaps = |offer: &&&Offer| offer.holds.as_ref().is_some_and(|holds| holds.sequences.0 <= last && first <= holds.sequences.1);
    let why = match adoptable.iter().find(overlaps) {
        Some(offer) => format!("{}, which can be adopted, has some", offer.path),
        None => "they were let go (kept long enough, deleted, or folded into equal ones), or were in a file that was lost".to_owned(),
    };
    note(format!("no visible file has rows of {which}: {why}"))
}

fn note(message: String) -> Finding {
    Finding { level: Level::Note, message, file: String::new(), lost: None }
}

async fn verify_log(
    world: &World,
    config: &StoreConfig,
    catalog: &CatalogState,
    adoptable: &[&Offer],
    verified: &mut Verified,
) -> Result<(), OpenError> {
    let log = look(world, config, catalog).await?;
    (verified.log_segments, verified.log_events) = (log.segments, log.events);
    if let Some(bytes) = log.torn_bytes {
        let message = format!("log ends in an incomplete group of {bytes} bytes that was never acknowledged");
        verified.findings.push(note(message));
    }
    for hole in log.holes {
        let (first, last) = (hole.sequences.start, hole.sequences.end - 1);
        let which = if first == last { format!("record {first} is") } else { format!("records {first} to {last} are") };
        let lost = Lost { environment: String::new(), datasets: Vec::new(), time_ns: None, rows: hole.events };
        let (message, file) = (format!("log {which} damaged or missing"), hole.segment.unwrap_or_default());
        let finding = Finding { level: Level::Lost, message, file, lost: Some(lost) };
        let overlaps = |offer: &&&Offer| offer.holds.as_ref().is_some_and(|holds| holds.sequences.0 <= last && first <= holds.sequences.1);
        verified.findings.push(match adoptable.iter().find(overlaps) {
            // How many of them it has is seen once it is adopted.
            Some(offer) => Finding {
                level: Level::Wrong,
                message: format!("{}; {}, which can be adopted, has rows of them", finding.message, offer.path),
                lost: None,
                ..finding
            },
            None => finding,
        });
    }
    Ok(())
}
