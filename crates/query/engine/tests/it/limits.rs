//! Time, memory, slots, cancelling, and what is told about each.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, event, plan, small_store, two_hours, two_threads};
use glasshive_base::{BoxFuture, Clock, ErrorKind};
use glasshive_model::TraceId;
use glasshive_query_engine::{Cancel, EngineConfig, EngineError, TraceRequest};
use glasshive_query_plan::{Column, EventsRequest, Measure, NoteKind, Reason, Wants, Window};
use glasshive_store::StoreConfig;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A clock that does something whenever a query thread looks at it.
struct Watched<F> {
    below: Arc<dyn Clock>,
    looks: AtomicU64,
    /// Gets how often it was looked at before; gives the time, or leaves it to the clock below.
    look: F,
}

impl<F: Fn(u64) -> Option<Duration> + Send + Sync> Clock for Watched<F> {
    fn wall_ns(&self) -> i64 {
        self.below.wall_ns()
    }

    fn monotonic(&self) -> Duration {
        let is_query = std::thread::current().name() == Some("hive-query");
        let time = is_query.then(|| (self.look)(self.looks.fetch_add(1, Ordering::SeqCst))).flatten();
        time.unwrap_or_else(|| self.below.monotonic())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.below.sleep(duration)
    }
}

pub fn watched(hive: &Hive, look: impl Fn(u64) -> Option<Duration> + Send + Sync + 'static) -> Arc<dyn Clock> {
    Arc::new(Watched { below: hive.clock(), looks: AtomicU64::new(0), look })
}

