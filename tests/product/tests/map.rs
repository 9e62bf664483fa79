//! The service map of requests whose parts came as X-Ray's documents and as OpenTelemetry's spans, mixed within one trace: what is
//! answered is what was drawn up from the calls themselves.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use glasshive_base_http::{Answer, Client};
use glasshive_test_product::Server;
use glasshive_test_product::server::Start;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const START_MS: u64 = 1_699_999_000_000;
const SERVICES: [&str; 5] = ["web", "cart", "stock", "mail", "search"];
const STATUSES: [u16; 8] = [200, 200, 200, 200, 200, 404, 429, 503];

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A request that a service served.
struct Request {
    id: u64,
    service: usize,
    is_xray: bool,
    status: u16,
    start_ms: u64,
    ms: u64,
    calls: Vec<Call>,
}

/// A call to elsewhere, with what answered it.
struct Call {
    id: u64,
    status: u16,
    start_ms: u64,
    ms: u64,
    to: To,
}

enum To {
    Service(Request),
    Database(&'static str),
    Host(&'static str),
}

/// Counts of a node or an edge: all, errors, throttles, faults, milliseconds, and how often which time was taken.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    total: u64,
    errors: u64,
    throttles: u64,
    faults: u64,
    ms: u64,
    times: BTreeMap<u64, u64>,
}

impl Counts {
    fn add(&mut self, status: u16, ms: u64) {
        self.total += 1;
        self.throttles += u64::from(status == 429);
        self.errors += u64::from((400..500).contains(&status) && status != 429);
        self.faults += u64::from(status >= 500);
        self.ms += ms;
        *self.times.entry(ms).or_default() += 1;
    }
}

/// The graph, as whoever knows the calls draws it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Graph {
    nodes: BTreeMap<String, Counts>,
    edges: BTreeMap<(String, String), Counts>,
}

fn key(service: usize) -> String {
    format!("|{}", SERVICES[service])
}

impl Graph {
    fn add(&mut self, request: &Request, is_entry: bool) {
        self.nodes.entry(key(request.service)).or_default().add(request.status, request.ms);
        if is_entry {
            let client = format!("client|{}", SERVICES[request.service]);
            self.nodes.entry(client.clone()).or_default();
            self.edges.entry((client, key(request.service))).or_default().add(request.status, request.ms);
        }
        for call in &request.calls {
            let to = match &call.to {
                To::Service(other) => key(other.service),
                To::Database(name) => format!("Database::SQL|{name}"),
                To::Host(name) => format!("remote|{name}"),
            };
            self.edges.entry((key(request.service), to.clone())).or_default().add(call.status, call.ms);
            match &call.to {
                To::Service(other) => self.add(other, false),
                _ => self.nodes.entry(to).or_default().add(call.status, call.ms),
            }
        }
    }

    /// Reads the answer of the API into the same form.
    fn of_answer(map: &Value) -> Self {
        let counts = |figures: &Value| Counts {
            total: figures["total"].as_u64().unwrap(),
            errors: figures["errors"].as_u64().unwrap(),
            throttles: figures["throttles"].as_u64().unwrap(),
            faults: figures["faults"].as_u64().unwrap(),
            ms: (figures["seconds"].as_f64().unwrap() * 1e3).round() as u64,
            times: figures["response_times"].as_array().unwrap().iter().map(bin).collect(),
        };
        let bin_free = |node: &Value| node.get("figures").map(counts).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            nodes: map["nodes"].as_array().unwrap().iter().map(|node| (text(&node["id"]), bin_free(node))).collect(),
            edges: map["edges"]
                .as_array()
                .unwrap()
                .iter()
                .map(|edge| ((text(&edge["from"]), text(&edge["to"])), counts(&edge["figures"])))
                .collect(),
        }
    }
}

fn bin(bin: &Value) -> (u64, u64) {
    ((bin["seconds"].as_f64().unwrap() * 1e3).round() as u64, bin["count"].as_u64().unwrap())
}

