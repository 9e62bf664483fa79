//! `glasshive verify`: what is the matter with a data directory that no server has open, and files that its catalog does not
//! know taken in again.
//!
//! Without `--adopt` nothing is changed: the lock is taken, and everything is read through a disk that keeps changes in memory.

mod report;
mod words;

use crate::ask::print;
use crate::cli::verify::VerifyFlags;
use crate::screen::Screen;
use crate::screen::escape::escape;
use anyhow::{Context, Result};
use glasshive_store::StoreConfig;
use glasshive_store::adopt::{AdoptError, Adopted, Adopter, Offer, Verdict};
use glasshive_store::verify::Depth;
use glasshive_store::world::{DataDir, DataDirError, DataDirOptions, ReadOnly, open_data_dir};
use report::{Refusal, Report, is_repairable};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit status when it could not look, or could not do what it was asked for.
pub const EXIT_FAILED: u8 = 3;

/// Looks, adopts what was asked for, and prints what there is then.
pub async fn run(flags: VerifyFlags) -> ExitCode {
    match verify(&flags).await {
        Ok(report) => {
            let screen = Screen::of_stdout();
            match flags.json {
                true => print(&report.json()),
                false => print(&words::of(&report, &screen)),
            }
            ExitCode::from(report.exit)
        }
        Err(error) => {
            // Nobody is there to be told when standard error is gone.
            let _ = writeln!(std::io::stderr(), "glasshive: {}", escape(&format!("{error:#}")));
            ExitCode::from(EXIT_FAILED)
        }
    }
}

async fn verify(flags: &VerifyFlags) -> Result<Report> {
    let directory = flags.data.clone().unwrap_or_else(|| PathBuf::from("./glasshive-data"));
    let mut report = Report { data: directory.display().to_string(), ..Report::default() };
    if let Some(wanted) = &flags.adopt {
        let offers = offers(&directory, &open_to_look(&directory, flags).await?).await?;
        adopt(&directory, flags, wanted, &offers, &mut report).await?;
    }
    look(&directory, flags, &mut report).await?;
    if flags.repair {
        repair(&directory, flags, &mut report).await?;
    }
    report.settle();
    Ok(report)
}

/// Everything that there is to be found. Changes nothing.
async fn look(directory: &Path, flags: &VerifyFlags, report: &mut Report) -> Result<()> {
    let data = open_to_look(directory, flags).await?;
    report.offers = offers(directory, &data).await?;
    let depth = Depth { rows: flags.deep };
    report.verified = glasshive_store::verify::verify(&data.world, &config(directory), depth, &report.offers).await?;
    Ok(())
}

async fn offers(directory: &Path, data: &DataDir) -> Result<Vec<Offer>> {
    let adopter = Adopter::open(config(directory), data.world.clone()).await?;
    Ok(adopter.offers().await?)
}

/// What was found to be lost stays told; the next look finds it no more.
async fn repair(directory: &Path, flags: &VerifyFlags, report: &mut Report) -> Result<()> {
    let lost = report.verified.findings.iter().filter(|finding| is_repairable(finding));
    let lost: Vec<String> = lost.map(|finding| finding.file.clone()).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let data = open(directory, flags, None).await?;
    let moved = glasshive_store::verify::set_aside(&data.world, &lost).await;
    data.close_catalog().await;
    report.set_aside = moved?;
    report.repaired = true;
    Ok(())
}

async fn open_to_look(directory: &Path, flags: &VerifyFlags) -> Result<DataDir> {
    open(directory, flags, Some(ReadOnly { scratch: std::env::temp_dir() })).await
}

async fn adopt(directory: &Path, flags: &VerifyFlags, wanted: &[String], offers: &[Offer], report: &mut Report) -> Result<()> {
    let can_be = offers.iter().filter(|offer| matches!(offer.verdict, Verdict::Adoptable { .. })).map(|offer| offer.path.clone());
    let is_all = wanted.is_empty();
    let wanted: Vec<String> = if is_all { can_be.collect() } else { wanted.iter().map(|file| below(directory, file)).collect() };
    if wanted.is_empty() {
        return Ok(());
    }
    let data = open(directory, flags, None).await?;
    let adopted = adopt_each(directory, &data, wanted, is_all, report).await;
    data.close_catalog().await;
    adopted
}

async fn adopt_each(directory: &Path, data: &DataDir, wanted: Vec<String>, is_all: bool, report: &mut Report) -> Result<()> {
    let mut adopter = Adopter::open(config(directory), data.world.clone()).await?;
    for file in wanted {
        match adopter.adopt(&file).await {
            Ok(Adopted { offer, path, rows }) => report.adopted.push(report::Adopted::of(&offer, path, rows)),
            // Another file with the same rows was taken in just now.
            Err(AdoptError::Present { .. }) if is_all => {}
            Err(error) => report.refused.push(Refusal { file, reason: error.to_string() }),
        }
    }
    Ok(())
}

async fn open(directory: &Path, flags: &VerifyFlags, read_only: Option<ReadOnly>) -> Result<DataDir> {
    let allow_network_fs = flags.allow_network_fs || read_only.is_some();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let options = DataDirOptions { version, allow_network_fs, read_only, places: crate::config::places()? };
    match open_data_dir(directory, &options).await {
        Err(error @ DataDirError::InUse { .. }) => Err(error).context("stop the server first"),
        other => Ok(other?),
    }
}

fn config(directory: &Path) -> StoreConfig {
    StoreConfig { shown_path: directory.display().to_string(), ..StoreConfig::default() }
}

/// A file as the store calls it, whether it was named from the data directory or from here.
fn below(directory: &Path, file: &str) -> String {
    let inside = Path::new(file).strip_prefix(directory).ok().and_then(Path::to_str);
    inside.unwrap_or(file).to_owned()
}
