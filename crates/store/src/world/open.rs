//! Opening a data directory: format, rights, file system, lock, catalog, in that order.

use super::clock::{SystemClock, SystemRng};
use super::local_disk::LocalDisk;
use super::lock::{self, DirLock};
use super::overlay::OverlayDisk;
use super::places::{self, Found};
use super::threads::ThreadSpawner;
use super::{Disk, World, format, network_fs, object_disk};
use crate::catalog::postgres::PostgresCatalog;
use crate::catalog::sqlite::SqliteCatalog;
use crate::catalog::{Catalog, CatalogError};
use glasshive_base::{Clock, ErrorKind};
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// How to open a data directory.
#[derive(Debug, Clone, Default)]
pub struct DataDirOptions {
    /// This program's version, for `FORMAT` and messages.
    pub version: String,
    /// Open it on a network or FUSE file system too, where neither locks nor syncs can be relied on.
    pub allow_network_fs: bool,
    /// Change nothing: the lock is taken, everything written stays in memory.
    pub read_only: Option<ReadOnly>,
    /// Where what is not in the directory is.
    pub places: Places,
}

/// Where the catalog and the data files are. What is not named is in the data directory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// `postgres://user:password@host:port/database` of the catalog.
    pub catalog: Option<String>,
    /// The object store of the data files.
    pub objects: Option<ObjectOptions>,
}

/// Where data files are and how to get there.
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectOptions {
    /// `s3://bucket/prefix`.
    pub url: String,
    /// Settings of the client by their names in lower case (`aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`,
    /// `aws_region`, `aws_endpoint`, ...). An endpoint with `http://` is spoken to without TLS.
    pub settings: Vec<(String, String)>,
    /// Bytes that may be kept in `cache/`.
    pub cache_bytes: u64,
}

/// What opening without changing anything needs.
#[derive(Debug, Clone)]
pub struct ReadOnly {
    /// A directory outside the data directory, for a copy of the catalog when a crash left it with unmerged writes.
    pub scratch: PathBuf,
}

/// An open data directory. Dropping it gives the lock back.
pub struct DataDir {
    /// What the store is opened with.
    pub world: World,
    /// The spawner of `world`, to be asked for failing tasks and joined after shutdown.
    pub spawner: Arc<ThreadSpawner>,
    catalog: OpenCatalog,
    _lock: DirLock,
}

/// The catalog of an open data directory, as what has to be closed.
enum OpenCatalog {
    File(Arc<SqliteCatalog>),
    Database(Arc<PostgresCatalog>),
    /// In memory, of a directory that is only read.
    Copy,
}

/// Why a data directory could not be opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process has it (F18); the binary exits with 75.
    #[error("{directory} is in use by process {pid} since {since}", directory = directory.display())]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The other process.
        pid: String,
        /// When it took the directory, RFC 3339.
        since: String,
    },
    /// A newer version wrote it (F20).
    #[error("{directory} was written by {writer}; this is {own}. Use {writer} or restore {backup}", directory = directory.display())]
    Newer {
        /// The directory.
        directory: PathBuf,
        /// The version that wrote it.
        writer: String,
        /// This version.
        own: String,
        /// The backup to restore.
        backup: String,
    },
    /// Something else lives there.
    #[error("{directory} is not empty and is not a Glasshive data directory", directory = directory.display())]
    Foreign {
        /// The directory.
        directory: PathBuf,
    },
    /// There is nothing to read.
    #[error("{directory} is not a Glasshive data directory", directory = directory.display())]
    Absent {
        /// The directory.
        directory: PathBuf,
    },
    /// Others than the owner may change it.
    #[error("{directory} may be changed by others (mode {mode:o}). Run: chmod go-w {directory}", directory = directory.display())]
    Writable {
        /// The directory.
        directory: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is on a file system whose locks and syncs cannot be relied on.
    #[error("{directory} is on {file_system}, where neither locks nor syncs can be relied on. Use a local disk or --allow-network-fs",
        directory = directory.display())]
    NetworkFileSystem {
        /// The directory.
        directory: PathBuf,
        /// The file system's name.
        file_system: &'static str,
    },
    /// The catalog is gone while data files are there; an empty one beside them would hide them.
    #[error("catalog is missing beside data files in {directory}; restore {directory}/catalog.db from a backup", directory = directory.display())]
    CatalogMissing {
        /// The directory.
        directory: PathBuf,
    },
    /// Its catalog or its data files are not where the settings say.
    #[error("{found}")]
    Elsewhere {
        /// The directory.
        directory: PathBuf,
        /// What is where, and what to do.
        found: String,
    },
    /// The catalog could not be opened.
    #[error("cannot open the catalog of {directory}: {error}", directory = directory.display())]
    Catalog {
        /// The directory.
        directory: PathBuf,
        /// Why.
        #[source]
        error: CatalogError,
    },
    /// The object store of the data files did not answer as it must.
    #[error("cannot use {place} for the data files of {directory}: {error}", directory = directory.display())]
    Objects {
        /// The directory.
        directory: PathBuf,
        /// The object store.
        place: String,
        /// Why.
        error: io::Error,
    },
    /// The operating system refused.
    #[error("cannot {what} {path}: {error}", path = path.display())]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why not; it stands in the message.
        error: io::Error,
    },
}

