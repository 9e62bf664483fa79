//! Where the catalog and the data files of a directory are: in it, or where other machines reach them too.
//!
//! What is elsewhere carries the directory's number, and `NODE` says where that is. So a directory is never opened with an empty
//! catalog in place of its own, nor with that of another one; and a catalog that was moved as a whole is known again.

use super::Rng as _;
use super::clock::SystemRng;
use super::node::Node;
use super::objects::NodeAround;
use super::open::{DataDirError, ObjectOptions, Places, has_entries};
use crate::catalog::postgres::{Owner, PostgresCatalog, foreign};
use std::path::Path;

/// What was found out about a directory before anything is opened.
#[derive(Debug)]
pub(super) struct Found<'a> {
    directory: &'a Path,
    pub node: Option<Node>,
}

// === impl Found ===

impl<'a> Found<'a> {
    /// Compares `NODE` with what the settings name and with what is in the directory.
    pub fn in_directory(directory: &'a Path, places: &Places) -> Result<Self, DataDirError> {
        let found = Self { directory, node: Node::read(directory)? };
        let written = found.node.as_ref().and_then(|node| node.catalog.as_ref());
        match (&places.catalog, written) {
            (None, Some(written)) => Err(found
                .elsewhere(format!("the catalog of {} is {written}, and the settings name none. Set catalog.url", directory.display()))),
            (Some(_), None) if !directory.join("catalog.db").exists() && found.has_data_files() => {
                Err(DataDirError::CatalogMissing { directory: directory.to_owned() })
            }
            (Some(named), None) if directory.join("catalog.db").exists() => Err(found.elsewhere(format!(
                "the catalog of {} is the file catalog.db in it, and the settings name {}. Leave out catalog.url: only a new data \
                 directory gets its catalog in a database",
                directory.display(),
                found.shown_catalog(named)?,
            ))),
            _ => found.with_objects(places),
        }
    }

    /// Whether there are data files of this directory, in it or in an object store that got its place after the catalog had one.
    pub fn has_data_files(&self) -> bool {
        has_entries(&self.directory.join("events")) || self.node.as_ref().is_some_and(|node| node.objects.is_some())
    }

    fn with_objects(self, places: &Places) -> Result<Self, DataDirError> {
        let written = self.node.as_ref().and_then(|node| node.objects.as_ref());
        match (&places.objects, written) {
            (None, Some(written)) => Err(self.elsewhere(format!(
                "the data files of {} are in {written}, and the settings name no object store. Set objects.url",
                self.directory.display()
            ))),
            (Some(named), None) if has_entries(&self.directory.join("events")) => Err(self.elsewhere(format!(
                "the data files of {} are in events/ in it, and the settings name {}. Leave out objects.url: only a new data directory gets \
                 its files in an object store",
                self.directory.display(),
                named.shown(),
            ))),
            _ => Ok(self),
        }
    }

    /// Whether data files may be kept in the place of `named`, by what it says of whose it is and whether there are files: it must be this
    /// directory's, or nobody's, empty, and this directory new.
    pub fn check_objects(&self, named: &ObjectOptions, says: Option<&str>, has_files: bool) -> Result<(), DataDirError> {
        let (shown, directory) = (named.shown(), self.directory.display());
        let own = self.node.as_ref().map(|node| node.id.as_str());
        let written = self.node.as_ref().and_then(|node| node.objects.as_ref());
        let other = match says.map(Node::parse) {
            Some(Some(node)) if Some(node.id.as_str()) == own => return Ok(()),
            Some(Some(node)) => Some(node.place.unwrap_or_else(|| format!("number {}", node.id))),
            Some(None) => Some("another program's, or a newer version's".to_owned()),
            None => None,
        };
        Err(self.elsewhere(match (other, written) {
            (Some(other), _) => format!(
                "{shown} has the data files of another data directory ({other}); give each a prefix of its own"
            ),
            (None, None) if has_files => {
                format!("{shown} has data files and does not say whose (its object NODE is missing); name an empty prefix for {directory}")
            }
            (None, None) => return Ok(()),
            (None, Some(written)) if *written == shown => {
                format!("the data files of {directory} are missing: {shown} has no object NODE. Put the objects back from a backup")
            }
            (None, Some(written)) => format!(
                "the data files of {directory} are in {written}, and {shown}, which the settings name, has no object NODE. Copy all objects \
                 there first, NODE too, or set objects.url back"
            ),
        }))
    }