/// A request with calls down to some depth, each at another time, of either dialect.
fn request(dice: &mut Dice, next: &mut u64, service: usize, start_ms: u64, depth: u64) -> Request {
    *next += 1;
    let mut request = Request {
        id: *next,
        service,
        is_xray: dice.throw(2) == 0,
        status: STATUSES[dice.throw(8) as usize],
        start_ms,
        ms: 400 * depth + dice.throw(40),
        calls: Vec::new(),
    };
    for place in 0..dice.throw(4) {
        *next += 1;
        let (id, start_ms) = (*next, start_ms + 5 + place);
        let to = match dice.throw(4) {
            0 => To::Database(["orders@db1", "users@db2"][dice.throw(2) as usize]),
            1 => To::Host("api.example.com"),
            _ if depth > 1 => To::Service(request_of_other(dice, next, service, start_ms + 1, depth - 1)),
            _ => To::Host("pay.example.com"),
        };
        let ms = match &to {
            To::Service(other) => other.ms + 3,
            _ => 1 + dice.throw(30),
        };
        let status = match &to {
            // What the caller saw need not be what the other side meant.
            To::Service(other) if dice.throw(5) > 0 => other.status,
            _ => STATUSES[dice.throw(8) as usize],
        };
        request.calls.push(Call { id, status, start_ms, ms, to });
    }
    request
}

fn request_of_other(dice: &mut Dice, next: &mut u64, own: usize, start_ms: u64, depth: u64) -> Request {
    let other = (own + 1 + dice.throw(4) as usize) % SERVICES.len();
    request(dice, next, other, start_ms, depth)
}

/// What was sent of a trace.
#[derive(Default)]
struct Sent {
    documents: Vec<String>,
    spans: BTreeMap<&'static str, Vec<Value>>,
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

impl Sent {
    fn add(&mut self, trace: u64, request: &Request, parent: Option<u64>) {
        if request.is_xray {
            self.documents.push(document(trace, request, parent));
        } else {
            self.add_spans(trace, request, parent);
        }
        for call in &request.calls {
            if let To::Service(other) = &call.to {
                self.add(trace, other, Some(call.id));
            }
        }
    }

