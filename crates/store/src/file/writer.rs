//! A data file from its first byte to durable names.

use super::sidecar::{Encoded, SidecarBuilder};
use super::sidecar_path;
use super::traces::TraceIndexBuilder;
use crate::world::{Disk, DiskFile, NameChanges};
use bytes::Bytes;
use std::io;
use std::sync::Arc;

/// What a file is called until all its bytes are durable.
const UNFINISHED: &str = ".tmp";

/// A data file while it grows.
pub(crate) struct FileWriter {
    disk: Arc<dyn Disk>,
    path: String,
    file: Arc<dyn DiskFile>,
    position: u64,
    sums: SidecarBuilder,
}

/// What a finished file came to.
pub(crate) struct Written {
    /// Length of the data file.
    pub bytes: u64,
    /// What the catalog knows the sidecar by.
    pub sidecar_crc: u32,
}

/// Steps left out on purpose; see [`crate::planted`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LeftOut {
    pub file_sync: bool,
    pub directory_sync: bool,
}

impl FileWriter {
    /// Begins the file that will be called `path`, in a directory that need not exist.
    pub async fn create(disk: &Arc<dyn Disk>, path: &str) -> io::Result<Self> {
        disk.create_dir_all(directory_of(path)).await?;
        let file = disk.create_new(&format!("{path}{UNFINISHED}")).await?;
        Ok(Self { disk: disk.clone(), path: path.to_owned(), file, position: 0, sums: SidecarBuilder::default() })
    }

    pub async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        self.sums.append(&bytes);
        let length = bytes.len() as u64;
        self.file.write_at(self.position, vec![bytes]).await?;
        self.position += length;
        Ok(())
    }

    /// Makes the bytes durable, writes the sidecar, gives both their names and makes these durable. `traces` knows the trace ids
    /// of all rows.
    pub async fn finish(self, traces: TraceIndexBuilder, left_out: LeftOut) -> io::Result<Written> {
        if !left_out.file_sync {
            self.file.sync().await?;
        }
        let Encoded { stored, crc } = self.sums.finish(&traces.finish());
        let sidecar_path = sidecar_path(&self.path);
        let unfinished = format!("{sidecar_path}{UNFINISHED}");
        let file = self.disk.create_new(&unfinished).await?;
        file.write_at(0, vec![stored]).await?;
        file.sync().await?;
        let names = NameChanges::begin(&*self.disk, directory_of(&self.path));
        self.disk.rename(&unfinished, &sidecar_path).await?;
        self.disk.rename(&format!("{}{UNFINISHED}", self.path), &self.path).await?;
        if !left_out.directory_sync {
            names.sync().await?;
        }
        Ok(Written { bytes: self.position, sidecar_crc: crc })
    }
}

/// All names that an attempt at this path may have left behind.
pub(crate) fn names_of(path: &str) -> [String; 4] {
    let sidecar = sidecar_path(path);
    [format!("{path}{UNFINISHED}"), format!("{sidecar}{UNFINISHED}"), path.to_owned(), sidecar]
}

/// The directory that a path lies in.
pub(crate) fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}
