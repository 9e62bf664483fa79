//! `NODE`: the number of a data directory whose catalog or data files are elsewhere, and where they are.
//!
//! Lines of a name and a value: `id` is the number, `catalog` and `objects` the places, as they may be shown; a line that is not there
//! stands for what is in the directory itself. Unknown names are left out when the file is written anew.

use super::format;
use super::open::DataDirError;
use std::fs;
use std::io;
use std::path::Path;

const NAME: &str = "NODE";
const FIRST_LINE: &str = "glasshive node";

/// What stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub id: String,
    /// Where the catalog is, when it is not `catalog.db`.
    pub catalog: Option<String>,
    /// Where data files are, when they are not in `events/`.
    pub objects: Option<String>,
    /// In an object store: host and path of the directory when the object was made.
    pub place: Option<String>,
}

// === impl Node ===

impl Node {
    /// Reads it; `None` when everything is in the directory.
    pub fn read(directory: &Path) -> Result<Option<Self>, DataDirError> {
        let path = directory.join(NAME);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DataDirError::Io { what: "read", path, error }),
            Ok(text) => match Self::parse(&text) {
                Some(node) => Ok(Some(node)),
                None => {
                    let error = io::Error::new(io::ErrorKind::InvalidData, "it does not say whose data directory this is");
                    Err(DataDirError::Io { what: "read", path, error })
                }
            },
        }
    }

    pub fn write(&self, directory: &Path) -> Result<(), DataDirError> {
        format::replace(directory, NAME, &self.text())
    }

    pub fn text(&self) -> String {
        let line = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}\n")).unwrap_or_default();
        let (catalog, objects, place) = (line("catalog", &self.catalog), line("objects", &self.objects), line("place", &self.place));
        format!("{FIRST_LINE}\nid {}\n{catalog}{objects}{place}", self.id)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return None;
        }
        let values: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(' ')).collect();
        let value = |name: &str| values.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned());
        Some(Self { id: value("id")?, catalog: value("catalog"), objects: value("objects"), place: value("place") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Node::read(directory.path()).unwrap(), None);
        for objects in [None, Some("s3://hive/a b".to_owned())] {
            let node = Node { id: "01A".to_owned(), catalog: Some("postgres://db:5432/hive".to_owned()), objects, place: None };
            node.write(directory.path()).unwrap();
            assert_eq!(Node::read(directory.path()).unwrap(), Some(node));
        }
        for wrong in ["", "glasshive node\n", "id 01A\n"] {
            fs::write(directory.path().join(NAME), wrong).unwrap();
            assert!(Node::read(directory.path()).is_err(), "{wrong:?}");
        }
    }
}
