//! Every row of the API. Those of one noun that are many stand in a file of their own.

mod library;
mod people;
mod xray;

use crate::endpoint::{Answers, Endpoint, Parameter};
use crate::handle::{account, changes, compare, deletion, events, export, field, page, place, process, query, tail, trace};
use crate::hive::Hive;
use crate::shape;
use glasshive_base_http::{Methods, Route};
use glasshive_model::Action;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::sync::Arc;

const NAME: Parameter = Parameter { name: "prefix", description: "Only names or values that begin with this." };
const LIMIT: Parameter = Parameter { name: "limit", description: "Most entries." };
const WHERE: Parameter = Parameter { name: "filter", description: "Which events, in text, as after WHERE of a query; all when left out." };
const ID: Parameter =
    Parameter { name: "id", description: "What the question is called off by while it runs; the server chooses one when left out." };
const RANGE: Parameter = Parameter { name: "range", description: "Time range and datasets in text, such as `IN web LAST 1h`." };
const AT: Parameter =
    Parameter { name: "at", description: "A time near the trace, nanoseconds since 1970; only a day around it is looked at first." };

const CHANGES_FROM: Parameter =
    Parameter { name: "from", description: "Start of the window, nanoseconds since 1970; an hour before its end when left out." };
const CHANGES_TO: Parameter = Parameter { name: "to", description: "End of the window, nanoseconds since 1970; now when left out." };
const SERVICE: Parameter = Parameter { name: "service", description: "Only what is of this service." };

/// All rows.
pub const ENDPOINTS: Table = Table(&[ROWS, library::ROWS, people::ROWS, xray::ROWS]);

/// Rows of several files.
#[derive(Clone, Copy)]
pub struct Table(&'static [&'static [Endpoint]]);

