use super::*;
use crate::arbitrary::{self, NOW_NS};
use crate::{Point, Problem, Step, Wants, Written};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn canonical(text: &str, expected: Expect) {
    let plan = parse(text, NOW_NS).unwrap_or_else(|error| panic!("{text}: {error}"));
    let printed = to_text(&plan);
    expected.assert_eq(&printed);
    assert_eq!(parse(&printed, NOW_NS).unwrap(), plan, "{printed}");
}

fn fails(text: &str, expected: Expect) {
    match parse(text, NOW_NS) {
        Ok(plan) => panic!("{text} was read as {}", to_text(&plan)),
        Err(error) => expected.assert_eq(&error.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn printed_plans_parse_back(plan in arbitrary::plan()) {
        let text = to_text(&plan);
        match parse(&text, NOW_NS) {
            Ok(read) => prop_assert_eq!(read, plan, "{}", text),
            Err(error) => prop_assert!(false, "{}: {}", text, error),
        }
    }

    #[test]
    fn printed_requests_parse_back(request in arbitrary::events()) {
        let text = events_to_text(&request);
        match parse_events(&text, NOW_NS) {
            Ok(read) => prop_assert_eq!(read, request, "{}", text),
            Err(error) => prop_assert!(false, "{}: {}", text, error),
        }
    }

    #[test]
    fn printed_filters_parse_back(filters in arbitrary::filters()) {
        prop_assert_eq!(parse_filters(&filters_to_text(&filters)).unwrap(), filters);
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = parse(&text, NOW_NS);
        let _ = parse_events(&text, NOW_NS);
    }

    #[test]
    fn no_cut_text_panics_and_errors_lie_within(plan in arbitrary::plan(), cut in any::<prop::sample::Index>()) {
        let text = to_text(&plan);
        let characters: Vec<char> = text.chars().collect();
        let cut: String = characters[..cut.index(characters.len())].iter().collect();
        if let Err(error) = parse(&cut, NOW_NS) {
            prop_assert!(error.position().is_none_or(|position| (1..=cut.chars().count() + 1).contains(&position)), "{}: {}", cut, error);
        }
    }
}

#[test]
fn clauses_come_in_any_order_and_case() {
    canonical("", expect!["COUNT LAST 2h"]);
    canonical("count", expect!["COUNT LAST 2h"]);
    canonical("last 1h where a = 1", expect!["COUNT WHERE a = 1 LAST 1h"]);
    canonical(
        "p99(duration_ms),count limit 5 order by p99 desc,name group by name in Cart,`My Shop` step 60s where error=true since -90m",
        expect![
            "P99(duration_ms), COUNT WHERE error = true GROUP BY name ORDER BY P99(duration_ms) desc, name asc LIMIT 5 STEP 1m IN cart, my-shop SINCE -90m"
        ],
    );
    canonical("COUNT, COUNT GROUP BY a, a", expect!["COUNT GROUP BY a LAST 2h"]);
    canonical("MAX(x) HAVING MAX >= 1.5e3 AND MAX(x) != 2", expect!["MAX(x) HAVING MAX(x) >= 1500 AND MAX(x) != 2 LAST 2h"]);
    canonical("P95(duration_ms) HAVING P95(duration_ms) > 1.5s", expect!["P95(duration_ms) HAVING P95(duration_ms) > 1500 LAST 2h"]);
    canonical("COUNT STEP auto", expect!["COUNT LAST 2h"]);
}

#[test]
fn conditions() {
    canonical(
        r#"COUNT WHERE a~x AND b !~ x AND c ^= /api AND d $= .js AND e ? AND f !? AND g IN (1, two, "3") AND h != 'it'"#,
        expect![[
            r#"COUNT WHERE a contains x AND b does-not-contain x AND c starts-with /api AND d ends-with .js AND e exists AND f does-not-exist AND g in (1, two, "3") AND h != it LAST 2h"#
        ]],
    );
    canonical("COUNT WHERE ((a = 1) OR (b = 2 or c=3))", expect!["COUNT WHERE a = 1 OR b = 2 OR c = 3 LAST 2h"]);
    canonical("COUNT WHERE =http.status_code = 500", expect!["COUNT WHERE =http.status_code = 500 LAST 2h"]);
    canonical("COUNT WHERE `a b` = 1 AND `x``y` = 2", expect!["COUNT WHERE `a b` = 1 AND `x``y` = 2 LAST 2h"]);
    canonical("COUNT WHERE a DOES-NOT-START-WITH b", expect!["COUNT WHERE a does-not-start-with b LAST 2h"]);
    canonical("COUNT WHERE http.url=http://x/y?z=1&w", expect!["COUNT WHERE http.url = http://x/y?z=1&w LAST 2h"]);
}

#[test]
fn values_take_the_type_they_are_written_as() {
    canonical(
        r#"COUNT WHERE a in (500, "500", 1.5, 007, 1.50, true, "true", TRUE, -3, 12345678901234567890, e1be46a994272793)"#,
        expect![[
            r#"COUNT WHERE a in (500, "500", 1.5, 007, 1.50, true, "true", TRUE, -3, 12345678901234567890, e1be46a994272793) LAST 2h"#
        ]],
    );
    canonical("COUNT WHERE duration_ms > 1m30s", expect!["COUNT WHERE duration_ms > 90000 LAST 2h"]);
    canonical("COUNT WHERE duration_ms > 1.5us", expect!["COUNT WHERE duration_ms > 0.0015 LAST 2h"]);
    canonical("COUNT WHERE wait_s in (1500ms, 2m)", expect!["COUNT WHERE wait_s in (1.5, 120) LAST 2h"]);
    canonical("COUNT WHERE version = 2m", expect!["COUNT WHERE version = 2m LAST 2h"]);
    canonical(r#"COUNT WHERE duration_ms = "250ms""#, expect![[r#"COUNT WHERE duration_ms = "250ms" LAST 2h"#]]);
    canonical(r#"COUNT WHERE a = "x\"\\\n\u{7}\u{e9}""#, expect![[r#"COUNT WHERE a = "x\"\\\n\u{7}é" LAST 2h"#]]);
}

#[test]
fn times() {
    let written = |text: &str| parse(text, NOW_NS).unwrap().time;
    assert_eq!(
        written("COUNT FROM 1767225600 TO now").written,
        Written::Between { start: Point::At(1_767_225_600_000_000_000), end: Point::Ago(0) }
    );
    assert_eq!(written("COUNT SINCE 1767225599.25").window.start_ns, 1_767_225_599_250_000_000);
    assert_eq!(written("COUNT SINCE 2026-01-01").window.start_ns, 1_767_225_600_000_000_000);
    assert_eq!(written("COUNT SINCE 2026-01-01T01:00:00+01:00").window.start_ns, 1_767_225_600_000_000_000);
    assert_eq!(written("COUNT SINCE \"2025-12-31 23:00\"").window.start_ns, 1_767_222_000_000_000_000);
    assert_eq!(written("COUNT LAST 1w").window.length_ns(), 604_800_000_000_000);
    canonical("COUNT FROM 2026-01-01 TO 2026-01-02T00:00:00.5Z", expect!["COUNT FROM 2026-01-01T00:00:00Z TO 2026-01-02T00:00:00.5Z"]);
    canonical("COUNT FROM -2h TO -60m STEP 4s", expect!["COUNT STEP 4s FROM -2h TO -1h"]);
    assert_eq!(parse("COUNT STEP 30s", NOW_NS).unwrap().step, Step::Seconds(30));
}

#[test]
fn faults_say_where_and_what() {
    fails("COUNT WHERE a >=", expect![[r#"WHERE, character 17: expected a value after ">=""#]]);
    fails(
        "COUNT WHERE a >= GROUP BY b",
        expect![[r#"WHERE, character 18: expected a value after ">="; "GROUP" stands in quotes if it is meant"#]],
    );
    fails("COUNT WHERE a == 1", expect![[r#"WHERE, character 16: expected a value after "=""#]]);
    fails(
        "COUNT WHERE a",
        expect![
            "WHERE, character 14: expected an operator after a, one of = != > >= < <= starts-with does-not-start-with ends-with does-not-end-with contains does-not-contain exists does-not-exist in not-in"
        ],
    );
    fails(
        "COUNT WHERE a = 1 AND b = 2 OR c = 3",
        expect!["WHERE, character 29: all conditions of a query are joined by AND, or all by OR"],
    );
    fails(
        "COUNT WHERE (a = 1 OR b = 2) AND c = 3",
        expect!["WHERE, character 30: all conditions of a query are joined by AND, or all by OR"],
    );
    fails(
        "COUNT WHERE a = 1 b = 2",
        expect!["WHERE, character 19: expected AND, OR or one of WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, STEP, IN, LAST, FROM, SINCE"],
    );
    let blanks = expect![[r#"WHERE, character 27: a value with blanks stands in quotes: name = "import row""#]];
    fails("COUNT WHERE name = import row", blanks);
    fails("COUNT WHERE (a = 1 OR name ~ GET /x) LAST 1h", expect![[r#"WHERE, character 34: expected AND, OR or ")""#]]);
    fails(
        "COUNT WHERE name = GET /cart/{id} GROUP BY name",
        expect![[r#"WHERE, character 24: a value with blanks stands in quotes: name = "GET /cart/{id}""#]],
    );
    fails("COUNT WHERE a in 5", expect![[r#"WHERE, character 18: expected a list in parentheses after "in""#]]);
    fails("COUNT WHERE a = \"x", expect!["WHERE, character 17: this quote is not closed"]);
    fails("COUNT WHERE `a = 1", expect!["WHERE, character 13: this back-quote is not closed"]);
    fails(
        "COUNT WHERE x.duration > 250ms",
        expect![[
            r#"WHERE, character 26: the name of x.duration does not say its unit; write the number without one, or "250ms" in quotes"#
        ]],
    );
    fails("P99 GROUP BY a", expect!["calculations, character 1: P99 requires a column"]);
    fails(
        "COUNT, COUNT_DATAPOINTS",
        expect![[
            r#"calculations, character 8: "COUNT_DATAPOINTS" is no calculation; there are COUNT SUM AVG MIN MAX COUNT_DISTINCT P001 P01 P05 P10 P20 P25 P50 P75 P80 P90 P95 P99 P999 HEATMAP CONCURRENCY RATE_SUM RATE_AVG RATE_MAX HISTOGRAM_COUNT"#
        ]],
    );
    fails("HISTOGRAM_COUNT GROUP BY a", expect!["calculations, character 1: HISTOGRAM_COUNT requires a column"]);
    fails("COUNT, CONCURRENCY(x)", expect!["calculations, character 8: CONCURRENCY should not have an accompanying column"]);
    fails("WITH x = FOO($a) COUNT", expect!["WITH, character 10: invalid function: FOO"]);
    fails("WITH x COUNT", expect![[r#"WITH, character 8: expected "=" and an expression after x"#]]);
    fails("WITH x = $y, y = $x COUNT", expect![[r#"WITH, character 6: calculated field "x" depends on itself"#]]);
    fails("WITH x = 1, x = 2 COUNT", expect![[r#"WITH, character 13: duplicate name "x""#]]);
    fails(
        "COUNT WHERE root.a = 1 OR b = 2",
        expect![
            "WHERE, character 13: conditions on other spans of the trace are joined by AND; if root.a is a column's own name, write =root.a"
        ],
    );
    fails(
        "COUNT GROUP BY a, none.b",
        expect![[
            r#"GROUP BY, character 19: there is no span to group by behind "none."; if none.b is a column's own name, write =none.b"#
        ]],
    );
    fails("COUNT GROUP BY where", expect![[r#"GROUP BY, character 16: expected a column; "where" stands in back-quotes if it is meant"#]]);
    fails("COUNT ORDER BY b", expect!["ORDER BY, character 16: b is no calculation and no GROUP BY column of this query"]);
    fails("HEATMAP(x) ORDER BY HEATMAP(x)", expect!["ORDER BY, character 21: groups have no single value of HEATMAP"]);
    fails("P99(a), P99(b) ORDER BY P99", expect!["ORDER BY, character 25: P99 requires a column: the query has several"]);
    fails("COUNT HAVING SUM(x) > 1", expect!["HAVING, character 14: SUM(x) is no calculation of this query"]);
    fails("COUNT HAVING COUNT > many", expect![[r#"HAVING, character 22: expected a number after ">""#]]);
    fails("COUNT LIMIT 0", expect!["LIMIT, character 13: LIMIT must be from 1 to 1000, or to 10000 in an answer without series"]);
    assert_eq!(parse_for("COUNT LIMIT 10000", Wants::TABLE, NOW_NS).unwrap().limit, 10_000);
    let error = parse_for("COUNT LIMIT 10001", Wants::TABLE, NOW_NS).unwrap_err();
    assert_eq!(error.to_string(), "LIMIT, character 13: LIMIT must be from 1 to 10000");
    fails("COUNT LIMIT 5 LIMIT 6", expect!["LIMIT, character 15: LIMIT is given twice"]);
    fails("COUNT LAST 1h SINCE -2h", expect!["SINCE, character 15: the time range is given twice"]);
    fails("COUNT LAST 90", expect!["LAST, character 12: expected a duration of whole seconds, such as 30s, 15m or 2h"]);
    fails(
        "COUNT FROM yesterday TO now",
        expect!["FROM, character 12: expected a point in time, such as 2026-01-02T15:04:05Z, 1767366245, -2h or now"],
    );
    fails("COUNT STEP 1s LAST 1h", expect!["STEP, character 12: STEP must be from 4 to 3600 seconds for this time range"]);
    fails("COUNT FROM now TO -2h", expect!["FROM, character 12: the end of the time range must be after its start"]);
    assert_eq!(parse("COUNT FROM now TO -2h", NOW_NS).unwrap_err().problem, Problem::Unanswerable);
}

#[test]
fn calculated_fields() {
    canonical(
        "with slow = $duration_ms>1000, `a b` = IF($slow, \"x\") COUNT where slow = true group by `a b`",
        expect![[r#"WITH slow = $duration_ms > 1000, `a b` = IF($slow, "x") COUNT WHERE slow = true GROUP BY `a b` LAST 2h"#]],
    );
    canonical("WITH x = $a AND $b, COUNT, SUM(x)", expect!["WITH x = $a AND $b COUNT, SUM(x) LAST 2h"]);
    canonical("WITH x = 1 WHERE x = 1", expect!["WITH x = 1 COUNT WHERE x = 1 LAST 2h"]);
    let events = |text: &str| events_to_text(&parse_events(text, NOW_NS).unwrap());
    assert_eq!(events("WITH x = $a - 1, x, -b, =c"), "WITH x = $a - 1, x, -b, =c LAST 2h");
    assert_eq!(events("WITH x = 1 LAST 5m"), "WITH x = 1 LAST 5m");
}

#[test]
fn parentheses_have_a_depth() {
    let nested = |depth: usize| format!("COUNT WHERE {}a = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(DEPTH_MAX - 1), NOW_NS).is_ok());
    assert!(parse(&nested(DEPTH_MAX + 1), NOW_NS).unwrap_err().message.contains("64 deep"));
    assert!(parse(&nested(10_000), NOW_NS).is_err());
    assert!(parse(&" ".repeat(TEXT_MAX + 1), NOW_NS).is_err());
}

#[test]
fn requests_for_rows() {
    let request = parse_events("name, http.route WHERE error = true LAST 1h LIMIT 10000 IN cart", NOW_NS).unwrap();
    assert_eq!(events_to_text(&request), "name, http.route WHERE error = true LIMIT 10000 IN cart LAST 1h");
    let error = parse_events("WHERE a = 1 GROUP BY b", NOW_NS).unwrap_err();
    assert_eq!(error.to_string(), "WHERE, character 13: expected AND, OR or one of WHERE, LIMIT, IN, LAST, FROM, SINCE");
    assert_eq!(parse_filters("").unwrap(), crate::Filters::default());
    assert_eq!(filters_to_text(&parse_filters("where a = 1 and b ?").unwrap()), "a = 1 AND b exists");
    assert!(parse_filters("a = 1 LIMIT 5").is_err());
}

#[test]
fn a_range_is_datasets_and_a_time() {
    let (time, datasets) = parse_range("IN cart LAST 5m", NOW_NS).unwrap();
    assert_eq!((time.window.end_ns - time.window.start_ns, datasets), (300_000_000_000, Some(vec!["cart".to_owned()])));
    assert_eq!(parse_range("", NOW_NS).unwrap().1, None);
    for more in ["WITH a = 1, a LAST 5m", "name", "WHERE a = 1", "LAST 5m LIMIT 100", "GROUP BY a"] {
        assert!(parse_range(more, NOW_NS).is_err(), "{more}");
    }
}
