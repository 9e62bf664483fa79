//! From generated requests to the ranking: what was planted in hive-gen's traffic stands out in a heatmap of durations, and a box
//! round it is told by its causes, also where there is little traffic.
#![allow(clippy::unwrap_used)]

use glasshive_base::metrics;
use glasshive_feature_bubbleup::{BinKind, Ranking, rank};
use glasshive_hive_gen::{Body, Generator, LiveStream, PlantedCause, Profile, Signal};
use glasshive_model::sink::body_hash;
use glasshive_model::{Codec, Decoder, EnvironmentId, EventSink, RecordMeta, Submission};
use glasshive_query_engine::{Cancel, Engine, EngineConfig, Selection, SelectionPart};
use glasshive_query_plan::heatmap::HeatmapRows;
use glasshive_query_plan::{Answer, Column, GroupValue, Measure, Plan, TimeRange, Wants, Window, text};
use glasshive_receive_otlp::decode::OtlpDecoder;
use glasshive_store::world::{DataDir, DataDirOptions, open_data_dir};
use glasshive_store::{Store, StoreConfig};
use std::sync::Arc;
use std::time::Duration;

/// 2026-01-01T00:00:00Z.
const START_NS: i64 = 1_767_225_600_000_000_000;
const MINUTE_NS: i64 = 60_000_000_000;
const PERIOD_NS: i64 = 10 * MINUTE_NS;
const DAY_NS: i64 = 24 * 60 * MINUTE_NS;
const LOCAL: EnvironmentId = EnvironmentId::LOCAL;
/// Where the band of slow spans begins.
const SLOW_MS: f64 = 500.0;
/// Format numbers of `docs/formats/log.md`.
const TRACES_PROTOBUF: u16 = 1;
const LOGS_PROTOBUF: u16 = 3;

/// A store with what the generator made, and an engine over it.
struct Hive {
    store: Arc<Store>,
    engine: Engine,
    data: DataDir,
    _directory: tempfile::TempDir,
}

impl Hive {
    async fn of(bodies: impl IntoIterator<Item = Body>, received_ns: i64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = DataDirOptions { version: "0.0.0".to_owned(), allow_network_fs: true, ..DataDirOptions::default() };
        let data = open_data_dir(&directory.path().join("data"), &options).await.unwrap();
        let metrics = metrics::Registry::default();
        let config = StoreConfig { reserve_bytes: 0, ..StoreConfig::default() };
        let (store, _) = Store::open(config, data.world.clone(), Arc::new(OtlpDecoder), metrics.clone()).await.unwrap();
        for Body { signal, bytes, .. } in bodies {
            let format = if signal == Signal::Traces { TRACES_PROTOBUF } else { LOGS_PROTOBUF };
            let meta = RecordMeta { format, ..RecordMeta::default() };
            let rows = Arc::new(OtlpDecoder.decode(&meta, received_ns, &bytes).unwrap());
            let (environment, codec, body_hash) = (LOCAL, Codec::Identity, body_hash(&bytes));
            store.append(Submission { environment, received_ns, meta, codec, body: bytes, body_hash, rows }).await.unwrap();
        }
        store.flush().await.unwrap();
        // Whatever else the machine does.
        let config = EngineConfig { threads: 2, time_limit: Duration::from_secs(600), ..EngineConfig::default() };
        let engine = Engine::new(store.clone(), config, data.world.clock.clone(), metrics).unwrap();
        Self { store, engine, data, _directory: directory }
    }

    async fn close(self) {
        let Self { store, engine, data, .. } = self;
        drop(engine);
        store.shutdown().await;
        drop(store);
        data.close_catalog().await;
    }

    /// What a box over the slow spans of a while says.
    async fn compared(&self, plan: &Plan, window: Window) -> Ranking {
        let column = Column::named("duration_ms");
        let selection = Selection { window, parts: vec![SelectionPart::Range { column, low: SLOW_MS, high: f64::INFINITY }] };
        let comparison = self.engine.compare(LOCAL, plan, &selection, None, Cancel::default()).await.unwrap();
        assert_eq!((comparison.notes.len(), comparison.is_cut), (0, false), "{:?}", comparison.notes);
        rank(&comparison, &["duration_ms".to_owned()])
    }
}

