//! A trace is found by the indexes of data files: only its own rows are looked at.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, plan, small_store, two_threads};
use glasshive_base::metrics;
use glasshive_model::TraceId;
use glasshive_query_engine::{Cancel, Cost, Engine, EngineConfig, RawRows, TraceRequest};
use glasshive_query_plan::{Measure, Wants};
use glasshive_store::StoreConfig;
use serde_json::json;
use std::io::Write as _;
use std::time::Instant;

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

/// A reading, for whoever asked for it with `--nocapture`.
fn tell(reading: &str) {
    writeln!(std::io::stderr().lock(), "{reading}").unwrap();
}

/// Readings for `benchmarks/README.md`: questions of a board, asked for the first time and again, with and without what is kept.
async fn measure_board(hive: &Hive) {
    for question in
        ["COUNT GROUP BY route", "COUNT, P99(n) GROUP BY route STEP 60s", "HEATMAP(duration_ms) STEP 60s", "COUNT_DISTINCT(span.id)"]
    {
        for partial_bytes in [0, 128 << 20] {
            let engine = hive.engine_with(EngineConfig { partial_bytes, ..two_threads() }, hive.clock());
            // Footers first.
            engine.query(LOCAL, &plan("COUNT WHERE n = 1"), Wants::ALL, Cancel::default()).await.unwrap();
            let mut took = Vec::new();
            for _ in 0..4 {
                let began = Instant::now();
                engine.query(LOCAL, &plan(question), Wants::ALL, Cancel::default()).await.unwrap();
                took.push(format!("{:.1}", began.elapsed().as_secs_f64() * 1e3));
            }
            tell(&format!("{question}, {partial_bytes} bytes: {} ms", took.join(", ")));
        }
    }
}

/// Readings for `benchmarks/README.md`: with the index, and without it by the bloom filters of row groups.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn measure_traces_in_many_files() {
    let hive = files(600, 300, StoreConfig { own_file_rows: 1, row_group_rows: 128 << 10, seal_rows: 8_192, ..small_store() }).await;
    measure_board(&hive).await;
    for index in [true, false] {
        if !index {
            hive.damage_sidecars(1);
        }
        let engine = hive.engine_with(two_threads(), hive.clock());
        for warm in [false, true] {
            let mut took: Vec<f64> = Vec::new();
            let mut scanned = 0;
            for number in if warm { 1..51 } else { 0..1 } {
                let began = Instant::now();
                let found = trace(&engine, number * 3_571 + 1).await;
                took.push(began.elapsed().as_secs_f64() * 1e3);
                assert_eq!(found.rows.len() as i64, SPANS);
                scanned += found.cost.rows_scanned;
            }
            took.sort_by(f64::total_cmp);
            let (median, last, lookups) = (took[took.len() / 2], took[took.len() - 1], took.len());
            let times = format!("median {median:.2} ms, max {last:.2} ms");
            tell(&format!("index {index}, warm {warm}: {lookups} lookups, {times}, {scanned} rows looked at"));
        }
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn measure_a_trace_of_100_000_spans() {
    const REQUESTS: i64 = 20;
    const EACH: i64 = 5_000;
    let mut hive = Hive::with(StoreConfig { row_group_rows: 128 << 10, seal_rows: 8_192, ..small_store() }, two_threads()).await;
    for request in 0..REQUESTS {
        let span = |index: i64| {
            let number = request * EACH + index;
            let mut fields: serde_json::Map<_, _> =
                (0..35).map(|key| (format!("app.key_{key}"), json!(format!("{}", number % (key + 2))))).collect();
            fields.insert("service.name".to_owned(), json!("web"));
            json!({"t": number * 50_000, "trace": id(0), "span": format!("{:016x}", number + 1), "parent": format!("{:016x}", number / 5 + 1),
                   "name": "step", "duration": 5_000_000, "kind": 2, "f": fields})
        };
        hive.send(&(0..EACH).map(span).collect::<Vec<_>>()).await;
    }
    let fields = ["service.name", "duration_ms", "name", "body", "span.kind", "meta.source", "error", "status_code", "trace.parent_id"];
    for state in ["live", "a file"] {
        let request = TraceRequest { trace_id: TraceId::from_text(&id(0)), near_ns: None };
        for _ in 0..2 {
            for outline in [false, true] {
                let began = Instant::now();
                let found = match outline {
                    true => hive.engine.trace_outline(LOCAL, request, &fields, Cancel::default()).await.unwrap(),
                    false => hive.engine.trace(LOCAL, request, Cancel::default()).await.unwrap(),
                };
                let (took, cpu) = (began.elapsed().as_secs_f64() * 1e3, found.cost.cpu_ns as f64 / 1e6);
                tell(&format!("{state}, outline {outline}: {} rows in {took:.0} ms, {cpu:.0} ms of processor time", found.rows.len()));
            }
        }
        hive.flush().await;
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
