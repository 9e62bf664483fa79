//! Files that the catalog does not know, offered for adoption: what each holds, and how it becomes visible again.
//!
//! A catalog from a backup knows nothing of the files that were written after it. A start keeps them in `quarantine/orphans`
//! unless the log still has all their rows. Adopting one makes those of its rows visible that are nowhere else: neither in a
//! visible file nor in the log, from which the next start would read them. A row is known by its `_seq` and the time at which
//! it was received: sequences alone may have been given out twice, once before and once after the catalog was put back.
//!
//! What lies in an object store is never taken in there: it stays among the data files, and is offered from there.
//!
//! The bytes are copied into place and synced, one catalog transaction makes them visible, and only then does the file leave
//! the quarantine. Whatever step a crash comes at, it is adopted or still offered.

mod candidate;
mod columns;
pub(crate) mod contents;
mod parts;
mod place;
mod present;
mod rewrite;

use crate::catalog::{CatalogError, CatalogState, DeletionRow, FileRow};
use crate::config::StoreConfig;
use crate::error::OpenError;
use crate::fault::Faults;
use crate::file::FileContext;
use crate::log::look::{LogLook, look};
use crate::planted::PlantedBug;
use crate::quarantine;
use crate::world::World;
use candidate::{Candidate, Owner};
use contents::{Contents, Deletion};
use glasshive_base::{ErrorKind, metrics};
use glasshive_model::{EnvironmentId, SignalClass};
use present::Present;
use std::sync::Arc;

/// A file that the catalog does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Path below the data directory.
    pub path: String,
    /// What it was called among the data files, without the ending.
    pub id: String,
    /// Its length.
    pub bytes: u64,
    /// Days until it is removed from the quarantine; `None` while it lies among the data files, or where it stays for good.
    pub days_left: Option<i64>,
    /// What is in it; `None` when it cannot be read.
    pub holds: Option<Holds>,
    /// What adopting it would come to.
    pub verdict: Verdict,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Holds {
    /// The environment's slug, or where no catalog row has it the name of its directory.
    pub environment: String,
    /// What sort of rows.
    pub class: SignalClass,
    /// Rows by dataset, sorted.
    pub datasets: Vec<(String, u64)>,
    /// All of its rows.
    pub rows: u64,
    /// Those of them that are in visible files.
    pub rows_in_files: u64,
    /// Those of them that the log has and no visible file.
    pub rows_in_log: u64,
    /// Those of the rest that somebody had deleted; they stay deleted.
    pub rows_deleted: u64,
    /// Paths of visible files that are gone or damaged and of which it has every row, alone or together with others that are offered or
    /// visible: it takes their place, once these are visible.
    pub replaces: Vec<String>,
    /// Least and greatest `_time`, ns since 1970.
    pub time_ns: (i64, i64),
    /// Least and greatest log sequence.
    pub sequences: (u64, u64),
}

/// What adopting a file would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// So many rows that are nowhere else become visible.
    Adoptable {
        /// How many.
        rows: u64,
    },
    /// Every row is in a visible file or in the log, or was deleted; there is nothing to adopt.
    Present,
    /// It cannot be adopted.
    Refused {
        /// Why not, in words.
        reason: String,
    },
}

/// A file that was adopted.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopted {
    /// What was offered.
    pub offer: Offer,
    /// Where its rows are now, below the data directory.
    pub path: String,
    /// Rows that became visible.
    pub rows: u64,
}

/// Why nothing was adopted. What was offered still is.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// Disk or catalog refused, or the log is another catalog's.
    #[error(transparent)]
    Failed(#[from] OpenError),
    /// There is no such file.
    #[error("{file} is not among the files that are offered")]
    Unknown {
        /// What was asked for.
        file: String,
    },
    /// It cannot be adopted.
    #[error("{file} cannot be adopted: {reason}")]
    Refused {
        /// Path of the file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// Its rows are there already.
    #[error("{file} has no row that is not in a visible file or in the log already")]
    Present {
        /// Path of the file.
        file: String,
    },
}

/// Looks at the files that the catalog does not know, and adopts them. The caller holds the directory's lock and no store has it
/// open.
pub struct Adopter {
    world: World,
    config: StoreConfig,
    context: Arc<FileContext>,
    catalog: CatalogState,
    log: LogLook,
}

/// A candidate and all that is known of it.
struct Looked {
    offer: Offer,
    /// What is needed to adopt it, where it can be.
    found: Option<Found>,
}

struct Found {
    candidate: Candidate,
    owner: Owner,
    contents: Contents,
    present: Present,
}

// === impl AdoptError ===

impl AdoptError {
    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self {
            AdoptError::Failed(error) => error.kind(),
            AdoptError::Unknown { .. } => ErrorKind::NotFound,
            AdoptError::Refused { .. } | AdoptError::Present { .. } => ErrorKind::Conflict,
        }
    }
}

impl From<CatalogError> for AdoptError {
    fn from(error: CatalogError) -> Self {
        AdoptError::Failed(error.into())
    }
}

// === impl Adopter ===

impl Adopter {
    /// Reads catalog and log. Changes nothing.
    ///
    /// # Errors
    /// When disk or catalog refuse, or the log is another catalog's.
    pub async fn open(config: StoreConfig, world: World) -> Result<Self, OpenError> {
        let catalog = world.catalog.load().await?;
        let log = look(&world, &config, &catalog).await?;
        let faults = Arc::new(Faults::new(metrics::Registry::default()));
        let context = FileContext { disk: world.disk.clone(), clock: world.clock.clone(), faults, config: config.clone() };
        Ok(Self { world, config, context: Arc::new(context), catalog, log })
    }

