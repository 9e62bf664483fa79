//! The server's settings: flags over environment over `glasshive.toml` over defaults, each with where it came from.

mod file;
mod ingest;
mod keeping;
mod memory;
mod placing;
mod retention;
mod shown;
#[cfg(test)]
pub(crate) mod tests;
mod unit;

pub use ingest::Ingest;
pub use keeping::Keeping;
pub use placing::{CatalogUrl, Placing, places};
pub use retention::Keep;
pub use shown::{render, rows};

use crate::cli::{Auth, DurabilityWord, ServerFlags};
use crate::serve::storage::QueryLimits;
use anyhow::{Context, Result, bail, ensure};
use clap::ArgMatches;
use clap::parser::ValueSource;
use glasshive_feature_keys::{KeySpec, SECRET_BYTES_LOOPBACK, SECRET_BYTES_OPEN_NETWORK};
use glasshive_query_engine::EngineConfig;
use glasshive_receive_otlp::config::{AuthMode, OtlpConfig};
use glasshive_store::{Durability, MergeConfig, StoreConfig};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time between syncs of the relaxed mode.
const RELAXED_INTERVAL: Duration = Duration::from_secs(1);

/// A setting's value, and who set it.
#[derive(Debug, Clone)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// Who set it.
    pub origin: Origin,
}

/// Who set a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag,
    /// This environment variable.
    Environment(String),
    /// This file.
    File(PathBuf),
    /// Nobody.
    Default,
}

/// Every setting of the server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Directory that holds everything.
    pub data: Setting<PathBuf>,
    /// Address for everything over HTTP.
    pub http: Setting<SocketAddr>,
    /// Address for OTLP over gRPC.
    pub grpc: Setting<SocketAddr>,
    /// Address of the X-Ray daemon's port; `None` = there is none.
    pub xray: Setting<Option<SocketAddr>>,
    /// Whether keys are needed.
    pub auth: Setting<Auth>,
    /// Whether open mode is allowed off loopback.
    pub insecure: Setting<bool>,
    /// Keys that must work, from flag, environment variable or file.
    pub keys: Setting<Vec<KeySpec>>,
    /// The file of further keys.
    pub key_file: Setting<Option<PathBuf>>,
    /// Keys from that file.
    pub file_keys: Vec<KeySpec>,
    /// What a success answer waits for.
    pub durability: Setting<DurabilityWord>,
    /// Address at which senders reach this server.
    pub public_url: Setting<Option<String>>,
    /// Further names in `Host` headers.
    pub server_names: Setting<Vec<String>>,
    /// What the doors for senders are told.
    pub ingest: Ingest,
    /// Where the catalog is.
    pub placing: Placing,
    /// What the store is told.
    pub keeping: Keeping,
    /// Whether data files are merged.
    pub merge: Setting<bool>,
    /// How long events are kept.
    pub retention: Keep,
    /// Longest time a query may take.
    pub query_time: Setting<Duration>,
    /// Most memory a query may take for its groups, bytes.
    pub query_memory: Setting<u64>,
    /// Whether the data directory may be on a network file system.
    pub allow_network_fs: Setting<bool>,
    /// What the server says of itself.
    pub log: Setting<String>,
}

// === impl Config ===

