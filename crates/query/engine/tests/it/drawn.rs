//! Random events, and random questions about them that the engine and the reference must answer alike.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS};
use glasshive_model::shown::ShownRow;
use glasshive_query_engine::Cancel;
use glasshive_query_plan::compare::{Tolerance, differences};
use glasshive_query_plan::random::{self, Random, Vocabulary};
use glasshive_query_plan::{Wants, reference, text};
use serde_json::{Map, Value as Json, json};

/// Plans and requests asked in each state of each store.
const QUESTIONS: u64 = 60;

/// Asks the engine and the reference, and compares.
pub async fn check(hive: &Hive, seed: u64, state: &str) {
    let vocabulary = Vocabulary::of_rows(&hive.rows).unwrap();
    for question in 0..QUESTIONS {
        let mut random = Random::new(seed << 32 | question);
        let plan = random::plan(&mut random, &vocabulary);
        let expected = reference::evaluate(&plan, &hive.rows, Wants::ALL);
        let actual = hive.answer(&plan, Wants::ALL).await;
        let found = differences(&plan, &expected, &actual, Tolerance::default());
        assert!(found.is_empty(), "seed {seed}, {state}, question {question}: {}\n{}", text::to_text(&plan), found.join("\n"));

        let request = random::events(&mut random, &vocabulary);
        let expected: Vec<&ShownRow> = reference::events(&request, &hive.rows);
        let actual = hive.engine.events(LOCAL, &request, Cancel::default()).await.unwrap();
        let what = || format!("seed {seed}, {state}, question {question}: {}", text::events_to_text(&request));
        assert_eq!(actual.rows.len(), expected.len(), "{}", what());
        for (actual, expected) in actual.rows.iter().zip(expected) {
            assert_eq!(actual, expected, "{}", what());
        }
    }
}

/// A request of events that are unlike those of other requests.
pub fn request_of(random: &mut Random, request: u64) -> Vec<Event> {
    let weights: &[f64] = if request.is_multiple_of(3) { &[1.0] } else { &[1.0, 1.0, 2.0, 10.0, 1.5] };
    (0..80).map(|_| draw(random, request, weights)).collect()
}

fn draw(random: &mut Random, request: u64, weights: &[f64]) -> Event {
    let pick = |random: &mut Random, items: &[Json]| random.pick(items).cloned().unwrap();
    let mut fields = Map::new();
    let mut set = |random: &mut Random, percent: u64, name: &str, value: Json| {
        if random.chance(percent) {
            fields.insert(name.to_owned(), value);
        }
    };
    let number = random.below(1_000) as i64;
    let route = pick(random, &[json!("/a"), json!("/b"), json!("/c/long/route/with/many/parts/to/be/more/than/twelve"), json!("")]);
    set(random, 90, "route", route);
    let mixed =
        pick(random, &[json!(number), json!(number.to_string()), json!(number as f64 / 4.0), json!(true), json!(null), json!([1, 2])]);
    set(random, 60, "mixed", mixed);
    let status = pick(random, &[json!(200), json!(404), json!(500)]);
    let old = random.chance(50);
    set(random, 80, if old { "http.status_code" } else { "http.response.status_code" }, status.clone());
    set(random, 5, "http.status_code", json!(null));
    set(random, 5, "http.response.status_code", json!("teapot"));
    set(random, 50, "bytes", json!(number * number - 500));
    set(random, 50, "ratio", json!((number - 500) as f64 / 7.0));
    set(random, 5, "ratio", json!(-0.0));
    set(random, 5, "ratio", json!("inf"));
    set(random, 30, "flag", json!(number % 3 == 0));
    set(random, 10, "error", json!(true));
    set(random, 20, "user.id", json!(format!("user-{}", number % 50)));
    set(random, 20, "enduser.id", json!(number % 50));
    set(random, 20, "net.peer.name", json!(format!("peer-{}", number % 5)));
    set(random, 10, "server.address", json!(format!("server-{}", number % 5)));
    set(random, 15, "service.name", json!(if number % 2 == 0 { "backend" } else { "other" }));
    set(random, 10, "host.name", json!(number % 3));
    set(random, 3, "name", json!("an attribute"));
    set(random, 3, "duration_ms", json!(number));
    set(random, 3, "span.kind", json!("server"));
    set(random, 2, "type", json!(7));
    set(random, 5, "meta.self_telemetry", json!(number % 2 == 0));
    if request > 2 {
        set(random, 30, "late", json!(number));
        set(random, 20, "flag", json!("yes"));
    }
    let mut event = json!({
        "t": random.below(4 * 3_600) as i64 * SECOND_NS + random.below(1_000_000) as i64,
        "dataset": pick(random, &[json!("shop"), json!("cart"), json!("shop")]),
        "signal": pick(random, &[json!(0), json!(1), json!(1), json!(2), json!(3)]),
        "annotation": pick(random, &[json!(0), json!(0), json!(1), json!(2)]),
        "weight": weights[random.below(weights.len() as u64) as usize],
        "f": fields,
        "r": {"service.name": pick(random, &[json!("backend"), json!("front"), json!("db")]), "host.name": "h1"},
        "s": pick(random, &[json!({}), json!({"host.name": "h2", "version": "1"}), json!({"bytes": 7, "version": "2"})]),
    });
    let mut add = |random: &mut Random, percent: u64, name: &str, value: Json| {
        if random.chance(percent) {
            event[name] = value;
        }
    };
    let is_long = random.chance(20);
    add(random, 80, "duration", json!(number * if is_long { 7_000_000_003 } else { 1_000_003 }));
    add(random, 80, "trace", json!(format!("{:032x}", 1 + number % 40)));
    add(random, 70, "span", json!(format!("{:016x}", 1 + number)));
    add(random, 60, "parent", json!(format!("{:016x}", 1 + number % 40 + 40 * (number % 3))));
    let name = pick(random, &[json!("GET /a"), json!("SELECT"), json!("publish")]);
    add(random, 90, "name", name);
    add(random, 70, "kind", json!(number % 8));
    add(random, 60, "status", json!(number % 3));
    event
}
