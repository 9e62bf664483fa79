//! A store in a directory of its own, filled with events that tests write down or draw.

use crate::distant::Distant;
use glasshive_base::{Clock, metrics};
use glasshive_model::rows::{Level, Stamp};
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_model::sink::{RecordMeta, body_hash};
use glasshive_model::{
    Annotation, Appended, Cell, Codec, Decoder, EnvironmentId, EventSink, Rows, RowsBuilder, Signal, Source, SpanId, Submission, SystemRow,
    TraceId,
};
use glasshive_query_engine::{Cancel, Engine, EngineConfig};
use glasshive_query_plan::{Answer, Plan, TimeRange, Wants, text};
use glasshive_store::world::{DataDir, DataDirOptions, Places, World, open_data_dir};
use glasshive_store::{MergeConfig, Store, StoreConfig};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// 2026-01-01T00:00:00Z.
pub const START_NS: i64 = 1_767_225_600_000_000_000;
pub const SECOND_NS: i64 = 1_000_000_000;
pub const LOCAL: EnvironmentId = EnvironmentId::LOCAL;

/// An event that says only what is not usual: members `t` (ns after [`START_NS`]), `dataset`, `signal`, `duration`, `trace`,
/// `span`, `parent`, `annotation`, `name`, `kind`, `status`, `weight`, `source`, `raw` (its document), and its fields in `f`, resource fields in `r`, scope
/// fields in `s`.
pub type Event = Json;

pub fn event(second: i64, fields: Json) -> Event {
    json!({"t": second * SECOND_NS, "f": fields})
}

/// Decodes the events of a request, which is JSON.
struct EventsDecoder;

impl Decoder for EventsDecoder {
    fn decode(&self, _: &RecordMeta, _: i64, body: &[u8]) -> Result<Rows, String> {
        let events: Vec<Event> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        Ok(rows(&events))
    }
}

fn rows(events: &[Event]) -> Rows {
    let mut builder = RowsBuilder::new();
    for event in events {
        let fields = |name: &str| event[name].as_object().cloned().unwrap_or_default();
        for (level, name) in [(Level::Resource, "r"), (Level::Scope, "s")] {
            for (key, value) in fields(name) {
                let key = builder.key(&key);
                let cell = cell(&mut builder, &value);
                builder.open(level, key, cell);
            }
        }
        let small = |name: &str| event[name].as_i64().map(|number| number as i8);
        let name = event["name"].as_str().map(|name| builder.text(name));
        let row = SystemRow {
            time_ns: START_NS + event["t"].as_i64().unwrap_or(0),
            duration_ns: event["duration"].as_i64(),
            trace_id: event["trace"].as_str().map(TraceId::from_text),
            span_id: event["span"].as_str().map(SpanId::from_text),
            parent_id: event["parent"].as_str().map(SpanId::from_text),
            dataset: builder.dataset(event["dataset"].as_str().unwrap_or("shop")),
            signal: small("signal").and_then(Signal::from_number).unwrap_or(Signal::Trace),
            source: event["source"].as_str().and_then(Source::from_word).unwrap_or(Source::Otlp),
            annotation: small("annotation").and_then(Annotation::from_number).unwrap_or(Annotation::None),
            name,
            kind: small("kind"),
            status: small("status"),
            sample_rate: event["weight"].as_f64().unwrap_or(1.0),
        };
        builder.start_row(&row);
        for (key, value) in fields("f") {
            let key = builder.key(&key);
            let cell = cell(&mut builder, &value);
            builder.set(key, cell);
        }
        if let Some(raw) = event["raw"].as_str() {
            builder.keep_raw(raw.to_owned().into());
        }
        builder.finish_row();
        builder.close(Level::Resource);
    }
    builder.finish()
}

fn cell(builder: &mut RowsBuilder, value: &Json) -> Cell {
    match value {
        Json::Null => Cell::Null,
        Json::Bool(truth) => Cell::Bool(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Cell::Int(number),
            None => Cell::Float(number.as_f64().unwrap()),
        },
        Json::String(text) if text == "inf" => Cell::Float(f64::INFINITY),
        Json::String(text) => Cell::Str(builder.text(text)),
        nested => Cell::Json(builder.text(&nested.to_string())),
    }
}

/// A store, an engine over it, and all its rows as they are shown.
pub struct Hive {
    pub store: Arc<Store>,
    pub engine: Engine,
    pub rows: Vec<ShownRow>,
    config: StoreConfig,
    engine_config: EngineConfig,
    places: Places,
    data: DataDir,
    directory: tempfile::TempDir,
    /// Data files that are not read yet cannot be had while it holds `true`.
    pub is_away: Arc<AtomicBool>,
}

/// Small, so that few rows make several chunks, files and row groups.
pub fn small_store() -> StoreConfig {
    StoreConfig {
        segment_bytes: 1 << 20,
        reserve_bytes: 0,
        own_file_rows: 100,
        row_group_rows: 64,
        seal_rows: 50,
        // Files stay those that a test has flushed.
        merge: MergeConfig { enabled: false, ..MergeConfig::default() },
        ..StoreConfig::default()
    }
}

pub fn two_threads() -> EngineConfig {
    EngineConfig { threads: 2, ..EngineConfig::default() }
}

type Opened = (DataDir, Arc<Store>, Engine, Arc<AtomicBool>);

