//! Whether the prefix of one data directory lies within that of another one.
//!
//! What is below `events/` of the outer one would be taken for data files that nobody knows, and who empties it empties both.

use super::bucket::Bucket;
use super::{NODE, SHARED, below, node_at};
use glasshive_base::Clock;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// Directories below the prefix that are looked into at most: what else is in a bucket may be anything.
const LOOKED_INTO: usize = 64;
/// How long may be looked.
const LIMIT: Duration = Duration::from_secs(10);

/// An object `NODE` above or below a prefix.
pub(in crate::world) struct NodeAround {
    /// The directory that it is in, as a path in the bucket.
    pub directory: String,
    /// What it says.
    pub says: String,
    pub is_above: bool,
}

/// `data` are the paths of the objects below `events/`, from the prefix on.
pub(super) async fn look(bucket: &Bucket, data: &[String], clock: &dyn Clock) -> io::Result<Vec<NodeAround>> {
    let mut found = Vec::new();
    for directory in above(bucket.prefix()) {
        match node_at(bucket, directory).await {
            Ok(Some(says)) => found.push(NodeAround { directory: directory.to_owned(), says, is_above: true }),
            Ok(None) => {}
            // Rights may end at the prefix.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => break,
            Err(error) => return Err(error),
        }
    }
    for path in data.iter().filter_map(|path| path.strip_suffix(NODE)?.strip_suffix('/')) {
        let directory = below(bucket.prefix(), path);
        let says = node_at(bucket, &directory).await?;
        found.extend(says.map(|says| NodeAround { directory, says, is_above: false }));
    }
    let began = clock.monotonic();
    let mut directories = VecDeque::from([bucket.prefix().to_owned()]);
    let mut looked_into = 0;
    while let Some(directory) = directories.pop_front() {
        let left = LIMIT.saturating_sub(clock.monotonic().saturating_sub(began));
        let level = if looked_into < LOOKED_INTO { bucket.level(&directory, left).await? } else { None };
        let Some(level) = level else {
            tracing::info!("not all that is in the bucket below the prefix was looked at for another data directory");
            break;
        };
        looked_into += 1;
        // Where a data directory is, its data files are not looked through; our own were listed as a whole.
        let is_one = level.names.iter().any(|name| name == NODE);
        let data = below(&directory, SHARED);
        directories.extend(level.directories.into_iter().filter(|inner| !is_one || *inner != data));
        if is_one && directory != bucket.prefix() {
            let says = node_at(bucket, &directory).await?;
            found.extend(says.map(|says| NodeAround { directory, says, is_above: false }));
        }
    }
    Ok(found)
}

/// The directories that a prefix lies in, the nearest first.
fn above(prefix: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(prefix).filter(|prefix| !prefix.is_empty());
    std::iter::from_fn(move || {
        let directory = rest?.rsplit_once('/').map_or("", |(directory, _)| directory);
        rest = Some(directory).filter(|directory| !directory.is_empty());
        Some(directory)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above() {
        assert_eq!(above("a/b/c").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert_eq!(above("a").collect::<Vec<_>>(), [""]);
        assert_eq!(above("").count(), 0);
    }
}
