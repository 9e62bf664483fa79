//! Every command and flag, declared once: parsing, `--help` and the environment variables come from here.

pub mod accounts;
mod tools;
pub mod verify;

pub use tools::{CheckFlags, DoctorFlags, ExportFlags, ExportFormat, ImportFlags};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use tools::{CHECK_EXAMPLES, DOCTOR_NOTES, EXPORT_EXAMPLES, IMPORT_EXAMPLES};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "glasshive",
    version,
    about = "A trace store that answers questions",
    long_about = "Glasshive receives OpenTelemetry traces, metrics and logs, keeps every event durably in one columnar store, and answers \
                  questions about them. Plain `glasshive` is `glasshive serve`.",
    after_help = "Settings: a flag wins over its environment variable, that over glasshive.toml, that over the default.",
    subcommand_required = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receive telemetry and answer questions, until Ctrl-C.
    Serve(ServerFlags),
    /// Serve, with a modest live stream of sample traffic.
    Demo(DemoFlags),
    /// Ask a question: a query in text or as a JSON specification.
    #[command(after_help = QUERY_EXAMPLES)]
    Query(QueryFlags),
    /// Show events as they are, newest first.
    #[command(after_help = ROWS_EXAMPLES)]
    Rows(RowsFlags),
    /// Draw one trace as a waterfall.
    Trace(TraceFlags),
    /// Print events as they arrive, until Ctrl-C.
    Tail(TailFlags),
    /// Assert on telemetry: exit with 0 when every group holds, 1 when one does not, 2 when that cannot be said.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckFlags),
    /// Find out why telemetry does not arrive, and what else is wrong, with what to do about it.
    #[command(after_help = DOCTOR_NOTES)]
    Doctor(DoctorFlags),
    /// Write events to a file: OTLP JSON lines, Parquet or CSV.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportFlags),
    /// Read events from files: OTLP JSON lines, or Parquet that was exported.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportFlags),
    /// Create, list, disable and enable keys.
    Keys(KeysFlags),
    /// Who may sign in: invite, list, reset, switch off and on.
    #[command(after_help = accounts::NOTES)]
    Accounts(accounts::AccountsFlags),
    /// Delete events for good: those of a trace, or with a value.
    #[command(after_help = DELETE_EXAMPLES)]
    Delete(DeleteFlags),
    /// Say that the server's wall clock is right after it has jumped, so that old events go again.
    ConfirmClock(ClockFlags),
    /// Print the effective settings of the server and where each came from.
    Config(ServerFlags),
    /// Look over a data directory without a server: is everything there and as it was written?
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::VerifyFlags),
}

const QUERY_EXAMPLES: &str = "\
Examples:
  glasshive query 'COUNT'
  glasshive query 'COUNT, P99(duration_ms) GROUP BY http.route LAST 30m'
  glasshive query 'HEATMAP(duration_ms) WHERE service.name = checkout'
  glasshive query --csv 'COUNT WHERE error = true GROUP BY name'
  glasshive query --data ./glasshive-data 'COUNT LAST 7d'
The language is on one page: docs/query.md.";

const ROWS_EXAMPLES: &str = "\
Examples:
  glasshive rows
  glasshive rows 'name, duration_ms, trace.trace_id WHERE error = true LAST 1h'
  glasshive rows --csv 'WHERE service.name = checkout LIMIT 1000'";

const DELETE_EXAMPLES: &str = "\
Examples:
  glasshive delete --equals user.id=4711 --yes
  glasshive delete --trace 5b8efff798038103d269b633813fc60c --yes
  glasshive delete --list";

