//! Where an export goes, and the formats that begin with their columns.

use super::columns::{Columns, physical};
use crate::screen::{csv as records, number};
use crate::transfer::spool::Spool;
use anyhow::{Context, Result, bail};
use arrow_array::RecordBatch;
use glasshive_api_hive::shape::row::json_of;
use glasshive_model::shown::shown_rows;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Rows of a row group.
const GROUP_ROWS: usize = 65_536;
/// Unfinished outputs beside one another.
const PARTS_MAX: usize = 20;

/// Standard output, or a file that gets its name when all of it is there.
pub struct Destination {
    out: BufWriter<Box<dyn Write + Send>>,
    written: u64,
    /// Its name until then, and then.
    file: Option<(File, PathBuf, PathBuf)>,
}

// === impl Destination ===

impl Destination {
    /// Opens it; `None` is standard output.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self { out: BufWriter::new(Box::new(std::io::stdout())), written: 0, file: None });
        };
        let (file, part) = new_part(path)?;
        let out = BufWriter::new(Box::new(file.try_clone().context("open the output")?) as Box<dyn Write + Send>);
        Ok(Self { out, written: 0, file: Some((file, part, path.to_path_buf())) })
    }

    /// Where temporary files go: beside the output.
    pub fn scratch_directory(&self) -> PathBuf {
        let parent = self.file.as_ref().and_then(|(_, _, path)| path.parent().map(Path::to_path_buf));
        match parent {
            Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
            Some(parent) => parent,
            None => std::env::temp_dir(),
        }
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).context("write the output")?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Ends it and gives the file its name; how many bytes were written.
    ///
    /// # Errors
    /// When the rest cannot be written, synced, or named.
    pub fn finish(&mut self) -> Result<u64> {
        self.out.flush().context("write the output")?;
        if let Some((file, part, path)) = self.file.take() {
            file.sync_all().with_context(|| format!("sync {}", part.display()))?;
            std::fs::rename(&part, &path).with_context(|| format!("rename {} to {}", part.display(), path.display()))?;
        }
        Ok(self.written)
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        // What did not become whole goes; a file that cannot be removed is named `.part`, so that nobody takes it for one.
        if let Some((_, part, _)) = &self.file {
            let _ = std::fs::remove_file(part);
        }
    }
}

impl Write for &mut Destination {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// A file beside the output, which nobody else has: one that is there already may be another export's, or lead elsewhere.
fn new_part(path: &Path) -> Result<(File, PathBuf)> {
    for number in 1..=PARTS_MAX {
        let mut part = path.as_os_str().to_owned();
        part.push(if number == 1 { ".part".to_owned() } else { format!(".{number}.part") });
        let part = PathBuf::from(part);
        // Telemetry may hold anything; nobody else is to read it.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part) {
            Ok(file) => return Ok((file, part)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("make {}", part.display())),
        }
    }
    bail!("beside {} lie {PARTS_MAX} unfinished exports, {}.part and others; remove them", path.display(), path.display())
}

/// Writes all pages as one Parquet file, in order of arrival.
///
/// # Errors
/// When pages cannot be read or the output cannot be written.
pub fn parquet(spool: &Spool, mut out: &mut Destination) -> Result<()> {
    let mut columns = Columns::default();
    for page in spool.pages() {
        page?.iter().for_each(|batch| columns.add(batch));
    }
    let schema = columns.schema();
    let format = KeyValue::new("glasshive.export".to_owned(), "1".to_owned());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(vec![format]))
        .build();
    let mut writer = ArrowWriter::try_new(&mut out, schema.clone(), Some(properties))?;
    for page in spool.pages() {
        for batch in page? {
            writer.write(&physical(&batch, &schema)?)?;
        }
    }
    writer.close().context("write the output")?;
    Ok(())
}

/// Writes all pages as CSV: the time, then every field that some row has, by its shown name.
///
/// # Errors
/// When pages cannot be read or the output cannot be written.
pub fn csv(spool: &Spool, out: &mut Destination) -> Result<()> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for page in spool.pages() {
        for row in page?.iter().flat_map(shown_rows) {
            names.extend(row.fields.into_iter().map(|(name, _)| name));
        }
    }
    let mut text = String::new();
    records::push_record(&mut text, std::iter::once("time").chain(names.iter().map(String::as_str)));
    let places: HashMap<&str, usize> = names.iter().enumerate().map(|(place, name)| (name.as_str(), place + 1)).collect();
    let mut record = vec![String::new(); names.len() + 1];
    for page in spool.pages() {
        for batch in page? {
            push_rows(&batch, &places, &mut record, &mut text);
            out.write(text.as_bytes())?;
            text.clear();
        }
    }
    out.write(text.as_bytes())
}

fn push_rows(batch: &RecordBatch, places: &HashMap<&str, usize>, record: &mut [String], text: &mut String) {
    for row in shown_rows(batch) {
        record.iter_mut().for_each(String::clear);
        record[0] = number::rfc3339(row.time_ns);
        for (name, value) in row.fields {
            if let Some(place) = places.get(name.as_str()) {
                record[*place] = records::cell(&json_of(value));
            }
        }
        records::push_record(text, record.iter().map(String::as_str));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_begins_as_a_file_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("F");
        let elsewhere = directory.path().join("elsewhere");
        std::fs::write(&elsewhere, "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, directory.path().join("F.part")).unwrap();
        let mut first = Destination::open(Some(&path)).unwrap();
        let mut second = Destination::open(Some(&path)).unwrap();
        first.write(b"first").unwrap();
        second.write(b"second").unwrap();
        assert_eq!((first.finish().unwrap(), std::fs::read(&path).unwrap()), (5, b"first".to_vec()));
        assert_eq!((second.finish().unwrap(), std::fs::read(&path).unwrap()), (6, b"second".to_vec()));
        assert_eq!(std::fs::read(&elsewhere).unwrap(), b"mine");
        let left: Vec<Destination> = (0..PARTS_MAX - 1).map(|_| Destination::open(Some(&path)).unwrap()).collect();
        let error = Destination::open(Some(&path)).err().unwrap().to_string();
        assert!(error.contains("20 unfinished exports"), "{error}");
        drop(left);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3, "what did not become whole is gone");
    }
}
