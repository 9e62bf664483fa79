//! The catalog: what exists, committed in transactions. Files are visible by catalog only.
//!
//! Implementations: SQLite ([`sqlite`]), PostgreSQL ([`postgres`]) and an in-memory model for the
//! simulation ([`memory`]); one conformance suite runs on all of them.

#[cfg(any(test, feature = "conformance"))]
#[allow(missing_docs, clippy::unwrap_used, reason = "checks for tests, in a module of their own so that other crates' tests can run them")]
pub mod conformance;
pub mod memory;
pub mod postgres;
pub mod sqlite;

use glasshive_base::BoxFuture;
use glasshive_model::{ColumnType, EnvironmentId, KeyKind, SignalClass};
use std::time::Duration;

/// The DDL that leads from version `n` to `n + 1`, in order, as SQLite has it.
const MIGRATIONS: [&str; 3] =
    [include_str!("catalog/sql/0001.sql"), include_str!("catalog/sql/0002.sql"), include_str!("catalog/sql/0003.sql")];

/// The catalog's contract.
///
/// A call that returns `Ok` is durable. After [`CatalogError::Uncertain`] the outcome of the commit is unknown; the caller
/// asks [`Catalog::load`] again and looks.
pub trait Catalog: Send + Sync {
    /// Everything a start needs. Also repairs what a crash left behind inside the catalog itself.
    fn load(&self) -> BoxFuture<'_, Result<CatalogState, CatalogError>>;
    /// Makes a flush visible: all its files, its new registry columns and datasets, and `flushed_through`, or nothing.
    fn commit_cut(&self, cut: Cut) -> BoxFuture<'_, Result<(), CatalogError>>;
    /// Takes files out and puts others in their place, all of it or nothing. Refused unless every file taken out is visible.
    fn commit_swap(&self, swap: Swap) -> BoxFuture<'_, Result<(), CatalogError>>;
    /// Forgets files that were taken out and are no longer on the disk. Others of these ids stay.
    fn forget_files(&self, ids: Vec<String>) -> BoxFuture<'_, Result<(), CatalogError>>;
    /// Creates an environment, or returns the one of that slug.
    fn ensure_environment<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, Result<EnvironmentId, CatalogError>>;
    /// Keys, in order of creation.
    fn keys(&self) -> BoxFuture<'_, Result<Vec<KeyRow>, CatalogError>>;
    /// Adds a key; its `id` is ignored and the new one returned.
    fn insert_key(&self, key: KeyRow) -> BoxFuture<'_, Result<u64, CatalogError>>;
    /// Switches a key off or on. `false` when there is no such key.
    fn set_key_disabled(&self, id: u64, disabled: bool) -> BoxFuture<'_, Result<bool, CatalogError>>;
    /// Small named secrets and settings of the data directory itself (the key pepper, the hash seed).
    fn setting<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CatalogError>>;
    /// Sets one, unless it exists; returns the value that is in force.
    fn setting_or_insert<'a>(&'a self, name: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Vec<u8>, CatalogError>>;
    /// Sets one, whatever it was.
    fn set_setting<'a>(&'a self, name: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<(), CatalogError>>;
    /// Every deletion of rows that was ever asked for, oldest first.
    fn deletions(&self) -> BoxFuture<'_, Result<Vec<DeletionRow>, CatalogError>>;
    /// Notes a deletion before anything is deleted; its `id` is ignored and the new one returned.
    fn insert_deletion(&self, deletion: DeletionRow) -> BoxFuture<'_, Result<u64, CatalogError>>;
    /// Notes what a deletion has come to. `false` when there is no such deletion, or it was finished before.
    fn finish_deletion(&self, id: u64, finished: Finished) -> BoxFuture<'_, Result<bool, CatalogError>>;
    /// Everything that people have defined, in order of creation.
    fn definitions(&self) -> BoxFuture<'_, Result<Vec<DefinitionRow>, CatalogError>>;
    /// Adds a definition; its `id` is ignored and the new one returned. `None` when the environment has one of this kind and name.
    fn insert_definition(&self, definition: DefinitionRow) -> BoxFuture<'_, Result<Option<u64>, CatalogError>>;
    /// Gives a definition another body. `false` when there is none of this number.
    fn update_definition(&self, id: u64, body: Vec<u8>, updated_ns: i64) -> BoxFuture<'_, Result<bool, CatalogError>>;
    /// Takes a definition out. `false` when there is none of this number.
    fn delete_definition(&self, id: u64) -> BoxFuture<'_, Result<bool, CatalogError>>;
    /// For how long it has not answered; `None` while it does, and where it is on this machine. What was read before is still true,
    /// because nobody else writes.
    fn unreachable_for(&self) -> Option<Duration> {
        None
    }
}

