//! A trace is found by the indexes of data files: only its own rows are looked at.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, plan, small_store, two_threads};
use glasshive_base::metrics;
use glasshive_model::TraceId;
use glasshive_model::shown::FieldRows;
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
async fn an_outline_has_what_the_rows_have_wherever_they_are() {
    let mut hive = Hive::new().await;
    let own = |second: i64, number: i64, fields: serde_json::Value| {
        json!({"t": second * SECOND_NS, "trace": id(0), "span": format!("{number:016x}"), "parent": format!("{:016x}", number / 2 + 100),
            "name": format!("step {number} of a long row"), "duration": 5_000_000 + number, "kind": number % 4, "f": fields})
    };
    let parts = [
        vec![own(1, 1, json!({"service.name": "web", "route": "/a"})), own(40_000, 2, json!({"service.name": "web", "error": true}))],
        vec![own(3, 3, json!({"service.name": "a service of a long name", "error": "it failed"})), own(4, 4, json!({"status_code": 7}))],
        vec![own(5, 5, json!({"name": "an attribute", "error": 3, "body": [1, 2]})), own(90_000, 6, json!({}))],
    ];
    let fields =
        ["trace.parent_id", "duration_ms", "name", "body", "service.name", "span.kind", "meta.signal_type", "error", "status_code"];
    let check = async |hive: &Hive, expected: usize| {
        for near_ns in [None, Some(START_NS + 10 * SECOND_NS), Some(0)] {
            let request = TraceRequest { trace_id: TraceId::from_text(&id(0)), near_ns };
            let outline = hive.engine.trace_outline(LOCAL, request, &fields, Cancel::default()).await.unwrap();
            let whole = hive.engine.trace(LOCAL, request, Cancel::default()).await.unwrap();
            assert_eq!((outline.len(), whole.rows.len(), &outline.notes), (expected, expected, &Vec::new()));
            let mut rows: Vec<usize> = (0..outline.len()).collect();
            rows.sort_by_key(|row| std::cmp::Reverse((outline.time_ns(*row), outline.seq(*row))));
            for (row, whole) in rows.into_iter().zip(&whole.rows) {
                assert_eq!((outline.seq(row), outline.time_ns(row)), (whole.seq, whole.time_ns));
                for (place, field) in fields.iter().enumerate() {
                    let text = |value: Option<String>| value.unwrap_or_else(|| "absent".to_owned());
                    let own = text(outline.value(row, place).map(|value| value.to_string()));
                    assert_eq!(own, text(whole.get(field).map(ToString::to_string)), "{field} of {whole:?}");
                }
            }
        }
    };
    for (sent, part) in parts.into_iter().enumerate() {
        hive.send(&part).await;
        check(&hive, 2 * (sent + 1)).await;
        if sent == 1 {
            hive.flush().await;
            check(&hive, 4).await;
        }
    }
    hive.send(&[json!({"t": SECOND_NS, "trace": id(1), "span": "0000000000000001", "name": "of another"})]).await;
    check(&hive, 6).await;
    hive.flush().await;
    check(&hive, 6).await;
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_one_span_id_are_compared_by_all_their_fields() {
    let mut hive = Hive::new().await;
    let own = |number: i64, route: &str| json!({"t": number * SECOND_NS, "trace": id(0), "span": format!("{number:016x}"), "f": {"route": route}});
    hive.send(&[own(1, "/a"), own(2, "/a"), own(3, "/a")]).await;
    hive.flush().await;
    hive.send(&[own(2, "/a"), own(3, "/b"), own(4, "/a")]).await;
    let request = TraceRequest { trace_id: TraceId::from_text(&id(0)), near_ns: None };
    let outline = hive.engine.trace_outline(LOCAL, request, &["name"], Cancel::default()).await.unwrap();
    assert_eq!(outline.len(), 6);
    let of = |second: i64| (0..outline.len()).filter(|row| outline.time_ns(*row) == START_NS + second * SECOND_NS).collect::<Vec<_>>();
    let is_same = |second: i64| outline.is_same(of(second)[0], of(second)[1]);
    assert_eq!((of(1).len(), of(2).len(), of(3).len(), of(4).len()), (1, 2, 2, 1));
    assert!(is_same(2) && !is_same(3));
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outline_is_of_the_newest_rows_where_there_are_too_many() {
    let mut hive = Hive::new().await;
    let own = |number: i64| json!({"t": number * SECOND_NS, "trace": id(0), "span": format!("{:016x}", number + 1), "name": "step"});
    for batch in 0..6_i64 {
        hive.send(&(0..500).map(|row| own((row * 6 + batch) % 3_000)).collect::<Vec<_>>()).await;
        if batch == 2 {
            hive.flush().await;
        }
    }
    let engine = hive.engine_with(EngineConfig { trace_rows: 200, ..two_threads() }, hive.clock());
    let request = TraceRequest { trace_id: TraceId::from_text(&id(0)), near_ns: None };
    let outline = engine.trace_outline(LOCAL, request, &["name"], Cancel::default()).await.unwrap();
    let mut seconds: Vec<i64> = (0..outline.len()).map(|row| (outline.time_ns(row) - START_NS) / SECOND_NS).collect();
    seconds.sort_unstable();
    assert_eq!(seconds, (2_800..3_000).collect::<Vec<i64>>());
    assert_eq!(outline.notes[0].text, "the trace has more than 200 rows; the newest 200 are here");
    let small = hive.engine_with(EngineConfig { memory_bytes: 20_000, ..two_threads() }, hive.clock());
    let outline = small.trace_outline(LOCAL, request, &["name"], Cancel::default()).await.unwrap();
    assert!(outline.len() < 3_000 && outline.notes.iter().any(|note| note.is_partial()), "{} {:?}", outline.len(), outline.notes);
    hive.close().await;
}
