//! Which files there are that the catalog does not know, and whose rows they hold.

use crate::catalog::CatalogState;
use crate::flush::write::{DIRECTORY, directory_name};
use crate::quarantine::{self, ORPHANS};
use crate::world::Disk;
use glasshive_model::{EnvironmentId, SignalClass};
use std::collections::HashSet;
use std::io;

/// A file that may be adopted.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub path: String,
    pub id: String,
    pub bytes: u64,
    /// `None` when neither name nor place tell.
    pub directory: Option<Directory>,
}

/// Where files of its kind lie: `events/<environment>/<class>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directory {
    pub environment: String,
    pub class: SignalClass,
}

/// The environment that a directory belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    /// `None` when the catalog does not have it.
    pub id: Option<EnvironmentId>,
    pub slug: String,
    /// Whether the directory is called like the slug, so that the environment can be made again.
    pub can_be_made: bool,
}

/// What directories of environments are called whose slug is no plain name.
const NUMBERED: &str = "environment-";
/// Characters of a ULID.
const ID_BYTES: usize = 26;

impl Candidate {
    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    /// See [`super::Offer::days_left`].
    pub fn days_left(&self, now_ns: i64) -> Option<i64> {
        if self.is_in_quarantine() { quarantine::days_left(self.name(), now_ns) } else { None }
    }

    pub fn is_in_quarantine(&self) -> bool {
        self.path.starts_with(ORPHANS)
    }
}

impl Owner {
    pub fn of(directory: &Directory, catalog: &CatalogState) -> Self {
        let is_its = |row: &&crate::catalog::EnvironmentRow| directory_name(row.id, &row.slug) == directory.environment;
        match catalog.environments.iter().find(is_its) {
            Some(row) => Self { id: Some(row.id), slug: row.slug.clone(), can_be_made: false },
            None => {
                let is_number = directory.environment.strip_prefix(NUMBERED).is_some_and(|rest| rest.parse::<u32>().is_ok());
                Self { id: None, slug: directory.environment.clone(), can_be_made: !is_number }
            }
        }
    }
}

/// Data files in quarantine, and those among the data files that the catalog does not name; by path.
pub(super) async fn list(disk: &dyn Disk, catalog: &CatalogState) -> io::Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for entry in disk.list(ORPHANS).await? {
        if let (false, Some(stem)) = (entry.is_dir, entry.name.strip_suffix(".parquet")) {
            let (id, directory) = parse_kept(stem);
            found.push(Candidate { path: format!("{ORPHANS}/{}", entry.name), id, bytes: entry.len, directory });
        }
    }
    let named = catalog.files.iter().map(|file| file.path.as_str()).chain(catalog.removed.iter().map(|file| file.path.as_str()));
    let known: HashSet<&str> = named.collect();
    let mut directories = vec![DIRECTORY.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in disk.list(&directory).await? {
            let path = format!("{directory}/{}", entry.name);
            if entry.is_dir {
                directories.push(path);
            } else if let Some(stem) = entry.name.strip_suffix(".parquet").filter(|_| !known.contains(path.as_str())) {
                found.push(Candidate { id: stem.to_owned(), bytes: entry.len, directory: parse_place(&path), path });
            }
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

/// `<yyyy-mm-dd>-<id>.<environment>.<class>`, as the quarantine names files.
fn parse_kept(stem: &str) -> (String, Option<Directory>) {
    let rest = stem.get("yyyy-mm-dd-".len()..).unwrap_or(stem);
    let split = match rest.split_at_checked(ID_BYTES) {
        Some((id, rest)) if is_id(id) => rest.strip_prefix('.').map(|rest| (id, rest)),
        _ => rest.split_once('.'),
    };
    let Some((id, (environment, class))) = split.and_then(|(id, rest)| Some((id, rest.rsplit_once('.')?))) else {
        return (rest.to_owned(), None);
    };
    let directory = SignalClass::from_word(class).map(|class| Directory { environment: environment.to_owned(), class });
    (id.to_owned(), directory)
}

/// `events/<environment>/<class>/...`
fn parse_place(path: &str) -> Option<Directory> {
    let mut parts = path.split('/').skip(1);
    let (environment, class) = (parts.next()?, SignalClass::from_word(parts.next()?)?);
    Some(Directory { environment: environment.to_owned(), class })
}

/// Whether a file of ours could be called so.
pub(super) fn is_id(text: &str) -> bool {
    ulid::Ulid::from_string(text).is_ok_and(|id| id.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whose_rows_a_file_holds() {
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let check = |stem: &str, expected_id: &str, expected: Option<(&str, SignalClass)>| {
            let (id, directory) = parse_kept(stem);
            let directory = directory.map(|directory| (directory.environment, directory.class));
            let expected = expected.map(|(environment, class)| (environment.to_owned(), class));
            assert_eq!((id.as_str(), directory), (expected_id, expected), "{stem}");
        };
        check(&format!("2026-03-01-{id}.local.spans"), id, Some(("local", SignalClass::Spans)));
        check(&format!("2026-03-01-{id}.a.b-c.logs"), id, Some(("a.b-c", SignalClass::Logs)));
        check("2026-03-01-strange.local.metrics", "strange", Some(("local", SignalClass::Metrics)));
        check(&format!("2026-03-01-{id}"), id, None);
        check(&format!("2026-03-01-{id}.local.sorts"), id, None);
        check("x", "x", None);
    }

    #[test]
    fn environments_are_found_by_their_directory() {
        let row = |id, slug: &str| crate::catalog::EnvironmentRow { id: EnvironmentId(id), slug: slug.to_owned() };
        let catalog = CatalogState { environments: vec![row(1, "local"), row(2, "no name")], ..CatalogState::default() };
        let owner = |environment: &str| {
            let owner = Owner::of(&Directory { environment: environment.to_owned(), class: SignalClass::Spans }, &catalog);
            (owner.id.map(|id| id.0), owner.slug, owner.can_be_made)
        };
        assert_eq!(owner("local"), (Some(1), "local".to_owned(), false));
        assert_eq!(owner("environment-2"), (Some(2), "no name".to_owned(), false));
        assert_eq!(owner("environment-3"), (None, "environment-3".to_owned(), false));
        assert_eq!(owner("later"), (None, "later".to_owned(), true));
    }
}
