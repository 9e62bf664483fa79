//! The rows over real sockets. What depends on a build of the UI holds in both cases: with it, and without.

use crate::{FILES, POLICY, routes};
use glasshive_base::{ManualClock, metrics};
use glasshive_base_http::{Answer, Client, Router, Server, ServerConfig};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::Arc;

struct Fixture {
    base: String,
    client: Client,
    _server: Server,
}

impl Fixture {
    async fn new() -> Self {
        let metrics = metrics::Registry::default();
        let server = Server::new(ServerConfig::default(), Router::new(routes()), Arc::new(ManualClock::default()), &metrics);
        let address = server.bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { base: format!("http://{address}"), client: Client::new(), _server: server }
    }

    async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect();
        self.client.request(Method::GET, &format!("{}{path}", self.base), headers, Vec::new()).await.unwrap()
    }
}

/// Addresses of each row.
fn paths() -> Vec<String> {
    let asset = FILES.iter().find(|file| file.path.starts_with("assets/")).map(|file| format!("/{}", file.path));
    ["/", "/e/local/query?q=COUNT", "/t/5b8efff798038103d269b633813fc60c", "/signin", "/favicon.svg"]
        .into_iter()
        .map(str::to_owned)
        .chain(asset)
        .collect()
}

#[test]
fn no_rows_without_the_ui() {
    assert_eq!(routes().is_empty(), FILES.is_empty());
    assert_eq!(FILES.iter().any(|file| file.path == "index.html"), !FILES.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn p10_no_page_of_another_site_reads_a_file() {
    let fixture = Fixture::new().await;
    let foreign: &[&[(&'static str, &str)]] = &[
        &[("host", "evil.example")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script")],
    ];
    for path in paths() {
        for headers in foreign {
            let status = fixture.get(&path, headers).await.status.as_u16();
            let expected: &[u16] = if FILES.is_empty() { &[404, 421, 403] } else { &[403, 421] };
            assert!(expected.contains(&status), "{path} with {headers:?}: {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_one_document_that_loads_from_here_only() {
    let fixture = Fixture::new().await;
    let is_built = !FILES.is_empty();
    let of_honeycomb =
        ["/hive/environments/production?query=%7B%7D", "/team/environments/production/trace?trace_id=abc", "/team/datasets/web"];
    for path in ["/", "/e/local/query?q=COUNT", "/t/abc"].into_iter().chain(of_honeycomb) {
        let answer = fixture.get(path, &[]).await;
        assert_eq!(answer.status.as_u16(), if is_built { 200 } else { 404 }, "{path}");
        if is_built {
            assert_eq!(answer.headers["content-security-policy"], POLICY);
            assert_eq!(answer.headers["cache-control"], "no-cache");
            let tag = answer.headers["etag"].to_str().unwrap().to_owned();
            let again = fixture.get(path, &[("if-none-match", &tag)]).await;
            assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
            let text = String::from_utf8(answer.body.to_vec()).unwrap();
            assert!(
                !text.contains("<script>") && !text.contains("<style") && !text.contains("http://") && !text.contains("https://"),
                "{text}"
            );
        }
    }
    // A link from another site opens a page, as it may open any public one.
    let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(fixture.get("/e/local/query", &link).await.status.as_u16(), if is_built { 200 } else { 403 });
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_compressed_and_kept_for_good() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.get("/assets/nothing.js", &[]).await.status.as_u16(), 404);
    assert_eq!(fixture.get("/assets/../index.html", &[]).await.status.as_u16(), 404);
    for file in FILES.iter().filter(|file| file.path.starts_with("assets/")) {
        let plain = fixture.get(&format!("/{}", file.path), &[]).await;
        assert!(plain.headers["cache-control"].to_str().unwrap().contains("immutable"), "{}", file.path);
        assert_eq!((plain.headers.get("content-encoding"), &plain.body[..]), (None, file.plain), "{}", file.path);
        for (coding, form) in [("br", file.brotli), ("gzip", file.gzip)] {
            let Some(form) = form else { continue };
            let answer = fixture.get(&format!("/{}", file.path), &[("accept-encoding", coding)]).await;
            assert_eq!((answer.headers["content-encoding"].to_str().unwrap(), &answer.body[..]), (coding, form), "{}", file.path);
            assert_eq!(answer.headers["vary"], "accept-encoding");
        }
    }
}
