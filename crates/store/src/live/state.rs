//! What is readable at one instant: changed under one lock, so that a snapshot sees every row exactly once.

use super::{Chunk, ColumnKey, Pick, class_of, merge, next_merge};
use crate::catalog::{CatalogState, ColumnRow, Cut, DatasetRow, Swap};
use crate::config::StoreConfig;
use crate::file::{DataFile, FileContext};
use crate::planted::PlantedBug;
use crate::registry::Registry;
use crate::snapshot::{Scope, Snapshot};
use glasshive_model::rows::Stamp;
use glasshive_model::{EnvironmentId, Rows, SignalClass};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Registry numbers begin here; system columns have the numbers below.
const FIRST_COLUMN_ID: u32 = 1_000;

/// Everything readable.
pub(crate) struct State {
    pub environments: BTreeMap<EnvironmentId, Environment>,
    /// The last sequence whose rows are readable.
    pub published_through: u64,
    /// The last sequence whose rows are all in committed files.
    pub flushed_through: u64,
    /// Monotonic time at which the oldest live row was published.
    pub oldest_live: Option<Duration>,
    /// Rows that no cut has set aside yet.
    pub unfrozen_rows: usize,
    /// Rows and bytes that are live, those being written included.
    live: (usize, usize),
    /// Rows and bytes of the cut being written.
    frozen: (usize, usize),
    /// A planted defect: new columns get their numbers in the wrong order.
    pub replays_backwards: bool,
    next_column_id: u32,
    next_chunk_id: u64,
}

/// What is readable of one environment.
#[derive(Default)]
pub(crate) struct Environment {
    pub slug: String,
    pub registry: Arc<Registry>,
    pub datasets: BTreeMap<String, DatasetRow>,
    /// In order of `_seq` within a class.
    pub live: BTreeMap<SignalClass, Vec<Arc<Chunk>>>,
    /// Chunks of the cut that is being written.
    pub frozen: Vec<Arc<Chunk>>,
    pub files: Vec<Arc<DataFile>>,
    /// Registry columns that no commit holds yet, by id.
    uncommitted_columns: Vec<ColumnRow>,
    uncommitted_datasets: Vec<DatasetRow>,
}

/// The rows of one log record, on their way to being readable.
pub(crate) struct Published {
    pub environment: EnvironmentId,
    pub rows: Arc<Rows>,
    pub stamp: Stamp,
}

/// Everything up to a sequence, to be written to files.
pub(crate) struct FrozenCut {
    pub through: u64,
    pub chunks: BTreeMap<EnvironmentId, Vec<Arc<Chunk>>>,
    pub slugs: BTreeMap<EnvironmentId, String>,
    pub registries: BTreeMap<EnvironmentId, Arc<Registry>>,
    pub columns: Vec<ColumnRow>,
    pub datasets: Vec<DatasetRow>,
}

// === impl State ===

impl State {
    pub fn new(catalog: CatalogState, context: &Arc<FileContext>) -> Self {
        let mut environments: BTreeMap<EnvironmentId, Environment> = BTreeMap::new();
        for row in catalog.environments {
            environments.entry(row.id).or_default().slug = row.slug;
        }
        let mut next_column_id = FIRST_COLUMN_ID;
        for column in catalog.columns {
            next_column_id = next_column_id.max(column.id + 1);
            let environment = environments.entry(column.environment).or_default();
            Arc::make_mut(&mut environment.registry).insert(column);
        }
        for dataset in catalog.datasets {
            environments.entry(dataset.environment).or_default().datasets.insert(dataset.slug.clone(), dataset);
        }
        for file in catalog.files {
            let environment = environments.entry(file.environment).or_default();
            environment.files.push(Arc::new(DataFile::new(file, context.clone())));
        }
        let flushed_through = catalog.flushed_through;
        Self {
            environments,
            published_through: flushed_through,
            flushed_through,
            oldest_live: None,
            unfrozen_rows: 0,
            live: (0, 0),
            frozen: (0, 0),
            replays_backwards: false,
            next_column_id,
            next_chunk_id: 1,
        }
    }

    /// The last log sequence and the latest time of receipt of everything readable of an environment. An adopted file may hold
    /// sequences that the log has not come to again.
    pub fn reach(&self, environment: EnvironmentId) -> (u64, i64) {
        let mut reach = (self.published_through, i64::MIN);
        let Some(environment) = self.environments.get(&environment) else { return reach };
        let mut widen = |sequence: u64, received_ns: i64| reach = (reach.0.max(sequence), reach.1.max(received_ns));
        environment.files.iter().for_each(|file| widen(file.row.sequence_last, file.row.ingest_max_ns));
        let chunks = environment.live.values().flatten().chain(&environment.frozen);
        chunks.for_each(|chunk| widen(chunk.facts.sequences.1, chunk.facts.ingest_max_ns));
        reach
    }

