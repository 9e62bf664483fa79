//! Things of one sort, each with an id, a version and its maker.

use crate::error::LibraryError;
use crate::id::{self, IdShape};
use glasshive_base::Clock;
use glasshive_model::EnvironmentId;
use glasshive_store::catalog::{Catalog, DefinitionRow};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, MutexGuard};

/// What can lie on a shelf.
pub trait Sort: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The catalog's word for it.
    const KIND: &'static str;
    /// Our word for one.
    const NOUN: &'static str;
    /// Our word for several.
    const PLURAL: &'static str;
    /// How many an environment keeps.
    const MOST: usize;
    /// Whether its ids are as short as markers' are.
    const SHORT_IDS: bool = false;

    /// That it keeps the rules of its sort.
    ///
    /// # Errors
    /// [`LibraryError::Length`], [`LibraryError::Invalid`] and [`LibraryError::Query`].
    fn check(&self) -> Result<(), LibraryError>;
}

/// A thing that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Item<T> {
    /// What addresses name it by.
    pub id: String,
    /// Whose.
    pub environment: EnvironmentId,
    /// How often it was changed, the making counted.
    pub version: u64,
    /// What it is.
    pub content: T,
    /// Who made it.
    pub made_by: String,
    /// Who changed it last.
    pub changed_by: String,
    /// When it was made, ns since 1970.
    pub created_ns: i64,
    /// When it was last changed, ns since 1970.
    pub updated_ns: i64,
    /// Its number in the catalog.
    row: u64,
}

/// All things of one sort.
pub struct Shelf<T> {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    kept: RwLock<Vec<Item<T>>>,
    /// One change at a time, so that what was checked is what is changed. No other process changes what is kept: a catalog has one
    /// owner.
    change: Mutex<()>,
}

/// What the catalog keeps of a thing besides its id.
#[derive(Serialize, Deserialize)]
struct Body<T> {
    version: u64,
    made_by: String,
    changed_by: String,
    content: T,
}

/// The right to change a shelf, until it is dropped.
pub(crate) struct Change<'a, T> {
    shelf: &'a Shelf<T>,
    _one: MutexGuard<'a, ()>,
}

impl<T: Sort> Shelf<T> {
    pub(crate) fn of_rows(rows: &[DefinitionRow], catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>) -> Self {
        let kept = rows.iter().filter_map(Item::of_row).collect();
        Self { catalog, clock, kept: RwLock::new(kept), change: Mutex::default() }
    }

    /// Those of an environment, in order of their making.
    pub fn list(&self, environment: EnvironmentId) -> Vec<Item<T>> {
        self.select(environment, |_| true)
    }

    /// Those of an environment that `wanted` says, in order of their making.
    pub fn select(&self, environment: EnvironmentId, wanted: impl Fn(&Item<T>) -> bool) -> Vec<Item<T>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter(|item| item.environment == environment && wanted(item)).cloned().collect()
    }

    /// One of an environment.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`].
    pub fn get(&self, environment: EnvironmentId, id: &str) -> Result<Item<T>, LibraryError> {
        let found = self.select(environment, |item| item.id == id).into_iter().next();
        found.ok_or_else(|| LibraryError::Unknown { noun: T::NOUN, id: id.to_owned() })
    }

    /// Keeps a new one.
    ///
    /// # Errors
    /// As [`LibraryError`] says.
    pub async fn create(&self, environment: EnvironmentId, content: T, by: &str) -> Result<Item<T>, LibraryError> {
        content.check()?;
        let change = self.begin().await;
        if self.list(environment).len() >= T::MOST {
            return Err(LibraryError::TooMany { plural: T::PLURAL, most: T::MOST });
        }
        change.insert(environment, content, by).await
    }

    /// Puts another in the place of version `version`.
    ///
    /// # Errors
    /// [`LibraryError::Changed`] when that is not the last one; otherwise as [`LibraryError`] says.
    pub async fn replace(&self, environment: EnvironmentId, id: &str, version: u64, content: T, by: &str) -> Result<Item<T>, LibraryError> {
        content.check()?;
        let change = self.begin().await;
        let before = self.get(environment, id)?;
        if before.version != version {
            return Err(LibraryError::Changed { noun: T::NOUN, sent: version, kept: before.version });
        }
        change.put(before, content, by).await
    }

    /// Takes one out.
    ///
    /// # Errors
    /// As [`LibraryError`] says.
    pub async fn delete(&self, environment: EnvironmentId, id: &str) -> Result<Item<T>, LibraryError> {
        let change = self.begin().await;
        let gone = self.get(environment, id)?;
        change.remove(&gone).await?;
        Ok(gone)
    }

    pub(crate) async fn begin(&self) -> Change<'_, T> {
        Change { shelf: self, _one: self.change.lock().await }
    }
}

