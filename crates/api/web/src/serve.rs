//! The rows of the route table, and their answers.

use crate::encoding;
use crate::file::{self, File};
use glasshive_base_http::{Door, Head, Methods, Request, Response, Route, handler_fn, response};
use http::{HeaderValue, StatusCode, header};

/// What the browser lets a page do: load and call this server, and nothing else. Style attributes are allowed because positions and
/// sizes of what is drawn are written there.
pub const POLICY: &str = "default-src 'self'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; \
                          style-src 'self'; style-src-attr 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; \
                          form-action 'self'";

/// Caching of files whose names change with their content: a year.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Caching of everything else: kept, but asked about each time.
const ASK_AGAIN: &str = "no-cache";

/// The pages' addresses. `/e/ENVIRONMENT/...` are the pages, `/t/...` opens whatever id stands there, `/signin` takes one-time links. The
/// others are addresses of Honeycomb's UI, as bookmarks and SDKs have them, and of AWS's console, where what follows `#` says which page
/// is meant: the document leads on from there.
const PAGES: &[&str] = &[
    "/",
    "/e/{*page}",
    "/t/{*id}",
    "/signin",
    "/{team}/environments/{env}",
    "/{team}/environments/{env}/{*page}",
    "/{team}/datasets/{*page}",
    "/xray/home",
    "/cloudwatch/home",
];

/// The rows; none when the binary was built without the UI. They hold nothing secret: what a page shows, it asks the API for.
pub fn routes() -> Vec<Route> {
    if file::document().is_none() {
        return Vec::new();
    }
    let pages = PAGES.iter().map(|path| Route::new("page", Door::Public, Methods::GET, *path, handler_fn(page)));
    let assets = Route::new("asset", Door::Public, Methods::GET, "/assets/{*file}", handler_fn(asset));
    let icon = Route::new("icon", Door::Public, Methods::GET, "/favicon.svg", handler_fn(icon));
    pages.chain([assets, icon]).collect()
}

/// The one document.
async fn page(request: Request) -> Response {
    let head = request.head();
    let Some(file) = file::document() else { return response::text(StatusCode::NOT_FOUND, "this build has no web UI\n") };
    let tag = HeaderValue::from_static(file::document_tag());
    let is_known = head.headers.get_all(header::IF_NONE_MATCH).iter().any(|known| known == tag);
    let mut answer = if is_known { response::empty(StatusCode::NOT_MODIFIED) } else { send(file, head) };
    let headers = answer.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(ASK_AGAIN));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    answer
}

/// A file with a hash in its name.
async fn asset(request: Request) -> Response {
    let head = request.head();
    let path = format!("assets/{}", head.param("file").unwrap_or_default());
    let Some(file) = file::find(&path) else {
        return response::text(StatusCode::NOT_FOUND, "this build has no such file; reload the page for the present one\n");
    };
    let mut answer = send(file, head);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(FOREVER));
    answer
}

async fn icon(request: Request) -> Response {
    let Some(file) = file::find("favicon.svg") else { return response::text(StatusCode::NOT_FOUND, "no icon\n") };
    let mut answer = send(file, request.head());
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(ASK_AGAIN));
    answer
}

/// The file in the form that the client takes.
fn send(file: &'static File, head: &Head) -> Response {
    let (bytes, coding) = encoding::choose(file, &head.headers);
    let mut answer = response::bytes(StatusCode::OK, file.media_type(), bytes);
    let headers = answer.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    answer
}
