//! Licences of dependencies, and libraries that must not come in at all.

use super::tree::{Tree, text};
use anyhow::{Context, Result};

/// Licences under which others' code may be linked into the binary.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
];

/// Never in the lock file, with the reason.
const REFUSED: &[(&str, &str)] = &[
    ("fancy-regex", "it backtracks; patterns come from strangers"),
    ("pcre2", "it backtracks; patterns come from strangers"),
    ("onig", "it backtracks; patterns come from strangers"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
];

/// Finds packages without an allowed licence, from elsewhere than the registry, or on the refused list.
pub fn check(tree: &Tree) -> Result<Vec<String>> {
    let packages = tree.metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut breaches = Vec::new();
    for package in packages {
        let (name, version, source) = (text(&package["name"]), text(&package["version"]), text(&package["source"]));
        if source.is_empty() {
            continue;
        }
        let licence = text(&package["license"]);
        if !is_allowed(&licence) {
            breaches.push(format!("{name} {version}: licence `{licence}`"));
        }
        if !source.starts_with("registry+") {
            breaches.push(format!("{name} {version} comes from {source}, not from the registry"));
        }
        if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            breaches.push(format!("{name} {version} is refused: {reason}"));
        }
    }
    Ok(breaches)
}

/// Whether an SPDX expression can be satisfied by [`ALLOWED`]. `/` is the old spelling of OR.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let tokens: Vec<&str> = expression.split_whitespace().flat_map(split_parentheses).collect();
    let mut rest = tokens.as_slice();
    !rest.is_empty() && any_of(&mut rest) && rest.is_empty()
}

fn any_of(rest: &mut &[&str]) -> bool {
    let mut holds = all_of(rest);
    while take(rest, "OR") {
        holds |= all_of(rest);
    }
    holds
}

fn all_of(rest: &mut &[&str]) -> bool {
    let mut holds = one(rest);
    while take(rest, "AND") {
        holds &= one(rest);
    }
    holds
}

fn one(rest: &mut &[&str]) -> bool {
    if take(rest, "(") {
        let holds = any_of(rest);
        return take(rest, ")") && holds;
    }
    let Some((name, after)) = rest.split_first() else { return false };
    *rest = after;
    if !take(rest, "WITH") {
        return ALLOWED.contains(name);
    }
    let Some((exception, after)) = rest.split_first() else { return false };
    *rest = after;
    ALLOWED.contains(&format!("{name} WITH {exception}").as_str())
}

fn take(rest: &mut &[&str], token: &str) -> bool {
    match rest.split_first() {
        Some((first, after)) if *first == token => {
            *rest = after;
            true
        }
        _ => false,
    }
}

fn split_parentheses(word: &str) -> impl Iterator<Item = &str> {
    word.split_inclusive(['(', ')'])
        .flat_map(|part| match part.char_indices().next_back() {
            Some((at, '(' | ')')) => [&part[..at], &part[at..]],
            _ => [part, ""],
        })
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn expressions() {
        for good in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "GPL-3.0 OR MIT",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        ] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0", "Apache-2.0 WITH Other-exception"] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
