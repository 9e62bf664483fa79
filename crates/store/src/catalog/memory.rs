//! The model catalog: what a catalog must do, in the plainest form, with a hand on every outcome.
//!
//! The simulation keeps one [`MemoryCatalog`] across crashes; what [`Catalog`] said `Ok` to is in it, as it would be on a
//! disk. A [`Fate`] decides each call's outcome.

use super::{
    Catalog, CatalogError, CatalogState, Cut, DefinitionRow, DeletionRow, EnvironmentRow, FileRow, Finished, KeyRow, RemovedFile, Swap,
};
use glasshive_base::BoxFuture;
use glasshive_model::EnvironmentId;
use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a call of the catalog is for; a [`Fate`] may treat them differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CatalogCall {
    /// [`Catalog::load`], [`Catalog::keys`], [`Catalog::setting`].
    Read,
    /// [`Catalog::commit_cut`].
    CommitCut,
    /// [`Catalog::commit_swap`].
    CommitSwap,
    /// Every other change.
    Change,
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done and answered.
    Done,
    /// Nothing happens and the caller is told so: [`CatalogError::Failed`].
    Failed,
    /// Nothing happens, because there is no room: [`CatalogError::Full`].
    Full,
    /// Nothing happens and the caller cannot know: [`CatalogError::Uncertain`].
    Lost,
    /// It is done, but the caller cannot know: [`CatalogError::Uncertain`].
    AnswerLost,
}

/// Decides outcomes, and where a call waits. For reads everything but `Done` means `Failed`.
pub trait Fate: Send + Sync {
    /// Waits as long as the call takes to reach the catalog, then says what becomes of it.
    fn before(&self, call: CatalogCall) -> BoxFuture<'_, Outcome>;
    /// Waits as long as the answer takes. A caller that is gone by then never learns that the call was done.
    fn after(&self, call: CatalogCall) -> BoxFuture<'_, ()>;
}

/// The fate of a catalog that always works.
#[derive(Debug, Clone, Copy, Default)]
pub struct Untroubled;

/// A catalog in memory. Clones share.
#[derive(Clone)]
pub struct MemoryCatalog {
    tables: Arc<Mutex<Tables>>,
    fate: Arc<dyn Fate>,
}

#[derive(Default)]
struct Tables {
    state: CatalogState,
    keys: Vec<KeyRow>,
    settings: BTreeMap<String, Vec<u8>>,
    deletions: Vec<DeletionRow>,
    definitions: Vec<DefinitionRow>,
}

// === impl Untroubled ===

impl Fate for Untroubled {
    fn before(&self, _: CatalogCall) -> BoxFuture<'_, Outcome> {
        Box::pin(ready(Outcome::Done))
    }

    fn after(&self, _: CatalogCall) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

// === impl MemoryCatalog ===

impl Default for MemoryCatalog {
    fn default() -> Self {
        Self::new(Arc::new(Untroubled))
    }
}

impl MemoryCatalog {
    /// An empty catalog, with the environment `local`.
    pub fn new(fate: Arc<dyn Fate>) -> Self {
        let local = EnvironmentRow { id: EnvironmentId::LOCAL, slug: "local".to_owned() };
        let state = CatalogState { environments: vec![local], ..CatalogState::default() };
        Self { tables: Arc::new(Mutex::new(Tables { state, ..Tables::default() })), fate }
    }

    /// A catalog that holds what another one held.
    pub fn holding(state: CatalogState, keys: Vec<KeyRow>) -> Self {
        let catalog = Self::default();
        *catalog.tables() = Tables { state, keys, ..Tables::default() };
        catalog
    }

    /// With these settings; a log can only be read with those it was written under.
    pub fn with_settings(self, settings: BTreeMap<String, Vec<u8>>) -> Self {
        self.tables().settings = settings;
        self
    }

    /// With these definitions.
    pub fn with_definitions(self, definitions: Vec<DefinitionRow>) -> Self {
        self.tables().definitions = definitions;
        self
    }

    /// With these deletions.
    pub fn with_deletions(self, deletions: Vec<DeletionRow>) -> Self {
        self.tables().deletions = deletions;
        self
    }

    /// The same catalog under another fate.
    pub fn with_fate(&self, fate: Arc<dyn Fate>) -> Self {
        Self { tables: self.tables.clone(), fate }
    }

    /// What it holds now, asked without any fate.
    pub fn state(&self) -> CatalogState {
        self.tables().state.clone()
    }

