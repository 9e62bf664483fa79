//! Columns by where their values came from: the resource, the scope, the event itself.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, plan, two_hours};
use expect_test::expect;
use glasshive_query_engine::Cancel;
use glasshive_query_plan::{EventsRequest, NoteKind, Wants, text};
use serde_json::json;

/// The same attribute of a resource, of a scope over it, of an event alone, and of an event whose resource says otherwise.
fn events() -> Vec<Event> {
    let event = |second: i64, of: serde_json::Value| {
        let mut event = json!({"t": second * SECOND_NS, "name": format!("e{second}")});
        event.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        event
    };
    vec![
        event(1, json!({"r": {"host.name": "h1", "size": 3}})),
        event(2, json!({"f": {"host.name": "h2", "size": 5}})),
        event(3, json!({"r": {"host.name": "h1"}, "s": {"host.name": "h3", "version": 1}})),
        event(4, json!({"r": {"host.name": "h1"}, "f": {"host.name": "h4"}})),
        event(5, json!({"r": {"deployment.environment": "test"}, "duration": 5_000_000})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_says_where_a_value_came_from() {
    let mut hive = Hive::new().await;
    let events = events();
    // Before any value lost to another, so that no column has a prefix of its own.
    hive.send(&events[..2]).await;
    assert_eq!(hive.results("COUNT WHERE resource.host.name = h1").await, "[] -> [1]\n");
    hive.send(&events[2..4]).await;
    hive.flush().await;
    hive.send(&events[4..]).await;
    for state in ["half live", "flushed", "merged"] {
        let groups = async |question: &str| hive.results(&format!("{question} ORDER BY COUNT desc")).await;
        expect![[r#"
            ["h1"] -> [3]
            [null] -> [2]
        "#]]
        .assert_eq(&groups("COUNT GROUP BY resource.host.name").await);
        expect![[r#"
            [null] -> [4]
            ["h3"] -> [1]
        "#]]
        .assert_eq(&groups("COUNT GROUP BY scope.host.name").await);
        expect![[r#"
            [null] -> [3]
            ["h2"] -> [1]
            ["h4"] -> [1]
        "#]]
        .assert_eq(&groups("COUNT GROUP BY span.host.name").await);
        for (question, expected) in [
            ("COUNT WHERE span.host.name exists", "[2]"),
            ("COUNT WHERE span.host.name != h2", "[4]"),
            ("COUNT WHERE resource.host.name does-not-exist", "[2]"),
            // What is kept under the whole name, and nothing else.
            ("COUNT WHERE =resource.host.name exists", "[2]"),
            ("COUNT WHERE scope.version = 1 AND span.host.name !?", "[1]"),
            ("COUNT WHERE resource.deployment.environment.name = test", "[1]"),
            ("COUNT WHERE span.duration_ms = 5 AND resource.duration_ms !?", "[1]"),
            ("SUM(size), SUM(resource.size), SUM(span.size), SUM(scope.size)", "[8.0,3.0,5.0,null]"),
            ("COUNT_DISTINCT(span.host.name), COUNT(resource.host.name), P50(span.size)", "[2,3,5.0]"),
            ("WITH h = $resource.host.name COUNT(h), COUNT_DISTINCT(h)", "[3,1]"),
        ] {
            assert_eq!(hive.results(question).await, format!("[] -> {expected}\n"), "{state}: {question}");
        }
        match state {
            "half live" => hive.flush().await,
            _ => hive.merge().await,
        }
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_rows_have_such_columns_under_their_names() {
    let mut hive = Hive::new().await;
    hive.send(&events()).await;
    for _ in ["live", "flushed"] {
        let asked = text::parse_events("name, resource.host.name, span.host.name, scope.host.name", START_NS).unwrap();
        let asked = EventsRequest { time: two_hours(), ..asked };
        let rows = hive.engine.events(LOCAL, &asked, Cancel::default()).await.unwrap().rows;
        let line = |fields: &[(String, glasshive_model::Value)]| {
            fields.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
        };
        let told: Vec<String> = rows.iter().map(|row| line(&row.fields)).collect();
        assert_eq!(
            told,
            [
                "name e5",
                "name e4, resource.host.name h1, span.host.name h4",
                "name e3, resource.host.name h1, scope.host.name h3",
                "name e2, span.host.name h2",
                "name e1, resource.host.name h1",
            ]
        );
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_came_from_nowhere_are_told() {
    let mut hive = Hive::new().await;
    hive.send(&events()).await;
    let asked = plan("COUNT, SUM(resource.nowhere) WHERE span.nothing exists OR resource.host.name exists GROUP BY scope.size");
    let notes = hive.answer(&asked, Wants::TABLE).await.notes;
    let unknown: Vec<&str> = notes.iter().filter(|note| note.kind == NoteKind::UnknownColumn).map(|note| note.text.as_str()).collect();
    assert_eq!(unknown, ["no event has a column \"resource.nowhere\"", "no event has a column \"span.nothing\""]);
    hive.close().await;
}
