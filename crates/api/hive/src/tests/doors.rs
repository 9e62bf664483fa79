//! Who may: every row of the table x every credential, and every row x every origin, in both modes.

use super::fixture::Fixture;
use crate::AuthMode;
use crate::table::ENDPOINTS;
use glasshive_base_http::Methods;
use glasshive_model::Action;
use serde_json::json;

const KEYS: &[&str] = &[
    "local:ingest:ingest-secret-0",
    "local:configuration:config-secret-0",
    "local:admin:admin-secret-00",
    "other:admin:other-secret-00",
    "*:admin:team-secret-000",
    "local:browser:browser-secret-0",
];

/// Rows that are for who administers the team.
const TEAM: &[&str] = &[
    "createEnvironment",
    "describeEnvironment",
    "confirmClock",
    "accounts",
    "invite",
    "updateAccount",
    "deleteAccount",
    "resetAccount",
    "signOutAccount",
    "revokeLink",
    "audit",
];

/// A request of each row that cannot change anything: bodies are not the row's, ids are those of nothing, and the filter of the
/// tail, whose answer would not end, is none.
pub fn request(path: &str) -> String {
    let path = path.replace("{env}", "local").replace("{id}", "0").replace("{name}", "name").replace("{span}", "0");
    if path.ends_with("/tail") { path + "?filter=%3D" } else { path }
}

pub fn method(methods: Methods) -> &'static str {
    match methods {
        Methods::GET => "GET",
        Methods::DELETE => "DELETE",
        Methods::PUT => "PUT",
        _ => "POST",
    }
}

