//! What the doors for senders are told.

use super::file::{CorsTable, IngestTable};
use super::{Picker, Setting, unit};
use crate::cli::ServerFlags;
use anyhow::{Context, Result, bail, ensure};
use glasshive_receive_otlp::config::{OtlpConfig, ThrottleStatus};
use http::HeaderName;
use std::time::Duration;

/// A smaller limit refuses what SDKs send in one piece.
const BODY_LEAST: usize = 64 << 10;
/// More are a mistake in whatever wrote them.
const BASE_PATHS_MOST: usize = 32;

/// What the doors for senders are told.
#[derive(Debug, Clone)]
pub struct Ingest {
    /// Further web origins that may send.
    pub origins: Setting<Vec<String>>,
    /// Further request headers that pages may send, lower case.
    pub headers: Setting<Vec<String>>,
    /// Paths in front of `/v1/{signal}` besides none and `/otlp`.
    pub base_paths: Setting<Vec<String>>,
    /// Most bytes of a request body.
    pub max_body: Setting<usize>,
    /// The status by which pressure is told.
    pub throttle_status: Setting<ThrottleStatus>,
    /// Age beyond which an event is rejected; `None` = none is.
    pub max_age: Setting<Option<Duration>>,
    /// How far ahead of its receipt an event may be before it is marked.
    pub max_future: Setting<Duration>,
}

impl Ingest {
    /// `room` is what bodies on their way may take together, bytes.
    pub(super) fn resolve(pick: &Picker<'_>, flags: &ServerFlags, file: IngestTable, cors: CorsTable, room: usize) -> Result<Self> {
        let usual = OtlpConfig::default();
        let found = Self {
            origins: pick.one("cors_origins", flags.cors_origins.clone(), cors.origins, Vec::new()),
            headers: pick
                .one("cors_headers", flags.cors_headers.clone(), cors.headers, Vec::new())
                .map(|names| names.iter().map(|name| header(name).context("--cors-header")).collect())
                .transpose()?,
            base_paths: pick
                .one("ingest_base_paths", flags.ingest_base_paths.clone(), file.base_paths, Vec::new())
                .map(|paths| base_paths(paths).context("--ingest-base-path"))
                .transpose()?,
            max_body: pick
                .one("ingest_max_body", flags.ingest_max_body.clone(), file.max_body, format!("{}B", usual.body_bytes.min(room)))
                .map(|text| unit::bytes(&text).context("--ingest-max-body"))
                .transpose()?,
            throttle_status: pick
                .one("ingest_throttle_status", flags.ingest_throttle_status, file.throttle_status, u16::from(usual.throttle_status))
                .map(|status| ThrottleStatus::try_from(status).map_err(anyhow::Error::msg).context("--ingest-throttle-status"))
                .transpose()?,
            max_age: pick
                .one("ingest_max_age", flags.ingest_max_age.clone(), file.max_age, "off".to_owned())
                .map(|text| unit::seconds_or_off(&text).context("--ingest-max-age"))
                .transpose()?,
            max_future: pick
                .one("ingest_max_future", flags.ingest_max_future.clone(), file.max_future, "10m".to_owned())
                .map(|text| unit::duration(&text).context("--ingest-max-future"))
                .transpose()?,
        };
        let (body, shown) = (found.max_body.value, |bytes: usize| unit::shown_bytes(bytes as u64));
        ensure!(body >= BODY_LEAST.min(room), "ingest.max_body is {}; {} are the least", shown(body), shown(BODY_LEAST.min(room)));
        ensure!(
            body <= room,
            "ingest.max_body is {}; all bodies on their way may take {} together: raise memory, or lower it",
            shown(body),
            shown(room)
        );
        Ok(found)
    }

    /// As the OTLP door takes it.
    pub fn otlp(&self) -> OtlpConfig {
        let usual = OtlpConfig::default();
        let further = self.base_paths.value.iter().filter(|path| !usual.base_paths.contains(path)).cloned();
        OtlpConfig {
            base_paths: usual.base_paths.iter().cloned().chain(further).collect(),
            body_bytes: self.max_body.value,
            throttle_status: self.throttle_status.value,
            max_age_s: self.max_age.value.map(|age| age.as_secs()),
            max_future_s: self.max_future.value.as_secs(),
            ..usual
        }
    }
}

fn header(name: &str) -> Result<String> {
    // Of all headers a page must be allowed by name; `*` counts for none that carries a credential.
    let name = HeaderName::from_bytes(name.as_bytes()).with_context(|| format!("`{name}` is no name of a header"))?;
    Ok(name.as_str().to_owned())
}

/// `/a/b`, each once, in order; the bare path is there anyway.
fn base_paths(paths: Vec<String>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in paths {
        if path == "/" {
            continue;
        }
        let Some(parts) = path.trim_end_matches('/').strip_prefix('/') else {
            bail!("`{path}` does not begin with a slash, as /telemetry does");
        };
        let plain = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        ensure!(parts.split('/').all(plain), "`{path}` is no plain path: letters, digits and -._~ between single slashes");
        ensure!(parts.split('/').next() != Some("hive"), "`{path}` is where the server's own API is");
        let path = format!("/{parts}");
        if !found.contains(&path) {
            found.push(path);
        }
    }
    ensure!(found.len() <= BASE_PATHS_MOST, "there are {} of them; {BASE_PATHS_MOST} are the most", found.len());
    Ok(found)
}
