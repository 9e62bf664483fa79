//! What people say of environments: how they are called, and whether they are put away.

use crate::error::KeyError;
use glasshive_base::Clock;
use glasshive_model::EnvironmentId;
use glasshive_store::catalog::{Catalog, DefinitionRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// The catalog's word for it. An environment has one, of the name [`NAME`].
const KIND: &str = "environment";
/// The name of what is kept of an environment.
const NAME: &str = "about";
/// Longest name, characters.
pub const NAME_CHARACTERS: usize = 80;

/// What is said of an environment. Its slug, its data and its keys are what they are whatever is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// How it is called; empty = as its slug.
    pub name: String,
    /// Whether it is put away: not offered where environments are chosen.
    pub archived: bool,
}

/// What is said of all environments.
pub(crate) struct Abouts {
    kept: RwLock<BTreeMap<EnvironmentId, About>>,
    /// One change at a time.
    change: Mutex<()>,
}

impl Abouts {
    /// What the catalog keeps. What cannot be read says nothing.
    pub(crate) async fn open(catalog: &dyn Catalog) -> Result<Self, KeyError> {
        let kept = rows(catalog).await?.into_iter().map(|row| (row.environment, serde_json::from_slice(&row.body).unwrap_or_default()));
        Ok(Self { kept: RwLock::new(kept.collect()), change: Mutex::default() })
    }

    pub(crate) fn of(&self, environment: EnvironmentId) -> About {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&environment).cloned().unwrap_or_default()
    }

    pub(crate) async fn set(
        &self,
        catalog: &Arc<dyn Catalog>,
        clock: &dyn Clock,
        environment: EnvironmentId,
        about: About,
    ) -> Result<(), KeyError> {
        if about.name.chars().count() > NAME_CHARACTERS || about.name.contains(char::is_control) {
            return Err(KeyError::Name);
        }
        let _one = self.change.lock().await;
        let body = serde_json::to_vec(&about).expect("text and a truth are JSON");
        let now_ns = clock.wall_ns();
        // The catalog is asked each time: a write whose outcome was not known may have been done.
        match rows(catalog.as_ref()).await?.into_iter().find(|row| row.environment == environment) {
            Some(row) => {
                catalog.update_definition(row.id, body, now_ns).await?;
            }
            None => {
                let (kind, name) = (KIND.to_owned(), NAME.to_owned());
                let definition = DefinitionRow { id: 0, environment, kind, name, body, created_ns: now_ns, updated_ns: now_ns };
                catalog.insert_definition(definition).await?;
            }
        }
        self.kept.write().unwrap_or_else(PoisonError::into_inner).insert(environment, about);
        Ok(())
    }
}

async fn rows(catalog: &dyn Catalog) -> Result<Vec<DefinitionRow>, KeyError> {
    Ok(catalog.definitions().await?.into_iter().filter(|row| row.kind == KIND && row.name == NAME).collect())
}
