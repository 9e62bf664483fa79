//! Where bytes go that make no sense or that nobody knows, instead of away.

use crate::fault::is_disk_full;
use crate::file::sidecar_path;
use crate::file::writer::directory_of;
use crate::world::Disk;
use bytes::Bytes;
use std::io;

const DIRECTORY: &str = "quarantine";
/// Where files lie that the catalog does not know.
pub(crate) const ORPHANS: &str = "quarantine/orphans";
/// How long unknown files are kept.
const KEPT_DAYS: i64 = 30;
/// Bytes copied at once.
const COPY_BYTES: u64 = 4 << 20;
const DAY_NS: i64 = 86_400 * 1_000_000_000;
/// Nothing was taken in before: an earlier day is that of a clock that was not set, and says nothing of how long ago it was.
const FIRST_DAY: &str = "2026-01-01";
/// A name with a longer environment could be too long for a file system; then it is left out.
const ENVIRONMENT_BYTES: usize = 128;
/// Bytes of `yyyy-mm-dd`.
const DAY_BYTES: usize = 10;

/// A deletion that a catalog knows: its number, and when it was asked for.
pub(crate) type KnownDeletion = (u64, i64);

/// Keeps these bytes under this name, durably. Bytes that are kept already are not kept twice.
pub(crate) async fn put(disk: &dyn Disk, name: &str, bytes: Bytes) -> io::Result<()> {
    disk.create_dir_all(DIRECTORY).await?;
    let found = disk.list(DIRECTORY).await?.into_iter().find(|entry| entry.name == name);
    let path = format!("{DIRECTORY}/{name}");
    if found.is_some_and(|entry| entry.len == bytes.len() as u64) {
        return Ok(());
    }
    write(disk, &path, bytes).await
}

async fn write(disk: &dyn Disk, path: &str, bytes: Bytes) -> io::Result<()> {
    let unfinished = unfinished(path);
    // A start that was interrupted here may have left one behind.
    drop(disk.remove(&unfinished).await);
    let file = disk.create_new(&unfinished).await?;
    file.write_at(0, vec![bytes]).await?;
    file.sync().await?;
    disk.rename(&unfinished, path).await?;
    disk.sync_dir(directory_of(path)).await
}

/// Notes beside a data file that is about to be taken in which deletions the catalog knows that has lost sight of it: they mean rows of
/// the file by their sequences. All others are asked for later, when everything that the file has had come.
pub(crate) async fn note_deletions(disk: &dyn Disk, directory: &str, name: &str, now_ns: i64, known: &[KnownDeletion]) -> io::Result<()> {
    if known.is_empty() {
        return Ok(());
    }
    disk.create_dir_all(ORPHANS).await?;
    let path = note_path(&format!("{ORPHANS}/{}", kept_name(directory, name, now_ns)));
    match write(disk, &path, serde_json::to_vec(known).expect("numbers are always JSON").into()).await {
        // A start must not fail for want of room; then times of receipt have to tell.
        Err(error) if is_disk_full(&error) => Ok(()),
        other => other,
    }
}

