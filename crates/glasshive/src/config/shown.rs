//! `glasshive config`: every setting as the file names it, its value with its unit, and who set it. Secrets are masked.

use super::{Config, Origin, Setting, retention, unit};
use crate::screen::table::{Align, Table};
use glasshive_feature_keys::{KeySpec, Scope};
use std::fmt::Display;

/// The table of settings.
pub fn render(config: &Config, width: usize) -> String {
    let mut table = Table::new(&[("setting", Align::Left), ("value", Align::Left), ("from", Align::Left)]);
    rows(config).into_iter().for_each(|row| table.push(row.into()));
    table.render(width)
}

/// Every setting: its name, its value, and who set it.
pub fn rows(config: &Config) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String, origin: &Origin| rows.push([name.to_owned(), value, origin.to_string()]);
    row("data", config.data.value.display().to_string(), &config.data.origin);
    let catalog = config.placing.catalog.value.as_ref().map(|catalog| catalog.shown.clone());
    row("catalog.url", maybe(catalog), &config.placing.catalog.origin);
    let placing = &config.placing;
    row("objects.url", maybe(placing.objects.value.clone()), &placing.objects.origin);
    row("objects.endpoint", maybe(placing.endpoint.value.clone()), &placing.endpoint.origin);
    row("objects.region", placing.region.value.clone(), &placing.region.origin);
    row("objects.cache_bytes", unit::shown_bytes(placing.cache_bytes.value), &placing.cache_bytes.origin);
    row("http", config.http.value.to_string(), &config.http.origin);
    row("grpc", config.grpc.value.to_string(), &config.grpc.origin);
    let xray = config.xray.value.map_or_else(|| "off".to_owned(), |address| address.to_string());
    row("xray.listen", xray, &config.xray.origin);
    row("auth", word(&config.auth.value), &config.auth.origin);
    row("insecure", config.insecure.value.to_string(), &config.insecure.origin);
    row("keys", keys(&config.keys.value), &config.keys.origin);
    let key_file = config.key_file.value.as_ref().map(|path| format!("{} ({} keys)", path.display(), config.file_keys.len()));
    row("key_file", maybe(key_file), &config.key_file.origin);
    row("durability", word(&config.durability.value), &config.durability.origin);
    row("public_url", maybe(config.public_url.value.clone()), &config.public_url.origin);
    row("server.names", list(&config.server_names), &config.server_names.origin);
    let ingest = &config.ingest;
    row("cors.origins", list(&ingest.origins), &ingest.origins.origin);
    row("cors.headers", list(&ingest.headers), &ingest.headers.origin);
    let keeping = &config.keeping;
    let share = if keeping.memory_of.is_empty() { String::new() } else { format!(" ({})", keeping.memory_of) };
    row("memory", format!("{}{share}", unit::shown_bytes(keeping.memory.value)), &keeping.memory.origin);
    row("flush.rows", format!("{} rows", keeping.flush_rows.value), &keeping.flush_rows.origin);
    row("flush.bytes", unit::shown_bytes(keeping.flush_bytes.value), &keeping.flush_bytes.origin);
    row("flush.age", unit::shown_duration(keeping.flush_age.value), &keeping.flush_age.origin);
    row("log.segment_bytes", unit::shown_bytes(keeping.log_segment_bytes.value), &keeping.log_segment_bytes.origin);
    row("log.max_bytes", unit::shown_bytes(keeping.log_max_bytes.value), &keeping.log_max_bytes.origin);
    row("ingest.base_paths", list(&ingest.base_paths), &ingest.base_paths.origin);
    row("ingest.max_body", unit::shown_bytes(ingest.max_body.value as u64), &ingest.max_body.origin);
    row("ingest.throttle_status", u16::from(ingest.throttle_status.value).to_string(), &ingest.throttle_status.origin);
    let max_age = ingest.max_age.value.map_or_else(|| "off".to_owned(), unit::shown_duration);
    row("ingest.max_age", max_age, &ingest.max_age.origin);
    row("ingest.max_future", unit::shown_duration(ingest.max_future.value), &ingest.max_future.origin);
    row("merge.enabled", config.merge.value.to_string(), &config.merge.origin);
    let keep = &config.retention;
    row("retention.keep", retention::shown(keep.keep.value), &keep.keep.origin);
    row("retention.max_bytes", maybe(keep.max_bytes.value.map(unit::shown_bytes)), &keep.max_bytes.origin);
    let rules: Vec<String> = keep.rules.value.iter().map(retention::shown_rule).collect();
    row("retention.rules", maybe((!rules.is_empty()).then(|| rules.join("; "))), &keep.rules.origin);
    row("query.time", unit::shown_duration(config.query_time.value), &config.query_time.origin);
    row("query.memory", unit::shown_bytes(config.query_memory.value), &config.query_memory.origin);
    row("allow_network_fs", config.allow_network_fs.value.to_string(), &config.allow_network_fs.origin);
    row("log.level", config.log.value.clone(), &config.log.origin);
    rows
}

fn word(value: &impl clap::ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn list<T: Display>(setting: &Setting<Vec<T>>) -> String {
    if setting.value.is_empty() { "-".to_owned() } else { setting.value.iter().map(T::to_string).collect::<Vec<_>>().join(" ") }
}

/// Whose keys and of which kind; never the secrets.
fn keys(keys: &[KeySpec]) -> String {
    let shown = keys.iter().map(|key| {
        let environment = match &key.scope {
            Scope::Team => "*",
            Scope::Environment(slug) => slug,
        };
        format!("{environment}:{}:***", key.kind.word())
    });
    if keys.is_empty() { "-".to_owned() } else { shown.collect::<Vec<_>>().join(" ") }
}

fn maybe(value: Option<String>) -> String {
    value.unwrap_or_else(|| "-".to_owned())
}

impl Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Flag => f.write_str("flag"),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::File(path) => write!(f, "file {}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}
