use super::*;
use crate::response;
use http::HeaderValue;

fn router() -> Router {
    let handler = handler_fn(|_| async { response::empty(StatusCode::OK) });
    let row = |name, methods, pattern: &str| Route::new(name, Door::Ingest, methods, pattern, handler.clone());
    Router::new([
        row("page", Methods::GET, "/"),
        row("wrong", Methods::POST, "/").when(Condition::MediaTypeIn(&["application/json"])),
        row("read", Methods::GET, "/things/{id}"),
        row("change", Methods::PUT.or(Methods::DELETE), "/things/{id}"),
        row("rpc", Methods::POST, "/{*rest}").when(Condition::MediaType("application/grpc")),
        row("target", Methods::POST, "/{*rest}").when(Condition::Header("x-amz-target", "Logs_")),
    ])
}

fn check(method: Method, path: &str, fields: &[(&'static str, &'static str)], expected: &str) {
    let headers = fields.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
    let router = router();
    let found = match router.lookup(&method, path, &headers) {
        Lookup::Found { route, .. } => route.name.to_owned(),
        Lookup::WrongMethod { route, allowed } => format!("405 {}: {}", route.name, allowed.allow()),
        Lookup::Nothing => "404".to_owned(),
    };
    assert_eq!(found, expected, "{method} {path}");
}

#[test]
fn first_match_wins_and_conditions_come_first() {
    check(Method::GET, "/", &[], "page");
    check(Method::HEAD, "/", &[], "page");
    check(Method::POST, "/", &[], "405 page: GET");
    check(Method::POST, "/", &[("content-type", "Application/JSON; charset=utf-8")], "wrong");
    check(Method::GET, "/things/1", &[], "read");
    check(Method::DELETE, "/things/1", &[], "change");
    check(Method::PATCH, "/things/1", &[], "405 read: GET, PUT, DELETE");
    check(Method::GET, "/nothing", &[], "404");
    check(Method::POST, "/things/1", &[("content-type", "application/grpc+proto")], "rpc");
    check(Method::POST, "/anything/at/all", &[("x-amz-target", "Logs_20140328.PutLogEvents")], "target");
    check(Method::POST, "/anything/at/all", &[("x-amz-target", "Other")], "404");
}

#[test]
fn methods() {
    assert_eq!(Methods::GET.or(Methods::POST).allow(), "GET, POST");
    assert!(Methods::ANY.has(&Method::TRACE) && Methods::GET.has(&Method::HEAD) && !Methods::POST.has(&Method::GET));
    assert_eq!(router().routes().count(), 6);
    assert_eq!(format!("{:?}", router().routes().next().unwrap()), "wrong POST / Ingest");
}
