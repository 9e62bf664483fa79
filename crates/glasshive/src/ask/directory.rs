//! A data directory without a server: the lock is taken, the log is read back in memory, nothing is written.

use crate::config;
use crate::serve::storage;
use anyhow::{Context, Result, bail};
use glasshive_api_hive::Open;
use glasshive_base::metrics;
use glasshive_feature_fields::Fields;
use glasshive_model::EnvironmentId;
use glasshive_store::world::{DataDir, DataDirError, DataDirOptions, ReadOnly, open_data_dir};
use std::path::Path;
use std::sync::Arc;

/// A data directory, and an environment in it.
pub struct Directory {
    /// Its store and the engine over it.
    pub open: Arc<Open>,
    /// The environment.
    pub environment: EnvironmentId,
    /// Calculated fields that are kept.
    pub fields: Fields,
    /// What was found to be wrong, in sentences.
    pub faults: Vec<String>,
    /// Held for its lock.
    pub data: DataDir,
}

impl Directory {
    /// Opens it; nothing in it is changed.
    ///
    /// # Errors
    /// When another process has it, or it is none, or has no such environment.
    pub async fn open(directory: &Path, environment: &str) -> Result<Self> {
        let options = DataDirOptions {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            allow_network_fs: true,
            read_only: Some(ReadOnly { scratch: std::env::temp_dir() }),
            places: config::places()?,
        };
        let data = match open_data_dir(directory, &options).await {
            Ok(data) => data,
            Err(error @ DataDirError::InUse { .. }) => {
                bail!("{error}. Ask the server instead: leave out --data, and name it with --server if it does not listen on port 4318")
            }
            Err(error) => return Err(error.into()),
        };
        let limits = storage::QueryLimits::default();
        let opened = storage::open(&data, storage::of_a_reader(directory), &limits, metrics::Registry::default()).await?;
        let environments = opened.open.store.environments();
        let found = environments.iter().find(|(_, slug)| slug == environment).map(|(id, _)| *id);
        let environment = found.with_context(|| {
            let others: Vec<&str> = environments.iter().map(|(_, slug)| slug.as_str()).collect();
            format!("there is no environment `{environment}` in {}; there are: {}", directory.display(), others.join(", "))
        })?;
        let fields = Fields::open(data.world.catalog.clone(), data.world.clock.clone()).await.context("read the calculated fields")?;
        let faults = opened.report.faults.into_iter().map(|fault| fault.message).collect();
        Ok(Self { open: opened.open, environment, fields, faults, data })
    }
}
