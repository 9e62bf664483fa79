//! What `GetTraceSummaries` says of a trace.

use crate::causes::{self, CauseEntity, CauseService, RootCause};
use crate::trace::{Node, Segment, Trace, walk};
use glasshive_wire_xray::{Json, id};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Annotations of which keys are told of one trace, at most.
const ANNOTATIONS_MAX: usize = 50;

/// Values of one of these keys, and users, that are told at most.
const VALUES_MAX: usize = 500;

/// The summary, with exactly the members that typed clients read.
pub fn of(trace: &Trace<'_>) -> Value {
    let mut summary = Map::new();
    let mut put = |name: &str, value: Value| summary.insert(name.to_owned(), value);
    let root = trace.root();
    put("Id", id::trace_id_text(trace.id).into());
    put("StartTime", seconds(trace.start_ns));
    put("Duration", rounded(trace.duration_s()));
    if let Some(response_s) = trace.response_s() {
        put("ResponseTime", rounded(response_s));
    }
    put("HasFault", root.is_some_and(|root| root.entity.is_fault).into());
    put("HasError", root.is_some_and(|root| root.entity.is_error).into());
    put("HasThrottle", has_throttle(trace).into());
    put("IsPartial", trace.is_partial.into());
    put("Http", root.map_or_else(|| json!({}), http));
    put("Annotations", annotations(trace));
    put("Users", users(trace));
    let nodes: Vec<&Node> = distinct(trace.segments.iter().map(|segment| &segment.node));
    put("ServiceIds", nodes.into_iter().map(service_id).collect());
    put("ResourceARNs", arns(trace).into_iter().map(|arn| json!({"ARN": arn})).collect());
    let of_all = |member: &str| distinct(trace.segments.iter().filter_map(|segment| segment.aws("ec2", member)));
    put("InstanceIds", of_all("instance_id").into_iter().map(|id| json!({"Id": id})).collect());
    put("AvailabilityZones", of_all("availability_zone").into_iter().map(|name| json!({"Name": name})).collect());
    if let Some(root) = root {
        put("EntryPoint", service_id(&root.node));
    }
    let causes = |causes: Vec<RootCause>, form: Form| causes.iter().map(|cause| root_cause(cause, form)).collect::<Value>();
    put("FaultRootCauses", causes(causes::of_flag(trace, true), Form::Flag));
    put("ErrorRootCauses", causes(causes::of_flag(trace, false), Form::Flag));
    put("ResponseTimeRootCauses", causes(causes::of_response_time(trace), Form::ResponseTime));
    put("Revision", trace.revision.into());
    Value::Object(summary)
}

/// Seconds since 1970, to the microsecond.
pub fn seconds(ns: i64) -> Value {
    ((ns / 1_000) as f64 / 1e6).into()
}

/// A node as X-Ray names one.
pub fn service_id(node: &Node) -> Value {
    let mut service = json!({"Name": node.name, "Names": [node.name]});
    for (member, value) in [("AccountId", &node.account_id), ("Type", &node.kind)] {
        if let Some(value) = value {
            service[member] = value.as_str().into();
        }
    }
    service
}

