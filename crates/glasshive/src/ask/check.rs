//! `glasshive check`: whether every group of an answer holds, as words for people and an exit status for CI.

use super::query::asker::Asker;
use super::question::Question;
use super::shown;
use crate::cli::CheckFlags;
use crate::screen::escape::escape;
use crate::screen::number;
use anyhow::{Context, Result, bail};
use glasshive_api_hive::shape::query::{Measure, QueryAnswer};
use glasshive_query_plan::{Column, Op as Calculated, Relation};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::process::ExitCode;

/// Groups that do not hold are named up to so many.
const NAMED: usize = 20;
/// Exit statuses.
const HOLDS: u8 = 0;
const FAILS: u8 = 1;
/// Of a check that cannot be answered, or is about no data.
pub const UNANSWERED: u8 = 2;

/// What a check came to.
#[derive(Debug, Serialize)]
struct Report {
    /// `holds`, `fails` or `unanswered`.
    outcome: &'static str,
    /// The question as it was understood.
    query: String,
    op: &'static str,
    value: f64,
    /// Why it is unanswered.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    groups: Vec<Group>,
}

#[derive(Debug, Serialize)]
struct Group {
    /// Values of the breakdowns, by name.
    group: serde_json::Map<String, Value>,
    value: Option<f64>,
    /// Of what is known of the group; `None` where there is no value to compare.
    holds: Option<bool>,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Less,
    AtMost,
    Greater,
    AtLeast,
    Equal,
    Other,
}

/// Asks, compares and tells. Whatever keeps it from an answer is an exit status of 2.
///
/// # Errors
/// When the check cannot be read, or nobody answers.
pub async fn run(flags: CheckFlags) -> Result<ExitCode> {
    let op = Op::read(&flags.op)?;
    let value = read_value(&flags.value)?;
    let mut question = Question::read(std::slice::from_ref(&flags.query), "")?;
    if let Value::Object(members) = &mut question.body {
        members.insert("want".to_owned(), json!(["other"]));
    }
    let asker = Asker::new(&flags.client, flags.data.as_deref()).await?;
    let answer = asker.ask(&question.body).await.map_err(|error| question.explain(error))?;
    let has_events = match may_be_silence(&answer) {
        true => asker.ask(&anything(&answer.query.specification)).await?.results.first().is_some_and(|all| all.values != [Measure::Int(0)]),
        false => true,
    };
    let report = judge(&answer, op, value, flags.allow_empty, has_events)?;
    let text = if flags.json { super::json(&report)? } else { people(&report, &answer) };
    super::print(&text);
    Ok(ExitCode::from(match report.outcome {
        "holds" => HOLDS,
        "fails" => FAILS,
        _ => UNANSWERED,
    }))
}

// === impl Op ===

impl Op {
    fn read(text: &str) -> Result<Self> {
        Ok(match text {
            "<" => Op::Less,
            "<=" => Op::AtMost,
            ">" => Op::Greater,
            ">=" => Op::AtLeast,
            "=" | "==" => Op::Equal,
            "!=" => Op::Other,
            other => bail!("`{}` compares nothing; use one of < <= > >= = != in quotes, since the shell knows < and > too", escape(other)),
        })
    }

    fn word(self) -> &'static str {
        match self {
            Op::Less => "<",
            Op::AtMost => "<=",
            Op::Greater => ">",
            Op::AtLeast => ">=",
            Op::Equal => "=",
            Op::Other => "!=",
        }
    }

    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Op::Less => left < right,
            Op::AtMost => left <= right,
            Op::Greater => left > right,
            Op::AtLeast => left >= right,
            Op::Equal => left == right,
            Op::Other => left != right,
        }
    }
}

fn read_value(text: &str) -> Result<f64> {
    let value: f64 = text.trim().parse().with_context(|| format!("`{}` is no number; write it in the unit of the column", escape(text)))?;
    if value.is_nan() { bail!("NaN compares with nothing") } else { Ok(value) }
}

/// Whether an answer of 0 could mean that nothing arrived at all.
fn may_be_silence(answer: &QueryAnswer) -> bool {
    answer.breakdowns.is_empty() && answer.results.first().is_some_and(|row| row.values == [Measure::Int(0)])
}

/// The number of all events of a question's time and datasets.
fn anything(specification: &Value) -> Value {
    let mut all = json!({ "calculations": [{ "op": "COUNT" }], "want": [] });
    for member in ["time_range", "start_time", "end_time", "datasets"] {
        if let Some(value) = specification.get(member).filter(|value| !value.is_null()) {
            all[member] = value.clone();
        }
    }
    all
}

