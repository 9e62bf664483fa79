//! Export and import by the real binary: every row comes back equal but for when it was received, whichever way it went.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_base_http::Client;
use glasshive_hive_gen::{LiveStream, Profile, Signal};
use glasshive_test_product::{Ask, Server, glasshive};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// 2025-10-01.
const GENERATED_NS: i64 = 1_759_276_800_000_000_000;
/// Wide enough for everything here.
const QUESTION: &str = "FROM 1970-01-02 TO 2100-01-01";

async fn post(server: &Server, signal: &str, content_type: &'static str, dataset: Option<&'static str>, body: Vec<u8>) {
    let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    if let Some(dataset) = dataset {
        headers.insert(HeaderName::from_static("x-honeycomb-dataset"), HeaderValue::from_static(dataset));
    }
    let answer = Client::new().request(Method::POST, &format!("{}/v1/{signal}", server.http), headers, body).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// What SDKs were recorded to send, some of it twice, the second time to a named dataset.
async fn send_recorded(server: &Server) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/wire/otlp/tests/fixtures");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    for folder in folders {
        for signal in ["traces", "logs", "metrics"] {
            for (ending, content_type) in [("pb", "application/x-protobuf"), ("json", "application/json")] {
                let Ok(body) = std::fs::read(folder.join(format!("{signal}.{ending}"))) else { continue };
                post(server, signal, content_type, None, body.clone()).await;
                post(server, signal, content_type, Some("Named by a header"), body).await;
            }
        }
    }
}

async fn send_generated(server: &Server) {
    let mut stream = LiveStream::new(Profile::Wide, 3, 30, GENERATED_NS - 20_000_000_000);
    for body in stream.advance(GENERATED_NS) {
        let signal = match body.signal {
            Signal::Traces => "traces",
            Signal::Logs => "logs",
        };
        post(server, signal, "application/x-protobuf", None, body.bytes.to_vec()).await;
    }
}

/// Every row without when it was received and in which order, in an order of its own.
async fn rows(server: &Server) -> Vec<String> {
    let ask = Ask::new(&server.http);
    let mut rows = Vec::new();
    let mut after = Value::Null;
    loop {
        let mut question = json!({ "text": QUESTION, "limit": 5_000 });
        if !after.is_null() {
            question["after"] = after;
        }
        let answer = ask.events(&question).await.unwrap();
        assert_eq!(answer["partial"], false, "{}", answer["notes"]);
        for row in answer["rows"].as_array().unwrap() {
            let mut row = row.clone();
            row.as_object_mut().unwrap().remove("seq");
            row["fields"].as_object_mut().unwrap().remove("meta.ingest_time").unwrap();
            rows.push(row.to_string());
        }
        after = answer["next"].clone();
        if after.is_null() {
            break;
        }
    }
    rows.sort();
    rows
}

fn assert_same(what: &str, found: &[String], expected: &[String]) {
    let first = found.iter().zip(expected).find(|(left, right)| left != right);
    assert!(first.is_none(), "{what}:\n{}\nexpected:\n{}", first.unwrap().0, first.unwrap().1);
    assert_eq!(found.len(), expected.len(), "{what}");
}

fn run(arguments: &[&str]) -> Output {
    Command::new(glasshive().unwrap()).args(arguments).output().unwrap()
}

