//! Things of one sort that the catalog keeps by name, in memory too.

use crate::error::XrayError;
use glasshive_base::Clock;
use glasshive_model::EnvironmentId;
use glasshive_store::catalog::{Catalog, DefinitionRow};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, MutexGuard};

/// A thing that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Item<T> {
    pub environment: EnvironmentId,
    pub name: String,
    pub content: T,
    pub created_ns: i64,
    pub updated_ns: i64,
    row: u64,
}

/// All things of one sort.
pub(crate) struct Kept<T> {
    kind: &'static str,
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    items: RwLock<Vec<Item<T>>>,
    change: Mutex<()>,
}

/// The right to change them, one at a time.
pub(crate) struct Change<'k, T> {
    kept: &'k Kept<T>,
    _one: MutexGuard<'k, ()>,
}

impl<T: Clone + Serialize + DeserializeOwned> Kept<T> {
    pub(crate) fn of_rows(kind: &'static str, rows: &[DefinitionRow], catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>) -> Self {
        let read = |row: &DefinitionRow| match serde_json::from_slice(&row.body) {
            Ok(content) => Some(Item {
                environment: row.environment,
                name: row.name.clone(),
                content,
                created_ns: row.created_ns,
                updated_ns: row.updated_ns,
                row: row.id,
            }),
            Err(error) => {
                tracing::warn!(kind, name = row.name, %error, "something that is kept cannot be read; it is left alone");
                None
            }
        };
        let items = rows.iter().filter(|row| row.kind == kind).filter_map(read).collect();
        Self { kind, catalog, clock, items: RwLock::new(items), change: Mutex::default() }
    }

    /// Those of an environment, in order of their making.
    pub(crate) fn list(&self, environment: EnvironmentId) -> Vec<Item<T>> {
        let items = self.items.read().unwrap_or_else(PoisonError::into_inner);
        items.iter().filter(|item| item.environment == environment).cloned().collect()
    }

    pub(crate) fn get(&self, environment: EnvironmentId, name: &str) -> Option<Item<T>> {
        self.list(environment).into_iter().find(|item| item.name == name)
    }

    pub(crate) async fn begin(&self) -> Change<'_, T> {
        Change { kept: self, _one: self.change.lock().await }
    }
}

impl<T: Clone + Serialize + DeserializeOwned> Change<'_, T> {
    /// Keeps a new one; `None` when the name is taken.
    pub(crate) async fn insert(&self, environment: EnvironmentId, name: &str, content: T) -> Result<Option<Item<T>>, XrayError> {
        let now_ns = self.kept.clock.wall_ns();
        let mut item = Item { environment, name: name.to_owned(), content, created_ns: now_ns, updated_ns: now_ns, row: 0 };
        let row = DefinitionRow {
            id: 0,
            environment,
            kind: self.kept.kind.to_owned(),
            name: item.name.clone(),
            body: body(&item.content),
            created_ns: now_ns,
            updated_ns: now_ns,
        };
        let Some(id) = self.kept.catalog.insert_definition(row).await? else { return Ok(None) };
        item.row = id;
        self.kept.items.write().unwrap_or_else(PoisonError::into_inner).push(item.clone());
        Ok(Some(item))
    }

    /// Puts another content in the place of one's.
    pub(crate) async fn put(&self, before: Item<T>, content: T) -> Result<Item<T>, XrayError> {
        let after = Item { content, updated_ns: self.kept.clock.wall_ns(), ..before };
        self.kept.catalog.update_definition(after.row, body(&after.content), after.updated_ns).await?;
        let mut items = self.kept.items.write().unwrap_or_else(PoisonError::into_inner);
        items.iter_mut().filter(|item| item.row == after.row).for_each(|item| *item = after.clone());
        Ok(after)
    }

    /// Takes one out. One that the catalog has no more is gone, which is what was asked for.
    pub(crate) async fn remove(&self, gone: &Item<T>) -> Result<(), XrayError> {
        self.kept.catalog.delete_definition(gone.row).await?;
        self.kept.items.write().unwrap_or_else(PoisonError::into_inner).retain(|item| item.row != gone.row);
        Ok(())
    }
}

fn body(content: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(content).expect("texts and numbers are always JSON")
}
