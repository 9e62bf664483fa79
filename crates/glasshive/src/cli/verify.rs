//! The flags of `glasshive verify`.

use clap::Args;
use std::path::PathBuf;

/// What `glasshive verify --help` ends with.
pub const EXAMPLES: &str = "\
Examples:
  glasshive verify --data /var/lib/glasshive
  glasshive verify --data /var/lib/glasshive --deep
  glasshive verify --data /var/lib/glasshive --adopt
  glasshive verify --data /var/lib/glasshive --adopt 01KAJ3V9P2E8T4Z6Q0XN5RWBCD
Exit status: 0 all is well, 1 something can be put right, 2 data is lost, 3 it
could not look.
What it finds and what to do about it is on one page: docs/verify.md.";

/// `glasshive verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyFlags {
    /// The data directory [default: ./glasshive-data]
    #[arg(long, value_name = "DIR", env = "GLASSHIVE_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,
    /// Read every row too, and compare it with what the catalog says of its file
    #[arg(long)]
    pub deep: bool,
    /// Take files that cannot be read out of the catalog; what there is of them goes to quarantine/damaged
    #[arg(long)]
    pub repair: bool,
    /// Take files that the catalog does not know in among the data files: those named by path or id, or all that can be
    #[arg(long, value_name = "FILE", num_args = 0..)]
    pub adopt: Option<Vec<String>>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Use a data directory on a network file system, where neither locks nor syncs can be relied on
    #[arg(long, env = "GLASSHIVE_ALLOW_NETWORK_FS", hide_env_values = true)]
    pub allow_network_fs: bool,
}
