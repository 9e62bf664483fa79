//! Spans that did not come as X-Ray's documents, as the documents that X-Ray's own SDKs would have sent of them.
//!
//! A span is a segment when nothing of the trace calls it, when it serves a request or a message, or when its service is another than
//! its caller's; else it is a subsegment of its parent. What it has as attributes it has as annotations, so that filters find it.

use glasshive_model::shown::ShownRow;
use glasshive_model::{TraceId, Value, names};
use glasshive_wire_xray::id;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Database systems that speak SQL.
const SQL: [&str; 13] = [
    "postgresql",
    "mysql",
    "mariadb",
    "mssql",
    "microsoft.sql_server",
    "oracle",
    "oracle.db",
    "sqlite",
    "db2",
    "ibm.db2",
    "cockroachdb",
    "h2",
    "redshift",
];

/// Where a span runs, by `cloud.platform`.
const ORIGINS: [(&str, &str); 6] = [
    ("aws_ec2", "AWS::EC2::Instance"),
    ("aws_ecs", "AWS::ECS::Container"),
    ("aws_eks", "AWS::EKS::Container"),
    ("aws_elastic_beanstalk", "AWS::ElasticBeanstalk::Environment"),
    ("aws_app_runner", "AWS::AppRunner::Service"),
    ("aws_lambda", "AWS::Lambda::Function"),
];

/// One span's row, and what hangs on it.
struct Span<'r> {
    row: &'r ShownRow,
    exceptions: Vec<&'r ShownRow>,
}

/// The documents of the rows of one trace.
pub(crate) fn documents(trace: TraceId, rows: &[ShownRow]) -> Vec<String> {
    let mut spans: Vec<Span<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        if let (Some(id), None) = (text(row, names::SPAN_ID), text(row, names::META_ANNOTATION_TYPE)) {
            places.insert(id, spans.len());
            spans.push(Span { row, exceptions: Vec::new() });
        }
    }
    for row in rows {
        let is_exception = text(row, names::META_ANNOTATION_TYPE).as_deref() == Some("span_event")
            && text(row, names::NAME).as_deref() == Some("exception");
        let span = text(row, names::PARENT_ID).filter(|_| is_exception).and_then(|parent| places.get(&parent));
        if let Some(span) = span {
            spans[*span].exceptions.push(row);
        }
    }
    let trace_id = id::trace_id_text(trace.bytes());
    let mut documents: Vec<(i64, String)> = Vec::new();
    for span in &spans {
        let parent = text(span.row, names::PARENT_ID).and_then(|parent| places.get(&parent)).map(|place| &spans[*place]);
        documents.extend(span.documents(&trace_id, parent).into_iter().map(|document| (span.row.time_ns, document.to_string())));
    }
    documents.sort_by_key(|(time_ns, _)| *time_ns);
    documents.into_iter().map(|(_, document)| document).collect()
}

