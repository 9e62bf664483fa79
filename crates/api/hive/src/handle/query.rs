//! Queries: read, run, answer.

use crate::endpoint::{Call, ok};
use crate::hive::Open;
use crate::problem::Failure;
pub use crate::shape::query::group_value;
use crate::shape::query::{Cost, Note, ParseAnswer, ParseError, QueryAnswer, Understood, Want};
use glasshive_base::{Clock, ErrorKind};
use glasshive_base_http::Response;
use glasshive_model::EnvironmentId;
use glasshive_query_engine::{Cancel, ColumnsRequest, EngineError};
use glasshive_query_plan::alias::alias_group;
use glasshive_query_plan::{self as plan, Plan, Problem, QueryError, Wants};
use http::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;

/// Runs a query. The engine calls it off when this future is dropped.
pub async fn run(mut call: Call) -> Result<Response, Failure> {
    let body: Value = call.body().await?;
    let open = call.open()?;
    ok(&answer(&open, call.environment, body, call.hive.clock.as_ref()).await?)
}

/// Answers the body of `POST query`, with or without a server around it.
///
/// # Errors
/// When the query cannot be read, or the engine refuses.
pub async fn answer(open: &Open, environment: EnvironmentId, body: Value, clock: &dyn Clock) -> Result<QueryAnswer, Failure> {
    let (plan, wants) = read(body, clock.wall_ns())?;
    let start = clock.monotonic();
    let answered = open.engine.query_with_cost(environment, &plan, wants, Cancel::default()).await;
    let (answer, cost) = answered.map_err(engine_failure)?;
    let cost = Cost::new(cost, clock.monotonic().saturating_sub(start));
    Ok(QueryAnswer::new(understood(&plan), &plan, answer, cost))
}

/// Reads a query and says what it means, or what is wrong with it.
pub async fn parse(mut call: Call) -> Result<Response, Failure> {
    let body: Value = call.body().await?;
    let answer = match read_plan(body, call.hive.clock.wall_ns()) {
        Ok((plan, _)) => {
            let warnings = unknown_columns(&call, &plan).await?;
            ParseAnswer { query: Some(understood(&plan)), errors: Vec::new(), warnings }
        }
        Err(error) => {
            let error = ParseError { message: error.to_string(), position: error.position() };
            ParseAnswer { query: None, errors: vec![error], warnings: Vec::new() }
        }
    };
    ok(&answer)
}

/// A remark for each column of the plan that no event of the environment has, under any of its names.
async fn unknown_columns(call: &Call, plan: &Plan) -> Result<Vec<Note>, Failure> {
    let request = ColumnsRequest { prefix: String::new(), window: None, datasets: None };
    let open = call.open()?;
    let known = open.engine.columns(call.environment, &request, Cancel::default()).await.map_err(engine_failure)?;
    let known: BTreeSet<String> = known.into_iter().map(|column| column.name).collect();
    let is_unknown = |column: &&plan::Column| {
        !known.contains(&column.name) && (column.exact || !alias_group(&column.name).iter().any(|member| known.contains(member.name)))
    };
    let columns = plan.read_columns(|name| known.contains(name));
    let names: BTreeSet<&str> = columns.iter().filter(is_unknown).map(|column| column.name.as_str()).collect();
    let remark = |name| plan::Note::new(plan::NoteKind::UnknownColumn, format!("no event has a column \"{name}\"")).into();
    Ok(names.into_iter().map(remark).collect())
}

/// The plan and what is wanted besides its results.
fn read(body: Value, now_ns: i64) -> Result<(Plan, Wants), Failure> {
    let (plan, want) = read_plan(body, now_ns).map_err(plan_failure)?;
    let Some(want) = want else { return Ok((plan, Wants::default())) };
    let want: Vec<Want> =
        serde_json::from_value(want).map_err(|_| Failure::invalid("`want` is a list of `series`, `total` and `other`"))?;
    let has = |one| want.contains(&one);
    Ok((plan, Wants { series: has(Want::Series), total: has(Want::Total), other: has(Want::Other) }))
}

/// `{"text": ..}` or a specification; either may have `want` beside it.
fn read_plan(mut body: Value, now_ns: i64) -> Result<(Plan, Option<Value>), QueryError> {
    let want = body.as_object_mut().and_then(|members| members.remove("want"));
    let plan = match body.get("text") {
        Some(Value::String(text)) => plan::text::parse(text, now_ns)?,
        _ => plan::spec::decode_value(&body, now_ns)?,
    };
    Ok((plan, want))
}

/// A plan in its two written forms.
pub fn understood(plan: &Plan) -> Understood {
    Understood { text: plan::text::to_text(plan), specification: plan::spec::encode(plan) }
}

/// A query that cannot be asked this way.
pub fn plan_failure(error: QueryError) -> Failure {
    let failure = Failure { position: error.position(), ..Failure::invalid(error.to_string()) };
    match error.problem {
        Problem::Malformed => failure,
        Problem::Unanswerable => failure.with_status(StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// A query that could be asked and was not answered.
pub fn engine_failure(error: EngineError) -> Failure {
    let failure = Failure::new(error.kind(), error.to_string());
    match error.kind() {
        ErrorKind::TooLarge => failure
            .with_status(StatusCode::UNPROCESSABLE_ENTITY)
            .with_remedy("narrow the time range, add a filter, or group by fewer columns"),
        ErrorKind::Unavailable => failure.with_remedy("ask again in a second"),
        _ => failure,
    }
}
