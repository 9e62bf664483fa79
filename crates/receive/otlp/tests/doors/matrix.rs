//! Every route of the door, by every credential, from every origin, in both modes.

use crate::stage::{Asked, Stage, TRACE_JSON, headers, trace_protobuf};
use bytes::Bytes;
use glasshive_base_http::{Client, Condition, Methods, grpc};
use glasshive_receive_otlp::AuthMode;
use http::Method;

/// A credential in words, its header fields, and what it is good for with keys asked for: its HTTP status and gRPC code.
type Shown = (&'static str, &'static [(&'static str, &'static str)], (u32, u32));

const CREDENTIALS: &[Shown] = &[
    ("none", &[], (401, 16)),
    ("empty", &[("x-honeycomb-team", "")], (401, 16)),
    ("malformed", &[("authorization", "Bearer")], (401, 16)),
    ("unknown", &[("x-honeycomb-team", "wrong")], (401, 16)),
    ("disabled", &[("x-honeycomb-team", "off")], (401, 16)),
    ("of another kind", &[("x-honeycomb-team", "probe")], (403, 7)),
    ("good", &[("x-honeycomb-team", "good")], (200, 0)),
];

const ORIGINS: &[&str] = &["", "own", "http://localhost:3000", "https://www.shop.example", "https://evil.net", "null"];

/// The answer by the rules as they are written.
fn expected(route: &str, mode: AuthMode, by_key: (u32, u32), origin: &str) -> (u32, u32) {
    let is_ours = matches!(origin, "" | "own");
    let may_send = match mode {
        AuthMode::Open => is_ours || matches!(origin, "http://localhost:3000" | "https://www.shop.example"),
        AuthMode::Keys => origin != "null",
    };
    match route {
        "grpc_health" => (200, if is_ours { 0 } else { 7 }),
        _ if !may_send => (403, 7),
        "otlp_missed" | "otlp_profiles" | "grpc_unknown" => (404, 12),
        _ if mode == AuthMode::Open => (200, 0),
        _ => by_key,
    }
}

#[tokio::test]
async fn p11_route_by_credential_by_origin() {
    for mode in [AuthMode::Open, AuthMode::Keys] {
        let stage = Stage::with(Asked { auth: mode, ..Asked::default() }).await;
        let own = format!("http://{}", stage.address);
        let routes: Vec<_> = stage.server.router().routes().cloned().collect();
        let mut kept = 0;
        for route in &routes {
            assert!(route.methods.has(&Method::POST) && (route.methods == Methods::POST || route.name == "grpc_unknown"), "{route:?}");
            for (credential, fields, by_key) in CREDENTIALS {
                for origin in ORIGINS {
                    let origin_field = [("origin", if *origin == "own" { own.as_str() } else { origin })];
                    let fields = [*fields, if origin.is_empty() { &[][..] } else { &origin_field }].concat();
                    let (status, code) = expected(route.name, mode, *by_key, origin);
                    let url = stage.url(&route.pattern.replace("{*method}", "some.Service/Method"));
                    let what = format!("{mode:?} {} {credential} {origin}", route.name);
                    if route.condition == Some(Condition::MediaType("application/grpc")) {
                        let message = if route.name == "grpc_traces" { trace_protobuf() } else { Vec::new() };
                        assert_eq!(call(&stage.grpc, &url, &fields, grpc::frame(&message)).await, code, "{what}");
                    } else {
                        let body = if route.name == "otlp_traces" { TRACE_JSON } else { "{}" };
                        let fields = headers(&[&fields[..], &[("content-type", "application/json")]].concat());
                        let answer = stage.client.request(Method::POST, &url, fields, body).await.unwrap();
                        assert_eq!(u32::from(answer.status.as_u16()), status, "{what} {}", answer.text());
                    }
                    kept += usize::from(status == 200 && code == 0 && matches!(route.name, "otlp_traces" | "grpc_traces"));
                    assert_eq!(stage.kept(), kept, "{what}");
                }
            }
        }
        assert!(kept > 0);
    }
}

async fn call(client: &Client, url: &str, fields: &[(&str, &str)], body: Bytes) -> u32 {
    let fields = headers(&[fields, &[("content-type", "application/grpc"), ("te", "trailers")]].concat());
    let answer = client.request(Method::POST, url, fields, body).await.unwrap();
    grpc::status_of(&answer.headers, answer.trailers.as_ref()).unwrap().0
}
