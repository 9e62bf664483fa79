//! What SDKs are told about sampling: the rules, and of each rule's reservoir the share that is a client's.
//!
//! There is always one rule, `Default`: one request a second and 5 % of the rest, as X-Ray has it from the start. Whoever keeps others
//! says so ([`Sampling::replace`]). Sampling is done by the clients; everything that arrives is kept.

mod share;

use crate::config::XrayConfig;
use glasshive_wire_xray::sampling::{
    RulesAnswer, SamplingRule, SamplingRuleRecord, Statistics, Target, TargetsAnswer, TargetsRequest, Unprocessed,
};
use serde::Serialize;
use share::Clients;
pub use share::Share;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

/// Seconds between a client's reports.
const INTERVAL_S: u32 = 10;
/// Seconds for which a quota holds.
const QUOTA_S: u64 = 300;
/// Seconds by which a report may be old, or ahead.
const SKEW_S: f64 = 300.0;
/// Seconds of statistics that are remembered.
const REMEMBERED_S: u64 = 1_800;

/// The rules and what clients reported.
pub struct Sampling {
    rules: RwLock<Known>,
    state: Mutex<State>,
}

/// The rules, by priority, and when they were last changed.
struct Known {
    records: Vec<SamplingRuleRecord>,
    modified_s: f64,
}

#[derive(Default)]
struct State {
    clients: HashMap<String, Clients>,
    /// By the start of ten seconds and rule.
    buckets: BTreeMap<(u64, String), Counts>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    requests: u64,
    borrowed: u64,
    sampled: u64,
}

/// Reports of ten seconds, of all clients.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Summary {
    /// The rule.
    pub rule_name: String,
    /// When the ten seconds begin, since 1970.
    pub timestamp: f64,
    /// Requests that matched.
    pub request_count: u64,
    /// Of those sampled without a quota.
    pub borrow_count: u64,
    /// Of those sampled, as reported.
    pub sampled_count: u64,
}

/// The rule that is always there.
pub fn default_rule(config: &XrayConfig) -> SamplingRuleRecord {
    let any = || "*".to_owned();
    let rule = SamplingRule {
        rule_name: "Default".to_owned(),
        rule_arn: config.arn("sampling-rule/Default"),
        resource_arn: any(),
        priority: 10_000,
        fixed_rate: 0.05,
        reservoir_size: 1,
        service_name: any(),
        service_type: any(),
        host: any(),
        http_method: any(),
        url_path: any(),
        version: 1,
        attributes: BTreeMap::new(),
    };
    SamplingRuleRecord { sampling_rule: rule, created_at: 0.0, modified_at: 0.0 }
}

impl Sampling {
    /// The Default rule, and no clients.
    pub fn new(config: &XrayConfig, now_ns: i64) -> Self {
        let known = Known { records: vec![default_rule(config)], modified_s: seconds(now_ns).floor() };
        Self { rules: RwLock::new(known), state: Mutex::default() }
    }

    /// Tells other rules from now on, by priority, the Default one among them. `modified_ns` is when they were changed; `None` = they
    /// only became known.
    pub fn replace(&self, records: Vec<SamplingRuleRecord>, modified_ns: Option<i64>) {
        let mut known = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        known.records = records;
        known.modified_s = modified_ns.map_or(known.modified_s, seconds);
    }

    /// All rules.
    pub fn rules(&self) -> RulesAnswer {
        RulesAnswer { sampling_rule_records: self.known().records.clone() }
    }

    /// Takes reports in and says what each client may do with its rules next.
    pub fn targets(&self, request: TargetsRequest, now_ns: i64) -> TargetsAnswer {
        let now_s = seconds(now_ns);
        let known = self.known();
        let mut answer = TargetsAnswer {
            sampling_target_documents: Vec::new(),
            last_rule_modification: known.modified_s,
            unprocessed_statistics: request.unprocessed,
            unprocessed_boost_statistics: request.has_boosts.then(Vec::new),
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for report in request.statistics {
            match known.target(&mut state, &report, now_s) {
                Ok(target) => answer.sampling_target_documents.push(target),
                Err(unprocessed) => answer.unprocessed_statistics.push(unprocessed),
            }
        }
        state.forget(now_s);
        answer
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clients that report on a rule, and what each has of its reservoir.
    pub fn shares(&self, rule: &str, now_ns: i64) -> Vec<Share> {
        let known = self.known();
        let records = known.records.iter().map(|record| &record.sampling_rule);
        let reservoir = records.filter(|known| known.rule_name == rule).map(|rule| u32::try_from(rule.reservoir_size).unwrap_or(0)).next();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let shares = |reservoir| state.clients.get(rule).map(|clients| clients.shares(seconds(now_ns), reservoir));
        reservoir.and_then(shares).unwrap_or_default()
    }

    /// What was reported in the last half hour, newest first.
    pub fn summaries(&self) -> Vec<Summary> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let summary = |((bucket, rule), counts): (&(u64, String), &Counts)| Summary {
            rule_name: rule.clone(),
            timestamp: *bucket as f64,
            request_count: counts.requests,
            borrow_count: counts.borrowed,
            sampled_count: counts.sampled,
        };
        state.buckets.iter().rev().map(summary).collect()
    }
}

impl Known {
    fn target(&self, state: &mut State, report: &Statistics, now_s: f64) -> Result<Target, Unprocessed> {
        let refuse = |message| Err(Unprocessed::of_the_client(&report.rule_name, message));
        let Some(rule) = self.records.iter().map(|record| &record.sampling_rule).find(|rule| rule.rule_name == report.rule_name) else {
            return refuse("Unknown rule");
        };
        let at_s = report.timestamp_s.unwrap_or(now_s);
        if at_s < now_s - SKEW_S {
            return refuse("Statistics document too old");
        }
        if at_s > now_s + SKEW_S {
            return refuse("Statistics document lies in the future");
        }
        state.count(report, at_s);
        let clients = state.clients.entry(report.rule_name.clone()).or_default();
        let reservoir = u32::try_from(rule.reservoir_size).unwrap_or(0);
        Ok(Target {
            rule_name: rule.rule_name.clone(),
            fixed_rate: rule.fixed_rate,
            reservoir_quota: clients.quota(&report.client_id, report.requests, now_s, reservoir),
            reservoir_quota_ttl: now_s.max(0.0) as u64 + QUOTA_S,
            interval: INTERVAL_S,
        })
    }
}

impl State {
    fn count(&mut self, report: &Statistics, at_s: f64) {
        let bucket = at_s.max(0.0) as u64 / u64::from(INTERVAL_S) * u64::from(INTERVAL_S);
        let counts = self.buckets.entry((bucket, report.rule_name.clone())).or_default();
        counts.requests = counts.requests.saturating_add(report.requests);
        counts.borrowed = counts.borrowed.saturating_add(report.borrowed);
        counts.sampled = counts.sampled.saturating_add(report.sampled);
    }

    fn forget(&mut self, now_s: f64) {
        let first = (now_s.max(0.0) as u64).saturating_sub(REMEMBERED_S);
        while self.buckets.first_key_value().is_some_and(|((bucket, _), _)| *bucket < first) {
            self.buckets.pop_first();
        }
    }
}

fn seconds(ns: i64) -> f64 {
    ns as f64 / 1e9
}

#[cfg(test)]
mod tests;
