//! F21: data files that cannot be had now. What can be is answered, and what is missing is told; where there is nothing else, so is that.

use crate::fixture::{Hive, LOCAL, SECOND_NS, START_NS, event, plan, two_hours};
use glasshive_base::ErrorKind;
use glasshive_model::TraceId;
use glasshive_query_engine::{Cancel, ColumnsRequest, EngineError, Selection, SelectionPart, StoredRequest, TraceRequest, ValuesRequest};
use glasshive_query_plan::{Column, EventsRequest, Filters, GroupValue, Measure, Note, NoteKind, Plan, Reason, TimeRange, Wants, Window};
use serde_json::json;
use std::sync::atomic::Ordering;

const TEXT: &str = "cannot be had now; results exclude what is there: could not read events/";

/// 120 rows of the first two minutes in one file, 30 of the tenth in another, one live row of the hundredth. All of one trace.
async fn hive() -> Hive {
    let mut hive = Hive::new().await;
    let rows = |from: i64, count: i64| {
        let row = |index: i64| {
            let mut row = event(from + index, json!({"n": index, "color": "red"}));
            row["trace"] = json!("t");
            row
        };
        (0..count).map(row).collect::<Vec<_>>()
    };
    hive.send(&rows(0, 120)).await;
    hive.flush().await;
    hive.send(&rows(600, 30)).await;
    hive.flush().await;
    hive.send(&rows(6_000, 1)).await;
    hive.is_away.store(true, Ordering::SeqCst);
    hive
}

fn check(notes: &[Note], files: &str, events: u64, window: Window) {
    let [note] = notes else { panic!("one note: {notes:?}") };
    assert!(
        note.text.starts_with(&format!("{files} {TEXT}")) && note.text.ends_with(": object store unreachable for 7 ms"),
        "{}",
        note.text
    );
    let missing = note.missing.clone().unwrap();
    assert_eq!(
        (note.kind, missing.reason, missing.events, missing.window),
        (NoteKind::Partial, Reason::Unreachable, Some(events), Some(window))
    );
    assert_eq!(missing.file.is_some(), files == "1 data file");
}

fn window(from: i64, to: i64) -> Window {
    Window { start_ns: START_NS + from * SECOND_NS, end_ns: START_NS + to * SECOND_NS + 1 }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sort_of_question_is_answered_with_what_there_is() {
    let hive = hive().await;
    let both = window(0, 629);
    let answer = hive.ask("COUNT, SUM(n)").await;
    assert_eq!(answer.results[0].values[0], Measure::Int(1));
    check(&answer.notes, "2 data files", 150, both);
    assert_eq!(answer.notes[0].covered, Some(Window { start_ns: both.end_ns, end_ns: two_hours().window.end_ns }));

    let rows = hive.engine.events(LOCAL, &EventsRequest::all(two_hours()), Cancel::default()).await.unwrap();
    assert_eq!(rows.rows.len(), 1);
    check(&rows.notes, "2 data files", 150, both);
    let request = TraceRequest { trace_id: TraceId::from_text("t"), near_ns: None };
    let trace = hive.engine.trace(LOCAL, request, Cancel::default()).await.unwrap();
    assert_eq!(trace.rows.len(), 1);
    check(&trace.notes, "2 data files", 150, both);
    let color = Column::exact("color");
    let values = ValuesRequest {
        column: color.clone(),
        prefix: String::new(),
        time: two_hours(),
        datasets: None,
        filters: Filters::default(),
        fields: Vec::new(),
        limit: 10,
    };
    let values = hive.engine.values(LOCAL, &values, Cancel::default()).await.unwrap();
    assert_eq!(values.values, [(GroupValue::Str("red".to_owned()), 1)]);
    check(&values.notes, "2 data files", 150, both);
    let columns = ColumnsRequest { prefix: "col".to_owned(), window: None, datasets: None };
    let columns = hive.engine.columns(LOCAL, &columns, Cancel::default()).await.unwrap();
    assert_eq!((columns.columns.len(), columns.events, columns.is_partial), (1, 1, true));
    let parts = vec![SelectionPart::Equals { column: color, value: GroupValue::Str("red".to_owned()) }];
    let selection = Selection { window: two_hours().window, parts };
    let compared = hive.engine.compare(LOCAL, &plan("COUNT"), &selection, None, Cancel::default()).await.unwrap();
    assert_eq!(compared.selected.rows, 1);
    check(&compared.notes, "2 data files", 150, both);

    // The same question again, once they can be had.
    hive.is_away.store(false, Ordering::SeqCst);
    let answer = hive.ask("COUNT, SUM(n)").await;
    assert_eq!((answer.results[0].values[0].clone(), answer.notes.len()), (Measure::Int(151), 0));
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_is_there_still() {
    let hive = hive().await;
    hive.is_away.store(false, Ordering::SeqCst);
    let early = Plan { time: TimeRange::between(START_NS, START_NS + 300 * SECOND_NS).unwrap(), ..plan("COUNT") };
    assert_eq!(hive.answer(&early, Wants::TABLE).await.results[0].values[0], Measure::Int(120));
    hive.is_away.store(true, Ordering::SeqCst);
    // What all rows of the file come to is known, and nothing of the other file.
    let answer = hive.answer(&plan("COUNT"), Wants::TABLE).await;
    assert_eq!(answer.results[0].values[0], Measure::Int(121));
    check(&answer.notes, "1 data file", 30, window(600, 629));
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_nothing_else_is_refused() {
    let hive = hive().await;
    let time = TimeRange::between(START_NS, START_NS + 700 * SECOND_NS).unwrap();
    let early = Plan { time, ..plan("COUNT") };
    let refused = |error: EngineError| {
        assert!(matches!(&error, EngineError::Read(read) if read.is_away()), "{error}");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    };
    refused(hive.engine.query(LOCAL, &early, Wants::ALL, Cancel::default()).await.unwrap_err());
    refused(hive.engine.events(LOCAL, &EventsRequest::all(time), Cancel::default()).await.unwrap_err());
    // An export goes without nothing, also where there is something.
    let request = StoredRequest { events: EventsRequest::all(two_hours()), after: 0, through: 1_000, rows: 1_000, whole_spans: false };
    refused(hive.engine.stored(LOCAL, &request, Cancel::default()).await.unwrap_err());
    hive.is_away.store(false, Ordering::SeqCst);
    assert_eq!(hive.answer(&early, Wants::ALL).await.results[0].values[0], Measure::Int(150));
    let page = hive.engine.stored(LOCAL, &request, Cancel::default()).await.unwrap();
    assert_eq!((page.batch.unwrap().num_rows(), page.notes.len()), (151, 0));
    hive.close().await;
}
