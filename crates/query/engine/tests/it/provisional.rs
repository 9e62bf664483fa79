//! What was told of a span before it ended gives way to what is told of it later, wherever both lie and in whatever order they came.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, two_hours};
use glasshive_model::TraceId;
use glasshive_model::shown::FieldRows;
use glasshive_query_engine::{Cancel, Selection, SelectionPart, TraceRequest};
use glasshive_query_plan::{Column, EventsRequest, GroupValue, text};
use serde_json::json;

const TRACE: &str = "6553f100a006649127e371903a2de979";
const SEGMENT: &str = "70de5b6f19ff9a0a";
const CHILD: &str = "1111111111111111";

/// A span that X-Ray told of, in a document that had ended or not.
fn told(second: i64, span: &str, name: &str, is_provisional: bool) -> Event {
    let fields = if is_provisional { json!({"meta.provisional": true, "meta.unfinished": true}) } else { json!({}) };
    json!({"t": second * SECOND_NS, "trace": TRACE, "span": span, "signal": 1, "source": "xray", "name": name, "f": fields})
}

/// An exception that hangs on a span.
fn exception(second: i64, span: &str, name: &str, is_provisional: bool) -> Event {
    let fields = if is_provisional { json!({"meta.provisional": true}) } else { json!({}) };
    json!({"t": second * SECOND_NS, "trace": TRACE, "parent": span, "signal": 1, "source": "xray", "annotation": 1, "name": name, "f": fields})
}

fn early() -> Vec<Event> {
    vec![told(10, SEGMENT, "early", true), told(11, CHILD, "early child", true), exception(12, CHILD, "early exception", true)]
}

fn ended() -> Vec<Event> {
    vec![told(10, SEGMENT, "ended", false), told(11, CHILD, "ended child", false), exception(12, CHILD, "ended exception", false)]
}

/// The names of all rows, by every way on which rows are read.
async fn check(hive: &Hive, when: &str, expected: &[&str]) {
    let mut expected: Vec<String> = expected.iter().map(|name| (*name).to_owned()).collect();
    expected.sort();
    for _ in ["first", "perhaps from what the first has kept"] {
        let answer = hive.ask("COUNT WHERE meta.source = xray GROUP BY name ORDER BY name asc").await;
        let lines = answer.results.iter().map(|row| format!("{:?} {:?}", row.group[0], row.values[0]));
        let counted: Vec<String> = lines.collect();
        let wanted: Vec<String> = expected.iter().map(|name| format!("Str({name:?}) Int(1)")).collect();
        assert_eq!(counted, wanted, "{when}");
    }
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let filters = text::parse_filters("meta.source = xray").unwrap();
    let request = EventsRequest { filters, limit: 100, ..EventsRequest::all(two_hours()) };
    let rows = hive.engine.events(LOCAL, &request, Cancel::default()).await.unwrap().rows;
    assert_eq!(sorted(rows.iter().filter_map(|row| Some(row.get("name")?.to_string())).collect()), expected, "raw rows, {when}");
    let trace = TraceRequest { trace_id: TraceId::from_text(TRACE), near_ns: None };
    let rows = hive.engine.trace(LOCAL, trace, Cancel::default()).await.unwrap().rows;
    assert_eq!(sorted(rows.iter().filter_map(|row| Some(row.get("name")?.to_string())).collect()), expected, "trace, {when}");
    let outline = hive.engine.trace_outline(LOCAL, trace, &["name"], Cancel::default()).await.unwrap();
    let names = (0..outline.len()).filter_map(|row| Some(outline.value(row, 0)?.to_string())).collect();
    assert_eq!(sorted(names), expected, "outline, {when}");
    let plan = crate::fixture::plan("COUNT WHERE meta.source = xray");
    let is_unfinished = SelectionPart::Equals { column: Column::exact("meta.unfinished"), value: GroupValue::Bool(true) };
    let selection = Selection { window: two_hours().window, parts: vec![is_unfinished] };
    let compared = hive.engine.compare(LOCAL, &plan, &selection, None, Cancel::default()).await.unwrap();
    assert_eq!(compared.selected.rows + compared.rest.rows, expected.len() as u64, "comparison, {when}");
}

/// Sends both documents one after the other, with a flush or not after each, and looks after each, then merged, then after a restart.
async fn walk(first: Vec<Event>, second: Vec<Event>, flushes: [bool; 2], between: &[&str], at_the_end: &[&str]) {
    let mut hive = Hive::new().await;
    // Others of the same file, so that the mark is a column of files that are mostly of others.
    hive.send(&[json!({"t": 10 * SECOND_NS, "name": "otlp", "trace": TRACE.replace('6', "7"), "span": SEGMENT, "signal": 1})]).await;
    for (sent, (document, is_flushed)) in [first, second].into_iter().zip(flushes).enumerate() {
        hive.send(&document).await;
        let expected = if sent == 0 { between } else { at_the_end };
        check(&hive, "live", expected).await;
        if is_flushed {
            hive.flush().await;
            check(&hive, "flushed", expected).await;
        }
    }
    hive.flush().await;
    check(&hive, "all in files", at_the_end).await;
    hive.merge().await;
    check(&hive, "merged", at_the_end).await;
    let hive = hive.reopen().await;
    check(&hive, "opened again", at_the_end).await;
    hive.close().await;
}

const EARLY: [&str; 3] = ["early", "early child", "early exception"];
const ENDED: [&str; 3] = ["ended", "ended child", "ended exception"];

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_takes_the_place_of_what_had_not() {
    walk(early(), ended(), [false, false], &EARLY, &ENDED).await;
    walk(early(), ended(), [true, false], &EARLY, &ENDED).await;
    walk(early(), ended(), [true, true], &EARLY, &ENDED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_overtaken_stays_away() {
    walk(ended(), early(), [false, false], &ENDED, &ENDED).await;
    walk(ended(), early(), [true, true], &ENDED, &ENDED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_had_not_ended_the_later_shows() {
    let later = vec![told(10, SEGMENT, "later", true)];
    // The child of the first document was not told again, and stays.
    walk(early(), later, [true, false], &EARLY, &["early child", "early exception", "later"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_ends_by_itself_leaves_its_segment_in_progress() {
    let child = vec![told(11, CHILD, "ended child", false)];
    walk(early(), child, [false, true], &EARLY, &["early", "ended child"]).await;
}
