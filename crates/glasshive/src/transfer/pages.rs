//! Where pages of stored rows come from: a server, or a data directory without one.

use crate::ask::directory::Directory;
use crate::ask::refusal::Refusal;
use crate::ask::server::{Server, path_part};
use crate::cli::ClientFlags;
use anyhow::{Context, Result, bail};
use arrow_array::RecordBatch;
use bytes::Bytes;
use glasshive_api_hive::shape::export::{ExportPageInfo, ExportRequest, PAGE_INFO};
use glasshive_base::Clock as _;
use glasshive_store::world::SystemClock;
use http::StatusCode;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::path::Path;
use std::time::Duration;

/// How often a page is asked for again when a server is busy, and after how long.
const RETRIES: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// Where pages come from.
pub enum Pages {
    /// A server.
    Server {
        /// It.
        server: Box<Server>,
        /// What is asked of it.
        path: String,
    },
    /// A data directory, whose lock is held.
    Directory(Box<Directory>),
}

/// A page of rows.
pub struct PageOfRows {
    /// The page as a Parquet file.
    pub parquet: Bytes,
    /// What it says of itself.
    pub info: ExportPageInfo,
}

// === impl Pages ===

impl Pages {
    /// Of a server.
    ///
    /// # Errors
    /// When its address cannot be one, or it is not clear which environment is meant.
    pub async fn of_server(flags: &ClientFlags) -> Result<Self> {
        let server = Server::new(flags)?;
        let environment = server.environment().await?;
        Ok(Self::Server { path: format!("/hive/v1/e/{}/export", path_part(&environment)), server: Box::new(server) })
    }

    /// Of a data directory; nothing in it is changed.
    ///
    /// # Errors
    /// When another process has it, or it is none, or has no such environment.
    pub async fn of_directory(directory: &Path, environment: &str) -> Result<Self> {
        let directory = Directory::open(directory, environment).await?;
        directory.faults.iter().for_each(|fault| super::progress::remark(fault));
        Ok(Self::Directory(Box::new(directory)))
    }

    /// A page. A server that is busy is asked again.
    ///
    /// # Errors
    /// When the request cannot be read, the server refuses, or the page is none.
    pub async fn page(&self, request: &ExportRequest) -> Result<PageOfRows> {
        match self {
            Pages::Server { server, path } => {
                let mut left = RETRIES;
                loop {
                    let error = match server.post_for_bytes(path, request).await {
                        Ok(parquet) => return Ok(PageOfRows { info: info(&parquet)?, parquet }),
                        Err(error) => error,
                    };
                    let busy = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].map(Some);
                    let status = error.downcast_ref::<Refusal>().and_then(|refusal| refusal.status);
                    if left == 0 || !busy.contains(&status) {
                        return Err(error);
                    }
                    left -= 1;
                    SystemClock::default().sleep(PAUSE).await;
                }
            }
            Pages::Directory(directory) => {
                let Directory { open, environment, fields, data, .. } = directory.as_ref();
                let now_ns = data.world.clock.wall_ns();
                let page = glasshive_api_hive::export_page(open, *environment, fields, request, now_ns).await;
                let page = page.map_err(|failure| Refusal::of_failure(&failure))?;
                let parquet = page.to_parquet().context("write a page")?;
                Ok(PageOfRows { parquet: parquet.into(), info: page.info })
            }
        }
    }
}

/// What a page says of itself.
fn info(parquet: &Bytes) -> Result<ExportPageInfo> {
    let unknown = "the server gave a page that this version does not understand; is it a Glasshive server?";
    let builder = ParquetRecordBatchReaderBuilder::try_new(parquet.clone()).context(unknown)?;
    let metadata = builder.metadata().file_metadata().key_value_metadata();
    let entry = metadata.and_then(|entries| entries.iter().find(|entry| entry.key == PAGE_INFO)?.value.as_deref()).context(unknown)?;
    let info: ExportPageInfo = serde_json::from_str(entry).context(unknown)?;
    if info.version != 1 {
        bail!("the server's pages are of version {}; this program knows version 1: use the server's version of it", info.version);
    }
    Ok(info)
}

/// The rows of a page.
///
/// # Errors
/// When it is no Parquet file.
pub fn batches(parquet: Bytes) -> Result<Vec<RecordBatch>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(parquet)?.build()?;
    Ok(reader.collect::<Result<_, _>>()?)
}