    /// A number for a chunk that is yet to be made.
    pub fn chunk_id(&mut self) -> u64 {
        self.next_chunk_id += 1;
        self.next_chunk_id - 1
    }

    /// Makes rows readable. Called in order of sequence; a replay of the same records gives the same registry.
    pub fn publish(&mut self, published: Published, now: Duration) -> Vec<Arc<Chunk>> {
        let Published { environment: id, rows, stamp } = published;
        debug_assert!(stamp.sequence > self.published_through, "records are published in order");
        self.published_through = stamp.sequence;
        self.oldest_live.get_or_insert(now);
        let unregistered = self.register(id, &rows, stamp);
        let classes = split(&rows);
        let first_id = self.next_chunk_id;
        self.next_chunk_id += 1 + classes.len() as u64;
        let plain = Arc::new(Chunk::of_request(first_id, id, classes[0].0, rows, stamp));
        let chunks: Vec<Arc<Chunk>> = match &classes[..] {
            [_] if unregistered.is_empty() => vec![plain],
            classes => (first_id + 1..)
                .zip(classes)
                .map(|(chunk_id, (class, picks))| {
                    let picks = (!picks.is_empty()).then_some(&picks[..]);
                    Arc::new(merge(chunk_id, *class, std::slice::from_ref(&plain), picks, &unregistered))
                })
                .collect(),
        };
        let environment = self.environments.entry(id).or_default();
        for chunk in &chunks {
            self.unfrozen_rows += chunk.len();
            self.live = (self.live.0 + chunk.len(), self.live.1 + chunk.heap_bytes());
            environment.live.entry(chunk.class()).or_default().push(chunk.clone());
        }
        chunks
    }

    /// Gives new (key, type)s their columns, in order of the rows that first have them; returns those that get none.
    fn register(&mut self, id: EnvironmentId, rows: &Rows, stamp: Stamp) -> BTreeSet<ColumnKey> {
        let environment = self.environments.entry(id).or_default();
        for slug in rows.dataset_slugs() {
            if !environment.datasets.contains_key(slug) {
                let row = DatasetRow { environment: id, slug: slug.clone(), created_ns: stamp.ingest_time_ns };
                environment.datasets.insert(slug.clone(), row.clone());
                environment.uncommitted_datasets.push(row);
            }
        }
        let known = &environment.registry;
        let mut new: Vec<_> = rows
            .attributes()
            .enumerate()
            .filter(|(_, (key, column_type, _))| known.column(key, *column_type).is_none())
            .filter_map(|(index, (key, column_type, _))| Some((rows.attribute_first_row(index)?, index, key, column_type)))
            .collect();
        new.sort_unstable_by_key(|(row, index, _, _)| (*row, *index));
        if self.replays_backwards {
            new.reverse();
        }
        let mut unregistered = BTreeSet::new();
        for (row, _, key, column_type) in new {
            let first_seq = i64::try_from(stamp.sequence << 24 | u64::from(row)).expect("log sequences stay below 2^39");
            let registry = Arc::make_mut(&mut environment.registry);
            match registry.assign(id, key, column_type, first_seq, self.next_column_id) {
                Some(column) => {
                    self.next_column_id += 1;
                    environment.uncommitted_columns.push(column);
                }
                None => drop(unregistered.insert((key.to_owned(), column_type))),
            }
        }
        unregistered
    }

    /// Sets aside everything that is live, to be written to files; `None` when nothing is.
    pub fn freeze(&mut self, config: &StoreConfig) -> Option<FrozenCut> {
        if self.published_through == self.flushed_through {
            return None;
        }
        self.oldest_live = None;
        self.unfrozen_rows = 0;
        self.frozen = self.live;
        let mut cut = FrozenCut {
            through: self.published_through,
            chunks: BTreeMap::new(),
            slugs: BTreeMap::new(),
            registries: BTreeMap::new(),
            columns: Vec::new(),
            datasets: Vec::new(),
        };
        for (id, environment) in &mut self.environments {
            let chunks: Vec<Arc<Chunk>> = std::mem::take(&mut environment.live).into_values().flatten().collect();
            if !config.is_planted(PlantedBug::ChunkDroppedBeforeFileVisible) {
                environment.frozen = chunks.clone();
            }
            cut.chunks.insert(*id, chunks);
            cut.slugs.insert(*id, environment.slug.clone());
            cut.registries.insert(*id, environment.registry.clone());
            cut.columns.extend(environment.uncommitted_columns.iter().cloned());
            cut.datasets.extend(environment.uncommitted_datasets.iter().cloned());
        }
        cut.columns.sort_unstable_by_key(|column| column.id);
        Some(cut)
    }