/// One chunk per request, each later than the one before.
async fn ten_chunks() -> Hive {
    let mut hive = Hive::with(StoreConfig { seal_rows: usize::MAX, ..small_store() }, two_threads()).await;
    for chunk in 0..10 {
        let events: Vec<Event> =
            (0..20).map(|index| event(chunk * 100 + index, json!({"user": format!("user {}", chunk * 20 + index)}))).collect();
        hive.send(&events).await;
    }
    hive
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_limit_gives_what_was_found_and_says_so() {
    let hive = ten_chunks().await;
    let config = EngineConfig { threads: 1, time_limit: Duration::from_secs(5), ..EngineConfig::default() };
    let engine = hive.engine_with(config, watched(&hive, |looks| Some(Duration::from_secs(looks))));
    let answer = engine.query(LOCAL, &plan("COUNT"), Wants::ALL, Cancel::default()).await.unwrap();
    let note = &answer.notes[0];
    assert_eq!(note.kind, NoteKind::Partial);
    assert_eq!(note.text, "the query took longer than 5 s; the answer holds what was found by then");
    let Measure::Int(count) = answer.results[0].values[0] else { panic!("a count is an integer") };
    let covered = note.covered.expect("some chunks were looked at");
    let later = hive.rows.iter().filter(|row| covered.contains(row.time_ns)).count();
    assert!(0 < count && count < 200, "{count}");
    assert_eq!(count, later as i64, "the part that is named is all there");
    assert_eq!(covered.end_ns, START_NS + 7_200 * SECOND_NS);
    let missing = note.missing.clone().expect("a partial answer says what it is without");
    assert_eq!((missing.reason, missing.window), (Reason::TimeLimit, Some(Window { start_ns: START_NS, end_ns: covered.start_ns })));
    assert!(answer.is_partial());

    let none = hive.engine_with(EngineConfig { time_limit: Duration::ZERO, ..two_threads() }, hive.clock());
    let answer = none.query(LOCAL, &plan("COUNT, AVG(duration_ms)"), Wants::ALL, Cancel::default()).await.unwrap();
    let covered = answer.notes[0].covered.expect("after the last row nothing was missed");
    assert!(answer.notes[0].kind == NoteKind::Partial && !hive.rows.iter().any(|row| covered.contains(row.time_ns)));
    assert_eq!(answer.results[0].values, [Measure::Int(0), Measure::Null]);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_limited_in_words() {
    let hive = ten_chunks().await;
    let engine = hive.engine_with(EngineConfig { memory_bytes: 16 << 10, ..two_threads() }, hive.clock());
    let error = engine.query(LOCAL, &plan("COUNT, P99(duration_ms) GROUP BY user"), Wants::ALL, Cancel::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "query needed more than 16 KiB; add a filter, fewer groups, or raise query.memory");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(hive.ask("COUNT GROUP BY user").await.groups, 200, "others are not touched");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn percentiles_of_many_groups_take_what_their_values_take() {
    let mut hive = Hive::with(StoreConfig { seal_rows: usize::MAX, ..small_store() }, two_threads()).await;
    // 1,000 routes in 10 steps each: of two events, one takes a millisecond and one a minute.
    let requests = (0..20_000).map(|n| {
        let duration = if n / 10 % 2 == 0 { 1_000_000 } else { 60 * SECOND_NS };
        json!({"t": n % 10 * 700 * SECOND_NS, "duration": duration + n, "f": {"route": format!("route {}", n / 20)}})
    });
    hive.send(&requests.collect::<Vec<_>>()).await;
    let engine = hive.engine_with(EngineConfig { memory_bytes: 16 << 20, ..two_threads() }, hive.clock());
    for _ in ["live", "flushed"] {
        let answer = engine.query(LOCAL, &plan("P99(duration_ms) GROUP BY route STEP 700s"), Wants::ALL, Cancel::default()).await.unwrap();
        assert_eq!((answer.groups, answer.is_partial()), (1_000, false));
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calculated_text_is_charged() {
    let mut hive = ten_chunks().await;
    let long = "x".repeat(600);
    hive.send(&(0..100).map(|second| event(second, json!({"long": long}))).collect::<Vec<_>>()).await;
    let with = format!("WITH a = CONCAT({})", vec!["$long"; 100].join(", "));
    for _ in ["live", "flushed"] {
        let engine = hive.engine_with(EngineConfig { memory_bytes: 1 << 20, ..two_threads() }, hive.clock());
        for question in ["COUNT WHERE a = x", "COUNT(a)", "COUNT_DISTINCT(a)", "COUNT WHERE a = x OR user = y"] {
            let error = engine.query(LOCAL, &plan(&format!("{with} {question}")), Wants::TABLE, Cancel::default()).await.unwrap_err();
            assert!(matches!(error, EngineError::OutOfMemory { .. }), "{question}: {error}");
        }
        let count = engine.query(LOCAL, &plan("WITH a = CONCAT($long) COUNT(a)"), Wants::TABLE, Cancel::default()).await.unwrap();
        assert_eq!(count.results[0].values, [Measure::Int(300)], "null makes empty text");
        let columns = vec![Column::named("a")];
        let request = EventsRequest { limit: 300, columns, fields: plan(&with).fields, ..EventsRequest::all(two_hours()) };
        let found = engine.events(LOCAL, &request, Cancel::default()).await.unwrap();
        assert!(found.rows.len() < 300, "{}", found.rows.len());
        assert_eq!(found.notes[0].missing.as_ref().map(|missing| missing.reason), Some(Reason::Memory));
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_calculations_ends_with_the_time() {
    let mut hive = Hive::with(StoreConfig { seal_rows: usize::MAX, ..small_store() }, two_threads()).await;
    hive.send(&(0..500).map(|second| event(second, json!({"n": second}))).collect::<Vec<_>>()).await;
    for _ in ["live", "flushed"] {
        for question in ["WITH a = $n + 1 COUNT WHERE a exists", "WITH a = $n + 1 SUM(a)"] {
            let config = EngineConfig { threads: 1, time_limit: Duration::from_secs(100), ..EngineConfig::default() };
            let engine = hive.engine_with(config, watched(&hive, |looks| Some(Duration::from_secs(looks))));
            let answer = engine.query(LOCAL, &plan(question), Wants::TABLE, Cancel::default()).await.unwrap();
            assert!(answer.is_partial(), "{question}");
            let cancel = Cancel::default();
            let clock = watched(&hive, {
                let cancel = cancel.clone();
                move |looks| {
                    if looks == 100 {
                        cancel.cancel();
                    }
                    None
                }
            });
            let engine = hive.engine_with(EngineConfig { threads: 1, ..EngineConfig::default() }, clock);
            let outcome = engine.query(LOCAL, &plan(question), Wants::TABLE, cancel).await;
            assert!(matches!(outcome, Err(EngineError::Cancelled)), "{question}");
        }
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_rows_that_do_not_fit_are_missing_with_a_note() {
    let hive = ten_chunks().await;
    let engine = hive.engine_with(EngineConfig { memory_bytes: 64 << 10, ..two_threads() }, hive.clock());
    let request = EventsRequest { limit: 200, ..EventsRequest::all(two_hours()) };
    let found = engine.events(LOCAL, &request, Cancel::default()).await.unwrap();
    assert!(!found.rows.is_empty() && found.rows.len() < 200, "{}", found.rows.len());
    assert_eq!(found.notes[0].kind, NoteKind::Partial);
    let newest = hive.rows.iter().map(|row| row.time_ns).max();
    assert_eq!(found.rows.first().map(|row| row.time_ns), newest, "the newest are there");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_request_of_many_rows_the_newest_are_there() {
    let config = StoreConfig { seal_rows: usize::MAX, row_group_rows: 1 << 20, ..small_store() };
    let mut hive = Hive::with(config, two_threads()).await;
    let text = "x".repeat(500);
    let trace = "5759e988bd862e3fe1be46a994272793";
    let own = |second: i64| {
        let second = (second * 7) % 5_000;
        json!({"t": second * SECOND_NS, "trace": trace, "span": format!("{:016x}", second + 1), "f": {"text": text}})
    };
    hive.send(&(0..5_000).map(own).collect::<Vec<_>>()).await;
    let engine = hive.engine_with(EngineConfig { memory_bytes: 1 << 20, ..two_threads() }, hive.clock());
    for state in ["live", "flushed"] {
        let request = EventsRequest { limit: 5_000, ..EventsRequest::all(two_hours()) };
        let events = engine.events(LOCAL, &request, Cancel::default()).await.unwrap();
        let request = TraceRequest { trace_id: TraceId::from_text(trace), near_ns: None };
        let of_trace = engine.trace(LOCAL, request, Cancel::default()).await.unwrap();
        for found in [events, of_trace] {
            let seconds: Vec<i64> = found.rows.iter().map(|row| (row.time_ns - START_NS) / SECOND_NS).collect();
            assert!((100..1_500).contains(&seconds.len()), "{state}: {}", seconds.len());
            assert_eq!(seconds, (5_000 - seconds.len() as i64..5_000).rev().collect::<Vec<i64>>(), "{state}");
            assert_eq!(found.notes[0].missing.as_ref().map(|missing| missing.reason), Some(Reason::Memory), "{state}");
        }
        hive.flush().await;
    }
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_a_query() {
    let hive = ten_chunks().await;
    let cancel = Cancel::default();
    let in_the_middle = {
        let cancel = cancel.clone();
        watched(&hive, move |looks| {
            if looks == 4 {
                cancel.cancel();
            }
            None
        })
    };
    let engine = hive.engine_with(EngineConfig { threads: 1, ..EngineConfig::default() }, in_the_middle);
    let error = engine.query(LOCAL, &plan("COUNT"), Wants::ALL, cancel).await.unwrap_err();
    assert!(matches!(error, EngineError::Cancelled), "{error}");
    let count = engine.query(LOCAL, &plan("COUNT"), Wants::TABLE, Cancel::default()).await.unwrap();
    assert_eq!(count.results[0].values, [Measure::Int(200)]);
    hive.close().await;
}

/// Holds query threads up until it is opened.
#[derive(Default)]
struct Gate {
    is_closed: AtomicBool,
    held: Mutex<u64>,
    changed: Condvar,
}

impl Gate {
    fn pass(&self) {
        let mut held = self.held.lock().unwrap();
        *held += 1;
        self.changed.notify_all();
        while self.is_closed.load(Ordering::SeqCst) {
            held = self.changed.wait(held).unwrap();
        }
    }

    fn wait_for_one(&self) {
        let mut held = self.held.lock().unwrap();
        while *held == 0 {
            held = self.changed.wait(held).unwrap();
        }
    }

    fn open(&self) {
        let _held = self.held.lock().unwrap();
        self.is_closed.store(false, Ordering::SeqCst);
        self.changed.notify_all();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_and_a_dropped_query_frees_its_slot() {
    let hive = ten_chunks().await;
    let gate = Arc::new(Gate::default());
    gate.is_closed.store(true, Ordering::SeqCst);
    let clock = {
        let gate = gate.clone();
        watched(&hive, move |_| {
            gate.pass();
            None
        })
    };
    let engine = Arc::new(hive.engine_with(EngineConfig { slots: 1, queue: 0, ..two_threads() }, clock));
    let first = tokio::spawn({
        let engine = engine.clone();
        async move { engine.query(LOCAL, &plan("COUNT"), Wants::TABLE, Cancel::default()).await.map(drop) }
    });
    tokio::task::block_in_place(|| gate.wait_for_one());
    let error = engine.query(LOCAL, &plan("COUNT"), Wants::TABLE, Cancel::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "all 1 query slots are busy; try again");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.open();
    // The slot comes free when the query whose asker left has noticed it; until then the answer is that all are busy.
    let answer = loop {
        match engine.query(LOCAL, &plan("COUNT"), Wants::TABLE, Cancel::default()).await {
            Err(EngineError::Busy { .. }) => tokio::task::yield_now().await,
            other => break other.unwrap(),
        }
    };
    assert_eq!(answer.results[0].values, [Measure::Int(200)]);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_told_under_an_id_and_ends_nothing_else() {
    let hive = ten_chunks().await;
    let panics = watched(&hive, |looks| if looks == 5 { panic!("for the test") } else { None });
    let engine = hive.engine_with(EngineConfig { threads: 1, ..EngineConfig::default() }, panics);
    let error = engine.query(LOCAL, &plan("COUNT"), Wants::TABLE, Cancel::default()).await.unwrap_err();
    let EngineError::Internal { id } = &error else { panic!("{error}") };
    assert_eq!((id.len(), error.to_string()), (16, format!("internal error {id}")));
    let answer = engine.query(LOCAL, &plan("COUNT"), Wants::TABLE, Cancel::default()).await.unwrap();
    assert_eq!(answer.results[0].values, [Measure::Int(200)]);
    hive.close().await;
}
