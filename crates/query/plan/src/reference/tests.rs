use super::*;
use crate::compare::{Tolerance, differences};
use crate::random::{self, Random, Vocabulary};
use crate::{TimeRange, spec, text};
use expect_test::{Expect, expect};
use std::fmt::Write as _;

const NOW_NS: i64 = 1_000_000_000_000;

/// A row at a second, from `name=value` pairs; values are JSON.
fn row(second: i64, seq: i64, fields: &[(&str, &str)]) -> ShownRow {
    let mut fields: Vec<(String, Value)> =
        fields.iter().map(|(name, json)| ((*name).to_owned(), Value::from_json(serde_json::from_str(json).unwrap()))).collect();
    fields.sort_by(|left, right| left.0.cmp(&right.0));
    ShownRow { time_ns: second * 1_000_000_000, seq, fields, resource_keys: Vec::new(), scope_keys: Vec::new() }
}

fn shop() -> Vec<ShownRow> {
    vec![
        row(900, 1, &[("meta.dataset", r#""cart""#), ("route", r#""/a""#), ("duration_ms", "10.0"), ("http.status_code", "200")]),
        row(
            901,
            2,
            &[
                ("meta.dataset", r#""cart""#),
                ("route", r#""/a""#),
                ("duration_ms", "20.0"),
                ("http.response.status_code", "500"),
                ("error", "true"),
            ],
        ),
        row(
            930,
            3,
            &[
                ("meta.dataset", r#""cart""#),
                ("route", r#""/b""#),
                ("duration_ms", "5.0"),
                ("http.status_code", r#""404""#),
                ("meta.sample_rate", "10.0"),
            ],
        ),
        row(960, 4, &[("meta.dataset", r#""shop""#), ("duration_ms", "100.0"), ("user", "7"), ("route", "null")]),
        row(999, 5, &[("meta.dataset", r#""shop""#), ("user", "7.0"), ("route", r#""/a""#), ("meta.self_telemetry", "true")]),
        row(500, 0, &[("meta.dataset", r#""shop""#), ("user", r#""x""#), ("route", r#""/old""#)]),
    ]
}

fn check(query: &str, expected: Expect) {
    let plan = text::parse(&format!("{query} FROM 900 TO 1000"), NOW_NS).unwrap();
    let answer = evaluate(&plan, &shop(), Wants::TABLE);
    let mut table = String::new();
    for result in &answer.results {
        writeln!(table, "{} -> {}", serde_json::to_string(&result.group).unwrap(), serde_json::to_string(&result.values).unwrap()).unwrap();
    }
    expected.assert_eq(&table);
}

#[test]
fn calculations() {
    check("COUNT", expect!["[] -> [13]\n"]);
    check(
        "COUNT(duration_ms), SUM(duration_ms), AVG(duration_ms), MIN(duration_ms), MAX(duration_ms)",
        expect!["[] -> [13,180.0,13.846153846153847,5.0,100.0]\n"],
    );
    check("P50(duration_ms), P99(duration_ms), P80(duration_ms)", expect!["[] -> [5.0,100.0,10.0]\n"]);
    check("COUNT_DISTINCT(route), COUNT_DISTINCT(user), COUNT(route)", expect!["[] -> [2,1,12]\n"]);
    check("SUM(route), COUNT_DISTINCT(nothing), COUNT(nothing), P50(nothing)", expect!["[] -> [null,null,0,null]\n"]);
    check("COUNT WHERE route = none", expect!["[] -> [0]\n"]);
}

#[test]
fn groups() {
    check(
        "COUNT GROUP BY route",
        expect![[r#"
        ["/b"] -> [10]
        ["/a"] -> [2]
        [null] -> [1]
    "#]],
    );
    check(
        "COUNT GROUP BY route ORDER BY route desc",
        expect![[r#"
        ["/b"] -> [10]
        ["/a"] -> [2]
        [null] -> [1]
    "#]],
    );
    check(
        "MAX(duration_ms), COUNT GROUP BY route HAVING COUNT >= 2 ORDER BY COUNT asc",
        expect![[r#"
        ["/a"] -> [20.0,2]
        ["/b"] -> [5.0,10]
    "#]],
    );
    check(
        "COUNT GROUP BY route LIMIT 1",
        expect![[r#"
        ["/b"] -> [10]
    "#]],
    );
    check(
        "COUNT GROUP BY user, route WHERE meta.self_telemetry exists OR user = 7",
        expect![[r#"
        [7,"/a"] -> [1]
        [7,null] -> [1]
    "#]],
    );
}

#[test]
fn filters() {
    let count = |conditions: &str, expected: &str| check(&format!("COUNT WHERE {conditions}"), expect![[""]].with(expected));
    count("http.status_code >= 404", "[] -> [11]\n");
    count("http.response.status_code in (200, 500)", "[] -> [2]\n");
    count("=http.status_code = 500", "[] -> [0]\n");
    count("http.status_code exists", "[] -> [12]\n");
    count("route exists", "[] -> [13]\n");
    count("route != /a", "[] -> [11]\n");
    count("error != true AND route starts-with /a", "[] -> [1]\n");
    count("user = 7", "[] -> [1]\n");
    count("user = 7 OR error = true", "[] -> [2]\n");
    count("duration_ms > 10ms IN cart", "[] -> [1]\n");
}

trait With {
    fn with(self, expected: &str) -> Expect;
}

impl With for Expect {
    /// The same place, another text: for tables of many small cases.
    fn with(mut self, expected: &str) -> Expect {
        self.data = Box::leak(expected.to_owned().into_boxed_str());
        self.indent = false;
        self
    }
}

#[test]
fn series_totals_and_others() {
    let plan = text::parse("COUNT, HEATMAP(duration_ms) GROUP BY route LIMIT 1 STEP 30s FROM 900 TO 1000", NOW_NS).unwrap();
    let answer = evaluate(&plan, &shop(), Wants::ALL);
    assert_eq!(answer.grid.steps, 4);
    let steps: Vec<_> = answer.series.iter().map(|row| (row.step, row.group, row.values[0].clone())).collect();
    assert_eq!(steps, [(1, 0, Measure::Int(10))]);
    assert_eq!(answer.total.as_ref().unwrap()[0], Measure::Int(13));
    assert_eq!(answer.other.as_ref().unwrap()[0], Measure::Int(3));
    assert_eq!(answer.groups, 3);
    let Measure::Heatmap(counts) = &answer.total.unwrap()[1] else { panic!("a heatmap has counts") };
    assert_eq!(counts.total(), 13.0);
    assert_eq!(counts.counts.len(), answer.heatmaps[1].as_ref().unwrap().len());
    assert_eq!(answer.heatmaps[0], None);
}

#[test]
fn raw_rows_are_newest_first_and_go_on_after_a_cursor() {
    let rows = shop();
    let request = text::parse_events("IN cart, shop LIMIT 2 FROM 900 TO 1000", NOW_NS).unwrap();
    let first: Vec<i64> = events(&request, &rows).iter().map(|row| row.seq).collect();
    assert_eq!(first, [5, 4]);
    let after = Some(Cursor { time_ns: 960_000_000_000, seq: 4 });
    let second: Vec<i64> = events(&EventsRequest { after, ..request }, &rows).iter().map(|row| row.seq).collect();
    assert_eq!(second, [3, 2]);
}

#[test]
fn ids_are_found_in_any_spelling() {
    let rows = [row(900, 1, &[("trace.trace_id", r#""5759E988BD862E3FE1BE46A994272793""#)])];
    let plan =
        text::parse("COUNT WHERE trace.trace_id = 1-5759e988-bd862e3fe1be46a994272793 GROUP BY trace.trace_id FROM 900 TO 1000", NOW_NS)
            .unwrap();
    let answer = evaluate(&plan, &rows, Wants::TABLE);
    assert_eq!(answer.results[0].group, [GroupValue::Str("5759e988bd862e3fe1be46a994272793".into())]);
}

/// Rows of every type, with weights and holes.
fn random_rows(random: &mut Random, count: i64) -> Vec<ShownRow> {
    (0..count)
        .map(|seq| {
            let number = random.below(1_000);
            let mut fields =
                vec![("meta.dataset", format!("\"d{}\"", random.below(2))), ("meta.sample_rate", format!("{}.0", 1 + random.below(3)))];
            if random.chance(80) {
                fields.push(("duration_ms", format!("{}.25", number)));
            }
            fields.push((
                "mixed",
                match random.below(5) {
                    0 => number.to_string(),
                    1 => format!("\"{number}\""),
                    2 => format!("{}.5", number % 7),
                    3 => "true".to_owned(),
                    _ => "null".to_owned(),
                },
            ));
            let status = if random.chance(50) { "http.status_code" } else { "http.response.status_code" };
            fields.push((status, ["200", "404", "500"][random.below(3) as usize].to_owned()));
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, json)| (*name, json.as_str())).collect();
            row(900 + random.below(100) as i64, seq, &fields)
        })
        .collect()
}

#[test]
fn random_plans_are_valid_and_answered() {
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let rows = random_rows(&mut random, 60);
        let vocabulary = Vocabulary::of_rows(&rows).unwrap();
        let plan = random::plan(&mut random, &vocabulary);
        let written = text::to_text(&plan);
        assert_eq!(text::parse(&written, NOW_NS).unwrap(), plan, "seed {seed}: {written}");
        let specified = spec::decode_value(&spec::encode(&plan), NOW_NS).unwrap();
        assert_eq!(specified, plan, "seed {seed}");
        let answer = evaluate(&plan, &rows, Wants::ALL);
        assert_eq!(differences(&plan, &answer, &answer, Tolerance::default()), Vec::<String>::new(), "seed {seed}: {written}");
        let request = random::events(&mut random, &vocabulary);
        assert_eq!(text::parse_events(&text::events_to_text(&request), NOW_NS).unwrap(), request, "seed {seed}");
        assert!(events(&request, &rows).len() <= request.limit as usize);
    }
}

#[test]
fn a_row_of_weight_ten_is_ten_rows() {
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let weighted: Vec<ShownRow> = random_rows(&mut random, 40);
        let mut repeated = Vec::new();
        for row in &weighted {
            let copies = weight(row) as i64;
            for copy in 0..copies {
                let mut row = row.clone();
                row.seq = row.seq * 100 + copy;
                row.fields.retain(|(name, _)| name != names::META_SAMPLE_RATE);
                repeated.push(row);
            }
        }
        let vocabulary = Vocabulary::of_rows(&repeated).unwrap();
        let plan = random::plan(&mut random, &vocabulary);
        let [left, right] = [&weighted, &repeated].map(|rows| evaluate(&plan, rows, Wants::ALL));
        assert_eq!(differences(&plan, &left, &right, Tolerance::default()), Vec::<String>::new(), "seed {seed}: {}", text::to_text(&plan));
    }
}

#[test]
fn differences_are_found() {
    let plan = text::parse("COUNT, P50(duration_ms), COUNT_DISTINCT(route) GROUP BY route FROM 900 TO 1000", NOW_NS).unwrap();
    let answer = evaluate(&plan, &shop(), Wants::ALL);
    let differ = |change: &dyn Fn(&mut Answer)| {
        let mut changed = answer.clone();
        change(&mut changed);
        !differences(&plan, &answer, &changed, Tolerance::default()).is_empty()
    };
    assert!(!differ(&|_| {}));
    assert!(!differ(&|answer| answer.results[1].values[1] = Measure::Float(10.05)), "half a percent is allowed");
    assert!(differ(&|answer| answer.results[1].values[1] = Measure::Float(10.2)));
    assert!(differ(&|answer| answer.results[1].values[0] = Measure::Int(3)));
    assert!(differ(&|answer| answer.results.swap(0, 1)));
    assert!(differ(&|answer| drop(answer.results.pop())));
    assert!(differ(&|answer| drop(answer.series.remove(0))));
    assert!(differ(&|answer| answer.series.swap(0, 1)));
    assert!(differ(&|answer| answer.total = None));
    assert!(differ(&|answer| answer.groups += 1));
    assert!(differ(&|answer| answer.grid.step_ns += 1));
}

#[test]
fn an_empty_window_still_has_one_row() {
    let plan = Plan::count(TimeRange::between(0, 10).unwrap());
    assert_eq!(evaluate(&plan, &shop(), Wants::default()).results, [GroupRow { group: Vec::new(), values: vec![Measure::Int(0)] }]);
}

/// A trace of four spans and a span event, a trace of one span, and an event without a trace.
fn traces() -> Vec<ShownRow> {
    let span = |second: i64, seq: i64, trace: u8, span: u8, parent: u8, fields: &[(&str, &str)]| {
        let id = |number: u8, digits: usize| format!("\"{number:0digits$x}\"");
        let ids = [id(trace, 32), id(span, 16), id(parent, 16)];
        let mut all: Vec<(&str, &str)> = vec![("meta.dataset", r#""shop""#), ("trace.trace_id", &ids[0]), ("trace.span_id", &ids[1])];
        if parent > 0 {
            all.push(("trace.parent_id", &ids[2]));
        }
        all.extend(fields);
        row(second, seq, &all)
    };
    let mut rows = vec![
        span(900, 1, 1, 1, 0, &[("name", r#""root""#), ("route", r#""/a""#), ("duration_ms", "40000.0")]),
        span(905, 2, 1, 2, 1, &[("name", r#""left""#), ("duration_ms", "10000.0"), ("error", "true")]),
        span(910, 3, 1, 3, 1, &[("name", r#""right""#), ("duration_ms", "5000.0"), ("meta.sample_rate", "2.0")]),
        span(911, 4, 1, 4, 3, &[("name", r#""leaf""#), ("db.system", r#""sql""#)]),
        span(880, 5, 2, 5, 0, &[("name", r#""early""#), ("route", r#""/b""#), ("duration_ms", "30000.0")]),
        row(950, 6, &[("meta.dataset", r#""shop""#), ("name", r#""alone""#)]),
    ];
    let mut event = span(912, 7, 1, 9, 4, &[("name", r#""event""#), ("meta.annotation_type", r#""span_event""#)]);
    event.fields.retain(|(name, _)| name != "trace.span_id");
    rows.push(event);
    rows
}

fn traced(query: &str, expected: Expect) {
    let plan = text::parse(&format!("{query} FROM 900 TO 1000"), NOW_NS).unwrap();
    let answer = evaluate(&plan, &traces(), Wants::ALL);
    let mut table = String::new();
    for result in &answer.results {
        writeln!(table, "{} -> {}", serde_json::to_string(&result.group).unwrap(), serde_json::to_string(&result.values).unwrap()).unwrap();
    }
    for step in &answer.series {
        write!(table, "{}/{} {} ", step.step, step.group, serde_json::to_string(&step.values).unwrap()).unwrap();
    }
    expected.assert_eq(table.trim_end());
}

#[test]
fn other_spans() {
    let names = |conditions: &str, expected: &str| {
        let plan = text::parse(&format!("COUNT WHERE {conditions} GROUP BY name ORDER BY name FROM 900 TO 1000"), NOW_NS).unwrap();
        let answer = evaluate(&plan, &traces(), Wants::TABLE);
        let names: Vec<String> = answer.results.iter().map(|row| serde_json::to_string(&row.group[0]).unwrap().replace('"', "")).collect();
        assert_eq!(names.join(" "), expected, "{conditions}");
    };
    names("root.route = /a", "event leaf left right root");
    names("root.route != /b", "event leaf left right root");
    names("parent.name = root", "left right");
    names("parent.name != root", "event leaf");
    names("child.name exists", "right root");
    names("child.error = true AND child.name = left", "root");
    names("child.error = true AND child.name = right", "");
    names("any.error = true AND any2.name = leaf", "event leaf left right root");
    names("any.error = true AND any.name = leaf", "");
    names("none.error = true", "alone");
    names("none.error = false", "alone event leaf left right root");
    names("root.route = /a AND name starts-with le", "leaf left");
    names("=root.route does-not-exist AND name = root", "root");
    traced(
        "COUNT GROUP BY root.name WHERE name != root",
        expect![[r#"
        ["root"] -> [5]
        [null] -> [1]
        5/0 [1] 10/0 [2] 11/0 [1] 12/0 [1] 50/1 [1]"#]],
    );
}

#[test]
fn spans_in_progress() {
    traced(
        "CONCURRENCY STEP 20s",
        expect![[r#"
        [] -> [0.7]
        0/0 [2.5] 1/0 [1.0] 2/0 [0.0]"#]],
    );
    traced(
        "CONCURRENCY, COUNT WHERE name in (early, alone) GROUP BY name STEP 20s",
        expect![[r#"
        ["early"] -> [0.1,0]
        ["alone"] -> [-0.0,1]
        0/0 [0.5,0] 2/1 [-0.0,1]"#]],
    );
    traced(
        "CONCURRENCY WHERE name = alone",
        expect![[r#"
        [] -> [-0.0]
        50/0 [-0.0]"#]],
    );
}

#[test]
fn changes_from_step_to_step() {
    check(
        "RATE_SUM(duration_ms), RATE_AVG(duration_ms), RATE_MAX(duration_ms) STEP 20s",
        expect![[r#"
        [] -> [23.333333333333332,28.333333333333332,26.666666666666668]
    "#]],
    );
    traced(
        "RATE_SUM(duration_ms), SUM(duration_ms) STEP 5s",
        expect![[r#"
        [] -> [-15000.0,60000.0]
        0/0 [null,40000.0] 1/0 [-30000.0,10000.0] 2/0 [0.0,10000.0] 10/0 [null,null]"#]],
    );
}

#[test]
fn fields_are_calculated() {
    check(
        "WITH slow = $duration_ms >= 20 COUNT GROUP BY slow",
        expect![[r#"
        [false] -> [11]
        [true] -> [2]
    "#]],
    );
    check(
        "WITH s = $duration_ms / 1000, kind = IF($s < 0.02, \"fast\", \"slow\") SUM(s), MAX(s), COUNT_DISTINCT(kind) GROUP BY kind",
        expect![[r#"
        ["slow"] -> [0.12000000000000001,0.1,1]
        ["fast"] -> [0.060000000000000005,0.01,1]
    "#]],
    );
    check(
        "WITH code = $http.status_code COUNT WHERE code = 404",
        expect![[r#"
        [] -> [10]
    "#]],
    );
    check(
        "WITH code = INT($http.status_code) COUNT WHERE code >= 404 GROUP BY code ORDER BY code",
        expect![[r#"
        [404] -> [10]
        [500] -> [1]
    "#]],
    );
    check(
        "WITH route = CONCAT(\"route \", $=route) COUNT WHERE route contains /a GROUP BY route",
        expect![[r#"
        ["route /a"] -> [2]
    "#]],
    );
    check(
        "WITH x = $nothing COUNT WHERE x does-not-exist",
        expect![[r#"
        [] -> [13]
    "#]],
    );
    traced(
        "WITH long = $duration_ms > 8000 COUNT WHERE child.long = true GROUP BY name, root.long",
        expect![[r#"
        ["root",true] -> [1]
        0/0 [1]"#]],
    );
}

#[test]
fn an_input_that_is_named_often_is_evaluated_once() {
    let sum = |name: &str| vec![format!("${name}"); 500].join(" + ");
    let with = format!("WITH a = {}, b = {}, c = {}, d = {}, d", sum("n"), sum("a"), sum("b"), sum("c"));
    let request = text::parse_events(&with, NOW_NS).unwrap();
    let rows = [row(900, 1, &[("n", "1")])];
    let environment = Environment::of(&rows, &request.fields);
    let value = environment.value(&rows[0], &Column::named("d")).map(Cow::into_owned);
    assert_eq!(value, Some(Value::Int(62_500_000_000)));
}