fn heatmap(window: Window) -> Plan {
    let plan = text::parse("HEATMAP(duration_ms)", window.end_ns).unwrap();
    Plan { time: TimeRange::between(window.start_ns, window.end_ns).unwrap(), ..plan }
}

fn rows(answer: &Answer) -> &HeatmapRows {
    answer.heatmaps[0].as_ref().unwrap()
}

/// Shares of spans that are slow: of those in steps that begin within a window, and of all others.
fn slow_shares(answer: &Answer, window: Window) -> [f64; 2] {
    let mut sums = [(0.0, 0.0); 2];
    for row in &answer.series {
        let Measure::Heatmap(counts) = &row.values[0] else { panic!("{row:?}") };
        let (slow, all) = &mut sums[usize::from(!window.contains(answer.grid.part(row.step).start_ns))];
        let is_slow = |(edge, _): &(&f64, &f64)| **edge >= SLOW_MS;
        *slow += counts.over + rows(answer).edges.iter().zip(&counts.counts).filter(is_slow).map(|(_, count)| count).sum::<f64>();
        *all += counts.total();
    }
    sums.map(|(slow, all)| slow / all)
}

/// Three columns come first, those that were planted, each by itself, and the values that decide are the cause's.
fn check(ranking: &Ranking, cause: &PlantedCause, what: &str) {
    let planted = [("app.build_id", cause.build), ("app.flag", cause.flag), ("app.region", cause.region)];
    let leading: Vec<(&str, f64, f64)> =
        ranking.panels.iter().take(8).map(|panel| (panel.name.as_str(), panel.effect, panel.noise)).collect();
    let mut first: Vec<_> = ranking.panels.iter().take(planted.len()).collect();
    first.sort_by_key(|panel| &panel.name);
    let names: Vec<&str> = first.iter().map(|panel| panel.name.as_str()).collect();
    assert_eq!(names, planted.map(|(name, _)| name), "{what}: {} rows, {leading:?}", ranking.selected.rows);
    for (panel, (_, value)) in first.into_iter().zip(planted) {
        let deciding = &panel.bins[panel.deciding.unwrap()];
        assert_eq!(deciding.kind, BinKind::Value(GroupValue::Str(value.to_owned())), "{what}: {panel:?}");
        assert!(deciding.selected_share > 0.8 && panel.score > 0.3, "{what}: {panel:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_causes_come_first_in_a_demonstration() {
    // 3,000 and 30,000 spans in ten minutes; the demonstration makes 50 a second unless told otherwise.
    for (rate, seed) in [(5, 1), (50, 2)] {
        let bodies = LiveStream::new(Profile::Wide, seed, rate, START_NS).advance(START_NS + PERIOD_NS);
        let hive = Hive::of(bodies, START_NS + PERIOD_NS).await;
        let cause = PlantedCause::of_live(START_NS, START_NS);
        let plan = heatmap(Window { start_ns: START_NS, end_ns: START_NS + PERIOD_NS });
        let window = Window { start_ns: cause.start_ns, end_ns: cause.end_ns };
        let answer = hive.engine.query(LOCAL, &plan, Wants::ALL, Cancel::default()).await.unwrap();
        let [within, without] = slow_shares(&answer, window);
        assert!(within > 0.08 && within > 20.0 * without, "{rate} spans a second: {within} and {without}");
        check(&hive.compared(&plan, window).await, &cause, &format!("{rate} spans a second"));
        hive.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_causes_come_first_in_a_day() {
    let end_ns = START_NS + DAY_NS;
    let generator = Generator::new(Profile::Wide, 1, 100_000, end_ns).without_logs();
    let causes = *generator.causes();
    let hive = Hive::of(generator, end_ns).await;
    let plan = heatmap(Window { start_ns: START_NS, end_ns });
    for cause in causes {
        let window = Window { start_ns: cause.start_ns, end_ns: cause.end_ns };
        check(&hive.compared(&plan, window).await, &cause, &format!("{cause:?}"));
    }
    hive.close().await;
}
