//! Calculations over histograms of metrics: examples by hand, and random points of which the engine and the reference must make the
//! same, whether they are live, in files, or merged.

use crate::fixture::{Event, Hive, LOCAL, SECOND_NS, START_NS, plan, small_store, two_threads};
use crate::limits::watched;
use expect_test::expect;
use glasshive_query_engine::{Cancel, EngineConfig};
use glasshive_query_plan::compare::{Tolerance, differences};
use glasshive_query_plan::random::{self, Random, Vocabulary};
use glasshive_query_plan::{Calculation, GroupRow, Measure, NoteKind, Op, Plan, SeriesRow, Step, TimeRange, Wants, reference, text};
use glasshive_store::StoreConfig;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

/// Questions asked in each state of each store.
const QUESTIONS: u64 = 40;

/// A point of `latency`, which counts from `start`, in seconds; `None` where each counts from the one before.
fn point(second: i64, series: &str, start: Option<i64>, counts: &[u64], sum: f64) -> Event {
    let temporality = if start.is_some() { "cumulative" } else { "delta" };
    let mut fields = json!({
        "latency.histogram": {"bounds": [1.0, 2.0, 4.0], "counts": counts},
        "latency.count": counts.iter().sum::<u64>(),
        "latency.sum": sum,
        "metric.descriptors": {"latency": {"kind": "histogram", "temporality": temporality}},
        "metric.series": series,
        "route": series,
    });
    if let Some(start) = start.filter(|start| *start != i64::MIN) {
        fields["metric.start_time_ns"] = json!(START_NS + start * SECOND_NS);
    }
    json!({"t": second * SECOND_NS, "signal": 2, "f": fields})
}

