//! The two calls by which SDKs learn how to sample: `POST /GetSamplingRules` and `POST /SamplingTargets`.
//!
//! Clients are strict in what they read: Go decodes whole numbers into integers and needs every member of a rule, Node wants
//! `LastRuleModification` to be a number and `Attributes` to be an object, some OpenTelemetry samplers break on a member they do not
//! know. So a rule is written with exactly its thirteen members. They are lenient in what they send, and are read so.

use crate::json::Json;
use serde::Serialize;
use std::collections::BTreeMap;

/// A sampling rule, with exactly the members that clients expect.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingRule {
    /// Its name.
    pub rule_name: String,
    /// Its ARN.
    #[serde(rename = "RuleARN")]
    pub rule_arn: String,
    /// Which resource; `*` = any.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
    /// 1 to 9999; the Default rule has 10000. The lowest is tried first.
    pub priority: i32,
    /// The share of requests that is sampled once the reservoir is used up, 0 to 1.
    pub fixed_rate: f64,
    /// Requests a second that are sampled before the rate applies.
    pub reservoir_size: i32,
    /// The service's name, with wildcards.
    pub service_name: String,
    /// Its `origin`, with wildcards.
    pub service_type: String,
    /// The request's host, with wildcards.
    pub host: String,
    /// Its method, with wildcards.
    #[serde(rename = "HTTPMethod")]
    pub http_method: String,
    /// Its path, with wildcards.
    #[serde(rename = "URLPath")]
    pub url_path: String,
    /// Always 1.
    pub version: i32,
    /// Attributes that a request must have.
    pub attributes: BTreeMap<String, String>,
}

/// A rule with its times, seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingRuleRecord {
    /// The rule.
    pub sampling_rule: SamplingRule,
    /// When it was made; 0 for the Default rule.
    pub created_at: f64,
    /// When it was last changed.
    pub modified_at: f64,
}

/// The answer to `GetSamplingRules`: all rules, on one page.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RulesAnswer {
    /// By priority, then by name.
    pub sampling_rule_records: Vec<SamplingRuleRecord>,
}

/// What a client counted of one rule since it last said so.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// The rule's name.
    pub rule_name: String,
    /// The client: 24 hex digits, or any other 1 to 64 characters.
    pub client_id: String,
    /// Requests that matched.
    pub requests: u64,
    /// Of those sampled without a quota.
    pub borrowed: u64,
    /// Of those sampled; SDKs leave out the borrowed ones, OpenTelemetry's samplers do not.
    pub sampled: u64,
    /// Seconds since 1970; `None` when it was not said or is no time.
    pub timestamp_s: Option<f64>,
}

/// One of a `SamplingTargets` request that names no rule or no client, and why it cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Unprocessed {
    /// The rule's name.
    pub rule_name: String,
    /// Begins with 4 when the client is wrong, with 5 when we are: the Go SDK goes by it.
    pub error_code: String,
    /// A sentence.
    pub message: String,
}

/// What a client may do with one rule until it reports again.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    /// The rule's name.
    pub rule_name: String,
    /// The rate beyond the quota.
    pub fixed_rate: f64,
    /// Requests a second of the reservoir that are this client's.
    pub reservoir_quota: u32,
    /// Until when, seconds since 1970.
    #[serde(rename = "ReservoirQuotaTTL")]
    pub reservoir_quota_ttl: u64,
    /// Seconds until the next report.
    pub interval: u32,
}

/// The answer to `SamplingTargets`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetsAnswer {
    /// One for each rule that was reported on.
    pub sampling_target_documents: Vec<Target>,
    /// When any rule was last changed, seconds since 1970: clients then ask for the rules again.
    pub last_rule_modification: f64,
    /// Reports that could not be used.
    pub unprocessed_statistics: Vec<Unprocessed>,
    /// Reports of boosts that could not be used; only in the answer to who sent some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unprocessed_boost_statistics: Option<Vec<Unprocessed>>,
}

/// A `SamplingTargets` request, read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetsRequest {
    /// Reports that can be used.
    pub statistics: Vec<Statistics>,
    /// Those that cannot, with why.
    pub unprocessed: Vec<Unprocessed>,
    /// Whether reports of boosts came.
    pub has_boosts: bool,
}

/// Characters of a rule's name that are kept.
const RULE_NAME_MAX: usize = 256;
/// Characters of a client's id that are taken.
const CLIENT_ID_MAX: usize = 64;
/// Reports of one request that are taken.
pub const STATISTICS_MAX: usize = 1_024;

impl Unprocessed {
    /// The client is wrong.
    pub fn of_the_client(rule_name: &str, message: impl Into<String>) -> Self {
        Self { rule_name: rule_name.to_owned(), error_code: "400".to_owned(), message: message.into() }
    }
}