fn told(output: &Output) -> (String, String) {
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn must(arguments: &[&str]) -> Output {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?} ended with {}: {:?}", output.status, told(&output));
    output
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_exported_and_imported_is_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let first = Server::start(&at("first")).unwrap();
    send_recorded(&first).await;
    send_generated(&first).await;
    let sent = rows(&first).await;
    assert!(sent.len() > 1_000, "{}", sent.len());

    // Through the server, in small pages; half of it flushed by nobody.
    let (lines, parquet, csv) = (at("all.jsonl"), at("all.parquet"), at("all.csv"));
    let summary = must(&["export", "--server", &first.http, "--output", text(&lines), "--page-rows", "300", "--json"]);
    let summary: Value = serde_json::from_slice(&summary.stdout).unwrap();
    assert_eq!(
        (summary["rows"].as_u64(), summary["left_out"].as_u64(), summary["changed"].as_u64()),
        (Some(sent.len() as u64), Some(0), Some(0))
    );
    must(&["export", "--server", &first.http, "--output", text(&parquet), "--page-rows", "300"]);
    must(&["export", "--server", &first.http, "--output", text(&csv), "--page-rows", "300"]);
    assert!(!at("all.jsonl.part").exists() && std::fs::read_dir(directory.path()).unwrap().count() == 4);

    let second = Server::start(&at("second")).unwrap();
    let output = must(&["import", "--server", &second.http, text(&lines), "--json"]);
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((summary["rows"].as_u64(), summary["skipped"].as_u64()), (Some(sent.len() as u64), Some(0)), "{summary}");
    // A trace's dataset is named to a server with a classic key only; everything else is as it was.
    assert_same("lines through a server", &rows(&second).await, &sent);
    must(&["import", "--server", &second.http, text(&lines)]);
    assert_same("the same lines again", &rows(&second).await, &sent);

    must(&["import", "--data", text(&at("third")), text(&parquet)]);
    let third = Server::start(&at("third")).unwrap();
    assert_same("Parquet into a directory", &rows(&third).await, &sent);
    drop(third);

    // And from data files, without a server.
    let (status, said) = first.terminate().unwrap();
    assert!(status.success(), "{said}");
    let again = at("again.jsonl");
    must(&["export", "--data", text(&at("first")), "--output", text(&again)]);
    let fourth = at("fourth");
    let mut child = Command::new(glasshive().unwrap())
        .args(["import", "--data", text(&fourth), "-"])
        .stdin(std::fs::File::open(&again).unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    let fourth = Server::start(&fourth).unwrap();
    assert_same("files to lines to a directory", &rows(&fourth).await, &sent);

    let csv = std::fs::read_to_string(&csv).unwrap();
    assert!(csv.starts_with("time,"), "{}", &csv[..200]);
    // Texts may hold ends of lines, so lines are at least as many.
    assert!(csv.lines().count() > sent.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_takes_spans_whole_and_other_formats_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(&directory.path().join("data")).unwrap();
    let span = |id: &str, name: &str, events: Value| {
        json!({ "traceId": "5b8efff798038103d269b633813fc60c", "spanId": id, "name": name, "startTimeUnixNano": GENERATED_NS.to_string(),
                "endTimeUnixNano": (GENERATED_NS + 5).to_string(), "events": events })
    };
    // The event lies far from its span, as a span's events may.
    let event = json!([{ "name": "late", "timeUnixNano": (GENERATED_NS + 7_200_000_000_000).to_string() }]);
    let spans = json!([
        span("1111111111111111", "wanted", event.clone()),
        span("2222222222222222", "lonely", json!([])),
        span("3333333333333333", "other", event)
    ]);
    let body = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": spans }] }] });
    post(&server, "traces", "application/json", None, body.to_string().into_bytes()).await;
    let export = |query: &str, format: &str| told(&must(&["export", query, "--server", &server.http, "--format", format])).0;

    let whole = export("WHERE name = wanted", "otlp");
    assert!(whole.contains("\"name\":\"wanted\"") && whole.contains("\"name\":\"late\"") && !whole.contains("lonely"), "{whole}");
    let by_event = export("WHERE name = late FROM 2025-10-01T01:00:00Z TO 2025-10-02", "otlp");
    assert_eq!((by_event.matches("\"name\":\"late\"").count(), by_event.matches("\"spanId\":").count()), (2, 2), "{by_event}");
    let rows = export("WHERE name = wanted", "csv");
    assert_eq!(rows.lines().count(), 2, "{rows}");
    assert_eq!(export("WHERE name = nobody", "csv"), "time\r\n");
    assert_eq!(export("WHERE name = nobody", "otlp"), "");

    let wrong = run(&["export", "WHERE name ==== x", "--server", &server.http]);
    assert!(!wrong.status.success() && told(&wrong).1.contains('^'), "{:?}", told(&wrong));
    let to_terminal = run(&["export", "--format", "parquet", "--server", &server.http]);
    assert!(told(&to_terminal).1.contains("--output"), "{:?}", told(&to_terminal));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_lines_are_named_and_passed_over_only_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(&directory.path().join("data")).unwrap();
    let log = |text: &str, time: &str| json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [{ "timeUnixNano": time, "body": { "stringValue": text } }] }] }] });
    let lines = [
        log("one", "1759276800000000000").to_string(),
        "{\"resourceLogs\":[{]}".to_owned(),
        log("two", "1759276800").to_string(),
        log("three", "1759276800000000001").to_string(),
    ];
    let file = directory.path().join("some.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let bodies = async || {
        let answer = Ask::new(&server.http).events(&json!({ "text": QUESTION })).await.unwrap();
        let mut bodies: Vec<String> =
            answer["rows"].as_array().unwrap().iter().map(|row| row["fields"]["body"].as_str().unwrap().to_owned()).collect();
        bodies.sort();
        bodies
    };

    let stopped = run(&["import", text(&file), "--server", &server.http]);
    let (_, said) = told(&stopped);
    assert_eq!(stopped.status.code(), Some(1));
    assert!(
        said.contains("some.jsonl, line 2:")
            && said.contains("--skip-bad")
            && said.contains("what was taken before stays: 1 row, 1 request"),
        "{said}"
    );
    assert_eq!(bodies().await, ["one"]);

    let passed = must(&["import", text(&file), "--server", &server.http, "--skip-bad"]);
    let (said, _) = told(&passed);
    assert!(said.contains("2 were passed over; the first:") && said.contains("line 2"), "{said}");
    assert_eq!(bodies().await, ["one", "three"], "a time in seconds is refused, as a receiver would");

    let gone = run(&["import", "/nowhere/x.jsonl", "--server", &server.http]);
    assert!(told(&gone).1.contains("open /nowhere/x.jsonl"), "{:?}", told(&gone));
    let nobody = run(&["import", text(&file), "--server", "http://127.0.0.1:1"]);
    assert!(told(&nobody).1.contains("nothing listens at http://127.0.0.1:1"), "{:?}", told(&nobody));
    let busy = run(&["import", text(&file), "--data", text(&directory.path().join("data"))]);
    assert!(told(&busy).1.contains("is in use by process") && told(&busy).1.contains("--server"), "{:?}", told(&busy));
}

/// A door that says "later" twice, then takes what comes; what it was sent.
fn hesitant() -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut bodies = Vec::new();
        for answer in ["503 Service Unavailable\r\nretry-after: 0", "429 Too Many Requests\r\nretry-after: 0", "200 OK"] {
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            bodies.push(String::from_utf8(body).unwrap());
            write!(&stream, "HTTP/1.1 {answer}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}").unwrap();
        }
        bodies
    });
    (address, thread)
}

#[test]
fn who_says_later_is_asked_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("one.jsonl");
    std::fs::write(&file, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1759276800000000000\"}]}]}]}\n")
        .unwrap();
    let (address, door) = hesitant();
    must(&["import", text(&file), "--server", &address]);
    let bodies = door.join().unwrap();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "the same request, so that it is stored once: {bodies:?}");
}
