//! The flags of `glasshive accounts`.

use super::ClientFlags;
use clap::{Args, Subcommand};

/// What `glasshive accounts --help` ends with.
pub const NOTES: &str = "\
Every command needs a key that administers the whole team, in GLASSHIVE_KEY. Nobody
has one, and nobody can sign in any more? Start the server once with a key file that
has the line *:admin:SECRET, and use that.";

/// `glasshive accounts`.
#[derive(Debug, Clone, Args)]
pub struct AccountsFlags {
    /// What to do with them.
    #[command(subcommand)]
    pub command: AccountsCommand,
}

/// What to do with accounts.
#[derive(Debug, Clone, Subcommand)]
pub enum AccountsCommand {
    /// List accounts, and links that wait to be used.
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// Make a link that makes an account; it is printed once and works once, within three days.
    Invite {
        /// The account's name; whoever is invited chooses when left out
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// What the account may do: viewer, editor, admin
        #[arg(long, value_name = "ROLE", default_value = "viewer")]
        role: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// Make a link that sets a new password; it is printed once and works once, within a day.
    Reset {
        /// Whose
        #[arg(value_name = "NAME")]
        name: String,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// Give an account another role.
    Role {
        /// Whose
        #[arg(value_name = "NAME")]
        name: String,
        /// What it may do: viewer, editor, admin
        #[arg(value_name = "ROLE")]
        role: String,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// Switch an account off; its sessions end.
    Disable {
        /// Which
        #[arg(value_name = "NAME")]
        name: String,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// Switch an account on again.
    Enable {
        /// Which
        #[arg(value_name = "NAME")]
        name: String,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
    /// Take an account out for good.
    Delete {
        /// Which
        #[arg(value_name = "NAME")]
        name: String,
        /// Where to ask.
        #[command(flatten)]
        client: ClientFlags,
    },
}
