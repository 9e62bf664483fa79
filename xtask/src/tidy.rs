//! The house rules as checks. Each prints every breach with its place; the task fails when there is one.

mod floors;
pub mod length;
mod licence;
mod modules;
pub mod pages;
pub mod tree;
mod words;

use anyhow::{Result, bail};
use std::path::Path;

/// One rule: its name, and what finds its breaches.
type Rule = (&'static str, fn(&tree::Tree) -> Result<Vec<String>>);

const RULES: &[Rule] = &[
    ("a crate imports only floors below it", floors::check),
    ("what must be kept out of a crate is kept out", floors::check_walls),
    ("every crate follows the workspace's lints", floors::check_lints),
    ("a crate's page opens with its sentence, and ARCHITECTURE.md has it", pages::check_crates),
    ("reference pages are what the code says", crate::reference::check),
    ("links in documents lead somewhere", pages::check_links),
    ("no words that promise later work", words::check),
    ("files stay short", length::check),
    ("every source file is part of its crate", modules::check),
    ("licences of dependencies are known and allowed", licence::check),
];

/// Runs every rule over the repository at `root`.
pub fn run(root: &Path) -> Result<()> {
    let tree = tree::Tree::read(root)?;
    let mut breaches = 0;
    for (name, rule) in RULES {
        let found = rule(&tree)?;
        println!("{} {name}", if found.is_empty() { "ok    " } else { "BREACH" });
        for breach in &found {
            println!("         {breach}");
        }
        breaches += found.len();
    }
    if breaches > 0 {
        bail!("{breaches} breaches of the house rules");
    }
    Ok(())
}
