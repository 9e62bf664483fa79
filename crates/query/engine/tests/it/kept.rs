//! What is kept of data files between questions: it is bounded, and changes no answer.

use crate::fixture::{Event, Hive, LOCAL, event, plan, two_threads};
use glasshive_base::metrics;
use glasshive_query_engine::{Cancel, Engine, EngineConfig};
use glasshive_query_plan::{Measure, Wants};
use serde_json::json;

const FILES: i64 = 3;

/// A file in each of some hours, of a minute each.
async fn hours() -> Hive {
    let mut hive = Hive::new().await;
    for hour in 0..FILES {
        let rows: Vec<Event> = (0..60).map(|second| event(hour * 2_000 + second, json!({"n": second, "route": "/a"}))).collect();
        hive.send(&rows).await;
        hive.flush().await;
    }
    hive
}

fn engine(hive: &Hive, config: EngineConfig, metrics: &metrics::Registry) -> Engine {
    Engine::new(hive.store.clone(), config, hive.clock(), metrics.clone()).unwrap()
}

async fn counted(engine: &Engine, question: &str) -> Measure {
    engine.query(LOCAL, &plan(question), Wants::ALL, Cancel::default()).await.unwrap().results[0].values[0].clone()
}

fn lookups(metrics: &metrics::Registry, cache: &str, outcome: &str) -> u64 {
    metrics.counter("glasshive_cache_lookups_total", "", &[("cache", cache), ("outcome", outcome)]).get()
}

#[tokio::test(flavor = "multi_thread")]
async fn footers_are_decoded_once() {
    let hive = hours().await;
    let metrics = metrics::Registry::default();
    let engine = engine(&hive, EngineConfig { partial_bytes: 0, ..two_threads() }, &metrics);
    for (questions, question) in (1..).zip(["COUNT", "SUM(n)", "COUNT WHERE route = /a"]) {
        counted(&engine, question).await;
        let found = (lookups(&metrics, "footers", "miss"), lookups(&metrics, "footers", "hit"));
        assert_eq!(found, (FILES as u64, FILES as u64 * (questions - 1)), "after {questions} questions");
    }
    let bytes = metrics.gauge("glasshive_cache_bytes", "", &[("cache", "footers")]).get();
    assert!(bytes > FILES * 1_000, "{bytes}");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_whose_footers_are_not_kept_are_closed() {
    let hive = hours().await;
    let open = || {
        let links = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        links.filter(|path| path.starts_with(hive.directory()) && path.extension().is_some_and(|end| end == "parquet")).count()
    };
    for (footer_bytes, kept) in [(0, 0), (64 << 20, FILES as usize), (0, 0)] {
        let engine = engine(&hive, EngineConfig { footer_bytes, partial_bytes: 0, ..two_threads() }, &metrics::Registry::default());
        for _ in 0..2 {
            assert_eq!(counted(&engine, "COUNT").await, Measure::Int(FILES * 60));
            assert_eq!(open(), kept, "{footer_bytes} bytes of footers");
        }
    }
    hive.close().await;
}
