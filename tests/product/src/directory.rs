//! A data directory seen from outside.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every file below a directory, by path relative to it, with its content.
///
/// # Errors
/// When something cannot be read.
pub fn content(directory: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    visit(directory, &mut |path| {
        let content = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
        found.insert(path.strip_prefix(directory).unwrap_or(path).to_owned(), content);
        Ok(())
    })?;
    Ok(found)
}

/// Paths of all files below a directory whose name ends in `ending`.
///
/// # Errors
/// When a directory cannot be listed.
pub fn files(directory: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    visit(directory, &mut |path| {
        if path.to_string_lossy().ends_with(ending) {
            found.push(path.to_owned());
        }
        Ok(())
    })?;
    Ok(found)
}

fn visit(directory: &Path, each: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    for entry in std::fs::read_dir(directory).with_context(|| format!("list {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() { visit(&path, each)? } else { each(&path)? }
    }
    Ok(())
}
