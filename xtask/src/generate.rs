//! Generated files: rewritten by one command, and checked for staleness by the tests beside what they are made from.

use crate::shell::Shell;
use crate::tidy;
use anyhow::Result;

/// Rewrites the crate table of ARCHITECTURE.md, the OpenAPI document, the command line's help and every other snapshot that is
/// kept in a file; then, from these, the reference pages.
pub fn run(shell: &Shell) -> Result<()> {
    tidy::pages::write_crate_table(shell.root())?;
    tidy::length::write_ratchet(shell.root())?;
    for package in ["glasshive-api-hive", "glasshive"] {
        shell.command("cargo", &["test", "--package", package]).env("UPDATE_EXPECT", "1").run()?;
    }
    pages(shell)?;
    println!("generated files are fresh");
    Ok(())
}

/// Rewrites the reference pages, from what is checked in.
pub fn pages(shell: &Shell) -> Result<()> {
    crate::reference::write(shell.root())
}
