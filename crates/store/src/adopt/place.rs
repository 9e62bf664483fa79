//! A file of a quarantine becomes one of the data files.

use super::candidate::{Candidate, is_id};
use super::columns::{self, ColumnPlan};
use super::contents::Contents;
use super::rewrite::rewrite;
use super::{AdoptError, Adopted, Adopter, Found, Offer};
use crate::catalog::{CatalogError, Cut, CutReason, DatasetRow, FileRow};
use crate::error::OpenError;
use crate::fault::shown_bytes;
use crate::file::sidecar::BLOCK_BYTES;
use crate::file::sidecar_path;
use crate::file::writer::{directory_of, names_of};
use crate::flush::schema::FileColumns;
use crate::flush::write::{DIRECTORY, directory_name, file_row};
use crate::live::Facts;
use crate::quarantine::note_path;
use crate::time::Hour;
use glasshive_model::{EnvironmentId, SignalClass};
use std::io;

/// Bytes copied at once.
const COPY_BYTES: u64 = 8 * BLOCK_BYTES;
/// How often a commit whose outcome is unknown is tried.
const ATTEMPTS: usize = 3;
/// The log does not go on behind a sequence that leaves it little room: no log of ours comes so far.
const SEQUENCE_MAX: u64 = 1 << 38;

impl Adopter {
    /// Writes what is nowhere else into place, makes it durable, commits it, and takes the file out of the quarantine where all of it
    /// was taken.
    pub(super) async fn place(&mut self, offer: Offer, found: Found) -> Result<Adopted, AdoptError> {
        let Found { candidate, owner, contents, present } = found;
        let class = candidate.directory.as_ref().map_or(SignalClass::Spans, |directory| directory.class);
        let environment = match owner.id {
            Some(id) => id,
            None => self.world.catalog.ensure_environment(&owner.slug).await?,
        };
        let plan = columns::plan(&contents.attributes, environment, &self.catalog, contents.facts.sequences.0);
        let (files, removed) = (&self.catalog.files, &self.catalog.removed);
        let is_known = |id: &str| files.iter().any(|file| file.id == id) || removed.iter().any(|file| file.id == id);
        let is_free = |id: &str| is_id(id) && !is_known(id);
        let is_moved = present.is_empty() && plan.is_as_written && is_free(&candidate.id);
        let id = if is_moved { candidate.id.clone() } else { self.new_id() };
        let directory = format!("{DIRECTORY}/{}/{}", directory_name(environment, &owner.slug), class.word());
        let (path, level) = path_of(&directory, contents.facts.time_ns, contents.lineage.replaces.is_some(), &id);
        if !is_moved || candidate.path != path {
            self.check_room(&candidate).await?;
        }
        let file_columns = file_columns(&plan, &contents.facts);
        let written = match is_moved {
            true => self.copy(&candidate, &contents, &path, file_columns).await,
            false => rewrite(&self.world.disk, &contents, &present, &plan, &path, file_columns, &self.config).await,
        };
        let row = match written {
            Ok(row) => FileRow { id, environment, class, level, ..row },
            Err(error) => {
                self.clear(&candidate, &path).await;
                return Err(OpenError::disk(format!("write {path}"))(error).into());
            }
        };
        let rows = row.rows;
        let datasets = datasets(&contents, &row, environment);
        let cut = Cut {
            reason: CutReason::Adoption,
            flushed_through: self.flushed_through(row.sequence_last),
            files: vec![row],
            columns: plan.new,
            datasets,
            replaced: present.replaced,
        };
        if let Err(error) = self.commit(&cut).await {
            // What a commit of unknown outcome may have made visible stays.
            if !matches!(error, CatalogError::Uncertain(_)) {
                self.clear(&candidate, &path).await;
            }
            return Err(error.into());
        }
        self.catalog = self.world.catalog.load().await?;
        if is_moved && candidate.path != path {
            let removed = self.take_out(&candidate).await;
            removed.map_err(OpenError::disk(format!("remove {} now that its rows are in {path}", candidate.path)))?;
        }
        Ok(Adopted { offer, path, rows })
    }

    /// What comes from elsewhere and is written anew is on this disk on its way, as a whole, and the log is there too.
    async fn check_room(&self, candidate: &Candidate) -> Result<(), AdoptError> {
        let disk = &self.world.disk;
        if !disk.is_elsewhere(&candidate.path) {
            return Ok(());
        }
        let free = disk.free_bytes().await.map_err(OpenError::disk("ask how much of the disk is free"))?;
        let needed = candidate.bytes.saturating_add(self.config.reserve_bytes);
        match free >= needed {
            true => Ok(()),
            false => {
                let (needed, free) = (shown_bytes(needed), shown_bytes(free));
                let reason = format!("{needed} of the disk are needed on the way, and {free} are free");
                Err(AdoptError::Refused { file: candidate.path.clone(), reason })
            }
        }
    }

    /// Where the log has nothing that is not in files it goes on behind what is adopted: then sequences tell what came first, and no
    /// deletion that is asked for from now on means what comes after it.
    fn flushed_through(&self, sequence_last: u64) -> u64 {
        let log = &self.log;
        let is_empty = log.beyond.is_empty() && log.holes.is_empty() && log.torn_bytes.is_none();
        let before = self.catalog.flushed_through;
        if is_empty && sequence_last < SEQUENCE_MAX { before.max(sequence_last) } else { before }
    }

