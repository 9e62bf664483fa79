//! What was folded of data files, kept for the next question that asks the same of them: files do not change.
//!
//! A partial is the state of one fold over one row group, or over a whole file, all of whose rows lie in the question's window;
//! so it is the same whatever the window, and a window that moves finds those of all files that stay in it. Steps are aligned
//! to 1970, and are kept by their number since then.
//!
//! What a question asks of a file is told by [`Asked`]. Questions about other spans, `CONCURRENCY`, histograms and linear heatmaps ask
//! for more than a file's own rows, or for rows' places that the question chooses, and are not answered from here.

mod asked;
mod folding;

pub(crate) use asked::Asked;
pub(crate) use folding::{Folding, Shape};

use crate::control::Control;
use crate::error::Failure;
use crate::fold::Folded;
use crate::scan::{Group, Kept};
use arrow_array::{ArrayRef, Int64Array};
use glasshive_base::{Cache, metrics};
use glasshive_query_plan::{Grid, Window};
use glasshive_store::DataFile;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Partials of all questions.
pub(crate) struct Partials {
    cache: Cache<Key, Arc<Folded>>,
    /// Seeds of this process, so that nobody can find two questions that are taken for one.
    seeds: [RandomState; 2],
}

/// Of what, and what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    file: Arc<str>,
    /// A row group, or the whole file.
    group: Option<usize>,
    asked: [u64; 2],
}

/// Bytes of one partial beyond which a question makes none: it has so many groups that rows are read about as fast.
const PARTIAL_BYTES_MAX: usize = 8 << 20;
/// The same as a part of the question's memory.
const MEMORY_ONE_IN: usize = 8;

/// The partials of one question.
pub(crate) struct Session {
    partials: Arc<Partials>,
    asked: Asked,
    /// Its two ways of asking, hashed.
    hashes: [[u64; 2]; 2],
    shape: Shape,
    window: Window,
    /// The grid of the first key, where that is the step.
    grid: Option<Grid>,
    bytes_max: usize,
    /// Whether partials turned out too large.
    has_given_up: AtomicBool,
    /// By file id: the files that lie in the window as a whole.
    files: Mutex<HashMap<String, Whole>>,
}

/// A file of which a whole partial may come about.
struct Whole {
    /// Its row groups that may hold wanted rows.
    groups: Vec<usize>,
    /// How many of them are not folded yet.
    left: usize,
}

// === impl Partials ===

impl Partials {
    /// None yet, and at most so many bytes of them.
    pub(crate) fn new(bytes_max: usize, metrics: &metrics::Registry) -> Self {
        Self { cache: Cache::new("partials", bytes_max, metrics), seeds: [RandomState::new(), RandomState::new()] }
    }

    fn hashed(&self, words: &str) -> [u64; 2] {
        self.seeds.each_ref().map(|seed| seed.hash_one(words))
    }
}

// === impl Session ===

impl Session {
    /// The partials of a question over a window; `None` when there can be none. `grid` is that of the first key, where it is the
    /// step.
    pub(crate) fn new(
        partials: &Arc<Partials>,
        asked: Asked,
        shape: Shape,
        window: Window,
        grid: Option<Grid>,
        control: &Control,
    ) -> Option<Self> {
        let bytes_max = PARTIAL_BYTES_MAX.min(partials.cache.largest()).min(control.memory_bytes / MEMORY_ONE_IN);
        let is_aligned = grid.is_none_or(|grid| grid.first_ns.rem_euclid(grid.step_ns) == 0);
        (bytes_max > 0 && is_aligned).then(|| Self {
            partials: partials.clone(),
            hashes: asked.words().map(|words| partials.hashed(words)),
            asked,
            shape,
            window,
            grid,
            bytes_max,
            has_given_up: AtomicBool::new(false),
            files: Mutex::default(),
        })
    }

    fn holds(&self, (first_ns, last_ns): (i64, i64)) -> bool {
        self.window.contains(first_ns) && self.window.contains(last_ns)
    }

    /// What is known of a whole file.
    pub(crate) fn of_file(&self, file: &Arc<DataFile>) -> Option<Kept> {
        let times_ns = (file.row.time_min_ns, file.row.time_max_ns);
        let folded = self.holds(times_ns).then(|| self.get(file, None)).flatten()?;
        Some(Kept { file: file.clone(), rows: file.row.rows, times_ns, folded })
    }