/// Something that people have defined, such as a calculated field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionRow {
    /// Its number. That of one that was taken out may be given again.
    pub id: u64,
    /// Whose.
    pub environment: EnvironmentId,
    /// What sort of thing, a word that whoever keeps it chooses.
    pub kind: String,
    /// Its name; unique with environment and kind.
    pub name: String,
    /// What it is, in a form of its kind's.
    pub body: Vec<u8>,
    /// When it was made, ns since 1970.
    pub created_ns: i64,
    /// When it was last changed, ns since 1970.
    pub updated_ns: i64,
}

/// What the catalog holds at one instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CatalogState {
    /// Every environment; `local` is always there.
    pub environments: Vec<EnvironmentRow>,
    /// Every registry column, by id.
    pub columns: Vec<ColumnRow>,
    /// Every dataset.
    pub datasets: Vec<DatasetRow>,
    /// Every visible file.
    pub files: Vec<FileRow>,
    /// Files that were taken out and may still be on the disk, by id.
    pub removed: Vec<RemovedFile>,
    /// The last log sequence whose rows are all in files; 0 = none.
    pub flushed_through: u64,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentRow {
    /// Its number.
    pub id: EnvironmentId,
    /// Its slug.
    pub slug: String,
}

/// A column of the registry: one per (environment, key, type).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRow {
    /// Unique number, from 1,000; the Parquet field id.
    pub id: u32,
    /// Whose.
    pub environment: EnvironmentId,
    /// The key as sent.
    pub key: String,
    /// The type.
    pub column_type: ColumnType,
    /// What it is called in files.
    pub physical: String,
    /// `_seq` of the first row that had it; decides which type of a key is shown.
    pub first_seq: i64,
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetRow {
    /// Whose.
    pub environment: EnvironmentId,
    /// Its slug.
    pub slug: String,
    /// When its first row was received, ns since 1970.
    pub created_ns: i64,
}

/// A data file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRow {
    /// ULID; also the file's name.
    pub id: String,
    /// Whose.
    pub environment: EnvironmentId,
    /// What sort of rows.
    pub class: SignalClass,
    /// Path below the data directory.
    pub path: String,
    /// Merge level; 0 = written by a flush.
    pub level: u8,
    /// How many rows.
    pub rows: u64,
    /// Length of the data file in bytes.
    pub bytes: u64,
    /// crc32c of the whole sidecar, which in turn holds the checksum of every block of the data file.
    pub sidecar_crc: u32,
    /// Least and greatest `_time`, ns.
    pub time_min_ns: i64,
    /// See `time_min_ns`.
    pub time_max_ns: i64,
    /// No row of it was received later, ns: at least the greatest `_ingest_time`, and how late it was believed to be when the rows
    /// were flushed, so that a clock that was far behind makes no row look old. Retention goes by it.
    pub ingest_max_ns: i64,
    /// Least and greatest log sequence of its rows.
    pub sequence_first: u64,
    /// See `sequence_first`.
    pub sequence_last: u64,
    /// Least and greatest weight.
    pub rate_min: f64,
    /// See `rate_min`.
    pub rate_max: f64,
    /// Rows by dataset slug, sorted.
    pub datasets: Vec<(String, u64)>,
    /// Registry ids of the attribute columns in the file, sorted.
    pub columns: Vec<u32>,
    /// Keys of which some value is in `_overflow`, sorted.
    pub overflow_keys: Vec<String>,
}