static ROWS: &[Endpoint] = &[
    Endpoint {
        name: "query",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/query",
        action: Action::Read,
        summary: "Run a query.",
        parameters: &[ID],
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
        name: "changes",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/changes",
        action: Action::Read,
        summary: "What is other than in the window before and a week ago: routes that are slower, new exceptions, refused requests.",
        parameters: &[ID, CHANGES_FROM, CHANGES_TO, SERVICE],
        body: None,
        answer: Answers::Json(schema::<shape::changes::Changes>),
        run: |call| Box::pin(changes::run(call)),
    },
    Endpoint {
        name: "runningQueries",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/queries",
        action: Action::Read,
        summary: "The questions that run now.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::running::RunningQueries>),
        run: |call| Box::pin(query::running(call)),
    },
    Endpoint {
        name: "cancelQuery",
        method: Methods::DELETE,
        path: "/hive/v1/e/{env}/queries/{id}",
        action: Action::Read,
        summary: "Call a running question off; who asked it gets status 409.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::running::CalledOff>),
        run: |call| Box::pin(query::call_off(call)),
    },
    Endpoint {
        name: "events",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/events",
        action: Action::Read,
        summary: "Events as they are, newest first.",
        parameters: &[ID],
        body: Some(schema::<shape::row::EventsRequest>),
        answer: Answers::Json(schema::<shape::row::EventsAnswer>),
        run: |call| Box::pin(events::run(call)),
    },
    Endpoint {
        name: "compare",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/compare",
        action: Action::Read,
        summary: "What selected events have in common that the others have not.",
        parameters: &[ID],
        body: Some(schema::<shape::compare::CompareRequest>),
        answer: Answers::Json(schema::<shape::compare::CompareAnswer>),
        run: |call| Box::pin(compare::run(call)),
    },
    Endpoint {
        name: "export",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/export",
        action: Action::Read,
        summary: "A page of rows as they are stored, in order of arrival.",
        parameters: &[ID],
        body: Some(schema::<shape::export::ExportRequest>),
        answer: Answers::Bytes(
            export::PARQUET,
            "A Parquet file with a column for each stored column (docs/formats/export.md). Its metadata says under `glasshive.page`, as \
             JSON, what comes after it: `next` for the next page's `after`, `through` for its `through`, `missing` for what could not \
             be read.",
        ),
        run: |call| Box::pin(export::run(call)),
    },
    Endpoint {
        name: "trace",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/traces/{id}",
        action: Action::Read,
        summary: "One trace by its id in any spelling.",
        parameters: &[AT, ID],
        body: None,
        answer: Answers::Json(schema::<shape::trace::Trace>),
        run: |call| Box::pin(trace::run(call)),
    },
    Endpoint {
        name: "skeleton",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/traces/{id}/skeleton",
        action: Action::Read,
        summary: "One trace as columns, without the fields of its spans.",
        parameters: &[AT, ID],
        body: None,
        answer: Answers::Json(schema::<shape::skeleton::Skeleton>),
        run: |call| Box::pin(trace::skeleton(call)),
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
        parameters: &[NAME, RANGE, ID],
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
        parameters: &[NAME, RANGE, WHERE, LIMIT, ID],
        body: None,
        answer: Answers::Json(schema::<shape::place::Values>),
        run: |call| Box::pin(place::values(call)),
    },
    Endpoint {
        name: "fields",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/fields",
        action: Action::Read,
        summary: "Calculated fields that the environment keeps.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::field::Fields>),
        run: |call| Box::pin(field::list(call)),
    },
    Endpoint {
        name: "createField",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/fields",
        action: Action::Change,
        summary: "Keep a calculated field; status 409 when a column or another field has its name.",
        parameters: &[],
        body: Some(schema::<shape::field::NewField>),
        answer: Answers::Json(schema::<shape::field::Field>),
        run: |call| Box::pin(field::create(call)),
    },
    Endpoint {
        name: "updateField",
        method: Methods::PUT,
        path: "/hive/v1/e/{env}/fields/{id}",
        action: Action::Change,
        summary: "Give a calculated field another expression and description.",
        parameters: &[],
        body: Some(schema::<shape::field::ChangedField>),
        answer: Answers::Json(schema::<shape::field::Field>),
        run: |call| Box::pin(field::update(call)),
    },
    Endpoint {
        name: "deleteField",
        method: Methods::DELETE,
        path: "/hive/v1/e/{env}/fields/{id}",
        action: Action::Change,
        summary: "Take a calculated field out; status 409 while another one names it.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::field::Field>),
        run: |call| Box::pin(field::delete(call)),
    },
    Endpoint {
        name: "metricDescriptors",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/metrics",
        action: Action::Read,
        summary: "The environment's metrics: kind, unit, temporality.",
        parameters: &[NAME, RANGE, ID],
        body: None,
        answer: Answers::Json(schema::<shape::place::Metrics>),
        run: |call| Box::pin(place::metrics(call)),
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
        name: "deletions",
        method: Methods::GET,
        path: "/hive/v1/e/{env}/deletions",
        action: Action::Administer,
        summary: "Deletions of events that were asked for, and what they have come to.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::deletion::Deletions>),
        run: |call| Box::pin(deletion::deletions(call)),
    },
    Endpoint {
        name: "delete",
        method: Methods::POST,
        path: "/hive/v1/e/{env}/deletions",
        action: Action::Administer,
        summary: "Delete events for good. Answers when they are deleted; where that takes long, when it is noted.",
        parameters: &[],
        body: Some(schema::<shape::deletion::DeletionFilter>),
        answer: Answers::Json(schema::<shape::deletion::Deletion>),
        run: |call| Box::pin(deletion::delete(call)),
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
        body: Some(schema::<shape::account::NewEnvironment>),
        answer: Answers::Json(schema::<shape::account::Environment>),
        run: |call| Box::pin(account::create_environment(call)),
    },
    Endpoint {
        name: "describeEnvironment",
        method: Methods::PUT,
        path: "/hive/v1/e/{env}/about",
        action: Action::Administer,
        summary: "Call an environment something, put it away or bring it back; for who administers the team.",
        parameters: &[],
        body: Some(schema::<shape::account::AboutEnvironment>),
        answer: Answers::Json(schema::<shape::account::Environment>),
        run: |call| Box::pin(account::describe_environment(call)),
    },
    Endpoint {
        name: "keys",
        method: Methods::GET,
        path: "/hive/v1/keys",
        action: Action::Change,
        summary: "Keys of the environments that the asker administers, without their secrets; for editors those that only send.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::account::Keys>),
        run: |call| Box::pin(account::keys(call)),
    },
    Endpoint {
        name: "createKey",
        method: Methods::POST,
        path: "/hive/v1/keys",
        action: Action::Change,
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
        action: Action::Change,
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
        action: Action::Change,
        summary: "Switch a key on again.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::account::Key>),
        run: |call| Box::pin(account::enable_key(call)),
    },
    Endpoint {
        name: "confirmClock",
        method: Methods::POST,
        path: "/hive/v1/clock/confirm",
        action: Action::Administer,
        summary: "Say that the server's wall clock is right, however it has moved: what is old may go again.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::deletion::ConfirmedClock>),
        run: |call| Box::pin(deletion::confirm_clock(call)),
    },
    Endpoint {
        name: "status",
        method: Methods::GET,
        path: "/hive/v1/status",
        action: Action::Read,
        summary: "How the server is, and how it was set up.",
        parameters: &[],
        body: None,
        answer: Answers::Json(schema::<shape::process::Status>),
        run: |call| Box::pin(process::status(call)),
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

impl Table {
    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = &'static Endpoint> {
        self.0.iter().copied().flatten()
    }
}

impl IntoIterator for Table {
    type Item = &'static Endpoint;
    type IntoIter = std::iter::Flatten<std::iter::Copied<std::slice::Iter<'static, &'static [Endpoint]>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().copied().flatten()
    }
}

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
