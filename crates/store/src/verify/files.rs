//! A visible file, byte by byte and row by row.

use super::{Depth, Finding, Level, Lost};
use crate::adopt::contents::{learn, nothing};
use crate::catalog::{CatalogError, CatalogState, FileRow, Swap, SwapReason};
use crate::error::{OpenError, ReadError};
use crate::file::sidecar::BLOCK_BYTES;
use crate::file::{DataFile, FileContext, sidecar_path};
use crate::flush::encode::INGEST_MAX;
use crate::live::Facts;
use crate::planted::PlantedBug;
use crate::quarantine::move_durably;
use crate::world::World;
use std::io;
use std::sync::Arc;

/// Bytes read at once to compare them.
const READ_BYTES: u64 = 8 * BLOCK_BYTES;
/// Rows read at once.
const READ_ROWS: usize = 8_192;
/// Rows later than the present by more are told.
const FUTURE_NS: i64 = 86_400 * 1_000_000_000;
/// Where damaged files go.
const DAMAGED: &str = "quarantine/damaged";

/// What is the matter with a file, which counts as received at `received_ns`.
pub(super) async fn verify(row: &FileRow, environment: &str, depth: Depth, received_ns: i64, context: &Arc<FileContext>) -> Vec<Finding> {
    let file = Arc::new(DataFile::new(row.clone(), context.clone()));
    let finding = |level, message: String| Finding { level, message, file: row.path.clone(), lost: None };
    let facts = match read(&file, depth).await {
        Ok(facts) => facts,
        Err(error @ ReadError::Disk { .. }) => return vec![finding(Level::Unread, error.to_string())],
        Err(ReadError::Damaged { .. }) => {
            let message = format!("{} is {}", row.path, state_of(row, context).await);
            let datasets = row.datasets.iter().map(|(slug, _)| slug.clone()).collect();
            let time_ns = Some((row.time_min_ns, row.time_max_ns));
            let lost = Lost { environment: environment.to_owned(), datasets, time_ns, rows: Some(row.rows) };
            return vec![Finding { lost: Some(lost), ..finding(Level::Lost, message) }];
        }
    };
    let mut findings = Vec::new();
    match file.has_whole_sections().await {
        Ok(true) => {}
        Ok(false) if context.config.is_planted(PlantedBug::VerifyBelievesTraceIndex) => {}
        Ok(false) => {
            let message = format!("the trace index of {} is damaged; traces are looked for without it until the file is merged", row.path);
            findings.push(finding(Level::Wrong, message));
        }
        Err(error) => findings.push(finding(Level::Unread, error.to_string())),
    }
    let tomorrow_ns = context.clock.wall_ns().saturating_add(FUTURE_NS);
    if received_ns > tomorrow_ns {
        let until = crate::time::shown(received_ns);
        let message = format!("{} counts as received in the future, up to {until}, and is kept so much longer", row.path);
        findings.push(finding(Level::Note, message));
    }
    let Some((facts, ingest_max_ns)) = facts else { return findings };
    let differences = differences(row, &facts, ingest_max_ns);
    findings.extend(differences.into_iter().map(|what| finding(Level::Wrong, format!("{}: {what}", row.path))));
    if facts.time_ns.1 > tomorrow_ns {
        let message = format!("{} has rows of the future, up to {}", row.path, crate::time::shown(facts.time_ns.1));
        findings.push(finding(Level::Note, message));
    }
    findings
}

/// What makes a file unreadable.
async fn state_of(row: &FileRow, context: &FileContext) -> &'static str {
    let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match context.disk.open(&row.path, false).await {
        Err(error) if is_gone(&error) => return "missing",
        Err(_) => return "damaged",
        Ok(file) => match file.len().await {
            Ok(len) if len < row.bytes => return "cut short",
            _ => {}
        },
    }
    match context.disk.open(&sidecar_path(&row.path), false).await {
        Err(error) if is_gone(&error) => "without its checksums",
        _ => "damaged",
    }
}

