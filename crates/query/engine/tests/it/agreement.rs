//! Random plans over random weighted events: the engine and the reference give the same answers, whether rows are live, in
//! files, read back after a restart, or merged.

use crate::drawn::{check, request_of};
use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, two_threads};
use glasshive_query_engine::{Cancel, Engine, EngineConfig};
use glasshive_query_plan::compare::{Tolerance, differences};
use glasshive_query_plan::random::{self, Random, Vocabulary};
use glasshive_query_plan::{Plan, TimeRange, Wants, Window, reference, text};

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