    /// The same bytes under the new path, durably. Under its own path a file is copied too: had another process failed to sync the
    /// directory, its name would be lost at a power failure, and a second sync would not tell.
    async fn copy(&self, candidate: &Candidate, contents: &Contents, path: &str, columns: FileColumns) -> io::Result<FileRow> {
        let changed = || io::Error::new(io::ErrorKind::InvalidData, "its bytes are not those that were looked at");
        let disk = &self.world.disk;
        let row = || file_row(path, contents.facts.clone(), columns.clone(), &contents.written());
        let is_in_place = candidate.path == path;
        if is_in_place && disk.is_elsewhere(path) {
            return Ok(row());
        }
        self.clear(candidate, path).await;
        let [unfinished, unfinished_sidecar, _, sidecar] = names_of(path);
        disk.create_dir_all(directory_of(path)).await?;
        let file = disk.create_new(&unfinished).await?;
        let mut position = 0;
        while position < candidate.bytes {
            let end = (position + COPY_BYTES).min(candidate.bytes);
            // Compared with its checksums once more.
            let bytes = contents.file.read_range(position..end).await.map_err(|_| changed())?;
            file.write_at(position, vec![bytes]).await?;
            position = end;
        }
        file.sync().await?;
        let file = disk.create_new(&unfinished_sidecar).await?;
        file.write_at(0, vec![contents.sidecar.clone()]).await?;
        file.sync().await?;
        disk.rename(&unfinished_sidecar, &sidecar).await?;
        disk.rename(&unfinished, path).await?;
        match is_in_place {
            true => sync_names(&**disk, directory_of(path)).await?,
            false => disk.sync_dir(directory_of(path)).await?,
        }
        Ok(row())
    }

    /// Removes what an attempt at this path has left, as far as that can be done. The next start does what is left to do.
    async fn clear(&self, candidate: &Candidate, path: &str) {
        let sidecar = sidecar_path(path);
        let is_left = |name: &String| candidate.path == path && (*name == path || *name == sidecar);
        for name in names_of(path).into_iter().filter(|name| !is_left(name)) {
            drop(self.world.disk.remove(&name).await);
        }
    }

    async fn commit(&self, cut: &Cut) -> Result<(), CatalogError> {
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            outcome = self.world.catalog.commit_cut(cut.clone()).await;
            match &outcome {
                Err(CatalogError::Uncertain(reason)) => match self.world.catalog.load().await {
                    Ok(state) if cut.files.iter().all(|file| state.files.iter().any(|known| known.id == file.id)) => return Ok(()),
                    Ok(_) => {}
                    Err(error) => return Err(CatalogError::Uncertain(format!("{reason}; {error}"))),
                },
                _ => return outcome,
            }
        }
        outcome
    }

    /// The data file goes first: without it nobody misses the sidecar.
    async fn take_out(&self, candidate: &Candidate) -> io::Result<()> {
        for path in [candidate.path.clone(), sidecar_path(&candidate.path), note_path(&candidate.path)] {
            match self.world.disk.remove(&path).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.world.disk.sync_dir(directory_of(&candidate.path)).await
    }

    /// A ULID, as flushes give them out.
    fn new_id(&self) -> String {
        let random = u128::from(self.world.rng.next_u64()) << 64 | u128::from(self.world.rng.next_u64());
        let milliseconds = u64::try_from(self.world.clock.wall_ns() / 1_000_000).unwrap_or(0);
        ulid::Ulid::from_parts(milliseconds, random).to_string()
    }
}

/// Makes a directory and all above it durable: whoever put a file there need not have.
async fn sync_names(disk: &dyn crate::world::Disk, directory: &str) -> io::Result<()> {
    let mut directory = directory;
    loop {
        disk.sync_dir(directory).await?;
        match directory.rsplit_once('/') {
            Some((above, _)) => directory = above,
            None => return Ok(()),
        }
    }
}

/// Where a file of these rows belongs, and its merge level: 0 as it was flushed, 1 merged within an hour, 2 within a day.
fn path_of(directory: &str, time_ns: (i64, i64), is_merged: bool, id: &str) -> (String, u8) {
    let (first, last) = (Hour::of(time_ns.0), Hour::of(time_ns.1));
    let hour = first.path();
    match first == last {
        true => (format!("{directory}/{hour}/{id}.parquet"), u8::from(is_merged)),
        false => (format!("{directory}/{}/{id}.parquet", directory_of(&hour)), 2),
    }
}

fn file_columns(plan: &ColumnPlan, facts: &Facts) -> FileColumns {
    let mut attributes = plan.rows.clone();
    attributes.sort_unstable_by_key(|column| column.id);
    FileColumns { attributes, folded: Vec::new(), overflow_keys: facts.overflow_keys.clone() }
}

/// Those that the catalog has already keep their rows.
fn datasets(contents: &Contents, row: &FileRow, environment: EnvironmentId) -> Vec<DatasetRow> {
    let since = |slug: &str| contents.dataset_since_ns.get(slug).copied().unwrap_or(row.ingest_max_ns);
    row.datasets.iter().map(|(slug, _)| DatasetRow { environment, slug: slug.clone(), created_ns: since(slug) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_where_their_rows_belong() {
        const HOUR_NS: i64 = 3_600_000_000_000;
        let check = |times, is_merged, expected: &str, level| {
            assert_eq!(path_of("events/local/spans", times, is_merged, "x"), (format!("events/local/spans/{expected}/x.parquet"), level));
        };
        check((0, HOUR_NS - 1), false, "1970/01/01/00", 0);
        check((0, HOUR_NS - 1), true, "1970/01/01/00", 1);
        check((HOUR_NS - 1, HOUR_NS), true, "1970/01/01", 2);
    }
}
