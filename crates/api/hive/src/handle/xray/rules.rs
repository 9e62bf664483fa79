//! Sampling rules: kept, told with what clients report, and tried on requests.

use super::{Looker, asked_window, failure, kept};
use crate::endpoint::{Call, ok};
use crate::problem::Failure;
use crate::shape::Nanoseconds;
use crate::shape::xray::{
    MatchedRequests, NewXrayRule, PassedRule, RuleClient, RuleContent, RuleMatch, RuleReport, SampledRequest, XrayRule, XrayRules,
};
use glasshive_base_http::Response;
use glasshive_feature_xray::brief;
use glasshive_feature_xray::filter::Filter;
use glasshive_feature_xray::find::{REST_NS, Search, TimeType};
use glasshive_feature_xray::rules::{DEFAULT, RuleChange, SamplingRule, SamplingRuleRecord, rule_of};
use glasshive_feature_xray::trace::Trace;
use glasshive_feature_xray::{Tags, Xray};
use glasshive_wire_xray::matching::{Asked, Mismatch};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// Values that are told of what rules ask for.
const SEEN_MAX: usize = 10;

/// Those of the environment, with what is reported of each.
pub async fn rules(call: Call) -> Result<Response, Failure> {
    let xray = kept(&call)?;
    let told = xray.rules.list(call.environment).into_iter().map(|record| told(&call, &xray, record));
    ok(&XrayRules { rules: told.collect() })
}

/// Makes one.
pub async fn create_rule(mut call: Call) -> Result<Response, Failure> {
    let NewXrayRule { name, content } = call.body().await?;
    let xray = kept(&call)?;
    let made = xray.rules.create(call.environment, &name, RuleChange { version: Some(1), ..change(content) }, Tags::default()).await;
    ok(&told(&call, &xray, made.map_err(failure)?))
}

/// Says of one what it is to be.
pub async fn update_rule(mut call: Call) -> Result<Response, Failure> {
    let content: RuleContent = call.body().await?;
    let xray = kept(&call)?;
    let known = found(&call, &xray)?;
    // Of the Default rule nothing but its rates can be changed; that the rest is said as it is changes nothing.
    let is_rest_same =
        RuleContent { fixed_rate: content.fixed_rate, reservoir_size: content.reservoir_size, ..content_of(&known) } == content;
    let said = match known.rule_name == DEFAULT && is_rest_same {
        true => RuleChange { fixed_rate: Some(content.fixed_rate), reservoir_size: Some(content.reservoir_size), ..RuleChange::default() },
        false => change(content),
    };
    let changed = xray.rules.update(call.environment, &known.rule_name, said).await;
    ok(&told(&call, &xray, changed.map_err(failure)?))
}

/// Takes one out.
pub async fn delete_rule(call: Call) -> Result<Response, Failure> {
    let xray = kept(&call)?;
    let name = found(&call, &xray)?.rule_name;
    let gone = xray.rules.delete(call.environment, &name).await;
    ok(&told(&call, &xray, gone.map_err(failure)?))
}

/// Under which rule a request would fall.
pub async fn match_rule(mut call: Call) -> Result<Response, Failure> {
    let SampledRequest { service_name, service_type, host, http_method, url_path, attributes } = call.body().await?;
    let asked = Asked { service_name, service_type, host, http_method, url_path, attributes };
    let records = kept(&call)?.rules.list(call.environment);
    let (rule, passed) = rule_of(&records, &asked);
    let passed = passed.into_iter().map(|(rule, Mismatch { member, wanted, found })| PassedRule {
        rule: rule.rule_name.clone(),
        member: member.to_owned(),
        wanted,
        found,
    });
    ok(&RuleMatch { passed: passed.collect(), rule: rule.map(|rule| rule.rule_name.clone()).unwrap_or_default() })
}

/// Under which rules the requests of a time fall: one under which none does may be misspelt.
pub async fn matched(call: Call) -> Result<Response, Failure> {
    let open = call.open()?;
    let window = asked_window(&call)?;
    let records = kept(&call)?.rules.list(call.environment);
    let ticket = call.enter("matched", "")?;
    let looker = Looker::new(&call, ticket.cancel.clone());
    let tally = Mutex::new(Tally::default());
    let look = |trace: &Trace<'_>| {
        let entries = trace.segments.iter().filter(|segment| segment.is_entry);
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        entries.filter_map(brief::asked).for_each(|asked| tally.add(&records, asked));
    };
    let search = Search {
        environment: call.environment,
        window,
        time_type: TimeType::TraceId,
        filter: &Filter::All,
        share: 1.0,
        after: None,
        limit: usize::MAX,
        now_ns: call.hive.clock.wall_ns(),
        reach_ns: REST_NS,
        watch: &looker,
    };
    let found = search.page(&open.engine, look).await.map_err(failure)?;
    looker.check()?;
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut rules: BTreeMap<String, usize> = records.iter().map(|record| (record.sampling_rule.rule_name.clone(), 0)).collect();
    rules.extend(tally.rules);
    ok(&MatchedRequests {
        from_ns: Nanoseconds(window.start_ns),
        to_ns: Nanoseconds(window.end_ns),
        requests: tally.requests,
        rules,
        seen: tally.seen.into_iter().map(|(member, values)| (member.to_owned(), most_frequent(values))).collect(),
        cut: looker.cut(found.next, window),
    })
}

