//! Traces by filter expression, documents, groups and sampling rules.

use super::Nanoseconds;
use super::map::Cut;
use glasshive_feature_xray::advice as known;
use glasshive_feature_xray::brief::Brief;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Traces that a filter expression accepts, those that began last first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct XrayTraces {
    /// From when.
    pub from_ns: Nanoseconds,
    /// Until when, this moment not included.
    pub to_ns: Nanoseconds,
    /// Those of this page.
    pub traces: Vec<XrayTrace>,
    /// Traces that were looked at for it.
    pub examined: usize,
    /// The names of services that were met, whether their traces were accepted or not.
    pub services_seen: Vec<String>,
    /// Not everything was looked at, or there are more than fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
}

/// A trace in a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct XrayTrace {
    /// 32 hex digits.
    pub trace_id: String,
    /// The root's service.
    pub service: String,
    /// Its request, such as `GET /cart`; empty where it has none.
    pub request: String,
    /// The first start.
    pub start_ns: Nanoseconds,
    /// From there to the last end.
    pub duration_ns: Nanoseconds,
    /// What the root took; absent while it is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_ns: Option<Nanoseconds>,
    /// The server failed.
    pub fault: bool,
    /// The request was wrong.
    pub error: bool,
    /// There were too many.
    pub throttle: bool,
    /// Something is in progress or missing.
    pub partial: bool,
    /// The status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Users.
    pub users: Vec<String>,
    /// Nodes, in order of their start.
    pub services: Vec<String>,
    /// Segments, inferred ones among them.
    pub segments: usize,
}

/// What was read of a filter expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadFilter {
    /// Why it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FilterFault>,
    /// Words that a condition may begin with.
    pub words: Vec<String>,
}

/// Where and why a filter expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterFault {
    /// The character at which the fault lies, counted from 1; absent where it lies in a group that is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// What is wrong, in a sentence.
    pub detail: String,
}

/// The document of the segment that a span is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentDocument {
    /// The segment's id, 16 hex digits.
    pub segment_id: String,
    /// The document's text.
    pub document: String,
    /// The text is the one document that was received of the segment, byte by byte; otherwise it was put together of several.
    pub as_received: bool,
    /// The segment is a subsegment whose parent did not come.
    pub orphan: bool,
}

/// What to know about a trace that is not as its sender meant it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceAdvice {
    /// All there is.
    pub advice: Vec<Advice>,
}

/// Something to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Advice {
    /// A segment has an answer and no request: it was begun inside of a request, and took the place of its segment.
    BegunInside {
        /// Its span id.
        span_id: String,
        /// Its name.
        name: String,
    },
    /// Another trace tells of the same request by another id.
    OtherHalf {
        /// That trace's id.
        trace_id: String,
        /// How it came: `otlp`, `xray`.
        source: String,
        /// Its span's name.
        name: String,
    },
}

/// Groups of the environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct XrayGroups {
    /// The Default one first, the others in order of their making.
    pub groups: Vec<XrayGroup>,
}

/// A group: a name for a filter expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct XrayGroup {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Which traces are in it; the empty expression is every one.
    pub filter: String,
    /// The group that is always there.
    pub is_default: bool,
}

/// A group to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewXrayGroup {
    /// 1 to 32 characters: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// A filter expression; the empty one is every trace.
    #[serde(default)]
    pub filter: String,
}

/// What a group is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedXrayGroup {
    /// A filter expression; the empty one is every trace.
    pub filter: String,
}

/// Sampling rules of the environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct XrayRules {
    /// In the order in which they are tried.
    pub rules: Vec<XrayRule>,
}

/// A sampling rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct XrayRule {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What it says.
    #[serde(flatten)]
    pub content: RuleContent,
    /// The rule that is always there, and tried last.
    pub is_default: bool,
    /// X-Ray's own SDKs skip it, since it names attributes or a resource.
    pub is_skipped_by_sdks: bool,
    /// When it was last changed; absent of a Default rule that never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_ns: Option<Nanoseconds>,
    /// Who reports on it now, and what each has of the reservoir.
    pub clients: Vec<RuleClient>,
    /// What was reported in the last half hour, by ten seconds, oldest first.
    pub reports: Vec<RuleReport>,
}