    /// Lets the committed files of a cut take the place of its chunks.
    pub fn replace(&mut self, cut: &Cut, context: &Arc<FileContext>, config: &StoreConfig) {
        self.flushed_through = cut.flushed_through;
        self.live = (self.live.0 - self.frozen.0, self.live.1 - self.frozen.1);
        self.frozen = (0, 0);
        for environment in self.environments.values_mut() {
            if !config.is_planted(PlantedBug::FileVisibleBesideChunk) {
                environment.frozen.clear();
            }
        }
        for file in &cut.files {
            let environment = self.environments.entry(file.environment).or_default();
            environment.files.push(Arc::new(DataFile::new(file.clone(), context.clone())));
        }
        let columns: BTreeSet<u32> = cut.columns.iter().map(|column| column.id).collect();
        let datasets: BTreeSet<(EnvironmentId, &str)> = cut.datasets.iter().map(|row| (row.environment, row.slug.as_str())).collect();
        for (id, environment) in &mut self.environments {
            environment.uncommitted_columns.retain(|column| !columns.contains(&column.id));
            environment.uncommitted_datasets.retain(|row| !datasets.contains(&(*id, row.slug.as_str())));
        }
    }

    /// Lets the new files of a committed swap take the place of the old ones, which are returned.
    pub fn swap(&mut self, swap: &Swap, context: &Arc<FileContext>) -> Vec<Arc<DataFile>> {
        let removed: BTreeSet<&str> = swap.removed.iter().map(String::as_str).collect();
        let mut taken_out = Vec::new();
        for (id, environment) in &mut self.environments {
            let is_removed = |file: &Arc<DataFile>| removed.contains(file.row.id.as_str());
            let place = environment.files.iter().position(is_removed).unwrap_or(environment.files.len());
            let (gone, mut kept): (Vec<_>, Vec<_>) = std::mem::take(&mut environment.files).into_iter().partition(is_removed);
            let added = swap.added.iter().filter(|row| row.environment == *id);
            kept.splice(place..place, added.map(|row| Arc::new(DataFile::new(row.clone(), context.clone()))));
            environment.files = kept;
            if context.config.is_planted(PlantedBug::SwapSeenTwice) {
                environment.files.extend(gone.iter().cloned());
            }
            taken_out.extend(gone);
        }
        taken_out
    }

    /// Rows and bytes that are live, those being written included.
    pub fn live_size(&self) -> (usize, usize) {
        self.live
    }

    pub fn live_chunks(&self) -> usize {
        self.environments.values().map(|environment| environment.chunks().count()).sum()
    }

    pub fn snapshot(&self, scope: &Scope) -> Snapshot {
        let Some(environment) = self.environments.get(&scope.environment) else { return Snapshot::default() };
        Snapshot {
            live: environment.chunks().filter(|chunk| scope.wants_chunk(chunk)).cloned().collect(),
            files: environment.files.iter().filter(|file| scope.wants_file(&file.row)).cloned().collect(),
            registry: environment.registry.clone(),
        }
    }

    /// Neighbouring live chunks that are worth merging.
    pub fn merge_candidate(&self, seal_rows: usize) -> Option<Vec<Arc<Chunk>>> {
        let lists = self.environments.values().flat_map(|environment| environment.live.values());
        lists.into_iter().find_map(|list| Some(list[next_merge(list, seal_rows)?].to_vec()))
    }

    /// Puts a merged chunk in the place of its parts, unless a cut has taken these meanwhile.
    pub fn replace_merged(&mut self, parts: &[Arc<Chunk>], merged: Chunk) {
        let list = self.environments.get_mut(&merged.environment()).and_then(|environment| environment.live.get_mut(&merged.class()));
        let Some(list) = list else { return };
        let Some(start) = list.iter().position(|chunk| chunk.id() == parts[0].id()) else { return };
        let same = list.len() >= start + parts.len() && list[start..].iter().zip(parts).all(|(left, right)| left.id() == right.id());
        if same {
            let bytes: usize = parts.iter().map(|part| part.heap_bytes()).sum();
            self.live.1 = self.live.1 - bytes + merged.heap_bytes();
            list.splice(start..start + parts.len(), [Arc::new(merged)]);
        }
    }
}

impl Environment {
    fn chunks(&self) -> impl Iterator<Item = &Arc<Chunk>> {
        self.frozen.iter().chain(self.live.values().flatten())
    }
}

/// The rows of each class, in order; the picks are empty when there is only one class, as almost always.
fn split(rows: &Rows) -> Vec<(SignalClass, Vec<Pick>)> {
    let signals = rows.signals();
    let first = class_of(signals[0]);
    if signals.iter().all(|signal| class_of(*signal) == first) {
        return vec![(first, Vec::new())];
    }
    let mut classes: BTreeMap<SignalClass, Vec<Pick>> = BTreeMap::new();
    for (row, signal) in (0..).zip(signals) {
        classes.entry(class_of(*signal)).or_default().push(Pick { chunk: 0, row });
    }
    classes.into_iter().collect()
}
