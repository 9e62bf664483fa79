//! Requests to the object store.

use crate::remote::Remote;
use crate::world::Rng;
use crate::world::open::ObjectOptions;
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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// An upload that did not succeed for so long is given up; the caller writes the file again, the log has its rows.
const UPLOAD: Duration = Duration::from_secs(60);
/// The longest pause between two attempts of an upload; the first may be a sixty-fourth of it.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// A request for less than a few mebibytes, with what the client itself repeats.
const REQUEST: Duration = Duration::from_secs(60);
/// A large file has a second more for each so many bytes.
const BYTES_A_SECOND: u64 = 1 << 20;
/// The client's own limit; a listing of everything may take as long, too.
const ATTEMPT_MAX: Duration = Duration::from_secs(3600);
/// An object store that is away is asked so often whether it is back.
const WATCH: Duration = Duration::from_secs(5);
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
    /// Since when it does not answer, or answers that it cannot, on the monotonic clock.
    away: Mutex<Away>,
}

#[derive(Default)]
struct Away {
    since: Option<Duration>,
    is_watched: bool,
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
            .with_client_options(ClientOptions::new().with_timeout(ATTEMPT_MAX).with_allow_http(has_plain_endpoint));
        for (name, value) in &options.settings {
            let key = AmazonS3ConfigKey::from_str(name).map_err(|_| invalid(format!("no setting of the object store is called {name}")))?;
            builder = builder.with_config(key, value);
        }
        let store = Arc::new(builder.build().map_err(|error| invalid(error.to_string()))?);
        Path::parse(prefix).map_err(|error| invalid(format!("{}: {error}", options.url)))?;
        let shared = Shared { store, prefix: prefix.to_owned(), clock, rng, took: Mutex::default(), away: Mutex::default() };
        Ok(Self { shared: Arc::new(shared), remote: Remote::new("objects")? })
    }

    /// Makes an object of these bytes. When this returns the object store has them, and has been asked.
    pub async fn upload(&self, path: &str, bytes: Bytes) -> io::Result<()> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        self.remote.run(async move { shared.upload(&key, bytes).await }).await
    }

    /// Bytes of an object, asked for a second time when the answer is slow.
    pub async fn get_range(&self, path: &str, range: Range<u64>) -> io::Result<Bytes> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        self.ask(REQUEST, async move { shared.get_hedged(&key, range).await }).await
    }

    /// A whole object.
    pub async fn get(&self, path: &str) -> io::Result<Bytes> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        self.ask(REQUEST, async move { shared.get(&key).await }).await
    }

    /// Length of an object.
    pub async fn len(&self, path: &str) -> io::Result<u64> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        self.ask(REQUEST, async move { shared.store.head(&key).await.map(|meta| meta.size) }).await
    }

    /// Removes an object; one that is not there is removed too.
    pub async fn delete(&self, path: &str) -> io::Result<()> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        match self.ask(REQUEST, async move { shared.store.delete(&key).await }).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Every object below a directory, however deep: path and length.
    pub async fn list(&self, directory: &str) -> io::Result<BTreeMap<String, u64>> {
        let (shared, key) = (self.shared.clone(), self.shared.key(directory)?);
        let metas: Vec<ObjectMeta> = self.ask(ATTEMPT_MAX, async move { shared.store.list(Some(&key)).try_collect().await }).await?;
        let strip = |meta: ObjectMeta| Some((self.shared.path(&meta.location)?, meta.size));
        Ok(metas.into_iter().filter_map(strip).collect())
    }

    /// For how long requests have failed; `None` since one did not.
    pub fn unreachable_for(&self) -> Option<Duration> {
        let since = self.shared.away().since;
        since.map(|since| self.shared.clock.monotonic().saturating_sub(since))
    }

    /// Runs a request that may take so long, and says what went wrong in terms of a disk.
    async fn ask<T: Send + 'static>(
        &self,
        limit: Duration,
        request: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> io::Result<T> {
        let shared = self.shared.clone();
        let asked = async move {
            let result = within(limit, request).await;
            shared.note(result.as_ref().err());
            result.map_err(io_error)
        };
        self.remote.run(asked).await
    }
}

// === impl Shared ===

impl Shared {
    /// The name as it is: were parts of it encoded, a listing would not give it back.
    fn key(&self, path: &str) -> io::Result<Path> {
        let separator = if self.prefix.is_empty() { "" } else { "/" };
        Path::parse(format!("{}{separator}{path}", self.prefix)).map_err(|error| invalid(error.to_string()))
    }

