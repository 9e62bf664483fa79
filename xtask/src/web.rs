//! The web UI: built with Node's own tools into `web/dist`, from where the binary takes it.

use crate::shell::Shell;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::time::SystemTime;

/// The oldest Node that the tools run on.
const NODE: (u32, u32) = (20, 19);
/// What the built files are made of, relative to the root.
const SOURCES: &[&str] = &[
    "crates/api/hive/openapi.json",
    "web/build",
    "web/index.html",
    "web/package-lock.json",
    "web/package.json",
    "web/public",
    "web/src",
    "web/tsconfig.json",
    "web/vite.config.ts",
];

/// Builds the UI if it changed since it was last built. Without Node the binary is built without it, which is said.
pub fn build_if_possible(shell: &Shell) -> Result<()> {
    if let Err(error) = ensure_node(shell) {
        println!("building without the web UI: {error:#}");
        return Ok(());
    }
    if is_fresh(shell)? {
        return Ok(());
    }
    build(shell)
}

/// Builds the UI.
pub fn build(shell: &Shell) -> Result<()> {
    ensure_node(shell)?;
    install(shell)?;
    shell.command("npm", &["--prefix", "web", "run", "build"]).run()
}

/// Runs the tests of the UI's own functions; returns how many held, in words.
pub fn test(shell: &Shell) -> Result<String> {
    shell.command("npm", &["--prefix", "web", "test"]).run_for_line(|line| line.trim_start().starts_with("Tests "))
}

/// Walks the pages in a real browser, against this server; returns how many tests held, in words.
pub fn walk(shell: &Shell, server: &Path) -> Result<String> {
    ensure_node(shell)?;
    install(shell)?;
    let command = shell.command("npm", &["--prefix", "web", "run", "e2e"]);
    command.env("GLASSHIVE_BIN", &server.to_string_lossy()).run_for_line(|line| line.contains(" passed"))
}

fn ensure_node(shell: &Shell) -> Result<()> {
    let version = shell.output("node", &["--version"]).context("Node.js is not installed")?;
    let numbers: Vec<u32> = version.trim().trim_start_matches('v').split('.').filter_map(|part| part.parse().ok()).collect();
    let [major, minor, ..] = numbers[..] else { bail!("`node --version` says {version:?}") };
    ensure!((major, minor) >= NODE, "Node.js {}.{} or newer is needed, this is {}", NODE.0, NODE.1, version.trim());
    ensure!(shell.answers("npm", &["--version"]), "npm is not installed");
    Ok(())
}

/// Installs what the lock file names, unless that was done. No package's own script runs.
fn install(shell: &Shell) -> Result<()> {
    let of = |path: &str| changed(&shell.root().join(path));
    if of("web/node_modules/.package-lock.json")? > of("web/package-lock.json")? {
        return Ok(());
    }
    shell.command("npm", &["--prefix", "web", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]).run()
}

/// Whether the built files are newer than everything they are made of.
fn is_fresh(shell: &Shell) -> Result<bool> {
    let built = changed(&shell.root().join("web/dist/index.html"))?;
    for source in SOURCES {
        if newest(&shell.root().join(source))? >= built {
            return Ok(false);
        }
    }
    Ok(true)
}

/// When a file last changed; nothing is older than what is not there.
fn changed(path: &Path) -> Result<SystemTime> {
    match path.metadata() {
        Ok(metadata) => metadata.modified().with_context(|| format!("when {} changed", path.display())),
        Err(_) => Ok(SystemTime::UNIX_EPOCH),
    }
}

/// When any file below a path last changed, but for what the build itself writes.
fn newest(path: &Path) -> Result<SystemTime> {
    if path.ends_with("src/api/schema.d.ts") {
        return Ok(SystemTime::UNIX_EPOCH);
    }
    if !path.is_dir() {
        return changed(path);
    }
    let mut last = SystemTime::UNIX_EPOCH;
    for entry in path.read_dir().with_context(|| format!("read {}", path.display()))? {
        last = last.max(newest(&entry?.path())?);
    }
    Ok(last)
}
