//! Which test files there are, from `cargo metadata`.

use crate::shell::Shell;
use crate::tidy::tree::text;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

/// Names of the test files of all workspace crates whose directory (relative to the root, with `/`) is wanted.
///
/// # Errors
/// A crate whose directory is not wanted has a test file of the same name: what picks tests by name would run both.
pub fn test_files(shell: &Shell, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let metadata = shell.metadata(&["--no-deps"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let (mut names, mut others) = (BTreeSet::new(), BTreeSet::new());
    for package in packages {
        let manifest = text(&package["manifest_path"]);
        let directory = Path::new(&manifest).parent().and_then(|directory| directory.strip_prefix(shell.root()).ok());
        let is_wanted = directory.is_some_and(|directory| is_wanted(&directory.to_string_lossy()));
        let targets = package["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
        let tests = targets.iter().filter(|target| target["kind"].as_array().is_some_and(|kinds| kinds.contains(&"test".into())));
        if is_wanted { &mut names } else { &mut others }.extend(tests.map(|target| text(&target["name"])));
    }
    if let Some(name) = names.intersection(&others).next() {
        bail!("two test files are called {name}, and the gate's steps pick them by name: give one another name");
    }
    Ok(names.into_iter().collect())
}