/// What can be said of its rows, and how late it was at the latest when they were received, if they are looked at.
async fn read(file: &Arc<DataFile>, depth: Depth) -> Result<Option<(Facts, i64)>, ReadError> {
    let mut position = 0;
    while position < file.row.bytes {
        let end = (position + READ_BYTES).min(file.row.bytes);
        file.read_range(position..end).await?;
        position = end;
    }
    if !depth.rows {
        file.metadata().await?;
        return Ok(None);
    }
    let mut facts = nothing();
    let batch_rows = file.batch_rows(READ_ROWS).await?;
    let mut stream = file.stream_rows(batch_rows).await?;
    while let Some(batch) = stream.next().await? {
        learn(&mut facts, &batch);
    }
    let said = file.footer_value(INGEST_MAX).await?.and_then(|number| number.parse().ok());
    // What was written before files said so may have been known to be later than its rows say.
    let ingest_max_ns = facts.ingest_max_ns.max(said.unwrap_or(file.row.ingest_max_ns));
    Ok(Some((facts, ingest_max_ns)))
}

/// What the catalog says of the file that is not so.
fn differences(row: &FileRow, facts: &Facts, ingest_max_ns: i64) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, said: String, is: String| {
        if said != is {
            found.push(format!("the catalog says {what} {said}, the file has {is}"));
        }
    };
    compare("rows", row.rows.to_string(), facts.rows.to_string());
    compare("times", format!("{:?}", (row.time_min_ns, row.time_max_ns)), format!("{:?}", facts.time_ns));
    compare("log sequences", format!("{:?}", (row.sequence_first, row.sequence_last)), format!("{:?}", facts.sequences));
    // Later than the rows say where the clock was behind, and when they waited to be written.
    compare("received until", row.ingest_max_ns.to_string(), ingest_max_ns.to_string());
    compare("weights", format!("{:?}", (row.rate_min, row.rate_max)), format!("{:?}", facts.rates));
    let datasets: Vec<(String, u64)> = facts.datasets.iter().map(|(slug, rows)| (slug.clone(), *rows)).collect();
    compare("rows by dataset", format!("{:?}", row.datasets), format!("{datasets:?}"));
    // The catalog may name a key too many, which only costs a reader a look.
    let untold: Vec<&String> = facts.overflow_keys.iter().filter(|key| row.overflow_keys.binary_search(key).is_err()).collect();
    compare("further keys in _overflow", "[]".to_owned(), format!("{untold:?}"));
    found
}

/// Takes visible files that cannot be read out of the catalog, and moves what there is of them to `quarantine/damaged`. The names they
/// have there.
///
/// # Errors
/// When disk or catalog refuse; what was not set aside is found again.
pub async fn set_aside(world: &World, paths: &[String]) -> Result<Vec<String>, OpenError> {
    let catalog = world.catalog.load().await?;
    let mut moved = Vec::new();
    for row in catalog.files.iter().filter(|row| paths.contains(&row.path)) {
        // Moved first: what the catalog has taken out and is still in its place would be removed by the next start.
        for path in [row.path.clone(), sidecar_path(&row.path)] {
            let aside = format!("{DAMAGED}/{}", path.replace('/', "."));
            let is_moved = move_aside(world, &path, &aside).await;
            if is_moved.map_err(OpenError::disk(format!("move {path} to quarantine")))? {
                moved.push(aside);
            }
        }
        take_out(world, &catalog, row).await?;
    }
    Ok(moved)
}

/// `false` when there is nothing to move.
async fn move_aside(world: &World, from: &str, to: &str) -> io::Result<bool> {
    world.disk.create_dir_all(DAMAGED).await?;
    match move_durably(&*world.disk, from, to).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other.map(|()| true),
    }
}

async fn take_out(world: &World, before: &CatalogState, row: &FileRow) -> Result<(), CatalogError> {
    debug_assert!(before.files.iter().any(|file| file.id == row.id), "only visible files are taken out");
    let swap = Swap { reason: SwapReason::Quarantine, removed: vec![row.id.clone()], added: Vec::new() };
    match world.catalog.commit_swap(swap).await {
        Err(CatalogError::Uncertain(reason)) => match world.catalog.load().await?.files.iter().any(|file| file.id == row.id) {
            true => Err(CatalogError::Uncertain(reason)),
            false => Ok(()),
        },
        other => other,
    }
}
