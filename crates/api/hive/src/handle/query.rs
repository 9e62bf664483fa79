//! Queries: read, run, answer.

use super::field::{self, KeptFields};
use crate::endpoint::{Call, ok};
use crate::hive::Open;
use crate::problem::Failure;
use crate::running::Running;
use crate::shape::Nanoseconds;
pub use crate::shape::query::group_value;
use crate::shape::query::{Cost, Note, ParseAnswer, ParseError, QueryAnswer, Understood, Want};
use crate::shape::running::{CalledOff, RunningQueries, RunningQuery};
use glasshive_base::{Clock, ErrorKind};
use glasshive_base_http::Response;
use glasshive_feature_fields::Fields;
use glasshive_model::names::ERROR;
use glasshive_model::{ColumnType, EnvironmentId};
use glasshive_query_engine::{Cancel, EngineError};
use glasshive_query_plan::level::readings;
use glasshive_query_plan::{self as plan, Plan, Problem, QueryError, Wants};
use http::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;

/// Runs a query. The engine calls it off when this future is dropped.
pub async fn run(mut call: Call) -> Result<Response, Failure> {
    let body: Value = call.body().await?;
    let open = call.open()?;
    let clock = call.hive.clock.clone();
    let (plan, wants) = read(body, clock.wall_ns())?;
    let ticket = call.enter("query", &plan::text::to_text(&plan))?;
    let run = KeptFields::of(&call, &open).in_plan(&plan, std::iter::empty())?;
    let answer = run_plan(&open, call.environment, &run, wants, clock.as_ref(), ticket.cancel.clone()).await?;
    // As it was asked, without the fields that are kept.
    ok(&QueryAnswer { query: understood(&plan), ..answer })
}

/// The questions that run now.
pub async fn running(call: Call) -> Result<Response, Failure> {
    let now_ns = call.hive.clock.wall_ns();
    let shown = |(id, running): (String, Running)| RunningQuery {
        id,
        kind: running.kind.to_owned(),
        text: running.text,
        started_ns: Nanoseconds(running.started_ns),
        elapsed_ms: now_ns.saturating_sub(running.started_ns) as f64 / 1e6,
    };
    ok(&RunningQueries { queries: call.hive.running.list(call.environment).into_iter().map(shown).collect() })
}

/// Calls one off. Who asked it is told so.
pub async fn call_off(call: Call) -> Result<Response, Failure> {
    let id = call.param("id");
    if !call.hive.running.call_off(call.environment, id) {
        return Err(Failure::not_found(format!("no query with the id {id} is running")).with_remedy("it may have been answered"));
    }
    ok(&CalledOff { id: id.to_owned() })
}

/// Answers the body of `POST query` without a server around it.
///
/// # Errors
/// When the query cannot be read, or the engine refuses.
pub async fn answer(
    open: &Open,
    environment: EnvironmentId,
    kept: &Fields,
    body: Value,
    clock: &dyn Clock,
) -> Result<QueryAnswer, Failure> {
    let (plan, wants) = read(body, clock.wall_ns())?;
    let run = KeptFields::new(Some(kept), open, environment).in_plan(&plan, std::iter::empty())?;
    let answer = run_plan(open, environment, &run, wants, clock, Cancel::default()).await?;
    Ok(QueryAnswer { query: understood(&plan), ..answer })
}

/// Runs a plan with the fields it names in it.
pub async fn run_plan(
    open: &Open,
    environment: EnvironmentId,
    plan: &Plan,
    wants: Wants,
    clock: &dyn Clock,
    cancel: Cancel,
) -> Result<QueryAnswer, Failure> {
    let start = clock.monotonic();
    let (answer, cost) = open.engine.query_with_cost(environment, plan, wants, cancel).await.map_err(engine_failure)?;
    let cost = Cost::new(cost, clock.monotonic().saturating_sub(start));
    Ok(QueryAnswer::new(understood(plan), plan, answer, cost))
}