/// How the server runs.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerFlags {
    /// Directory that holds everything [default: ./glasshive-data]
    #[arg(long, value_name = "DIR", env = "GLASSHIVE_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,
    /// PostgreSQL database of the catalog, postgres://user:password@host/database; `ps` shows flags: prefer the variable or the
    /// file [default: none, the catalog is a file in the data directory]
    #[arg(long, value_name = "URL", env = "GLASSHIVE_CATALOG_URL", hide_env_values = true)]
    pub catalog_url: Option<String>,
    /// Object store of the data files, s3://bucket/prefix; it is reached with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY [default: none,
    /// data files are in the data directory]
    #[arg(long, value_name = "URL", env = "GLASSHIVE_OBJECTS_URL", hide_env_values = true)]
    pub objects_url: Option<String>,
    /// Server of the object store, when it is not Amazon's [default: that of the region]
    #[arg(long, value_name = "URL", env = "GLASSHIVE_OBJECTS_ENDPOINT", hide_env_values = true)]
    pub objects_endpoint: Option<String>,
    /// Region of the object store [default: us-east-1]
    #[arg(long, value_name = "NAME", env = "GLASSHIVE_OBJECTS_REGION", hide_env_values = true)]
    pub objects_region: Option<String>,
    /// Bytes of objects that may be kept on the local disk to be read again [default: 10GiB]
    #[arg(long, value_name = "SIZE", env = "GLASSHIVE_OBJECTS_CACHE_BYTES", hide_env_values = true)]
    pub objects_cache_bytes: Option<String>,
    /// Address for everything over HTTP; port 0 takes a free one [default: 127.0.0.1:4318]
    #[arg(long, value_name = "ADDR", env = "GLASSHIVE_HTTP", hide_env_values = true)]
    pub http: Option<String>,
    /// Address for OTLP over gRPC [default: 127.0.0.1:4317]
    #[arg(long, value_name = "ADDR", env = "GLASSHIVE_GRPC", hide_env_values = true)]
    pub grpc: Option<String>,
    /// Address of the X-Ray daemon's port, UDP and TCP, or off; it asks for no key [default: 127.0.0.1:2000; off where --http or --grpc has port 0]
    #[arg(long, value_name = "ADDR", env = "GLASSHIVE_XRAY", hide_env_values = true)]
    pub xray: Option<String>,
    /// Whether keys are needed [default: open on loopback addresses, else keys]
    #[arg(long, value_enum, env = "GLASSHIVE_AUTH", hide_env_values = true)]
    pub auth: Option<Auth>,
    /// Allow `--auth open` on addresses that other machines can reach
    #[arg(long, env = "GLASSHIVE_INSECURE", hide_env_values = true, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub insecure: Option<bool>,
    /// A key that must work, `ENVIRONMENT:KIND:SECRET`; may be repeated. `ps` shows flags: prefer --key-file
    #[arg(long = "key", value_name = "KEY", env = "GLASSHIVE_KEYS", hide_env_values = true, value_delimiter = ' ')]
    pub keys: Option<Vec<String>>,
    /// A file of such keys, one a line; `#` starts a comment
    #[arg(long, value_name = "FILE", env = "GLASSHIVE_KEYS_FILE", hide_env_values = true)]
    pub key_file: Option<PathBuf>,
    /// What a success answer waits for [default: fsync]
    #[arg(long, value_enum, env = "GLASSHIVE_DURABILITY", hide_env_values = true)]
    pub durability: Option<DurabilityWord>,
    /// Address at which senders reach this server, for the lines it prints
    #[arg(long, value_name = "URL", env = "GLASSHIVE_PUBLIC_URL", hide_env_values = true)]
    pub public_url: Option<String>,
    /// A further name this server is called by in `Host` headers; may be repeated
    #[arg(long = "server-name", value_name = "NAME", env = "GLASSHIVE_SERVER_NAMES", hide_env_values = true, value_delimiter = ' ')]
    pub server_names: Option<Vec<String>>,
    /// A web origin whose pages may send telemetry, besides those on loopback; may be repeated
    #[arg(long = "cors-origin", value_name = "ORIGIN", env = "GLASSHIVE_CORS_ORIGINS", hide_env_values = true, value_delimiter = ' ')]
    pub cors_origins: Option<Vec<String>>,
    /// A request header that such pages may send besides those of SDKs and keys; may be repeated
    #[arg(long = "cors-header", value_name = "NAME", env = "GLASSHIVE_CORS_HEADERS", hide_env_values = true, value_delimiter = ' ')]
    pub cors_headers: Option<Vec<String>>,
    /// A path in front of `/v1/traces`, `/v1/logs` and `/v1/metrics` besides none and `/otlp`, as a proxy leaves it; may be repeated
    #[arg(
        long = "ingest-base-path",
        value_name = "PATH",
        env = "GLASSHIVE_INGEST_BASE_PATHS",
        hide_env_values = true,
        value_delimiter = ' '
    )]
    pub ingest_base_paths: Option<Vec<String>>,
    /// Most bytes of a request body, compressed and decompressed alike; more is refused [default: 64MiB, less where memory is short]
    #[arg(long, value_name = "SIZE", env = "GLASSHIVE_INGEST_MAX_BODY", hide_env_values = true)]
    pub ingest_max_body: Option<String>,
    /// Status that tells senders to try again while the server is full: 503, which old Python exporters need, or 429 [default: 503]
    #[arg(long, value_name = "STATUS", env = "GLASSHIVE_INGEST_THROTTLE_STATUS", hide_env_values = true)]
    pub ingest_throttle_status: Option<u16>,
    /// Memory that the process plans with, such as 4GiB or 50% of the machine's or the container's [default: 75%]
    #[arg(long, value_name = "SIZE", env = "GLASSHIVE_MEMORY", hide_env_values = true)]
    pub memory: Option<String>,
    /// Live rows that start a flush to files [default: 524288]
    #[arg(long, value_name = "N", env = "GLASSHIVE_FLUSH_ROWS", hide_env_values = true)]
    pub flush_rows: Option<usize>,
    /// Bytes of live rows that start a flush; at twice as many nothing more is taken in [default: an eighth of --memory]
    #[arg(long, value_name = "SIZE", env = "GLASSHIVE_FLUSH_BYTES", hide_env_values = true)]
    pub flush_bytes: Option<String>,
    /// Age of the oldest live row that starts a flush, such as 5m [default: 15m]
    #[arg(long, value_name = "DURATION", env = "GLASSHIVE_FLUSH_AGE", hide_env_values = true)]
    pub flush_age: Option<String>,
    /// Size of a segment of the write-ahead log [default: 64MiB]
    #[arg(long, value_name = "SIZE", env = "GLASSHIVE_LOG_SEGMENT_BYTES", hide_env_values = true)]
    pub log_segment_bytes: Option<String>,
    /// Bytes of log beyond which flushed segments are freed although they are younger than ten minutes, in which a request that is
    /// sent again is known [default: 10GiB, at most a fifth of the disk]
    #[arg(long, value_name = "SIZE", env = "GLASSHIVE_LOG_MAX_BYTES", hide_env_values = true)]
    pub log_max_bytes: Option<String>,
    /// Age beyond which an event is rejected, such as 30d or off; retention goes by receipt [default: off]
    #[arg(long, value_name = "DURATION", env = "GLASSHIVE_INGEST_MAX_AGE", hide_env_values = true)]
    pub ingest_max_age: Option<String>,
    /// How far ahead of its receipt an event may be before it is marked meta.future [default: 10m]
    #[arg(long, value_name = "DURATION", env = "GLASSHIVE_INGEST_MAX_FUTURE", hide_env_values = true)]
    pub ingest_max_future: Option<String>,
    /// Whether data files are merged into fewer [default: true]
    #[arg(long, env = "GLASSHIVE_MERGE_ENABLED", hide_env_values = true, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub merge_enabled: Option<bool>,
    /// How long events are kept after they were received, such as 60d; glasshive.toml may say more for some [default: forever]
    #[arg(long, value_name = "DURATION", env = "GLASSHIVE_RETENTION_KEEP", hide_env_values = true)]
    pub retention_keep: Option<String>,
    /// Bytes of data files beyond which the oldest events are deleted [default: none, nothing is deleted for want of room]
    #[arg(long, value_name = "SIZE", env = "GLASSHIVE_RETENTION_MAX_BYTES", hide_env_values = true)]
    pub retention_max_bytes: Option<String>,
    /// Longest time a query may take, such as 10s [default: 10s]
    #[arg(long, value_name = "DURATION", env = "GLASSHIVE_QUERY_TIME", hide_env_values = true)]
    pub query_time: Option<String>,
    /// Most memory a query may take for its groups, such as 1GiB [default: 256MiB, less where memory is short]
    #[arg(long, value_name = "SIZE", env = "GLASSHIVE_QUERY_MEMORY", hide_env_values = true)]
    pub query_memory: Option<String>,
    /// What the server says of itself on standard error: error, warn, info, debug [default: info]
    #[arg(long, value_name = "LEVEL", env = "GLASSHIVE_LOG", hide_env_values = true)]
    pub log: Option<String>,
    /// Use a data directory on a network file system, where neither locks nor syncs can be relied on
    #[arg(long, env = "GLASSHIVE_ALLOW_NETWORK_FS", hide_env_values = true, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub allow_network_fs: Option<bool>,
    /// Settings file [default: ./glasshive.toml when there is one]
    #[arg(long, value_name = "FILE", env = "GLASSHIVE_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
}

