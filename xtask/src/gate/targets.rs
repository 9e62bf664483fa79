//! Which test files there are, from `cargo metadata`.

use crate::shell::Shell;
use crate::tidy::tree::text;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::Path;

/// Names of the test files of all workspace crates whose directory (relative to the root, with `/`) is wanted.
pub fn test_files(shell: &Shell, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let metadata = shell.metadata(&["--no-deps"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut names = BTreeSet::new();
    for package in packages {
        let manifest = text(&package["manifest_path"]);
        let directory = Path::new(&manifest).parent().and_then(|directory| directory.strip_prefix(shell.root()).ok());
        if !directory.is_some_and(|directory| is_wanted(&directory.to_string_lossy())) {
            continue;
        }
        let targets = package["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
        let tests = targets.iter().filter(|target| target["kind"].as_array().is_some_and(|kinds| kinds.contains(&"test".into())));
        names.extend(tests.map(|target| text(&target["name"])));
    }
    Ok(names.into_iter().collect())
}
