//! Where requests go: to a server's doors for SDKs, or into a data directory whose lock is taken.

use super::Bad;
use super::source::Request;
use crate::ask::server::Server;
use crate::cli::ImportFlags;
use crate::serve::storage;
use anyhow::{Context, Result, bail};
use glasshive_api_hive::Open;
use glasshive_base::{Clock, ErrorKind, metrics};
use glasshive_base_http::{Answer, ClientError};
use glasshive_feature_keys::Keys;
use glasshive_model::{Appended, Codec, EnvironmentId, EventSink as _, Rows, SinkError, Submission, sink};
use glasshive_receive_otlp::decode::{DecodeContext, Encoding, Signal3};
use glasshive_store::StoreConfig;
use glasshive_store::world::{DataDir, DataDirError, DataDirOptions, SystemClock, open_data_dir};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long somebody who says "later" is asked again; then the import stops.
const PATIENCE: Duration = Duration::from_secs(300);
/// The first pause where no other was asked for; it doubles up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// The header that names a dataset to the doors for SDKs.
const DATASET: HeaderName = HeaderName::from_static("x-honeycomb-dataset");

/// Where requests go.
pub enum Target {
    /// A server.
    Server(Box<ServerTarget>),
    /// A data directory.
    Directory(DirectoryTarget),
}

/// A server's doors.
pub struct ServerTarget {
    server: Server,
    has_answered: bool,
}

/// A data directory's store.
pub struct DirectoryTarget {
    open: Arc<Open>,
    environment: EnvironmentId,
    data: DataDir,
}

/// What became of one request.
pub struct Outcome {
    /// It was known from the last ten minutes.
    pub is_repeated: bool,
}

/// Somebody says "later".
struct Later {
    why: String,
    after: Option<Duration>,
}

// === impl Target ===

impl Target {
    /// The one that the flags name.
    ///
    /// # Errors
    /// When the server's address cannot be one, or the directory cannot be had.
    pub async fn open(flags: &ImportFlags) -> Result<Self> {
        match &flags.data {
            Some(directory) => {
                let environment = flags.environment.as_deref().unwrap_or("local");
                Ok(Self::Directory(DirectoryTarget::open(directory, environment).await?))
            }
            None => {
                let server = Server::at(&flags.server, flags.api_key.as_deref())?;
                Ok(Self::Server(Box::new(ServerTarget { server, has_answered: false })))
            }
        }
    }

    /// Hands over a request of one signal. Waits as long as it is asked to, up to [`PATIENCE`].
    pub async fn take(&mut self, request: &Request, signal: Signal3, received_ns: i64, rows: Rows) -> Result<Outcome, Bad> {
        let clock = SystemClock::default();
        let started = clock.monotonic();
        let rows = Arc::new(rows);
        let mut pause = PAUSES.0;
        loop {
            let later = match self {
                Target::Server(target) => target.take(request, signal).await?,
                Target::Directory(target) => target.take(request, signal, received_ns, rows.clone()).await?,
            };
            let later = match later {
                Ok(outcome) => return Ok(outcome),
                Err(later) => later,
            };
            if clock.monotonic().saturating_sub(started) > PATIENCE {
                let why = format!("asked for five minutes, and still: {}; begin again from here when that is over", later.why);
                return Err(stop(request, why));
            }
            clock.sleep(later.after.unwrap_or(pause)).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Ends it; a data directory is left as a server leaves it that was stopped.
    ///
    /// # Errors
    /// Never for a server.
    pub async fn close(self) -> Result<()> {
        if let Target::Directory(DirectoryTarget { open, data, .. }) = self {
            let flushed = open.store.flush().await;
            open.store.shutdown().await;
            drop(open);
            data.close_catalog().await;
            flushed.context("write what was imported to files; it is safe in the log, and the next start goes on")?;
        }
        Ok(())
    }
}

/// The end of the import, through no fault of the input.
fn stop(request: &Request, why: String) -> Bad {
    Bad { place: request.place.clone(), why, count: 1, can_be_skipped: false }
}

fn refused(request: &Request, why: String) -> Bad {
    Bad { place: request.place.clone(), why, count: 1, can_be_skipped: true }
}

// === impl ServerTarget ===

impl ServerTarget {
    async fn take(&mut self, request: &Request, signal: Signal3) -> Result<Result<Outcome, Later>, Bad> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(dataset) = &request.dataset {
            let value =
                HeaderValue::from_str(dataset).map_err(|_| refused(request, format!("no header can carry the dataset {dataset}")))?;
            headers.insert(DATASET, value);
        }
        let sent = self.server.send(Method::POST, &format!("/v1/{}", signal.word()), headers, request.body.clone()).await;
        match sent {
            Ok(answer) => {
                self.has_answered = true;
                self.judge(request, signal, &answer)
            }
            // A server that is there and goes away may come again; equal requests are stored once.
            Err(error @ (ClientError::Unreachable { .. } | ClientError::Timeout { .. })) if self.has_answered => {
                Ok(Err(Later { why: error.to_string(), after: None }))
            }
            Err(error) => Err(stop(request, self.server.told(&error).to_string())),
        }
    }

    fn judge(&self, request: &Request, signal: Signal3, answer: &Answer) -> Result<Result<Outcome, Later>, Bad> {
        let said = || message(answer).unwrap_or_else(|| format!("status {}", answer.status));
        match answer.status {
            StatusCode::OK => match rejected(answer, signal) {
                None => Ok(Ok(Outcome { is_repeated: false })),
                Some((count, why)) => Err(refused(request, format!("the server rejected {count} of its items: {why}"))),
            },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                let after = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
                Ok(Err(Later { why: said(), after: after.map(Duration::from_secs) }))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(stop(request, format!("{}; give a key that may send with --api-key or GLASSHIVE_KEY", said())))
            }
            StatusCode::NOT_FOUND => Err(stop(request, format!("{}; is it a Glasshive server, and --server its HTTP address?", said()))),
            _ => Err(refused(request, format!("the server refused it: {}", said()))),
        }
    }
}