    fn path(&self, key: &Path) -> Option<String> {
        let key = key.as_ref();
        match self.prefix.is_empty() {
            true => Some(key.to_owned()),
            false => Some(key.strip_prefix(&self.prefix)?.strip_prefix('/')?.to_owned()),
        }
    }

    async fn upload(self: &Arc<Self>, key: &Path, bytes: Bytes) -> io::Result<()> {
        let began = self.clock.monotonic();
        let mut doublings = 0;
        loop {
            let tried = self.try_upload(key, &bytes).await;
            self.note(tried.as_ref().err());
            let cause = match tried {
                Ok(Stored::Same) => return Ok(()),
                Ok(Stored::Others) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{key} is another object"))),
                Ok(Stored::Differs) => {
                    tracing::warn!("upload of {key} differs from local file; repeated");
                    // No catalog names it yet: a file is committed after its upload.
                    match within(REQUEST, self.store.delete(key)).await {
                        Ok(()) => "what was stored is not what was sent".to_owned(),
                        Err(error) => words(&error),
                    }
                }
                Err(error) => words(&error),
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

    /// Notes whether the object store answers. While it does not, it is asked now and then, so that it is known when it is back.
    fn note(self: &Arc<Self>, error: Option<&Error>) {
        let error = error.filter(|error| !matches!(error, Error::NotFound { .. } | Error::AlreadyExists { .. }));
        let mut away = self.away();
        match (error, away.since) {
            (Some(error), None) => {
                tracing::warn!(error = words(error), "object store unreachable");
                away.since = Some(self.clock.monotonic());
                if !std::mem::replace(&mut away.is_watched, true) {
                    tokio::spawn(watch(Arc::downgrade(self)));
                }
            }
            (None, Some(since)) => {
                let away_for = crate::time::shown_duration(self.clock.monotonic().saturating_sub(since));
                tracing::info!("object store answers again after {away_for}");
                away.since = None;
            }
            _ => {}
        }
    }

    fn away(&self) -> MutexGuard<'_, Away> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn get(&self, key: &Path) -> Result<Bytes, Error> {
        self.store.get(key).await?.bytes().await
    }

    /// One attempt.
    async fn try_upload(&self, key: &Path, bytes: &Bytes) -> Result<Stored, Error> {
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let limit = REQUEST + Duration::from_secs(bytes.len() as u64 / BYTES_A_SECOND);
        let is_ours = match within(limit, self.store.put_opts(key, PutPayload::from_bytes(bytes.clone()), create)).await {
            Ok(_) => true,
            // An attempt whose answer was lost, or somebody else's.
            Err(Error::AlreadyExists { .. }) => false,
            Err(error) => return Err(error),
        };
        match within(limit, self.is_stored(key, bytes)).await? {
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
        Ok(self.get(key).await? == bytes)
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

/// A request, and an error when it takes longer than it may.
async fn within<T>(limit: Duration, request: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let slow = |_| Error::Generic { store: "S3", source: format!("no answer within {}", crate::time::shown_duration(limit)).into() };
    tokio::time::timeout(limit, request).await.map_err(slow)?
}

/// Asks whether it answers until it does.
async fn watch(shared: Weak<Shared>) {
    loop {
        tokio::time::sleep(WATCH).await;
        let Some(shared) = shared.upgrade() else { return };
        let is_back = {
            let mut away = shared.away();
            away.is_watched = away.since.is_some();
            !away.is_watched
        };
        if is_back {
            return;
        }
        let Ok(key) = shared.key(super::NODE) else { return };
        shared.note(within(REQUEST, shared.store.head(&key)).await.as_ref().err());
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
    io::Error::new(kind, words(&error))
}

/// What went wrong in one line: an answer's code and message without the document around them, and what lies below it all.
fn words(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    let (text, cause) = (error.to_string(), cause.to_string());
    if let Some((request, document)) = text.split_once(": <") {
        let tag = |name: &str| Some(document.split_once(&format!("<{name}>"))?.1.split_once("</")?.0);
        let told: Vec<&str> = [Some(request), tag("Code"), tag("Message")].into_iter().flatten().collect();
        return told.join(": ");
    }
    match text.contains(&cause) {
        true => text,
        false => format!("{text}: {cause}"),
    }
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

    #[test]
    fn what_went_wrong_is_told_in_a_line() {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| words(&Error::Generic { store: "S3", source });
        let answer =
            "403 Forbidden: <?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Not yours</Message><Key>a</Key></Error>";
        assert_eq!(failed(answer.into()), "Generic S3 error: 403 Forbidden: AccessDenied: Not yours");
        assert_eq!(failed("502 Bad Gateway: <html>".into()), "Generic S3 error: 502 Bad Gateway");
        assert_eq!(failed("refused".into()), "Generic S3 error: refused");
    }
}
