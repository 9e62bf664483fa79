//! What selected events have in common that the others have not.

use super::field::KeptFields;
use super::query::{engine_failure, plan_failure};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::compare::{CompareAnswer, CompareRequest};
use crate::shape::query::Cost;
use glasshive_base_http::Response;
use glasshive_query_engine::{Selection, SelectionPart};
use glasshive_query_plan::alias::alias_group;
use glasshive_query_plan::{Column, Combination, FilterOp, GroupValue, Note, Plan, Window, relation, text};
use serde_json::Value;

/// Answers the columns of both sides, the most telling first.
pub async fn run(mut call: Call) -> Result<Response, Failure> {
    let request: CompareRequest = call.body().await?;
    let plan = text::parse(&request.text, call.hive.clock.wall_ns()).map_err(plan_failure)?;
    let open = call.open()?;
    let selection = selection_of(&request, &plan)?;
    let ticket = call.enter("compare", &text::to_text(&plan))?;
    let plan = KeptFields::of(&call, &open).in_plan(&plan, selection.parts.iter().map(SelectionPart::column))?;
    let start = call.hive.clock.monotonic();
    let comparison = open
        .engine
        .compare(call.environment, &plan, &selection, request.sample_rows, ticket.cancel.clone())
        .await
        .map_err(engine_failure)?;
    let ranking = glasshive_feature_bubbleup::rank(&comparison, &asked(&plan, &selection));
    ok(&CompareAnswer {
        selected: ranking.selected.into(),
        rest: ranking.rest.into(),
        columns: ranking.panels.into_iter().map(Into::into).collect(),
        is_cut: comparison.is_cut,
        sampled: comparison.sampled.map(Into::into),
        partial: comparison.notes.iter().any(Note::is_partial),
        notes: comparison.notes.into_iter().map(Into::into).collect(),
        cost: Cost::new(comparison.cost, call.hive.clock.monotonic().saturating_sub(start)),
    })
}

fn selection_of(request: &CompareRequest, plan: &Plan) -> Result<Selection, Failure> {
    let asked = &request.selection;
    let whole = plan.time.window;
    let window = Window {
        start_ns: asked.start_ns.map_or(whole.start_ns, |start| start.0.max(whole.start_ns)),
        end_ns: asked.end_ns.map_or(whole.end_ns, |end| end.0.min(whole.end_ns)),
    };
    if window.start_ns >= window.end_ns {
        return Err(Failure::invalid("the selection lies outside of the query's time"));
    }
    let ranges = asked.ranges.iter().map(|range| SelectionPart::Range {
        column: Column::from_shown(&range.column),
        low: range.low.unwrap_or(f64::NEG_INFINITY),
        high: range.high.unwrap_or(f64::INFINITY),
    });
    let equals =
        asked.equals.iter().map(|equal| SelectionPart::Equals { column: Column::from_shown(&equal.column), value: value_of(&equal.value) });
    let parts: Vec<SelectionPart> = ranges.chain(equals).collect();
    for part in &parts {
        relation::check_breakdown(part.column()).map_err(Failure::invalid)?;
    }
    Ok(Selection { window, parts })
}

fn value_of(value: &Value) -> GroupValue {
    match value {
        Value::Null => GroupValue::Null,
        Value::Bool(truth) => GroupValue::Bool(*truth),
        Value::String(text) => GroupValue::Str(text.clone()),
        Value::Number(number) => number.as_i64().map_or_else(|| GroupValue::of_float(number.as_f64().unwrap_or(f64::NAN)), GroupValue::Int),
        Value::Array(_) | Value::Object(_) => GroupValue::Json(value.to_string()),
    }
}

/// Columns that cannot tell anything: the selection is made of them, or a condition fixes them, under any of their names, or by a
/// calculated field that reads them.
fn asked(plan: &Plan, selection: &Selection) -> Vec<String> {
    let parts = selection.parts.iter().map(SelectionPart::column);
    let holds = plan.filters.combination == Combination::And || plan.filters.conditions.len() == 1;
    let fixed = plan.filters.conditions.iter().filter(|condition| holds && condition.op == FilterOp::Equal);
    let mut open: Vec<&Column> = parts.chain(fixed.map(|condition| &condition.column)).collect();
    let mut asked: Vec<String> = Vec::new();
    while let Some(column) = open.pop() {
        if asked.contains(&column.name) {
            continue;
        }
        asked.push(column.name.clone());
        match plan.field(column) {
            Some(field) => open.extend(field.columns()),
            None => asked.extend(alias_group(&column.name).iter().map(|member| member.name.to_owned())),
        }
    }
    asked
}
