//! Questions that are asked again and again, as boards do: only rows that are new are looked at.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, event, plan, small_store, two_threads};
use glasshive_query_engine::{Cancel, Cost, Engine, EngineConfig};
use glasshive_query_plan::compare::{Tolerance, differences};
use glasshive_query_plan::{Plan, Reason, TimeRange, Wants, reference, text};
use glasshive_store::StoreConfig;
use serde_json::json;

const BOARD: [&str; 6] = [
    "COUNT STEP 60s",
    "COUNT, P99(duration_ms) GROUP BY route STEP 60s",
    "HEATMAP(duration_ms) STEP 60s",
    "COUNT_DISTINCT(user), RATE_SUM(n) GROUP BY route STEP 60s",
    "AVG(n), MIN(n), MAX(n), SUM(n) WHERE user exists GROUP BY name ORDER BY AVG(n) LIMIT 2 STEP 60s",
    "WITH slow = $duration_ms > 20 COUNT, P50(n) GROUP BY slow, route HAVING COUNT > 1 STEP 60s",
];

/// Rows of one second each from `first` on.
fn rows(first: i64, count: i64) -> Vec<Event> {
    let row = |second: i64| {
        let fields = json!({"n": second % 97, "route": format!("/route/number/{}", second % 5), "user": format!("user {}", second % 31)});
        json!({"t": second * SECOND_NS, "duration": (second % 50) * 1_000_000 + 1, "name": format!("name {}", second % 3), "f": fields})
    };
    (first..first + count).map(row).collect()
}

/// Files of some hundred rows, none in the first ten minutes.
async fn filled() -> Hive {
    let mut hive = Hive::new().await;
    for first in [1_000, 2_000, 3_700] {
        hive.send(&rows(first, 300)).await;
        hive.flush().await;
    }
    hive
}

/// A question over the two hours from some seconds after [`START_NS`] on.
fn moved(question: &str, seconds: i64) -> Plan {
    let mut plan = plan(question);
    let start_ns = START_NS + seconds * SECOND_NS;
    plan.time = TimeRange::between(start_ns, start_ns + 7_200 * SECOND_NS).unwrap();
    plan
}