/// What a sampling rule says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleContent {
    /// 1 to 9999; the lowest is tried first. The Default rule has 10000.
    pub priority: i64,
    /// The share of requests that is sampled once the reservoir is used up, 0 to 1.
    pub fixed_rate: f64,
    /// Requests a second that are sampled before the rate applies.
    pub reservoir_size: i64,
    /// The service's name, with `*` and `?`.
    #[serde(default = "any")]
    pub service_name: String,
    /// Its type, likewise.
    #[serde(default = "any")]
    pub service_type: String,
    /// The request's host, likewise.
    #[serde(default = "any")]
    pub host: String,
    /// Its method, likewise.
    #[serde(default = "any")]
    pub http_method: String,
    /// Its path, likewise.
    #[serde(default = "any")]
    pub url_path: String,
    /// The resource's ARN; X-Ray's own SDKs skip rules with another one than `*`.
    #[serde(default = "any")]
    pub resource_arn: String,
    /// Attributes that a request must have; X-Ray's own SDKs skip rules with some.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

fn any() -> String {
    "*".to_owned()
}

/// A sampling rule to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewXrayRule {
    /// 1 to 32 characters.
    pub name: String,
    /// What it says.
    #[serde(flatten)]
    pub content: RuleContent,
}

/// A client that samples by a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleClient {
    /// Who.
    pub id: String,
    /// Requests a second that it may sample.
    pub quota: u32,
    /// Requests a second that it had of late.
    pub rate: f64,
    /// When it last reported.
    pub reported_ns: Nanoseconds,
}

/// Reports of ten seconds, of all clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleReport {
    /// When the ten seconds begin.
    pub at_ns: Nanoseconds,
    /// Requests that fell under the rule.
    pub requests: u64,
    /// Of those sampled without a quota.
    pub borrowed: u64,
    /// Of those sampled, as reported.
    pub sampled: u64,
}

/// A request, as a sampler sees it. What is not known counts as a match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SampledRequest {
    /// The service that gets it.
    pub service_name: Option<String>,
    /// Its type.
    pub service_type: Option<String>,
    /// The request's host.
    pub host: Option<String>,
    /// Its method.
    pub http_method: Option<String>,
    /// Its path.
    pub url_path: Option<String>,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
}

/// Under which rule a request falls, and why not under those before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleMatch {
    /// The rule's name.
    pub rule: String,
    /// Those that were tried before it.
    pub passed: Vec<PassedRule>,
}

/// A rule that a request does not fall under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PassedRule {
    /// Its name.
    pub rule: String,
    /// Its member that does not fit.
    pub member: String,
    /// What that wants.
    pub wanted: String,
    /// What the request has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

/// Which rules the requests of stored traces fall under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatchedRequests {
    /// From when.
    pub from_ns: Nanoseconds,
    /// Until when.
    pub to_ns: Nanoseconds,
    /// Requests that came in from outside.
    pub requests: usize,
    /// Of each rule how many fall under it.
    pub rules: BTreeMap<String, usize>,
    /// What those requests are like: the most frequent values of what rules ask for, by the rules' members.
    pub seen: BTreeMap<String, Vec<String>>,
    /// Not everything was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
}

impl From<Brief> for XrayTrace {
    fn from(brief: Brief) -> Self {
        Self {
            trace_id: brief.trace_id,
            service: brief.service,
            request: brief.request,
            start_ns: Nanoseconds(brief.start_ns),
            duration_ns: Nanoseconds(brief.duration_ns),
            response_ns: brief.response_ns.map(Nanoseconds),
            fault: brief.is_fault,
            error: brief.is_error,
            throttle: brief.is_throttle,
            partial: brief.is_partial,
            status: brief.status,
            users: brief.users,
            services: brief.services,
            segments: brief.segments,
        }
    }
}

impl From<known::Advice> for Advice {
    fn from(advice: known::Advice) -> Self {
        match advice {
            known::Advice::BegunInside { segment, name } => Self::BegunInside { span_id: segment, name },
            known::Advice::OtherHalf { trace_id, source, name } => Self::OtherHalf { trace_id, source, name },
        }
    }
}
