//! `glasshive.toml`: the same settings as the flags, related ones in tables. `docs/reference/settings.md`
//! has a line on each, made from the flags that their comments name.

use crate::cli::{Auth, DurabilityWord};
use anyhow::{Context, Result};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What the file may hold. Anything else is refused by name.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// See `--data`.
    pub data: Option<PathBuf>,
    /// See `--http`.
    pub http: Option<String>,
    /// See `--grpc`.
    pub grpc: Option<String>,
    /// See `--auth`.
    pub auth: Option<Auth>,
    /// See `--insecure`.
    pub insecure: Option<bool>,
    /// See `--key`.
    pub keys: Option<Vec<String>>,
    /// See `--key-file`.
    pub key_file: Option<PathBuf>,
    /// See `--durability`.
    pub durability: Option<DurabilityWord>,
    /// See `--public-url`.
    pub public_url: Option<String>,
    /// See `--memory`.
    pub memory: Option<String>,
    /// See `--allow-network-fs`.
    pub allow_network_fs: Option<bool>,
    /// Where the catalog is.
    pub catalog: Option<CatalogTable>,
    /// Where data files are.
    pub objects: Option<ObjectsTable>,
    /// The X-Ray daemon's port.
    pub xray: Option<XrayTable>,
    /// What the server is called.
    pub server: Option<ServerTable>,
    /// Which web pages may send.
    pub cors: Option<CorsTable>,
    /// What is taken in.
    pub ingest: Option<IngestTable>,
    /// What a query may take.
    pub query: Option<QueryTable>,
    /// When live rows go to files.
    pub flush: Option<FlushTable>,
    /// Merging of data files.
    pub merge: Option<MergeTable>,
    /// How long events are kept.
    pub retention: Option<RetentionTable>,
    /// The write-ahead log, and what the server says of itself.
    pub log: Option<LogTable>,
}

/// `[catalog]`.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogTable {
    /// See `--catalog-url`.
    pub url: Option<String>,
}

/// `[objects]`. Its credentials are in the environment alone.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectsTable {
    /// See `--objects-url`.
    pub url: Option<String>,
    /// See `--objects-endpoint`.
    pub endpoint: Option<String>,
    /// See `--objects-region`.
    pub region: Option<String>,
    /// See `--objects-cache-bytes`.
    pub cache_bytes: Option<String>,
}

/// `[xray]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XrayTable {
    /// See `--xray`.
    pub listen: Option<String>,
}

/// `[server]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerTable {
    /// See `--server-name`.
    pub names: Option<Vec<String>>,
}

/// `[cors]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorsTable {
    /// See `--cors-origin`.
    pub origins: Option<Vec<String>>,
    /// See `--cors-header`.
    pub headers: Option<Vec<String>>,
}

/// `[ingest]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestTable {
    /// See `--ingest-base-path`.
    pub base_paths: Option<Vec<String>>,
    /// See `--ingest-max-body`.
    pub max_body: Option<String>,
    /// See `--ingest-throttle-status`.
    pub throttle_status: Option<u16>,
    /// See `--ingest-max-age`.
    pub max_age: Option<String>,
    /// See `--ingest-max-future`.
    pub max_future: Option<String>,
}

/// `[query]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryTable {
    /// See `--query-time`.
    pub time: Option<String>,
    /// See `--query-memory`.
    pub memory: Option<String>,
}

/// `[flush]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlushTable {
    /// See `--flush-rows`.
    pub rows: Option<usize>,
    /// See `--flush-bytes`.
    pub bytes: Option<String>,
    /// See `--flush-age`.
    pub age: Option<String>,
}

/// `[merge]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeTable {
    /// See `--merge-enabled`.
    pub enabled: Option<bool>,
}

/// `[retention]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionTable {
    /// See `--retention-keep`.
    pub keep: Option<String>,
    /// See `--retention-max-bytes`.
    pub max_bytes: Option<String>,
    /// What is kept for another time than `keep`.
    pub rules: Option<Vec<RuleTable>>,
}

/// `[[retention.rules]]`: which events, where what is not named is any, and how long they are kept.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTable {
    /// Slug of an environment.
    pub environment: Option<String>,
    /// `spans`, `logs` or another class of events.
    pub class: Option<String>,
    /// Slug of a dataset.
    pub dataset: Option<String>,
    /// How long they are kept.
    pub keep: String,
}

/// `[log]`.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogTable {
    /// See `--log`.
    pub level: Option<String>,
    /// See `--log-segment-bytes`.
    pub segment_bytes: Option<String>,
    /// See `--log-max-bytes`.
    pub max_bytes: Option<String>,
}

/// The named file, which must exist, or `./glasshive.toml` if it does.
pub fn read(named: Option<&Path>) -> Result<Option<(PathBuf, FileConfig)>> {
    let path = named.unwrap_or(Path::new("glasshive.toml"));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("read the settings file {}", path.display())),
    };
    let file = parse(&text).with_context(|| format!("settings file {}", path.display()))?;
    Ok(Some((path.to_path_buf(), file)))
}

/// Reads the file's text.
pub fn parse(text: &str) -> Result<FileConfig> {
    Ok(toml::from_str(text)?)
}

impl std::fmt::Debug for CatalogTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL may hold a password.
        f.write_str("CatalogTable")
    }
}
