//! Rows of the catalog: people, sessions, links and the audit are the whole team's, and stand under the environment that is always
//! there.

use crate::error::AccountError;
use glasshive_model::EnvironmentId;
use glasshive_store::catalog::{Catalog, DefinitionRow};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// What is kept as rows of one kind.
pub(crate) trait Kept: Serialize + DeserializeOwned {
    /// The catalog's word.
    const KIND: &'static str;
}

/// The catalog, for what is kept here.
#[derive(Clone)]
pub(crate) struct Keep(pub(crate) Arc<dyn Catalog>);

impl Keep {
    /// Adds a row; `None` when there is one of this kind and name.
    pub(crate) async fn insert<T: Kept>(&self, name: &str, body: &T, now_ns: i64) -> Result<Option<u64>, AccountError> {
        let row = DefinitionRow {
            id: 0,
            environment: EnvironmentId::LOCAL,
            kind: T::KIND.to_owned(),
            name: name.to_owned(),
            body: bytes(body),
            created_ns: now_ns,
            updated_ns: now_ns,
        };
        Ok(self.0.insert_definition(row).await?)
    }

    /// Gives a row another body. `false` when there is none of this number.
    pub(crate) async fn update<T: Kept>(&self, row: u64, body: &T, now_ns: i64) -> Result<bool, AccountError> {
        Ok(self.0.update_definition(row, bytes(body), now_ns).await?)
    }

    /// Takes a row out. `false` when there is none of this number.
    pub(crate) async fn delete(&self, row: u64) -> Result<bool, AccountError> {
        Ok(self.0.delete_definition(row).await?)
    }
}

/// Those of `rows` that are of this kind: number, name, body. One that cannot be read is left alone, and said so in the log.
pub(crate) fn read<T: Kept>(rows: &[DefinitionRow]) -> impl Iterator<Item = (u64, &str, T)> {
    rows.iter().filter(|row| row.kind == T::KIND).filter_map(|row| match serde_json::from_slice(&row.body) {
        Ok(body) => Some((row.id, row.name.as_str(), body)),
        Err(error) => {
            tracing::warn!(id = row.id, kind = T::KIND, %error, "a row that is kept cannot be read; it is left alone");
            None
        }
    })
}

fn bytes(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("texts and numbers are always JSON")
}