/// What a key of this secret may do in `local`.
fn may(secret: Option<&str>, action: Action) -> Option<bool> {
    if action == Action::Public {
        return Some(true);
    }
    match secret {
        Some("config-secret-0") => Some(action == Action::Read),
        Some("admin-secret-00" | "team-secret-000") => Some(true),
        Some("ingest-secret-0" | "browser-secret-0") => Some(false),
        Some("other-secret-00") => Some(false),
        // Not known at all.
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_s11_every_row_against_every_credential() {
    let fixture = Fixture::new(AuthMode::Keys, KEYS).await;
    let secrets = KEYS.iter().map(|key| key.rsplit(':').next()).chain([None, Some(""), Some("unknown-secret"), Some("local:ingest:x")]);
    for secret in secrets {
        for endpoint in ENDPOINTS {
            let headers: Vec<(&'static str, &str)> = secret.iter().map(|secret| ("x-glasshive-key", *secret)).collect();
            // A body that no row takes: who may is told so, who may not is not asked.
            let body = (endpoint.method == Methods::POST || endpoint.method == Methods::PUT).then(|| json!({ "nothing": true }));
            let answer = fixture.ask(method(endpoint.method), &request(endpoint.path), &headers, body.as_ref()).await;
            let status = answer.status.as_u16();
            let what = format!("{} with {secret:?}: {status} {}", endpoint.name, answer.text());
            match may(secret, endpoint.action) {
                None => assert_eq!(status, 401, "{what}"),
                // New environments, the clock and people are the team's.
                Some(true) if TEAM.contains(&endpoint.name) && secret != Some("team-secret-000") => {
                    assert_eq!(status, 403, "{what}")
                }
                // Rows without an environment in their path answer with what the asker may see.
                Some(false) if !endpoint.path.contains("{env}") => assert!(matches!(status, 200 | 400 | 403 | 404), "{what}"),
                Some(false) => assert_eq!(status, 403, "{what}"),
                Some(true) => assert!(matches!(status, 200 | 400 | 404), "{what}"),
            }
        }
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_keys_see_and_make_only_what_is_theirs() {
    let fixture = Fixture::new(AuthMode::Keys, KEYS).await;
    let ask = async |secret: &str, method: &str, path: &str, body: Option<serde_json::Value>| {
        let answer = fixture.ask(method, path, &[("authorization", &format!("Bearer {secret}"))], body.as_ref()).await;
        (answer.status.as_u16(), answer.json::<serde_json::Value>().unwrap())
    };
    let seen = |answer: serde_json::Value| answer["environments"].as_array().map_or(0, Vec::len);
    assert_eq!(seen(ask("ingest-secret-0", "GET", "/hive/v1/environments", None).await.1), 0);
    assert_eq!(seen(ask("config-secret-0", "GET", "/hive/v1/environments", None).await.1), 1);
    assert_eq!(seen(ask("team-secret-000", "GET", "/hive/v1/environments", None).await.1), 2);
    let make = |environment: &str| Some(json!({ "kind": "ingest", "environment": environment }));
    assert_eq!(ask("config-secret-0", "POST", "/hive/v1/keys", make("local")).await.0, 403);
    assert_eq!(ask("other-secret-00", "POST", "/hive/v1/keys", make("local")).await.0, 403);
    assert_eq!(ask("other-secret-00", "POST", "/hive/v1/keys", make("*")).await.0, 403);
    assert_eq!(ask("other-secret-00", "POST", "/hive/v1/environments", Some(json!({ "slug": "third" }))).await.0, 403);
    assert_eq!(ask("other-secret-00", "GET", "/hive/v1/e/nowhere/datasets", None).await.0, 403);
    assert_eq!(ask("team-secret-000", "GET", "/hive/v1/e/nowhere/datasets", None).await.0, 404);
    let (status, made) = ask("other-secret-00", "POST", "/hive/v1/keys", Some(json!({ "kind": "configuration" }))).await;
    assert_eq!((status, made["key"]["environment"].as_str()), (200, Some("other")));
    let secret = made["secret"].as_str().unwrap().to_owned();
    let disable = format!("/hive/v1/keys/{}/disable", made["key"]["id"]);
    assert_eq!(ask(&secret, "GET", "/hive/v1/e/other/datasets", None).await.0, 200);
    assert_eq!(ask("admin-secret-00", "POST", &disable, None).await.0, 404);
    assert_eq!(ask("other-secret-00", "POST", &disable, None).await.0, 200);
    assert_eq!(ask(&secret, "GET", "/hive/v1/e/other/datasets", None).await.0, 401);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p10_no_page_of_another_site_reads_or_changes_anything() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let foreign: &[&[(&'static str, &str)]] = &[
        &[("host", "evil.example")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://localhost:3000")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ];
    for endpoint in ENDPOINTS {
        for headers in foreign {
            let answer = fixture.ask(method(endpoint.method), &request(endpoint.path), headers, None).await;
            let status = answer.status.as_u16();
            assert!(matches!(status, 403 | 421), "{} with {headers:?}: {status} {}", endpoint.name, answer.text());
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{} with {headers:?}", endpoint.name);
        }
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_requests_are_remembered_with_their_reason() {
    let fixture = Fixture::new(AuthMode::Keys, KEYS).await;
    fixture.ask("GET", "/hive/v1/e/local/datasets", &[("x-glasshive-key", "a-wrong-secret-of-some-length")], None).await;
    let headers = [("x-glasshive-key", "config-secret-0")];
    let answer: serde_json::Value = fixture.ask("GET", "/hive/v1/e/local/refusals", &headers, None).await.json().unwrap();
    let newest = &answer["refusals"][0];
    assert_eq!((newest["route"].as_str(), newest["status"].as_str()), (Some("datasets"), Some("401")), "{answer}");
    assert!(newest["reason"].as_str().unwrap().contains("no key, or one that is not known"), "{answer}");
    assert!(!answer.to_string().contains("a-wrong-secret-of-some-length"), "{answer}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_requests_are_shown_to_those_whose_they_are() {
    const OWN: &[&str] = &["local:ingest:local-ingest-secret-0001", "local:configuration:local-config-secret-0001"];
    const OTHERS: &[&str] =
        &["other:ingest:other-ingest-secret-0002", "other:admin:other-admin-secret-0002", "*:admin:team-secret-0000000003"];
    let fixture = Fixture::new(AuthMode::Keys, &[OWN, OTHERS].concat()).await;
    let ask = async |path: &str, secret: Option<&str>| {
        let headers: Vec<(&'static str, &str)> = secret.iter().map(|secret| ("x-glasshive-key", *secret)).collect();
        fixture.ask("GET", path, &headers, None).await
    };
    // May not read; is another's; is nobody's; is without a key.
    ask("/hive/v1/e/local/datasets", Some("local-ingest-secret-0001")).await;
    ask("/hive/v1/e/other/columns", Some("other-ingest-secret-0002")).await;
    ask("/hive/v1/environments", Some("a-wrong-secret-of-some-length")).await;
    ask("/hive/v1/keys", None).await;
    ask("/hive/v1/keys", Some("local-config-secret-0001")).await;
    let seen = async |environment: &str, secret: &str| {
        let path = format!("/hive/v1/e/{environment}/refusals");
        let answer: serde_json::Value = ask(&path, Some(secret)).await.json().unwrap();
        let refusals = answer["refusals"].as_array().unwrap();
        let targets: Vec<String> = refusals.iter().rev().map(|refusal| refusal["target"].as_str().unwrap().to_owned()).collect();
        (targets.join(", "), answer["total"].as_u64().unwrap())
    };
    let (own, total) = seen("local", "local-config-secret-0001").await;
    let nobodys = "GET /hive/v1/environments, GET /hive/v1/keys";
    assert_eq!((own, total), (format!("GET /hive/v1/e/local/datasets, {nobodys}"), 3), "what is nobody's is shown, another's is not");
    let (others, _) = seen("other", "other-admin-secret-0002").await;
    assert_eq!(others, format!("GET /hive/v1/e/other/columns, {nobodys}"));
    let (all, total) = seen("local", "team-secret-0000000003").await;
    assert!(total >= 4 && all.contains("/hive/v1/environments") && all.contains("/e/other/"), "{total}: {all}");
    fixture.stop().await;
}