    /// What is known of a row group.
    pub(crate) fn of_group(&self, group: &Group) -> Option<Kept> {
        let folded = self.holds(group.times_ns).then(|| self.get(&group.file, Some(group.index))).flatten()?;
        let rows = group.metadata().metadata().row_group(group.index).num_rows().unsigned_abs();
        Some(Kept { file: group.file.clone(), rows, times_ns: group.times_ns, folded })
    }

    /// Told of each file that is read: its row groups that may hold wanted rows, and how many of them are not known.
    pub(crate) fn reads(&self, file: &DataFile, groups: Vec<usize>, left: usize, control: &Control) -> Result<(), Failure> {
        if !self.holds((file.row.time_min_ns, file.row.time_max_ns)) {
            return Ok(());
        }
        if groups.is_empty() {
            self.keep(file, None, self.shape.fold(control, "partials")?.finish()?, file.row.rows);
            return Ok(());
        }
        let whole = Whole { groups, left };
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(file.row.id.clone(), whole);
        Ok(())
    }

    /// Whether a row group's rows should be folded by themselves, to be kept.
    fn wants(&self, group: &Group) -> bool {
        !self.has_given_up.load(Ordering::Relaxed) && self.holds(group.times_ns)
    }

    fn key(&self, file: &DataFile, group: Option<usize>) -> Key {
        Key { file: file.row.id.as_str().into(), group, asked: self.hashes[self.asked.index(&file.row)] }
    }

    fn give_up(&self) {
        self.has_given_up.store(true, Ordering::Relaxed);
    }

    fn get(&self, file: &DataFile, group: Option<usize>) -> Option<Arc<Folded>> {
        self.partials.cache.get(&self.key(file, group))
    }

    /// Keeps what was folded of a row group. Returns its file's row groups when that was the last of them.
    fn keep_group(&self, group: &Group, folded: Folded) -> Option<Vec<usize>> {
        let rows = group.metadata().metadata().row_group(group.index).num_rows().unsigned_abs();
        self.keep(&group.file, Some(group.index), folded, rows);
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = files.get_mut(&group.file.row.id)?;
        whole.left = whole.left.saturating_sub(1);
        if whole.left > 0 { None } else { files.remove(&group.file.row.id).map(|whole| whole.groups) }
    }

    /// Keeps what was folded of a whole file, instead of what is kept of its row groups.
    fn keep_file(&self, file: &DataFile, groups: &[usize], folded: Folded) {
        for group in groups {
            self.partials.cache.remove(&self.key(file, Some(*group)));
        }
        self.keep(file, None, folded, file.row.rows);
    }

    fn keep(&self, file: &DataFile, group: Option<usize>, folded: Folded, rows: u64) {
        let folded = folded.shrunk();
        let bytes = folded.heap_bytes() + size_of::<Folded>() + file.row.id.len();
        self.partials.cache.insert(self.key(file, group), Arc::new(folded), bytes, rows);
    }

    /// What is kept of a file's row groups, if it is all still there.
    fn parts(&self, file: &DataFile, groups: &[usize]) -> Option<Vec<Arc<Folded>>> {
        groups.iter().map(|group| self.partials.cache.peek(&self.key(file, Some(*group)))).collect()
    }

    /// Keys with their steps counted from 1970.
    fn kept_keys(&self, keys: Vec<ArrayRef>) -> Vec<ArrayRef> {
        self.moved(keys, i64::wrapping_add)
    }

    /// Keys with their steps counted from the start of the question's grid.
    fn own_keys(&self, keys: Vec<ArrayRef>) -> Vec<ArrayRef> {
        self.moved(keys, i64::wrapping_sub)
    }

    fn moved(&self, mut keys: Vec<ArrayRef>, by: fn(i64, i64) -> i64) -> Vec<ArrayRef> {
        if let (Some(grid), Some(first)) = (self.grid, keys.first_mut()) {
            let start = grid.first_ns.div_euclid(grid.step_ns);
            let steps = crate::cells::int64(first);
            *first = Arc::new(steps.values().iter().map(|step| by(*step, start)).collect::<Int64Array>());
        }
        keys
    }
}
