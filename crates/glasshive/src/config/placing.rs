//! Where catalog and data files are, when they are not in the data directory.

use super::file::FileConfig;
use super::{Picker, Setting, file, unit};
use crate::cli::{Cli, Command, ServerFlags};
use anyhow::{Context, Result, ensure};
use clap::{CommandFactory as _, FromArgMatches as _};
use glasshive_store::catalog::postgres::PostgresCatalog;
use glasshive_store::world::{ObjectOptions, Places};
use std::fmt;

/// Where what is not in the data directory is.
#[derive(Debug, Clone)]
pub struct Placing {
    /// The database of the catalog; `None` = a file in the data directory.
    pub catalog: Setting<Option<CatalogUrl>>,
    /// The object store of the data files, `s3://bucket/prefix`; `None` = the data directory.
    pub objects: Setting<Option<String>>,
    /// Its server; `None` = that of the region.
    pub endpoint: Setting<Option<String>>,
    /// Its region.
    pub region: Setting<String>,
    /// Bytes of its objects that may be kept on the local disk.
    pub cache_bytes: Setting<u64>,
    credentials: Credentials,
}

/// What the object store's requests are signed with, from the variables that its other clients read.
#[derive(Clone, Default)]
struct Credentials(Vec<(String, String)>);

/// Variables and whether there is no signing without them.
const CREDENTIALS: [(&str, bool); 3] = [("AWS_ACCESS_KEY_ID", true), ("AWS_SECRET_ACCESS_KEY", true), ("AWS_SESSION_TOKEN", false)];

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
        let table = file.objects.clone().unwrap_or_default();
        let cache_bytes = pick.one("objects_cache_bytes", flags.objects_cache_bytes.clone(), table.cache_bytes, "10GiB".to_owned());
        let read = |text: String| unit::bytes(&text).map(|bytes| bytes as u64).context("--objects-cache-bytes");
        let objects = pick.maybe("objects_url", flags.objects_url.clone(), table.url);
        let found = Self {
            catalog: catalog.map(|url| url.map(CatalogUrl::new).transpose()).transpose().context("catalog.url")?,
            credentials: objects.value.is_some().then(Credentials::read).unwrap_or_default(),
            objects,
            endpoint: pick.maybe("objects_endpoint", flags.objects_endpoint.clone(), table.endpoint),
            region: pick.one("objects_region", flags.objects_region.clone(), table.region, "us-east-1".to_owned()),
            cache_bytes: cache_bytes.map(read).transpose()?,
        };
        found.check()?;
        Ok(found)
    }

    fn check(&self) -> Result<()> {
        let Some(url) = &self.objects.value else { return Ok(()) };
        let bucket = url.strip_prefix("s3://").map(|rest| rest.split('/').next().unwrap_or_default());
        ensure!(bucket.is_some_and(|bucket| !bucket.is_empty()), "objects.url is {url}; it is of the form s3://bucket/prefix");
        for (name, is_needed) in CREDENTIALS {
            let is_there = self.credentials.0.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            ensure!(is_there || !is_needed, "objects.url is {url}, and the environment variable {name} is not set");
        }
        Ok(())
    }

    /// As the store takes it.
    pub fn places(&self) -> Places {
        let endpoint = self.endpoint.value.iter().map(|endpoint| ("aws_endpoint".to_owned(), endpoint.clone()));
        let region = ("aws_region".to_owned(), self.region.value.clone());
        let objects = self.objects.value.as_ref().map(|url| ObjectOptions {
            url: url.clone(),
            settings: endpoint.chain([region]).chain(self.credentials.0.iter().cloned()).collect(),
            cache_bytes: self.cache_bytes.value,
        });
        Places { catalog: self.catalog.value.as_ref().map(|catalog| catalog.url.clone()), objects }
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

// === impl Credentials ===

impl Credentials {
    fn read() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self(CREDENTIALS.into_iter().filter_map(|(name, _)| Some((name.to_lowercase(), set(name)?))).collect())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
