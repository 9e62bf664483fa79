//! Files stay short, by a ratchet: a file past the limit stands in `long-files.txt` with its length and may only shrink.

use super::tree::Tree;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Lines of a source file. Nine in ten files of well-kept code of this kind are below 350 to 550.
const LINES_MAX: usize = 500;
const RATCHET: &str = "xtask/long-files.txt";

/// Finds files past the limit that are not in the list, or longer than the list says.
pub fn check(tree: &Tree) -> Result<Vec<String>> {
    let allowed = ratchet(&tree.root)?;
    let mut breaches = Vec::new();
    for (path, lines) in long_files(tree) {
        match allowed.get(&path) {
            Some(allowed) if lines <= *allowed => {}
            Some(allowed) => breaches.push(format!("{path} grew from {allowed} to {lines} lines")),
            None => breaches.push(format!("{path} has {lines} lines; cut it along a noun (limit {LINES_MAX})")),
        }
    }
    Ok(breaches)
}

/// Writes the list as the files are, dropping those that became short and never raising a number.
pub fn write_ratchet(root: &Path) -> Result<()> {
    let old = ratchet(root)?;
    let tree = Tree::read(root)?;
    let mut text = String::new();
    for (path, lines) in long_files(&tree) {
        if let Some(allowed) = old.get(&path) {
            let _ = writeln!(text, "{} {path}", lines.min(*allowed));
        }
    }
    if text.is_empty() && old.is_empty() {
        return Ok(());
    }
    std::fs::write(root.join(RATCHET), text).with_context(|| format!("write {RATCHET}"))
}

fn long_files(tree: &Tree) -> BTreeMap<String, usize> {
    let length = |(path, text): (&Path, String)| (path.to_string_lossy().into_owned(), text.lines().count());
    tree.texts(&[".rs", ".ts", ".tsx", ".css"]).map(length).filter(|(_, lines)| *lines > LINES_MAX).collect()
}

fn ratchet(root: &Path) -> Result<BTreeMap<String, usize>> {
    let text = std::fs::read_to_string(root.join(RATCHET)).unwrap_or_default();
    let entry = |line: &str| {
        let (lines, path) = line.split_once(' ').with_context(|| format!("{RATCHET}: `{line}` is not `lines path`"))?;
        Ok((path.to_owned(), lines.parse().with_context(|| format!("{RATCHET}: `{lines}` is not a number"))?))
    };
    text.lines().map(entry).collect()
}
