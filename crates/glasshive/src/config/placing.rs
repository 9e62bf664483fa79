//! Where the catalog is, when it is not in the data directory.

use super::file::FileConfig;
use super::{Picker, Setting, file};
use crate::cli::{Cli, Command, ServerFlags};
use anyhow::{Context, Result};
use clap::{CommandFactory as _, FromArgMatches as _};
use glasshive_store::catalog::postgres::PostgresCatalog;
use glasshive_store::world::Places;
use std::fmt;

/// Where what is not in the data directory is.
#[derive(Debug, Clone)]
pub struct Placing {
    /// The database of the catalog; `None` = a file in the data directory.
    pub catalog: Setting<Option<CatalogUrl>>,
}

/// A URL that may hold a password, and the same without it.
#[derive(Clone)]
pub struct CatalogUrl {
    url: String,
    /// Host, port and database.
    pub shown: String,
}

// === impl Placing ===

impl Placing {
    pub(super) fn resolve(pick: &Picker<'_>, flags: &ServerFlags, file: &FileConfig) -> Result<Self> {
        let catalog = pick.maybe("catalog_url", flags.catalog_url.clone(), file.catalog.clone().and_then(|table| table.url));
        Ok(Self { catalog: catalog.map(|url| url.map(CatalogUrl::new).transpose()).transpose().context("catalog.url")? })
    }

    /// As the store takes it.
    pub fn places(&self) -> Places {
        Places { catalog: self.catalog.value.as_ref().map(|catalog| catalog.url.clone()) }
    }
}

/// The same for a command that opens a data directory without a server's flags: from the environment and the settings file.
///
/// # Errors
/// When a value or the file cannot be read.
pub fn places() -> Result<Places> {
    let matches = Cli::command().try_get_matches_from(["glasshive", "config"])?;
    let own = matches.subcommand_matches("config").context("the command `config`")?;
    let Command::Config(flags) = Cli::from_arg_matches(&matches)?.command else { return Ok(Places::default()) };
    let file = file::read(flags.config.as_deref())?;
    let pick = Picker { matches: own, file: file.as_ref().map(|(path, _)| path.as_path()) };
    let (_, file) = file.clone().unwrap_or_default();
    Ok(Placing::resolve(&pick, &flags, &file)?.places())
}

// === impl CatalogUrl ===

impl CatalogUrl {
    fn new(url: String) -> Result<Self> {
        let shown = PostgresCatalog::shown_url(&url)?;
        Ok(Self { url, shown })
    }

    /// Whether the URL holds a password.
    pub fn has_password(&self) -> bool {
        let authority = self.url.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || self.url.contains("password=")
    }
}

impl fmt::Debug for CatalogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
