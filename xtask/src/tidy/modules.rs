//! No dead files: every source file is named by a `mod` of its crate.

use super::tree::Tree;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// Finds files below `src/` that no `mod` statement of their crate names.
pub fn check(tree: &Tree) -> Result<Vec<String>> {
    let mut sources: BTreeMap<&Path, String> = BTreeMap::new();
    for (path, text) in tree.texts(&[".rs"]) {
        if let Some(own) = tree.crates.iter().find(|own| path.starts_with(own.directory.join("src"))) {
            sources.entry(&own.directory).or_default().push_str(&text);
        }
    }
    let mut breaches = Vec::new();
    for path in tree.files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
        let Some(own) = tree.crates.iter().find(|own| path.starts_with(own.directory.join("src"))) else { continue };
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_entry = matches!(&*stem, "lib" | "main" | "mod") || path.starts_with(own.directory.join("src/bin"));
        let named = sources.get(own.directory.as_path()).is_some_and(|text| text.contains(&format!("mod {stem};")));
        if !is_entry && !named {
            breaches.push(format!("{} is part of no module", path.display()));
        }
    }
    Ok(breaches)
}
