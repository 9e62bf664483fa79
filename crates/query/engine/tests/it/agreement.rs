//! Random plans over random weighted events: the engine and the reference give the same answers, whether rows are live, in
//! files, read back after a restart, or merged.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, two_threads};
use glasshive_model::shown::ShownRow;
use glasshive_query_engine::{Cancel, Engine, EngineConfig};
use glasshive_query_plan::compare::{Tolerance, differences};
use glasshive_query_plan::random::{self, Random, Vocabulary};
use glasshive_query_plan::{Plan, TimeRange, Wants, Window, reference, text};
use serde_json::{Map, Value as Json, json};

/// Plans and requests asked in each state of each store.
const QUESTIONS: u64 = 60;
/// Plans asked again and again.
const REPEATED: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn random_plans_agree_with_the_reference() {
    for seed in 0..4 {
        let mut random = Random::new(seed);
        let mut hive = Hive::new().await;
        let requests: Vec<Vec<Event>> = (0..6).map(|request| request_of(&mut random, request)).collect();
        for events in &requests[..3] {
            hive.send(events).await;
        }
        check(&hive, seed, "live").await;
        hive.flush().await;
        check(&hive, seed, "flushed").await;
        for events in &requests[3..] {
            hive.send(events).await;
        }
        check(&hive, seed, "half flushed").await;
        let hive = hive.reopen().await;
        check(&hive, seed, "reopened").await;
        hive.flush().await;
        check(&hive, seed, "all flushed").await;
        hive.merge().await;
        check(&hive, seed, "merged").await;
        hive.close().await;
    }
}

/// What was kept of earlier questions, in caches in which much is thrown out too, changes no answer; nor does a window that
/// moves over them.
#[tokio::test(flavor = "multi_thread")]
async fn questions_asked_again_agree_with_the_reference() {
    for seed in 100..102 {
        let mut random = Random::new(seed);
        let mut hive = Hive::new().await;
        let small = EngineConfig { partial_bytes: 48 << 10, footer_bytes: 64 << 10, ..two_threads() };
        let engines = [hive.engine_with(two_threads(), hive.clock()), hive.engine_with(small, hive.clock())];
        for requests in [3, 2] {
            for request in 0..requests {
                hive.send(&request_of(&mut random, request + 3 - requests)).await;
                hive.flush().await;
            }
            hive.send(&request_of(&mut random, 5)).await;
            for question in 0..REPEATED {
                check_again(&hive, &engines, seed, question).await;
            }
            hive.flush().await;
        }
        hive.close().await;
    }
}

async fn check_again(hive: &Hive, engines: &[Engine], seed: u64, question: u64) {
    let vocabulary = Vocabulary::of_rows(&hive.rows).unwrap();
    let plan = random::plan(&mut Random::new(seed << 32 | question), &vocabulary);
    let Window { start_ns, end_ns } = plan.time.window;
    let step_ns = plan.grid().step_ns.min(600 * SECOND_NS);
    let moved = start_ns.checked_add(step_ns).zip(end_ns.checked_add(step_ns));
    let moved = moved.and_then(|(start_ns, end_ns)| TimeRange::between(start_ns, end_ns).ok());
    let moved = moved.map_or_else(|| plan.clone(), |time| Plan { time, ..plan.clone() });
    let [expected, expected_moved] = [&plan, &moved].map(|plan| reference::evaluate(plan, &hive.rows, Wants::ALL));
    for (plan, expected) in [(&plan, &expected), (&moved, &expected_moved), (&plan, &expected)] {
        for engine in engines {
            let actual = engine.query(LOCAL, plan, Wants::ALL, Cancel::default()).await.unwrap();
            let found = differences(plan, expected, &actual, Tolerance::default());
            assert!(found.is_empty(), "seed {seed}, question {question}: {}\n{}", text::to_text(plan), found.join("\n"));
        }
    }
}

async fn check(hive: &Hive, seed: u64, state: &str) {
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

fn request_of(random: &mut Random, request: u64) -> Vec<Event> {
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
