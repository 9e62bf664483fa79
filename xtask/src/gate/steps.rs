//! The steps of the gate, in order: cheap and telling first.
//!
//! Every `cargo test` here names the whole workspace and picks targets by name: picking packages would build the large
//! dependencies again with another set of features.

use super::Step;
use super::targets;
use crate::shell::Shell;
use crate::{tidy, toolchain, web};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Every step.
pub const ALL: &[Step] = &[
    Step { name: "format", proves: "the source is formatted", run: format },
    Step { name: "tidy", proves: "the house rules hold", run: house_rules },
    Step { name: "clippy", proves: "no lint speaks", run: clippy },
    Step { name: "units", proves: "every crate does what its tests say", run: units },
    Step { name: "doctests", proves: "examples in documents run", run: doctests },
    Step { name: "web", proves: "the web UI builds from its lock file, and its functions do what their tests say", run: web_ui },
    Step { name: "build", proves: "the product builds as a user builds it", run: build },
    Step { name: "product", proves: "the real binary keeps what it acknowledged: kill -9, syncs, life cycle", run: product },
    Step { name: "pages", proves: "the web UI's pages in a real browser, by role and by keyboard; axe finds nothing serious", run: pages },
    Step { name: "simulation", proves: "the real store survives a seeded world; planted defects are found", run: simulation },
    Step {
        name: "shared",
        proves: "catalog on a real PostgreSQL, files on a real S3 server: conformance, lost answers, kills, backups, random plans",
        run: shared,
    },
    Step { name: "sdk", proves: "unmodified SDKs: everything sent is read back equal", run: sdk },
    Step { name: "foreign", proves: "DuckDB and PyArrow count the same in the files of a store", run: foreign },
];

fn format(shell: &Shell) -> Result<String> {
    toolchain::ensure_rust_components(shell)?;
    shell.command("cargo", &["fmt", "--all", "--check"]).run()?;
    Ok(String::new())
}

fn house_rules(shell: &Shell) -> Result<String> {
    tidy::run(shell.root())?;
    Ok(String::new())
}

fn clippy(shell: &Shell) -> Result<String> {
    shell.command("cargo", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]).run()?;
    Ok(String::new())
}

/// Unit tests of all crates, and the test files of all crates that have no step of their own.
fn units(shell: &Shell) -> Result<String> {
    let names = targets::test_files(shell, |directory| !is_top(directory))?;
    let mut command = shell.command("cargo", &["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins"]);
    for name in &names {
        command = command.args(["--test", name]);
    }
    command.run_counting_tests()
}

fn doctests(shell: &Shell) -> Result<String> {
    let command = shell.command("cargo", &["test", "--workspace", "--locked", "--no-fail-fast", "--doc"]);
    command.run_counting_tests()
}

fn web_ui(shell: &Shell) -> Result<String> {
    web::build(shell)?;
    web::test(shell)
}

fn pages(shell: &Shell) -> Result<String> {
    toolchain::ensure_chromium(shell);
    web::walk(shell, &product_binary(shell)?)
}

/// Builds as `cargo xtask run` does and puts the binary aside, so that builds of tests do not replace it.
fn build(shell: &Shell) -> Result<String> {
    shell.command("cargo", &["build", "--package", "glasshive", "--locked"]).run()?;
    let aside = product_binary(shell)?;
    std::fs::create_dir_all(aside.parent().context("the binary has a directory")?)?;
    std::fs::copy(shell.target_dir()?.join("debug/glasshive"), &aside).context("put the binary aside")?;
    Ok(aside.display().to_string())
}

fn product(shell: &Shell) -> Result<String> {
    toolchain::ensure_strace(shell);
    of_directory(shell, "tests/product")
}

fn simulation(shell: &Shell) -> Result<String> {
    of_directory(shell, "tests/simulation")
}

fn sdk(shell: &Shell) -> Result<String> {
    toolchain::ensure_python(shell)?;
    let binary = product_binary(shell)?;
    let command = shell.command("python3", &["tests/sdk/run.py", "--server", &binary.to_string_lossy()]);
    command.run_for_last_line()
}

/// What is not on the machine of the data directory. All test files of the directory, so that none is left out.
fn shared(shell: &Shell) -> Result<String> {
    toolchain::ensure_postgres(shell);
    toolchain::ensure_python(shell)?;
    of_directory(shell, "tests/shared")
}

fn foreign(shell: &Shell) -> Result<String> {
    toolchain::ensure_python(shell)?;
    let binary = product_binary(shell)?;
    shell.command("python3", &["tests/foreign/run.py", "--server", &binary.to_string_lossy()]).run_for_last_line()
}

/// The test files of one directory, against the binary that was put aside.
fn of_directory(shell: &Shell, directory: &str) -> Result<String> {
    let names = targets::test_files(shell, |of| of == directory)?;
    anyhow::ensure!(!names.is_empty(), "{directory} has no test files");
    let mut command = shell.command("cargo", &["test", "--workspace", "--locked", "--no-fail-fast"]);
    for name in &names {
        command = command.args(["--test", name]);
    }
    let command = command.args(["--", "--nocapture"]).env("GLASSHIVE_BIN", &product_binary(shell)?.to_string_lossy());
    command.run_counting_tests()
}

fn is_top(directory: &str) -> bool {
    directory.starts_with("tests/")
}

fn product_binary(shell: &Shell) -> Result<PathBuf> {
    Ok(shell.target_dir()?.join("gate").join("glasshive"))
}
