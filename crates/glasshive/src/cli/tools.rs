//! Flags of the commands that check, mend and move: `check`, `doctor`, `export`, `import`.

use super::{ClientFlags, ServerFlags};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  glasshive check 'P95(duration_ms) WHERE http.route = /api/activities/home LAST 10m' '<' 200
  glasshive check 'COUNT WHERE error = true LAST 10m' = 0
  glasshive check 'P99(duration_ms) GROUP BY http.route LAST 1h LIMIT 1000' '<=' 500
Exit status: 0 every group holds, 1 one does not, 2 the question could not be
answered or there is no data. A COUNT of 0 is data when anything at all arrived.";

pub(super) const DOCTOR_NOTES: &str = "\
Start it as the server is started: with the same flags, environment, user and
directory. Exit status: 0 when nothing fails (there may be things to know), 1
when something does.";

pub(super) const EXPORT_EXAMPLES: &str = "\
Examples:
  glasshive export --output all.jsonl
  glasshive export 'WHERE service.name = checkout LAST 1h' --output checkout.parquet
  glasshive export 'LAST 1d' --format csv | head
  glasshive export --data ./glasshive-data --output backup.parquet
OTLP JSON lines are what the OpenTelemetry Collector's file exporter writes and its
receivers take; with a span come all its events and links. Parquet and CSV hold
exactly the rows asked for. Without a time, all times are exported. The file is
there when all of it is there.
Exit status: 0 everything asked for is in it, 1 something is not.";

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  glasshive import all.jsonl
  glasshive import --data ./new-data backup.parquet
  zcat traces.jsonl.gz | glasshive import -
Lines are those of the OpenTelemetry Collector's file exporter (format json): one
OTLP request each, of any signal. Events keep their times. A request that is sent
again within ten minutes is stored once, so an import that stopped can be repeated.";

/// `glasshive check`.
#[derive(Debug, Clone, Args)]
pub struct CheckFlags {
    /// A query of one calculation, in text or as a JSON specification; its groups are compared
    #[arg(value_name = "QUERY")]
    pub query: String,
    /// How: < <= > >= = != in quotes
    #[arg(value_name = "OP", allow_hyphen_values = true)]
    pub op: String,
    /// With which number, in the unit of the column
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    pub value: String,
    /// No data, groups without a value and columns that no event has are all right
    #[arg(long)]
    pub allow_empty: bool,
    /// Ask a data directory without a server; nothing in it is changed
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Print JSON: the outcome and every group
    #[arg(long)]
    pub json: bool,
    /// Where to ask.
    #[command(flatten)]
    pub client: ClientFlags,
}

/// `glasshive doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorFlags {
    /// Print JSON: every finding, its level and what to do
    #[arg(long)]
    pub json: bool,
    /// Where the running server is; without --server, where these settings say.
    #[command(flatten)]
    pub client: ClientFlags,
    /// How the server is started.
    #[command(flatten)]
    pub here: ServerFlags,
}

/// In which form events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// OTLP requests as JSON, one a line.
    Otlp,
    /// Parquet with a column for each stored column.
    Parquet,
    /// A line for each event, a column for each field.
    Csv,
}

// === impl ExportFormat ===

impl ExportFormat {
    /// What it is called in sentences.
    pub fn word(self) -> &'static str {
        match self {
            ExportFormat::Otlp => "OTLP JSON lines",
            ExportFormat::Parquet => "Parquet",
            ExportFormat::Csv => "CSV",
        }
    }
}

/// `glasshive export`.
#[derive(Debug, Clone, Args)]
pub struct ExportFlags {
    /// Which events: WHERE, IN and time as in a query [default: all]
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// The file to write; standard output when left out
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// In which form [default: what the file's name ends in, else otlp]
    #[arg(long, value_enum)]
    pub format: Option<ExportFormat>,
    /// Export what can be read when something cannot, and say what is missing
    #[arg(long)]
    pub partial: bool,
    /// About how many rows are asked for at once; fewer take less memory
    #[arg(long, value_name = "N", hide = true)]
    pub page_rows: Option<u32>,
    /// Read a data directory without a server; nothing in it is changed
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Print what the export was as JSON; needs --output
    #[arg(long)]
    pub json: bool,
    /// Where to ask.
    #[command(flatten)]
    pub client: ClientFlags,
}

/// `glasshive import`.
#[derive(Debug, Clone, Args)]
pub struct ImportFlags {
    /// Files to read, one after the other; `-` reads lines from standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Pass over lines and rows that cannot be taken, and count them
    #[arg(long)]
    pub skip_bad: bool,
    /// Put them into a data directory without a server
    #[arg(long, value_name = "DIR", conflicts_with_all = ["server", "api_key"])]
    pub data: Option<PathBuf>,
    /// With --data, the environment, which is made when there is none of this name [default: local]
    #[arg(long, short = 'e', value_name = "NAME")]
    pub environment: Option<String>,
    /// Print what the import was as JSON
    #[arg(long)]
    pub json: bool,
    /// The server; events go to the environment of the key
    #[arg(long, value_name = "URL", env = "GLASSHIVE_SERVER", hide_env_values = true, default_value = "http://127.0.0.1:4318")]
    pub server: String,
    /// A key that may send
    #[arg(long, value_name = "SECRET", env = "GLASSHIVE_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
}