impl<T: Sort> Change<'_, T> {
    pub(crate) async fn insert(&self, environment: EnvironmentId, content: T, by: &str) -> Result<Item<T>, LibraryError> {
        let shelf = self.shelf;
        let shape = if T::SHORT_IDS { IdShape::SixHex } else { IdShape::Eleven };
        let now_ns = shelf.clock.wall_ns();
        let mut item = Item {
            id: String::new(),
            environment,
            version: 1,
            content,
            made_by: by.to_owned(),
            changed_by: by.to_owned(),
            created_ns: now_ns,
            updated_ns: now_ns,
            row: 0,
        };
        loop {
            item.id = id::mint(shape, |id| shelf.get(environment, id).is_ok())?;
            // One that memory does not know, because it cannot be read, may still have the id.
            if let Some(row) = shelf.catalog.insert_definition(item.row()).await? {
                item.row = row;
                shelf.kept.write().unwrap_or_else(PoisonError::into_inner).push(item.clone());
                return Ok(item);
            }
        }
    }

    pub(crate) async fn put(&self, before: Item<T>, content: T, by: &str) -> Result<Item<T>, LibraryError> {
        let shelf = self.shelf;
        let after = Item { version: before.version + 1, content, changed_by: by.to_owned(), updated_ns: shelf.clock.wall_ns(), ..before };
        if !shelf.catalog.update_definition(after.row, after.body(), after.updated_ns).await? {
            return Err(LibraryError::Unknown { noun: T::NOUN, id: after.id });
        }
        let mut kept = shelf.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.iter_mut().filter(|item| item.row == after.row).for_each(|item| *item = after.clone());
        Ok(after)
    }

    pub(crate) async fn remove(&self, gone: &Item<T>) -> Result<(), LibraryError> {
        // One that the catalog has no more is gone, which is what was asked for.
        self.shelf.catalog.delete_definition(gone.row).await?;
        self.shelf.kept.write().unwrap_or_else(PoisonError::into_inner).retain(|item| item.row != gone.row);
        Ok(())
    }
}

impl<T: Sort> Item<T> {
    fn of_row(row: &DefinitionRow) -> Option<Self> {
        if row.kind != T::KIND {
            return None;
        }
        match serde_json::from_slice::<Body<T>>(&row.body) {
            Ok(body) => Some(Self {
                id: row.name.clone(),
                environment: row.environment,
                version: body.version,
                content: body.content,
                made_by: body.made_by,
                changed_by: body.changed_by,
                created_ns: row.created_ns,
                updated_ns: row.updated_ns,
                row: row.id,
            }),
            Err(error) => {
                tracing::warn!(kind = T::KIND, id = row.name, %error, "something that is kept cannot be read; it is left alone");
                None
            }
        }
    }

    fn row(&self) -> DefinitionRow {
        DefinitionRow {
            id: self.row,
            environment: self.environment,
            kind: T::KIND.to_owned(),
            name: self.id.clone(),
            body: self.body(),
            created_ns: self.created_ns,
            updated_ns: self.updated_ns,
        }
    }

    fn body(&self) -> Vec<u8> {
        let (made_by, changed_by) = (self.made_by.clone(), self.changed_by.clone());
        let body = Body { version: self.version, made_by, changed_by, content: self.content.clone() };
        serde_json::to_vec(&body).expect("texts and numbers are always JSON")
    }
}