fn judge(answer: &QueryAnswer, op: Op, value: f64, allow_empty: bool, has_events: bool) -> Result<Report> {
    let [_] = answer.calculations.as_slice() else {
        bail!("a check is about one calculation; this asks for {}: {}", answer.calculations.len(), answer.query.text);
    };
    if answer.heatmaps.iter().any(Option::is_some) {
        bail!("a heatmap is no number that could be compared; ask for a percentile, such as P95(duration_ms)");
    }
    let groups: Vec<Group> = answer
        .results
        .iter()
        .map(|row| {
            let found = row.values.first().and_then(number_of);
            let names = answer.breakdowns.iter().cloned().zip(row.group.iter().cloned());
            Group { group: names.collect(), value: found, holds: found.map(|found| op.holds(found, value)) }
        })
        .collect();
    let unknown = answer.notes.iter().find(|note| note.kind == "unknown_column");
    let is_empty = groups.iter().all(|group| group.holds.is_none()) || !has_events;
    let fails = groups.iter().any(|group| group.holds == Some(false));
    let is_partial = answer.partial || answer.notes.iter().any(|note| note.kind == "partial");
    let reason = if is_partial {
        let why: Vec<&str> = answer.notes.iter().filter(|note| note.kind == "partial").map(|note| note.text.as_str()).collect();
        Some(format!("the answer does not hold everything: {}", why.join("; ")))
    } else if answer.other.is_some() || answer.notes.iter().any(|note| note.kind == "groups_cut") {
        Some(format!("there are {} groups, and the question takes {} of them; raise its LIMIT", answer.groups, groups.len()))
    } else if is_empty && !allow_empty {
        Some(match unknown {
            Some(note) => format!("there is no data: {}", note.text),
            None => "there is no data in this time; --allow-empty lets that pass".to_owned(),
        })
    } else if let Some(note) = unknown.filter(|_| !allow_empty) {
        Some(format!("{}; --allow-empty lets that pass", note.text))
    } else if groups.iter().any(|group| group.holds.is_none()) && !allow_empty && !is_empty {
        Some("some groups have no value; --allow-empty lets them pass".to_owned())
    } else {
        None
    };
    // One group that does not hold is enough, if what is not known could not mend it.
    let stays_so = !is_partial || only_gets_worse(&answer.query.specification, op);
    let outcome = match (fails && has_events && stays_so, &reason) {
        (true, _) => "fails",
        (false, Some(_)) => "unanswered",
        (false, None) => "holds",
    };
    let reason = reason.filter(|_| outcome == "unanswered");
    Ok(Report { outcome, query: answer.query.text.clone(), op: op.word(), value, reason, groups })
}

/// Whether a group that does not hold by some of its events holds by no more of them either. With a `HAVING` the group might not be
/// there at all; with columns of other spans, events might belong elsewhere.
fn only_gets_worse(specification: &Value, op: Op) -> bool {
    let members = |name: &str| specification.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of_filters = members("filters").iter().filter_map(|filter| filter.get("column"));
    let columns = of_filters.chain(members("breakdowns")).filter_map(Value::as_str);
    if !members("havings").is_empty() || columns.map(Column::from_shown).any(|column| Relation::split(&column).is_some()) {
        return false;
    }
    let calculation = members("calculations").first().and_then(|calculation| calculation.get("op")).and_then(Value::as_str);
    match calculation.and_then(Calculated::from_name) {
        Some(Calculated::Count | Calculated::CountDistinct | Calculated::Max) => matches!(op, Op::Less | Op::AtMost),
        Some(Calculated::Min) => matches!(op, Op::Greater | Op::AtLeast),
        _ => false,
    }
}

fn number_of(measure: &Measure) -> Option<f64> {
    match measure {
        Measure::Int(number) => Some(*number as f64),
        Measure::Float(number) => Some(*number),
        Measure::Null | Measure::Text(_) | Measure::Heatmap(_) => None,
    }
}