    /// No other data directory's prefix may lie within that of `named`, nor the other way round. What is left of an earlier place of this
    /// one is none, and neither are another program's objects that happen to be called so.
    pub fn check_around(&self, named: &ObjectOptions, around: &[NodeAround]) -> Result<(), DataDirError> {
        let own = self.node.as_ref().map(|node| node.id.as_str());
        for NodeAround { directory, says, is_above } in around {
            let Some(other) = Node::parse(says).filter(|node| Some(node.id.as_str()) != own) else { continue };
            let (shown, place) = (named.shown(), other.place.unwrap_or_else(|| format!("number {}", other.id)));
            let directory = if directory.is_empty() { "the whole bucket".to_owned() } else { format!("{directory}/") };
            let words = match is_above {
                true => format!("{shown} lies within the prefix of another data directory ({place}): {directory}"),
                false => format!("within {shown} lies the prefix of another data directory ({place}): {directory}"),
            };
            return Err(self.elsewhere(format!("{words}. Give each a prefix beside the other's")));
        }
        Ok(())
    }

    pub fn objects_error(&self, named: &ObjectOptions, error: std::io::Error) -> DataDirError {
        DataDirError::Objects { directory: self.directory.to_owned(), place: named.shown(), error }
    }

    pub fn directory(&self) -> &Path {
        self.directory
    }

    /// Asks the catalog elsewhere whose it is. It must be this directory's, or nobody's and this directory new.
    pub async fn check_catalog(&self, url: &str) -> Result<(), DataDirError> {
        let shown = self.shown_catalog(url)?;
        let there = PostgresCatalog::look(url).await.map_err(|error| self.catalog_error(error))?;
        let written = self.node.as_ref().and_then(|node| node.catalog.as_ref());
        let own = self.node.as_ref().map(|node| node.id.as_str());
        match (there.owner, written) {
            (Some(owner), _) if Some(owner.id.as_str()) == own => Ok(()),
            (Some(owner), _) => Err(self.catalog_error(foreign(&owner.place))),
            (None, None) => Ok(()),
            (None, Some(written)) if *written == shown => Err(self.elsewhere(format!(
                "the catalog of {} is missing: nothing of it is in {shown}. Restore the database from a backup",
                self.directory.display()
            ))),
            (None, Some(written)) => Err(self.elsewhere(format!(
                "the catalog of {} is {written}, and nothing is in {shown}, which the settings name. Move the database there first, or set \
                 catalog.url back",
                self.directory.display()
            ))),
        }
    }

    /// The number of this directory, written down before anything elsewhere carries it.
    pub fn numbered(&mut self) -> Result<Node, DataDirError> {
        if let Some(node) = &self.node {
            return Ok(node.clone());
        }
        let random = u128::from(SystemRng.next_u64()) << 64 | u128::from(SystemRng.next_u64());
        let node = Node { id: ulid::Ulid::from(random).to_string(), ..Node::default() };
        node.write(self.directory)?;
        Ok(self.node.insert(node).clone())
    }

    /// Writes down where everything is, once it is there.
    pub fn settle(&mut self, node: Node) -> Result<(), DataDirError> {
        if self.node.as_ref() != Some(&node) {
            node.write(self.directory)?;
            self.node = Some(node);
        }
        Ok(())
    }

    pub fn shown_catalog(&self, url: &str) -> Result<String, DataDirError> {
        PostgresCatalog::shown_url(url).map_err(|error| self.catalog_error(error))
    }

    pub fn catalog_error(&self, error: crate::catalog::CatalogError) -> DataDirError {
        DataDirError::Catalog { directory: self.directory.to_owned(), error }
    }

    fn elsewhere(&self, found: String) -> DataDirError {
        DataDirError::Elsewhere { directory: self.directory.to_owned(), found }
    }
}

/// Who opens what is elsewhere.
pub(super) fn owner(node: &Node, directory: &Path) -> Owner {
    Owner { id: node.id.clone(), place: place(directory) }
}

/// Host and path of a directory.
pub(super) fn place(directory: &Path) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let path = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    format!("{}:{}", host.trim(), path.display())
}
