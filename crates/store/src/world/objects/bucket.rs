//! Requests to the object store.

use super::ObjectOptions;
use crate::remote::Remote;
use crate::world::Rng;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::future::{Either, select};
use glasshive_base::Clock;
use md5::{Digest as _, Md5};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig,
};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Range;
use std::pin::pin;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An upload that did not succeed for so long is given up; the caller writes the file again, the log has its rows.
const UPLOAD: Duration = Duration::from_secs(60);
/// The longest pause between two attempts of an upload; the first may be a sixty-fourth of it.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// A single request, with what the client itself repeats.
const REQUEST: Duration = Duration::from_secs(60);
/// A second request for a range is sent after this, until enough was measured.
const HEDGE_FIRST: Duration = Duration::from_millis(300);
const HEDGE_MIN: Duration = Duration::from_millis(20);
/// Answers that are remembered to know the slowest tenth.
const MEASURED: usize = 64;

/// One bucket, or a part of one.
pub(super) struct Bucket {
    shared: Arc<Shared>,
    remote: Remote,
}

struct Shared {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    /// How long the last answers took.
    took: Mutex<VecDeque<Duration>>,
}

/// What is there after an attempt.
enum Stored {
    Same,
    /// We put it there, and it is not what we sent.
    Differs,
    /// Something was there before.
    Others,
}

// === impl Bucket ===

impl Bucket {
    pub fn new(options: &ObjectOptions, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> io::Result<Self> {
        let (bucket, prefix) = parse_url(&options.url)?;
        let retry = RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(2), base: 2.0 },
            max_retries: 2,
            retry_timeout: Duration::from_secs(20),
        };
        let has_plain_endpoint = options.settings.iter().any(|(name, value)| name.ends_with("endpoint") && value.starts_with("http://"));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_retry(retry)
            .with_client_options(ClientOptions::new().with_timeout(REQUEST).with_allow_http(has_plain_endpoint));
        for (name, value) in &options.settings {
            let key = AmazonS3ConfigKey::from_str(name).map_err(|_| invalid(format!("no setting of the object store is called {name}")))?;
            builder = builder.with_config(key, value);
        }
        let store = Arc::new(builder.build().map_err(|error| invalid(error.to_string()))?);
        let shared = Shared { store, prefix: prefix.to_owned(), clock, rng, took: Mutex::default() };
        Ok(Self { shared: Arc::new(shared), remote: Remote::new("objects")? })
    }

    /// Makes an object of these bytes. When this returns the object store has them, and has been asked.
    pub async fn upload(&self, path: &str, bytes: Bytes) -> io::Result<()> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path));
        self.remote.run(async move { shared.upload(&key, bytes).await }).await
    }

    /// Bytes of an object, asked for a second time when the answer is slow.
    pub async fn get_range(&self, path: &str, range: Range<u64>) -> io::Result<Bytes> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path));
        self.remote.run(async move { shared.get_hedged(&key, range).await.map_err(io_error) }).await
    }

    /// A whole object.
    pub async fn get(&self, path: &str) -> io::Result<Bytes> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path));
        let get = async move { shared.store.get(&key).await?.bytes().await };
        self.remote.run(async move { get.await.map_err(io_error) }).await
    }

    /// Length of an object.
    pub async fn len(&self, path: &str) -> io::Result<u64> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path));
        self.remote.run(async move { shared.store.head(&key).await.map(|meta| meta.size).map_err(io_error) }).await
    }

    /// Removes an object; one that is not there is removed too.
    pub async fn delete(&self, path: &str) -> io::Result<()> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path));
        let deleted = self.remote.run(async move { shared.store.delete(&key).await.map_err(io_error) }).await;
        match deleted {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Every object below a directory, however deep: path and length.
    pub async fn list(&self, directory: &str) -> io::Result<BTreeMap<String, u64>> {
        let (shared, key) = (self.shared.clone(), self.shared.key(directory));
        let metas: Vec<ObjectMeta> =
            self.remote.run(async move { shared.store.list(Some(&key)).try_collect().await.map_err(io_error) }).await?;
        let strip = |meta: ObjectMeta| Some((self.shared.path(&meta.location)?, meta.size));
        Ok(metas.into_iter().filter_map(strip).collect())
    }
}

// === impl Shared ===

impl Shared {
    fn key(&self, path: &str) -> Path {
        match self.prefix.is_empty() {
            true => Path::from(path),
            false => Path::from(format!("{}/{path}", self.prefix)),
        }
    }

    fn path(&self, key: &Path) -> Option<String> {
        let key = key.as_ref();
        match self.prefix.is_empty() {
            true => Some(key.to_owned()),
            false => Some(key.strip_prefix(&self.prefix)?.strip_prefix('/')?.to_owned()),
        }
    }

