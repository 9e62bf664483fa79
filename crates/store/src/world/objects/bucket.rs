//! Requests to the object store.

use super::standing::{Request, Standing};
use super::trouble::{Trouble, no_answer};
use crate::remote::Remote;
use crate::time::shown_duration;
use crate::world::open::ObjectOptions;
use crate::world::{Away, Rng};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use futures_util::future::{Either, select};
use glasshive_base::Clock;
use md5::{Digest as _, Md5};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, GetOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig,
};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Range;
use std::pin::pin;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// An upload that did not succeed for so long is given up; the caller writes the file again, the log has its rows.
const UPLOAD: Duration = Duration::from_secs(60);
/// The longest pause between two attempts of an upload; the first may be a sixty-fourth of it.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// A request that is no read, with what the client itself repeats.
const REQUEST: Duration = Duration::from_secs(60);
/// A large file has a second more for each so many bytes.
const BYTES_A_SECOND: u64 = 1 << 20;
/// The client's own limit; those here are shorter.
const ATTEMPT_MAX: Duration = Duration::from_secs(3600);
/// A read that for so long brings nothing, or nothing more, has failed. A question waits for it.
const READ: Duration = Duration::from_secs(8);
/// The next thousand names of a listing.
const LISTING_PAGE: Duration = Duration::from_secs(30);
/// How often it is told how far a listing is.
const LISTING_TOLD: Duration = Duration::from_secs(10);
/// An object store that is away is asked whether it is back after the first pause, and then after twice as long each time, up to the
/// second.
const WATCH: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
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
    standing: Standing,
}

/// What is there after an attempt.
enum Stored {
    Same,
    /// We put it there, and it is not what we sent.
    Differs,
    /// Something was there before.
    Others,
}

/// What is right below a directory of the bucket.
pub(super) struct Level {
    /// Directories, by their whole path in the bucket.
    pub directories: Vec<String>,
    /// Names of objects.
    pub names: Vec<String>,
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
        parse(prefix).map_err(|error| invalid(format!("{}: {error}", options.url)))?;
        Self::over(store, prefix, clock, rng)
    }

    /// The part of a bucket below a prefix.
    pub fn over(store: Arc<dyn ObjectStore>, prefix: &str, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> io::Result<Self> {
        let standing = Standing::new(clock.clone());
        let shared = Shared { store, prefix: prefix.to_owned(), clock, rng, took: Mutex::default(), standing };
        Ok(Self { shared: Arc::new(shared), remote: Remote::new("objects")? })
    }

    /// Where it begins.
    pub fn prefix(&self) -> &str {
        &self.shared.prefix
    }

    /// Makes an object of these bytes. When this returns the object store has them, and has been asked.
    pub async fn upload(&self, path: &str, bytes: Bytes) -> io::Result<()> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        self.remote.run(async move { shared.upload(&key, bytes).await }).await
    }

    /// Bytes of an object, asked for a second time when the answer is slow.
    pub async fn get_range(&self, path: &str, range: Range<u64>) -> io::Result<Bytes> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        self.read(async move { shared.get_hedged(&key, range).await }).await
    }

    /// A whole object.
    pub async fn get(&self, path: &str) -> io::Result<Bytes> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        self.read(async move { shared.get(&key, None).await }).await
    }

    /// Length of an object.
    pub async fn len(&self, path: &str) -> io::Result<u64> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        self.read(async move { within(READ, shared.store.head(&key)).await.map(|meta| meta.size) }).await
    }

    /// An object that need not be there and may be somebody else's, by its whole path in the bucket. What comes of it says nothing of
    /// how the object store stands to us.
    pub async fn find(&self, key: &str) -> io::Result<Option<Bytes>> {
        let (shared, key) = (self.shared.clone(), parse(key)?);
        match self.remote.run(async move { shared.get(&key, None).await }).await.map_err(|error| Trouble::of(&error)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Trouble::Absent(_)) => Ok(None),
            Err(trouble) => Err(trouble.into_error()),
        }
    }

    /// Removes an object; one that is not there is removed too.
    pub async fn delete(&self, path: &str) -> io::Result<()> {
        let (shared, key) = (self.shared.clone(), self.shared.key(path)?);
        let asked = async move {
            let result = within(REQUEST, shared.store.delete(&key)).await;
            shared.told(Request::Removal, result).await
        };
        match self.remote.run(asked).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !Away::is(&error) => Ok(()),
            other => other,
        }
    }

    /// Every object below a directory, however deep: path and length. Takes as long as it goes on.
    pub async fn list(&self, directory: &str) -> io::Result<BTreeMap<String, u64>> {
        let (shared, key) = (self.shared.clone(), self.shared.key(directory)?);
        let asked = async move {
            let listed = shared.list(&key).await;
            shared.told(Request::Listing, listed).await
        };
        self.remote.run(asked).await
    }

    /// What is right below a directory, by its whole path in the bucket; `None` where that takes too long.
    pub async fn level(&self, directory: &str, limit: Duration) -> io::Result<Option<Level>> {
        let (shared, key) = (self.shared.clone(), parse(directory)?);
        let listed = self.remote.run(async move { tokio::time::timeout(limit, shared.store.list_with_delimiter(Some(&key))).await }).await;
        let Ok(listed) = listed else { return Ok(None) };
        let listed = listed.map_err(|error| of_all(Trouble::of(&error)).into_error())?;
        Ok(Some(Level {
            directories: listed.common_prefixes.into_iter().map(String::from).collect(),
            names: listed.objects.iter().filter_map(|meta| meta.location.filename().map(str::to_owned)).collect(),
        }))
    }

    /// For how long requests have had no answer; `None` since one had.
    pub fn unreachable_for(&self) -> Option<Duration> {
        self.shared.standing.unreachable_for()
    }

    /// What is refused, in words, and for how long.
    pub fn refuses(&self) -> Option<(String, Duration)> {
        self.shared.standing.refuses()
    }

    /// Reads, unless it is known that there is no answer to be had.
    async fn read<T: Send + 'static>(&self, request: impl Future<Output = Result<T, Error>> + Send + 'static) -> io::Result<T> {
        if let Some(silence) = self.shared.standing.silence() {
            return Err(silence);
        }
        let shared = self.shared.clone();
        self.remote.run(async move { shared.told(Request::Read, request.await).await }).await
    }
}