/// Files that become visible together, with all that they need: mostly one flush.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cut {
    /// Why.
    pub reason: CutReason,
    /// Every row up to this log sequence is in a committed file from now on.
    pub flushed_through: u64,
    /// The new files.
    pub files: Vec<FileRow>,
    /// Registry columns first seen in this cut.
    pub columns: Vec<ColumnRow>,
    /// Datasets first seen in this cut.
    pub datasets: Vec<DatasetRow>,
    /// Ids of visible files that the new ones take the place of: none at a flush.
    pub replaced: Vec<String>,
}

/// Files that take the place of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Swap {
    /// Why.
    pub reason: SwapReason,
    /// Ids of the files that are no longer visible.
    pub removed: Vec<String>,
    /// The new files.
    pub added: Vec<FileRow>,
}

/// Why files are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwapReason {
    /// The new files hold the rows of the old ones.
    Merge,
    /// What is left out has been kept as long as it was to be.
    Retention,
    /// What is left out was to be deleted.
    Deletion,
    /// The file is damaged and was set aside.
    Quarantine,
}

impl SwapReason {
    /// The word in the catalog.
    pub fn word(self) -> &'static str {
        match self {
            SwapReason::Merge => "merge",
            SwapReason::Retention => "retention",
            SwapReason::Deletion => "deletion",
            SwapReason::Quarantine => "quarantine",
        }
    }

    /// Whether each row of the files taken out is accounted for.
    pub fn is_accounted(self) -> bool {
        self != SwapReason::Quarantine
    }
}

/// Why files become visible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CutReason {
    /// Live rows were written to them.
    #[default]
    Flush,
    /// They were there and no catalog named them.
    Adoption,
}

impl CutReason {
    /// The word in the catalog.
    pub fn word(self) -> &'static str {
        match self {
            CutReason::Flush => "flush",
            CutReason::Adoption => "adoption",
        }
    }
}

/// A file that is no longer visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedFile {
    /// Its id.
    pub id: String,
    /// Path below the data directory.
    pub path: String,
    /// Whether this store read its rows and accounted for each of them, in a merge, for retention or a deletion. Not so for a file that
    /// was gone or could not be read when an adoption or a repair took it out: what was made of it may be all there is.
    pub is_accounted: bool,
}

/// A deletion of rows: the proof that it was asked for and done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionRow {
    /// Its number.
    pub id: u64,
    /// Whose rows.
    pub environment: EnvironmentId,
    /// When it was asked for, ns since 1970.
    pub asked_ns: i64,
    /// By whom, in words.
    pub asked_by: String,
    /// Which rows, as JSON.
    pub filter: String,
    /// Rows up to this log sequence.
    pub through: u64,
    /// What it has come to; `None` while it is not done.
    pub finished: Option<Finished>,
}

/// What a deletion has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// When, ns since 1970.
    pub at_ns: i64,
    /// Rows deleted.
    pub rows: u64,
    /// Files that held them.
    pub files: u64,
}

/// A key as kept. The secret itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its number.
    pub id: u64,
    /// Whose; `None` = the whole team.
    pub environment: Option<EnvironmentId>,
    /// What sort.
    pub kind: KeyKind,
    /// HMAC-SHA-256 of the secret under the data directory's pepper.
    pub digest: Vec<u8>,
    /// First six and last four characters, for people.
    pub shown: String,
    /// A 32-hex secret: Honeycomb's classic rules.
    pub is_classic: bool,
    /// Origins a browser key is bound to.
    pub origins: Vec<String>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it was made, ns since 1970.
    pub created_ns: i64,
}

/// Why the catalog did not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CatalogError {
    /// Nothing changed; trying again may help.
    #[error("catalog failed: {0}")]
    Failed(String),
    /// There is no room on the disk; nothing changed.
    #[error("catalog failed: {0}")]
    Full(String),
    /// The commit's outcome is unknown.
    #[error("catalog write uncertain: {0}")]
    Uncertain(String),
    /// It does not answer; nothing changed. What is in memory goes on being served.
    #[error("catalog unreachable {0}")]
    Unreachable(String),
    /// Nothing changed, and trying again does not help before somebody has looked: another process commits in our place, or an
    /// old copy of the catalog answers.
    #[error("catalog refuses commits: {0}")]
    Fenced(String),
    /// The catalog holds something impossible.
    #[error("catalog is damaged: {0}")]
    Damaged(String),
}