impl Config {
    /// Reads the settings file, if there is one, and merges it with flags and environment.
    ///
    /// # Errors
    /// When a value cannot be read, a setting is not known, or open mode is asked for off loopback without `--insecure`.
    pub fn resolve(flags: &ServerFlags, matches: &ArgMatches) -> Result<Self> {
        let file = file::read(flags.config.as_deref())?;
        let pick = Picker { matches, file: file.as_ref().map(|(path, _)| path.as_path()) };
        let (_, file) = file.clone().unwrap_or_default();
        let data = pick.one("data", flags.data.clone(), file.data.clone(), PathBuf::from("./glasshive-data"));
        let keeping = Keeping::resolve(&pick, flags, &file, &data.value)?;
        let placing = Placing::resolve(&pick, flags, &file)?;
        let http = pick.address("http", flags.http.clone(), file.http, "127.0.0.1:4318")?;
        let grpc = pick.address("grpc", flags.grpc.clone(), file.grpc, "127.0.0.1:4317")?;
        // Who takes any free port does not look for a daemon at a known one.
        let xray = if http.value.port() == 0 || grpc.value.port() == 0 { "off" } else { "127.0.0.1:2000" };
        let xray = pick.one("xray", flags.xray.clone(), file.xray.clone().and_then(|table| table.listen), xray.to_owned());
        let xray = xray.map(|text| address_or_off(&text).with_context(|| format!("--xray {text}"))).transpose()?;
        let on_loopback = http.value.ip().is_loopback() && grpc.value.ip().is_loopback();
        let auth_default = if on_loopback { Auth::Open } else { Auth::Keys };
        let secret_least = if on_loopback { SECRET_BYTES_LOOPBACK } else { SECRET_BYTES_OPEN_NETWORK };
        let key_file = pick.maybe("key_file", flags.key_file.clone(), file.key_file);
        let keys = pick.one("keys", flags.keys.clone(), file.keys, Vec::new());
        let room = keeping.body_bytes();
        let ingest = Ingest::resolve(&pick, flags, file.ingest.unwrap_or_default(), file.cors.unwrap_or_default(), room)?;
        let query = file.query.unwrap_or_default();
        let query_memory = format!("{}B", keeping.query_bytes(EngineConfig::default().slots));
        let config = Self {
            data,
            http,
            grpc,
            xray,
            auth: pick.one("auth", flags.auth, file.auth, auth_default),
            insecure: pick.one("insecure", flags.insecure, file.insecure, false),
            keys: keys.map(|keys| Ok(KeySpec::parse_list(&keys.join(" "), secret_least)?)).transpose()?,
            file_keys: key_file.value.as_deref().map_or(Ok(Vec::new()), |path| read_keys(path, secret_least))?,
            key_file,
            durability: pick.one("durability", flags.durability, file.durability, DurabilityWord::Fsync),
            public_url: pick.maybe("public_url", flags.public_url.clone(), file.public_url),
            server_names: pick.one("server_names", flags.server_names.clone(), file.server.and_then(|table| table.names), Vec::new()),
            ingest,
            placing,
            keeping,
            merge: pick.one("merge_enabled", flags.merge_enabled, file.merge.and_then(|table| table.enabled), true),
            retention: Keep::resolve(&pick, flags, file.retention.unwrap_or_default())?,
            query_time: pick
                .one("query_time", flags.query_time.clone(), query.time, "10s".to_owned())
                .map(|text| unit::duration(&text).context("--query-time"))
                .transpose()?,
            query_memory: pick
                .one("query_memory", flags.query_memory.clone(), query.memory, query_memory)
                .map(|text| unit::bytes(&text).map(|bytes| bytes as u64).context("--query-memory"))
                .transpose()?,
            allow_network_fs: pick.one("allow_network_fs", flags.allow_network_fs, file.allow_network_fs, false),
            log: pick.one("log", flags.log.clone(), file.log.and_then(|table| table.level), "info".to_owned()),
        };
        config.check(on_loopback)?;
        Ok(config)
    }

    fn check(&self, on_loopback: bool) -> Result<()> {
        if self.auth.value == Auth::Open && !on_loopback && !self.insecure.value {
            bail!(
                "--auth open on {} lets everyone who reaches this machine read and send; say --insecure to allow it, or leave \
                 --auth out to require keys",
                if self.http.value.ip().is_loopback() { self.grpc.value } else { self.http.value }
            );
        }
        ensure!(!self.query_time.value.is_zero(), "query.time is 0; a query needs time");
        ensure!(self.query_memory.value >= 1 << 20, "query.memory is less than 1 MiB, the least that works");
        Ok(())
    }

