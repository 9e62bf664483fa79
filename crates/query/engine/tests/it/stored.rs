//! Rows as they are stored: every one once, in order of arrival, whole requests a page, live and from files.

use crate::fixture::{Hive, LOCAL, SECOND_NS, event, two_hours, two_threads};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use glasshive_base::metrics;
use glasshive_model::SystemColumn;
use glasshive_model::shown::{ShownRow, shown_rows};
use glasshive_query_engine::{Cancel, Engine, EngineConfig, EngineError, StoredRequest};
use glasshive_query_plan::{EventsRequest, Reason, text};
use serde_json::json;

fn request(rows: usize) -> StoredRequest {
    StoredRequest { events: EventsRequest::all(two_hours()), after: 0, through: 1_000, rows, whole_spans: false }
}

fn filtered(filter: &str) -> StoredRequest {
    let filters = text::parse_filters(filter).unwrap();
    StoredRequest { events: EventsRequest { filters, ..EventsRequest::all(two_hours()) }, ..request(1_000) }
}

/// The pages of a request, as rows are shown.
async fn pages(hive: &Hive, request: &StoredRequest) -> Vec<Vec<ShownRow>> {
    let (mut pages, mut after) = (Vec::new(), request.after);
    loop {
        let page = hive.engine.stored(LOCAL, &StoredRequest { after, ..request.clone() }, Cancel::default()).await.unwrap();
        assert_eq!(page.notes, []);
        if let Some(batch) = &page.batch {
            let seqs = batch.column_by_name(SystemColumn::Seq.name()).unwrap().as_primitive::<Int64Type>().values().to_vec();
            assert!(seqs.is_sorted_by(|left, right| left < right), "{seqs:?}");
        }
        pages.push(page.batch.iter().flat_map(shown_rows).collect());
        match page.next {
            Some(next) => assert!(next > std::mem::replace(&mut after, next), "pages go on"),
            None => return pages,
        }
    }
}

