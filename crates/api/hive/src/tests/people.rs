//! People who are signed in: every row x every role, the second proof, links, sessions, and answers held against the document.

use super::doors::{method, request};
use super::fixture::Fixture;
use super::schema::Document;
use crate::AuthMode;
use crate::access::least_role;
use crate::table::ENDPOINTS;
use glasshive_base_http::{Answer, Methods};
use glasshive_feature_accounts::Role;
use glasshive_model::Action;
use serde_json::{Value, json};

const GOOD: &str = "trombone-cactus-lid";
const OTHER: &str = "nine green violins";

/// Somebody who is signed in, as a browser remembers it.
struct Signed {
    cookie: String,
    csrf: String,
    id: u64,
}

impl Signed {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let body: Value = answer.json().unwrap();
        Self { cookie, csrf: body["account"]["csrf"].as_str().unwrap().to_owned(), id: body["account"]["id"].as_u64().unwrap() }
    }

    async fn ask(&self, fixture: &Fixture, method: &str, path: &str, body: Option<&Value>) -> Answer {
        fixture.ask(method, path, &[("cookie", &self.cookie), ("x-glasshive-csrf", &self.csrf)], body).await
    }
}

/// The first admin, by the link that a start prints.
async fn set_up(fixture: &Fixture) -> Signed {
    let link = fixture.accounts.set_up().await.unwrap().unwrap();
    let body = json!({ "token": link.token.reveal(), "name": "andrew", "password": GOOD });
    Signed::of(&fixture.ask("POST", "/hive/v1/link/accept", &[], Some(&body)).await)
}

