//! Files that the catalog does not know: what a crash left behind, or what a catalog from a backup has not heard of.

use crate::catalog::CatalogState;
use crate::fault::{FaultKind, shown_bytes};
use crate::file::sidecar_path;
use crate::inner::Inner;
use crate::log::recovery::Recovered;
use crate::merge::REPLACES;
use crate::quarantine;
use crate::world::{Away, Disk};
use glasshive_model::SystemColumn;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use std::collections::HashSet;
use std::io;
use std::ops::{Range, RangeInclusive};

/// Where data files live.
const DIRECTORY: &str = "events";
/// Footers are mostly below this; one read then suffices.
const FOOTER_GUESS_BYTES: u64 = 64 << 10;

/// Goes through all data files. What was never finished is removed; a file all of whose rows came back from the log is returned,
/// to be removed once they are committed in other files; the rest goes to quarantine, or stays where it is when that is elsewhere.
pub(crate) async fn sort_out(inner: &Inner, catalog: &CatalogState, recovered: &Recovered) -> io::Result<Vec<String>> {
    let named = catalog.files.iter().map(|file| &file.path).chain(catalog.removed.iter().map(|file| &file.path));
    let known: HashSet<String> = named.flat_map(|path| [path.clone(), sidecar_path(path)]).collect();
    let disk = &*inner.world.disk;
    // A clock that is wrong at boot must not make what is kept look old.
    let least_ns = inner.retention_clock().least_ns(inner.now());
    let now_ns = catalog.files.iter().map(|file| file.ingest_max_ns).fold(inner.wall_ns().max(least_ns), i64::max);
    let mut replaced_later = Vec::new();
    let mut quarantined = 0;
    let (mut left, mut left_bytes) = (0, 0);
    let mut deletions = None;
    let mut directories = vec![DIRECTORY.to_owned()];
    while let Some(directory) = directories.pop() {
        let mut entries = disk.list(&directory).await?;
        // Backwards, so that a sidecar (`.sum`) comes before its file (`.parquet`).
        entries.sort_by(|left, right| right.name.cmp(&left.name));
        for entry in entries {
            let path = format!("{directory}/{}", entry.name);
            if entry.is_dir {
                directories.push(path);
                continue;
            }
            if known.contains(&path) {
                continue;
            }
            match fate(disk, catalog, recovered, &path, entry.len).await? {
                Fate::Remove => disk.remove(&path).await?,
                Fate::RemoveBoth => {
                    disk.remove(&path).await?;
                    match disk.remove(&sidecar_path(&path)).await {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                        _ => disk.sync_dir(&directory).await?,
                    }
                }
                Fate::ReplacedLater => replaced_later.extend([path.clone(), sidecar_path(&path)]),
                // Were they taken here, they could fill the disk that the log is on.
                Fate::Quarantine if disk.is_elsewhere(&path) => {
                    left += 1;
                    left_bytes += entry.len;
                }
                Fate::Quarantine => {
                    if deletions.is_none() {
                        let known = inner.world.catalog.deletions().await.map_err(io::Error::other)?;
                        deletions = Some(known.iter().map(|deletion| (deletion.id, deletion.asked_ns)).collect::<Vec<_>>());
                    }
                    let known = deletions.as_deref().unwrap_or_default();
                    quarantine::note_deletions(disk, &directory, &entry.name, now_ns, known).await?;
                    quarantine::take_in(disk, &directory, &entry.name, now_ns).await?;
                    quarantined += 1;
                }
                Fate::WithItsFile => {}
            }
        }
    }
    if quarantined > 0 {
        inner.tell(FaultKind::UnknownFiles, format!("{quarantined} files are unknown to the catalog; kept in quarantine"));
    }
    if left > 0 {
        let bytes = shown_bytes(left_bytes);
        inner.tell(FaultKind::UnknownFiles, format!("{left} files ({bytes}) are unknown to the catalog; left in the object store"));
    }
    Ok(replaced_later)
}

enum Fate {
    Remove,
    RemoveBoth,
    ReplacedLater,
    Quarantine,
    WithItsFile,
}

