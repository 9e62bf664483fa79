//! The floors: which crates may import which, and what stays outside a crate altogether.

use super::tree::{Crate, Tree};
use anyhow::Result;
use std::path::Path;

/// Tests of the whole product and developer tools: nothing imports them.
const TOP: u8 = 7;

/// Folders are floors. The first prefix that fits decides.
const FLOORS: &[(&str, u8)] = &[
    ("crates/base", 0),
    ("crates/model", 1),
    ("crates/wire", 1),
    ("crates/hive-gen", 1),
    ("crates/receive", 2),
    ("crates/store", 2),
    ("crates/query", 3),
    ("crates/features", 4),
    ("crates/api", 5),
    ("crates/glasshive", 6),
    ("tests", TOP),
    ("fuzz", TOP),
    ("benchmarks", TOP),
    ("xtask", TOP),
];

/// Two crates of one floor, where one may import the other. Each pair has its reason.
const SIBLINGS: &[(&str, &str)] = &[
    // The engine executes the plan; the plan stays free of the engine's weight so that clients and tests can parse with it.
    ("glasshive-query-engine", "glasshive-query-plan"),
    // The server's pieces share the clocks, error kinds and metrics.
    ("glasshive-base-http", "glasshive-base"),
];

/// What only the named crates may depend on, outside their tests and the crates of the top floor.
const WALLS: &[(&str, &[&str])] = &[
    ("datafusion", &["glasshive-query-engine"]),
    ("sqlx", &["glasshive-store"]),
    ("hyper", &["glasshive-base-http"]),
    ("clap", &["glasshive", "glasshive-hive-gen"]),
    ("anyhow", &["glasshive", "glasshive-hive-gen"]),
    (
        "glasshive-base-http",
        &[
            "glasshive-receive-otlp",
            "glasshive-receive-xray",
            "glasshive-api-hive",
            "glasshive-api-web",
            "glasshive-api-xray",
            "glasshive",
            "glasshive-hive-gen",
        ],
    ),
];

/// What the named crates may not depend on, because they must build and test in seconds.
const KEPT_OUT: &[(&str, &[&str])] =
    &[("crates/wire", &["tokio", "glasshive-model", "glasshive-base-http"]), ("crates/model", &["tokio", "glasshive-base-http"])];

/// Every import leads downwards.
pub fn check(tree: &Tree) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for own in &tree.crates {
        let Some(floor) = floor(&own.directory) else {
            breaches.push(format!("{} stands on no floor: add its folder to the table", own.directory.display()));
            continue;
        };
        for dependency in &own.dependencies {
            let Some(other) = tree.crates.iter().find(|other| other.name == dependency.name) else { continue };
            let below = self::floor(&other.directory).is_some_and(|other| other < floor || dependency.is_dev && other == floor);
            if !below && !is_sibling_pair(own, other) {
                breaches.push(format!("{} imports {}, which is not below it", own.name, other.name));
            }
        }
    }
    Ok(breaches)
}

/// Heavy or dangerous libraries stay behind their walls.
pub fn check_walls(tree: &Tree) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for own in tree.crates.iter().filter(|own| floor(&own.directory) != Some(TOP)) {
        for dependency in own.dependencies.iter().filter(|dependency| !dependency.is_dev) {
            for (name, allowed) in WALLS {
                if dependency.name == *name && !allowed.contains(&own.name.as_str()) {
                    breaches.push(format!("{} imports {name}, which belongs to {}", own.name, allowed.join(", ")));
                }
            }
            for (directory, kept_out) in KEPT_OUT {
                if own.directory.starts_with(directory) && kept_out.contains(&dependency.name.as_str()) {
                    breaches.push(format!("{} imports {}, which is kept out of {directory}", own.name, dependency.name));
                }
            }
        }
    }
    Ok(breaches)
}

/// Every crate says `[lints] workspace = true`.
pub fn check_lints(tree: &Tree) -> Result<Vec<String>> {
    let follows = |own: &&Crate| {
        let manifest = std::fs::read_to_string(tree.root.join(&own.directory).join("Cargo.toml")).unwrap_or_default();
        manifest.contains("[lints]\nworkspace = true")
    };
    let breaches = tree.crates.iter().filter(|own| !follows(own));
    Ok(breaches.map(|own| format!("{} has no `[lints] workspace = true`", own.name)).collect())
}

fn floor(directory: &Path) -> Option<u8> {
    FLOORS.iter().find(|(prefix, _)| directory.starts_with(prefix)).map(|(_, floor)| *floor)
}

fn is_sibling_pair(own: &Crate, other: &Crate) -> bool {
    let is_on_top = floor(&own.directory) == Some(TOP);
    is_on_top || SIBLINGS.contains(&(own.name.as_str(), other.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Dependency;
    use super::*;

    fn one(name: &str, directory: &str, dependencies: &[(&str, bool)]) -> Crate {
        let dependency = |(name, is_dev): &(&str, bool)| Dependency { name: (*name).to_owned(), is_dev: *is_dev };
        Crate { name: name.to_owned(), directory: directory.into(), dependencies: dependencies.iter().map(dependency).collect() }
    }

    fn tree(crates: Vec<Crate>) -> Tree {
        Tree { root: ".".into(), files: Vec::new(), crates, metadata: serde_json::Value::Null }
    }

    #[test]
    fn imports_lead_downwards() {
        let found = check(&tree(vec![
            one("glasshive-model", "crates/model", &[("glasshive-store", false)]),
            one("glasshive-store", "crates/store", &[("glasshive-model", false), ("glasshive-receive-otlp", true)]),
            one("glasshive-receive-otlp", "crates/receive/otlp", &[("glasshive-store", false)]),
            one("stray", "elsewhere", &[]),
        ]));
        let found = found.unwrap();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("glasshive-model imports glasshive-store"), "{found:?}");
        assert!(found[1].contains("glasshive-receive-otlp imports glasshive-store"), "{found:?}");
        assert!(found[2].contains("elsewhere stands on no floor"), "{found:?}");
    }

    #[test]
    fn walls_hold() {
        let found = check_walls(&tree(vec![
            one("glasshive-api-hive", "crates/api/hive", &[("datafusion", false)]),
            one("glasshive-wire-otlp", "crates/wire/otlp", &[("tokio", false), ("proptest", true)]),
            one("glasshive-query-engine", "crates/query/engine", &[("datafusion", false)]),
        ]));
        assert_eq!(found.unwrap().len(), 2);
    }
}