impl Span<'_> {
    fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| text(self.row, name))
    }

    fn number(&self, names: &[&str]) -> Option<i64> {
        names.iter().find_map(|name| match self.row.get(name)? {
            Value::Int(number) => Some(*number),
            Value::Float(number) => Some(*number as i64),
            Value::Str(text) => text.parse().ok(),
            _ => None,
        })
    }

    fn service(&self) -> String {
        self.text(&["aws.local.service", names::SERVICE_NAME]).unwrap_or_else(|| "unknown_service".to_owned())
    }

    fn kind(&self) -> String {
        self.text(&[names::SPAN_KIND]).unwrap_or_default().to_ascii_lowercase()
    }

    fn documents(&self, trace_id: &str, parent: Option<&Span<'_>>) -> Vec<Json> {
        let own_id = self.text(&[names::SPAN_ID]).unwrap_or_default();
        let kind = self.kind();
        let is_call = matches!(kind.as_str(), "client" | "producer");
        let serves = matches!(kind.as_str(), "server" | "consumer") || self.text(&["aws.span.kind"]).as_deref() == Some("LOCAL_ROOT");
        let is_segment = serves || parent.is_none_or(|parent| parent.service() != self.service());
        let parent_id = self.text(&[names::PARENT_ID]);
        if !is_segment {
            return vec![self.document(trace_id, &own_id, parent_id.as_deref(), Some(is_call))];
        }
        if !is_call {
            return vec![self.document(trace_id, &own_id, parent_id.as_deref(), None)];
        }
        // A call that nothing of its own service is round: the service is the segment, and the call is within it.
        let hash = Sha256::new().chain_update("svc").chain_update(trace_id).chain_update(&own_id).finalize();
        let segment_id = id::entity_id_text(hash.first_chunk::<8>().map_or([1; 8], |bytes| *bytes));
        let mut segment = self.document(trace_id, &segment_id, parent_id.as_deref(), None);
        for member in ["http", "sql", "cause", "annotations"] {
            segment.as_object_mut().map(|members| members.remove(member));
        }
        vec![segment, self.document(trace_id, &own_id, Some(&segment_id), Some(true))]
    }

    /// A segment, or a subsegment that is a call or not.
    fn document(&self, trace_id: &str, own_id: &str, parent_id: Option<&str>, call: Option<bool>) -> Json {
        let mut document = Map::new();
        let mut put = |name: &str, value: Json| document.insert(name.to_owned(), value);
        put("id", own_id.into());
        put("trace_id", trace_id.into());
        if let Some(parent_id) = parent_id {
            put("parent_id", parent_id.into());
        }
        put("start_time", seconds(self.row.time_ns));
        match self.row.get(names::DURATION_MS).and_then(as_f64) {
            Some(ms) => put("end_time", seconds(self.row.time_ns.saturating_add((ms * 1e6).round() as i64))),
            None => put("in_progress", true.into()),
        };
        let is_call = call == Some(true);
        match call {
            None => {
                put("name", named(&self.service()).into());
                if let Some(origin) = self.origin() {
                    put("origin", origin.into());
                }
            }
            Some(_) => {
                put("type", "subsegment".into());
                put("name", named(&self.callee()).into());
            }
        }
        if is_call {
            put("namespace", if self.is_aws() { "aws" } else { "remote" }.into());
        }
        if let Some(http) = self.http(call.is_none()) {
            put("http", http);
        }
        for (flag, is_so) in ["fault", "error", "throttle"].into_iter().zip(self.flags()) {
            if is_so {
                put(flag, true.into());
            }
        }
        if let Some(cause) = self.cause(own_id, is_call) {
            put("cause", cause);
        }
        if let Some(sql) = self.sql().filter(|_| call.is_some()) {
            put("sql", sql);
        }
        if let Some(aws) = self.aws(call.is_some()) {
            put("aws", aws);
        }
        if let Some(user) = self.text(&["user.id", "enduser.id"]) {
            put("user", user.into());
        }
        let (annotations, metadata) = self.attributes();
        put("annotations", annotations.into());
        put("metadata", json!({"default": metadata}));
        document.into()
    }

    fn is_aws(&self) -> bool {
        self.text(&["rpc.system", "rpc.system.name"]).as_deref() == Some("aws-api") || self.text(&["aws.service"]).is_some()
    }

    /// Who is called, or what is done.
    fn callee(&self) -> String {
        if let Some(remote) = self.text(&["aws.remote.service"]) {
            return ["AWS.SDK.", "AWS::"].iter().find_map(|prefix| remote.strip_prefix(prefix)).unwrap_or(&remote).to_owned();
        }
        if let Some(name) = self.text(&["peer.service", "service.peer.name"]) {
            return name;
        }
        if let Some(name) = self.text(&["aws.service", "rpc.service"]).filter(|_| self.is_aws()) {
            return name;
        }
        let host = self.text(&["server.address", "net.peer.name", "http.host"]);
        if self.text(&["db.system.name", "db.system"]).is_some() {
            let name = self.text(&["db.namespace", "db.name"]);
            return match (name, host) {
                (Some(name), Some(host)) => format!("{name}@{host}"),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => self.text(&["db.system.name", "db.system"]).unwrap_or_default(),
            };
        }
        let is_call = matches!(self.kind().as_str(), "client" | "producer");
        let called = self.text(&["rpc.service"]).or(host).filter(|_| is_call);
        called.or_else(|| self.text(&[names::NAME])).unwrap_or_default()
    }

    fn origin(&self) -> Option<&'static str> {
        let platform = self.text(&["cloud.platform"])?;
        match self.text(&["aws.ecs.launchtype"]).map(|launch| launch.to_ascii_lowercase()).as_deref() {
            Some("ec2") => return Some("AWS::ECS::EC2"),
            Some("fargate") => return Some("AWS::ECS::Fargate"),
            _ => {}
        }
        ORIGINS.iter().find(|(known, _)| *known == platform).map(|(_, origin)| *origin)
    }

    fn status(&self) -> Option<i64> {
        self.number(&["http.response.status_code", "http.status_code"])
    }

    fn http(&self, is_server: bool) -> Option<Json> {
        let mut request = Map::new();
        let url = self.text(&["url.full", "http.url"]).or_else(|| {
            let scheme = self.text(&["url.scheme", "http.scheme"])?;
            let host = self.text(&["server.address", "http.host", "net.host.name"])?;
            let port = self
                .number(&["server.port", "net.host.port"])
                .filter(|port| !matches!((scheme.as_str(), port), ("http", 80) | ("https", 443)));
            let path = self.text(&["url.path", "http.target"]).unwrap_or_default();
            let port = port.filter(|_| !host.contains(':')).map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{scheme}://{host}{port}{path}"))
        });
        let method = self.text(&["http.request.method", "http.method"]);
        let agent = self.text(&["user_agent.original", "http.user_agent"]);
        let client = self.text(&["client.address", "http.client_ip", "net.peer.ip"]).filter(|_| is_server && method.is_some());
        for (name, value) in [("method", method), ("url", url), ("user_agent", agent), ("client_ip", client)] {
            if let Some(value) = value {
                request.insert(name.to_owned(), value.into());
            }
        }
        let mut response = Map::new();
        for (name, value) in [("status", self.status()), ("content_length", self.number(&["http.response.body.size"]))] {
            if let Some(value) = value {
                response.insert(name.to_owned(), value.into());
            }
        }
        if !request.contains_key("method") && response.is_empty() {
            return None;
        }
        Some(json!({"request": request, "response": response}))
    }

    /// Fault, error, throttle.
    fn flags(&self) -> [bool; 3] {
        match self.status() {
            Some(429) => return [false, true, true],
            Some(400..=499) => return [false, true, false],
            Some(500..=599) => return [true, false, false],
            _ => {}
        }
        match self.number(&["rpc.grpc.status_code", "rpc.response.status_code"]) {
            Some(8) => [false, true, true],
            Some(1 | 3 | 5 | 6 | 7 | 9 | 10 | 11 | 16) => [false, true, false],
            Some(code) if code != 0 => [true, false, false],
            _ => [self.number(&[names::STATUS_CODE]) == Some(2), false, false],
        }
    }

    fn cause(&self, own_id: &str, is_remote: bool) -> Option<Json> {
        let told = |(index, row): (usize, &&ShownRow)| {
            let hash = Sha256::new().chain_update(own_id).chain_update(index.to_string()).finalize();
            let mut exception =
                json!({"id": id::entity_id_text(hash.first_chunk::<8>().map_or([1; 8], |bytes| *bytes)), "remote": is_remote});
            for (member, name) in [("type", names::EXCEPTION_TYPE), ("message", names::EXCEPTION_MESSAGE)] {
                if let Some(text) = text(row, name) {
                    exception[member] = text.into();
                }
            }
            exception
        };
        let mut exceptions: Vec<Json> = self.exceptions.iter().enumerate().map(told).collect();
        if exceptions.is_empty() {
            let message = self.text(&[names::STATUS_MESSAGE])?;
            let hash = Sha256::new().chain_update(own_id).chain_update("status").finalize();
            let own = id::entity_id_text(hash.first_chunk::<8>().map_or([1; 8], |bytes| *bytes));
            exceptions.push(json!({"id": own, "message": message, "remote": is_remote}));
        }
        Some(json!({"exceptions": exceptions}))
    }

    fn sql(&self) -> Option<Json> {
        let system = self.text(&["db.system.name", "db.system"])?.to_ascii_lowercase();
        if !SQL.contains(&system.as_str()) {
            return None;
        }
        let mut sql = json!({"database_type": system});
        let host = self.text(&["server.address", "net.peer.name"]);
        let port = self.number(&["server.port", "net.peer.port"]).map(|port| format!(":{port}")).unwrap_or_default();
        let name = self.text(&["db.namespace", "db.name"]).unwrap_or_default();
        if let Some(host) = host {
            sql["url"] = format!("{system}://{host}{port}/{name}").into();
        }
        for (member, value) in [("sanitized_query", self.text(&["db.query.text", "db.statement"])), ("user", self.text(&["db.user"]))] {
            if let Some(value) = value {
                sql[member] = value.into();
            }
        }
        Some(sql)
    }

    fn aws(&self, is_subsegment: bool) -> Option<Json> {
        let mut aws = Map::new();
        if is_subsegment {
            let operation = self.text(&["aws.operation"]).or_else(|| self.text(&["rpc.method"]).filter(|_| self.is_aws()));
            let found = [
                ("operation", operation),
                ("region", self.text(&["aws.region", "cloud.region"]).filter(|_| self.is_aws())),
                ("request_id", self.text(&["aws.request_id", "aws.requestId"])),
                ("queue_url", self.text(&["aws.queue_url", "aws.queue.url", "messaging.url"])),
                ("table_name", self.text(&["aws.table_name", "aws.dynamodb.table_names"])),
                ("bucket_name", self.text(&["aws.s3.bucket"])),
            ];
            aws.extend(found.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
        } else {
            if let Some(account_id) = self.text(&["cloud.account.id"]) {
                aws.insert("account_id".to_owned(), account_id.into());
            }
            if self.text(&["cloud.platform"]).as_deref() == Some("aws_ec2") {
                let mut ec2 = Map::new();
                for (member, name) in [("instance_id", "host.id"), ("availability_zone", "cloud.availability_zone")] {
                    ec2.extend(self.text(&[name]).map(|value| (member.to_owned(), value.into())));
                }
                aws.insert("ec2".to_owned(), ec2.into());
            }
            if let Some(sdk) = self.text(&["telemetry.sdk.name"]) {
                let language = self.text(&["telemetry.sdk.language"]).unwrap_or_default();
                aws.insert(
                    "xray".to_owned(),
                    json!({"sdk": format!("{sdk} for {language}"), "sdk_version": self.text(&["telemetry.sdk.version"])}),
                );
            }
        }
        (!aws.is_empty()).then(|| aws.into())
    }

    /// Single values as annotations, the rest as metadata.
    fn attributes(&self) -> (Map<String, Json>, Map<String, Json>) {
        const OURS: [&str; 11] = [
            names::DURATION_MS,
            names::TRACE_ID,
            names::SPAN_ID,
            names::PARENT_ID,
            names::NAME,
            names::SPAN_KIND,
            names::TYPE,
            names::STATUS_CODE,
            names::IS_ROOT,
            names::NUM_EVENTS,
            names::NUM_LINKS,
        ];
        let (mut annotations, mut metadata) = (Map::new(), Map::new());
        if let Some(name) = self.text(&[names::NAME]) {
            metadata.insert("otel.span.name".to_owned(), name.into());
        }
        for (name, value) in &self.row.fields {
            if name.starts_with("meta.") || OURS.contains(&name.as_str()) {
                continue;
            }
            match value {
                Value::Str(text) => annotations.insert(name.clone(), text.clone().into()),
                Value::Int(number) => annotations.insert(name.clone(), (*number).into()),
                Value::Float(number) => annotations.insert(name.clone(), (*number).into()),
                Value::Bool(truth) => annotations.insert(name.clone(), (*truth).into()),
                Value::Json(text) => metadata.insert(name.clone(), serde_json::from_str(text).unwrap_or_else(|_| text.clone().into())),
                _ => None,
            };
        }
        (annotations, metadata)
    }
}

/// A name as X-Ray's may be: without control characters, and not empty.
fn named(text: &str) -> String {
    let name: String = text.chars().filter(|character| !character.is_control()).collect();
    if name.trim().is_empty() { "unknown".to_owned() } else { name }
}

fn text(row: &ShownRow, name: &str) -> Option<String> {
    match row.get(name)? {
        Value::Null => None,
        value => Some(value.to_string()).filter(|text| !text.is_empty()),
    }
}

fn as_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Seconds since 1970 as JSON, to the microsecond: all that a double holds of a present time.
fn seconds(ns: i64) -> Json {
    ((ns / 1_000) as f64 / 1e6).into()
}