/// Asks, compares with the reference, and tells the cost.
async fn ask(hive: &Hive, engine: &Engine, plan: &Plan) -> Cost {
    let (answer, cost) = engine.query_with_cost(LOCAL, plan, Wants::ALL, Cancel::default()).await.unwrap();
    let expected = reference::evaluate(plan, &hive.rows, Wants::ALL);
    let found = differences(plan, &expected, &answer, Tolerance::default());
    assert!(found.is_empty(), "{}\n{}", text::to_text(plan), found.join("\n"));
    cost
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_run_of_a_board_looks_at_new_rows_alone() {
    let mut hive = filled().await;
    for question in BOARD {
        let cost = ask(&hive, &hive.engine, &moved(question, 0)).await;
        assert_eq!((cost.rows_scanned, cost.rows_kept, cost.files_read), (900, 0, 3), "{question}");
    }
    for question in BOARD {
        let cost = ask(&hive, &hive.engine, &moved(question, 0)).await;
        let found = (cost.rows_scanned, cost.rows_kept, cost.files_read, cost.files_kept, cost.files_skipped, cost.bytes_read);
        assert_eq!(found, (0, 900, 0, 3, 3, 0), "{question}");
    }
    // A new file and live rows, and a window that has moved on by a minute.
    hive.send(&rows(6_000, 120)).await;
    hive.flush().await;
    hive.send(&rows(7_190, 40)).await;
    for question in BOARD {
        let cost = ask(&hive, &hive.engine, &moved(question, 60)).await;
        assert_eq!((cost.rows_scanned, cost.rows_kept, cost.files_read, cost.files_kept), (160, 900, 1, 3), "{question}");
    }
    for question in BOARD {
        let cost = ask(&hive, &hive.engine, &moved(question, 120)).await;
        assert_eq!((cost.rows_scanned, cost.rows_kept, cost.live_chunks), (40, 1_020, 1), "{question}");
    }
    // Another step is another question.
    let cost = ask(&hive, &hive.engine, &moved("COUNT STEP 300s", 120)).await;
    assert_eq!(cost.rows_scanned, 1_060);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_files_at_the_edge_of_the_window_the_row_groups_inside_are_kept() {
    let mut hive = Hive::with(StoreConfig { own_file_rows: 1, ..small_store() }, two_threads()).await;
    // Ten row groups of 64 seconds.
    hive.send(&rows(0, 640)).await;
    hive.flush().await;
    let question = "COUNT, P99(duration_ms) GROUP BY route STEP 60s";
    assert_eq!(ask(&hive, &hive.engine, &moved(question, 70)).await.rows_scanned, 576, "the first group is not in the window");
    let cost = ask(&hive, &hive.engine, &moved(question, 130)).await;
    assert_eq!((cost.rows_scanned, cost.rows_kept), (64, 448), "the third is cut by the window's start");
    let cost = ask(&hive, &hive.engine, &moved(question, -60)).await;
    assert_eq!((cost.rows_scanned, cost.rows_kept), (128, 512), "the first two were not read as a whole");
    let cost = ask(&hive, &hive.engine, &moved(question, 0)).await;
    assert_eq!((cost.rows_scanned, cost.rows_kept), (0, 640));
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_more_than_a_files_rows_is_looked_at_anew() {
    let hive = filled().await;
    let linear = moved("HEATMAP(n)", 0);
    let passes = [ask(&hive, &hive.engine, &linear).await.rows_scanned, ask(&hive, &hive.engine, &linear).await.rows_scanned];
    assert_eq!(passes, [1_800, 900], "which rows it has is known, what is in them is not");
    for question in ["CONCURRENCY STEP 60s", "COUNT WHERE root.name exists"] {
        let plan = moved(question, 0);
        let first = ask(&hive, &hive.engine, &plan).await;
        let second = ask(&hive, &hive.engine, &plan).await;
        assert_eq!((first.rows_scanned, 0), (second.rows_scanned, second.rows_kept), "{question}");
        assert!(first.rows_scanned >= 900, "{question}");
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_and_types_that_come_later_change_no_old_row() {
    let mut hive = filled().await;
    let question = moved("COUNT, SUM(n), P50(n), COUNT_DISTINCT(n) GROUP BY n STEP 60s", 0);
    ask(&hive, &hive.engine, &question).await;
    let weighted = |mut row: Event| {
        row["weight"] = json!(2.5);
        row
    };
    hive.send(&rows(6_000, 20).into_iter().map(weighted).collect::<Vec<_>>()).await;
    let cost = ask(&hive, &hive.engine, &question).await;
    assert_eq!((cost.rows_scanned, cost.rows_kept), (20, 900), "weights are a file's own");
    // Now the column is of two types, and groups are told apart by type.
    hive.send(&[event(6_100, json!({"n": "five"})), event(6_101, json!({"n": 5.0}))]).await;
    let cost = ask(&hive, &hive.engine, &question).await;
    assert_eq!((cost.rows_scanned, cost.rows_kept), (922, 0), "it is another question");
    assert_eq!(ask(&hive, &hive.engine, &question).await.rows_kept, 900);
    hive.send(&[event(6_102, json!({"n": null, "route": null}))]).await;
    ask(&hive, &hive.engine, &question).await;
    hive.flush().await;
    ask(&hive, &hive.engine, &question).await;
    assert_eq!(ask(&hive, &hive.engine, &question).await.rows_scanned, 0);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_and_filters_are_told_apart() {
    let mut hive = Hive::new().await;
    let in_dataset = |first: i64, dataset: &str| {
        let mut rows = rows(first, 60);
        rows.iter_mut().for_each(|row| row["dataset"] = json!(dataset));
        rows
    };
    hive.send(&in_dataset(100, "shop")).await;
    hive.send(&in_dataset(200, "cart")).await;
    hive.flush().await;
    for _ in 0..2 {
        for question in ["COUNT", "COUNT IN shop", "COUNT IN cart", "COUNT IN cart, shop", "COUNT WHERE n > 3", "COUNT WHERE n > 4"] {
            ask(&hive, &hive.engine, &moved(question, 0)).await;
        }
    }
    let cost = ask(&hive, &hive.engine, &moved("COUNT IN shop, cart", 0)).await;
    assert_eq!((cost.rows_scanned, cost.rows_kept), (0, 120), "all datasets of the file are wanted, as without names");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_partials_are_not_kept_and_cost_no_answer() {
    let mut hive = Hive::with(StoreConfig { row_group_rows: 1 << 20, own_file_rows: 1, ..small_store() }, two_threads()).await;
    for part in 0..2 {
        let row = |row: i64| event(part * 1_000 + row / 10, json!({"id": format!("a user by the name of {part} {row}")}));
        hive.send(&(0..9_000).map(row).collect::<Vec<_>>()).await;
        hive.flush().await;
    }
    let engine = hive.engine_with(EngineConfig { partial_bytes: 1 << 20, ..two_threads() }, hive.clock());
    for _ in 0..2 {
        let cost = ask(&hive, &engine, &moved("COUNT GROUP BY id LIMIT 5", 0)).await;
        assert_eq!((cost.rows_scanned, cost.rows_kept), (18_000, 0));
    }
    for rows_scanned in [18_000, 0] {
        assert_eq!(ask(&hive, &engine, &moved("COUNT_DISTINCT(id)", 0)).await.rows_scanned, rows_scanned, "other questions go on");
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_told_each_time() {
    let hive = filled().await;
    hive.damage_a_file();
    for rows_kept in [0, 600, 600] {
        let plan = moved("COUNT, SUM(n)", 0);
        let (answer, cost) = hive.engine.query_with_cost(LOCAL, &plan, Wants::TABLE, Cancel::default()).await.unwrap();
        assert_eq!(answer.notes[0].missing.as_ref().unwrap().reason, Reason::Damage);
        assert_eq!(answer.results[0].values[0], glasshive_query_plan::Measure::Int(600));
        assert_eq!(cost.rows_kept, rows_kept);
    }
    hive.close().await;
}
