//! Whom a question is put to: a server, or a data directory without one.

use super::offline;
use crate::ask::server::{Server, path_part};
use crate::cli::ClientFlags;
use anyhow::Result;
use glasshive_api_hive::shape::query::QueryAnswer;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Whom a question is put to.
pub enum Asker {
    /// A server, and the environment there.
    Server(Box<Server>, String),
    /// A data directory, and the environment in it.
    Directory(PathBuf, String),
}

// === impl Asker ===

impl Asker {
    /// The data directory, if one is named, else the server of the flags.
    ///
    /// # Errors
    /// When the server's address cannot be one, or it is not clear which environment is meant.
    pub async fn new(flags: &ClientFlags, directory: Option<&Path>) -> Result<Self> {
        if let Some(directory) = directory {
            let environment = flags.environment.clone().unwrap_or_else(|| "local".to_owned());
            return Ok(Self::Directory(directory.to_path_buf(), environment));
        }
        let server = Server::new(flags)?;
        let environment = server.environment().await?;
        Ok(Self::Server(Box::new(server), environment))
    }

    /// The answer to a body of `POST query`.
    ///
    /// # Errors
    /// When the question cannot be read, or nobody answers it.
    pub async fn ask(&self, question: &Value) -> Result<QueryAnswer> {
        match self {
            Asker::Server(server, environment) => server.post(&format!("/hive/v1/e/{}/query", path_part(environment)), question).await,
            Asker::Directory(directory, environment) => offline::ask(directory, environment, question).await,
        }
    }
}
