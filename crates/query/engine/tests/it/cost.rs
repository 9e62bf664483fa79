//! What an answer is said to have taken, and what a query that nobody wants any more still takes.

use crate::fixture::{Event, Hive, LOCAL, event, plan, small_store, two_hours, two_threads};
use crate::limits::watched;
use glasshive_base::metrics;
use glasshive_query_engine::{Cancel, Cost, Engine, EngineConfig, EngineError};
use glasshive_query_plan::{EventsRequest, Wants};
use glasshive_store::StoreConfig;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

async fn cost(hive: &Hive, question: &str) -> Cost {
    hive.engine.query_with_cost(LOCAL, &plan(question), Wants::TABLE, Cancel::default()).await.unwrap().1
}

/// Rows of one second each from `first` on, numbered.
fn numbered(first: i64, count: i64) -> Vec<Event> {
    (first..first + count).map(|second| event(second, json!({"n": second}))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_files_and_chunks_are_counted() {
    let mut hive = Hive::new().await;
    for first in [0, 3_600] {
        hive.send(&numbered(first, 60)).await;
        hive.flush().await;
    }
    hive.send(&numbered(7_000, 20)).await;

    let all = cost(&hive, "COUNT, SUM(n)").await;
    assert_eq!((all.rows_scanned, all.rows_matched, all.files_read, all.files_skipped, all.live_chunks), (140, 140, 2, 0, 1));
    assert!(all.bytes_read > 0);
    // The first file's statistics exclude it.
    let some = cost(&hive, "COUNT WHERE n >= 3650").await;
    assert_eq!((some.rows_scanned, some.rows_matched, some.files_read, some.files_skipped, some.live_chunks), (80, 30, 1, 1, 1));
    assert!(0 < some.bytes_read && some.bytes_read < all.bytes_read, "{some:?} {all:?}");
    // A linear heatmap looks for its rows, then counts in them.
    assert_eq!(cost(&hive, "HEATMAP(n)").await.rows_scanned, 280);

    let request = EventsRequest { limit: 5, ..EventsRequest::all(two_hours()) };
    let rows = hive.engine.events(LOCAL, &request, Cancel::default()).await.unwrap();
    assert_eq!((rows.rows.len(), rows.cost.live_chunks, rows.cost.files_read), (5, 1, 0), "the newest are live");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn l9_a_cancelled_query_decodes_no_further_block() {
    const BLOCKS: u64 = 10;
    let config = StoreConfig { row_group_rows: 1 << 20, own_file_rows: 1, seal_rows: usize::MAX, ..small_store() };
    let mut hive = Hive::with(config, two_threads()).await;
    // One row group of ten blocks, of which a filter lets nothing through that no statistics can exclude.
    for block in 0..BLOCKS as i64 {
        hive.send(&(0..8_192).map(|row| event(block, json!({"user": format!("user {row}")}))).collect::<Vec<_>>()).await;
    }
    hive.flush().await;
    let question = plan("COUNT WHERE user contains nobody");
    let registry = metrics::Registry::default();
    let decoded = registry.counter("glasshive_query_batches_total", "", &[]);
    let engine = |clock| {
        let config = EngineConfig { threads: 1, ..EngineConfig::default() };
        Engine::new(hive.store.clone(), config, clock, registry.clone()).unwrap()
    };
    engine(hive.clock()).query(LOCAL, &question, Wants::TABLE, Cancel::default()).await.unwrap();
    assert_eq!(decoded.get(), BLOCKS, "without an end from outside all are looked at");

    let cancel = Cancel::default();
    let before = Arc::new(AtomicU64::new(0));
    let clock = watched(&hive, {
        let (cancel, before, decoded) = (cancel.clone(), before.clone(), decoded.clone());
        move |looks| {
            if looks == 6 {
                before.store(decoded.get(), Ordering::SeqCst);
                cancel.cancel();
            }
            None
        }
    });
    let error = engine(clock).query(LOCAL, &question, Wants::TABLE, cancel).await.unwrap_err();
    assert!(matches!(error, EngineError::Cancelled), "{error}");
    let before = before.load(Ordering::SeqCst);
    assert!(BLOCKS < before && before < 2 * BLOCKS, "cancelled in the middle: {before}");
    assert!(decoded.get() - before <= 1, "{} blocks were decoded after the end", decoded.get() - before);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_other_spans_are_looked_for_in_are_not_taken_for_the_querys_own() {
    let mut hive = Hive::new().await;
    for first in [0, 3_600] {
        hive.send(&numbered(first, 60)).await;
        hive.flush().await;
    }
    let mut span = event(7_000, json!({"other": 1}));
    (span["dataset"], span["trace"], span["span"]) = (json!("elsewhere"), json!("a"), json!("b"));
    hive.send(&[span]).await;
    hive.flush().await;
    let cost = cost(&hive, "COUNT WHERE n >= 3650 AND root.other = 1 IN shop").await;
    assert_eq!((cost.files_read, cost.files_skipped), (2, 1), "the third file was read, the first was not");
    hive.close().await;
}