impl DataDirError {
    /// The kind, for whoever answers with it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            DataDirError::InUse { .. } => ErrorKind::Conflict,
            DataDirError::Absent { .. } => ErrorKind::NotFound,
            DataDirError::Newer { .. }
            | DataDirError::Foreign { .. }
            | DataDirError::Writable { .. }
            | DataDirError::NetworkFileSystem { .. }
            | DataDirError::Elsewhere { .. } => ErrorKind::InvalidRequest,
            DataDirError::CatalogMissing { .. } | DataDirError::Catalog { .. } | DataDirError::Objects { .. } | DataDirError::Io { .. } => {
                ErrorKind::Internal
            }
        }
    }
}

/// Opens a data directory, creating it when absent unless it is to be read only.
///
/// # Errors
/// [`DataDirError`]; in each case nothing in the directory was changed, but for an empty one that may have got a `LOCK`.
pub async fn open_data_dir(directory: &Path, options: &DataDirOptions) -> Result<DataDir, DataDirError> {
    if options.read_only.is_none() {
        create(directory)?;
    } else if !directory.is_dir() {
        return Err(DataDirError::Absent { directory: directory.to_owned() });
    }
    let has_format = format::check(directory, &options.version)?;
    check_rights(directory)?;
    let file_system = network_fs::name(directory).map_err(|error| io_error("ask for the file system of", directory, error))?;
    check_file_system(directory, file_system, options.allow_network_fs)?;
    if !has_format {
        if options.read_only.is_some() {
            return Err(DataDirError::Absent { directory: directory.to_owned() });
        }
        check_empty(directory)?;
    }
    match &options.read_only {
        Some(read_only) => open_read_only(directory, read_only, &options.places).await,
        None => open_writing(directory, options).await,
    }
}

async fn open_writing(directory: &Path, options: &DataDirOptions) -> Result<DataDir, DataDirError> {
    let lock = lock::take(directory, &rfc3339(SystemTime::now()))?;
    // Again, now that nobody else can have changed it meanwhile.
    if !format::check(directory, &options.version)? {
        format::write(directory, &options.version)?;
    }
    let mut found = Found::in_directory(directory, &options.places)?;
    let clock = Arc::new(SystemClock::default());
    let (catalog, open): (Arc<dyn Catalog>, _) = match &options.places.catalog {
        None => {
            let catalog = Arc::new(catalog_file(directory, &found, clock.clone()).await?);
            (catalog.clone(), OpenCatalog::File(catalog))
        }
        Some(url) => {
            let catalog = Arc::new(catalog_database(directory, url, &mut found, clock.clone()).await?);
            (catalog.clone(), OpenCatalog::Database(catalog))
        }
    };
    let mut disk: Arc<dyn Disk> = Arc::new(LocalDisk::new(directory));
    if let Some(objects) = &options.places.objects {
        disk = object_disk::open(disk, objects, &mut found, clock.clone()).await?;
    }
    Ok(assemble(lock, clock, disk, catalog, open))
}

async fn catalog_file(directory: &Path, found: &Found<'_>, clock: Arc<dyn Clock>) -> Result<SqliteCatalog, DataDirError> {
    let path = directory.join("catalog.db");
    if !path.exists() && found.has_data_files() {
        return Err(DataDirError::CatalogMissing { directory: directory.to_owned() });
    }
    let catalog = SqliteCatalog::open(&path, clock).await;
    catalog.map_err(|error| DataDirError::Catalog { directory: directory.to_owned(), error })
}

/// The directory has its number before the database knows it, and says where its catalog is once it is there.
async fn catalog_database(
    directory: &Path,
    url: &str,
    found: &mut Found<'_>,
    clock: Arc<dyn Clock>,
) -> Result<PostgresCatalog, DataDirError> {
    found.check_catalog(url).await?;
    let node = found.numbered()?;
    let catalog = PostgresCatalog::open(url, places::owner(&node, directory), clock).await;
    let catalog = catalog.map_err(|error| found.catalog_error(error))?;
    found.settle(super::node::Node { catalog: Some(found.shown_catalog(url)?), ..node })?;
    Ok(catalog)
}

