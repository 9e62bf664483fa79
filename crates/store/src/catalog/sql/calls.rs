//! What the catalog is asked for, as transactions of the dialect.

use super::{Own, read, write};
use crate::catalog::{Catalog, CatalogError, CatalogState, Cut, DefinitionRow, DeletionRow, Finished, KeyRow, Swap};
use glasshive_base::BoxFuture;
use glasshive_model::EnvironmentId;
use std::time::Duration;

impl Catalog for Own {
    fn load(&self) -> BoxFuture<'_, Result<CatalogState, CatalogError>> {
        Box::pin(self.read(Box::new(|connection| Box::pin(read::state(connection)))))
    }

    fn commit_cut(&self, cut: Cut) -> BoxFuture<'_, Result<(), CatalogError>> {
        let at_ns = self.clock.wall_ns();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::cut(connection, at_ns, cut)))))
    }

    fn commit_swap(&self, swap: Swap) -> BoxFuture<'_, Result<(), CatalogError>> {
        let at_ns = self.clock.wall_ns();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::swap(connection, at_ns, swap)))))
    }

    fn forget_files(&self, ids: Vec<String>) -> BoxFuture<'_, Result<(), CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::forget(connection, ids)))))
    }

    fn ensure_environment<'a>(&'a self, slug: &'a str) -> BoxFuture<'a, Result<EnvironmentId, CatalogError>> {
        let slug = slug.to_owned();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::environment(connection, slug)))))
    }

    fn keys(&self) -> BoxFuture<'_, Result<Vec<KeyRow>, CatalogError>> {
        Box::pin(self.read(Box::new(|connection| Box::pin(read::keys(connection)))))
    }

    fn insert_key(&self, key: KeyRow) -> BoxFuture<'_, Result<u64, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::key(connection, key)))))
    }

    fn set_key_disabled(&self, id: u64, disabled: bool) -> BoxFuture<'_, Result<bool, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::key_disabled(connection, id, disabled)))))
    }

    fn setting<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CatalogError>> {
        let name = name.to_owned();
        Box::pin(self.read(Box::new(move |connection| Box::pin(read::setting(connection, name)))))
    }

    fn setting_or_insert<'a>(&'a self, name: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<Vec<u8>, CatalogError>> {
        let name = name.to_owned();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::setting(connection, name, value)))))
    }

    fn set_setting<'a>(&'a self, name: &'a str, value: Vec<u8>) -> BoxFuture<'a, Result<(), CatalogError>> {
        let name = name.to_owned();
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::set_setting(connection, name, value)))))
    }

    fn definitions(&self) -> BoxFuture<'_, Result<Vec<DefinitionRow>, CatalogError>> {
        Box::pin(self.read(Box::new(|connection| Box::pin(read::definitions(connection)))))
    }

    fn insert_definition(&self, definition: DefinitionRow) -> BoxFuture<'_, Result<Option<u64>, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::definition(connection, definition)))))
    }

    fn update_definition(&self, id: u64, body: Vec<u8>, updated_ns: i64) -> BoxFuture<'_, Result<bool, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::definition_body(connection, id, body, updated_ns)))))
    }

    fn delete_definition(&self, id: u64) -> BoxFuture<'_, Result<bool, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::definition_gone(connection, id)))))
    }

    fn deletions(&self) -> BoxFuture<'_, Result<Vec<DeletionRow>, CatalogError>> {
        Box::pin(self.read(Box::new(|connection| Box::pin(read::deletions(connection)))))
    }

    fn insert_deletion(&self, deletion: DeletionRow) -> BoxFuture<'_, Result<u64, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::deletion(connection, deletion)))))
    }

    fn finish_deletion(&self, id: u64, finished: Finished) -> BoxFuture<'_, Result<bool, CatalogError>> {
        Box::pin(self.transact(Box::new(move |connection| Box::pin(write::deletion_finished(connection, id, finished)))))
    }

    fn unreachable_for(&self) -> Option<Duration> {
        self.away()
    }
}
