//! The OpenAPI 3.1 document, made from the rows that are served; and the doors for SDKs beside them.

mod otlp;

use crate::endpoint::{Answers, Endpoint};
use crate::problem::Problem;
use crate::table::ENDPOINTS;
use glasshive_model::Action;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The document of a server whose OTLP door stands at these paths in front of `/v1/{signal}`.
pub fn document(otlp_base_paths: &[String]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for endpoint in ENDPOINTS.iter() {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        for method in endpoint.method.list() {
            path[method.as_str().to_ascii_lowercase()] = operation(endpoint, &mut generator);
        }
    }
    otlp::push(&mut paths, otlp_base_paths);
    let problem = generator.subschema_for::<Problem>().to_value();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Glasshive",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Glasshive's own API. Nanoseconds are decimal strings. What is refused is a problem document (RFC 9457).",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": {
                "Problem": {
                    "description": "It was not done; the document says why.",
                    "content": { "application/problem+json": { "schema": problem } }
                }
            },
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "team": { "type": "apiKey", "in": "header", "name": "x-honeycomb-team" },
                "key": { "type": "apiKey", "in": "header", "name": "x-glasshive-key" },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "gh-4318",
                    "description": "Of people who are signed in; the name ends in the port, and is __Host-gh over HTTPS. Requests other than GET carry \
                                    x-glasshive-csrf too."
                }
            }
        }
    })
}

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let (media_type, content) = match &endpoint.answer {
        Answers::Json(schema) => ("application/json", json!({ "schema": schema(generator).to_value() })),
        Answers::Events(_) => ("text/event-stream", json!({ "schema": { "type": "string" } })),
        Answers::Text(media_type) => (*media_type, json!({ "schema": { "type": "string" } })),
        Answers::Bytes(media_type, _) => (*media_type, json!({ "schema": { "type": "string", "format": "binary" } })),
    };
    let description = match &endpoint.answer {
        Answers::Events(what) | Answers::Bytes(_, what) => *what,
        _ => "Done.",
    };
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": parameters(endpoint),
        "responses": {
            "200": { "description": description, "content": { media_type: content } },
            "default": { "$ref": "#/components/responses/Problem" }
        },
        "x-action": action_word(endpoint.action)
    });
    if endpoint.action != Action::Public {
        operation["security"] = json!([{}, { "bearer": [] }, { "team": [] }, { "key": [] }, { "session": [] }]);
    }
    if let Some(body) = endpoint.body {
        let schema = body(generator).to_value();
        operation["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
    }
    operation
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let captured = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = captured.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let in_query = endpoint.parameters.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "required": false,
            "description": parameter.description,
            "schema": { "type": "string" }
        })
    });
    in_path.chain(in_query).collect()
}

fn action_word(action: Action) -> &'static str {
    match action {
        Action::Ingest => "ingest",
        Action::Read => "read",
        Action::Change => "change",
        Action::Administer => "administer",
        Action::Public => "public",
    }
}