async fn open_read_only(directory: &Path, read_only: &ReadOnly, places: &Places) -> Result<DataDir, DataDirError> {
    let lock = lock::take_for_reading(directory)?;
    let found = Found::in_directory(directory, places)?;
    let catalog = match &places.catalog {
        None => SqliteCatalog::read_only(&directory.join("catalog.db"), &read_only.scratch).await,
        Some(url) => {
            found.check_catalog(url).await?;
            PostgresCatalog::read_only(url).await
        }
    };
    let catalog = catalog.map_err(|error| found.catalog_error(error))?;
    let clock = Arc::new(SystemClock::default());
    let mut disk: Arc<dyn Disk> = Arc::new(OverlayDisk::new(Arc::new(LocalDisk::new(directory))));
    if let Some(objects) = &places.objects {
        disk = object_disk::open_read_only(disk, objects, &found, clock.clone()).await?;
    }
    Ok(assemble(lock, clock, disk, Arc::new(catalog), OpenCatalog::Copy))
}

fn assemble(lock: DirLock, clock: Arc<dyn Clock>, disk: Arc<dyn Disk>, catalog: Arc<dyn Catalog>, open: OpenCatalog) -> DataDir {
    let spawner = Arc::new(ThreadSpawner::new(clock.clone()));
    let world = World { disk, clock, rng: Arc::new(SystemRng), spawner: spawner.clone(), catalog };
    DataDir { world, spawner, catalog: open, _lock: lock }
}

// === impl DataDir ===

impl DataDir {
    /// Closes the catalog, after the store was shut down.
    pub async fn close_catalog(&self) {
        match &self.catalog {
            OpenCatalog::File(catalog) => catalog.close().await,
            OpenCatalog::Database(catalog) => catalog.close().await,
            OpenCatalog::Copy => {}
        }
    }
}

// === impl Places ===

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL holds a password.
        f.debug_struct("Places").field("catalog", &self.catalog.as_ref().map(|_| "postgres")).field("objects", &self.objects).finish()
    }
}

// === impl ObjectOptions ===

impl ObjectOptions {
    /// Bucket, prefix and server, without any secret.
    pub fn shown(&self) -> String {
        let endpoint = self.settings.iter().find(|(name, _)| name == "aws_endpoint").map(|(_, value)| format!(" at {value}"));
        format!("{}{}", self.url.trim_end_matches('/'), endpoint.unwrap_or_default())
    }
}

impl fmt::Debug for ObjectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

fn create(directory: &Path) -> Result<(), DataDirError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|error| io_error("create", directory, error))?;
    let parent = directory.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    match parent {
        // Parents that are not ours to open are not ours to have made.
        Some(parent) => fs::File::open(parent).and_then(|parent| parent.sync_all()).or(Ok(())),
        None => Ok(()),
    }
}

/// `network` is the name of the network or FUSE file system that the directory is on, if it is on one.
pub(super) fn check_file_system(directory: &Path, network: Option<&'static str>, is_allowed: bool) -> Result<(), DataDirError> {
    match network {
        Some(file_system) if !is_allowed => Err(DataDirError::NetworkFileSystem { directory: directory.to_owned(), file_system }),
        _ => Ok(()),
    }
}

fn check_rights(directory: &Path) -> Result<(), DataDirError> {
    let metadata = fs::metadata(directory).map_err(|error| io_error("read", directory, error))?;
    let mode = metadata.permissions().mode() & 0o7777;
    match mode & 0o022 {
        0 => Ok(()),
        _ => Err(DataDirError::Writable { directory: directory.to_owned(), mode }),
    }
}

/// A directory without `FORMAT` is ours only if nothing is in it, but for what a killed first start leaves.
fn check_empty(directory: &Path) -> Result<(), DataDirError> {
    let entries = fs::read_dir(directory).map_err(|error| io_error("read", directory, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| io_error("read", directory, error))?;
        if !["LOCK", "FORMAT.new", "lost+found"].iter().any(|name| entry.file_name() == *name) {
            return Err(DataDirError::Foreign { directory: directory.to_owned() });
        }
    }
    Ok(())
}

pub(super) fn has_entries(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some())
}

fn io_error(what: &'static str, path: &Path, error: io::Error) -> DataDirError {
    DataDirError::Io { what, path: path.to_owned(), error }
}

/// A time as people read it, to the second.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
