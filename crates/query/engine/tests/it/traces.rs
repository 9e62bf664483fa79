//! A trace is found by the indexes of data files: only its own rows are looked at.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, plan, small_store, two_threads};
use glasshive_base::metrics;
use glasshive_model::TraceId;
use glasshive_query_engine::{Cancel, Cost, Engine, EngineConfig, RawRows, TraceRequest};
use glasshive_query_plan::{Measure, Wants};
use glasshive_store::StoreConfig;
use serde_json::json;

/// Spans of each trace in a file.
const SPANS: i64 = 10;

fn id(number: i64) -> String {
    format!("{:032x}", number + 1)
}

/// A span of a trace; traces lie among each other.
fn span(second: i64, trace: i64, span: i64) -> Event {
    let fields = json!({"n": span, "route": "/a"});
    json!({"t": second * SECOND_NS, "trace": id(trace), "span": format!("{:016x}", span + 1), "name": "step", "f": fields})
}

/// Files of so many traces each; trace `i` is in file `i / traces`, and trace 0 in every third file.
async fn files(files: i64, traces: i64, config: StoreConfig) -> Hive {
    let mut hive = Hive::with(config, two_threads()).await;
    for file in 0..files {
        let each = |index: i64| span(file * 7_000 / files + index % 60, file * traces + index % traces, index);
        let mut spans: Vec<Event> = (0..traces * SPANS).map(each).collect();
        if file > 0 && file % 3 == 0 {
            spans.extend((0..SPANS).map(|index| span(file * 7_000 / files + index, 0, index)));
        }
        hive.send(&spans).await;
        hive.flush().await;
    }
    hive
}

async fn trace(engine: &Engine, number: i64) -> RawRows {
    let request = TraceRequest { trace_id: TraceId::from_text(&id(number)), near_ns: None };
    engine.trace(LOCAL, request, Cancel::default()).await.unwrap()
}

async fn counted(hive: &Hive, conditions: &str) -> (Measure, Cost) {
    let plan = plan(&format!("COUNT WHERE {conditions}"));
    let (answer, cost) = hive.engine.query_with_cost(LOCAL, &plan, Wants::TABLE, Cancel::default()).await.unwrap();
    (answer.results[0].values[0].clone(), cost)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_rows_of_the_trace_are_looked_at() {
    let hive = files(9, 40, StoreConfig { own_file_rows: 1, ..small_store() }).await;
    for (number, files_read) in [(5, 1), (41, 1), (359, 1), (0, 3)] {
        let found = trace(&hive.engine, number).await;
        let rows = (SPANS * files_read) as u64;
        assert_eq!((found.rows.len() as u64, found.cost.rows_scanned, found.cost.files_read), (rows, rows, files_read as u64), "{number}");
        let (count, cost) = counted(&hive, &format!("trace.trace_id = {}", id(number))).await;
        assert_eq!((count, cost.rows_scanned, cost.files_read), (Measure::Int(rows as i64), rows, files_read as u64), "{number}");
    }
    let nothing = trace(&hive.engine, 1_000).await;
    assert_eq!((nothing.rows.len(), nothing.cost.rows_scanned, nothing.cost.files_read, nothing.cost.files_skipped), (0, 0, 0, 9));
    let (count, cost) = counted(&hive, &format!("trace.trace_id in ({}, {}, {})", id(5), id(100), id(1_000))).await;
    assert_eq!((count, cost.rows_scanned, cost.files_read), (Measure::Int(20), 20, 2));
    let (count, cost) = counted(&hive, &format!("trace.trace_id = {} AND n = 45", id(5))).await;
    assert_eq!((count, cost.rows_scanned), (Measure::Int(1), 10));
    let (count, cost) = counted(&hive, &format!("trace.trace_id != {}", id(5))).await;
    assert_eq!((count, cost.rows_scanned), (Measure::Int(3_610), 3_620), "others are everywhere");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_files_have_an_index_too() {
    let hive = files(9, 40, StoreConfig { own_file_rows: 1, ..small_store() }).await;
    hive.store.merge_all().await.unwrap();
    for (number, rows) in [(5, 10), (41, 10), (359, 10), (0, 30), (1_000, 0)] {
        let found = trace(&hive.engine, number).await;
        assert_eq!((found.rows.len(), found.cost.rows_scanned), (rows, rows as u64), "{number}");
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_told_and_gone_without() {
    let hive = files(3, 40, StoreConfig { own_file_rows: 1, ..small_store() }).await;
    // The last byte of a sidecar is of the last page.
    hive.damage_sidecars(1);
    let found = trace(&hive.engine, 41).await;
    assert_eq!((found.rows.len(), found.notes.len()), (10, 0));
    assert!(found.cost.rows_scanned > 10, "row groups are looked at as a whole: {:?}", found.cost);
    let faults: Vec<String> = hive.store.faults().into_iter().map(|fault| fault.message).collect();
    assert!(faults.iter().any(|text| text.starts_with("the trace index of ") && text.ends_with(" without it")), "{faults:?}");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_kept_and_bounded() {
    let hive = files(9, 40, StoreConfig { own_file_rows: 1, ..small_store() }).await;
    let lookups = |metrics: &metrics::Registry, outcome| {
        metrics.counter("glasshive_cache_lookups_total", "", &[("cache", "trace_indexes"), ("outcome", outcome)]).get()
    };
    for (trace_index_bytes, hits) in [(1 << 20, 18), (0, 0)] {
        let metrics = metrics::Registry::default();
        let config = EngineConfig { trace_index_bytes, ..two_threads() };
        let engine = Engine::new(hive.store.clone(), config, hive.clock(), metrics.clone()).unwrap();
        for number in [5, 41, 1_000] {
            assert_eq!(trace(&engine, number).await.rows.len(), if number == 1_000 { 0 } else { 10 });
        }
        assert_eq!((lookups(&metrics, "hit"), lookups(&metrics, "miss")), (hits, 27 - hits));
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outline_has_the_fields_that_it_names_and_rows_of_one_span_id_whole() {
    let mut hive = Hive::new().await;
    let own = |second: i64, number: i64, value: i64| {
        let fields = json!({"n": value, "service.name": "web", "route": "/a"});
        json!({"t": second * SECOND_NS, "trace": id(0), "span": format!("{number:016x}"), "name": "step", "duration": 5_000_000, "f": fields})
    };
    hive.send(&[own(1, 1, 1), own(2, 2, 2), own(3, 3, 3)]).await;
    hive.flush().await;
    hive.send(&[own(4, 2, 5), own(5, 4, 4)]).await;
    let request = TraceRequest { trace_id: TraceId::from_text(&id(0)), near_ns: None };
    let fields = ["service.name", "duration_ms", "name"];
    let found = hive.engine.trace_outline(LOCAL, request, &fields, Cancel::default()).await.unwrap();
    let whole = hive.engine.trace(LOCAL, request, Cancel::default()).await.unwrap();
    assert_eq!((found.rows.len(), found.notes), (5, Vec::new()));
    for (outline, whole) in found.rows.iter().zip(&whole.rows) {
        let span = outline.get("trace.span_id").unwrap().to_string();
        assert_eq!((outline.seq, outline.time_ns), (whole.seq, whole.time_ns));
        if span.ends_with('2') {
            assert_eq!(outline, whole, "two rows have this id");
            continue;
        }
        assert!(fields.iter().all(|field| outline.get(field) == whole.get(field)), "{outline:?}");
        assert!(outline.get("route").is_none() && outline.get("n").is_none(), "{outline:?}");
    }
    hive.close().await;
}
