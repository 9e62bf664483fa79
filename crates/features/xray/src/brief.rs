//! A trace in a line: what a list of traces shows of one.

use crate::trace::{Segment, Trace};
use glasshive_wire_xray::id;
use glasshive_wire_xray::matching::Asked;
use std::collections::{BTreeMap, BTreeSet};

/// Services of one line.
const SERVICES_MAX: usize = 20;

/// What a list shows of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// 32 hex digits.
    pub trace_id: String,
    /// The root's service; of a trace without a root that of what began first.
    pub service: String,
    /// Its request, such as `GET /cart`; empty where it has none.
    pub request: String,
    /// The first start, ns since 1970.
    pub start_ns: i64,
    /// From there to the last end, ns.
    pub duration_ns: i64,
    /// What the root took, ns; `None` while it is in progress.
    pub response_ns: Option<i64>,
    /// The root's flags.
    pub is_fault: bool,
    /// See there.
    pub is_error: bool,
    /// See there.
    pub is_throttle: bool,
    /// Something is in progress or missing.
    pub is_partial: bool,
    /// The status of the root's answer.
    pub status: Option<i64>,
    /// Users, of any segment.
    pub users: Vec<String>,
    /// Names of its nodes, in order of their start.
    pub services: Vec<String>,
    /// Its segments, inferred ones among them.
    pub segments: usize,
}

impl Brief {
    /// The line of a trace.
    pub fn of(trace: &Trace<'_>) -> Self {
        let shown = trace.root().or(trace.segments.first());
        let flag = |is_so: fn(&Segment<'_>) -> bool| shown.is_some_and(is_so);
        let mut services: Vec<String> = Vec::new();
        for segment in &trace.segments {
            if services.len() < SERVICES_MAX && !services.contains(&segment.node.name) {
                services.push(segment.node.name.clone());
            }
        }
        let users: BTreeSet<&str> = trace.segments.iter().filter_map(|segment| segment.entity.user).collect();
        Self {
            trace_id: id::trace_id_text(trace.id).replace('-', "").split_off(1),
            service: shown.map(|segment| segment.node.name.clone()).unwrap_or_default(),
            request: shown.map(request).unwrap_or_default(),
            start_ns: trace.start_ns,
            duration_ns: trace.end_ns - trace.start_ns,
            response_ns: trace.root().and_then(|root| Some(root.entity.end_ns? - root.entity.start_ns)),
            is_fault: flag(|segment| segment.entity.is_fault),
            is_error: flag(|segment| segment.entity.is_error),
            is_throttle: flag(|segment| segment.entity.is_throttle),
            is_partial: trace.is_partial,
            status: shown.and_then(|segment| segment.entity.http?.status),
            users: users.into_iter().map(str::to_owned).collect(),
            services,
            segments: trace.segments.len(),
        }
    }
}

fn request(segment: &Segment<'_>) -> String {
    let http = segment.entity.http.unwrap_or_default();
    let path = http.url.map(path_of).unwrap_or_default();
    [http.method.unwrap_or_default().to_ascii_uppercase().as_str(), path].join(" ").trim().to_owned()
}

/// What a sampler would have asked about a segment's request; `None` where it has none.
pub fn asked(segment: &Segment<'_>) -> Option<Asked> {
    let http = segment.entity.http.filter(|http| http.has_request || http.method.is_some())?;
    Some(Asked {
        service_name: Some(segment.node.name.clone()),
        service_type: segment.node.kind.clone(),
        host: http.url.and_then(host_of).map(str::to_owned),
        http_method: http.method.map(str::to_owned),
        url_path: http.url.map(|url| path_of(url).to_owned()),
        attributes: BTreeMap::new(),
    })
}

/// The path of a URL, without what is asked of it.
pub fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    rest.split(['?', '#']).next().unwrap_or(rest)
}

fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_addresses() {
        for (url, host, path) in [
            ("http://a:80/b/c?d=/e", Some("a:80"), "/b/c"),
            ("https://a", Some("a"), "/"),
            ("/b?c", None, "/b"),
            ("http://a?b", Some("a"), "/"),
        ] {
            assert_eq!((host_of(url), path_of(url)), (host, path), "{url}");
        }
    }
}
