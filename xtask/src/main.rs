//! Developer tasks: the one door to build, check, test, generate and measure, the same at a desk and in CI.
//!
//! `cargo xtask` without a word prints the list. Every task is a plain function over the repository's root; commands that a
//! task runs are printed before they run, so that any of them can be repeated by hand.
#![expect(clippy::print_stdout, reason = "a developer tool talks to its terminal")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod gate;
mod generate;
mod reference;
mod shell;
mod tidy;
mod toolchain;
mod web;

use anyhow::{Result, bail};
use shell::{Shell, repository_root};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask TASK

  run [ARGUMENTS]   build the web UI and the everyday profile, and start glasshive (default: serve)
  web               build the web UI into web/dist
  check             format, tidy, clippy
  test [STEP ...]   the gate: everything that must hold, then a table of what ran; with names, only those steps
  tidy              the house rules: floors, crate pages, links, words, file lengths, licences
  gen [pages]       rewrite every generated file; with `pages`, only those that need no build
  bench [ARGUMENTS] first readings of benchmarks/, in the dist profile
  dist              the fully optimised build, target/dist/glasshive
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    match run_task(&task, &arguments.collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask {task}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_task(task: &str, rest: &[String]) -> Result<()> {
    let shell = Shell::at(repository_root());
    match task {
        "run" => run(&shell, rest),
        "web" => web::build(&shell),
        "check" => gate::check(&shell),
        "test" => gate::test(&shell, rest),
        "tidy" => tidy::run(shell.root()),
        "gen" if rest == ["pages"] => generate::pages(&shell),
        "gen" => generate::run(&shell),
        "bench" => bench(&shell, rest),
        "dist" => dist(&shell),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        unknown => bail!("no task `{unknown}`\n\n{HELP}"),
    }
}

/// Builds and starts the product. Its exit status is ours, so that scripts can tell a locked directory from a failure.
fn run(shell: &Shell, arguments: &[String]) -> Result<()> {
    web::build_if_possible(shell)?;
    shell.command("cargo", &["build", "--package", "glasshive"]).run()?;
    let binary = shell.target_dir()?.join("debug").join("glasshive");
    let status = shell.command(&binary.to_string_lossy(), &[]).args(arguments).status()?;
    std::process::exit(status.code().unwrap_or(1))
}

fn dist(shell: &Shell) -> Result<()> {
    web::build_if_possible(shell)?;
    shell.command("cargo", &["build", "--profile", "dist", "--package", "glasshive"]).run()?;
    println!("built {}", shell.target_dir()?.join("dist").join("glasshive").display());
    Ok(())
}

/// The first readings of `benchmarks/`: builds what they measure, then measures it.
fn bench(shell: &Shell, arguments: &[String]) -> Result<()> {
    shell.command("cargo", &["build", "--profile", "dist", "--package", "glasshive", "--package", "glasshive-hive-gen", "--bins"]).run()?;
    shell.command("python3", &["benchmarks/first-readings/run.py", "--profile", "dist"]).args(arguments).run()
}