fn names(pages: &[Vec<ShownRow>]) -> Vec<String> {
    pages.iter().flatten().map(|row| row.get("name").map(ToString::to_string).unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_large_file_look_at_their_part_of_it() {
    const REQUESTS: i64 = 40;
    const ROWS: i64 = 500;
    let mut hive = Hive::new().await;
    for part in 0..REQUESTS {
        let rows: Vec<_> = (0..ROWS).map(|row| json!({"t": (part * ROWS + row) * SECOND_NS / 10, "f": {"n": row}})).collect();
        hive.send(&rows).await;
        if part % 10 == 9 {
            hive.flush().await;
        }
    }
    hive.merge().await;
    let metrics = metrics::Registry::default();
    hive.engine = Engine::new(hive.store.clone(), two_threads(), hive.clock(), metrics.clone()).unwrap();
    let batches = || metrics.counter("glasshive_query_batches_total", "", &[]).get();
    for whole_spans in [false, true] {
        let before = batches();
        let found = pages(&hive, &StoredRequest { whole_spans, ..request(500) }).await;
        assert_eq!((found.len() as i64, found.iter().flatten().count() as i64), (REQUESTS, REQUESTS * ROWS));
        // Of 64 rows each; all of the file for each page would be 313 x 40.
        let looked_at = batches() - before;
        assert!(looked_at < 5_000, "{looked_at} batches, whole spans: {whole_spans}");
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_stands_once_in_order_of_arrival() {
    let mut hive = Hive::new().await;
    for part in 0_i64..7 {
        // Later requests are about earlier times, and have columns of their own.
        let events: Vec<_> = (0..40)
            .map(|index| json!({"t": ((7 - part) * 900 + index) * SECOND_NS, "f": {"n": index, (format!("of {part}")): part, "null": null}, "r": {"host": "a"}}))
            .collect();
        hive.send(&events).await;
        if part == 2 || part == 4 {
            hive.flush().await;
        }
    }
    let mut expected = hive.rows.clone();
    expected.sort_by_key(|row| row.seq);
    for rows in [1, 39, 40, 41, 100, 10_000] {
        let found = pages(&hive, &request(rows)).await;
        assert!(found.iter().all(|page| page.len() % 40 == 0), "requests are not torn: {rows}");
        assert!(found.iter().all(|page| page.len() <= rows.max(1) + 40), "{rows}");
        assert_eq!(found.concat(), expected, "pages of {rows}");
    }
    let upto = StoredRequest { through: 3, ..request(10_000) };
    assert_eq!(pages(&hive, &upto).await.concat(), expected[..120], "nothing that arrived later");
    let hive = hive.reopen().await;
    assert_eq!(pages(&hive, &request(50)).await.concat(), expected);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_windows_and_marked_rows() {
    let mut hive = Hive::new().await;
    hive.send(&[event(1, json!({"n": 1, "meta.self_telemetry": true})), event(2, json!({"n": 2})), event(9_000, json!({"n": 3}))]).await;
    for _ in ["live", "flushed"] {
        let n = async |request: StoredRequest| -> Vec<String> {
            let found = pages(&hive, &request).await;
            found.iter().flatten().map(|row| row.get("n").map(ToString::to_string).unwrap_or_default()).collect()
        };
        assert_eq!(n(request(10)).await, ["1", "2"], "rows that questions leave out are there; those outside the window are not");
        assert_eq!(n(filtered("n > 1")).await, ["2"]);
        assert_eq!(n(filtered("n > 9")).await, [""; 0]);
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_come_with_what_belongs_to_them() {
    let mut hive = Hive::new().await;
    let (trace, other) = ("0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c");
    let span = |trace: &str, id: &str, name: &str| json!({"t": SECOND_NS, "trace": trace, "span": id, "name": name});
    // An event may lie far outside the window.
    let event = |trace: &str, parent: &str, name: &str| json!({"t": 90_000 * SECOND_NS, "trace": trace, "parent": parent, "annotation": 1, "name": name});
    let log = json!({"t": SECOND_NS, "signal": 2, "trace": trace, "parent": "00f067aa0ba902b7", "annotation": 1, "name": "log"});
    let first = [
        event(trace, "00f067aa0ba902b7", "event a"),
        span(trace, "00f067aa0ba902b7", "a"),
        event(other, "00f067aa0ba902b7", "event b"),
        span(other, "00f067aa0ba902b7", "b"),
        span(trace, "10f067aa0ba902b7", "c"),
    ];
    hive.send(&first).await;
    hive.send(&[log]).await;
    // The same span again is another request's.
    hive.send(&first).await;
    for _ in ["live", "flushed"] {
        let whole = async |filter: &str| names(&pages(&hive, &StoredRequest { whole_spans: true, ..filtered(filter) }).await);
        assert_eq!(whole("name = a").await, ["event a", "a", "event a", "a"]);
        assert_eq!(whole("name = c").await, ["c", "c"]);
        assert_eq!(whole("name = log").await, ["log"], "a log record stands for itself");
        assert_eq!(names(&pages(&hive, &filtered("name = a")).await), ["a", "a"]);
        let all = StoredRequest { whole_spans: true, rows: 1, ..request(1) };
        assert_eq!(names(&pages(&hive, &all).await).len(), 11, "each row once");
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_told_and_too_little_memory_refuses() {
    let mut hive = Hive::new().await;
    hive.send(&(0..60).map(|index| event(index, json!({"text": "x".repeat(4_000)}))).collect::<Vec<_>>()).await;
    hive.flush().await;
    let small = hive.engine_with(EngineConfig { threads: 1, memory_bytes: 100_000, ..EngineConfig::default() }, hive.clock());
    let refused = small.stored(LOCAL, &request(1_000), Cancel::default()).await;
    assert!(matches!(refused, Err(EngineError::OutOfMemory { .. })), "{refused:?}");
    drop(small);
    let hive = hive.reopen().await;
    hive.damage_a_file();
    let page = hive.engine.stored(LOCAL, &request(1_000), Cancel::default()).await.unwrap();
    assert!(
        page.notes.iter().any(|note| note.missing.as_ref().is_some_and(|missing| missing.reason == Reason::Damage)),
        "{:?}",
        page.notes
    );
    hive.close().await;
}