async fn open(directory: &Path, config: &StoreConfig, engine: &EngineConfig, places: &Places) -> Opened {
    let options =
        DataDirOptions { version: "0.0.0".to_owned(), allow_network_fs: true, places: places.clone(), ..DataDirOptions::default() };
    let data = open_data_dir(directory, &options).await.unwrap();
    let metrics = metrics::Registry::default();
    let is_away = Arc::new(AtomicBool::new(false));
    let world = World { disk: Arc::new(Distant { below: data.world.disk.clone(), is_away: is_away.clone() }), ..data.world.clone() };
    let (store, _) = Store::open(config.clone(), world, Arc::new(EventsDecoder), metrics.clone()).await.unwrap();
    let engine = Engine::new(store.clone(), engine.clone(), data.world.clock.clone(), metrics).unwrap();
    (data, store, engine, is_away)
}

impl Hive {
    pub async fn new() -> Self {
        Self::with(small_store(), two_threads()).await
    }

    pub async fn with(config: StoreConfig, engine_config: EngineConfig) -> Self {
        Self::in_places(config, engine_config, Places::default()).await
    }

    /// With the catalog or the data files elsewhere.
    pub async fn in_places(config: StoreConfig, engine_config: EngineConfig, places: Places) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data");
        let (data, store, engine, is_away) = open(&path, &config, &engine_config, &places).await;
        Self { store, engine, rows: Vec::new(), config, engine_config, places, data, directory, is_away }
    }

    /// The system's clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.data.world.clock.clone()
    }

    /// Where the store is.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Another engine over the same store.
    pub fn engine_with(&self, config: EngineConfig, clock: Arc<dyn Clock>) -> Engine {
        Engine::new(self.store.clone(), config, clock, metrics::Registry::default()).unwrap()
    }

    /// Sends one request.
    pub async fn send(&mut self, events: &[Event]) {
        static REQUESTS: AtomicU64 = AtomicU64::new(0);
        // A space more in each body keeps equal requests from being taken for one.
        let count = REQUESTS.fetch_add(1, Ordering::Relaxed) as usize;
        let body = format!("{}{}", " ".repeat(count), serde_json::to_string(events).unwrap());
        let rows = Arc::new(rows(events));
        let received_ns = START_NS + 86_400 * SECOND_NS;
        let submission = Submission {
            environment: LOCAL,
            received_ns,
            meta: RecordMeta::default(),
            codec: Codec::Identity,
            body_hash: body_hash(body.as_bytes()),
            body: body.into(),
            rows: rows.clone(),
        };
        let Appended::Stored { sequence } = self.store.append(submission).await.unwrap() else { panic!("a request was taken for another") };
        self.rows.extend(shown_rows(&rows.to_batch(Stamp { sequence, ingest_time_ns: received_ns })));
    }

    /// Turns bits of a data file over.
    pub fn damage_a_file(&self) {
        let snapshot = self.store.snapshot(&glasshive_store::Scope::all(LOCAL));
        let path = self.directory.path().join("data").join(&snapshot.files[0].row.path);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.iter_mut().skip(100).for_each(|byte| *byte ^= 0x10);
        std::fs::write(&path, bytes).unwrap();
    }

    /// Turns a bit of each sidecar over, so many bytes from its end.
    pub fn damage_sidecars(&self, from_end: usize) {
        for file in self.store.snapshot(&glasshive_store::Scope::all(LOCAL)).files {
            let path = self.directory.path().join("data").join(&file.row.path).with_extension("sum");
            let mut bytes = std::fs::read(&path).unwrap();
            let place = bytes.len() - from_end;
            bytes[place] ^= 0x10;
            std::fs::write(&path, bytes).unwrap();
        }
    }

    pub async fn flush(&self) {
        self.store.flush().await.unwrap();
    }

    /// Merges all files.
    pub async fn merge(&self) {
        self.store.merge_all().await.unwrap();
    }

    /// Stops everything and opens the directory again.
    pub async fn reopen(self) -> Self {
        let places = self.places.clone();
        self.reopen_after(|| places).await
    }

    /// The same, with something happening in between that says where everything is then.
    pub async fn reopen_after(self, between: impl FnOnce() -> Places) -> Self {
        let Self { store, engine, rows, config, engine_config, data, directory, .. } = self;
        drop(engine);
        store.shutdown().await;
        drop(store);
        close(data).await;
        let places = between();
        let (data, store, engine, is_away) = open(&directory.path().join("data"), &config, &engine_config, &places).await;
        Self { store, engine, rows, config, engine_config, places, data, directory, is_away }
    }

    /// Stops everything, without waiting for a flush.
    pub async fn close(self) {
        let Self { store, engine, data, .. } = self;
        drop(engine);
        store.shutdown().await;
        drop(store);
        close(data).await;
    }

    /// The answer to a question about the two hours from [`START_NS`].
    pub async fn ask(&self, question: &str) -> Answer {
        self.answer(&plan(question), Wants::ALL).await
    }

    pub async fn answer(&self, plan: &Plan, wants: Wants) -> Answer {
        self.engine.query(LOCAL, plan, wants, Cancel::default()).await.unwrap()
    }

    /// The results of a question in a line each: `group -> values`.
    pub async fn results(&self, question: &str) -> String {
        let answer = self.ask(question).await;
        let json = |value: &dyn erased::Json| value.json();
        answer.results.iter().map(|row| format!("{} -> {}\n", json(&row.group), json(&row.values))).collect()
    }
}

async fn close(data: DataDir) {
    data.close_catalog().await;
}

mod erased {
    pub trait Json {
        fn json(&self) -> String;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> String {
            serde_json::to_string(self).unwrap()
        }
    }
}

/// The two hours from [`START_NS`].
pub fn two_hours() -> TimeRange {
    TimeRange::between(START_NS, START_NS + 7_200 * SECOND_NS).unwrap()
}

/// A question about the two hours from [`START_NS`].
pub fn plan(question: &str) -> Plan {
    let mut plan = text::parse(question, START_NS + 7_200 * SECOND_NS).unwrap();
    plan.time = two_hours();
    plan
}
