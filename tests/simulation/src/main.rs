//! Plays seeds of the simulation from the command line.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

use anyhow::{Context as _, bail};
use clap::Parser;
use glasshive_store::PlantedBug;
use glasshive_test_simulation::{Setup, run};

/// Runs the store under a seeded world of torn writes, lost directories and crashes.
#[derive(Parser)]
struct Arguments {
    /// The seed to play; the first one with --count.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds to play, one after another.
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// Print every event of the seed.
    #[arg(long)]
    trace: bool,
    /// Plant this defect in the store; `list` names them all.
    #[arg(long)]
    planted: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.planted.as_deref() == Some("list") {
        PlantedBug::ALL.iter().for_each(|bug| println!("{bug:?}"));
        return Ok(());
    }
    let planted = arguments.planted.map(|name| named(&name)).transpose()?;
    let (mut answers, mut starts) = ([0; 3], 0);
    for seed in arguments.seed..arguments.seed + arguments.count {
        match run(&Setup::draw(seed, planted), arguments.trace) {
            Ok(report) => {
                report.trace.iter().for_each(|line| println!("{line}"));
                for (sum, count) in answers.iter_mut().zip(report.answers) {
                    *sum += count;
                }
                starts += report.starts;
            }
            Err(violation) => {
                violation.trace.iter().for_each(|line| println!("{line}"));
                println!("{violation}");
                bail!("seed {seed} failed");
            }
        }
    }
    let [stored, duplicates, refused] = answers;
    println!("{} seeds: {starts} starts, {stored} requests stored, {duplicates} known already, {refused} refused", arguments.count);
    Ok(())
}

fn named(name: &str) -> anyhow::Result<PlantedBug> {
    let found = PlantedBug::ALL.iter().find(|bug| format!("{bug:?}").eq_ignore_ascii_case(name));
    found.copied().with_context(|| format!("{name} is no planted defect; --planted list names them"))
}