#[tokio::test(flavor = "multi_thread")]
async fn points_that_count_from_the_one_before_add_up() {
    let mut hive = Hive::new().await;
    hive.send(&[point(10, "a", None, &[2, 0, 0, 0], 1.0), point(20, "b", None, &[0, 4, 4, 0], 18.0)]).await;
    hive.flush().await;
    hive.send(&[point(70, "a", None, &[2, 4, 0, 0], 7.0)]).await;
    // 4 up to 1, 8 up to 2, 4 up to 4.
    let whole = hive.results("P25(latency.histogram), P50(latency), P75(latency), P99(latency), AVG(latency), SUM(latency)").await;
    expect![[r#"
        [] -> [1.0,1.5,2.0,3.92,1.625,26.0]
    "#]]
    .assert_eq(&whole);
    let groups = hive.results("P50(latency), MIN(latency), MAX(latency), COUNT GROUP BY route ORDER BY route").await;
    expect![[r#"
        ["a"] -> [1.0,0.0,2.0,2]
        ["b"] -> [2.0,1.0,4.0,1]
    "#]]
    .assert_eq(&groups);
    let answer = hive.ask("HEATMAP(latency) STEP 60s").await;
    let total = |step: usize| match &answer.series[step].values[0] {
        Measure::Heatmap(counts) => (counts.total() * 1e6).round() / 1e6,
        other => panic!("{other:?}"),
    };
    assert_eq!((answer.series.len(), total(0), total(1)), (2, 10.0, 6.0));
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn points_that_count_from_a_start_add_what_is_new() {
    let mut hive = Hive::new().await;
    // One began before: its first point is what the others are counted from. It comes last.
    hive.send(&[point(130, "a", Some(-600), &[20, 10, 0, 0], 30.0), point(70, "a", Some(-600), &[20, 8, 0, 0], 28.0)]).await;
    // One began within, and once more after it ended.
    hive.send(&[point(20, "b", Some(5), &[0, 1, 0, 0], 1.5), point(80, "b", Some(5), &[0, 1, 2, 0], 8.0)]).await;
    hive.flush().await;
    hive.send(&[point(10, "a", Some(-600), &[18, 8, 0, 0], 27.0), point(140, "b", Some(100), &[0, 0, 1, 0], 3.0)]).await;
    // One does not say when it began, and begins anew without saying so.
    hive.send(&[point(30, "c", Some(i64::MIN), &[9, 0, 0, 0], 5.0), point(90, "c", Some(i64::MIN), &[0, 0, 0, 2], 20.0)]).await;
    let answer = hive.ask("SUM(latency), P50(latency), COUNT, HISTOGRAM_COUNT(latency) GROUP BY route ORDER BY route STEP 60s").await;
    let line = |row: &SeriesRow| format!("{} {} {}\n", row.step, row.group, serde_json::to_string(&row.values).unwrap());
    let series: String = answer.series.iter().map(line).collect();
    expect![[r#"
        0 0 [null,null,1,null]
        0 1 [1.5,1.5,1,1]
        0 2 [null,null,1,null]
        1 0 [1.0,0.5,1,2]
        1 1 [6.5,3.0,1,2]
        1 2 [20.0,4.0,1,2]
        2 0 [2.0,1.5,1,2]
        2 1 [3.0,3.0,1,1]
    "#]]
    .assert_eq(&series);
    let results = hive.results("SUM(latency), AVG(latency), MAX(latency) GROUP BY route ORDER BY route").await;
    expect![[r#"
        ["a"] -> [3.0,0.75,2.0]
        ["b"] -> [11.0,2.75,4.0]
        ["c"] -> [20.0,10.0,4.0]
    "#]]
    .assert_eq(&results);
    let notes = hive.ask("P99(latency), RATE_SUM(latency)").await.notes;
    assert!(notes.iter().all(|note| note.kind != NoteKind::UnknownColumn), "{notes:?}");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_percentile_that_wide_buckets_tell_is_told_as_a_guess() {
    let mut hive = Hive::new().await;
    // All that is known is that they lie below 1; the others lie between 2 and 4.
    hive.send(&[point(10, "a", None, &[9, 0, 3, 0], 6.0)]).await;
    let notes = hive.ask("P50(latency), P99(latency), COUNT").await.notes;
    let told: Vec<(NoteKind, &str)> = notes.iter().map(|note| (note.kind, note.text.as_str())).collect();
    let guess = "P50(latency) is a guess between 0 and 1: the sender's buckets tell no more; ones that fit the metric's unit would";
    assert_eq!(told, [(NoteKind::Estimated, guess)]);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_point_in_the_time_counts_from_one_shortly_before() {
    let mut hive = Hive::new().await;
    let seconds = |second: i64, series: &str, start: Option<i64>, count: u64| point(second, series, start, &[count, 0, 0, 0], count as f64);
    // One for long, every minute.
    hive.send(&[seconds(1_000, "a", Some(-7_200), 10), seconds(1_120, "a", Some(-7_200), 15)]).await;
    // The point before is longer ago than is looked; and one began shortly before.
    hive.send(&[seconds(720, "b", Some(-7_200), 5), seconds(1_060, "b", Some(-7_200), 50), seconds(1_060, "c", Some(900), 7)]).await;
    hive.flush().await;
    // What each point holds is its own.
    hive.send(&[seconds(1_000, "d", None, 100), seconds(1_060, "d", None, 3), seconds(1_060, "a", Some(-7_200), 12)]).await;
    for (start, end, expected) in [
        (1_030, 1_090, "[\"a\"] -> [2.0,1]\n[\"b\"] -> [null,1]\n[\"c\"] -> [7.0,1]\n[\"d\"] -> [3.0,1]\n"),
        (1_090, 1_150, "[\"a\"] -> [3.0,1]\n"),
        (1_020, 1_090, "[\"a\"] -> [2.0,1]\n[\"b\"] -> [45.0,1]\n[\"c\"] -> [7.0,1]\n[\"d\"] -> [3.0,1]\n"),
        (1_300, 1_400, ""),
    ] {
        for more in ["", "STEP 10s", "STEP 60s"] {
            let mut plan = plan(&format!("SUM(latency), COUNT GROUP BY route ORDER BY route {more}"));
            plan.time = TimeRange::between(START_NS + start * SECOND_NS, START_NS + end * SECOND_NS).unwrap();
            let answer = hive.answer(&plan, Wants::ALL).await;
            let line = |row: &GroupRow| {
                format!("{} -> {}\n", serde_json::to_string(&row.group).unwrap(), serde_json::to_string(&row.values).unwrap())
            };
            assert_eq!(answer.results.iter().map(line).collect::<String>(), expected, "{start} to {end} {more}");
            let from_reference = reference::evaluate(&plan, &hive.rows, Wants::ALL);
            assert_eq!(differences(&plan, &from_reference, &answer, Tolerance::default()), Vec::<String>::new());
            // What is looked at further back for another calculation changes nothing.
            plan.calculations.push(Calculation { op: Op::Concurrency, column: None });
            let answer = hive.answer(&plan, Wants::ALL).await;
            let from_reference = reference::evaluate(&plan, &hive.rows, Wants::ALL);
            assert_eq!(differences(&plan, &from_reference, &answer, Tolerance::default()), Vec::<String>::new());
        }
    }
    let other = json!({"t": 1_060 * SECOND_NS, "f": {"route": "/x"}});
    hive.send(&[other]).await;
    let mut unknown = plan("SUM(latency), SUM(=latency.min)");
    unknown.time = TimeRange::between(START_NS + 1_030 * SECOND_NS, START_NS + 1_090 * SECOND_NS).unwrap();
    let notes = hive.answer(&unknown, Wants::TABLE).await.notes;
    assert_eq!(notes.iter().filter(|note| note.kind == NoteKind::UnknownColumn).count(), 1, "the question names it: {notes:?}");
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_measured_before_the_part_that_was_looked_at_is_in_no_partial_answer() {
    let mut hive = Hive::with(StoreConfig { seal_rows: usize::MAX, ..small_store() }, two_threads()).await;
    let at = |index: i64| 100 + index * 100;
    for index in 0..10 {
        // Ten more of one second each, of a stream that began within the question's time.
        let count = 10 * (index as u64 + 1);
        hive.send(&[point(at(index), "a", Some(5), &[count, 0, 0, 0], count as f64)]).await;
    }
    assert_eq!(hive.results("SUM(latency)").await, "[] -> [100.0]\n");
    let config = EngineConfig { threads: 1, time_limit: Duration::from_secs(5), ..EngineConfig::default() };
    let engine = hive.engine_with(config, watched(&hive, |looks| Some(Duration::from_secs(looks))));
    let answer = engine.query(LOCAL, &plan("SUM(latency), COUNT"), Wants::TABLE, Cancel::default()).await.unwrap();
    let covered = answer.notes.iter().find_map(|note| note.covered).expect("some points were looked at, and not all");
    let seen = (0..10).filter(|index| covered.contains(START_NS + at(*index) * SECOND_NS)).count() as i64;
    assert!((2..10).contains(&seen), "{seen}");
    assert_eq!(answer.results[0].values, [Measure::Float(10.0 * (seen - 1) as f64), Measure::Int(seen)]);
    hive.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_histogram_of_a_metric_has_no_values() {
    let mut hive = Hive::new().await;
    let mut strange = point(10, "a", None, &[1, 1, 1, 1], 5.0);
    strange["f"]["metric.descriptors"] = json!({"other": {"kind": "histogram", "temporality": "delta"}});
    let mut cumulative = point(20, "a", Some(5), &[1, 1, 1, 1], 5.0);
    cumulative["f"].as_object_mut().unwrap().remove("metric.series");
    let unlike = json!({"t": 0, "f": {"other.histogram": [1, 2], "plain": 5, "plain.histogram": {"bounds": [], "counts": []}}});
    hive.send(&[strange, cumulative, unlike]).await;
    let results = hive.results("P50(latency), SUM(latency.histogram), MAX(other), COUNT(latency.histogram), SUM(plain)").await;
    expect!["[] -> [null,null,null,2,5.0]\n"].assert_eq(&results);
    let results = hive.results("HISTOGRAM_COUNT(latency), HISTOGRAM_COUNT(plain), HISTOGRAM_COUNT(nowhere)").await;
    expect!["[] -> [null,null,null]\n"].assert_eq(&results);
    hive.close().await;
}

/// What writes points of one series, one after the other.
struct Writer {
    series: String,
    route: Json,
    is_delta: bool,
    is_exponential: bool,
    scale: i32,
    start: Option<i64>,
    counts: Vec<u64>,
    zero: u64,
    sum: f64,
}

impl Writer {
    fn new(random: &mut Random, number: u64) -> Self {
        let is_exponential = random.chance(50);
        Self {
            // Two may write the same series.
            series: format!("{:016x}", number - number % 5 / 4),
            route: random.pick(&[json!("/a"), json!("/b"), json!(null)]).cloned().unwrap(),
            is_delta: random.chance(40),
            is_exponential,
            scale: 3,
            start: random.chance(80).then_some(-600 + 60 * random.below(60) as i64),
            counts: vec![0; if is_exponential { 24 } else { 5 }],
            zero: 0,
            sum: 0.0,
        }
    }

    /// Its point at a second.
    fn point(&mut self, random: &mut Random, second: i64) -> Event {
        let begins_anew = random.chance(8);
        if begins_anew && random.chance(50) && self.start.is_some() {
            self.start = Some(second - 1);
        }
        if begins_anew || self.is_delta {
            (self.zero, self.sum) = (0, 0.0);
            self.counts.fill(0);
        }
        for _ in 0..random.below(6) {
            let place = random.below(self.counts.len() as u64) as usize;
            let more = 1 + random.below(9);
            self.counts[place] += more;
            self.sum += more as f64 * (place as f64 + 0.5);
        }
        if self.is_exponential && random.chance(5) && self.scale > 0 {
            self.scale -= 1;
            let merged: Vec<u64> = self.counts.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.counts = merged;
        }
        self.zero += random.below(3);
        let buckets = match self.is_exponential {
            true => json!({
                "scale": self.scale, "zero_count": self.zero, "zero_threshold": 0.0,
                "positive": {"offset": 0, "counts": self.counts}, "negative": {"offset": 2, "counts": []},
            }),
            false => json!({"bounds": [0.005, 0.01, 0.1, 2.5], "counts": self.counts}),
        };
        let count = self.counts.iter().sum::<u64>() + if self.is_exponential { self.zero } else { 0 };
        let temporality = if self.is_delta { "delta" } else { "cumulative" };
        let mut fields = Map::new();
        let mut set = |name: &str, value: Json| fields.insert(name.to_owned(), value);
        set("wait.histogram", buckets);
        set("wait.count", json!(count));
        if random.chance(80) {
            set("wait.sum", json!(self.sum));
        }
        if random.chance(40) {
            set("wait.min", json!(0.003));
            set("wait.max", json!(7.0 + random.below(3) as f64));
        }
        set("metric.descriptors", json!({"wait": {"kind": "histogram", "unit": "s", "temporality": temporality}}));
        if random.chance(98) {
            set("metric.series", json!(self.series));
        }
        if let Some(start) = self.start {
            set("metric.start_time_ns", json!(START_NS + start * SECOND_NS));
        }
        set("route", self.route.clone());
        let weight = if random.chance(90) { 1.0 } else { 2.5 };
        json!({"t": second * SECOND_NS, "signal": 2, "weight": weight, "f": fields})
    }
}

/// A question about histograms.
fn question(random: &mut Random, vocabulary: &Vocabulary) -> Plan {
    let mut plan = random::plan(random, vocabulary);
    let numeric: Vec<Op> = Op::ALL.into_iter().filter(|op| op.is_numeric()).collect();
    plan.calculations.clear();
    plan.orders.clear();
    plan.havings.clear();
    for _ in 0..1 + random.below(4) {
        let op = random.pick(&numeric).copied().unwrap();
        let name = *random.pick(&["wait.histogram", "wait", "wait", "wait.p99"]).unwrap();
        let calculation = Calculation::of(op, name);
        if !plan.calculations.contains(&calculation) {
            plan.calculations.push(calculation);
        }
    }
    if random.chance(20) {
        plan.calculations.push(Calculation { op: Op::Concurrency, column: None });
    }
    if random.chance(70) {
        // Most conditions leave nothing of so few columns.
        plan.filters.conditions.clear();
    }
    plan
}

/// The same question of some minutes, before which there are points to count from.
fn shortened(random: &mut Random, plan: &Plan) -> Plan {
    let start = START_NS + random.below(3_500) as i64 * SECOND_NS;
    let time = TimeRange::between(start, start + (1 + random.below(200) as i64) * SECOND_NS).unwrap();
    Plan { time, step: Step::Auto, ..plan.clone() }
}

/// How many numbers the engine and the reference make the same of.
async fn agreed(hive: &Hive, plan: &Plan, which: &str) -> u64 {
    let expected = reference::evaluate(plan, &hive.rows, Wants::ALL);
    let actual = hive.answer(plan, Wants::ALL).await;
    let found = differences(plan, &expected, &actual, Tolerance { percentile: 1e-6, ..Tolerance::default() });
    assert!(found.is_empty(), "{which}: {}\n{}", text::to_text(plan), found.join("\n"));
    let values = actual.results.iter().map(|row| &row.values).chain(actual.series.iter().map(|row| &row.values));
    values.flatten().filter(|value| matches!(value, Measure::Float(_))).count() as u64
}

async fn check(hive: &Hive, seed: u64, state: &str) {
    let vocabulary = Vocabulary::of_rows(&hive.rows).unwrap();
    let mut numbers = 0;
    for number in 0..QUESTIONS {
        let mut random = Random::new(seed << 32 | number);
        let plan = question(&mut random, &vocabulary);
        let which = format!("seed {seed}, {state}, question {number}");
        numbers += agreed(hive, &plan, &which).await;
        agreed(hive, &shortened(&mut random, &plan), &which).await;
    }
    assert!(numbers > 20 * QUESTIONS, "seed {seed}, {state}: {numbers} numbers were compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn random_points_agree_with_the_reference() {
    for seed in 0..3 {
        let mut random = Random::new(seed);
        let mut hive = Hive::new().await;
        let mut writers: Vec<Writer> = (0..8).map(|number| Writer::new(&mut random, number)).collect();
        let mut events: Vec<Event> = Vec::new();
        for step in 0..60 {
            for writer in &mut writers {
                if random.chance(90) {
                    events.push(writer.point(&mut random, 60 * step + 7));
                }
            }
        }
        // Some come late.
        for place in 0..events.len() {
            let other = place + random.below(((events.len() - place) as u64).min(40)) as usize;
            events.swap(place, other);
        }
        let requests: Vec<&[Event]> = events.chunks(60).collect();
        let (first, rest) = requests.split_at(requests.len() / 2);
        for events in first {
            hive.send(events).await;
        }
        check(&hive, seed, "live").await;
        hive.flush().await;
        check(&hive, seed, "flushed").await;
        for events in rest {
            hive.send(events).await;
        }
        check(&hive, seed, "half flushed").await;
        let hive = hive.reopen().await;
        hive.flush().await;
        hive.merge().await;
        check(&hive, seed, "merged").await;
        hive.close().await;
    }
}
