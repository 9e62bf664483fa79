//! Pages kept on the disk until all are there: formats that begin with their columns need to know all of them first.

use super::pages::batches;
use anyhow::{Context, Result};
use arrow_array::RecordBatch;
use bytes::Bytes;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Pages in a file without a name, which goes when it is dropped.
pub struct Spool {
    file: File,
    pages: Vec<(u64, usize)>,
    bytes: u64,
}

// === impl Spool ===

impl Spool {
    /// An empty one in a directory.
    ///
    /// # Errors
    /// When no file can be made there.
    pub fn in_directory(directory: &Path) -> Result<Self> {
        let path = directory.join(format!(".glasshive-export-{}", std::process::id()));
        let make = || {
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
            std::fs::remove_file(&path)?;
            Ok::<_, std::io::Error>(file)
        };
        let file = make().with_context(|| format!("make a temporary file {}", path.display()))?;
        Ok(Self { file, pages: Vec::new(), bytes: 0 })
    }

    /// Keeps a page.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn push(&mut self, page: &Bytes) -> Result<()> {
        self.file.write_all(page).context("keep a page in a temporary file")?;
        self.pages.push((self.bytes, page.len()));
        self.bytes += page.len() as u64;
        Ok(())
    }

    /// The rows of each page, one after the other.
    pub fn pages(&self) -> impl Iterator<Item = Result<Vec<RecordBatch>>> {
        self.pages.iter().map(|(offset, length)| {
            let mut page = vec![0; *length];
            self.file.read_exact_at(&mut page, *offset).context("read a page back from a temporary file")?;
            batches(page.into())
        })
    }
}
