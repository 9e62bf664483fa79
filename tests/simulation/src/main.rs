//! Plays seeds of the simulation from the command line.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

use anyhow::Context as _;
use clap::Parser;
use glasshive_store::PlantedBug;
use glasshive_test_simulation::{Setup, run};
use mimalloc::MiMalloc;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The product's; for seeds by the thousand it is also the quicker one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Runs the store under a seeded world of torn writes, lost directories and crashes.
#[derive(Parser)]
struct Arguments {
    /// The seed to play; the first one with --count.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds to play, one after another.
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// Play on after a seed that fails, and say in the end how many did.
    #[arg(long)]
    go_on: bool,
    /// Print every event of the seed.
    #[arg(long)]
    trace: bool,
    /// Write what was on the simulated disk when the seed failed into this directory; with --trace.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Plant this defect in the store; `list` names them all.
    #[arg(long)]
    planted: Option<String>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.planted.as_deref() == Some("list") {
        PlantedBug::ALL.iter().for_each(|bug| println!("{bug:?}"));
        return Ok(ExitCode::SUCCESS);
    }
    let planted = arguments.planted.map(|name| named(&name)).transpose()?;
    let (mut answers, mut starts, mut failed) = ([0; 3], 0, 0);
    for seed in arguments.seed..arguments.seed + arguments.count {
        let played = std::panic::catch_unwind(|| run(&Setup::draw(seed, planted), arguments.trace));
        match played {
            Err(_) => {
                println!("seed {seed}: the harness panicked");
                failed += 1;
            }
            Ok(Ok(report)) => {
                report.trace.iter().for_each(|line| println!("{line}"));
                for (sum, count) in answers.iter_mut().zip(report.answers) {
                    *sum += count;
                }
                starts += report.starts;
            }
            Ok(Err(violation)) => {
                violation.trace.iter().for_each(|line| println!("{line}"));
                println!("{violation}");
                if let Some(directory) = &arguments.keep {
                    keep(directory, &violation.disk).context("cannot write what was on the disk")?;
                }
                failed += 1;
            }
        }
        if failed > 0 && !arguments.go_on {
            return Ok(ExitCode::FAILURE);
        }
    }
    let [stored, duplicates, refused] = answers;
    println!(
        "{} seeds, {failed} failed: {starts} starts, {stored} requests stored, {duplicates} known already, {refused} refused",
        arguments.count
    );
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn keep(directory: &Path, files: &[(String, Vec<u8>)]) -> std::io::Result<()> {
    for (path, bytes) in files {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(directory))?;
        std::fs::write(path, bytes)?;
    }
    Ok(())
}

fn named(name: &str) -> anyhow::Result<PlantedBug> {
    let found = PlantedBug::ALL.iter().find(|bug| format!("{bug:?}").eq_ignore_ascii_case(name));
    found.copied().with_context(|| format!("{name} is no planted defect; --planted list names them"))
}