    fn add_spans(&mut self, trace: u64, request: &Request, parent: Option<u64>) {
        let span = |id: u64, parent: Option<u64>, kind: u8, start: u64, ms: u64, attributes: Vec<Value>| {
            json!({
                "traceId": format!("6553f100{trace:024x}"), "spanId": format!("{id:016x}"),
                "parentSpanId": parent.map(|parent| format!("{parent:016x}")).unwrap_or_default(),
                "name": "work", "kind": kind, "startTimeUnixNano": format!("{start}000000"),
                "endTimeUnixNano": format!("{}000000", start + ms), "attributes": attributes,
            })
        };
        let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
        let status = |status: u16| json!({ "key": "http.response.status_code", "value": { "intValue": status.to_string() } });
        let method = || text("http.request.method", "GET");
        let spans = self.spans.entry(SERVICES[request.service]).or_default();
        spans.push(span(request.id, parent, 2, request.start_ms, request.ms, vec![method(), status(request.status)]));
        for call in &request.calls {
            let attributes = match &call.to {
                To::Service(other) => vec![method(), status(call.status), text("server.address", SERVICES[other.service])],
                To::Host(name) => vec![method(), status(call.status), text("server.address", name)],
                To::Database(name) => {
                    let (name, host) = name.split_once('@').unwrap();
                    vec![
                        text("db.system.name", "postgresql"),
                        text("db.namespace", name),
                        text("server.address", host),
                        status(call.status),
                    ]
                }
            };
            spans.push(span(call.id, Some(request.id), 3, call.start_ms, call.ms, attributes));
        }
    }
}

fn document(trace: u64, request: &Request, parent: Option<u64>) -> String {
    let parent = parent.map(|parent| format!(r#""parent_id":"{parent:016x}","#)).unwrap_or_default();
    let call = |call: &Call| {
        let (name, more) = match &call.to {
            To::Service(other) => (SERVICES[other.service], ""),
            To::Host(name) => (*name, ""),
            To::Database(name) => (*name, r#","sql":{"url":"postgresql://db/x"}"#),
        };
        format!(
            r#"{{"name":"{name}","id":"{:016x}","namespace":"remote","start_time":{},"end_time":{},"http":{{"response":{{"status":{}}}}}{more}}}"#,
            call.id,
            seconds(call.start_ms),
            seconds(call.start_ms + call.ms),
            call.status
        )
    };
    let calls: Vec<String> = request.calls.iter().map(call).collect();
    format!(
        r#"{{"name":"{}","id":"{:016x}",{parent}"trace_id":"1-6553f100-{trace:024x}","start_time":{},"end_time":{},
        "http":{{"request":{{"method":"GET"}},"response":{{"status":{}}}}},"subsegments":[{}]}}"#,
        SERVICES[request.service],
        request.id,
        seconds(request.start_ms),
        seconds(request.start_ms + request.ms),
        request.status,
        calls.join(",")
    )
}

async fn ask(client: &Client, method: Method, url: &str, body: String) -> Answer {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let answer = client.request(method, url, headers, body).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK, "{url}: {}", String::from_utf8_lossy(&answer.body));
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_is_what_the_calls_say() {
    let directory = tempfile::tempdir().unwrap();
    let how = Start { flags: vec!["--xray".into(), "127.0.0.1:0".into()], ..Start::default() };
    let server = Server::start_as(&directory.path().join("data"), &how).unwrap();
    let client = Client::new();
    let (mut dice, mut next) = (Dice(7), 0);
    let (mut graph, mut of_web, mut sent) = (Graph::default(), Graph::default(), Sent::default());
    let mut is_mixed = false;
    for trace in 0..120 {
        let service = dice.throw(SERVICES.len() as u64) as usize;
        let request = request(&mut dice, &mut next, service, START_MS + trace * 2_000, 3);
        graph.add(&request, true);
        if service == 0 {
            of_web.add(&request, true);
        }
        let of_call = |call: &Call| matches!(&call.to, To::Service(other) if other.is_xray != request.is_xray);
        is_mixed |= request.calls.iter().any(of_call);
        sent.add(trace, &request, None);
    }
    assert!(is_mixed && !sent.documents.is_empty() && !sent.spans.is_empty());
    for documents in sent.documents.chunks(50) {
        let answer = ask(
            &client,
            Method::POST,
            &format!("{}/TraceSegments", server.http),
            json!({ "TraceSegmentDocuments": documents }).to_string(),
        )
        .await;
        assert_eq!(answer.json::<Value>().unwrap(), json!({ "UnprocessedTraceSegments": [] }));
    }
    let resource = |(service, spans): (&&str, &Vec<Value>)| {
        let name = json!({ "key": "service.name", "value": { "stringValue": service } });
        json!({ "resource": { "attributes": [name] }, "scopeSpans": [{ "spans": spans }] })
    };
    let body = json!({ "resourceSpans": sent.spans.iter().map(resource).collect::<Vec<Value>>() });
    ask(&client, Method::POST, &format!("{}/v1/traces", server.http), body.to_string()).await;

    let window = format!("from={}000000&to={}000000", START_MS - 1_000, START_MS + 300_000);
    let map = async |more: &str| {
        let url = format!("{}/hive/v1/e/local/map?{window}{more}", server.http);
        ask(&client, Method::GET, &url, String::new()).await.json::<Value>().unwrap()
    };
    let all = map("").await;
    assert!(all.get("cut").is_none() && all["nodes_left_out"] == 0 && all["edges_left_out"] == 0);
    assert_eq!((&all["examined"], &all["matched"]), (&json!(120), &json!(120)));
    assert_eq!(Graph::of_answer(&all), graph);
    // Traces that begin at web: its client calls it.
    assert_eq!(Graph::of_answer(&map("&filter=edge(id(name:%22web%22,type:%22client%22),%22web%22)").await), of_web);

    // X-Ray's own answer is the same graph.
    let body = json!({ "StartTime": START_MS / 1_000 - 1, "EndTime": START_MS / 1_000 + 300 }).to_string();
    let told = ask(&client, Method::POST, &format!("{}/ServiceGraph", server.http), body).await.json::<Value>().unwrap();
    let totals: BTreeMap<String, u64> = told["Services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| {
            let id = format!("{}|{}", service["Type"].as_str().unwrap_or_default(), service["Name"].as_str().unwrap());
            (id, service["SummaryStatistics"]["TotalCount"].as_u64().unwrap_or(0))
        })
        .collect();
    assert_eq!(totals, graph.nodes.iter().map(|(id, counts)| (id.clone(), counts.total)).collect());
}
