//! The doors for SDKs, which other crates serve beside this API: OTLP over HTTP.

use serde_json::{Map, Value, json};

/// Signals by the last part of their path, and the message that it takes.
const SIGNALS: [(&str, &str, &str); 3] = [
    ("traces", "ExportTraceServiceRequest", "Spans, as SDKs and collectors export them."),
    ("logs", "ExportLogsServiceRequest", "Log records, as SDKs and collectors export them."),
    ("metrics", "ExportMetricsServiceRequest", "Metrics, as SDKs and collectors export them."),
];

/// Adds their paths: `bases` are what stands in front of `/v1/...`.
pub fn push(paths: &mut Map<String, Value>, bases: &[String]) {
    for base in bases {
        for (signal, message, summary) in SIGNALS {
            paths.insert(format!("{base}/v1/{signal}"), json!({ "post": operation(base, signal, message, summary) }));
        }
    }
}

fn operation(base: &str, signal: &str, message: &str, summary: &str) -> Value {
    let id = match base {
        "" => format!("otlp_{signal}"),
        below => format!("otlp_{signal}_below{}", below.replace(|sign: char| !sign.is_ascii_alphanumeric(), "_")),
    };
    let body = |description: String| json!({ "schema": { "type": "object", "description": description } });
    json!({
        "operationId": id,
        "summary": summary,
        "description": "OTLP/HTTP 1.x, `Content-Encoding` gzip, zstd or deflate. A success answer means that the data is on the disk. Errors are \
            google.rpc.Status in the request's encoding; 429 and 503 with `Retry-After` are to be sent again. The same goes over gRPC to the \
            other port.",
        "parameters": [{
            "name": "x-honeycomb-dataset",
            "in": "header",
            "required": false,
            "description": "The dataset of metrics, and of logs without a service; of traces with a classic key.",
            "schema": { "type": "string" }
        }],
        "requestBody": {
            "required": true,
            "content": {
                "application/x-protobuf": { "schema": { "type": "string", "format": "binary" } },
                "application/json": body(format!("{message} in OTLP's JSON encoding."))
            }
        },
        "responses": {
            "200": {
                "description": "Taken; `partialSuccess` says what was not, and why.",
                "content": {
                    "application/x-protobuf": { "schema": { "type": "string", "format": "binary" } },
                    "application/json": body("The response message in OTLP's JSON encoding.".to_owned())
                }
            },
            "default": {
                "description": "Not taken; the status says why.",
                "content": {
                    "application/x-protobuf": { "schema": { "type": "string", "format": "binary" } },
                    "application/json": body("google.rpc.Status in JSON.".to_owned())
                }
            }
        },
        "security": [{}, { "bearer": [] }, { "team": [] }, { "key": [] }],
        "x-action": "ingest"
    })
}
