//! Rows as they are, newest first.

use super::field::KeptFields;
use super::query::{engine_failure, plan_failure};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::query::Cost;
use crate::shape::row::{EventsAnswer, Row};
use glasshive_base_http::Response;
use glasshive_query_plan::{Cursor, EventsRequest, QueryError, spec, text};
use serde_json::Value;

/// Answers rows.
pub async fn run(mut call: Call) -> Result<Response, Failure> {
    let body: Value = call.body().await?;
    let asked = read(body, call.hive.clock.wall_ns()).map_err(plan_failure)?;
    let open = call.open()?;
    let request = KeptFields::of(&call, &open).in_events(&asked)?;
    let start = call.hive.clock.monotonic();
    let ticket = call.enter("events", &text::events_to_text(&asked))?;
    let answer = open.engine.events(call.environment, &request, ticket.cancel.clone()).await.map_err(engine_failure)?;
    ok(&EventsAnswer {
        rows: answer.rows.into_iter().map(Row::from).collect(),
        next: answer.next.map(Cursor::to_text),
        partial: answer.notes.iter().any(glasshive_query_plan::Note::is_partial),
        notes: answer.notes.into_iter().map(Into::into).collect(),
        cost: Cost::new(answer.cost, call.hive.clock.monotonic().saturating_sub(start)),
    })
}

/// A specification, or a text; what stands beside a text wins over what stands in it.
fn read(mut body: Value, now_ns: i64) -> Result<EventsRequest, QueryError> {
    let written = match body.get("text") {
        Some(Value::String(written)) => written.clone(),
        _ => return spec::decode_events_value(&body, now_ns),
    };
    let mut request = text::parse_events(&written, now_ns)?;
    if let Some(members) = body.as_object_mut() {
        members.remove("text");
    }
    let beside = spec::decode_events_value(&body, now_ns)?;
    let has = |member: &str| body.get(member).is_some_and(|value| !value.is_null());
    if has("columns") {
        request.columns = beside.columns;
    }
    if has("datasets") {
        request.datasets = beside.datasets;
    }
    if has("limit") {
        request.limit = beside.limit;
    }
    request.after = beside.after;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_767_225_600_000_000_000;

    #[test]
    fn what_stands_beside_the_text_wins() {
        let request = read(json!({ "text": "name WHERE error = true LIMIT 5 IN web LAST 1h", "limit": 7, "columns": ["a"] }), NOW).unwrap();
        assert_eq!((request.limit, request.columns.len(), request.columns[0].name.as_str()), (7, 1, "a"));
        assert_eq!(request.datasets.as_deref(), Some(["web".to_owned()].as_slice()));
        assert_eq!(request.time.window.length_ns(), 3_600_000_000_000);
        assert_eq!(request.filters.conditions.len(), 1);
        assert!(read(json!({ "text": "LAST 1h", "unknown": 1 }), NOW).is_err());
    }
}