/// What an OTLP `Status` says.
fn message(answer: &Answer) -> Option<String> {
    let status: serde_json::Value = answer.json().ok()?;
    status["message"].as_str().map(str::to_owned)
}

/// What an answer of success says was not taken.
fn rejected(answer: &Answer, signal: Signal3) -> Option<(u64, String)> {
    let body: serde_json::Value = answer.json().ok()?;
    let partial = &body["partialSuccess"];
    let member = match signal {
        Signal3::Traces => "rejectedSpans",
        Signal3::Logs => "rejectedLogRecords",
        Signal3::Metrics => "rejectedDataPoints",
    };
    let count = partial[member].as_u64().or_else(|| partial[member].as_str()?.parse().ok()).filter(|count| *count > 0)?;
    Some((count, partial["errorMessage"].as_str().unwrap_or_default().to_owned()))
}

// === impl DirectoryTarget ===

impl DirectoryTarget {
    async fn open(directory: &Path, environment: &str) -> Result<Self> {
        let options =
            DataDirOptions { version: env!("CARGO_PKG_VERSION").to_owned(), places: crate::config::places()?, ..DataDirOptions::default() };
        let data = match open_data_dir(directory, &options).await {
            Ok(data) => data,
            Err(error @ DataDirError::InUse { .. }) => {
                bail!("{error}. Send to the server instead: leave out --data, and name it with --server if it does not listen on port 4318")
            }
            Err(error) => return Err(error.into()),
        };
        let keys = Keys::open(data.world.catalog.clone(), data.world.clock.clone()).await.context("read environments")?;
        let environment = keys.ensure_environment(environment).await.with_context(|| format!("make the environment {environment}"))?;
        let config = StoreConfig { shown_path: directory.display().to_string(), ..StoreConfig::default() };
        let opened = storage::open(&data, config, &storage::QueryLimits::default(), metrics::Registry::default()).await?;
        for fault in &opened.report.faults {
            super::progress::remark(&fault.message);
        }
        Ok(Self { open: opened.open, environment, data })
    }

    async fn take(&self, request: &Request, signal: Signal3, received_ns: i64, rows: Arc<Rows>) -> Result<Result<Outcome, Later>, Bad> {
        let context = DecodeContext {
            received_ns,
            dataset_header: request.dataset.as_deref(),
            is_classic: request.dataset.is_some(),
            ..DecodeContext::default()
        };
        let submission = Submission {
            environment: self.environment,
            received_ns,
            meta: context.record_meta(signal, Encoding::Json),
            codec: Codec::Identity,
            body_hash: sink::body_hash(&request.body),
            body: request.body.clone(),
            rows,
        };
        let store = &self.open.store;
        let appended = match store.admit(request.body.len()) {
            Ok(()) => store.append(submission).await,
            Err(error) => Err(error),
        };
        match appended {
            Ok(appended) => Ok(Ok(Outcome { is_repeated: appended == Appended::Duplicate })),
            Err(error @ SinkError::Busy { .. }) => Ok(Err(Later { why: error.to_string(), after: None })),
            Err(error) if error.kind() == ErrorKind::Unavailable => Err(stop(request, error.to_string())),
            Err(error) => Err(refused(request, error.to_string())),
        }
    }
}
