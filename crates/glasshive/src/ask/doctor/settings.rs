//! Settings that make a server weaker than it could be.

use super::Finding;
use crate::cli::{Auth, DurabilityWord};
use crate::config::{CatalogUrl, Config, Origin};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Looks at the settings of a server that is started here.
pub fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_loopback = config.http.value.ip().is_loopback() && config.grpc.value.ip().is_loopback();
    if config.auth.value == Auth::Open && !is_loopback {
        findings.push(Finding::warn(
            "settings",
            format!("auth is open on {}: everyone who reaches it reads and sends", config.http.value),
            "leave out --auth and --insecure, and give senders keys (`glasshive keys create`)",
        ));
    }
    if config.durability.value == DurabilityWord::Relaxed {
        findings.push(Finding::warn(
            "settings",
            "durability is relaxed: power loss can take the last second of what was acknowledged",
            "leave out --durability where that matters",
        ));
    }
    if config.allow_network_fs.value {
        findings.push(Finding::warn(
            "settings",
            "network file systems are allowed: neither locks nor syncs can be relied on there",
            "put the data directory on a disk of this machine, and leave out --allow-network-fs",
        ));
    }
    if config.ingest.origins.value.iter().any(|origin| origin == "*") {
        findings.push(Finding::warn("settings", "pages of every origin may send (cors.origins has *)", "name the origins"));
    }
    if config.keys.origin == Origin::Flag && !config.keys.value.is_empty() {
        findings.push(Finding::warn(
            "settings",
            "keys stand on the command line, where `ps` shows them",
            "put them into a file and name it with --key-file",
        ));
    }
    if config.placing.catalog.origin == Origin::Flag && config.placing.catalog.value.as_ref().is_some_and(CatalogUrl::has_password) {
        findings.push(Finding::warn(
            "settings",
            "the password of the catalog's database stands on the command line, where `ps` shows it",
            "set GLASSHIVE_CATALOG_URL, or catalog.url in glasshive.toml",
        ));
    }
    let secret_files = [config.key_file.value.as_deref(), file_with_secrets(config)];
    for path in secret_files.into_iter().flatten() {
        findings.extend(readable_by_others(path));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("settings", "none makes the server weaker"));
    }
    findings
}

/// The settings file, where keys or a password stand in it.
fn file_with_secrets(config: &Config) -> Option<&Path> {
    let catalog = &config.placing.catalog;
    let with_password = catalog.value.as_ref().filter(|catalog| catalog.has_password()).map(|_| &catalog.origin);
    [Some(&config.keys.origin), with_password].into_iter().flatten().find_map(|origin| match origin {
        Origin::File(path) => Some(path.as_path()),
        _ => None,
    })
}

fn readable_by_others(path: &Path) -> Option<Finding> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        Finding::warn(
            "settings",
            format!("{path} holds secrets and others may read it (mode {:o})", mode & 0o777),
            format!("chmod 600 {path}"),
        )
    })
}