fn rounded(seconds: f64) -> Value {
    ((seconds * 1e6).round() / 1e6).into()
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

fn has_throttle(trace: &Trace<'_>) -> bool {
    let mut has = false;
    trace.segments.iter().for_each(|segment| walk(&segment.entity, &mut |entity| has |= entity.is_throttle));
    has
}

fn http(root: &Segment<'_>) -> Value {
    let http = root.entity.http.unwrap_or_default();
    let mut told = json!({});
    for (member, value) in
        [("HttpURL", http.url), ("HttpMethod", http.method), ("UserAgent", http.user_agent), ("ClientIp", http.client_ip)]
    {
        if let Some(value) = value {
            told[member] = value.into();
        }
    }
    if let Some(status) = http.status {
        told["HttpStatus"] = status.into();
    }
    told
}

fn annotations(trace: &Trace<'_>) -> Value {
    // By key and value: the nodes that have it.
    let mut found: BTreeMap<&str, Vec<(Value, Vec<&Node>)>> = BTreeMap::new();
    for segment in &trace.segments {
        walk(&segment.entity, &mut |entity| {
            for (key, value) in entity.annotations {
                let value = match value {
                    Json::Bool(truth) => json!({"BooleanValue": truth}),
                    Json::Number(text) => match text.parse::<f64>() {
                        Ok(number) if number.is_finite() => json!({"NumberValue": number}),
                        _ => continue,
                    },
                    Json::Str(text) => json!({"StringValue": text}),
                    _ => continue,
                };
                if found.len() >= ANNOTATIONS_MAX && !found.contains_key(key.as_ref()) {
                    continue;
                }
                let values = found.entry(key.as_ref()).or_default();
                let is_full = values.len() >= VALUES_MAX;
                match values.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, nodes)) if nodes.contains(&&segment.node) => {}
                    Some((_, nodes)) => nodes.push(&segment.node),
                    None if is_full => {}
                    None => values.push((value, vec![&segment.node])),
                }
            }
        });
    }
    let told = |(value, nodes): (Value, Vec<&Node>)| {
        let services: Vec<Value> = nodes.into_iter().map(service_id).collect();
        json!({"AnnotationValue": value, "ServiceIds": services})
    };
    found.into_iter().map(|(key, values)| (key.to_owned(), values.into_iter().map(told).collect::<Value>())).collect::<Map<_, _>>().into()
}

fn users(trace: &Trace<'_>) -> Value {
    let mut users: Vec<(&str, Vec<&Node>)> = Vec::new();
    for segment in &trace.segments {
        let Some(user) = segment.entity.user else { continue };
        let is_full = users.len() >= VALUES_MAX;
        match users.iter_mut().find(|(known, _)| *known == user) {
            Some((_, nodes)) if nodes.contains(&&segment.node) => {}
            Some((_, nodes)) => nodes.push(&segment.node),
            None if is_full => {}
            None => users.push((user, vec![&segment.node])),
        }
    }
    let told = |(user, nodes): (&str, Vec<&Node>)| {
        let services: Vec<Value> = nodes.into_iter().map(service_id).collect();
        json!({"UserName": user, "ServiceIds": services})
    };
    users.into_iter().map(told).collect()
}

fn arns<'f>(trace: &Trace<'f>) -> Vec<&'f str> {
    let of = |segment: &Segment<'f>| {
        [segment.entity.resource_arn, segment.aws("ecs", "container_arn"), segment.aws("ecs", "task_arn")].into_iter().flatten()
    };
    distinct(trace.segments.iter().flat_map(of))
}

/// Members that only one sort of cause has.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Flag,
    ResponseTime,
}

fn root_cause(cause: &RootCause, form: Form) -> Value {
    let services: Vec<Value> = cause.services.iter().map(|service| cause_service(service, form)).collect();
    json!({"Services": services, "ClientImpacting": cause.is_client_impacting})
}

fn cause_service(service: &CauseService, form: Form) -> Value {
    let mut told = service_id(&service.node);
    told["Inferred"] = service.is_inferred.into();
    told["EntityPath"] = service.path.iter().map(|entity| cause_entity(entity, form)).collect();
    told
}

fn cause_entity(entity: &CauseEntity, form: Form) -> Value {
    let mut told = json!({"Name": entity.name, "Remote": entity.is_remote});
    match form {
        Form::ResponseTime => told["Coverage"] = entity.coverage.unwrap_or(0.0).into(),
        Form::Flag => {
            let exception = |(name, message): &(String, String)| json!({"Name": name, "Message": message});
            told["Exceptions"] = entity.exceptions.iter().map(exception).collect();
        }
    }
    told
}