    /// The store's settings as it takes them.
    pub fn store(&self) -> StoreConfig {
        let keeping = &self.keeping;
        StoreConfig {
            shown_path: self.data.value.display().to_string(),
            durability: match self.durability.value {
                DurabilityWord::Fsync => Durability::Fsync,
                DurabilityWord::Relaxed => Durability::Relaxed { interval: RELAXED_INTERVAL },
            },
            flush_rows: keeping.flush_rows.value,
            live_bytes: usize::try_from(keeping.flush_bytes.value).unwrap_or(usize::MAX),
            flush_age: keeping.flush_age.value,
            segment_bytes: keeping.log_segment_bytes.value,
            log_max_bytes: keeping.log_max_bytes.value,
            merge: MergeConfig { enabled: self.merge.value, ..MergeConfig::default() },
            retention: self.retention.retention(),
            ..StoreConfig::default()
        }
    }

    /// The OTLP door's settings as it takes them.
    pub fn otlp(&self) -> OtlpConfig {
        OtlpConfig {
            auth: match self.auth.value {
                Auth::Open => AuthMode::Open,
                Auth::Keys => AuthMode::Keys,
            },
            ..self.ingest.otlp()
        }
    }

    /// What a query may take.
    pub fn query_limits(&self) -> QueryLimits {
        QueryLimits { time: self.query_time.value, memory_bytes: usize::try_from(self.query_memory.value).unwrap_or(usize::MAX) }
    }

    /// The keys of the flag and of the file.
    pub fn all_keys(&self) -> impl Iterator<Item = &KeySpec> {
        self.keys.value.iter().chain(&self.file_keys)
    }
}

/// Reads a file of keys, one a line.
fn read_keys(path: &Path, secret_least: usize) -> Result<Vec<KeySpec>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read the key file {}", path.display()))?;
    KeySpec::parse_file(&text, secret_least).with_context(|| format!("key file {}", path.display()))
}

// === impl Setting ===

impl<T> Setting<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: change(self.value), origin: self.origin }
    }
}

impl<T> Setting<Result<T>> {
    fn transpose(self) -> Result<Setting<T>> {
        Ok(Setting { value: self.value?, origin: self.origin })
    }
}

/// Decides who wins.
struct Picker<'a> {
    matches: &'a ArgMatches,
    file: Option<&'a Path>,
}

impl Picker<'_> {
    fn one<T>(&self, name: &str, flag: Option<T>, file: Option<T>, default: T) -> Setting<T> {
        let found = self.maybe(name, flag, file);
        Setting { origin: found.origin, value: found.value.unwrap_or(default) }
    }

    /// A setting that no flag has.
    fn of_file<T: Default>(&self, file: Option<T>) -> Setting<T> {
        let origin = self.file.filter(|_| file.is_some()).map_or(Origin::Default, |path| Origin::File(path.to_path_buf()));
        Setting { value: file.unwrap_or_default(), origin }
    }

    fn maybe<T>(&self, name: &str, flag: Option<T>, file: Option<T>) -> Setting<Option<T>> {
        let from_file = self.file.map(Path::to_path_buf).filter(|_| file.is_some());
        let origin = match (&flag, self.matches.value_source(name), from_file) {
            (Some(_), Some(ValueSource::EnvVariable), _) => Origin::Environment(environment_name(name)),
            (Some(_), _, _) => Origin::Flag,
            (None, _, Some(path)) => Origin::File(path),
            (None, _, None) => Origin::Default,
        };
        Setting { value: flag.or(file), origin }
    }

    fn address(&self, name: &str, flag: Option<String>, file: Option<String>, default: &str) -> Result<Setting<SocketAddr>> {
        self.one(name, flag, file, default.to_owned()).map(|text| address(&text).with_context(|| format!("--{name} {text}"))).transpose()
    }
}

/// Reads `host:port` or `:port`; a name is looked up, and its first address taken.
fn address(text: &str) -> Result<SocketAddr> {
    let text = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_owned() };
    let mut found = text.to_socket_addrs().context("expected an address and a port, such as 127.0.0.1:4318")?;
    found.next().context("the name has no address")
}

fn address_or_off(text: &str) -> Result<Option<SocketAddr>> {
    if text == "off" { Ok(None) } else { address(text).map(Some) }
}

/// The environment variable of a setting.
fn environment_name(name: &str) -> String {
    match name {
        "key_file" => "GLASSHIVE_KEYS_FILE".to_owned(),
        name => format!("GLASSHIVE_{}", name.to_uppercase()),
    }
}
