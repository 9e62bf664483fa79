//! Every row of the API, in the order of the document.

use crate::endpoint::{Answers, Endpoint, Parameter};
use crate::handle::{account, events, page, place, process, query, tail, trace};
use crate::hive::Hive;
use crate::shape;
use glasshive_base_http::{Methods, Route};
use glasshive_model::Action;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::sync::Arc;

const NAME: Parameter = Parameter { name: "prefix", description: "Only names or values that begin with this." };
const LIMIT: Parameter = Parameter { name: "limit", description: "Most entries." };
const WHERE: Parameter = Parameter { name: "filter", description: "Which events, in text, as after WHERE of a query; all when left out." };
const RANGE: Parameter = Parameter { name: "range", description: "Time range and datasets in text, such as `IN web LAST 1h`." };
const AT: Parameter =
    Parameter { name: "at", description: "A time near the trace, nanoseconds since 1970; only a day around it is looked at first." };

/// The rows.
pub static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        name: "query",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/query",
        action: Action::Read,
        summary: "Run a query.",
        parameters: &[],
        body: Some(schema::<shape::query::QueryRequest>),
        answer: Answers::Json(schema::<shape::query::QueryAnswer>),
        run: |call| Box::pin(query::run(call)),
    },
    Endpoint {
        name: "parseQuery",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/query/parse",
        action: Action::Read,
        summary: "Read a query without running it.",
        parameters: &[],
        body: Some(schema::<shape::query::QueryRequest>),
        answer: Answers::Json(schema::<shape::query::ParseAnswer>),
        run: |call| Box::pin(query::parse(call)),
    },
    Endpoint {
        name: "events",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/events",
        action: Action::Read,
        summary: "Events as they are, newest first.",
        parameters: &[],
        body: Some(schema::<shape::row::EventsRequest>),
        answer: Answers::Json(schema::<shape::row::EventsAnswer>),
        run: |call| Box::pin(events::run(call)),
    },
    Endpoint {
        name: "trace",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/traces/{id}",
        action: Action::Read,
        summary: "One trace by its id in any spelling.",
        parameters: &[AT],
        body: None,
        answer: Answers::Json(schema::<shape::trace::Trace>),
        run: |call| Box::pin(trace::run(call)),
    },
    Endpoint {
        name: "tail",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/tail",
        action: Action::Read,
        summary: "Events as they arrive.",
        parameters: &[WHERE],
        body: None,
        answer: Answers::Events(
            "Server-sent events: `row` with a row as its data, `missed` when some were left out because the reader was too slow.",
        ),
        run: |call| Box::pin(tail::run(call)),
    },
    Endpoint {
        name: "datasets",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/datasets",
        action: Action::Read,
        summary: "The environment's datasets.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::place::Datasets>),
        run: |call| Box::pin(place::datasets(call)),
    },
    Endpoint {
        name: "columns",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/columns",
        action: Action::Read,
        summary: "The environment's columns.",
        parameters: &[NAME, RANGE],
        body: None,
        answer: Answers::Json(schema::<shape::place::Columns>),
        run: |call| Box::pin(place::columns(call)),
    },
    Endpoint {
        name: "values",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/columns/{name}/values",
        action: Action::Read,
        summary: "A column's values, most frequent first.",
        parameters: &[NAME, RANGE, LIMIT],
        body: None,
        answer: Answers::Json(schema::<shape::place::Values>),
        run: |call| Box::pin(place::values(call)),
    },
    Endpoint {
        name: "refusals",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/refusals",
        action: Action::Read,
        summary: "The last requests that were refused, and why.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::process::Refusals>),
        run: |call| Box::pin(process::refusals(call)),
    },
    Endpoint {
        name: "stats",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/stats",
        action: Action::Read,
        summary: "Figures of the store.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::process::Stats>),
        run: |call| Box::pin(process::stats(call)),
    },
    Endpoint {
        name: "environments",
        method: Methods::GET,
        path: "/hive/v1/environments",
        action: Action::Read,
        summary: "Environments that the asker may read.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::account::Environments>),
        run: |call| Box::pin(account::environments(call)),
    },
    Endpoint {
        name: "createEnvironment",
        method: Methods::POST,
        path: "/hive/v1/environments",
        action: Action::Administer,
        summary: "Make an environment, unless it exists.",
        parameters: &[],
        body: Some(schema::<shape::account::Environment>),
        answer: Answers::Json(schema::<shape::account::Environment>),
        run: |call| Box::pin(account::create_environment(call)),
    },
    Endpoint {
        name: "keys",
        method: Methods::GET,
        path: "/hive/v1/keys",
        action: Action::Administer,
        summary: "Keys of the environments that the asker administers, without their secrets.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::account::Keys>),
        run: |call| Box::pin(account::keys(call)),
    },
    Endpoint {
        name: "createKey",
        method: Methods::POST,
        path: "/hive/v1/keys",
        action: Action::Administer,
        summary: "Make a key. Its secret is in the answer and nowhere again.",
        parameters: &[],
        body: Some(schema::<shape::account::NewKey>),
        answer: Answers::Json(schema::<shape::account::CreatedKey>),
        run: |call| Box::pin(account::create_key(call)),
    },
    Endpoint {
        name: "disableKey",
        method: Methods::POST,
        path: "/hive/v1/keys/{id}/disable",
        action: Action::Administer,
        summary: "Switch a key off.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::account::Key>),
        run: |call| Box::pin(account::disable_key(call)),
    },
    Endpoint {
        name: "enableKey",
        method: Methods::POST,
        path: "/hive/v1/keys/{id}/enable",
        action: Action::Administer,
        summary: "Switch a key on again.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::account::Key>),
        run: |call| Box::pin(account::enable_key(call)),
    },
    Endpoint {
        name: "openapi",
        method: Methods::GET,
        path: "/hive/v1/openapi.json",
        action: Action::Public,
        summary: "This document.",
        parameters: &[],
        body: None,
        answer: Answers::Json(any_object),
        run: |call| Box::pin(page::openapi(call)),
    },
    Endpoint {
        name: "problems",
        method: Methods::GET,
        path: "/hive/v1/problems",
        action: Action::Public,
        summary: "What problem documents mean.",
        parameters: &[],
        body: None,
        answer: Answers::Text("text/markdown; charset=utf-8"),
        run: |call| Box::pin(page::problems(call)),
    },
    Endpoint {
        name: "healthz",
        method: Methods::GET,
        path: "/healthz",
        action: Action::Public,
        summary: "Whether the process turns; nothing else.",
        parameters: &[],
        body: None,
        answer: Answers::Text("text/plain; charset=utf-8"),
        run: |call| Box::pin(process::healthz(call)),
    },
    Endpoint {
        name: "readyz",
        method: Methods::GET,
        path: "/readyz",
        action: Action::Public,
        summary: "Whether telemetry is taken and questions are answered; 503 with the same body when not.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::process::Readiness>),
        run: |call| Box::pin(process::readyz(call)),
    },
    Endpoint {
        name: "metrics",
        method: Methods::GET,
        path: "/metrics",
        action: Action::Public,
        summary: "The server's own figures, as Prometheus text.",
        parameters: &[],
        body: None,
        answer: Answers::Text("text/plain; version=0.0.4; charset=utf-8"),
        run: |call| Box::pin(process::metrics(call)),
    },
    Endpoint {
        name: "home",
        method: Methods::GET,
        path: "/",
        action: Action::Public,
        summary: "A page for people.",
        parameters: &[],
        body: None,
        answer: Answers::Text("text/html; charset=utf-8"),
        run: |call| Box::pin(page::home(call)),
    },
];

/// The rows of the route table.
pub fn routes(hive: &Arc<Hive>) -> Vec<Route> {
    ENDPOINTS.iter().map(|endpoint| endpoint.route(hive)).collect()
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn any_object(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "object" })
}