    async fn upload(&self, key: &Path, bytes: Bytes) -> io::Result<()> {
        let began = self.clock.monotonic();
        let mut doublings = 0;
        loop {
            let cause = match self.try_upload(key, &bytes).await {
                Ok(Stored::Same) => return Ok(()),
                Ok(Stored::Others) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{key} is another object"))),
                Ok(Stored::Differs) => {
                    tracing::warn!("upload of {key} differs from local file; repeated");
                    // No catalog names it yet: a file is committed after its upload.
                    match self.store.delete(key).await {
                        Ok(()) => "what was stored is not what was sent".to_owned(),
                        Err(error) => error.to_string(),
                    }
                }
                Err(error) => error.to_string(),
            };
            let away = self.clock.monotonic().saturating_sub(began);
            if away >= UPLOAD {
                let away = crate::time::shown_duration(away);
                return Err(io::Error::new(io::ErrorKind::TimedOut, format!("object store unreachable for {away}: {cause}")));
            }
            tracing::debug!(%key, cause, "upload is repeated");
            tokio::time::sleep(self.jittered(doublings)).await;
            doublings += 1;
        }
    }

    /// One attempt.
    async fn try_upload(&self, key: &Path, bytes: &Bytes) -> Result<Stored, Error> {
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let is_ours = match self.store.put_opts(key, PutPayload::from_bytes(bytes.clone()), create).await {
            Ok(_) => true,
            // An attempt whose answer was lost, or somebody else's.
            Err(Error::AlreadyExists { .. }) => false,
            Err(error) => return Err(error),
        };
        match self.is_stored(key, bytes).await? {
            true => Ok(Stored::Same),
            false if is_ours => Ok(Stored::Differs),
            false => Ok(Stored::Others),
        }
    }

    /// Whether the object is these bytes, as far as the object store says; read back where it says too little.
    async fn is_stored(&self, key: &Path, bytes: &Bytes) -> Result<bool, Error> {
        let stored = match self.store.head(key).await {
            Err(Error::NotFound { .. }) => return Ok(false),
            other => other?,
        };
        if stored.size != bytes.len() as u64 {
            return Ok(false);
        }
        let etag = stored.e_tag.unwrap_or_default().trim_matches('"').to_ascii_lowercase();
        let is_md5 = etag.len() == 32 && etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_md5 && etag == hex(&Md5::digest(bytes)) {
            return Ok(true);
        }
        // An object that is encrypted with a key of its owner's has another tag.
        Ok(self.store.get(key).await?.bytes().await? == bytes)
    }

    async fn get_hedged(&self, key: &Path, range: Range<u64>) -> Result<Bytes, Error> {
        let began = self.clock.monotonic();
        let first = pin!(self.store.get_range(key, range.clone()));
        let result = match select(first, pin!(tokio::time::sleep(self.hedge_after()))).await {
            Either::Left((result, _)) => result,
            Either::Right(((), first)) => match select(first, pin!(self.store.get_range(key, range))).await {
                Either::Left((Err(_), second)) => second.await,
                Either::Right((Err(_), first)) => first.await,
                Either::Left((found, _)) | Either::Right((found, _)) => found,
            },
        };
        if result.is_ok() {
            let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
            if took.len() == MEASURED {
                took.pop_front();
            }
            took.push_back(self.clock.monotonic().saturating_sub(began));
        }
        result
    }

    /// What nine in ten answers take at most.
    fn hedge_after(&self) -> Duration {
        let took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        if took.len() < MEASURED / 4 {
            return HEDGE_FIRST;
        }
        let mut sorted: Vec<Duration> = took.iter().copied().collect();
        sorted.sort_unstable();
        sorted[sorted.len() * 9 / 10].max(HEDGE_MIN)
    }

    /// A pause of any length up to a limit that doubles, so that many nodes do not come back together.
    fn jittered(&self, doublings: u32) -> Duration {
        let limit = (PAUSE_MAX / 64).saturating_mul(1 << doublings.min(6));
        limit.mul_f64((self.rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64)
    }
}

/// Bucket and prefix of `s3://bucket/prefix`.
fn parse_url(url: &str) -> io::Result<(&str, &str)> {
    let rest = url.strip_prefix("s3://").ok_or_else(|| invalid(format!("{url} is not of the form s3://bucket/prefix")))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    match bucket.is_empty() {
        true => Err(invalid(format!("{url} names no bucket"))),
        false => Ok((bucket, prefix.trim_matches('/'))),
    }
}

fn invalid(words: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, words)
}

fn io_error(error: Error) -> io::Error {
    let kind = match &error {
        Error::NotFound { .. } => io::ErrorKind::NotFound,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error.to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        assert_eq!(parse_url("s3://hive/a/b/").unwrap(), ("hive", "a/b"));
        assert_eq!(parse_url("s3://hive").unwrap(), ("hive", ""));
        for wrong in ["s3:///a", "https://hive/a", "hive"] {
            assert_eq!(parse_url(wrong).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{wrong}");
        }
    }
}