/// `holds: P95(duration_ms) < 200 WHERE ...: 153.2`, or a line for each group that does not, and how many there are.
fn people(report: &Report, answer: &QueryAnswer) -> String {
    let asked = format!("{} {} {}", escape(&answer.calculations[0]), report.op, report.value);
    let op = Op::read(report.op).unwrap_or(Op::Equal);
    let value_of = |value: f64| rounded(value, op, report.value);
    let of = |group: &Group| {
        let names: Vec<String> = group.group.iter().map(|(name, value)| format!("{} = {}", escape(name), shown(value))).collect();
        let value = group.value.map_or_else(|| "no value".to_owned(), value_of);
        if names.is_empty() { value } else { format!("{value} where {}", names.join(", ")) }
    };
    let mut out = String::new();
    // What is not whole does not fail by a group that may yet hold.
    let is_failing = |group: &&Group| report.outcome == "fails" && group.holds == Some(false);
    let failing: Vec<&Group> = report.groups.iter().filter(is_failing).collect();
    for group in failing.iter().take(NAMED) {
        let _ = writeln!(out, "FAIL  {asked}: {}", of(group));
    }
    if failing.len() > NAMED {
        let _ = writeln!(out, "      and {} more", failing.len() - NAMED);
    }
    let total = report.groups.len();
    let _ = match (report.outcome, report.groups.as_slice()) {
        ("fails", [_]) => Ok(()),
        ("fails", _) => writeln!(out, "{} of {} hold", total - failing.len(), number::counted(total as u64, "group", "groups")),
        ("holds", [only]) => writeln!(out, "OK    {asked}: {}", of(only)),
        ("holds", []) => writeln!(out, "OK    {asked}: there is no data, which is allowed"),
        ("holds", _) => writeln!(out, "OK    {asked}: {}", all_hold(report)),
        _ => writeln!(out, "?     {asked}: {}", escape(report.reason.as_deref().unwrap_or_default())),
    };
    out
}

/// A value with three decimals, unless these would tell another story.
fn rounded(value: f64, op: Op, other: f64) -> String {
    let short = (value * 1e3).round() / 1e3;
    if op.holds(short, other) == op.holds(value, other) && (short != 0.0 || value == 0.0) { short.to_string() } else { value.to_string() }
}

