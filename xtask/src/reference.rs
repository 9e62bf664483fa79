//! Reference pages of commands, settings and API: made from what is checked in beside the code that it is printed or served by,
//! so that they can be compared without building anything.

mod api;
mod commands;
mod settings;

use crate::tidy::tree::Tree;
use anyhow::{Context, Result};
use std::path::Path;

/// A page, and what writes it.
type Page = (&'static str, fn(&Path) -> Result<String>);

const PAGES: &[Page] =
    &[("docs/reference/commands.md", commands::page), ("docs/reference/settings.md", settings::page), ("docs/reference/api.md", api::page)];

/// Every page is what it would be written as now.
pub fn check(tree: &Tree) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for (path, write) in PAGES {
        let written = std::fs::read_to_string(tree.root.join(path)).unwrap_or_default();
        match write(&tree.root) {
            Ok(fresh) if fresh == written => {}
            Ok(_) => breaches.push(format!("{path} is stale; run `cargo xtask gen`")),
            Err(error) => breaches.push(format!("{path} cannot be written: {error:#}")),
        }
    }
    Ok(breaches)
}

/// Writes every page.
pub fn write(root: &Path) -> Result<()> {
    for (path, page) in PAGES {
        let path = root.join(path);
        let directory = path.parent().context("a page lies in a directory")?;
        std::fs::create_dir_all(directory).with_context(|| format!("make {}", directory.display()))?;
        std::fs::write(&path, page(root)?).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

fn read(root: &Path, path: &str) -> Result<String> {
    std::fs::read_to_string(root.join(path)).with_context(|| format!("read {path}"))
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
