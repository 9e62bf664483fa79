//! Where bytes go that make no sense or that nobody knows, instead of away.

use crate::world::Disk;
use bytes::Bytes;
use std::io;

const DIRECTORY: &str = "quarantine";
const ORPHANS: &str = "quarantine/orphans";

/// Keeps these bytes under this name, durably. Bytes that are kept already are not kept twice.
pub(crate) async fn put(disk: &dyn Disk, name: &str, bytes: Bytes) -> io::Result<()> {
    disk.create_dir_all(DIRECTORY).await?;
    let found = disk.list(DIRECTORY).await?.into_iter().find(|entry| entry.name == name);
    let path = format!("{DIRECTORY}/{name}");
    if found.is_some_and(|entry| entry.len == bytes.len() as u64) {
        return Ok(());
    }
    let unfinished = format!("{path}.tmp");
    // A start that was interrupted here may have left one behind.
    drop(disk.remove(&unfinished).await);
    let file = disk.create_new(&unfinished).await?;
    file.write_at(0, vec![bytes]).await?;
    file.sync().await?;
    disk.rename(&unfinished, &path).await?;
    disk.sync_dir(DIRECTORY).await
}

/// Moves a file here, durably.
pub(crate) async fn take_in(disk: &dyn Disk, directory: &str, name: &str) -> io::Result<()> {
    disk.create_dir_all(ORPHANS).await?;
    disk.rename(&format!("{directory}/{name}"), &format!("{ORPHANS}/{name}")).await?;
    disk.sync_dir(ORPHANS).await?;
    disk.sync_dir(directory).await
}