fn all_hold(report: &Report) -> String {
    let values = report.groups.iter().filter_map(|group| group.value);
    let (least, most) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    let groups = number::counted(report.groups.len() as u64, "group", "groups");
    let value_of = |value| rounded(value, Op::Equal, f64::NAN);
    format!("{groups} from {} to {}", value_of(least), value_of(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(breakdowns: Value, results: Value, more: Value) -> QueryAnswer {
        let mut answer = json!({
            "query": { "text": "P95(duration_ms) GROUP BY name", "specification": { "time_range": 60, "filters": [] } },
            "window": { "start_ns": "0", "end_ns": "60" }, "grid": { "first_ns": "0", "step_ns": "60", "steps": 1 },
            "breakdowns": breakdowns, "calculations": ["P95(duration_ms)"], "heatmaps": [null], "results": results, "series": [],
            "groups": 2, "notes": [], "cost": { "elapsed_ms": 0.4 }
        });
        answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(answer).unwrap()
    }

    fn report(answer: &QueryAnswer, op: &str, value: f64, allow_empty: bool, has_events: bool) -> (&'static str, String) {
        let report = judge(answer, Op::read(op).unwrap(), value, allow_empty, has_events).unwrap();
        (report.outcome, people(&report, answer))
    }

    #[test]
    fn every_group_must_hold() {
        let two =
            answer(json!(["name"]), json!([{ "group": ["a"], "values": [150.5] }, { "group": ["b\u{1b}"], "values": [312] }]), json!({}));
        assert_eq!(
            report(&two, "<", 400.0, false, true),
            ("holds", "OK    P95(duration_ms) < 400: 2 groups from 150.5 to 312\n".to_owned())
        );
        let expected = "FAIL  P95(duration_ms) < 200: 312 where name = b\\x1b\n1 of 2 groups hold\n";
        assert_eq!(report(&two, "<", 200.0, false, true), ("fails", expected.to_owned()));
        for (op, value, outcome) in [
            ("<=", 312.0, "holds"),
            (">", 150.5, "fails"),
            (">=", 150.5, "holds"),
            ("=", 312.0, "fails"),
            ("!=", 7.0, "holds"),
            ("==", 1.0, "fails"),
        ] {
            assert_eq!(report(&two, op, value, false, true).0, outcome, "{op} {value}");
        }
        assert!(Op::read("lt").unwrap_err().to_string().contains("use one of"));
        assert!(read_value("200ms").unwrap_err().to_string().contains("no number"));
    }

    #[test]
    fn what_is_not_there_is_no_answer() {
        let none = answer(json!(["name"]), json!([]), json!({}));
        assert_eq!(report(&none, "<", 1.0, false, true).0, "unanswered");
        assert_eq!(
            report(&none, "<", 1.0, true, true),
            ("holds", "OK    P95(duration_ms) < 1: there is no data, which is allowed\n".to_owned())
        );
        let no_value = answer(json!([]), json!([{ "group": [], "values": [null] }]), json!({}));
        let (outcome, said) = report(&no_value, "<", 1.0, false, true);
        assert_eq!((outcome, said.contains("--allow-empty")), ("unanswered", true));
        assert_eq!(report(&no_value, "<", 1.0, true, true).0, "holds");
        let zero = answer(json!([]), json!([{ "group": [], "values": [0] }]), json!({}));
        assert!(may_be_silence(&zero));
        assert_eq!(report(&zero, "<", 5.0, false, true).0, "holds", "events arrived, and none of this sort");
        assert_eq!(report(&zero, "<", 5.0, false, false).0, "unanswered", "nothing arrived");
    }

    #[test]
    fn what_is_not_whole_is_no_answer_unless_it_fails_already() {
        let partial = json!({ "partial": true, "notes": [{ "kind": "partial", "text": "a file is damaged" }] });
        let good = answer(json!([]), json!([{ "group": [], "values": [5] }]), partial);
        assert_eq!(
            report(&good, "<", 9.0, false, true),
            ("unanswered", "?     P95(duration_ms) < 9: the answer does not hold everything: a file is damaged\n".to_owned())
        );
        let (outcome, said) = report(&good, "<", 1.0, false, true);
        assert_eq!((outcome, said.contains("FAIL")), ("unanswered", false), "the events that are missing may be quick ones: {said}");
        let only_these_fail = [
            ("COUNT", "<"),
            ("COUNT", "<="),
            ("COUNT_DISTINCT", "<"),
            ("COUNT_DISTINCT", "<="),
            ("MAX", "<"),
            ("MAX", "<="),
            ("MIN", ">"),
            ("MIN", ">="),
        ];
        for calculation in ["COUNT", "COUNT_DISTINCT", "MAX", "MIN", "SUM", "AVG", "P50", "CONCURRENCY", "RATE_MAX"] {
            for (op, value) in [("<", 1.0), ("<=", 1.0), (">", 9.0), (">=", 9.0), ("=", 1.0), ("!=", 5.0)] {
                let mut of = good.clone();
                of.query.specification = json!({ "calculations": [{ "op": calculation }] });
                let expected = if only_these_fail.contains(&(calculation, op)) { "fails" } else { "unanswered" };
                assert_eq!(report(&of, op, value, false, true).0, expected, "{calculation} {op}");
            }
        }
        for (member, value, expected) in [
            ("havings", json!([{ "calculate_op": "COUNT", "op": ">", "value": 1 }]), "unanswered"),
            ("filters", json!([{ "column": "none.error", "op": "exists" }]), "unanswered"),
            ("breakdowns", json!(["root.name"]), "unanswered"),
            ("breakdowns", json!(["name"]), "fails"),
        ] {
            let mut of = good.clone();
            of.query.specification = json!({ "calculations": [{ "op": "COUNT" }], member: value });
            assert_eq!(report(&of, "<", 1.0, false, true).0, expected, "{member}");
        }
        let cut = answer(json!(["name"]), json!([{ "group": ["a"], "values": [5] }]), json!({ "other": [3], "groups": 7 }));
        assert!(report(&cut, "<", 9.0, true, true).1.contains("there are 7 groups, and the question takes 1 of them"));
        let unknown = answer(
            json!([]),
            json!([{ "group": [], "values": [5] }]),
            json!({ "notes": [{ "kind": "unknown_column", "text": "no event has a column \"x\"" }] }),
        );
        assert_eq!(report(&unknown, "<", 9.0, false, true).0, "unanswered");
        assert_eq!(report(&unknown, "<", 9.0, true, true).0, "holds");
    }

    #[test]
    fn the_question_behind_asks_for_anything_of_the_time() {
        let specification = json!({ "time_range": 60, "filters": [1], "datasets": ["web"], "breakdowns": ["a"] });
        assert_eq!(
            anything(&specification),
            json!({ "calculations": [{ "op": "COUNT" }], "want": [], "time_range": 60, "datasets": ["web"] })
        );
    }
}
