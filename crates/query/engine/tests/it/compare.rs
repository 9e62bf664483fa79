//! Which rows a selection selects: by columns of their own, of other spans, and calculated ones.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, plan, small_store, two_hours, two_threads};
use glasshive_query_engine::{Cancel, Comparison, Selection, SelectionPart};
use glasshive_query_plan::{Column, GroupValue, NoteKind, Window};
use glasshive_store::StoreConfig;
use serde_json::json;

fn span(trace: u8, span: u8, parent: Option<u8>, name: &str, number: i64) -> Event {
    let mut event = json!({
        "t": i64::from(span) * SECOND_NS, "trace": format!("{trace:032x}"), "span": format!("{span:016x}"), "name": name,
        "f": {"number": number, "http.status_code": 200 + i64::from(trace)},
    });
    if let Some(parent) = parent {
        event["parent"] = json!(format!("{parent:016x}"));
    }
    event
}

fn equals(column: &str, value: GroupValue) -> SelectionPart {
    SelectionPart::Equals { column: Column::from_shown(column), value }
}

fn text(value: &str) -> GroupValue {
    GroupValue::Str(value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn selections_by_any_column_that_a_question_may_name() {
    let mut hive = Hive::new().await;
    hive.send(&[span(1, 1, None, "home", 5), span(1, 2, Some(1), "query", 50), span(1, 3, Some(1), "query", 7)]).await;
    hive.flush().await;
    hive.send(&[span(2, 4, None, "cart", 100), span(2, 5, Some(4), "query", 2)]).await;
    let compare = async |question: &str, part: SelectionPart| {
        let selection = Selection { window: two_hours().window, parts: vec![part] };
        let found = hive.engine.compare(LOCAL, &plan(question), &selection, None, Cancel::default()).await.unwrap();
        (found.selected.rows, found.rest.rows, found.notes)
    };
    let range = |column: &str, low, high| SelectionPart::Range { column: Column::from_shown(column), low, high };
    for (question, part, selected) in [
        ("COUNT", equals("name", text("query")), 3),
        ("COUNT", equals("root.name", text("home")), 3),
        ("COUNT", equals("root.name", text("cart")), 2),
        ("COUNT", equals("parent.name", GroupValue::Null), 2),
        ("COUNT", range("root.number", 50.0, f64::INFINITY), 2),
        ("COUNT", range("child.number", f64::NEG_INFINITY, 50.0), 1),
        ("COUNT", equals("http.response.status_code", GroupValue::Int(201)), 3),
        ("WITH slow = $number > 6 COUNT", equals("slow", GroupValue::Bool(true)), 3),
        ("WITH slow = $number > 6 COUNT", equals("root.slow", GroupValue::Bool(false)), 3),
        ("WITH double = $number * 2 COUNT", range("double", 14.0, 100.0), 1),
    ] {
        let name = part.column().to_string();
        let (found, rest, notes) = compare(question, part).await;
        assert_eq!((found, rest, notes), (selected, 5 - selected, Vec::new()), "{name}");
    }
    let (found, rest, _) = compare("COUNT WHERE root.name = home", equals("root.number", GroupValue::Int(5))).await;
    assert_eq!((found, rest), (3, 0), "conditions and selection are about one span");
    let (found, _, notes) = compare("COUNT WHERE nothing = 1", equals("none.such", text("x"))).await;
    let said: Vec<&str> = notes.iter().filter(|note| note.kind == NoteKind::UnknownColumn).map(|note| note.text.as_str()).collect();
    assert_eq!((found, said.len()), (0, 1), "{said:?}");
    let (found, _, notes) = compare("COUNT", equals("nothing", text("x"))).await;
    assert_eq!((found, notes[0].text.as_str()), (0, "no event has a column \"nothing\""));
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_a_metrics_histograms_is_told_to_select_nothing() {
    let mut hive = Hive::new().await;
    let point = |second: i64| {
        let descriptors = json!({"took": {"kind": "histogram", "temporality": "delta"}});
        let buckets = json!({"bounds": [1.0, 2.0], "counts": [3, 2, 1]});
        json!({"t": second * SECOND_NS, "signal": 2, "f": {"took.histogram": buckets, "took.count": 6, "metric.descriptors": descriptors}})
    };
    hive.send(&[point(1), point(2), json!({"t": 3 * SECOND_NS, "f": {"number": 5}})]).await;
    for column in ["took", "took.histogram"] {
        let part = SelectionPart::Range { column: Column::from_shown(column), low: 1.0, high: 2.0 };
        let selection = Selection { window: two_hours().window, parts: vec![part] };
        let found = hive.engine.compare(LOCAL, &plan("HEATMAP(took)"), &selection, None, Cancel::default()).await.unwrap();
        assert_eq!((found.selected.rows, found.rest.rows), (0, 3));
        let said: Vec<(NoteKind, bool)> =
            found.notes.iter().map(|note| (note.kind, note.text.contains("a range of them selects no single events"))).collect();
        assert_eq!(said, [(NoteKind::TypeClash, true)], "{:?}", found.notes);
    }
    let part = SelectionPart::Range { column: Column::from_shown("took.count"), low: 1.0, high: 7.0 };
    let selection = Selection { window: two_hours().window, parts: vec![part] };
    let found = hive.engine.compare(LOCAL, &plan("HEATMAP(took)"), &selection, None, Cancel::default()).await.unwrap();
    assert_eq!((found.selected.rows, found.rest.rows, found.notes.len()), (2, 1, 0));
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_stands_for_all_rows_near_the_selection_and_far_from_it() {
    let mut hive = Hive::new().await;
    let event = |second: i64| {
        let kind = if second % 4 == 0 { "rare" } else { "usual" };
        json!({"t": second * SECOND_NS / 10, "f": {"kind": kind, "second": second}})
    };
    let events: Vec<Event> = (0..24_000).map(event).collect();
    for part in events[..20_000].chunks(5_000) {
        hive.send(part).await;
        hive.flush().await;
    }
    for part in events[20_000..].chunks(100) {
        hive.send(part).await;
    }
    let start_ns = two_hours().window.start_ns;
    // A narrow box: 600 of the rows.
    let window = Window { start_ns: start_ns + 1_000 * SECOND_NS, end_ns: start_ns + 1_060 * SECOND_NS };
    let rare = SelectionPart::Equals { column: Column::from_shown("kind"), value: text("rare") };
    for (window, parts) in [(window, Vec::new()), (two_hours().window, vec![rare])] {
        let selection = Selection { window, parts };
        let compared = async |sample| hive.engine.compare(LOCAL, &plan("COUNT"), &selection, sample, Cancel::default()).await.unwrap();
        let whole = compared(None).await;
        assert_eq!(whole.sampled, None);
        let same = compared(Some(24_000)).await;
        assert_eq!((same.sampled, same.selected, same.rest), (None, whole.selected, whole.rest), "there are no more rows than that");
        let some = compared(Some(6_000)).await;
        let sampled = some.sampled.unwrap();
        assert!(sampled.of == 24_000 && (3_000..9_000).contains(&sampled.rows), "{sampled:?}");
        assert_eq!(some.selected.rows + some.rest.rows, sampled.rows, "each row that is read is on one side");
        let all = some.selected.weight + some.rest.weight;
        assert!((all - 24_000.0).abs() < 1e-6, "they stand for all: {all}");
        let ratio = some.selected.weight / whole.selected.weight;
        assert!((0.8..1.25).contains(&ratio), "{ratio} of the selected");
        let share = |comparison: &Comparison, value: &str| {
            let column = comparison.columns.iter().find(|column| column.name == "kind").unwrap();
            let found = column.values.iter().find(|found| found.value == text(value)).unwrap();
            found.rest.weight / comparison.rest.weight
        };
        assert!((share(&some, "usual") - share(&whole, "usual")).abs() < 0.02);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_of_the_pages_that_the_question_would_read() {
    let mut hive = Hive::with(StoreConfig { row_group_rows: 1 << 20, ..small_store() }, two_threads()).await;
    let event = |tenth: i64| json!({"t": tenth * SECOND_NS / 10, "f": {"kind": if tenth % 10 == 0 { "rare" } else { "usual" }}});
    let events: Vec<Event> = (0..40_000).map(event).collect();
    hive.send(&events).await;
    hive.flush().await;
    let start_ns = two_hours().window.start_ns;
    let mut narrow = plan("COUNT");
    narrow.time.window = Window { start_ns: start_ns + 2_000 * SECOND_NS, end_ns: start_ns + 2_300 * SECOND_NS };
    let rare = SelectionPart::Equals { column: Column::from_shown("kind"), value: text("rare") };
    let selection = Selection { window: narrow.time.window, parts: vec![rare] };
    let compared = async |sample| hive.engine.compare(LOCAL, &narrow, &selection, sample, Cancel::default()).await.unwrap();
    let whole = compared(None).await;
    assert_eq!((whole.selected.rows, whole.rest.rows), (300, 2_700));
    let some = compared(Some(4_000)).await;
    let sampled = some.sampled.unwrap();
    assert!(sampled.of < 40_000 && sampled.rows <= 4_000, "{sampled:?}");
    let all = some.selected.weight + some.rest.weight;
    assert!((all / 3_000.0 - 1.0).abs() < 0.25, "they stand for all of the window: {all}");
}
