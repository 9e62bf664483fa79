//! Store and engine over a data directory, with or without a server around them.

use anyhow::{Context, Result};
use glasshive_api_hive::Open;
use glasshive_base::metrics;
use glasshive_model::{Decoder, RecordMeta, Rows};
use glasshive_query_engine::{Engine, EngineConfig};
use glasshive_receive_otlp::decode::OtlpDecoder;
use glasshive_receive_xray::XrayDecoder;
use glasshive_store::world::DataDir;
use glasshive_store::{MergeConfig, OpenReport, Store, StoreConfig};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What one query may take.
#[derive(Debug, Clone)]
pub struct QueryLimits {
    /// Time; what was found by then is answered.
    pub time: Duration,
    /// Memory for its groups, bytes.
    pub memory_bytes: usize,
}

/// Store and engine, and what the start found.
pub struct Opened {
    /// Both, as the API wants them.
    pub open: Arc<Open>,
    /// What the start found.
    pub report: OpenReport,
}

/// Reads the log back, whichever door a record came through.
struct Decoders;

impl Decoder for Decoders {
    fn decode(&self, meta: &RecordMeta, received_ns: i64, body: &[u8]) -> std::result::Result<Rows, String> {
        if meta.format == glasshive_receive_xray::batch::FORMAT {
            return XrayDecoder.decode(meta, received_ns, body);
        }
        OtlpDecoder.decode(meta, received_ns, body)
    }
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), memory_bytes: 256 << 20 }
    }
}

/// The store of who reads a data directory and makes nothing of it: no file is merged, none is deleted for its age.
pub fn of_a_reader(directory: &Path) -> StoreConfig {
    let merge = MergeConfig { enabled: false, ..MergeConfig::default() };
    StoreConfig { shown_path: directory.display().to_string(), merge, ..StoreConfig::default() }
}

/// Opens the store, which reads back its log, and the engine over it.
///
/// # Errors
/// When disk or catalog refuse.
pub async fn open(data: &DataDir, config: StoreConfig, limits: &QueryLimits, metrics: metrics::Registry) -> Result<Opened> {
    let directory = config.shown_path.clone();
    let opened = Store::open(config, data.world.clone(), Arc::new(Decoders), metrics.clone()).await;
    let (store, report) = opened.with_context(|| format!("open the store in {directory}"))?;
    let config = EngineConfig { time_limit: limits.time, ..EngineConfig::with_memory(limits.memory_bytes) };
    let engine = Engine::new(store.clone(), config, data.world.clock.clone(), metrics).context("start the threads that answer queries")?;
    Ok(Opened { open: Arc::new(Open { store, engine: Arc::new(engine) }), report })
}