    /// The settings it holds now.
    pub fn settings(&self) -> BTreeMap<String, Vec<u8>> {
        self.tables().settings.clone()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<'a, T: Send + 'a>(
        &'a self,
        call: CatalogCall,
        work: impl FnOnce(&mut Tables) -> Result<T, CatalogError> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, CatalogError>> {
        Box::pin(async move {
            let outcome = self.fate.before(call).await;
            let failed = || Err(CatalogError::Failed("injected failure".to_owned()));
            let result = match outcome {
                Outcome::Done => work(&mut self.tables()),
                Outcome::Failed => failed(),
                Outcome::Full | Outcome::Lost | Outcome::AnswerLost if call == CatalogCall::Read => failed(),
                Outcome::Full => Err(CatalogError::Full("injected lack of room".to_owned())),
                Outcome::Lost => Err(CatalogError::Uncertain("injected loss".to_owned())),
                Outcome::AnswerLost => {
                    let done = work(&mut self.tables());
                    done.and(Err(CatalogError::Uncertain("injected loss of the answer".to_owned())))
                }
            };
            self.fate.after(call).await;
            result
        })
    }
}

impl Catalog for MemoryCatalog {
    fn load(&self) -> BoxFuture<'_, Result<CatalogState, CatalogError>> {
        self.call(CatalogCall::Read, |tables| Ok(tables.state.clone()))
    }

    fn commit_cut(&self, cut: Cut) -> BoxFuture<'_, Result<(), CatalogError>> {
        self.call(CatalogCall::CommitCut, |tables| {
            let after = committed(&tables.state, cut).map_err(CatalogError::Failed)?;
            tables.state = after;
            Ok(())
        })
    }

    fn commit_swap(&self, swap: Swap) -> BoxFuture<'_, Result<(), CatalogError>> {
        self.call(CatalogCall::CommitSwap, |tables| {
            let after = swapped(&tables.state, swap).map_err(CatalogError::Failed)?;
            tables.state = after;
            Ok(())
        })
    }

    fn forget_files(&self, ids: Vec<String>) -> BoxFuture<'_, Result<(), CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            tables.state.removed.retain(|file| !ids.contains(&file.id));
            Ok(())
        })
    }

    fn ensure_environment<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, Result<EnvironmentId, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            let environments = &mut tables.state.environments;
            if let Some(known) = environments.iter().find(|known| known.slug == slug) {
                return Ok(known.id);
            }
            let id = EnvironmentId(environments.iter().map(|known| known.id.0).max().unwrap_or(0) + 1);
            environments.push(EnvironmentRow { id, slug: slug.to_owned() });
            Ok(id)
        })
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<KeyRow>, CatalogError>> {
        self.call(CatalogCall::Read, |tables| Ok(tables.keys.clone()))
    }

    fn insert_key(&self, key: KeyRow) -> BoxFuture<'_, Result<u64, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            let known = |id| tables.state.environments.iter().any(|environment| environment.id == id);
            if key.environment.is_some_and(|id| !known(id)) {
                return Err(CatalogError::Failed("the key's environment does not exist".to_owned()));
            }
            let id = tables.keys.last().map_or(0, |last| last.id) + 1;
            tables.keys.push(KeyRow { id, ..key });
            Ok(id)
        })
    }

    fn set_key_disabled(&self, id: u64, disabled: bool) -> BoxFuture<'_, Result<bool, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            let found = tables.keys.iter_mut().find(|key| key.id == id);
            Ok(found.map(|key| key.disabled = disabled).is_some())
        })
    }

    fn setting<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CatalogError>> {
        self.call(CatalogCall::Read, move |tables| Ok(tables.settings.get(name).cloned()))
    }

    fn setting_or_insert<'a>(&'a self, name: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Vec<u8>, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| Ok(tables.settings.entry(name.to_owned()).or_insert(value).clone()))
    }

    fn set_setting<'a>(&'a self, name: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<(), CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            tables.settings.insert(name.to_owned(), value);
            Ok(())
        })
    }

    fn deletions(&self) -> BoxFuture<'_, Result<Vec<DeletionRow>, CatalogError>> {
        self.call(CatalogCall::Read, |tables| Ok(tables.deletions.clone()))
    }

    fn insert_deletion(&self, deletion: DeletionRow) -> BoxFuture<'_, Result<u64, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            let id = tables.deletions.len() as u64 + 1;
            tables.deletions.push(DeletionRow { id, finished: None, ..deletion });
            Ok(id)
        })
    }

    fn definitions(&self) -> BoxFuture<'_, Result<Vec<DefinitionRow>, CatalogError>> {
        self.call(CatalogCall::Read, |tables| Ok(tables.definitions.clone()))
    }

    fn insert_definition(&self, definition: DefinitionRow) -> BoxFuture<'_, Result<Option<u64>, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            if !tables.state.environments.iter().any(|environment| environment.id == definition.environment) {
                return Err(CatalogError::Failed("the definition's environment does not exist".to_owned()));
            }
            let same = |other: &&DefinitionRow| {
                (other.environment, &other.kind, &other.name) == (definition.environment, &definition.kind, &definition.name)
            };
            if tables.definitions.iter().find(same).is_some() {
                return Ok(None);
            }
            let id = tables.definitions.iter().map(|other| other.id).max().unwrap_or(0) + 1;
            tables.definitions.push(DefinitionRow { id, ..definition });
            Ok(Some(id))
        })
    }

    fn update_definition(&self, id: u64, body: Vec<u8>, updated_ns: i64) -> BoxFuture<'_, Result<bool, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            let found = tables.definitions.iter_mut().find(|definition| definition.id == id);
            Ok(found.map(|definition| (definition.body, definition.updated_ns) = (body, updated_ns)).is_some())
        })
    }

    fn delete_definition(&self, id: u64) -> BoxFuture<'_, Result<bool, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            let before = tables.definitions.len();
            tables.definitions.retain(|definition| definition.id != id);
            Ok(tables.definitions.len() < before)
        })
    }

    fn finish_deletion(&self, id: u64, finished: Finished) -> BoxFuture<'_, Result<bool, CatalogError>> {
        self.call(CatalogCall::Change, move |tables| {
            let open = tables.deletions.iter_mut().find(|deletion| deletion.id == id && deletion.finished.is_none());
            Ok(open.map(|deletion| deletion.finished = Some(finished)).is_some())
        })
    }
}

