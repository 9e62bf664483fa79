//! The examples of `docs/query.md`: what it shows is what happens.
//!
//! Fences marked `query` hold a query each line; `a  ->  b` says that it prints as `b`, `a  !!  b` that it is refused with `b`.
//! Fences marked `rows` hold conditions or requests for raw rows; fences marked `json` hold one query specification each.
#![allow(clippy::unwrap_used)]

use glasshive_query_plan::expression::Function;
use glasshive_query_plan::{FilterOp, Op, Relation, spec, text};

const MANUAL: &str = include_str!("../../../../docs/query.md");
const NOW_NS: i64 = 1_767_225_600_000_000_000;

/// The contents of all fences with this mark.
fn fences(mark: &str) -> Vec<&'static str> {
    let opening = format!("```{mark}\n");
    MANUAL.split(opening.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn lines(mark: &str) -> Vec<&'static str> {
    fences(mark).into_iter().flat_map(str::lines).filter(|line| !line.trim().is_empty()).collect()
}

#[test]
fn queries_read_and_print_as_shown() {
    let lines = lines("query");
    assert!(lines.len() > 30, "{} examples", lines.len());
    for line in lines {
        if let Some((query, message)) = line.split_once("  !!  ") {
            let error = text::parse(query.trim(), NOW_NS).expect_err(query);
            assert_eq!(error.to_string(), message.trim(), "{query}");
            continue;
        }
        let (query, printed) = line.split_once("  ->  ").unwrap_or((line, ""));
        let plan = text::parse(query.trim(), NOW_NS).unwrap_or_else(|error| panic!("{query}: {error}"));
        let canonical = text::to_text(&plan);
        assert_eq!(text::parse(&canonical, NOW_NS).unwrap(), plan, "{query}");
        if !printed.is_empty() {
            assert_eq!(canonical, printed.trim(), "{query}");
        }
    }
}

#[test]
fn requests_for_rows_are_read() {
    let lines = lines("rows");
    assert!(!lines.is_empty());
    for line in lines {
        text::parse_events(line, NOW_NS).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn specifications_are_read() {
    let specifications = fences("json");
    assert!(specifications.len() >= 2);
    for specification in specifications {
        let plan = spec::decode(specification.as_bytes(), NOW_NS).unwrap_or_else(|error| panic!("{specification}: {error}"));
        assert_eq!(spec::decode_value(&spec::encode(&plan), NOW_NS).unwrap(), plan, "{specification}");
    }
}

#[test]
fn every_calculation_and_operator_is_described() {
    for op in Op::ALL {
        assert!(MANUAL.contains(&format!("`{op}")), "{op}");
    }
    for op in FilterOp::ALL {
        assert!(MANUAL.contains(&format!("`{op}`")), "{op}");
    }
    for relation in Relation::ALL {
        assert!(MANUAL.contains(&format!("`{}.`", relation.name())), "{}", relation.name());
    }
    for function in Function::ALL {
        let name = function.name();
        assert!(MANUAL.contains(&format!("`{name}(")) || MANUAL.contains(&format!("`{name}`")), "{name}");
    }
}