/// `glasshive demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoFlags {
    /// Spans a second of the sample traffic
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub rate: u32,
    /// Seed of the sample traffic, which also depends on when it starts
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How the server runs.
    #[command(flatten)]
    pub server: ServerFlags,
}

/// Which server to talk to, and as whom.
#[derive(Debug, Clone, Args)]
pub struct ClientFlags {
    /// The server
    #[arg(long, value_name = "URL", env = "GLASSHIVE_SERVER", hide_env_values = true, default_value = "http://127.0.0.1:4318")]
    pub server: String,
    /// A configuration key to ask with; an admin key for keys, accounts and deletions
    #[arg(long, value_name = "SECRET", env = "GLASSHIVE_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// The environment [default: the key's, or local]
    #[arg(long, short = 'e', value_name = "NAME", env = "GLASSHIVE_ENVIRONMENT", hide_env_values = true)]
    pub environment: Option<String>,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Default, Args)]
#[group(multiple = false)]
pub struct OutputFlags {
    /// Print JSON, as the API answers it
    #[arg(long)]
    pub json: bool,
    /// Print CSV
    #[arg(long)]
    pub csv: bool,
}

/// `glasshive query`.
#[derive(Debug, Clone, Args)]
pub struct QueryFlags {
    /// The query: text, or a JSON specification when it begins with `{`; `-` reads standard input [default: COUNT]
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Ask a data directory without a server; nothing in it is changed
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Table, JSON or CSV.
    #[command(flatten)]
    pub output: OutputFlags,
    /// Where to ask.
    #[command(flatten)]
    pub client: ClientFlags,
}

