//! Crate pages, the table of crates in ARCHITECTURE.md, and links between documents.

use super::tree::{Crate, Tree};
use anyhow::{Context, Result};
use std::path::Path;

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const BEGIN: &str = "<!-- crates: written by `cargo xtask gen` from the first sentence of each crate's page -->\n";
const END: &str = "<!-- crates: end -->";

/// Every crate has a first sentence, and the table in ARCHITECTURE.md is what those sentences make it.
pub fn check_crates(tree: &Tree) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for own in &tree.crates {
        if sentence(&tree.root, own).is_none() {
            breaches.push(format!("{} does not open with a sentence (`//! ...`)", own.directory.display()));
        }
    }
    let text = std::fs::read_to_string(tree.root.join(ARCHITECTURE)).unwrap_or_default();
    match with_table(&text, &table(tree)) {
        Ok(fresh) if fresh == text => {}
        Ok(_) => breaches.push(format!("the table of crates in {ARCHITECTURE} is stale; run `cargo xtask gen`")),
        Err(error) => breaches.push(error.to_string()),
    }
    Ok(breaches)
}

/// Rewrites the table.
pub fn write_crate_table(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let path = root.join(ARCHITECTURE);
    let text = std::fs::read_to_string(&path).with_context(|| format!("read {ARCHITECTURE}"))?;
    std::fs::write(&path, with_table(&text, &table(&tree))?).with_context(|| format!("write {ARCHITECTURE}"))
}

/// Relative links of every Markdown file name a file or directory that exists; a README is reached from somewhere.
pub fn check_links(tree: &Tree) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for (path, text) in tree.texts(&[".md"]) {
        let directory = path.parent().unwrap_or(Path::new(""));
        for target in links(&text) {
            let file = target.split('#').next().unwrap_or_default();
            let is_elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            if !is_elsewhere && !tree.root.join(directory).join(file).exists() {
                breaches.push(format!("{}: nothing at `{target}`", path.display()));
            }
        }
    }
    for name in ["README.md", ARCHITECTURE, "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        if !tree.root.join(name).is_file() {
            breaches.push(format!("{name} is missing"));
        }
    }
    Ok(breaches)
}

fn table(tree: &Tree) -> String {
    let mut table = String::from("\n| crate | what it is |\n| --- | --- |\n");
    for own in &tree.crates {
        let directory = own.directory.display();
        let sentence = sentence(&tree.root, own).unwrap_or_default().replace('|', "\\|");
        table.push_str(&format!("| [`{directory}`]({directory}) | {sentence} |\n"));
    }
    table.push('\n');
    table
}

fn with_table(text: &str, table: &str) -> Result<String> {
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("{ARCHITECTURE} has no line `{}`", BEGIN.trim_end()))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{ARCHITECTURE} has no line `{END}`"))?;
    Ok(format!("{before}{BEGIN}{table}{END}{after}"))
}

/// The first sentence of a crate's page, on one line, with its full stop.
fn sentence(root: &Path, own: &Crate) -> Option<String> {
    let source = root.join(&own.directory).join("src");
    let text = std::fs::read_to_string(source.join("lib.rs")).or_else(|_| std::fs::read_to_string(source.join("main.rs"))).ok()?;
    let page = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).take_while(|line| !line.is_empty());
    let paragraph = page.collect::<Vec<_>>().join(" ");
    let end = paragraph.find(". ").unwrap_or(paragraph.len());
    let sentence = paragraph[..end].trim_end_matches('.');
    (!sentence.is_empty()).then(|| format!("{sentence}."))
}

/// Targets of `[text](target)` outside code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let mut prose = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        while let Some(at) = prose.find("](") {
            let rest = prose[at + 2..].to_owned();
            if let Some(end) = rest.find(')') {
                found.push(rest[..end].to_owned());
            }
            prose = rest;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn links_are_found_outside_code() {
        let text = "see [a](x.md) and [`b`](y.md#z)\n```\n[no](code.md)\n```\n`[no](code.md)`";
        assert_eq!(links(text), ["x.md", "y.md#z"]);
    }
}
