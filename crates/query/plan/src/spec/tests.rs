use super::*;
use crate::arbitrary::{self, NOW_NS};
use crate::{Op, Order, OrderKey, Place, Problem, Step, Wants, Written};
use proptest::prelude::*;

fn decoded(json: &str) -> crate::Plan {
    decode(json.as_bytes(), NOW_NS).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[track_caller]
fn fails(json: &str, path: &str, message: &str) {
    let error = decode(json.as_bytes(), NOW_NS).expect_err(json);
    assert_eq!(error.to_string(), message);
    assert_eq!(error.place, Place::Member(path.to_owned()));
    assert_eq!(error.problem, Problem::Malformed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn specifications_decode_to_the_same_plan(plan in arbitrary::plan()) {
        let mut read = decode(encode(&plan).to_string().as_bytes(), NOW_NS).unwrap();
        if !matches!(plan.time.written, Written::Last { .. }) {
            prop_assert_eq!(read.time.window, plan.time.window);
            read.time.written = plan.time.written;
        }
        prop_assert_eq!(read, plan);
    }

    #[test]
    fn requests_decode_to_the_same(request in arbitrary::events()) {
        let mut read = decode_events(encode_events(&request).to_string().as_bytes(), NOW_NS).unwrap();
        prop_assert_eq!(read.time.window, request.time.window);
        read.time = request.time;
        prop_assert_eq!(read, request);
    }
}

#[test]
fn nothing_is_a_count_over_two_hours() {
    let plan = decoded("{}");
    assert_eq!(encode(&plan).to_string(), r#"{"calculations":[{"op":"COUNT"}],"limit":1000,"time_range":7200}"#);
    assert_eq!(decoded(r#"{"calculations":[],"filters":null,"formulas":[],"limit":null}"#), plan);
}

#[test]
fn a_full_specification() {
    let plan = decoded(
        r#"{"calculations":[{"op":"P99","column":"duration_ms"},{"op":"COUNT"}],"breakdowns":["http.route","=http.status_code"],
            "filters":[{"column":"error","op":"=","value":true},{"column":"route","op":"in","value":["/a",5,1.5]},{"column":"x","op":"exists"}],
            "filter_combination":"OR","orders":[{"op":"COUNT","order":"descending"},{"column":"http.route"}],
            "havings":[{"calculate_op":"COUNT","op":">=","value":10}],"limit":50,"time_range":3600,"granularity":60,"datasets":["Cart"]}"#,
    );
    assert_eq!(
        crate::text::to_text(&plan),
        "P99(duration_ms), COUNT WHERE error = true OR route in (/a, 5, 1.5) OR x exists GROUP BY http.route, =http.status_code \
         HAVING COUNT >= 10 ORDER BY COUNT desc, http.route asc LIMIT 50 STEP 1m IN cart LAST 1h"
    );
    assert_eq!(plan.orders[0], Order { key: OrderKey::Calculation(1), descending: true });
    assert_eq!(plan.calculations[1].op, Op::Count);
    assert_eq!(plan.step, Step::Seconds(60));
}

#[test]
fn answers_without_series_may_have_more_groups() {
    let limit = |limit: u32, wants: Wants| decode_for(&serde_json::json!({ "limit": limit }), wants, NOW_NS).map(|plan| plan.limit);
    for wants in [Wants::TABLE, Wants { series: false, ..Wants::ALL }] {
        assert_eq!((limit(1, wants), limit(10_000, wants)), (Ok(1), Ok(10_000)));
        assert_eq!(limit(10_001, wants).unwrap_err().message, "limit must be a whole number from 1 to 10000");
        assert!(limit(0, wants).is_err());
    }
    for wants in [Wants::default(), Wants::ALL] {
        assert_eq!(limit(1_000, wants), Ok(1_000));
        assert!(limit(1_001, wants).is_err());
    }
}

#[test]
fn times_are_combined_as_documented() {
    let check = |json: &str, start: i64, end: i64| {
        let window = decoded(json).time.window;
        assert_eq!((window.start_ns, window.end_ns), (start * 1_000_000_000, end * 1_000_000_000), "{json}");
    };
    check(r#"{"start_time":100000,"time_range":600}"#, 100_000, 100_600);
    check(r#"{"end_time":100000,"time_range":600}"#, 99_400, 100_000);
    check(r#"{"start_time":100000,"end_time":100001}"#, 100_000, 100_001);
    check(r#"{"start_time":100000}"#, 100_000, 107_200);
    check(r#"{"end_time":100000}"#, 92_800, 100_000);
    assert_eq!(decoded(r#"{"time_range":60}"#).time.window.end_ns, NOW_NS);
    fails(
        r#"{"start_time":1,"end_time":2,"time_range":3}"#,
        "time_range",
        "at most two of time_range, start_time and end_time may be given",
    );
    for empty in [r#"{"start_time":5,"end_time":5}"#, r#"{"start_time":6,"end_time":5}"#] {
        let error = decode(empty.as_bytes(), NOW_NS).unwrap_err();
        assert_eq!((error.problem, error.message.as_str()), (Problem::Unanswerable, "the end of the time range must be after its start"));
    }
}

#[test]
fn faults_say_where_and_what() {
    fails(r#"{"query_window":5}"#, "query_window", r#"json: unknown field "query_window""#);
    fails(r#"{"filters":[{"column":"a","op":"=","val":1}]}"#, "filters[0].val", r#"json: unknown field "val""#);
    fails(r#"{"filters":[{"column":"a","op":"="}]}"#, "filters[0].value", "operator = requires a value");
    fails(r#"{"filters":[{"column":"a","op":"exists","value":1}]}"#, "filters[0].value", "exists does not take a value");
    fails(r#"{"filters":[{"column":"a","op":"in","value":1}]}"#, "filters[0].value", "operator in requires a list of values");
    fails(r#"{"filters":[{"column":"a","op":"in","value":[]}]}"#, "filters[0].value", "operator in requires a value");
    fails(r#"{"filters":[{"column":"a","op":"=","value":[1]}]}"#, "filters[0].value", "a value is text, a number, true or false");
    fails(r#"{"filters":[{"op":"exists"}]}"#, "filters[0].column", "column is required");
    fails(r#"{"filter_combination":"and"}"#, "filter_combination", "filter_combination must be AND or OR");
    fails(r#"{"calculations":[{"op":"P99"}]}"#, "calculations[0].op", "P99 requires a column");
    fails(r#"{"calculations":[{"op":"HEATMAP"}]}"#, "calculations[0].op", "HEATMAP requires a column");
    fails(r#"{"calculations":[{"op":"COUNT","name":"all"}]}"#, "calculations[0].name", r#"json: unknown field "name""#);
    fails(r#"{"orders":[{"op":"SUM","column":"x"}]}"#, "orders[0]", "an order must name a calculation or breakdown of the query");
    fails(r#"{"orders":[{"column":"x"}]}"#, "orders[0]", "an order must name a calculation or breakdown of the query");
    fails(
        r#"{"calculations":[{"op":"HEATMAP","column":"x"}],"orders":[{"op":"HEATMAP","column":"x"}]}"#,
        "orders[0].op",
        "results cannot be ordered by HEATMAP",
    );
    fails(
        r#"{"havings":[{"calculate_op":"SUM","column":"x","op":">","value":1}]}"#,
        "havings[0]",
        "a having must name a calculation of the query",
    );
    fails(r#"{"havings":[{"calculate_op":"COUNT","op":">","value":"1"}]}"#, "havings[0].value", "the value of a having must be a number");
    for limit in ["0", "1001", "1.5", "-1"] {
        let message = "limit must be a whole number from 1 to 1000, or to 10000 in an answer without series";
        fails(&format!(r#"{{"limit":{limit}}}"#), "limit", message);
    }
    fails(r#"{"granularity":7}"#, "granularity", "granularity must be from 8 to 7200 seconds for this time range, or 0");
    fails(r#"{"granularity":7201}"#, "granularity", "granularity must be from 8 to 7200 seconds for this time range, or 0");
    fails(r#"{"time_range":0}"#, "time_range", "time_range must be at least 1 second");
    fails(r#"{"time_range":1.5}"#, "time_range", "time_range must be a whole number, 0 or more");
    fails(r#"{"breakdowns":["a",5]}"#, "breakdowns[1]", "a column is named by text");
    fails("[]", "", "json: a query specification must be an object");
    let datapoints = decode(br#"{"calculations":[{"op":"COUNT_DATAPOINTS"}]}"#, NOW_NS).unwrap_err();
    assert!(datapoints.message.starts_with(r#""COUNT_DATAPOINTS" is no calculation; there are COUNT SUM AVG"#), "{datapoints}");
    fails(
        r#"{"calculations":[{"op":"CONCURRENCY","column":"x"}]}"#,
        "calculations[0].op",
        "CONCURRENCY should not have an accompanying column",
    );
    fails(r#"{"calculations":[{"op":"RATE_SUM"}]}"#, "calculations[0].op", "RATE_SUM requires a column");
    fails(r#"{"calculations":[{"op":"HISTOGRAM_COUNT"}]}"#, "calculations[0].op", "HISTOGRAM_COUNT requires a column");
    fails(
        r#"{"calculated_fields":[{"name":"a","expression":"1 +"}]}"#,
        "calculated_fields[0].expression",
        "character 4: expected a value: a column such as $name, a literal or a function",
    );
    fails(r#"{"calculated_fields":[{"name":"a"}]}"#, "calculated_fields[0].expression", "expression is required");
    fails(
        r#"{"calculated_fields":[{"name":"a","expression":"$b"},{"name":"b","expression":"$a"}]}"#,
        "calculated_fields[0]",
        "calculated field \"a\" depends on itself",
    );
    fails(
        r#"{"filters":[{"column":"root.a","op":"exists"},{"column":"b","op":"exists"}],"filter_combination":"OR"}"#,
        "filter_combination",
        "conditions on other spans of the trace are joined by AND; if root.a is a column's own name, write =root.a",
    );
    fails(
        r#"{"breakdowns":["none.a"]}"#,
        "breakdowns[0]",
        "there is no span to group by behind \"none.\"; if none.a is a column's own name, write =none.a",
    );
    let formulas = decode(br#"{"formulas":[{"name":"x","expression":"1"}]}"#, NOW_NS).unwrap_err();
    assert_eq!(formulas.place, Place::Member("formulas".into()));
    let broken = decode(b"{", NOW_NS).unwrap_err();
    assert!(broken.message.starts_with("json: "), "{broken}");
    let long = format!(r#"{{"breakdowns":[{}]}}"#, vec![r#""a""#; 101].join(","));
    fails(&long, "breakdowns", "breakdowns may have at most 100 members");
}

#[test]
fn nesting_beyond_reason_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(decode(deep.as_bytes(), NOW_NS).is_err());
}

#[test]
fn requests_for_rows() {
    let request = decode_events(br#"{"columns":["name","name"],"limit":10000,"after":"5.6","time_range":60}"#, NOW_NS).unwrap();
    assert_eq!((request.columns.len(), request.limit), (1, 10_000));
    assert_eq!(request.after, Some(crate::Cursor { time_ns: 5, seq: 6 }));
    for wrong in [r#"{"limit":10001}"#, r#"{"after":"x"}"#, r#"{"breakdowns":["a"]}"#] {
        assert!(decode_events(wrong.as_bytes(), NOW_NS).is_err(), "{wrong}");
    }
}