/// What was noted beside a file that lies here.
pub(crate) async fn noted_deletions(disk: &dyn Disk, path: &str) -> io::Result<Vec<KnownDeletion>> {
    let read = async {
        let file = disk.open(&note_path(path), false).await?;
        let len = usize::try_from(file.len().await?).map_err(io::Error::other)?;
        file.read_at(0, len).await
    };
    match read.await {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Where that is noted.
pub(crate) fn note_path(path: &str) -> String {
    format!("{}.deletions", path.strip_suffix(".parquet").unwrap_or(path))
}

/// Moves a data file and its sidecar here, durably. Their new names begin with the day, from which their time counts, and say whose rows
/// they hold. Neither leaves its place before both are here: whenever this is interrupted, one of the two places has both. Only where
/// there is no room for copies they are renamed, the sidecar first; interrupted between the two, the next start brings it back and does
/// all of it again.
pub(crate) async fn take_in(disk: &dyn Disk, directory: &str, name: &str, now_ns: i64) -> io::Result<()> {
    disk.create_dir_all(ORPHANS).await?;
    bring_back(disk, directory, &sidecar_path(name), now_ns).await?;
    let mut copied = Vec::new();
    for name in [sidecar_path(name), name.to_owned()] {
        let (from, to) = (format!("{directory}/{name}"), format!("{ORPHANS}/{}", kept_name(directory, &name, now_ns)));
        match copy(disk, &from, &to).await {
            Ok(()) => copied.push(from),
            // A start must not fail for want of room.
            Err(error) if is_disk_full(&error) => rename(disk, &from, &to).await?,
            // Without its sidecar it is kept all the same.
            Err(error) if error.kind() == io::ErrorKind::NotFound && name.ends_with(".sum") => {}
            Err(error) => return Err(error),
        }
    }
    // The data file goes first and for good: without it nobody misses the sidecar.
    for from in copied.iter().rev() {
        disk.remove(from).await?;
        disk.sync_dir(directory).await?;
    }
    // What was renamed leaves durably too.
    disk.sync_dir(directory).await
}

/// A sidecar that lies here alone was renamed by a start that ended before the data file came after it, and nobody knows whether its
/// new name is durable: had the sync of this directory failed, another one would not tell. It goes back to its place.
async fn bring_back(disk: &dyn Disk, directory: &str, sidecar: &str, now_ns: i64) -> io::Result<()> {
    let place = format!("{directory}/{sidecar}");
    match disk.open(&place, false).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other.map(drop),
    }
    // The day may have been another one.
    let sought = kept_name(directory, sidecar, now_ns);
    let kept = disk.list(ORPHANS).await?;
    let is_sidecar = |name: &str| name.len() == sought.len() && is_ours(name) && name[DAY_BYTES..] == sought[DAY_BYTES..];
    let Some(alone) = kept.iter().map(|entry| entry.name.as_str()).find(|name| is_sidecar(name)) else { return Ok(()) };
    let data = format!("{}.parquet", alone.strip_suffix(".sum").unwrap_or(alone));
    if kept.iter().any(|entry| entry.name == data) {
        return Ok(());
    }
    disk.rename(&format!("{ORPHANS}/{alone}"), &place).await
}

/// Moves a file to another directory: the old name goes only once the new one is durable. Renaming would not do: when the new
/// directory cannot be synced, nobody knows which of the two names a power failure leaves, and a second sync does not tell.
pub(crate) async fn move_durably(disk: &dyn Disk, from: &str, to: &str) -> io::Result<()> {
    match copy(disk, from, to).await {
        Ok(()) => disk.remove(from).await?,
        Err(error) if is_disk_full(&error) => rename(disk, from, to).await?,
        Err(error) => return Err(error),
    }
    disk.sync_dir(directory_of(from)).await
}

/// Where there is no room for a copy.
async fn rename(disk: &dyn Disk, from: &str, to: &str) -> io::Result<()> {
    drop(disk.remove(&unfinished(to)).await);
    disk.rename(from, to).await?;
    disk.sync_dir(directory_of(to)).await
}

/// A durable copy under another name.
async fn copy(disk: &dyn Disk, from: &str, to: &str) -> io::Result<()> {
    let source = disk.open(from, false).await?;
    let unfinished = unfinished(to);
    // An attempt that was interrupted may have left one behind.
    drop(disk.remove(&unfinished).await);
    let file = disk.create_new(&unfinished).await?;
    let (len, mut position) = (source.len().await?, 0);
    while position < len {
        let end = (position + COPY_BYTES).min(len);
        let bytes = source.read_at(position, usize::try_from(end - position).map_err(io::Error::other)?).await?;
        file.write_at(position, vec![bytes]).await?;
        position = end;
    }
    file.sync().await?;
    disk.rename(&unfinished, to).await?;
    disk.sync_dir(directory_of(to)).await
}

fn unfinished(path: &str) -> String {
    format!("{path}.tmp")
}

/// Removes unknown files that have been here for more than [`KEPT_DAYS`] days. Others, and names that nobody gave here, stay.
pub(crate) async fn expire(disk: &dyn Disk, now_ns: i64) -> io::Result<()> {
    let oldest = day(now_ns.saturating_sub(KEPT_DAYS * DAY_NS));
    for entry in disk.list(ORPHANS).await? {
        let is_due = is_ours(&entry.name) && entry.name[..oldest.len()] < *oldest;
        if is_due && !entry.is_dir {
            tracing::info!(file = entry.name, "a file unknown to the catalog was kept for {KEPT_DAYS} days and is removed");
            disk.remove(&format!("{ORPHANS}/{}", entry.name)).await?;
        }
    }
    Ok(())
}

/// `<yyyy-mm-dd>-<id>.<environment's directory>.<class>.<ending>`, of a file that lay in `events/<environment>/<class>/...`.
fn kept_name(directory: &str, name: &str, now_ns: i64) -> String {
    let day = day(now_ns);
    let mut parts = directory.split('/').skip(1);
    match (parts.next(), parts.next(), name.rsplit_once('.')) {
        (Some(environment), Some(class), Some((stem, ending))) if environment.len() <= ENVIRONMENT_BYTES => {
            format!("{day}-{stem}.{environment}.{class}.{ending}")
        }
        _ => format!("{day}-{name}"),
    }
}

/// The days that are left to a file that is kept under this name; `None` when its name has no day and it stays for good.
pub(crate) fn days_left(name: &str, now_ns: i64) -> Option<i64> {
    let since: jiff::civil::Date = name.get(..DAY_BYTES).filter(|_| is_ours(name))?.parse().ok()?;
    let today: jiff::civil::Date = day(now_ns).parse().ok()?;
    let age = (today - since).get_days();
    Some((KEPT_DAYS - i64::from(age)).max(0))
}

/// `yyyy-mm-dd`, which sorts by time.
fn day(time_ns: i64) -> String {
    let mut shown = crate::time::shown(time_ns);
    shown.truncate("yyyy-mm-dd".len());
    shown
}

/// `yyyy-mm-dd-...`, of a day that there has been since.
fn is_ours(name: &str) -> bool {
    let begins = name.get(..11).unwrap_or_default();
    begins.len() == 11
        && begins >= FIRST_DAY
        && begins.bytes().enumerate().all(|(at, byte)| if matches!(at, 4 | 7 | 10) { byte == b'-' } else { byte.is_ascii_digit() })
}
