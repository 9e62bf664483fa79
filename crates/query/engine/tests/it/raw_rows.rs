//! Raw rows: newest first, page by page, column by column, and by trace.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, event, two_hours, two_threads};
use glasshive_model::{TraceId, Value};
use glasshive_query_engine::{Cancel, EngineConfig, TraceRequest};
use glasshive_query_plan::{Column, EventsRequest, NoteKind, Reason, Window, text};
use serde_json::json;

fn request(limit: u32) -> EventsRequest {
    EventsRequest { limit, ..EventsRequest::all(two_hours()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_row_once_newest_first() {
    let mut hive = Hive::new().await;
    for part in 0..5 {
        // Several rows of one time, and gaps of very different length.
        let events: Vec<Event> =
            (0..50).map(|index| event(((part * 50 + index) / 3 * 80) % 7_200, json!({"n": part * 50 + index}))).collect();
        hive.send(&events).await;
        if part % 2 == 1 {
            hive.flush().await;
        }
    }
    let mut expected: Vec<(i64, i64)> = hive.rows.iter().map(|row| (row.time_ns, row.seq)).collect();
    expected.sort_by_key(|place| std::cmp::Reverse(*place));
    for limit in [1, 7, 60, 249, 250, 1_000] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = hive.engine.events(LOCAL, &EventsRequest { after, ..request(limit) }, Cancel::default()).await.unwrap();
            assert!(page.rows.len() <= limit as usize);
            found.extend(page.rows.iter().map(|row| (row.time_ns, row.seq)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wanted_columns_come_under_the_names_they_were_asked_for() {
    let mut hive = Hive::new().await;
    hive.send(&[
        json!({"t": SECOND_NS, "name": "old", "f": {"http.status_code": 200, "other": 1}}),
        json!({"t": 2 * SECOND_NS, "name": "new", "f": {"http.response.status_code": 404}}),
    ])
    .await;
    for _ in ["live", "flushed"] {
        let asked = EventsRequest { columns: vec![Column::named("http.status_code"), Column::named("name")], ..request(10) };
        let rows = hive.engine.events(LOCAL, &asked, Cancel::default()).await.unwrap().rows;
        let fields: Vec<_> = rows.iter().map(|row| row.fields.clone()).collect();
        let field = |name: &str, value: Value| (name.to_owned(), value);
        assert_eq!(fields[0], [field("http.status_code", Value::Int(404)), field("name", Value::Str("new".into()))]);
        assert_eq!(fields[1], [field("http.status_code", Value::Int(200)), field("name", Value::Str("old".into()))]);
        hive.flush().await;
    }
    hive.close().await;
}

const TRACE: &str = "5759e988bd862e3fe1be46a994272793";

fn span(second: i64, trace: &str, span: &str, dataset: &str, signal: i64) -> Event {
    json!({"t": second * SECOND_NS, "trace": trace, "span": span, "dataset": dataset, "signal": signal, "name": "step"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_found_in_all_datasets_and_by_every_spelling() {
    let mut hive = Hive::new().await;
    let mut others: Vec<Event> = (0..300).map(|index| span(index, &format!("{:032x}", index + 1), "0000000000000001", "shop", 1)).collect();
    others.push(span(10, TRACE, "00000000000000aa", "shop", 1));
    others.push(span(3_700, TRACE, "00000000000000ab", "cart", 1));
    hive.send(&others).await;
    hive.flush().await;
    hive.send(&[
        json!({"t": 11 * SECOND_NS, "trace": TRACE, "parent": "00000000000000aa", "annotation": 1, "signal": 2, "dataset": "shop"}),
    ])
    .await;
    for spelling in
        [TRACE, "5759E988BD862E3FE1BE46A994272793", "1-5759e988-bd862e3fe1be46a994272793", "5759e988-bd86-2e3f-e1be-46a994272793"]
    {
        let trace_id = TraceId::from_text(spelling);
        for near_ns in [None, Some(START_NS + 10 * SECOND_NS), Some(START_NS - 20 * 3_600 * SECOND_NS), Some(0)] {
            let found = hive.engine.trace(LOCAL, TraceRequest { trace_id, near_ns }, Cancel::default()).await.unwrap();
            let seconds: Vec<i64> = found.rows.iter().map(|row| (row.time_ns - START_NS) / SECOND_NS).collect();
            assert_eq!(seconds, [3_700, 11, 10], "{spelling} near {near_ns:?}");
        }
        let counted = hive.results(&format!("COUNT WHERE trace.trace_id = {spelling} GROUP BY trace.trace_id")).await;
        assert_eq!(counted, format!("[\"{TRACE}\"] -> [3]\n"));
    }
    let nothing = TraceRequest { trace_id: TraceId::from_text("no such trace"), near_ns: None };
    assert!(hive.engine.trace(LOCAL, nothing, Cancel::default()).await.unwrap().rows.is_empty());
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_without_end_is_cut_with_a_note() {
    let mut hive = Hive::new().await;
    let events: Vec<Event> = (0..30).map(|index| span(index, TRACE, &format!("{:016x}", index + 1), "shop", 1)).collect();
    hive.send(&events).await;
    let engine = hive.engine_with(EngineConfig { trace_rows: 20, ..two_threads() }, hive.clock());
    let request = TraceRequest { trace_id: TraceId::from_text(TRACE), near_ns: None };
    let found = engine.trace(LOCAL, request, Cancel::default()).await.unwrap();
    assert_eq!((found.rows.len(), found.notes[0].kind), (20, NoteKind::Partial));
    assert_eq!(found.notes[0].text, "the trace has more than 20 rows; the newest 20 are here");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_left_out_and_named() {
    let mut hive = Hive::new().await;
    hive.send(&(0..120).map(|index| event(index, json!({"n": index}))).collect::<Vec<_>>()).await;
    hive.flush().await;
    hive.send(&[event(5_000, json!({"n": 1}))]).await;
    hive.damage_a_file();
    let answer = hive.ask("COUNT, SUM(n)").await;
    assert_eq!(answer.results[0].values[0], glasshive_query_plan::Measure::Int(1));
    assert_eq!(answer.notes[0].kind, NoteKind::Partial);
    assert!(answer.notes[0].text.ends_with("is damaged; results exclude it"), "{}", answer.notes[0].text);
    assert!(answer.is_partial());
    let missing = answer.notes[0].missing.clone().unwrap();
    assert_eq!((missing.reason, missing.events), (Reason::Damage, Some(120)));
    assert!(missing.file.unwrap().ends_with(".parquet"));
    assert_eq!(missing.window, Some(Window { start_ns: START_NS, end_ns: START_NS + 119 * SECOND_NS + 1 }));
    let rows = hive.engine.events(LOCAL, &request(10), Cancel::default()).await.unwrap();
    assert_eq!((rows.rows.len(), rows.notes.len()), (1, 1));
    assert!(rows.notes[0].is_partial());
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_is_named_often_is_evaluated_once() {
    let mut hive = Hive::new().await;
    hive.send(&[event(1, json!({"n": 1}))]).await;
    let sum = |name: &str| vec![format!("${name}"); 500].join(" + ");
    let with = format!("WITH a = {}, b = {}, c = {}, d = {}, d", sum("n"), sum("a"), sum("b"), sum("c"));
    let asked = EventsRequest { time: two_hours(), ..text::parse_events(&with, START_NS).unwrap() };
    let rows = hive.engine.events(LOCAL, &asked, Cancel::default()).await.unwrap().rows;
    assert_eq!(rows[0].fields, [("d".to_owned(), Value::Int(62_500_000_000))]);
    hive.close().await;
}