/// The state after a cut, or what is wrong with the cut.
fn committed(before: &CatalogState, cut: Cut) -> Result<CatalogState, String> {
    let mut state = before.clone();
    if cut.flushed_through < state.flushed_through {
        return Err(format!("a flush through {} came after one through {}", cut.flushed_through, state.flushed_through));
    }
    state.flushed_through = cut.flushed_through;
    let environments = state.environments.clone();
    let known = |id| environments.iter().any(|environment| environment.id == id);
    for row in cut.columns {
        let clash = state.columns.iter().any(|other| {
            let same_key = other.key == row.key && other.column_type == row.column_type;
            other.id == row.id || other.environment == row.environment && (same_key || other.physical == row.physical)
        });
        if clash || !known(row.environment) {
            return Err(format!("column {} ({:?}, {:?}) is not new, or of no environment", row.id, row.key, row.column_type));
        }
        state.columns.push(row);
    }
    state.columns.sort_by_key(|row| row.id);
    for row in cut.datasets {
        if !known(row.environment) {
            return Err(format!("dataset {} is of no environment", row.slug));
        }
        if !state.datasets.iter().any(|other| other.environment == row.environment && other.slug == row.slug) {
            state.datasets.push(row);
        }
    }
    state.datasets.sort_by(|left, right| (left.environment, &left.slug).cmp(&(right.environment, &right.slug)));
    take_out(&mut state, cut.replaced, false)?;
    for row in cut.files {
        add_file(&mut state, row)?;
    }
    state.files.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(state)
}

/// The state after a swap, or what is wrong with the swap.
fn swapped(before: &CatalogState, swap: Swap) -> Result<CatalogState, String> {
    let mut state = before.clone();
    take_out(&mut state, swap.removed, swap.reason.is_accounted())?;
    for row in swap.added {
        add_file(&mut state, row)?;
    }
    state.files.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(state)
}

fn take_out(state: &mut CatalogState, ids: Vec<String>, is_accounted: bool) -> Result<(), String> {
    for id in ids {
        let place = state.files.iter().position(|file| file.id == id);
        let place = place.ok_or_else(|| format!("file {id} is not there to be taken out"))?;
        let FileRow { path, .. } = state.files.remove(place);
        state.removed.push(RemovedFile { id, path, is_accounted });
    }
    state.removed.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(())
}

fn add_file(state: &mut CatalogState, row: FileRow) -> Result<(), String> {
    let is_known = |id: &str, path: &str| id == row.id || path == row.path;
    let is_there = state.files.iter().any(|other| is_known(&other.id, &other.path));
    if is_there || state.removed.iter().any(|other| is_known(&other.id, &other.path)) {
        return Err(format!("file {} is not new", row.id));
    }
    if !state.environments.iter().any(|environment| environment.id == row.environment) {
        return Err(format!("file {} is of no environment", row.id));
    }
    let has = |slug: &str| state.datasets.iter().any(|dataset| dataset.environment == row.environment && dataset.slug == slug);
    if let Some((slug, _)) = row.datasets.iter().find(|(slug, _)| !has(slug)) {
        return Err(format!("file {} names the unknown dataset {slug}", row.id));
    }
    state.files.push(row);
    Ok(())
}