/// `glasshive rows`.
#[derive(Debug, Clone, Args)]
pub struct RowsFlags {
    /// Which fields of which events: columns, then WHERE, IN, LIMIT and time as in a query; `-` reads standard input [default: LIMIT 20]
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Table, JSON or CSV.
    #[command(flatten)]
    pub output: OutputFlags,
    /// Where to ask.
    #[command(flatten)]
    pub client: ClientFlags,
}

/// `glasshive trace`.
#[derive(Debug, Clone, Args)]
pub struct TraceFlags {
    /// The trace's id in any spelling: 32 or 16 hex digits, X-Ray's 1-8-24, a dashed UUID
    #[arg(value_name = "ID")]
    pub id: String,
    /// A time near the trace (RFC 3339, or seconds to nanoseconds since 1970), which makes looking faster
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Print JSON, as the API answers it
    #[arg(long)]
    pub json: bool,
    /// Where to ask.
    #[command(flatten)]
    pub client: ClientFlags,
}

/// `glasshive tail`.
#[derive(Debug, Clone, Args)]
pub struct TailFlags {
    /// Which events, as in a query's WHERE; all when left out
    #[arg(value_name = "FILTER")]
    pub filter: Vec<String>,
    /// Fields to print, in this order; may be repeated or separated by commas
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Stop after this many events
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Where to ask.
    #[command(flatten)]
    pub client: ClientFlags,
}

