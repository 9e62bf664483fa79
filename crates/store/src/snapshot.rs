//! What a reader gets: everything of one instant, narrowed to what it asks for.

use crate::catalog::FileRow;
use crate::file::DataFile;
use crate::live::Chunk;
use crate::registry::Registry;
use glasshive_model::{EnvironmentId, SignalClass};
use std::ops::Range;
use std::sync::Arc;

/// Which rows a reader may want. Chunks and files that hold none of them are left out; others may hold more than is wanted.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Whose rows.
    pub environment: EnvironmentId,
    /// Which classes; empty = all.
    pub classes: Vec<SignalClass>,
    /// Event times, ns since 1970, end excluded.
    pub time: Range<i64>,
    /// Dataset slugs; `None` = all.
    pub datasets: Option<Vec<String>>,
}

/// Everything readable at one instant: no row is missing and none is there twice.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Live rows, in order of `_seq` within a class.
    pub live: Vec<Arc<Chunk>>,
    /// Data files, oldest flush first.
    pub files: Vec<Arc<DataFile>>,
    /// The environment's columns.
    pub registry: Arc<Registry>,
}

impl Scope {
    /// Every row of an environment.
    pub fn all(environment: EnvironmentId) -> Self {
        Self { environment, classes: Vec::new(), time: i64::MIN..i64::MAX, datasets: None }
    }

    pub(crate) fn wants_chunk(&self, chunk: &Chunk) -> bool {
        let times = chunk.time_range();
        self.wants(chunk.class(), times.start, times.end - 1) && self.wants_datasets(|slug| chunk.datasets().contains_key(slug))
    }

    pub(crate) fn wants_file(&self, file: &FileRow) -> bool {
        self.wants(file.class, file.time_min_ns, file.time_max_ns)
            && self.wants_datasets(|slug| file.datasets.binary_search_by(|(known, _)| known.as_str().cmp(slug)).is_ok())
    }

    fn wants(&self, class: SignalClass, time_min: i64, time_max: i64) -> bool {
        (self.classes.is_empty() || self.classes.contains(&class)) && time_min < self.time.end && time_max >= self.time.start
    }

    fn wants_datasets(&self, holds: impl Fn(&str) -> bool) -> bool {
        self.datasets.as_ref().is_none_or(|datasets| datasets.iter().any(|slug| holds(slug)))
    }
}
