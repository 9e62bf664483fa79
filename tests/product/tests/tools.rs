//! `check` and `doctor` by the real binary against a real server.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_base_http::Client;
use glasshive_test_product::server::Start;
use glasshive_test_product::{Server, glasshive};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

async fn post(server: &Server, headers: &[(&'static str, &'static str)], body: &Value) -> u16 {
    let mut all = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    all.extend(headers.iter().map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value))));
    let answer = Client::new().request(Method::POST, &format!("{}/v1/traces", server.http), all, body.to_string()).await.unwrap();
    answer.status.as_u16()
}

/// Spans of a minute ago, by name and length.
fn spans(spans: &[(&str, u64)]) -> Value {
    let now_ns = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap() - 60_000_000_000;
    let spans: Vec<Value> = spans
        .iter()
        .enumerate()
        .map(|(index, (name, ms))| {
            json!({ "traceId": "5b8efff798038103d269b633813fc60c", "spanId": format!("{:016x}", index + 1), "name": name,
                    "startTimeUnixNano": now_ns.to_string(), "endTimeUnixNano": (now_ns + ms * 1_000_000).to_string() })
        })
        .collect();
    json!({ "resourceSpans": [{ "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "shop" } }] }, "scopeSpans": [{ "spans": spans }] }] })
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(glasshive().unwrap());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GLASSHIVE_")) {
        command.env_remove(name);
    }
    command.args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_says_whether_it_holds_with_its_exit_status() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).unwrap();
    let check = |arguments: &[&str], status: i32, words: &str| {
        let output = run(&[&["check"], arguments, &["--server", &server.http]].concat());
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    };
    check(&["COUNT", "<", "5"], 2, "there is no data in this time");
    check(&["COUNT", "<", "5", "--allow-empty"], 0, "OK    COUNT < 5: 0");
    assert_eq!(post(&server, &[], &spans(&[("home", 100), ("home", 150), ("slow", 900)])).await, 200);

    check(&["MAX(duration_ms) WHERE name = home", "<", "200"], 0, "OK    MAX(duration_ms) < 200: 150");
    check(&["MAX(duration_ms) GROUP BY name", "<", "200"], 1, "FAIL  MAX(duration_ms) < 200: 900 where name = slow");
    check(&["MAX(duration_ms) GROUP BY name", "<=", "900"], 0, "2 groups from 150 to 900");
    check(&["COUNT WHERE error = true", "=", "0", "--allow-empty"], 0, "OK    COUNT = 0: 0");
    check(&["COUNT WHERE name = nobody", "=", "0"], 0, "OK    COUNT = 0: 0");
    check(&["COUNT WHERE name = nobody", ">", "0"], 1, "FAIL  COUNT > 0: 0");
    check(&["P95(duration_ms) WHERE name = nobody", "<", "1"], 2, "there is no data");
    check(&["P95(duration_ms) WHERE nmae = home", "<", "1"], 2, "nmae");
    check(&["MAX(duration_ms) GROUP BY name LIMIT 1", "<=", "900"], 2, "raise its LIMIT");
    check(&["P95(duration_ms) WHERE name ==== x", "<", "1"], 2, "^");
    check(&["P95(duration_ms), COUNT", "<", "1"], 2, "one calculation");
    check(&["HEATMAP(duration_ms)", "<", "1"], 2, "heatmap");
    check(&["COUNT", "under", "1"], 2, "use one of");
    check(&["COUNT", ">", "-1"], 0, "OK");

    let output = run(&["check", "MAX(duration_ms) GROUP BY name", "<", "200", "--json", "--server", &server.http]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report["outcome"].as_str(), output.status.code()), (Some("fails"), Some(1)));
    let holds: Vec<(&str, bool)> = report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["group"]["name"].as_str().unwrap(), group["holds"].as_bool().unwrap()))
        .collect();
    assert!(holds.contains(&("home", true)) && holds.contains(&("slow", false)), "{report}");
    let nobody = run(&["check", "COUNT", "<", "5", "--server", "http://127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(2), "{}", said(&nobody));
}

fn findings(output: &Output) -> Vec<(String, String, String)> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)));
    let text = |finding: &Value, member: &str| finding[member].as_str().unwrap_or_default().to_owned();
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (text(finding, "check"), text(finding, "level"), text(finding, "found")))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_says_what_is_wrong_and_what_to_do() {
    // Beside the binaries and not where the machine keeps what is for a moment, which may be memory: doctor finds fault with that, rightly.
    let parent = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let data = parent.path().join("data");
    let flags = ["--auth", "keys", "--key", "local:ingest:ingest-secret-0", "--key", "local:configuration:config-secret-0"];
    let server = Server::start_as(&data, &Start { flags: flags.map(Into::into).to_vec(), ..Start::default() }).unwrap();
    let data = data.to_str().unwrap();
    let doctor = |more: &[&str]| run(&[&["doctor", "--json", "--server", &server.http, "--data", data], more].concat());

    let output = doctor(&["--api-key", "config-secret-0"]);
    let found = findings(&output);
    assert!(found.iter().any(|(check, level, words)| check == "data" && level == "warn" && words.contains("is empty")), "{found:?}");
    // What this machine is short of is the machine's own; of the server nothing is wrong.
    let of_the_machine = ["directory", "space", "fsync", "limits", "memory"];
    let failed: Vec<&str> = found.iter().filter(|finding| finding.1 == "fail").map(|finding| finding.0.as_str()).collect();
    assert!(failed.iter().all(|check| of_the_machine.contains(check)), "{found:?}");
    assert_eq!(output.status.code(), Some(i32::from(!failed.is_empty())), "{found:?}");

    assert_eq!(post(&server, &[("x-honeycomb-team", "ingest-secret-0")], &spans(&[("home", 5)])).await, 200);
    assert_eq!(post(&server, &[("x-honeycomb-team", "a-wrong-secret")], &spans(&[("home", 5)])).await, 401);
    let output = doctor(&["--api-key", "config-secret-0"]);
    let found = findings(&output);
    let has = |check: &str, level: &str, words: &str| {
        found.iter().any(|finding| finding.0 == check && finding.1 == level && finding.2.contains(words))
    };
    assert!(has("listening", "ok", "answers") && has("ready", "ok", "telemetry is taken"), "{found:?}");
    assert!(has("data", "ok", "from shop"), "{found:?}");
    assert!(has("refused", "warn", "POST /v1/traces") && has("refused", "warn", "401"), "{found:?}");
    assert!(!said(&output).contains("a-wrong-secret"), "{}", said(&output));
    assert!(has("strangers", "ok", "are refused") && has("clock", "ok", "agree"), "{found:?}");
    assert!(has("directory", "ok", "changed by its owner alone") && found.iter().any(|(check, _, _)| check == "fsync"), "{found:?}");
    // Its own tries are not among what was refused.
    let again = findings(&doctor(&["--api-key", "config-secret-0"]));
    assert!(!again.iter().any(|(check, _, words)| check == "refused" && words.contains("environments")), "{again:?}");

    // The doors of the settings are tried too, and a sender's mistake is not what it looks like.
    let (http, grpc) = (server.http.trim_start_matches("http://"), server.grpc.trim_start_matches("http://"));
    let doors = ["doctor", "--json", "--data", data, "--auth", "keys", "--http", http, "--grpc", grpc, "--api-key", "config-secret-0"];
    let of_doors = findings(&run(&doors));
    assert!(
        of_doors.iter().any(|(check, level, words)| check == "listening" && level == "ok" && words.contains("answers gRPC")),
        "{of_doors:?}"
    );
    let metrics = Client::new().request(Method::GET, &format!("{}/metrics", server.http), HeaderMap::new(), "").await.unwrap().text();
    assert!(!metrics.contains("glasshive_refused_requests_total{route=\"grpc"), "{metrics}");

    let without_key = findings(&doctor(&[]));
    assert!(without_key.iter().any(|(check, _, words)| check == "data" && words.contains("key")), "{without_key:?}");

    let people = run(&["doctor", "--server", &server.http, "--data", data, "--api-key", "config-secret-0"]);
    assert!(said(&people).contains("to do:") && said(&people).lines().all(|line| line.chars().count() <= 100), "{}", said(&people));

    let gone = run(&["doctor", "--json", "--server", "http://127.0.0.1:1", "--data", data]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(
        findings(&gone).iter().any(|(check, level, words)| check == "listening" && level == "fail" && words.contains("nothing listens")),
        "{}",
        said(&gone)
    );
}