/// What becomes of a file that was listed.
async fn fate(disk: &dyn Disk, catalog: &CatalogState, recovered: &Recovered, path: &str, bytes: u64) -> io::Result<Fate> {
    if path.ends_with(".tmp") {
        return Ok(Fate::Remove);
    }
    if let Some(stem) = path.strip_suffix(".sum") {
        // Sidecars get their names first, so one alone is what a crash has left.
        let data = disk.open(&format!("{stem}.parquet"), false).await;
        return match data {
            Ok(_) => Ok(Fate::WithItsFile),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Fate::Remove),
            Err(error) => Err(error),
        };
    }
    let Some(footer) = read_footer(disk, path, bytes).await? else { return Ok(Fate::Quarantine) };
    if let Some(replaces) = &footer.replaces {
        return Ok(if are_known(disk, catalog, replaces).await { Fate::RemoveBoth } else { Fate::Quarantine });
    }
    let is_replayed = footer.sequences.zip(footer.received_ns).is_some_and(|(sequences, received_ns)| {
        let is_lost = |lost: &Range<u64>| lost.start <= *sequences.end() && *sequences.start() < lost.end;
        let is_of_log = *sequences.start() > catalog.flushed_through && *sequences.end() < recovered.next_sequence;
        // Another log, or this one under an older catalog, may have given out the same sequences.
        let times = || recovered.received.range(sequences.clone()).map(|(_, time_ns)| *time_ns);
        let is_of_then = times().min() <= Some(received_ns.0) && Some(received_ns.1) <= times().max();
        is_of_log && is_of_then && !recovered.lost.iter().any(is_lost)
    });
    Ok(if is_replayed { Fate::ReplacedLater } else { Fate::Quarantine })
}

/// Whether what a merge wrote and did not commit is still in the files that it read, or the catalog knows where it went. A
/// catalog from a backup may name files that are long gone.
async fn are_known(disk: &dyn Disk, catalog: &CatalogState, ids: &[String]) -> bool {
    for id in ids {
        let visible = catalog.files.iter().find(|file| file.id == *id);
        let is_known = match visible {
            Some(file) => is_there(disk, &file.path, file.bytes).await,
            None => catalog.removed.iter().any(|file| file.id == *id && file.is_accounted),
        };
        if !is_known {
            return false;
        }
    }
    true
}

/// Whether a directory lists a data file in its length and its sidecar: one that had left may have come back without the other, after a
/// power failure. Opening them proves less: there may be a copy of what is gone.
async fn is_there(disk: &dyn Disk, path: &str, bytes: u64) -> bool {
    let Some((directory, name)) = path.rsplit_once('/') else { return false };
    let sidecar = sidecar_path(name);
    disk.list(directory).await.is_ok_and(|entries| {
        entries.iter().any(|entry| entry.name == name && entry.len == bytes) && entries.iter().any(|entry| entry.name == sidecar)
    })
}

/// What a file's footer says of where its rows are from.
struct Footer {
    sequences: Option<RangeInclusive<u64>>,
    /// Least and greatest `_ingest_time`.
    received_ns: Option<(i64, i64)>,
    /// Ids of the files that a merge read.
    replaces: Option<Vec<String>>,
}

/// `None` when it cannot be read.
async fn read_footer(disk: &dyn Disk, path: &str, bytes: u64) -> io::Result<Option<Footer>> {
    let file = disk.open(path, false).await?;
    let mut wanted = FOOTER_GUESS_BYTES.min(bytes);
    loop {
        let tail = match file.read_at(bytes - wanted, wanted as usize).await {
            Ok(tail) => tail,
            // A store that does not answer says nothing of the file.
            Err(error) if Away::is(&error) => return Err(error),
            Err(_) => return Ok(None),
        };
        let mut reader = ParquetMetaDataReader::new();
        match reader.try_parse_sized(&tail, bytes) {
            Ok(()) => {
                let Ok(metadata) = reader.finish() else { return Ok(None) };
                let values = metadata.file_metadata().key_value_metadata();
                let text = |key: &str| values?.iter().find(|pair| pair.key == key)?.value.as_ref();
                let number = |key: &str| text(key)?.parse::<u64>().ok();
                let sequences = number("hive.sequence_first").zip(number("hive.sequence_last")).map(|(first, last)| first..=last);
                let replaces = text(REPLACES).map(|list| serde_json::from_str(list).unwrap_or_else(|_| vec![String::new()]));
                return Ok(Some(Footer { sequences, received_ns: received_ns(&metadata), replaces }));
            }
            Err(ParquetError::NeedMoreData(needed)) if needed as u64 > wanted && needed as u64 <= bytes => wanted = needed as u64,
            Err(_) => return Ok(None),
        }
    }
}

/// Least and greatest `_ingest_time`, by the statistics; `None` where these do not tell.
fn received_ns(metadata: &ParquetMetaData) -> Option<(i64, i64)> {
    let columns = metadata.file_metadata().schema_descr().columns().iter();
    let index = columns.into_iter().position(|column| column.name() == SystemColumn::IngestTime.name())?;
    let of_group = |group: &RowGroupMetaData| match group.column(index).statistics()? {
        Statistics::Int64(times) => Some((*times.min_opt()?, *times.max_opt()?)),
        _ => None,
    };
    let groups: Vec<(i64, i64)> = metadata.row_groups().iter().map(of_group).collect::<Option<_>>()?;
    Some((groups.iter().map(|times| times.0).min()?, groups.iter().map(|times| times.1).max()?))
}
