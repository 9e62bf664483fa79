//! The words of the data set: services, routes, names, and the attributes that are the same for every span of one kind.

use crate::writer::{Any, attribute};

/// Field number of `attributes` in `Span`.
pub const SPAN_ATTRIBUTES: u64 = 9;

pub const INSTANCES_PER_SERVICE: usize = 4;
pub const ROUTES_PER_SERVICE: usize = NOUNS.len() * SHAPES.len();
pub const QUERIES_PER_SERVICE: usize = 8;

pub const SERVICES: [&str; 24] = [
    "frontend",
    "gateway",
    "accounts",
    "catalog",
    "search",
    "cart",
    "checkout",
    "payment",
    "shipping",
    "inventory",
    "pricing",
    "recommendation",
    "reviews",
    "media",
    "email",
    "notification",
    "fraud",
    "tax",
    "currency",
    "loyalty",
    "analytics",
    "feed",
    "messages",
    "identity",
];

const NOUNS: [&str; 10] = ["orders", "users", "items", "prices", "sessions", "images", "comments", "reports", "invoices", "activities"];

/// Method, path after the noun, function, SQL verb.
const SHAPES: [(&str, &str, &str, &str); 4] = [
    ("GET", "", "list", "SELECT"),
    ("GET", "/{id}", "find", "SELECT"),
    ("POST", "/{id}/entries", "append", "INSERT"),
    ("PUT", "/{id}/state", "change_state", "UPDATE"),
];

pub const USER_AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
];

pub const BUILDS: [&str; 6] = ["2024.41.0", "2024.41.1", "2024.41.2", "2024.42.0", "2024.42.1-rc1", "2024.43.0-dev"];
pub const REGIONS: [&str; 6] = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-southeast-2", "sa-east-1"];
pub const FLAGS: [&str; 4] = ["control", "new-checkout", "async-fraud", "compact-feed"];

/// Exception type and the sentence that comes with it.
pub const EXCEPTIONS: [(&str, &str); 6] = [
    ("java.net.SocketTimeoutException", "Read timed out after 3000 ms"),
    ("java.sql.SQLTransientConnectionException", "pool main - connection is not available"),
    ("java.lang.NullPointerException", "Cannot invoke \"Order.total()\" because \"order\" is null"),
    ("com.example.shop.OutOfStockException", "item is out of stock in every warehouse"),
    ("io.grpc.StatusRuntimeException", "UNAVAILABLE: upstream connect error"),
    ("java.lang.IllegalStateException", "state machine refused the transition PAID to CART"),
];

/// What a span does; each (service, route, role) has a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Server,
    Client,
    Database,
    Internal,
    Messaging,
}

const ROLES: [Role; 5] = [Role::Server, Role::Client, Role::Database, Role::Internal, Role::Messaging];

/// What is fixed for one (service, route, role): the name, and attributes encoded as fields of a span.
pub struct Operation {
    pub name: String,
    pub attributes: Vec<u8>,
}

/// A key that few spans of one service carry.
pub struct RareKey {
    pub key: String,
    /// Present on this many of 4,096 spans.
    pub of_4096: u32,
}

pub struct Vocabulary {
    operations: Vec<Operation>,
    queries: Vec<String>,
    rare: Vec<Vec<RareKey>>,
    stack_traces: Vec<String>,
}

impl Vocabulary {
    pub fn new() -> Self {
        let routes = (0..SERVICES.len()).flat_map(|service| (0..ROUTES_PER_SERVICE).map(move |route| (service, route)));
        let operations = routes.flat_map(|(service, route)| ROLES.map(|role| operation(service, route, role))).collect();
        let queries = (0..SERVICES.len() * QUERIES_PER_SERVICE).map(query).collect();
        let stack_traces = EXCEPTIONS.iter().enumerate().map(|(n, (kind, message))| stack_trace(n, kind, message)).collect();
        Self { operations, queries, rare: (0..SERVICES.len()).map(rare_keys).collect(), stack_traces }
    }

    pub fn operation(&self, service: usize, route: usize, role: Role) -> &Operation {
        &self.operations[(service * ROUTES_PER_SERVICE + route) * ROLES.len() + role as usize]
    }

    pub fn query(&self, service: usize, route: usize) -> &str {
        &self.queries[service * QUERIES_PER_SERVICE + route % QUERIES_PER_SERVICE]
    }

    pub fn rare_keys(&self, service: usize) -> &[RareKey] {
        &self.rare[service]
    }

    /// About 1.2 KB.
    pub fn stack_trace(&self, exception: usize) -> &str {
        &self.stack_traces[exception]
    }
}

/// The path of a route up to its id, and after it; the second part is none when the route has no id.
pub fn path_parts(service: usize, route: usize) -> (&'static str, &'static str, Option<&'static str>) {
    let suffix = shape(route).1;
    (SERVICES[service], noun(route), suffix.strip_prefix("/{id}"))
}