    /// Every file that the catalog does not know, by path. Reads all of their bytes and changes nothing.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn offers(&self) -> Result<Vec<Offer>, OpenError> {
        let mut offers = Vec::new();
        for candidate in self.candidates().await? {
            offers.push(self.look_at(candidate).await.offer);
        }
        Ok(offers)
    }

    /// Makes the rows of one of them visible that are nowhere else. `file` is its path, its name or its id.
    ///
    /// # Errors
    /// [`AdoptError`]; the file is then offered as before.
    pub async fn adopt(&mut self, file: &str) -> Result<Adopted, AdoptError> {
        let candidates = self.candidates().await?;
        let is_meant = |candidate: &Candidate| candidate.path == file || candidate.name() == file || candidate.id == file;
        let candidate = candidates.into_iter().find(is_meant).ok_or_else(|| AdoptError::Unknown { file: file.to_owned() })?;
        let Looked { offer, found } = self.look_at(candidate).await;
        let path = offer.path.clone();
        match (&offer.verdict, found) {
            (Verdict::Adoptable { .. }, Some(found)) => self.place(offer, found).await,
            (Verdict::Refused { reason }, _) => Err(AdoptError::Refused { file: path, reason: reason.clone() }),
            _ => Err(AdoptError::Present { file: path }),
        }
    }

    async fn candidates(&self) -> Result<Vec<Candidate>, OpenError> {
        let listed = candidate::list(&*self.world.disk, &self.catalog).await;
        listed.map_err(OpenError::disk("look for files that the catalog does not know"))
    }

    async fn look_at(&self, candidate: Candidate) -> Looked {
        let mut offer = Offer {
            path: candidate.path.clone(),
            id: candidate.id.clone(),
            bytes: candidate.bytes,
            days_left: candidate.days_left(self.world.clock.wall_ns()),
            holds: None,
            verdict: Verdict::Present,
        };
        match self.find(candidate, &mut offer).await {
            Ok(found) => Looked { offer, found: Some(found) },
            Err(reason) => {
                offer.verdict = Verdict::Refused { reason };
                Looked { offer, found: None }
            }
        }
    }

    /// What is needed to adopt it, or why it cannot be.
    async fn find(&self, candidate: Candidate, offer: &mut Offer) -> Result<Found, String> {
        let owner = candidate.directory.as_ref().map(|directory| Owner::of(directory, &self.catalog));
        let deletions = self.deletions(owner.as_ref().and_then(|owner| owner.id), &candidate).await?;
        let contents = contents::read(&candidate, &deletions, &self.context).await?;
        let no_owner = "neither its name nor its place says whose rows it holds".to_owned();
        let (directory, owner) = candidate.directory.clone().zip(owner).ok_or(no_owner)?;
        let mut holds = Holds {
            environment: owner.slug.clone(),
            class: directory.class,
            datasets: contents.facts.datasets.iter().map(|(slug, rows)| (slug.clone(), *rows)).collect(),
            rows: contents.rows.len() as u64,
            rows_in_files: 0,
            rows_in_log: 0,
            rows_deleted: 0,
            replaces: Vec::new(),
            time_ns: contents.facts.time_ns,
            sequences: contents.facts.sequences,
        };
        let present = match owner.id {
            Some(id) => match present::of(&contents, id, directory.class, &self.catalog, &self.log, &self.context).await {
                Ok(present) => self.share(present, &contents, &candidate).await,
                refused => refused,
            },
            None => Ok(Present::none(&contents, &self.log)),
        };
        if let Ok(present) = &present {
            (holds.rows_in_files, holds.rows_in_log, holds.rows_deleted) = (present.in_files, present.in_log, present.deleted);
            let is_shared = |id: &String| present.shared.iter().any(|shared| shared.id == *id);
            let is_replaced = |file: &&FileRow| present.replaced.contains(&file.id) || is_shared(&file.id);
            holds.replaces = self.catalog.files.iter().filter(is_replaced).map(|file| file.path.clone()).collect();
        }
        offer.holds = Some(holds);
        let present = present?;
        let rows = present.missing_rows(&contents);
        if rows > 0 {
            offer.verdict = Verdict::Adoptable { rows };
            if owner.id.is_none() && !owner.can_be_made {
                return Err(format!("the catalog knows no environment whose files lie in {}", owner.slug));
            }
        }
        Ok(Found { candidate, owner, contents, present })
    }

    async fn deletions(&self, environment: Option<EnvironmentId>, candidate: &Candidate) -> Result<Vec<Deletion>, String> {
        let is_planted = self.config.is_planted(PlantedBug::AdoptionForgetsDeletions);
        let Some(environment) = environment.filter(|_| !is_planted) else { return Ok(Vec::new()) };
        let rows = self.world.catalog.deletions().await.map_err(|error| error.to_string())?;
        let disk = &*self.world.disk;
        let noted = if candidate.is_in_quarantine() { quarantine::noted_deletions(disk, &candidate.path).await } else { Ok(Vec::new()) };
        let noted = noted.map_err(|error| format!("what is noted of deletions beside it cannot be read: {error}"))?;
        // No start has looked yet at a file among the data files, unless it is elsewhere: there it stays from start to start, nothing is
        // noted beside it, and every deletion may have been asked for since the catalog has lost sight of it.
        let is_new = !candidate.is_in_quarantine() && !disk.is_elsewhere(&candidate.path);
        let is_known = |row: &DeletionRow| is_new || noted.contains(&(row.id, row.asked_ns));
        let own = rows.into_iter().filter(|row| row.environment == environment);
        let read = own.map(|row| {
            let filter = serde_json::from_str(&row.filter);
            let filter = filter.map_err(|error| format!("deletion {} of the catalog cannot be read: {error}", row.id))?;
            Ok(Deletion { filter, asked_ns: row.asked_ns, through: is_known(&row).then_some(row.through) })
        });
        read.collect()
    }
}
