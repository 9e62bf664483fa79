//! A question to a data directory without a server: the lock is taken, the log is read back in memory, nothing is written.

use crate::cli::DurabilityWord;
use crate::serve::storage;
use anyhow::{Context, Result, bail};
use glasshive_api_hive::shape::query::QueryAnswer;
use glasshive_base::metrics;
use glasshive_store::world::{DataDirError, DataDirOptions, ReadOnly, open_data_dir};
use serde_json::Value;
use std::path::Path;

/// Answers the body of `POST query` from the directory's environment.
pub async fn ask(directory: &Path, environment: &str, question: &Value) -> Result<QueryAnswer> {
    let options = DataDirOptions {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        allow_network_fs: true,
        read_only: Some(ReadOnly { scratch: std::env::temp_dir() }),
    };
    let data = match open_data_dir(directory, &options).await {
        Ok(data) => data,
        Err(error @ DataDirError::InUse { .. }) => {
            bail!("{error}. Ask the server instead: leave out --data, and name it with --server if it is not on this machine")
        }
        Err(error) => return Err(error.into()),
    };
    let open =
        storage::open(&data, directory, DurabilityWord::Fsync, &storage::QueryLimits::default(), metrics::Registry::default()).await?.open;
    let environments = open.store.environments();
    let found = environments.iter().find(|(_, slug)| slug == environment);
    let (id, _) = found.with_context(|| format!("there is no environment `{environment}` in {}", directory.display()))?;
    let answer = glasshive_api_hive::answer_query(&open, *id, question.clone(), data.world.clock.as_ref()).await;
    answer.map_err(|failure| anyhow::anyhow!("{}", super::super::server::failure_sentence(&failure)))
}