fn noun(route: usize) -> &'static str {
    NOUNS[route / SHAPES.len()]
}

fn shape(route: usize) -> (&'static str, &'static str, &'static str, &'static str) {
    SHAPES[route % SHAPES.len()]
}

fn operation(service: usize, route: usize, role: Role) -> Operation {
    let (service_name, noun) = (SERVICES[service], noun(route));
    let (method, suffix, function, verb) = shape(route);
    let path = format!("/{service_name}/{noun}{suffix}");
    let host = format!("{service_name}.shop.svc.cluster.local");
    let table = format!("{noun}_{function}");
    let topic = format!("{service_name}.{noun}.{function}");
    let function_name = format!("com.example.{service_name}.{noun}.Handler.{function}");
    let file = format!("{service_name}/{noun}/Handler.java");
    let (name, attributes): (String, Vec<(&str, Any<'_>)>) = match role {
        Role::Server => (
            format!("{method} {path}"),
            vec![
                ("http.request.method", Any::Str(method)),
                ("http.route", Any::Str(&path)),
                ("url.scheme", Any::Str("https")),
                ("server.address", Any::Str(&host)),
                ("server.port", Any::Int(8443)),
                ("network.protocol.version", Any::Str("1.1")),
            ],
        ),
        Role::Client => (
            format!("{method} {noun} {function} of {service_name}"),
            vec![
                ("http.request.method", Any::Str(method)),
                ("url.template", Any::Str(&path)),
                ("server.address", Any::Str(&host)),
                ("server.port", Any::Int(8443)),
                ("network.protocol.version", Any::Str("2")),
            ],
        ),
        Role::Database => (
            format!("{verb} {service_name}.{table}"),
            vec![
                ("db.system.name", Any::Str("postgresql")),
                ("db.namespace", Any::Str(service_name)),
                ("db.collection.name", Any::Str(&table)),
                ("db.operation.name", Any::Str(verb)),
                ("server.address", Any::Str("postgres-main.shop.svc.cluster.local")),
                ("server.port", Any::Int(5432)),
            ],
        ),
        Role::Internal => (
            format!("{service_name}.{noun}.{function}"),
            vec![
                ("code.function.name", Any::Str(&function_name)),
                ("code.file.path", Any::Str(&file)),
                ("code.line.number", Any::Int(40 + 7 * route as i64)),
            ],
        ),
        Role::Messaging => (
            format!("exchange {topic}"),
            vec![
                ("messaging.system", Any::Str("kafka")),
                ("messaging.destination.name", Any::Str(&topic)),
                ("messaging.client.id", Any::Str(service_name)),
                ("server.address", Any::Str("kafka-main.shop.svc.cluster.local")),
            ],
        ),
    };
    let mut encoded = Vec::new();
    attributes.into_iter().for_each(|(key, value)| attribute(&mut encoded, SPAN_ATTRIBUTES, key, value));
    Operation { name, attributes: encoded }
}

fn query(index: usize) -> String {
    let (service, number) = (SERVICES[index / QUERIES_PER_SERVICE], index % QUERIES_PER_SERVICE);
    let noun = NOUNS[number % NOUNS.len()];
    match number % 4 {
        0 => format!("SELECT * FROM {service}.{noun} WHERE tenant = ? AND state = ? ORDER BY created_at DESC LIMIT ?"),
        1 => format!("SELECT id, name, total FROM {service}.{noun} WHERE id = ?"),
        2 => format!("INSERT INTO {service}.{noun} (tenant, owner, total) VALUES (?, ?, ?)"),
        _ => format!("UPDATE {service}.{noun} SET state = ?, changed_at = now() WHERE id = ? AND state = ?"),
    }
}

/// 300 keys in all: 12 or 13 for each service, from 0.1 % to 5 % of its spans.
fn rare_keys(service: usize) -> Vec<RareKey> {
    let count = 12 + service as u32 % 2;
    let key = |number| format!("app.{}.detail_{number:02}", SERVICES[service]);
    (0..count).map(|number| RareKey { key: key(number), of_4096: 4 + number * 201 / (count - 1) }).collect()
}

fn stack_trace(exception: usize, kind: &str, message: &str) -> String {
    let mut text = format!("{kind}: {message}\n");
    let mut frame = 0;
    while text.len() < 1_180 {
        let service = SERVICES[(exception * 5 + frame) % SERVICES.len()];
        let noun = NOUNS[(exception + frame) % NOUNS.len()];
        text.push_str(&format!("\tat com.example.{service}.{noun}.Handler.step{frame}(Handler.java:{})\n", 31 + 17 * frame));
        frame += 1;
    }
    text
}