#[derive(Default)]
struct Tally {
    requests: usize,
    rules: BTreeMap<String, usize>,
    seen: BTreeMap<&'static str, HashMap<String, usize>>,
}

impl Tally {
    fn add(&mut self, records: &[SamplingRuleRecord], asked: Asked) {
        self.requests += 1;
        if let (Some(rule), _) = rule_of(records, &asked) {
            *self.rules.entry(rule.rule_name.clone()).or_default() += 1;
        }
        let values = [
            ("service_name", asked.service_name),
            ("service_type", asked.service_type),
            ("host", asked.host),
            ("http_method", asked.http_method),
            ("url_path", asked.url_path),
        ];
        for (member, value) in values {
            let known = self.seen.entry(member).or_default();
            if let Some(value) = value.filter(|value| known.len() < 1_000 || known.contains_key(value)) {
                *known.entry(value).or_default() += 1;
            }
        }
    }
}

fn most_frequent(values: HashMap<String, usize>) -> Vec<String> {
    let mut values: Vec<(String, usize)> = values.into_iter().collect();
    values.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    values.into_iter().take(SEEN_MAX).map(|(value, _)| value).collect()
}

/// The rule that the path names; status 404 when there is none.
fn found(call: &Call, xray: &Xray) -> Result<SamplingRule, Failure> {
    let name = call.param("name");
    let mut rules = xray.rules.list(call.environment).into_iter().map(|record| record.sampling_rule);
    rules.find(|rule| rule.rule_name == name).ok_or_else(|| Failure::not_found(format!("there is no sampling rule {name}")))
}

fn told(call: &Call, xray: &Xray, record: SamplingRuleRecord) -> XrayRule {
    let rule = record.sampling_rule;
    let sampling = xray.rules.sampling(call.environment);
    let ns = |seconds: f64| Nanoseconds((seconds * 1e6).round() as i64 * 1_000);
    let reports = sampling.summaries().into_iter().rev().filter(|summary| summary.rule_name == rule.rule_name);
    XrayRule {
        arn: rule.rule_arn.clone(),
        content: content_of(&rule),
        is_default: rule.rule_name == DEFAULT,
        is_skipped_by_sdks: rule.is_skipped_by_sdks(),
        modified_ns: (record.modified_at > 0.0).then(|| ns(record.modified_at)),
        clients: sampling
            .shares(&rule.rule_name, call.hive.clock.wall_ns())
            .into_iter()
            .map(|share| RuleClient { id: share.client_id, quota: share.quota, rate: share.rate, reported_ns: ns(share.last_s) })
            .collect(),
        reports: reports
            .map(|report| RuleReport {
                at_ns: ns(report.timestamp),
                requests: report.request_count,
                borrowed: report.borrow_count,
                sampled: report.sampled_count,
            })
            .collect(),
        name: rule.rule_name,
    }
}

fn content_of(rule: &SamplingRule) -> RuleContent {
    RuleContent {
        priority: rule.priority.into(),
        fixed_rate: rule.fixed_rate,
        reservoir_size: rule.reservoir_size.into(),
        service_name: rule.service_name.clone(),
        service_type: rule.service_type.clone(),
        host: rule.host.clone(),
        http_method: rule.http_method.clone(),
        url_path: rule.url_path.clone(),
        resource_arn: rule.resource_arn.clone(),
        attributes: rule.attributes.clone(),
    }
}

fn change(content: RuleContent) -> RuleChange {
    RuleChange {
        resource_arn: Some(content.resource_arn),
        priority: Some(content.priority),
        fixed_rate: Some(content.fixed_rate),
        reservoir_size: Some(content.reservoir_size),
        service_name: Some(content.service_name),
        service_type: Some(content.service_type),
        host: Some(content.host),
        http_method: Some(content.http_method),
        url_path: Some(content.url_path),
        version: None,
        attributes: Some(content.attributes),
    }
}