impl TargetsRequest {
    /// Reads the tree of a body; an empty body is `null`. Nothing is refused as a whole but what is no object.
    ///
    /// # Errors
    /// A sentence.
    pub fn read(body: &Json<'_>) -> Result<Self, String> {
        if !matches!(body, Json::Object(_) | Json::Null) {
            return Err("the body is not a JSON object".to_owned());
        }
        let listed = |name: &str| body.get(name).map_or(&[][..], Json::elements);
        let mut request = Self { has_boosts: !listed("SamplingBoostStatisticsDocuments").is_empty(), ..Self::default() };
        for (index, report) in listed("SamplingStatisticsDocuments").iter().enumerate() {
            let rule: String = report.get("RuleName").and_then(Json::text).unwrap_or_default().chars().take(RULE_NAME_MAX).collect();
            let client = report.get("ClientID").and_then(Json::filled).unwrap_or_default();
            if index >= STATISTICS_MAX {
                request.unprocessed.push(Unprocessed::of_the_client(&rule, format!("more than {STATISTICS_MAX} documents in one request")));
                break;
            }
            if rule.is_empty() || client.is_empty() || client.chars().count() > CLIENT_ID_MAX {
                request.unprocessed.push(Unprocessed::of_the_client(&rule, "RuleName and ClientID (1 to 64 characters) are needed"));
                continue;
            }
            let count = |names: &[&str]| {
                let found = names.iter().find_map(|name| report.get(name)?.integer());
                found.and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
            };
            request.statistics.push(Statistics {
                rule_name: rule,
                client_id: client.to_owned(),
                requests: count(&["RequestCount"]),
                borrowed: count(&["BorrowCount"]),
                sampled: count(&["SampledCount", "SampleCount"]),
                timestamp_s: report.get("Timestamp").and_then(seconds),
            });
        }
        Ok(request)
    }
}

/// Seconds since 1970 as a number, or as a number in a string.
fn seconds(value: &Json<'_>) -> Option<f64> {
    let text = match value {
        Json::Number(text) => text,
        Json::Str(text) => text.trim(),
        _ => return None,
    };
    text.parse().ok().filter(|seconds: &f64| seconds.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn read(body: &str) -> TargetsRequest {
        TargetsRequest::read(&json::parse(body.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn reads_what_every_client_sends() {
        let python = read(
            r#"{"SamplingStatisticsDocuments":[{"RuleName":"Default","ClientID":"aabbccddeeff001122334455","RequestCount":3,
                "BorrowCount":1,"SampledCount":2,"Timestamp":1795198558}]}"#,
        );
        let expected = Statistics {
            rule_name: "Default".to_owned(),
            client_id: "aabbccddeeff001122334455".to_owned(),
            requests: 3,
            borrowed: 1,
            sampled: 2,
            timestamp_s: Some(1_795_198_558.0),
        };
        assert_eq!(python, TargetsRequest { statistics: vec![expected], ..TargetsRequest::default() });
        let otel = read(
            r#"{"SamplingStatisticsDocuments":[{"RuleName":"Default","ClientID":"c","SampleCount":2,"BorrowCount":null,"Timestamp":"1.5"}],
                "SamplingBoostStatisticsDocuments":null}"#,
        );
        assert_eq!((otel.statistics[0].sampled, otel.statistics[0].requests, otel.statistics[0].timestamp_s), (2, 0, Some(1.5)));
        assert!(!otel.has_boosts && read(r#"{"SamplingBoostStatisticsDocuments":[{}]}"#).has_boosts);
        assert_eq!(TargetsRequest::read(&Json::Null), Ok(TargetsRequest::default()));
        assert_eq!(read("{}"), TargetsRequest::default());
        assert!(TargetsRequest::read(&Json::Bool(true)).is_err());
        let unusable = read(r#"{"SamplingStatisticsDocuments":[{"RuleName":"r"},7]}"#);
        assert_eq!((unusable.statistics.len(), unusable.unprocessed.len()), (0, 2));
        assert!(unusable.unprocessed.iter().all(|report| report.error_code.starts_with('4')));
    }

    #[test]
    fn a_rule_has_thirteen_members_and_whole_numbers_have_no_fraction() {
        let rule = SamplingRule {
            rule_name: "Default".to_owned(),
            rule_arn: "arn".to_owned(),
            resource_arn: "*".to_owned(),
            priority: 10_000,
            fixed_rate: 0.05,
            reservoir_size: 1,
            service_name: "*".to_owned(),
            service_type: "*".to_owned(),
            host: "*".to_owned(),
            http_method: "*".to_owned(),
            url_path: "*".to_owned(),
            version: 1,
            attributes: BTreeMap::new(),
        };
        let text = serde_json::to_string(&rule).unwrap();
        let expected = r#"{"RuleName":"Default","RuleARN":"arn","ResourceARN":"*","Priority":10000,"FixedRate":0.05,"ReservoirSize":1,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":"*","Version":1,"Attributes":{}}"#;
        assert_eq!(text, expected);
    }
}
