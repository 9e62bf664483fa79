//! Fills the store of a data directory whose disk panics in the hands of one background task, and says what was acknowledged. Run
//! by the tests of panics: the task of the log or of the catalog takes the process with it, any other is started again until it
//! has failed too often.

use anyhow::{Context, Result, ensure};
use glasshive_base::{BoxFuture, metrics};
use glasshive_hive_gen::{Generator, Profile, Signal};
use glasshive_model::sink::body_hash;
use glasshive_model::{Codec, Decoder, EnvironmentId, EventSink, RecordMeta, Submission};
use glasshive_receive_otlp::decode::OtlpDecoder;
use glasshive_store::world::{DataDirOptions, Disk, DiskEntry, DiskFile, open_data_dir};
use glasshive_store::{Store, StoreConfig};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SPANS: u64 = 12_000;
/// Only bounds how long a broken store is waited for.
const MAX_LOOKS: u32 = 24_000;
/// Format numbers of `docs/formats/log.md`.
const TRACES_PROTOBUF: u16 = 1;
const LOGS_PROTOBUF: u16 = 3;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: panic-store DIRECTORY TASK CALLS";
    let (directory, task) = (arguments.next().context(usage)?, arguments.next().context(usage)?);
    let calls = arguments.next().context(usage)?.parse().context(usage)?;
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(fill(Path::new(&directory), &task, calls))
}

async fn fill(path: &Path, task: &str, calls: usize) -> Result<()> {
    let options = DataDirOptions { version: "0.0.0".to_owned(), allow_network_fs: true, ..DataDirOptions::default() };
    let data = open_data_dir(path, &options).await?;
    let mut world = data.world.clone();
    let fuse = Arc::new(Fuse { task: task.to_owned(), calls: AtomicUsize::new(calls) });
    world.disk = Arc::new(PanickingDisk { below: world.disk, fuse });
    let config = StoreConfig { segment_bytes: 1 << 20, reserve_bytes: 0, flush_rows: 3_000, ..StoreConfig::default() };
    let decoder = Arc::new(OtlpDecoder);
    let (store, _) = Store::open(config, world, decoder.clone(), metrics::Registry::default()).await?;
    let received_ns = data.world.clock.wall_ns();
    for body in Generator::new(Profile::Wide, 5, SPANS, received_ns) {
        let format = match body.signal {
            Signal::Traces => TRACES_PROTOBUF,
            Signal::Logs => LOGS_PROTOBUF,
        };
        let meta = RecordMeta { format, ..RecordMeta::default() };
        let rows = decoder.decode(&meta, received_ns, &body.bytes).map_err(anyhow::Error::msg)?;
        let (environment, body_hash, count) = (EnvironmentId::LOCAL, body_hash(&body.bytes), rows.len());
        let (codec, body, rows) = (Codec::Identity, body.bytes, Arc::new(rows));
        say(&format!("sending {count}"))?;
        store.append(Submission { environment, received_ns, meta, codec, body, body_hash, rows }).await?;
        say(&format!("acknowledged {count}"))?;
    }
    let mut looks = 0;
    let failing = loop {
        if let Some(failing) = data.spawner.failing().first() {
            break failing.to_string();
        }
        looks += 1;
        ensure!(looks < MAX_LOOKS, "no task failed often enough");
        data.world.clock.sleep(Duration::from_millis(5)).await;
    };
    say(&format!("not ready: {failing}"))?;
    store.shutdown().await;
    data.close_catalog().await;
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("write to standard output")
}

/// Lets a task do so many calls and panics at every further one.
struct Fuse {
    task: String,
    calls: AtomicUsize,
}

impl Fuse {
    fn burn(&self) {
        if std::thread::current().name() == Some(&self.task) {
            let left = self.calls.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |calls| calls.checked_sub(1));
            assert!(left.is_ok(), "the disk fell over");
        }
    }
}

struct PanickingDisk {
    below: Arc<dyn Disk>,
    fuse: Arc<Fuse>,
}

struct PanickingFile {
    below: Arc<dyn DiskFile>,
    fuse: Arc<Fuse>,
}

impl PanickingDisk {
    async fn wrap(&self, opened: BoxFuture<'_, io::Result<Arc<dyn DiskFile>>>) -> io::Result<Arc<dyn DiskFile>> {
        let below = opened.await?;
        Ok(Arc::new(PanickingFile { below, fuse: self.fuse.clone() }))
    }
}

impl Disk for PanickingDisk {
    fn create_new<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        self.fuse.burn();
        Box::pin(self.wrap(self.below.create_new(path)))
    }

    fn open<'a>(&'a self, path: &'a str, write: bool) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(self.wrap(self.below.open(path, write)))
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.fuse.burn();
        self.below.rename(from, to)
    }

    fn remove<'a>(&'a self, path: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.below.remove(path)
    }

    fn list<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<Vec<DiskEntry>>> {
        self.below.list(directory)
    }

    fn create_dir_all<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.below.create_dir_all(directory)
    }

    fn sync_dir<'a>(&'a self, directory: &'a str) -> BoxFuture<'a, io::Result<()>> {
        self.below.sync_dir(directory)
    }

    fn free_bytes(&self) -> BoxFuture<'_, io::Result<u64>> {
        self.below.free_bytes()
    }
}

impl DiskFile for PanickingFile {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<bytes::Bytes>> {
        self.below.read_at(offset, len)
    }

    fn write_at(&self, offset: u64, parts: Vec<bytes::Bytes>) -> BoxFuture<'_, io::Result<()>> {
        self.fuse.burn();
        self.below.write_at(offset, parts)
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        self.fuse.burn();
        self.below.sync()
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        self.below.len()
    }
}