/// Reads a query and says what it means, or what is wrong with it.
pub async fn parse(mut call: Call) -> Result<Response, Failure> {
    let body: Value = call.body().await?;
    let (body, wants) = split(body)?;
    let answer = match read_plan(&body, wants, call.hive.clock.wall_ns()) {
        Ok(plan) => {
            let open = call.open()?;
            let warnings = unknown_columns(&call, &KeptFields::of(&call, &open).in_plan(&plan, std::iter::empty())?)?;
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
fn unknown_columns(call: &Call, plan: &Plan) -> Result<Vec<Note>, Failure> {
    let registry = call.open()?.store.registry(call.environment);
    let is_known = |name: &str| name == ERROR || field::is_column(&registry, name);
    let is_unknown = |column: &&plan::Column| !readings(column, is_known).iter().any(|reading| is_known(&reading.name));
    // A metric with buckets is no column, and calculations take its name.
    let has_buckets = |name: &str| registry.columns_of(name).iter().any(|column| column.column_type == ColumnType::Json);
    let is_metric = |column: &&plan::Column| {
        plan::histogram::metric_of(&column.name, has_buckets, false).is_some() && only_calculated(plan, &column.name)
    };
    let columns = plan.read_columns(is_known);
    let unknown = columns.iter().filter(is_unknown).filter(|column| !is_metric(column));
    let names: BTreeSet<&str> = unknown.map(|column| column.name.as_str()).collect();
    let remark = |name| plan::Note::new(plan::NoteKind::UnknownColumn, format!("no event has a column \"{name}\"")).into();
    Ok(names.into_iter().map(remark).collect())
}

/// Whether a name stands in calculations of numbers and nowhere else.
fn only_calculated(plan: &Plan, name: &str) -> bool {
    let mut elsewhere = plan.breakdowns.iter().chain(plan.filters.conditions.iter().map(|condition| &condition.column));
    let mut in_fields = plan.fields.iter().flat_map(|field| field.columns());
    let of_other_calculations = plan.calculations.iter().filter(|calculation| !calculation.op.is_numeric());
    let mut counted = of_other_calculations.filter_map(|calculation| calculation.column.as_ref());
    let is_it = |column: &plan::Column| column.name == name;
    !elsewhere.any(is_it) && !in_fields.any(is_it) && !counted.any(is_it)
}

/// The plan and what is wanted besides its results.
fn read(body: Value, now_ns: i64) -> Result<(Plan, Wants), Failure> {
    let (body, wants) = split(body)?;
    Ok((read_plan(&body, wants, now_ns).map_err(plan_failure)?, wants))
}

/// The query, and the `want` beside it.
fn split(mut body: Value) -> Result<(Value, Wants), Failure> {
    let Some(want) = body.as_object_mut().and_then(|members| members.remove("want")) else { return Ok((body, Wants::default())) };
    let want: Vec<Want> =
        serde_json::from_value(want).map_err(|_| Failure::invalid("`want` is a list of `series`, `total` and `other`"))?;
    let has = |one| want.contains(&one);
    Ok((body, Wants { series: has(Want::Series), total: has(Want::Total), other: has(Want::Other) }))
}

/// `{"text": ..}` or a specification.
fn read_plan(body: &Value, wants: Wants, now_ns: i64) -> Result<Plan, QueryError> {
    match body.get("text") {
        Some(Value::String(text)) => plan::text::parse_for(text, wants, now_ns),
        _ => plan::spec::decode_for(body, wants, now_ns),
    }
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
        // The message itself says what to do.
        ErrorKind::TooLarge => failure.with_status(StatusCode::UNPROCESSABLE_ENTITY),
        ErrorKind::Unavailable => failure.with_remedy("ask again in a second"),
        _ if matches!(error, EngineError::Cancelled) => Failure { kind: ErrorKind::Conflict, ..failure },
        _ => failure,
    }
}
