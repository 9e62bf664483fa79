//! Fills the store of a data directory with small segments and no re-delivery window, so that within one short run the log is
//! flushed, freed and recycled many times. Run under `strace` by the tests of durability, which also have it plant bugs: the
//! tests must see them.

use anyhow::{Context, Result, ensure};
use glasshive_base::metrics;
use glasshive_hive_gen::{Generator, Profile, Signal};
use glasshive_model::sink::body_hash;
use glasshive_model::{Codec, Decoder, EnvironmentId, EventSink, RecordMeta, Submission};
use glasshive_receive_otlp::decode::OtlpDecoder;
use glasshive_store::world::{DataDirOptions, open_data_dir};
use glasshive_store::{PlantedBug, Store, StoreConfig};
use glasshive_test_product::directory;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const SPANS: u64 = 12_000;
/// A segment takes a request or two.
const SEGMENT_BYTES: u64 = 256 << 10;
/// The one that is written to, and one that still holds the end of the last request.
const SEGMENTS_IN_USE: usize = 2;
/// Only bounds how long a broken store is waited for.
const MAX_LOOKS: u32 = 24_000;
/// Format numbers of `docs/formats/log.md`.
const TRACES_PROTOBUF: u16 = 1;
const LOGS_PROTOBUF: u16 = 3;

fn main() -> Result<()> {
    let directory = std::env::args_os().nth(1).context("usage: fill-store DIRECTORY [BUG]")?;
    let bug = std::env::args().nth(2).map(|name| named(&name)).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(fill(Path::new(&directory), bug))
}

fn named(name: &str) -> Result<PlantedBug> {
    PlantedBug::ALL.iter().copied().find(|bug| format!("{bug:?}") == name).with_context(|| format!("no bug `{name}` can be planted"))
}

async fn fill(path: &Path, bug: Option<PlantedBug>) -> Result<()> {
    let options = DataDirOptions { version: "0.0.0".to_owned(), allow_network_fs: true, ..DataDirOptions::default() };
    let data = open_data_dir(path, &options).await?;
    let config = StoreConfig {
        segment_bytes: SEGMENT_BYTES,
        redelivery_window: Duration::ZERO,
        log_max_bytes: SEGMENT_BYTES,
        reserve_bytes: 1 << 20,
        flush_rows: 3_000,
        planted: bug,
        ..StoreConfig::default()
    };
    let decoder = Arc::new(OtlpDecoder);
    let (store, _) = Store::open(config, data.world.clone(), decoder.clone(), metrics::Registry::default()).await?;
    let received_ns = data.world.clock.wall_ns();
    for body in Generator::new(Profile::Wide, 3, SPANS, received_ns) {
        let format = match body.signal {
            Signal::Traces => TRACES_PROTOBUF,
            Signal::Logs => LOGS_PROTOBUF,
        };
        let meta = RecordMeta { format, ..RecordMeta::default() };
        let rows = decoder.decode(&meta, received_ns, &body.bytes).map_err(anyhow::Error::msg)?;
        let environment = EnvironmentId::LOCAL;
        let body_hash = body_hash(&body.bytes);
        let (codec, body, rows) = (Codec::Identity, body.bytes, Arc::new(rows));
        store.append(Submission { environment, received_ns, meta, codec, body, body_hash, rows }).await?;
    }
    store.flush().await?;
    // Segments are freed in the background.
    let mut looks = 0;
    while directory::files(&path.join("log"), ".seg")?.len() > SEGMENTS_IN_USE {
        looks += 1;
        ensure!(looks < MAX_LOOKS, "the log is not freed");
        data.world.clock.sleep(Duration::from_millis(5)).await;
    }
    store.shutdown().await;
    data.close_catalog().await;
    Ok(())
}
