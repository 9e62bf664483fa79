//! `FORMAT`: which version's data directory this is, read before anything else in it.
//!
//! Three or more lines of a name and a value: `format` is the number of the directory's form, `version` the program that
//! wrote it last, `backup` where the backup of its last upgrade lies, if there was one. Unknown names are left alone.

use super::open::DataDirError;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The form that this program writes, and the newest it reads.
pub const FORMAT: u32 = 1;

const FIRST_LINE: &str = "glasshive data directory";

/// What stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Format {
    format: u32,
    version: String,
    backup: Option<String>,
}

/// Whether the directory has a `FORMAT` that this version may open. Changes nothing.
///
/// # Errors
/// [`DataDirError::Newer`] (F20), or [`DataDirError::Foreign`] when the file is something else.
pub(super) fn check(directory: &Path, own_version: &str) -> Result<bool, DataDirError> {
    let path = directory.join("FORMAT");
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(DataDirError::Foreign { directory: directory.to_owned() }),
        other => other.map_err(|error| DataDirError::Io { what: "read", path, error })?,
    };
    let found = Format::parse(&text).ok_or_else(|| DataDirError::Foreign { directory: directory.to_owned() })?;
    if found.format > FORMAT {
        return Err(DataDirError::Newer {
            directory: directory.to_owned(),
            own: format!("glasshive {own_version}"),
            backup: found.backup.unwrap_or_else(|| format!("a backup made with glasshive {own_version}")),
            writer: format!("glasshive {}", found.version),
        });
    }
    Ok(true)
}

/// Writes the file; it appears whole and durable or not at all.
pub(super) fn write(directory: &Path, own_version: &str) -> Result<(), DataDirError> {
    replace(directory, "FORMAT", &format!("{FIRST_LINE}\nformat {FORMAT}\nversion {own_version}\n"))
}

/// Puts a small file in place of the one of that name, whole and durable or not at all.
pub(super) fn replace(directory: &Path, name: &str, text: &str) -> Result<(), DataDirError> {
    let (path, new) = (directory.join(name), directory.join(format!("{name}.new")));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| DataDirError::Io { what: "write", path, error }
    };
    let written = File::options().write(true).create(true).truncate(true).mode(0o600).open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(failed(&new))?;
    let renamed = fs::rename(&new, &path).and_then(|()| File::open(directory)?.sync_all());
    renamed.map_err(failed(&path))
}

impl Format {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return None;
        }
        let values: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(' ')).collect();
        let value = |name: &str| values.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned());
        Some(Self { format: value("format")?.parse().ok()?, version: value("version")?, backup: value("backup") })
    }
}
