//! Pages: the document, the problems, and the one at `/`.

use crate::endpoint::{Call, ok};
use crate::problem::{self, Failure};
use glasshive_base_http::{Response, response};
use http::{HeaderValue, StatusCode, header};
use std::fmt::Write as _;

/// The OpenAPI document.
pub async fn openapi(call: Call) -> Result<Response, Failure> {
    ok(&crate::openapi::document(&call.hive.otlp_base_paths))
}

/// What problem documents mean.
pub async fn problems(_: Call) -> Result<Response, Failure> {
    Ok(response::bytes(StatusCode::OK, "text/markdown; charset=utf-8", problem::PAGE))
}

/// What this is, and the lines to paste.
pub async fn home(call: Call) -> Result<Response, Failure> {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Glasshive</title></head>\n<body>\n<h1>Glasshive</h1>\n\
         <p>This server receives OpenTelemetry traces, metrics and logs, keeps them, and answers questions about them. \
         This build has no web UI; ask from the command line or over HTTP.</p>\n",
    );
    section(&mut page, "Send something", call.hive.how_to_send());
    section(&mut page, "Ask something", "glasshive query 'COUNT'\nglasshive query 'COUNT, P99(duration_ms) GROUP BY service.name, name'");
    page.push_str(
        "<ul>\n<li><a href=\"/hive/v1/openapi.json\">The HTTP API</a></li>\n<li><a href=\"/readyz\">Is it ready?</a></li>\n\
         <li><a href=\"/metrics\">Metrics</a></li>\n</ul>\n</body>\n</html>\n",
    );
    let mut answer = response::bytes(StatusCode::OK, "text/html; charset=utf-8", page);
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(answer)
}

fn section(page: &mut String, title: &str, lines: &str) {
    let lines = lines.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = write!(page, "<h2>{title}</h2>\n<pre>{lines}</pre>\n");
}