/// Somebody invited by `admin`.
async fn join(fixture: &Fixture, admin: &Signed, name: &str, role: Role) -> Signed {
    let invitation = json!({ "role": role.word(), "name": name });
    let made: Value = admin.ask(fixture, "POST", "/hive/v1/accounts", Some(&invitation)).await.json().unwrap();
    let token = made["path"].as_str().unwrap().strip_prefix("/signin#link=").unwrap().to_owned();
    let body = json!({ "token": token, "password": OTHER });
    Signed::of(&fixture.ask("POST", "/hive/v1/link/accept", &[], Some(&body)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a12_every_row_against_every_role() {
    let fixture = Fixture::new(AuthMode::Keys, &[]).await;
    let admin = set_up(&fixture).await;
    let mut people = Vec::new();
    for role in [Role::Viewer, Role::Editor] {
        people.push((role, join(&fixture, &admin, role.word(), role).await));
    }
    people.push((Role::Admin, admin));
    for (role, signed) in &people {
        for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.name != "endSessions" && endpoint.name != "signOut") {
            let body = (endpoint.method == Methods::POST || endpoint.method == Methods::PUT).then(|| json!({ "nothing": true }));
            let answer = signed.ask(&fixture, method(endpoint.method), &request(endpoint.path), body.as_ref()).await;
            let what = format!("{} as {role:?}: {} {}", endpoint.name, answer.status, answer.text());
            let may = least_role(endpoint).is_some_and(|least| *role >= least);
            match answer.status.as_u16() {
                403 => assert!(!may && answer.text().contains("an admin can change your role: andrew"), "{what}"),
                status => assert!(may && matches!(status, 200 | 400 | 404), "{what}"),
            }
        }
    }
    let needs = |name: &str| ENDPOINTS.iter().find(|endpoint| endpoint.name == name).map(least_role).unwrap();
    for (name, least) in [
        ("query", Role::Viewer),
        ("refusals", Role::Editor),
        ("createField", Role::Editor),
        ("createKey", Role::Editor),
        ("delete", Role::Admin),
        ("createEnvironment", Role::Admin),
        ("accounts", Role::Admin),
        ("audit", Role::Admin),
    ] {
        assert_eq!(needs(name), Some(least), "{name}");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_cookie_alone_changes_nothing_and_opens_nothing_elsewhere() {
    let fixture = Fixture::new(AuthMode::Keys, &["local:admin:admin-secret-00"]).await;
    let admin = set_up(&fixture).await;
    let other = join(&fixture, &admin, "bayko", Role::Admin).await;
    let key = json!({ "kind": "ingest" });
    let ask = async |headers: &[(&'static str, &str)]| {
        let answer = fixture.ask("POST", "/hive/v1/keys", headers, Some(&key)).await;
        answer.status.as_u16()
    };
    let cookie = ("cookie", admin.cookie.as_str());
    assert_eq!(ask(&[cookie]).await, 403);
    assert_eq!(ask(&[cookie, ("x-glasshive-csrf", "")]).await, 403);
    assert_eq!(ask(&[cookie, ("x-glasshive-csrf", &other.csrf)]).await, 403, "of another session");
    assert_eq!(ask(&[("x-glasshive-csrf", &admin.csrf)]).await, 401, "without the cookie");
    let proof = ("x-glasshive-csrf", admin.csrf.as_str());
    for foreign in
        [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "same-site"), ("sec-fetch-site", "cross-site")]
    {
        assert_eq!(ask(&[cookie, proof, foreign]).await, 403, "{foreign:?}");
    }
    assert_eq!(ask(&[cookie, proof, ("host", "evil.example")]).await, 421, "a cookie is no proof of a name");
    assert_eq!(ask(&[cookie, proof]).await, 200);
    assert_eq!(ask(&[cookie, proof, ("x-glasshive-key", "wrong-secret-of-a-key")]).await, 401, "a key that is shown counts alone");
    assert_eq!(ask(&[cookie, ("x-glasshive-key", "admin-secret-00")]).await, 200);
    // Every row that may change something or asks by POST.
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method != Methods::GET && endpoint.action != Action::Public) {
        let answer = fixture.ask(method(endpoint.method), &request(endpoint.path), &[cookie], None).await;
        assert_eq!(answer.status.as_u16(), 403, "{}: {}", endpoint.name, answer.text());
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_a_session_that_is_over_is_as_wrong_as_none() {
    let fixture = Fixture::new(AuthMode::Keys, &[]).await;
    let admin = set_up(&fixture).await;
    let name = admin.cookie.split('=').next().unwrap().to_owned();
    assert!(name.starts_with("gh-") && fixture.base.ends_with(&name[3..]), "{name}");
    let check = async |cookie: &str, status: u16| {
        let answer = fixture.ask("GET", "/hive/v1/e/local/datasets", &[("cookie", cookie)], None).await;
        assert_eq!(answer.status.as_u16(), status, "{cookie}: {}", answer.text());
        answer.json::<Value>().unwrap()["detail"].clone()
    };
    check(&admin.cookie, 200).await;
    let missing = check("", 401).await;
    for wrong in [format!("{name}="), format!("{name}=wrong"), admin.cookie.replace(&name, "gh-1"), admin.cookie.to_uppercase()] {
        assert_eq!(check(&wrong, 401).await, missing);
    }
    let signed_out = admin.ask(&fixture, "DELETE", "/hive/v1/session", None).await;
    assert_eq!(signed_out.status, 200, "{}", signed_out.text());
    assert!(signed_out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(check(&admin.cookie, 401).await, missing);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_answers_what_the_document_says() {
    let fixture = Fixture::new(AuthMode::Keys, &[]).await;
    let document = Document::new();
    let admin = set_up(&fixture).await;
    let viewer = join(&fixture, &admin, "bayko", Role::Viewer).await;
    let link = fixture.accounts.invite(Role::Editor, None, "andrew", "").await.unwrap();
    let check = |method: &str, path: &str, answer: &Answer| {
        let (status, json): (u16, Value) = (answer.status.as_u16(), answer.json().unwrap());
        assert_eq!(status, 200, "{method} {path}: {json}");
        assert_eq!(document.faults(method, path, status, &json), Vec::<String>::new(), "{method} {path}: {json}");
        json
    };
    let sign_in = json!({ "name": "bayko", "password": OTHER });
    check("POST", "/hive/v1/session", &fixture.ask("POST", "/hive/v1/session", &[], Some(&sign_in)).await);
    let token = json!({ "token": link.token.reveal() });
    let found = check("POST", "/hive/v1/link", &fixture.ask("POST", "/hive/v1/link", &[], Some(&token)).await);
    assert_eq!((&found["link"]["purpose"], &found["link"]["role"]), (&json!("invite"), &json!("editor")));
    let accept = json!({ "token": link.token.reveal(), "name": "worf", "password": GOOD });
    let joined = check("POST", "/hive/v1/link/accept", &fixture.ask("POST", "/hive/v1/link/accept", &[], Some(&accept)).await);
    let own = async |signed: &Signed, method: &'static str, path: &'static str, id: &str, body: Option<Value>| {
        check(method, path, &signed.ask(&fixture, method, &path.replace("{id}", id), body.as_ref()).await)
    };
    assert_eq!(own(&viewer, "GET", "/hive/v1/session", "", None).await["account"]["role"], "viewer");
    let sessions = own(&viewer, "GET", "/hive/v1/sessions", "", None).await;
    let there = sessions["sessions"].as_array().unwrap().iter().find(|session| session["is_this"] == false).unwrap();
    own(&viewer, "DELETE", "/hive/v1/sessions/{id}", there["id"].as_str().unwrap(), None).await;
    let passwords = json!({ "old": OTHER, "new": "seven yellow tubas" });
    let changed = viewer.ask(&fixture, "PUT", "/hive/v1/session/password", Some(&passwords)).await;
    check("PUT", "/hive/v1/session/password", &changed);
    let viewer = Signed::of(&changed);
    assert_eq!(own(&viewer, "DELETE", "/hive/v1/sessions", "", None).await["sessions"], 1);
    let worf = joined["account"]["id"].to_string();
    let role = Some(json!({ "role": "viewer", "disabled": true }));
    assert_eq!(own(&admin, "PUT", "/hive/v1/accounts/{id}", &worf, role).await["disabled"], true);
    let made = own(&admin, "POST", "/hive/v1/accounts/{id}/reset", &worf, None).await;
    own(&admin, "DELETE", "/hive/v1/links/{id}", made["link"]["id"].as_str().unwrap(), None).await;
    own(&admin, "POST", "/hive/v1/accounts", "", Some(json!({ "role": "viewer" }))).await;
    own(&admin, "POST", "/hive/v1/accounts/{id}/signout", &viewer.id.to_string(), None).await;
    own(&admin, "DELETE", "/hive/v1/accounts/{id}", &worf, None).await;
    let listed = own(&admin, "GET", "/hive/v1/accounts", "", None).await;
    assert_eq!((listed["accounts"].as_array().map(Vec::len), listed["links"].as_array().map(Vec::len)), (Some(2), Some(1)), "{listed}");
    let key = own(&admin, "POST", "/hive/v1/keys", "", Some(json!({ "kind": "ingest" }))).await;
    assert!(key["secret"].is_string());
    let audit = own(&admin, "GET", "/hive/v1/audit", "", None).await;
    let newest = &audit["entries"][0];
    assert_eq!((&newest["who"], &newest["action"], &newest["done"]), (&json!("andrew"), &json!("made a key"), &json!(true)), "{audit}");
    own(&admin, "DELETE", "/hive/v1/session", "", None).await;
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_editors_manage_keys_that_only_send() {
    let fixture = Fixture::new(AuthMode::Keys, &["local:admin:admin-secret-00"]).await;
    let admin = set_up(&fixture).await;
    let (viewer, editor) = (join(&fixture, &admin, "v", Role::Viewer).await, join(&fixture, &admin, "e", Role::Editor).await);
    let make = async |signed: &Signed, body: Value| signed.ask(&fixture, "POST", "/hive/v1/keys", Some(&body)).await.status.as_u16();
    for (kind, expected) in
        [("ingest", [403, 200, 200]), ("browser", [403, 200, 200]), ("configuration", [403, 403, 200]), ("admin", [403, 403, 200])]
    {
        for (signed, status) in [&viewer, &editor, &admin].into_iter().zip(expected) {
            assert_eq!(make(signed, json!({ "kind": kind })).await, status, "{kind}");
        }
    }
    assert_eq!(make(&editor, json!({ "kind": "ingest", "environment": "new" })).await, 403);
    assert_eq!(make(&editor, json!({ "kind": "ingest", "environment": "*" })).await, 403);
    assert_eq!(make(&admin, json!({ "kind": "ingest", "environment": "new" })).await, 200);
    let kinds = async |signed: &Signed| {
        let seen: Value = signed.ask(&fixture, "GET", "/hive/v1/keys", None).await.json().unwrap();
        seen["keys"].as_array().map(Vec::len)
    };
    assert_eq!((kinds(&editor).await, kinds(&admin).await), (Some(5), Some(8)), "editors see those, and none of other kinds");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_attempts_are_counted_and_answered_alike() {
    let fixture = Fixture::new(AuthMode::Keys, &[]).await;
    set_up(&fixture).await;
    let try_as = async |name: &str, password: &str| {
        fixture.ask("POST", "/hive/v1/session", &[], Some(&json!({ "name": name, "password": password }))).await
    };
    let words = async |name: &str| {
        let problem: Value = try_as(name, OTHER).await.json().unwrap();
        (problem["status"].clone(), problem["detail"].clone(), problem["try"].clone())
    };
    assert_eq!(words("andrew").await, words("nobody").await);
    for _ in 0..9 {
        assert_eq!(try_as("andrew", OTHER).await.status, 401);
    }
    let refused = try_as("andrew", GOOD).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(try_as("nobody", OTHER).await.status, 401, "others are looked at");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_server_asks_nobody_and_keeps_no_people() {
    let fixture = Fixture::new(AuthMode::Open, &[]).await;
    let session: Value = fixture.ask("GET", "/hive/v1/session", &[], None).await.json().unwrap();
    assert_eq!(session, json!({ "mode": "open", "is_new": false, "has_set_up_link": false }));
    for (method, path, body) in [
        ("POST", "/hive/v1/session", json!({ "name": "andrew", "password": GOOD })),
        ("POST", "/hive/v1/accounts", json!({ "role": "admin" })),
        ("POST", "/hive/v1/link/accept", json!({ "token": "x", "name": "andrew", "password": GOOD })),
    ] {
        let answer = fixture.ask(method, path, &[], Some(&body)).await;
        assert_eq!(answer.status, 409, "{path}: {}", answer.text());
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_a_tail_ends_with_its_session() {
    let fixture = Fixture::new(AuthMode::Keys, &[]).await;
    let admin = set_up(&fixture).await;
    let viewer = join(&fixture, &admin, "bayko", Role::Viewer).await;
    let url = format!("{}/hive/v1/e/local/tail", fixture.base);
    let mut headers = http::HeaderMap::new();
    headers.insert("cookie", viewer.cookie.parse().unwrap());
    let client = glasshive_base_http::Client::new();
    let mut events = client.stream(http::Method::GET, &url, headers, Vec::new()).await.unwrap().events();
    fixture.send().await;
    assert_eq!(events.next().await.unwrap().unwrap().name, "row");
    assert_eq!(events.next().await.unwrap().unwrap().name, "row");
    let ended = admin.ask(&fixture, "POST", &format!("/hive/v1/accounts/{}/signout", viewer.id), None).await;
    assert_eq!(ended.status, 200, "{}", ended.text());
    fixture.send().await;
    assert!(events.next().await.unwrap().is_none(), "nothing more is told");
    fixture.stop().await;
}