/// `glasshive keys`.
#[derive(Debug, Clone, Args)]
pub struct KeysFlags {
    /// What to do with them.
    #[command(subcommand)]
    pub command: KeysCommand,
}

/// `glasshive delete`.
#[derive(Debug, Clone, Args)]
pub struct DeleteFlags {
    /// Events of this trace, its id in any spelling
    #[arg(long, value_name = "ID")]
    pub trace: Option<String>,
    /// Events with this value of an attribute, as text; may be repeated, then all must hold
    #[arg(long, value_name = "KEY=VALUE")]
    pub equals: Vec<String>,
    /// Of those only the ones in this dataset
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// Of those only the ones from this time on (RFC 3339, or seconds to nanoseconds since 1970)
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Of those only the ones before this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Really delete them: there is no way back
    #[arg(long)]
    pub yes: bool,
    /// Show what was deleted on request until now, and delete nothing
    #[arg(long, conflicts_with_all = ["trace", "equals", "dataset", "from", "to", "yes"])]
    pub list: bool,
    /// Print JSON, as the API answers it
    #[arg(long)]
    pub json: bool,
    /// Where to ask.
    #[command(flatten)]
    pub client: ClientFlags,
}

/// `glasshive confirm-clock`.
#[derive(Debug, Clone, Args)]
pub struct ClockFlags {
    /// Whom to tell.
    #[command(flatten)]
    pub client: ClientFlags,
}

/// What to do with keys.
#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// Make a key; its secret is printed once.
    Create {
        /// What it opens: ingest, configuration, browser, admin
        #[arg(long, value_name = "KIND", default_value = "ingest")]
        kind: String,
        /// Origins that a browser key is bound to, separated by commas
        #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
        origins: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// List keys, without their secrets.
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// Switch a key off.
    Disable {
        /// Its number
        #[arg(value_name = "NUMBER")]
        id: u64,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// Switch a key on again.
    Enable {
        /// Its number
        #[arg(value_name = "NUMBER")]
        id: u64,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
}

/// Whether keys are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// No key is needed, and any is accepted.
    Open,
    /// Every door checks its credential.
    Keys,
}

/// What a success answer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DurabilityWord {
    /// For `fdatasync`: survives power loss.
    Fsync,
    /// For the write, synced each second: survives `kill -9`, not power loss.
    Relaxed,
}

/// The arguments with `serve` put in where no command is named, so that `glasshive --data x` is `glasshive serve --data x`.
pub fn with_default_command(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let is_flag_of_serve = |argument: &OsString| {
        let text = argument.to_string_lossy();
        text.starts_with('-') && !matches!(&*text, "-h" | "--help" | "-V" | "--version")
    };
    if arguments.get(1).is_none_or(is_flag_of_serve) {
        arguments.insert(1.min(arguments.len()), "serve".into());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn declarations_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn plain_glasshive_serves() {
        let check = |arguments: &[&str], expected: &[&str]| {
            let with = with_default_command(arguments.iter().map(OsString::from));
            assert_eq!(with, expected.iter().map(OsString::from).collect::<Vec<_>>());
        };
        check(&["glasshive"], &["glasshive", "serve"]);
        check(&["glasshive", "--data", "x"], &["glasshive", "serve", "--data", "x"]);
        check(&["glasshive", "--help"], &["glasshive", "--help"]);
        check(&["glasshive", "query", "COUNT"], &["glasshive", "query", "COUNT"]);
    }
}