// === impl Shared ===

impl Shared {
    /// The name as it is: were parts of it encoded, a listing would not give it back.
    fn key(&self, path: &str) -> io::Result<Path> {
        let separator = if self.prefix.is_empty() { "" } else { "/" };
        parse(&format!("{}{separator}{path}", self.prefix))
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
            let tried = self.try_upload(key, &bytes).await.map_err(|error| of_all(Trouble::of(&error)));
            self.note(Request::Upload, tried.as_ref().err());
            let cause = match tried {
                Ok(Stored::Same) => return Ok(()),
                Ok(Stored::Others) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{key} is another object"))),
                Ok(Stored::Differs) => {
                    tracing::warn!("upload of {key} differs from local file; repeated");
                    // No catalog names it yet: a file is committed after its upload.
                    match within(REQUEST, self.store.delete(key)).await {
                        Ok(()) => "what was stored is not what was sent".to_owned(),
                        Err(error) => super::trouble::words(&error),
                    }
                }
                Err(Trouble::Silent(words)) => words,
                Err(refused) => return Err(refused.into_error()),
            };
            let away = self.clock.monotonic().saturating_sub(began);
            if away >= UPLOAD {
                let away = shown_duration(away);
                return Err(Away::error(io::ErrorKind::TimedOut, format!("object store unreachable for {away}: {cause}")));
            }
            tracing::debug!(%key, cause, "upload is repeated");
            tokio::time::sleep(self.jittered(doublings)).await;
            doublings += 1;
        }
    }

    /// What came of a request, in terms of a disk. A file is missing only where the bucket answers that is still the one it was: one that
    /// was removed, and a server that is none, have no file either.
    async fn told<T>(self: &Arc<Self>, request: Request, result: Result<T, Error>) -> io::Result<T> {
        let trouble = match result.map_err(|error| Trouble::of(&error)) {
            Ok(value) => {
                self.note(request, None);
                return Ok(value);
            }
            Err(Trouble::Absent(words)) if request != Request::Listing => match self.has_node().await {
                Ok(()) => Trouble::Absent(words),
                Err(trouble) => trouble,
            },
            Err(trouble) => of_all(trouble),
        };
        self.note(request, Some(&trouble));
        Err(trouble.into_error())
    }

    async fn has_node(&self) -> Result<(), Trouble> {
        let key = self.key(super::NODE).map_err(|error| Trouble::Refused(error.to_string()))?;
        match self.get(&key, None).await.map_err(|error| Trouble::of(&error)) {
            Ok(_) => Ok(()),
            Err(Trouble::Absent(words)) => Err(Trouble::Refused(format!("its object NODE is gone ({words})"))),
            Err(trouble) => Err(trouble),
        }
    }

    /// Notes how the object store stands to us. While it does not answer, it is asked now and then, so that it is known when it is back.
    fn note(self: &Arc<Self>, request: Request, trouble: Option<&Trouble>) {
        match trouble {
            None => self.standing.granted(request),
            Some(trouble) => {
                if self.standing.failed(request, trouble) {
                    tokio::spawn(watch(Arc::downgrade(self)));
                }
            }
        }
    }

    /// An object, or a part of it, as long as something comes.
    async fn get(&self, key: &Path, range: Option<Range<u64>>) -> Result<Bytes, Error> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let found = within(READ, self.store.get_opts(key, options)).await?;
        let length = usize::try_from(found.range.end - found.range.start).unwrap_or_default();
        let mut parts = found.into_stream();
        let Some(first) = within(READ, parts.try_next()).await? else { return Ok(Bytes::new()) };
        if first.len() == length {
            return Ok(first);
        }
        let mut bytes = BytesMut::with_capacity(length);
        bytes.extend_from_slice(&first);
        while let Some(part) = within(READ, parts.try_next()).await? {
            bytes.extend_from_slice(&part);
        }
        Ok(bytes.freeze())
    }

    async fn list(&self, key: &Path) -> Result<BTreeMap<String, u64>, Error> {
        let mut objects = BTreeMap::new();
        let mut told = self.clock.monotonic();
        let mut metas = self.store.list(Some(key));
        while let Some(meta) = within(LISTING_PAGE, metas.try_next()).await? {
            objects.extend(self.path(&meta.location).map(|path| (path, meta.size)));
            let now = self.clock.monotonic();
            if now.saturating_sub(told) >= LISTING_TOLD {
                tracing::info!(objects = objects.len(), "the listing of the object store takes long and goes on");
                told = now;
            }
        }
        Ok(objects)
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
        Ok(self.get(key, None).await? == bytes)
    }

    async fn get_hedged(&self, key: &Path, range: Range<u64>) -> Result<Bytes, Error> {
        let began = self.clock.monotonic();
        let first = pin!(self.get(key, Some(range.clone())));
        let result = match select(first, pin!(tokio::time::sleep(self.hedge_after()))).await {
            Either::Left((result, _)) => result,
            Either::Right(((), first)) => match select(first, pin!(self.get(key, Some(range)))).await {
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
    tokio::time::timeout(limit, request).await.map_err(|_| no_answer(shown_duration(limit)))?
}

/// Where nothing single was asked for, what is absent is the bucket.
fn of_all(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Absent(words) => Trouble::Refused(words),
        other => other,
    }
}

/// Asks whether it answers, and grants what it refused, until it does.
async fn watch(shared: Weak<Shared>) {
    let mut pause = WATCH.0;
    loop {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(WATCH.1);
        let Some(shared) = shared.upgrade().filter(|shared| shared.standing.is_watched()) else { return };
        let read = shared.has_node().await;
        shared.note(Request::Read, read.as_ref().err());
        let Ok(key) = shared.key(super::NODE) else { return };
        // Nothing is below the name of an object.
        let listed = within(READ, shared.store.list_with_delimiter(Some(&key))).await.map_err(|error| of_all(Trouble::of(&error)));
        shared.note(Request::Listing, listed.as_ref().err());
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

fn parse(key: &str) -> io::Result<Path> {
    Path::parse(key).map_err(|error| invalid(error.to_string()))
}

fn invalid(words: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, words)
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
