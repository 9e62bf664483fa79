//! Documents that were kept beside their rows come back byte by byte, wherever the rows are.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, two_threads};
use glasshive_model::TraceId;
use glasshive_query_engine::{Cancel, DocumentsRequest, EngineConfig, EngineError};
use glasshive_query_plan::Window;
use serde_json::json;

fn trace(number: i64) -> String {
    format!("{:032x}", number + 1)
}

/// The document of a segment, with what no writer of JSON would write so.
fn text(number: i64, part: i64) -> String {
    format!("{{ \"id\" :\"{number}\",\n\"part\": {part}.50, \"\\u00e4\": \"\u{e4}\u{0}\"}}")
}

/// A segment with its document, and a subsegment without one.
fn segment(number: i64, part: i64) -> [Event; 2] {
    let own = |span: i64| json!({"t": (number * 10 + part) * SECOND_NS, "trace": trace(number), "span": format!("{:016x}", span + 1), "source": "xray", "signal": 1});
    let mut top = own(part * 2);
    top["raw"] = text(number, part).into();
    if part == 0 {
        top["f"] = json!({"meta.provisional": true});
    }
    [top, own(part * 2 + 1)]
}

async fn check(hive: &Hive, when: &str, parts: &[i64]) {
    for numbers in [vec![0], vec![7], vec![3, 100, 5, 3]] {
        let traces: Vec<TraceId> = numbers.iter().map(|number| TraceId::from_text(&trace(*number))).collect();
        let window = Window { start_ns: START_NS, end_ns: START_NS + 7_200 * SECOND_NS };
        for window in [None, Some(window)] {
            let request = DocumentsRequest { traces: traces.clone(), window };
            let found = hive.engine.documents(LOCAL, &request, Cancel::default()).await.unwrap();
            assert!(found.is_sorted_by_key(|document| document.seq), "{when}");
            let mut found: Vec<(TraceId, String)> =
                found.into_iter().map(|document| (document.trace_id, String::from_utf8(document.text.to_vec()).unwrap())).collect();
            found.sort();
            let known = [0, 3, 5, 7];
            let expected =
                |number: &i64| parts.iter().map(|part| (TraceId::from_text(&trace(*number)), text(*number, *part))).collect::<Vec<_>>();
            let mut wanted: Vec<(TraceId, String)> = known.iter().filter(|number| numbers.contains(number)).flat_map(expected).collect();
            wanted.sort();
            assert_eq!(found, wanted, "{when}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_sealed_flushed_merged_and_after_a_restart() {
    let mut hive = Hive::new().await;
    for part in 0..3 {
        hive.send(&(0..10).flat_map(|number| segment(number, part)).collect::<Vec<_>>()).await;
        let parts: Vec<i64> = (0..=part).collect();
        check(&hive, "live", &parts).await;
        if part == 1 {
            hive.flush().await;
            check(&hive, "one part in files", &parts).await;
        }
    }
    // Enough requests for chunks to be sealed.
    for number in 200..300 {
        hive.send(&segment(number, 0)).await;
    }
    check(&hive, "sealed", &[0, 1, 2]).await;
    hive.flush().await;
    check(&hive, "flushed", &[0, 1, 2]).await;
    hive.merge().await;
    check(&hive, "merged", &[0, 1, 2]).await;
    let hive = hive.reopen().await;
    check(&hive, "opened again", &[0, 1, 2]).await;
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_cannot_all_be_read_in_time_are_no_answer() {
    let mut hive = Hive::new().await;
    hive.send(&segment(0, 0)).await;
    let engine = hive.engine_with(EngineConfig { time_limit: std::time::Duration::ZERO, ..two_threads() }, hive.clock());
    let request = DocumentsRequest { traces: vec![TraceId::from_text(&trace(0))], window: None };
    let found = engine.documents(LOCAL, &request, Cancel::default()).await;
    assert!(matches!(found, Err(EngineError::OutOfTime)), "{found:?}");
}
